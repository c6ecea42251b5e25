"""Bytes to text, whatever they were written in, and bytes that are no text told apart."""

import codecs
import importlib
import re
from collections.abc import Sequence
from io import IncrementalNewlineDecoder

from watch.errors import NotReadableError
from watch.ingest.language import guess_language

SAMPLE_LENGTH = 1 << 16
"""How many bytes or characters are judged when a whole document would take too long."""
DECLARATION_LENGTH = 4096
"""How far into a document its charset may be declared, in bytes."""
CONTROL_SHARE = 0.03
"""The share of control characters from which on a text is none."""

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "an office document or a zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf1", "an RTF document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh91AY", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"(\xb5/\xfd", "a zstd archive"),
    (b"7z\xbc\xaf'\x1c", "a 7z archive"),
    (b"SQLite format 3\0", "a database"),
)
_WEB_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# The longer mark first: that of UTF-16 begins that of UTF-32. XML and HTML begin with "<".
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_WIDE = ("utf-8", "big5hkscs", "cp932", "cp949", "euc_jp", "gb18030", "hz", "iso2022_jp", "johab")
_NARROW = (
    *(f"cp125{page}" for page in range(9)),
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    *("cp866", "cp874", "koi8-r", "koi8-u", "mac-cyrillic", "mac-roman", "kz1048"),
)
# A label names the codec that holds the most of what is sent under it (the WHATWG Encoding
# Standard). A label that says UTF-16 was read as ASCII, so it is wrong.
_READ_AS = {codec: codec for codec in (*_WIDE, *_NARROW)} | {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
# Labels of the same standard that Python does not know.
_LABELS = {
    "iso-8859-8-i": "iso8859-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-949": "cp949",
}
_GUESSES = (*_WIDE, *(codec for codec in _NARROW if codec.startswith(("cp", "koi8"))), "iso8859-2")
# Byte for byte, much Western, Central European and Turkish text could be either of these.
_LATIN = ("cp1252", "cp1250", "cp1254")
_DECLARATION = re.compile(
    rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)"
    rb"|<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[\w.:-]{1,40}", re.ASCII)
_CONTROLS = bytes((*range(0x09), *range(0x0E, 0x20), 0x7F))
_UTF_8 = codecs.getincrementaldecoder("utf-8")
_NOT_PLAIN = tuple(start for start, _ in (*_MAGIC, *_MARKS))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(content: bytes, *, declared: Sequence[str | None] = ()) -> str:
    """Return the text of bytes; `declared` are the labels they come with, the best first.

    A byte order mark decides, then a label, then whether it is UTF-8, then a guess. What does
    not decode becomes U+FFFD. UTF-8 goes before labels such as windows-1252, under which any
    bytes decode: those are often wrong, and text that happens to be UTF-8 does not occur.
    """
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content.decode(codec, "replace")
    known = [codec for codec in map(_codec, declared) if codec is not None]
    wide = [codec for codec in known if codec in _WIDE]
    escaped = ["iso2022_jp"] if b"\x1b$" in content else []
    for codec in (*wide, *escaped, "utf-8", *known):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    text = content.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    # What is no UTF-8 hardly ever looks like it in places; what says that it is may be damaged.
    weight = 2 if "utf-8" in known else 10
    if weight * damaged < sum(char > "\x7f" for char in text) - damaged:
        return text
    # As UTF-8 it has more damage than text by now, whatever its label says.
    labelled = next((codec for codec in known if codec != "utf-8"), None)
    return content.decode(labelled or _guess_codec(content), "replace")


def decode_plain(content: bytes) -> str | None:
    """Return what `decode` would, where that is UTF-8 and text beyond doubt; None for all else.

    Its lines end in a line feed. It is decoded in pieces: other threads wait for each.
    """
    if content.startswith(_NOT_PLAIN):
        return None
    decoder = IncrementalNewlineDecoder(_UTF_8(), translate=True)
    pieces = []
    for start in range(0, len(content), SAMPLE_LENGTH):
        piece = content[start : start + SAMPLE_LENGTH]
        if len(piece.translate(None, _CONTROLS)) < len(piece):
            return None
        try:
            is_last = start + SAMPLE_LENGTH >= len(content)
            pieces.append(decoder.decode(piece, final=is_last))
        except UnicodeDecodeError:
            return None
    return "".join(pieces)


def declared_charset(content: bytes) -> str | None:
    """Return the label that the head of an HTML or XML document gives itself."""
    match = _DECLARATION.search(content[:DECLARATION_LENGTH])
    return (match[1] or match[2]).decode("ascii") if match else None


def looks_like(content: bytes) -> str:
    """Return in words what bytes are that are not what their name says."""
    if not content.strip():
        return "an empty file"
    if _WEB_PAGE.match(content):
        return "a web page"
    return _magic_of(content) or "something else"


def refuse_binary(content: bytes) -> None:
    """Raise NotReadableError, saying what it looks like, when bytes are no text.

    NUL bytes occur in text only in UTF-16 and UTF-32.
    """
    looks = _magic_of(content)
    codec = next((codec for mark, codec in _MARKS if content.startswith(mark)), None)
    is_two_wide = codec is not None and codec != "utf-8-sig"
    if looks is None and not is_two_wide:
        sample = content[:SAMPLE_LENGTH].decode("latin-1")
        if "\0" in sample or len(_CONTROL.findall(sample)) > CONTROL_SHARE * len(sample):
            looks = "binary data"
    if looks is not None:
        raise NotReadableError(
            f"not text: looks like {looks}; rename it or take it out of the folder"
        )


def _magic_of(content: bytes) -> str | None:
    return next((words for magic, words in _MAGIC if content.startswith(magic)), None)


def _codec(label: str | None) -> str | None:
    """Return the codec to use for a label; None for one unknown, or that is no charset's."""
    if label is None or not _LABEL.fullmatch(label):
        return None
    plain = label.lower().removeprefix("x-")
    try:
        return _READ_AS.get(codecs.lookup(_LABELS.get(plain, plain)).name)
    except LookupError:
        return None


def _guess_codec(content: bytes) -> str:
    sample = content[:SAMPLE_LENGTH]
    # Cut between words, lest half a character spoil the guess.
    if len(content) > SAMPLE_LENGTH and (cut := max(sample.rfind(b" "), sample.rfind(b"\n"))) > 0:
        sample = sample[:cut]
    # Loaded when it is needed: most bytes are UTF-8, or say what they are.
    from_bytes = importlib.import_module("charset_normalizer").from_bytes
    best = from_bytes(sample, cp_isolation=list(_GUESSES)).best()
    codec = _READ_AS.get(codecs.lookup(best.encoding).name) if best is not None else None
    if codec in _LATIN:
        # The one in which it reads most like a language.
        return max(_LATIN, key=lambda one: guess_language(sample.decode(one, "replace")).score)
    return codec or "cp1252"
