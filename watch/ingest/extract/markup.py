"""HTML to text: all that a person could read on the page, and where its paragraphs end.

    html ─► without what nobody sees ─► tags and the words between them ─► words and gaps

No regular expression here goes back over what it has read, so any page takes time in proportion
to its length. html.parser takes ten times as long for the pages of every day, and for ever for
some that are hostile; lxml returns nothing, and no error, for deep nesting and for text of more
than 10 MB.
"""

import re
from collections.abc import Sequence
from html import unescape
from itertools import chain, groupby

from watch.core.words.languages import primary_language
from watch.ingest.extract.text import Extract, one_line, tidy

_GAPS = ("", " ", "\t", "\n", "\n\n")
_APART_GAP, _CELL_GAP, _LINE_GAP, _PARAGRAPH_GAP = range(1, 5)
_GAP_AT = {
    mark + tag: gap
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
    for mark in ("", "/")
}
_KEPT_SPACE = frozenset({"listing", "plaintext", "pre", "textarea", "xmp"})
_READINGS = frozenset({"rp", "rt", "rtc"})
"""How the letters before are pronounced: left in, they would part the letters of a name."""
_FOLLOWED = _READINGS | {"h1", "noembed", "noframes", "noscript", "template", "title"}
_READING_ENDS = _READINGS | {"rb", "ruby"}
"""Tags at which a reading ends, with or without an end tag of its own (HTML, 13.1.2.4)."""
_UNSEEN_TAGS = frozenset({"script", "style"})
_NOTICED = _KEPT_SPACE | _FOLLOWED | _READING_ENDS | {"br"}
_RARE = _KEPT_SPACE | _UNSEEN_TAGS | {"html", "template"}
"""Tags that ask for more than a look at what is between them: most pieces in feeds have none."""
# Kept space is written in characters that no text has (Unicode, 23.7) until the rest is folded.
_KEEP = str.maketrans(" \t\n\r\f", "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4")
_GIVE_BACK = str.maketrans("\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4", " \t\n\r\f")
_IN_LINE = """
    a abbr acronym b base bdi bdo big cite code col colgroup data del dfn em embed font i ins kbd
    label link map mark math meta meter nobr output param path picture progress q rb rp rt rtc ruby
    s samp script slot small source span strike strong style sub sup time track tt u var wbr"""
_NAMES = {tag.removeprefix("/") for tag in _GAP_AT} | _NOTICED | set(_IN_LINE.split())
_MAX_OPEN = 100
"""How deep titles, headings and hidden elements are followed: deeper is hostile."""

# A tag may hold its own marks in quotes; one whose quotes are never closed ends at the next mark,
# and one that the page breaks off in ends with the page.
_TAG = re.compile(
    r"""<(/?[a-z][^\s/<>]*+)
        (?: (?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+>
          | (?:[^<>"']++|"[^"]{0,1000}+"|'[^']{0,1000}+'){0,50}+>
          | [^<>]*+>
          | \s[^<>=]*+=[^<>]*+\Z )""",
    re.IGNORECASE | re.VERBOSE,
)
_QUIET = re.compile(
    r"""</?(?:a|b|em|i|span|strong|u)(?:\s(?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+)?>"""
)
"""Tags that part nothing, in the form they mostly have. They are the most of most pages: without
them at once it takes a fifth less time."""
_UNSEEN = re.compile(
    r"<(?:!--|[!?]|/(?![a-z])|/[a-z][^<>]*+\Z|(?:script|style)(?=[\s/>]))", re.IGNORECASE
)
_CODE_END = {name: re.compile(rf"</{name}[^>]*>", re.IGNORECASE) for name in ("script", "style")}
_SHOWN_TEMPLATE = re.compile(r"<template\b[^<>]*\bshadowrootmode\b[^<>]*>", re.IGNORECASE)
_ROOT = re.compile(r"<html\b([^<>]*)>", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?<!\S)(?:xml:)?lang\s*=\s*[\"']?([^\s\"'<>]*)", re.IGNORECASE)
_NAME = re.compile(r"</?(?:[a-z]+:)?([a-z][a-z0-9]*)(?=[\s/>])", re.ASCII | re.IGNORECASE)
_SPACE_REFERENCE = re.compile(r"&#(?:0*(?:9|10|12|13|32)|x0*(?:9|a|c|d|20));", re.IGNORECASE)


def html_to_text(html: str) -> Extract:
    """Return the readable text of a page or a piece of one; never raises.

    The title is that of <title>, which is then not in the text, else the first <h1>; the language
    that of <html lang>. White space is folded as a browser does it, but in <pre>; comments,
    scripts, styles, templates, <noscript> and the readings of <ruby> are left out. What is never
    closed hides nothing.
    """
    pieces = _TAG.split(_folded(html if "<<" in html else _QUIET.sub("", html)))
    names = {tag.lower().removeprefix("/") for tag in set(pieces[1::2])}
    page = _Page()
    if _RARE.isdisjoint(names) and "<" not in "".join(pieces[::2]):
        page.read(pieces)
    else:
        page.language = _language(html)
        page.keeps_space = not _KEPT_SPACE.isdisjoint(names)
        seen = without_unseen(html)
        page.read(_TAG.split(seen if page.keeps_space else _folded(seen)))
    return Extract(title=page.title or page.heading, text=page.text(), language=page.language)


def looks_like_html(text: str) -> bool:
    """Whether there is a tag of HTML in a text; `<made-up>` and `<a@b.example>` are words."""
    if "<!" in text and ("<!--" in text or "<![CDATA[" in text):
        return True
    return any(tag[1].lower() in _NAMES for tag in _NAME.finditer(text))


def fragment_to_text(fragment: str) -> str:
    """Return the text of what may be HTML or not, as feeds have it.

    Without a tag of HTML it is plain text with character references, whose blank lines part
    paragraphs.
    """
    if "<" in fragment and looks_like_html(fragment):
        return html_to_text(fragment).text
    text = tidy(unescape(fragment))
    if "\n" not in text:
        return _folded(text).strip(" ")
    lines = (_folded(line).strip(" ") for line in text.split("\n"))
    return "\n\n".join(" ".join(group) for filled, group in groupby(lines, bool) if filled)


class _Page:
    """Gathers the text of a page in `parts`; what stands for characters there still does."""

    def __init__(self) -> None:
        self.parts = [""]
        self.title: str | None = None
        self.heading: str | None = None
        self.language: str | None = None
        self.keeps_space = False
        """Whether there are elements in it that do; its space is not folded then."""
        self._kept_space = 0
        self._open: list[tuple[str, int]] = []
        """Elements whose text is wanted at their end, and where in `parts` it begins. Those that
        never end are text like any other: a forgotten end tag must not hide half a page."""

    def text(self) -> str:
        """Return what was read."""
        text = "".join(self.parts).strip(" ")
        return tidy(unescape(text.translate(_GIVE_BACK) if self.keeps_space else text))

    def read(self, pieces: Sequence[str]) -> None:
        """Read words and tags, by turns, among which nothing is that is not seen."""
        wide = {tag: _GAP_AT.get(tag.lower(), 0) for tag in set(pieces[1::2])} | {"": 0}
        noticed = {tag for tag in wide if tag.lower().removeprefix("/") in _NOTICED}
        parts, keeps_space = self.parts, self.keeps_space
        turns = chain(("",), pieces)
        gap = 0
        """What parts the next words from those before: an index of _GAPS, the widest asked for."""
        for tag, between in zip(turns, turns, strict=True):
            words = between
            gap = max(gap, wide[tag])
            if tag in noticed:
                gap = self._notice(tag.lower(), gap)
            if keeps_space:
                words = words.translate(_KEEP) if self._kept_space else _folded(words)
            if not words or (words == " " and gap >= _CELL_GAP):
                continue
            if gap >= _CELL_GAP:
                parts[-1] = parts[-1].rstrip(" ")
                parts.append(_GAPS[gap])
                words = words.lstrip(" ")
            elif gap or words[0] == " ":
                apart = "" if parts[-1].endswith(" ") else " "
                words = apart + words.lstrip(" ")
            if words:
                parts.append(words)
            gap = 0

    def _notice(self, tag: str, gap: int) -> int:
        """Take note of a tag that is more than a gap; return the gap there is then."""
        name = tag.removeprefix("/")
        is_end = name != tag
        if name == "br":
            return gap if is_end else _LINE_GAP if gap < _LINE_GAP else _PARAGRAPH_GAP
        if name in _READING_ENDS and self._open and self._open[-1][0] in _READINGS:
            self._finish(self._open[-1][0])
        if name in _KEPT_SPACE:
            self._kept_space = max(0, self._kept_space + (-1 if is_end else 1))
        elif name in _FOLLOWED and not is_end and len(self._open) < _MAX_OPEN:
            self._open.append((name, len(self.parts)))
        elif is_end and any(other == name for other, _ in self._open):
            self._finish(name)
        return gap

    def _finish(self, name: str) -> None:
        index = max(index for index, (other, _) in enumerate(self._open) if other == name)
        start = self._open[index][1]
        del self._open[index:]
        text = one_line(unescape("".join(self.parts[start:])))
        if name == "h1":
            self.heading = self.heading or text or None
            return
        if name == "title":
            self.title = self.title or text or None
        if name in _READINGS:
            if any("\n" in part for part in self.parts[start:]):
                # No reading has lines: it was never closed.
                return
            self.parts[start - 1] = self.parts[start - 1].rstrip(" ")
        del self.parts[start:]


def _folded(html: str) -> str:
    """Return it with any run of white space as one space."""
    if "&#" in html:
        html = _SPACE_REFERENCE.sub(" ", html)
    for space in "\t\n\f\r":
        html = html.replace(space, " ")
    while "  " in html:
        html = html.replace("  ", " ")
    return html


def _language(html: str) -> str | None:
    root = _ROOT.search(html)
    language = _LANGUAGE.search(root[1]) if root else None
    return primary_language(language[1]) if language else None


def without_unseen(html: str) -> str:
    """Return a page without comments, declarations, instructions, scripts, styles.

    Of what is never closed only its mark goes, but for a script or style: there no words follow.
    """
    if "<![" in html:
        # Sections of text are text like any other.
        html = html.replace("<![CDATA[", "").replace("]]>", "")
    kept, start = [], 0
    endless: set[str] = set()
    for opening in _UNSEEN.finditer(html):
        if opening.start() < start:
            continue
        kept.append(html[start : opening.start()])
        start = opening.end()
        if (code := _CODE_END.get(opening[0][1:].lower())) is not None:
            code_end = code.search(html, start)
            start = code_end.end() if code_end else len(html)
            continue
        # A comment may end with the hyphens that it begins with.
        mark = "-->" if opening[0] == "<!--" else ">"
        end = -1 if mark in endless else html.find(mark, opening.start() + len("<!"))
        if end < 0:
            # Looked for again and again, it would take time without end.
            endless.add(mark)
        else:
            start = end + len(mark)
    kept.append(html[start:])
    return _SHOWN_TEMPLATE.sub("", "".join(kept))
