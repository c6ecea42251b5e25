"""What feeds call the elements and attributes that are read, in lower case."""

import re

ENTRIES = frozenset({"item", "entry"})
ROOTS = frozenset({"channel", "feed", "rdf", "rss"})
"""Elements around the entries."""
TEXTS = frozenset(
    """abstract body content content:encoded dc:description dc:title description fullitem
    itunes:subtitle itunes:summary media:description media:title summary title
    xhtml:body""".split()  # noqa: SIM905 (a list to read)
)
"""Elements of which the text is read, with its markup."""
LINES = frozenset(
    """created dc:date dc:language dcterms:created dcterms:issued dcterms:modified guid id issued
    language link modified pubdate published sy:updatefrequency sy:updateperiod ttl
    updated""".split()  # noqa: SIM905 (a list to read)
)
"""Elements of which the words are read."""
EMPTY = frozenset({"enclosure", "link"})
"""Elements that may say all in their attributes."""
PASSED_OVER = frozenset({"author", "contributor", "image", "source", "textinput"})
"""They have titles and links of their own."""
OF_CHANNEL = frozenset(
    {"dc:language", "dc:title", "language", "sy:updatefrequency", "sy:updateperiod", "title"}
    | {"ttl"}
)
"""What is read of a feed itself."""
INHERITED = frozenset({"xml:base", "xml:lang"})
"""Attributes that hold for all elements inside."""
ATTRIBUTES = frozenset(
    {"href", "ispermalink", "lastmod", "mode", "rdf:about", "rel", "src", "title", "type", "url"}
    | INHERITED
)
"""All attributes that are read."""
NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
"""The namespace of each prefix that an element is known by here."""
ALIASES = {"date": "dc:date", "encoded": "content:encoded", "rdf:rdf": "rdf"}
"""What is read as something else."""
_CORE = (
    "http://www.w3.org/2005/atom",
    "http://purl.org/atom/ns#",
    "http://my.netscape.com/rdf/simple/0.9",
    "http://backend.userland.com/rss",
)
_CORE_OF_RDF = "http://purl.org/rss/1.0"
"""Alone: its modules lie below it."""
_PREFIXES = {uri.lower().rstrip("/"): prefix for prefix, uri in NAMESPACES.items()}
_DECLARED = re.compile(
    r"""xmlns:([\w.-]+)\s*=\s*["']([^"'<>]{1,200})["']""", re.ASCII | re.IGNORECASE
)
_DECLARED_WITHIN = 20_000
"""How far from its root a feed may declare prefixes, in characters."""


def usual_prefixes(text: str, root_prefix: str | None) -> dict[str, str]:
    """Return the usual prefix for each that a feed declares or its root has; often none."""
    prefixes = dict.fromkeys(("atom", "rss", (root_prefix or "").lower()), "")
    prefixes["rdf"] = "rdf"
    for prefix, uri in _DECLARED.findall(text[:_DECLARED_WITHIN]):
        plain = uri.strip().lower().rstrip("/")
        if plain.startswith(_CORE) or plain == _CORE_OF_RDF:
            prefixes[prefix.lower()] = ""
        elif plain in _PREFIXES:
            prefixes[prefix.lower()] = _PREFIXES[plain]
    return prefixes
