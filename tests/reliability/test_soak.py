"""That the soak measures what it says, on a small scale."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.campaign import campaign
from tests.reliability.desk import Desk
from tests.reliability.gauge import Sample, slope_of
from tests.reliability.kills import RAIDS, Raid
from tests.reliability.load import MOST_MB, Report, load
from tests.reliability.nursery import ROOT
from tests.reliability.soak import load_lines
from tests.reliability.traffic import Amounts, Polls

SMALL = Amounts(feeds=20, terms=100, every_s=2, changes_s=10.0, wait_s=1)


def test_a_daemon_under_a_small_load_keeps_within_all_bounds(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    compiled = tmp_path_factory.getbasetemp().parent / "compiled"
    seen: list[int] = []
    report = load(
        tmp_path / "load",
        10,
        SMALL,
        compiled=compiled,
        tell=lambda so_far: seen.append(len(so_far.samples)),
    )
    assert list(report.broken()) == []
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) >= 4
    assert report.items > 10
    assert report.planted > 0
    assert report.mails >= 2
    assert report.polls.asked > 40
    assert report.polls.unchanged > 20
    assert report.levels["ERROR"] > 0, "of a feed that fails"
    lines = {what: measured for what, measured, _ in load_lines(report, SMALL)}
    assert lines["of these lost, told twice"] == "0, 0"
    assert lines["missed"] == "0"
    assert lines["growth of the daemon"] == "too short a run to tell"
    assert report.own_cpu_s < report.seconds / 2, "the other side is light"


def _sample(at: float, *, own_mb: float = 100, descriptors: int = 20) -> Sample:
    return Sample(
        at=at,
        own_mb=own_mb,
        all_mb=own_mb + 50,
        descriptors=descriptors,
        threads=9,
        cpu_s=0,
        wal_mb=1,
        oldest_s=0,
    )


def test_each_broken_bound_is_told() -> None:
    samples = [
        _sample(10.0 * at, own_mb=100 + 0.1 * at, descriptors=20 + at // 20) for at in range(360)
    ]
    report = Report(
        samples=[*samples, _sample(3600, own_mb=MOST_MB)],
        strange=["ERROR step failed"],
        polls=Polls(missed=2),
        lost=["D00001Q of f1 to one@example.org"],
        doubled=1,
        code=1,
    )
    assert list(report.broken()) == [
        "its memory grows by 36.0 MB an hour",
        "it took more than 400 MB",
        "it opens more and more files",
        "2 polls missed",
        "1 findings lost, the first D00001Q of f1 to one@example.org",
        "1 findings told twice",
        "1 errors that nobody provoked, the first: ERROR step failed",
        "it ended with 1",
    ]


def test_a_run_that_keeps_steady_breaks_nothing() -> None:
    report = Report(samples=[_sample(10.0 * at, own_mb=100 + at % 7) for at in range(360)])
    assert list(report.broken()) == []


def test_a_slope_is_told_with_its_error_and_an_outlier_sways_it_little() -> None:
    points = [(10.0 * at, 100 + at / 360 + (at % 7) / 10) for at in range(360)]
    points[100] = (1000.0, 5000.0)
    slope = slope_of(points)
    assert slope is not None
    assert slope.low < 1 < slope.high
    assert slope.middle == pytest.approx(1, abs=0.1)
    assert slope.high - slope.low < 0.5
    assert slope_of(points[:60]) is None, "ten minutes tell nothing"


def test_its_help_names_each_option_and_starts_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.soak", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--kills", "--hostile", "--backlog", "--idle", "--latency", "--minutes"):
        assert option in done.stdout
    assert "500" in done.stdout


def test_a_campaign_tells_what_came_of_each_raid_and_what_was_broken(tmp_path: Path) -> None:
    def give_up(_: Desk) -> None:
        raise AssertionError("it never came to it")

    raids = {"alert": RAIDS["alert"], "none": Raid(kill=give_up, count=0)}
    whole, none = sorted(campaign(tmp_path, 3, raids), key=lambda one: one.name)
    assert (whole.kills, whole.fault) == (3, "")
    assert whole.told == 18
    assert none.fault == "it never came to it"
