"""What the operator is told, and how often."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.pipeline.conftest import Clock, Desk, changed
from watch.core.model import Message, MessageId, MessageState, SourceState
from watch.core.sending import Schedule, parse_send
from watch.notify.render import MailSettings, Renderer
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.deliver import deliver
from watch.pipeline.health import tell_operator
from watch.pipeline.job import Context, Job
from watch.pipeline.settings import HealthSettings
from watch.store import outbox
from watch.store.db import Transaction
from watch.store.sources import put_source

ADMIN = "admin@example.org"
MONDAYS = HealthSettings(schedule=Schedule(days=frozenset({0}), at=time(7)))
MONDAY = datetime(2026, 8, 31, 7, tzinfo=UTC)


def _message(number: int, to: str = "") -> Message:
    return Message(
        recipient=to or f"{number}@example.org", message_id=f"<{number}@x>", content=b"x"
    )


def _keep(transaction: Transaction, now: datetime, *messages: Message) -> None:
    outbox.add_notices(transaction, messages, now)


async def _settle(
    context: Context, state: MessageState, *numbers: int, answer: str = "550 no such user"
) -> None:
    for number in numbers:
        await context.store.write(
            outbox.settle_message, MessageId(number), state, answer=answer, now=context.now()
        )


async def _postpone(context: Context, number: int, due: datetime) -> None:
    await context.store.write(
        outbox.postpone_message, MessageId(number), due=due, answer="421 busy"
    )


async def _told(context: Context) -> list[EmailMessage]:
    """Tell the operator, and return the mails to him, taken out of the outbox as sent."""
    jobs = await tell_operator(context)
    mails = []
    while (claim := await context.store.write(outbox.claim_message, context.now())) is not None:
        await _settle(context, MessageState.SENT, claim.id, answer="250 ok")
        if claim.message.recipient == ADMIN:
            mail = message_from_bytes(claim.message.content, policy=default)
            assert isinstance(mail, EmailMessage)
            mails.append(mail)
    assert list(jobs) == ([Job("deliver")] if mails else [])
    return mails


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


@pytest.fixture
def context(desk: Desk) -> Context:
    return changed(desk, operator=ADMIN)


async def test_what_failed_in_a_minute_is_one_mail_and_told_once(context: Context) -> None:
    await context.store.write(_keep, context.now(), _message(1), _message(2))
    await _settle(context, MessageState.FAILED, 1, 2)
    (mail,) = await _told(context)
    assert mail["Subject"] == "2 mails failed for good"
    assert mail["To"] == ADMIN
    assert "1@example.org, a notice of the watchlist" in _text(mail)
    assert _text(mail).count("550 no such user") == 2
    assert await _told(context) == []


async def test_a_failure_names_the_subscription(desk: Desk, context: Context) -> None:
    desk.write("a.txt", "An ICBM")
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)
    await make_alerts(context, waits=False)
    await _settle(context, MessageState.FAILED, 1)
    (mail,) = await _told(context)
    assert mail["Subject"] == "mail to desk@example.org failed for good"
    assert 'desk@example.org, for the subscription "Korea desk"' in _text(mail)


async def test_what_is_held_after_a_crash_is_told(context: Context) -> None:
    await context.store.write(_keep, context.now(), _message(1))
    await context.store.write(outbox.mark_message, MessageId(1), context.now())
    await context.store.write(outbox.recover, resends=False)
    (mail,) = await _told(context)
    assert mail["Subject"] == "mail to 1@example.org is held after a crash"
    assert "Message-ID: <1@x>" in _text(mail)
    assert await _told(context) == []


async def test_a_notice_that_fails_makes_no_other(context: Context) -> None:
    await context.store.write(_keep, context.now(), _message(1))
    await _settle(context, MessageState.FAILED, 1)
    assert list(await tell_operator(context)) == [Job("deliver")]
    await _settle(context, MessageState.FAILED, 2, answer="550 no such operator")
    assert await _told(context) == []
    assert (await context.store.read(outbox.get_outbox)).counts == {MessageState.FAILED: 2}


async def test_a_crash_before_the_notice_is_kept_loses_nothing_and_after_it_doubles_nothing(
    desk: Desk, context: Context
) -> None:
    await context.store.write(_keep, context.now(), _message(1))
    await _settle(context, MessageState.FAILED, 1)
    database = desk.path / "watchlist.db"
    _execute(database, "CREATE TRIGGER crash BEFORE UPDATE OF is_told ON messages "
                       "BEGIN SELECT RAISE(ABORT, 'crash'); END")  # fmt: skip
    with pytest.raises(Exception, match="crash"):
        await tell_operator(context)
    assert (await context.store.read(outbox.get_outbox)).counts == {MessageState.FAILED: 1}
    _execute(database, "DROP TRIGGER crash")
    assert len(await _told(context)) == 1
    assert await _told(replace(context)) == []


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


async def test_an_outage_is_told_when_all_that_waited_has_gone(
    desk: Desk, context: Context
) -> None:
    await context.store.write(_keep, context.now(), _message(1), _message(2), _message(3))
    desk.clock.advance(hours=3)
    await _postpone(context, 1, context.now())
    await _settle(context, MessageState.SENT, 2, answer="250 ok")
    assert list(await tell_operator(context)) == [], "two are due and may go out in this minute"
    await _settle(context, MessageState.SENT, 1, 3, answer="250 ok")
    (mail,) = await _told(context)
    assert mail["Subject"] == "3 mails were late by an hour or more"
    since, until = "26 Aug 2026, 05:01 UTC", "26 Aug 2026, 08:01 UTC"
    assert (
        f"3 mails could not be sent for an hour or more from {since}, to {until} 421 busy"
        in _text(mail)
    )
    assert await _told(context) == []


async def test_what_failed_is_told_while_other_mail_still_waits(
    desk: Desk, context: Context
) -> None:
    await context.store.write(_keep, context.now(), _message(1), _message(2), _message(3))
    desk.clock.advance(hours=3)
    await _postpone(context, 1, context.now())
    await _settle(context, MessageState.SENT, 1, answer="250 ok")
    await _settle(context, MessageState.FAILED, 2)
    (mail,) = await _told(context)
    assert mail["Subject"] == "mail to 2@example.org failed for good"
    (mail,) = await _told(context)
    assert mail["Subject"] == "2 mails were late by an hour or more"


@pytest.mark.parametrize(("minutes", "postponed"), [(59, True), (180, False)])
async def test_a_short_wait_and_one_without_a_failure_are_not_told(
    desk: Desk, context: Context, minutes: int, *, postponed: bool
) -> None:
    await context.store.write(_keep, context.now(), _message(1))
    desk.clock.advance(minutes=minutes)
    if postponed:
        await _postpone(context, 1, context.now())
    await _settle(context, MessageState.SENT, 1, answer="250 ok")
    assert await _told(context) == []


async def test_mail_that_waited_for_its_server_is_told_of_as_it_goes_out(
    desk: Desk, context: Context
) -> None:
    """The whole way: a Maildir that cannot be written to, then can."""
    await context.store.write(_keep, context.now(), _message(1))
    blocked = desk.path / "mail"
    blocked.write_text("in the way")
    await deliver(context)
    assert await tell_operator(context) == ()
    blocked.unlink()
    desk.clock.advance(hours=2)
    await deliver(context)
    assert list(await tell_operator(context)) == [Job("deliver")]
    await deliver(context)
    assert any(b"Subject: 1 mail was late by an hour or more" in one for one in desk.mails())
    desk.clock.advance(minutes=1)
    assert await tell_operator(context) == ()


async def test_sources_mails_and_the_week_are_mails_of_their_own(
    desk: Desk, context: Context
) -> None:
    context = replace(context, health=MONDAYS)
    failing = SourceState(
        name="wire", location="https://x.org", due=MONDAY, failing_since=context.now(), error="no"
    )
    await context.store.write(put_source, failing)
    await context.store.write(_keep, context.now(), _message(1))
    await _settle(context, MessageState.FAILED, 1)
    desk.clock.at = MONDAY
    assert [mail["Subject"] for mail in await _told(context)] == [
        "wire cannot be read",
        "mail to 1@example.org failed for good",
        "Watchlist health, 31 Aug: 1 source cannot be read, 1 mail failed",
    ]


async def test_the_health_mail_goes_once_for_each_time_and_never_for_one_before_the_start(
    desk: Desk, context: Context
) -> None:
    context = replace(context, health=MONDAYS)
    assert await _told(context) == [], "last Monday nobody was there"
    desk.clock.at = MONDAY - timedelta(minutes=1)
    assert await _told(context) == []
    desk.clock.at = MONDAY
    (mail,) = await _told(context)
    assert mail["Subject"] == "Watchlist health, 31 Aug: nothing needs you"
    assert mail["Date"].datetime == MONDAY
    for _ in range(3):
        desk.clock.advance(days=2)
        assert await _told(replace(context)) == []
    desk.clock.advance(days=1)
    assert len(await _told(context)) == 1


async def test_health_mails_that_fell_due_while_nobody_was_there_are_one(
    desk: Desk, context: Context
) -> None:
    context = replace(context, health=MONDAYS)
    desk.clock.at = MONDAY + timedelta(days=23, hours=1)
    (mail,) = await _told(context)
    assert mail["Subject"].startswith("Watchlist health, 23 Sep: ")
    assert await _told(context) == []


async def test_a_daily_health_mail_is_a_sign_of_life_each_day(desk: Desk, context: Context) -> None:
    context = replace(context, health=HealthSettings(schedule=parse_send("daily at 08:00")))
    desk.clock.at = MONDAY + timedelta(hours=2)
    for _ in range(3):
        (mail,) = await _told(context)
        assert mail["Subject"].endswith("nothing needs you")
        assert await _told(context) == []
        desk.clock.advance(days=1)


async def test_the_health_mail_tells_of_what_is_configured_and_in_force(
    desk: Desk, context: Context
) -> None:
    desk.write("a.txt", "An ICBM")
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)
    context = replace(context, health=MONDAYS)
    desk.clock.at = MONDAY + timedelta(days=35)
    (mail,) = await _told(context)
    text = _text(mail)
    assert mail["Subject"] == "Watchlist health, 5 Oct: 1 source was silent"
    assert "- inbox, last on 26 Aug 2026, 05:01 UTC" in text
    assert "- ICBM (rules/items.toml:1) - Suicide drones (rules/items.toml:6)" in text
    assert "no rule fits. - Korea desk" in text
    assert "The archive holds 1 document and takes" in text


async def test_without_an_operator_or_a_schedule_there_is_no_health_mail(
    desk: Desk, context: Context
) -> None:
    desk.clock.at = MONDAY
    assert await _told(context) == []
    assert await tell_operator(replace(context, health=MONDAYS, operator=None)) == ()
    assert (await context.store.read(outbox.get_outbox)).counts == {}


async def test_a_broken_template_costs_no_health_mail_and_is_logged(
    desk: Desk, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    (desk.path / "templates").mkdir()
    (desk.path / "templates" / "health.txt.j2").write_text("{{ nothing_of_this_name }}")
    settings = MailSettings(sender="watch@example.org", templates=desk.path / "templates")
    desk.clock.at = MONDAY
    written = await _told(replace(context, health=MONDAYS, renderer=Renderer(settings)))
    texts = sorted(map(_text, written))
    assert ["A template failed" in text for text in texts] == [True, False]
    assert "The week in numbers" in texts[1]
    (record,) = [one for one in caplog.records if one.message == "mail template"]
    assert "health.txt.j2" in record.__dict__["why"]


async def test_an_operator_who_is_no_address_is_logged(
    desk: Desk, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    desk.clock.at = MONDAY
    assert await tell_operator(replace(context, operator="nobody", health=MONDAYS)) == ()
    (record,) = [one for one in caplog.records if one.message == "notice not written"]
    assert record.__dict__["to"] == "nobody"


def test_the_clock_of_these_tests_stands_before_the_first_monday() -> None:
    assert timedelta() < MONDAY - Clock().at < timedelta(days=7)
