"""What an author wrote without parentheses, with them: each way it can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_LONGEST = 40
"""Characters of an operand that a reading repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An operand, or an operator between or before operands, as it is written."""

    text: str
    start: int
    is_operator: bool


def both_readings(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Return how a mixture with OR reads when OR binds tighter than all else, and when looser.

    One reading, where both are the same.
    """
    tight, loose = _with_tight_or(pieces), _with_loose_or(pieces)
    return (tight, loose) if tight != loose else (loose,)


def _with_loose_or(pieces: Sequence[Piece]) -> str:
    groups = groupby(pieces, lambda piece: piece.is_operator and piece.text == "OR")
    return " ".join("OR" if is_or else _grouped([*group]) for is_or, group in groups)


def _with_tight_or(pieces: Sequence[Piece]) -> str:
    groups = groupby(pieces, lambda piece: piece.is_operator and piece.text != "OR")
    shown = []
    for is_other, group in groups:
        texts = [*group]
        # OR before a NOT joins what the NOT takes: there is but one way to read that.
        if not is_other and texts[-1].is_operator:
            return _with_loose_or(pieces)
        shown.append(_joined(texts) if is_other else _grouped(texts))
    return " ".join(shown)


def chain_readings(pieces: Sequence[Piece]) -> tuple[str, str]:
    """Return how a chain of proximities reads from the left, and from the right."""
    texts = [piece.text for piece in pieces]
    left, right = " ".join(texts[:3]), texts[-1]
    for operator, operand in zip(texts[3::2], texts[4::2], strict=True):
        left = f"({left}) {operator} {operand}"
    for operand, operator in zip(texts[-3::-2], texts[-2::-2], strict=True):
        right = f"{operand} {operator} {right}"
        if operand is not texts[0]:
            right = f"({right})"
    return left, right


def _grouped(pieces: Sequence[Piece]) -> str:
    text = _joined(pieces)
    return f"({text})" if len(pieces) > 1 else text


def _joined(pieces: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in pieces)


def excerpt(text: str) -> str:
    """Return what is written on one line, cut short where it is long."""
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line
    closing = line[-1] if line[-1] in ')"/' else ""
    return f"{line[: _LONGEST - 4]}...{closing}"
