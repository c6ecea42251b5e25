from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_finding, a_subscription
from watch.core.alerts import (
    Alert,
    Folded,
    KnownStory,
    Occasion,
    Past,
    Plan,
    Reason,
    Silence,
    Silenced,
    SilenceId,
    SilenceKind,
    StoryId,
    Waiting,
)
from watch.core.grouping import hush, make_plan, selects
from watch.core.model import DocumentId, FindingId, Group, Severity, Subscription
from watch.core.sending import QuietHours, Schedule, quiet_until

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = Past(served_since=NOW - 9 * DAY)


@pytest.mark.parametrize(
    ("subscription", "wanted"),
    [
        (a_subscription(), True),
        (a_subscription(rules=("icbm",)), True),
        (a_subscription(rules=("ic*", "x")), True),
        (a_subscription(rules=("ICBM",)), False),
        (a_subscription(rules=("drone",)), False),
        (a_subscription(tags=("korea", "uav")), True),
        (a_subscription(tags=("uav",)), False),
        (a_subscription(rules=("*",), tags=("uav",)), False),
        (replace(a_subscription(), severity=Severity.NORMAL), True),
        (replace(a_subscription(), severity=Severity.HIGH), False),
    ],
)
def test_rules_tags_and_severity_must_all_hold(subscription: Subscription, *, wanted: bool) -> None:
    assert selects(subscription, a_finding("icbm")) is wanted


def waiting(
    number: int = 1, *, age: timedelta = 2 * MINUTE, story: int | None = None, **others: object
) -> Waiting:
    """Return a finding that waits, by default one of a story of its own."""
    one = Waiting(
        finding=FindingId(number),
        subscription="Korea desk",
        since=NOW - age,
        document=DocumentId(number),
        story=StoryId(number if story is None else story),
        rule="icbm",
    )
    return replace(one, **others)  # type: ignore[arg-type]  # the fields of Waiting


def desk(**differing: object) -> Subscription:
    return replace(a_subscription(), **differing)  # type: ignore[arg-type]  # its fields


def plan(
    subscription: Subscription,
    *heard: Waiting,
    past: Past = NOTHING,
    now: datetime = NOW,
    waits: bool = True,
) -> Plan:
    """Return what is planned, but for when the next of it is due."""
    made = make_plan(heard, [subscription], {subscription.name: past}, now, waits=waits)
    return replace(made, next=None)


def next_of(
    subscription: Subscription, *heard: Waiting, past: Past = NOTHING, now: datetime = NOW
) -> datetime | None:
    return make_plan(heard, [subscription], {subscription.name: past}, now).next


def test_a_plan_says_when_the_next_of_what_waits_is_due() -> None:
    held = waiting(age=timedelta())
    assert next_of(desk()) is None
    assert next_of(desk(), waiting()) is None, "it goes out now"
    assert next_of(desk(), held) == NOW + MINUTE
    past = replace(NOTHING, mails=(NOW - 50 * MINUTE, NOW - MINUTE))
    assert next_of(desk(), held, past=past) == NOW + 4 * MINUTE
    assert next_of(desk(max_per_hour=2), waiting(severity=HIGH), past=past) == NOW + 10 * MINUTE
    daily = desk(schedule=Schedule(at=time(7)))
    morning = NOW.replace(hour=7, minute=0, second=0)
    assert next_of(daily, held) == morning
    assert next_of(replace(daily, sends_empty=True), past=past) == morning
    quiet = desk(quiet=QuietHours(start=time(5), end=time(6)))
    assert next_of(quiet, waiting()) == morning - HOUR
    assert next_of(quiet, waiting(1, age=timedelta(), severity=HIGH)) == NOW + MINUTE


def told(alerts: Sequence[Alert]) -> list[list[int]]:
    """Return the findings of each alert."""
    return [sorted(alert.findings) for alert in alerts]


HIGH = Severity.HIGH


class TestAtOnce:
    def test_the_first_finding_waits_for_others_and_takes_them_along(self) -> None:
        assert plan(desk(), waiting(1, age=59 * timedelta(seconds=1))) == Plan()
        (alert,) = plan(desk(), waiting(2, age=timedelta()), waiting(1, age=MINUTE)).alerts
        assert alert.occasion is Occasion.AT_ONCE
        assert told([alert]) == [[1, 2]]

    def test_a_command_that_waits_for_nothing_gets_all_at_once(self) -> None:
        past = replace(NOTHING, mails=(NOW,))
        assert told(plan(desk(), waiting(age=timedelta()), past=past, waits=False).alerts) == [[1]]

    def test_a_clock_that_was_set_back_holds_no_alert_up(self) -> None:
        assert told(plan(desk(), waiting(age=-HOUR)).alerts) == [[1]]
        ahead = replace(NOTHING, mails=(NOW + DAY,))
        assert told(plan(desk(), waiting(), past=ahead).alerts) == [[1]]

    def test_the_next_mail_waits_longer_but_for_high_severity(self) -> None:
        past = replace(NOTHING, mails=(NOW - 4 * MINUTE,))
        assert plan(desk(), waiting(), past=past) == Plan()
        assert told(plan(desk(), waiting(), waiting(2, severity=HIGH), past=past).alerts) == [
            [1, 2]
        ]
        fresh = waiting(2, age=timedelta(seconds=59), severity=HIGH)
        assert plan(desk(), waiting(), fresh, past=past) == Plan()
        later = plan(desk(), waiting(), past=past, now=NOW + MINUTE)
        assert told(later.alerts) == [[1]]

    def test_what_waits_for_a_subscription_that_is_gone_stays(self) -> None:
        assert plan(desk(), waiting(subscription="gone", age=DAY)) == Plan()

    def test_each_story_may_have_a_mail_of_its_own(self) -> None:
        old = waiting(1, story=7, age=HOUR)
        both = (old, waiting(2, story=7), waiting(3), waiting(4, severity=HIGH))
        alerts = plan(desk(group=Group.EACH), *both).alerts
        assert told(alerts) == [[4], [1, 2], [3]]
        assert {alert.occasion for alert in alerts} == {Occasion.AT_ONCE}
        assert told(plan(desk(), *both).alerts) == [[1, 2, 3, 4]]


class TestDigests:
    SEOUL = ZoneInfo("Asia/Seoul")  # NOW is 14:01 there

    def test_a_digest_goes_out_at_its_time_once(self) -> None:
        daily = desk(schedule=Schedule(at=time(14)), zone=self.SEOUL)
        (alert,) = plan(daily, waiting()).alerts
        assert alert.occasion is Occasion.DIGEST
        assert plan(daily, waiting(age=MINUTE)) == Plan(), "it came after its time"
        assert plan(daily, waiting(age=MINUTE), waits=False) == Plan(), "cron makes no digest"
        assert told(plan(daily, waiting(age=MINUTE), now=NOW + DAY).alerts) == [[1]]

    def test_what_fell_due_while_nobody_ran_goes_out_once(self) -> None:
        daily = desk(schedule=Schedule(at=time(7)), zone=self.SEOUL)
        days = [waiting(number, age=number * DAY) for number in range(1, 5)]
        assert told(plan(daily, *days).alerts) == [[1, 2, 3, 4]]

    def test_high_severity_waits_for_a_digest_too(self) -> None:
        assert plan(desk(schedule=Schedule(at=time(7))), waiting(age=HOUR, severity=HIGH)) == Plan()

    def test_an_empty_one_is_sent_where_that_is_asked_for(self) -> None:
        daily = desk(schedule=Schedule(at=time(14)), zone=self.SEOUL, sends_empty=True)
        (alert,) = plan(daily).alerts
        assert (alert.occasion, alert.stories) == (Occasion.DIGEST, ())
        assert plan(daily, past=replace(NOTHING, mails=(NOW,))) == Plan()
        assert plan(replace(daily, sends_empty=False)) == Plan()
        assert plan(desk(sends_empty=True)) == Plan()


class TestQuietHours:
    QUIET = QuietHours(start=time(22), end=time(6))
    NIGHT = datetime(2026, 8, 26, 23, tzinfo=UTC)

    def test_nothing_but_high_severity_goes_out(self) -> None:
        quiet = desk(quiet=self.QUIET)
        both = (waiting(1), waiting(2, severity=HIGH))
        assert plan(quiet, both[0], now=self.NIGHT) == Plan()
        assert told(plan(quiet, *both, now=self.NIGHT).alerts) == [[2]]
        morning = self.NIGHT.replace(hour=6) + DAY
        assert told(plan(quiet, *both, now=morning).alerts) == [[1, 2]]

    def test_a_story_with_one_finding_of_high_severity_goes_out_whole(self) -> None:
        story = (waiting(1, story=3), waiting(2, story=3, severity=HIGH), waiting(4))
        assert told(plan(desk(quiet=self.QUIET), *story, now=self.NIGHT).alerts) == [[1, 2]]

    def test_a_digest_waits_for_their_end_and_so_does_an_empty_one(self) -> None:
        quiet = desk(quiet=self.QUIET, schedule=Schedule(at=time(23)), sends_empty=True)
        assert plan(quiet, waiting(), now=self.NIGHT) == Plan()
        assert plan(quiet, now=self.NIGHT) == Plan()
        morning = self.NIGHT.replace(hour=6) + DAY
        assert told(plan(quiet, waiting(), now=morning).alerts) == [[1]]
        assert told(plan(quiet, now=morning).alerts) == [[]]


class TestStories:
    KNOWN = replace(
        NOTHING,
        stories={
            StoryId(1): KnownStory(
                rules=frozenset({"icbm"}), first=NOW - 3 * DAY, last=NOW - 2 * DAY
            )
        },
    )

    @pytest.mark.parametrize(
        ("past", "one", "reason"),
        [
            (NOTHING, waiting(), Reason.NEW),
            (NOTHING, waiting(is_update=True), Reason.NEW),
            (KNOWN, waiting(rule="drones"), Reason.RULE),
            (KNOWN, waiting(rule="drones", is_update=True), Reason.UPDATE),
            (KNOWN, waiting(), None),
            (KNOWN, waiting(is_update=True), None),
            (KNOWN, waiting(2), Reason.NEW),
        ],
    )
    def test_a_story_is_told_again_only_for_what_is_new(
        self, past: Past, one: Waiting, reason: Reason | None
    ) -> None:
        made = plan(desk(), one, past=past)
        if reason is None:
            assert not made.alerts
            assert [folded.finding for folded in made.folded] == [1]
            return
        (story,) = made.alerts[0].stories
        assert story.reason is reason
        assert story.told_first == (None if reason is Reason.NEW else NOW - 3 * DAY)
        assert made.folded == ()

    def test_a_reminder_comes_after_a_time_where_that_is_asked_for(self) -> None:
        reminded = desk(remind_after=2 * DAY)
        (alert,) = plan(reminded, waiting(), past=self.KNOWN).alerts
        assert alert.stories[0].reason is Reason.REMINDER
        early = plan(reminded, waiting(), past=self.KNOWN, now=NOW - MINUTE)
        assert not early.alerts
        assert early.folded

    def test_what_comes_with_something_new_is_told_with_it(self) -> None:
        made = plan(desk(), waiting(1), waiting(2, story=1, rule="drones"), past=self.KNOWN)
        assert told(made.alerts) == [[1, 2]]
        assert made.folded == ()

    def test_what_is_folded_needs_no_mail_and_waits_for_none(self) -> None:
        made = plan(desk(schedule=Schedule(at=time(7))), waiting(age=MINUTE), past=self.KNOWN)
        assert (made.alerts, len(made.folded)) == ((), 1)


class TestStorms:
    def mails(self, number: int, *, ago: timedelta = 50 * MINUTE) -> Past:
        return replace(NOTHING, mails=tuple(NOW - ago for _ in range(number)))

    def test_beyond_so_many_mails_an_hour_what_comes_waits_and_shares_one(self) -> None:
        few = desk(max_per_hour=3)
        assert told(plan(few, waiting(), past=self.mails(2)).alerts) == [[1]]
        held = (waiting(1, severity=HIGH), waiting(2))
        assert plan(few, *held, past=self.mails(3)) == Plan()
        (alert,) = plan(few, *held, past=self.mails(3), now=NOW + 10 * MINUTE).alerts
        assert alert.occasion is Occasion.STORM
        assert told([alert]) == [[1, 2]]
        each = plan(
            replace(few, group=Group.EACH), *held, past=self.mails(3), now=NOW + 10 * MINUTE
        )
        assert told(each.alerts) == [[1, 2]]

    def test_mails_of_their_own_are_counted_and_the_last_one_tells_the_rest(self) -> None:
        few = desk(max_per_hour=4, group=Group.EACH)
        five = [waiting(number, age=(9 - number) * MINUTE) for number in range(5)]
        alerts = plan(few, *five, past=self.mails(1)).alerts
        assert told(alerts) == [[0], [1], [2, 3, 4]]
        assert [alert.occasion for alert in alerts][1:] == [Occasion.AT_ONCE, Occasion.STORM]
        assert told(plan(few, *five, past=self.mails(3)).alerts) == [[0, 1, 2, 3, 4]]
        assert told(plan(few, *five[:3], past=self.mails(1)).alerts) == [[0], [1], [2]]


SILENCE = Silence(
    id=SilenceId(4), kind=SilenceKind.RULE, value="icbm", since=NOW - HOUR, until=NOW + HOUR
)


class TestSilences:
    @pytest.mark.parametrize(
        ("silence", "one", "is_hidden"),
        [
            (SILENCE, waiting(), True),
            (SILENCE, waiting(rule="drones"), False),
            (SILENCE, waiting(age=5 * HOUR), True),
            (replace(SILENCE, until=NOW - MINUTE), waiting(), True),
            (replace(SILENCE, until=NOW - 3 * MINUTE), waiting(), False),
            (replace(SILENCE, since=NOW + MINUTE), waiting(), False),
            (replace(SILENCE, kind=SilenceKind.ITEM), waiting(), True),
            (replace(SILENCE, kind=SilenceKind.ITEM), waiting(rule="x", items=("icbm",)), True),
            (
                replace(SILENCE, kind=SilenceKind.ITEM),
                waiting(rule="x", items=("drone", "icbm")),
                False,
            ),
            (replace(SILENCE, kind=SilenceKind.SOURCE, value="wire"), waiting(source="wire"), True),
            (replace(SILENCE, kind=SilenceKind.SOURCE), waiting(source="wire"), False),
            (replace(SILENCE, kind=SilenceKind.STORY, value="7"), waiting(story=7), True),
            (replace(SILENCE, kind=SilenceKind.STORY, value="7"), waiting(story=77), False),
        ],
    )
    def test_it_hides_what_it_is_about_as_long_as_it_lasts(
        self, silence: Silence, one: Waiting, *, is_hidden: bool
    ) -> None:
        silenced, heard = hush([one], [replace(silence, value="other"), silence], NOW)
        assert [each.silence for each in silenced] == ([4] if is_hidden else [])
        assert heard == (() if is_hidden else (one,))


@dataclass
class Ledger:
    """What a database would keep, and what became of each finding."""

    waiting: dict[tuple[str, int], Waiting] = field(default_factory=dict)
    outcomes: Counter[tuple[str, int]] = field(default_factory=Counter)
    known: dict[str, dict[StoryId, KnownStory]] = field(default_factory=dict)
    mails: dict[str, list[datetime]] = field(default_factory=dict)

    def past(self, name: str) -> Past:
        return Past(
            served_since=NOW,
            mails=tuple(self.mails.get(name, [])),
            stories=dict(self.known.get(name, {})),
        )

    def take(self, made: Plan, now: datetime) -> None:
        """Do what a plan says, in one go."""
        settled: list[Folded | Silenced] = [*made.folded, *made.silenced]
        for one in settled:
            self.waiting.pop((one.subscription, one.finding))
            self.outcomes[one.subscription, one.finding] += 1
        for alert in made.alerts:
            self.mails.setdefault(alert.subscription, []).append(now)
            known = self.known.setdefault(alert.subscription, {})
            for story in alert.stories:
                its = [self.waiting.pop((alert.subscription, one)) for one in story.findings]
                before = known.get(story.story)
                rules = frozenset(one.rule for one in its)
                known[story.story] = KnownStory(
                    rules=rules if before is None else before.rules | rules,
                    first=now if before is None else before.first,
                    last=now,
                )
                self.outcomes.update((alert.subscription, one) for one in story.findings)


ZONES = [
    "UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
    "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Chatham",
]  # fmt: skip
SUBSCRIPTIONS = st.builds(
    Subscription,
    name=st.sampled_from("abc"),
    to=st.just(("desk@example.org",)),
    schedule=st.none()
    | st.builds(Schedule, at=st.times().map(lambda at: at.replace(second=0, microsecond=0)))
    | st.builds(Schedule, every=st.integers(1, 300).map(lambda n: n * MINUTE)),
    quiet=st.none() | st.just(QuietHours(start=time(22), end=time(6))),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    group=st.sampled_from(Group),
    group_wait=st.integers(0, 5).map(lambda n: n * MINUTE),
    group_interval=st.integers(0, 30).map(lambda n: n * MINUTE),
    max_per_hour=st.integers(1, 4),
    remind_after=st.none() | st.integers(1, 50).map(lambda n: n * HOUR),
    sends_empty=st.booleans(),
)
SILENCES = st.builds(
    Silence,
    id=st.integers(1, 9).map(SilenceId),
    kind=st.sampled_from([SilenceKind.RULE, SilenceKind.STORY]),
    value=st.sampled_from(["r1", "1", "2"]),
    since=st.integers(0, 48).map(lambda n: NOW + n * HOUR),
    until=st.integers(0, 96).map(lambda n: NOW + n * HOUR),
)
ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 72 * 60),
        st.sampled_from("abc"),
        st.integers(1, 4),
        st.sampled_from(["r1", "r2"]),
        st.sampled_from(Severity),
        st.booleans(),
    ),
    max_size=25,
)


@given(
    st.lists(SUBSCRIPTIONS, min_size=1, max_size=3, unique_by=lambda one: one.name),
    ARRIVALS,
    st.lists(SILENCES, max_size=2),
    st.lists(st.tuples(st.integers(1, 300), st.booleans()), min_size=1, max_size=60),
)
def test_whatever_comes_is_told_or_accounted_for_exactly_once(
    subscriptions: list[Subscription],
    arrivals: list[tuple[int, str, int, str, Severity, bool]],
    silences: list[Silence],
    steps: list[tuple[int, bool]],
) -> None:
    names = {one.name: one for one in subscriptions}
    numbers = count(1)
    left = sorted(
        (
            Waiting(
                finding=FindingId(next(numbers)),
                subscription=name,
                since=NOW + minute * MINUTE,
                document=DocumentId(1),
                story=StoryId(story),
                rule=rule,
                severity=severity,
                is_update=is_update,
            )
            for minute, name, story, rule, severity, is_update in arrivals
            if name in names
        ),
        key=lambda one: one.since,
    )
    wanted = {(one.subscription, int(one.finding)) for one in left}
    ledger = Ledger()
    now = NOW
    before: tuple[frozenset[Waiting], datetime | None] = (frozenset(), None)
    # Days more than the last that comes, and the longest schedule: all of it goes out.
    steps += [(47, False)] * 300
    for minutes, crashes_now in steps:
        if not left and not ledger.waiting:
            break
        while left and left[0].since <= now:
            one = left.pop(0)
            ledger.waiting[one.subscription, one.finding] = one
        silenced, heard = hush(ledger.waiting.values(), silences, now)
        pasts = {name: ledger.past(name) for name in names}
        made = replace(make_plan(heard, subscriptions, pasts, now), silenced=silenced)
        if frozenset(heard) == before[0] and before[1] is not None and now < before[1]:
            assert not made.alerts, "nothing is due before it was said to be"
        assert made == replace(make_plan(heard, subscriptions, pasts, now), silenced=silenced)
        for alert in made.alerts:
            _check(alert, names[alert.subscription], ledger, now)
        before = (frozenset(heard), None if made.alerts else made.next)
        # A crash before the database has it leaves all as it was: the same is planned again.
        if not crashes_now:
            ledger.take(made, now)
        now += minutes * MINUTE
    assert not left
    assert ledger.waiting == {}
    assert ledger.outcomes == Counter(wanted)


def _check(alert: Alert, subscription: Subscription, ledger: Ledger, now: datetime) -> None:
    """Hold an alert against what its subscription asks for."""
    its = [ledger.waiting[alert.subscription, one] for one in alert.findings]
    if subscription.quiet and quiet_until(subscription.quiet, subscription.zone, now):
        assert its
        assert all(
            any(
                ledger.waiting[alert.subscription, one].severity is Severity.HIGH
                for one in story.findings
            )
            for story in alert.stories
        )
    if not its:
        assert subscription.sends_empty
        assert alert.occasion is not Occasion.AT_ONCE
    known = ledger.known.get(alert.subscription, {})
    for story in alert.stories:
        assert (story.reason is Reason.NEW) == (story.story not in known)
    mails = ledger.mails.get(alert.subscription, [])
    assert sum(now - HOUR < mail <= now for mail in mails) < subscription.max_per_hour
