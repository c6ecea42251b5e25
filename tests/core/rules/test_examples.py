from pathlib import Path

import pytest

from tests.builders import rules_of
from watch.core.matcher import Matcher
from watch.core.rules.examples import count_examples, failed_examples
from watch.ingest.language import languages_of

SHIPPED = sorted((Path(__file__).parents[3] / "rules").rglob("*.toml"))


def _failures(examples: str, terms: str = '["suicide drone"]') -> list[str]:
    ruleset = rules_of(f'[[item]]\nname = "Suicide drones"\nterms = {terms}\n{examples}')
    return [str(mistake) for mistake in failed_examples(Matcher(ruleset), languages_of)]


def test_examples_that_hold_are_silent() -> None:
    examples = """
    [[item.example]]
    match = "Two suicide-drones and a suicide drone."
    finds = ["suicide-drones", "suicide drone"]
    [[item.example]]
    match = "nothing in the text"
    title = "Suicide drones"
    [[item.example]]
    match = "Zwei Drohnen"
    language = "de"
    finds = []
    [[item.example]]
    ignore = "A suicide; drones searched."
    """
    assert len(_failures(examples)) == 1, "German is not English"


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ('match = "a drone"', "nothing was found"),
        ('ignore = "suicide drones"', 'nothing was to be found, but found "suicide drones"'),
        (
            'match = "suicide drones"\nfinds = ["suicide drone"]',
            '"suicide drone" was to be found, but found "suicide drones"',
        ),
    ],
)
def test_an_example_that_fails_says_what_was_found_and_what_was_to_be(
    example: str, told: str
) -> None:
    (failure,) = _failures(f"[[item.example]]\n{example}")
    assert failure == (
        f"rules/test.toml:4: example of 'Suicide drones' fails: {told} "
        "(mend the terms or the example)"
    )


def test_a_failure_shows_the_text() -> None:
    ruleset = rules_of('[[item]]\nname = "X"\n[[item.example]]\nmatch = "a\\n b"\ntitle = "t"')
    (failure,) = failed_examples(Matcher(ruleset), languages_of)
    assert failure.source == "t a b"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.name))
def test_every_example_in_the_shipped_rules_holds(path: Path) -> None:
    ruleset = rules_of(path.read_text("utf-8"), path.name)
    assert list(failed_examples(Matcher(ruleset), languages_of)) == []
    assert count_examples(ruleset) >= 2 * len(ruleset.items)
    for item in ruleset.items:
        kinds = {example.is_match for example in item.examples}
        assert kinds == {True, False}, f"{item.name} lacks a match or an ignore"


def test_the_shipped_rules_are_of_the_size_that_is_told() -> None:
    (korea,) = SHIPPED
    assert 30 <= len(rules_of(korea.read_text("utf-8")).items) <= 40
