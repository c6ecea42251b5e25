import os
import sys
from pathlib import Path

import pytest

from tests.bench.costs import cost_of, idle_share
from tests.bench.ingest import Amounts, Bench

AMOUNTS = Amounts(feeds=2, quiet_feeds=2, rounds=1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), AMOUNTS)


def test_every_tenth_item_of_the_feeds_is_found_and_mailed(bench: Bench) -> None:
    line = bench.cold_start()
    assert (line.documents, line.findings) == (60, 6)
    assert line.mails >= 1
    assert line.cost.cpu_s > 0
    assert line.beside_s is not None
    assert line.figure == f"{line.cost.cpu_s / line.beside_s:.1f} times"


def test_every_tenth_file_is_found_and_mailed(bench: Bench) -> None:
    line = bench.texts(30, 500)
    assert (line.documents, line.findings) == (30, 3)
    assert line.mails >= 1


def test_the_usual_script_finds_names_in_the_same_feeds(bench: Bench) -> None:
    assert bench.usual().mails == 1


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        cost_of(("ls", "/nowhere"), tmp_path, os.environ)


def test_a_daemon_that_does_nothing_uses_no_processor(tmp_path: Path) -> None:
    until_told = "import signal as s; s.signal(s.SIGTERM, lambda *_: None); s.pause()"
    command = (sys.executable, "-S", "-c", until_told)
    share, cost = idle_share(command, tmp_path, os.environ, settle_s=0.5, idle_s=0.5)
    assert share == 0
    assert cost.wall_s >= 1
