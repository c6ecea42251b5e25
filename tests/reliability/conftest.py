from collections.abc import Iterator

import pytest

from tests.reliability.kills import NAMED_KILLS, RANDOM_RAID
from tests.reliability.nursery import Nursery


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.getbasetemp().parent / "compiled") as nursery:
        yield nursery


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test so many seeds that --kills daemons are killed in all."""
    if "seed" in metafunc.fixturenames:
        left = max(metafunc.config.getoption("kills") - NAMED_KILLS, RANDOM_RAID)
        metafunc.parametrize("seed", range(-(-left // RANDOM_RAID)))
