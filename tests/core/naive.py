"""The naive twin of the matcher: points 1 to 10 of rules/README.md, stated a second time.

Slow, and written from that page alone: every term is tried at every word of a text. Of the
matcher it shares only data: the lists of endings, the words that are no plurals, the tables of
languages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from unicodedata import name

import regex
from Stemmer import Stemmer

from tests.core.naive_words import (
    APOSTROPHES,
    INFLECTED,
    KANA,
    NUMBER,
    UNSPACED,
    Character,
    Word,
    characters_of,
    words_of,
)
from watch.core.model import Document, Field, Finding, Mention
from watch.core.rules.ruleset import Item, Ruleset
from watch.core.words import endings, languages
from watch.core.words.plurals import NOT_PLURAL

# The tables of languages name a script by one letter.
LETTER_OF = dict(zip(INFLECTED, languages.INFLECTED_SCRIPTS, strict=True))

LINE_BREAK = regex.compile(r"\r\n|[\n\v\f\r\x85\u2028]")
QUOTES_AND_BRACKETS = rf"{APOSTROPHES}\p{{Quotation_Mark}}״″\p{{Ps}}\p{{Pe}}\p{{Pi}}\p{{Pf}}"
PARTING = regex.compile(rf"[\s\x1c-\x1f\p{{Dash}}⁃\p{{Pc}}{QUOTES_AND_BRACKETS}]")
LONGEST_REST = 30
"""Letters of Hangul or kana that a star stands for at most."""
QUOTED_SPACE = regex.compile(rf"[{QUOTES_AND_BRACKETS}]*[\s\x1c-\x1f]")


@dataclass(frozen=True, kw_only=True)
class TypedWord:
    """A word of a term, and what its author asks of the word that stands for it."""

    word: Word
    has_star: bool
    is_exact: bool
    is_first: bool


@cache
def typed_words(typed: str) -> tuple[TypedWord, ...]:
    """Return the words of a term (points 6, 7)."""
    stars = {character.start for character in characters_of(typed) if character.base == "*"}
    return tuple(
        TypedWord(
            word=word,
            has_star=word.end in stars,
            is_exact=typed.startswith("="),
            is_first=index == 0,
        )
        for index, word in enumerate(words_of(typed))
    )


# --- point 1: what may stand between two words of a term


def may_part(gap: str, own: str, before: Word, after: Word) -> bool:
    """Whether a gap of a text may stand between two words; `own` are the signs of the term."""
    if is_blank_line(gap):
        return False
    if own and "".join(gap.split()) == own:
        return True
    if (before.script == NUMBER) != (after.script == NUMBER):
        return gap.isspace() or bool(regex.fullmatch(r"|\p{Dash}|⁃|\p{Pc}", gap))
    is_short = len(before.characters) <= 3 and before.script not in (NUMBER, *UNSPACED)
    return gap in tuple("·∙⋅‧・") or all(
        is_free_stop(gap[index + 1 :], is_abbreviation=index == 0 and is_short)
        if sign == "."
        else is_parting(sign)
        for index, sign in enumerate(gap)
    )


def is_blank_line(gap: str) -> bool:
    return len(LINE_BREAK.findall(gap)) > 1 or "\u2029" in gap


def is_parting(sign: str) -> bool:
    """Whether a sign is white space, dash, underscore, apostrophe, quote, comma, slash, bracket."""
    is_named = name(sign, "").endswith(("COMMA", "SOLIDUS", "SLASH"))
    return is_named or bool(PARTING.match(sign))


def is_free_stop(behind: str, *, is_abbreviation: bool) -> bool:
    """Whether a full stop ends no sentence, `behind` it in the gap."""
    return not behind.startswith(".") and (is_abbreviation or not QUOTED_SPACE.match(behind))


# --- point 2: scripts without spaces


def may_part_unspaced(gap: str, before: Word, after: Word, *, begins: bool) -> bool:
    """Whether a gap may stand where the term has none; `begins`: its word begins a written one."""
    is_break = bool(LINE_BREAK.search(gap)) and "Hangul" not in (before.script, after.script)
    return not gap or (gap.isspace() and not is_blank_line(gap) and (begins or is_break))


def begins_written_word(words: Sequence[Word], at: int) -> bool:
    """Whether no other letter or digit stands right before a word."""
    return at == 0 or words[at].gap != ""


def kind(words: Sequence[Word], at: int) -> str:
    """Return the script of a word; the sign of a long vowel is of the kana that it lengthens."""
    is_sign = words[at].characters[0].base == "ー"
    if is_sign and not begins_written_word(words, at) and kind(words, at - 1) in KANA:
        return kind(words, at - 1)
    return words[at].script


def begins_run(words: Sequence[Word], at: int) -> bool:
    """Whether no letter of the same script stands right before a word, or the text ends here."""
    is_end = at == len(words)
    return is_end or begins_written_word(words, at) or kind(words, at - 1) != kind(words, at)


def is_bounded(words: Sequence[Word], first: int, end: int) -> bool:
    """Whether an exact match in a script without spaces has the boundary it asks for."""
    script, last = words[first].script, words[end - 1].script
    if script in KANA:
        begins = begins_run(words, first)
    else:
        begins = script not in UNSPACED or begins_written_word(words, first)
    return begins and (last not in KANA or begins_run(words, end))


# --- point 3: case


def has_case(typed: TypedWord, word: Word) -> bool:
    """Whether a word of a text has the capitals that a word of a term asks for."""
    own, letters = typed.word.characters, word.characters
    base, form = typed.word.folded, word.folded
    if typed.is_first and own[0].is_capital and not letters[0].is_capital:
        return False
    if typed.has_star:
        letters, form = letters[: len(own)], base
    if are_capitals(own):
        return are_capitals(letters[:-1] if is_s_form(typed, word) else letters)
    if len(own) > 2 and own[-1].base == "s" and are_capitals(own[:-1]):  # typed as ICBMs
        return are_capitals(letters[:-1]) and form == base
    return True


def are_capitals(letters: Sequence[Character]) -> bool:
    """Whether letters are capitals, those aside that know no case; one at least is."""
    is_any = any(letter.is_capital for letter in letters)
    return is_any and not any(letter.base.islower() for letter in letters)


# --- point 4: inflection


def language_of(script: str, asked: Sequence[str]) -> str:
    """Return the language by which words of a script inflect, the first asked being preferred."""
    letter = LETTER_OF.get(script, "none")
    latin = LETTER_OF["Latin"]
    fitting = (code for code in asked if letter in languages._SCRIPTS_OF.get(code, latin))
    return next(fitting, languages._DEFAULT_LANGUAGES.get(letter, "none"))


def is_form(typed: TypedWord, word: Word, language: str) -> bool:
    """Whether a word of a text is a form of a word of a term, accents and case aside."""
    base, form = typed.word.folded, word.folded
    match language:
        case _ if base == form or word.script not in INFLECTED:
            is_other = False
        case _ if is_s_form(typed, word):
            is_other = True
        case "en":
            is_other = is_english_form(typed, word)
        case "ar" | "arz" | "fa" | "prs":
            is_other = is_behind_particles(base, form, "[وف]?(?:[بكل]?(?:ال)?|لل)", "ال")
        case "he":
            is_other = is_behind_particles(base, form, "ו?(?:ש|כש|מש)?[בכלמ]?ה?", "ה")
        case _ if language in languages._SLAVIC:
            is_other = is_slavic_form(base, form, paradigms_of(language, word.script))
        case _ if language in languages._STEMMERS:
            stem = stemmer(languages._STEMMERS[language]).stemWord
            is_other = stem(base) == stem(form)
        case _:
            is_other = False
    return base == form or is_other


def is_s_form(typed: TypedWord, word: Word) -> bool:
    """Whether a word is a word typed in capitals with a small s; of one letter, unless a word."""
    base, form = typed.word.folded, word.folded
    is_word = len(base) == 1 and form in NOT_PLURAL
    is_plural = form == base + "s" and word.characters[-1].base == "s"
    return are_capitals(typed.word.characters) and is_plural and not is_word


def is_english_form(typed: TypedWord, word: Word) -> bool:
    base, form = typed.word.folded, word.folded
    if are_capitals(typed.word.characters):
        return False
    is_small = not any(character.is_capital for character in typed.word.characters)
    is_singular = is_small and len(base) >= 4 and base in english_plurals(form)
    return is_singular or form in english_plurals(base)


def english_plurals(base: str) -> set[str]:
    plurals = set()
    if not base.endswith("s"):
        plurals.add(base + "s")
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        plurals.add(base + "es")
    if regex.search("[^aeiou]y$", base):
        plurals.add(base[:-1] + "ies")
    if base.endswith("man") and len(base) >= 6:
        plurals.add(base[:-2] + "en")
    return plurals - NOT_PLURAL


def paradigms_of(language: str, script: str) -> tuple[str, ...]:
    if script == "Latin":
        return endings.LATIN
    return endings.CYRILLIC + (endings.CYRILLIC_ARTICLE if language in ("bg", "mk") else ())


def is_slavic_form(base: str, form: str, paradigms: tuple[str, ...]) -> bool:
    return base == form or any(
        base[:shared] == form[:shared] and {base[shared:], form[shared:]} <= folded_endings(each)
        for each in paradigms
        for shared in range(3, min(len(base), len(form)) + 1)
    )


@cache
def folded_endings(written: str) -> frozenset[str]:
    return frozenset(
        "" if ending == endings.NO_ENDING else words_of(ending)[0].folded
        for ending in written.split()
    )


def is_behind_particles(base: str, form: str, particles: str, article: str) -> bool:
    """Whether a form is a word behind particles; its article may lack where three letters stay."""
    bare = base.removeprefix(article) if len(base) >= len(article) + 3 else base
    return bool(regex.fullmatch(f"(?:{particles})(?:{bare}|{base})", form))


@cache
def stemmer(algorithm: str) -> Stemmer:
    return Stemmer(algorithm)


# --- all points together


def stands_for(typed: TypedWord, word: Word, asked: Sequence[str]) -> bool:
    """Whether a word of a text stands for a word of a term."""
    if typed.word.script != word.script:
        return False
    has_rest = typed.has_star and word.script not in UNSPACED
    if typed.is_exact:
        own, found = typed.word.exact, word.exact
        return found.startswith(own) if has_rest else found == own
    if has_rest:
        return word.folded.startswith(typed.word.folded) and has_case(typed, word)
    language = language_of(word.script, asked)
    return is_form(typed, word, language) and has_case(typed, word)


def ends(
    term: Sequence[TypedWord], words: Sequence[Word], at: int, tight: int, asked: Sequence[str]
) -> Iterator[int]:
    """Yield behind which words of a text a term may end whose first word stands at one of them.

    What stands from `tight` on is written together in the term.
    """
    if not term:
        yield at
        return
    if at == len(words) or not stands_for(term[0], words[at], asked):
        return
    if not term[0].is_first:
        own = "".join(term[0].word.gap.replace("*", "").split())
        before, word = words[at - 1], words[at]
        if term[0].word.gap or not {before.script, word.script} <= {*UNSPACED}:
            tight = at
            may_follow = may_part(word.gap, own, before, word)
        else:
            begins = begins_written_word(words, tight)
            may_follow = may_part_unspaced(word.gap, before, word, begins=begins)
        if not may_follow:
            return
    rest = at + 1
    while (
        term[0].has_star
        and words[at].script in (*KANA, "Hangul")
        and rest <= at + LONGEST_REST
        and not begins_run(words, rest)
    ):
        rest += 1
    for behind in range(at + 1 if term[1:] else rest, rest + 1):
        yield from ends(term[1:], words, behind, tight, asked)


def spans(typed: str, words: Sequence[Word], asked: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield every span of a text that a term matches."""
    term = typed_words(typed)
    for first in range(len(words)):
        for end in ends(term, words, first, first, asked):
            if not term[0].is_exact or is_bounded(words, first, end):
                yield words[first].start, words[end - 1].end


def mentions_of(item: Item, document: Document, field: Field) -> Iterator[Mention]:
    """Yield what counts of an item in a field (points 9, 10)."""
    words = words_of(document.field_text(field))
    asked = (*((item.language,) if item.language else ()), *document.languages)
    contexts = [span for each in item.excepts for span in spans(each.typed, words, asked)]
    left = [
        (start, end, order)
        for order, term in enumerate(item.terms)
        for start, end in spans(term.typed, words, asked)
        if not any(context[0] <= start and end <= context[1] for context in contexts)
    ]
    while left:
        start, end, order = min(left, key=lambda span: (span[0] - span[1], span[0], span[2]))
        yield Mention(item=item.id, field=field, start=start, end=end, term=item.terms[order].typed)
        left = [span for span in left if span[1] <= start or end <= span[0]]


def naive_matching(ruleset: Ruleset, document: Document) -> tuple[Mention, ...]:
    """Return the mentions of a document: title before text, by start, end and place of item."""
    return tuple(
        mention
        for field in Field
        for mention in sorted(
            (each for item in ruleset.items for each in mentions_of(item, document, field)),
            key=lambda mention: (mention.start, mention.end),
        )
    )


def naive_findings(ruleset: Ruleset, document: Document) -> tuple[Finding, ...]:
    """Return a finding for each item that is mentioned and alerts, in the order of the items."""
    mentions = naive_matching(ruleset, document)
    return tuple(
        Finding(
            rule=item.id,
            name=item.name,
            severity=item.severity,
            tags=item.tags,
            place=item.place,
            note=item.note,
            mentions=own,
        )
        for item in ruleset.items
        if item.has_alert and (own := tuple(each for each in mentions if each.item == item.id))
    )
