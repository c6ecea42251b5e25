import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.httpd import LOOPBACK, Answer, HttpServer
from tests.pipeline.conftest import Desk, changed
from watch import __version__
from watch.core.model import MessageState
from watch.errors import StoreUnavailableError
from watch.notify.pulse import load_pulse
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder_once
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Context
from watch.pipeline.monitoring import get_vitals, keep_pulse, ping_monitor
from watch.pipeline.settings import MonitoringSettings, Ping
from watch.store.db import Store

TOKEN = "/ping/5ecret"


@pytest.fixture
def pinging(desk: Desk, server: HttpServer) -> Context:
    """The desk's context with a monitor at the server."""
    server.put(TOKEN, Answer(body=b"OK"))
    ping = Ping(url=server.url(TOKEN), allow_private=LOOPBACK)
    return changed(desk, monitoring=MonitoringSettings(ping=ping))


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, logger="watch.pipeline.monitoring"):
        yield


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged since, fields and all."""
    told = [
        f"{one.levelname} {one.getMessage()}: {vars(one).get('why', '')} {vars(one).get('at', '')}"
        for one in caplog.records
        if one.name == "watch.pipeline.monitoring"
    ]
    caplog.clear()
    return told


async def test_a_daemon_that_is_well_says_so_and_makes_no_words_of_it(
    pinging: Context, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ping_monitor(pinging) == ()
    assert await ping_monitor(pinging) == ()
    assert len(server.asked(TOKEN)) == 2
    assert pinging.watched.pinged == NOW
    assert _told(caplog) == []


async def test_a_monitor_that_fails_is_told_once_and_once_when_it_is_back(
    pinging: Context, desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put(TOKEN, Answer(status=500))
    for _ in range(3):
        await ping_monitor(pinging)
        desk.clock.advance(minutes=5)
    (told,) = _told(caplog)
    assert told.startswith("WARNING monitor not pinged: answered 500")
    assert told.endswith(" 127.0.0.1")
    assert "5ecret" not in told
    vitals = await get_vitals(pinging)
    assert vitals.pinged is None
    assert str(vitals.unpinged).startswith("answered 500")
    server.put(TOKEN, Answer(body=b"OK"))
    for _ in range(2):
        await ping_monitor(pinging)
    assert _told(caplog) == ["INFO monitor pinged again:  127.0.0.1"]
    back = await get_vitals(pinging)
    assert (back.pinged, back.unpinged) == (desk.clock.at, None)


async def test_an_answer_that_accepts_is_as_good(pinging: Context, server: HttpServer) -> None:
    server.put(TOKEN, Answer(status=202))
    await ping_monitor(pinging)
    assert pinging.watched.pinged == NOW


async def test_a_monitor_that_never_answers_is_waited_for_a_little_while(
    pinging: Context,
    server: HttpServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watch.pipeline.monitoring.PING_S", 0.2)
    server.put(TOKEN, Answer(hang_s=5, raw=b""))
    await ping_monitor(pinging)
    (told,) = _told(caplog)
    assert "no whole answer within 0.2 s" in told


async def test_a_private_address_is_pinged_only_where_that_is_allowed(
    pinging: Context, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    ping = Ping(url=server.url(TOKEN))
    await ping_monitor(replace(pinging, monitoring=MonitoringSettings(ping=ping)))
    assert server.asked(TOKEN) == []
    (told,) = _told(caplog)
    assert "which is not public" in told
    assert "5ecret" not in repr(ping)


async def test_a_daemon_that_is_not_well_is_silent(
    pinging: Context, desk: Desk, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    await scan_folder_once(pinging, source="inbox")
    await ping_monitor(pinging)
    assert len(server.asked(TOKEN)) == 1
    desk.clock.advance(hours=3)
    await ping_monitor(pinging)
    assert len(server.asked(TOKEN)) == 1
    (told,) = _told(caplog)
    assert "source inbox should have been read 2 hours ago" in told


async def test_a_database_that_takes_nothing_is_not_well(
    pinging: Context, server: HttpServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "watchlist.db", tmp_path / "other.db")
    store = _Full.open(tmp_path / "other.db")
    try:
        await ping_monitor(replace(pinging, store=store))
    finally:
        store.close()
    assert server.asked(TOKEN) == []
    (told,) = _told(caplog)
    assert "the disk is full" in told


class _Full(Store):
    """A database on a full disk."""

    async def write(self, *_: object, **__: object) -> None:  # type: ignore[override]  # it never returns
        raise StoreUnavailableError("the disk is full")


async def test_where_nobody_looks_nothing_is_written(desk: Desk, tmp_path: Path) -> None:
    before = _files(tmp_path)
    assert await keep_pulse(desk.context) == ()
    assert await ping_monitor(desk.context) == ()
    assert _files(tmp_path) == before
    assert desk.context.watched.started is None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


async def test_the_pulse_tells_what_the_process_alone_knows(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "watchlist.pulse.json"
    context = changed(desk, monitoring=MonitoringSettings(pulse_file=path))
    context.channel.closed_until = NOW + timedelta(hours=1)
    await scan_folder_once(context, source="inbox")
    await keep_pulse(context)
    desk.clock.advance(hours=3)
    await keep_pulse(context)
    pulse = load_pulse(path)
    assert pulse is not None
    assert (pulse.version, pulse.started, pulse.beaten) == (__version__, NOW, desk.clock.at)
    assert pulse.closed_until == NOW + timedelta(hours=1)
    assert pulse.troubles == ("source inbox should have been read 2 hours ago",)


async def test_metrics_are_written_beside_it(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "watchlist.prom"
    context = changed(desk, monitoring=MonitoringSettings(metrics_file=path))
    await keep_pulse(context)
    text = path.read_text()
    assert "watchlist_items 2.0\n" in text
    assert 'watchlist_source_baseline{source="inbox"} 0.0\n' in text
    assert 'watchlist_source_baseline{source="wire"} 0.0\n' in text


async def test_what_cannot_be_written_is_told_once_and_stops_nothing(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "none" / "watchlist.prom"
    context = changed(desk, monitoring=MonitoringSettings(metrics_file=path))
    for _ in range(2):
        assert await keep_pulse(context) == ()
    (told,) = _told(caplog)
    assert told.strip() == (
        f"WARNING pulse not written: {path}: No such file or directory; "
        f"see that {path.parent} is there and may be written"
    )
    path.parent.mkdir()
    await keep_pulse(context)
    path.unlink()
    path.mkdir()
    await keep_pulse(context)
    (told,) = _told(caplog)
    assert "Is a directory" in told


async def test_metrics_are_written_where_the_pulse_cannot_be(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monitoring = MonitoringSettings(
        pulse_file=tmp_path / "none" / "pulse.json", metrics_file=tmp_path / "watchlist.prom"
    )
    await keep_pulse(changed(desk, monitoring=monitoring))
    assert (tmp_path / "watchlist.prom").exists()
    (told,) = _told(caplog)
    assert "pulse.json: No such file" in told


async def test_what_ended_since_the_start_is_counted(desk: Desk) -> None:
    desk.write("a.txt", "An ICBM")
    context = desk.context
    await scan_folder_once(context, source="inbox")
    await make_alerts(context, waits=False)
    await deliver(context)
    vitals = await get_vitals(context)
    assert vitals.settled == {MessageState.SENT: 1}
    assert (vitals.counts.documents, vitals.counts.mails) == (1, 1)
    assert vitals.counts.oldest is None
    assert vitals.rules.files == 1
