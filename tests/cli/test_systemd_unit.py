import ctypes.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon import watchlist_here
from watch.cli.systemd_unit import shown_unit

ROOT = Path(__file__).parents[2]
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze here")
CONFIG = Path("/etc/watchlist/config.toml")


def _unit(*arguments: str | Path, cwd: Path, complaints: str = "") -> str:
    done = watchlist_here("systemd-unit", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, complaints)
    return done.stdout


def _settings(unit: str) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE):
        settings.setdefault(name, []).append(value)
    return settings


@needs_systemd
@pytest.mark.parametrize("user", [(), ("--user", "desk")])
def test_the_exposure_of_the_unit_is_at_most_1_5(tmp_path: Path, user: tuple[str, ...]) -> None:
    path = tmp_path / "watchlist.service"
    path.write_text(_unit(*user, cwd=tmp_path))
    assert ANALYZE is not None
    for verb in (["security", "--offline=true", "--threshold=15", "--no-pager"], ["verify"]):
        done = subprocess.run([ANALYZE, *verb, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        # What systemd cannot read of a unit it leaves out with a word.
        assert "watchlist.service:" not in done.stderr


def test_the_unit_runs_this_program_with_a_whole_path(tmp_path: Path) -> None:
    settings = _settings(_unit("--config", "desk.toml", cwd=tmp_path, complaints=_unread(tmp_path)))
    command = f"{sys.executable} -P -m watch run --config {tmp_path / 'desk.toml'}"
    assert settings["ExecStart"] == [command]
    assert settings["Type"] == ["notify"]
    assert settings["DynamicUser"] == ["yes"]
    assert settings["TimeoutStopSec"] == ["660"]
    assert "User" not in settings


def _unread(tmp_path: Path) -> str:
    return (
        f"watchlist: the unit knows none of its folders: {tmp_path / 'desk.toml'}: cannot be read: "
        "No such file or directory (`watchlist init DIR` writes one; --config PATH names another)\n"
    )


def test_a_unit_is_printed_before_there_is_a_configuration(tmp_path: Path) -> None:
    unit = _unit("--user", "desk", cwd=tmp_path)
    assert f"--config {CONFIG}\n" in unit
    assert _settings(unit)["User"] == ["desk"]
    assert "DynamicUser" not in _settings(unit)
    assert "{" not in unit


def test_what_the_configuration_names_is_opened_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        f'[state]\npath = "/srv/desk/state"\n[rules]\npath = "{tmp_path}/rules"\n'
        '[mail]\nmaildir = "mail"\n'
        '[monitoring]\nmetrics_file = "/var/lib/node_exporter/watchlist.prom"\n'
        '[[source]]\nname = "a"\nfolder = "/home/desk/in box 100%"\n'
        '[[source]]\nname = "b"\nfolder = "/srv/inbox"\n'
    )
    unit = _unit("-c", "config.toml", "--user", "desk", cwd=tmp_path)
    settings = _settings(unit)
    assert settings["ReadWritePaths"] == ["/srv/desk/state", "/var/lib/node_exporter"]
    assert settings["BindPaths"] == [str(tmp_path / "mail")]
    read = settings["BindReadOnlyPaths"]
    assert '"/home/desk/in box 100%%"' in read
    assert str(tmp_path) in read
    assert "/srv/inbox" not in read, "it is in sight already"
    assert str(tmp_path / "rules") not in read, "it lies in another that is"
    assert settings["ProtectHome"] == ["tmpfs"]


def test_the_files_that_a_configuration_names_are_in_sight(tmp_path: Path) -> None:
    for folder in ("desk", "words", "secrets", "certificates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "secrets" / "password").write_text("x")
    (tmp_path / "desk" / "config.toml").write_text(
        '[mail]\nfrom = "w@example.org"\ntransport = "smtp"\nhost = "mx.example.org"\nuser = "w"\n'
        'password_file = "../secrets/password"\nca_file = "../certificates/ca.pem"\n'
        'templates = "../words"\n[[source]]\nname = "a"\nfolder = "inbox"\n'
    )
    unit = _unit("-c", "desk/config.toml", "--user", "desk", cwd=tmp_path)
    read = _settings(unit)["BindReadOnlyPaths"]
    # As they are, not by way of another: systemd leaves out a path with ".." in it.
    assert {str(tmp_path / name) for name in ("words", "secrets", "certificates")} <= set(read)


def test_a_user_made_for_the_service_alone_is_told_where_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[state]\npath = "/var/lib/watchlist"\n[mail]\nmaildir = "/srv/mail"\n'
        '[[source]]\nname = "a"\nfolder = "inbox"\n'
    )
    told = (
        "watchlist: /srv/mail is no place for a user made for the service alone: write "
        "/var/lib/watchlist/... into the configuration, or name its owner with --user\n"
    )
    unit = _unit("-c", "config.toml", cwd=tmp_path, complaints=told)
    assert _settings(unit)["ReadWritePaths"] == ["/srv/mail"]


def test_mail_that_goes_to_a_server_needs_no_folder(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[state]\npath = "/var/lib/watchlist"\n'
        '[mail]\ntransport = "smtp"\nhost = "localhost"\nfrom = "a@b.org"\n'
        '[[source]]\nname = "a"\nfolder = "inbox"\n'
    )
    settings = _settings(_unit("-c", "config.toml", cwd=tmp_path))
    assert "ReadWritePaths" not in settings
    assert "BindPaths" not in settings


def test_where_nothing_is_out_of_sight_homes_are_shut() -> None:
    unit = shown_unit(CONFIG, user=None, read=(Path("/usr"), Path("/opt/watch")), written=())
    settings = _settings(unit)
    assert settings["ProtectHome"] == ["yes"]
    assert not {"BindReadOnlyPaths", "BindPaths", "ReadWritePaths"} & set(settings)


def test_a_variable_in_a_path_stays_what_it_is() -> None:
    unit = shown_unit(Path("/etc/$HOME/%h.toml"), user=None, read=(), written=())
    assert _settings(unit)["ExecStart"][0].endswith(" --config /etc/$$HOME/%%h.toml")


@pytest.mark.parametrize("name", ["new\nline", 'quote"', "back\\slash", "a:b", "it's"])
def test_a_path_that_a_unit_reads_in_its_own_way_is_refused(tmp_path: Path, name: str) -> None:
    done = watchlist_here("systemd-unit", "--user", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot stand in a unit; rename it to plain characters" in done.stderr


@needs_systemd
@pytest.mark.skipif(not ctypes.util.find_library("seccomp"), reason="there is no libseccomp here")
def test_the_daemon_does_its_work_under_what_the_unit_forbids(tmp_path: Path) -> None:
    """Texts, HTML, PDF: the children, their limits and the database need what the unit leaves."""
    assert watchlist_here("init", "desk", cwd=tmp_path).returncode == 0
    desk, unit = tmp_path / "desk", tmp_path / "watchlist.service"
    (desk / "inbox" / "a.txt").write_text("An ICBM")
    (desk / "inbox" / "b.html").write_text("<html><title>Launch</title><p>An ICBM</p></html>")
    unit.write_text(_unit(cwd=tmp_path))
    locked = [sys.executable, "-m", "tests.cli.locked_up", str(unit)]
    watch = [sys.executable, "-P", "-m", "watch", "once", "--config", str(desk / "config.toml")]
    done = subprocess.run([*locked, *watch], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (mail,) = (desk / "mail" / "new").iterdir()
    assert b"ICBM" in mail.read_bytes()
    code = "import os; os.setpriority(os.PRIO_PROCESS, 0, 5)"
    refused = subprocess.run(
        [*locked, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "PermissionError: [Errno 1]" in refused.stderr, "the filter is not in force"
