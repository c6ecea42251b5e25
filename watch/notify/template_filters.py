"""What templates may call: filters and functions that are paid for, methods that are harmless."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from jinja2.exceptions import SecurityError

from watch.core.cleaning import clip
from watch.notify.allowance import STEPS, paid, spend, spend_deep, spend_flat
from watch.notify.setting import counted, fill

_FLAT = frozenset(
    """
    count d default dictsort first groupby items join last length list map max min reject
    rejectattr reverse select selectattr sort unique
    """.split()  # noqa: SIM905 - to be read
)
"""Filters of lists, which look at the elements one by one; all others may read them whole."""

_FILTERS = frozenset(
    """
    abs capitalize clip count counted d default dictsort e escape fill first float
    forceescape format groupby int items join last length list lower map max min reject
    rejectattr replace reverse safe select selectattr sort string striptags title trim
    truncate unique upper urlencode wordcount
    """.split()  # noqa: SIM905 - to be read
)
"""Those of which it can be foretold how long their result is at the most."""

METHODS = frozenset(
    """
    capitalize casefold count endswith find isalnum isalpha isascii isdecimal isdigit
    islower isspace isupper lower lstrip partition removeprefix removesuffix rfind
    rpartition rsplit rstrip split splitlines startswith strip swapcase title upper
    """.split()  # noqa: SIM905 - to be read
)
"""Those of a string; its others make long strings of short ones."""

_WIDE = re.compile(r"%(\([^)]*\))?[^a-zA-Z%]*(\*|[0-9]{4})")


def paid_filters(known: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return of the filters that jinja knows those that may be called, and our own."""
    every: dict[str, Callable[..., Any]] = {**known, "fill": fill, "clip": clip, "counted": counted}
    return {name: _paid_filter(name, every[name]) for name in sorted(_FILTERS)}


def paid_range(*args: int) -> range:
    """Return a range, all of it paid for."""
    numbers = range(*args)
    spend(len(numbers[: STEPS + 1]))
    return numbers


def check_format(text: str) -> None:
    """Refuse to pad to a width that is very large, or only known when it is formatted."""
    if _WIDE.search(text):
        raise SecurityError(f'it formats with "{clip(text, 40)}": the width is too large')


def _paid_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that is paid for; those that can lengthen a text pay for that before."""
    priced = paid(function, spend_flat if name in _FLAT else spend_deep)
    match name:
        case "fill":
            return _foretold(priced, _filled)
        case "format":
            return _foretold(priced, _formatted)
        case "join":
            return _joined(priced)
        case "replace":
            return _foretold(priced, _replaced)
        case _:
            return priced


def _foretold(function: Callable[..., Any], price: Callable[..., int]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any filter
        spend(price(*args, **kwargs))
        return function(*args, **kwargs)

    return call


def _filled(text: str, first: str = "", rest: str | None = None, columns: int = 0) -> int:
    """Return what the beginnings of lines come to, a line being of ten characters."""
    del columns
    return (len(text) // 10 + 1) * len(first if rest is None else rest)


def _formatted(text: object, *_: object, **__: object) -> int:
    """Return nothing to pay: it is known to add little."""
    check_format(str(text))
    return 0


def _replaced(_: object, text: str, old: str, new: str, count: int | None = None) -> int:
    del count
    return str(text).count(str(old)) * len(str(new))


def _joined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter `join` with all elements, and what goes between them, paid for."""

    @wraps(function)
    def call(context: Any, value: Iterable[Any], d: str = "", attribute: Any = None) -> Any:  # noqa: ANN401 - as jinja has it
        elements = list(value)
        spend_deep(elements)
        spend(len(elements) * len(str(d)))
        return function(context, elements, d, attribute)

    return call
