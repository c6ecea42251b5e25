from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import StatementError

from tests.builders import NOW
from watch.core.model import FileState, HostState, Move, SourceState, Validators
from watch.store import sources
from watch.store.db import Store

STATE = SourceState(
    name="kcna",
    location="https://example.org/feed",
    validators=Validators(etag='W/"1"', last_modified="Wed, 26 Aug 2026 05:01:12 GMT"),
    due=NOW + timedelta(minutes=15),
    has_baseline=True,
    succeeded=NOW,
    failing_since=NOW - timedelta(hours=1),
    failures=3,
    error="answered 500",
    note="it has no entries",
    pace=timedelta(minutes=22, seconds=30),
    url="https://example.net/feed",
    move=Move(to="https://example.com/feed", since=NOW),
    gone_times=2,
    gone_at=NOW,
    paused_since=NOW,
)
HOST = HostState(
    host="example.org:8080", closed_until=NOW + timedelta(hours=1), refusals=2, refused=NOW
)
FILE = FileState(
    path="a/b.txt", size=2**40, mtime_ns=2**62, digest="d", failures=1, due=NOW, error="denied"
)


async def test_a_state_comes_back_as_it_went_and_the_newest_counts(store: Store) -> None:
    await store.write(sources.put_source, STATE)
    assert await store.read(sources.get_sources) == {"kcna": STATE}
    assert await store.read(sources.get_source, "kcna") == STATE
    assert await store.read(sources.get_source, "none") is None
    newer = replace(STATE, validators=Validators(), failing_since=None, error=None, move=None)
    await store.write(sources.put_source, newer)
    assert await store.read(sources.get_sources) == {"kcna": newer}


async def test_files_are_kept_for_each_source_and_forgotten_when_told(store: Store) -> None:
    other = FileState(path="c.txt", size=1, mtime_ns=1)
    await store.write(sources.put_files, "inbox", [FILE, other])
    await store.write(sources.put_files, "outbox", [other])
    await store.write(sources.put_files, "inbox", [replace(other, size=2)])
    assert await store.read(sources.get_files, "inbox") == {
        FILE.path: FILE,
        other.path: replace(other, size=2),
    }
    assert await store.read(sources.count_unread) == {"inbox": 1}
    await store.write(sources.remove_files, "inbox", [FILE.path])
    assert set(await store.read(sources.get_files, "inbox")) == {other.path}
    assert await store.read(sources.get_files, "outbox") == {other.path: other}
    await store.write(sources.put_files, "inbox", [])


async def test_hosts_are_kept_the_newest_state_of_each(store: Store) -> None:
    await store.write(sources.put_host, HOST)
    newer = replace(HOST, refusals=3)
    await store.write(sources.put_host, newer)
    assert await store.read(sources.get_hosts) == {HOST.host: newer}


async def test_those_are_due_whose_time_has_come_or_that_are_new_or_elsewhere_now(
    store: Store,
) -> None:
    due = replace(STATE, name="due", due=NOW)
    await store.write(sources.put_source, STATE)
    await store.write(sources.put_source, due)
    await store.write(sources.put_source, replace(STATE, name="gone", due=NOW))
    places = {"kcna": STATE.location, "due": STATE.location, "new": "https://x.example/"}
    assert await store.read(sources.get_due, places, NOW) == {"due": due, "new": None}
    moved = {"kcna": "https://x.example/"}
    assert await store.read(sources.get_due, moved, NOW) == {"kcna": STATE}


async def test_the_operator_hears_once_of_each_failure_and_once_of_its_end(store: Store) -> None:
    early = NOW - timedelta(hours=2)
    state = replace(STATE, paused_since=None)
    await store.write(sources.put_source, state)
    assert await store.read(sources.get_untold, early) == ()
    assert await store.read(sources.get_untold, NOW) == (state,)
    paused = replace(STATE, name="gone")
    await store.write(sources.put_source, paused)
    assert await store.read(sources.get_untold, early) == (paused,)
    await store.write(sources.put_told, "kcna", is_told=True)
    assert await store.read(sources.get_untold, NOW) == (paused,)
    back = replace(state, failing_since=None, error=None)
    await store.write(sources.put_source, back)
    told = replace(back, is_told=True)
    assert await store.read(sources.get_untold, early) == (paused, told)
    await store.write(sources.put_source, replace(back, succeeded=None))
    assert await store.read(sources.get_untold, early) == (paused,), "a new address, not read yet"


async def test_a_moment_without_a_time_zone_is_not_kept(store: Store) -> None:
    naive = replace(STATE, due=NOW.replace(tzinfo=None))
    with pytest.raises(StatementError, match="without a time zone"):
        await store.write(sources.put_source, naive)
    assert await store.read(sources.get_sources) == {}
