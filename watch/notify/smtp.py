"""Mails over SMTP: one at a time, to one recipient each, over one connection that is kept."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, unique
from pathlib import Path

import aiosmtplib

from watch.core.cleaning import clean, clip
from watch.core.model import Message
from watch.errors import (
    ChannelError,
    ChannelRefusedError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from watch.notify.addresses import parse_address
from watch.notify.dialogue import Dialogue, as_sent
from watch.notify.verdicts import ANSWER_LENGTH, Verdicts

MOST_MAILS = 100
"""How many mails go over one connection: some servers answer 421 after a number of them."""


@unique
class Security(Enum):
    """How the connection is protected; never less than asked for."""

    STARTTLS = "starttls"
    """In clear text up to STARTTLS, which the server must offer."""
    TLS = "tls"
    """From the first byte."""
    NONE = "none"
    """Not at all: for a server on this machine."""

    @property
    def port(self) -> int:
        """The port that is usual for it."""
        return {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Which server takes the mails, and how it is spoken to."""

    host: str
    security: Security = Security.STARTTLS
    port: int | None = None
    """None for the port that is usual for the security."""
    user: str | None = None
    """None for no login."""
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates (PEM) to trust in place of the system's, for a server with a private one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long each part of a conversation may take, in seconds."""

    connect: float = 30
    command: float = 60
    beginning: float = 300
    """All that comes before a mail's DATA, from the connection on: one that answers each command
    at the last moment, or letter by letter, holds up the others for no longer."""
    connection: float = 300
    """For how long a connection is used again, as by Postfix (smtp_connection_reuse_time_limit)."""
    answer: float = 600
    """The answer to the end of a mail (RFC 5321, 4.5.3.2.6): who hangs up sooner sends it twice."""
    quit: float = 5


TIME_LIMITS = TimeLimits()
"""Those to use with servers that are not known."""


Observer = Callable[[str, str], None]
"""Told of each step of a conversation once it is done: its name, and what came of it."""


def _nobody(_step: str, _said: str) -> None:
    pass


class Smtp:
    """A server that takes mails; it is connected to when the first is sent.

    `observe` hears every step that went well; of secrets neither it nor an error tells anything,
    also where the server repeats them.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        limits: TimeLimits = TIME_LIMITS,
        observe: Observer = _nobody,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._observe = observe
        self._server = f"{settings.host}:{settings.port or settings.security.port}"
        self._verdicts = Verdicts(
            host=settings.host,
            server=self._server,
            user=settings.user or "",
            password=settings.password or "",
        )
        self._client: Dialogue | None = None
        self._connected = 0.0
        """On the monotonic clock, in seconds: when the connection was made."""
        self._mails = 0
        """How many were begun on it."""
        self._turn = asyncio.Lock()

    async def send(
        self, message: Message, *, sender: str, mark: Callable[[], Awaitable[None]]
    ) -> str:
        """Return the server's answer to the end of the mail: it has taken the responsibility.

        `mark` is awaited just before DATA; until then nothing was transmitted. Mails wait for one
        another. Raises TransientError when this mail may go later; PermanentError when its
        recipient or the mail itself is refused; ChannelError when the server cannot be reached or
        takes nothing now, and ChannelRefusedError when it takes nothing until somebody acts. What
        `mark` raises comes through, and the mail is not sent.
        """
        recipient = parse_address(message.recipient).spec
        try:
            envelope_sender = parse_address(sender).spec
        except PermanentError as error:
            raise ChannelRefusedError(f"mails have no sender: {error}") from error
        content = as_sent(message.content)
        async with self._turn:
            until = asyncio.get_running_loop().time() + self._limits.beginning
            with self._conversation(otherwise=ChannelError):
                async with asyncio.timeout_at(until):
                    client = await self._connection()
            options = self._declared(client, len(content))
            with self._conversation(otherwise=TransientError):
                async with asyncio.timeout_at(until):
                    await self._address(client, envelope_sender, recipient, options)
            await mark()
            with self._conversation(otherwise=TransientError):
                response = await client.transmit(content, timeout_s=self._limits.answer)
            answer = self._verdicts.shown(response)
            self._observe("DATA", f"{len(content):,} bytes: {answer}")
            return answer

    async def _address(
        self, client: Dialogue, sender: str, recipient: str, options: list[str]
    ) -> None:
        """Say from whom a mail comes and to whom it goes."""
        self._mails += 1
        response = await client.mail(sender, options=options)
        self._observe("MAIL", f"from {sender}: {self._verdicts.shown(response)}")
        # One recipient to a mail: with two, one refusal is reported as a success.
        response = await client.rcpt(recipient)
        self._observe("RCPT", f"to {recipient}: {self._verdicts.shown(response)}")

    def _declared(self, client: Dialogue, size: int) -> list[str]:
        """Return the size as the server wants it told (RFC 1870); refuse what it would not take."""
        most = client.esmtp_extensions.get("size")
        if most is None:
            return []
        if most.isdecimal() and 0 < int(most) < size:
            raise PermanentError(
                f"the mail has {size:,} bytes, and the mail server {self._server} takes "
                f"{int(most):,} at the most; its operator can raise that"
            )
        return [f"SIZE={size}"]

    async def close(self) -> None:
        """Take leave of the server, if it listens; the next mail connects anew."""
        async with self._turn:
            if self._client is not None and self._client.is_connected:
                await self._leave(self._client)
            self._drop()

    async def _leave(self, client: Dialogue) -> None:
        """Take leave; what goes wrong then is no error: the mails are settled."""
        transport = client.transport
        with suppress(aiosmtplib.SMTPException, OSError):
            response = await client.quit(timeout=self._limits.quit)
            self._observe("QUIT", self._verdicts.shown(response))
        _abort(transport)

    async def _connection(self) -> Dialogue:
        """Return a connection fit for a new mail: the kept one if it still answers."""
        if self._client is not None and self._client.is_connected:
            if self._is_worn():
                await self._leave(self._client)
            else:
                # RSET forgets a refused recipient and shows whether the server is still there.
                with suppress(aiosmtplib.SMTPException, OSError):
                    await self._client.rset()
                    if not self._client.has_surplus:
                        return self._client
        self._drop()
        return await self._connect()

    def _is_worn(self) -> bool:
        """Whether the connection has carried what one should."""
        return (
            self._mails >= MOST_MAILS
            or time.monotonic() - self._connected >= self._limits.connection
        )

    async def _connect(self) -> Dialogue:
        settings = self._settings
        self._connected, self._mails = time.monotonic(), 0
        self._client = Dialogue(
            hostname=settings.host,
            port=settings.port or settings.security.port,
            timeout=self._limits.command,
            use_tls=settings.security is Security.TLS,
            start_tls=False,  # done below, by hand: it must not be left out
            tls_context=await asyncio.to_thread(self._context),
        )
        greeting = await self._client.connect(timeout=self._limits.connect)
        # None when the other side is gone again.
        peer = self._client.get_transport_info("peername") or ("?",)
        self._observe("connect", f"{self._server} ({peer[0]}): {self._verdicts.shown(greeting)}")
        if settings.security is Security.TLS:
            self._observe_tls(self._client)
        await self._greet(self._client)
        if settings.security is Security.STARTTLS:
            await self._start_tls(self._client)
        if settings.user is not None:
            await self._log_in(self._client, settings.user, settings.password or "")
        return self._client

    async def _greet(self, client: Dialogue) -> None:
        """Say who we are, and hear what the server can do."""
        response = await client.ehlo()
        name, *features = self._verdicts.masked(response.message).splitlines() or [""]
        self._observe("EHLO", clip(clean(f"{name}: {', '.join(features)}"), ANSWER_LENGTH))

    async def _start_tls(self, client: Dialogue) -> None:
        if not client.supports_extension("starttls"):
            raise ChannelRefusedError(
                f"the mail server {self._server} does not offer STARTTLS, and nothing is sent in "
                'clear text; set security = "tls" if that is what it speaks'
            )
        self._observe("STARTTLS", self._verdicts.shown(await client.starttls()))
        self._observe_tls(client)
        await self._greet(client)

    def _observe_tls(self, client: Dialogue) -> None:
        connection = client.get_transport_info("ssl_object")
        self._observe("TLS", self._verdicts.described(connection))

    async def _log_in(self, client: Dialogue, user: str, password: str) -> None:
        """Log in, trying once: servers lock accounts that guess."""
        ways = [
            ("plain", client.auth_plain),
            ("login", client.auth_login),
            ("cram-md5", client.auth_crammd5),
        ]
        if self._settings.security is Security.NONE:
            # Over a bare connection the password itself goes only if nothing else is offered.
            ways.reverse()
        for name, way in ways:
            if name in client.server_auth_methods:
                said = self._verdicts.shown(await way(user, password))
                self._observe("AUTH", f"{name.upper()} as {clean(user)}: {said}")
                return
        raise ChannelRefusedError(
            f"the mail server {self._server} offers no login that is known here; "
            "check port and security, or leave the user out"
        )

    def _context(self) -> ssl.SSLContext | None:
        """Return what verifies certificate and name; the files are read for each connection."""
        if self._settings.security is Security.NONE:
            return None
        try:
            return ssl.create_default_context(cafile=self._settings.ca_file)
        except OSError as error:
            raise ChannelRefusedError(
                f"cannot read certificates from {self._settings.ca_file}: {error}; "
                "`ca_file` names a file of PEM certificates"
            ) from error

    def _drop(self) -> None:
        if self._client is not None:
            _abort(self._client.transport)
            self._client.close()
            self._client = None

    @contextmanager
    def _conversation(self, *, otherwise: type[DeliveryError]) -> Iterator[None]:
        """Turn what goes wrong into what it means; give the connection up unless it is sound."""
        is_sound = False
        try:
            yield
            is_sound = True
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused) as refusal:
            is_sound = True
            raise self._verdicts.refused(refusal, otherwise) from refusal
        except aiosmtplib.SMTPResponseException as refusal:
            raise self._verdicts.refused(refusal, otherwise) from refusal
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            raise self._verdicts.broken(error, otherwise) from error
        finally:
            if not is_sound:
                self._drop()


def _abort(transport: asyncio.BaseTransport | None) -> None:
    """Close a connection at once: to take leave of TLS needs an answer, which nobody awaits."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
