"""Hostile bytes are parsed in a child process that has limits and can be killed.

    run(function) ─► child: ("done", value) | ("refused", words) | ("failed", words)
                  ─► here:  value           | NotReadableError   | SourceError

Children are spawned, not forked: a fork of a process with threads may hang, and a fork server
would be one more process whose death had to be mended. A child takes about half a second to
start; a call to one that runs costs less than a millisecond.

They inherit the environment, which is never written here, not even for a moment: in C, whoever
reads it meanwhile in another thread may crash (getenv(3), on setenv).
"""

import asyncio
import atexit
import contextlib
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
PATIENCE_S = 2.0
"""How many seconds a call takes before those that wait get another child. One child keeps up with
all that feeds bring; the next takes half a second to start, and 40 MB."""
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
    """Runs functions in children; a context manager.

    The first child starts with the first call, another where a call that takes long has others
    wait.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        seconds: float = 30.0,
        memory_mb: int = 512,
        grace_s: float = GRACE_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._workers = workers
        self._limits = _Limits(seconds=seconds, memory_mb=memory_mb, grace_s=grace_s)
        self._patience_s = patience_s
        self._children = _Children()
        self._cells: list[_Cell] = []
        # Nothing waits inside a pool: there, waiting would count as running late.
        self._free: asyncio.LifoQueue[_Cell] = asyncio.LifoQueue()
        self._add_cell()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns in a child.

        The function must be one of a module, its arguments and its value such as pickle takes.
        NotReadableError passes through; every other end - an exception, no answer in time, too
        much memory, death - is a SourceError. Cancelled, it kills the child. A function may run
        twice, if its child was lost before anybody knew what it was at.
        """
        cell = await self._free.get()
        slow = asyncio.get_running_loop().call_later(self._patience_s, self._add_cell)
        try:
            end, value = (
                await cell.outcome(function, args, kwargs)
                # A child that dies idle breaks the whole pool. The next one is sound.
                or await cell.outcome(function, args, kwargs)
                or (_FAILED, "no parser can be started; look for memory and processes to spare")
            )
        finally:
            slow.cancel()
            self._free.put_nowait(cell)
        if end == _DONE:
            return cast("T", value)
        error = NotReadableError if end == _REFUSED else SourceError
        raise error(str(value))

    def close(self) -> None:
        """Kill the children; blocks for moments. What still runs must have been cancelled."""
        try:
            for cell in self._cells:
                cell.close()
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

    def _add_cell(self) -> None:
        if len(self._cells) < self._workers:
            cell = _Cell(self._limits, self._children)
            self._cells.append(cell)
            self._free.put_nowait(cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """What one call may cost."""

    seconds: float
    memory_mb: int
    grace_s: float


class _Cell:
    """A place for one child at a time: a pool, made when it is needed."""

    def __init__(self, limits: _Limits, children: _Children) -> None:
        self._limits = limits
        self._children = children
        self._pool: ProcessPool | None = None

    async def outcome(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> tuple[str, object] | None:
        """Return how a call ends in the child; None when the pool broke before anybody knew."""
        limits = self._limits
        pool = self._pool = self._pool or self._new_pool()
        limit = asyncio.timeout(limits.seconds + limits.grace_s)
        try:
            async with limit:
                call = (function, args, kwargs, limits.memory_mb)
                future = pool.schedule(_attempt, args=call, timeout=limits.seconds)
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if limit.expired():
                await self._discard(pool)
            raise SourceError(
                f"no end to reading it within {limits.seconds:g} s; the parser was stopped"
            ) from None
        except ProcessExpired as death:
            raise SourceError(f"the parser died reading it ({_cause(death)})") from death
        except RuntimeError:
            await self._discard(pool)
            return None

    def close(self) -> None:
        """Kill the child, if there is one."""
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            max_tasks=MAX_TASKS,
            initializer=_limit,
            initargs=(self._limits.memory_mb,),
            context=self._children,
        )

    async def _discard(self, pool: ProcessPool) -> None:
        # At once, not in the thread: whoever is next, also after a cancellation, has a new one.
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
