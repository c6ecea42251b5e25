import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from watch.store.db import Store


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows: to make one takes longer than to copy it."""
    path = tmp_path_factory.mktemp("store") / "watchlist.db"
    Store.open(path).close()
    return path


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    path = tmp_path / "watchlist.db"
    shutil.copy(empty_database, path)
    store = Store.open(path)
    yield store
    store.close()
