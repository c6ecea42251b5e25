"""The words of a text, where they stand, and what may stand between two words of one term.

The rules are those of rules/README.md, "What a term matches", points 1, 2 and 5.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from watch.core.words.folding import fold, fold_letter
from watch.core.words.shape import (
    DIGIT,
    HANGUL,
    HIRAGANA,
    INVISIBLE,
    KATAKANA,
    LETTERS,
    MARK,
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


def _letter(letters: str) -> str:
    return f"[{letters}](?:i*m)*"


def _run(letters: str) -> str:
    return f"{_letter(letters)}(?:i*{_letter(letters)})*"


_RUNS = "|".join(_run("Ls" if script == "L" else script) for script in SPACED if script != "s")
# Single letters joined by stops, U.N. or С.Ш.А., unless they go on from a longer word (www.x.y).
_ABBREVIATION = (
    rf"(?<![{SPACED}])(?<![{SPACED}]\.)"
    rf"{_letter(SPACED)}(?:i*\.i*{_letter(SPACED)}(?!i*[{SPACED}]))+(?:i*\.)?"
)
# ’s behind a Latin word or a number, and a bare apostrophe behind an s.
_POSSESSIVE = rf"(?:(?<=[Lsdm.])i*'i*s(?!i*[Lsm])|(?<=s)i*'(?!i*[{LETTERS}d]))?"
_WORD = re.compile(
    rf"(?P<word>{_ABBREVIATION}|{_RUNS}|d(?:[im]*d)*){_POSSESSIVE}|(?P<letter>{_letter(UNSPACED)})"
)


def words(text: str) -> list[Word]:
    """Return all words of the text, in order."""
    found: list[Word] = []
    kinds = shape(text)
    for match in _WORD.finditer(kinds):
        start, after = match.span()
        if match["word"] is None:
            _add_letters(found, text, start, after)
            continue
        end = match.end("word")
        script = "L" if kinds[start] == "s" else kinds[start]
        found.append(Word(start, end, after, script, fold(text[start:end])))
    return found


def _add_letters(found: list[Word], text: str, start: int, end: int) -> None:
    """Add a cluster of an unspaced script: mostly one letter, sometimes several in one sign."""
    for char in fold_letter(text[start:end]):
        kind = shape(char)
        if kind == MARK and found and found[-1].end >= start and found[-1].is_unspaced:
            last = found.pop()
            found.append(last._replace(end=end, after=end, folded=last.folded + char))
        else:
            found.append(Word(start, end, end, kind, char))


@lru_cache(maxsize=65536)
def chunk_words(chunk: str) -> tuple[Word, ...]:
    """Return the words of a run of text without white space; offsets count from its start."""
    return tuple(words(chunk))


_CHUNK = re.compile(r"\S+")


class Words(Sequence[Word]):
    """The words of a text, each found when it is asked for.

    `counts` tells how many words each chunk of `text.split()` holds.
    """

    def __init__(self, text: str, counts: Sequence[int]) -> None:
        self.text = text
        self._firsts = [0, *accumulate(counts)]
        self._chunks = [match.span() for match in _CHUNK.finditer(text)]

    def __len__(self) -> int:
        return self._firsts[-1]

    def __getitem__(self, index: int) -> Word:  # type: ignore[override]  # no slices are needed
        if not 0 <= index < len(self):
            raise IndexError(index)
        chunk = bisect_right(self._firsts, index) - 1
        start, end = self._chunks[chunk]
        word = chunk_words(self.text[start:end])[index - self._firsts[chunk]]
        if not start:
            return word
        return word._replace(
            start=word.start + start, end=word.end + start, after=word.after + start
        )


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
    """Whether a gap, or its shape, breaks the line once at the most: no blank line is in it."""
    return len(_LINE_BREAK.findall(gap_shape(gap))) <= 1


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
    """Whether no letter, mark or digit stands right before the word."""
    before = _neighbour(text, word.start, -1)
    return before not in {*LETTERS, MARK, DIGIT}


def is_whole_kana(text: str, first: Word, last: Word) -> bool:
    """Whether no kana of the same kind goes on before `first` or after `last`."""
    starts = first.script not in {KATAKANA, HIRAGANA} or (
        _neighbour(text, first.start, -1) != first.script
    )
    ends = last.script not in {KATAKANA, HIRAGANA} or (_neighbour(text, last.end, 1) != last.script)
    return starts and ends


def _neighbour(text: str, index: int, step: int) -> str:
    """Return the shape of the next visible character before (-1) or from (1) an index, or ""."""
    at = index - 1 if step < 0 else index
    while 0 <= at < len(text):
        kind = shape(text[at])
        if kind != INVISIBLE:
            return kind
        at += step
    return ""
