"""What is fetched: http and https, from where it may be fetched, at a bounded cost.

Whatever goes wrong is a SourceError in words that a user understands; no other exception leaves.
"""

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.client import responses
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType

import httpcore2
import httpx2

from watch import __version__
from watch.core.model import Validators
from watch.errors import SourceError
from watch.ingest.addresses import Network
from watch.ingest.dialling import Gate, GatedTransport, Resolve, resolve

CONNECT_S = 10.0
"""How long a connection may take to stand, TLS included, in seconds."""
WHOLE_S = 60.0
"""How long one fetch may take in all, in seconds: no limit on single reads stops a trickle."""
WIRE_BYTES = 8_000_000
"""How much may come over the wire, in bytes."""
DECODED_BYTES = 16_000_000
"""How much that may unpack to."""
REDIRECTS = 5
"""How many redirects are followed."""
GZIP_MEMBERS = 100
"""How many members of a gzip body are unpacked; servers send one."""

MAX_PORT = 65_535
"""The highest port there is."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_BITS = zlib.MAX_WBITS | 16
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one fetch may cost."""

    connect_s: float = CONNECT_S
    whole_s: float = WHOLE_S
    wire_bytes: int = WIRE_BYTES
    decoded_bytes: int = DECODED_BYTES
    redirects: int = REDIRECTS


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


class Web:
    """Fetches over HTTP from public addresses.

    It keeps no cookies, heeds no proxy variables, and shares no connection between fetches: each
    is allowed its own networks. `contact`, an address or a mailbox, goes into the User-Agent.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        limits: Limits | None = None,
        resolve: Resolve = resolve,
        dialler: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._resolve = resolve
        self._dialler = dialler or httpcore2.AnyIOBackend()
        self._agent = f"watchlistd/{__version__}" + (f" (+{contact})" if contact else "")
        self._ssl_context = httpx2.create_ssl_context(trust_env=False)

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
        may be reached although they are not public. Raises SourceError.
        """
        limits = self._limits
        try:
            async with asyncio.timeout(limits.whole_s):
                address = _checked(httpx2.URL(url))
                async with self._client(allowed, address.port) as client:
                    return await self._follow(client, address, validators, headers)
        except TimeoutError:
            raise SourceError(f"no whole answer within {limits.whole_s:g} s") from None
        except httpcore2.ConnectTimeout as error:
            raise SourceError(f"no connection within {limits.connect_s:g} s") from error
        except httpcore2.ConnectError as error:
            raise SourceError(f"no connection: {_cause(error)}") from error
        except (httpcore2.LocalProtocolError, UnicodeEncodeError):
            # The error itself would show the header, which may be a secret.
            raise SourceError("a header cannot be sent; mend the headers of the source") from None
        except (httpx2.InvalidURL, ValueError) as error:
            raise SourceError(f"not an address that can be fetched: {_cause(error)}") from error
        except (
            httpx2.HTTPError,
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            OSError,
        ) as error:
            raise SourceError(f"no whole answer: {_cause(error)}") from error

    def _client(self, allowed: Collection[Network], port: int | None) -> httpx2.AsyncClient:
        gate = Gate(allowed=allowed, port=port, resolve=self._resolve, dialler=self._dialler)
        return httpx2.AsyncClient(
            transport=GatedTransport(gate, self._ssl_context),
            # Of the encodings only gzip is asked for: it can be unpacked piece by piece.
            headers={"User-Agent": self._agent, "Accept-Encoding": "gzip"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx2.Timeout(None, connect=self._limits.connect_s),
            trust_env=False,
        )

    async def _follow(
        self,
        client: httpx2.AsyncClient,
        address: httpx2.URL,
        validators: Validators,
        headers: Mapping[str, str],
    ) -> Fetched | NotModified:
        conditions = {
            name: value
            for name, value in (
                ("If-None-Match", validators.etag),
                ("If-Modified-Since", validators.last_modified),
            )
            if value
        }
        for _ in range(self._limits.redirects + 1):
            request = client.build_request("GET", address, headers={**headers, **conditions})
            response = await client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await self._answer(response, validators)
            finally:
                await response.aclose()
            target = _checked(response.next_request.url)
            if _origin(target) != _origin(address):
                headers = _NO_HEADERS
                if target.userinfo:
                    # Nobody sends a password on; what stands before the @ is there to deceive.
                    raise SourceError("redirected to another host with a user in its address")
            address = target
        raise SourceError(f"redirected more than {self._limits.redirects} times")

    async def _answer(
        self, response: httpx2.Response, validators: Validators
    ) -> Fetched | NotModified:
        etag = response.headers.get("ETag")
        last_modified = response.headers.get("Last-Modified")
        is_conditional = bool(validators.etag or validators.last_modified)
        if response.status_code == httpx2.codes.NOT_MODIFIED and is_conditional:
            return NotModified(
                validators=Validators(
                    etag=etag or validators.etag,
                    last_modified=last_modified or validators.last_modified,
                )
            )
        if response.status_code != httpx2.codes.OK:
            phrase = responses.get(response.status_code, "")
            raise SourceError(f"answered {response.status_code} {phrase}".rstrip())
        return Fetched(
            url=str(response.url.copy_with(userinfo=b"")),
            body=await self._body(response),
            content_type=response.headers.get("Content-Type"),
            validators=Validators(etag=etag, last_modified=last_modified),
        )

    async def _body(self, response: httpx2.Response) -> bytes:
        """Return the unpacked body. httpx2 would do, but takes half a gzip body for a whole."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise SourceError(f"answered in the encoding {encoding[:40]}, which was not asked for")
        limit = self._limits.wire_bytes
        too_large = SourceError(f"larger than {_size(limit)}")
        if int(response.headers.get("Content-Length", 0)) > limit:
            raise too_large
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > limit:
                raise too_large
        if not encoding.endswith("gzip"):
            return bytes(body)
        return await asyncio.to_thread(_unzipped, bytes(body), self._limits.decoded_bytes)


def _checked(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in ("http", "https") or not url.host:
        raise httpx2.InvalidURL("it begins with http:// or https:// and a host")
    if url.port is not None and not 0 < url.port <= MAX_PORT:
        raise httpx2.InvalidURL(f"there is no port {url.port}")
    return url


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


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
            raise SourceError(f"larger than {_size(limit)} when unpacked")
        if not member.eof:
            raise SourceError("no whole answer: its gzip has no end")
        packed = member.unused_data
        # Some servers pad the end; only what begins like a member is one.
        if not packed.startswith(_GZIP_MAGIC):
            return bytes(body)
    raise SourceError(f"answered with more than {GZIP_MEMBERS} members of gzip")


def _size(size: int) -> str:
    return f"{size / 1_000_000:g} MB"


def _cause(error: BaseException) -> str:
    """Return in words what lies at the bottom of an error, without the address."""
    causes = [error]
    while (below := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(below)
    for cause in reversed(causes):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not valid ({cause.verify_message})"
            case ssl.SSLError():
                return f"TLS failed ({cause.reason})"
            case socket.gaierror():
                return (cause.strerror or "no such host").lower()
            case OSError(errno=int() as number):
                return os.strerror(number).lower()
            case _:
                pass
    return str(error) or type(error).__name__
