"""The expression of a rule: text to tree, or everything that is wrong with it.

    or:         and (OR and)*              no other operator beside OR without parentheses
    and:        not (AND not)*
    not:        NOT not | ATLEAST/3 not | proximity
    proximity:  operand [NEAR/8 | PRE/8 | W/S | W/P | NOT NEAR/8 | ... operand]
    operand:    (or) | 2 OF (or, or, ...) | title:operand | @id | #tag | word | "phrase" | /pattern/

What an author plainly meant is read as that, so that all else that is wrong is told with it.
"""

from typing import NamedTuple

from watch.core.model import Field
from watch.core.rules.faults import ExpressionError
from watch.core.rules.lexer import BEGINS_OPERAND, Kind, Token, unquoted
from watch.core.rules.misspelt import sign_fault
from watch.core.rules.reader import Reader
from watch.core.rules.readings import Piece, both_readings, chain_readings, excerpt
from watch.core.rules.refusals import MOST_DEEP, refusals
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
    Unit,
    Within,
    Words,
)
from watch.core.rules.terms import TermError, parse_term
from watch.core.words.languages import primary_language

MOST_COUNTED = 1_000
"""The largest number behind NEAR/, PRE/ and ATLEAST/."""
_MOST_OPEN = 2 * MOST_DEEP
"""Parentheses and prefixes open at once: a tree shown has one of each a level."""
_DIGITS_READ = 6


def parse_expression(text: str) -> Expression:
    """Return the tree of an expression; raise ExpressionError with all that is wrong with it."""
    parser = _Parser(text)
    expression = parser.whole()
    faults = parser.faults or list(refusals(expression, text))
    if faults:
        raise ExpressionError(faults)
    return expression


class _Part(NamedTuple):
    """A node and what is written of it: its span and the parentheses around it."""

    node: Expression
    start: int
    end: int


class _Parser(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.open = 0
        self.pieces: list[Piece] = []
        """What stands side by side between the innermost parentheses, so far."""

    def whole(self) -> Expression:
        if self.token.kind is Kind.END:
            remedy = "write what must be found: @item AND (Russia OR Moscow)"
            self.stop(0, len(self.text), "an empty expression", remedy)
        part = self._or()
        token = self.token
        if token.kind is Kind.CLOSE:
            self.stop_at(token, "nothing opens this parenthesis", "take it out, or open it with (")
        if token.kind is Kind.COMMA:
            remedy = "write AND or OR, or 1 OF (A, B)"
            self.stop_at(token, "a comma stands only in a list of OF", remedy)
        return part.node

    # --- operators, the loosest first

    def _or(self) -> _Part:
        outer, self.pieces = self.pieces, []
        parts = [self._and()]
        while self.token.kind is Kind.OR:
            self._take_operator()
            parts.append(self._and())
        others = [piece for piece in self.pieces if piece.is_operator and piece.text != "OR"]
        if len(parts) > 1 and others:
            token = next(piece for piece in self.pieces if piece.text == "OR")
            self.add(
                token.start,
                token.start + 2,
                f"OR beside {others[0].text} needs parentheses: other systems read it otherwise",
                f"write {' or '.join(both_readings(self.pieces))}",
            )
        self.pieces = outer
        start, end = parts[0].start, parts[-1].end
        if len(parts) == 1:
            return parts[0]
        operands = [part.node for part in parts]
        flat = [
            each for one in operands for each in (one.operands if isinstance(one, Or) else [one])
        ]
        return _Part(Or(operands=tuple(flat), start=start, end=end), start, end)

    def _and(self) -> _Part:
        parts = [self._not()]
        while self.token.kind is Kind.AND:
            self._take_operator()
            parts.append(self._not())
        start, end = parts[0].start, parts[-1].end
        if len(parts) == 1:
            return parts[0]
        operands = [part.node for part in parts]
        flat = [
            each for one in operands for each in (one.operands if isinstance(one, And) else [one])
        ]
        return _Part(And(operands=tuple(flat), start=start, end=end), start, end)

    def _not(self) -> _Part:
        self.mend_before()
        if self.token.kind not in {Kind.NOT, Kind.ATLEAST}:
            return self._proximity()
        token = self._take_operator()
        self._enter(token)
        operand = self._not()
        self.open -= 1
        node: Expression
        if token.kind is Kind.NOT:
            node = Not(operand=operand.node, start=token.start, end=operand.end)
        else:
            count = self._count(token)
            if count == 0:
                remedy = "write ATLEAST/2 or more, or leave it out"
                self.add(token.start, token.end, "ATLEAST/0 asks for nothing", remedy)
            node = AtLeast(count=count, operand=operand.node, start=token.start, end=operand.end)
        return _Part(node, token.start, operand.end)

    def _proximity(self) -> _Part:
        first = len(self.pieces)
        left = self._operand()
        chained: Token | None = None
        count = 0
        while self.token.kind is Kind.PROXIMITY or (
            self.token.kind is Kind.NOT and self.next.kind is Kind.PROXIMITY
        ):
            negation = self.token if self.token.kind is Kind.NOT else None
            if negation is not None:
                self.at += 1
            token = self._take_operator(negation)
            self.mend_before()
            is_prefix = self.token.kind in {Kind.NOT, Kind.ATLEAST}
            right = self._not() if is_prefix else self._operand()
            node = self._near(token, left, right, is_apart=negation is not None)
            left = _Part(node, left.start, right.end)
            count += 1
            chained = token if count > 1 else None
        if chained is not None:
            readings = chain_readings(self.pieces[first:])
            self.add(
                chained.start,
                chained.end,
                f"{chained.value} behind another proximity needs parentheses",
                f"write {' or '.join(readings)}",
            )
        return left

    def _near(self, token: Token, left: _Part, right: _Part, *, is_apart: bool) -> Expression:
        operator, _, behind = token.value.partition("/")
        start, end = left.start, right.end
        reach = Unit(behind) if operator == "W" else self._count(token)
        if is_apart:
            if operator == "PRE":
                remedy = f"write NOT NEAR/{behind}"
                self.add(token.start, token.end, "NOT goes with NEAR and W only", remedy)
            return Apart(reach=reach, left=left.node, right=right.node, start=start, end=end)
        if isinstance(reach, Unit):
            return Together(unit=reach, left=left.node, right=right.node, start=start, end=end)
        return Near(
            words=reach,
            is_ordered=operator == "PRE",
            left=left.node,
            right=right.node,
            start=start,
            end=end,
        )

    def _count(self, token: Token) -> int:
        count = _number(token.value.partition("/")[2])
        if count > MOST_COUNTED:
            operator = token.value.partition("/")[0]
            remedy = f"write {operator}/{MOST_COUNTED} at most"
            if operator != "ATLEAST":
                remedy += ", W/P for one paragraph, or AND for the whole document"
            self.add(token.start, token.end, f"{operator}/ counts to {MOST_COUNTED:,}", remedy)
        return min(count, MOST_COUNTED)

    # --- operands

    def _operand(self) -> _Part:
        """Return an operand, ready for the operator behind it."""
        part = self._bare_operand()
        text = excerpt(self.text[part.start : part.end])
        self.pieces.append(Piece(text=text, start=part.start, is_operator=False))
        self.mend_between()
        return part

    def _bare_operand(self) -> _Part:
        token = self.token
        if token.kind is Kind.OPEN:
            return self._group()
        if token.kind is Kind.WORD and self.next.kind is Kind.OF:
            return self._some_of()
        if token.kind not in BEGINS_OPERAND:
            self.stop_without_operand()
        self.at += 1
        if token.kind is Kind.FIELD:
            return self._within(token)
        self._check_leaf(token)
        return _Part(_leaf(token), token.start, token.end)

    def _check_leaf(self, token: Token) -> None:
        """Add a fault where an operand of one token says nothing."""
        match token.kind:
            case Kind.LANGUAGE if primary_language(token.value) is None:
                text = f"{token.value!r} is no language code" if token.value else "no language"
                self.add(token.start, token.end, text, "write a code: lang:ko, lang:en, lang:ru")
            case Kind.LANGUAGE:
                pass
            case Kind.WORD | Kind.PHRASE | Kind.PATTERN:
                self._check_term(token)
            case kind if not token.value.strip():
                self.stop_at(token, *_NAMELESS[kind])

    def _group(self) -> _Part:
        token = self.token
        self._enter(token)
        self.at += 1
        if self.token.kind is Kind.CLOSE:
            remedy = "write operands in them, or take them out"
            self.stop(token.start, self.token.end, "empty parentheses", remedy)
        inner = self._or()
        end = self._close(token)
        return _Part(inner.node, token.start, end)

    def _some_of(self) -> _Part:
        count_token, of = self.token, self.next
        start = count_token.start
        count = self._count_of(count_token)
        self.at += 2
        opening = self.token
        if opening.kind is not Kind.OPEN:
            text = "OF needs a list in parentheses"
            self.stop_at(of, text, f"write {count_token.value} OF (A, B, C)")
        self._enter(opening)
        self.at += 1
        parts = [self._or()]
        while self.token.kind is Kind.COMMA:
            self.at += 1
            parts.append(self._or())
        end = self._close(opening)
        if count > len(parts):
            self.add(start, of.end, *self._too_few(count_token.value, parts))
        operands = tuple(part.node for part in parts)
        return _Part(SomeOf(count=count, operands=operands, start=start, end=end), start, end)

    def _too_few(self, count: str, parts: list[_Part]) -> tuple[str, str]:
        only = parts[0].node
        if len(parts) == 1 and isinstance(only, And | Or):
            listed = ", ".join(excerpt(self.text[one.start : one.end]) for one in only.operands)
            return "OF takes a list parted by commas", f"write {count} OF ({listed})"
        there = "is only 1" if len(parts) == 1 else f"are only {len(parts)}"
        return f"{count} of a list in which there {there}", f"write {len(parts)} OF, or list more"

    def _count_of(self, token: Token) -> int:
        if not (token.value.isascii() and token.value.isdigit()):
            self.stop_at(
                token, f"OF needs a number before it, not {token.value}", "write 2 OF (A, B, C)"
            )
        count = _number(token.value)
        if count == 0:
            remedy = "write 1 OF or more"
            self.add(token.start, token.end, "0 OF a list holds always", remedy)
        return count

    def _within(self, token: Token) -> _Part:
        self._enter(token)
        self.mend_before()
        if self.token.kind not in BEGINS_OPERAND:
            written = self.text[token.start : token.end]
            remedy = f"write {written}word, {written}@item or {written}(...)"
            self.stop_at(token, f"{written} needs an operand right behind it", remedy)
        operand = self._bare_operand()
        self.open -= 1
        node = Within(
            field=Field(token.value), operand=operand.node, start=token.start, end=operand.end
        )
        return _Part(node, token.start, operand.end)

    def _check_term(self, token: Token) -> None:
        """Add a fault where the words could be no term, or need quotes."""
        if token.kind is Kind.WORD:
            sign = sign_fault(token.value)
            if sign is not None:
                at, text, remedy = sign
                self.add(token.start + at, token.start + at + 1, text, remedy)
                return
        try:
            parse_term(token.value)
        except TermError as error:
            start, end = error.start, error.end
            if token.kind is Kind.PHRASE:
                places = unquoted(self.text[token.start : token.end])[1]
                start, end = places[start], places[end]
            if start == end:
                start, end = 0, token.end - token.start
            self.add(token.start + start, token.start + end, str(error), error.remedy)

    # --- what opens and closes

    def _take_operator(self, negation: Token | None = None) -> Token:
        token = self.token
        text = token.value if negation is None else f"NOT {token.value}"
        start = token.start if negation is None else negation.start
        self.pieces.append(Piece(text=text, start=start, is_operator=True))
        self.at += 1
        return token

    def _enter(self, token: Token) -> None:
        self.open += 1
        if self.open > _MOST_OPEN:
            self.stop_at(
                token, f"nested more than {MOST_DEEP} deep", "make it flatter, or two rules"
            )

    def _close(self, opening: Token) -> int:
        token = self.token
        if token.kind is Kind.COMMA:
            remedy = "write AND or OR, or 1 OF (A, B)"
            self.stop_at(token, "a comma stands only in a list of OF", remedy)
        if token.kind is not Kind.CLOSE:
            self.stop_at(opening, "this parenthesis is not closed", "close it with )")
        self.at += 1
        self.open -= 1
        return token.end


_NAMELESS = {
    Kind.ITEM: ("@ needs the id of an item right behind it", "write @suicide-drone"),
    Kind.TAG: ("# needs a kind or tag right behind it", "write #weapon"),
    Kind.SOURCE: ("source: needs a name", 'write source:"KCNA*"'),
}


def _leaf(token: Token) -> Expression:
    start, end = token.start, token.end
    match token.kind:
        case Kind.ITEM:
            return ItemIs(item=token.value, start=start, end=end)
        case Kind.TAG:
            return Tagged(tag=token.value, start=start, end=end)
        case Kind.SOURCE:
            return SourceIs(glob=token.value, start=start, end=end)
        case Kind.LANGUAGE:
            return LanguageIs(code=primary_language(token.value) or "", start=start, end=end)
        case _:
            return Words(typed=token.value, start=start, end=end)


def _number(digits: str) -> int:
    """Return a number; one of very many digits is only as large as need be."""
    return int(digits) if len(digits) <= _DIGITS_READ else 10**_DIGITS_READ
