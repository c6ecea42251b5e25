"""Whether a term finds all that another one finds, by the exact check that texts get."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from watch.core.matcher import Matcher
from watch.core.model import Document
from watch.core.rules.lint.terms import latin_words
from watch.core.rules.ruleset import Item, Ruleset
from watch.core.rules.terms import Case, Term
from watch.core.words.languages import Inflection, inflection_of
from watch.core.words.segment import words
from watch.core.words.shape import LATIN, UNSPACED


class Cover(NamedTuple):
    """A term that another one already finds; both are indices."""

    term: int
    by: int


def covered_terms(item: Item) -> Iterator[Cover]:
    """Yield each term that another term of the item covers; of two that cover each other the later.

    What differs from a term in capitals by its capitals alone is no cover of it: `NATO` and
    `Nato` are well listed side by side.
    """
    if not _may_cover(item):
        return
    covers = {
        cover
        for cover in find_covers(item, item.terms, item.terms)
        if not _differ_by_capitals(item.terms[cover.term], item.terms[cover.by])
    }
    told = -1
    for cover in sorted(covers):
        is_first = cover.term > cover.by or Cover(cover.by, cover.term) not in covers
        if is_first and cover.term != told:
            told = cover.term
            yield cover


def hides_all(item: Item) -> bool:
    """Whether nothing the item's terms find is outside its excepts."""
    hidden = {cover.term for cover in find_covers(item, item.terms, item.excepts)}
    return len(hidden) == len(item.terms)


def _languages(item: Item) -> tuple[str, ...]:
    return (item.language,) if item.language else ()


def _may_cover(item: Item) -> bool:
    """Whether some terms may cover others: a quick look, as in most items none does."""
    terms = item.terms
    if len(terms) == 1:
        return False
    if any("*" in term.typed for term in terms):
        return True
    inflection = inflection_of(_languages(item))
    # Mostly the first words alone tell all terms apart.
    first_keys = {next(_keys(term, inflection), "") for term in terms}
    if len(first_keys) == len(terms):
        return False
    return len({tuple(_keys(term, inflection)) for term in terms}) < len(terms)


def _keys(term: Term, inflection: Inflection) -> Iterator[str]:
    """Return for each word of a term what is equal for all its forms."""
    latin = latin_words(term.typed)
    if latin is not None:
        return map(inflection.of(LATIN).key, latin)
    return (inflection.of(word.script).key(word.folded) for word in term.words)


def find_covers(item: Item, terms: Sequence[Term], by: Sequence[Term]) -> Iterator[Cover]:
    """Yield each term that one of the others stands for, from its first word to its last.

    Of patterns nobody can tell what they find.
    """
    # Each term as an item of its own: all that match are told, not the longest alone.
    single = replace(item, excepts=(), examples=())
    items = (replace(single, id=str(at), terms=(term,)) for at, term in enumerate(by) if term.words)
    matcher = Matcher(Ruleset(items=tuple(items)))
    for index, term in enumerate(terms):
        if not term.words:
            continue
        # Of a term that may stand anywhere only what stands anywhere is a cover: a letter before.
        before = term.words[0].folded[0] if _stands_anywhere(term) else ""
        text = before + term.typed.removeprefix("=").replace("*", "")
        found = words(text)
        whole = next(one.start for one in found if one.start >= len(before)), found[-1].end
        for mention in matcher.match(_document(text, item)).mentions:
            place = int(mention.item)
            other = by[place]
            is_whole = (mention.start, mention.end) == whole
            if is_whole and other is not term and _is_as_wide(other, term):
                yield Cover(index, place)


def _document(text: str, item: Item) -> Document:
    return Document(
        source="lint",
        key="term",
        title="",
        text=text,
        seen=datetime.fromtimestamp(0, UTC),
        languages=_languages(item),
    )


def _stands_anywhere(term: Term) -> bool:
    return not term.is_exact and term.words[0].script in UNSPACED


def _is_as_wide(other: Term, term: Term) -> bool:
    """Whether what the spelling of `term` shows of it is all that it asks for."""
    if other.is_exact and not term.is_exact:
        return False
    stars = [word.has_star for word in term.words]
    if not any(stars):
        return True
    return len(other.words) == len(stars) and all(
        word.has_star or not star for word, star in zip(other.words, stars, strict=True)
    )


def _differ_by_capitals(term: Term, other: Term) -> bool:
    return any(word.case is Case.CAPITALS for word in term.words) and [
        word.folded for word in term.words
    ] == [word.folded for word in other.words]
