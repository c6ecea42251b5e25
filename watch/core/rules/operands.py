"""What must be mentioned for an expression to hold at all."""

from collections.abc import Iterator
from itertools import chain, combinations, islice

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

Operand = Words | ItemIs | Tagged
"""What mentions are found for."""
_MOST_SETS = 10
"""Of the operands that `n OF` requires: of a long list there are more than need be looked at."""


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions that one is directly made of, as written from left to right."""
    match expression:
        case Words() | ItemIs() | Tagged() | SourceIs() | LanguageIs():
            return ()
        case Within(operand=operand) | AtLeast(operand=operand) | Not(operand=operand):
            return (operand,)
        case (
            Near(left=left, right=right)
            | Together(left=left, right=right)
            | Apart(left=left, right=right)
        ):
            return left, right
        case And(operands=operands) | Or(operands=operands) | SomeOf(operands=operands):
            return operands
    raise AssertionError(expression)


def operands(expression: Expression) -> Iterator[Operand]:
    """Yield all words, items and tags in an expression, from left to right."""
    if isinstance(expression, Operand):
        yield expression
    for part in parts_of(expression):
        yield from operands(part)


def required(expression: Expression) -> tuple[frozenset[Operand], ...]:
    """Return sets of operands: wherever the expression holds, one at least of each is mentioned.

    The smallest come first. None at all: it may hold without any mention, and must be checked
    against every document.
    """
    match expression:
        case Words() | ItemIs() | Tagged():
            return (frozenset((expression,)),)
        case Not() | SourceIs() | LanguageIs():
            return ()
        case Apart(left=left):
            return required(left)
        case Or():
            count = 1
        case SomeOf(count=count):
            pass
        case _:
            count = len(parts_of(expression))
    parts = [sets for sets in map(required, parts_of(expression)) if sets]
    # So many of the parts hold that, of any that leave fewer out, one holds.
    enough = len(parts_of(expression)) - count + 1
    found = chain.from_iterable(parts)
    if enough > 1:
        smallest = sorted((sets[0] for sets in parts), key=len)
        some = islice(combinations(smallest, enough), _MOST_SETS)
        found = chain(frozenset().union(*sets) for sets in some)
    return tuple(sorted(dict.fromkeys(found), key=len))
