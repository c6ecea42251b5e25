"""Which set is in force: pure, so that every case can be stated."""

from datetime import timedelta

from tests.builders import NOW
from watch.core.rules import live as live_rules
from watch.core.rules.live import (
    Change,
    Conflict,
    KeptFile,
    Live,
    change_of,
    held_set,
    kept_files,
    live_set,
)
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import RuleFile
from watch.errors import Mistake

LATER = NOW + timedelta(hours=1)


def _file(path: str, *names: str, more: str = "") -> RuleFile:
    text = more + "".join(f'[[item]]\nname = "{name}"\n' for name in names)
    file = parse_rule_file(f"rules/{path}.toml", text)
    assert not file.mistakes
    return file


def _broken(path: str) -> RuleFile:
    return parse_rule_file(f"rules/{path}.toml", '[[item]]\nname = "ICBM')


def _live(*disk: RuleFile, last: tuple[RuleFile, ...] = ()) -> Live:
    live = live_set(disk, last)
    assert isinstance(live, Live), live
    return live


def _ids(live: Live) -> list[str]:
    return [item.id for item in live.ruleset.items]


A, B = _file("a", "ICBM", "Drone"), _file("b", "Balloon")


def test_files_that_load_are_in_force_as_they_lie_there() -> None:
    live = _live(A, B)
    assert live.files == (A, B)
    assert _ids(live) == ["icbm", "drone", "balloon"]
    assert live.stale() == {}


def test_a_broken_file_is_replaced_by_its_last_good_version_and_the_others_are_taken_up() -> None:
    edited = _file("b", "Balloon", "Kite")
    live = _live(_broken("a"), edited, last=(A, B))
    assert live.files == (A, edited)
    assert live.ruleset.fingerprint == _live(A, edited).ruleset.fingerprint
    assert list(live.stale()) == ["rules/a.toml"]
    assert "not TOML" in live.stale()["rules/a.toml"][0].text


def test_a_broken_file_without_a_last_good_version_is_left_out() -> None:
    live = _live(_broken("new"), B, last=(B,))
    assert live.files == (B,)
    assert list(live.stale()) == ["rules/new.toml"]


def test_a_deleted_file_leaves() -> None:
    live = _live(B, last=(A, B))
    assert live.files == (B,)
    assert live.stale() == {}


def test_files_that_clash_keep_the_whole_set_and_both_places_are_named() -> None:
    clash = _file("b", "Balloon", "Drone")
    new = _file("c", "Kite")
    live = _live(A, clash, new, last=(A, B))
    assert live.files == (A, B)
    assert live.conflict is not None
    assert live.conflict.paths == ("rules/b.toml", "rules/c.toml")
    (mistake,) = live.conflict.mistakes
    assert (mistake.path, mistake.line) == ("rules/b.toml", 3)
    assert "rules/a.toml:3" in mistake.text


def test_a_clash_with_the_last_good_version_of_a_broken_file_keeps_the_whole_set() -> None:
    live = _live(_broken("a"), _file("b", "Drone"), last=(A, B))
    assert live.files == (A, B)
    assert list(live.stale()) == ["rules/b.toml", "rules/a.toml"]
    assert "not TOML" in live.stale()["rules/a.toml"][0].text, "its own reason is told"


def test_an_item_that_was_renamed_is_named_where_it_stood() -> None:
    using = Mistake(
        path="rules/b.toml",
        line=2,
        column=9,
        length=5,
        text="unknown item @icbm",
        source="when = '@icbm AND x'",
    )
    elsewhere = Mistake(path="rules/b.toml", text="of the whole file")
    renamed = _file("a", "Missile", "Drone")
    (moved,) = live_rules._moved([using, elsewhere], [renamed], [A, B])
    assert (moved.path, moved.line) == ("rules/a.toml", 1)
    assert "rules/b.toml:2 uses it" in moved.text


def test_when_nothing_is_left_the_whole_set_stays() -> None:
    why = Mistake(path="rules", text="the rules folder holds no rule file")
    live = held_set((), (A, B), (why,))
    assert isinstance(live, Live)
    assert live.files == (A, B)
    assert live.conflict == Conflict(mistakes=(why,), paths=("rules/a.toml", "rules/b.toml"))
    alone = _live(_broken("c"), last=(A, B))
    assert alone.files == (A, B)
    assert list(alone.stale()) == ["rules/a.toml", "rules/b.toml", "rules/c.toml"]


def test_when_nothing_loads_and_nothing_was_in_force_all_mistakes_are_told_once() -> None:
    alone = live_set([_broken("a")], [])
    assert isinstance(alone, tuple)
    assert [one.path for one in alone] == ["rules/a.toml"]
    clash = live_set([_broken("c"), B, _file("d", "Balloon")], [])
    assert isinstance(clash, tuple)
    assert [one.path for one in clash] == ["rules/c.toml", "rules/d.toml"]


def test_a_last_set_that_this_program_refuses_is_none() -> None:
    refused = live_set([_broken("a")], [B, _file("d", "Balloon")])
    assert isinstance(refused, tuple)


def test_what_is_kept_remembers_since_when_over_edits() -> None:
    first = kept_files(_live(A, B), (), NOW)
    assert first == (
        KeptFile(path="rules/a.toml", text=A.text, since=NOW),
        KeptFile(path="rules/b.toml", text=B.text, since=NOW),
    )
    edited = _file("b", "Kite")
    broke = kept_files(_live(_broken("a"), edited, _broken("n"), last=(A, B)), first, LATER)
    a, b, new = broke
    assert (a.text, a.since, a.stale_since, a.errors) == (A.text, NOW, LATER, 1)
    assert a.error is not None
    assert a.error.startswith("rules/a.toml:2:")
    assert b == KeptFile(path="rules/b.toml", text=edited.text, since=LATER)
    assert (new.text, new.since, new.stale_since) == (None, LATER, LATER)
    still = kept_files(_live(_broken("a"), B, last=(A, edited)), broke, LATER + timedelta(hours=1))
    assert still[0].stale_since == LATER, "since the first save that broke it"
    again = kept_files(_live(A, B), still, LATER)
    assert again[0] == first[0]


def test_a_change_tells_what_came_left_and_was_altered() -> None:
    last = (A, B)
    kept = kept_files(_live(*last), (), NOW)
    first = parse_rule_file(
        "rules/a.toml", '# moved down\n[[item]]\nname = "ICBM"\n[[item]]\nid = "kite"\nname = "x"'
    )
    second = _file("b", more='[[item]]\nname = "Balloon"\nterms = ["spy balloon"]\n')
    change = change_of(last, kept, _live(first, second, last=last))
    assert [item.id for item in change.came] == ["kite"]
    assert [item.id for item in change.left] == ["drone"]
    assert [item.id for item in change.altered] == ["balloon"]
    assert (change.gone, change.broke, change.mended) == ((), frozenset(), ())


def test_of_a_deleted_file_only_those_items_left_that_no_other_file_has() -> None:
    moved = _file("b", "Balloon", "Drone")
    change = change_of((A, B), (), _live(moved, last=(A, B)))
    (gone,) = change.gone
    assert (gone.file, gone.items) == (A, ("icbm",))


def test_a_breakage_begins_once_and_ends_once() -> None:
    live = _live(_broken("a"), B, last=(A, B))
    kept = kept_files(_live(A, B), (), NOW)
    assert change_of((A, B), kept, live).broke == {"rules/a.toml"}
    kept = kept_files(live, kept, NOW)
    assert change_of((A, B), kept, live) == Change(), "a second save of it is no second breakage"
    change = change_of((A, B), kept, _live(A, B, last=(A, B)))
    assert change == Change(mended=("rules/a.toml",))
    assert change_of((A, B), kept, _live(B, last=(A, B))).mended == ()


def test_a_rule_that_comes_leaves_or_is_altered_is_told_as_an_item_is() -> None:
    rule = '[[rule]]\nname = "Both"\nwhen = "{}"\n'
    before = _file("a", "ICBM", more=rule.format("Russia AND Moscow"))
    after = _file("a", "ICBM", more=rule.format("Russia AND Kursk"))
    change = change_of((before,), (), _live(after, last=(before,)))
    assert [entry.id for entry in change.altered] == ["both"]
    without = _file("a", "ICBM")
    assert [entry.id for entry in change_of((after,), (), _live(without)).left] == ["both"]
    assert [entry.id for entry in change_of((without,), (), _live(after)).came] == ["both"]
