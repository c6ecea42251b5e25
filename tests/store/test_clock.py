from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import NOW
from tests.store.test_sources import FILE, HOST, STATE
from tests.store.test_tellings import accept, report
from watch.core.alerts import Telling
from watch.core.model import FileState, HostState, Message, MessageState, SourceState
from watch.store.clock import get_latest, move_clock
from watch.store.db import Store
from watch.store.findings import get_moments
from watch.store.outbox import add_alert, add_notices, claim_message, get_outbox, settle_message
from watch.store.sources import get_files, get_hosts, get_sources, put_files, put_host, put_source
from watch.store.tellings import add_tellings, get_waiting

HOUR = timedelta(hours=1)
BOOT = datetime(1970, 1, 1, 0, 0, 7, 250_000, tzinfo=UTC)
MESSAGE = Message(recipient="a@example.org", message_id="<1@x>", content=b"")


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=1, milliseconds=1)])
async def test_what_is_due_stays_as_far_away_as_it_was(store: Store, by: timedelta) -> None:
    await store.write(put_source, STATE)
    await store.write(put_host, HOST)
    await store.write(put_files, "inbox", [FILE, FileState(path="whole", size=1, mtime_ns=1)])
    await store.write(move_clock, by=by, now=NOW + by)
    assert (await store.read(get_sources))["kcna"].due == STATE.due + by
    assert await store.read(get_hosts) == {
        HOST.host: replace(HOST, closed_until=HOST.closed_until + by, refused=HOST.refused + by)
    }
    files = await store.read(get_files, "inbox")
    assert files[FILE.path].due == NOW + by
    assert files["whole"].due is None


@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_what_waits_keeps_its_age_and_what_ended_its_date(
    store: Store, by: timedelta
) -> None:
    _, (waiting, told) = await store.write(accept, "icbm", "icbm", "nis")
    tellings = [Telling(finding=one, subscription="a", since=NOW - HOUR) for one in (waiting, told)]
    await store.write(add_tellings, tellings)
    await store.write(add_alert, report(1, told), [MESSAGE], key="k", now=NOW - HOUR)
    claim = await store.write(claim_message, NOW)
    assert claim is not None
    await store.write(settle_message, claim.id, MessageState.SENT, answer="ok", now=NOW)
    await store.write(add_notices, [replace(MESSAGE, message_id="<2@x>")], NOW - HOUR)
    await store.write(move_clock, by=by, now=NOW + by)
    (since,) = [one.since for one in await store.read(get_waiting)]
    assert since == NOW - HOUR + by
    assert (await store.read(get_outbox)).oldest == NOW - HOUR + by
    assert await store.read(get_latest) == NOW - HOUR


async def test_nothing_that_happened_stays_in_the_future(store: Store) -> None:
    assert await store.read(get_latest) is None
    await store.write(put_source, STATE)
    _, (told,) = await store.write(accept, "icbm", "icbm")
    await store.write(add_alert, report(1, told), [], key="k", now=NOW + HOUR)
    assert await store.read(get_latest) == NOW + HOUR
    back = NOW - 3 * HOUR
    await store.write(move_clock, by=back - NOW, now=back)
    assert await store.read(get_latest) == back
    state = (await store.read(get_sources))["kcna"]
    assert state.move is not None
    moments = (state.succeeded, state.failing_since, state.move.since, state.paused_since)
    assert moments == (back,) * 4


async def test_what_a_clock_dated_that_was_not_set_yet_is_dated_anew(store: Store) -> None:
    def at_boot(state: SourceState) -> SourceState:
        return replace(
            state, due=BOOT + HOUR, succeeded=BOOT, failing_since=BOOT, paused_since=None
        )

    await store.write(put_source, at_boot(STATE))
    _, (told,) = await store.write(accept, "icbm", "icbm")
    await store.write(add_alert, report(1, told), [], key="k", now=BOOT)
    await store.write(move_clock, by=NOW - BOOT, now=NOW)
    state = (await store.read(get_sources))["kcna"]
    assert (state.due, state.succeeded, state.failing_since) == (NOW + HOUR, NOW, NOW)
    assert state.gone_at == STATE.gone_at, "what had a date keeps it"
    assert await store.read(get_latest) == NOW
    assert await store.read(get_moments, ["icbm"], NOW - HOUR) == {"icbm": [NOW]}


async def test_hosts_and_sources_that_are_not_there_are_no_matter(store: Store) -> None:
    await store.write(move_clock, by=HOUR, now=NOW)
    assert await store.read(get_hosts) == dict[str, HostState]()
