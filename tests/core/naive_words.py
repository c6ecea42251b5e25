"""The words of a text, for the naive twin: points 1, 4 and 5 of rules/README.md, as they say it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from unicodedata import digit, name, normalize

import regex

KANA = ("Katakana", "Hiragana")
UNSPACED = (*KANA, "Han", "Hangul", "Thai", "Lao", "Khmer", "Myanmar")
INFLECTED = ("Latin", "Cyrillic", "Arabic", "Hebrew", "Greek", "Armenian", "Devanagari", "Tamil")
NUMBER = "a run of digits"
APOSTROPHES = "'‘’‛ʹʻʼʽʾʿˈ`′׳՚"

LOOK_ALIKES = str.maketrans(
    {"æ": "ae", "œ": "oe", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"ى": "ي", "ی": "ي", "ک": "ك"}
)
ACCENT = regex.compile(
    r"(?=\p{M})[\p{Inherited}\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}]"
)
INVISIBLE = regex.compile(r"(?!\s|[\x1c-\x1f])[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u0640]")
# A letter with its marks, a syllable of Hangul in one or more code points, or any other sign.
CLUSTER = regex.compile(
    r"(?s)\p{Hangul}[\u1160-\u11ff\ud7b0-\ud7ff]*\p{M}*|\p{N}|.[\p{M}\uff9e\uff9f]*"
)
# Apostrophes and accents that Unicode counts as letters are signs; the long mark of kana is none.
LETTER = regex.compile(r"(?!(?!ー)[\p{Lm}&&\p{Script=Common}])[\p{L}\p{Nl}]", regex.V1)


@dataclass(frozen=True, kw_only=True)
class Character:
    """A visible character in its plain form: a letter or digit with its marks, or a sign."""

    base: str
    marks: str = ""
    start: int
    end: int
    script: str
    """NUMBER for a digit, empty for a sign."""

    @property
    def is_capital(self) -> bool:
        return self.base.isupper() or self.base.istitle()

    @property
    def folded(self) -> str:
        if self.base.isdecimal():
            return str(int(self.base))
        if self.base in "йЙ":
            return "й"
        if self.script in UNSPACED:
            return self.base + self.marks
        bare = ACCENT.sub("", normalize("NFD", self.base + self.marks))
        return normalize("NFC", bare).casefold().translate(LOOK_ALIKES)


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of a text, or of a term, with what parts it from the word before it."""

    characters: tuple[Character, ...]
    end: int
    """Behind the last stop of an abbreviation."""
    gap: str

    @property
    def start(self) -> int:
        return self.characters[0].start

    @property
    def script(self) -> str:
        return self.characters[0].script

    @cached_property
    def folded(self) -> str:
        return "".join(character.folded for character in self.characters)

    @property
    def exact(self) -> str:
        return "".join(character.base + character.marks for character in self.characters)


def words_of(text: str) -> list[Word]:
    """Return the words of a text; in scripts without spaces each letter is one."""
    runs = runs_of(text)
    words: list[Word] = []
    gap, at = "", 0
    while at < len(runs):
        if not runs[at][0].script:
            gap, at = gap + runs[at][0].base, at + 1
            continue
        behind = at + abbreviation_at(runs, at)
        letters = tuple(c for run in runs[at:behind] for c in run if c.script)
        words.append(Word(characters=letters, end=runs[behind - 1][-1].end, gap=gap))
        gap, at = "", behind + possessive_at(runs, behind, letters[-1])
    return words


def runs_of(text: str) -> list[list[Character]]:
    """Return the characters of a text: runs of letters of a script or of digits, single signs."""
    runs: list[list[Character]] = []
    for character in characters_of(text):
        if runs and character.script == runs[-1][0].script not in ("", *UNSPACED):
            runs[-1].append(character)
        else:
            runs.append([character])
    return runs


def characters_of(text: str) -> list[Character]:
    """Return the visible characters of a text, other forms of one as the plain ones."""
    offsets = [offset for offset, sign in enumerate(text) if not INVISIBLE.match(sign)]
    found: list[Character] = []
    for cluster in CLUSTER.finditer("".join(text[offset] for offset in offsets)):
        start, end = offsets[cluster.start()], offsets[cluster.end() - 1] + 1
        for sign in plain(cluster[0]):
            before = found[-1] if found else None
            if regex.match(r"\p{M}", sign) and before and before.script not in ("", NUMBER):
                found[-1] = replace(before, marks=before.marks + sign, end=end)
            else:
                found.append(Character(base=sign, start=start, end=end, script=script_of(sign)))
    return found


def plain(cluster: str) -> str:
    """Return the plain form of a letter with its marks, where that is letters or digits alone."""
    if cluster[0] in "™℠´":
        return cluster.translate({ord("℠"): "™", ord("´"): "`"})
    normal = normalize("NFKC", cluster)
    if regex.fullmatch(r"\p{Nd}+|[\p{L}\p{Nl}\p{M}]+|\P{N}", normal):
        return normal
    return str(digit(cluster[0], cluster[0])) + cluster[1:]


@cache
def script_of(base: str) -> str:
    """Return the script of a letter, NUMBER for a digit, nothing for a sign."""
    if regex.match(r"\p{Nd}|\p{No}", base):
        return NUMBER
    if not LETTER.match(base):
        return ""
    if base == "ー":
        return "Katakana"
    known = (*INFLECTED, *UNSPACED)
    named = (script for script in known if regex.match(rf"\p{{Script={script}}}", base))
    # The names of all other letters begin with that of their script.
    return next(named, name(base, "?").split()[0])


def abbreviation_at(runs: Sequence[Sequence[Character]], at: int) -> int:
    """Return how many runs make one word: more than one in an abbreviation with stops."""

    def is_single_letter(index: int) -> bool:
        script = runs[index][0].script
        is_letter = script not in ("", NUMBER, *UNSPACED)
        return is_letter and len(runs[index]) == 1 and script == runs[at][0].script

    def has_stop(index: int) -> bool:
        return index < len(runs) and runs[index][0].base == "."

    if not is_single_letter(at):
        return 1
    behind = at + 1
    while has_stop(behind) and behind + 1 < len(runs) and is_single_letter(behind + 1):
        behind += 2
    return behind - at + (behind > at + 1 and has_stop(behind))


def possessive_at(runs: Sequence[Sequence[Character]], at: int, before: Character) -> int:
    """Return how many runs are the possessive of the word that ends with a letter or digit."""
    signs = ["".join(c.base + c.marks for c in run) for run in runs[at : at + 2]]
    if not signs or signs[0] not in tuple(APOSTROPHES):
        return 0
    if before.script in ("Latin", NUMBER) and signs[1:] in (["s"], ["S"]):
        return 2
    is_bare = not signs[1:] or not runs[at + 1][0].script
    return int(is_bare and before.base in "sS")
