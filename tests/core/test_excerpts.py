import re

import pytest
import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from watch.core.excerpts import Excerpt, excerpts


def spans(text: str, *words: str) -> list[tuple[int, int]]:
    return [match.span() for word in words for match in re.finditer(re.escape(word), text)]


def shown(excerpt: Excerpt) -> str:
    pieces = (f"*{piece.text}*" if piece.is_marked else piece.text for piece in excerpt.pieces)
    before, after = "… " * excerpt.has_before, " …" * excerpt.has_after
    return before + "".join(pieces) + after


def all_shown(text: str, *words: str, width: int = 240, most: int = 3) -> list[str]:
    return [shown(one) for one in excerpts(text, spans(text, *words), width=width, most=most)]


def plain(excerpt: Excerpt) -> str:
    return "".join(piece.text for piece in excerpt.pieces)


def test_a_short_text_is_shown_whole() -> None:
    assert all_shown("Two drones hit the depot.", "drones") == ["Two *drones* hit the depot."]


def test_without_mentions_nothing_is_shown() -> None:
    assert excerpts("Nothing here.", []) == ()
    assert excerpts("", []) == ()
    assert excerpts("Empty spans mark nothing.", [(3, 3)]) == ()


def test_white_space_is_folded_also_at_the_edges_of_a_mark() -> None:
    text = "  One\r\n\r\n\tsuicide \n drone \u3000 came.\n"
    assert all_shown(text, "suicide \n drone") == ["One *suicide drone* came."]
    assert all_shown(text, "\tsuicide \n drone ") == ["One *suicide drone *came."]


def test_spans_that_overlap_or_touch_are_marked_as_one() -> None:
    text = "北韓無人機來了"
    (excerpt,) = excerpts(text, [(2, 5), (0, 2), (1, 4)])
    assert shown(excerpt) == "*北韓無人機*來了"


SENTENCES = "Nothing happened on this long and quiet day in the capital of the country. "


def test_a_passage_begins_and_ends_with_a_sentence() -> None:
    text = SENTENCES * 3 + "Then Lt. Kim saw drones over Seoul. " + SENTENCES * 3
    (excerpt,) = all_shown(text, "drones", width=120)
    middle = "Then Lt. Kim saw *drones* over Seoul. "
    assert excerpt == f"… {middle}{SENTENCES}…"


def test_a_passage_begins_and_ends_with_a_line() -> None:
    line = "a heading without a full stop at its end that goes on for a while\n"
    text = line * 4 + "and drones are named in this one among the many others here\n" + line * 4
    (excerpt,) = all_shown(text, "drones", width=120)
    assert excerpt.startswith(("… a heading", "… and drones"))
    assert excerpt.endswith((" for a while …", "others here …"))


def test_a_passage_is_else_cut_between_words() -> None:
    text = "word and another " * 40 + "drones " + "word and another " * 40
    (excerpt,) = all_shown(text, "drones")
    words = excerpt.removeprefix("… ").removesuffix(" …").replace("*", "").split(" ")
    assert set(words) == {"word", "and", "another", "drones"}
    assert 180 <= len(excerpt) <= 300


@pytest.mark.parametrize(
    ("filler", "word"),
    [
        ("합동참모본부는북한이추가로생산해러시아에보낼준비를하고있다고밝혔다", "자폭드론"),
        ("韓國聯合參謀本部表示北韓正準備向俄羅斯提供更多並可能派遣更多部隊前往", "無人機"),
        ("กองทัพเกาหลีใต้กล่าวว่าเกาหลีเหนือกำลังเตรียมส่งเพิ่มเติมไปยังรัสเซีย", "โดรน"),
        ("e\u0301a\u0308" * 40, "drone"),
        ("👩‍👩‍👧🇰🇷" * 20, "🚀"),
    ],
)
def test_scripts_without_spaces_are_cut_between_graphemes(filler: str, word: str) -> None:
    text = filler * 10 + word + filler * 10
    (excerpt,) = excerpts(text, spans(text, word))
    assert 150 <= len(plain(excerpt)) <= 310
    start = text.index(plain(excerpt))
    edges = {match.start() for match in regex.finditer(r"\X", text)}
    assert {start, start + len(plain(excerpt))} <= edges


def test_a_sentence_in_chinese_ends_without_a_space() -> None:
    sentence = "今天首都沒有發生任何值得報導的事情大家都照常上班上學。"
    text = sentence * 5 + "隨後無人機出現在首爾上空。" + sentence * 5
    (excerpt,) = all_shown(text, "無人機", width=60)
    assert excerpt.startswith(("… 隨後*無人機*", "… 今天"))
    assert excerpt.endswith("。 …")


def test_an_arabic_text_is_cut_at_its_question_mark() -> None:
    filler = "لم يحدث شيء في هذا اليوم الطويل الهادئ في عاصمة البلاد؟ "
    text = filler * 5 + "ثم ظهرت المسيّرة فوق المدينة. " + filler * 5
    (excerpt,) = all_shown(text, "المسيّرة", width=120)
    assert excerpt.removeprefix("… ").startswith(("ثم ظهرت", "لم يحدث"))
    assert excerpt.removesuffix(" …").endswith(("؟", "."))


def test_the_most_different_mentions_come_first_then_the_most_then_the_earliest() -> None:
    far = SENTENCES * 5
    text = (
        f"{far}One drone. {far}A drone, a drone and a drone. {far}A drone with an ICBM. {far}"
        f"One last drone. {far}"
    )
    first, second, third, fourth = all_shown(text, "drone", "ICBM", width=80, most=4)
    assert "*drone* with an *ICBM*" in first
    assert "A *drone*, a *drone* and a *drone*" in second
    assert "One *drone*" in third
    assert "One last *drone*" in fourth


def test_what_no_passage_shows_yet_goes_before_what_is_said_again() -> None:
    far = SENTENCES * 5
    text = f"{far}drone drone drone {far}drone drone {far}ICBM {far}"
    first, second, _ = all_shown(text, "drone", "ICBM", width=80)
    assert first.count("*drone*") == 3
    assert "*ICBM*" in second


def test_one_mention_in_other_capitals_is_no_other_mention() -> None:
    far = SENTENCES * 5
    text = f"{far}Drone drone {far}drone ICBM {far}drone DRONE Drone {far}"
    first, second = all_shown(text, "drone", "Drone", "DRONE", "ICBM", width=80, most=2)
    assert "*ICBM*" in first
    assert "*drone* *DRONE* *Drone*" in second


def test_of_one_endless_mention_only_so_much_is_marked() -> None:
    text = "before " + "endless " * 1_000 + "after"
    (excerpt,) = excerpts(text, [(7, len(text) - 6)], width=100, most=1)
    (marked,) = (piece.text for piece in excerpt.pieces if piece.is_marked)
    assert 80 <= len(marked) <= 120
    assert marked.endswith("endless")
    assert excerpt.has_after


def test_an_endless_cluster_is_cut_all_the_same() -> None:
    text = "a" + "\u0301" * 100_000 + " drone"
    (excerpt,) = excerpts(text, spans(text, "drone"))
    assert len(plain(excerpt)) < 400
    (excerpt,) = excerpts(text, [(0, len(text))], most=1)
    assert len(plain(excerpt)) < 400


def test_a_mention_at_the_edge_of_a_passage_is_marked_whole_or_not_shown() -> None:
    long = "a mention of many words, longer than the reach"
    text = f"{long} - " * 8 + "drone ICBM drone - " + f"{long} - " * 8
    found = excerpts(text, spans(text, long, "drone", "ICBM"), width=100)
    assert len(found) == 3
    for excerpt in found:
        for piece in excerpt.pieces:
            assert piece.text in (
                {long, "drone", "ICBM"} if piece.is_marked else {" - ", " ", " -", "- "}
            )


def test_a_hundred_thousand_mentions_in_a_book_take_no_time() -> None:
    text = "abc drone foo " * 100_000
    found = spans(text, "drone")
    assert len(excerpts(text, found)) == 3


TEXTS = st.lists(
    st.sampled_from(
        [
            *(
                "drone",
                "자폭 드론",
                "無人機",
                "a",
                "é",
                "e\u0301",
                "👩‍👩‍👧",
                "كلمة",
                "word",
                "U.N.",
            ),
            *(" ", "  ", "\n", "\n\n", ". ", "。", "! ", "?", "\u3000", "-"),
        ]
    ),
    max_size=120,
).map("".join)


@settings(deadline=None)
@given(st.data(), TEXTS, st.integers(10, 80), st.integers(1, 4))
def test_passages_quote_the_text_and_mark_the_spans(
    data: st.DataObject, text: str, width: int, most: int
) -> None:
    words = [match.span() for match in regex.finditer(r"\w(?:\X\w)?\X?", text)]
    clusters = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    words = [one for one in words if set(one) <= clusters and text[slice(*one)].strip()]
    words = [one for one in words if text[slice(*one)] == text[slice(*one)].strip()]
    assume(words)
    chosen = data.draw(st.lists(st.sampled_from(words), min_size=1))
    folded = re.sub(r"\s+", " ", text)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(set(chosen)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    found = excerpts(text, chosen, width=width, most=most)
    assert 1 <= len(found) <= most
    marked = [piece.text for one in found for piece in one.pieces if piece.is_marked]
    known = [re.sub(r"\s+", " ", text[slice(*one)]) for one in merged]
    for words_marked in marked:
        assert words_marked in known or (
            len(words_marked) >= width // 2 and any(one.startswith(words_marked) for one in known)
        )
    for one in found:
        quoted = plain(one)
        assert quoted in folded
        assert quoted == quoted.strip()
        assert len(quoted) <= width * 2 + 40
        assert any(piece.is_marked for piece in one.pieces)
        assert all(piece.text for piece in one.pieces)
        assert one.has_before or folded.lstrip().startswith(quoted)
        assert one.has_after or folded.rstrip().endswith(quoted)
        pieces = regex.findall(r"\X", folded)
        starts = [sum(map(len, pieces[:count])) for count in range(len(pieces) + 1)]
        assert any(
            folded.startswith(quoted, start) and start + len(quoted) in starts for start in starts
        )
