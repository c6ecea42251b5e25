"""A document as a mail tells it, as plain values.

Every string is clean, and none is longer than fits: templates only arrange and escape.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TypedDict, assert_never

from watch.core.alerts import Told
from watch.core.cleaning import clean, clip
from watch.core.excerpts import Excerpt, excerpts
from watch.core.model import Document, Field, Finding, Mention, Severity
from watch.notify.links import parse_link

_WHYS = 20
_FOUND = 8
_MARKS = 20
"""The most rules of a document, words of a rule and marks of a passage that are shown."""
LINE = 120
_TITLE = 300
_WORDS = 80
_NOTE = 1_000
"""The most characters of each."""

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


def document_contents(part: Told, zone: tzinfo) -> DocumentContents:
    """Return a document with its excerpts, and why it is told."""
    document = part.document
    findings = ranked(part.findings)
    link = parse_link(document.url) if document.url else None
    mentions = [mention for finding in findings for mention in finding.mentions]
    in_text = [(one.start, one.end) for one in mentions if one.field is Field.TEXT]
    published = moment(document.published, zone) if document.published else ""
    seen = moment(document.seen, zone)
    language = document.languages[0] if document.languages else ""
    return {
        "title": title_of(document),
        "headline": _headline(document, mentions),
        "url": link.url if link else "",
        "host": link.host if link else "",
        "place": "" if link else line_of(document.url or document.key, _TITLE),
        "source": line_of(document.source, LINE),
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
    piece = PieceContents(text=title_of(document), is_marked=False)
    return {"pieces": (piece,), "has_before": False, "has_after": False}


def _excerpt(excerpt: Excerpt) -> ExcerptContents:
    """Return it with its first marks: where every other letter is one, they say nothing."""
    first, rest = excerpt.pieces[: 2 * _MARKS], excerpt.pieces[2 * _MARKS :]
    pieces = [PieceContents(text=clean(one.text), is_marked=one.is_marked) for one in first]
    if rest:
        left = clean("".join(one.text for one in rest))
        pieces.append(PieceContents(text=left, is_marked=False))
    return {
        "pieces": tuple(pieces),
        "has_before": excerpt.has_before,
        "has_after": excerpt.has_after,
    }


def _why(finding: Finding, document: Document) -> WhyContents:
    found = _found(finding.mentions, document)
    return {
        "rule": line_of(finding.name, LINE),
        "severity": finding.severity.word,
        "place": line_of(str(finding.place), LINE),
        "found": tuple(found[:_FOUND]),
        "more": len(found[_FOUND:]),
        "note": line_of(finding.note or "", _NOTE),
    }


def _found(mentions: Sequence[Mention], document: Document) -> list[FoundContents]:
    """Return the words that were found, each once; capitals make no other word."""
    raw = Counter((one.field, one.text_in(document), one.term) for one in mentions)
    found: dict[tuple[str, str], FoundContents] = {}
    for (field, verbatim, term), times in raw.items():
        words, typed = line_of(verbatim, _WORDS), line_of(term.removeprefix("="), _WORDS)
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


def severity_of(findings: Iterable[Finding]) -> Severity:
    """Return the highest."""
    return max((finding.severity for finding in findings), default=Severity.LOW)


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Return them with the highest severity first."""
    return sorted(findings, key=lambda finding: -finding.severity)


def title_of(document: Document) -> str:
    """Return its title, or that it has none."""
    return line_of(document.title, _TITLE) or "(no title)"


def moment(when: datetime, zone: tzinfo) -> str:
    """Return it as `26 Aug 2026, 09:12 KST`; a zone without a name shows its offset."""
    try:
        local = when.astimezone(zone)
    except OverflowError:  # a feed's year 1, or 9999
        local = when
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def line_of(text: str, most: int = LINE) -> str:
    """Return a text as clean as a line must be, and no longer than that many characters."""
    return clip(clean(text).strip(), most)
