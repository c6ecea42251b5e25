"""Lints of one item: its terms each, against one another, and against its excepts."""

from collections.abc import Iterator
from typing import NamedTuple

from watch.core.rules.lint.cover import covered_terms, hides_all
from watch.core.rules.lint.remark import Code, Remark
from watch.core.rules.lint.terms import (
    acronym_case,
    common_word,
    is_sentence_cased,
    mixed_scripts,
    regex_ascii,
    sentence_case,
    short_term,
)
from watch.core.rules.ruleset import Item
from watch.core.rules.terms import Case, Term


def item_remarks(item: Item) -> Iterator[Remark]:
    """Yield all that is odd about an item as it stands alone."""
    shown = _Shown.of(item)
    for index, term in enumerate(item.terms):
        for remark in _term_remarks(term, item, shown):
            yield remark.at("terms", index)
    for index, term in enumerate(item.excepts):
        for remark in _letters(term):
            yield remark.at("except", index)
    for cover in covered_terms(item):
        typed, by = item.terms[cover.term].typed, item.terms[cover.by].typed
        text = f"{typed!r} is found by {by!r} already"
        yield Remark(Code.COVERED_TERM, text, "take it out").at("terms", cover.term)
    if item.excepts and hides_all(item):
        text = "nothing is left to find: each term stands inside an except"
        remedy = "an except is a longer phrase around a term: list such"
        yield Remark(Code.EXCEPT_HIDES_ALL, text, remedy).at("except")


class _Shown(NamedTuple):
    """What the terms of an item show of one another; folded words."""

    listed: frozenset[str]
    """Terms of one word that are not in capitals."""
    names: frozenset[str]
    """Words with a capital in terms that are no sentences: proper names, with and without an s."""

    @classmethod
    def of(cls, item: Item) -> "_Shown":
        single = (term.words[0] for term in item.terms if len(term.words) == 1)
        names = {
            word.folded
            for term in item.terms
            if not is_sentence_cased(term)
            for word in term.words
            if not word.is_small
        }
        return cls(
            frozenset(word.folded for word in single if word.case is not Case.CAPITALS),
            frozenset(names | {name.removesuffix("s") for name in names}),
        )


def _term_remarks(term: Term, item: Item, shown: _Shown) -> Iterator[Remark]:
    yield from _letters(term)
    if term.pattern is not None:
        return
    # A short term is told once, be it a word or not.
    yield from tuple(short_term(term)) or common_word(term, item.language)
    yield from acronym_case(term, shown.listed)
    if item.language in {None, "en"}:
        is_name = len(item.terms) == 1 and term.typed == item.name
        yield from sentence_case(term, shown.names, is_name=is_name)


def _letters(term: Term) -> Iterator[Remark]:
    return mixed_scripts(term.typed) if term.pattern is None else regex_ascii(term.typed)
