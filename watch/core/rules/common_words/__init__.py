"""Words too common to be watched for, some 350 of each of 15 languages, by language code."""

from collections.abc import Mapping
from functools import cache

from watch.core.rules.common_words import (
    ar,
    bg,
    cs,
    de,
    en,
    es,
    fa,
    fr,
    it,
    ko,
    pl,
    pt,
    ru,
    tr,
    uk,
)
from watch.core.words.segment import words

_WORDS = {
    "en": ("English", en.WORDS),
    "ru": ("Russian", ru.WORDS),
    "uk": ("Ukrainian", uk.WORDS),
    "pl": ("Polish", pl.WORDS),
    "cs": ("Czech", cs.WORDS),
    "bg": ("Bulgarian", bg.WORDS),
    "de": ("German", de.WORDS),
    "fr": ("French", fr.WORDS),
    "es": ("Spanish", es.WORDS),
    "it": ("Italian", it.WORDS),
    "pt": ("Portuguese", pt.WORDS),
    "tr": ("Turkish", tr.WORDS),
    "ar": ("Arabic", ar.WORDS),
    "fa": ("Persian", fa.WORDS),
    "ko": ("Korean", ko.WORDS),
}


def common_in(folded: str, language: str | None = None) -> str | None:
    """Return the English name of the language a folded word is common in; None if in none.

    Only the list of `language` is asked, when it has one.
    """
    if language in _WORDS:
        return _WORDS[language][0] if folded in _folded(language) else None
    return _by_word().get(folded)


@cache
def _by_word() -> Mapping[str, str]:
    """Return the name of the first language that each word is common in."""
    return {word: name for code, (name, _) in reversed(_WORDS.items()) for word in _folded(code)}


@cache
def _folded(language: str) -> frozenset[str]:
    """Return the words of a language as terms have them, each folded."""
    _, listed = _WORDS[language]
    return frozenset("".join(word.folded for word in words(one)) for one in listed.split())
