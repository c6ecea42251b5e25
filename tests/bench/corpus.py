"""Documents and names of this benchmark's own making; the same seed makes the same.

Words are syllables in a row, and are drawn as Zipf has it: the n-th most frequent comes up 1/n as
often as the first. Names are made of words that occur in no document unless they are planted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

VOCABULARY = 30_000
"""Different words of a language, before capitals and signs."""
WORDS_OF = {"short": 30, "news": 150, "long": 16_000}
"""Words in a document of each size: some 0.2, 1 and 100 kB of English."""

_LATIN = """
    ba be bi bo bu ca ce co da de di do fa fe fi ga ge go ha he hi in an en on er or al is at la le
    li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to tu va ve
"""
_CYRILLIC = """
    ба бе би бо ва ве ви во да де ди до за зе ка ко ла ле ли ло ма ме ми мо на не ни но па пе по
    ра ре ри ро са се си со та те ти то ту ча ше ен ан он ер ор ал ис ат
"""
_HANGUL = " ".join(
    chr(0xAC00 + 588 * lead + 28 * vowel) for lead in range(19) for vowel in range(5)
)
_SYLLABLES = {"en": _LATIN.split(), "ru": _CYRILLIC.split(), "ko": _HANGUL.split()}
_MARKERS = {"en": "zu", "ru": "жу", "ko": "꿍"}
"""A syllable that only names have."""


@dataclass(frozen=True, slots=True)
class Language:
    """The words of a made-up language, the most frequent first."""

    code: str
    words: tuple[str, ...]
    weights: tuple[float, ...]


def a_language(code: str) -> Language:
    """Return a language that is written as the real one of that code is."""
    random = Random(f"words of {code}")  # noqa: S311 (a benchmark)
    syllables = _SYLLABLES[code]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        # Frequent words are short; of one or two syllables there are enough for the first 1,500.
        count = random.randint(1, min(4, 2 + len(words) // 1_500))
        words["".join(random.choices(syllables, k=count))] = None
    weights = tuple(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    return Language(code, tuple(words), weights)


def names(language: Language, count: int) -> list[str]:
    """Return so many different names of one to three words."""
    random = Random(f"names of {language.code}")  # noqa: S311 (a benchmark)
    marker = _MARKERS[language.code]
    found: dict[str, None] = {}
    while len(found) < count:
        rare = random.choice(language.words) + marker + random.choice(language.words)
        others = random.choices(language.words, k=random.randint(0, 2))
        found[" ".join([rare, *others])] = None
    return list(found)


def documents(
    language: Language, size: str, count: int, planted: Sequence[str], *, each: int
) -> list[str]:
    """Return so many texts with so many of the names planted in each."""
    random = Random(f"{size} documents in {language.code}")  # noqa: S311 (a benchmark)
    return [
        _text(random, language, WORDS_OF[size], random.choices(planted, k=each))
        for _ in range(count)
    ]


def _text(random: Random, language: Language, words: int, planted: Sequence[str]) -> str:
    drawn = random.choices(language.words, cum_weights=language.weights, k=words)
    for name in planted:
        drawn.insert(random.randrange(len(drawn)), name)
    sentences = []
    while drawn:
        length = random.randint(8, 25)
        sentence, drawn = drawn[:length], drawn[length:]
        sentence[len(sentence) // 2] += ","
        sentences.append(" ".join([sentence[0].capitalize(), *sentence[1:]]) + ".")
    paragraphs = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    return "\n\n".join(paragraphs)
