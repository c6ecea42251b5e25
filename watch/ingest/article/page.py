"""A page to the article on it.

A page may be anything. What is no article is refused in words; where the article cannot be told
from what stands around it, all that can be read on the page is kept, and flagged as degraded.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from watch.errors import NotReadableError
from watch.ingest.article.teasers import SHORT, count_letters, is_teaser
from watch.ingest.article.walls import is_for_payers, refuse_wall
from watch.ingest.extract import Extract, extract, html_to_text
from watch.ingest.extract.charset import declared_charset, decode, refuse_binary

MAX_MARKS = 500_000
"""How many tags a page may have: to read as many takes 5 s."""
LEAST_SHARE = 0.1
"""How much of the text of a page, links apart, its article has at least. A short article with six
long comments below it has a fifth; a caption or a banner taken for one has much less."""
BORDER = 1_000
"""How many characters a page may have in any case, links apart, beside its article: banners,
small print."""

_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": ".pdf",
        "application/x-pdf": ".pdf",
        "application/vnd.oasis.opendocument.text": ".odt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "text/markdown": ".md",
        "text/plain": ".txt",
    }
)
_PAGES = frozenset({"", "application/xhtml+xml", "text/html"})
_PDF_MARK = b"%PDF-"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
# Loaded by name, so that who only names parse_article, as the parent does, does not load it.
_MAIN_TEXT = "watch.ingest.article.main_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page tells, without what stands around it."""

    title: str | None
    text: str
    """Lines end in a line feed, a blank line parts paragraphs."""
    language: str | None
    """As the page declares it."""
    is_degraded: bool
    """Whether parts may be missing, or the text is all that stands on the page."""


def parse_article(body: bytes, *, url: str, content_type: str | None) -> Article:
    """Return the article on a page; `url` is where it came from in the end. Runs in the sandbox.

    Raises NotReadableError for what is neither a page nor a document that can be read, and for a
    page without an article: a login, a request for consent, a shell that only scripts fill.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    suffix = ".pdf" if body.startswith(_PDF_MARK) else _SUFFIXES.get(kind)
    if suffix is not None:
        document = extract(body, suffix)
        return _article(document, is_degraded=bool(document.unread))
    if kind not in _PAGES:
        raise NotReadableError(f"neither a page nor a document that can be read, but {kind[:100]}")
    refuse_binary(body)
    charset = _CHARSET.search(content_type or "")
    html = decode(body, declared=(charset and charset[1], declared_charset(body)))
    return _parse_page(html, url=url)


def _parse_page(html: str, *, url: str) -> Article:
    if html.count("<") > MAX_MARKS:
        raise NotReadableError(f"a page of more than {MAX_MARKS:,} tags, which no article has")
    visible = html_to_text(html)
    parsed: tuple[Extract, int] = importlib.import_module(_MAIN_TEXT).main_text(html)
    found, linked = parsed
    is_main = _is_main(found.text, linked, visible.text)
    page = Extract(
        title=found.title or visible.title,
        text=found.text if is_main else visible.text,
        language=found.language or visible.language,
    )
    letters = count_letters(page.text)
    refuse_wall(html, page.text, url=url, letters=letters)
    is_cut = is_for_payers(html) or (letters < SHORT and is_teaser(page.text))
    return _article(page, is_degraded=not is_main or is_cut)


def _article(document: Extract, *, is_degraded: bool) -> Article:
    return Article(
        title=document.title,
        text=document.text,
        language=document.language,
        is_degraded=is_degraded,
    )


def _is_main(main: str, linked: int, visible: str) -> bool:
    """Return whether the main text of a page is its article, as far as sizes tell.

    None is, nor one that is tiny beside what else is to be read without following a link, nor
    one that is made of links: that is a list of other pages.
    """
    size, unlinked = len(main), len(visible) - linked
    is_tiny = size < LEAST_SHARE * unlinked and unlinked - size > BORDER
    is_list = linked > size > 2 * unlinked
    return bool(size) and not is_tiny and not is_list
