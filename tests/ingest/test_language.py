import threading

import pytest

from watch.core.words.languages import primary_language
from watch.ingest.language import (
    LENGTH_LOOKED_AT,
    detect_language,
    guess_language,
    languages_of,
)

SENTENCES = {
    "ar": "قالت الوزارة يوم الجمعة إن سفينتي شحن أوقفتا قرب المضيق وجرى تفتيشهما.",
    "bg": "Кметът отказа да коментира статията, публикувана от местен вестник.",
    "cs": "Ministerstvo v pátek oznámilo, že dvě nákladní lodě byly zastaveny poblíž průlivu.",
    "de": "Die Polizei sucht nach Zeugen des Unfalls auf der Brücke.",
    "el": "Το υπουργείο ανακοίνωσε ότι δύο φορτηγά πλοία σταμάτησαν κοντά στο στενό.",
    "en": "Police are looking for witnesses of the accident on the bridge.",
    "es": "El alcalde no quiso comentar el artículo publicado por un diario local.",
    "fa": "وزارتخانه روز جمعه اعلام کرد که دو کشتی باری در نزدیکی تنگه متوقف شدند.",
    "fi": "Ministeriö kertoi perjantaina, että kaksi rahtilaivaa oli pysäytetty salmen lähellä.",
    "fr": "Le maire n'a pas souhaité commenter l'article publié par un journal local.",
    "he": "המשרד הודיע ביום שישי כי שתי אוניות משא נעצרו ליד המצר ונערך בהן חיפוש.",
    "hi": "मंत्रालय ने शुक्रवार को कहा कि जलडमरूमध्य के पास दो मालवाहक जहाज़ों को रोककर तलाशी ली गई।",
    "hu": "A minisztérium pénteken közölte, hogy két teherhajót megállítottak a szoros közelében.",
    "it": "La polizia cerca testimoni dell'incidente avvenuto sul ponte.",
    "ja": "警察は橋の上の事故の目撃者を探している。",
    "ko": "국방부는 금요일 해협 부근에서 화물선 두 척을 세웠다고 밝혔다.",
    "nl": "De burgemeester wilde niet reageren op het artikel in een plaatselijke krant.",
    "pl": "Burmistrz nie chciał komentować artykułu opublikowanego przez lokalną gazetę.",
    "pt": "O prefeito não quis comentar a reportagem publicada por um jornal local.",
    "ru": "Мэр отказался комментировать статью, опубликованную местной газетой.",
    "sv": "Departementet uppgav i fredags att två lastfartyg hade stoppats nära sundet.",
    "th": "กระทรวงแถลงเมื่อวันศุกร์ว่าเรือบรรทุกสินค้าสองลำถูกหยุดใกล้ช่องแคบ",
    "tr": "Bakanlık cuma günü boğaz yakınında iki yük gemisinin durdurulduğunu açıkladı.",
    "uk": "Мер відмовився коментувати статтю, яку опублікувала місцева газета.",
    "vi": "Cảnh sát đang tìm nhân chứng vụ tai nạn trên cầu vào chiều chủ nhật.",
    "zh": "国防部周五表示，两艘货船在海峡附近被拦截并接受搜查。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_one_sentence_is_enough_in_any_script(language: str) -> None:
    assert detect_language(SENTENCES[language]) == language


@pytest.mark.parametrize("language", SENTENCES)
def test_however_a_sentence_is_cut_it_is_never_judged_wrongly(language: str) -> None:
    sentence = SENTENCES[language]
    cuts = {sentence[start:end] for start in range(0, 40, 4) for end in range(start, 90, 4)}
    assert {detect_language(cut) for cut in cuts} <= {language, None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "12345 67890 12345 67890 12345 67890 12345 67890 12345 67890",
        "Drone strike hits depot",
        "新制裁措施公布",
        "警方正在寻找大桥事故的目击者",
        "Kim Jong Un, Choe Son Hui, Ri Yong Ho, Pak Jong Chon, Kim Yo Jong, Jo Yong Won",
        "AAPL MSFT GOOG AMZN TSLA NVDA META NFLX INTC ORCL CSCO IBM QCOM TXN AVGO",
        "def main(argv): return sum(int(x) for x in argv if x.isdigit()) or None",
        "Mehmet Yılmaz, Ayşe Demir, Mustafa Kaya, Fatma Çelik, Ahmet Şahin, Emine Öztürk",
    ],
)
def test_what_is_too_short_or_no_prose_is_not_judged(text: str) -> None:
    assert detect_language(text) is None


def test_lines_and_capitals_do_not_matter() -> None:
    assert detect_language(SENTENCES["en"].replace(" ", "\n").upper()) == "en"


def test_a_word_in_kana_does_not_hide_another_language() -> None:
    assert detect_language(SENTENCES["en"] + " ソニー " + SENTENCES["en"]) == "en"


def test_only_the_beginning_is_looked_at() -> None:
    beginning = (SENTENCES["de"] + " ") * 40
    assert len(beginning) > LENGTH_LOOKED_AT
    assert detect_language(beginning + SENTENCES["ru"] * 1000) == "de"
    assert detect_language(" " * LENGTH_LOOKED_AT + SENTENCES["ru"]) is None


def test_more_than_the_eighty_characters_of_the_librarys_default_are_looked_at() -> None:
    assert guess_language("x " * 50 + SENTENCES["ko"] * 20).language == "ko"


def test_threads_may_ask_at_the_same_time() -> None:
    found: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(detect_language(SENTENCES["ko"])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["ko"] * 8


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("ko-KR", "ko"),
        ("EN_us", "en"),
        ("zh-Hant-TW", "zh"),
        (" fr ", "fr"),
        ("iw", "he"),
        ("in-ID", "id"),
        ("yue", "yue"),
        ("de-", "de"),
        (None, None),
        ("", None),
        ("c", None),
        ("English", None),
        ("und", None),
        ("x-klingon", None),
        ("i-default", None),
        ("en us", None),
        ("кo", None),
        ("en\n<b>", None),
    ],
)
def test_of_a_tag_the_language_is_kept_and_of_junk_nothing(
    tag: str | None, code: str | None
) -> None:
    assert primary_language(tag) == code


@pytest.mark.parametrize(
    ("text", "declared", "languages"),
    [
        (SENTENCES["pl"], None, ("pl",)),
        (SENTENCES["pl"], "en", ("en",)),  # both are written in Latin letters
        (SENTENCES["uk"], "en", ("en", "uk")),
        (SENTENCES["uk"], "ru", ("ru",)),
        (SENTENCES["ru"] + " HIMARS", "ru", ("ru",)),
        (SENTENCES["ko"], "en", ("en",)),  # its words do not inflect in any language
        ("Zakłady", "uk", ("uk",)),
        ("Zakłady", None, ()),
    ],
)
def test_what_is_declared_comes_first_and_what_the_text_shows_where_it_tells_more(
    text: str, declared: str | None, languages: tuple[str, ...]
) -> None:
    assert languages_of("", text, declared=declared) == languages


@pytest.mark.parametrize("length", [300, 700, 1_200])
@pytest.mark.parametrize(("first", "second"), [("en", "fr"), ("ru", "bg"), ("ko", "ja")])
def test_of_two_languages_one_after_the_other_neither_is_taken_for_its_beginning_alone(
    first: str, second: str, length: int
) -> None:
    mixed = (SENTENCES[first] + " ") * 40
    mixed = mixed[:length] + (SENTENCES[second] + " ") * 40
    assert detect_language(mixed) in {None, second if length < LENGTH_LOOKED_AT / 2 else first}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_long_text_is_judged_as_its_sentences_are(language: str) -> None:
    assert detect_language((SENTENCES[language] + " ") * 30) == language


def test_where_pieces_leave_it_in_doubt_all_of_it_decides() -> None:
    numbers = "12345 " * 40
    assert detect_language(SENTENCES["de"] * 8 + numbers + SENTENCES["de"] * 8) == "de"
    assert detect_language(numbers + SENTENCES["de"] * 15) == "de"
