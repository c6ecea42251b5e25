"""A file's bytes to what a person can read in them. Runs in the sandbox: files are hostile."""

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from markdown_it import MarkdownIt

from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.extract.charset import declared_charset, decode, refuse_binary
from watch.ingest.extract.mail import read_mail
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.office import read_office, refuse_old
from watch.ingest.extract.pdf import read_pdf
from watch.ingest.extract.text import Extract, one_line, split_title, tidy

__all__ = ["SUFFIXES", "Extract", "extract", "html_to_text"]

_FENCE = re.compile(r"---[ \t]*")
_CLOSING_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*")
# `key: value`, a list item, a continuation, a comment, nothing: other lines are prose.
_FRONT_MATTER_LINE = re.compile(r"(?:[\w.-][\w .-]*:(?:\s.*)?|-\s.*|\s+\S.*|#.*|[\]}],?|\s*)")
# By itself it leaves out, without a word, what is nested deeper than 20.
_COMMONMARK = MarkdownIt("commonmark", {"maxNesting": sys.maxsize}).enable("table")


def extract(content: bytes, suffix: str) -> Extract:
    """Return the title, the text and the declared language of a file, chosen by its suffix.

    The case of the suffix is all one. Raises NotReadableError for a suffix not in SUFFIXES and
    for bytes of which nothing can be read; what is missing of the others stands in `unread`.
    """
    read = _READERS.get(suffix.lower())
    if read is None:
        supported = " ".join(sorted(_READERS.keys() - {".doc"}))
        raise NotReadableError(
            f"no way to read {suffix or 'a file without a suffix'}: use {supported}"
        )
    return read(content)


def _read_plain(content: bytes) -> Extract:
    refuse_binary(content)
    return split_title(tidy(decode(content)))


def _read_html(content: bytes) -> Extract:
    refuse_binary(content)
    return html_to_text(decode(content, declared=(declared_charset(content),)))


def _read_markdown(content: bytes) -> Extract:
    refuse_binary(content)
    matter, body = _split_front_matter(tidy(decode(content)))
    try:
        text = html_to_text(_COMMONMARK.render(body)).text
    except RecursionError:
        # Nested deeper than any author means: it is read as it is typed.
        text = body
    title = matter.get("title")
    page = Extract(title=title, text=text) if title else split_title(text)
    language = primary_language(matter.get("lang") or matter.get("language"))
    return Extract(title=page.title, text=page.text, language=language)


def _read_mail(content: bytes) -> Extract:
    return read_mail(content, _READERS)


def _split_front_matter(text: str) -> tuple[Mapping[str, str], str]:
    """Return what stands in the YAML block before a document, and the document.

    No YAML is parsed: the block's single lines `key: value` are all that is asked of it. A rule
    of dashes with prose below it is no such block.
    """
    lines = text.split("\n")
    if not _FENCE.fullmatch(lines[0]):
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if _CLOSING_FENCE.fullmatch(line)), None)
    if end is None or not all(map(_FRONT_MATTER_LINE.fullmatch, lines[1:end])):
        return {}, text
    pairs = (line.partition(":") for line in lines[1:end] if line[:1].isalpha())
    matter = {key.strip().lower(): _scalar(value) for key, _, value in pairs}
    return matter, "\n".join(lines[end + 1 :])


def _scalar(value: str) -> str:
    """Return a YAML value as one line, unquoted; a folded or literal block is on other lines."""
    plain = one_line(value)
    if plain[:1] in ("'", '"') and plain[-1:] == plain[:1]:
        return plain[1:-1].strip()
    plain = plain.partition(" #")[0]
    return plain if any(map(str.isalnum, plain)) else ""


_READERS: Mapping[str, Callable[[bytes], Extract]] = MappingProxyType(
    {
        ".txt": _read_plain,
        ".text": _read_plain,
        ".md": _read_markdown,
        ".markdown": _read_markdown,
        ".html": _read_html,
        ".htm": _read_html,
        ".eml": _read_mail,
        ".pdf": read_pdf,
        ".docx": read_office,
        ".docm": read_office,
        ".odt": read_office,
        ".doc": refuse_old,
    }
)

SUFFIXES = frozenset(_READERS)
"""The suffixes of the files that are looked into, in lower case, with their dot. One of them,
.doc, is there to be refused in words: left alone, it would be missed and nobody told."""
