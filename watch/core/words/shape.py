r"""Each character's class: a text becomes a string of the same length over a small alphabet.

Segmentation and gaps are then plain regular expressions over that string, and every offset in
it is an offset in the text.

    letters of scripts with spaces   L Latin (s: the letter s)  G Greek  Y Cyrillic  R Arabic
                                     W Hebrew  N Armenian  V Devanagari  M Tamil  A any other
    letters of scripts without       C Han  H Hangul  K katakana  J hiragana  k ー of either
                                     T Thai, Lao, Khmer, Burmese
    d digit    m mark    i invisible
    between words: space, \n, \r, p paragraph, - dash, ' apostrophe, " quote, , comma, / slash,
                   ( bracket, . full stop, · middle dot, ! anything else
"""

import unicodedata

LATIN = "L"
GREEK = "G"
CYRILLIC = "Y"
ARABIC = "R"
HEBREW = "W"
ARMENIAN = "N"
DEVANAGARI = "V"
TAMIL = "M"
OTHER_SCRIPT = "A"
HAN = "C"
HANGUL = "H"
KATAKANA = "K"
HIRAGANA = "J"
PROLONGED = "k"
SOUTH_EAST_ASIAN = "T"
DIGIT = "d"
INVISIBLE = "i"
MARK = "m"
PARAGRAPH = "p"
OTHER = "!"

SPACED = "LsGYRWNVMA"
"""Letters of scripts that part words by spaces."""
UNSPACED = "CHKJkT"
"""Letters of scripts that do not, or not always."""
LETTERS = SPACED + UNSPACED

# The first word of a character's Unicode name tells its script.
_SCRIPTS = {
    "LATIN": LATIN,
    "GREEK": GREEK,
    "CYRILLIC": CYRILLIC,
    "ARABIC": ARABIC,
    "HEBREW": HEBREW,
    "ARMENIAN": ARMENIAN,
    "DEVANAGARI": DEVANAGARI,
    "TAMIL": TAMIL,
    "CJK": HAN,
    "IDEOGRAPHIC": HAN,
    "BOPOMOFO": HAN,
    "HANGUL": HANGUL,
    "KATAKANA": KATAKANA,
    "KATAKANA-HIRAGANA": PROLONGED,
    "HIRAGANA": HIRAGANA,
    "THAI": SOUTH_EAST_ASIAN,
    "LAO": SOUTH_EAST_ASIAN,
    "KHMER": SOUTH_EAST_ASIAN,
    "MYANMAR": SOUTH_EAST_ASIAN,
}

APOSTROPHES = "'’‘‛`´′‵ʹʻʼʽʾʿˈ՚׳Ꞌꞌ＇"
"""And modifier letters that stand for an apostrophe or a prime in names: Kyivʼs, Sanaʽa, Rusʹ."""
_QUOTES = frozenset('"″‴‶„‟״〃ʺˮ＂')
_COMMAS = frozenset(",،、，﹐﹑､⸲⸴⹁՝፣߸᠂꓾")
_SLASHES = frozenset("/\\⁄∕／＼⧵⧸")
_STOPS = frozenset(".․．﹒")
_MIDDLE_DOTS = frozenset("·•‧∙⋅・･") - {"•"}  # a bullet parts list items, not parts of a name
_DASHES = frozenset("−⁃")  # beside the categories Pd and Pc
_LINE_BREAKS = frozenset("\n\x0b\x0c\x1c\x1d\x1e\x85\u2028")

# Visible although of category Cf: Arabic and Kaithi number signs, end of ayah, Syriac abbreviation.
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd")
# Invisible although no format character: joiners, fillers, vowel inherents, the tatweel that only
# stretches an Arabic word.
_INVISIBLE_OTHERS = frozenset("\u034f\u0640\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def _is_invisible(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _VISIBLE_FORMATS
    if category == "Cc":
        return not char.isspace()
    return (
        char in _INVISIBLE_OTHERS
        or "\ufe00" <= char <= "\ufe0f"  # variation selectors
        or "\u180b" <= char <= "\u180f"
        or "\U000e0100" <= char <= "\U000e01ef"
    )


def _is_mark(char: str) -> bool:
    # Beside the marks: the vowel and final jamo of a syllable in parts, half-width voicing marks.
    return (
        unicodedata.category(char).startswith("M")
        or "\u1160" <= char <= "\u11ff"
        or "\ud7b0" <= char <= "\ud7fb"
        or char in "\uff9e\uff9f"
        # Thai and Lao AM are written after their letter but begin with a mark.
        or char in "\u0e33\u0eb3"
    )


def _is_letter(char: str) -> bool:
    category = unicodedata.category(char)
    if category.startswith("L") or category == "Nl":
        return True
    if category != "So" or unicodedata.decomposition(char).startswith("<super>"):
        return False  # ™ is a sign beside a word, not its last two letters
    parts = unicodedata.normalize("NFKD", char)
    return parts != char and all(unicodedata.category(part).startswith("L") for part in parts)


def _letter_shape(char: str) -> str:
    first = unicodedata.normalize("NFKD", char)[0]
    if first in "sS" and len(unicodedata.normalize("NFKC", char)) == 1:
        return "s"
    return _SCRIPTS.get(unicodedata.name(first, "").partition(" ")[0], OTHER_SCRIPT)


def _gap_shape(char: str) -> str:  # noqa: PLR0911 (a table in the form of code)
    category = unicodedata.category(char)
    if char == "\r" or char in _LINE_BREAKS:
        return "\r" if char == "\r" else "\n"
    if char == "\u2029":
        return PARAGRAPH
    if char.isspace():
        return " "
    if category in {"Pd", "Pc"} or char in _DASHES:
        return "-"
    if category in {"Pi", "Pf"} or char in _QUOTES:
        return '"'
    if category in {"Ps", "Pe"}:
        return "("
    for members, shape in (
        (_COMMAS, ","),
        (_SLASHES, "/"),
        (_STOPS, "."),
        (_MIDDLE_DOTS, "·"),
    ):
        if char in members:
            return shape
    return OTHER


def _shape_of(char: str) -> str:
    if char in APOSTROPHES:
        return "'"
    if _is_invisible(char):
        return INVISIBLE
    if _is_mark(char):
        return MARK
    if _is_letter(char):
        return _letter_shape(char)
    if unicodedata.category(char).startswith("N"):
        return DIGIT
    return _gap_shape(char)


class _Shapes(dict[int, str]):
    """Shapes by code point, each found out when first met."""

    def __missing__(self, code: int) -> str:
        shape = self[code] = _shape_of(chr(code))
        return shape


_SHAPES = _Shapes()


def shape(text: str) -> str:
    """Return the class of each character of the text; as long as the text."""
    return text.translate(_SHAPES)
