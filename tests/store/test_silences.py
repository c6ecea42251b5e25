import asyncio
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.store.test_tellings import accept, report, tell
from watch.core.alerts import Silence, Silenced, SilenceId, SilenceKind, StoryId
from watch.errors import StoreRefusedError
from watch.store.db import Store
from watch.store.outbox import add_alert
from watch.store.silences import (
    add_silence,
    count_hidden,
    get_silences,
    has_story,
    lift_silences,
)
from watch.store.tellings import get_unsaid, get_waiting, settle

SILENCE = Silence(
    kind=SilenceKind.RULE, value="icbm", since=NOW, until=NOW + timedelta(days=3), note="зачем"
)


async def test_a_silence_comes_back_as_it_was_kept_with_its_number(store: Store) -> None:
    first = await store.write(add_silence, SILENCE)
    over = await store.write(add_silence, replace(SILENCE, kind=SilenceKind.SOURCE, until=NOW))
    assert first == replace(SILENCE, id=first.id)
    assert await store.read(get_silences) == (first, over)


async def test_a_finding_that_is_hidden_from_two_subscriptions_counts_once(store: Store) -> None:
    _, (one, two) = await store.write(accept, "one", "icbm", "nis")
    await tell(store, [one, two], "a", "b")
    silence, other = [await store.write(add_silence, SILENCE) for _ in range(2)]
    assert await store.read(count_hidden) == {}
    hidden = [Silenced(subscription=name, finding=one, silence=silence.id) for name in "ab"]
    await store.write(settle, [], hidden)
    assert await store.read(count_hidden) == {silence.id: 1}
    assert await store.write(lift_silences, [silence.id, other.id]) == 1
    assert await store.read(get_silences) == ()
    waiting = [(each.finding, each.subscription) for each in await store.read(get_waiting)]
    assert sorted(waiting) == [(one, "a"), (one, "b"), (two, "a"), (two, "b")]


async def test_what_a_mail_has_counted_as_hidden_stays_so(store: Store) -> None:
    _, (one,) = await store.write(accept, "one", "icbm")
    await tell(store, [one], "a")
    silence = await store.write(add_silence, SILENCE)
    settled = Silenced(subscription="a", finding=one, silence=silence.id)
    await store.write(settle, [], [settled])
    _, hidden = await store.read(get_unsaid, "a", [silence])
    await store.write(add_alert, report(1, hidden=hidden), [], key="k", now=NOW)
    assert await store.write(lift_silences, [silence.id]) == 0
    assert await store.read(get_waiting) == ()


async def test_a_silence_lifted_after_it_was_read_hides_nothing_any_more(store: Store) -> None:
    """The daemon plans by what it read; a person lifts; then the plan is carried out."""
    _, (one,) = await store.write(accept, "one", "icbm")
    await tell(store, [one], "a")
    silence = await store.write(add_silence, SILENCE)
    planned = [Silenced(subscription="a", finding=one, silence=silence.id)]
    await store.write(lift_silences, [silence.id])
    await store.write(settle, [], planned)
    assert [each.finding for each in await store.read(get_waiting)] == [one]
    assert await store.read(get_unsaid, "a", ()) == ((), ())


async def test_what_waits_again_is_not_accounted_for_by_a_mail_that_was_being_written(
    store: Store,
) -> None:
    _, (one,) = await store.write(accept, "one", "icbm")
    await tell(store, [one], "a")
    silence = await store.write(add_silence, SILENCE)
    await store.write(settle, [], [Silenced(subscription="a", finding=one, silence=silence.id)])
    _, hidden = await store.read(get_unsaid, "a", [silence])
    assert await store.write(lift_silences, [silence.id]) == 1
    await store.write(add_alert, report(1, hidden=hidden), [], key="k", now=NOW)
    assert [each.finding for each in await store.read(get_waiting)] == [one], "nothing is lost"


async def test_stories_are_known_by_their_numbers(store: Store) -> None:
    _, numbers = await store.write(accept, "one", "icbm")
    await tell(store, numbers, "a")
    (waiting,) = await store.read(get_waiting)
    assert await store.read(has_story, waiting.story)
    assert not await store.read(has_story, StoryId(waiting.story + 1))


async def test_two_programs_write_to_one_database_in_turn(
    tmp_path: Path, empty_database: Path
) -> None:
    path = tmp_path / "watchlist.db"
    shutil.copy(empty_database, path)
    daemon, beside = Store.open(path), Store.open_beside(path)
    try:
        writes = [
            store.write(add_silence, SILENCE) for _ in range(20) for store in (daemon, beside)
        ]
        kept = await asyncio.gather(*writes)
        assert await daemon.read(get_silences) == await beside.read(get_silences)
        assert {one.id for one in kept} == {SilenceId(number + 1) for number in range(40)}
    finally:
        daemon.close()
        beside.close()


async def test_a_database_is_opened_beside_a_daemon_only_where_there_is_one_of_this_version(
    tmp_path: Path,
) -> None:
    with pytest.raises(StoreRefusedError, match="no database yet"):
        Store.open_beside(tmp_path / "watchlist.db")
    assert not await asyncio.to_thread(os.listdir, tmp_path), "none is made"
    (tmp_path / "watchlist.db").touch()
    with pytest.raises(StoreRefusedError, match="its schema is none"):
        Store.open_beside(tmp_path / "watchlist.db")
