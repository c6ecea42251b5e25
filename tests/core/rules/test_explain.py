"""What an explanation costs, and what it tells to have been left out."""

from collections import Counter, UserDict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.builders import a_document
from watch.core.model import Field, Mention
from watch.core.rules.evaluate import evaluate
from watch.core.rules.explain import Explanation, explain
from watch.core.rules.expression import parse_expression
from watch.core.rules.syntax import Expression, Near, Words, show
from watch.core.rules.view import MOST_SPOTS, Layout, View


class _Asked(UserDict[str, Sequence[Mention]]):
    """Mentions by word, and how often they were asked for."""

    count = 0

    def __getitem__(self, word: str) -> Sequence[Mention]:
        self.count += 1
        return super().__getitem__(word)


def _a_line(pattern: str, count: int) -> tuple[View, _Asked]:
    """Return the view of a document of single letters, each of them a word and mentioned."""
    document = a_document(" ".join(pattern * count))
    step = 2 * len(pattern)
    words = _Asked()
    for at, letter in enumerate(pattern):
        starts = range(2 * at, step * count, step)
        words[letter] = [Mention("", Field.TEXT, start, start + 1, letter) for start in starts]
    return View(document, Layout(document), words=words), words


def _nested(count: int) -> Expression:
    """Return so many proximities within one another."""
    expression: Expression = Words(typed="a")
    for _ in range(count):
        expression = Near(words=9, is_ordered=False, left=expression, right=Words(typed="b"))
    return expression


def _every(explanation: Explanation) -> Iterator[Explanation]:
    yield explanation
    for part in explanation.parts:
        yield from _every(part)


def test_each_part_of_many_within_one_another_is_looked_at_once() -> None:
    view, asked = _a_line("ab", 5)
    assert len(list(_every(explain(_nested(50), view)))) == 101
    assert asked.count == 51


def test_what_every_part_leaves_out_is_what_the_evaluation_does() -> None:
    view, _ = _a_line("ab", MOST_SPOTS)
    explained = explain(_nested(50), view)
    evaluation = evaluate(_nested(50), view)
    told = Counter(text for part in _every(explained) for text in part.left_out)
    assert told == Counter(evaluation.left_out)
    assert explained.met.left_out == evaluation.left_out
    assert len(told) > 1


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("a NEAR/0 b", ["a NEAR/0 b: 9 places on one side of NEAR/0; the first 5 took part"] * 2),
        (
            "a AND NOT (b PRE/0 a)",
            ["b PRE/0 a: 9 places on one side of PRE/0; the first 5 took part"] * 2,
        ),
        ("ATLEAST/1 a", []),
        # A part that the answer did not need is told for itself.
        ("z AND (a W/S b)", ["a W/S b: 9 places on one side of W/S; the first 5 took part"] * 2),
    ],
)
def test_what_is_left_out_is_told_at_the_part_that_leaves_it_out(
    when: str, told: list[str]
) -> None:
    view, _ = _a_line("ab", 9)
    explained = explain(parse_expression(when), replace(view, most_spots=5))
    parts = [
        f"{show(part.node)}: {left_out}" for part in _every(explained) for left_out in part.left_out
    ]
    assert parts == told


def test_pairs_left_out_are_told_where_a_place_may_be_missed() -> None:
    view, _ = _a_line("ab", 5)
    explained = explain(parse_expression("ATLEAST/9 (a PRE/9 b)"), replace(view, most_spots=14))
    (pairs,) = explained.parts
    assert (pairs.holds, pairs.left_out) == (True, ())
    told = "15 pairs near by PRE/9; the nearest of each place took part"
    assert (explained.holds, explained.left_out) == (False, (told,))
