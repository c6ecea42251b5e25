"""What a mail says, as plain values: all that a template gets to see.

Every string is clean, and none is longer than fits: templates only arrange and escape.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TypedDict, assert_never

from watch.core.cleaning import clean, clip
from watch.core.excerpts import Excerpt, excerpts
from watch.core.model import Alert, Document, Field, Finding, Mention, Severity, Subscription, Told
from watch.notify.links import parse_link

IN_FULL = 20
"""How many documents a mail tells in full; more are better read elsewhere."""

IN_BRIEF = 200
"""How many of the others get a line each; the rest is a number."""

_WHYS = 20
_FOUND = 8
_TITLE = 300
_LINE = 120
_WORDS = 80
_NOTE = 1_000
"""The most words a line has room for, and the most characters of what stands in one."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class PieceContents(TypedDict):
    """A run of text."""

    text: str
    is_marked: bool


class ExcerptContents(TypedDict):
    """A passage of a document; what is marked is what was found."""

    pieces: tuple[PieceContents, ...]
    has_before: bool
    has_after: bool


class FoundContents(TypedDict):
    """Words found in a document."""

    words: str
    """As they stand there."""
    term: str
    """The term that found them, as typed in the rule; empty when it says the same."""
    in_title: int
    """How many times."""
    in_text: int


class WhyContents(TypedDict):
    """A rule that holds for a document."""

    rule: str
    severity: str
    place: str
    """The rule's file and line."""
    found: tuple[FoundContents, ...]
    more: int
    """How many other words were found besides."""
    note: str
    """Empty when the rule has none."""


class DocumentContents(TypedDict):
    """A document told in full."""

    title: str
    headline: ExcerptContents
    """The title with its mentions marked."""
    url: str
    """http or https; empty when there is nothing safe to link to."""
    host: str
    """Where the url leads."""
    place: str
    """What it goes by in its source, when there is no url."""
    source: str
    language: str
    """A BCP 47 code; empty when unknown."""
    published: str
    """Empty when unknown."""
    seen: str
    """Without the day if it was published on that day."""
    severity: str
    excerpts: tuple[ExcerptContents, ...]
    """Empty when the text holds no mention."""
    has_mentions: bool
    has_text: bool
    is_degraded: bool
    """Whether parts of the text may be missing."""
    whys: tuple[WhyContents, ...]
    more: int
    """How many other rules hold besides."""


class LineContents(TypedDict):
    """A document told in one line."""

    title: str
    rules: str


class RuleContents(TypedDict):
    """A rule of the alert, and for how many of its documents it holds."""

    rule: str
    place: str
    severity: str
    documents: int


class Contents(TypedDict):
    """An alert."""

    subscription: str
    reason: str
    timezone: str
    severity: str
    """The highest: `low`, `normal` or `high`."""
    title: str
    """The first document's."""
    total: int
    """How many documents there are in all."""
    rules: tuple[RuleContents, ...]
    """The highest severity first, then by name."""
    documents: tuple[DocumentContents, ...]
    """The highest severity first, then the newest."""
    brief: tuple[LineContents, ...]
    """Those after them."""
    more: int
    """How many there are besides."""


def contents_of(
    alert: Alert, told: Sequence[Told], subscription: Subscription, zone: tzinfo
) -> Contents:
    """Return what a mail says of the alert; `told` holds at least one document."""
    ordered = sorted(told, key=_rank, reverse=True)
    rules = _rules(told)
    brief = ordered[IN_FULL : IN_FULL + IN_BRIEF]
    documents = tuple(_document(part, zone) for part in ordered[:IN_FULL])
    return {
        "subscription": _line(subscription.name, _LINE),
        "reason": alert.reason.value,
        "timezone": str(zone),
        "severity": severity_of(finding for part in told for finding in part.findings).word,
        "title": documents[0]["title"],
        "total": len(ordered),
        "rules": rules,
        "documents": documents,
        "brief": tuple(
            _brief(_title(part.document), [finding.name for finding in _ranked(part.findings)])
            for part in brief
        ),
        "more": len(ordered) - len(documents) - len(brief),
    }


def shortened(contents: Contents, in_full: int, in_brief: int) -> Contents:
    """Return the same with fewer documents in full and in brief; what goes is counted."""
    documents = contents["documents"]
    lines = [
        *(
            _brief(document["title"], [why["rule"] for why in document["whys"]])
            for document in documents[in_full:]
        ),
        *contents["brief"],
    ]
    return {
        **contents,
        "documents": documents[:in_full],
        "brief": tuple(lines[:in_brief]),
        "more": contents["more"] + len(lines[in_brief:]),
    }


def _rank(part: Told) -> tuple[Severity, datetime]:
    return severity_of(part.findings), part.document.published or part.document.seen


def severity_of(findings: Iterable[Finding]) -> Severity:
    """Return the highest."""
    return max((finding.severity for finding in findings), default=Severity.LOW)


def _ranked(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -finding.severity)


def _rules(told: Sequence[Told]) -> tuple[RuleContents, ...]:
    """Return each rule once; one that was edited meanwhile goes by its gravest wording."""
    findings = [finding for part in told for finding in part.findings]
    counts = Counter(finding.rule for finding in findings)
    gravest = {finding.rule: finding for finding in sorted(findings, key=lambda one: one.severity)}
    return tuple(
        {
            "rule": _line(finding.name, _LINE),
            "place": _line(str(finding.place), _LINE),
            "severity": finding.severity.word,
            "documents": counts[finding.rule],
        }
        for finding in sorted(gravest.values(), key=lambda one: (-one.severity, one.name, one.rule))
    )


def _document(part: Told, zone: tzinfo) -> DocumentContents:
    document = part.document
    findings = _ranked(part.findings)
    link = parse_link(document.url) if document.url else None
    mentions = [mention for finding in findings for mention in finding.mentions]
    in_text = [(one.start, one.end) for one in mentions if one.field is Field.TEXT]
    published = moment(document.published, zone) if document.published else ""
    seen = moment(document.seen, zone)
    language = document.languages[0] if document.languages else ""
    return {
        "title": _title(document),
        "headline": _headline(document, mentions),
        "url": link.url if link else "",
        "host": link.host if link else "",
        "place": "" if link else _line(document.url or document.key, _TITLE),
        "source": _line(document.source, _LINE),
        "language": language if _LANGUAGE.fullmatch(language) else "",
        "published": published,
        "seen": seen.removeprefix(published.partition(", ")[0] + ", ") if published else seen,
        "severity": severity_of(findings).word,
        "excerpts": tuple(_excerpt(one) for one in excerpts(document.text, in_text)),
        "has_mentions": bool(mentions),
        "has_text": bool(document.text.strip()),
        "is_degraded": document.is_degraded,
        "whys": tuple(_why(finding, document) for finding in findings[:_WHYS]),
        "more": len(findings[_WHYS:]),
    }


def _headline(document: Document, mentions: Sequence[Mention]) -> ExcerptContents:
    """Return the title with its mentions marked: all of it, unless it is no title but a text."""
    spans = [(one.start, one.end) for one in mentions if one.field is Field.TITLE]
    marked = excerpts(document.title, spans, width=_TITLE, most=1)
    if marked:
        return _excerpt(marked[0])
    piece = PieceContents(text=_title(document), is_marked=False)
    return {"pieces": (piece,), "has_before": False, "has_after": False}


def _excerpt(excerpt: Excerpt) -> ExcerptContents:
    return {
        "pieces": tuple(
            PieceContents(text=clean(piece.text), is_marked=piece.is_marked)
            for piece in excerpt.pieces
        ),
        "has_before": excerpt.has_before,
        "has_after": excerpt.has_after,
    }


def _why(finding: Finding, document: Document) -> WhyContents:
    found = _found(finding.mentions, document)
    return {
        "rule": _line(finding.name, _LINE),
        "severity": finding.severity.word,
        "place": _line(str(finding.place), _LINE),
        "found": tuple(found[:_FOUND]),
        "more": len(found[_FOUND:]),
        "note": _line(finding.note or "", _NOTE),
    }


def _found(mentions: Sequence[Mention], document: Document) -> list[FoundContents]:
    """Return the words that were found, each once; capitals make no other word."""
    raw = Counter((one.field, one.text_in(document), one.term) for one in mentions)
    found: dict[tuple[str, str], FoundContents] = {}
    for (field, verbatim, term), times in raw.items():
        words, typed = _line(verbatim, _WORDS), _line(term.removeprefix("="), _WORDS)
        said = "" if typed.casefold() == words.casefold() else typed
        one = found.setdefault(
            (words.casefold(), said), {"words": words, "term": said, "in_title": 0, "in_text": 0}
        )
        match field:
            case Field.TITLE:
                one["in_title"] += times
            case Field.TEXT:
                one["in_text"] += times
            case _:
                assert_never(field)
    return list(found.values())


def _brief(title: str, rules: Sequence[str]) -> LineContents:
    return {"title": clip(title, _LINE), "rules": _line(", ".join(rules), _LINE)}


def _title(document: Document) -> str:
    return _line(document.title, _TITLE) or "(no title)"


def moment(when: datetime, zone: tzinfo) -> str:
    """Return it as `26 Aug 2026, 09:12 KST`; a zone without a name shows its offset."""
    try:
        local = when.astimezone(zone)
    except OverflowError:  # a feed's year 1, or 9999
        local = when
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def _line(text: str, most: int) -> str:
    return clip(clean(text).strip(), most)
