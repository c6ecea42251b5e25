"""What tests have a child do; it finds them by their module's name."""

import os
import resource
import sys
import time
from collections.abc import Callable

from watch.errors import NotReadableError, SourceError


def double(number: int, *, times: int = 1) -> int:
    return number << times


def process() -> int:
    return os.getpid()


def ignore(_: object) -> None:
    return


def refuse(words: str) -> None:
    raise NotReadableError(words)


def fail(words: str) -> None:
    raise SourceError(words)


class UnpickledError(Exception):
    """Cannot be restored from pickle: its constructor takes two arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def raise_foreign() -> None:
    raise UnpickledError("a\nb", " c" * 1000)


def leave() -> None:
    sys.exit(3)


def abort() -> None:
    os.abort()


def leave_for_good() -> None:
    os._exit(3)


def hang() -> None:
    while True:
        time.sleep(0.01)


def eat() -> int:
    return len(bytearray(1 << 30))


def core_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


class Bomb:
    """Ends the process that unpickles it, before that knows what it is about to do."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return leave_for_good, ()
