"""PDF to text, page by page, as far as the file says which letters it shows.

pypdf bounds what a stream may unpack to, how deep and how wide a document is; what it cannot
bound, time and memory, the sandbox does.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

from pypdf import PageObject, PasswordType, PdfReader, apply_configuration
from pypdf.generic import DictionaryObject, TextStringObject

from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.extract.charset import looks_like
from watch.ingest.extract.damage import DAMAGE, damage_told
from watch.ingest.extract.text import Extract, own_title, split_title, tidy

MAX_PAGES = 5_000
"""How many pages a PDF may have. Ten seconds are enough for 350 to 1,100 full ones."""
START_LENGTH = 1024
"""How far into a file its first mark may stand, and how far from the end its last, in bytes."""
NAME_PART = 5
"""How long each half of a given name written with a hyphen is at most, in letters."""
GIBBERISH_SHARE = 0.1
"""The share of characters that no script has from which on a text is none."""

_PROTECTED = "protected by a password; save it without one"
_SCAN = (
    "no text in it: its pages are pictures, as a scanner makes them; have the text recognised "
    "(OCR) and put the result in its place"
)
_EMPTY = "no text in it: its pages are empty or drawn; save the text in another form"
_GIBBERISH = (
    "its fonts do not say which letters they show; have the text recognised (OCR) or save it in "
    "another form"
)
_CUT_OFF = "its end is missing: the file may be cut off"
_SOFT_HYPHEN = "\u00ad"
_NO_LETTERS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_LINE_REST = re.compile(r"[ \t\r]+$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
# What stands before a word that a hyphen breaks tells names of the form "Kim Jong-un".
_BROKEN_WORD = re.compile(
    r"(?<![^\W_])(?P<before>[^\W\d_]++\s++)?(?P<left>[^\W\d_]++)"
    r"(?P<hyphen>[-\u2010\u00ad])\n\s*(?P<right>[^\W\d_]++)"
)
# It logs what it mends, with words of the document in it.
_LOG = logging.getLogger("pypdf")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False
_LOSING = frozenset({"pypdf.filters", "pypdf._page", "pypdf._reader"})
"""The modules of it whose warnings, while a page is read, may mean that some of it is lost."""


def read_pdf(content: bytes) -> Extract:
    """Return the text of a PDF, a blank line between pages, words broken by a hyphen mended.

    The title is the one it declares, unless a program made that up, else its first line, which
    then stays in the text: it may be the begin of a sentence. Filled-in fields and written notes
    follow the text of their page; files embedded in it are not read. A PDF that opens without a
    password is read although it is encrypted.
    """
    if b"%PDF-" not in content[:START_LENGTH]:
        raise NotReadableError(f"no PDF: {looks_like(content)}; name it as what it is")
    with damage_told("PDF"), apply_configuration(jbig2dec_binary=None):
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise NotReadableError(_PROTECTED)
        with _losses() as losses:
            pages, missing = _read_pages(reader, losses)
        text = mend_hyphens(tidy(_LINE_REST.sub("", "\n\n".join(filter(None, pages)))))
        if len(_NO_LETTERS.findall(text)) > GIBBERISH_SHARE * len(text):
            raise NotReadableError(_GIBBERISH)
        title = reader.metadata.title if reader.metadata is not None else None
        language = reader.root_object.get("/Lang")
    return Extract(
        title=own_title(title) or split_title(text).title,
        text=text,
        language=primary_language(str(language)),
        unread=(*missing, *([_CUT_OFF] if b"%%EOF" not in content[-START_LENGTH:] else ())),
    )


def mend_hyphens(text: str) -> str:
    """Return a text with the words made whole that a hyphen breaks at the end of a line.

    Where the hyphen may be the word's own it stays, and the line break with it: before a capital,
    in the given name of "Kim Jong-un", and wherever the text elsewhere has the word with its
    hyphen, or both halves as words of their own, and not the whole.
    """
    unbroken = _BROKEN_WORD.sub(" ", text)
    words = frozenset(word.casefold() for word in _WORD.findall(unbroken))
    return _BROKEN_WORD.sub(lambda match: _mended(match, words), text)


def _mended(match: re.Match[str], words: frozenset[str]) -> str:
    before, left, hyphen, right = match.group("before", "left", "hyphen", "right")
    before = before or ""
    whole, first, second = (part.casefold() for part in (left + right, left, right))
    is_name = (
        before[:1].isupper()
        and left[0].isupper()
        and len(left) <= NAME_PART
        and len(right) <= NAME_PART
    )
    is_own = hyphen != _SOFT_HYPHEN and (
        not right[0].islower()
        or (
            whole not in words
            and (f"{first}{hyphen}{second}" in words or {first, second} <= words or is_name)
        )
    )
    return match[0] if is_own else f"{before}{left}{right}"


class _Losses(logging.Handler):
    """Counts what pypdf says it goes on without: streams and objects that it cannot read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.name in _LOSING


@contextmanager
def _losses() -> Iterator[_Losses]:
    losses = _Losses()
    _LOG.addHandler(losses)
    try:
        yield losses
    finally:
        _LOG.removeHandler(losses)


def _read_pages(reader: PdfReader, losses: _Losses) -> tuple[Sequence[str], Sequence[str]]:
    """Return the text of each page, and in words what is missing."""
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise NotReadableError(f"{count} pages; split it into parts of {MAX_PAGES} at most")
    texts: list[str] = []
    broken: list[int] = []
    pictured: list[int] = []
    for number, page in enumerate(reader.pages, 1):
        before = losses.count
        try:
            text = tidy(page.extract_text())
            texts.append(text)
            texts.append("\n".join(_written(page)))
            if not text and _has_picture(page):
                pictured.append(number)
        except DAMAGE:
            losses.count += 1
        if losses.count > before:
            broken.append(number)
    if broken and not any(texts):
        raise NotReadableError("a damaged PDF: no page of it can be read; save it anew")
    if not any(texts):
        raise NotReadableError(_SCAN if pictured else _EMPTY)
    missing = {"damaged, some text may be missing": broken, "pictures without text": pictured}
    return texts, [f"{why}: page {_ranges(pages)}" for why, pages in missing.items() if pages]


def _written(page: PageObject) -> Iterator[str]:
    """Yield what was filled into the fields of a page, and the notes written on it."""
    for reference in page.annotations or ():
        annotation = reference.get_object()
        if not isinstance(annotation, DictionaryObject):
            continue
        match annotation.get("/Subtype"):
            case "/FreeText" | "/Text":
                value = annotation.get("/Contents")
            case "/Widget":
                parent = annotation.get("/Parent", annotation).get_object()
                value = annotation.get("/V", parent.get("/V"))
            case _:
                continue
        plain = value.get_object() if value is not None else None
        if isinstance(plain, TextStringObject):
            yield str(plain)


def _has_picture(page: PageObject) -> bool:
    resources = page.get("/Resources", DictionaryObject()).get_object()
    objects = resources.get("/XObject", DictionaryObject()).get_object()
    return any(item.get_object().get("/Subtype") == "/Image" for item in objects.values())


def _ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers in words: `1-3, 7`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
