import shutil
from pathlib import Path

from tests.daemon import watchlist, watchlist_here

ROOT = Path(__file__).parents[2]


def test_a_desk_that_was_laid_out_holds_together_and_runs(tmp_path: Path) -> None:
    done = watchlist_here("init", "desk", cwd=tmp_path)
    assert done.returncode == 0
    desk = tmp_path / "desk"
    assert (desk / "config.toml").read_bytes() == (ROOT / "config.example.toml").read_bytes()
    assert (desk / "rules" / "korea.toml").read_bytes() == (
        ROOT / "rules" / "korea.toml"
    ).read_bytes()
    schema = desk / "rules" / "rules.schema.json"
    assert schema.read_bytes() == (ROOT / "rules" / "rules.schema.json").read_bytes()
    assert watchlist("check", "--strict", cwd=desk).returncode == 0
    shutil.copy(desk / "rules" / "README.md", desk / "inbox")
    once = watchlist("once", cwd=desk)
    assert once.returncode == 0, once.stderr
    assert list((desk / "mail" / "new").iterdir())


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("# mine")
    done = watchlist_here("init", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert "kept  config.toml" in done.stdout
    assert (tmp_path / "config.toml").read_text() == "# mine"
