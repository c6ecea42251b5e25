"""Entries: what each kind of feed is read into, and what they have in common."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from watch.core.model import Wishes
from watch.ingest.extract.markup import fragment_to_text, looks_like_html
from watch.ingest.extract.text import one_line

MOST_ENTRIES = 1_000
"""How many entries of a feed are kept: the newest."""
KEY_LENGTH = 1_000
"""A longer key is replaced by its hash; in characters."""
MOST_PARTS = 50
"""How many parts of one entry's text are looked at."""
MOST_LINES = 100
"""A part with more lines than this is added to the text as it is, without a look at each."""

_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*+>")
_ELLIPSIS = " .…[]()→\xa0"
"""What stands at the end of a teaser, around the words that there is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed, as text."""

    key: str
    """Its steady identity in its feed: id, else link, else a hash of title and text."""
    title: str
    """One line; empty when it has none."""
    text: str
    url: str | None
    published: datetime | None
    """Aware, in UTC; when it was updated if it does not say when it was published."""
    language: str | None
    """As the entry, else the feed, declares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What stands in a feed, in its order."""

    title: str
    entries: tuple[Entry, ...]
    wishes: Wishes = field(default_factory=Wishes)
    """When it wants to be asked again: <ttl>, <skipHours>, <skipDays>, sy:updatePeriod."""
    left_out: int = 0
    """How many more entries there are, older than the thousand that were kept."""


def new_entry(  # noqa: PLR0913 (an entry has as many parts)
    *,
    identity: str,
    link: str,
    base: str,
    title: str,
    text: str,
    published: datetime | None,
    language: str | None,
) -> Entry | None:
    """Return an entry of these parts; None when there is nothing in it.

    `link` is taken as it is written, from `base`. The key does not depend on `base`: a feed that
    moves keeps its keys.
    """
    identity, link = one_line(identity), _address(link)
    if not (identity or link or title or text):
        return None
    key = identity or link or _digest(title, text)
    return Entry(
        key=key if len(key) <= KEY_LENGTH else _digest(key, ""),
        title=title,
        text=text,
        url=followable(link, base),
        published=published,
        language=language,
    )


def _address(written: str) -> str:
    """Return what is written for a link without what stands around it that is none.

    Programs write their error messages there, and tags. Of several addresses the first counts if
    the link begins with it, else the last: messages name some, and mostly stand before.
    """
    line = one_line(written)
    has_markup = "<" in line
    if not has_markup and (" " not in line or _ADDRESS.match(line)):
        return line
    words = _MARKUP.sub(" ", line).strip()
    found = _ADDRESS.findall(words) or _ADDRESS.findall(line)
    if not found:
        return "" if has_markup else line
    return str(found[0] if _ADDRESS.match(words) else found[-1])


def followable(link: str, base: str) -> str | None:
    """Return a link as an absolute address; None when a browser could not follow it."""
    if not link:
        return None
    try:
        link = link.replace(" ", "%20")
        address = urlsplit(link)
        if not (address.scheme and address.netloc):
            address = urlsplit(urljoin(base, link))
    except ValueError:
        return None
    return address.geturl() if address.scheme in ("http", "https") and address.netloc else None


def headline(written: str) -> str:
    """Return a title that may be HTML, or escaped once too often, as a person should read it."""
    line = one_line(fragment_to_text(written))
    # No headline has these on purpose but those about HTML itself.
    is_escaped_twice = "</" in line and looks_like_html(line)
    if is_escaped_twice or ("&" in line and ";" in line):
        line = one_line(fragment_to_text(line))
    return line


def whole_text(parts: Iterable[str]) -> str:
    """Return the longest of the parts of a text, with what only the others say where they say it.

    A summary is mostly the beginning of the content; what the content lacks of it is kept.
    """
    told = [part for part in parts if part][:MOST_PARTS]
    longest = max(range(len(told)), key=lambda at: len(told[at]), default=0)
    said = "".join(told[longest : longest + 1])
    pieces = []
    for at, part in enumerate(told):
        news = part if at == longest else _news(part, said)
        if news:
            pieces.append(news)
            # What runs from one part into another nobody says.
            said = said if at == longest else f"{said}\0{news}"
    return "\n\n".join(pieces)


def newest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the newest entries, as many as are kept, by the feed's order.

    That begins with the newest, unless the dates at its ends say otherwise.
    """
    dates = [entry.published for entry in entries if entry.published is not None]
    is_rising = bool(dates) and dates[0] < dates[-1]
    return entries[-MOST_ENTRIES:] if is_rising else entries[:MOST_ENTRIES]


def distinct(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries with each its own key; one that stands there twice goes once.

    Of two that differ under one key, the later gets its link, else its hash, added to the key.
    """
    taken: dict[str, Entry] = {}
    for entry in entries:
        for key in _keys(entry):
            holder = taken.setdefault(key, entry)
            if (holder.title, holder.text) == (entry.title, entry.text):
                break
    return tuple(
        entry if entry.key == key else replace(entry, key=key) for key, entry in taken.items()
    )


def _keys(entry: Entry) -> Iterator[str]:
    """Yield the keys that an entry may go by, the best first."""
    yield entry.key
    digest = _digest(entry.title, entry.text)
    yield f"{entry.key} {entry.url or digest}"
    yield f"{entry.key} {digest}"


def _digest(title: str, text: str) -> str:
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()


def _news(part: str, said: str) -> str:
    """Return the lines of a part that are not said yet; one that breaks off is, up to there."""
    lines = [line for line in part.split("\n") if line.strip()]
    if len(lines) > MOST_LINES:
        return part
    # A summary runs paragraphs together.
    flat = _spaced(said.replace("\n\n", " "))
    return "\n\n".join(line for line in lines if _spaced(line.strip(_ELLIPSIS)) not in flat)


def _spaced(text: str) -> str:
    """Return a text with a space for each line feed, tab and no-break space."""
    return text.replace("\n", " ").replace("\t", " ").replace("\xa0", " ")
