"""Which language is written in which script, and by which relation its words inflect."""

import re
from dataclasses import dataclass
from functools import lru_cache

from watch.core.words import inflection
from watch.core.words.inflection import AS_TYPED, Relation
from watch.core.words.shape import (
    ARABIC,
    ARMENIAN,
    CYRILLIC,
    DEVANAGARI,
    GREEK,
    HEBREW,
    LATIN,
    TAMIL,
    shape,
)

INFLECTED_SCRIPTS = (LATIN, CYRILLIC, ARABIC, HEBREW, GREEK, ARMENIAN, DEVANAGARI, TAMIL)
"""The scripts whose words may inflect; words of all others stand as typed."""
_PLACES = {script: place for place, script in enumerate(INFLECTED_SCRIPTS)}

# Languages that are not, or not only, written in Latin letters. What is not named here is.
_SCRIPTS_OF: dict[str, str] = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "rue", "uk"), CYRILLIC),
    **dict.fromkeys(("ab", "av", "ba", "ce", "cv", "kk", "ky", "mn", "os", "sah"), CYRILLIC),
    **dict.fromkeys(("tg", "tt", "tyv", "udm"), CYRILLIC),
    **dict.fromkeys(("az", "bs", "cnr", "sh", "sr", "tk", "uz"), LATIN + CYRILLIC),
    **dict.fromkeys(("ar", "arz", "ckb", "fa", "ks", "prs", "ps", "sd", "ug", "ur"), ARABIC),
    "ku": LATIN + ARABIC,
    "he": HEBREW,
    "yi": HEBREW,
    "el": GREEK,
    "hy": ARMENIAN,
    **dict.fromkeys(("bho", "hi", "mai", "mr", "ne", "sa"), DEVANAGARI),
    "ta": TAMIL,
    **dict.fromkeys(
        ("am", "as", "bn", "bo", "dv", "gu", "ja", "ka", "km", "kn", "ko", "lo", "ml", "my", "or"),
        "",
    ),
    **dict.fromkeys(("pa", "si", "te", "th", "ti", "yue", "zh"), ""),
}

_SLAVIC = frozenset(
    "be bg bs cnr cs dsb hr hsb mk pl ru rue sh sk sl sr szl uk".split()  # noqa: SIM905 (a list to read)
)
_SLAVIC_CYRILLIC = dict.fromkeys(("bg", "mk"), inflection.SLAVIC_CYRILLIC_WITH_ARTICLE)
_RELATIONS = {
    "en": inflection.ENGLISH,
    **dict.fromkeys(("ar", "arz", "fa", "prs"), inflection.ARABIC),
    "he": inflection.HEBREW,
}
_STEMMERS = {
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""Snowball's algorithms by language; those of Slavic languages, Arabic and Persian are not used."""

# What a script's words are when no language is known that is written in it. All Slavic languages
# share one relation, so that Ukrainian need not be told from Russian here.
_DEFAULT_LANGUAGES = {
    LATIN: "en",
    CYRILLIC: "ru",
    ARABIC: "ar",
    HEBREW: "he",
    GREEK: "el",
    ARMENIAN: "hy",
    DEVANAGARI: "hi",
    TAMIL: "ta",
}


_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]*)?", re.IGNORECASE | re.ASCII)
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx", "qaa"})
_TODAY = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
"""Codes that were withdrawn, with those that took their place."""


def primary_language(tag: str | None) -> str | None:
    """Return the language code of a tag, in lower case: `ko` for `ko-KR`; None for junk."""
    match = _TAG.fullmatch((tag or "").strip())
    if match is None:
        return None
    code = match[1].lower()
    return None if code in _NO_LANGUAGE else _TODAY.get(code, code)


def relation_of(language: str, script: str) -> Relation:
    """Return how words of a language, written in a script, inflect."""
    if language in _SLAVIC:
        return (
            inflection.SLAVIC_LATIN
            if script == LATIN
            else _SLAVIC_CYRILLIC.get(language, inflection.SLAVIC_CYRILLIC)
        )
    if language in _STEMMERS:
        return inflection.snowball(_STEMMERS[language])
    return _RELATIONS.get(language, AS_TYPED)


def is_written_in(language: str, script: str) -> bool:
    """Whether a language is written in a script."""
    return script in _SCRIPTS_OF.get(language, LATIN)


def is_all_in_scripts_of(language: str, text: str) -> bool:
    """Whether no other language could say how a word of the text inflects."""
    scripts = set(shape(text)).intersection(INFLECTED_SCRIPTS)
    return all(is_written_in(language, script) for script in scripts)


@dataclass(frozen=True, slots=True)
class Inflection:
    """How words inflect in one document: one relation for each of INFLECTED_SCRIPTS."""

    relations: tuple[Relation, ...]

    def of(self, script: str) -> Relation:
        """Return the relation for words of a script."""
        place = _PLACES.get(script)
        return AS_TYPED if place is None else self.relations[place]

    def within(self, language: str | None) -> "Inflection":
        """Return this with a language put in place for the scripts it is written in."""
        if language is None:
            return self
        return Inflection(
            tuple(
                relation_of(language, script) if is_written_in(language, script) else relation
                for script, relation in zip(INFLECTED_SCRIPTS, self.relations, strict=True)
            )
        )


@lru_cache(maxsize=1_000)
def inflection_of(languages: tuple[str, ...]) -> Inflection:
    """Return how words inflect in a document of these languages, the most trusted first.

    For each script the first language counts that is written in it.
    """
    return Inflection(
        tuple(
            relation_of(
                next(
                    (language for language in languages if is_written_in(language, script)),
                    _DEFAULT_LANGUAGES[script],
                ),
                script,
            )
            for script in INFLECTED_SCRIPTS
        )
    )
