"""The words of a text, where they stand, and what may stand between two words of one term.

The rules are those of rules/README.md, "What a term matches", points 1, 2 and 5.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from watch.core.words.folding import fold, fold_letter
from watch.core.words.shape import (
    DIGIT,
    HANGUL,
    HIRAGANA,
    INVISIBLE,
    KATAKANA,
    LATIN,
    LETTERS,
    MARK,
    OTHER,
    PARAGRAPH,
    PROLONGED,
    SPACED,
    UNSPACED,
    shape,
)


class Word(NamedTuple):
    """A word of a text: a run of letters of one script, a run of digits, an unspaced letter."""

    start: int
    end: int
    after: int
    """Where the gap to the next word begins: behind a possessive, which is no word."""
    script: str
    """The shape of its letters; `d` for digits."""
    folded: str

    @property
    def is_unspaced(self) -> bool:
        """Whether it is one letter of a script that does not part words by spaces."""
        return self.script in UNSPACED

    def moved(self, by: int) -> "Word":
        """Return the word as it stands in a text whose chunk it was found in."""
        start, end, after, script, folded = self
        return Word(start + by, end + by, after + by, script, folded)


def _letter(letters: str) -> str:
    # Possessive: a letter is never parted from its marks.
    return f"[{letters}]m*+"


def _word(letters: str) -> str:
    """Return the pattern of a word of one script: an abbreviation, U.N. or С.Ш.А., or a run.

    Single letters joined by stops are one word; the last stop belongs to it.
    """
    one = _letter(letters)
    abbreviation = rf"{one}(?:\.{one}(?![{letters}]))+\.?"
    return f"(?:{abbreviation}|(?:{one})+)"


# ’s behind a Latin word or a number, and a bare apostrophe behind an s.
_POSSESSIVE = rf"(?:'s(?![Lsm])|(?<=s)'(?![{LETTERS}d]))?"
_OTHERS = "|".join(_word(script) for script in SPACED if script not in "Ls")
_WORD = re.compile(
    rf"(?P<latin>{_word('Ls')}|d[dm]*){_POSSESSIVE}|(?P<spaced>{_OTHERS})|{_letter(UNSPACED)}"
)


_NEVER_WITHIN = ',.;:!?"()'
"""What stands before or behind a word, and alone belongs to none."""
_PLAIN = re.compile(r"[a-zA-Z]+(?: [a-zA-Z]+)*")
_LETTERS_ALONE = re.compile(r"[a-zA-Z]+")


def is_plain(text: str) -> bool:
    """Whether a text is words of the letters a to z, parted by single spaces; most terms are."""
    return _PLAIN.fullmatch(text) is not None


def words(text: str) -> list[Word]:
    """Return all words of the text, in order."""
    # The most frequent kinds by far need none of what follows.
    if text.isascii():
        letters = text.strip(_NEVER_WITHIN)
        if letters.isalpha():
            start = text.find(letters)
            end = start + len(letters)
            return [Word(start, end, end, LATIN, letters.lower())]
    if is_plain(text):
        return [
            Word(match.start(), match.end(), match.end(), LATIN, match[0].lower())
            for match in _LETTERS_ALONE.finditer(text)
        ]
    kinds = shape(text)
    places: Sequence[int] = range(len(text))
    if INVISIBLE in kinds:
        # What is invisible is not there: the words are found without it, and their places kept.
        places = [place for place, kind in enumerate(kinds) if kind != INVISIBLE]
        kinds = kinds.replace(INVISIBLE, "")
    found: list[Word] = []
    for match in _WORD.finditer(kinds):
        start, end = match.start(), match.end()
        named = match.lastgroup
        if named is None:
            found.extend(_letters(text, places[start], places[end - 1] + 1))
            continue
        last = match.end(named)
        script = LATIN if kinds[start] == "s" else kinds[start]
        begin, behind = places[start], places[last - 1] + 1
        found.append(Word(begin, behind, places[end - 1] + 1, script, fold(text[begin:behind])))
    return found


def _letters(text: str, start: int, end: int) -> list[Word]:
    """Return what a letter of an unspaced script and its marks are: mostly one word.

    A sign for several letters (`㍿`) is several, all at its place.
    """
    parts: list[list[str]] = []
    for char in fold_letter(text[start:end]):
        if parts and shape(char) == MARK:
            parts[-1].append(char)
        else:
            parts.append([char])
    first = shape(text[start])
    return [
        Word(start, end, end, first if not index else shape(part[0]), "".join(part))
        for index, part in enumerate(parts)
    ]


_LINE_BREAK = re.compile("\r\n|\r|\n")
_SEPARATOR = r"[ \r\n'\",/(-]"
# A full stop with white space behind it, or behind quotes or brackets that close after it, ends
# a sentence; so do two stops in a row.
_STOP = r"\.(?!['\"(]*[ \r\n])(?!\.)"
_BETWEEN = re.compile(rf"(?:{_SEPARATOR}|{_STOP})*|·")
_BEHIND_SHORT = re.compile(rf"\.(?!\.)(?:{_SEPARATOR}|{_STOP})*")
_BESIDE_DIGIT = re.compile(r"[ \r\n]*|-")
_INSIDE = re.compile(r"[ \r\n]*")
_SHORT_WORD = 3
"""Letters of the longest word that a full stop may abbreviate: `Gen.`"""


def gap_shape(gap: str) -> str:
    """Return the shape of what stands between two words; what is invisible is not there."""
    return shape(gap).replace(INVISIBLE, "")


def has_one_line_break_at_most(gap: str) -> bool:
    """Whether a gap of this shape breaks the line once at the most: no blank line is in it."""
    return PARAGRAPH not in gap and len(_LINE_BREAK.findall(gap)) <= 1


def may_part(gap: str, left: Word, right: Word) -> bool:
    """Whether a gap of this shape may part two words of one term."""
    if not gap or gap == " ":
        return True
    if not has_one_line_break_at_most(gap):
        return False
    if (left.script == DIGIT) != (right.script == DIGIT):
        return _BESIDE_DIGIT.fullmatch(gap) is not None
    if _BETWEEN.fullmatch(gap):
        return True
    is_short = left.script in SPACED and len(left.folded) <= _SHORT_WORD
    return is_short and _BEHIND_SHORT.fullmatch(gap) is not None


def may_stretch(gap: str, left: Word, right: Word, *, begins_written_word: bool) -> bool:
    """Whether a gap may stand between two letters that the term writes side by side.

    In scripts without spaces white space may stand anywhere, but not so that the end of one
    written word and the beginning of the next make a third: `인도` is not in `확인 도중`. So the
    mention must begin a written word; only a line break (outside Hangul, which breaks lines at
    its spaces) is let pass anywhere.
    """
    if not gap:
        return True
    if not _INSIDE.fullmatch(gap) or not has_one_line_break_at_most(gap):
        return False
    is_hangul = HANGUL in {left.script, right.script}
    return begins_written_word or (not is_hangul and _LINE_BREAK.search(gap) is not None)


def begins_written_word(text: str, word: Word) -> bool:
    """Whether no letter or digit of any script stands right before the word."""
    before = _before(text, word.start)
    return before != DIGIT and before not in LETTERS


_KANA = frozenset((KATAKANA, HIRAGANA))


def is_whole_kana(text: str, first: Word, last: Word) -> bool:
    """Whether no kana of the same kind goes on before `first` or after `last`."""
    before, kind = _before(text, first.start), kind_of(text, last)
    goes_on_before = before in _KANA and first.script in {before, PROLONGED}
    goes_on_after = kind in _KANA and goes_on(kind, _after(text, last.end))
    return not goes_on_before and not goes_on_after


def kind_of(text: str, word: Word) -> str:
    """Return the script of a word; the sign of a long vowel is of the kana that it lengthens."""
    return _before(text, word.end) if word.script == PROLONGED else word.script


def goes_on(kind: str, script: str) -> bool:
    """Whether a letter goes on a run of a kind; the sign of a long vowel goes on any kana."""
    return kind == script if script != PROLONGED else kind in _KANA


_MOST_SIGNS = 100
"""Signs of long vowels in a row; no word has more than a few."""


def _before(text: str, index: int) -> str:
    """Return the shape of the letter or sign before an index, past what is written on it.

    The sign of a long vowel counts as the kana before it, as katakana where there is none.
    """
    signs = 0
    for at in range(index - 1, -1, -1):
        kind = shape(text[at])
        if kind == PROLONGED and signs < _MOST_SIGNS:
            signs += 1
        elif kind not in {INVISIBLE, MARK}:
            return kind if not signs or kind in _KANA else KATAKANA
    return KATAKANA if signs else OTHER


def _after(text: str, index: int) -> str:
    for at in range(index, len(text)):
        kind = shape(text[at])
        if kind != INVISIBLE:
            return kind
    return OTHER
