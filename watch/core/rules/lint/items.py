"""Lints of one item: its terms each, against one another, and against its excepts."""

from collections.abc import Iterator

from watch.core.rules.lint.cover import covered_terms, hides_all
from watch.core.rules.lint.remark import Code, Remark
from watch.core.rules.lint.terms import (
    acronym_case,
    common_word,
    is_sentence_cased,
    is_unsuspicious,
    latin_words,
    mixed_scripts,
    regex_ascii,
    sentence_case,
    short_term,
)
from watch.core.rules.ruleset import Item
from watch.core.rules.terms import Case, Term


def item_remarks(item: Item) -> Iterator[Remark]:
    """Yield all that is odd about an item as it stands alone."""
    for index, term in enumerate(item.terms):
        if not is_unsuspicious(term.typed, item.language):
            for remark in _term_remarks(term, item):
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


def _term_remarks(term: Term, item: Item) -> Iterator[Remark]:
    yield from _letters(term)
    if term.pattern is not None:
        return
    # A short term is told once, be it a word or not.
    if (remark := short_term(term) or common_word(term, item.language)) is not None:
        yield remark
    if (remark := acronym_case(term)) is not None and not _is_listed(term, item):
        yield remark
    if item.language in {None, "en"}:
        is_name = len(item.terms) == 1 and term.typed == item.name
        remark = sentence_case(term, is_name=is_name)
        if remark is not None and not _is_name(term.words[0].folded, item):
            yield remark


def _is_listed(acronym: Term, item: Item) -> bool:
    """Whether the item has a term of the same word that is not in capitals."""
    (word,) = acronym.words
    return any(
        len(term.words) == 1
        and term.words[0].folded == word.folded
        and term.words[0].case is not Case.CAPITALS
        for term in item.terms
    )


def _is_name(folded: str, item: Item) -> bool:
    """Whether a term that is no sentence shows a word, with or without an s, as a proper name."""
    forms = {folded, f"{folded}s"}
    for term in item.terms:
        glance = latin_words(term.typed)
        if glance is not None and forms.isdisjoint(glance):
            continue
        names = (word.folded for word in term.words if not word.is_small)
        if not is_sentence_cased(term) and not forms.isdisjoint(names):
            return True
    return False


def _letters(term: Term) -> Iterator[Remark]:
    return mixed_scripts(term.typed) if term.pattern is None else regex_ascii(term.typed)
