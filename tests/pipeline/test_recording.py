"""Results that cannot be recorded when they come: held, tried again, given up at the very end."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.builders import a_subscription
from tests.limits import no_room_beyond
from tests.patience import DEADLINE_S
from tests.pipeline.conftest import Desk, changed
from tests.smtpd import SmtpServer
from watch.core.model import MessageState
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.notify.smtp import Security, Smtp, SmtpSettings
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Context
from watch.pipeline.recording import record
from watch.store.db import Store
from watch.store.outbox import (
    claim_message,
    get_outbox,
    give_back_message,
    mark_message,
    recover,
)


@pytest.fixture
def smtpd() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
async def context(desk: Desk, smtpd: SmtpServer) -> AsyncIterator[Context]:
    """A context with two messages in its outbox, whose store waits for no lock."""
    settings = SmtpSettings(host="127.0.0.1", port=smtpd.port, security=Security.NONE)
    store = Store.open(desk.path / "watchlist.db", busy_s=0.01)
    context = changed(
        desk,
        store=store,
        subscriptions=(a_subscription("all", "a@example.org", "b@example.org"),),
        transport=Smtp(settings),
    )
    desk.write("a.txt", "An ICBM")
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)
    await make_alerts(context, waits=False)
    yield context
    store.close()


async def _counts(context: Context) -> dict[MessageState, int]:
    return (await context.store.read(get_outbox)).counts


@asynccontextmanager
async def _sending(context: Context) -> AsyncIterator[asyncio.Task[object]]:
    """Deliver meanwhile, and have it end."""
    sending: asyncio.Task[object] = asyncio.create_task(deliver(context))
    try:
        yield sending
    finally:
        await asyncio.wait_for(asyncio.gather(sending, return_exceptions=True), DEADLINE_S)


async def _said(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while words not in [one.message for one in caplog.records]:  # noqa: ASYNC110 (a log)
            await asyncio.sleep(0.01)


class _Lock:
    """Another program that takes hold of the database once, and lets go of it for good."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path / "watchlist.db", isolation_level=None, check_same_thread=False
        )
        self._is_taken = False

    def take(self) -> None:
        if not self._is_taken:
            self._connection.execute("BEGIN EXCLUSIVE")
            self._is_taken = True

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def lock(desk: Desk) -> Iterator[_Lock]:
    with closing(_Lock(desk.path)) as lock:
        yield lock


async def test_a_mail_that_was_sent_is_recorded_when_the_database_is_free_again(
    context: Context, smtpd: SmtpServer, lock: _Lock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    smtpd.hook("DATA", lock.take)
    async with _sending(context) as sending:
        await _said(caplog, "result kept in memory")
        assert len(smtpd.accepted) == 1
        assert not sending.done()
        assert await _counts(context) == {MessageState.MARKED: 1, MessageState.WAITING: 1}
        lock.close()
    assert [mail.recipients for mail in smtpd.accepted] == [("a@example.org",), ("b@example.org",)]
    assert await _counts(context) == {MessageState.SENT: 2}
    said = [one.message for one in caplog.records]
    assert said.count("result kept in memory") == 1, "once for each result, however long it takes"
    assert said.count("result recorded") == 1
    assert {mail.connection for mail in smtpd.accepted} == {1, 2}, "no session waits that long"


async def test_a_mail_that_cannot_be_marked_is_not_sent_and_given_back(
    context: Context, smtpd: SmtpServer, lock: _Lock, caplog: pytest.LogCaptureFixture
) -> None:
    smtpd.hook("RCPT", lock.take)
    async with _sending(context) as sending:
        await _said(caplog, "result kept in memory")
        assert await _counts(context) == {MessageState.CLAIMED: 1, MessageState.WAITING: 1}
        lock.close()
    assert isinstance(sending.exception(), StoreUnavailableError)
    assert smtpd.accepted == []
    outbox = await context.store.read(get_outbox)
    assert outbox.counts == {MessageState.WAITING: 2}
    assert outbox.trouble == (), "it was not tried"
    await deliver(context)
    assert len(smtpd.accepted) == 2


async def test_nothing_is_sent_that_could_not_be_claimed(
    context: Context, smtpd: SmtpServer, lock: _Lock
) -> None:
    lock.take()
    with pytest.raises(StoreUnavailableError, match="another program holds it"):
        await deliver(context)
    assert smtpd.verbs == []
    lock.close()
    await deliver(context)
    assert len(smtpd.accepted) == 2


async def test_what_comes_while_another_program_holds_the_database_waits(
    context: Context, smtpd: SmtpServer, desk: Desk, lock: _Lock
) -> None:
    desk.write("b.txt", "Another ICBM")
    lock.take()
    for _ in range(3):
        await _work(context, desk)
    assert smtpd.accepted == []
    lock.close()
    for _ in range(2):
        await _work(context, desk)
    assert await _counts(context) == {MessageState.SENT: 4}
    assert len(smtpd.accepted) == 4


async def test_a_refusal_that_cannot_be_recorded_is_held_as_well(
    context: Context, smtpd: SmtpServer, lock: _Lock, caplog: pytest.LogCaptureFixture
) -> None:
    smtpd.script("END", "451 4.3.0 later", "554 5.7.1 never")
    smtpd.hook("DATA", lock.take)
    async with _sending(context):
        await _said(caplog, "result kept in memory")
        lock.close()
    states = [one.state for one in (await context.store.read(get_outbox)).trouble]
    assert states == [MessageState.FAILED, MessageState.WAITING]


async def test_a_stop_leaves_a_while_to_record_and_then_says_what_is_unknown(
    context: Context, desk: Desk, lock: _Lock, caplog: pytest.LogCaptureFixture
) -> None:
    claim = await context.store.write(claim_message, desk.clock.at)
    assert claim is not None
    await context.store.write(mark_message, claim.id, desk.clock.at)
    lock.take()
    context.stopping.set()
    now = asyncio.get_running_loop().time
    began = now()
    settle = partial(give_back_message, message=claim.id)
    with pytest.raises(StoreUnavailableError, match="another program"):
        await record(context, claim, settle, result="sent: 250 ok", stopping_s=1.2)
    assert now() - began >= 1.2
    (said,) = [one for one in caplog.records if one.message == "result not recorded"]
    assert (said.to, said.result) == ("a@example.org", "sent: 250 ok")  # type: ignore[attr-defined]
    lock.close()
    assert await _counts(context) == {MessageState.MARKED: 1, MessageState.WAITING: 1}
    recovered = await context.store.write(recover, resends=False)
    assert recovered.ambiguous == 1


async def test_a_stop_after_which_it_can_be_recorded_loses_nothing(
    context: Context, smtpd: SmtpServer, lock: _Lock, caplog: pytest.LogCaptureFixture
) -> None:
    smtpd.hook("DATA", lock.take)
    async with _sending(context):
        await _said(caplog, "result kept in memory")
        context.stopping.set()
        await asyncio.sleep(0.1)
        lock.close()
    assert await _counts(context) == {MessageState.SENT: 1, MessageState.WAITING: 1}


async def test_a_database_that_goes_bad_under_a_mail_is_refused_and_the_result_is_said(
    context: Context, smtpd: SmtpServer, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    path = desk.path / "watchlist.db"

    def spoil() -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("UPDATE alembic_version SET version_num = version_num")
            connection.commit()
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (path.stat().st_size - 4096))

    smtpd.hook("DATA", spoil)
    with pytest.raises(StoreRefusedError, match="damaged"):
        await deliver(context)
    (said,) = [one for one in caplog.records if one.message == "result not recorded"]
    assert said.result.startswith("sent: 250")  # type: ignore[attr-defined]
    assert len(smtpd.accepted) == 1, "and nothing else goes out"


@pytest.mark.parametrize("verb", [None, "RCPT"])
async def test_from_a_database_that_is_gone_nothing_is_sent(
    context: Context, smtpd: SmtpServer, desk: Desk, verb: str | None
) -> None:
    path = desk.path / "watchlist.db"

    def replace_it() -> None:
        shutil.copy(path, desk.path / "copy")
        (desk.path / "copy").replace(path)

    if verb is None:
        replace_it()
    else:
        smtpd.hook(verb, replace_it)
    with pytest.raises(StoreRefusedError, match="was replaced"):
        await deliver(context)
    assert smtpd.accepted == []


async def test_near_the_end_of_the_disk_no_mail_is_claimed(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    with closing(Store.open(desk.path / "watchlist.db", least_free=1 << 60)) as store:
        with pytest.raises(StoreUnavailableError, match="nothing new is begun"):
            await deliver(replace(context, store=store))
        assert await _counts(context) == {MessageState.WAITING: 2}
    assert smtpd.verbs == []
    await deliver(context)
    assert len(smtpd.accepted) == 2


STEPS = 32
_FRAME = 4096 + 24
"""A page in the write-ahead log, with its header (sqlite.org/fileformat2.html)."""


async def _work(context: Context, desk: Desk) -> None:
    """Do all steps once, as an engine does: what fails now is due again."""
    desk.clock.advance(seconds=5)
    for step in (
        partial(scan_folder, source="inbox"),
        partial(make_alerts, waits=False),
        deliver,
    ):
        with suppress(StoreUnavailableError):
            await step(context)


@pytest.mark.parametrize("step", range(STEPS))
async def test_a_disk_that_is_full_at_any_step_costs_nothing_but_time(
    desk: Desk, smtpd: SmtpServer, step: int
) -> None:
    settings = SmtpSettings(host="127.0.0.1", port=smtpd.port, security=Security.NONE)
    to = ("a@example.org", "b@example.org")
    context = changed(desk, subscriptions=(a_subscription("all", *to),), transport=Smtp(settings))
    await context.store.keep_ballast()
    desk.write("a.txt", "An ICBM")
    desk.write("b.txt", "A suicide drone")
    log = (desk.path / "watchlist.db-wal").stat().st_size
    with no_room_beyond(log + 2 * step * _FRAME):
        working = [asyncio.create_task(_work(context, desk))]
        for _ in range(3):
            await asyncio.wait(working, timeout=0.1)
            if working[-1].done():
                working.append(asyncio.create_task(_work(context, desk)))
    await asyncio.wait_for(asyncio.gather(*working), DEADLINE_S)
    for _ in range(3):
        await _work(context, desk)
    assert await _counts(context) == {MessageState.SENT: len(smtpd.accepted)}
    told = [
        (mail.recipients[0], name)
        for mail in smtpd.accepted
        for name in (b"a.txt", b"b.txt")
        if name in mail.content
    ]
    assert sorted(told) == [(one, name) for one in to for name in (b"a.txt", b"b.txt")]
    with closing(sqlite3.connect(desk.path / "watchlist.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert (desk.path / "watchlist.db.ballast").exists()
