"""Lints of a rule's expression."""

from collections.abc import Iterator, Sequence

from watch.core.model import Field
from watch.core.rules.common_words import common_in
from watch.core.rules.lint.remark import Code, Remark
from watch.core.rules.lint.terms import mixed_scripts, regex_ascii
from watch.core.rules.operands import parts_of
from watch.core.rules.patterns import is_pattern
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
    Together,
    Within,
    Words,
    show,
)
from watch.core.words.segment import words


def expression_remarks(when: Expression, language: str | None) -> Iterator[Remark]:
    """Yield all that is odd about an expression; spans count in it as it is typed."""
    if (why := why_never(when)) is not None:
        remedy = "look for a NOT, a lang: or a title: too many"
        yield Remark(Code.NEVER_HOLDS, f"the rule can never hold: {why}", remedy)
    for node in nodes(when):
        span = node.start, node.end
        match node:
            case Words(typed=typed):
                odd = regex_ascii(typed) if is_pattern(typed) else mixed_scripts(typed)
                for remark in odd:
                    yield remark._replace(span=span)
            case Not(operand=operand):
                yield from _not_common(operand, language)


def nodes(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all that it is made of, parts after wholes."""
    yield expression
    for part in parts_of(expression):
        yield from nodes(part)


def _not_common(denied: Expression, language: str | None) -> Iterator[Remark]:
    """Yield a remark for each common word whose presence anywhere in a document undoes a rule."""
    match denied:
        case Words(typed=typed):
            common = common_in("".join(word.folded for word in words(typed)), language)
            if common is not None and "*" not in typed:
                yield Remark(
                    Code.NOT_COMMON_WORD,
                    f"NOT {typed} loses every document that holds this common word of {common}",
                    f"write NOT NEAR/8 {typed}, or a longer phrase",
                    span=(denied.start, denied.end),
                )
        case Or(operands=operands):
            for operand in operands:
                yield from _not_common(operand, language)
        case Within(field=Field.TEXT, operand=operand):
            yield from _not_common(operand, language)


def why_never(expression: Expression, field: Field | None = None) -> str | None:
    """Return why an expression holds for no document; None when it may hold for some.

    `field` is the one that alone counts where the expression stands.
    """
    if isinstance(expression, Within):
        if field is not None and expression.field is not field:
            return f"{expression.field.value}: stands inside {field.value}:"
        return why_never(expression.operand, expression.field)
    reasons = [why_never(part, field) for part in parts_of(expression)]
    told = [reason for reason in reasons if reason is not None]
    match expression:
        case Not():
            told = []
        case And(operands=operands):
            told.extend(_contradictions(operands))
        case Or() if len(told) < len(reasons):
            told = []
        case SomeOf(count=count) if len(reasons) - len(told) >= count:
            told = []
        case Near(left=left, right=right) | Together(left=left, right=right):
            told.extend(_fields_apart(left, right))
        case Apart():
            told = [reason for reason in reasons[:1] if reason is not None]
    return told[0] if told else None


def _fields_apart(left: Expression, right: Expression) -> Iterator[str]:
    if len({one.field for one in (left, right) if isinstance(one, Within)}) > 1:
        yield "title and text are never near each other"


def _contradictions(operands: Sequence[Expression]) -> Iterator[str]:
    """Yield which of the parts that must all hold exclude each other."""
    if len({one.code for one in operands if isinstance(one, LanguageIs)}) > 1:
        yield "a document has one language"
    needed = [part for one in operands for part in _needed(one)]
    for one in operands:
        if isinstance(one, Not):
            denied = one.operand.operands if isinstance(one.operand, Or) else (one.operand,)
            for part in denied:
                if part in needed:
                    yield f"it asks for {show(part)} and for its absence"


def _needed(expression: Expression) -> Iterator[Expression]:
    """Yield what holds wherever the expression does."""
    yield expression
    match expression:
        case And(operands=operands):
            for one in operands:
                yield from _needed(one)
        case Near(left=left, right=right) | Together(left=left, right=right):
            yield from _needed(left)
            yield from _needed(right)
        case Apart(left=operand) | AtLeast(operand=operand) | Within(operand=operand):
            yield from _needed(operand)
