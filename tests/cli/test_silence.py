import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import change
from tests.daemon import Daemon, watchlist_here


def _add(desk: Path, *arguments: str) -> str:
    done = watchlist_here("silence", "add", *arguments, cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _refused(desk: Path, *arguments: str) -> str:
    done = watchlist_here("silence", *arguments, cwd=desk)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def _listed(desk: Path, *arguments: str) -> list[dict[str, Any]]:
    done = watchlist_here("silence", "list", "--json", *arguments, cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


def test_a_silence_is_added_listed_and_lifted(told_desk: Path) -> None:
    said = _add(told_desk, "--rule", "icbm", "--until", "3d", "--note", "an [exercise]\n")
    assert said.startswith("silence 1: rule icbm stays quiet until ")
    assert said.endswith("; `watchlist silence lift 1` ends it sooner\n")
    (one,) = _listed(told_desk)
    until = datetime.fromisoformat(one["until"])
    assert abs(until - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=5)
    assert (one["number"], one["kind"], one["value"]) == (1, "rule", "icbm")
    assert (one["note"], one["hidden"], one["is_over"]) == ("an [exercise]", 0, False)
    shown = watchlist_here("silence", "list", cwd=told_desk).stdout.splitlines()
    assert shown[0].split() == ["Number", "What", "Until", "Hidden", "Note"]
    assert shown[1].split()[:3] == ["1", "rule", "icbm"]
    assert shown[1].rstrip().endswith(" 0  an [exercise]")
    done = watchlist_here("silence", "lift", "1", cwd=told_desk)
    assert done.stdout == "1 silence lifted: 0 findings to tell\n"
    assert _listed(told_desk, "--all") == []
    nothing = watchlist_here("silence", "list", cwd=told_desk)
    assert nothing.stdout == "nothing is kept quiet\n"


@pytest.mark.parametrize(
    ("arguments", "kind", "value"),
    [
        (("--rule", "nis"), "rule", "nis"),
        (("--item", "storm-corps"), "item", "storm-corps"),
        (("--source", "wire [1]"), "source", "wire [1]"),
        (("--story", "1"), "story", "1"),
    ],
)
def test_rules_items_sources_and_stories_are_kept_quiet(
    told_desk: Path, arguments: tuple[str, ...], kind: str, value: str
) -> None:
    assert f"silence 1: {kind} {value} stays quiet until" in _add(
        told_desk, *arguments, "--until", "12h"
    )
    (one,) = _listed(told_desk)
    assert (one["kind"], one["value"]) == (kind, value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--rule", "icmb"), "no rule is called 'icmb'; did you mean 'icbm'?"),
        (("--rule", "ICBM"), "no rule is called 'ICBM'; did you mean 'icbm'?"),
        (("--rule", "zzz"), "no rule is called 'zzz'; known here: drones, icbm, nis, storm-corps"),
        (("--item", "stormcorps"), "no item is called 'stormcorps'; did you mean 'storm-corps'?"),
        (("--source", "imbox"), "no source is called 'imbox'; did you mean 'inbox'?"),
        (("--story", "99"), "no story has the number 99; `watchlist findings` tells them"),
        ((), "a silence is of one thing: give --rule, --item, --source or --story"),
        (("--rule", "icbm", "--item", "icbm"), "a silence is of one thing"),
    ],
)
def test_what_is_not_there_is_refused_with_what_may_be_meant(
    told_desk: Path, arguments: tuple[str, ...], told: str
) -> None:
    assert told in _refused(told_desk, "add", *arguments, "--until", "3d")
    assert _listed(told_desk, "--all") == []


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2020-01-01", "'2020-01-01' is in the past"),
        ("0s", "'0s' is in the past"),
        ("367d", "'367d' is more than 366 days ahead"),
        ("9999-12-31", "'9999-12-31' is more than 366 days ahead"),
        ("9" * 30 + "d", "is no moment"),
        ("tomorrow", '\'tomorrow\' is no moment; write "3d", "12h", "2026-12-01" or'),
        ("2026-02-30", "'2026-02-30' is no moment"),
        ("0001-01-01", "is"),
    ],
)
def test_a_moment_that_is_none_past_or_too_far_is_refused(
    told_desk: Path, until: str, told: str
) -> None:
    assert told in _refused(told_desk, "add", "--rule", "icbm", "--until", until)


def test_a_date_is_of_the_zone_that_is_given(told_desk: Path) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    for until, zone in (
        (f"{day}", "Asia/Seoul"),
        (f"{day} 09:30", "Asia/Seoul"),
        (f"{day}T09:30+02:00", "Asia/Seoul"),
    ):
        _add(told_desk, "--rule", "icbm", "--until", until, "--timezone", zone)
    untils = [one["until"] for one in _listed(told_desk)]
    assert untils == [
        f"{day - timedelta(days=1)}T15:00:00+00:00",
        f"{day}T00:30:00+00:00",
        f"{day}T07:30:00+00:00",
    ]
    told = _refused(told_desk, "add", "--rule", "x", "--until", str(day), "--timezone", "Seoul")
    assert "no time zone is called 'Seoul'" in told


def test_a_rule_of_a_file_that_broke_is_known_by_its_last_good_version(told_desk: Path) -> None:
    (told_desk / "rules" / "a.toml").write_text("[[item]\n")
    assert "rule icbm stays quiet" in _add(told_desk, "--rule", "icbm", "--until", "3d")


def test_what_is_over_is_listed_when_it_is_asked_for(told_desk: Path) -> None:
    _add(told_desk, "--rule", "icbm", "--until", "3d")
    change(told_desk, "UPDATE silences SET until = '2020-01-01 00:00:00.000000'")
    assert _listed(told_desk) == []
    assert (
        "nothing is kept quiet; 1 silence over: --all"
        in watchlist_here("silence", "list", cwd=told_desk).stdout
    )
    (one,) = _listed(told_desk, "--all")
    assert one["is_over"]
    assert ", over" in watchlist_here("silence", "list", "--all", cwd=told_desk).stdout


def test_a_number_that_no_silence_has_is_refused_and_lifts_nothing(told_desk: Path) -> None:
    _add(told_desk, "--rule", "icbm", "--until", "3d")
    told = _refused(told_desk, "lift", "1", "7", "8")
    assert "no silence has the number 7, 8" in told
    assert len(_listed(told_desk)) == 1


def test_silences_work_beside_a_running_daemon_which_heeds_them(told_desk: Path) -> None:
    with Daemon(told_desk) as daemon:
        daemon.wait_for("watching")
        _add(told_desk, "--item", "nis", "--until", "3d")
        _add(told_desk, "--rule", "icbm", "--until", "3d")
        _wait_until_hidden(told_desk, 3)
        status = watchlist_here("status", cwd=told_desk).stdout
        assert "Quiet   2 silences, 3 findings hidden: `watchlist silence list`" in status
        done = watchlist_here("silence", "lift", "1", "2", cwd=told_desk)
        assert done.stdout == "2 silences lifted: 3 findings to tell\n"
        assert daemon.stop() == 0
    status = json.loads(watchlist_here("status", "--json", cwd=told_desk).stdout)
    assert status["waiting"] == {"mornings": 3}, "nothing of it is lost"
    assert status["silences"] == {"in_force": 0, "hidden": 0}


def _wait_until_hidden(desk: Path, count: int) -> None:
    for _ in range(2000):
        if sum(one["hidden"] for one in _listed(desk)) == count:
            return
    raise AssertionError(f"not hidden: {_listed(desk)}")


def test_before_anything_ran_there_is_nothing_to_keep_quiet(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[source]]\nname = "a"\nfolder = "a"\n')
    for arguments in (("add", "--rule", "x", "--until", "3d"), ("list",), ("lift", "1")):
        done = watchlist_here("silence", *arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert "nothing has run yet" in done.stderr
