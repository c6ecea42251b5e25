"""Garbage collection stops everything, for longer the more there is to look through.

100,000 values are 0.1 s, as measured with files that are known; no more than that may be made at
once, or kept, without leaving them out of it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 10_000
"""So many values that are kept are worth leaving out."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Put garbage collection off for as long as many values are made of which none is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def leave_out() -> None:
    """Have garbage collection leave out for good what there is now.

    What nothing refers to any more goes all the same, but for what refers to itself.
    """
    gc.freeze()
