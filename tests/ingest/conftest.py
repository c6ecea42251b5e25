from collections.abc import Iterator

import pytest

from tests.httpd import HttpServer
from watch.ingest.sandbox import Sandbox


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all: to start it takes longer than most tests."""
    with Sandbox(workers=1) as sandbox:
        yield sandbox
