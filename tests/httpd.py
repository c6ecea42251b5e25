"""A real HTTP server on the loopback that answers, and misbehaves, as told.

    with HttpServer() as server:
        server.put("/feed", Answer(body=b"<rss/>", etag='"1"'))      # from now on
        server.put("/flaky", Answer(status=500), Answer(body=b"x"))  # one by one; the last stays
        server.put("/bad", Answer(raw=b"HTTP/1.1 2", resets=True))   # these bytes and no more
        ... server.url("/feed") ...
        (request,) = server.requests

It is an event loop in a thread of its own, so that it also serves tests that block, and daemons
in other processes. What it recorded may be read from any thread at any time.
"""

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from ipaddress import ip_network
from typing import Any, Self

from tests.patience import DEADLINE_S

HOST = "127.0.0.1"
LOOPBACK = (ip_network("127.0.0.0/8"),)
"""What a source that is served here is allowed."""
_TURNS_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a path answers with."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """With a `transfer-encoding`, no Content-Length is sent, and the body is sent as it is."""
    body: bytes = field(default=b"", repr=False)
    etag: str | None = None
    """Sent, quotes and all; a request that holds it gets a 304."""
    last_modified: str | None = None
    """The same for a date, compared as it is written."""
    length: int | None = None
    """What Content-Length says in place of the truth; the connection ends after the body."""
    delay_s: float = 0.0
    """How long nothing comes."""
    piece: int = 1 << 16
    """How many bytes of the body come at once."""
    pause_s: float = 0.0
    """How long nothing comes after each piece."""
    raw: bytes | None = field(default=None, repr=False)
    """Sent, in pieces, in place of head and body; then the connection ends."""
    endless: bytes = field(default=b"", repr=False)
    """Sent after `raw` again and again, until the other side ends the connection."""
    hang_s: float = 0.0
    """How long nothing comes after all that before the connection ends."""
    resets: bool = False
    """Whether it then ends with a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked."""

    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float = 0.0
    """When its head was in, on the monotonic clock, in seconds."""


def redirect(to: str, *, status: int = 302) -> Answer:
    """Return the answer that sends elsewhere."""
    return Answer(status=status, headers=(("Location", to),))


class HttpServer:
    """A server at `HOST` and `port`, from entering the context to leaving it.

    What it was not told to answer is a 404. With a context it speaks TLS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.port = 0
        """Given by the system at the start."""
        self.requests: list[Request] = []
        """All that were asked, in order."""
        self._answers: dict[str, list[Answer]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def put(self, path: str, *answers: Answer) -> None:
        """Set what a path answers with: each once, the last for ever."""
        self._answers[path] = list(answers)

    def url(self, path: str = "/") -> str:
        """Return the address of a path."""
        return f"http{'s' if self._tls else ''}://{HOST}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """Return the requests for one path."""
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()

    def _wait(self, task: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(task, self._loop).result(DEADLINE_S)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._connected, HOST, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        # Who was let in last comes to his talk some turns of the loop later, and would be lost
        # by a server that is closed already.
        await asyncio.sleep(_TURNS_S)
        self._server.close()
        for writer in self._talks.values():
            writer.transport.abort()
        # Among them are connections on which TLS does not stand yet.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(_TURNS_S)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self._loop.create_task(self._talk(reader, writer))
        self._talks[talk] = writer
        talk.add_done_callback(self._talks.pop)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection lives on."""
        request = _parsed(await reader.readuntil(b"\r\n\r\n"))
        self.requests.append(request)
        answers = self._answers.get(request.path, [Answer(status=404)])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await asyncio.sleep(answer.delay_s)
        if answer.raw is not None:
            await _misbehave(writer, answer, answer.raw)
            return False
        is_known = _holds(request, "if-none-match", answer.etag) or _holds(
            request, "if-modified-since", answer.last_modified
        )
        writer.write(_head(answer, is_known=is_known))
        await writer.drain()
        if is_known:
            return True
        await _write(writer, answer, answer.body)
        return answer.length is None


async def _write(writer: asyncio.StreamWriter, answer: Answer, words: bytes) -> None:
    for start in range(0, len(words), answer.piece):
        writer.write(words[start : start + answer.piece])
        await writer.drain()
        await asyncio.sleep(answer.pause_s)


async def _misbehave(writer: asyncio.StreamWriter, answer: Answer, raw: bytes) -> None:
    await _write(writer, answer, raw)
    while answer.endless:
        await _write(writer, answer, answer.endless)
    await asyncio.sleep(answer.hang_s)
    if answer.resets:
        # To close at once, without lingering, is to reset.
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()


def _parsed(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Request(method=method, path=path, headers=headers, at=time.monotonic())


def _holds(request: Request, name: str, value: str | None) -> bool:
    return value is not None and request.headers.get(name) == value


def _head(answer: Answer, *, is_known: bool) -> bytes:
    status = 304 if is_known else answer.status
    length = len(answer.body) if answer.length is None else answer.length
    has_length = not is_known and "transfer-encoding" not in dict(answer.headers)
    headers = [
        *answer.headers,
        *((("ETag", answer.etag),) if answer.etag is not None else ()),
        *((("Last-Modified", answer.last_modified),) if answer.last_modified is not None else ()),
        *((("Content-Length", str(length)),) if has_length else ()),
    ]
    lines = [f"HTTP/1.1 {status} {responses.get(status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
