"""HTML to text: all that a person could read on the page, and where its paragraphs end.

Built on html.parser, which keeps the text of any markup: lxml returns nothing, and no error, for
deep nesting and for text of more than 10 MB.
"""

import re
from html.parser import HTMLParser

from watch.core.words.languages import primary_language
from watch.ingest.extract.text import Extract, one_line, tidy

_GAPS = ("", " ", "\t", "\n", "\n\n")
_APART_GAP, _CELL_GAP, _LINE_GAP, _PARAGRAPH_GAP = range(1, 5)
_GAP_AT = {
    tag: gap
    for gap, tags in {
        _PARAGRAPH_GAP: """
            address article aside blockquote body center details dialog dir div dl fieldset
            figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend
            listing main menu nav ol p plaintext pre search section summary table tbody tfoot
            thead title ul xmp""",
        _LINE_GAP: "caption dd dt li optgroup option tr",
        _CELL_GAP: "td th",
        # In a line, but not in a word.
        _APART_GAP: "audio button canvas iframe img input object select svg textarea video",
    }.items()
    for tag in tags.split()
}
_KEPT_SPACE = frozenset({"listing", "plaintext", "pre", "textarea", "xmp"})
_CODE = frozenset({"script", "style"})
_FOLLOWED = frozenset({"h1", "noembed", "noframes", "noscript", "template", "title"})
_SHOWN = "shadowrootmode"
"""A template with this attribute is shown where it stands."""
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SPACES = (" ", "\t", "\n", "\r", "\f")
_MAX_OPEN = 100
"""How deep titles, headings and hidden elements are followed: deeper is hostile."""


def html_to_text(html: str) -> Extract:
    """Return the readable text of a page or a piece of one; never raises.

    The title is that of <title>, which is then not in the text, else the first <h1>; the language
    that of <html lang>. White space is folded as a browser does it, but in <pre>; comments,
    scripts, styles, templates and <noscript> are left out.
    """
    page = _Page()
    page.feed(_without_sections(html))
    page.close()
    return Extract(
        title=page.title or page.heading, text=tidy("".join(page.parts)), language=page.language
    )


class _Page(HTMLParser):
    """Gathers the text of a page in `parts`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.title: str | None = None
        self.heading: str | None = None
        self.language: str | None = None
        self._gap = 0
        """What parts the next words from those before: an index of _GAPS, the widest asked for."""
        self._kept_space = 0
        self._open: list[tuple[str, int]] = []
        """Elements whose text is wanted at their end, and where in `parts` it begins. Those that
        never end are text like any other: a forgotten end tag must not hide half a page."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._gap = _LINE_GAP if self._gap < _LINE_GAP else _PARAGRAPH_GAP
            return
        self._gap = max(self._gap, _GAP_AT.get(tag, 0))
        if tag in _KEPT_SPACE:
            self._kept_space += 1
        elif tag == "html":
            values = dict(attrs)
            self.language = primary_language(values.get("lang") or values.get("xml:lang"))
        elif tag in _FOLLOWED and len(self._open) < _MAX_OPEN and _SHOWN not in dict(attrs):
            self._open.append((tag, len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        self._gap = max(self._gap, _GAP_AT.get(tag, 0))
        if tag in _KEPT_SPACE:
            self._kept_space = max(0, self._kept_space - 1)
        elif tag in _FOLLOWED and any(name == tag for name, _ in self._open):
            self._finish(tag)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in _CODE:
            return
        words = data
        if not self._kept_space:
            words = _SPACE.sub(" ", data)
            if words.startswith(" "):
                self._gap = self._gap or _APART_GAP
            words = words.strip(" ")
        if words:
            self.parts.append(_GAPS[self._gap] + words if self.parts else words)
            self._gap = 0
            if not self._kept_space and data.endswith(_SPACES):
                self._gap = _APART_GAP

    def _finish(self, tag: str) -> None:
        index = max(index for index, (name, _) in enumerate(self._open) if name == tag)
        start = self._open[index][1]
        del self._open[index:]
        if tag == "h1":
            self.heading = self.heading or one_line("".join(self.parts[start:])) or None
            return
        if tag == "title":
            self.title = self.title or one_line("".join(self.parts[start:])) or None
        del self.parts[start:]


def _without_sections(html: str) -> str:
    """Return the page without the marks of <![CDATA[ ]]>, whose text is text like any other.

    Other sections, such as <![if]>, become comments: html.parser raises for some of them.
    """
    if "<![" not in html:
        return html
    return html.replace("<![CDATA[", "").replace("]]>", "").replace("<![", "<! [")
