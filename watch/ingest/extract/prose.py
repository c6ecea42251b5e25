"""Plain text and HTML files to what a person can read in them."""

from watch.ingest.extract.charset import declared_charset, decode, decode_plain, refuse_binary
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.text import Extract, split_title, tidy, without_blank_ends

PLAIN_SUFFIXES = frozenset({".txt", ".text"})


def read_plain(content: bytes) -> Extract:
    """Return a text file's text; its first line is the title if it reads like one."""
    refuse_binary(content)
    return split_title(tidy(decode(content)))


def read_html(content: bytes) -> Extract:
    """Return what can be read on a page."""
    refuse_binary(content)
    return html_to_text(decode(content, declared=(declared_charset(content),)))


def read_at_once(content: bytes) -> Extract | None:
    """Return what `read_plain` would, where nothing has to be guessed; None for all else.

    It needs no sandbox: a few steps, each linear, short, and such as fail on no bytes.
    """
    text = decode_plain(content)
    return None if text is None else split_title(without_blank_ends(text))
