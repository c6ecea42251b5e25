import os
from pathlib import Path

from watch.ingest.stamp import stamp_of


def test_an_edit_changes_the_stamp_and_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert stamp_of(path) is None
    path.write_text("one")
    before = stamp_of(path)
    assert before is not None
    assert before == stamp_of(path)
    path.write_text("other")
    edited = stamp_of(path)
    assert edited not in (before, None)
    path.chmod(0o400)
    assert stamp_of(path) != edited, "it may be readable now"
    path.unlink()
    assert stamp_of(path) is None


def test_a_file_that_takes_anothers_place_is_an_edit_whatever_its_time(tmp_path: Path) -> None:
    path, draft = tmp_path / "config.toml", tmp_path / "draft"
    for one in (path, draft):
        one.write_text("same")
        os.utime(one, (1, 1))
    before = stamp_of(path)
    draft.replace(path)
    assert stamp_of(path) != before
