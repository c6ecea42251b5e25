"""What must be mentioned for an expression to hold at all."""

from collections.abc import Iterator

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


def required(expression: Expression) -> frozenset[Operand] | None:
    """Return operands of which one at least is mentioned wherever the expression holds.

    They are as few as there can be. None when it may hold without any mention: such a rule must
    be checked against every document.
    """
    match expression:
        case Words() | ItemIs() | Tagged():
            return frozenset((expression,))
        case Not() | SourceIs() | LanguageIs():
            return None
        case Apart(left=left):
            return required(left)
        case Or():
            count = 1
        case SomeOf(count=count):
            pass
        case _:
            count = len(parts_of(expression))
    # So many of the parts hold that, of any set that leaves fewer out, one holds.
    parts = parts_of(expression)
    known = sorted((part for part in map(required, parts) if part is not None), key=len)
    enough = len(parts) - count + 1
    if len(known) < enough:
        return None
    return frozenset().union(*known[:enough])
