"""Whether a rule's expression holds for one document, and which mentions make it hold.

Every kind of expression gives the places at which it is met, or None when it does not hold:

    word, item, tag     its mentions; those of one span are one place
    title:X  text:X     X, with all mentions elsewhere left out
    NEAR  PRE  W/       for each pair that is near, the place from its first to its last word
    NOT NEAR, NOT W/    the left places that are near no right one; the right may stand nowhere
    ATLEAST/n X         the places of X, if there are n
    n OF  AND  OR       the places of all parts that hold, if n, all or one do
    NOT  source:  lang: none: they may hold, but no mention makes them hold

The expression's mentions are those of its places. Nearness is told in proximity.py.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from watch.core.model import Document, Field, Mention
from watch.core.rules.proximity import Reach, apart, merged, near, near_in_order
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
)
from watch.core.rules.view import Spot, View
from watch.core.words.languages import primary_language

_FIELDS = frozenset(Field)


def evaluate(expression: Expression, view: View) -> tuple[Mention, ...] | None:
    """Return every mention that makes an expression hold, in reading order; None if it does not."""
    spots = find_spots(expression, view)
    if spots is None:
        return None
    mentions = {mention for spot in spots for mention in spot.mentions}
    return tuple(sorted(mentions, key=_reading_order))


def find_spots(  # noqa: PLR0911 (one for each kind of expression)
    expression: Expression, view: View, fields: Collection[Field] = _FIELDS
) -> Sequence[Spot] | None:
    """Return the places at which an expression is met; None if it does not hold.

    Only what is mentioned in the fields counts. The places are in reading order.
    """
    match expression:
        case Words() | ItemIs() | Tagged():
            return _mentioned(expression, view, fields) or None
        case Within(field=field, operand=operand):
            return find_spots(operand, view, frozenset(fields) & {field})
        case SourceIs() | LanguageIs():
            return () if _is_of(view.document, expression) else None
        case Not(operand=operand):
            return () if find_spots(operand, view, fields) is None else None
        case AtLeast(count=count, operand=operand):
            spots = find_spots(operand, view, fields)
            return spots if spots is not None and len(spots) >= count else None
        case And(operands=operands):
            return _some_of(len(operands), operands, view, fields)
        case Or(operands=operands):
            return _some_of(1, operands, view, fields)
        case SomeOf(count=count, operands=operands):
            return _some_of(count, operands, view, fields)
    return _near(expression, view, fields) or None


def _reading_order(mention: Mention) -> tuple[bool, int, int, str, str]:
    is_text = mention.field is Field.TEXT
    return is_text, mention.start, mention.end, mention.item, mention.term


def _mentioned(
    operand: Words | ItemIs | Tagged, view: View, fields: Collection[Field]
) -> list[Spot]:
    """Return the places of an operand."""
    if isinstance(operand, Words):
        mentions = view.mentions_of_words(operand.typed)
    elif isinstance(operand, ItemIs):
        mentions = view.mentions_of_item(operand.item)
    else:
        mentions = view.mentions_tagged(operand.tag)
    return merged(
        Spot(mention.field, mention.start, mention.end, (mention,))
        for mention in mentions
        if mention.field in fields
    )


def _some_of(
    count: int, operands: Sequence[Expression], view: View, fields: Collection[Field]
) -> Sequence[Spot] | None:
    """Return the places of all that hold, if so many do; looks at no more than it must."""
    held: list[Sequence[Spot]] = []
    for index, operand in enumerate(operands):
        if len(held) + len(operands) - index < count:
            return None
        spots = find_spots(operand, view, fields)
        if spots is not None:
            held.append(spots)
    if len(held) < count:
        return None
    return merged(spot for spots in held for spot in spots)


def _near(expression: Expression, view: View, fields: Collection[Field]) -> list[Spot]:
    """Return the places of a proximity."""
    find: Callable[[Iterable[Spot], Iterable[Spot], Reach], list[Spot]] = near
    match expression:
        case Near(words=distance, is_ordered=is_ordered, left=left, right=right):
            find, reach = near_in_order if is_ordered else near, Reach(view.layout, distance)
        case Together(unit=unit, left=left, right=right):
            reach = Reach(view.layout, unit)
        case Apart(reach=distance, left=left, right=right):
            find, reach = apart, Reach(view.layout, distance)
        case _:
            raise AssertionError(expression)
    one = find_spots(left, view, fields)
    if one is None:
        return []
    other = find_spots(right, view, fields)
    return find(one, other or (), reach)


def _is_of(document: Document, expression: SourceIs | LanguageIs) -> bool:
    """Whether a document comes from such a source, or is in that language."""
    if isinstance(expression, SourceIs):
        # Of what fnmatch knows, only the star is one here.
        glob = expression.glob.casefold()
        pattern = "".join(f"[{char}]" if char in "?[" else char for char in glob)
        return fnmatchcase(document.source.casefold(), pattern)
    language = primary_language(expression.code)
    return language is not None and language in map(primary_language, document.languages[:1])
