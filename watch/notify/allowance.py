"""What a rendering may cost: all that can grow or repeat in a template is paid for.

Templates run in this process, and one that never ends, or doubles a text forty times, must cost a
complaint and not the daemon. What is looped over, called, included, joined, multiplied, compared
and written pays before it is done.
"""

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from itertools import chain
from typing import Any

from jinja2.exceptions import SecurityError

STEPS = 5_000_000
"""What one rendering may cost: a mail of 100 kB takes a fifth, all of it a second or two."""

TURN, CALL = 10, 400
_VISIT = 100
"""What a turn of a loop or a filter, a call or an include, and an element that is read whole cost,
by the time they take; a character costs 1."""

_LONG = (str, list, tuple, dict, range, set, frozenset, KeysView, ItemsView, ValuesView)


class _Allowance:
    """What a rendering may still spend."""

    def __init__(self, steps: float) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise SecurityError(f"it comes to no end: more than {STEPS:,} steps")


_ALLOWANCE: ContextVar[_Allowance] = ContextVar("allowance")


@contextmanager
def allowance(steps: float = STEPS) -> Iterator[None]:
    """Give what is rendered inside so much to spend; a template renders nowhere else."""
    token = _ALLOWANCE.set(_Allowance(steps))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def spend(steps: int) -> None:
    """Pay so much; raises jinja's SecurityError where that is more than is left."""
    _ALLOWANCE.get().spend(steps)


def length(value: object) -> int:
    """Return how many elements or characters it has; 0 where that is not known before."""
    return len(value) if isinstance(value, _LONG) else 0


def spend_flat(*values: object) -> None:
    """Pay for what each value holds, but not for what that holds."""
    spend(sum(map(length, values)) + TURN)


def spend_deep(*values: object) -> None:
    """Pay for all that each value holds: as a text it may be as long."""
    spend_flat(*values)
    for value in values:
        if isinstance(value, dict | list | tuple | set | frozenset):
            spend(len(value) * _VISIT)
            spend_deep(*(chain(value, value.values()) if isinstance(value, dict) else value))


def paid(function: Callable[..., Any], price: Callable[..., None]) -> Callable[..., Any]:
    """Return the function with its arguments paid for by a price, and its result."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function
        price(*args, *kwargs.values())
        result = function(*args, **kwargs)
        if isinstance(result, Iterator):
            return paid_turns(result)
        spend_flat(result)
        return result

    return call


def paid_turns(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the values, each paid for."""
    for value in values:
        spend(TURN)
        yield value


def paid_loop(values: Any) -> Any:  # noqa: ANN401 - whatever is looped over
    """Return what is looped over, its turns paid for: at once, where it is known how many."""
    if isinstance(values, _LONG):
        spend(len(values) * TURN)
        return values
    return paid_turns(values)
