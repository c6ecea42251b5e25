import time
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.ingest.feed import parse_feed
from watch.ingest.feed.dates import EARLIEST, LONGEST, moment_of, read_date


def at(hour: int = 12, minute: int = 0, second: int = 0, *, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        # ISO 8601
        ("2026-11-21", at(0)),
        ("20261121", at(0)),
        ("2026-W47-6", at(0)),
        ("2026W476T1200", at(12)),
        ("2026-11-21T12", at(12)),
        ("2026-11-21T12:30", at(12, 30)),
        ("2026-11-21t12:30:15z", at(12, 30, 15)),
        ("2026-11-21T12:30:15,5+05:30", at(7, 0, 15) + timedelta(microseconds=500_000)),
        ("2026-11-21 12:00:00 +0900", at(3)),
        ("2026-11-21 12:00:00 UTC", at(12)),
        ("20261121T120000-0330", at(15, 30)),
        ("  2026-11-21\n T12:00Z".replace("\n T", "T"), at(12)),
        # RFC 822
        ("Sat, 21 Nov 2026 12:00:00 GMT", at(12)),
        ("21 Nov 26 12:00 +0200", at(10)),
        ("21-Nov-2026 12:00:00 Z", at(12)),
        ("Sat,21 Nov 2026 12:00:00 +09:00", at(3)),
        ("Sat, 21 Nov 2026 12:00:00 GMT+9", at(3)),
        ("Sat, 21 Nov 2026 12:00:00 UTC-3", at(15)),
        ("Sat, 21 Nov 2026 12:00:00 KST", at(3)),
        ("Sat, 21 Nov 2026 12:00:00 IST", at(6, 30)),
        ("Sat, 21 Nov 2026 12:00:00 Etc/GMT", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 -0800 (PST)", at(20)),
        ("Sat, 21 Nov 2026 12:00:00 NOWHERE", at(12)),
        ("Sat, 21 Nov 2026 12:00:60 GMT", at(12, 0, 59)),
        # places of the tz database
        ("Sat, 21 Nov 2026 12:00:00 Europe/Berlin", at(11)),
        ("Tue, 21 Jul 2026 12:00:00 Europe/Berlin", datetime(2026, 7, 21, 10, tzinfo=UTC)),
        ("21 Nov 2026 12:00 America/Argentina/Buenos_Aires", at(15)),
        ("2026-11-21 12:00:00 Asia/Kathmandu", at(6, 15)),
        ("2026-11-21T12:00:00[America/St_Johns]", at(15, 30)),
        ("2026-11-21T12:00:00+09:00[Asia/Seoul]", at(3)),
        ("2026-11-21T12:00:00+09:00[Europe/Berlin]", at(3)),
        ("Sat, 21 Nov 2026 12:00:00 (Asia/Seoul)", at(3)),
        ("Sat, 21 Nov 2026 12:00:00 (CET)", at(11)),
        ("Sat, 21 Nov 2026 12:00:00 Etc/UTC", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 Etc/GMT+5", at(17)),
        ("Sat, 21 Nov 2026 12:00:00 Europe/Atlantis", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 America/Argentina", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 Etc/../../passwd", at(12)),
        # figures that no clock has
        ("Sat, 21 Nov 2026 12:00:00 +1400", at(22, day=20)),
        ("Sat, 21 Nov 2026 12:00:00 -1400", at(2, day=22)),
        ("Sat, 21 Nov 2026 12:00:00 +1401", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 -1500", at(12)),
        ("Sat, 21 Nov 2026 12:00:00 GMT+99", at(12)),
        ("2026-11-21T12:00:00+72:00", at(12)),
        ("2026-11-21T12:00:00-99:59", at(12)),
        ("2026-11-21 12:00:00 +5900", at(12)),
        ("Sat, 21 Nov 2026", at(0)),
        ("1 Jan 1995", datetime(1995, 1, 1, tzinfo=UTC)),
        ("1 Jan 95", datetime(1995, 1, 1, tzinfo=UTC)),
        ("1 Jan 05", datetime(2005, 1, 1, tzinfo=UTC)),
        # as people write it
        ("Saturday, November 21, 2026 1:05 PM", at(13, 5)),
        ("Nov. 21 2026 12:05 am", at(0, 5)),
        ("сб, 21 ноября 2026 12:00:00 +0300", at(9)),
        ("sam., 21 nov. 2026 12:00:00 CET", at(11)),
        ("21. Dezember 2026", datetime(2026, 12, 21, tzinfo=UTC)),
        ("21 de agosto de 2026, 12:00", datetime(2026, 8, 21, 12, tzinfo=UTC)),
        ("21 juin 2026", datetime(2026, 6, 21, tzinfo=UTC)),
        ("21 juillet 2026", datetime(2026, 7, 21, tzinfo=UTC)),
        ("Σαβ, 21 Νοε 2026 12:00:00 EET", at(10)),
        ("2026-november-21T12:00+01:00", at(11)),
        ("2026년 11월 21일  12:00:00", at(3)),
        ("2026-11-21 오후 1:30:00", at(4, 30)),
        ("2026年11月21日 午後1:30", at(13, 30)),
        ("2026/11/21 12:00", at(12)),
        ("2026.11.21.", at(0)),
        # seconds and milliseconds since 1970
        ("1795262400", at(12)),
        ("1795262400123", at(12)),
    ],
)
def test_a_date_is_read_as_it_is_meant(written: str, moment: datetime) -> None:
    assert read_date(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "yesterday", "soon", "-1", "0", "12", "2026", "11/21/2026", "x" * LONGEST),
        *("0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1899-12-31"),
        *("2026-02-31", "2026-13-01", "2026-11-21T25:00", "2026-W54-1", "31 Feb 2026"),
        *("21 Nov 2026 25:61:00 GMT", "9999-12-31T23:59:59-12:00", "21 Nowember"),
        *("9" * LONGEST, "9" * (LONGEST + 1), "21 Xyz 2026", "0 Nov 2026"),
    ],
)
def test_what_no_calendar_has_is_no_date(written: str) -> None:
    assert read_date(written) is None


@given(st.text(max_size=60) | st.from_regex(r"[\d/:,.+\-TZ \w]{0,40}"))
def test_no_date_raises(written: str) -> None:
    moment = read_date(written)
    assert moment is None or (moment.tzinfo is UTC and moment.year >= EARLIEST)


# Dates over which feedparser's own ways of reading them fail with what it does not catch.
ODD = st.from_regex(r"\w{0,3}, \d{0,4}/\d{0,2}/\d{2} \d{0,2}:\d{2}:\d{2} \w{0,3}") | st.from_regex(
    r"(\w{3} ){0,2}[\d:./+-]{0,20}( \w{1,4}){0,3}"
)


@given(ODD | st.text(max_size=40))
def test_no_date_in_a_feed_costs_it_its_entries(written: str) -> None:
    date = f"<pubDate>{escape(written)}</pubDate>"
    feed = f"<rss><channel><item><guid>1</guid>{date}</item></channel></rss>"
    body = feed.encode("utf-8", "replace")
    assert [entry.key for entry in parse_feed(body, url="", content_type=None).entries] == ["1"]


@pytest.mark.parametrize(
    ("parsed", "moment"),
    [
        (time.struct_time((2026, 11, 21, 12, 0, 0, 5, 325, 0)), at(12)),
        (time.struct_time((0,) * 9), None),
        (time.struct_time((-1, 11, 30, 0, 0, 0, 2, 334, 0)), None),
        (time.struct_time((1, 1, 1, 0, 0, 0, 0, 1, 0)), None),
        (None, None),
        ("2026-11-21", None),
    ],
)
def test_what_feedparser_gives_for_a_date_is_a_moment_or_nothing(
    parsed: object, moment: datetime | None
) -> None:
    assert moment_of(parsed) == moment


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Sat Nov 21 12:00:00 2026", (2026, 11, 21, 12)),
        ("Fri, 2006/09/15 08:19:53 EDT", (2006, 9, 15, 12)),
        ("2026-325T12:00:00Z", (2026, 11, 21, 12)),
    ],
)
def test_what_is_not_known_here_is_left_to_feedparser(
    written: str, expected: tuple[int, ...]
) -> None:
    assert read_date(written) is None
    body = f"<rss><channel><item><pubDate>{written}</pubDate></item></channel></rss>".encode()
    parsed = feedparser.parse(body)["entries"][0]["published_parsed"]
    assert tuple(parsed)[:4] == expected
