"""The bytes of a feed, of any kind, to its entries. Runs in the sandbox: feeds are hostile."""

import re
from html import unescape

from watch.core.cleaning import clean
from watch.errors import NotReadableError
from watch.ingest.extract.charset import declared_charset, decode, looks_like
from watch.ingest.feed.entries import ParsedFeed, followable
from watch.ingest.feed.jsonfeed import looks_like_json, parse_json
from watch.ingest.feed.xmlfeed import parse_xml

HEAD_LENGTH = 1 << 16
"""How much of what is no feed is looked at, in characters."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_DECLARATION = re.compile(rb"<\?xml\b[^<>]*>", re.IGNORECASE)
_DECLARED_WITHIN = 4_096
_SAMPLE = 20
_ASSUMED = frozenset({"iso-8859-1", "latin1", "us-ascii"})
"""What servers say that were not told."""
_HALF_CHARACTER = re.compile(
    rb"(?:[\xc0-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf7][\x80-\xbf]{0,2})\Z"
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]*>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"[\"']application/(?:rss\+xml|atom\+xml|feed\+json)[\"']", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhref\s*=\s*[\"']?([^\s\"'<>]{1,500})", re.IGNORECASE)
_UNTOLD = frozenset({"a web page", "an empty file", "something else"})


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed:
    """Return what stands in the bytes of a feed; what is broken is salvaged.

    `url` is where relative links start from. Raises NotReadableError for what is no feed; a feed
    without entries is one.
    """
    text = _text(body, content_type)
    if looks_like_json(text) and "<?xml" not in text[:HEAD_LENGTH]:
        return parse_json(text, url=url)
    feed = parse_xml(text, url=url)
    if feed is None:
        raise NotReadableError(f"not a feed: {_looks(body, text, url)}")
    return feed


def _text(body: bytes, content_type: str | None) -> str:
    """Return the text of a body.

    What can be UTF-8 and is not all ASCII is: text in another charset never is by chance, and
    feeds often say wrong. A server that says Latin-1 was mostly told nothing.
    """
    served = _CHARSET.search(content_type or "")
    declaration = _DECLARATION.search(body[:_DECLARED_WITHIN])
    labels = [served and served[1], declaration and declared_charset(declaration[0])]
    if served and served[1].lower() in _ASSUMED:
        labels.reverse()
    if not body.isascii():
        labels.insert(0, "utf-8")
    if body[:_SAMPLE].count(0) < _SAMPLE // 4:
        # In wide text every other byte is NUL, or more; in any other they are strays.
        body = body.replace(b"\0", b"")
    # A body that breaks off inside a character is no less what it was.
    half = _HALF_CHARACTER.search(body[-3:])
    return decode(body[: -len(half[0])] if half else body, declared=labels).lstrip(
        "\ufeff\0 \t\r\n"
    )


def _looks(body: bytes, text: str, url: str) -> str:
    """Return in words what a body looks like that is no feed."""
    if not text:
        return "the answer is empty"
    if _PAGE.search(text[:HEAD_LENGTH]):
        named = _named_feed(text[:HEAD_LENGTH], url)
        if named:
            return f"it looks like an HTML page; the feed that it names is {named}"
        return "it looks like an HTML page; look it up in a browser, the address may have changed"
    kind = looks_like(body)
    if kind not in _UNTOLD:
        return f"it looks like {kind}"
    return "there is neither RSS nor Atom in it, or not one whole entry"


def _named_feed(page: str, url: str) -> str | None:
    """Return the address of the first feed that a page names in its head."""
    links = (link[0] for link in _LINK.finditer(page) if _FEED_TYPE.search(link[0]))
    named = (address[1] for link in links if (address := _ADDRESS.search(link)))
    addresses = (followable(clean(unescape(address)), url) for address in named)
    return next(filter(None, addresses), None)
