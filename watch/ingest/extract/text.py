"""What every kind of document ends as: a title, a text, a language."""

import re
from dataclasses import dataclass
from datetime import datetime

TITLE_LENGTH = 200
"""The longest first line that is taken for a title, in characters."""

# What programs call a document that nobody gave a name, and names of files.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|excel|powerpoint)|powerpoint presentation|untitled|no title|title|doc"
    r"|document|dokument|presentation|slide|layout|scan|unbenannt|ohne titel|sans titre"
    r"|sin título|senza titolo|без (?:имени|названия)|документ|제목 ?없음|문서|無題|无标题|文档"
    r"|بدون عنوان)\W*\d*|.*\.[a-z][a-z0-9]{1,4}",
    re.IGNORECASE,
)
_FULL_STOPS = tuple(".。．｡।۔։።")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK_START = re.compile(r"\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a person can read in a document's bytes."""

    title: str | None = None
    """One line; None when the document has none of its own."""
    text: str
    """Lines end in a line feed, a blank line parts paragraphs; no surrogates, no NUL."""
    language: str | None = None
    """As the document declares it."""
    published: datetime | None = None
    """Aware, in UTC: when the document says it was written."""
    unread: tuple[str, ...] = ()
    """In words, each part of it that could not be read: the text is whole but for these."""


def tidy(text: str) -> str:
    """Return a text with plain line ends and without what cannot be stored or shown.

    Pairs of surrogates become the character they stand for, lone ones U+FFFD; NULs, and blank
    lines at both ends, go.
    """
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\0", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return without_blank_ends(text)


def without_blank_ends(text: str) -> str:
    """Return a text without blank lines at its beginning and white space at its end."""
    blank = _BLANK_START.match(text)
    return (text[blank.end() :] if blank else text).rstrip()


def one_line(text: str) -> str:
    """Return a text as one line: any white space is one space."""
    return " ".join(tidy(text).split())


def own_title(declared: object) -> str | None:
    """Return a title out of a document's metadata; None for what no person wrote as one."""
    title = one_line(declared) if isinstance(declared, str) else ""
    is_title = (
        0 < len(title) <= TITLE_LENGTH
        and any(map(str.isalpha, title))
        and not _NO_TITLE.fullmatch(title)
    )
    return title if is_title else None


def split_title(text: str) -> Extract:
    """Return a tidy text with its first line as the title, if that reads like one.

    A title has at most 200 characters, a letter or digit, and no full stop at its end.
    """
    first, _, rest = text.partition("\n")
    title = one_line(first)
    is_title = (
        0 < len(title) <= TITLE_LENGTH
        and any(map(str.isalnum, title))
        and not title.endswith(_FULL_STOPS)
    )
    return Extract(title=title, text=without_blank_ends(rest)) if is_title else Extract(text=text)
