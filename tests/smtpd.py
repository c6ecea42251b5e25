"""A real SMTP server on the loopback that misbehaves as told.

    with SmtpServer() as server:
        server.script("RCPT", "450 4.2.1 greylisted")    # the next RCPT; the one after is taken
        ...
        (mail,) = server.mails

It is aiosmtpd in a thread of its own, so that it also serves tests that block, and daemons in
other processes. What it recorded may be read from any thread at any time.
"""

import asyncio
import hmac
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum, unique
from functools import partial
from typing import Any, NoReturn, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.patience import DEADLINE_S

T = TypeVar("T")

HOST = "127.0.0.1"


@unique
class Deed(Enum):
    """What a server may do in place of an answer."""

    CLOSE = "close"
    """Cut the connection, without a word."""
    HANG = "hang"
    """Say nothing more."""


Answer = str | Deed
"""A line to answer with, code first, or a deed. After 421 the connection is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that arrived up to its end, whatever the server said then."""

    content: bytes
    """As before dot-stuffing, with the ends of lines as they came."""
    sender: str
    recipients: tuple[str, ...]
    is_accepted: bool
    """True if the answer to its end was a yes."""
    is_encrypted: bool
    user: str | None
    """Who had logged in."""
    connection: int
    """Counted from 1."""


class SmtpServer:
    """A server at `HOST` and `port`, from entering the context to leaving it.

    `tls` makes it offer STARTTLS, or speak TLS from the first byte if `is_implicit`. With `users`,
    names and passwords, it offers AUTH, and takes mails from those alone.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        is_implicit: bool = False,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.port = 0
        """Given by the system at the first start, and kept."""
        self.mails: list[Mail] = []
        """All that arrived, in order."""
        self.commands: list[tuple[int, str]] = []
        """The connection and the line of every command, `CONNECT` for its beginning."""
        self.users = users
        self.starttls = None if is_implicit else tls
        self.tls = tls if is_implicit else None
        self.connections: list[_Connection] = []
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._hooks: dict[str, Callable[[], None]] = {}
        self._arrival = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def accepted(self) -> list[Mail]:
        """The mails that were answered with a yes."""
        return [mail for mail in self.mails if mail.is_accepted]

    @property
    def verbs(self) -> list[str]:
        """The verbs of all commands, in order."""
        return [line.split()[0].upper() for _, line in self.commands]

    def script(self, verb: str, *answers: Answer) -> None:
        """Answer the next commands of this verb so, one answer each; then as ever.

        Verbs are those of SMTP, and CONNECT for the greeting, BODY for the middle of a mail (a deed
        only), END for the answer to its end.
        """
        self._answers[verb] += answers

    def hook(self, verb: str, call: Callable[[], None]) -> None:
        """Call it whenever the verb comes, in the server's thread, before the answer.

        LINE is one of them where a BODY is scripted: the first line of the mail is in.
        """
        self._hooks[verb] = call

    def wait_for(self, count: int, *, within: float = DEADLINE_S) -> list[Mail]:
        """Return the accepted mails once there are so many; fails after so many seconds."""
        deadline = time.monotonic() + within
        with self._arrival:
            while len(self.accepted) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self.accepted)} of {count} mails came within {within} s"
                self._arrival.wait(left)
        return self.accepted

    def start(self) -> None:
        """Listen; after a stop, at the same port again."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtpd")
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        """Vanish: close the port and cut all connections."""
        assert self._loop is not None
        assert self._thread is not None
        self._run(self._vanish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Cut all connections, and go on listening."""
        self._run(self._cut())

    def record(self, mail: Mail) -> None:
        """Note a mail, for the server's own connections."""
        with self._arrival:
            self.mails.append(mail)
            self._arrival.notify_all()

    def next_answer(self, verb: str) -> Answer | None:
        """Take the next scripted answer, for the server's own connections."""
        if verb in self._hooks:
            self._hooks[verb]()
        return self._answers[verb].popleft() if self._answers[verb] else None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=DEADLINE_S)

    async def _listen(self) -> None:
        assert self._loop is not None
        self._server = await self._loop.create_server(
            partial(_Connection, self, self._loop), HOST, self.port, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for connection in self.connections:
            connection.abort()
        await asyncio.sleep(0)

    async def _vanish(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Session(Session):
    """A session without aiosmtpd's deprecated property, which warns when aiosmtpd sets it."""

    login_data: Any = None


class _Connection(SMTP):
    """aiosmtpd's side of one connection, with the script asked before each answer."""

    def __init__(self, owner: SmtpServer, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        owner.connections.append(self)
        self._number = len(owner.connections)
        self._user: str | None = None
        super().__init__(
            self,
            hostname="smtpd.example",
            tls_context=owner.starttls,
            auth_require_tls=False,
            auth_exclude_mechanism=None if owner.users else ["PLAIN", "LOGIN", "CRAM-MD5"],
            authenticator=self._authenticated,
            loop=loop,
        )
        # Set here, since as an argument it warns that AUTH without TLS is unsafe.
        self._auth_required = owner.users is not None
        self._smtp_methods = {
            verb: partial(self._obey, verb, method) for verb, method in self._smtp_methods.items()
        }

    def abort(self) -> None:
        """Cut the connection."""
        transport = self._original_transport or self.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Record the mail and answer its end, as aiosmtpd asks of a handler."""
        assert isinstance(envelope.content, bytes)
        answer = self._owner.next_answer("END") or "250 2.0.0 queued"
        mail = Mail(
            content=envelope.content,
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            is_accepted=isinstance(answer, str) and answer.startswith("2"),
            is_encrypted=self._is_encrypted(),
            user=self._user,
            connection=self._number,
        )
        self._owner.record(mail)
        if isinstance(answer, Deed):
            await self._do(answer)
        return answer

    async def auth_CRAM__MD5(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _args: list[str]
    ) -> AuthResult:
        """Check a password without having been told it (RFC 2195)."""
        challenge = b"<1896.697170952@smtpd.example>"
        answer = await self.challenge_auth(challenge)
        assert isinstance(answer, bytes)
        user, _, digest = answer.decode().rpartition(" ")
        password = (self._owner.users or {}).get(user, "")
        is_right = digest == hmac.new(password.encode(), challenge, "md5").hexdigest()
        return self._result(user, is_right=is_right)

    async def _handle_client(self) -> None:
        self._owner.commands.append((self._number, "CONNECT"))
        answer = self._owner.next_answer("CONNECT")
        if answer is None:
            await super()._handle_client()
        else:
            await self._give(answer)
            self.abort_soon()

    def abort_soon(self) -> None:
        """Close the connection once what was written is out."""
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.close()

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def _authenticated(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        user = data.login.decode()
        is_right = (self._owner.users or {}).get(user) == data.password.decode()
        return self._result(user, is_right=is_right)

    def _result(self, user: str, *, is_right: bool) -> AuthResult:
        self._user = user if is_right else None
        # Without handled=False aiosmtpd leaves a refused client without an answer.
        return AuthResult(success=is_right, handled=False)

    def _is_encrypted(self) -> bool:
        assert self.transport is not None
        return self.transport.get_extra_info("ssl_object") is not None

    async def _obey(
        self, verb: str, method: Callable[[str | None], Awaitable[None]], arg: str | None
    ) -> None:
        self._owner.commands.append((self._number, f"{verb} {arg or ''}".strip()))
        answer = self._owner.next_answer(verb)
        if answer is not None:
            await self._give(answer)
        elif verb == "DATA" and (deed := self._owner.next_answer("BODY")) is not None:
            await self.push("354 go ahead")
            await self._reader.readline()
            self._owner.next_answer("LINE")
            await self._give(deed)
        else:
            await method(arg)

    async def _give(self, answer: Answer) -> None:
        if isinstance(answer, Deed):
            await self._do(answer)
        await self.push(answer)
        if answer.startswith("421"):
            self.abort_soon()

    async def _do(self, deed: Deed) -> NoReturn:
        """Never return: the end of the connection cancels it."""
        if deed is Deed.CLOSE:
            self.abort()
        await asyncio.Event().wait()
        raise AssertionError
