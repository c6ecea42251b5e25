"""Words to characters: a text becomes a string with one character for each of its words.

A text is cut into chunks that hold whole words, mostly what stands between spaces. Few distinct
ones make up most of all texts, so each is looked at once and remembered: after that, a chunk costs
one look-up.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from watch.core.words.languages import Inflection
from watch.core.words.memory import Memory
from watch.core.words.segment import Word, words
from watch.core.words.shape import APOSTROPHES, UNSPACED, shape

MarkT = TypeVar("MarkT")

NO_WORD_OF_OURS = "\x01"
"""Stands for every word that occurs in no term."""
_FIRST = 2
_SURROGATES = range(0xD800, 0xE000)
_MOST = 0x10D0E0
"""The last code point up to which the automaton's overlapping search was tried."""

_MOST_CHUNKS = 200_000
_MOST_CHUNKS_WITH_HITS = 20_000
_LONGEST_CHUNK = 64
"""Characters; a longer chunk hardly comes again and is not kept."""

# Letters that are words of their own, so that a text may be cut before and behind each: Han, kana,
# Thai, Lao, Khmer, Burmese.
_LONE = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
) + "".join(
    chr(code)
    for block in (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))
    for code in block
    if shape(chr(code)) in UNSPACED
)
_HANGUL = "\uac00-\ud7a3"
"""Letters of their own too, but written with spaces: seldom must a text be cut for them."""
# What belongs to the letter before it although `\w` has it: vowels of Hangul and Thai in parts,
# half-width voicing marks, fillers.
_TAIL = "\u0640\u0e33\u0eb3\u115f-\u11ff\u3164\ud7b0-\ud7fb\uff9e-\uffa0"
_SIGNS = re.escape('/-=&?,;:!#%+@|~<>()[]{}"')
_LONE_LETTER = re.compile(f"[{_LONE}]")
_LONE_WORD = rf"[{_LONE}{_HANGUL}](?:[{_TAIL}]|\W)*"
# Whether an apostrophe belongs to the word before it depends on the letter behind it.
_CUT = re.compile(
    rf"{_LONE_WORD}"
    rf"|[^\s{_LONE}{_HANGUL}{_SIGNS}]+(?:(?<=[\W{APOSTROPHES}]){_LONE_WORD}|[\s{_SIGNS}]*)"
    rf"|[\s{_SIGNS}]+"
)
"""Cuts a text without a rest: what stands between two words belongs to the one before."""


class TooManyWordsError(ValueError):
    """A set of terms holds more different words than there are characters for them."""


class _UncutError(Exception):
    """What stands between two spaces is no chunk to remember: its text is to be cut further."""


class _Chunks(dict[str, str], Generic[MarkT]):
    """Chunks as they are encoded; one that is missing is looked at, and kept unless it is long."""

    def __init__(
        self,
        character_of: Callable[[Word], str],
        mark: Callable[[Sequence[Word]], MarkT | None],
        *,
        is_cut: bool,
    ) -> None:
        super().__init__()
        self._character_of = character_of
        self._mark = mark
        self._marks: dict[str, MarkT] = {}
        self._is_cut = is_cut

    def __missing__(self, chunk: str) -> str:
        is_long = len(chunk) > _LONGEST_CHUNK
        if not self._is_cut and (is_long or _LONE_LETTER.search(chunk)):
            raise _UncutError
        found = words(chunk)
        encoded = "".join(map(self._character_of, found))
        if not is_long and len(self) <= _MOST_CHUNKS:
            mark = self._mark(found)
            if mark is not None:
                self._marks[chunk] = mark
            self[chunk] = encoded
        return encoded

    def marked(self, chunks: Sequence[str]) -> Iterator[tuple[int, MarkT]]:
        """Yield the indices of the chunks that are marked, with their marks."""
        all_are_kept = not self._is_cut and len(self) <= _MOST_CHUNKS
        if all_are_kept and self._marks.keys().isdisjoint(chunks):
            return
        for index, chunk in enumerate(chunks):
            is_kept = chunk in self
            mark = self._marks.get(chunk) if is_kept else self._mark(words(chunk))
            if mark is not None:
                yield index, mark


Passage = tuple[str, int]
"""Some words in a row: the chunks that hold them, as written, and how many words stand in those
before the first."""


class EncodedText(Sequence[Word], Generic[MarkT]):
    """A text as one character for each of its words, and each word where it is asked for.

    `gap` is how many characters stand between two chunks of the text: one or none.
    """

    def __init__(
        self,
        text: str,
        chunks: Sequence[str],
        gap: int,
        encoded: _Chunks[MarkT],
        words_of: Callable[[str], Sequence[Word]],
    ) -> None:
        self._parts = list(map(encoded.__getitem__, chunks))
        self.characters = "".join(self._parts)
        self.is_parted = gap > 0
        """Whether a passage has white space, or an end of the text, on either side."""
        self._text = text
        self._chunks = chunks
        self._gap = gap
        self._encoded = encoded
        self._words_of = words_of
        # Of each chunk, once a word is asked for: its first word, the lengths before it.
        self._firsts: list[int] = []
        self._lengths: list[int] = []
        self._found: dict[int, Word] = {}
        # Of chunks too long to be remembered, while this text is looked at.
        self._long: dict[int, Sequence[Word]] = {}

    def __len__(self) -> int:
        return len(self.characters)

    def __getitem__(self, index: int) -> Word:  # type: ignore[override]  # no slices are needed
        known = self._found.get(index)
        if known is not None:
            return known
        if not 0 <= index < len(self.characters):
            raise IndexError(index)
        if not self._firsts:
            self._locate()
        at = bisect_right(self._firsts, index) - 1
        words_of_chunk = self._long.get(at)
        if words_of_chunk is None:
            words_of_chunk = self._words_of(self._chunks[at])
            if len(self._chunks[at]) > _LONGEST_CHUNK:
                self._long[at] = words_of_chunk
        word = words_of_chunk[index - self._firsts[at]]
        moved = word.moved(self._lengths[at] + at * self._gap)
        self._found[index] = moved
        return moved

    def passage(self, first: int, count: int) -> tuple[int, Passage | None]:
        """Return where the passage that holds so many words begins, and that.

        None where the text ends before them.
        """
        last = first + count - 1
        if last >= len(self.characters):
            return 0, None
        if not self._firsts:
            self._locate()
        firsts, lengths, gap = self._firsts, self._lengths, self._gap
        at = bisect_right(firsts, first) - 1
        end = at + 1 if last < firsts[at + 1] else bisect_right(firsts, last, at)
        start = lengths[at] + at * gap
        written = self._text[start : lengths[end] + (end - 1) * gap]
        return start, (written, first - firsts[at])

    def marks(self) -> Iterator[tuple[int, MarkT]]:
        """Yield the first word of each chunk that is marked, with the mark."""
        for at, mark in self._encoded.marked(self._chunks):
            if not self._firsts:
                self._locate()
            yield self._firsts[at], mark

    def _locate(self) -> None:
        self._firsts = list(accumulate(map(len, self._parts), initial=0))
        self._lengths = list(accumulate(map(len, self._chunks), initial=0))


class Alphabet(Generic[MarkT]):
    """A private character for each distinct word of some terms, equal for all its forms.

    `mark` may look at each new chunk's words and return what is to be known of it. Safe in threads
    once all words of the terms are in.
    """

    def __init__(
        self, inflection: Inflection, *, mark: Callable[[Sequence[Word]], MarkT | None]
    ) -> None:
        self._inflection = inflection
        self._mark = mark
        self._characters: dict[str, str] = {}
        self._words = Memory[str, Sequence[Word]](_MOST_CHUNKS_WITH_HITS)
        self._forget()

    def _forget(self) -> None:
        # New ones, so that a text being read in another thread keeps its own.
        self._between_spaces = _Chunks(self._character_of, self._mark, is_cut=False)
        self._cut = _Chunks(self._character_of, self._mark, is_cut=True)

    def character(self, script: str, folded: str) -> str:
        """Return the character of a term's word, a new one for a new word."""
        key = self._inflection.of(script).key(folded)
        return self._characters.get(key) or self._new_character(key)

    def _new_character(self, key: str) -> str:
        code = len(self._characters) + _FIRST
        if code >= _SURROGATES.start:
            code += len(_SURROGATES)
        if code > _MOST:
            raise TooManyWordsError(
                f"more than {len(self._characters):,} different words; split the rule files"
            )
        character = self._characters[key] = chr(code)
        return character

    def _character_of(self, word: Word) -> str:
        key = self._inflection.of(word.script).key(word.folded)
        return self._characters.get(key, NO_WORD_OF_OURS)

    def encode(self, text: str) -> EncodedText[MarkT]:
        """Return the text as one character for each of its words."""
        if len(self._between_spaces) + len(self._cut) > _MOST_CHUNKS:
            self._forget()
        try:
            chunks = text.replace("\n", " ").split(" ")
            return EncodedText(text, chunks, 1, self._between_spaces, self._words_of)
        except _UncutError:
            return EncodedText(text, _CUT.findall(text), 0, self._cut, self._words_of)

    def _words_of(self, chunk: str) -> Sequence[Word]:
        if len(chunk) > _LONGEST_CHUNK:
            return words(chunk)
        return self._words.get(chunk) or self._words.keep(chunk, words(chunk))
