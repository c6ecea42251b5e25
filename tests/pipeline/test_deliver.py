import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes

import pytest

from tests.builders import a_subscription
from tests.pipeline.conftest import Desk, changed
from tests.smtpd import Deed, SmtpServer
from watch.core.model import MessageState
from watch.notify.smtp import Security, Smtp, SmtpSettings, TimeLimits
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Context
from watch.pipeline.settings import DeliverySettings, OnAmbiguous
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
    desk.clock.advance(minutes=6)
    await deliver(context)
    assert (await _outbox(context)).counts == {MessageState.SENT: 3}
