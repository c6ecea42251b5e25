"""What is wrong with a term or with an expression: where in it, what, and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass


class TermError(Exception):
    """A term that can match nothing, or too much; `start` and `end` are offsets in it."""

    def __init__(self, text: str, *, remedy: str, start: int, end: int) -> None:
        super().__init__(text)
        self.remedy = remedy
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with an expression; `start` and `end` are offsets in it."""

    start: int
    end: int
    text: str
    remedy: str


class ExpressionError(Exception):
    """An expression that means nothing; `faults` is all that could be told of it, in its order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.start, fault.end)))
        super().__init__("; ".join(f"{fault.text} ({fault.remedy})" for fault in self.faults))
