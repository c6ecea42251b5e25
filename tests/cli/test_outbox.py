import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CONFIG, change
from tests.daemon import Daemon, watchlist, watchlist_here
from tests.smtpd import HOST, SmtpServer

OF_HOSTILE_ANSWER = "551 no[/red] \x1b]8;;http://x\x07\u202emoc\ngone"


def _execute(desk: Path, statement: str, values: Sequence[str]) -> None:
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        connection.execute(statement, values)
        connection.commit()


@pytest.fixture
def desk(told_desk: Path) -> Path:
    """A desk with a mail in the outbox in place of the Maildir, and two more like it."""
    for number, state in ((2, "held"), (3, "failed")):
        _execute(
            told_desk,
            "INSERT INTO messages"
            " (recipient, message_id, content, state, attempts, due, created, is_told)"
            " SELECT ?, ?, content, ?, 2, due, created, 1 FROM messages WHERE id = 1",
            (f"{number}@example.org", f"<{number}>", state),
        )
    change(told_desk, "UPDATE messages SET state = 'waiting', settled = NULL WHERE id = 1")
    _execute(told_desk, "UPDATE messages SET answer = ? WHERE id = 3", (OF_HOSTILE_ANSWER,))
    return told_desk


def _listed(desk: Path, *arguments: str) -> list[dict[str, Any]]:
    done = watchlist_here("outbox", "list", "--json", *arguments, cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


def _states(desk: Path) -> dict[int, str]:
    every = [f"--state={state}" for state in ("waiting", "held", "failed", "sent", "cancelled")]
    return {one["number"]: one["state"] for one in _listed(desk, *every)}


def test_what_has_not_left_is_listed(desk: Path) -> None:
    first, held, failed = _listed(desk)
    assert (first["number"], first["state"], first["to"]) == (1, "waiting", "desk@example.org")
    assert "ICBM" in first["subject"]
    assert first["next_try"] is not None
    assert (held["state"], held["next_try"], held["tries"]) == ("held", None, 2)
    assert failed["answer"] == OF_HOSTILE_ANSWER
    assert [one["number"] for one in _listed(desk, "--state", "held", "--state", "failed")] == [
        2,
        3,
    ]
    assert [one["number"] for one in _listed(desk, "--most", "1")] == [3]


def test_the_list_is_a_table_of_a_line_each_that_no_answer_breaks(desk: Path) -> None:
    done = watchlist_here("outbox", "list", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    header, *lines = done.stdout.splitlines()
    assert header.split() == [
        *("Number", "State", "To", "Subject", "Since", "Tries", "Next", "try", "Last", "answer")
    ]
    assert [line.split()[:3] for line in lines] == [
        ["1", "waiting", "desk@example.org"],
        ["2", "held", "2@example.org"],
        ["3", "failed", "3@example.org"],
    ]
    assert lines[2].rstrip().endswith("551 no[/red] ]8;;http://xmoc")
    few = watchlist_here("outbox", "list", "--most", "2", cwd=desk).stdout
    assert "the newest 2" in few
    none = watchlist_here("outbox", "list", "--state", "cancelled", cwd=desk)
    assert none.stdout == "no mail is cancelled\n"


def test_a_mail_is_shown_as_it_stands_and_as_it_reads(desk: Path) -> None:
    done = watchlist_here("outbox", "show", "3", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    standing, _, *rest = done.stdout.split("\n")
    assert standing.startswith("mail 3 to 3@example.org: failed, written ")
    assert standing.endswith("tried 2 times; 551 no[/red] ]8;;http://xmoc")
    assert "To: desk@example.org" in rest
    assert "An ICBM on a lorry" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_bytes_of_a_mail_are_those_that_are_sent(desk: Path) -> None:
    done = watchlist("outbox", "show", "1", "--raw", cwd=desk)
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        ((content,),) = connection.execute("SELECT content FROM messages WHERE id = 1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.encode() == content
    assert message_from_bytes(content)["Message-ID"]


def test_what_is_held_failed_or_waits_is_let_go(desk: Path) -> None:
    done = watchlist_here("outbox", "release", "1", "2", "3", "2", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "mail 1 to desk@example.org: released: due now",
        "mail 2 to 2@example.org: released: due now",
        "mail 3 to 3@example.org: released: due now",
    ]
    assert set(_states(desk).values()) == {"waiting"}


def test_what_waits_or_is_held_is_cancelled_and_nothing_else(desk: Path) -> None:
    done = watchlist_here("outbox", "cancel", "1", "2", "3", cwd=desk)
    assert done.returncode == 1
    assert done.stderr == (
        "watchlist: mail 3 is failed, and left as it is; this is for what is waiting, held\n"
    )
    assert _states(desk) == {1: "cancelled", 2: "cancelled", 3: "failed"}
    again = watchlist_here("outbox", "release", "1", cwd=desk)
    assert again.returncode == 1
    assert "mail 1 is cancelled" in again.stderr


@pytest.mark.parametrize("verb", ["show", "release", "cancel"])
def test_a_number_that_no_mail_has_is_refused_and_nothing_is_changed(desk: Path, verb: str) -> None:
    numbers = ("99",) if verb == "show" else ("1", "99", "98")
    done = watchlist_here("outbox", verb, *numbers, cwd=desk)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no mail has the number 99" in done.stderr
    assert _states(desk)[1] == "waiting"


def test_before_anything_has_run_there_is_nothing_to_list(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG.format(send="07:00", quiet="22:00-06:00"))
    (tmp_path / "wire").mkdir()
    done = watchlist_here("outbox", "list", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing has run yet" in done.stderr


def test_status_names_the_command_for_what_is_held(desk: Path) -> None:
    done = watchlist_here("status", cwd=desk)
    assert done.returncode == 1
    assert "1 mail held: `watchlist outbox list --state held`" in done.stdout


@pytest.fixture
def smtpd() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def test_beside_a_running_daemon_what_is_released_leaves_and_what_is_cancelled_never(
    desk: Path, smtpd: SmtpServer
) -> None:
    smtp = f"""[mail]
from = "watch@example.org"
transport = "smtp"
host = "{HOST}"
port = {smtpd.port}
security = "none"
"""
    config = desk / "config.toml"
    config.write_text(smtp + config.read_text())
    change(desk, "UPDATE messages SET state = 'held'")
    with Daemon(desk) as daemon:
        daemon.wait_for("watching")
        assert watchlist_here("outbox", "cancel", "3", cwd=desk).returncode == 0
        assert watchlist_here("outbox", "release", "1", "2", cwd=desk).returncode == 0
        mails = smtpd.wait_for(2)
        daemon.wait_for("mail sent", "2@example.org")
    assert {mail.recipients for mail in mails} == {("desk@example.org",), ("2@example.org",)}
    assert _states(desk) == {1: "sent", 2: "sent", 3: "cancelled"}


def test_a_state_that_is_none_is_refused_with_what_may_be_meant(desk: Path) -> None:
    done = watchlist_here("outbox", "list", "--state", "hold", cwd=desk)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no state is called 'hold'; did you mean 'held'?" in done.stderr
