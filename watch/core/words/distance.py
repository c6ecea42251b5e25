"""How many words stand between two places of a text."""

from bisect import bisect_left, bisect_right

from watch.core.words.segment import words
from watch.core.words.shape import HANGUL


class WordPlaces:
    """Where the words of a text stand that distances are counted in.

    They are those of `segment.words`, and each letter of a script without spaces is one. Hangul
    has spaces: there a word is all letters that neither white space nor another word parts.
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        is_hangul = False
        for word in words(text):
            was_hangul, is_hangul = is_hangul, word.script == HANGUL
            if was_hangul and is_hangul and not _has_space(text[self._ends[-1] : word.start]):
                self._ends[-1] = word.end
            else:
                self._starts.append(word.start)
                self._ends.append(word.end)

    def ended_by(self, offset: int) -> int:
        """Return how many words have ended at an offset."""
        return bisect_right(self._ends, offset)

    def begun_before(self, offset: int) -> int:
        """Return how many words have begun before an offset."""
        return bisect_left(self._starts, offset)

    def between(self, end: int, start: int) -> int:
        """Return how many words stand wholly between the end of one place and the next's start."""
        return max(0, self.ended_by(start) - self.begun_before(end))


def _has_space(gap: str) -> bool:
    return any(map(str.isspace, gap))
