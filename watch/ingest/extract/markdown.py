"""Markdown files to what a person can read in them, with what stands in their front matter."""

import re
import sys
from collections.abc import Mapping

from markdown_it import MarkdownIt

from watch.core.words.languages import primary_language
from watch.ingest.extract.charset import decode, refuse_binary
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.text import Extract, one_line, split_title, tidy

_FENCE = re.compile(r"---[ \t]*")
_CLOSING_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*")
# `key: value`, a list item, a continuation, a comment, nothing: other lines are prose.
_FRONT_MATTER_LINE = re.compile(r"(?:[\w.-][\w .-]*:(?:\s.*)?|-\s.*|\s+\S.*|#.*|[\]}],?|\s*)")
# By itself it leaves out, without a word, what is nested deeper than 20.
_COMMONMARK = MarkdownIt("commonmark", {"maxNesting": sys.maxsize}).enable("table")


def read_markdown(content: bytes) -> Extract:
    """Return a Markdown file's text, without its marks."""
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
