"""Whether a rule's expression holds for one document, and which mentions make it hold.

Every kind of expression gives the places at which it is met, or None when it does not hold:

    word, item, tag     its mentions; those of one span are one place
    title:X  text:X     X, with all mentions elsewhere left out
    NEAR  PRE  W/       for each pair that is near, the place from its first to its last word
    NOT NEAR, NOT W/    the left places that are near no right one; the right may stand nowhere
    ATLEAST/n X         the places of X, if there are n
    n OF  AND  OR       the places of all parts that hold, if n, all or one do
    NOT  source:  lang: none: they may hold, but no mention makes them hold

The expression's mentions are those of its places. Nearness is told in proximity.py; what its bounds
leave out is handed up with the places, as words for people, where it might change the answer.
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, assert_never

from watch.core.model import Document, Field, Mention
from watch.core.rules.operands import Operand, parts_of
from watch.core.rules.proximity import Found, Reach, apart, near
from watch.core.rules.syntax import (
    And,
    Apart,
    AtLeast,
    Expression,
    ItemIs,
    LanguageIs,
    Near,
    Not,
    Or,
    SomeOf,
    SourceIs,
    Tagged,
    Together,
    Within,
    Words,
    operator_of,
)
from watch.core.rules.view import Spot, View, mentions_of, merged
from watch.core.words.languages import primary_language


class Evaluation(NamedTuple):
    """What an expression comes to in one document."""

    mentions: tuple[Mention, ...] | None
    """Every mention that makes it hold, in reading order; None if it does not."""
    left_out: tuple[str, ...] = ()
    """What took no part though it might have changed the answer, in words."""


class Met(NamedTuple):
    """Where an expression is met."""

    spots: Sequence[Spot] | None
    """In reading order; None if it does not hold."""
    left_out: tuple[str, ...] = ()
    """As in an evaluation."""
    thinned: tuple[str, ...] = ()
    """What was left out of the places alone: what asks for every one of them may miss one."""


def evaluate(expression: Expression, view: View) -> Evaluation:
    """Return whether an expression holds, and every mention that makes it hold."""
    met = meets(expression, view)
    if met.spots is None:
        return Evaluation(mentions=None, left_out=met.left_out)
    mentions = tuple(sorted(mentions_of(met.spots), key=_reading_order))
    return Evaluation(mentions=mentions, left_out=met.left_out)


def meets(expression: Expression, view: View) -> Met:
    """Return the places at which an expression is met; looks at no more parts than it must."""
    if isinstance(expression, Operand):  # as by far the most are
        return met_by(iter(()), expression, view)
    inner = view_of_parts(expression, view)
    return met_by((meets(part, inner) for part in parts_of(expression)), expression, inner)


def view_of_parts(expression: Expression, view: View) -> View:
    """Return the view in which the parts of an expression are met."""
    match expression:
        case Within(field=field):
            return view.within(field)
        case Near() | Together() | Apart() if not view.is_divided:
            proximities = _proximities(expression)
            return view.divided_by(proximities) if proximities > 1 else view
    return view


def met_by(  # noqa: PLR0911 (one for each kind of expression)
    parts: Iterator[Met], expression: Expression, view: View
) -> Met:
    """Return where an expression is met whose parts are, in the view of its parts.

    Of the parts, from left to right, no more are taken than tell the answer.
    """
    match expression:
        case Words() | ItemIs() | Tagged():
            cut = view.cut.get(expression) if view.cut else None
            return Met(view.spots(expression) or None, thinned=(cut,) if cut else ())
        case Within():
            return next(parts)
        case SourceIs() | LanguageIs():
            return Met(spots=() if _is_of(view.document, expression) else None)
        case Not():
            met = next(parts)
            return Met(spots=() if met.spots is None else None, left_out=met.left_out)
        case AtLeast(count=count):
            met = next(parts)
            if met.spots is not None and len(met.spots) >= count:
                return met
            return Met(spots=None, left_out=met.left_out + met.thinned)
        case And() | Or() | SomeOf():
            return _some_of(parts, expression)
        case Near() | Together() | Apart():
            return _near(parts, expression, view)
    raise AssertionError(expression)


def _reading_order(mention: Mention) -> tuple[bool, int, int, str, str]:
    is_text = mention.field is Field.TEXT
    return is_text, mention.start, mention.end, mention.item, mention.term


def _some_of(parts: Iterator[Met], expression: And | Or | SomeOf) -> Met:
    """Return the places of all that hold, if so many do."""
    needed = _fewest(expression)
    met: list[Met] = []
    held = 0
    for left in range(len(expression.operands), 0, -1):
        if held + left < needed:
            break
        met.append(next(parts))
        held += met[-1].spots is not None
    spots = merged(spot for one in met for spot in one.spots or ()) if held >= needed else None
    if not any(one.left_out or one.thinned for one in met):
        return Met(spots)
    return Met(
        spots,
        left_out=tuple(text for one in met for text in one.left_out),
        thinned=tuple(text for one in met for text in one.thinned),
    )


def _fewest(expression: And | Or | SomeOf) -> int:
    """Return how many of the parts must hold."""
    match expression:
        case And(operands=operands):
            return len(operands)
        case Or():
            return 1
        case SomeOf(count=count):
            return count
    assert_never(expression)


def _near(parts: Iterator[Met], expression: Near | Together | Apart, view: View) -> Met:
    """Return the places of a proximity."""
    left = next(parts)
    if left.spots is None:
        return left
    right = next(parts)
    left_out = (*left.left_out, *left.thinned, *right.left_out, *right.thinned)
    if not right.spots:
        # Where there is nothing to be near, all are apart.
        return Met(left.spots if isinstance(expression, Apart) else None, left_out)
    found = _found(expression, left.spots, right.spots, view)
    operator = operator_of(expression)
    crowded = (
        f"{count:,} places on one side of {operator}; the first {view.most_spots:,} took part"
        for count in found.crowds
    )
    thinned = f"{found.pairs:,} pairs near by {operator}; the nearest of each place took part"
    return Met(
        spots=found.spots or None,
        left_out=(*left_out, *crowded),
        thinned=(thinned,) if found.pairs else (),
    )


def _proximities(expression: Expression) -> int:
    """Return how many proximities are in an expression."""
    own = isinstance(expression, Near | Together | Apart)
    return own + sum(map(_proximities, parts_of(expression)))


def _found(
    expression: Near | Together | Apart, left: Sequence[Spot], right: Sequence[Spot], view: View
) -> Found:
    match expression:
        case Near(words=words, is_ordered=is_ordered):
            reach = Reach(view.layout, words, view.most_spots)
            return near(left, right, reach, is_ordered=is_ordered)
        case Together(unit=unit):
            reach = Reach(view.layout, unit, view.most_spots)
            return near(left, right, reach, is_ordered=False)
        case Apart(reach=distance):
            return apart(left, right, Reach(view.layout, distance, view.most_spots))
    assert_never(expression)


def _is_of(document: Document, expression: SourceIs | LanguageIs) -> bool:
    """Whether a document comes from such a source, or is in that language."""
    if isinstance(expression, SourceIs):
        # Of what fnmatch knows, only the star is one here.
        glob = expression.glob.casefold()
        pattern = "".join(f"[{char}]" if char in "?[" else char for char in glob)
        return fnmatchcase(document.source.casefold(), pattern)
    language = primary_language(expression.code)
    return language is not None and language in map(primary_language, document.languages[:1])
