import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from watch.store.db import Store


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    path = tmp_path / "watchlist.db"
    shutil.copy(empty_database, path)
    store = Store.open(path)
    yield store
    store.close()
