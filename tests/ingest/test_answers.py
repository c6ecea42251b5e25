import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.ingest.web.answers import LONGEST, Head, fresh_for, may_be_challenge, refusal_words
from watch.ingest.web.answers import retry_after as wait_of

NOW = datetime(2026, 10, 21, 7, 30, tzinfo=UTC)
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
"""Two minutes ago by our clock, and now by the server's."""
HOUR = timedelta(hours=1)
ZERO = timedelta(0)


def head(headers: Mapping[str, str], *, status: int = 200) -> Head:
    return Head(status=status, headers=headers)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, MAX-AGE=600 , must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age = 600"}, 600),
        ({"cache-control": "max-age=600, max-age=9"}, 600),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "s-maxage=9, max-age=600"}, 600),
        ({"cache-control": "x-max-age=9"}, 0),
        ({"cache-control": 'ext="a, max-age=9", max-age=600'}, 600),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": "No-Store, max-age=600"}, 0),
        ({"cache-control": 'no-cache="set-cookie", max-age=600'}, 600),
        ({"cache-control": "no-cache", "expires": "Wed, 21 Oct 2026 08:28:00 GMT"}, 0),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "700"}, 0),
        ({"cache-control": "max-age=600", "age": "-100"}, 600),
        ({"cache-control": "max-age=600", "age": "old"}, 600),
        ({"cache-control": "max-age=-5"}, 0),
        ({"cache-control": "max-age=1.5"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age="}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": ',;=", "'}, 0),
        ({"cache-control": "max-age=0", "expires": "Wed, 21 Oct 2026 08:28:00 GMT"}, 0),
        ({"cache-control": "max-age=soon", "expires": "Wed, 21 Oct 2026 08:30:00 GMT"}, 3600),
        ({"expires": "Wed, 21 Oct 2026 08:28:00 GMT", "date": DATE}, 3600),
        ({"expires": "Wed, 21 Oct 2026 08:28:00 GMT", "date": DATE, "age": "600"}, 3000),
        ({"expires": "Wed, 21 Oct 2026 08:28:00 GMT", "date": "today"}, 3480),
        ({"expires": "Wed, 21 Oct 2026 08:28:00 GMT"}, 3480),
        ({"expires": "Wednesday, 21-Oct-26 08:28:00 GMT", "date": DATE}, 3600),
        ({"expires": "Wed Oct 21 08:28:00 2026", "date": DATE}, 3600),
        ({"expires": "Wed, 21 Oct 2026 08:28:00", "date": DATE}, 3600),
        ({"expires": "Wed, 21 Oct 2026 17:28:00 +0900", "date": DATE}, 3600),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"expires": "Sat, 31 Feb 2027 08:28:00 GMT"}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": "never"}, 0),
        ({"expires": ""}, 0),
    ],
    ids=str,
)
def test_for_how_long_an_answer_holds(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for(head(headers), NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "max-age=99999999999999999999"},
        {"cache-control": f"max-age={'9' * 5000}"},
        {"expires": "Fri, 31 Dec 9999 23:59:59 GMT"},
    ],
    ids=["years", "digits", "dates"],
)
def test_what_holds_for_ever_holds_for_ten_years(headers: dict[str, str]) -> None:
    assert fresh_for(head(headers), NOW) == LONGEST == timedelta(days=3650)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", ZERO),
        ("-5", ZERO),
        ("99999999999999999999", LONGEST),
        ("9" * 5000, LONGEST),
        ("Wed, 21 Oct 2026 08:28:00 GMT", HOUR),
        ("Wednesday, 21-Oct-26 08:28:00 GMT", HOUR),
        ("Wed Oct 21 08:28:00 2026", HOUR),
        ("Tue, 20 Oct 2026 08:28:00 GMT", ZERO),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Sat, 31 Feb 2027 08:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999999999999 08:28:00 GMT", None),
        ("soon", None),
        ("1.5", None),
        ("+5", None),
        ("١٢", None),
        ("120, 240", None),
        ("", None),
    ],
)
def test_how_long_an_answer_asks_to_wait(retry_after: str, wait: timedelta | None) -> None:
    assert wait_of(head({"retry-after": retry_after, "date": DATE}), NOW) == wait


def test_who_asks_for_no_wait_gets_none() -> None:
    assert wait_of(head({}), NOW) is None


def test_without_the_servers_clock_ours_counts() -> None:
    later = "Wed, 21 Oct 2026 08:30:00 GMT"
    assert wait_of(head({"retry-after": later}), NOW) == HOUR
    assert wait_of(head({"retry-after": later, "date": "a while ago"}), NOW) == HOUR


LINES = st.text(st.characters(max_codepoint=255), max_size=60)


@given(st.dictionaries(st.sampled_from(["cache-control", "expires", "age", "date"]), LINES))
def test_whatever_a_server_says_some_bounded_time_comes_of_it(headers: dict[str, str]) -> None:
    assert ZERO <= fresh_for(head(headers), NOW) <= LONGEST


@given(LINES, LINES)
def test_whatever_a_server_asks_some_bounded_wait_comes_of_it(retry_after: str, date: str) -> None:
    wait = wait_of(head({"retry-after": retry_after, "date": date}), NOW)
    assert wait is None or ZERO <= wait <= LONGEST


def test_the_largest_head_takes_no_time_to_read() -> None:
    for written in ("a " * 30_000, 'a="' * 20_000, "a=" + " " * 60_000 + "b", "," * 60_000):
        began = time.thread_time()
        fresh_for(head({"cache-control": written, "expires": written, "age": written}), NOW)
        assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "answered 401 Unauthorized; it may want a login or a paid header: headers_file"),
        (403, "answered 403 Forbidden; it may want a login or a paid header: headers_file"),
        (404, "answered 404 Not Found; the address may have changed"),
        (407, "answered 407 Proxy Authentication Required; the proxy wants a login"),
        (410, "answered 410 Gone; the address may have changed"),
        (429, "answered 429 Too Many Requests; it was asked too often"),
        (503, "answered 503 Service Unavailable; it is overloaded or being mended"),
        (500, "answered 500 Internal Server Error"),
        (204, "answered 204 No Content"),
        (599, "answered 599"),
    ],
)
def test_a_refusal_says_what_to_do_where_there_is_something(status: int, words: str) -> None:
    assert refusal_words(head({}, status=status)) == words


HTML = "text/html; charset=UTF-8"


@pytest.mark.parametrize(
    ("status", "headers", "page", "wants_browser"),
    [
        (403, {"cf-mitigated": "challenge"}, b"", True),
        (503, {"cf-mitigated": "Challenge", "content-type": HTML}, b"", True),
        (429, {"cf-mitigated": "challenge"}, b"", True),
        (403, {"content-type": HTML}, b"<html><title>Just a moment...</title>", True),
        (503, {"content-type": HTML}, b"<TITLE>Checking your browser", True),
        (403, {"content-type": HTML}, b"<script src='/cdn-cgi/challenge-platform/h/b'>", True),
        (403, {"content-type": HTML}, b"window._cf_chl_opt={", True),
        (403, {"content-type": HTML}, b"<title>Forbidden</title>", False),
        (403, {"content-type": "text/plain"}, b"<title>Just a moment...</title>", False),
        (404, {"content-type": HTML}, b"<title>Just a moment...</title>", False),
        (403, {}, b"<title>Just a moment...</title>", False),
    ],
)
def test_a_page_that_tests_for_a_browser_is_told_from_others(
    status: int, headers: dict[str, str], page: bytes, *, wants_browser: bool
) -> None:
    words = refusal_words(head(headers, status=status), page)
    assert words.endswith("; it wants a browser") is wants_browser


@pytest.mark.parametrize(
    ("status", "headers", "may_be"),
    [
        (403, {"content-type": HTML}, True),
        (503, {"content-type": "TEXT/HTML"}, True),
        (403, {"content-type": HTML, "cf-mitigated": "challenge"}, False),
        (403, {}, False),
        (500, {"content-type": HTML}, False),
    ],
)
def test_a_page_is_looked_at_only_where_it_may_tell_something(
    status: int, headers: dict[str, str], *, may_be: bool
) -> None:
    assert may_be_challenge(head(headers, status=status)) is may_be
