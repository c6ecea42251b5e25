"""The figures that are promised, on a small scale; `make soak` measures them in full."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reliability.backlog import MOST_STALL_S, Backlog, backlog
from tests.reliability.idle import MOST_MB, Idle, idle
from tests.reliability.latency import MOST_S, WAIT_S, Latency, latency
from tests.reliability.soak import main
from tests.reliability.table import Line
from tests.reliability.wild import LARGEST, tame, wild_feed
from tests.reliability.wilderness import Readings, _count_named, wilderness

TRIES = 3
"""The quietest of some tries counts: others use the machine too."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp().parent / "compiled"


def measured(lines: Iterator[Line]) -> dict[str, str]:
    return {what: figure for what, figure, _ in lines}


def test_a_wild_feed_is_the_same_each_time_and_like_no_other() -> None:
    feeds = [wild_feed(7, number) for number in range(30)]
    assert feeds == [wild_feed(7, number) for number in range(30)]
    assert len({feed.body for feed in (*feeds, wild_feed(8, 0))}) == 31
    assert all(len(feed.body) <= LARGEST for feed in feeds)


def test_wild_feeds_begin_as_feeds_of_all_kinds() -> None:
    names = [name for name, _ in tame()]
    for kind in ("rss09", "rss10", "rss20", "atom03", "atom10", "cdf", "json", "broken"):
        assert any(name.startswith(kind) for name in names), kind


async def test_wild_feeds_crash_nothing_hang_nothing_and_hide_nothing() -> None:
    heard: list[int] = []
    readings = await wilderness(60, seed=7, tell=lambda so_far: heard.append(so_far.count))
    assert list(readings.broken()) == []
    assert sorted(heard) == list(range(1, 61))
    assert readings.read > 20
    assert readings.refused > 5
    assert readings.degraded > 0
    figures = measured(readings.lines())
    assert figures["feeds, seed"] == "60, 7"
    assert figures["crashed, hung, or silently nothing"] == "0"


def test_a_feed_that_hides_what_feedparser_finds_would_be_told() -> None:
    rss = "<rss><channel>{}</channel></rss>"
    assert _count_named(rss.format("<item><title>A</title></item>").encode(), None) == 1
    assert _count_named(rss.format("<item><title> </title></item>").encode(), None) == 0
    readings = Readings(seed=1, faults=["hostile: x"], stall_s=0.2)
    assert list(readings.broken()) == [
        "hostile: x",
        "hostile: the main loop stood still for 200 ms",
    ]


def test_a_backlog_is_taken_in_whole(tmp_path: Path, compiled: Path) -> None:
    heard: list[int] = []
    for number in range(TRIES):
        desk = tmp_path / str(number)
        taken = backlog(desk, 500, compiled=compiled, tell=heard.append, within_s=None)
        if taken.stall_s <= MOST_STALL_S:
            break
    assert list(taken.broken()) == []
    assert heard[-1] == 500
    figures = measured(taken.lines())
    assert figures["documents in the database"] == "500"
    assert figures["findings"] == "50"
    assert 50 < taken.own_mb < 400


def test_each_broken_bound_of_a_backlog_is_told() -> None:
    kept = Backlog(
        files=10,
        findings=1,
        seconds=1,
        documents=10,
        found=1,
        stall_s=0.01,
        own_mb=100,
        all_mb=100,
        mails=1,
    )
    assert list(kept.broken()) == []
    bad = replace(kept, documents=9, found=2, seconds=301, stall_s=0.2, mails=0)
    assert list(bad.broken()) == [
        "backlog: 9 of 10 files are documents",
        "backlog: 2 of 1 findings were found",
        "backlog: it took 301 s",
        "backlog: the main loop stood still for 200 ms",
        "backlog: nobody was told",
    ]


def test_an_idle_daemon_takes_little(tmp_path: Path, compiled: Path) -> None:
    rest = idle(tmp_path / "desk", 3, settle_s=1.0, seconds=3.0, compiled=compiled)
    assert list(rest.broken()) == []
    assert 20 < rest.own_mb < rest.all_mb
    assert rest.cpu_share < 0.5
    assert measured(rest.lines())["feeds, asked once a minute"] == "3"


def test_a_daemon_that_takes_too_much_while_idle_is_told() -> None:
    fat = Idle(feeds=1, own_mb=MOST_MB + 1, all_mb=200, cpu_share=0, seconds=1, unchanged=1)
    assert list(fat.broken()) == ["idle: it takes 121 MB"]


def test_a_saved_file_is_in_a_mail_in_time(tmp_path: Path, compiled: Path) -> None:
    heard: list[int] = []
    for number in range(TRIES):
        heard.clear()
        desk = tmp_path / str(number)
        late = latency(desk, 5, compiled=compiled, tell=heard.append, pause_s=0.1)
        if late.lost or not list(late.broken()):
            break
    assert list(late.broken()) == []
    assert heard == [0, 1, 2, 3, 4]
    assert len(late.took) == 5
    assert min(late.took) > WAIT_S
    assert measured(late.lines())["of these nobody was told"] == "0"


def test_a_mail_that_comes_late_or_never_is_told() -> None:
    late = Latency(took=(1.0, WAIT_S + MOST_S + 1), lost=2)
    assert list(late.broken()) == [
        "latency: of 2 files nobody was told",
        "latency: a mail came 18.0 s after its file",
    ]


def test_a_soak_prints_a_table_of_each_stage_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    none = ["--kills", "0", "--backlog", "0", "--idle", "0", "--latency", "0", "--minutes", "0"]
    assert main([*none, "--hostile", "3"]) == 0
    said = capsys.readouterr().out
    assert "Hostile feeds" in said
    assert "Kills" not in said
    assert "Backlog" not in said
