"""Links a mail may hold: http and https only, to the host that is shown."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from watch.core.cleaning import clean

MAX_LENGTH = 2_000
"""Longer ones are cut by mail programs, and a cut link leads elsewhere."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")

_KEPT = "%/:?@!$&'()*+,;=~-._[]"
"""What stands in a URL as it is; all else is written in percent signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A web address that says where it leads: pure ASCII, without user name and password."""

    url: str
    host: str
    """As it is looked up: an internationalised name in its `xn--` form, as no look-alike is."""


def parse_link(url: str) -> Link | None:
    r"""Return the address to link to; None when it is not one that a reader should be led to.

    It is put together anew from the parts as they were read, so that no mail program reads another
    host out of it than the one shown (`https://good.example\@evil.example`).
    """
    try:
        parts = urlsplit(clean(url).strip())
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode("ascii")
    except ValueError:  # also idna.IDNAError
        return None
    if ":" in host:
        host = f"[{host}]"
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    netloc = host if port is None else f"{host}:{port}"
    rest = (quote(part, safe=_KEPT) for part in (parts.path, parts.query, parts.fragment))
    link = Link(url=urlunsplit((parts.scheme, netloc, *rest)), host=host)
    return link if len(link.url) <= MAX_LENGTH else None
