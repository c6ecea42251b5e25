"""What is old is let go, and nobody who gets mail can tell."""

import logging
import random
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import a_document
from tests.pipeline.conftest import Desk, changed
from watch.core.alerts import Silence, SilenceKind
from watch.core.model import Document, Message, Subscription
from watch.core.sending import Schedule
from watch.errors import ChannelError
from watch.notify.maildir import Maildir
from watch.pipeline import retention
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Agenda, Channel, Context, Sweep
from watch.pipeline.match import Accepted, Batch, accept, match_documents
from watch.pipeline.retention import let_go
from watch.store.db import Store, Transaction
from watch.store.findings import count_findings
from watch.store.holdings import get_holdings
from watch.store.outbox import add_notices
from watch.store.silences import add_silence
from watch.store.sources import rename_sources

KEEP = timedelta(days=30)
MORNINGS = Schedule(days=frozenset({0}), at=time(7))
SUBSCRIPTIONS = (
    Subscription(name="at once", to=("a@example.org", "b@example.org")),
    Subscription(name="drones", to=("c@example.org",), rules=("suicide*",), schedule=MORNINGS),
    Subscription(name="again", to=("d@example.org",), remind_after=timedelta(days=3)),
)


async def _take(context: Context, *documents: Document) -> Accepted:
    """Accept documents as the step of their source does."""
    matcher = context.rules.matcher
    batch = Batch(checked=await match_documents(matcher, documents), ruleset="r")
    return await context.store.write(accept, batch, context.subscriptions)


async def _tell(context: Context) -> None:
    await make_alerts(context, waits=False)
    await deliver(context)


def _rows(transaction: Transaction, *tables: str) -> dict[str, int]:
    return {
        table: transaction.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608 (ours)
        for table in tables
    }


async def _left(context: Context, *tables: str) -> dict[str, int]:
    return await context.store.read(_rows, *tables)


async def _violations(context: Context) -> list[object]:
    def check(transaction: Transaction) -> list[object]:
        return [*transaction.execute(text("PRAGMA foreign_key_check"))]

    return await context.store.read(check)


def _keeping(desk: Desk, keep: timedelta | None = KEEP, **parts: object) -> Context:
    return changed(desk, keep_documents=keep, sweep=Sweep(), **parts)


HANGS_ON_DOCUMENTS = ("mentions", "findings", "tellings", "stories", "story_marks")


async def test_what_is_old_and_told_goes_and_so_much_stays_that_it_is_known(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    context = _keeping(desk)
    document = replace(a_document("An ICBM", title="Launch", url="https://x"), languages=("en",))
    await _take(context, document)
    await _tell(context)
    desk.clock.advance(days=30)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 0, "it is not older than a month"
    desk.clock.advance(hours=1, seconds=1)
    assert await let_go(context) == ()
    left = await _left(context, "documents", *HANGS_ON_DOCUMENTS)
    assert left == {"documents": 1, **dict.fromkeys(HANGS_ON_DOCUMENTS, 0)}
    holdings = await context.store.read(get_holdings)
    assert (holdings.documents, holdings.since, holdings.let_go) == (0, None, 1)
    assert await context.store.read(count_findings) == {}
    (line,) = [one for one in caplog.records if one.message == "old documents let go"]
    assert line.__dict__["documents"] == line.__dict__["findings"] == 1
    again = replace(document, seen=desk.clock.at)
    assert await _take(context, again, replace(again, key="copied")) == Accepted(
        documents=0, findings=0, waiting=0
    )


async def test_nothing_goes_where_all_is_kept_for_ever(desk: Desk) -> None:
    context = _keeping(desk, keep=None)
    await _take(context, a_document("An ICBM"))
    await _tell(context)
    desk.clock.advance(days=4000)
    await let_go(context)
    assert (await context.store.read(get_holdings)).documents == 1


async def test_a_file_that_was_let_go_is_not_new_when_touched_copied_moved_or_renamed(
    desk: Desk,
) -> None:
    context = _keeping(desk)
    path = desk.write("a.txt", "An ICBM")

    async def look() -> None:
        for _ in range(2):
            desk.clock.advance(seconds=10)
            await scan_folder(context, source="inbox")

    await look()
    await _tell(context)
    assert len(desk.mails()) == 1
    desk.clock.advance(days=31)
    await let_go(context)
    path.touch()
    await look()
    shutil.copy(path, path.with_name("b.txt"))
    await look()
    path.rename(path.with_name("c.txt"))
    await look()
    await context.store.write(rename_sources, {"inbox of the desk": str(path.parent)})
    folder = replace(context.folders["inbox"], name="inbox of the desk")
    context = replace(context, folders={folder.name: folder}, looks={})
    path.with_name("c.txt").rename(path.with_name("d.txt"))
    for _ in range(2):
        desk.clock.advance(seconds=10)
        await scan_folder(context, source=folder.name)
    desk.clock.advance(days=1)
    await _tell(context)
    assert await _left(context, "documents", "findings") == {"documents": 1, "findings": 0}
    assert len(desk.mails()) == 1


async def test_of_an_edited_document_that_was_let_go_only_new_rules_are_told(desk: Desk) -> None:
    context = _keeping(desk)
    await _take(context, a_document("An ICBM"))
    await _tell(context)
    desk.clock.advance(days=31)
    await let_go(context)
    edited = replace(a_document("An ICBM, it was"), seen=desk.clock.at)
    accepted = await _take(context, edited)
    assert accepted == Accepted(documents=1, findings=1, waiting=0)
    drone = replace(a_document("An ICBM and a suicide drone"), seen=desk.clock.at)
    assert await _take(context, drone) == Accepted(documents=1, findings=2, waiting=1)


async def test_all_revisions_stay_known(desk: Desk) -> None:
    """A copy of what a file said before its edit is what the source has given before."""
    context = _keeping(desk)
    first = a_document("An ICBM")
    await _take(context, first)
    await _take(context, replace(first, text="An ICBM, corrected"))
    await _tell(context)
    desk.clock.advance(days=31)
    await let_go(context)
    copied = replace(first, key="copy.txt", seen=desk.clock.at)
    assert (await _take(context, copied)).documents == 0


async def test_a_document_that_was_edited_lately_stays_with_all_that_it_said(desk: Desk) -> None:
    context = _keeping(desk)
    document = a_document("An ICBM")
    await _take(context, document, replace(document, key="other.txt", text="No rule holds"))
    await _tell(context)
    desk.clock.advance(days=29)
    await _take(context, replace(document, text="Nothing any more", seen=desk.clock.at))
    await _take(
        context, replace(document, key="other.txt", text="Nothing at all", seen=desk.clock.at)
    )
    desk.clock.advance(days=2)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 0
    desk.clock.advance(days=29)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 4


async def test_a_living_story_is_not_told_twice(desk: Desk) -> None:
    context = _keeping(desk)
    document = a_document("An ICBM is on the road to the harbour")
    await _take(context, document)
    await _tell(context)
    desk.clock.advance(days=13)
    await _take(context, replace(document, key="wire.txt", url="https://x", seen=desk.clock.at))
    desk.clock.advance(days=18)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 0
    await _tell(context)
    assert len(desk.mails()) == 1, "the second was folded, for the first is known"
    desk.clock.advance(days=13)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 2, "no mail came to count it"


async def test_what_waits_stays_however_old_and_its_story_with_it(desk: Desk) -> None:
    context = _keeping(desk)
    document = a_document("An ICBM is on the road to the harbour")
    await _take(context, document)
    await _tell(context)
    waiting = replace(document, key="b.txt", url="https://x", text="A suicide drone", title="New")
    await _take(context, waiting, replace(document, key="c.txt", url="https://y"))
    desk.clock.advance(days=400)
    await let_go(context)
    assert await _left(context, "findings") == {"findings": 3}
    await _tell(context)
    assert len(desk.mails()) == 2
    desk.clock.advance(hours=1)
    await let_go(context)
    assert await _left(context, *HANGS_ON_DOCUMENTS) == dict.fromkeys(HANGS_ON_DOCUMENTS, 0)


class _Closed:
    """A server that takes nothing."""

    async def send(self, message: Message, **_: object) -> str:
        raise ChannelError(f"refused {message.recipient}")

    async def close(self) -> None:
        pass


async def test_what_stands_in_a_mail_that_has_not_ended_stays_with_it(desk: Desk) -> None:
    context = _keeping(desk, transport=_Closed())
    await _take(context, a_document("An ICBM"))
    await _tell(context)
    desk.clock.advance(days=40)
    await let_go(context)
    tables = ("findings", "tellings", "alerts", "messages")
    assert await _left(context, *tables) == dict.fromkeys(tables, 1)
    await deliver(replace(context, transport=desk.context.transport, channel=Channel()))
    desk.clock.advance(hours=1)
    await let_go(context)
    assert await _left(context, *tables) == {
        "findings": 0,
        "tellings": 0,
        "alerts": 1,
        "messages": 1,
    }
    await _take(context, replace(a_document("An ICBM again"), seen=desk.clock.at))
    desk.clock.advance(hours=1)
    await make_alerts(context, waits=False)
    desk.clock.advance(hours=1)
    await let_go(context)
    left = await _left(context, "alerts", "messages")
    assert left == {"alerts": 1, "messages": 1}, "of each subscription the last stays"


def _silence(desk: Desk, kind: SilenceKind, value: str, days: int) -> Silence:
    return Silence(
        kind=kind, value=value, since=desk.clock.at, until=desk.clock.at + timedelta(days=days)
    )


async def test_what_a_silence_in_force_hides_stays_until_it_ends(desk: Desk) -> None:
    context = _keeping(desk)
    await context.store.write(add_silence, _silence(desk, SilenceKind.RULE, "icbm", 60))
    await _take(context, a_document("An ICBM"))
    await _tell(context)
    desk.clock.advance(days=59)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 0, "lifted, it would be told"
    desk.clock.advance(days=2)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == 1
    assert await _left(context, "silences") == {"silences": 1}
    desk.clock.advance(days=30)
    await let_go(context)
    assert await _left(context, "silences") == {"silences": 0}


async def test_the_number_of_a_silenced_story_is_given_to_no_other(desk: Desk) -> None:
    context = _keeping(desk)
    await _take(context, a_document("An ICBM"))
    await _tell(context)
    await context.store.write(add_silence, _silence(desk, SilenceKind.STORY, "1", 100))
    desk.clock.advance(days=50)
    await let_go(context)
    await _take(context, replace(a_document("A suicide drone", key="b"), seen=desk.clock.at))
    await _tell(context)
    assert len(desk.mails()) == 2


async def test_what_was_mailed_to_nobody_and_notices_and_the_rest_go_too(desk: Desk) -> None:
    context = _keeping(desk, subscriptions=())
    await _take(context, a_document("An ICBM"))
    notice = Message(recipient="op@example.org", message_id="<1@x>", content=b"it is well")
    await context.store.write(add_notices, [notice], desk.clock.at)
    day = desk.clock.at.replace(tzinfo=None)

    def add(transaction: Transaction) -> None:
        transaction.execute(text("INSERT INTO hosts VALUES ('x', :at, 1, :at)"), {"at": str(day)})
        transaction.execute(text("INSERT INTO departures VALUES ('x', 1, :at)"), {"at": str(day)})
        for number in range(1, 5):
            at = day + timedelta(days=number * 10)
            transaction.execute(
                text(
                    "INSERT INTO rulesets SELECT :id, fingerprint, :at, 1, 1 FROM rulesets LIMIT 1"
                ),
                {"at": str(at), "id": number + 1},
            )

    await context.store.write(add)
    rest = ("findings", "messages", "hosts", "departures", "rulesets")
    desk.clock.advance(days=31)
    await let_go(context)
    assert await _left(context, *rest) == {
        "findings": 0,
        "messages": 1,
        "hosts": 0,
        "departures": 0,
        "rulesets": 5,
    }
    await deliver(context)
    desk.clock.advance(days=29)
    await let_go(context)
    assert await _left(context, *rest) == {**dict.fromkeys(rest, 0), "rulesets": 3}


async def test_a_run_takes_so_much_and_the_next_goes_on_then_it_rests(desk: Desk) -> None:
    context = _keeping(desk)
    most = retention.PAGE * retention.MOST_PAGES
    loud = "ICBM " * (retention.MOST_ROWS - 1)
    await _take(context, *(a_document(f"{loud}{n}", key=f"loud {n}") for n in range(3)))
    await _tell(context)
    await _take(context, *(a_document(f"Fertiliser {n}", key=str(n)) for n in range(most)))
    desk.clock.advance(days=31)
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == most
    assert await _violations(context) == []
    await let_go(context)
    assert (await context.store.read(get_holdings)).let_go == most + 3
    await _take(context, a_document("Fertiliser", key="late"))
    desk.clock.advance(minutes=59)
    await let_go(context)
    assert (await context.store.read(get_holdings)).documents == 1, "it rests"
    desk.clock.advance(minutes=1)
    await let_go(context)
    assert (await context.store.read(get_holdings)).documents == 0


# ── Two desks, one of which lets go ─────────────────────────────────────────────────────────────

WORDS = ("harbour", "border", "convoy", "ministry", "spokesman", "train", "bridge", "cargo", "dawn")
SUBJECTS = ("an ICBM", "a suicide drone", "an ICBM and a suicide drone", "fertiliser")


@dataclass
class _Life:
    """What came in, in a random order; the same for both."""

    chance: random.Random
    contexts: tuple[Context, Context]
    desk: Desk
    newest: dict[str, Document] = field(default_factory=dict)
    given: list[Document] = field(default_factory=list)

    async def accept(self) -> None:
        document = a_document(
            self._text(),
            key=f"{len(self.newest)}.txt",
            source=self.chance.choice(("inbox", "wire")),
        )
        await self._give(document)

    async def copy(self) -> None:
        """Let a source tell what another told, in nearly the same words."""
        if not self.given:
            return
        before = self.chance.choice(self.given[-5:])
        words = f"{before.text} again {self.chance.randrange(3)}"
        await self._give(
            replace(before, key=f"{len(self.newest)}.txt", text=words, source="agency")
        )

    async def edit(self) -> None:
        fresh = [one for one in self.newest.values() if self.desk.clock.at - one.seen < KEEP]
        if fresh:
            before = self.chance.choice(fresh)
            words = f"{before.text} {self.chance.choice(SUBJECTS)} {len(self.given)}"
            await self._give(replace(before, text=words))

    async def list_again(self) -> None:
        """Let a feed list what it listed before, some of it with new ids."""
        for document in self.chance.sample(self.given, min(3, len(self.given))):
            key = self.chance.choice((document.key, f"moved {document.key}"))
            again = replace(document, key=key, seen=self.desk.clock.at)
            for context in self.contexts:
                assert (await _take(context, again)).documents == 0, "it comes back as new"

    async def send(self) -> None:
        for context in self.contexts:
            await _tell(context)

    async def silence(self) -> None:
        what = _silence(self.desk, SilenceKind.RULE, "icbm", self.chance.randrange(1, 20))
        for context in self.contexts:
            await context.store.write(add_silence, what)

    async def _give(self, document: Document) -> None:
        document = replace(document, seen=self.desk.clock.at)
        self.newest[document.source + document.key] = document
        self.given.append(document)
        first, second = [await _take(context, document) for context in self.contexts]
        assert first == second

    def _text(self) -> str:
        words = " ".join(self.chance.choices(WORDS, k=40))
        return f"{words} {self.chance.choice(SUBJECTS)} {len(self.given)}"


@asynccontextmanager
async def _twins(desk: Desk) -> AsyncIterator[tuple[Context, Context]]:
    """Two desks that begin alike; the first lets go, the second keeps all."""
    own = _keeping(desk, subscriptions=SUBSCRIPTIONS)
    path = desk.path / "twin.db"

    shutil.copy(desk.path / "watchlist.db", path)
    store = Store.open(path)
    yield (
        own,
        replace(
            own,
            store=store,
            keep_documents=None,
            transport=Maildir(desk.path / "twin"),
            agenda=Agenda(),
            channel=Channel(),
        ),
    )
    store.close()


def _mails(folder: Path) -> list[tuple[str, ...]]:
    """Return mails without the numbers of rows, and without what counts what came long ago."""
    mails = []
    for path in (folder / "new").glob("*"):
        mail = message_from_bytes(path.read_bytes(), policy=policy)
        body = mail.get_body(("plain",))
        assert body is not None
        said = re.sub(r"--story \d+", "--story N", body.get_content())
        said = re.sub(r"(?s)-{72}\s+(Told before|Silenced).*?(?=-{72}|\n-- \n)", "", said)
        heads = [str(mail[head]) for head in ("Message-ID", "To", "Subject", "Date", "References")]
        mails.append((*heads, re.sub(r"\n{2,}", "\n", said)))
    return sorted(mails)


@pytest.mark.parametrize("seed", range(4))
async def test_letting_go_changes_nothing_of_what_is_mailed(desk: Desk, seed: int) -> None:
    async with _twins(desk) as (lean, fat):
        life = _Life(chance=random.Random(seed), contexts=(lean, fat), desk=desk)  # noqa: S311
        deeds = (life.accept, life.copy, life.edit, life.list_again, life.send, life.silence)
        for _ in range(50):
            (deed,) = life.chance.choices(deeds, weights=(4, 4, 4, 2, 6, 1))
            await deed()
            desk.clock.advance(hours=life.chance.choice((1, 5, 24, 24 * 6)))
            await let_go(lean)
        assert await _violations(lean) == []
        assert (await lean.store.read(get_holdings)).let_go > 0
        desk.clock.advance(days=8)
        await life.send()
        assert _mails(desk.path / "mail") == _mails(desk.path / "twin")
        desk.clock.advance(days=60)
        await life.send()
        await let_go(lean)
        await life.list_again()
        left = await _left(lean, *HANGS_ON_DOCUMENTS, "silences", "alerts")
        readers = len(SUBSCRIPTIONS)
        assert left.pop("alerts") <= readers, "of each subscription the last stays"
        assert left == {**dict.fromkeys(HANGS_ON_DOCUMENTS, 0), "silences": left["silences"]}
        holdings = await lean.store.read(get_holdings)
        accepted = (await fat.store.read(get_holdings)).documents
        assert (holdings.documents, holdings.let_go) == (0, accepted)
