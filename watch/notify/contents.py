"""What a mail says, as plain values: all that a template gets to see.

Every string is clean, and none is longer than fits: templates only arrange and escape.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypedDict, assert_never

from watch.core.alerts import FoldedStory, Hidden, Occasion, Reason, Report, Told, ToldStory, Trend
from watch.core.cleaning import clip
from watch.core.model import Finding, Severity, Subscription
from watch.core.trend import bars
from watch.notify.document import (
    LINE,
    DocumentContents,
    document_contents,
    line_of,
    moment,
    ranked,
    severity_of,
    title_of,
)
from watch.notify.links import parse_link

IN_FULL = 20
"""How many stories a mail tells in full; more are better read elsewhere."""

IN_BRIEF = 200
"""How many of the others get a line each; the rest is a number."""

_DOCUMENTS = 3
_ALSO = 10
_FOLDED = 10
_HIDDEN = 10
_TRENDS = 10
_FAILING = 5
"""How many there are of each at the most; of those left out there is a number. Even when no
story has room in a part, all else fits into `PART_BYTES`."""

_REASONS: Mapping[Reason, str] = {
    Reason.NEW: "",
    Reason.UPDATE: "Update: the text was edited, and a rule holds that did not hold before",
    Reason.RULE: "A story told before, for which a rule holds that did not hold before",
    Reason.REMINDER: "Reminder: more came of a story told before",
}


class AlsoContents(TypedDict):
    """Another document that tells the same story."""

    title: str
    """Empty when it is that of the story."""
    source: str
    url: str
    """http or https; empty when there is nothing safe to link to."""
    host: str
    rules: str
    """The names of rules that hold for it and for no document in full; mostly empty."""


class StoryContents(TypedDict):
    """A story told in full."""

    number: int
    """What a silence calls it by."""
    kind: str
    """`new story`, `update`, `new rule for a known story` or `reminder`."""
    reason: str
    """Why it is told, as a sentence without its full stop; empty when it is new."""
    told_first: str
    """The day and time when it was told before; empty when it was not."""
    severity: str
    documents: tuple[DocumentContents, ...]
    """The first tells it best; the others, few, are those for which other rules hold."""
    also: tuple[AlsoContents, ...]
    also_more: int
    """How many tell it besides."""


class LineContents(TypedDict):
    """A story told in one line."""

    title: str
    rules: str


class RuleContents(TypedDict):
    """A rule of the alert, and for how many of its stories it holds."""

    id: str
    rule: str
    place: str
    severity: str
    stories: int


class FoldedContents(TypedDict):
    """A story told before, of which documents came that say nothing new."""

    title: str
    sources: str
    documents: int


class HiddenContents(TypedDict):
    """What a silence kept quiet."""

    kind: str
    """`rule`, `item`, `source` or `story`."""
    value: str
    until: str
    note: str
    findings: int


class TrendContents(TypedDict):
    """How a rule fared over the last days."""

    rule: str
    bars: str
    """A block character for each day, the last is today."""
    total: int


class Contents(TypedDict):
    """An alert."""

    subscription: str
    occasion: str
    """`at once`, `digest` or `storm`."""
    kind: str
    """Of every story, as in `StoryContents`; empty when they differ or there is none."""
    reason: str
    """Why the mail comes now, to follow a colon."""
    schedule: str
    """Of a digest, as it is written in the configuration; empty where there is none."""
    date: str
    """The day it was made, on the recipient's clock: `26 Aug`."""
    timezone: str
    severity: str
    """The highest: `low`, `normal` or `high`."""
    title: str
    """The first story's; empty when there is none."""
    total: int
    """How many stories there are in all."""
    rules: tuple[RuleContents, ...]
    """The highest severity first, then by name."""
    stories: tuple[StoryContents, ...]
    """The highest severity first, then the newest."""
    brief: tuple[LineContents, ...]
    """Those after them."""
    more: int
    """How many there are besides."""
    folded: tuple[FoldedContents, ...]
    folded_more: int
    hidden: tuple[HiddenContents, ...]
    hidden_more: int
    trends: tuple[TrendContents, ...]
    trends_more: int
    failing: tuple[str, ...]
    """Sources that could not be read in this time, each with the reason."""
    failing_more: int
    stale: tuple[str, ...]
    """Rule files of which an earlier version is in force."""
    stale_more: int


def contents_of(report: Report, subscription: Subscription, *, now: datetime) -> Contents:
    """Return what a mail says of an alert that is made `now`."""
    zone = subscription.zone
    ordered = sorted(report.stories, key=_rank, reverse=True)
    stories = tuple(_story(story, subscription) for story in ordered[:IN_FULL])
    brief = ordered[IN_FULL : IN_FULL + IN_BRIEF]
    local = now.astimezone(zone)
    schedule = subscription.schedule
    trends = _busiest(report.trends)
    kinds = {story.reason.value for story in report.stories}
    return {
        "subscription": line_of(subscription.name),
        "occasion": report.alert.occasion.value,
        "kind": kinds.pop() if len(kinds) == 1 else "",
        "reason": _reason(report.alert.occasion, subscription),
        "schedule": "" if schedule is None else str(schedule),
        "date": f"{local.day} {local:%b}",
        "timezone": str(zone),
        "severity": severity_of(finding for part in report.told for finding in part.findings).word,
        "title": stories[0]["documents"][0]["title"] if stories else "",
        "total": len(ordered),
        "rules": _rules(report.stories),
        "stories": stories,
        "brief": tuple(_brief(story) for story in brief),
        "more": len(ordered) - len(stories) - len(brief),
        "folded": tuple(map(_folded, report.folded[:_FOLDED])),
        "folded_more": len(report.folded[_FOLDED:]),
        "hidden": tuple(_hidden(one, subscription) for one in report.hidden[:_HIDDEN]),
        "hidden_more": len(report.hidden[_HIDDEN:]),
        "trends": tuple(map(_trend, trends[:_TRENDS])),
        "trends_more": len(trends[_TRENDS:]),
        "failing": tuple(line_of(one, 2 * LINE) for one in report.failing[:_FAILING]),
        "failing_more": len(report.failing[_FAILING:]),
        "stale": tuple(line_of(one) for one in report.stale[:_FAILING]),
        "stale_more": len(report.stale[_FAILING:]),
    }


def shortened(contents: Contents, in_full: int, in_brief: int) -> Contents:
    """Return the same with fewer stories in full and in brief; what goes is counted."""
    stories = contents["stories"]
    lines = [
        *(
            LineContents(
                title=clip(story["documents"][0]["title"], LINE),
                rules=line_of(", ".join(_rules_in(story))),
            )
            for story in stories[in_full:]
        ),
        *contents["brief"],
    ]
    return {
        **contents,
        "stories": stories[:in_full],
        "brief": tuple(lines[:in_brief]),
        "more": contents["more"] + len(lines[in_brief:]),
    }


def _rules_in(story: StoryContents) -> Iterable[str]:
    return dict.fromkeys(why["rule"] for each in story["documents"] for why in each["whys"])


def _reason(occasion: Occasion, subscription: Subscription) -> str:
    match occasion:
        case Occasion.AT_ONCE:
            return "new findings, at once"
        case Occasion.DIGEST:
            return f"a digest, {subscription.schedule}"
        case Occasion.STORM:
            return (
                f"more than {subscription.max_per_hour} mails an hour, so the rest of them as one"
            )
        case _:
            assert_never(occasion)


def _rank(story: ToldStory) -> tuple[Severity, datetime]:
    return max(_document_rank(part) for part in story.told)


def _document_rank(part: Told) -> tuple[Severity, datetime]:
    return severity_of(part.findings), part.document.published or part.document.seen


def _story(story: ToldStory, subscription: Subscription) -> StoryContents:
    """Return a story by the documents that between them show every rule, the others as lines."""
    shown, others = _split(story.told)
    documents = tuple(document_contents(part, subscription.zone) for part in shown)
    title = documents[0]["title"]
    return {
        "number": story.number,
        "kind": story.reason.value,
        "reason": _REASONS[story.reason],
        "told_first": moment(story.told_first, subscription.zone) if story.told_first else "",
        "severity": severity_of(finding for part in story.told for finding in part.findings).word,
        "documents": documents,
        "also": tuple(_also(part, title) for part in others[:_ALSO]),
        "also_more": len(others[_ALSO:]),
    }


def _split(told: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """Return the documents that are shown and the rest, each with the rules that none before has.

    The gravest with the most rules comes first, the earliest of these; of the rest, first those
    that have rules of their own.
    """
    ordered = sorted(told, key=lambda part: (-severity_of(part.findings), -len(part.findings)))
    fresh: list[Told] = []
    others: list[Told] = []
    seen: set[str] = set()
    for part in ordered:
        findings = tuple(finding for finding in part.findings if finding.rule not in seen)
        seen.update(finding.rule for finding in findings)
        (fresh if findings else others).append(replace(part, findings=findings))
    return fresh[:_DOCUMENTS], [*fresh[_DOCUMENTS:], *others]


def _also(part: Told, title: str) -> AlsoContents:
    document = part.document
    link = parse_link(document.url) if document.url else None
    own = title_of(document)
    return {
        "title": "" if own.casefold() == title.casefold() else own,
        "source": line_of(document.source),
        "url": link.url if link else "",
        "host": link.host if link else "",
        "rules": _names(part.findings),
    }


def _rules(stories: Sequence[ToldStory]) -> tuple[RuleContents, ...]:
    """Return each rule once; one that was edited meanwhile goes by its gravest wording."""
    findings = [finding for story in stories for part in story.told for finding in part.findings]
    counts = Counter(
        rule
        for story in stories
        for rule in {finding.rule for part in story.told for finding in part.findings}
    )
    gravest = {finding.rule: finding for finding in sorted(findings, key=lambda one: one.severity)}
    return tuple(
        {
            "id": line_of(finding.rule),
            "rule": line_of(finding.name),
            "place": line_of(str(finding.place)),
            "severity": finding.severity.word,
            "stories": counts[finding.rule],
        }
        for finding in sorted(gravest.values(), key=lambda one: (-one.severity, one.name, one.rule))
    )


def _brief(story: ToldStory) -> LineContents:
    shown, others = _split(story.told)
    findings = [finding for part in (*shown, *others) for finding in ranked(part.findings)]
    return {"title": clip(title_of(shown[0].document), LINE), "rules": _names(findings)}


def _names(findings: Iterable[Finding]) -> str:
    return line_of(", ".join(dict.fromkeys(finding.name for finding in findings)))


def _folded(story: FoldedStory) -> FoldedContents:
    return {
        "title": line_of(story.title) or "(no title)",
        "sources": line_of(", ".join(dict.fromkeys(story.sources))),
        "documents": len(story.sources),
    }


def _hidden(hidden: Hidden, subscription: Subscription) -> HiddenContents:
    silence = hidden.silence
    return {
        "kind": silence.kind.value,
        "value": line_of(silence.value),
        "until": moment(silence.until, subscription.zone),
        "note": line_of(silence.note),
        "findings": len(hidden.findings),
    }


def _busiest(trends: Sequence[Trend]) -> Sequence[Trend]:
    """Return the trends, that of the rule that holds most often first; none on the first day."""
    if not any(any(trend.counts[:-1]) for trend in trends):
        return ()
    return sorted(trends, key=lambda one: (-sum(one.counts), one.name))


def _trend(trend: Trend) -> TrendContents:
    return {
        "rule": line_of(trend.name),
        "bars": bars(trend.counts),
        "total": sum(trend.counts),
    }
