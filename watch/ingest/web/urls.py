"""Addresses on the web, read once: what is checked is what is dialled and what is sent.

The standard library splits; where it is lenient, this is not. What two readers could take for two
different hosts is no address here.
"""

import re
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

import idna

from watch.errors import SourceError

MAX_PORT = 65_535
"""The highest port there is."""

_PORTS = {"http": 80, "https": 443}
_NEVER = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
"""Some readers drop control characters and take a backslash for a slash, others do not."""
_AUTHORITY = re.compile(
    r"(?:(?P<login>.*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^][:@]{1,255})(?::(?P<port>[0-9]{0,9}))?"
)
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
"""What ends like this is an IPv4 address or nothing: no domain does (the URL Standard, 3.5)."""
_UNESCAPED = "%/?:@!$&'()*+,;=[]|^~"
"""What stands in a path or a query as it is, beside letters, digits and `_.-`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An http or https address; its `str` is without user, password and fragment."""

    scheme: str
    host: str
    """In lower case and ASCII: a name in its `xn--` form, a number in its usual one."""
    port: int
    target: str
    """Path and query, escaped."""
    login: str | None = field(default=None, repr=False)
    """User and password, as they were written."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What secrets are bound to: scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def site(self) -> str:
        """The host, and the port where it is not the scheme's own."""
        return self.endpoint.removesuffix(f":{_PORTS[self.scheme]}")

    @property
    def endpoint(self) -> str:
        """The host and the port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authorization(self) -> str | None:
        """What a header says of user and password (RFC 7617); None without them."""
        if self.login is None:
            return None
        user, _, password = self.login.partition(":")
        pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
        return f"Basic {b64encode(pair).decode('ascii')}"

    def joined(self, reference: str) -> "Url":
        """Return where a link leads that stands at this address. Raises SourceError."""
        if _split(reference).scheme:
            # urljoin would take `http:path` for a path.
            return parse_url(reference)
        return parse_url(urljoin(str(self), reference))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.site}{self.target}"


@lru_cache(maxsize=4_096)  # the address of a feed is read some times at each poll
def parse_url(written: str) -> Url:
    """Return what an address means. Raises SourceError, which does not show it."""
    parts = _split(written)
    if parts.scheme not in _PORTS or not parts.netloc:
        raise _not_an_address("it begins with http:// or https:// and a host")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise _not_an_address("its host or its port is malformed")
    port = int(authority["port"] or _PORTS[parts.scheme])
    if not 0 < port <= MAX_PORT:
        raise _not_an_address(f"there is no port {port}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(
        scheme=parts.scheme,
        host=_host(authority["host"]),
        port=port,
        target=quote(target, safe=_UNESCAPED),
        login=authority["login"],
    )


def split_login(written: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return an address without user and password, and the headers that say the same.

    One without them, or that is none, stays as it was written. What is kept and shown of a source
    is its address, and a secret has no business there.
    """
    try:
        url = parse_url(written)
    except SourceError:
        return written, ()
    if url.authorization is None:
        return written, ()
    return str(url), (("Authorization", url.authorization),)


def _split(written: str) -> SplitResult:
    if _NEVER.search(written):
        raise _not_an_address("it holds a backslash or a control character")
    try:
        written.encode()
        return urlsplit(written.strip())
    except ValueError:
        # The error would show the host, with the password before it.
        raise _not_an_address("it is malformed") from None


def _host(written: str) -> str:
    """Return the one form of a host that is checked, dialled and sent."""
    try:
        if written.startswith("["):
            return str(IPv6Address(written[1:-1]))
        # As browsers do, full-width letters, digits and dots are taken for plain ones.
        host = written if written.isascii() else idna.encode(written, uts46=True).decode("ascii")
        host = host.lower()
        if _NAME.fullmatch(host):
            # The system reads numbers in many forms, also where it is asked for a name.
            is_number = _NUMBER.fullmatch(host)
            number = socket.inet_aton(host.removesuffix(".")) if is_number else None
            return host if number is None else str(IPv4Address(number))
    except (AddressValueError, idna.IDNAError, OSError):
        pass
    raise _not_an_address("its host is neither a name nor a number")


def _not_an_address(why: str) -> SourceError:
    return SourceError(f"not an address that can be fetched: {why}")
