import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import watchlist, watchlist_here

CONFIG = """\
[[source]]
name = "inbox"
folder = "inbox"
[[source]]
name = "dead"
feed = "http://127.0.0.1:9/feed"
allow_private = ["127.0.0.0/8"]
[[subscription]]
name = "desk"
to = ["desk@example.org"]
"""


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk at which `once` has run: a mail was sent, a feed failed, a file was no text."""
    desk = tmp_path_factory.mktemp("run")
    (desk / "config.toml").write_text(CONFIG)
    for folder in ("rules", "inbox"):
        (desk / folder).mkdir()
    (desk / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\n')
    (desk / "inbox" / "a.txt").write_text("An ICBM")
    (desk / "inbox" / "b.txt").write_bytes(b"%PDF-1.7")
    assert watchlist("once", cwd=desk).returncode == 1
    return desk


@pytest.fixture
def desk(one_run: Path, tmp_path: Path) -> Path:
    """The same desk for a test to change."""
    return shutil.copytree(one_run, tmp_path / "desk")


def _status(desk: Path, code: int) -> dict[str, Any]:
    done = watchlist_here("status", "--json", cwd=desk)
    assert done.returncode == code
    standing: dict[str, Any] = json.loads(done.stdout)
    return standing


def _change(desk: Path, statement: str) -> None:
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_table_tells_how_it_stands(desk: Path) -> None:
    done = watchlist_here("status", cwd=desk)
    assert done.returncode == 0, "a feed that failed once needs nobody yet"
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "no daemon runs"
    (inbox,) = [line for line in lines if line.startswith("inbox folder ok ")]
    assert inbox.endswith(" 1 1 0")
    assert any(line.startswith("dead feed failing") for line in lines)
    assert "1 file not read" in lines
    assert any("no connection" in line for line in lines)
    assert any(line.startswith("Rules 1 item in 1 file, in force since") for line in lines)
    assert "Outbox 1 sent" in lines


def test_the_same_is_told_to_machines(desk: Path) -> None:
    standing = _status(desk, 0)
    inbox, dead = standing["sources"]
    assert (inbox["state"], inbox["documents"], inbox["not_read"]) == ("ok", 1, 1)
    assert (dead["state"], dead["failures"]) == ("failing", 1)
    assert dead["next"] > dead["failing_since"]
    assert standing["rules"]["items"] == 1
    assert standing["outbox"]["sent"] == 1
    assert standing["waiting"] == {}
    assert standing["needs"] == []
    assert standing["pid"] is None


@pytest.mark.parametrize(
    ("statement", "need"),
    [
        (
            "UPDATE sources SET failing_since = '2020-01-01 00:00:00.000000' WHERE name = 'dead'",
            "source dead is failing since",
        ),
        ("UPDATE messages SET state = 'failed', answer = '550 no'", "1 mail failed"),
        ("UPDATE messages SET state = 'held'", "1 mail held"),
        (
            "UPDATE messages SET state = 'waiting', created = '2020-01-01 00:00:00.000000'",
            "mail waits since",
        ),
        (
            "UPDATE rule_files SET stale_since = since, error = 'rules/a.toml:1:1: x', errors = 1",
            "rules/a.toml is not in force as it lies there",
        ),
        (
            "UPDATE tellings SET alert_id = NULL, outcome = NULL, subscription = 'gone'",
            '1 finding for "gone", a subscription that is no more',
        ),
    ],
)
def test_what_needs_a_person_is_told_and_is_an_exit_code(
    desk: Path, statement: str, need: str
) -> None:
    _change(desk, statement)
    (told,) = _status(desk, 1)["needs"]
    assert told.startswith(need)
    done = watchlist_here("status", cwd=desk)
    assert done.returncode == 1
    assert f"! {need}" in done.stdout


def test_a_source_that_was_never_read_is_told(desk: Path) -> None:
    with (desk / "config.toml").open("a") as config:
        config.write('[[source]]\nname = "new"\nfolder = "new"\n')
    by_name = {one["name"]: one for one in _status(desk, 0)["sources"]}
    assert by_name["new"]["state"] == "not read yet"
    assert by_name["new"]["next"] is None


def test_a_stale_file_is_told_with_what_serves_since_when_and_its_first_error(desk: Path) -> None:
    _change(
        desk,
        "UPDATE rule_files SET since = '2026-08-01 10:00:00.000000', errors = 2,"
        " stale_since = '2026-08-26 07:12:00.000000', error = 'rules/a.toml:1:1: [not] TOML'",
    )
    _change(
        desk,
        "INSERT INTO rule_files VALUES ('rules/[new].toml', 1, NULL, '2026-08-26 07:12:00.000000',"
        " '2026-08-26 07:12:00.000000', 'rules/[new].toml: not UTF-8', 1)",
    )
    rules = _status(desk, 1)["rules"]
    first, second = rules["stale"]
    assert first == {
        "file": "rules/a.toml",
        "since": "2026-08-26T07:12:00+00:00",
        "serves": "2026-08-01T10:00:00+00:00",
        "errors": 2,
        "error": "rules/a.toml:1:1: [not] TOML",
    }
    assert (second["file"], second["serves"]) == ("rules/[new].toml", None)
    shown = watchlist_here("status", cwd=desk).stdout
    assert "rules/a.toml:1:1: [not] TOML" in shown
    assert ": rules/a.toml, the version of 2026-08-01" in shown
    assert ": rules/[new].toml, left out, 1 error" in shown


def test_a_deleted_file_is_told_for_a_week(desk: Path) -> None:
    _change(desk, "INSERT INTO departures VALUES ('rules/old.toml', 5, '2020-01-01 00:00:00')")
    _change(desk, "INSERT INTO departures VALUES ('rules/korea.toml', 12, datetime('now'))")
    (left,) = _status(desk, 0)["rules"]["left"]
    assert (left["file"], left["items"]) == ("rules/korea.toml", 12)
    shown = watchlist_here("status", cwd=desk).stdout
    assert "12 items left with rules/korea.toml on" in shown
    assert "old.toml" not in shown
