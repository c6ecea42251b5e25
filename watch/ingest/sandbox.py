"""Hostile bytes are parsed in a child process that has limits and can be killed.

    run(function) ─► child: ("done", value) | ("refused", words) | ("failed", words)
                  ─► here:  value           | NotReadableError   | SourceError

Children are spawned, not forked: a fork of a process with threads may hang, and a fork server
would be one more process whose death had to be mended. A child takes about half a second to
start; a call to one that runs costs less than a millisecond.
"""

import asyncio
import atexit
import contextlib
import resource
import signal
from collections.abc import Callable, Mapping
from multiprocessing.context import SpawnContext, SpawnProcess
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from pebble import CONSTS, ProcessExpired, ProcessPool

from watch.errors import NotReadableError, SourceError

P = ParamSpec("P")
T = TypeVar("T")

MAX_TASKS = 500
"""How many calls a child serves before a fresh one takes its place: parsers leak."""
GRACE_S = 30.0
"""How many seconds over its time limit a call may take in all, the start of a child included.
The pool measures by the wall clock, which may be set back; this limit does not."""
LOOK_EVERY_S = 0.25
"""How often the pool looks after its children, in seconds: so much later is one ended that is over
its time. To look ten times a second, as it does by itself, takes as long as all else in an idle
daemon."""
MESSAGE_LENGTH = 300
"""How much of a foreign exception's text is kept, in characters."""

CONSTS.sleep_unit = LOOK_EVERY_S
_DONE, _REFUSED, _FAILED = "done", "refused", "failed"


class _Child(SpawnProcess):
    """A child that Ctrl-C leaves alone from its very start.

    The pool has it ignore SIGINT, but only half a second later. A mask is handed down to what is
    executed (POSIX, exec), so this thread's own is the child's; other threads still are told.
    """

    def start(self) -> None:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Children(SpawnContext):
    """What the pool makes its children with; it knows all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._made: list[_Child] = []

    def Process(self, *args: Any, **kwargs: Any) -> _Child:  # type: ignore[override]  # noqa: ANN401, N802 - as the pool calls it
        """Return a child that is to be started."""
        self._made = [child for child in self._made if child.exitcode is None]
        child = _Child(*args, **kwargs)
        self._made.append(child)
        return child

    def kill(self) -> None:
        """Kill those that are left: a pool that breaks while it stops leaves some behind."""
        for child in self._made:
            if child.is_alive():
                child.kill()
                child.join()


class Sandbox:
    """Runs functions in children; a context manager. The children start with the first call."""

    def __init__(
        self,
        *,
        workers: int = 2,
        seconds: float = 30.0,
        memory_mb: int = 512,
        grace_s: float = GRACE_S,
    ) -> None:
        self._workers = workers
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._grace_s = grace_s
        # Nothing waits inside the pool: there, waiting would count as running late.
        self._turns = asyncio.Semaphore(workers)
        self._pool: ProcessPool | None = None
        self._children = _Children()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns in a child.

        The function must be one of a module, its arguments and its value such as pickle takes.
        NotReadableError passes through; every other end - an exception, no answer in time, too
        much memory, death - is a SourceError. Cancelled, it kills the child. A function may run
        twice, if its child was lost before anybody knew what it was at.
        """
        async with self._turns:
            end, value = (
                await self._outcome(function, args, kwargs)
                # A child that dies idle breaks the whole pool. The next one is sound.
                or await self._outcome(function, args, kwargs)
                or (_FAILED, "no parser can be started; look for memory and processes to spare")
            )
        if end == _DONE:
            return cast("T", value)
        error = NotReadableError if end == _REFUSED else SourceError
        raise error(str(value))

    def close(self) -> None:
        """Kill the children; blocks for moments. What still runs must have been cancelled."""
        pool, self._pool = self._pool, None
        try:
            if pool is not None:
                _stop(pool)
        finally:
            self._children.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def _outcome(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> tuple[str, object] | None:
        """Return how a call ends in a child; None when the pool broke before anybody knew."""
        pool = self._pool = self._pool or self._new_pool()
        limit = asyncio.timeout(self._seconds + self._grace_s)
        try:
            async with limit:
                call = (function, args, kwargs, self._memory_mb)
                future = pool.schedule(_attempt, args=call, timeout=self._seconds)
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if limit.expired():
                await self._discard(pool)
            raise SourceError(
                f"no end to reading it within {self._seconds:g} s; the parser was stopped"
            ) from None
        except ProcessExpired as death:
            raise SourceError(f"the parser died reading it ({_cause(death)})") from death
        except RuntimeError:
            await self._discard(pool)
            return None

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=MAX_TASKS,
            initializer=_limit,
            initargs=(self._memory_mb,),
            context=self._children,
        )

    async def _discard(self, pool: ProcessPool) -> None:
        if self._pool is pool:
            self._pool = None
            await asyncio.to_thread(_stop, pool)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # typed but for this
    pool.join()


def _cause(death: ProcessExpired) -> str:
    if death.exitcode < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-death.exitcode).name
    return f"exit code {death.exitcode}"


def _limit(memory_mb: int) -> None:
    """Set the limits of a child."""
    size = memory_mb << 20
    # Some systems know a limit and refuse to set it; a child without it beats none at all.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A pool that stops closes its pipes, at which a child leaves, and then sends SIGTERM, which
    # would catch that child halfway out.
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)


def _attempt(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    memory_mb: int,
) -> tuple[str, object]:
    """Return the end of a call as plain values; runs in the child.

    No exception may leave it: one that pickle cannot restore breaks the pool, and one such as
    SystemExit would end the parent.
    """
    try:
        return _DONE, function(*args, **kwargs)
    except NotReadableError as error:
        return _REFUSED, str(error)
    except SourceError as error:
        return _FAILED, str(error)
    except MemoryError:
        return _FAILED, f"reading it takes more than {memory_mb} MB of memory"
    except BaseException as error:  # noqa: BLE001 - foreign parsers raise anything
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return _FAILED, f"the parser failed on it ({words[:MESSAGE_LENGTH]})"
