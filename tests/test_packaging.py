"""What is installed from the wheel works away from the checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked by pip where nothing else of ours lies."""
    built, target = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed")
    # No network: the builder is there, and what the wheel needs is there already.
    _python("-m", "hatchling", "build", "-t", "wheel", "-d", str(built), cwd=ROOT)
    (wheel,) = built.glob("watchlistd-*.whl")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    _python("-m", "pip", "install", *quiet, "--target", str(target), str(wheel), cwd=built)
    return target


def _python(*arguments: str, cwd: Path, path: Path | None = None) -> str:
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_desk_is_laid_out_checked_and_run_from_the_wheel_alone(
    installed: Path, tmp_path: Path
) -> None:
    where = _python("-c", "import watch; print(watch.__file__)", cwd=tmp_path, path=installed)
    assert where.startswith(str(installed))
    _python("-m", "watch", "init", "desk", cwd=tmp_path, path=installed)
    desk = tmp_path / "desk"
    assert "all is well" in _python("-m", "watch", "check", cwd=desk, path=installed)
    (desk / "inbox" / "a.txt").write_text("An ICBM")
    _python("-m", "watch", "once", cwd=desk, path=installed)
    (mail,) = (desk / "mail" / "new").iterdir()
    assert b"ICBM" in mail.read_bytes()


def test_the_wheel_holds_what_is_not_code_and_nothing_else_of_the_checkout(
    installed: Path,
) -> None:
    for part in (
        "watch/py.typed",
        "watch/cli/starter/config.example.toml",
        "watch/cli/starter/rules/korea.toml",
        "watch/cli/sample/feed.xml",
        "watch/cli/shipped/watchlist.service",
        "watch/cli/shipped/Containerfile",
        "watch/notify/templates/alert.html.j2",
        "watch/store/migrations/env.py",
    ):
        assert (installed / part).is_file(), part
    assert not list(installed.glob("tests*"))
    assert not list(installed.glob("rules*"))
