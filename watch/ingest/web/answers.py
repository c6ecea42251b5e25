"""What an answer says above its body: for how long it holds, when to ask again, what is wrong.

What a server says is given back as it said it; how far it is heeded is for the reader to bound.
What cannot be read was not said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import responses
from urllib.request import parse_http_list

LONGEST = timedelta(days=3650)
"""What is said to last longer is taken to last this long: ten years."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses that send elsewhere, if there is a Location."""
MOVES = frozenset({301, 308})
"""Those of them that also say to ask there from now on (RFC 9110, 15.4)."""

_NOW = timedelta(0)
_ADVICE: Mapping[int, str] = {
    401: "it may want a login or a paid header: headers_file",
    403: "it may want a login or a paid header: headers_file",
    404: "the address may have changed",
    407: "the proxy wants a login",
    410: "the address may have changed",
    429: "it was asked too often",
    503: "it is overloaded or being mended",
}
_CHALLENGED = frozenset({403, 503})
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_opt|<title>(just a moment|checking your browser)",
    re.IGNORECASE,
)
"""What the pages have in them with which Cloudflare and its like put a browser to the test."""
_SECONDS = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the body of an answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case, bytes as Latin-1; what came in several lines is joined by commas."""


def fresh_for(head: Head, now: datetime) -> timedelta:
    """Return for how long an answer says that it stays as it is (RFC 9111, 4.2); never negative.

    What it says to caches that many share (`s-maxage`) does not count.
    """
    directives = _directives(head.headers.get("cache-control", ""))
    # With a value, `no-cache` speaks of single headers.
    if "" in (directives.get("no-cache"), directives.get("no-store")):
        return _NOW
    lifetime = _seconds(directives.get("max-age", ""))
    if lifetime is None and (expires := _date(head.headers.get("expires", ""))) is not None:
        lifetime = expires - _sent(head, now)
    age = _seconds(head.headers.get("age", "")) or _NOW
    return _bounded((lifetime or _NOW) - max(_NOW, age))


def retry_after(head: Head, now: datetime) -> timedelta | None:
    """Return how long an answer asks to wait (RFC 9110, 10.2.3), zero or more; None if it does not.

    A date is one by the server's clock, where the answer tells the time.
    """
    written = head.headers.get("retry-after", "")
    wait = _seconds(written)
    if wait is None and (until := _date(written)) is not None:
        wait = until - _sent(head, now)
    return None if wait is None else _bounded(wait)


def phrase(status: int) -> str:
    """Return a status as it is read: `404 Not Found`."""
    return f"{status} {responses.get(status, '')}".rstrip()


def refusal_words(head: Head, page: bytes = b"") -> str:
    """Return that an answer is no success and what to do; `page` is the beginning of its body."""
    advice = "it wants a browser" if _is_challenge(head, page) else _ADVICE.get(head.status)
    return f"answered {phrase(head.status)}" + (f"; {advice}" if advice else "")


def may_be_challenge(head: Head) -> bool:
    """Return whether only the body can tell if a browser is wanted."""
    headers = head.headers
    is_page = "html" in headers.get("content-type", "").lower()
    return head.status in _CHALLENGED and is_page and "cf-mitigated" not in headers


def _is_challenge(head: Head, page: bytes) -> bool:
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    if head.headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    return may_be_challenge(head) and _CHALLENGE.search(page) is not None


def _directives(written: str) -> Mapping[str, str]:
    """Return what stands in a Cache-Control, empty where it has no value; the first one counts."""
    pairs = (part.partition("=") for part in reversed(parse_http_list(written)))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _seconds(written: str) -> timedelta | None:
    if not _SECONDS.fullmatch(written):
        return None
    longest = LONGEST.total_seconds()
    return timedelta(seconds=max(-longest, min(longest, float(written))))


def _date(written: str) -> datetime | None:
    """Return a date in any of the three forms of HTTP (RFC 9110, 5.6.7), all of them in UTC."""
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _sent(head: Head, now: datetime) -> datetime:
    return _date(head.headers.get("date", "")) or now


def _bounded(wait: timedelta) -> timedelta:
    return max(_NOW, min(LONGEST, wait))
