import json
import re
import shutil
import sqlite3
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

from tests.daemon import Daemon, watchlist, watchlist_here


def test_a_copy_is_made_and_told(told_desk: Path) -> None:
    done = watchlist_here("backup", "copy.db", cwd=told_desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"copy\.db: \d+\.\d MB, whole and checked\n", done.stdout)
    with closing(sqlite3.connect(told_desk / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (3,)


def test_it_is_told_to_machines_too(told_desk: Path) -> None:
    done = watchlist_here("backup", "copy.db", "--json", cwd=told_desk)
    assert json.loads(done.stdout) == {
        "file": str(told_desk / "copy.db"),
        "bytes": (told_desk / "copy.db").stat().st_size,
    }


def test_a_file_that_is_there_is_no_place_for_it(told_desk: Path) -> None:
    (told_desk / "link.db").symlink_to("nowhere")
    for name in ("config.toml", "link.db"):
        done = watchlist_here("backup", name, cwd=told_desk)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"watchlist: {name} is there already; name another file\n"


def test_before_anything_has_run_there_is_nothing_to_copy(tmp_path: Path) -> None:
    assert watchlist("init", ".", cwd=tmp_path).returncode == 0
    done = watchlist_here("backup", "copy.db", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing has run yet" in done.stderr


def test_what_cannot_be_written_is_told_and_exits_with_1(told_desk: Path) -> None:
    done = watchlist_here("backup", "none/copy.db", cwd=told_desk)
    assert done.returncode == 1
    assert "cannot be written: No such file or directory; name a file in another" in done.stderr


def test_a_damaged_database_exits_with_78(told_desk: Path) -> None:
    (told_desk / "state" / "watchlist.db").write_bytes(b"no database" * 100)
    done = watchlist_here("backup", "copy.db", cwd=told_desk)
    assert done.returncode == 78
    assert "no copy was made of it" in done.stderr


CONFIG = """\
[[source]]
name = "inbox"
folder = "inbox"
[[subscription]]
name = "desk"
to = ["desk@example.org"]
group = "each"
group_wait = "1s"
group_interval = "1s"
max_per_hour = 1000
"""


def _mails(desk: Path) -> list[tuple[str, str]]:
    """Return the subject and the Message-ID of each mail that was sent."""
    mails = [message_from_bytes(path.read_bytes()) for path in (desk / "mail" / "new").glob("*")]
    return [(str(mail["Subject"]), str(mail["Message-ID"])) for mail in mails]


def test_a_daemon_goes_on_from_a_copy_that_was_made_while_another_was_at_work(
    tmp_path: Path,
) -> None:
    """Nothing is lost, and what is sent anew since it came after the copy is the same mail."""
    (tmp_path / "config.toml").write_text(CONFIG)
    for folder in ("rules", "inbox"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\n')

    def drop(numbers: range) -> None:
        for number in numbers:
            (tmp_path / "inbox" / f"{number}.txt").write_text(f"Launch {number}\n\nICBM {number}")

    drop(range(8))
    with Daemon(tmp_path) as daemon:
        daemon.wait_for("alert made")
        drop(range(8, 17))
        done = watchlist("backup", "copy.db", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        daemon.wait_for("folder read", "new=9")
        assert daemon.stop() == 0
    before = _mails(tmp_path)
    state = tmp_path / "state"
    for path in state.glob("watchlist.db*"):
        path.unlink()
    shutil.copy(tmp_path / "copy.db", state / "watchlist.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        sent = {
            one
            for (one,) in connection.execute("SELECT message_id FROM messages WHERE state = 'sent'")
        }
    assert watchlist("once", cwd=tmp_path).returncode == 0
    after = _mails(tmp_path)
    assert len({subject for subject, _ in after}) == 17, "each was told"
    assert len(set(after)) == 17, "none with another Message-ID"
    twice = {one for one in after if after.count(one) > 1}
    assert not sent & {number for _, number in twice}, "what the copy knows as sent is not sent"
    assert set(before) <= set(after)
