"""The article on a page, without what stands around it.

Children load this with the first page they read, the parent never: it takes 0.4 s and 10 MB.
"""

import html as entities
import json
import logging
import re
from collections.abc import Iterator

import trafilatura
from lxml import etree
from lxml.html import HtmlElement

from watch.core.words.languages import primary_language
from watch.ingest.article.page_tree import mend, parse_page, strip_unread
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.text import Extract, one_line, own_title, tidy

MAX_ELEMENTS = 10_000
"""How many elements a page may have: some steps take a time that grows with their square."""
MAX_DEPTHS = 250_000
"""What the depths of its elements may add up to: other steps look at all that each stands in."""
MAX_LENGTH = 1_000_000
"""How long its markup may be without scripts and pictures, in characters. With all three at their
most, no page of some thirty hostile kinds took longer than 5 s."""
FEW = 100
"""Up to this length trafilatura gives all texts of a page, with a space wherever one ends."""
DATA_SHARE = 2
"""How many times longer than what is found on a page the article in its data must be to be taken
instead: data has no paragraphs, tables or lists."""

_AROUND = ("aside", "button", "footer", "form", "nav", "select")
_DATA = etree.XPath("//script[@type='application/ld+json']")
_LINKED = etree.XPath("//a[not(ancestor::a)] | //button[not(ancestor::a)] | //option")
_TITLES = etree.XPath(
    "//meta[@property='og:title' or @name='og:title' or @name='twitter:title']/@content"
)
_HEADINGS = etree.XPath("//h1")
_LANGUAGES = etree.XPath(
    "/html/@lang | /html/@*[name()='xml:lang']"
    " | //meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content"
    " | //meta[@property='og:locale']/@content"
)
_MARKUP = re.compile(r"</?[a-z][a-z0-9]*[ />]", re.IGNORECASE)

# They tell, with the address of the page, what they make nothing of; here that is a value.
for _name in ("htmldate", "justext", "trafilatura"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


def main_text(html: str) -> tuple[Extract, int]:
    """Return the article of a page, and how much of the whole page stands in links and buttons.

    The text is empty when there is none, and when to look for it would take too long. What is
    linked is counted in characters.
    """
    tree = parse_page(html)
    if tree is None:
        return Extract(text=""), 0
    linked = sum(len(one_line(element.text_content())) for element in _LINKED(tree))
    in_data = max(_articles_in_data(tree), key=_letters, default="")
    title, language = _title(tree), _language(tree)
    strip_unread(tree)
    text = "" if _is_costly(tree) else _article(tree)
    if _letters(in_data) > DATA_SHARE * _letters(text):
        text = in_data
    return Extract(title=title, text=text, language=language), linked


def _is_costly(tree: HtmlElement) -> bool:
    depth = depths = elements = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        depths += depth
        elements += 1
        if elements > MAX_ELEMENTS or depths > MAX_DEPTHS:
            return True
    return len(etree.tostring(tree, encoding="unicode")) > MAX_LENGTH


def _article(tree: HtmlElement) -> str:
    """Return what trafilatura takes for the article, or all that stands on a page of a few words.

    Its settings are those with the best marks in its own benchmark of 990 pages (F .924).
    """
    mend(tree)
    article = trafilatura.extract(
        tree, output_format="html", include_comments=False, include_tables=True
    )
    text = html_to_text(article).text if article else ""
    if len(text) <= FEW:
        etree.strip_elements(tree, *_AROUND, with_tail=False)
        text = html_to_text(etree.tostring(tree, encoding="unicode")).text
    return text


def _articles_in_data(tree: HtmlElement) -> Iterator[str]:
    """Yield what a page gives to machines as its article (https://schema.org/articleBody).

    trafilatura reads it too, but takes a quadratic time over some of it.
    """
    for script in _DATA(tree):
        try:
            waiting = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                waiting.extend(node.values())
                body = node.get("articleBody")
                if isinstance(body, str):
                    yield _plain(body)
            elif isinstance(node, list):
                waiting.extend(node)


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _plain(text: str) -> str:
    """Return a text that may hold markup, escaped or not, as one that holds none."""
    text = entities.unescape(text)
    return html_to_text(text).text if _MARKUP.search(text) else tidy(text)


def _title(tree: HtmlElement) -> str | None:
    """Return the headline: as told to those who share the page, its only heading, or its title.

    In the last the name of the site may stand too.
    """
    headings = [heading.text_content() for heading in _HEADINGS(tree)]
    titles = (*_TITLES(tree), *(headings if len(headings) == 1 else ()), tree.findtext(".//title"))
    return next((title for title in map(own_title, titles) if title), None)


def _language(tree: HtmlElement) -> str | None:
    tags = (tag.replace("_", "-").partition(",")[0] for tag in _LANGUAGES(tree))
    return next((language for language in map(primary_language, tags) if language), None)
