"""The expression of a rule as a tree of frozen nodes, and back to text.

    Expression
    ├── Place       where something stands in a document: what proximity and ATLEAST take
    │   ├── Words        Russia, "self-propelled gun", "=Geran", "hyperson*", /YJ-?[0-9]{2}/
    │   ├── ItemIs       @suicide-drone
    │   ├── Tagged       #weapon
    │   ├── Within       title:X  text:X
    │   ├── Near         X NEAR/8 Y   X PRE/8 Y
    │   ├── Together     X W/S Y      X W/P Y
    │   └── Apart        X NOT NEAR/8 Y   X NOT W/S Y   X NOT W/P Y
    ├── SourceIs    source:"KCNA*"
    ├── LanguageIs  lang:ko
    ├── AtLeast     ATLEAST/3 X
    ├── SomeOf      2 OF (X, Y, Z)
    ├── Not         NOT X
    ├── And         X AND Y AND Z
    └── Or          X OR Y OR Z     a place, when all its parts are

`parse(show(expression)) == expression`: where a node stood in the text (`start`, `end`, offsets in
the expression) is known to it, but is no part of what it is.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, unique
from functools import singledispatch
from typing import assert_never

from watch.core.model import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A node; each kind below is one."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Expression):
    """A word, a phrase or a pattern, matched as a term is."""

    typed: str
    """As in an item's terms: with its = and stars, or between slashes; without quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemIs(Expression):
    """Any mention of an item."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged(Expression):
    """Any mention of any item of that kind or tag."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Expression):
    """An operand that counts only in one field."""

    field: Field
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Near(Expression):
    """Two places in one field with at most so many whole words between them."""

    words: int
    is_ordered: bool
    """PRE: the left one first."""
    left: Expression
    right: Expression


@unique
class Unit(Enum):
    """A part of a text, with the letter it goes by behind `W/`."""

    SENTENCE = "S"
    PARAGRAPH = "P"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Expression):
    """Two places in one sentence, or in one paragraph."""

    unit: Unit
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart(Expression):
    """Places of `left` that have none of `right` so near, or in the same unit."""

    reach: int | Unit
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIs(Expression):
    """The document comes from a source of such a name; * stands for anything."""

    glob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIs(Expression):
    """The document is in that language: the one trusted most."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast(Expression):
    """An operand stands at so many places of one document, or at more."""

    count: int
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeOf(Expression):
    """At least so many of some expressions hold."""

    count: int
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Expression):
    """An expression does not hold."""

    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Expression):
    """All of two or more expressions hold; none of them is an And."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Expression):
    """One of two or more expressions holds; none of them is an Or."""

    operands: tuple[Expression, ...]


_KEYWORDS = r"(?:AND|OR|NOT|OF)"
_BARE = re.compile(rf"(?!{_KEYWORDS}\b)=?[^\W\d_][\w'’-]*\*?")


def show(expression: Expression) -> str:
    """Return the expression as an author would type it, every nested operator in parentheses."""
    return _shown(expression)


def operator_of(expression: Near | Together | Apart) -> str:
    """Return what an author types between the two sides of a proximity: NEAR/5, NOT W/S."""
    match expression:
        case Near(words=words, is_ordered=is_ordered):
            return f"{'PRE' if is_ordered else 'NEAR'}/{words}"
        case Together(unit=unit):
            return f"W/{unit.value}"
        case Apart(reach=Unit() as unit):
            return f"NOT W/{unit.value}"
        case Apart(reach=words):
            return f"NOT NEAR/{words}"
    assert_never(expression)


def is_leaf(expression: Expression) -> bool:
    """Whether an expression needs no parentheses in another."""
    return isinstance(expression, Words | ItemIs | Tagged | SourceIs | LanguageIs | Within)


def quoted(text: str) -> str:
    r"""Return a text in quotes; `\"` and `\\` stand for a quote and a backslash within."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inner(expression: Expression) -> str:
    """Return a node within another: all but the smallest stand in parentheses."""
    return show(expression) if is_leaf(expression) else f"({show(expression)})"


@singledispatch
def _shown(expression: Expression) -> str:
    raise AssertionError(expression)


@_shown.register
def _(expression: Words) -> str:
    typed = expression.typed
    is_pattern = len(typed) > 1 and typed.startswith("/") and typed.endswith("/")
    return typed if is_pattern or _BARE.fullmatch(typed) else quoted(typed)


@_shown.register
def _(expression: ItemIs) -> str:
    return f"@{expression.item}"


@_shown.register
def _(expression: Tagged) -> str:
    tag = expression.tag
    return f"#{tag}" if re.fullmatch(r"[\w.-]+", tag) else f"#{quoted(tag)}"


@_shown.register
def _(expression: Within) -> str:
    return f"{expression.field.value}:{_inner(expression.operand)}"


@_shown.register
def _(expression: Near | Together | Apart) -> str:
    return f"{_inner(expression.left)} {operator_of(expression)} {_inner(expression.right)}"


@_shown.register
def _(expression: SourceIs) -> str:
    return f"source:{quoted(expression.glob)}"


@_shown.register
def _(expression: LanguageIs) -> str:
    return f"lang:{expression.code}"


@_shown.register
def _(expression: AtLeast) -> str:
    return f"ATLEAST/{expression.count} {_inner(expression.operand)}"


@_shown.register
def _(expression: SomeOf) -> str:
    return f"{expression.count} OF ({', '.join(map(show, expression.operands))})"


@_shown.register
def _(expression: Not) -> str:
    return f"NOT {_inner(expression.operand)}"


@_shown.register
def _(expression: And) -> str:
    return " AND ".join(map(_inner, expression.operands))


@_shown.register
def _(expression: Or) -> str:
    return " OR ".join(map(_inner, expression.operands))
