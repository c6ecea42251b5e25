from datetime import timedelta

import pytest

from watch.core.model import Wishes
from watch.ingest.feed import parse_feed

MONTH = timedelta(days=30)


def wishes(channel: str, *, after: str = "", items: str = "<item><guid>1</guid></item>") -> Wishes:
    body = (
        '<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
        f"{channel}{items}{after}</channel></rss>"
    )
    return parse_feed(body.encode(), url="", content_type=None).wishes


def period(name: str, frequency: str | None = None) -> str:
    times = f"<sy:updateFrequency>{frequency}</sy:updateFrequency>" if frequency is not None else ""
    return f"<sy:updatePeriod>{name}</sy:updatePeriod>{times}"


@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        ("", timedelta(0)),
        ("<ttl>60</ttl>", timedelta(minutes=60)),
        ("<ttl> 5\n</ttl>", timedelta(minutes=5)),
        ("<ttl>0</ttl>", timedelta(0)),
        ("<ttl>-5</ttl>", timedelta(0)),
        ("<ttl>1.5</ttl>", timedelta(0)),
        ("<ttl>soon</ttl>", timedelta(0)),
        ("<ttl></ttl>", timedelta(0)),
        ("<ttl>999999999</ttl>", timedelta(days=366)),
        (f"<ttl>{'9' * 5_000}</ttl>", timedelta(0)),
        (period("hourly"), timedelta(hours=1)),
        (period(" Daily\n", "2"), timedelta(hours=12)),
        (period("weekly", "7"), timedelta(days=1)),
        (period("monthly", "1"), MONTH),
        (period("yearly", ""), timedelta(days=365)),
        (period("daily", "0"), timedelta(0)),
        (period("daily", "often"), timedelta(0)),
        (period("fortnightly"), timedelta(0)),
        ("<sy:updateFrequency>4</sy:updateFrequency>", timedelta(0)),
        ("<ttl>90</ttl>" + period("hourly"), timedelta(minutes=90)),
        ("<ttl>30</ttl>" + period("hourly"), timedelta(hours=1)),
    ],
)
def test_the_longer_of_two_waits_is_wished_and_junk_is_not(channel: str, wait: timedelta) -> None:
    assert wishes(channel) == Wishes(wait=wait)


def hours(*values: object) -> str:
    return f"<skipHours>{''.join(f'<hour>{value}</hour>' for value in values)}</skipHours>"


def days(*values: str) -> str:
    return f"<skipDays>{''.join(f'<day>{value}</day>' for value in values)}</skipDays>"


@pytest.mark.parametrize(
    ("channel", "quiet_hours", "quiet_days"),
    [
        (hours(0, 1, 23), {0, 1, 23}, set()),
        (hours(24, " 7 ", "08"), {0, 7, 8}, set()),
        (hours(25, -1, "noon", "", 3.5), set(), set()),
        (hours(*range(24)), set(), set()),
        (hours(*range(1, 25)), set(), set()),
        (hours(*range(23)), set(range(23)), set()),
        (days("Saturday", " sunday\n", "SUNDAY"), set(), {5, 6}),
        (days("Samstag", "", "7"), set(), set()),
        (
            days(
                *("Monday", "Tuesday", "Wednesday", "Thursday"), *("Friday", "Saturday", "Sunday")
            ),
            set(),
            set(),
        ),
        ("<skiphours><hour>4</hour></skiphours>", {4}, set()),
        ("<!-- " + hours(4) + " -->", set(), set()),
        (hours(4).removesuffix("</skipHours>"), set(), set()),
        ("<description>skipHours and skipDays</description>", set(), set()),
    ],
)
def test_hours_and_days_to_skip_are_all_read_but_not_all_there_are(
    channel: str, quiet_hours: set[int], quiet_days: set[int]
) -> None:
    found = wishes(channel)
    assert found == Wishes(quiet_hours=frozenset(quiet_hours), quiet_days=frozenset(quiet_days))


def test_they_may_stand_behind_the_entries_but_not_in_them() -> None:
    assert wishes("", after=hours(4)).quiet_hours == {4}
    assert wishes("", items=f"<item>{hours(4)}</item>").quiet_hours == frozenset()
    assert wishes(hours(4), items="").quiet_hours == {4}


def test_a_broken_feed_wishes_as_much() -> None:
    channel = "<title>Salt & pepper</title><ttl>45</ttl>" + hours(3) + days("Friday")
    assert wishes(channel) == Wishes(
        wait=timedelta(minutes=45), quiet_hours=frozenset({3}), quiet_days=frozenset({4})
    )
