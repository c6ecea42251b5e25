"""Evaluation of rules: a table of cases, the naive twin, and the size of what it can bear."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from tests.builders import a_document
from tests.core.naive_rules import Seen, counted_words, naive_evaluate
from watch.core.matcher import Matcher
from watch.core.model import Document, Field, Mention, Place
from watch.core.rules.evaluate import Evaluation, evaluate, meets, met_by
from watch.core.rules.explain import Explanation, explain
from watch.core.rules.expression import parse_expression
from watch.core.rules.operands import operands, required
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
    show,
)
from watch.core.rules.terms import parse_term
from watch.core.rules.view import MOST_SPOTS, Layout, View
from watch.core.words.distance import WordPlaces

Mentions = Mapping[Expression, Sequence[Mention]]


def a_view(document: Document, mentions: Mentions) -> View:
    return View(
        document,
        Layout(document),
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
    view = a_view(case.document, mentions_in(case.document, expression))
    found = evaluate(expression, view).mentions
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
    view = a_view(document, {})
    assert evaluate(parse_expression("lang:ko"), view).mentions == ()
    assert evaluate(parse_expression("lang:en"), view).mentions is None
    assert evaluate(LanguageIs(code="?"), view).mentions is None


def test_what_is_no_kind_of_expression_is_refused() -> None:
    with pytest.raises(AssertionError):
        evaluate(Expression(), a_view(a_document("A drone"), {}))
    with pytest.raises(AssertionError):
        met_by(iter(()), Expression(), a_view(a_document("A drone"), {}))
    with pytest.raises(AssertionError):
        required(Expression())
    with pytest.raises(AssertionError):
        show(Expression())


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
    evaluation = evaluate(expression, a_view(document, mentions))
    found = evaluation.mentions
    event("does not hold" if found is None else "holds by mentions" if found else "holds")
    assert found == naive_evaluate(expression, Seen(document=document, mentions=mentions))
    assert evaluation.left_out == ()


@given(RANDOMS)
def test_what_requires_an_operand_never_holds_without_one(random: Random) -> None:
    expression, document, mentions = made(random)
    for few in required(expression):
        assert few <= set(operands(expression))
        others = {node: found for node, found in mentions.items() if node not in few}
        assert evaluate(expression, a_view(document, others)).mentions is None


@given(RANDOMS)
def test_an_explanation_says_of_each_part_what_evaluation_says(random: Random) -> None:
    expression, document, mentions = made(random)
    view = a_view(document, mentions)
    explained = explain(expression, view)
    assert explained.holds == (evaluate(expression, view).mentions is not None)
    assert list(explained.spots) == list(meets(expression, view).spots or ())


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
        ("Russia", ["Russia"]),
        ("Russia AND Moscow", ["Russia", "Moscow"]),
        ("Russia AND Moscow AND (Russia)", ["Russia", "Moscow"]),
        ("(Russia OR Moscow) AND Kursk", ["Kursk", "Russia Moscow"]),
        ("Russia OR Moscow", ["Russia Moscow"]),
        ("Russia OR (Moscow AND Kursk)", ["Russia Moscow"]),
        ("(Russia OR Moscow) NEAR/3 Kursk", ["Kursk", "Russia Moscow"]),
        ("(Russia OR Moscow) W/S Kursk", ["Kursk", "Russia Moscow"]),
        ("(Russia OR Moscow) NOT NEAR/3 Kursk", ["Russia Moscow"]),
        ("title:(Russia OR Moscow)", ["Russia Moscow"]),
        ("ATLEAST/3 (Russia NEAR/3 Moscow)", ["Russia", "Moscow"]),
        ("2 OF (Russia, Moscow, Kursk)", ["Russia Moscow", "Russia Kursk", "Moscow Kursk"]),
        ("3 OF (Russia, Moscow, Kursk)", ["Russia", "Moscow", "Kursk"]),
        (
            "2 OF ((Russia OR Moscow), Kursk, Minsk)",
            ["Kursk Minsk", "Kursk Russia Moscow", "Minsk Russia Moscow"],
        ),
        ("2 OF (Russia, Moscow, lang:ru)", ["Russia Moscow"]),
        ("2 OF (Russia, lang:ru, NOT Moscow)", []),
        ("Russia AND NOT Moscow", ["Russia"]),
        ("lang:ru AND NOT Moscow", []),
        ("source:TASS", []),
        ("Russia OR lang:ru", []),
    ],
)
def test_sets_of_which_one_operand_each_is_required(when: str, needed: list[str]) -> None:
    expected = [{Words(typed=typed) for typed in few.split()} for few in needed]
    assert list(required(parse_expression(when))) == expected


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


def letters(document: Document, letter: str) -> list[Mention]:
    """Return a mention of each place of a letter in a text."""
    return [
        Mention(item=letter, field=Field.TEXT, start=at, end=at + 1, term=letter)
        for at, each in enumerate(document.text)
        if each == letter
    ]


def a_line(pattern: str, count: int) -> View:
    """Return the view of a document of single letters, each of them a word and mentioned."""
    document = a_document(" ".join(pattern * count))
    words = {letter: letters(document, letter) for letter in set(pattern)}
    return View(document, Layout(document), words=words)


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
    view = a_line("ab", MOST_SPOTS)
    evaluation = evaluate(place(operator), view)
    assert (evaluation.mentions is not None) == holds
    assert evaluation.left_out == ()


def test_of_too_many_pairs_the_nearest_are_kept_so_that_no_mention_is_lost() -> None:
    view = a_line("aab", 3000)
    evaluation = evaluate(place("NEAR/#"), view)
    assert len(evaluation.mentions or ()) == 9000
    assert evaluation.left_out == ()
    spots = meets(place("PRE/#"), view).spots
    assert spots is not None
    assert MOST_SPOTS > len(spots) == 6000


def test_of_more_places_on_a_side_than_take_part_the_first_do_and_that_is_told() -> None:
    evaluation = evaluate(place("PRE/0"), a_line("ab", MOST_SPOTS + 5))
    assert evaluation.mentions is not None
    assert len(evaluation.mentions) == 2 * MOST_SPOTS
    assert evaluation.mentions[-1].end == 4 * MOST_SPOTS - 1
    told = "10,005 places on one side of PRE/0; the first 10,000 took part"
    assert evaluation.left_out == (told, told)


@pytest.mark.parametrize("operator", ["NOT NEAR/0", "NOT W/S"])
def test_an_absence_that_was_not_looked_for_everywhere_is_told(operator: str) -> None:
    view = replace(a_line("ab", 10), most_spots=9)
    told = f"10 places on one side of {operator}; the first 9 took part"
    assert evaluate(place(operator), view).left_out == (told, told)


def a_proximity(random: Random, depth: int) -> Expression:
    if depth == 0:
        return Words(typed=random.choice("abc"))
    left, right = a_proximity(random, depth - 1), a_proximity(random, random.randrange(depth))
    words = random.choice((0, 1, 3, 9))
    return random.choice(
        (
            Near(words=words, is_ordered=random.random() < 0.7, left=left, right=right),
            Near(words=words, is_ordered=True, left=right, right=left),
            Together(unit=random.choice(list(Unit)), left=left, right=right),
            Apart(reach=words, left=left, right=right),
            Or(operands=(left, right)),
        )
    )


@given(RANDOMS)
@settings(max_examples=400)
def test_what_the_bounds_leave_out_changes_nothing_or_is_told(random: Random) -> None:
    signs = random.choices("aabbc.", k=random.randint(4, 14))
    document = a_document(" ".join(signs).replace(" .", "."))
    mentions: Mentions = {Words(typed=each): letters(document, each) for each in "abc"}
    count, place = random.randint(1, 6), a_proximity(random, random.randint(1, 3))
    expression = random.choice(
        (
            place,
            AtLeast(count=count, operand=place),
            Not(operand=AtLeast(count=count, operand=place)),
            And(operands=(Words(typed="a"), Not(operand=place))),
        )
    )
    view = replace(a_view(document, mentions), most_spots=random.randint(1, 20))
    evaluation = evaluate(expression, view)
    note(f"{show(expression)} {document.text} {view.most_spots} {evaluation}")
    exact = naive_evaluate(expression, Seen(document=document, mentions=mentions))
    event(
        f"{'exact' if evaluation.mentions == exact else 'not exact'}, {bool(evaluation.left_out)}"
    )
    assert evaluation.left_out or evaluation.mentions == exact


@pytest.mark.parametrize(
    ("when", "holds", "told"),
    [
        ("ATLEAST/5 (a PRE/9 b)", True, None),
        ("ATLEAST/9 (a PRE/9 b)", False, "15 pairs near by PRE/9; the nearest of each place"),
        (
            "a AND NOT ATLEAST/9 (a PRE/9 b)",
            True,
            "15 pairs near by PRE/9; the nearest of each place",
        ),
        ("a AND NOT (a PRE/9 b)", False, None),
        ("c AND (a PRE/9 b)", False, None),
        ("c OR (a PRE/9 b)", True, None),
        ("(a PRE/9 b) NEAR/0 a", True, "15 pairs near by PRE/9; the nearest of each place"),
        ("a NEAR/0 (c OR (a PRE/9 b))", True, "15 pairs near by PRE/9; the nearest of each place"),
    ],
)
def test_pairs_left_out_are_told_where_a_place_may_be_missed(
    when: str, told: str | None, *, holds: bool
) -> None:
    evaluation = evaluate(parse_expression(when), replace(a_line("ab", 5), most_spots=14))
    assert (evaluation.mentions is not None) == holds
    first = evaluation.left_out[0] if evaluation.left_out else None
    assert first == (None if told is None else f"{told} took part")


def nested(count: int) -> Expression:
    """Return so many proximities within one another."""
    expression = place("NEAR/#")
    for _ in range(count - 1):
        expression = Near(words=1000, is_ordered=False, left=expression, right=Words(typed="b"))
    return expression


def test_fifty_nested_proximities_in_a_dense_text_come_to_their_end_and_tell_it() -> None:
    # All pairs of all levels would take hours.
    evaluation = evaluate(nested(50), a_line("ab", MOST_SPOTS))
    assert evaluation.mentions is not None
    assert evaluation.left_out[:2] == (
        "10,000 places on one side of NEAR/1000; the first 200 took part",
        "10,000 places on one side of NEAR/1000; the first 200 took part",
    )


@pytest.mark.parametrize(("count", "most"), [(1, 10_000), (2, 5_000), (3, 3_333)])
def test_proximities_within_one_another_share_the_places_that_take_part(
    count: int, most: int
) -> None:
    view = a_line("ab", MOST_SPOTS + 1)
    expression = And(operands=(nested(count), place("NEAR/0")))
    told = evaluate(expression, view).left_out
    assert told[0] == f"10,001 places on one side of NEAR/1000; the first {most:,} took part"
    # Those beside one another do not.
    assert told[-1] == "10,001 places on one side of NEAR/0; the first 10,000 took part"


def test_fifty_nested_proximities_in_a_short_text_are_exact() -> None:
    document = a_document("b a b b a b b")
    mentions: Mentions = {Words(typed=each): letters(document, each) for each in "ab"}
    evaluation = evaluate(nested(4), a_view(document, mentions))
    seen = Seen(document=document, mentions=mentions)
    assert evaluation.mentions == naive_evaluate(nested(4), seen)
    assert evaluate(nested(50), a_view(document, mentions)) == Evaluation(mentions=None)


def test_a_layout_numbers_sentences_and_paragraphs_and_counts_the_words_between() -> None:
    layout = Layout(a_document("A drone. Russia"))
    assert [layout.unit(Unit.SENTENCE, Field.TEXT, at) for at in (0, 7, 9, 14)] == [0, 0, 1, 1]
    assert [layout.unit(Unit.PARAGRAPH, Field.TEXT, at) for at in (0, 14)] == [0, 0]
    assert layout.words(Field.TEXT).between(1, 9) == 1
