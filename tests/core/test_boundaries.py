"""Where sentences and paragraphs end, in many languages; and what must hold of any text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.core.words.boundaries import paragraph_ends, sentence_ends

# A bar stands where a sentence ends.
MARKED = [
    # a stop, white space, another sentence
    "Two drones hit.| One fell.|",
    "Did they?| They did!| So they say…| Nobody knows.|",
    "What?!| No.| Yes!!!| Sure.|",
    "The last has no stop.| Like this|",
    "No stop at all|",
    "",
    # a line break goes on, a blank line ends
    "Wrapped\ntext goes\r\non.| Next.|",
    "A headline without a stop|\n\nIts text.|",
    "A headline|\r\n\r\nIts text|\u2029Another|\n \t\nLast|",
    "A subject,|\n\nthen small letters|",
    "It went to Acme Inc.|\n\nKim left.|",
    # what closes behind a stop belongs to it
    "“We will strike.”| He left.|",
    'He said: "Go."| Then he went.|',
    "(They fled.)| Nobody stayed.|",
    "[It burned.]| He saw it.|",
    "„Wir gehen.“| Er ging.|",
    "«Мы уходим.»| Он ушёл.|",
    # what follows in small letters goes on
    "“Stop!” he said.| “Now?” she asked.|",
    "he said... nothing.| Then left.|",
    "He paused… and left.| It rained.|",
    "He paused . . . and left.| It rained.|",
    "Well...| Nothing came.|",
    "— Стой! — крикнул он.| — Нет.|",
    "Yahoo! said so.| Google did not.|",
    # abbreviations
    "Lt. Gen. Kim spoke.| He left.|",
    "They met in St. Petersburg.| It snowed.|",
    "ST. PETERSBURG burned.| GEN. KIM fled.|",
    "The U.S. Army left.| It was late.|",
    "He left the U.S.| The army stayed.|",
    "A U.S.-led force came.| It won.|",
    "Mr. X and Mrs. Y met Dr. No.| They talked.|",
    "See No. 5 and Nos. 6 to 8.| Read them.|",
    "He said no.| Then he left.|",
    "Fruit, e.g. Apples, i.e. Food.| He ate.|",
    "Acme Corp. Chairman Lee sold Foo Inc.| The price fell.|",
    "On Jan. 5 it fell.| In Sept. 2024 it rose.|",
    "J. K. Rowling met J.R.R. Tolkien.| They wrote.|",
    "The jet, cf. Annex B, left.| It flew.|",
    "Kim Jong Un.| South Korea.|",
    "It was war.| Iran lost.|",
    "They tested an ICBM.| Iran saw it.|",
    "Smith et al. Nature 5.| Others.|",
    # numbers
    "It cost 3.5 million, 1.000 won.| More.|",
    "It rose to 12.| Rescue goes on.|",
    "In 2024.| Later.|",
    "See example.org.| It is there.|",
    "At 192.168.0.1 stood v1.2.| Done.|",
    # German
    "Am 3. Oktober kam Dr. Müller, z. B. Mit Frau.| Er ging.|",
    "Das sind z.B. Raketen bzw. Drohnen.| Sie flogen.|",
    "Es waren 5 Mio. Euro.| Das ist viel.|",
    # Russian, Ukrainian
    "Это г. Москва, ул. Ленина.| Там дом.|",
    "Ракеты, дроны и т.д. летели.| Они упали.|",
    "А. С. Пушкин и ген. Иванов им. Жукова.| Они здесь.|",
    "Это 5 млн. Рублей мало.| Он прав.|",
    "Був на вул. Хрещатик.| Він пішов.|",
    # Polish, French, Spanish
    "Był na ul. Długiej z prof. Nowakiem.| Wyszedł.|",
    "M. Macron a vu Mme. Dupont.| Elle part.|",
    "Habló la Sra. López.| ¿Cuándo?| ¡Hoy!|",
    # Greek asks with a semicolon
    "Τι είναι;| Δεν ξέρω.|",
    # Arabic, Persian, Urdu, Hebrew
    "وصل د. محمد.| ماذا قال؟| لا شيء.|",
    "یہ خبر ہے۔| وہ گیا۔|",
    "הוא הלך.| למה?| כי.|",
    # Devanagari, Armenian, Georgian, Amharic
    "वह गया।| क्या हुआ?| डॉ. सिंह आए।|",
    "Նա գնաց։| Ես մնացի։|",
    "ის წავიდა.| ის დარჩა.|",
    "ሄደ።| መጣ።|",
    # Han, kana, Hangul, Thai, Burmese
    "北京发射。|东京抗议！|为什么？|不知道|",
    "「撃て。」|彼は言った。|",
    "「発射した。」と述べた。|終わり｡|次|",
    "3.5億円だ。|高い。|",
    "“我们反击。”|他说。|",
    "그는 말했다.| 5월 3일.| 끝났다.|",
    "พ.ศ. 2567 มีสงคราม ม.ค. นี้|",
    "သွားသည်။| လာသည်။|",
    # invisible signs change nothing
    "وصل د\u200f. محمد.|",
    "\u200fالجملة.\u200f| أخرى.|",
]


@pytest.mark.parametrize("marked", MARKED)
def test_a_text_is_cut_into_its_sentences(marked: str) -> None:
    text = marked.replace("|", "")
    ends = [0, *sentence_ends(text)]
    cut = [text[start:end] for start, end in pairwise(ends)]
    assert "".join(f"{sentence}|" for sentence in cut) + text[ends[-1] :] == marked


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("", []),
        (" \n\n ", []),
        ("One", [3]),
        ("One\ntwo\r\nthree\rfour\u2028five", [24]),
        ("One\n\ntwo", [3, 8]),
        ("One\r\n\r\ntwo\n", [3, 10]),
        ("One\r\rtwo", [3, 8]),
        ("One \n \t\u3000\n\n\n two  ", [3, 15]),
        ("\n\nOne", [5]),
        ("One\u2029two\u2029", [3, 7]),
        ("One\n\u200b\ntwo\u200b", [3, 9]),
        ("One\u2028\u2028two", [3, 8]),
        ("One\x0b\x0ctwo", [3, 8]),
    ],
)
def test_a_blank_line_ends_a_paragraph(text: str, ends: list[int]) -> None:
    assert paragraph_ends(text) == ends


SIGNS = [
    *"aZя中한แ1.!?…。！？؟।։۔;,\"'“”«»()「」- \n\r\u2029\u200b\u0301\u2028",
    "Mr",
    "U.S.",
    "\r\n",
]


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join) | st.text())
def test_boundaries_are_sorted_and_stand_behind_something_visible(text: str) -> None:
    sentences, paragraphs = sentence_ends(text), paragraph_ends(text)
    for ends in (sentences, paragraphs):
        assert ends == sorted(set(ends))
        assert all(not text[end - 1].isspace() and 0 < end <= len(text) for end in ends)
    assert set(paragraphs) <= set(sentences)


@given(
    st.lists(st.sampled_from(SIGNS), max_size=30).map("".join), st.sampled_from(["\n\n", "\u2029"])
)
def test_sentences_of_a_paragraph_are_the_same_whatever_stands_before_it(
    text: str, parting: str
) -> None:
    before = f"Title{parting}"
    assert sentence_ends(before + text)[1:] == [len(before) + end for end in sentence_ends(text)]


@pytest.mark.parametrize(
    "piece",
    [
        ".",
        "a",
        ". ",
        ".)",
        ". a",
        ". A",
        "\n",
        "\n\n",
        "。",
        ".(",
        ". (",
        '"',
        "1. ",
        ".\u200b",
        "α; ",
    ],
)
def test_an_endless_text_of_anything_comes_to_its_end(piece: str) -> None:
    # Whatever looked back or ahead without bound at each sign would not come to an end here.
    text = piece * (200_000 // len(piece)) + "End. Last"
    assert sentence_ends(text)[-1] == len(text)
    assert paragraph_ends(text)[-1] == len(text)
