"""Findings, subscriptions and the time to alerts, each with its reason. Pure.

Waiting ─► silenced? ─► its story ─► known? ─► folded, or told: when?
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from watch.core.alerts import (
    Alert,
    AlertStory,
    Folded,
    Occasion,
    Past,
    Plan,
    Reason,
    Silence,
    Silenced,
    StoryId,
    Waiting,
)
from watch.core.model import Finding, Group, Severity, Subscription
from watch.core.sending import next_time, quiet_until

_HOUR = timedelta(hours=1)


def selects(subscription: Subscription, finding: Finding) -> bool:
    """Whether a subscription is to be told of a finding."""
    return (
        finding.severity >= subscription.severity
        and (not subscription.tags or not set(subscription.tags).isdisjoint(finding.tags))
        and (
            not subscription.rules
            or any(fnmatchcase(finding.rule, pattern) for pattern in subscription.rules)
        )
    )


def hush(
    waiting: Iterable[Waiting], silences: Sequence[Silence], now: datetime
) -> tuple[tuple[Silenced, ...], tuple[Waiting, ...]]:
    """Return what silences hide, and what they do not."""
    silenced: list[Silenced] = []
    heard: list[Waiting] = []
    for one in waiting:
        silence = next((each for each in silences if each.hides(one, now)), None)
        if silence is None:
            heard.append(one)
            continue
        silenced.append(
            Silenced(subscription=one.subscription, finding=one.finding, silence=silence.id)
        )
    return tuple(silenced), tuple(heard)


def make_plan(
    heard: Iterable[Waiting],
    subscriptions: Sequence[Subscription],
    pasts: Mapping[str, Past],
    now: datetime,
    *,
    waits: bool = True,
) -> Plan:
    """Return what is to be done now about all that waits and no silence hides.

    `pasts` has an entry for each subscription. With `waits` off nothing waits for more to come;
    schedules and quiet hours hold all the same. What waits for a subscription that is no longer
    there stays.
    """
    by_subscription: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in heard:
        by_subscription[one.subscription].append(one)
    alerts: list[Alert] = []
    folded: list[Folded] = []
    later: list[datetime] = []
    for subscription in subscriptions:
        past = pasts[subscription.name]
        known, stories = _folded(subscription, past, by_subscription[subscription.name], now)
        folded += known
        due, again = _alerts(subscription, past, stories, now, waits=waits)
        alerts += due
        later += [again] if again is not None else []
    return Plan(alerts=tuple(alerts), folded=tuple(folded), next=min(later, default=None))


def _folded(
    subscription: Subscription, past: Past, heard: Iterable[Waiting], now: datetime
) -> tuple[list[Folded], list["_Story"]]:
    """Return what says nothing new, and the stories that are to be told."""
    by_story: defaultdict[StoryId, list[Waiting]] = defaultdict(list)
    for one in heard:
        by_story[one.story].append(one)
    folded: list[Folded] = []
    stories: list[_Story] = []
    for story, its in by_story.items():
        reason = _reason(subscription, past, story, its, now)
        if reason is not None:
            stories.append(_story(story, reason, its, past))
            continue
        folded += [Folded(subscription=one.subscription, finding=one.finding) for one in its]
    return folded, stories


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A story that is to be told."""

    since: datetime
    """When its first finding came."""
    severity: Severity
    """The highest of its findings."""
    urgent_since: datetime | None
    """When its first finding of high severity came."""
    part: AlertStory


def _story(story: StoryId, reason: Reason, its: Sequence[Waiting], past: Past) -> _Story:
    known = past.stories.get(story)
    return _Story(
        since=min(one.since for one in its),
        severity=max(one.severity for one in its),
        urgent_since=min((one.since for one in its if one.severity is Severity.HIGH), default=None),
        part=AlertStory(
            story=story,
            reason=reason,
            findings=tuple(sorted(one.finding for one in its)),
            told_first=None if known is None else known.first,
        ),
    )


def _reason(
    subscription: Subscription, past: Past, story: StoryId, its: Sequence[Waiting], now: datetime
) -> Reason | None:
    """Return why a story is told; None when all of it was told before."""
    known = past.stories.get(story)
    if known is None:
        return Reason.NEW
    fresh = [one for one in its if one.rule not in known.rules]
    if fresh:
        return Reason.UPDATE if any(one.is_update for one in fresh) else Reason.RULE
    after = subscription.remind_after
    return Reason.REMINDER if after is not None and now - known.last >= after else None


def _alerts(
    subscription: Subscription, past: Past, stories: Sequence[_Story], now: datetime, *, waits: bool
) -> tuple[list[Alert], datetime | None]:
    """Return the alerts that are due, and when to look again at what is not."""
    quiet = subscription.quiet
    again = None if quiet is None else quiet_until(quiet, subscription.zone, now)
    if again is not None:
        stories = [story for story in stories if story.severity is Severity.HIGH]
        if not stories:
            return [], again
    # A clock that was set back must not hold an alert for longer than the wait.
    past = replace(past, mails=tuple(made for made in past.mails if made <= now))
    due = _due(subscription, past, stories, waits=waits)
    if due is None:
        return [], None
    first = min((story.since for story in stories), default=now)
    if first <= now < due:
        return [], due if again is None else min(due, again)
    room = subscription.max_per_hour - _mails_within(past, now)
    if room <= 0:
        return [], next(made for made in past.mails if now - _HOUR < made) + _HOUR
    occasion = Occasion.AT_ONCE if subscription.schedule is None else Occasion.DIGEST
    if _mails_within(past, due) >= subscription.max_per_hour:
        occasion = Occasion.STORM
    ordered = sorted(stories, key=lambda story: (-story.severity, story.since, story.part.story))
    apart, rest = _apart(subscription, ordered, occasion, room)
    alerts = [_alert(subscription, occasion, [story]) for story in apart]
    if rest and subscription.group is Group.EACH:
        occasion = Occasion.STORM
    if rest or not apart:
        alerts.append(_alert(subscription, occasion, rest))
    return alerts, again


def _due(
    subscription: Subscription, past: Past, stories: Sequence[_Story], *, waits: bool
) -> datetime | None:
    """Return when stories are to be told, by the subscription's own wishes; None for never."""
    last = past.mails[-1] if past.mails else None
    if subscription.schedule is not None:
        if stories:
            after = min(story.since for story in stories)
        elif subscription.sends_empty:
            after = last or past.served_since
        else:
            return None
        return next_time(subscription.schedule, subscription.zone, after)
    if not stories:
        return None
    first = min(story.since for story in stories)
    if not waits:
        return first
    due = first + subscription.group_wait
    if last is not None:
        due = max(due, last + subscription.group_interval)
    urgent = [story.urgent_since for story in stories if story.urgent_since is not None]
    return min([due, *(since + subscription.group_wait for since in urgent)])


def _mails_within(past: Past, end: datetime) -> int:
    """Return how many mails were made in the hour before a time."""
    return sum(end - _HOUR < made <= end for made in past.mails)


def _apart(
    subscription: Subscription, stories: Sequence[_Story], occasion: Occasion, room: int
) -> tuple[Sequence[_Story], Sequence[_Story]]:
    """Return the stories that get a mail each, and those that share one."""
    if subscription.group is Group.TOGETHER or occasion is Occasion.STORM:
        return (), stories
    if len(stories) <= room:
        return stories, ()
    return stories[: room - 1], stories[room - 1 :]


def _alert(subscription: Subscription, occasion: Occasion, stories: Sequence[_Story]) -> Alert:
    return Alert(
        subscription=subscription.name,
        occasion=occasion,
        stories=tuple(story.part for story in stories),
    )
