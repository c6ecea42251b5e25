"""Is this the same story: what is kept of a document's wording, and how two are compared. Pure.

Two documents are one story when all of this holds; `is_same_story` has the details:

1. They share most of their wording: at least half of all their different shingles, four words in
   a row, are in both (their Jaccard similarity). Words are those of `watch.core.words`, folded,
   counted as `words/distance.py` counts them.
2. They share their numbers, so that two days of a loss report, the same but for the figures, are
   two stories.
3. The opening of one stands in the other, so that two short texts above one long footer are two.

The similarity is estimated from the smallest hashes of either document's shingles (a bottom-k
sketch: Broder, "On the resemblance and containment of documents", 1997). For that it suffices that
any two hashes are independent (Thorup, "Bottom-k and priority sampling, set similarity and subset
sums with minimal independence", 2013).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, groupby, islice
from typing import NamedTuple

from watch.core.model import Document
from watch.core.words.folding import fold
from watch.core.words.memory import Memory
from watch.core.words.segment import words
from watch.core.words.shape import (
    DIGIT,
    HANGUL,
    INVISIBLE,
    LETTERS,
    MARK,
    UNSPACED,
    shape,
)

SKETCH_SIZE = 256
"""Shingles kept of a document. Measured at a similarity of 0.5, the estimate's standard error is
0.031 with 256 (0.044 with 128, 0.022 with 512); a sketch is at most 2 kB and its numbers."""

FEWEST_WORDS = 30
"""Under so many words only equal wording is one story; as many are a document's opening."""

MARKS = 16
"""Shingles by which a story is found: each of two documents' smallest is in both as probably as
they are alike, so at a similarity of a half all miss once in 65,000 pairs."""

_SHINGLE = 4
_MOST_WORDS = 20_000
_MOST_LETTERS = 150_000
"""What is beyond is not looked at; so much tells whether two texts are one."""

_HALF = 0.5
_HASH_BYTES = 8
_WORD_BYTES = 16
_HEAD = struct.Struct("<QIHH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What tells whether two documents are one story; hashes are of 63 bits, and the same anywhere.

    Of a long document, what its first 20,000 words tell, or its first 150,000 letters.
    """

    digest: int
    """Of the folded words: equal for equal wording."""
    words: int
    """How many."""
    shingles: tuple[int, ...]
    """The hashes of its shingles, ascending: the smallest 256, or all when there are fewer."""
    numbers: frozenset[str]
    """Its different numbers: runs of digits, names of months and of days of the week."""
    opening: frozenset[int] = frozenset()
    """The hashes of the shingles of its first 30 words."""

    def packed(self) -> bytes:
        """Return it as bytes that mean the same to any version of Python and on any machine."""
        hashes = (*self.shingles, *sorted(self.opening))
        head = _HEAD.pack(self.digest, self.words, len(self.shingles), len(self.opening))
        numbers = " ".join(sorted(self.numbers)).encode()
        return head + struct.pack(f"<{len(hashes)}Q", *hashes) + numbers

    @classmethod
    def unpacked(cls, packed: bytes) -> "Sketch":
        """Return the sketch that was packed."""
        digest, count, shingles, opening = _HEAD.unpack_from(packed)
        hashes = struct.unpack_from(f"<{shingles + opening}Q", packed, _HEAD.size)
        numbers = packed[_HEAD.size + _HASH_BYTES * len(hashes) :]
        return cls(
            digest=digest,
            words=count,
            shingles=hashes[:shingles],
            numbers=frozenset(numbers.decode().split()),
            opening=frozenset(hashes[shingles:]),
        )


def sketch_of(document: Document) -> Sketch:
    """Return the sketch of a document's text; one without a word of text goes by its title.

    Measured: 0.6 ms of a busy core for 600 English words, 1.5 ms for 1,000 Chinese ones.
    """
    wording = _wording(document.text)
    if not wording.hashes:
        wording = _wording(document.title)
    shingles = _shingles(wording.hashes)
    digest = blake2b(wording.hashes, digest_size=_HASH_BYTES).digest()
    return Sketch(
        digest=int.from_bytes(digest, "little") >> 1,
        words=len(wording.hashes) // _WORD_BYTES,
        shingles=_smallest(shingles),
        numbers=frozenset(chain(wording.numbers.split(), _doubtful_numbers(wording.folded))),
        opening=frozenset(shingles[: FEWEST_WORDS - _SHINGLE + 1]),
    )


def is_same_story(first: Sketch, other: Sketch) -> bool:
    """Whether two documents tell one story in nearly the same words.

    Equal wording is one story. Otherwise, and where both have 30 words or more, their similarity
    must be 0.5, half of the numbers of the one with fewer must be in the other, and half of the
    shingles of one's opening in the other. So a reprint may have another headline, dateline,
    credit or footer, may be cut or corrected. Documents without any word are never one story.

    What a source puts under all its texts, however long, does not make two of them one when each
    begins with 15 words of its own. What it puts above them, or around fewer words, does only if
    it is longer than the own words of both together and half of the fewer numbers lie in it. Of
    documents longer than a few thousand words too few shingles are kept to look for an opening;
    there, too, a footer would have to outweigh both. A reprint that begins with other words, and
    does not go on with the old ones, counts as new: better one mail too many than one too few.
    """
    if first.digest == other.digest:
        return min(first.words, other.words) > 0
    return (
        min(first.words, other.words) >= FEWEST_WORDS
        and _share_numbers(first, other)
        and _are_alike(first, other)
        and (_opens_in(first, other) or _opens_in(other, first))
    )


def marks_of(sketch: Sketch) -> tuple[int, ...]:
    """Return the numbers under which a story is kept and looked for; of 63 bits, at most 16.

    Two sketches of one story have at least one in common, but for one pair in 65,000 of those that
    are just alike enough. Under 30 words that is the digest; without any word there is none.
    """
    if sketch.words < FEWEST_WORDS:
        return (sketch.digest,) if sketch.words else ()
    return sketch.shingles[:MARKS]


def _are_alike(first: Sketch, other: Sketch) -> bool:
    """Whether half of their different shingles are in both; of most pairs a look tells."""
    shared = len(set(first.shingles).intersection(other.shingles))
    least = _HALF * min(len(first.shingles), len(other.shingles))
    return shared >= least and _likeness(first, other) >= _HALF


def _likeness(first: Sketch, other: Sketch) -> float:
    """Return the share of their different shingles that is in both.

    Exact when both keep all their shingles; else estimated from the smallest of both together,
    which are a fair sample of all.
    """
    shared = set(first.shingles).intersection(other.shingles)
    if _is_whole(first) and _is_whole(other):
        return len(shared) / (len(first.shingles) + len(other.shingles) - len(shared))
    # Two sorted rows are one in no time; what is in both is in it twice.
    union = dict.fromkeys(sorted(first.shingles + other.shingles))
    return len(shared.intersection(islice(union, SKETCH_SIZE))) / SKETCH_SIZE


def _is_whole(sketch: Sketch) -> bool:
    return len(sketch.shingles) < SKETCH_SIZE


def _share_numbers(first: Sketch, other: Sketch) -> bool:
    fewer = min(len(first.numbers), len(other.numbers))
    return len(first.numbers & other.numbers) >= fewer * _HALF


def _opens_in(first: Sketch, other: Sketch) -> bool:
    """Whether the opening of the first stands in the other, as far as that keeps its shingles."""
    known = first.opening
    if not _is_whole(other):
        known = frozenset(shingle for shingle in known if shingle <= other.shingles[-1])
    return len(known.intersection(other.shingles)) >= len(known) * _HALF


class _Wording(NamedTuple):
    """What a sketch is made of: all words of a text, or of a piece of one."""

    folded: str
    """A space between two words."""
    hashes: bytes
    """Of each word, one after the other."""
    numbers: str
    """A space between two."""


# A text is cut where words never go on, and what each piece comes to is remembered: nearly all
# pieces of a text are known from others, and finding words costs ten times what looking up does.

_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 30


class _Apart(dict[int, int | str]):
    """Puts a space for each sign that no word goes on behind, and before each unspaced letter.

    Hangul is left alone: it has spaces, and what stands between two of them is one word.
    """

    def __missing__(self, code: int) -> int | str:
        kind = shape(chr(code))
        apart: int | str = code
        if kind not in _WITHIN_WORDS:
            apart = " "
        elif kind in UNSPACED and kind != HANGUL:
            apart = f" {chr(code)}"
        self[code] = apart
        return apart


class _Pieces(Memory[str, _Wording]):
    """What stands between white space, read."""

    __slots__ = ()

    def __missing__(self, piece: str) -> _Wording:
        # The most frequent kind by far: a word that is its own.
        is_plain = piece.isascii() and piece.isalpha()
        found = [piece.lower()] if is_plain else list(_folded_words(piece))
        read = _Wording(
            " ".join(found),
            b"".join(blake2b(word.encode(), digest_size=_WORD_BYTES).digest() for word in found),
            " ".join(filter(_is_number, found)),
        )
        return self.keep(piece, read) if len(piece) <= _LONGEST_REMEMBERED else read


_WITHIN_WORDS = f"{LETTERS}{DIGIT}{MARK}{INVISIBLE}.'"
_APART = _Apart()
_PIECES = _Pieces(_MOST_REMEMBERED)


def _folded_words(piece: str) -> Iterator[str]:
    for is_hangul, run in groupby(words(piece), lambda word: word.script == HANGUL):
        folded = [word.folded for word in run]
        yield from ["".join(folded)] if is_hangul else folded


def _is_number(word: str) -> bool:
    if word[:1].isdigit():
        return len(word) <= _LONGEST_NUMBER
    return word in _NAMES or word[1:3] == _KOREAN_DAY


def _wording(text: str) -> _Wording:
    # A stop before a space is in no word, though it may end an abbreviation.
    pieces = text[:_MOST_LETTERS].translate(_APART).replace(". ", " ").split()[:_MOST_WORDS]
    read = map(_PIECES.__getitem__, pieces)
    folded, hashes, numbers = zip(*read, strict=True) if pieces else ((), (), ())
    most = _MOST_WORDS * _WORD_BYTES
    return _Wording(" ".join(folded), b"".join(hashes)[:most], " ".join(numbers))


def _shingles(hashes: bytes) -> list[int]:
    """Return the hash of each shingle, in the order of the text; fewer than four words have none.

    It is made of bits 0 to 63 of the first word's hash, 16 to 79 of the second's, 32 to 95 of the
    third's and 48 to 111 of the fourth's: of two different shingles, the hashes are independent.
    All are made at once, by shifting the row of all words by one, two and three words.
    """
    count = len(hashes) // _WORD_BYTES - _SHINGLE + 1
    if count < 1:
        return []
    row = int.from_bytes(hashes, "little")
    mixed = row ^ (row >> (128 + 16)) ^ (row >> (256 + 32)) ^ (row >> (384 + 48))
    by_word = struct.unpack_from("<" + "Q8x" * count, mixed.to_bytes(len(hashes), "little"))
    return [one >> 1 for one in by_word]


def _smallest(shingles: list[int]) -> tuple[int, ...]:
    # To sort all is dear. Below this bound lie 320 of them, give or take 18, unless many are equal.
    bound = 2**63 * (SKETCH_SIZE + 64) // max(len(shingles), 1)
    low = {shingle for shingle in shingles if shingle < bound}
    if len(low) < SKETCH_SIZE:
        low = set(shingles)
    return tuple(sorted(low)[:SKETCH_SIZE])


# Names that mean other things more often than a month or day are left out: Persian مه and تیر,
# Arabic آب. Slavic names stand in the cases that dates have.
_WRITTEN_NAMES = """
January February April June July August September October November December
Jan Feb Apr Jun Jul Aug Sep Sept Oct Nov Dec
Monday Tuesday Wednesday Thursday Friday Saturday Sunday Tue Tues Wed Thu Thurs Fri

Januar Jänner Februar März Mai Juni Juli Oktober Dezember
Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag

janvier février avril juin juillet août septembre octobre novembre décembre
lundi mardi mercredi jeudi vendredi samedi dimanche

enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
lunes martes miércoles jueves viernes sábado domingo

gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
lunedì martedì mercoledì giovedì venerdì sabato domenica

janeiro fevereiro maio junho julho setembro outubro novembro dezembro
segunda terça quarta quinta sexta

январь января январе февраль февраля феврале март марта марте апрель апреля апреле май мая мае
июнь июня июне июль июля июле август августа августе сентябрь сентября сентябре
октябрь октября октябре ноябрь ноября ноябре декабрь декабря декабре
понедельник понедельника вторник вторника среда среду четверг четверга пятница пятницу пятницы
суббота субботу субботы воскресенье воскресенья

січень січня січні лютий лютого лютому березень березня березні квітень квітня квітні
травень травня травні червень червня червні липень липня липні серпень серпня серпні
вересень вересня вересні жовтень жовтня жовтні листопад листопада листопаді
грудень грудня грудні понеділок понеділка вівторок вівторка середа середу четвер четверга
ятниця ятницю ятниці субота суботу суботи неділя неділю неділі

styczeń stycznia styczniu luty lutego lutym marzec marca marcu kwiecień kwietnia kwietniu
maj maja maju czerwiec czerwca czerwcu lipiec lipca lipcu sierpień sierpnia sierpniu
wrzesień września wrześniu październik października październiku listopad listopada listopadzie
grudzień grudnia grudniu poniedziałek poniedziałku wtorek wtorku środa środę środy
czwartek czwartku piątek piątku sobota sobotę soboty niedziela niedzielę niedzieli

يناير فبراير مارس أبريل إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
شباط آذار نيسان أيار حزيران تموز أيلول تشرين كانون
جانفي فيفري أفريل جوان جويلية أوت
الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت

ژانویه فوریه آوریل ژوئن ژوئیه جولای اوت سپتامبر اکتبر نوامبر دسامبر
فروردین اردیبهشت خرداد مرداد شهریور آبان آذر بهمن اسفند
شنبه یکشنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه

ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר
ראשון שני שלישי רביעי חמישי שישי שבת
"""
_NAMES = frozenset(map(fold, _WRITTEN_NAMES.split()))
_LONGEST_NUMBER = 20
"""Digits; more are no figure that two texts could differ in."""

_KOREAN_DAY = "요일"
"""Behind the one letter that tells the day, before any particle."""

_BESIDE_A_NUMBER = re.compile(
    r"m(?<=\bm)(?:ay|arch|ars|arco)"
    r"\b(?:(?= (?:de )?\d)|(?<=\d may)|(?<=\d march)|(?<=\d mars)|(?<=\d de marco))"
)
"""English May and March, French mars, Portuguese março: else an auxiliary, a verb, a planet, and
a first name."""

_CHINESE_NAMES = re.compile(
    "[一二三四五六七八九十](?: [一二])? 月|[月火水木金土日] 曜"
    "|(?:星 期|礼 拜|禮 拜|周|週) [一二三四五六日天]"
)
"""In Chinese and Japanese; each letter is a word."""


def _doubtful_numbers(folded: str) -> Iterator[str]:
    """Yield the names of months and days that only their neighbours tell."""
    yield from _BESIDE_A_NUMBER.findall(folded)
    if not folded.isascii():
        for name in _CHINESE_NAMES.findall(folded):
            yield name.replace(" ", "")
