"""Which documents are one story; every text here is made up."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, product
from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_document
from tests.core.texts import DASHES, INVISIBLE, MARKS, POOLS, SIGNS, SPACES
from watch.core import story
from watch.core.story import MARKS as MOST_MARKS
from watch.core.story import SKETCH_SIZE, Sketch, is_same_story, marks_of, sketch_of
from watch.core.words.distance import WordPlaces
from watch.core.words.segment import words

LEAD = (
    "The port of Veldhaven closed on Monday after a freighter carrying 1,200 tonnes of "
    "fertiliser lost power and drifted onto the breakwater, the harbour master said."
)
BODY = (
    (
        "Two tugs held the ship against the current for six hours while divers looked for cracks "
        "below her waterline. None of the 23 sailors was hurt."
    ),
    (
        "The vessel, built in 1998 and sailing under a flag of convenience, had been detained "
        "twice for faults in her steering gear, inspection records show. Her owner did not "
        "answer questions."
    ),
    (
        "Officials fear that a westerly gale forecast for Thursday may push her further onto the "
        "rocks before the cargo can be taken off, and have asked two neighbouring ports for "
        "barges."
    ),
    (
        "Fishermen blocked the access road in the evening, demanding to know why the ship had "
        "been let into the bay at all. Police counted about 300 of them; no arrests were made."
    ),
)
ARTICLE = "\n\n".join((LEAD, *BODY))
OTHER_REPORT = (
    "A cargo ship laden with fertiliser ran aground outside Veldhaven harbour early this week, "
    "and traffic in and out of the port came to a standstill. Salvage crews were working through "
    "the night to keep the hull from breaking, according to the coast guard. The accident is the "
    "third in the narrow approach since 2019. Environmental groups called for an inquiry into "
    "how ageing freighters with a record of failed inspections are allowed to enter the bay. The "
    "crew of 23 stayed on board on Monday to man the pumps, while barges were on their way from "
    "neighbouring ports to lighten the vessel of its 1,200 tonnes."
)
FOOTER = (
    "This bulletin is compiled from notices of the regional authorities and is provided for "
    "information only. No part of it may be sold or published without written consent. The "
    "editors take no responsibility for errors, delays or omissions, or for anything done in "
    "reliance on it. Readers who wish to correct a notice should write to the registry, naming "
    "the notice and its date. Subscriptions can be changed or ended at any time on the page of "
    "the service, where the archive of all earlier bulletins is kept as well, sorted by region "
    "and by subject."
)
KOREAN = (
    "서해의 작은 항구 벨하벤이 월요일 화물선 좌초로 폐쇄되었다고 항만 당국이 밝혔다. 비료 "
    "1,200톤을 실은 이 배는 동력을 잃고 방파제 쪽으로 떠밀려 갔다. 예인선 두 척이 여섯 시간 동안 "
    "배를 붙잡고 있는 사이 잠수사들이 선체의 균열을 살폈다. 선원 23명 가운데 다친 사람은 없었다. "
    "이 배는 1998년에 건조되어 조타 장치 결함으로 두 차례 억류된 적이 있다고 검사 기록은 전한다. "
    "선주는 질문에 답하지 않았다. 당국은 강한 서풍이 불기 전에 짐을 모두 내리려 한다."
)
CHINESE = (
    "韦尔港港务局星期一表示，一艘载有1200吨化肥的货轮失去动力后漂上防波堤，港口已经关闭。两艘拖船"
    "在六个小时内顶住水流，潜水员检查船体水线以下是否有裂缝。船上23名船员无人受伤。检查记录显示，"
    "该船建于1998年，曾因舵机故障两次被扣留。"
)
ARABIC = (
    "أعلنت سلطات ميناء فيلدهافن يوم الاثنين إغلاق الميناء بعد أن فقدت سفينة شحن تحمل ١٢٠٠ طن من "
    "الأسمدة قوتها وانجرفت نحو حاجز الأمواج. وأمسكت قاطرتان بالسفينة ست ساعات بينما بحث الغواصون "
    "عن شقوق تحت خط الماء. ولم يصب أحد من البحارة البالغ عددهم ٢٣ بحارا. وتظهر سجلات التفتيش أن "
    "السفينة بنيت عام ١٩٩٨ واحتجزت مرتين بسبب أعطال في جهاز التوجيه."
)
RUSSIAN = (
    "Порт Велдхавен закрыт в понедельник после того, как сухогруз с 1200 тоннами удобрений "
    "потерял ход и был вынесен на волнолом, сообщил капитан порта. Два буксира шесть часов "
    "удерживали судно против течения, пока водолазы искали трещины ниже ватерлинии. Никто из 23 "
    "моряков не пострадал. Судно построено в 1998 году и дважды задерживалось из-за "
    "неисправностей рулевого устройства, следует из записей инспекции. Владелец на вопросы не "
    "ответил."
)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (to repeat, not to keep secret)


def sketch(text: str, title: str = "") -> Sketch:
    return sketch_of(a_document(text, title=title))


def is_one(first: str, other: str) -> bool:
    one, two = sketch(first), sketch(other)
    answer = is_same_story(one, two)
    assert is_same_story(two, one) is answer
    if answer:
        assert set(marks_of(one)) & set(marks_of(two))
    return answer


def exact_likeness(first: str, other: str) -> float:
    """Return the similarity of two texts of plain words, counted out."""
    one, two = (
        {tuple(found[at : at + 4]) for at in range(len(found) - 3)}
        for found in (first.split(), other.split())
    )
    return len(one & two) / len(one | two)


# What is one story


@pytest.mark.parametrize(
    "reprint",
    [
        f"VELDHAVEN, March 3 (Coastal Wire) - {ARTICLE}",
        f"Freighter on the rocks\n\n{ARTICLE}\n\nReporting by A. Sailor; editing by B. Mate",
        "\n\n".join((LEAD, *BODY[:-1])),
        "\n\n".join(BODY),
        ARTICLE.replace("Two tugs held", "Three tugs held").replace("23 sailors", "24 sailors"),
        ARTICLE.replace("six hours", "seven hours").replace("did not answer", "declined to answer"),
        f"Correction: an earlier version gave another name of the port.\n\n{ARTICLE}",
        f"{ARTICLE}\n\n{FOOTER}",
        ARTICLE.upper(),
        ARTICLE.replace("\n\n", " ").replace(", ", " – "),
        ARTICLE.translate({code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}),
    ],
    ids=[
        "a dateline",
        "a headline and a credit",
        "the end cut",
        "the lead cut",
        "a correction",
        "two corrections",
        "a note above",
        "a footer",
        "capitals",
        "other signs",
        "full width",
    ],
)
def test_a_reprint_is_the_same_story(reprint: str) -> None:
    assert is_one(ARTICLE, reprint)


@pytest.mark.parametrize(
    ("text", "reprint"),
    [
        (KOREAN, "[벨하벤=연합] " + KOREAN.replace("두 척이", "세 척이")),
        (CHINESE, "【本报讯】" + CHINESE.replace("两艘拖船", "三艘拖船").replace("无人", "没有人")),
        (ARABIC, "فيلدهافن (وكالات) - " + ARABIC.replace("١٢٠٠", "1200").replace("أ", "ا")),
        (RUSSIAN, "ВЕЛДХАВЕН, 3 марта. " + RUSSIAN.replace("Два буксира", "Три буксира")),
    ],
    ids=["Korean", "Chinese", "Arabic", "Russian"],
)
def test_a_reprint_in_any_script_is_the_same_story(text: str, reprint: str) -> None:
    assert is_one(text, reprint)


def test_texts_of_different_languages_are_no_story() -> None:
    texts = (ARTICLE, KOREAN, CHINESE, ARABIC, RUSSIAN, FOOTER)
    assert not any(is_one(one, two) for one in texts for two in texts if one is not two)


def test_two_reports_on_one_event_are_two_stories() -> None:
    assert not is_one(ARTICLE, OTHER_REPORT)


def a_loss_report(figures: Sequence[int], day: str) -> str:
    kinds = (
        "tanks and heavy infantry fighting vehicles of all makes, burnt out or left behind",
        "artillery systems and mortars of every calibre, counted together since the spring",
        "drones of the operational and tactical level, most of them shot down at night",
        "trucks and tankers on the supply roads behind the front and in the depots",
        "pieces of special equipment such as cranes, radars and bridges on wheels",
    )
    losses = ". ".join(f"{figure} {kind}" for figure, kind in zip(figures, kinds, strict=True))
    return f"The general staff gave the enemy's losses on {day} as follows. {losses}."


def test_two_days_of_a_loss_report_are_two_stories() -> None:
    sunday = a_loss_report((11385, 34720, 101452, 42870, 3931), "Sunday")
    monday = a_loss_report((11391, 34763, 101688, 42988, 3932), "Monday")

    one, two = sketch(sunday), sketch(monday)
    assert 0.5 <= story._likeness(one, two) <= 0.56
    assert not is_one(sunday, monday)
    assert is_same_story(one, replace(two, numbers=one.numbers))
    assert is_one(sunday, sunday.replace("gave", "put").replace("11385", "11386"))


def test_numbers_count_by_the_text_that_has_fewer() -> None:
    without = ARTICLE
    for number in ("1,200", "23", "1998", "300", "Monday", "Thursday"):
        without = without.replace(number, "some")
    assert sketch(without).numbers == frozenset()
    assert is_one(ARTICLE, without)
    assert is_one(without, without.replace("Two tugs", "Three tugs"))

    two, half, none = (without.replace("some", number) for number in ("7 8", "8 9", "5 6"))
    assert is_one(two, half)
    assert not is_one(two, none)


def test_what_a_source_puts_under_all_its_texts_makes_no_story() -> None:
    random = seeded(6)
    one, two = (f"{a_text(random, 15)}. {FOOTER}" for _ in range(2))
    assert story._likeness(sketch(one), sketch(two)) > 0.7
    assert not is_one(one, two)


def test_an_opening_is_looked_for_only_as_far_as_a_long_text_keeps_its_shingles() -> None:
    random = seeded(1)
    long = a_text(random, 9_000)
    assert is_one(long, " ".join((a_text(random, 40), long)))
    one, two = (" ".join((a_text(random, 200), a_text(seeded(2), 1_000))) for _ in range(2))
    assert story._likeness(sketch(one), sketch(two)) > 0.6
    assert not is_one(one, two)


def test_under_thirty_words_only_equal_wording_is_one_story() -> None:
    short = "Storm warning for the western coast lifted, harbours open again on Tuesday at noon"
    assert is_one(short, short.upper().replace(",", " —"))
    assert not is_one(short, f"{short} sharp")

    words_29 = " ".join(map(str, range(29)))
    assert not is_one(words_29, f"{words_29} 29")
    assert is_one(f"{words_29} 29", f"{words_29} 29 30")


def test_a_document_without_text_goes_by_its_title() -> None:
    assert sketch(" — ", "Port closed") == sketch("Port closed") == sketch("port  closed!")
    assert sketch("Port closed", "one") == sketch("Port closed", "another")


def test_documents_without_any_word_are_no_story() -> None:
    empty = sketch("", " … ")
    assert empty.words == 0
    assert not is_same_story(empty, empty)
    assert marks_of(empty) == ()


# What is a word, a number


@given(
    st.lists(
        st.sampled_from(
            [word for word in chain(*POOLS) if not "가" <= word[0] <= "힣"]
            + [*SIGNS, *SPACES, *DASHES, *INVISIBLE, *MARKS]
            + ["'s", "'", ".", ". ", "U.N.", "U.N. ", "㍿", "½", "ｶﾞ", "กำ", "م.", "\ud800"]
        ),
        max_size=12,
    ).map("".join)
)
def test_words_are_those_of_the_matcher(text: str) -> None:
    found = words(text)
    expected = [word.folded for word in found if word.folded]
    assert story._wording(text).folded.split() == expected
    assert sketch(text).words == len(found) == WordPlaces(text).between(0, len(text))


@pytest.mark.parametrize(
    "text", ["자폭드론이 서울 上空에 drone을", "한국 한국형드론", "한국(韓國)은"]
)
def test_a_korean_word_is_what_spaces_part(text: str) -> None:
    assert sketch(text).words == WordPlaces(text).between(0, len(text))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("On May 5, 1,200 may march; T-72s, ３５ mm", "may 5 1 200 72 35"),
        ("5 March, the march of 12 men to Mars", "5 march 12"),
        ("le 8 mars et le 1er août 2024, lundi", "8 mars 1 aout 2024 lundi"),
        ("dia 3 de março de 2024, em março de 2025; Marco, 3", "3 marco 2024 2025"),
        ("dismay 5", "5"),
        (f"{10**19} {10**20}", f"{10**19}"),
        ("Dienstag, den 4. März", "dienstag 4 marz"),
        ("3 de enero, miércoles", "3 enero miercoles"),
        ("mercoledì 9 luglio", "mercoledi 9 luglio"),
        ("в среду, 3 января", "среду 3 января"),
        ("у п'ятницю 7 жовтня", "ятницю 7 жовтня"),
        ("w środę, 2 września", "srode 2 wrzesnia"),
        ("الأربعاء ٣ يناير", "الاربعاء 3 يناير"),
        ("سه‌شنبه ۴ خرداد", "سهشنبه 4 خرداد"),
        ("ביום שלישי, 5 במרץ", "שלישי 5 במרץ"),
        ("3월 5일 월요일에는", "3 5 월요일에는"),
        ("5月3日月曜日", "5 3 月曜"),
        ("星期三，十二月3日，周五", "星期三 十二月 3 周五"),
        ("第二三四", ""),
    ],
)
def test_numbers_are_digits_and_names_of_months_and_days(text: str, numbers: str) -> None:
    assert sketch(text).numbers == frozenset(numbers.split())


def test_what_is_beyond_the_first_twenty_thousand_words_does_not_count() -> None:
    begin = "word " * 20_000
    assert sketch(begin + "more").digest == sketch(begin + "other").digest
    assert sketch("x" * 150_000 + "more") == sketch("x" * 150_000)
    assert sketch("a1" * 75_000).words == 20_000


# The sketch


VOCABULARY = tuple(map("".join, product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeiou")))


def a_text(random: Random, length: int) -> str:
    return " ".join(random.choices(VOCABULARY, k=length))


def a_pair(random: Random, length: int, share: float) -> tuple[str, str]:
    """Return two texts of which about so much is the same."""
    common, own = a_text(random, round(length * share)), round(length * (1 - share))
    return (f"{common} {a_text(random, own)}", f"{common} {a_text(random, own)}")


def test_the_estimate_is_near_the_exact_similarity() -> None:
    random = seeded(20)
    errors = []
    for _ in range(150):
        first, other = a_pair(random, 800, random.uniform(0.55, 0.8))
        estimate = story._likeness(sketch(first), sketch(other))
        errors.append(estimate - exact_likeness(first, other))

    assert max(map(abs, errors)) < 4 * 0.031
    assert abs(sum(errors) / len(errors)) < 0.01
    assert sqrt(sum(error**2 for error in errors) / len(errors)) < 0.034


@given(st.integers(0, 2**32), st.integers(30, 250), st.floats(0, 1))
def test_the_similarity_of_short_texts_is_exact(seed: int, length: int, share: float) -> None:
    first, other = a_pair(seeded(seed), length, share)
    one, two = sketch(first), sketch(other)
    assert story._likeness(one, two) == story._likeness(two, one) == exact_likeness(first, other)


@given(st.integers(0, 2**32), st.integers(30, 900), st.floats(0.4, 1))
def test_a_look_at_what_is_shared_tells_no_other_than_the_similarity(
    seed: int, length: int, share: float
) -> None:
    first, other = map(sketch, a_pair(seeded(seed), length, share))
    assert story._are_alike(first, other) == (story._likeness(first, other) >= 0.5)


def test_the_similarity_of_a_short_and_a_long_text_is_estimated() -> None:
    random = seeded(3)
    short = a_text(random, 240)
    for extra in (60, 120, 240):
        long = f"{short} {a_text(random, extra)}"
        estimate = story._likeness(sketch(short), sketch(long))
        assert abs(estimate - exact_likeness(short, long)) < 4 * 0.031


def test_two_of_a_story_share_a_mark() -> None:
    random = seeded(7)
    pairs = 0
    while pairs < 2_000:
        first, other = a_pair(random, 60, 0.72)
        if exact_likeness(first, other) >= 0.5:
            pairs += 1
            one, two = marks_of(sketch(first)), marks_of(sketch(other))
            assert not set(one).isdisjoint(two)
            assert len(one) == len(two) == MOST_MARKS


def test_marks_of_different_texts_are_different() -> None:
    random = seeded(8)
    marks = [mark for _ in range(200) for mark in marks_of(sketch(a_text(random, 60)))]
    assert len(set(marks)) == len(marks)


def test_a_short_text_is_found_by_its_digest() -> None:
    short = sketch("Port closed")
    assert marks_of(short) == (short.digest,)
    assert short.shingles == ()


def test_order_tells_in_a_shingle() -> None:
    hashes = {
        sketch(" ".join(order)).shingles for order in ("abcd", "bacd", "dcba", "aabb", "aaaa")
    }
    assert len(hashes) == 5


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_a_sketch_is_the_same_after_packing(text: str) -> None:
    one = sketch(text)
    assert Sketch.unpacked(one.packed()) == one


def test_the_hashes_of_a_long_text_are_the_smallest_and_fit_a_signed_integer() -> None:
    one = sketch(a_text(seeded(4), 1_000))
    assert len(one.shingles) == SKETCH_SIZE
    assert list(one.shingles) == sorted(set(one.shingles))
    assert set(one.opening) - set(one.shingles)
    assert 0 <= one.shingles[0] <= one.shingles[-1] < 2**63 * 0.4
    assert len(one.opening) == 27
    assert Sketch.unpacked(one.packed()) == one


def test_a_text_that_repeats_itself_keeps_all_its_different_shingles() -> None:
    once = a_text(seeded(5), 200)
    assert len(sketch(once).shingles) == 197
    assert set(sketch(once).shingles) < set(sketch(" ".join([once] * 20)).shingles)
    assert len(sketch(" ".join([once] * 20)).shingles) == 200


def test_a_sketch_is_the_same_in_another_process() -> None:
    program = (
        "import sys; from tests.builders import a_document; from watch.core.story import sketch_of;"
        "sys.stdout.write(sketch_of(a_document(sys.argv[1])).packed().hex())"
    )
    for text in (ARTICLE, CHINESE):
        done = subprocess.run(
            [sys.executable, "-c", program, text],
            env={**os.environ, "PYTHONHASHSEED": "4321", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == sketch(text).packed().hex()


def test_a_sketch_is_the_same_on_any_machine() -> None:
    one = sketch("The port was closed in May 2024")
    assert (one.digest, one.shingles[0], one.words) == (
        7720123423637338283,
        897328869069110386,
        7,
    )
