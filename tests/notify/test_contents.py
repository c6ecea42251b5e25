from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.notify.cases import (
    ARABIC,
    ARABIC_TOLD,
    CASES,
    DESK,
    EMPTY,
    ENGLISH,
    HOSTILE_TOLD,
    KOREAN,
    ONE,
    SEEN,
    SEVERAL,
    alert,
    finding,
)
from watch.core.model import Mention, Place, Severity, Told
from watch.notify.contents import (
    IN_BRIEF,
    IN_FULL,
    Contents,
    contents_of,
    moment,
    shortened,
)

SEOUL = ZoneInfo("Asia/Seoul")


def contents(*told: Told) -> Contents:
    return contents_of(alert(DESK, told), told, DESK, SEOUL)


def many(count: int) -> tuple[Told, ...]:
    found = finding(ENGLISH, ["suicide drones"])
    return tuple(
        Told(
            document=replace(
                ENGLISH,
                key=str(number),
                title=f"Title {number}",
                published=SEEN - timedelta(number),
            ),
            findings=(found,),
        )
        for number in range(count)
    )


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

    for case in CASES.values():
        check(contents(*case.told))


def test_a_document_is_told_with_all_that_is_known_of_it() -> None:
    (document,) = contents(*ONE)["documents"]
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
    part = Told(document=KOREAN, findings=(finding(KOREAN, ["자폭 드론"]),))
    (document,) = contents(part)["documents"]
    assert document["published"] == "25 Aug 2026, 13:14 KST"
    assert document["seen"] == "26 Aug 2026, 09:14 KST"


def test_a_document_without_a_link_goes_by_its_place() -> None:
    (document,) = contents(Told(document=EMPTY, findings=(finding(EMPTY, ["drones"]),)))[
        "documents"
    ]
    assert (document["url"], document["host"], document["place"]) == ("", "", "cable-17.pdf")
    assert document["published"] == ""
    assert document["seen"] == "26 Aug 2026, 09:14 KST"
    assert document["excerpts"] == ()
    assert not document["has_text"]


def test_a_link_that_is_not_safe_is_told_as_text() -> None:
    unsafe = replace(ENGLISH, url="javascript:alert(1)\x1b")
    (document,) = contents(Told(document=unsafe, findings=(finding(unsafe, []),)))["documents"]
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
    (why,) = contents(Told(document=document, findings=(found,)))["documents"][0]["whys"]
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
    (told,) = contents(Told(document=document, findings=rules))["documents"]
    assert len(told["whys"]) + told["more"] == 30
    assert all(len(why["found"]) + why["more"] == 20 for why in told["whys"])


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
    told = contents(
        Told(document=older, findings=(low,)),
        Told(document=unpublished, findings=(low,)),
        Told(document=new, findings=(low,)),
        Told(document=old_high, findings=(low, high)),
    )
    assert [document["title"] for document in told["documents"]] == [
        "old high",
        "unpublished",
        "new",
        "older",
    ]
    assert told["title"] == "old high"
    assert told["severity"] == "high"
    assert [why["severity"] for why in told["documents"][0]["whys"]] == ["high", "low"]


def test_each_rule_is_counted_once_for_each_document() -> None:
    rules = contents(*SEVERAL)["rules"]
    assert [(rule["rule"], rule["documents"]) for rule in rules] == [
        ("All of the wire", 1),
        ("ICBM", 1),
        ("Suicide drones", 3),
    ]


@pytest.mark.parametrize("count", [1, 20, 21, 220, 221, 1_000])
def test_no_document_goes_unsaid(count: int) -> None:
    told = contents(*many(count))
    assert len(told["documents"]) == min(count, IN_FULL)
    assert len(told["brief"]) == max(0, min(count - IN_FULL, IN_BRIEF))
    assert len(told["documents"]) + len(told["brief"]) + told["more"] == told["total"] == count


@pytest.mark.parametrize(("in_full", "in_brief"), [(20, 200), (10, 200), (3, 2), (0, 5), (0, 0)])
def test_what_is_shortened_is_counted(in_full: int, in_brief: int) -> None:
    whole = contents(*many(230))
    told = shortened(whole, in_full, in_brief)
    assert len(told["documents"]) == in_full
    assert len(told["brief"]) == min(in_brief, 220 - in_full)
    assert len(told["documents"]) + len(told["brief"]) + told["more"] == 230
    lines = [line["title"] for line in told["brief"]]
    assert lines == [f"Title {number}" for number in range(in_full, in_full + len(lines))]
    assert all(line["rules"] == "Suicide drones" for line in told["brief"])


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

    check(contents(*HOSTILE_TOLD))
    long = replace(ENGLISH, title="t" * 10_000, source="s" * 10_000, key="k" * 10_000, url=None)
    found = finding(long, ["t" * 10_000], name="n" * 10_000, note="o" * 10_000)
    check(
        contents(
            Told(document=long, findings=(found._replace(place=Place(path="p" * 9_999, line=1)),))
        )
    )


def test_a_title_that_is_a_text_is_shown_round_its_mention() -> None:
    document = replace(ENGLISH, title="word " * 1_000 + "drones " + "word " * 1_000)
    (told,) = contents(Told(document=document, findings=(finding(document, ["drones"]),)))[
        "documents"
    ]
    headline = told["headline"]
    assert headline["has_before"]
    assert headline["has_after"]
    assert "drones" in [piece["text"] for piece in headline["pieces"] if piece["is_marked"]]
    assert told["title"].startswith("word word")
    assert len(told["title"]) == 300


def test_a_document_without_a_title_says_so() -> None:
    document = replace(ENGLISH, title=" \u202e ")
    (told,) = contents(Told(document=document, findings=(finding(document, []),)))["documents"]
    assert told["title"] == told["headline"]["pieces"][0]["text"] == "(no title)"


def test_a_language_that_is_none_is_left_out() -> None:
    for languages, shown in (((), ""), (('en" onload="x',), ""), (("zh-Hant",), "zh-Hant")):
        document = replace(ENGLISH, languages=languages)
        (told,) = contents(Told(document=document, findings=(finding(document, []),)))["documents"]
        assert told["language"] == shown


def test_a_mention_beyond_the_text_marks_nothing() -> None:
    lost = Mention(
        item="x",
        field=ARABIC_TOLD[0].findings[0].mentions[0].field,
        start=9_999,
        end=10_005,
        term="x",
    )
    told = contents(Told(document=ARABIC, findings=(finding(ARABIC, [], mentions=(lost,)),)))
    assert told["documents"][0]["title"] == ARABIC.title


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
