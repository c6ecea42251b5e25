"""What can be read as an expression, but not mean anything: told in its author's words."""

from collections.abc import Iterator

from watch.core.rules.faults import Fault
from watch.core.rules.operands import parts_of
from watch.core.rules.readings import excerpt
from watch.core.rules.syntax import (
    And,
    Apart,
    AtLeast,
    Expression,
    LanguageIs,
    Near,
    Not,
    Or,
    SomeOf,
    SourceIs,
    Together,
    Within,
    is_leaf,
    operator_of,
)

MOST_DEEP = 50
"""Operators within one another."""
_NAMES = {And: "AND", Not: "NOT", SomeOf: "OF", AtLeast: "ATLEAST", SourceIs: "source:"} | {
    LanguageIs: "lang:"
}


def refusals(expression: Expression, text: str) -> Iterator[Fault]:
    """Yield why an expression, read from a text, is refused."""
    if _depth(expression) > MOST_DEEP:
        remedy = "make it flatter, or two rules"
        told = f"nested more than {MOST_DEEP} deep"
        yield Fault(start=0, end=len(text), text=told, remedy=remedy)
        return
    faults = list(_misplaced(expression, text))
    yield from faults
    if not faults and not _is_by_presence(expression):
        absent = _absence(expression)
        yield Fault(
            start=absent.start,
            end=absent.end,
            text="a rule cannot hold by what is absent alone",
            remedy=f"write what must be there before it: X AND {_own(absent, text)}",
        )


def _depth(expression: Expression) -> int:
    parts = parts_of(expression)
    return 1 + max(map(_depth, parts)) if parts else 0


def _misplaced(expression: Expression, text: str) -> Iterator[Fault]:
    """Yield a fault for each operand of a proximity, or of ATLEAST, that has no place."""
    match expression:
        case Near() | Together() | Apart():
            for part in _placeless(expression.left):
                around = "", _own(expression.right, text)
                yield _inside_proximity(expression, part, around, text)
            for part in _placeless(expression.right):
                around = _own(expression.left, text), ""
                yield _inside_proximity(expression, part, around, text)
        case AtLeast(operand=operand):
            for part in _placeless(operand):
                yield Fault(
                    start=part.start,
                    end=part.end,
                    text=f"{_NAMES[type(part)]} inside ATLEAST: it counts places of words",
                    remedy="count one operand, or a list with OR in parentheses",
                )
    for part in parts_of(expression):
        yield from _misplaced(part, text)


def _placeless(expression: Expression) -> Iterator[Expression]:
    """Yield the parts of an operand that stand nowhere in a document."""
    if type(expression) in _NAMES:
        yield expression
    elif isinstance(expression, Or | Within):
        for part in parts_of(expression):
            yield from _placeless(part)


def _inside_proximity(
    near: Near | Together | Apart, part: Expression, around: tuple[str, str], text: str
) -> Fault:
    """Return the fault; `around` is the other operand: before the operator, or behind it."""
    name, operator = _NAMES[type(part)], operator_of(near)

    def framed(operand: Expression, operator: str = operator) -> str:
        before, behind = around
        own = _own(operand, text)
        return f"{before} {operator} {own}" if before else f"{own} {operator} {behind}"

    match part:
        case Not(operand=operand) if operator.startswith(("NEAR", "W")):
            remedy = f"write {framed(operand, f'NOT {operator}')}"
        case And(operands=operands):
            remedy = f"write {' AND '.join(f'({framed(one)})' for one in operands)}"
        case SomeOf(count=count, operands=operands):
            remedy = f"write {count} OF ({', '.join(map(framed, operands))})"
        case AtLeast(count=count, operand=operand):
            remedy = f"write ATLEAST/{count} ({framed(operand)})"
        case _:
            remedy = f"write it behind the parentheses: (...) AND {_own(part, text)}"
    told = f"{name} inside {operator}: it stands at no place of a text"
    return Fault(start=part.start, end=part.end, text=told, remedy=remedy)


def _own(expression: Expression, text: str) -> str:
    """Return how the author wrote a part, in parentheses where it needs them in another."""
    written = excerpt(text[expression.start : expression.end])
    return written if is_leaf(expression) else f"({written})"


def _is_by_presence(expression: Expression, *, holds: bool = True) -> bool:
    """Whether something stands in every document for which an expression holds, or does not.

    That it comes from a source or is in a language counts as something.
    """
    match expression:
        case Not(operand=operand):
            return _is_by_presence(operand, holds=not holds)
        case And(operands=operands):
            enough = 1 if holds else len(operands)
        case Or(operands=operands):
            enough = len(operands) if holds else 1
        case SomeOf(count=count, operands=operands):
            enough = len(operands) - count + 1 if holds else count
        case Within(operand=operand):
            return _is_by_presence(operand, holds=holds)
        case _:
            return holds
    return sum(_is_by_presence(one, holds=holds) for one in operands) >= enough


def _absence(expression: Expression) -> Expression:
    """Return the part of an expression by which alone it may hold."""
    if isinstance(expression, Or):
        return _absence(next(one for one in expression.operands if not _is_by_presence(one)))
    return expression
