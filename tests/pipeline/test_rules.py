"""The set in force is always whole: one that is too large for a matcher changes nothing."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_document
from watch.core.matcher import Matcher
from watch.core.words import alphabet
from watch.errors import MistakesError
from watch.ingest.rulefiles import RulesFolder
from watch.pipeline.rules import LiveRules, Taken, load_matcher, take_rules

SMALL = '[[item]]\nname = "ICBM"\n'
LARGE = SMALL + '[[item]]\nname = "kite"\nterms = ["alpha", "beta", "gamma", "delta"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> RulesFolder:
    """A folder with one small rule file."""
    (tmp_path / "items.toml").write_text(SMALL, "utf-8")
    return RulesFolder(path=tmp_path, label="rules")


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for three different words: it takes a minute to write rules of a million."""
    monkeypatch.setattr(alphabet, "_MOST", alphabet._FIRST + 2)


@pytest.fixture
def collecting() -> Iterator[None]:
    """Garbage collection is on again after the test."""
    yield
    gc.enable()


def _put_in_force(rules: LiveRules, taken: Taken) -> None:
    rules.matcher, rules.files, rules.known = taken.matcher, taken.live.files, taken.known


def _items(matcher: Matcher, text: str) -> set[str]:
    return {mention.item for mention in matcher.match(a_document(text)).mentions}


def _enlarge(folder: RulesFolder) -> None:
    (folder.path / "items.toml").write_text(LARGE, "utf-8")


@pytest.mark.usefixtures("few_words")
def test_a_set_too_large_for_a_matcher_leaves_the_one_in_force_as_it_is(
    folder: RulesFolder,
) -> None:
    rules = LiveRules()
    before = take_rules(folder, rules)
    _put_in_force(rules, before)
    _enlarge(folder)
    taken = take_rules(folder, rules)
    assert taken.matcher is before.matcher
    assert taken.live.files == before.live.files
    assert [file.text for file in taken.known.values()] == [LARGE]
    ((path, (mistake,)),) = taken.live.stale().items()
    assert (path, mistake.path) == ("rules/items.toml", "rules")
    assert mistake.text == "more than 3 different words; split the rule files"


@pytest.mark.usefixtures("few_words")
def test_after_a_restart_the_last_good_set_is_compiled_where_the_new_one_is_too_large(
    folder: RulesFolder,
) -> None:
    rules = LiveRules()
    rules.files = take_rules(folder, rules).live.files
    _enlarge(folder)
    taken = take_rules(folder, rules)
    assert taken.live.files == rules.files
    assert _items(taken.matcher, "An ICBM and a kite, alpha") == {"icbm"}


@pytest.mark.usefixtures("few_words")
def test_a_set_too_large_for_a_matcher_is_a_mistake_where_none_was_in_force(
    folder: RulesFolder,
) -> None:
    _enlarge(folder)
    for take in (lambda: take_rules(folder, LiveRules()), lambda: load_matcher(folder)):
        with pytest.raises(MistakesError) as failure:
            take()
        (mistake,) = failure.value.mistakes
        assert mistake.path == "rules"
        assert mistake.text == "more than 3 different words; split the rule files"


def test_a_set_that_fits_is_compiled_and_finds_its_items(folder: RulesFolder) -> None:
    _enlarge(folder)
    for matcher in (take_rules(folder, LiveRules()).matcher, load_matcher(folder)):
        assert _items(matcher, "An ICBM and a kite, alpha") == {"icbm", "kite"}


def test_rule_files_that_do_not_load_make_no_matcher(folder: RulesFolder) -> None:
    (folder.path / "items.toml").write_text('[[item]]\nname = "x', "utf-8")
    with pytest.raises(MistakesError) as failure:
        load_matcher(folder)
    assert {mistake.path for mistake in failure.value.mistakes} == {"rules/items.toml"}


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("is_on", [True, False])
def test_garbage_collection_is_as_it_was_when_rules_have_been_taken(
    folder: RulesFolder, *, is_on: bool
) -> None:
    if not is_on:
        gc.disable()
    take_rules(folder, LiveRules())
    assert gc.isenabled() == is_on
    (folder.path / "items.toml").unlink()
    with pytest.raises(MistakesError):
        take_rules(folder, LiveRules())
    assert gc.isenabled() == is_on
