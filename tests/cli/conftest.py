import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.daemon import watchlist

CONFIG = """\
[[source]]
name = "inbox"
folder = "inbox"
[[source]]
name = "wire [1]"
folder = "wire"
[[subscription]]
name = "desk"
to = ["desk@example.org"]
rules = ["icbm*"]
[[subscription]]
name = "mornings"
to = ["a@example.org", "b@example.org"]
rules = ["icbm", "nis"]
timezone = "Asia/Seoul"
quiet = "{quiet}"
send = "daily at {send}"
"""
RULES = """\
[[item]]
name = "ICBM"
severity = "high"
[[item]]
name = "NIS"
[[item]]
name = "Drones"
terms = ["drone"]
[[item]]
name = "Storm Corps"
alert = false
"""
SEOUL = timedelta(hours=9)


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk at which `once` has run: one subscription was told, another waits for half a day.

    An ICBM and the NIS in one text, an ICBM in another, a drone that nobody asks for.
    """
    desk = tmp_path_factory.mktemp("told")
    wall = datetime.now(UTC) + SEOUL
    send = wall + timedelta(hours=12)
    quiet = f"{wall - timedelta(hours=1):%H:%M}-{wall + timedelta(hours=1):%H:%M}"
    (desk / "config.toml").write_text(CONFIG.format(send=f"{send:%H:%M}", quiet=quiet))
    for folder in ("rules", "inbox", "wire"):
        (desk / folder).mkdir()
    (desk / "rules" / "a.toml").write_text(RULES)
    (desk / "inbox" / "both.txt").write_text("An ICBM on a lorry\n\nSo the NIS says, of an ICBM.")
    (desk / "wire" / "one.txt").write_text("[red]\x1b]8;;http://x\x07 Launch\n\nICBM gone.")
    (desk / "inbox" / "drone.txt").write_text("A drone over the harbour")
    done = watchlist("once", cwd=desk)
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture
def told_desk(told_once: Path, tmp_path: Path) -> Path:
    """The same desk for a test to change."""
    return shutil.copytree(told_once, tmp_path / "desk")


def change(desk: Path, statement: str) -> None:
    """Change the database of a desk."""
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        connection.execute(statement)
        connection.commit()
