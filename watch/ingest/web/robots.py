"""What a server lets programs fetch: robots.txt, as RFC 9309 has it.

    robots_url ─► the answer ─► read_robots | robots_without ─► Robots, kept for its origin
    page + Robots ─► permission, in the Sandbox ─► Permission

A feed is there to be fetched by programs; the pages that it links to are not all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from protego import Protego

from watch.errors import AnswerError, SourceError
from watch.ingest.web.client import AGENT
from watch.ingest.web.urls import parse_url

RULES_BYTES = 500 * 1024
"""How much of a robots.txt is read (RFC 9309, 2.5: at least that)."""
GOOD_FOR = timedelta(hours=24)
"""How long it is kept (RFC 9309, 2.4: no longer)."""
AGAIN_AFTER = timedelta(hours=1)
"""How long a server is left alone that could not say what may be fetched."""
LONGEST_DELAY = timedelta(hours=1)
"""What a longer Crawl-delay is taken for; the line is no part of the RFC."""

_CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What one origin lets programs fetch, as it said last."""

    origin: str
    """Scheme, host and port: what holds for one says nothing of another."""
    rules: str | None
    """The file; empty where there is none, and all may be fetched; None when nothing may be."""
    good_until: datetime
    """When to ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether a page may be fetched, and how long to wait between two pages of its server."""

    is_given: bool
    delay: timedelta = timedelta(0)


def origin_of(page: str) -> str:
    """Return the origin of a page: what its `Robots` is kept under. Raises SourceError."""
    url = parse_url(page)
    return f"{url.scheme}://{url.site}"


def robots_url(page: str) -> str:
    """Return where the rules for a page stand. Raises SourceError."""
    return f"{origin_of(page)}/robots.txt"


def read_robots(origin: str, body: bytes, *, now: datetime) -> Robots:
    """Return what the robots.txt of an origin says; its rules are not looked into yet."""
    rules = body[:RULES_BYTES]
    if len(body) > len(rules):
        # Half a rule would be a rule for more.
        rules = rules[: rules.rfind(b"\n") + 1]
    text = rules.decode("utf-8-sig", "replace")
    return Robots(origin=origin, rules=text, good_until=now + GOOD_FOR)


def robots_without(
    origin: str, error: SourceError, *, before: Robots | None, now: datetime
) -> Robots:
    """Return what holds for an origin whose robots.txt could not be had.

    With a status of 400 to 499 there is none, and all may be fetched (RFC 9309, 2.3.1.3), but for
    429, which asks for rest. Else what held before holds on (2.4), or nothing may be fetched
    (2.3.1.4).
    """
    status = error.status if isinstance(error, AnswerError) else None
    if status in _CLIENT_ERRORS and status != HTTPStatus.TOO_MANY_REQUESTS:
        return Robots(origin=origin, rules="", good_until=now + GOOD_FOR)
    rules = before.rules if before is not None else None
    return Robots(origin=origin, rules=rules, good_until=now + AGAIN_AFTER)


def permission(robots: Robots, page: str) -> Permission:
    """Return whether this program may fetch a page of the origin. Runs in the sandbox.

    A hostile file of the size allowed takes more time and memory than there is: then the sandbox
    raises SourceError, and the page is left alone. Raises SourceError for what is no address.
    """
    url = str(parse_url(page))
    if robots.rules is None:
        return Permission(is_given=False)
    rules = Protego.parse(robots.rules)
    seconds = min(rules.crawl_delay(AGENT) or 0.0, LONGEST_DELAY.total_seconds())
    return Permission(is_given=rules.can_fetch(url, AGENT), delay=timedelta(seconds=seconds))
