"""One request and its answer over a connection: HTTP/1.1, with every byte that comes counted."""

import asyncio
from collections.abc import Iterable, Mapping

import h11

from watch.errors import SourceError
from watch.ingest.web.answers import Head

HEAD_BYTES = 65_536
"""How large the head of an answer may be, together with all that comes before it."""
READ_BYTES = 16_384
"""How much is taken apart before others have their turn: in crumbs of a byte, 44 ms of work."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""A connection."""


class Exchange:
    """A request and its answer: `ask` once, then `piece` until there is no more.

    Both raise SourceError for an answer that is none, is broken off or too large, OSError when
    the connection fails.
    """

    def __init__(self, streams: Streams, *, body_bytes: int) -> None:
        self._reader, self._writer = streams
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._body_bytes = body_bytes
        self._left = HEAD_BYTES
        self._too_large = f"the head of its answer is larger than {HEAD_BYTES // 1_000} kB"

    async def ask(self, method: str, target: str, headers: Mapping[str, str]) -> Head:
        """Send a request; return the head of the answer."""
        try:
            lines = [
                (name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()
            ]
            request = h11.Request(method=method, target=target, headers=lines)
            self._writer.write(self._state.send(request) + self._state.send(h11.EndOfMessage()))
        except (h11.LocalProtocolError, UnicodeEncodeError):
            # The error itself would show the header, which may be a secret.
            raise SourceError("a header cannot be sent; mend the headers of the source") from None
        while not isinstance(event := await self._event(), h11.Response):
            # 100 Continue and 103 Early Hints are no answers.
            pass
        begun, _ = self._state.trailing_data
        self._left = self._body_bytes - len(begun)
        self._too_large = f"larger than {megabytes(self._body_bytes)}"
        return Head(status=event.status_code, headers=_joined(event.headers))

    async def piece(self) -> bytes:
        """Return the next piece of the body, still packed; nothing at its end."""
        event = await self._event()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def _event(self) -> object:
        while True:
            if self._left < 0:
                raise SourceError(self._too_large)
            try:
                event = self._state.next_event()
            except h11.RemoteProtocolError as error:
                raise SourceError(f"no whole answer: {str(error)[:100]}") from error
            if event is not h11.NEED_DATA:
                return event
            # What lies ready is read without waiting: others would get no turn.
            await asyncio.sleep(0)
            read = await self._reader.read(READ_BYTES)
            self._left -= len(read)
            if not read and self._state.their_state is h11.SEND_RESPONSE:
                raise SourceError(
                    "no whole answer: the connection was closed before its head ended"
                )
            self._state.receive_data(read)


def megabytes(count: int) -> str:
    """Return a number of bytes as it is read: `8 MB`."""
    return f"{count / 1_000_000:g} MB"


def _joined(lines: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: ", ".join(several) for name, several in values.items()}
