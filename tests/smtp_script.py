"""An SMTP server that says, byte for byte, what a script wants: also what no server should say.

`tests.smtpd` is a real one that misbehaves in answers; this one may also stop in the middle of a
line, speak out of turn, or reset the connection. It runs in the loop of the test.
"""

import asyncio
import socket
import ssl
import struct
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Self

HOST = "127.0.0.1"


@unique
class Then(Enum):
    """What a server does once it has said its piece."""

    GO_ON = "go on"
    CLOSE = "close"
    """As a program that ends: what was said arrives."""
    RESET = "reset"
    """As one that is killed: the other side may lose even what was said."""
    HANG = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a server does at one step in place of what it should."""

    say: bytes | None = None
    """None for the usual answer; empty for none."""
    then: Then = Then.GO_ON
    after_s: float = 0.0
    """Before it says anything."""
    letter_s: float = 0.0
    """Between one byte and the next."""
    is_taken: bool = False
    """At END: whether it keeps the mail, whatever it says."""


@dataclass(slots=True)
class ScriptedServer:
    """A server at `HOST` and `port`, from entering the context to leaving it.

    `script` has for each step what it does the first time, the second, ...; then it behaves.
    Steps are those of SMTP, and CONNECT for the greeting, HANDSHAKE for that of TLS after STARTTLS,
    BODY for the first line of a mail, END for the answer to its end, AFTER for what is done once
    that was answered.
    """

    features: Sequence[bytes] = ()
    tls: ssl.SSLContext | None = None
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """Recipient and content of each mail that it is responsible for."""
    lines: list[bytes] = field(default_factory=list)
    """All commands that came."""
    _script: defaultdict[str, deque[Turn]] = field(default_factory=lambda: defaultdict(deque))
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    def follow(self, script: Mapping[str, Sequence[Turn]]) -> None:
        """Do so from now on."""
        self._script.clear()
        for step, turns in script.items():
            self._script[step] += turns

    @property
    def verbs(self) -> list[bytes]:
        """The verbs of all commands, in order."""
        return [line.split()[0].upper() for line in self.lines if line.split()]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await _Talk(self, reader, writer).run()
        except (ConnectionError, asyncio.CancelledError, _Over):
            pass
        finally:
            writer.close()

    def next_turn(self, step: str) -> Turn:
        """Take what is to be done at a step, for the server's own connections."""
        turns = self._script[step]
        return turns.popleft() if turns else Turn()


class _Over(Exception):  # noqa: N818 - the end of a conversation is no error
    """The server has hung up."""


@dataclass(slots=True)
class _Talk:
    """One connection."""

    server: ScriptedServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    recipient: str = ""

    async def run(self) -> None:
        await self._do("CONNECT", b"220 mx.example ESMTP\r\n")
        while line := await self.reader.readline():
            self.server.lines.append(line)
            verb = line.split()[0].upper().decode()
            match verb:
                case "EHLO":
                    await self._do(verb, self._greeting())
                case "STARTTLS":
                    await self._do(verb, b"220 2.0.0 go ahead\r\n")
                    await self._do("HANDSHAKE", b"")
                    assert self.server.tls is not None
                    await self.writer.start_tls(self.server.tls)
                case "AUTH":
                    await self._do(verb, b"235 2.7.0 welcome\r\n")
                case "DATA":
                    if (await self._do(verb, b"354 go ahead\r\n")).startswith(b"354"):
                        await self._take()
                case "QUIT":
                    await self._do(verb, b"221 2.0.0 bye\r\n")
                    return
                case _:
                    if verb == "RCPT":
                        self.recipient = line.split(b"<")[1].split(b">")[0].decode()
                    await self._do(verb, b"250 2.0.0 ok\r\n")

    def _greeting(self) -> bytes:
        lines = [b"mx.example", *self.server.features]
        first = b"".join(b"250-" + line + b"\r\n" for line in lines[:-1])
        return first + b"250 " + lines[-1] + b"\r\n"

    async def _take(self) -> None:
        """Read a mail and answer its end."""
        content = await self.reader.readline()
        await self._do("BODY", b"")
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                return
            content += line
        turn = self.server.next_turn("END")
        if turn.is_taken or turn.say is None:
            self.server.taken.append((self.recipient, content))
        await self._act(turn, b"250 2.0.0 queued\r\n")
        await self._do("AFTER", b"")

    async def _do(self, step: str, usual: bytes) -> bytes:
        return await self._act(self.server.next_turn(step), usual)

    async def _act(self, turn: Turn, usual: bytes) -> bytes:
        """Do as a script wants; return what was said."""
        await asyncio.sleep(turn.after_s)
        said = usual if turn.say is None else turn.say
        pieces = (
            [said[place : place + 1] for place in range(len(said))] if turn.letter_s else [said]
        )
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(turn.letter_s)
        match turn.then:
            case Then.CLOSE:
                raise _Over
            case Then.RESET:
                # Without lingering the system sends RST in place of FIN.
                connection = self.writer.get_extra_info("socket")
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.writer.transport.abort()
                raise _Over
            case Then.HANG:
                await asyncio.Event().wait()
        return said
