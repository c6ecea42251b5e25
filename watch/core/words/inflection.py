"""When a word of a text is another form of a word of a term (rules/README.md, point 4).

A relation has two sides. `key` is equal for all forms of one word, and may merge more: the
matcher finds candidates by it. `holds` is exact, and is asked at each candidate. Both take
folded words of one script.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock

import Stemmer

from watch.core.words.endings import CYRILLIC, CYRILLIC_ARTICLE, LATIN, NO_ENDING
from watch.core.words.folding import fold
from watch.core.words.plurals import NOT_PLURAL


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Which words are forms of one word."""

    name: str
    key: Callable[[str], str]
    holds: Callable[[str, str], bool]
    """Of a word as typed and a word of a text, both folded."""


def _same(typed: str, found: str) -> bool:
    return typed == found


AS_TYPED = Relation("as typed", str, _same)


_SHORTEST_STEM = 3
"""Letters that two forms of one word share at least, apart from endings or particles."""


# English: number.

_SIBILANTS_AND_O = ("s", "x", "z", "ch", "sh", "o")
_SHORTEST_MAN = 6
_SHORTEST_PLURAL = 4


def is_plural(one: str, many: str) -> bool:
    """Whether `many` is the English plural of `one`; both folded."""
    if many in NOT_PLURAL:
        return False
    if many == one + "s":
        return not one.endswith("s")
    if many == one + "es":
        return one.endswith(_SIBILANTS_AND_O)
    if one.endswith("y") and len(one) > 1 and one[-2] not in "aeiou":
        return many == one[:-1] + "ies"
    return one.endswith("man") and len(one) >= _SHORTEST_MAN and many == one[:-3] + "men"


def has_singular(typed: str) -> bool:
    """Whether a word typed in small letters may be a plural whose singular counts too."""
    return len(typed) >= _SHORTEST_PLURAL and typed not in NOT_PLURAL


def _english_key(word: str) -> str:
    key = word.rstrip("es")
    match key[-1:]:
        case "y":
            return key[:-1] + "i"
        case "n" if key.endswith("men"):
            return key[:-3] + "man"
    return key


def _english(typed: str, found: str) -> bool:
    return typed == found or is_plural(typed, found)


ENGLISH = Relation("English", _english_key, _english)


# Slavic languages: case endings.


def _slavic_key(word: str, *, letters: str) -> str:
    return word[:_SHORTEST_STEM] + word[_SHORTEST_STEM:].rstrip(letters)


def _slavic(typed: str, found: str, *, lists: dict[str, int]) -> bool:
    if typed == found:
        return True
    shared = 0
    for one, other in zip(typed, found, strict=False):
        if one != other:
            break
        shared += 1
    return any(
        lists.get(typed[stem:], 0) & lists.get(found[stem:], 0)
        for stem in range(_SHORTEST_STEM, shared + 1)
    )


def _slavic_relation(name: str, paradigms: tuple[str, ...]) -> Relation:
    # Of each ending, folded as the words are: the lists it stands in, a bit for each.
    lists: dict[str, int] = {}
    for place, paradigm in enumerate(paradigms):
        for written in paradigm.split():
            ending = fold(written.removeprefix(NO_ENDING))
            lists[ending] = lists.get(ending, 0) | 1 << place
    letters = "".join(sorted(set("".join(lists))))
    return Relation(name, partial(_slavic_key, letters=letters), partial(_slavic, lists=lists))


SLAVIC_CYRILLIC = _slavic_relation("Slavic, Cyrillic", CYRILLIC)
SLAVIC_CYRILLIC_WITH_ARTICLE = _slavic_relation(
    "Slavic, Cyrillic, with article", CYRILLIC + CYRILLIC_ARTICLE
)
SLAVIC_LATIN = _slavic_relation("Slavic, Latin", LATIN)


# Arabic, Persian, Hebrew: particles written together with the word behind them.


def _particle_relation(name: str, particles: str, article: str, letters: str) -> Relation:
    """Return a relation in which a text's word may bear particles that the typed one lacks.

    Of a typed word only the article may lack in the text: what else it begins with is held
    for its own letters.
    """
    pattern = re.compile(particles)

    def holds(typed: str, found: str) -> bool:
        if typed == found:
            return True
        bare = typed.removeprefix(article)
        stems = {typed, bare} if len(bare) >= _SHORTEST_STEM else {typed}
        return any(
            found.endswith(stem) and pattern.fullmatch(found[: len(found) - len(stem)])
            for stem in stems
        )

    return Relation(name, lambda word: word.lstrip(letters), holds)


ARABIC = _particle_relation("Arabic", "[وف]?(?:[بكل]?(?:ال)?|لل)", "ال", "وفبكلا")
"""And, with, like, for, the; `لل` is ل before the article, whose alef is not written then."""
HEBREW = _particle_relation("Hebrew", "ו?(?:[כמ]?ש)?[בכלמ]?ה?", "ה", "והבלמשכ")


# All others: Snowball's stems.


@cache
def snowball(algorithm: str) -> Relation:
    """Return the relation of equal stems by one of Snowball's algorithms.

    Words are folded before they are stemmed, so that accents make no difference here either.
    """
    stemmer, lock = Stemmer.Stemmer(algorithm), Lock()

    def stem(word: str) -> str:
        with lock:  # a stemmer keeps the word in hand within itself
            stemmed: str = stemmer.stemWord(word)
        return stemmed

    return Relation(algorithm, stem, lambda typed, found: stem(typed) == stem(found))
