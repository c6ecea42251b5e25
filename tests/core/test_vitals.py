from datetime import datetime, timedelta

import pytest

from tests.builders import NOW
from watch.core.model import SourceState
from watch.core.vitals import LATE, Counts, Vitals, WatchedSource, troubles_of

MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=30)


def _vitals(
    *sources: WatchedSource,
    oldest: datetime | None = None,
    due: datetime | None = None,
    closed_since: datetime | None = None,
    started: datetime = LONG_AGO,
) -> Vitals:
    counts = Counts(oldest=oldest, due=due)
    return Vitals(
        version="1",
        now=NOW,
        started=started,
        sources=sources,
        counts=counts,
        closed_since=closed_since,
    )


def _feed(due: datetime, name: str = "wire") -> WatchedSource:
    return WatchedSource(name=name, state=SourceState(name=name, location="x", due=due))


def _folder(
    succeeded: datetime | None,
    *,
    every: timedelta | None = None,
    failing_since: datetime | None = None,
) -> WatchedSource:
    state = SourceState(
        name="inbox",
        location="x",
        due=LONG_AGO if failing_since is None else NOW,
        succeeded=succeeded,
        failing_since=failing_since,
    )
    return WatchedSource(name="inbox", is_folder=True, every=every, state=state)


def test_a_daemon_that_does_its_work_is_well() -> None:
    feed, folder = _feed(NOW + MINUTE), _folder(NOW - MINUTE)
    assert troubles_of(_vitals(feed, folder, WatchedSource(name="new"))) == ()


def test_a_feed_that_nobody_looked_at_for_hours_is_a_trouble() -> None:
    assert troubles_of(_vitals(_feed(NOW - LATE))) == ()
    late = _feed(NOW - LATE - MINUTE)
    assert troubles_of(_vitals(late)) == ("source wire should have been read 2 hours ago",)
    two = troubles_of(_vitals(late, _feed(LONG_AGO, "other")))
    assert two == ("source wire and 1 more should have been read 2 hours ago",)


def test_what_fell_due_while_nothing_ran_is_none() -> None:
    assert troubles_of(_vitals(_feed(LONG_AGO), due=LONG_AGO, started=NOW - MINUTE)) == ()


@pytest.mark.parametrize(
    ("folder", "is_well"),
    [
        (_folder(NOW - LATE - MINUTE), False),
        (_folder(NOW - LATE - MINUTE, every=timedelta(days=1)), True),
        (_folder(LONG_AGO, failing_since=LONG_AGO), True),
        (_folder(None), False),
    ],
)
def test_a_folder_is_looked_at_all_the_time(folder: WatchedSource, *, is_well: bool) -> None:
    assert (troubles_of(_vitals(folder)) == ()) is is_well


def test_no_mail_for_hours_is_a_trouble_where_any_waits() -> None:
    closed = NOW - LATE - MINUTE
    told = ("no mail goes out for more than 2 hours",)
    assert troubles_of(_vitals(oldest=NOW, closed_since=closed)) == told
    assert troubles_of(_vitals(closed_since=closed)) == ()
    assert troubles_of(_vitals(oldest=LONG_AGO, closed_since=NOW - LATE)) == ()


def test_mail_that_nobody_tries_to_send_is_a_trouble() -> None:
    """One that is tried again and again, for its address is busy, is not."""
    late = NOW - LATE - MINUTE
    told = ("mail should have gone out 2 hours ago",)
    assert troubles_of(_vitals(oldest=LONG_AGO, due=late)) == told
    assert troubles_of(_vitals(oldest=LONG_AGO, due=NOW + MINUTE)) == ()
