from pathlib import Path

from watch.core.rules.ruleset import Ruleset
from watch.errors import Mistake
from watch.ingest.rulefiles import RulesFolder, load_rules, stamp_rule_files


def _folder(path: Path) -> RulesFolder:
    return RulesFolder(path=path, label="rules")


def _mistakes(path: Path) -> list[str]:
    loaded = load_rules(_folder(path))
    assert isinstance(loaded, tuple)
    return [str(one) for one in loaded]


def test_every_toml_file_below_the_folder_belongs_to_the_set(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "below/c.toml", ".hidden.toml", ".git/d.toml", "e.toml~"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'[[item]]\nname = "{path.stem}"\n')
    ruleset = load_rules(_folder(tmp_path))
    assert isinstance(ruleset, Ruleset)
    assert ruleset.files == ("rules/a.toml", "rules/b.toml", "rules/below/c.toml")
    assert [str(item.place) for item in ruleset.items] == [f"{one}:1" for one in ruleset.files]


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[item]]\nnmae = "x"\n')
    (tmp_path / "b.toml").write_bytes(b'\n[[item]]\nname = "\xe9"\n')
    (tmp_path / "c.toml").mkdir()
    assert [one.split(": ")[0] for one in _mistakes(tmp_path)] == [
        "rules/a.toml:2:1",
        "rules/b.toml:3",
    ]


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbf[[item]]\r\nname = "x"\r\n')
    ruleset = load_rules(_folder(tmp_path))
    assert isinstance(ruleset, Ruleset)
    assert ruleset.items[0].place.line == 1


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    assert "holds no rule file" in _mistakes(tmp_path)[0]
    assert "does not exist" in _mistakes(tmp_path / "none")[0]
    unreadable = load_rules(RulesFolder(path=tmp_path / "none.toml", label="none.toml"))
    assert isinstance(unreadable, tuple)
    assert isinstance(unreadable[0], Mistake)


def test_stamps_change_with_every_edit(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("# 1")
    before = stamp_rule_files(_folder(tmp_path))
    assert stamp_rule_files(_folder(tmp_path)) == before
    other = tmp_path / "new"
    other.write_text("# 1")
    other.rename(file)
    renamed = stamp_rule_files(_folder(tmp_path))
    assert renamed != before
    file.unlink()
    assert stamp_rule_files(_folder(tmp_path)) == ()


def test_a_rule_file_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to(tmp_path / "gone")
    assert "holds no rule file" in _mistakes(tmp_path)[0]
