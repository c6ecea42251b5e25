from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.notify.cases import (
    ARABIC_TOLD,
    CASES,
    HOSTILE_TOLD,
    NOW,
    ONE,
    SEVERAL,
    TRENDS,
    Case,
    case,
    finding,
    folded,
    hidden,
    many,
    reprint,
    silence,
    story,
    told,
)
from tests.notify.documents import ARABIC, EMPTY, ENGLISH, KOREAN, SEEN
from watch.core.alerts import Reason, SilenceKind, Told, Trend
from watch.core.model import Finding, Mention, Place, Severity
from watch.notify.contents import IN_BRIEF, IN_FULL, Contents, contents_of, shortened
from watch.notify.document import DocumentContents, moment


def contents(one: Case) -> Contents:
    return contents_of(one.report, one.subscription, now=NOW)


def documents(*parts: Told) -> list[DocumentContents]:
    """Return the first document of each story, each part a story of its own."""
    return [story["documents"][0] for story in contents(case(*parts))["stories"]]


def document_of(part: Told) -> DocumentContents:
    (document,) = documents(part)
    return document


def test_a_template_sees_plain_values_only() -> None:
    def check(value: object) -> None:
        match value:
            case dict():
                for key, inner in value.items():
                    assert type(key) is str
                    check(inner)
            case tuple():
                for inner in value:
                    check(inner)
            case _:
                assert type(value) in {str, int, bool}

    for one in CASES.values():
        check(contents(one))


def test_a_document_is_told_with_all_that_is_known_of_it() -> None:
    document = document_of(*ONE)
    assert document["title"] == ENGLISH.title
    assert document["url"] == "https://news.example.org/korea/readies?id=AEN20260826&lang=en"
    assert document["host"] == "news.example.org"
    assert document["place"] == ""
    assert document["source"] == "Example Wire"
    assert document["language"] == "en"
    assert document["published"] == "26 Aug 2026, 09:12 KST"
    assert document["seen"] == "09:14 KST"
    assert document["severity"] == "normal"
    assert [piece["text"] for piece in document["headline"]["pieces"] if piece["is_marked"]] == [
        "suicide-drones"
    ]
    assert len(document["excerpts"]) == 3
    assert document["has_mentions"]
    assert document["has_text"]


def test_the_day_of_another_day_is_said_twice() -> None:
    document = document_of(told(KOREAN, finding(KOREAN, ["자폭 드론"])))
    assert document["published"] == "25 Aug 2026, 13:14 KST"
    assert document["seen"] == "26 Aug 2026, 09:14 KST"


def test_a_document_without_a_link_goes_by_its_place() -> None:
    document = document_of(told(EMPTY, finding(EMPTY, ["drones"])))
    assert (document["url"], document["host"], document["place"]) == ("", "", "cable-17.pdf")
    assert document["published"] == ""
    assert document["seen"] == "26 Aug 2026, 09:14 KST"
    assert document["excerpts"] == ()
    assert not document["has_text"]


def test_a_link_that_is_not_safe_is_told_as_text() -> None:
    unsafe = replace(ENGLISH, url="javascript:alert(1)\x1b")
    document = document_of(told(unsafe, finding(unsafe, [])))
    assert (document["url"], document["place"]) == ("", "javascript:alert(1)")


def test_what_was_found_is_named_once_with_the_term_that_differs() -> None:
    text = "Suicide drone, suicide drone, Shahed-136, Geran, 자폭드론을"
    document = replace(ENGLISH, title="A Suicide Drone", text=text)
    found = finding(
        document,
        [
            "suicide drone",
            ("Shahed-136", "Shahed-13*"),
            ("Geran", "=Geran"),
            ("자폭드론", "자폭 드론"),
        ],
    )
    (why,) = document_of(told(document, found))["whys"]
    assert why["found"] == (
        {"words": "Suicide Drone", "term": "", "in_title": 1, "in_text": 2},
        {"words": "Shahed-136", "term": "Shahed-13*", "in_title": 0, "in_text": 1},
        {"words": "Geran", "term": "", "in_title": 0, "in_text": 1},
        {"words": "자폭드론", "term": "자폭 드론", "in_title": 0, "in_text": 1},
    )
    assert (why["rule"], why["place"], why["more"]) == ("Suicide drones", "rules/korea.toml:24", 0)


def test_more_words_and_rules_than_fit_are_counted() -> None:
    words = [f"word{number}" for number in range(20)]
    document = replace(ENGLISH, text=" ".join(words))
    rules = tuple(finding(document, words, rule=f"rule-{number}") for number in range(30))
    shown = document_of(told(document, *rules))
    assert len(shown["whys"]) + shown["more"] == 30
    assert all(len(why["found"]) + why["more"] == 20 for why in shown["whys"])


def test_the_highest_severity_comes_first_then_the_newest() -> None:
    old_high, older, new, unpublished = (
        replace(ENGLISH, key=key, title=key, published=published)
        for key, published in (
            ("old high", SEEN - timedelta(9)),
            ("older", SEEN - timedelta(2)),
            ("new", SEEN - timedelta(1)),
            ("unpublished", None),
        )
    )
    low = finding(ENGLISH, [], severity=Severity.LOW)
    high = finding(ENGLISH, [], severity=Severity.HIGH)
    parts = (
        told(older, low),
        told(unpublished, low),
        told(new, low),
        told(old_high, low, high._replace(rule="other")),
    )
    assert [document["title"] for document in documents(*parts)] == [
        "old high",
        "unpublished",
        "new",
        "older",
    ]
    whole = contents(case(*parts))
    assert whole["title"] == "old high"
    assert whole["severity"] == "high"
    assert [why["severity"] for why in documents(*parts)[0]["whys"]] == ["high", "low"]


def test_each_rule_is_counted_once_for_each_story() -> None:
    rules = contents(case(*SEVERAL))["rules"]
    assert [(rule["rule"], rule["stories"]) for rule in rules] == [
        ("All of the wire", 1),
        ("ICBM", 1),
        ("Suicide drones", 3),
    ]


@pytest.mark.parametrize("count", [1, 20, 21, 220, 221, 1_000])
def test_no_story_goes_unsaid(count: int) -> None:
    whole = contents(case(*many(count)))
    assert len(whole["stories"]) == min(count, IN_FULL)
    assert len(whole["brief"]) == max(0, min(count - IN_FULL, IN_BRIEF))
    assert len(whole["stories"]) + len(whole["brief"]) + whole["more"] == whole["total"] == count


@pytest.mark.parametrize(("in_full", "in_brief"), [(20, 200), (10, 200), (3, 2), (0, 5), (0, 0)])
def test_what_is_shortened_is_counted(in_full: int, in_brief: int) -> None:
    less = shortened(contents(case(*many(230))), in_full, in_brief)
    assert len(less["stories"]) == in_full
    assert len(less["brief"]) == min(in_brief, 220 - in_full)
    assert len(less["stories"]) + len(less["brief"]) + less["more"] == 230
    lines = [line["title"] for line in less["brief"]]
    assert lines == [f"Title {number}" for number in range(in_full, in_full + len(lines))]
    assert all(line["rules"] == "Suicide drones" for line in less["brief"])


def test_everything_foreign_is_clean_and_short() -> None:
    def check(value: object) -> None:
        match value:
            case dict():
                for inner in value.values():
                    check(inner)
            case tuple():
                for inner in value:
                    check(inner)
            case str():
                assert len(value) <= 1_000
                assert value.encode().decode() == value
                assert not set("\r\n\0\x1b\u202e\u2066\u2028") & set(value)

    check(contents(case(*HOSTILE_TOLD)))
    long = replace(ENGLISH, title="t" * 10_000, source="s" * 10_000, key="k" * 10_000, url=None)
    found = finding(long, ["t" * 10_000], name="n" * 10_000, note="o" * 10_000)
    check(contents(case(told(long, found._replace(place=Place(path="p" * 9_999, line=1))))))


def test_a_title_that_is_a_text_is_shown_round_its_mention() -> None:
    document = replace(ENGLISH, title="word " * 1_000 + "drones " + "word " * 1_000)
    shown = document_of(told(document, finding(document, ["drones"])))
    headline = shown["headline"]
    assert headline["has_before"]
    assert headline["has_after"]
    assert "drones" in [piece["text"] for piece in headline["pieces"] if piece["is_marked"]]
    assert shown["title"].startswith("word word")
    assert len(shown["title"]) == 300


def test_a_document_without_a_title_says_so() -> None:
    document = replace(ENGLISH, title=" \u202e ")
    shown = document_of(told(document, finding(document, [])))
    assert shown["title"] == shown["headline"]["pieces"][0]["text"] == "(no title)"


def test_a_language_that_is_none_is_left_out() -> None:
    for languages, language in (((), ""), (('en" onload="x',), ""), (("zh-Hant",), "zh-Hant")):
        document = replace(ENGLISH, languages=languages)
        assert document_of(told(document, finding(document, [])))["language"] == language


def test_a_mention_beyond_the_text_marks_nothing() -> None:
    lost = Mention(
        item="x",
        field=ARABIC_TOLD[0].findings[0].mentions[0].field,
        start=9_999,
        end=10_005,
        term="x",
    )
    shown = document_of(told(ARABIC, finding(ARABIC, [], mentions=(lost,))))
    assert shown["title"] == ARABIC.title


@pytest.mark.parametrize(
    ("when", "zone", "shown"),
    [
        (datetime(2026, 8, 26, 0, 12, tzinfo=UTC), "Asia/Seoul", "26 Aug 2026, 09:12 KST"),
        (datetime(2026, 8, 26, 0, 12, tzinfo=UTC), "America/New_York", "25 Aug 2026, 20:12 EDT"),
        (datetime(2026, 1, 26, 0, 12, tzinfo=UTC), "Asia/Riyadh", "26 Jan 2026, 03:12 +03"),
        (datetime(2026, 1, 26, 0, 12, tzinfo=UTC), "Asia/Kathmandu", "26 Jan 2026, 05:57 +0545"),
        (datetime.min.replace(tzinfo=UTC), "America/New_York", "1 Jan 1, 00:00 UTC"),
        (datetime.max.replace(tzinfo=UTC), "Asia/Seoul", "31 Dec 9999, 23:59 UTC"),
    ],
)
def test_a_moment_is_told_in_the_zone_and_says_which(when: datetime, zone: str, shown: str) -> None:
    assert moment(when, ZoneInfo(zone)) == shown


def test_a_story_is_told_by_few_documents_and_the_others_say_what_holds_for_them() -> None:
    parts = [
        told(replace(ENGLISH, key=str(number)), *found)
        for number, found in enumerate(
            [
                (a_rule("low"),),
                (a_rule("one"), a_rule("two")),
                (a_rule("two"),),
                (a_rule("grave")._replace(severity=Severity.HIGH), a_rule("one")),
                (a_rule("last"), a_rule("one")),
                *[(a_rule("one"),)] * 20,
            ]
        )
    ]
    (shown,) = contents(Case(stories=(story(1, *parts),)))["stories"]
    rules = [[why["rule"] for why in document["whys"]] for document in shown["documents"]]
    assert rules == [["grave", "one"], ["two"], ["last"]]
    assert [other["rules"] for other in shown["also"]] == ["low", *[""] * 9]
    assert len(shown["documents"]) + len(shown["also"]) + shown["also_more"] == len(parts)
    assert shown["severity"] == "high"


def a_rule(name: str) -> Finding:
    return finding(ENGLISH, [], rule=name, name=name)


def test_a_reprint_has_a_title_only_where_it_differs() -> None:
    parts = [
        *ONE,
        reprint("a", title=ENGLISH.title.upper(), url=None),
        reprint("b", title="Another", url="https://b.example/1"),
        reprint("c", url="javascript:alert(1)"),
    ]
    (shown,) = contents(Case(stories=(story(1, *parts),)))["stories"]
    told_otherwise = [
        (other["source"], other["title"], other["url"], other["host"]) for other in shown["also"]
    ]
    assert told_otherwise == [
        ("a", "", "", ""),
        ("b", "Another", "https://b.example/1", "b.example"),
        ("c", "", "", ""),
    ]


@pytest.mark.parametrize("reason", Reason)
def test_a_story_that_is_not_new_says_why_it_is_told_and_when_it_was_before(reason: Reason) -> None:
    whole = contents(Case(stories=(story(7, *ONE, reason=reason),)))
    (shown,) = whole["stories"]
    assert whole["kind"] == shown["kind"] == reason.value
    assert bool(shown["reason"]) == bool(shown["told_first"]) == (reason is not Reason.NEW)
    assert shown["told_first"] in {"", "25 Aug 2026, 06:14 KST"}
    assert shown["number"] == 7


def test_stories_told_for_different_reasons_have_no_reason_in_common() -> None:
    stories = (story(1, *ONE), story(2, *ONE, reason=Reason.UPDATE))
    assert contents(Case(stories=stories))["kind"] == ""


@pytest.mark.parametrize("name", ["folded", "hidden", "trends", "failing", "stale"])
@pytest.mark.parametrize("count", [0, 1, 5, 6, 10, 11, 500])
def test_every_list_is_bounded_and_counts_its_rest(name: str, count: int) -> None:
    one: dict[str, object] = {
        "folded": folded("Title", "a", "b", "a"),
        "hidden": hidden(silence(SilenceKind.STORY, "7"), 3),
        "trends": TRENDS[0],
        "failing": "wire: 503",
        "stale": "rules/korea.toml",
    }
    whole = dict(contents(case(*ONE, **{name: (one[name],) * count})))
    shown, more = whole[name], whole[f"{name}_more"]
    assert isinstance(shown, tuple)
    assert isinstance(more, int)
    assert len(shown) + more == count
    assert len(shown) == min(count, 5 if name in {"failing", "stale"} else 10)


def test_what_is_not_told_is_accounted_for() -> None:
    by = silence(SilenceKind.ITEM, "icbm", "a note\n")
    whole = contents(case(*ONE, folded=(folded(" ", "a", "b", "a"),), hidden=(hidden(by, 3),)))
    assert whole["folded"] == ({"title": "(no title)", "sources": "a, b", "documents": 3},)
    assert whole["hidden"] == (
        {
            "kind": "item",
            "value": "icbm",
            "until": "28 Aug 2026, 09:14 KST",
            "note": "a note",
            "findings": 3,
        },
    )


def test_the_rule_that_holds_most_has_the_first_trend_and_a_first_day_has_none() -> None:
    few, many_of_it = (Trend(rule=n, name=n, counts=c) for n, c in (("b", (1, 1)), ("a", (0, 9))))
    trends = contents(case(*ONE, trends=(few, many_of_it)))["trends"]
    assert [(one["rule"], one["bars"], one["total"]) for one in trends] == [
        ("a", "▁█", 9),
        ("b", "██", 2),
    ]
    assert contents(case(*ONE, trends=(many_of_it,)))["trends"] == ()


def test_of_a_passage_full_of_mentions_the_first_are_marked() -> None:
    document = replace(ENGLISH, title="t", text="a " * 2_000)
    excerpt = document_of(told(document, finding(document, ["a"])))["excerpts"][0]
    marked = [piece for piece in excerpt["pieces"] if piece["is_marked"]]
    assert len(marked) == 20
    assert len("".join(piece["text"] for piece in excerpt["pieces"])) > 200


def test_the_foot_says_why_the_mail_comes_now() -> None:
    reasons = {one: contents(CASES[one])["reason"] for one in ("one-finding", "digest", "storm")}
    assert reasons == {
        "one-finding": "new findings, at once",
        "digest": "a digest, weekdays at 07:00",
        "storm": "more than 20 mails an hour, so the rest of them as one",
    }
