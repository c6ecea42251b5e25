"""Evaluation of rules: a table of cases, the naive twin, and the size of what it can bear."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st

from tests.builders import a_document
from tests.core.naive_rules import Seen, counted_words, naive_evaluate
from watch.core.matcher import Matcher
from watch.core.model import Document, Field, Mention, Place
from watch.core.rules.evaluate import evaluate, find_spots
from watch.core.rules.explain import Explanation, explain
from watch.core.rules.expression import parse_expression
from watch.core.rules.operands import operands, required
from watch.core.rules.proximity import MOST_SPOTS
from watch.core.rules.ruleset import Item, Ruleset
from watch.core.rules.syntax import (
    And,
    Apart,
    AtLeast,
    Expression,
    ItemIs,
    LanguageIs,
    Near,
    Not,
    Or,
    SomeOf,
    SourceIs,
    Tagged,
    Together,
    Unit,
    Within,
    Words,
)
from watch.core.rules.terms import parse_term
from watch.core.rules.view import View
from watch.core.words.distance import WordPlaces

Mentions = Mapping[Expression, Sequence[Mention]]


def a_view(document: Document, mentions: Mentions) -> View:
    return View(
        document,
        items={key.item: found for key, found in mentions.items() if isinstance(key, ItemIs)},
        tags={key.tag: found for key, found in mentions.items() if isinstance(key, Tagged)},
        words={key.typed: found for key, found in mentions.items() if isinstance(key, Words)},
    )


# --- the table

ITEMS = {
    "drone": ("weapon", ["drone", "suicide drone", "드론", "дрон", "ドローン", "无人机"]),
    "missile": ("weapon", ["missile", "ICBM", "미사일", "ракета", "ミサイル", "导弹"]),
    "kim": ("person", ["Kim Jong Un", "Kim", "김정은", "Ким Чен Ын", "金正恩"]),
}
"""What `@` and `#` name in the table, each with its tag and terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One table of rule_cases.toml, where each key is told."""

    when: str
    title: str = ""
    text: str = ""
    language: str | None = None
    source: str = "inbox"
    finds: list[str] | None = None
    why: str = ""

    @property
    def document(self) -> Document:
        return a_document(self.text, title=self.title, language=self.language, source=self.source)


CASES = [
    Case(**table)
    for table in tomllib.loads(Path(__file__).with_name("rule_cases.toml").read_text("utf-8"))[
        "case"
    ]
]


def mentions_in(document: Document, expression: Expression) -> Mentions:
    """Return what the matcher finds of each operand."""
    own = {node: f"word {node.typed}" for node in operands(expression) if isinstance(node, Words)}
    items = tuple(
        Item(
            id=id_,
            name=id_,
            terms=tuple(map(parse_term, terms)),
            place=Place(path="rules/test.toml", line=1),
        )
        for id_, terms in (
            *((id_, terms) for id_, (_, terms) in ITEMS.items()),
            *((id_, [node.typed]) for node, id_ in own.items()),
        )
    )
    mentions = Matcher(Ruleset(items=items)).match(document).mentions

    def of(*ids: str) -> list[Mention]:
        return [mention for mention in mentions if mention.item in ids]

    tags = {tag for tag, _ in ITEMS.values()}
    return (
        {ItemIs(item=id_): of(id_) for id_ in ITEMS}
        | {Tagged(tag=tag): of(*(id_ for id_ in ITEMS if ITEMS[id_][0] == tag)) for tag in tags}
        | {node: of(id_) for node, id_ in own.items()}
    )


each_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.when}: {case.text}"[:70]) for case in CASES]
)


@each_case
def test_a_rule_holds_as_the_table_says(case: Case) -> None:
    expression = parse_expression(case.when)
    found = evaluate(expression, a_view(case.document, mentions_in(case.document, expression)))
    texts = None if found is None else [mention.text_in(case.document) for mention in found]
    assert texts == case.finds


@each_case
def test_the_naive_twin_holds_as_the_table_says(case: Case) -> None:
    expression = parse_expression(case.when)
    mentions = mentions_in(case.document, expression)
    found = naive_evaluate(expression, Seen(document=case.document, mentions=mentions))
    texts = None if found is None else [mention.text_in(case.document) for mention in found]
    assert texts == case.finds


def test_a_document_is_in_the_language_trusted_most() -> None:
    document = replace(a_document("드론"), languages=("ko-KR", "en"))
    assert evaluate(parse_expression("lang:ko"), View(document)) == ()
    assert evaluate(parse_expression("lang:en"), View(document)) is None
    assert evaluate(LanguageIs(code="?"), View(a_document("드론"))) is None


def test_what_is_no_kind_of_expression_is_refused() -> None:
    with pytest.raises(AssertionError):
        evaluate(Expression(), View(a_document("A drone")))
    with pytest.raises(AssertionError):
        required(Expression())


# --- generated rules and documents

NEEDLES: Mapping[Expression, tuple[str, ...]] = {
    Words(typed="drone"): ("drone", "드론", "无人机"),
    Words(typed="/ro/"): ("ro", "자폭"),
    Words(typed="suicide drone"): ("suicide drone", "U.S. drone"),
    ItemIs(item="kim"): ("Kim", "김정은", "Ким"),
    Tagged(tag="person"): ("Kim", "Kim Lee", "김", "正恩"),
    Tagged(tag="place"): (),
}
PIECES = (
    *(needle for needles in NEEDLES.values() for needle in needles),
    *("suicide", "a b", "U.S.", "3.5", "x", "을", "導", "дрон-камикадзе", "ไทย", "الحرب", "Ltd."),
    *(". ", ".\n", "。", "! ", "\n\n", "\u2029", ", ", "-", "\u200b", "’s ", "'", "· "),
)


def a_text(random: Random) -> str:
    pieces = (random.choice(PIECES) + random.choice(("", " ", " ")) for _ in range(12))
    return "".join(piece for piece in pieces if random.random() < 0.8)


def found_in(document: Document) -> Mentions:
    return {
        operand: [
            Mention(item=str(operand), field=field, start=at, end=at + len(needle), term=needle)
            for field in Field
            for at in range(len(document.field_text(field)))
            for needle in needles
            if document.field_text(field).startswith(needle, at)
        ]
        for operand, needles in NEEDLES.items()
    }


def a_place(random: Random, depth: int) -> Expression:
    if depth == 0 or random.random() < 0.2:
        return random.choice(list(NEEDLES))
    left, right = a_place(random, depth - 1), a_place(random, depth - 1)
    words, unit = random.choice((0, 1, 2, 5)), random.choice(list(Unit))
    return random.choice(
        (
            Or(operands=(left, right)),
            Within(field=random.choice(list(Field)), operand=left),
            Near(words=words, is_ordered=False, left=left, right=right),
            Near(words=words, is_ordered=True, left=left, right=right),
            Together(unit=unit, left=left, right=right),
            Apart(reach=random.choice((words, unit)), left=left, right=right),
        )
    )


def an_expression(random: Random, depth: int) -> Expression:
    if depth == 0:
        return a_place(random, 2)
    parts = tuple(an_expression(random, depth - 1) for _ in range(3))
    return random.choice(
        (
            a_place(random, 3),
            And(operands=parts[1:]),
            Or(operands=parts[1:]),
            Not(operand=parts[0]),
            Within(field=random.choice(list(Field)), operand=parts[0]),
            SomeOf(count=random.randint(1, 3), operands=parts),
            AtLeast(count=random.randint(1, 3), operand=a_place(random, 2)),
            SourceIs(glob=random.choice(("KCNA*", "*wire", "[x]?", "k*n*a w*"))),
            LanguageIs(code=random.choice(("en", "ko"))),
        )
    )


def made(random: Random) -> tuple[Expression, Document, Mentions]:
    document = a_document(
        a_text(random),
        title=a_text(random),
        language=random.choice((None, "en", "ko")),
        source=random.choice(("KCNA wire", "[x]?", "inbox")),
    )
    expression = an_expression(random, random.randint(0, 3))
    note(f"{expression}\n{document.title!a}\n{document.text!a}")
    return expression, document, found_in(document)


RANDOMS = st.randoms(use_true_random=False)


@given(RANDOMS)
def test_evaluation_finds_what_its_naive_twin_finds(random: Random) -> None:
    expression, document, mentions = made(random)
    found = evaluate(expression, a_view(document, mentions))
    event("does not hold" if found is None else "holds by mentions" if found else "holds")
    assert found == naive_evaluate(expression, Seen(document=document, mentions=mentions))


@given(RANDOMS)
def test_what_requires_an_operand_never_holds_without_one(random: Random) -> None:
    expression, document, mentions = made(random)
    needed = required(expression)
    if needed is None:
        return
    assert needed <= set(operands(expression))
    others = {node: found for node, found in mentions.items() if node not in needed}
    assert evaluate(expression, a_view(document, others)) is None


@given(RANDOMS)
def test_an_explanation_says_of_each_part_what_evaluation_says(random: Random) -> None:
    expression, document, mentions = made(random)
    view = a_view(document, mentions)
    explained = explain(expression, view)
    assert explained.holds == (evaluate(expression, view) is not None)
    assert explained.spots == tuple(find_spots(expression, view) or ())


@given(RANDOMS)
def test_distances_are_those_of_the_naive_twin(random: Random) -> None:
    text = a_text(random)
    places, spans = WordPlaces(text), counted_words(text)
    for end in range(len(text) + 1):
        for start in range(end, len(text) + 1):
            between = sum(end <= first and last <= start for first, last in spans)
            assert places.between(end, start) == between


# --- required operands


@pytest.mark.parametrize(
    ("when", "needed"),
    [
        ("Russia", {"Russia"}),
        ("Russia AND Moscow", {"Russia"}),
        ("(Russia OR Moscow) AND Kursk", {"Kursk"}),
        ("Russia OR Moscow", {"Russia", "Moscow"}),
        ("Russia OR (Moscow AND Kursk)", {"Russia", "Moscow"}),
        ("(Russia OR Moscow) NEAR/3 Kursk", {"Kursk"}),
        ("(Russia OR Moscow) W/S Kursk", {"Kursk"}),
        ("(Russia OR Moscow) NOT NEAR/3 Kursk", {"Russia", "Moscow"}),
        ("title:(Russia OR Moscow)", {"Russia", "Moscow"}),
        ("ATLEAST/3 Russia", {"Russia"}),
        ("2 OF (Russia, Moscow, Kursk)", {"Russia", "Moscow"}),
        ("2 OF ((Russia OR Moscow), Kursk, Minsk)", {"Kursk", "Minsk"}),
        ("2 OF (Russia, Moscow, lang:ru)", {"Russia", "Moscow"}),
        ("2 OF (Russia, lang:ru, NOT Moscow)", None),
        ("Russia AND NOT Moscow", {"Russia"}),
        ("lang:ru AND NOT Moscow", None),
        ("source:TASS", None),
        ("Russia OR lang:ru", None),
    ],
)
def test_the_fewest_operands_are_required(when: str, needed: set[str] | None) -> None:
    expected = None if needed is None else {Words(typed=typed) for typed in needed}
    assert required(parse_expression(when)) == expected


def test_operands_are_all_words_items_and_tags_from_left_to_right() -> None:
    when = "@kim NEAR/3 (Russia OR #weapon) AND NOT title:Moscow AND 2 OF (A, B, lang:ru)"
    expected = [ItemIs(item="kim"), Words(typed="Russia"), Tagged(tag="weapon")]
    expected += [Words(typed=typed) for typed in ("Moscow", "A", "B")]
    assert list(operands(parse_expression(when))) == expected


# --- explanations


def explained(when: str, text: str, title: str = "") -> Explanation:
    document = a_document(text, title=title)
    expression = parse_expression(when)
    return explain(expression, a_view(document, mentions_in(document, expression)))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("@drone NEAR/1 Russia", 2),
        ("@drone PRE/1 Russia", 2),
        ("Russia PRE/4 @drone", 2),
        ("@drone W/S Russia", 2),
        ("@drone W/P Russia", 2),
        ("@drone NOT NEAR/9 Russia", 5),
        ("@drone NOT NEAR/1 Russia", None),
        ("@drone NEAR/2 Russia", None),
        ("@drone NEAR/2 Moscow", None),
        ("@drone AND Moscow", None),
        ("drone NEAR/2 drone*", 8),
    ],
)
def test_a_proximity_that_fails_tells_how_near_it_came(when: str, words: int | None) -> None:
    explanation = explained(
        when, "One drone fell.\n\nThen Russia.\n\nSix words on there came drone."
    )
    assert (None if explanation.gap is None else explanation.gap.words) == words


def test_a_gap_names_the_places_it_lies_between() -> None:
    gap = explained("@drone NEAR/1 Russia", "Russia a b c d drone x y Russia").gap
    assert gap is not None
    assert (gap.first.start, gap.second.start, gap.words) == (15, 25, 2)


def test_places_in_different_fields_or_one_in_the_other_have_no_gap() -> None:
    assert explained("@drone NEAR/1 Russia", "Russia", title="Drones").gap is None
    assert explained('drone NEAR/1 "suicide drone"', "A suicide drone").gap is None


def test_an_explanation_tells_which_sides_are_missing() -> None:
    explanation = explained("@drone NEAR/1 Russia", "A drone")
    assert not explanation.holds
    assert explanation.missing == (Words(typed="Russia"),)
    assert [part.holds for part in explanation.parts] == [True, False]


def test_the_parts_of_a_field_are_explained_within_it() -> None:
    explanation = explained("title:(Russia AND @drone)", "Russia", title="Drones")
    (both,) = explanation.parts
    assert both.missing == (Words(typed="Russia"),)
    assert [len(part.spots) for part in both.parts] == [0, 1]


# --- size


def a_line(pattern: str, count: int) -> tuple[Document, View]:
    """Return a document of single letters, and a view in which each is a word of its own."""
    document = a_document(" ".join(pattern * count))
    mentions: dict[str, list[Mention]] = {}
    for at, letter in enumerate(document.text):
        found = mentions.setdefault(letter, [])
        found.append(Mention(item=letter, field=Field.TEXT, start=at, end=at + 1, term=letter))
    return document, View(document, words=mentions)


def place(operator: str, count: int = 1000, *, left: str = "a", right: str = "b") -> Expression:
    return parse_expression(f"{left} {operator.replace('#', str(count))} {right}")


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("NEAR/#", True),
        ("PRE/#", True),
        ("W/S", True),
        ("W/P", True),
        ("NOT NEAR/#", False),
        ("NOT W/S", False),
        ("NEAR/0", True),
    ],
)
def test_ten_thousand_places_a_side_come_to_their_end(operator: str, *, holds: bool) -> None:
    # All pairs would take minutes.
    _, view = a_line("ab", MOST_SPOTS)
    assert (evaluate(place(operator), view) is not None) == holds


def test_of_too_many_pairs_the_nearest_are_kept_so_that_no_mention_is_lost() -> None:
    _, view = a_line("aab", 3000)
    found = evaluate(place("NEAR/#"), view)
    assert found is not None
    assert len(found) == 9000
    spots = find_spots(place("PRE/#"), view)
    assert spots is not None
    assert MOST_SPOTS > len(spots) == 6000


def test_of_more_places_on_a_side_than_take_part_the_first_do() -> None:
    _, view = a_line("ab", MOST_SPOTS + 5)
    found = evaluate(place("PRE/0"), view)
    assert found is not None
    assert len(found) == 2 * MOST_SPOTS
    assert found[-1].end == 4 * MOST_SPOTS - 1


def test_ten_nested_proximities_in_a_dense_text_come_to_their_end() -> None:
    _, view = a_line("ab", 500)
    expression = place("NEAR/#")
    for _ in range(9):
        near_b = Words(typed="b")
        expression = Near(words=1000, is_ordered=False, left=expression, right=near_b)
    assert evaluate(expression, view) is not None


def test_views_of_one_document_may_share_its_layout() -> None:
    document = a_document("A drone. Russia")
    view = View(document)
    assert View(document, layout=view.layout).layout is view.layout
    assert [view.sentence(Field.TEXT, at) for at in (0, 7, 9, 14)] == [0, 0, 1, 1]
    assert [view.paragraph(Field.TEXT, at) for at in (0, 14)] == [0, 0]
    assert view.words_between(Field.TEXT, 1, 9) == 1
