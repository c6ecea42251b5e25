import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.builders import NOW, a_document, a_matching
from watch.core.model import Message, MessageId, MessageState
from watch.core.vitals import Counts
from watch.store import documents, findings, outbox
from watch.store.db import Store, Transaction
from watch.store.sources import get_hosts
from watch.store.vitals import get_counts, prove_writable

MINUTE = timedelta(minutes=1)


def _message(number: int) -> Message:
    return Message(recipient=f"{number}@example.org", message_id=f"<{number}@x>", content=b"x")


async def test_an_empty_database_holds_nothing(store: Store) -> None:
    counts = await store.read(get_counts)
    assert counts.size > 4_096
    assert counts.free > 0
    assert counts == Counts(
        states=dict.fromkeys(counts.states, 0), size=counts.size, free=counts.free
    )
    assert MessageState.SENT not in counts.states
    assert len(counts.states) == len(MessageState) - 1


async def test_what_is_kept_is_counted_and_the_oldest_that_has_not_ended_is_known(
    store: Store,
) -> None:
    for number in (1, 2, 3, 4):
        await store.write(outbox.add_notices, [_message(number)], NOW + number * MINUTE)
    for number, state in ((1, MessageState.SENT), (3, MessageState.FAILED)):
        await store.write(
            outbox.settle_message, MessageId(number), state, answer="said", now=NOW + 9 * MINUTE
        )
    due = NOW + timedelta(hours=1)
    await store.write(outbox.postpone_message, MessageId(2), due=due, answer="later")
    counts = await store.read(get_counts)
    assert counts.mails == 4
    assert counts.states[MessageState.WAITING] == 2
    assert counts.states[MessageState.FAILED] == 1
    assert (counts.oldest, counts.due) == (NOW + 2 * MINUTE, NOW + 4 * MINUTE)


def test_nothing_is_counted_from_the_start(empty_database: Path) -> None:
    """With a million documents and mails, what is asked for is found in an index."""
    seen: list[str] = []
    with closing(sqlite3.connect(empty_database)) as connection:
        for statement in _statements():
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            seen.extend(detail for *_, detail in plan)
    assert seen
    assert not [detail for detail in seen if detail.startswith("SCAN") and "CONSTANT" not in detail]


def _statements() -> list[str]:
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415 (for this alone)

    from watch.store import vitals  # noqa: PLC0415 (what is inside)

    return [
        str(
            statement.compile(
                dialect=sqlite.dialect(),
                compile_kwargs={"literal_binds": True},
            )
        )
        for statement in (vitals._HIGHEST, vitals._STATES, vitals._FIRST_DUE)
    ]


async def test_a_proof_is_written_to_the_disk_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "watchlist.db-wal"
    before = log.stat().st_size if log.exists() else 0
    await store.write(prove_writable)
    assert log.stat().st_size > before
    assert await store.read(get_hosts) == {}


async def test_documents_and_findings_are_numbered_as_they_come(store: Store) -> None:
    def add(transaction: Transaction) -> None:
        found = a_matching("icbm")
        new = [(a_document(), found.mentions)]
        (added,) = documents.add_documents(transaction, new, ruleset="r")
        assert added is not None
        findings.add_findings(transaction, [(added.id, found)])

    await store.write(add)
    counts = await store.read(get_counts)
    assert (counts.documents, counts.findings) == (1, 1)
