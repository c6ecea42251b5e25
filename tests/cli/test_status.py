import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import watchlist, watchlist_here
from watch.cli.standing import get_standing
from watch.config import load_config
from watch.core.vitals import Pulse
from watch.notify.pulse import save_pulse
from watch.store.lock import hold_state

HOUR = timedelta(hours=1)

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


def test_what_is_held_and_what_was_let_go_is_told(desk: Path) -> None:
    _change(desk, "UPDATE documents SET seen = '2026-01-02 03:04:05.000000'")
    _change(
        desk,
        "INSERT INTO documents (source, key, revision, digest, words_digest, title, text, seen,"
        " languages, is_degraded, ruleset, rules) VALUES ('inbox', 'old', 1, 'd', 'w', '', '',"
        " '2024-01-01 00:00:00.000000', '', 0, '', '[]')",
    )
    standing = _status(desk, 0)
    assert standing["archive"].pop("bytes") > 4096
    assert standing["archive"].pop("free") > 0
    since = "2026-01-02T03:04:05+00:00"
    assert standing["archive"] == {"documents": 1, "since": since, "let_go": 1}
    (inbox,) = [one for one in standing["sources"] if one["name"] == "inbox"]
    assert inbox["documents"] == 1
    shown = watchlist_here("status", cwd=desk).stdout
    told = r"^Archive 1 document since 2026-01-0\d, 1 older let go; \d+\.\d kB, \S+ \SB free$"
    assert re.search(told, shown, re.MULTILINE)
    _change(desk, "UPDATE documents SET rules = '[]'")
    assert _status(desk, 0)["archive"]["since"] is None
    assert "Archive 0 documents, 2 older let go; " in watchlist_here("status", cwd=desk).stdout


def test_what_needs_somebody_comes_first(desk: Path) -> None:
    _change(desk, "UPDATE messages SET state = 'held'")
    shown = watchlist_here("status", cwd=desk).stdout.splitlines()
    assert shown[0] == "! 1 mail held: `watchlist outbox list --state held`"
    assert shown[1] == "no daemon runs"


def test_today_and_the_oldest_mail_are_told(desk: Path) -> None:
    _change(desk, "UPDATE messages SET state = 'waiting', answer = '450 [busy]', attempts = 1")
    standing = _status(desk, 0)
    assert standing["today"] == {"documents": 1, "findings": 1}
    assert standing["outbox"]["why"] == "450 [busy]"
    shown = watchlist_here("status", cwd=desk).stdout
    assert "Today   1 document, 1 finding\n" in shown
    assert re.search(r"the oldest is from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d: 450 \[busy\]\n", shown)
    _change(desk, "UPDATE messages SET answer = NULL, attempts = 0")
    shown = watchlist_here("status", cwd=desk).stdout
    assert re.search(r"the oldest is from [-0-9 :]+\d\n", shown)


def test_what_came_before_midnight_is_not_of_today(desk: Path) -> None:
    _change(desk, "UPDATE documents SET seen = '2020-01-01 00:00:00.000000'")
    assert _status(desk, 0)["today"] == {"documents": 0, "findings": 0}


@pytest.fixture
def held(desk: Path) -> Iterator[Path]:
    """A desk whose state this process holds."""
    with hold_state(desk / "state"):
        yield desk


def _beat(desk: Path, **parts: Any) -> None:
    now = datetime.now(UTC)
    pulse = Pulse(pid=os.getpid(), version="0.1.0", started=now - 3 * HOUR, beaten=now)
    save_pulse(desk / "state" / "watchlist.pulse.json", replace(pulse, **parts))


def test_a_daemon_at_work_tells_since_when_and_of_which_version(held: Path) -> None:
    shown = watchlist_here("status", cwd=held).stdout
    assert shown.startswith(f"watching (process {os.getpid()})\n"), "it has said nothing yet"
    _beat(held)
    shown = watchlist_here("status", cwd=held).stdout
    words = rf"watching since [-0-9 :]+ \(process {os.getpid()}, version 0\.1\.0\)"
    assert re.fullmatch(words, shown.splitlines()[0])
    assert "Monitor" not in shown
    standing = _status(held, 0)
    assert (standing["pid"], standing["version"]) == (os.getpid(), "0.1.0")
    assert standing["since"] < standing["beaten"]


def test_what_another_process_has_left_says_nothing(held: Path) -> None:
    _beat(held, pid=1, troubles=("it was not well",))
    standing = _status(held, 0)
    assert (standing["version"], standing["needs"]) == (None, [])


def test_a_daemon_that_hangs_needs_somebody(held: Path) -> None:
    _beat(held, beaten=datetime.now(UTC) - HOUR, troubles=("of no interest any more",))
    (need,) = _status(held, 1)["needs"]
    assert re.fullmatch(rf"process {os.getpid()} does nothing since .*: restart it, .*", need)


def test_a_daemon_that_is_not_well_needs_somebody(held: Path) -> None:
    _beat(held, troubles=("source [x] should have been read 2 hours ago",))
    (need,) = _status(held, 1)["needs"]
    assert need == "source [x] should have been read 2 hours ago; the log says why"
    assert watchlist_here("status", cwd=held).stdout.startswith(f"! {need}\n")


def test_a_login_that_is_refused_needs_somebody_at_once(held: Path) -> None:
    _beat(held, refused="the login is refused, check user and password")
    (need,) = _status(held, 1)["needs"]
    told = "the login is refused, check user and password; mend it, and have the daemon reload"
    assert need == f"no mail goes out: {told} (SIGHUP)"


def test_until_when_no_mail_goes_out_is_told(held: Path) -> None:
    until = datetime.now(UTC) + HOUR
    _beat(held, closed_until=until)
    assert _status(held, 0)["closed_until"] == until.isoformat()
    moment = f"{until.astimezone():%Y-%m-%d %H:%M:%S}"
    assert f"no mail goes out until {moment}\n" in watchlist_here("status", cwd=held).stdout


def test_a_monitor_that_was_not_told_for_long_needs_somebody(held: Path) -> None:
    with (held / "config.toml").open("a") as config:
        config.write('[monitoring]\nping = "https://hc.example.org/5ecret"\n')
    _beat(held, started=datetime.now(UTC))
    assert "Monitor last told never\n" in watchlist_here("status", cwd=held).stdout
    pinged = datetime.now(UTC) - timedelta(minutes=14)
    _beat(held, pinged=pinged)
    done = watchlist_here("status", cwd=held)
    assert done.returncode == 0
    assert f"Monitor last told {pinged.astimezone():%Y-%m-%d %H:%M:%S}\n" in done.stdout
    assert "5ecret" not in done.stdout
    _beat(held, pinged=pinged - 2 * timedelta(minutes=1), unpinged="answered [500]")
    assert "; not since: answered [500]\n" in watchlist_here("status", cwd=held).stdout
    (need,) = _status(held, 1)["needs"]
    assert need.startswith("no monitor was told since")
    assert need.endswith("that all is well: answered [500]")


async def test_a_disk_that_is_nearly_full_needs_somebody(desk: Path) -> None:
    standing = await get_standing(load_config(desk / "config.toml"))
    roomy, tight = (replace(standing.holdings, free=size) for size in (200_000_000, 120_000_000))
    assert replace(standing, holdings=roomy).needs() == ()
    (need,) = replace(standing, holdings=tight).needs()
    assert need == "only 120.0 MB are free on the disk of the database: make room"


def test_silences_and_rules_never_loaded_are_told_as_they_are(desk: Path) -> None:
    _change(desk, "DELETE FROM rulesets")
    done = watchlist_here("silence", "add", "--rule", "icbm", "--until", "3d", cwd=desk)
    assert done.returncode == 0, done.stderr
    shown = watchlist_here("status", cwd=desk).stdout
    assert "Quiet   1 silence, 0 findings hidden: `watchlist silence list`\n" in shown
    assert "in force since" not in shown
