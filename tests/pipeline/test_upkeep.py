import pytest

from tests.builders import a_document, found
from tests.pipeline.conftest import RULES, Desk
from watch.pipeline.rules import LiveRules, load_matcher
from watch.pipeline.upkeep import reload_rules
from watch.store.rulesets import add_ruleset, get_ruleset

DOCUMENT = a_document("An ICBM, a balloon")


async def _found(desk: Desk) -> list[str]:
    return found(desk.context.rules.matcher, DOCUMENT)


async def test_an_edit_is_in_force_when_two_looks_find_it_the_same(desk: Desk) -> None:
    await desk.context.store.write(add_ruleset, desk.context.rules.matcher.ruleset, desk.clock.at)
    file = desk.path / "rules" / "items.toml"
    assert await _found(desk) == ["ICBM"]
    file.write_text(RULES + '\n[[item]]\nname = "balloon"\n', "utf-8")
    await reload_rules(desk.context)
    assert await _found(desk) == ["ICBM"], "it may be half saved"
    await reload_rules(desk.context)
    assert await _found(desk) == ["ICBM", "balloon"]
    state = await desk.context.store.read(get_ruleset)
    assert state is not None
    assert (state.items, state.error) == (3, None)
    assert state.fingerprint == desk.context.rules.matcher.ruleset.fingerprint


async def test_a_broken_edit_keeps_the_whole_set_and_says_why(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.context.store.write(add_ruleset, desk.context.rules.matcher.ruleset, desk.clock.at)
    matcher = desk.context.rules.matcher
    file = desk.path / "rules" / "items.toml"
    file.write_text('[[item]]\nnmae = "balloon"\n[[item]]\nname = "x', "utf-8")
    for _ in range(3):
        await reload_rules(desk.context)
    assert desk.context.rules.matcher is matcher
    told = [one.__dict__.get("mistake", "") for one in caplog.records]
    assert sum("rules/items.toml:4:" in one for one in told) == 1, "told once, not at each look"
    state = await desk.context.store.read(get_ruleset)
    assert state is not None
    assert state.error is not None
    assert "rules/items.toml:4:" in state.error
    file.write_text(RULES, "utf-8")
    for _ in range(2):
        await reload_rules(desk.context)
    state = await desk.context.store.read(get_ruleset)
    assert state is not None
    assert state.error is None, "mended"
    assert await _found(desk) == ["ICBM"]


async def test_a_new_file_joins_and_a_deleted_one_leaves(desk: Desk) -> None:
    new = desk.path / "rules" / "more" / "balloons.toml"
    new.parent.mkdir()
    new.write_text('[[item]]\nname = "balloon"\n', "utf-8")
    for _ in range(2):
        await reload_rules(desk.context)
    assert await _found(desk) == ["ICBM", "balloon"]
    new.unlink()
    for _ in range(2):
        await reload_rules(desk.context)
    assert await _found(desk) == ["ICBM"]


def test_rules_are_read_from_a_file_alone_too(desk: Desk) -> None:
    folder = desk.context.rules_folder
    alone = type(folder)(path=folder.path / "items.toml", label="items.toml")
    assert len(load_matcher(alone).ruleset.items) == 2
    assert len(LiveRules.load(alone).loaded) == 1
