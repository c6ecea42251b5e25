"""What all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.httpd import HttpServer
from watch.ingest.sandbox import Sandbox
from watch.store.db import Store

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden mails anew (read the diff)"
    )
    parser.addoption(
        "--kills", type=int, default=50, help="how often a daemon is killed (%(default)s)"
    )


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all: to start it takes longer than most tests."""
    with Sandbox(workers=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows: to make one takes longer than to copy it."""
    path = tmp_path_factory.mktemp("store") / "watchlist.db"
    Store.open(path).close()
    return path
