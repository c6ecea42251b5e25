from dataclasses import replace
from datetime import timedelta

from tests.builders import NOW
from watch.core.model import FileState, SourceState, Validators
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
)
FILE = FileState(
    path="a/b.txt", size=2**40, mtime_ns=2**62, digest="d", failures=1, due=NOW, error="denied"
)


async def test_a_state_comes_back_as_it_went_and_the_newest_counts(store: Store) -> None:
    await store.write(sources.put_source, STATE)
    assert await store.read(sources.get_sources) == {"kcna": STATE}
    newer = replace(STATE, validators=Validators(), failing_since=None, failures=0, error=None)
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
