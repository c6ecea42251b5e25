import pytest

from watch.ingest.article.teasers import is_teaser, without_ending


@pytest.mark.parametrize(
    "text",
    [
        "Three trains crossed the bridge ...",
        "Three trains crossed the bridge…",
        "Three trains crossed… ",
        "“Three trains crossed …”",
        "Three trains […]",
        "Three trains (...)",
        "Three trains [...]\n\nThe post Three trains appeared first on Harbour Wire.",
        "Three trains.\n\nRead more",
        "Three trains. Read more »",
        "Three trains. [Read More]",
        "Three trains.\nCONTINUE READING THREE TRAINS →",
        "Three trains.\n\nRead the full story\n\nFiled under: World",
        "Drei Züge. Weiterlesen",
        "Trois trains. Lire la suite",
        "Tres trenes. Leer más >",
        "Três trens. Leia mais",
        "Tre treni. Continua a leggere",
        "Drie treinen. Lees verder",
        "Tre tåg. Läs mer",
        "Trzy pociągi. Czytaj więcej",
        "Три поезда. Читать далее",
        "Три потяги. Читати далі",
        "Üç tren. Devamını oku",
        "ثلاثة قطارات. اقرأ المزيد",
        "سه قطار. ادامه مطلب",
        "שלוש רכבות. קרא עוד",
        "열차 세 대. 더보기",
        "三本の列車。 続きを読む",
        "三列火车。 阅读全文",
        "รถไฟสามขบวน อ่านต่อ",
        "Ba chuyến tàu. Xem thêm",
    ],
)
def test_a_text_that_breaks_off_or_sends_elsewhere_is_a_teaser(text: str) -> None:
    assert is_teaser(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Three trains crossed the bridge.",
        "He waited … and went.\n\nThree trains crossed the bridge.",
        "He could read more than I.",
        "Read online only by a few, it was soon forgotten.",
        "Read more\n\nOne.\n\nTwo.\n\nThree.",
        f"Read more {'and more ' * 30}than anybody.",
        "열차 세 대가 다리를 건넜다.",
        "Version 1.0..2",
    ],
)
def test_a_text_that_ends_is_none(text: str) -> None:
    assert not is_teaser(text)


@pytest.mark.parametrize(
    ("paragraph", "rest"),
    [
        ("Three trains crossed.", "Three trains crossed."),
        ("Three trains crossed ...", "Three trains crossed"),
        ("Three trains […]", "Three trains"),
        ("Three trains… Read more »", "Three trains"),
        ("Three trains. Weiterlesen", "Three trains."),
        ("Read more about three trains", ""),
        ("Continue reading Three trains →", ""),
        ("", ""),
        (f"{'long ' * 100}end …", f"{'long ' * 100}end"),
    ],
)
def test_an_ending_can_be_taken_off(paragraph: str, rest: str) -> None:
    assert without_ending(paragraph) == rest


@pytest.mark.parametrize(
    ("text", "breaks_off"),
    [
        (" " * 1_000_000, False),
        ("." * 1_000_000, True),
        ("[ " * 500_000, False),
        ("… " * 500_000, True),
    ],
)
def test_no_text_takes_long(text: str, *, breaks_off: bool) -> None:
    assert is_teaser(text) == breaks_off
    assert text.startswith(without_ending(text))
