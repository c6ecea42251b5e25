"""One request at a time to each host, and none to a host that asked to be left alone."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from watch.core.model import HostState
from watch.core.timing import rest_of
from watch.errors import AnswerError, SourceError
from watch.ingest.web.urls import parse_url

log = logging.getLogger(__name__)

SPACING_S = 2.0
"""How long after one request to a host the next one begins, in seconds."""
AT_ONCE = 32
"""How many requests are under way in all: one slow host must not hold up the others."""
OWN_AT_ONCE = 4
"""How many of these to one host of the user's own network, which needs no spacing either."""
_MOST_KNOWN = 10_000
"""Hosts that are remembered; pages may link to any number of them."""
_REFUSALS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class HostClosedError(SourceError):
    """A host asked to be left alone, and nothing is asked of it until then."""

    def __init__(self, state: HostState) -> None:
        self.until = state.closed_until
        super().__init__(f"{state.host} asked to be left alone")


@dataclass(slots=True)
class _Queue:
    """Who waits for a host."""

    turns: asyncio.Semaphore
    free_at: float = 0.0
    """When the next request may begin, on the loop's clock."""


@dataclass(slots=True, kw_only=True)
class Hosts:
    """How it stands with each host; what they asked for is also in the database."""

    now: Callable[[], datetime]
    chance: Callable[[], float]
    spacing_s: float = SPACING_S
    states: dict[str, HostState] = field(default_factory=dict)
    """Those that ever asked to be left alone."""
    _queues: dict[str, _Queue] = field(default_factory=dict)
    _at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def closed_until(self, host: str) -> datetime | None:
        """Return until when a host is left alone; None when it may be asked."""
        state = self.states.get(host)
        return state.closed_until if state is not None and state.closed_until > self.now() else None

    @asynccontextmanager
    async def turn(
        self, host: str, *, is_own: bool, delay: timedelta = timedelta(0)
    ) -> AsyncIterator[None]:
        """Wait for a turn at a host, and hold it; raise HostClosedError when it is left alone.

        `is_own` is a host in the user's own network: it need not be spared. `delay` is how long
        it wants to be left alone after this turn.
        """
        if len(self._queues) >= _MOST_KNOWN:
            self._forget()
        queue = self._queues.setdefault(
            host, _Queue(asyncio.Semaphore(OWN_AT_ONCE if is_own else 1))
        )
        now = asyncio.get_running_loop().time
        async with queue.turns:
            if not is_own:
                await asyncio.sleep(queue.free_at - now())
            async with self._at_once:
                if self.closed_until(host) is not None:
                    raise HostClosedError(self.states[host])
                try:
                    yield
                finally:
                    queue.free_at = now() + max(self.spacing_s, delay.total_seconds())

    def heed(self, error: SourceError) -> HostState | None:
        """Return how it stands with a host by its answer; None when it did not refuse.

        It is left alone from now on; the state is to be kept.
        """
        if not isinstance(error, AnswerError) or error.status not in _REFUSALS:
            return None
        state = rest_of(
            self.states.get(error.host),
            error.host,
            self.now(),
            asked=error.retry_after,
            chance=self.chance(),
        )
        self.states[error.host] = state
        log.warning(
            "host left alone",
            extra={"host": error.host, "until": state.closed_until, "status": error.status},
        )
        return state

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        for host, queue in list(self._queues.items()):
            if queue.free_at < now and not queue.turns.locked():
                del self._queues[host]


def host_of(url: str) -> str:
    """Return the host of an address, with its port where that is not the usual one.

    Empty for what is no address: asking for it fails, in words.
    """
    try:
        return parse_url(url).site
    except SourceError:
        return ""
