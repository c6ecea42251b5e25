import os
import stat
from pathlib import Path

import pytest

from watch.notify.textfile import replace_file


def test_a_file_is_replaced_whole_with_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    before = os.umask(0o077)
    try:
        for content in (b"one", b"two"):
            replace_file(path, content, mode=0o644)
            assert path.read_bytes() == content
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "taken", b"x", mode=0o600)
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "none" / "a.prom", b"x", mode=0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
