import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes

import pytest

from tests.builders import a_subscription
from tests.patience import DEADLINE_S
from tests.pipeline.conftest import Desk, changed
from tests.smtpd import Deed, SmtpServer
from watch.core.model import Message, MessageState
from watch.errors import StoreUnavailableError
from watch.notify.smtp import Security, Smtp, SmtpSettings, TimeLimits
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Context
from watch.pipeline.settings import DeliverySettings, OnAmbiguous
from watch.store.health import get_untold_messages
from watch.store.outbox import OutboxState, claim_message, get_outbox, mark_message, recover

ADDRESSES = ("a@example.org", "b@example.org", "c@example.org")


@pytest.fixture
def smtpd() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
async def context(desk: Desk, smtpd: SmtpServer) -> Context:
    """A context with three messages in its outbox, and a real server to send them to."""
    settings = SmtpSettings(host="127.0.0.1", port=smtpd.port, security=Security.NONE)
    context = changed(
        desk,
        subscriptions=(a_subscription("all", *ADDRESSES),),
        transport=Smtp(settings, limits=TimeLimits(connect=2, command=2, answer=2, quit=1)),
    )
    desk.write("a.txt", "An ICBM")
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)
    await make_alerts(context, waits=False)
    return context


async def _outbox(context: Context) -> OutboxState:
    return await context.store.read(get_outbox)


def _stop_from_afar(context: Context) -> Callable[[], None]:
    """Return what tells the context, from another thread, to stop."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(context.stopping.set)

    return stop


async def test_every_message_is_sent_once_over_one_connection(
    context: Context, smtpd: SmtpServer
) -> None:
    await deliver(context)
    await deliver(context)
    assert [mail.recipients for mail in smtpd.accepted] == [(one,) for one in ADDRESSES]
    assert {mail.sender for mail in smtpd.accepted} == {"watch@example.org"}
    assert {mail.connection for mail in smtpd.accepted} == {1}
    assert (await _outbox(context)).counts == {MessageState.SENT: 3}


async def test_what_a_server_does_not_take_now_is_tried_again_with_the_same_bytes(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    smtpd.script("END", "451 4.3.0 try later")
    await deliver(context)
    assert [mail.recipients for mail in smtpd.accepted] == [(one,) for one in ADDRESSES[1:]]
    (trouble,) = (await _outbox(context)).trouble
    assert trouble.recipient == ADDRESSES[0]
    assert "451" in trouble.answer
    assert trouble.due is not None
    assert trouble.due - desk.clock.at == timedelta(seconds=270)
    desk.clock.advance(seconds=269)
    await deliver(context)
    assert len(smtpd.accepted) == 2
    desk.clock.advance(seconds=1)
    await deliver(context)
    refused, taken = [mail for mail in smtpd.mails if mail.recipients == (ADDRESSES[0],)]
    assert taken.content == refused.content
    assert message_from_bytes(taken.content)["Message-ID"]
    assert (await _outbox(context)).counts == {MessageState.SENT: 3}


async def test_a_refused_address_fails_alone(context: Context, smtpd: SmtpServer) -> None:
    smtpd.script("RCPT", "550 5.1.1 no such user")
    await deliver(context)
    assert [mail.recipients for mail in smtpd.accepted] == [(one,) for one in ADDRESSES[1:]]
    (trouble,) = (await _outbox(context)).trouble
    assert (trouble.recipient, trouble.state) == ("a@example.org", MessageState.FAILED)
    assert "no such user" in trouble.answer
    await deliver(context)
    assert len(smtpd.accepted) == 2, "what failed for good is not tried again"


async def test_a_server_that_cannot_be_reached_holds_up_all_and_loses_none(
    context: Context, smtpd: SmtpServer, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    smtpd.stop()
    for _ in range(3):
        await deliver(context)
    assert [one.message for one in caplog.records].count("no mail goes out") == 1
    assert (await _outbox(context)).counts == {MessageState.WAITING: 3}
    smtpd.start()
    desk.clock.advance(minutes=4)
    await deliver(context)
    assert smtpd.accepted == []
    desk.clock.advance(minutes=2)
    await deliver(context)
    assert len(smtpd.accepted) == 3


async def test_a_refused_login_is_tried_once_an_hour(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    smtpd.script("MAIL", *["530 5.7.0 authentication required"] * 2)
    await deliver(context)
    desk.clock.advance(minutes=59)
    await deliver(context)
    assert smtpd.verbs.count("MAIL") == 1
    desk.clock.advance(minutes=1)
    await deliver(context)
    assert smtpd.verbs.count("MAIL") == 2
    assert (await _outbox(context)).counts == {MessageState.WAITING: 3}
    desk.clock.advance(minutes=60)
    await deliver(context)
    assert len(smtpd.accepted) == 3


async def test_after_five_days_a_message_is_given_up_and_says_so(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    smtpd.script("RCPT", *["450 4.2.1 greylisted"] * 6)
    await deliver(context)
    desk.clock.advance(days=5, seconds=1)
    await deliver(context)
    state = await _outbox(context)
    assert state.counts == {MessageState.FAILED: 3}
    assert all(one.answer.startswith("given up after 5 days") for one in state.trouble)


async def test_a_connection_cut_in_the_middle_of_a_mail_loses_nothing(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    smtpd.script("BODY", Deed.CLOSE)
    await deliver(context)
    assert len(smtpd.accepted) == 2
    desk.clock.advance(minutes=6)
    await deliver(context)
    assert sorted(mail.recipients for mail in smtpd.accepted) == [(one,) for one in ADDRESSES]


async def test_before_its_transmission_a_mail_is_given_back_when_told_to_stop(
    context: Context, smtpd: SmtpServer
) -> None:
    smtpd.script("RCPT", Deed.HANG)
    smtpd.hook("RCPT", _stop_from_afar(context))
    await deliver(context)
    assert smtpd.accepted == []
    assert (await _outbox(context)).counts == {MessageState.WAITING: 3}


async def test_once_its_transmission_has_begun_its_answer_is_awaited(
    context: Context, smtpd: SmtpServer
) -> None:
    smtpd.hook("DATA", _stop_from_afar(context))
    await deliver(context)
    assert len(smtpd.accepted) == 1
    assert (await _outbox(context)).counts == {MessageState.SENT: 1, MessageState.WAITING: 2}


@pytest.mark.parametrize(
    ("on_ambiguous", "copies"), [(OnAmbiguous.RESEND, 3), (OnAmbiguous.HOLD, 2)]
)
async def test_what_a_crash_left_ambiguous_is_resent_or_held_as_configured(
    context: Context, smtpd: SmtpServer, desk: Desk, on_ambiguous: OnAmbiguous, copies: int
) -> None:
    claim = await context.store.write(claim_message, desk.clock.at)
    assert claim is not None
    await context.store.write(mark_message, claim.id, desk.clock.at)
    await context.store.write(recover, resends=on_ambiguous is OnAmbiguous.RESEND)
    await deliver(context)
    assert len(smtpd.accepted) == copies


async def test_a_short_burst_leaves_at_once(
    desk: Desk, context: Context, smtpd: SmtpServer
) -> None:
    quick = changed(desk, transport=context.transport, delivery=DeliverySettings(max_per_minute=18))
    await asyncio.wait_for(deliver(quick), timeout=DEADLINE_S)
    assert len(smtpd.accepted) == 3
    assert quick.channel.bucket is not None
    assert quick.channel.bucket.wait(desk.clock.seconds) == pytest.approx(60 / 16)
    desk.clock.advance(seconds=60)
    assert quick.channel.bucket.wait(desk.clock.seconds) == 0


async def test_mails_leave_no_faster_than_they_may(
    desk: Desk, context: Context, smtpd: SmtpServer
) -> None:
    slow = changed(desk, transport=context.transport, delivery=DeliverySettings(max_per_minute=1))
    sending = asyncio.create_task(deliver(slow))
    await asyncio.to_thread(smtpd.wait_for, 1)
    done, _ = await asyncio.wait({sending}, timeout=0.3)
    assert not done
    assert len(smtpd.accepted) == 1
    slow.stopping.set()
    await sending
    assert len(smtpd.accepted) == 1


class _Faulty:
    """A transport with a fault of ours in it."""

    async def send(self, *_: object, **__: object) -> str:
        raise RuntimeError("a fault")

    async def close(self) -> None:
        """Do nothing."""


async def test_a_fault_of_ours_costs_one_attempt_and_leaves_no_message_behind(
    context: Context, desk: Desk
) -> None:
    faulty = changed(desk, transport=_Faulty())
    for _ in ADDRESSES:
        with suppress(RuntimeError):
            await deliver(faulty)
    state = await _outbox(context)
    assert state.counts == {MessageState.WAITING: 3}
    assert [one.answer for one in state.trouble] == ["unforeseen; see the log"] * 3
    # A fault of the channel's, or of the disk, says nothing of the message.
    assert set(context.channel.faults.values()) == {1}
    desk.clock.advance(minutes=6)
    await deliver(context)
    assert (await _outbox(context)).counts == {MessageState.SENT: 3}


class _Choosy:
    """A transport that one address makes stumble."""

    def __init__(self, others: Smtp) -> None:
        self._others = others

    async def send(
        self, message: Message, *, sender: str, mark: Callable[[], Awaitable[None]]
    ) -> str:
        if message.recipient == ADDRESSES[0]:
            raise RuntimeError("a fault")
        return await self._others.send(message, sender=sender, mark=mark)

    async def close(self) -> None:
        await self._others.close()


async def test_a_mail_that_cannot_be_sent_three_times_over_fails_alone_and_is_told_of(
    context: Context, desk: Desk, smtpd: SmtpServer
) -> None:
    assert isinstance(context.transport, Smtp)
    choosy = changed(desk, transport=_Choosy(context.transport))
    for _ in range(3):
        with suppress(RuntimeError):
            await deliver(choosy)
        await deliver(choosy)
        desk.clock.advance(minutes=75)
    state = await _outbox(context)
    assert state.counts == {MessageState.SENT: 2, MessageState.FAILED: 1}
    assert [mail.recipients for mail in smtpd.accepted] == [(one,) for one in ADDRESSES[1:]]
    (failed,) = await context.store.read(get_untold_messages)
    assert failed.recipient == ADDRESSES[0]
    assert failed.answer == "given up after 3 faults of the watchlist itself; see its log"


async def test_a_mark_that_cannot_be_written_is_no_fault_of_the_message(
    context: Context, desk: Desk, smtpd: SmtpServer
) -> None:
    class _FullDisk(_Faulty):
        async def send(self, *_: object, **__: object) -> str:
            raise StoreUnavailableError("the disk is full")

    full = changed(desk, transport=_FullDisk())
    for _ in range(4):
        with suppress(StoreUnavailableError):
            await deliver(full)
        desk.clock.advance(minutes=75)
    assert (await _outbox(context)).counts == {MessageState.WAITING: 3}
    await deliver(context)
    assert len(smtpd.accepted) == 3


async def test_what_was_never_tried_is_not_given_up_for_its_age(
    context: Context, smtpd: SmtpServer, desk: Desk
) -> None:
    desk.clock.advance(days=6)
    smtpd.script("RCPT", *["450 4.2.1 greylisted"] * 3)
    await deliver(context)
    assert (await _outbox(context)).counts == {MessageState.WAITING: 3}
    desk.clock.advance(minutes=6)
    await deliver(context)
    assert len(smtpd.accepted) == 3


class _AfterMark:
    """A transport that begins, and then does what it is told to."""

    def __init__(self, then: Callable[[], str]) -> None:
        self._then = then

    async def send(self, *_: object, mark: Callable[[], Awaitable[None]], **__: object) -> str:
        await mark()
        return self._then()

    async def close(self) -> None:
        """There is nothing to close."""


def _full_disk() -> str:
    raise StoreUnavailableError("the disk is full")


async def test_what_had_begun_when_the_database_failed_stays_unknown(
    context: Context, desk: Desk
) -> None:
    with pytest.raises(StoreUnavailableError):
        await deliver(changed(desk, transport=_AfterMark(_full_disk)))
    assert (await _outbox(context)).counts == {MessageState.MARKED: 1, MessageState.WAITING: 2}
    recovered = await context.store.write(recover, resends=False)
    assert recovered.ambiguous == 1


async def test_an_answer_that_cannot_be_kept_is_no_fault_of_the_message(
    context: Context, desk: Desk
) -> None:
    with pytest.raises(UnicodeEncodeError):
        await deliver(changed(desk, transport=_AfterMark(lambda: "250 \ud800")))
    (trouble,) = (await _outbox(context)).trouble
    assert trouble.answer == "unforeseen; see the log"
    assert context.channel.faults == {}
