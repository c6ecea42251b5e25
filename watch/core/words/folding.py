"""What makes no difference between two words is folded away (rules/README.md, point 5)."""

import re
import unicodedata

from watch.core.words.shape import DIGIT, INVISIBLE, LETTERS, MARK, shape

# Marks of Latin, Greek, Cyrillic, Arabic and Hebrew lie in these blocks; those of other scripts
# (kana voicing, vowel signs) are part of their letters and lie elsewhere.
_DROPPED_MARKS = (
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x0898, 0x08FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFB1E, 0xFB1E),
    (0xFE20, 0xFE2F),
)

# After lower-casing. What Unicode does not take apart, but readers hold for one.
_ALIKE = {
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ٱ": "ا",
}


def _folded_char(char: str) -> str:
    if char in _ALIKE:
        return _ALIKE[char]
    code = ord(char)
    kind = shape(char)
    if kind == MARK:
        return "" if code in _UNMARKED else char
    if kind == DIGIT:
        return str(unicodedata.digit(char, char))
    # A fraction's bar stays, so that ½ is not 12; stops, apostrophes and the invisible go.
    return char if kind == "s" or kind in LETTERS or char == "\u2044" else ""


_UNMARKED = dict.fromkeys(
    code
    for first, last in _DROPPED_MARKS
    for code in range(first, last + 1)
    if unicodedata.category(chr(code)).startswith("M")
)
"""Takes those marks away; letters and signs lie among them."""


class _Folded(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded_char(chr(code))
        return folded


_FOLDED = _Folded()


class _Without(dict[int, int | None]):
    """Takes the characters of some shapes away."""

    def __init__(self, shapes: str) -> None:
        self._shapes = shapes

    def __missing__(self, code: int) -> int | None:
        kept = self[code] = None if shape(chr(code)) in self._shapes else code
        return kept


_WITHOUT_INVISIBLE = _Without(INVISIBLE)
_WITHOUT_SIGNS = _Without(f"{INVISIBLE}.'")
_SHORT_I = re.compile("([Ии])([\u0300-\u036f]+)")


def _short_i(match: re.Match[str]) -> str:
    """Return й whole when its breve is among the marks: it is a letter, not an и with a mark."""
    if "\u0306" not in match[2]:
        return match[0]
    return "Й" if match[1] == "И" else "й"


def fold(word: str) -> str:
    """Return the word as all its spellings that make no difference have it.

    For words of scripts with spaces, and for digits. Lengths may change: `ß` becomes `ss`.
    """
    if word.isascii():
        return word.casefold().translate(_FOLDED)
    apart = unicodedata.normalize("NFKD", word)
    # Marks go before the case does: the iota below a Greek letter would become one beside it.
    bare = _SHORT_I.sub(_short_i, apart).translate(_UNMARKED)
    return bare.casefold().translate(_FOLDED)


def unmarked(word: str) -> str:
    """Return the word in its plain letters, case as it is, without what stands on them."""
    if word.isascii():
        return word
    return unicodedata.normalize("NFKD", word).translate(_UNMARKED)


def fold_letter(letter: str) -> str:
    """Return a letter of a script without spaces, with its marks, in its composed full form.

    A sign that stands for several letters (`㍿`) gives them all; what is invisible goes.
    """
    return unicodedata.normalize("NFKC", letter).translate(_WITHOUT_INVISIBLE)


def exact_form(word: str) -> str:
    """Return the word with its letters, case and accents as they are.

    Only the presentation goes: full-width and ligature forms, invisible characters, and the stops
    of an abbreviation.
    """
    return unicodedata.normalize("NFKC", word).translate(_WITHOUT_SIGNS)
