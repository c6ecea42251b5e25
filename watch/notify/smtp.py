"""Mails over SMTP: one at a time, to one recipient each, over one connection that is kept."""

import asyncio
import base64
import ssl
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

ANSWER_LENGTH = 500
"""How many characters of a server's answer are kept."""

_SHORTEST_SECRET = 4

_BUSY = 421
"""The server closes the connection, whatever was asked of it."""

_LOGIN_WANTED = 530
"""Authentication, or TLS, is required: at any command, and not the recipient's fault."""


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
        self._secrets = _spellings(settings.user or "", settings.password or "")
        self._server = f"{settings.host}:{settings.port or settings.security.port}"
        self._client: aiosmtplib.SMTP | None = None
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
        async with self._turn:
            with self._conversation(otherwise=ChannelError):
                client = await self._connection()
            with self._conversation(otherwise=TransientError):
                response = await client.mail(envelope_sender)
                self._observe("MAIL", f"from {envelope_sender}: {self._answer(response)}")
                # One recipient to a mail: with two, one refusal is reported as a success.
                response = await client.rcpt(recipient)
                self._observe("RCPT", f"to {recipient}: {self._answer(response)}")
            await mark()
            with self._conversation(otherwise=TransientError):
                response = await client.data(message.content, timeout=self._limits.answer)
            answer = self._answer(response)
            self._observe("DATA", f"{len(message.content):,} bytes: {answer}")
            return answer

    async def close(self) -> None:
        """Take leave of the server, if it listens; the next mail connects anew."""
        async with self._turn:
            if self._client is not None and self._client.is_connected:
                transport = self._client.transport
                with suppress(aiosmtplib.SMTPException, OSError):
                    response = await self._client.quit(timeout=self._limits.quit)
                    self._observe("QUIT", self._answer(response))
                _abort(transport)
            self._drop()

    async def _connection(self) -> aiosmtplib.SMTP:
        """Return a connection fit for a new mail: the kept one if it still answers."""
        if self._client is not None and self._client.is_connected:
            # RSET forgets a refused recipient and shows whether the server is still there.
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.rset()
                return self._client
            self._drop()
        settings = self._settings
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port or settings.security.port,
            timeout=self._limits.command,
            use_tls=settings.security is Security.TLS,
            start_tls=False,  # done below, by hand: it must not be left out
            tls_context=await asyncio.to_thread(self._context),
        )
        greeting = await self._client.connect(timeout=self._limits.connect)
        peer = self._client.get_transport_info("peername")
        self._observe("connect", f"{self._server} ({peer[0]}): {self._answer(greeting)}")
        if settings.security is Security.TLS:
            self._observe("TLS", _tls_of(self._client))
        await self._greet(self._client)
        if settings.security is Security.STARTTLS:
            await self._start_tls(self._client)
        if settings.user is not None:
            await self._log_in(self._client, settings.user, settings.password or "")
        return self._client

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        """Say who we are, and hear what the server can do."""
        response = await client.ehlo()
        name, *features = self._masked(response.message).splitlines() or [""]
        self._observe("EHLO", clip(clean(f"{name}: {', '.join(features)}"), ANSWER_LENGTH))

    async def _start_tls(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            raise ChannelRefusedError(
                f"the mail server {self._server} does not offer STARTTLS, and nothing is sent in "
                'clear text; set security = "tls" if that is what it speaks'
            )
        self._observe("STARTTLS", self._answer(await client.starttls()))
        self._observe("TLS", _tls_of(client))
        await self._greet(client)

    async def _log_in(self, client: aiosmtplib.SMTP, user: str, password: str) -> None:
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
                response = await way(user, password)
                self._observe("AUTH", f"{name.upper()} as {clean(user)}: {self._answer(response)}")
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

    def _answer(self, response: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> str:
        """Return an answer on one line that may be shown to anybody."""
        said = self._masked(f"{response.code} {response.message}")
        return clip(clean(said).strip(), ANSWER_LENGTH)

    def _masked(self, said: str) -> str:
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said

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
            raise self._refused(refusal, otherwise) from refusal
        except aiosmtplib.SMTPResponseException as refusal:
            raise self._refused(refusal, otherwise) from refusal
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            raise self._broken(error, otherwise) from error
        finally:
            if not is_sound:
                self._drop()

    def _refused(  # noqa: PLR0911 - one return for each meaning
        self, refusal: aiosmtplib.SMTPResponseException, otherwise: type[DeliveryError]
    ) -> DeliveryError:
        """Return what an answer other than yes means."""
        said = f"the mail server {self._server} says: {self._answer(refusal)}"
        is_final = 500 <= refusal.code < 600  # noqa: PLR2004 - the codes of RFC 5321
        match refusal:
            case _ if refusal.code == _BUSY:
                return ChannelError(f"nothing is taken now, it is tried again later; {said}")
            case _ if refusal.code == _LOGIN_WANTED:
                return ChannelRefusedError(
                    f"a login or TLS is wanted, set user or security; {said}"
                )
            case aiosmtplib.SMTPAuthenticationError() if is_final:
                return ChannelRefusedError(f"the login is refused, check user and password; {said}")
            case aiosmtplib.SMTPSenderRefused() if is_final:
                # The sender is that of all mails; a quota is often refused in these words, too.
                return ChannelError(f"the sender {refusal.sender} is refused; {said}")
            case aiosmtplib.SMTPRecipientRefused() if is_final:
                return PermanentError(f"{refusal.recipient} is refused; {said}")
            case aiosmtplib.SMTPDataError() if is_final:
                return PermanentError(f"the mail is refused; {said}")
            case _:
                return otherwise(f"not now, the mail is tried again later; {said}")

    def _broken(self, error: Exception, otherwise: type[DeliveryError]) -> DeliveryError:
        """Return what the end of a conversation without an answer means."""
        cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) else error
        match cause:
            case ssl.SSLCertVerificationError():
                return ChannelRefusedError(
                    f"the certificate of the mail server {self._server} is not trusted: "
                    f"{cause.verify_message}; if it is your own, name its issuer in ca_file"
                )
            case ssl.SSLError():
                return ChannelRefusedError(
                    f"the mail server {self._server} does not speak TLS as it should "
                    f"({cause.reason}); check port and security"
                )
            case UnicodeError():
                return ChannelRefusedError(
                    f'"{self._settings.host}" is not a host name; check host'
                )
        reason = self._masked(str(error) or type(error).__name__)
        reason = clip(clean(reason), ANSWER_LENGTH)
        return otherwise(
            f"the mail server {self._server} cannot be talked to, the mail is tried again later: "
            f"{reason}"
        )


def _abort(transport: asyncio.BaseTransport | None) -> None:
    """Close a connection at once: to take leave of TLS needs an answer, which nobody awaits."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _spellings(user: str, password: str) -> tuple[str, ...]:
    """Return how a password stands in what is sent to log in, the longest first.

    One of a letter or two stands in every answer, and is no secret.
    """
    if len(password) < _SHORTEST_SECRET:
        return ()
    written = (password, f"\0{user}\0{password}")
    encoded = [base64.b64encode(one.encode()).decode() for one in written]
    return tuple(sorted((password, *encoded), key=len, reverse=True))


def _tls_of(client: aiosmtplib.SMTP) -> str:
    """Return the version of TLS, and whose certificate the server showed: it was verified."""
    connection = client.get_transport_info("ssl_object")
    certificate = connection.getpeercert()
    names = dict(pair for part in certificate["subject"] for pair in part)
    others = [name for _, name in certificate.get("subjectAltName", ())]
    subject = names.get("commonName") or ", ".join(others)
    issuer = dict(pair for part in certificate["issuer"] for pair in part)
    by = issuer.get("organizationName") or issuer.get("commonName") or "nobody named"
    told = f"{connection.version()}, certificate of {subject}, by {by}"
    return clip(clean(f"{told}, until {certificate['notAfter']}"), ANSWER_LENGTH)
