import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy

import pytest

from tests.builders import a_subscription
from tests.pipeline.conftest import AtOnce, Desk, changed
from watch.core.alerts import Silence, SilenceKind
from watch.core.model import MessageState, SourceState
from watch.core.sending import Schedule
from watch.errors import StoreUnavailableError
from watch.notify.render import Renderer
from watch.pipeline.alert import get_report, make_alerts, plan_now
from watch.pipeline.collect import scan_folder
from watch.pipeline.job import Agenda, Context, Job
from watch.store.outbox import add_alert, claim_message, get_outbox
from watch.store.silences import add_silence
from watch.store.sources import put_source
from watch.store.tellings import get_waiting


async def _collect(desk: Desk, context: Context) -> None:
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)


async def test_findings_wait_for_others_and_leave_in_one_mail(desk: Desk) -> None:
    desk.write("a.txt", "First ICBM")
    await _collect(desk, desk.context)
    assert await make_alerts(desk.context) == ()
    desk.write("b.txt", "Second: a suicide drone")
    await _collect(desk, desk.context)
    desk.clock.advance(seconds=60)
    assert await make_alerts(desk.context) == [Job("deliver")]
    assert await desk.context.store.read(get_waiting) == ()
    assert await make_alerts(desk.context) == (), "nothing is told twice"
    claim = await desk.context.store.write(claim_message, desk.clock.at)
    assert claim is not None
    mail = message_from_bytes(claim.message.content, policy=policy)
    assert mail["To"] == "desk@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "rules/items.toml:1" in body.get_content()
    assert "Second: a suicide drone" in body.get_content()
    assert await desk.context.store.write(claim_message, desk.clock.at) is None


async def test_each_subscription_gets_what_it_asks_for_each_address_a_mail(desk: Desk) -> None:
    context = changed(
        desk,
        subscriptions=(
            a_subscription("all", "a@example.org", "b@example.org"),
            a_subscription("drones", "c@example.org", tags=("uav",)),
            a_subscription("nothing", "d@example.org", rules=("elephants",)),
        ),
    )
    desk.write("a.txt", "An ICBM and a suicide drone")
    await _collect(desk, context)
    await make_alerts(context, waits=False)
    claims = [await context.store.write(claim_message, desk.clock.at) for _ in range(4)]
    assert [claim and claim.message.recipient for claim in claims] == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        None,
    ]


async def test_what_nobody_subscribes_to_is_kept_and_makes_no_mail(desk: Desk) -> None:
    context = changed(desk, subscriptions=())
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    assert await make_alerts(context, waits=False) == ()
    assert (await context.store.read(get_outbox)).counts == {}


async def test_what_waits_for_a_subscription_that_is_gone_stays(desk: Desk) -> None:
    desk.write("a.txt", "An ICBM")
    await _collect(desk, desk.context)
    without = changed(desk, subscriptions=(a_subscription("another"),))
    assert await make_alerts(without, waits=False) == ()
    assert len(await desk.context.store.read(get_waiting)) == 1


async def test_an_address_that_cannot_be_written_to_costs_the_others_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    odd = replace(desk.context.subscriptions[0], to=("jösé@example.org", "desk@example.org"))
    context = changed(desk, subscriptions=(odd,))
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    assert await make_alerts(context, waits=False) == [Job("deliver")]
    assert (await context.store.read(get_outbox)).counts == {MessageState.WAITING: 1}
    (record,) = [one for one in caplog.records if one.message == "mail not written"]
    assert record.__dict__["to"] == "jösé@example.org"


NEWS = (
    "Three goods trains that left a works near the coast carried an ICBM under their covers, the "
    "military said. It had followed them for two nights. How many the trains held it would not "
    "say, but an officer showed reporters pictures of boxes that were very long and very light."
)


async def _mails(desk: Desk, context: Context) -> list[EmailMessage]:
    """Return the mails that are due, and take them out of the outbox."""
    mails = []
    await make_alerts(context)
    while (claim := await context.store.write(claim_message, desk.clock.at)) is not None:
        mail = message_from_bytes(claim.message.content, policy=policy)
        assert isinstance(mail, EmailMessage)
        mails.append(mail)
    return mails


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


async def test_a_story_is_told_once_and_its_reprints_with_the_next_mail(desk: Desk) -> None:
    desk.write("a.txt", f"First\n\n{NEWS}")
    desk.write("b.txt", f"Reprint\n\nHARBOUR WIRE - {NEWS}")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (first,) = await _mails(desk, desk.context)
    assert "ICBM: First" in first["Subject"]
    assert "Also in: - inbox" in _text(first)
    desk.write("c.txt", f"Third\n\n{NEWS} So it goes.")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=10)
    assert await _mails(desk, desk.context) == []
    desk.write("d.txt", "Another story altogether, of a suicide drone.")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (second,) = await _mails(desk, desk.context)
    assert "Told before, more came of it: - Third - 1 document: inbox" in _text(second)
    assert "ICBM" not in second["Subject"]


async def test_an_edited_document_is_an_update_in_the_thread_of_its_story(desk: Desk) -> None:
    desk.write("a.txt", f"First\n\n{NEWS}")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (first,) = await _mails(desk, desk.context)
    desk.clock.advance(days=2)
    desk.write("a.txt", f"First\n\n{NEWS} Later: a suicide drone, too.")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (update,) = await _mails(desk, desk.context)
    assert update["References"] == first["References"]
    assert update["Message-ID"] != first["Message-ID"]
    assert "Update:" in _text(update)
    assert "Why: Suicide drones" in _text(update)
    assert "Why: ICBM" not in _text(update)


async def test_what_a_silence_hides_is_counted_by_the_next_mail(desk: Desk) -> None:
    silence = Silence(
        kind=SilenceKind.RULE,
        value="icbm",
        since=desk.clock.at,
        until=desk.clock.at + timedelta(hours=1),
        note="an exercise",
    )
    await desk.context.store.write(add_silence, silence)
    desk.write("a.txt", "An ICBM")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    assert await _mails(desk, desk.context) == []
    desk.write("b.txt", "A suicide drone")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (mail,) = await _mails(desk, desk.context)
    assert "rule icbm until 26 Aug 2026, 06:01 UTC: 1 finding (an exercise)" in _text(mail)
    desk.clock.advance(hours=1)
    desk.write("c.txt", "Quite another ICBM")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    (after,) = await _mails(desk, desk.context)
    assert after["Subject"].startswith("[HIGH] ICBM")


async def test_a_digest_tells_the_stories_of_a_day_and_of_what_could_not_be_read(
    desk: Desk,
) -> None:
    daily = replace(desk.context.subscriptions[0], schedule=Schedule(at=time(7)), sends_empty=True)
    context = changed(desk, subscriptions=(daily,))
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    failing = SourceState(
        name="wire",
        location="x",
        due=desk.clock.at,
        failing_since=desk.clock.at,
        error="answered 503",
    )
    await context.store.write(put_source, failing)
    await context.store.write(put_source, replace(failing, name="gone"))
    assert await _mails(desk, context) == []
    desk.clock.advance(days=1)
    (digest,) = await _mails(desk, context)
    assert digest["Subject"] == "[HIGH] Korea desk, 27 Aug: 1 story"
    assert "Cannot be read at present: wire: answered 503" in _text(digest)
    assert "gone" not in _text(digest)
    assert await _mails(desk, context) == []
    desk.clock.advance(days=1)
    (empty,) = await _mails(desk, context)
    assert empty["Subject"] == "Korea desk, 28 Aug: no stories"
    assert "Nothing new" in _text(empty)


async def test_the_operator_is_told_once_a_day_of_a_template_that_fails(desk: Desk) -> None:
    (desk.path / "templates").mkdir()
    (desk.path / "templates" / "subject.j2").write_text("{{ nothing_of_this_name }}")
    settings = replace(desk.context.renderer.settings, templates=desk.path / "templates")
    context = changed(desk, renderer=Renderer(settings), operator="it@example.org")
    for name in ("a", "b"):
        desk.write(f"{name}.txt", f"An ICBM, {name}")
        await _collect(desk, context)
        desk.clock.advance(minutes=6)
    first, notice = sorted(await _mails(desk, context), key=lambda mail: str(mail["To"]))
    assert first["Subject"].startswith("[HIGH] ICBM")
    assert (notice["To"], notice["Subject"]) == (
        "it@example.org",
        "A template failed: the shipped one was used",
    )
    assert "'nothing_of_this_name' is undefined" in _text(notice)
    desk.write("c.txt", "An ICBM, c")
    await _collect(desk, context)
    desk.clock.advance(minutes=6)
    assert [mail["To"] for mail in await _mails(desk, context)] == ["desk@example.org"]


async def test_a_crash_between_planning_and_keeping_changes_nothing(desk: Desk) -> None:
    desk.write("a.txt", f"First\n\n{NEWS}")
    await _collect(desk, desk.context)
    desk.clock.advance(minutes=1)
    subscriptions = desk.context.subscriptions
    plan = await desk.context.store.read(plan_now, subscriptions, desk.clock.at)
    assert plan == await desk.context.store.read(plan_now, subscriptions, desk.clock.at)
    (first,) = await _mails(desk, desk.context)
    report = await desk.context.store.read(
        get_report, plan.alerts[0], subscriptions[0], [], desk.clock.at
    )
    key = report.key(desk.clock.at)
    again = await desk.context.store.write(add_alert, report, [], key=key, now=desk.clock.at)
    assert not again, "the alert is known by its findings"
    assert first["Subject"].startswith("[HIGH] ICBM: First")


class _NoClock(tzinfo):
    """The zone of a subscription whose mails nobody can write."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        raise RuntimeError("a fault of ours")


async def test_an_alert_that_cannot_be_written_fails_alone_and_its_reader_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    poison = replace(a_subscription("poison", "a@example.org", "b@example.org"), zone=_NoClock())
    context = changed(desk, subscriptions=(poison, a_subscription("well", "c@example.org")))
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    claimed = []
    for _ in range(5):
        await make_alerts(context, waits=False)
        if claim := await context.store.write(claim_message, desk.clock.at):
            claimed.append(claim.message)
        desk.clock.advance(seconds=1)
    assert [message.recipient for message in claimed] == [
        *("c@example.org", "a@example.org", "b@example.org")
    ]
    assert await context.store.read(get_waiting) == (), "it is not tried for ever"
    errors = [one for one in caplog.records if one.message == "mail not written"]
    assert len(errors) == 3
    mail = message_from_bytes(claimed[1].content, policy=policy)
    assert mail["Subject"] == "poison: 1 finding could not be put into a mail"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "`watchlist findings`" in body.get_content()


async def test_what_went_wrong_once_may_go_wrong_again(desk: Desk) -> None:
    subscription = a_subscription("desk", "a@example.org")
    poison = changed(desk, subscriptions=(replace(subscription, zone=_NoClock()),))
    well = changed(desk, subscriptions=(subscription,))
    for text in ("One ICBM", "Another suicide drone"):
        desk.write(f"{text[0]}.txt", text)
        await _collect(desk, poison)
        for _ in range(2):
            await make_alerts(poison, waits=False)
        await make_alerts(well, waits=False)
        claim = await well.store.write(claim_message, desk.clock.at)
        assert claim is not None
        assert text.encode() in claim.message.content


async def test_a_plan_that_took_long_is_made_less_often_but_never_for_long(desk: Desk) -> None:
    def slow() -> float:
        desk.clock.seconds += 0.5  # each look at the clock
        return desk.clock.seconds

    context = changed(desk, clock=AtOnce(desk.clock.now, slow))
    await make_alerts(context)
    rest = context.agenda.not_before - desk.clock.seconds
    assert 2.0 <= rest <= 3.0, "five times as long as it took"
    marks = context.agenda.marks
    forgotten: tuple[object, ...] = ("forgotten",)
    context.agenda.marks = forgotten
    await make_alerts(context)
    assert context.agenda.marks is forgotten, "it rests"
    await make_alerts(context, waits=False)
    assert context.agenda.marks not in (marks, forgotten), "what waits for nothing never rests"
    desk.clock.seconds += 10
    await make_alerts(context)
    _, _, waits = context.agenda.marks
    assert waits is True


async def test_two_that_make_the_same_alert_make_it_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk.write("a.txt", "An ICBM")
    await _collect(desk, desk.context)
    other = changed(desk, agenda=Agenda())
    await asyncio.gather(make_alerts(desk.context, waits=False), make_alerts(other, waits=False))
    assert caplog.messages.count("alert made") == 1
    assert (await desk.context.store.read(get_outbox)).counts == {MessageState.WAITING: 1}


class _NoDisk(_NoClock):
    """The zone of a subscription that has the store fail."""

    def tzname(self, _: datetime | None) -> str:
        raise StoreUnavailableError("the disk is full")


async def test_what_may_pass_is_no_fault_of_an_alert(desk: Desk) -> None:
    subscription = a_subscription("desk", "a@example.org")
    context = changed(desk, subscriptions=(replace(subscription, zone=_NoDisk()),))
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    for _ in range(4):
        with pytest.raises(StoreUnavailableError):
            await make_alerts(context, waits=False)
    await make_alerts(changed(desk, subscriptions=(subscription,)), waits=False)
    claim = await context.store.write(claim_message, desk.clock.at)
    assert claim is not None
    assert b"ICBM" in claim.message.content
