"""The matcher against its naive twin, and what must hold of its results whatever the text."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st

from tests.builders import NOW, a_document, an_item, found
from tests.core.naive import naive_findings, naive_matching
from tests.core.texts import document, ruleset
from watch.core.matcher import MOST_MENTIONS, Matcher
from watch.core.model import Document, Field, Mention
from watch.core.rules.ruleset import Item, Ruleset

RANDOMS = st.randoms(use_true_random=False)


@given(RANDOMS)
def test_the_fast_matcher_finds_what_its_naive_twin_finds(random: Random) -> None:
    rules = ruleset(random)
    checked = document(random, rules)
    matching = Matcher(rules).match(checked)
    event("with mentions" if matching.mentions else "without a mention")
    note(f"{[as_typed(item) for item in rules.items]}")
    note(f"{checked.languages} {checked.title!a} {checked.text!a}")
    assert matching.mentions == naive_matching(rules, checked)
    assert matching.findings == naive_findings(rules, checked)
    assert matching.failures == ()


@given(RANDOMS)
def test_what_a_matcher_has_seen_before_makes_no_difference(random: Random) -> None:
    rules = ruleset(random)
    one, other = (document(random, rules) for _ in range(2))
    joined = random.choice(("", " ", "\n", " - ", "a", "中", "드"))
    both = replace(one, text=f"{one.text}{joined}{other.text}")
    cut = replace(one, text=one.text[random.randrange(len(one.text) + 1) :])
    matcher = Matcher(rules)
    for checked in (one, other, both, cut, one):
        note(f"{checked.languages} {checked.title!a} {checked.text!a}")
        assert matcher.match(checked) == Matcher(rules).match(checked)


def as_typed(item: Item) -> tuple[list[str], list[str], str | None]:
    return [one.typed for one in item.terms], [one.typed for one in item.excepts], item.language


@given(RANDOMS)
def test_the_words_of_a_mention_alone_are_a_form_of_its_term(random: Random) -> None:
    rules = ruleset(random)
    checked = document(random, rules)
    for mention in Matcher(rules).match(checked).mentions:
        words = mention.text_in(checked)
        alone = Matcher(Ruleset(items=(with_only(item_of(rules, mention), mention.term),)))
        assert words in found(alone, alone_in(checked, words))


def item_of(rules: Ruleset, mention: Mention) -> Item:
    return next(item for item in rules.items if item.id == mention.item)


def with_only(item: Item, term: str) -> Item:
    return Item(
        id=item.id,
        name=item.name,
        terms=tuple(each for each in item.terms if each.typed == term),
        language=item.language,
        place=item.place,
    )


def alone_in(checked: Document, words: str) -> Document:
    return Document(
        source="made", key="2", title="", text=words, seen=NOW, languages=checked.languages
    )


@given(RANDOMS)
def test_mentions_of_an_item_never_overlap_and_stand_in_reading_order(random: Random) -> None:
    rules = ruleset(random)
    mentions = Matcher(rules).match(document(random, rules)).mentions
    places = [(mention.field is Field.TEXT, mention.start, mention.end) for mention in mentions]
    assert places == sorted(places)
    for item in rules.items:
        for field in Field:
            own = [each for each in mentions if (each.item, each.field) == (item.id, field)]
            assert all(one.end <= other.start for one, other in pairwise(own))


def in_language(checked: Document, language: str) -> Document:
    return Document(
        source=checked.source,
        key=checked.key,
        title=checked.title,
        text=checked.text,
        seen=checked.seen,
        languages=(language,),
    )


def made(count: int) -> Iterator[tuple[Ruleset, list[Document]]]:
    """Yield rule sets and documents for tests that need no shrinking."""
    random = Random(5)  # noqa: S311 (not a secret)
    for _ in range(count):
        rules = ruleset(random)
        yield rules, [document(random, rules) for _ in range(20)]


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Let threads take turns far more often than they do by themselves."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless_threads")
def test_eight_threads_that_share_a_matcher_find_what_one_finds() -> None:
    for rules, documents in made(5):
        expected = [Matcher(rules).match(each) for each in documents]
        with ThreadPoolExecutor(8) as threads:
            shared = Matcher(rules)
            results = list(threads.map(shared.match, documents * 8))
        assert results == expected * 8


def test_languages_in_turn_change_nothing_though_few_are_kept_compiled() -> None:
    for rules, documents in made(5):
        matcher = Matcher(rules)
        for language in ("de", "ru", "fr", "tr", "he", "pl") * 2:
            for each in documents[:5]:
                checked = in_language(each, language)
                assert matcher.match(checked) == Matcher(rules).match(checked)


def test_more_chunks_than_are_remembered_change_nothing() -> None:
    matcher = Matcher(Ruleset(items=(an_item("drone", "=Geran", "hyperson*", "дрон"),)))
    checked = a_document("Drones, a Geran-2 and hypersonics: дронами, 100-drone swarms")
    before = matcher.match(checked)
    # More chunks than the 200,000 that are remembered, so that all are forgotten on the way.
    for start in range(0, 300_000, 100_000):
        numbers = range(start, start + 100_000)
        assert found(matcher, a_document(" ".join(map(str, numbers)) + " drones")) == ["drones"]
        assert matcher.match(checked) == before


def test_what_comes_behind_more_chunks_than_are_remembered_is_found() -> None:
    matcher = Matcher(Ruleset(items=(an_item("hyperson*"),)))
    numbers = " ".join(map(str, range(210_000)))
    assert found(matcher, a_document(f"{numbers} hypersonics")) == ["hypersonics"]


def test_an_item_is_kept_at_the_most_mentions_and_the_rest_is_told() -> None:
    matcher = Matcher(Ruleset(items=(an_item("drone"),)))
    matching = matcher.match(a_document("drone " * (MOST_MENTIONS + 5)))
    starts = [mention.start for mention in matching.mentions]
    assert starts == [6 * index for index in range(MOST_MENTIONS)]
    assert [failure.rule for failure in matching.failures] == ["item"]
    assert matching.failures[0].text.startswith("10,005 mentions in one document")
    assert len(matching.findings[0].mentions) == MOST_MENTIONS


def test_at_the_most_mentions_nothing_is_told_as_left_out() -> None:
    matcher = Matcher(Ruleset(items=(an_item("drone"),)))
    matching = matcher.match(a_document("drone " * MOST_MENTIONS))
    assert len(matching.mentions) == MOST_MENTIONS
    assert matching.failures == ()


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200b", "...", "\ud800", "🚀" * 50, "\n" * 50])
def test_a_text_without_words_has_no_mention(text: str) -> None:
    matcher = Matcher(Ruleset(items=(an_item("drone", "드론", "大*", "hyperson*"),)))
    assert matcher.match(a_document(text, title=text)).mentions == ()


def test_a_set_without_items_finds_nothing() -> None:
    assert Matcher(Ruleset()).match(a_document("Two drones")).findings == ()


def test_a_language_may_be_compiled_before_its_first_document() -> None:
    matcher = Matcher(Ruleset(items=(an_item("Drohne"),)))
    matcher.prepare(("de",))
    assert found(matcher, a_document("zwei Drohnen", language="de")) == ["Drohnen"]


@pytest.mark.parametrize(
    ("term", "before", "filler", "last"),
    [
        ("drone", "x ", "nodrone", " drone"),
        ("drone", "x ", "suicide-", "drone"),
        ("drone", "", "a" + "\u0301" * 500, " drone"),
        ("drone", "", "\u200b", "drone"),
        ("drone", "", " ", "drone"),
        ("UN", "", "U.N.O.", " U.N."),
        ("중국", "x ", "중대", "중국"),
        ("中国", "x ", "中华", "中国"),
        ("ドローン", "x", "ー", "。ドローン"),
        ("드론", "드", "\u1161", " 드론"),
        ("가* 나", "", "가", "나"),
        ("가* 가* 가* 나", "", "다", "가가가나"),
        ("drone* strike* drone*", "", "drones strikes ", "strike drones strike drones"),
        ("a b c d e f", "", "a b c d e ", "f"),
    ],
)
def test_the_last_words_of_an_endless_text_are_found(
    term: str, before: str, filler: str, last: str
) -> None:
    # Whatever takes more than one look at each place would not come to the end of these.
    text = before + filler * (12_000 // len(filler)) + last
    matcher = Matcher(Ruleset(items=(an_item(term),)))
    mentions = matcher.match(a_document(text)).mentions
    assert mentions[-1].end == len(text)


def test_a_star_stands_for_thirty_letters_of_a_run_at_most() -> None:
    matcher = Matcher(Ruleset(items=(an_item("가* 나"),)))
    assert found(matcher, a_document("가" + "다" * 30 + "나")) == ["가" + "다" * 30 + "나"]
    assert found(matcher, a_document("가" + "다" * 31 + "나")) == []
