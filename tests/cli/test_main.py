import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.daemon import watchlist_here
from watch.cli.exits import Exit

HEAVY = {
    *("ahocorasick_rs", "aiosmtplib", "alembic", "apscheduler", "asyncio", "fasttext"),
    *("feedparser", "h11", "jinja2", "pydantic", "sqlalchemy", "sqlmodel", "tree_sitter"),
}
VERBS = ("init", "check", "match", "read", "run", "once", "status", "sources", "demo")


def test_help_names_every_verb_and_the_exit_codes(tmp_path: Path) -> None:
    done = watchlist_here("--help", cwd=tmp_path)
    assert done.returncode == 0
    for verb in VERBS:
        assert re.search(rf"\b{verb}\b", done.stdout)
    for code in Exit:
        assert re.search(rf"\b{code.value}\b", done.stdout)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(tmp_path: Path, verb: str) -> None:
    done = watchlist_here(verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(rf"Examples?.*watchlist {verb}", " ".join(done.stdout.split()))


def test_help_loads_none_of_the_heavy_parts(tmp_path: Path) -> None:
    """A budget of 0.2 s is kept by what is imported; times would only measure the machine."""
    script = f"""
import sys
from watch.cli.main import main
sys.argv = ["watchlist", "--help"]
try:
    main()
except SystemExit:
    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def _loaded(script: str, names: set[str], cwd: Path) -> str:
    """Return in a line which of some modules are loaded once a script has run."""
    script += f"\nimport sys\nprint(sorted({names} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_what_parses_feeds_is_left_to_the_children(tmp_path: Path) -> None:
    assert (
        _loaded("import watch.app", {"feedparser", "watch.ingest.feed.xmlfeed"}, tmp_path) == "[]"
    )


def test_a_child_that_loads_the_main_module_loads_no_command_line(tmp_path: Path) -> None:
    script = "import runpy\nrunpy.run_module('watch.__main__', run_name='__mp_main__')"
    assert _loaded(script, {"typer", "watch.cli.main"}, tmp_path) == "[]"


def test_what_the_start_made_is_never_looked_through_for_garbage(tmp_path: Path) -> None:
    script = """
import gc
from watch.cli import daemon
with daemon._uncollected():
    assert not gc.isenabled()
    kept = [[] for _ in range(1_000)]
assert gc.isenabled()
print(gc.get_freeze_count() >= 1_000)
"""
    assert _loaded(script, set(), tmp_path) == "True\n[]"


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert (
        watchlist_here("--version", cwd=tmp_path).stdout == f"watchlist {version('watchlistd')}\n"
    )


def test_a_word_that_is_no_verb_is_a_usage_error(tmp_path: Path) -> None:
    done = watchlist_here("rnu", cwd=tmp_path)
    assert done.returncode == 2
    assert "rnu" in done.stderr


def test_a_reader_that_has_enough_makes_no_noise(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[item]]\nname = "x"\n')
    (tmp_path / "a.txt").write_text("x " * 100_000)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "watch", "match", "--rules", "a.toml", "a.txt"],
        cwd=tmp_path,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert done.stderr == b""
