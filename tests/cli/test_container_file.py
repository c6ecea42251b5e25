import json
import os
import re
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.daemon import watchlist_here
from tests.patience import DEADLINE_S
from watch import __version__

ROOT = Path(__file__).parents[2]
KNOWN = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"}
KNOWN |= {"RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
"""https://docs.docker.com/reference/dockerfile/, but for what is deprecated."""


@pytest.fixture
def shown(tmp_path: Path) -> str:
    done = watchlist_here("container-file", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _instructions(shown: str) -> list[tuple[str, str]]:
    lines = [line for line in shown.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def _one(shown: str, name: str) -> str:
    (value,) = [rest for known, rest in _instructions(shown) if known == name]
    return value


def test_it_is_made_of_instructions_that_there_are(shown: str) -> None:
    instructions = _instructions(shown)
    assert {name for name, _ in instructions} <= KNOWN
    assert instructions[0][0] == "FROM"
    assert "{" not in shown.replace("{version}", "")
    assert "{version}" not in shown


def test_it_runs_as_nobody_in_particular_and_stops_as_the_daemon_wants_it(shown: str) -> None:
    assert re.fullmatch(r"(?!0+\b)\d+:\d+", _one(shown, "USER"))
    assert _one(shown, "STOPSIGNAL") == "SIGTERM"
    assert _one(shown, "VOLUME") == "/var/lib/watchlist"
    assert "--stop-timeout 660" in shown
    names = [name for name, _ in _instructions(shown)]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")
    assert not {"HEALTHCHECK", "EXPOSE"} & set(names)


def test_its_pip_line_installs_the_command_into_a_fresh_environment(
    shown: str, tmp_path: Path
) -> None:
    """All but what the package needs in its turn: that would come over the network."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(tmp_path / "venv", with_pip=True)
    runs = [rest for name, rest in _instructions(shown) if name == "RUN"]
    (pip,) = [run.partition(" ")[2] for run in runs if "pip install" in run]
    package = _one(shown, "ARG").removeprefix("PACKAGE=")
    assert package == f"watchlistd[prometheus]=={__version__}"
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PATH": f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}",
        "PACKAGE": package,
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_FIND_LINKS": str(tmp_path),
    }
    done = subprocess.run(
        ["sh", "-c", pip],  # noqa: S607 (as RUN has it)
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(_one(shown, "ENTRYPOINT"))
    assert (tmp_path / "venv" / "bin" / entry).is_file()


def test_its_command_watches_a_desk_that_it_does_not_write_to(shown: str, tmp_path: Path) -> None:
    assert watchlist_here("init", "desk", cwd=tmp_path).returncode == 0
    desk, state = tmp_path / "desk", tmp_path / "state"
    config = desk / "config.toml"
    text = config.read_text("utf-8").replace('"state"', f'"{state}"', 1)
    config.write_text(text.replace('maildir   = "mail"', f'maildir = "{state}/mail"', 1), "utf-8")
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    variables = dict(one.split("=", 1) for one in _one(shown, "ENV").split())
    assert variables["WATCHLIST_CONFIG"] == f"{_one(shown, 'WORKDIR')}/config.toml"
    (entry,) = json.loads(_one(shown, "ENTRYPOINT"))
    assert entry == "watchlist"
    command = [sys.executable, "-m", "watch", *json.loads(_one(shown, "CMD"))]
    environment = {**os.environ, **variables, "WATCHLIST_CONFIG": str(config)}
    (tmp_path / "empty").mkdir()
    with subprocess.Popen(
        command, cwd=tmp_path / "empty", env=environment, stderr=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stderr is not None
        assert any("folder read" in line or " watching " in line for line in daemon.stderr)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(DEADLINE_S) == 0
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*")} == before
    assert (state / "watchlist.db").is_file()
    assert not list((tmp_path / "empty").iterdir())
