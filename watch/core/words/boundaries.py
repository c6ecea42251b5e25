"""Where the sentences and paragraphs of a text end.

A boundary is the offset behind the last sign of its sentence or paragraph: white space behind it
belongs to the next. Two offsets are in one sentence when as many boundaries lie at or before
either; `bisect_right(sentence_ends(text), offset)` counts them.
"""

import re

import regex

from watch.core.words.segment import has_one_line_break_at_most
from watch.core.words.shape import INVISIBLE, MARK, PARAGRAPH, SOUTH_EAST_ASIAN, UNSPACED, shape

# Abbreviations that something always follows, mostly a name. With a capital: as typed, or in
# capitals throughout; without: in any case.
_BEFORE_NAMES = frozenset(
    """
    Mr Mrs Ms Messrs Dr Prof St Ste Mt Ft Lt Gen Col Maj Capt Sgt Cpl Pvt Brig Cmdr Adm Amb Rev Hon
    Sen Rep Gov Pres vs cf approx Fr Hr Str bzw ca vgl Dipl Ing Mme Mlle Mgr Sra Srta Dra Gral Cnel
    Tte Dott Avv Sig Dhr Mevr prof ks św płk mjr ppłk kpt ul np tzn tzw inż mgr např tzv
    ул просп пер пл им св см ср тов ген полк проф акад вул див напр κος κα
    """.split()  # noqa: SIM905 (a list of words reads best as words)
)
# Abbreviations if a number follows.
_BEFORE_NUMBERS = frozenset(
    "no nos nr núm vol fig sec art ch pp str рис табл стр ст гл".split()  # noqa: SIM905
)
# Abbreviations that a sentence may end with as well.
_ANYWHERE = frozenset(
    """
    Inc Ltd Corp Co Bros Jr Sr etc al Dept Univ Div Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec
    Ave Blvd Rd Calif Conn Fla Mass Mich Minn Okla Penn Tenn Tex Wash Wis Mio Mrd Tsd evtl ggf usw
    inkl Abs tys mln mld godz тыс тис млн млрд руб коп грн долл обл др пр гг вв рр
    """.split()  # noqa: SIM905
)
# Words that begin a sentence and are hardly ever names: an abbreviation before them ends one.
_BEGINNERS = frozenset(
    """
    The This That These Those There Then They We It Its His Her Their Our But And If When While
    After Before Since Because However Meanwhile For With From Both Also Although What Who How Why
    Der Die Es Sie Wir Ihr Diese Dieser Dieses Aber Und Nach Bei Für Auch Les Il Elle Ils Cette Ces
    Los Las Pero Este Esta Он Она Они Оно Это Эти Но По При Для Как Однако Вони Вона Це Але
    """.split()  # noqa: SIM905
)
# A number and its full stop are an ordinal before these.
_COUNTED = frozenset(
    """
    Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
    Jahrhundert Jahrestag Armee Division Brigade Bataillon
    """.split()  # noqa: SIM905
)

_LONGEST = 12
"""Characters of a word before a full stop that are looked at; no abbreviation is as long."""

_CERTAIN = r"[\p{STerm}--[.!?۔․．﹒၊]]"
_DOUBTFUL = "[.!?…۔․．]"
_CLOSING = r"""\p{Pe}\p{Pf}\p{Cf}"'"""
_STOP = regex.compile(
    rf"""
    # Stops in a row, also parted by spaces as an ellipsis may be. ; asks in Greek.
    (?: (?P<certain>{_CERTAIN}) | {_DOUBTFUL} | (?<=\p{{Greek}})[;\u037e] )
    (?: {_CERTAIN} | {_DOUBTFUL} | \x20[.…] )*+
    (?P<closed> (?(certain) [{_CLOSING}] | [{_CLOSING}\p{{Pi}}] )*+ )
    """,
    regex.VERBOSE | regex.VERSION1,
)
_WORD_BEFORE = regex.compile(r"[\p{L}\p{M}\p{Cf}]*\Z")
_DAY_BEFORE = regex.compile(r"(?<!\d)\d\d?\Z")
_WORD_BEHIND = regex.compile(
    r"""[\s\p{Ps}\p{Pi}\p{Pf}\p{Pd}"'¿¡\p{Cf}]*+(?P<word>\d|[\p{L}\p{M}]{0,20}+)"""
)
_QUOTATIVE = frozenset("とっ")
"""What goes on behind a quotation in Japanese: 「…。」と述べた."""

_SPACES = re.compile(f"[ \r\n{PARAGRAPH}{INVISIBLE}]+")


def paragraph_ends(text: str) -> list[int]:
    """Return the offset behind each paragraph: a blank line, U+2029 or the text's end follows."""
    kinds = shape(text)
    gaps = (gap for gap in _SPACES.finditer(kinds) if not has_one_line_break_at_most(gap[0]))
    ends = [gap.start() for gap in gaps if gap.start()]
    last = len(kinds.rstrip(f" \r\n{PARAGRAPH}{INVISIBLE}"))
    if last and (not ends or ends[-1] < last):
        ends.append(last)
    return ends


def sentence_ends(text: str) -> list[int]:
    """Return the offset behind each sentence: a stop and what closes behind it, or a paragraph.

    A stop does not end it when it belongs to an abbreviation, a number or an initial, nor when
    the next word begins with a small letter. A line break alone ends nothing.
    """
    ends = set(paragraph_ends(text))
    ends.update(stop.end() for stop in _STOP.finditer(text) if not _goes_on(text, stop))
    return sorted(ends)


def _goes_on(text: str, stop: regex.Match[str]) -> bool:
    """Whether a sentence goes on behind a stop."""
    if stop["certain"]:
        return bool(stop["closed"]) and text[stop.end() : stop.end() + 1] in _QUOTATIVE
    if not text[stop.end() : stop.end() + 1].isspace():
        return True  # within something, as in 3.5; what ends the text is a paragraph's end
    behind = _WORD_BEHIND.match(text, stop.end())
    following = behind["word"] if behind else ""
    if _is_small(following[:1]):
        return True
    is_full_stop = stop[0][0] in ".۔․．" and stop[0][1:] == stop["closed"]
    before = text[max(0, stop.start() - _LONGEST) : stop.start()]
    return is_full_stop and _is_abbreviated(before, following)


def _is_abbreviated(before: str, following: str) -> bool:
    """Whether a full stop after `before` belongs to its last word, not to the sentence."""
    found = _WORD_BEFORE.search(before)
    word = found[0] if found else ""
    kinds = shape(word).replace(MARK, "").replace(INVISIBLE, "")
    if not kinds:
        return _DAY_BEFORE.search(before) is not None and following in _COUNTED
    if kinds[-1] in UNSPACED:
        # Thai and Lao write a full stop in abbreviations alone.
        return kinds[-1] == SOUTH_EAST_ASIAN
    forms = {word, word.lower(), word.capitalize() if word.isupper() else word}
    if not forms.isdisjoint(_BEFORE_NAMES):
        return True
    if word.lower() in _BEFORE_NUMBERS:
        return following.isdecimal()
    is_short = len(kinds) == 1 or not forms.isdisjoint(_ANYWHERE)
    return is_short and following not in _BEGINNERS


def _is_small(letter: str) -> bool:
    """Whether it is a small letter of a script that begins its sentences with capitals."""
    return letter.islower() and letter.title() != letter  # Georgian has small letters alone
