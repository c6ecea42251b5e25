"""The page that an entry of a feed links to: the article on it, and what is kept of both.

    entry ─ is_short? ─► page ─ parse_article, in the Sandbox ─► Article ─ choose ─► text

A page may be anything. What is no article is refused in words; where the article cannot be told
from what stands around it, all that can be read on the page is kept, and flagged as degraded.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from watch.core.words.shape import LETTERS, UNSPACED, shape
from watch.errors import NotReadableError
from watch.ingest.extract import Extract, extract, html_to_text
from watch.ingest.extract.charset import declared_charset, decode, refuse_binary
from watch.ingest.language import DENSE_LETTER
from watch.ingest.teasers import is_teaser, without_ending
from watch.ingest.walls import is_for_payers, refuse_wall

SHORT = 1_000
"""An entry with fewer letters is taken for a teaser: some 180 English words, 330 Han characters.
The excerpts of WordPress have 55 words, those of newspapers up to 150. A page fetched for nothing
costs a request; a teaser taken for the article costs all that the article mentions."""
MAX_MARKS = 500_000
"""How many tags a page may have: to read as many takes 5 s."""
START_LENGTH = 10_000
"""How much of a text is looked at for its letters, in characters."""
LEAST_SHARE = 0.1
"""How much of the text of a page, links apart, its article has at least. A short article with six
long comments below it has a fifth; a caption or a banner taken for one has much less."""
BORDER = 1_000
"""How many characters a page may have in any case, links apart, beside its article: banners,
small print."""
MAX_PARAGRAPHS = 50
"""An entry with more is looked for in the article as a whole: a teaser has few."""
MAX_COMPARED = 1_000_000
"""How long an entry and its article may be together to be compared, in characters: 0.1 s."""

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
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?:…。．！？।۔؟”\"’»」』)\]])\n")
# Loaded by name, so that who only names parse_article, as the parent does, does not load it.
_MAIN_TEXT = "watch.ingest.extract.main_text"


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


def is_short(entry_text: str) -> bool:
    """Return whether the text of an entry is a teaser rather than the article.

    It is when it has few letters, breaks off, or says to read on elsewhere.
    """
    return _letters(entry_text) < SHORT or is_teaser(entry_text)


def choose(entry_text: str, article: Article) -> tuple[str, bool]:
    """Return the text that is kept of an entry and its page, and whether parts may be missing.

    Nothing that the feed said is lost: paragraphs of the entry that do not stand in the article,
    word for word, go before it. A page that has less than half as much to say as the feed, and
    something else, is hardly the article.
    """
    lead = _not_told(entry_text, article.text)
    is_less = bool(lead) and len(article.text) < len(entry_text) / 2
    return "\n\n".join((*lead, article.text)), article.is_degraded or is_less


def _not_told(entry_text: str, article_text: str) -> list[str]:
    """Return the paragraphs of an entry that do not stand in the article."""
    if len(entry_text) + len(article_text) > MAX_COMPARED:
        return [entry_text]
    paragraphs = _PARAGRAPH_END.split(entry_text)
    if len(paragraphs) > MAX_PARAGRAPHS:
        paragraphs = [entry_text]
    told = _run_on(article_text)
    return [part for part in paragraphs if not _is_told(part, told)]


def _is_told(paragraph: str, told: str) -> bool:
    whole = without_ending(paragraph)
    words = _run_on(whole)
    start = told.find(words)
    end = start + len(words)
    # "Iran" is not told by "Iranian", but a teaser may be cut within a word.
    begins = not told[start - 1 : start + 1].isalnum() or start == 0
    ends = not told[end - 1 : end + 1].isalnum() or end == len(told) or whole != paragraph.rstrip()
    return start >= 0 and ((begins and ends) or not words)


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
    letters = _letters(page.text)
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


def _letters(text: str) -> int:
    """Return how many letters a text has at its start; of scripts that need few, each counts 3."""
    kinds = shape(text[:START_LENGTH])
    dense = sum(map(kinds.count, UNSPACED))
    return sum(map(kinds.count, LETTERS)) + (DENSE_LETTER - 1) * dense


def _run_on(text: str) -> str:
    """Return a text with single spaces for its white space, but for a break within a sentence."""
    paragraphs = map(str.split, _PARAGRAPH_END.split(text))
    return _SENTENCE_END.sub(" ", "\n".join(map(" ".join, paragraphs)))
