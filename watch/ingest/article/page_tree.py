"""A page as a tree, in which is written down what its reader sees.

A browser lays out words that stand bare beside a paragraph as one; an extractor that goes by
markup passes over them. What such a page means is put into the markup here.
"""

import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from watch.ingest.extract.text import one_line

MAX_WHOLE = 8_000_000
"""How long a page may be, in characters: it is held several times over."""
MAX_ATTRIBUTES = 1_000
"""How many attributes an element may have: lxml looks at all before it adds one."""
FOOT_SHARE = 0.3
"""How much of the words of a page stand in its foot at most; what has more is only called so."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_LONG_TAG = re.compile(rf"<[a-z][^<>]{{{2 * MAX_ATTRIBUTES},}}", re.IGNORECASE)
_PICTURES = ("img", "svg")
_UNSEEN = ("noscript", "rp", "rt", "script", "style", "template", *_PICTURES)
"""Nothing to read, or not for who has a browser; and readings, which part the letters of names."""
_IN_WORDS = (
    *("abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em"),
    *("font", "i", "ins", "kbd", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small"),
    *("strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
)
"""How words look, not what they are. Left in, some part words, sentences or paragraphs."""
_TAKEN_AS = {"figcaption": "p", "figure": "div"}
"""What trafilatura would leave out: captions name who is seen."""
_FACT_BOXES = etree.XPath("//aside[not(.//a or .//form or .//input)]")
_ARTICLES = etree.XPath("//article[not(ancestor::article)]")
_FEET = etree.XPath(
    "//*[re:test(concat(@id, ' ', @class), '(^|[ _-])(foot|footer|copyright)([ _-]|$)', 'i')]",
    namespaces={"re": "http://exslt.org/regular-expressions"},
)
_BOXES = ("article", "body", "center", "div", "main", "section")
_BLOCKS = (*_BOXES, "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "table")
_INLINE = ("a", "br", "span")
"""What stands in a line, of what is left when _IN_WORDS are gone."""


def parse_page(html: str) -> HtmlElement | None:
    """Return the root of a page; None when there is nothing on it, too much, or that in one tag.

    Given bytes, with their encoding, lxml obeys no other that the page declares. Without
    `huge_tree` it stops, without a word, at a depth of 256 and at 10 MB in one element; with it
    at a depth of 2,048, which no page has that is worth the time it takes.
    """
    if len(html) > MAX_WHOLE:
        return None
    if any(len(tag[0].split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(html)):
        return None
    parser = HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
    )
    content = _CONTROL.sub("", html).encode("utf-8", "replace")
    try:
        return document_fromstring(content, parser=parser)
    except etree.ParserError:
        return None


def strip_unread(tree: HtmlElement) -> None:
    """Take out of a page what nobody reads, and marks that stand within words."""
    for picture in tree.iter(*_PICTURES):
        picture.tail = f" {picture.tail or ''}"
    etree.strip_elements(tree, *_UNSEEN, with_tail=False)
    etree.strip_tags(tree, *_IN_WORDS)
    # A cell that says to be a thousand wide would be filled up with as many empty ones.
    etree.strip_attributes(tree, "colspan", "rowspan")


def mend(tree: HtmlElement) -> None:
    """Put into the markup of a page what its reader sees, but an extractor would not."""
    for element in tree.iter(*_TAKEN_AS):
        element.tag = _TAKEN_AS[element.tag]
    for box in _FACT_BOXES(tree):
        box.tag = "div"
    _drop_feet(tree)
    _join_articles(tree)
    for box in list(tree.iter(*_BOXES)):
        _wrap_lines(box)
    for element in tree.iter("p", "li", "dd", "td"):
        _keep_links(element)


def _drop_feet(tree: HtmlElement) -> None:
    most = FOOT_SHARE * len(tree.text_content())
    for foot in _FEET(tree):
        if foot.getparent() is not None and len(foot.text_content()) < most:
            foot.drop_tree()


def _join_articles(tree: HtmlElement) -> None:
    """Make one article of many that are of a size: the posts of a running report.

    Where one is larger than all others together, they are hints at other pages, or comments.
    """
    articles = _ARTICLES(tree)
    sizes = [len(article.text_content()) for article in articles]
    if sizes and 2 * max(sizes) < sum(sizes):
        for article in articles:
            article.tag = "div"


def _keep_links(element: HtmlElement) -> None:
    """Make words of the links within a sentence: by them it would be taken for navigation."""
    links = list(element.iter("a"))
    linked = sum(len(one_line(link.text_content())) for link in links)
    if links and 2 * linked <= len(one_line(element.text_content())):
        for link in links:
            link.drop_tag()


def _wrap_lines(box: HtmlElement) -> None:
    """Put a <p> around words that stand bare in a box, up to a block or two line breaks."""
    pieces = [box.text, *(piece for child in box for piece in (child, child.tail))]
    if not any(isinstance(piece, str) and piece.strip() for piece in pieces):
        return
    box.text = None
    for child in list(box):
        child.tail = None
        box.remove(child)
    line, breaks = None, 0
    for piece in pieces:
        if piece is None or (line is None and isinstance(piece, str) and not piece.strip()):
            continue
        if _is_block(piece):
            box.append(piece)
            line, breaks = None, 0
            continue
        breaks = _breaks_with(piece, breaks)
        if breaks > 1:
            line = None
            continue
        if line is None:
            line = etree.SubElement(box, "p")
        _append(line, piece)


def _is_block(piece: HtmlElement | str) -> bool:
    if isinstance(piece, str):
        return False
    return piece.tag not in _INLINE or next(piece.iter(*_BLOCKS), None) is not None


def _breaks_with(piece: HtmlElement | str, breaks: int) -> int:
    """Return how many line breaks follow each other with this piece; white space parts none."""
    if isinstance(piece, str):
        return 0 if piece.strip() else breaks
    return breaks + 1 if piece.tag == "br" else 0


def _append(line: HtmlElement, piece: HtmlElement | str) -> None:
    last = next(line.iterchildren(reversed=True), None)
    if not isinstance(piece, str):
        line.append(piece)
    elif last is not None:
        last.tail = (last.tail or "") + piece
    else:
        line.text = (line.text or "") + piece
