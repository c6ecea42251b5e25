"""Words to characters: a text becomes a string with one character for each of its words."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from watch.core.words.languages import Inflection
from watch.core.words.segment import Word, words

MarkT = TypeVar("MarkT")

NO_WORD_OF_OURS = "\x01"
"""Stands for every word that occurs in no term."""
_FIRST = 2
_SURROGATES = range(0xD800, 0xE000)
_MOST = 0x10D0E0
"""The last code point up to which the automaton's overlapping search was tried."""

_MOST_CHUNKS = 200_000
_LONGEST_CHUNK = 64
"""Characters; a longer chunk hardly comes again and is not kept."""


class TooManyWordsError(ValueError):
    """A set of terms holds more different words than there are characters for them."""


class _Cache(NamedTuple, Generic[MarkT]):
    encoded: dict[str, str]
    marks: dict[str, MarkT]


class Alphabet(Generic[MarkT]):
    """A private character for each distinct word of some terms, equal for all its forms.

    Chunks, the runs between white space of which a text is made, are remembered, so that the
    real work is done once for each distinct one. `mark` may look at each new chunk's words and
    return what is to be known of it. Safe in threads once all words of the terms are in.
    """

    def __init__(
        self, inflection: Inflection, *, mark: Callable[[Sequence[Word]], MarkT | None]
    ) -> None:
        self._inflection = inflection
        self._mark = mark
        self._characters: dict[str, str] = {}
        self._cache: _Cache[MarkT] = _Cache({}, {})

    def _key(self, word: Word) -> str:
        return self._inflection.of(word.script).key(word.folded)

    def character(self, script: str, folded: str) -> str:
        """Return the character of a term's word, a new one for a new word."""
        key = self._inflection.of(script).key(folded)
        if key not in self._characters:
            code = len(self._characters) + _FIRST
            code += len(_SURROGATES) if code >= _SURROGATES.start else 0
            if code > _MOST:
                raise TooManyWordsError(
                    f"more than {len(self._characters):,} different words; split the rule files"
                )
            self._characters[key] = chr(code)
        return self._characters[key]

    def encode(self, chunks: Sequence[str]) -> tuple[list[str], list[tuple[int, MarkT]]]:
        """Return each chunk as one character for each of its words, and which chunks are marked."""
        if len(self._cache.encoded) > _MOST_CHUNKS:
            # A new one, so that a text being encoded in another thread keeps its own.
            self._cache = _Cache({}, {})
        cache = self._cache
        encoded, marks = [], []
        for index, chunk in enumerate(chunks):
            characters = cache.encoded.get(chunk)
            if characters is None:
                characters, mark = self._encode(chunk, cache)
            else:
                mark = cache.marks.get(chunk)
            encoded.append(characters)
            if mark is not None:
                marks.append((index, mark))
        return encoded, marks

    def _encode(self, chunk: str, cache: _Cache[MarkT]) -> tuple[str, MarkT | None]:
        found = words(chunk)
        characters = self._characters
        encoded = "".join(characters.get(self._key(word), NO_WORD_OF_OURS) for word in found)
        mark = self._mark(found)
        if len(chunk) <= _LONGEST_CHUNK and len(cache.encoded) <= _MOST_CHUNKS:
            if mark is not None:
                cache.marks[chunk] = mark
            cache.encoded[chunk] = encoded
        return encoded, mark
