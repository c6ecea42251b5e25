from datetime import UTC, datetime, timedelta

import pytest

from watch.errors import AnswerError, SourceError
from watch.ingest.sandbox import Sandbox
from watch.ingest.web.robots import (
    AGAIN_AFTER,
    GOOD_FOR,
    LONGEST_DELAY,
    RULES_BYTES,
    Permission,
    Robots,
    origin_of,
    permission,
    read_robots,
    robots_url,
    robots_without,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORIGIN = "https://wire.example"


def robots_of(rules: str | bytes) -> Robots:
    body = rules if isinstance(rules, bytes) else rules.encode()
    return read_robots(ORIGIN, body, now=NOW)


def may_fetch(rules: str | bytes, path: str = "/news/1?id=2") -> bool:
    return permission(robots_of(rules), f"{ORIGIN}{path}").is_given


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ("", "/a"),
        ("User-agent: *\nDisallow:", "/a"),
        ("User-agent: *\nDisallow: /b", "/a"),
        ("User-agent: *\nDisallow: /A", "/a"),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c"),
        ("User-agent: *\nAllow: /a/\nDisallow: /a/", "/a/b"),
        ("User-agent: *\nDisallow: /*.php$", "/a.php?x"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: watchlistd\nDisallow:", "/a"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: WatchListD\nDisallow: /b", "/a"),
        ("User-agent: otherbot\nDisallow: /", "/a"),
        ("User-agent: mywatchlistd\nDisallow: /", "/a"),
        ("User-agent: *\nDisallow: /", "/robots.txt"),
        ("Disallow: /", "/a"),
        ("<html><body>Not found: disallow all</body></html>", "/a"),
        (b"\xff\xfe\x00garbage\n\n\x80", "/a"),
    ],
)
def test_what_is_not_forbidden_is_allowed(rules: str | bytes, path: str) -> None:
    assert may_fetch(rules, path)


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ("User-agent: *\nDisallow: /", "/a"),
        ("\ufeffuser-agent: *\r\ndisallow: /a", "/a/b"),
        ("USER-AGENT: watchlistd # we\nDISALLOW: /a # not for them", "/a"),
        ("User-agent: a\nUser-agent: watchlistd\n\nDisallow: /a", "/a"),
        ("User-agent: watchlistd\nDisallow: /a\n\nUser-agent: watchlistd\nDisallow: /b", "/a"),
        ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b"),
        ("User-agent: *\nDisallow: /*?id=", "/a?id=1"),
        ("User-agent: *\nDisallow: /*.php$", "/a.php"),
        ("User-agent: *\nDisallow: /기사", "/%EA%B8%B0%EC%82%AC/1"),
        ("User-agent: *\nDisallow: /%EA%B8%B0%EC%82%AC", "/기사/1"),
        (b"User-agent: *\nDisallow: /a\xff\nDisallow: /b", "/b"),
    ],
)
def test_what_is_forbidden_is_left_alone(rules: str | bytes, path: str) -> None:
    assert not may_fetch(rules, path)


@pytest.mark.parametrize(
    ("line", "delay"),
    [
        ("", timedelta(0)),
        ("Crawl-delay: 10", timedelta(seconds=10)),
        ("crawl-delay: 0.5", timedelta(seconds=0.5)),
        ("Crawl-delay: 86400", LONGEST_DELAY),
        ("Crawl-delay: 1e300", LONGEST_DELAY),
        ("Crawl-delay: -5", timedelta(0)),
        ("Crawl-delay: soon", timedelta(0)),
    ],
)
def test_a_delay_is_heeded_within_bounds(line: str, delay: timedelta) -> None:
    robots = robots_of(f"User-agent: *\n{line}\nDisallow: /b")
    assert permission(robots, f"{ORIGIN}/a") == Permission(is_given=True, delay=delay)
    assert permission(robots, f"{ORIGIN}/b") == Permission(is_given=False, delay=delay)


def test_a_file_is_read_up_to_its_bound_and_never_half_a_line() -> None:
    head = "User-agent: *\nDisallow: /a\n"
    filler = "#" * (RULES_BYTES - len(head) - 12) + "\n"
    body = f"{head}{filler}Disallow: /bcd\nDisallow: /c\n".encode()
    assert len(body) > RULES_BYTES > body.index(b"/bcd")
    robots = robots_of(body)
    assert robots.rules == head + filler
    assert not permission(robots, f"{ORIGIN}/a").is_given
    assert permission(robots, f"{ORIGIN}/bcd").is_given
    assert robots_of(body[:RULES_BYTES]).rules == body[:RULES_BYTES].decode()


def test_what_was_read_is_good_for_a_day() -> None:
    robots = robots_of("User-agent: *\nDisallow: /")
    assert robots.good_until == NOW + GOOD_FOR == NOW + timedelta(hours=24)
    assert robots.origin == ORIGIN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 499])
def test_where_there_is_no_file_all_is_allowed(status: int) -> None:
    error = AnswerError("answered", status=status, host="wire.example")
    before = robots_of("User-agent: *\nDisallow: /")
    robots = robots_without(ORIGIN, error, before=before, now=NOW)
    assert robots == Robots(origin=ORIGIN, rules="", good_until=NOW + GOOD_FOR)
    assert permission(robots, f"{ORIGIN}/a") == Permission(is_given=True)


@pytest.mark.parametrize(
    "error",
    [
        AnswerError("answered", status=429, host="wire.example"),
        AnswerError("answered", status=500, host="wire.example"),
        AnswerError("answered", status=503, host="wire.example"),
        AnswerError("answered", status=304, host="wire.example"),
        SourceError("no connection"),
    ],
)
def test_a_server_that_cannot_say_is_left_alone_or_as_it_said_before(error: SourceError) -> None:
    robots = robots_without(ORIGIN, error, before=None, now=NOW)
    assert robots == Robots(origin=ORIGIN, rules=None, good_until=NOW + AGAIN_AFTER)
    assert permission(robots, f"{ORIGIN}/a") == Permission(is_given=False)
    before = robots_of("User-agent: *\nDisallow: /b")
    robots = robots_without(ORIGIN, error, before=before, now=NOW)
    assert robots.good_until == NOW + AGAIN_AFTER
    assert permission(robots, f"{ORIGIN}/a").is_given
    assert not permission(robots, f"{ORIGIN}/b").is_given


@pytest.mark.parametrize(
    ("page", "origin"),
    [
        ("https://wire.example/news/1?id=2#top", "https://wire.example"),
        ("HTTP://Wire.Example:80/", "http://wire.example"),
        ("https://wire.example:8443/a", "https://wire.example:8443"),
        ("http://user:secret@wire.example/a", "http://wire.example"),
        ("https://[::1]:81/a", "https://[::1]:81"),
        ("https://뉴스.example/a", "https://xn--vg1b002a.example"),
    ],
)
def test_rules_are_of_one_origin(page: str, origin: str) -> None:
    assert origin_of(page) == origin
    assert robots_url(page) == f"{origin}/robots.txt"


@pytest.mark.parametrize("page", ["", "ftp://wire.example/a", "https:///a", "https://[x/"])
def test_what_is_no_address_has_none(page: str) -> None:
    with pytest.raises(SourceError):
        robots_url(page)
    with pytest.raises(SourceError):
        permission(robots_of(""), page)


async def test_a_child_answers_too(sandbox: Sandbox) -> None:
    robots = robots_of("User-agent: *\nDisallow: /b\nCrawl-delay: 2")
    told = await sandbox.run(permission, robots, f"{ORIGIN}/b")
    assert told == Permission(is_given=False, delay=timedelta(seconds=2))


async def test_rules_that_take_for_ever_are_an_error_in_time() -> None:
    agents = "".join(f"user-agent:{number}\n" for number in range(15_000))
    rules = "".join(f"allow:/{number}\n" for number in range(15_000))
    with (
        Sandbox(workers=1, seconds=1) as strict,
        pytest.raises(SourceError, match=r"within 1 s|MB"),
    ):
        await strict.run(permission, robots_of(agents + rules), f"{ORIGIN}/a")
