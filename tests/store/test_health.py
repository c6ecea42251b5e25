from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from tests.builders import NOW, a_document, a_matching
from watch.core.alerts import Alert, Occasion, Report, Silence, SilenceKind, Telling
from watch.core.health import LATE, RuleName, Untold, Volumes
from watch.core.model import FindingId, Message, MessageId, MessageState, Place, SourceState
from watch.core.rules.live import KeptFile
from watch.core.rules.ruleset import Ruleset
from watch.store import documents, findings, health, outbox, rulesets, silences, sources, tellings
from watch.store.db import Store, Transaction

DAY = timedelta(days=1)
SEOUL = ZoneInfo("Asia/Seoul")


def _message(number: int) -> Message:
    return Message(recipient=f"{number}@example.org", message_id=f"<{number}@x>", content=b"x")


def _add_alert(transaction: Transaction, name: str, now: datetime, *numbers: int) -> None:
    alert = Alert(subscription=name, occasion=Occasion.DIGEST, stories=())
    messages = [_message(number) for number in numbers]
    key = f"{name} {now}"
    outbox.add_alert(transaction, Report(alert=alert, stories=()), messages, key=key, now=now)


def _settle(
    transaction: Transaction, number: int, state: MessageState, now: datetime, answer: str = "said"
) -> None:
    outbox.settle_message(transaction, MessageId(number), state, answer=answer, now=now)


def _postpone(transaction: Transaction, number: int, answer: str, due: datetime) -> None:
    outbox.postpone_message(transaction, MessageId(number), due=due, answer=answer)


async def _untold(store: Store) -> tuple[Untold, ...]:
    return await store.read(health.get_untold_messages)


async def test_what_failed_is_untold_until_it_is_noted_with_its_subscription_and_the_answer(
    store: Store,
) -> None:
    await store.write(_add_alert, "Korea desk", NOW, 1, 2)
    await store.write(outbox.add_notices, [_message(3)], NOW)
    assert await _untold(store) == (), "what waits is no news"
    for number in (1, 3):
        await store.write(_settle, number, MessageState.FAILED, NOW + DAY, "550 no such user")
    first, notice = await _untold(store)
    assert first == Untold(
        id=MessageId(1),
        message_id="<1@x>",
        recipient="1@example.org",
        subscription="Korea desk",
        state=MessageState.FAILED,
        created=NOW,
        settled=NOW + DAY,
        answer="550 no such user",
    )
    assert (notice.id, notice.subscription) == (3, None)
    await store.write(health.note_told, [first.id])
    assert await _untold(store) == (notice,)
    await store.write(health.note_told, [])
    assert await _untold(store) == (notice,)


async def test_what_is_held_is_untold_and_what_is_sent_again_is_not(store: Store) -> None:
    await store.write(_add_alert, "desk", NOW, 1, 2)
    await store.write(outbox.mark_message, MessageId(1), NOW)
    await store.write(outbox.recover, resends=False)
    await store.write(outbox.mark_message, MessageId(2), NOW)
    await store.write(outbox.recover, resends=True)
    (held,) = await _untold(store)
    assert (held.id, held.state, held.settled) == (1, MessageState.HELD, None)


@pytest.mark.parametrize(("minutes", "is_late"), [(59, False), (60, True), (600, True)])
async def test_what_was_sent_an_hour_late_is_untold_with_why_it_was(
    store: Store, minutes: int, *, is_late: bool
) -> None:
    await store.write(_add_alert, "desk", NOW, 1)
    sent = NOW + timedelta(minutes=minutes)
    await store.write(_postpone, 1, "421 busy", sent)
    await store.write(_settle, 1, MessageState.SENT, sent, "250 ok")
    late = await _untold(store)
    assert [(one.answer, one.delay, one.settled) for one in late] == (
        [("250 ok", "421 busy", sent)] if is_late else []
    )


async def test_what_was_late_without_a_try_in_vain_has_no_reason(store: Store) -> None:
    await store.write(_add_alert, "desk", NOW, 1)
    await store.write(_settle, 1, MessageState.SENT, NOW + LATE, "250 ok")
    (late,) = await _untold(store)
    assert (late.answer, late.delay) == ("250 ok", "")


async def test_what_a_person_cancelled_is_known_to_people(store: Store) -> None:
    await store.write(_add_alert, "desk", NOW, 1)
    await store.write(_settle, 1, MessageState.CANCELLED, NOW + DAY)
    assert await _untold(store) == ()


async def test_what_is_untold_is_found_without_a_look_at_all_that_was_ever_sent(
    store: Store,
) -> None:
    def plan(transaction: Transaction) -> str:
        query = "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE is_told = 0 AND state IN ('sent')"
        return str(transaction.execute(text(query)).all())

    assert "ix_messages_is_told_state" in await store.read(plan)


async def test_a_message_is_known_by_its_message_id(store: Store) -> None:
    await store.write(outbox.add_notices, [_message(1)], NOW)
    assert await store.read(outbox.has_message, "<1@x>")
    assert not await store.read(outbox.has_message, "<2@x>")


async def test_the_first_start_stays_the_first(store: Store) -> None:
    assert await store.read(health.get_first_start) is None
    for days in (0, 3):
        await store.write(rulesets.add_ruleset, Ruleset(), NOW + days * DAY)
    assert await store.read(health.get_first_start) == NOW


def _accept(
    transaction: Transaction, key: str, seen: datetime, rules: Sequence[str], source: str = "inbox"
) -> tuple[FindingId, ...]:
    """Keep a document for which some rules hold."""
    matching = a_matching(*rules)
    document = replace(a_document(f"{key} {seen}", source=source, key=key), seen=seen)
    new = [(document, matching.mentions)]
    (added,) = documents.add_documents(transaction, new, ruleset="r")
    assert added is not None
    (numbers,) = findings.add_findings(transaction, [(added.id, matching)])
    return numbers


async def test_an_empty_archive_is_well(store: Store) -> None:
    watched = health.Watched(sources=("inbox",), rules=(_rule("icbm"),))
    report = await store.read(health.get_health, watched, NOW)
    nothing = Volumes(documents=0, findings=0, sent=0, failed=0, waiting=0)
    assert (report.since, report.until) == (NOW - 7 * DAY, NOW)
    assert (report.week, report.before, report.idle) == (nothing, None, None)
    assert (report.failing, report.paused, report.silent, report.stale) == ((), (), (), ())
    assert (report.busy, report.unserved, report.silences) == ((), (), ())
    assert report.archive.documents == 0
    assert report.archive.size > 10_000
    assert report.archive.free > 0


def _rule(name: str) -> RuleName:
    return RuleName(id=name, name=name.upper(), place=Place(path="rules/test.toml", line=3))


async def test_the_volumes_of_two_weeks_stand_beside_each_other(store: Store) -> None:
    def fill(transaction: Transaction) -> None:
        for number in range(40):
            seen = NOW - timedelta(hours=12 * (40 - number))
            _accept(transaction, f"{number}", seen, ["icbm"] if number % 4 == 0 else [])
        _add_alert(transaction, "desk", NOW - 9 * DAY, 1, 2)
        _settle(transaction, 1, MessageState.SENT, NOW)
        _settle(transaction, 2, MessageState.FAILED, NOW)
        _add_alert(transaction, "desk", NOW - 3 * DAY, 3, 4, 5, 6)
        _settle(transaction, 3, MessageState.SENT, NOW)
        _settle(transaction, 4, MessageState.CANCELLED, NOW)
        outbox.mark_message(transaction, MessageId(5), NOW)
        outbox.recover(transaction, resends=False)

    await store.write(fill)
    report = await store.read(health.get_health, health.Watched(), NOW)
    assert report.week == Volumes(documents=14, findings=3, sent=1, failed=0, waiting=2)
    assert report.before == Volumes(documents=14, findings=4, sent=1, failed=1, waiting=0)
    assert report.archive.documents == 40
    younger = await store.read(health.get_health, health.Watched(), NOW - 7 * DAY)
    assert younger.before is None, "the archive has no whole week before"
    assert younger.week == Volumes(documents=14, findings=4, sent=1, failed=1, waiting=0)


async def test_sources_fail_are_paused_or_were_silent_the_longest_so_first(store: Store) -> None:
    def fill(transaction: Transaction) -> None:
        states = [
            SourceState(name=name, location=name, due=NOW, failing_since=since, paused_since=paused)
            for name, since, paused in (
                ("new", None, None),
                ("old", None, None),
                ("older", None, None),
                ("never", None, None),
                ("fails", NOW - DAY, None),
                ("fails long", NOW - 3 * DAY, None),
                ("gone", NOW - 9 * DAY, NOW - 4 * DAY),
                ("unknown", NOW - 9 * DAY, None),
            )
        ]
        for state in states:
            sources.put_source(transaction, state)
        for name, days in (("older", 30), ("fails", 12), ("old", 9), ("old", 8), ("new", 2)):
            _accept(transaction, f"{days}", NOW - days * DAY, [], source=name)

    await store.write(fill)
    watched = health.Watched(
        sources=("new", "old", "older", "never", "fails", "fails long", "gone", "not read yet")
    )
    report = await store.read(health.get_health, watched, NOW)
    assert [one.name for one in report.failing] == ["fails long", "fails"]
    assert [one.name for one in report.paused] == ["gone"]
    assert [(one.name, one.last) for one in report.silent] == [
        ("older", NOW - 30 * DAY),
        ("old", NOW - 8 * DAY),
    ]


async def test_rules_are_idle_once_the_archive_is_a_month_old(store: Store) -> None:
    watched = health.Watched(rules=tuple(map(_rule, ("icbm", "drone", "ship"))))
    await store.write(_accept, "1", NOW - 29 * DAY, ["icbm"])
    assert (await store.read(health.get_health, watched, NOW)).idle is None
    await store.write(_accept, "2", NOW + DAY, ["ship"])
    report = await store.read(health.get_health, watched, NOW + DAY)
    assert report.idle == (_rule("drone"),), "the month begins with its first document"
    report = await store.read(health.get_health, watched, NOW + 2 * DAY)
    assert report.idle == (_rule("icbm"), _rule("drone"))


async def test_rules_that_hold_for_more_than_30_documents_on_a_day_are_named(store: Store) -> None:
    # The day of Seoul begins at 15:00 UTC.
    day = datetime(2026, 8, 24, 15, tzinfo=UTC)

    def fill(transaction: Transaction) -> None:
        for number in range(31):
            seen = day + timedelta(minutes=number)
            rules = ["loud", "edge", "split"][: 1 if number == 30 else 3]
            _accept(transaction, f"{number}", seen, rules)
        for number in range(31, 63):
            _accept(transaction, f"{number}", day + DAY, ["loud"])
        _accept(transaction, "next day", day + DAY, ["edge"])
        _accept(transaction, "before", day - timedelta(minutes=1), ["split"])

    await store.write(fill)
    watched = health.Watched(zone=SEOUL)
    (busy,) = (await store.read(health.get_health, watched, day + 2 * DAY)).busy
    assert busy.rule == _rule("loud")
    assert (busy.documents, busy.days) == (32, 2)
    assert busy.day == datetime(2026, 8, 26, tzinfo=SEOUL)
    assert (await store.read(health.get_health, watched, day + 9 * DAY)).busy == ()


async def test_an_edited_document_counts_once_for_a_rule(store: Store) -> None:
    def fill(transaction: Transaction) -> None:
        for number in range(30):
            _accept(transaction, f"{number}", NOW, ["icbm"])
        for minutes in range(5):
            _accept(transaction, "0", NOW + timedelta(minutes=minutes + 1), ["icbm"])

    await store.write(fill)
    later = NOW + timedelta(hours=1)
    assert (await store.read(health.get_health, health.Watched(), later)).busy == ()


async def test_subscriptions_without_a_mail_this_week_are_named(store: Store) -> None:
    await store.write(_add_alert, "before", NOW - 8 * DAY)
    await store.write(_add_alert, "now", NOW - 6 * DAY)
    watched = health.Watched(subscriptions=("now", "before", "never"))
    report = await store.read(health.get_health, watched, NOW)
    assert report.unserved == ("before", "never")


async def test_silences_in_force_say_what_they_hid_and_others_are_left_out(store: Store) -> None:
    def fill(transaction: Transaction) -> None:
        for value, since, until in (
            ("quiet", NOW - DAY, NOW + DAY),
            ("icbm", NOW - DAY, NOW + DAY),
            ("over", NOW - 2 * DAY, NOW),
            ("to come", NOW + DAY, NOW + 2 * DAY),
        ):
            silence = Silence(kind=SilenceKind.RULE, value=value, since=since, until=until)
            silences.add_silence(transaction, silence)
        (number,) = _accept(transaction, "1", NOW, ["icbm"])
        tellings.add_tellings(transaction, [Telling(number, "desk", NOW)])
        transaction.execute(text("UPDATE tellings SET outcome = 'silenced', silence_id = 2"))

    await store.write(fill)
    report = await store.read(health.get_health, health.Watched(), NOW)
    assert [(one.silence.value, one.findings) for one in report.silences] == [
        ("icbm", 1),
        ("quiet", 0),
    ]


async def test_rule_files_that_are_stale_are_named_the_longest_so_first(store: Store) -> None:
    well = KeptFile(path="a.toml", text="", since=NOW)
    stale = [
        replace(well, path="b.toml", stale_since=NOW - DAY, error="why", errors=1),
        replace(well, path="c.toml", stale_since=NOW - 2 * DAY, error="why", errors=1),
    ]
    await store.write(rulesets.put_rule_files, [well, *stale])
    report = await store.read(health.get_health, health.Watched(), NOW)
    assert report.stale == tuple(reversed(stale))
