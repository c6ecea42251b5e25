"""One fetch: asked, redirected, answered, unpacked, within its limits.

Whatever goes wrong is a SourceError in words that a user understands; no other exception leaves.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from watch import __version__
from watch.core.model import Validators
from watch.errors import AnswerError, SourceError
from watch.ingest.web.addresses import Network
from watch.ingest.web.answers import (
    MOVES,
    REDIRECTS,
    Head,
    fresh_for,
    may_be_challenge,
    phrase,
    refusal_words,
    retry_after,
)
from watch.ingest.web.dialling import Dial, Gate, Resolve, cause, dial, resolve, secure
from watch.ingest.web.exchange import Exchange, Streams, megabytes
from watch.ingest.web.proxy import Proxy
from watch.ingest.web.urls import Url, parse_url

AGENT = "watchlistd"
"""The name that this program goes by on the web; robots.txt may have rules for it."""
CONNECT_S = 10.0
"""How long a connection may take to stand, TLS included, in seconds."""
WHOLE_S = 60.0
"""How long one fetch may take in all, in seconds: no limit on single reads stops a trickle."""
PAGE_S = 2.0
"""How long the page that comes with a refusal is waited for, in seconds."""
WIRE_BYTES = 8_000_000
"""How much may come over the wire, in bytes, besides the head of an answer."""
DECODED_BYTES = 16_000_000
"""How much that may unpack to."""
HOPS = 5
"""How many redirects are followed."""
GZIP_MEMBERS = 100
"""How many members of a gzip body are unpacked; servers send one."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_BITS = zlib.MAX_WBITS | 16
_PAGE_BYTES = 16_384
"""How much of the page that comes with a refusal is looked at."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web is asked."""

    contact: str | None = None
    """An address or a mailbox, for the User-Agent."""
    proxy: str | None = field(default=None, repr=False)
    """An http or https address, with user and password where it wants them; it carries all that
    is asked, which is checked before as far as names can be resolved here."""
    ca_file: Path | None = None
    """PEM certificates that are trusted besides those of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one fetch may cost."""

    connect_s: float = CONNECT_S
    whole_s: float = WHOLE_S
    page_s: float = PAGE_S
    wire_bytes: int = WIRE_BYTES
    decoded_bytes: int = DECODED_BYTES
    redirects: int = HOPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole answer."""

    url: str
    """Where it came from in the end, without user and password."""
    body: bytes
    """Unpacked."""
    content_type: str | None
    validators: Validators
    fresh_for: timedelta = timedelta(0)
    """How long the server says that it stays as it is."""
    moved_to: str | None = None
    """The address that is to be asked from now on, as permanent redirects said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The answer that nothing has changed since the validators were given."""

    validators: Validators
    fresh_for: timedelta = timedelta(0)
    moved_to: str | None = None


_AS_IT_COMES = WebSettings()


class Web:
    """Fetches over HTTP from public addresses.

    It keeps no cookies, heeds no proxy variables, and leaves no connection open between fetches:
    each is allowed its own networks.
    """

    def __init__(
        self,
        settings: WebSettings = _AS_IT_COMES,
        *,
        limits: Limits | None = None,
        resolve: Resolve = resolve,
        dial: Dial = dial,
    ) -> None:
        """Raise SourceError when the proxy or the certificates cannot be used."""
        contact, proxy = settings.contact, settings.proxy
        self._limits = limits or Limits()
        self._resolve = resolve
        self._dial = dial
        self._agent = f"{AGENT}/{__version__}" + (f" (+{contact})" if contact else "")
        self._tls = _tls_context(settings.ca_file)
        self._proxy = None if proxy is None else Proxy(proxy, self._tls, resolve=resolve, dial=dial)

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = _NO_VALIDATORS,
        headers: Mapping[str, str] = _NO_HEADERS,
        allowed: Collection[Network] = (),
    ) -> Fetched | NotModified:
        """Return what stands at an address, or that it has not changed.

        The validators are sent as they were given. The headers, which may hold secrets, go to
        the origin of the address and to no other it redirects to. `allowed` are networks that
        may be reached although they are not public. Raises SourceError; AnswerError when a
        server answered with anything but a success.
        """
        source = parse_url(url)
        gate = Gate(allowed=allowed, port=source.port, resolve=self._resolve, dial=self._dial)
        try:
            async with asyncio.timeout(self._limits.whole_s):
                return await self._follow(gate, source, validators, headers)
        except TimeoutError:
            raise SourceError(f"no whole answer within {self._limits.whole_s:g} s") from None
        except OSError as error:
            raise SourceError(f"no whole answer: {cause(error)}") from error

    async def _follow(
        self, gate: Gate, source: Url, validators: Validators, headers: Mapping[str, str]
    ) -> Fetched | NotModified:
        url = moved = source
        login = source.authorization
        secrets = _merged({} if login is None else {"Authorization": login}, headers)
        for _ in range(self._limits.redirects + 1):
            async with self._connected(gate, url) as streams:
                exchange = Exchange(streams, body_bytes=self._limits.wire_bytes)
                head = await self._ask(exchange, url, validators, secrets)
                target = _target(url, head)
                if target is None:
                    moved_to = None if str(moved) == str(source) else str(moved)
                    return await self._answer(exchange, head, url, validators, moved_to)
            # Only what stands at the beginning of the way tells where the source has moved.
            if moved is url and head.status in MOVES and not _is_downgrade(url, target):
                moved = target
            if target.origin != url.origin:
                secrets = _NO_HEADERS
            url = target
        raise SourceError(f"redirected more than {self._limits.redirects} times")

    @asynccontextmanager
    async def _connected(self, gate: Gate, url: Url) -> AsyncIterator[Streams]:
        """Hold a connection over which an address can be asked."""
        try:
            async with asyncio.timeout(self._limits.connect_s):
                streams = await self._connect(gate, url)
        except TimeoutError:
            raise SourceError(f"no connection within {self._limits.connect_s:g} s") from None
        except OSError as error:
            raise SourceError(f"no connection: {cause(error)}") from error
        try:
            yield streams
        finally:
            streams[1].transport.abort()

    async def _connect(self, gate: Gate, url: Url) -> Streams:
        within_s = self._limits.connect_s
        if self._proxy is None:
            streams = await gate.connect(url.host, url.port, within_s=within_s)
        else:
            # Where nothing can be resolved, the proxy does it; half of the time is for it.
            with suppress(OSError):
                async with asyncio.timeout(within_s / 2):
                    await gate.addresses(url.host, url.port)
            streams = await self._proxy.connect(url, within_s=within_s)
        if url.scheme == "https":
            await secure(streams, self._tls, url.host)
        return streams

    async def _ask(
        self, exchange: Exchange, url: Url, validators: Validators, secrets: Mapping[str, str]
    ) -> Head:
        # Of the encodings only gzip is asked for: it can be unpacked piece by piece.
        headers = {
            "Host": url.site,
            "User-Agent": self._agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **_conditions(validators),
        }
        if self._proxy is None or url.scheme == "https":
            return await exchange.ask("GET", url.target, _merged(headers, secrets))
        return await exchange.ask("GET", str(url), _merged(headers, secrets, self._proxy.headers))

    async def _answer(
        self,
        exchange: Exchange,
        head: Head,
        url: Url,
        validators: Validators,
        moved_to: str | None,
    ) -> Fetched | NotModified:
        etag = head.headers.get("etag")
        last_modified = head.headers.get("last-modified")
        if head.status == HTTPStatus.OK:
            return Fetched(
                url=str(url),
                body=await self._body(exchange, head),
                content_type=head.headers.get("content-type"),
                validators=Validators(etag=etag, last_modified=last_modified),
                fresh_for=fresh_for(head, datetime.now(UTC)),
                moved_to=moved_to,
            )
        if head.status != HTTPStatus.NOT_MODIFIED:
            raise await self._refusal(exchange, head, url)
        if not _conditions(validators):
            raise SourceError(
                f"answered {phrase(head.status)}, though it was not asked what had changed"
            )
        return NotModified(
            validators=Validators(
                etag=etag or validators.etag,
                last_modified=last_modified or validators.last_modified,
            ),
            fresh_for=fresh_for(head, datetime.now(UTC)),
            moved_to=moved_to,
        )

    async def _refusal(self, exchange: Exchange, head: Head, url: Url) -> AnswerError:
        page = await self._page(exchange, head) if may_be_challenge(head) else b""
        if self._proxy is not None and head.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            url = self._proxy.url
        return AnswerError(
            refusal_words(head, page),
            status=head.status,
            host=url.site,
            retry_after=retry_after(head, datetime.now(UTC)),
        )

    async def _body(self, exchange: Exchange, head: Head) -> bytes:
        encoding = _encoding(head)
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise SourceError(f"answered in the encoding {encoding[:40]}, which was not asked for")
        if int(head.headers.get("content-length", 0)) > self._limits.wire_bytes:
            raise SourceError(f"larger than {megabytes(self._limits.wire_bytes)}")
        body = bytearray()
        while piece := await exchange.piece():
            body += piece
        if not encoding.endswith("gzip"):
            return bytes(body)
        return await asyncio.to_thread(_unzipped, bytes(body), self._limits.decoded_bytes)

    async def _page(self, exchange: Exchange, head: Head) -> bytes:
        """Return the beginning of what comes with a refusal, as far as it can be had."""
        page = bytearray()
        with suppress(SourceError, OSError):
            async with asyncio.timeout(self._limits.page_s):
                while len(page) < _PAGE_BYTES and (piece := await exchange.piece()):
                    page += piece
        if not _encoding(head).endswith("gzip"):
            return bytes(page)
        with suppress(zlib.error):
            return zlib.decompressobj(_GZIP_BITS).decompress(page, _PAGE_BYTES)
        return b""


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise SourceError(
                f"cannot read certificates from {ca_file}: {error}; `ca_file` names a file of PEM "
                "certificates"
            ) from error
    return context


def _conditions(validators: Validators) -> Mapping[str, str]:
    written = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in written.items() if value}


def _merged(*parts: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers; later ones replace earlier ones, however their names are written."""
    lines = {name.lower(): (name, value) for part in parts for name, value in part.items()}
    return dict(lines.values())


def _encoding(head: Head) -> str:
    return head.headers.get("content-encoding", "").lower()


def _target(url: Url, head: Head) -> Url | None:
    """Return where an answer sends; None when it is one in itself. Raises SourceError."""
    location = head.headers.get("location")
    if head.status not in REDIRECTS or not location:
        return None
    with suppress(UnicodeDecodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        target = url.joined(location)
    except SourceError as error:
        raise SourceError(f"redirected to what is {error}") from error
    if target.login is not None:
        # Nobody sends a password on; what stands before the @ is there to deceive.
        raise SourceError("redirected to an address with a user in it")
    return target


def _is_downgrade(url: Url, target: Url) -> bool:
    return url.scheme == "https" and target.scheme != "https"


def _unzipped(packed: bytes, limit: int) -> bytes:
    """Return what gzip bytes unpack to; never holds more than `limit` bytes of it."""
    body = bytearray()
    for _ in range(GZIP_MEMBERS):
        member = zlib.decompressobj(_GZIP_BITS)
        try:
            body += member.decompress(packed, limit + 1 - len(body))
        except zlib.error as error:
            raise SourceError("answered with damaged gzip") from error
        if len(body) > limit:
            raise SourceError(f"larger than {megabytes(limit)} when unpacked")
        if not member.eof:
            raise SourceError("no whole answer: its gzip has no end")
        packed = member.unused_data
        # Some servers pad the end; only what begins like a member is one.
        if not packed.startswith(_GZIP_MAGIC):
            return bytes(body)
    raise SourceError(f"answered with more than {GZIP_MEMBERS} members of gzip")
