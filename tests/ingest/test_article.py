import random
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.papers import docx, paragraph, pdf
from watch.errors import NotReadableError
from watch.ingest.article import Article, choose, is_short, parse_article
from watch.ingest.article.choice import MAX_COMPARED, MAX_PARAGRAPHS
from watch.ingest.extract import html_to_text
from watch.ingest.sandbox import Sandbox

PAGES = Path(__file__).parent / "data" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.html"))
SENTENCE = "The cars held suicide drones, forty to a car, under tarpaulins marked as pipes."


def article_of(html: str | bytes, *, content_type: str | None = "text/html") -> Article:
    body = html if isinstance(html, bytes) else html.encode()
    return parse_article(body, url="https://wire.example/a/1", content_type=content_type)


def why_none(html: str | bytes, *, content_type: str | None = "text/html") -> str:
    with pytest.raises(NotReadableError) as caught:
        article_of(html, content_type=content_type)
    return str(caught.value)


def page_and_hopes(name: str) -> tuple[bytes, Mapping[str, Any]]:
    hopes = tomllib.loads((PAGES / f"{name}.toml").read_text("utf-8"))
    return (PAGES / f"{name}.html").read_bytes(), hopes


@pytest.mark.parametrize("name", NAMES)
def test_the_article_is_found_and_nothing_around_it(name: str) -> None:
    body, hopes = page_and_hopes(name)
    content_type = hopes.get("content_type")
    if "error" in hopes:
        assert hopes["error"] in why_none(body, content_type=content_type)
        return
    article = article_of(body, content_type=content_type)
    assert article.title == hopes["title"]
    assert article.language == hopes.get("language")
    assert article.is_degraded == hopes.get("degraded", False)
    place = 0
    for phrase in hopes["has"]:
        assert phrase in article.text[place:], f"in its place: {phrase}"
        place = article.text.index(phrase, place) + len(phrase)
    assert [phrase for phrase in hopes.get("has_not", ()) if phrase in article.text] == []


@pytest.mark.parametrize("name", ["news_article", "korean", "persian", "russian_1251", "paywall"])
async def test_a_child_finds_the_same(sandbox: Sandbox, name: str) -> None:
    body, hopes = page_and_hopes(name)
    url, content_type = "https://wire.example/a/1", hopes.get("content_type")
    found = await sandbox.run(parse_article, body, url=url, content_type=content_type)
    assert found == article_of(body, content_type=content_type)


async def test_a_refusal_comes_out_of_the_child_in_words(sandbox: Sandbox) -> None:
    body, _ = page_and_hopes("login")
    with pytest.raises(NotReadableError, match=r"^the page is a login page; full_text = false "):
        await sandbox.run(parse_article, body, url="https://wire.example/", content_type=None)


def test_who_names_the_parser_does_not_load_it() -> None:
    script = "import sys, watch.ingest.article; print({'lxml', 'trafilatura'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_nothing_of_a_page_is_printed() -> None:
    """trafilatura warns of pages that it makes nothing of, and would show their address."""
    script = """
from watch.ingest.article import parse_article
for page in (b"<html><body><p></p></body></html>", b"<html><p>Secret.</p></html>", b"Secret."):
    try:
        parse_article(page, url="https://secret.example/", content_type=None)
    except Exception:
        pass
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_paragraphs_lists_and_tables_keep_their_lines() -> None:
    html = f"""<html><body><article><h1>Three trains</h1><p>{SENTENCE}</p><h2>The waybills</h2>
    <ul><li>first train, <b>thirty</b> cars</li><li>second&nbsp;train</li></ul>
    <table><tr><th colspan="2">Name</th></tr><tr><td>MIRAE 7</td><td>8865121</td></tr></table>
    <p>{SENTENCE}<br>To be <i>continued</i>.</p></article></body></html>"""
    assert article_of(html).text == (
        f"Three trains\n\n{SENTENCE}\n\nThe waybills\n\nfirst train, thirty cars\nsecond train\n\n"
        f"Name\nMIRAE 7\t8865121\n\n{SENTENCE}\nTo be continued."
    )


def test_readings_do_not_part_the_letters_of_a_name() -> None:
    name = "<ruby>金<rp>(</rp><rt>キム</rt><rp>)</rp>正<rt>ジョン</rt>恩<rt>ウン</rt></ruby>"
    html = f"<html><body><p>{name}総書記は、舞鶴港を出た貨物船について述べた。</p></body></html>"
    assert article_of(html).text.startswith("金正恩総書記は、")


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ('<meta property="og:title" content="Shared"><title>Own | Site</title>', "Shared"),
        (
            '<meta name="twitter:title" content="Shared &amp; more"><title>Own</title>',
            "Shared & more",
        ),
        ('<meta property="og:title" content=" "><title>Own | Site</title>', "Heading"),
        (f'<meta property="og:title" content="{"x" * 300}"><title>Own</title>', "Heading"),
    ],
)
def test_the_headline_goes_before_the_title_of_the_page(head: str, title: str) -> None:
    html = f"<html><head>{head}</head><body><h1>Head<i>ing</i></h1><p>{SENTENCE}</p></body></html>"
    assert article_of(html).title == title


def test_of_two_headings_none_is_the_headline() -> None:
    html = f"<title>Own</title><body><h1>Site</h1><h1>News</h1><p>{SENTENCE}</p>"
    assert article_of(html).title == "Own"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="pt-BR">', "pt"),
        ('<html xml:lang="he">', "he"),
        ('<html><meta http-equiv="Content-Language" content="de, en">', "de"),
        ('<html><meta property="og:locale" content="ko_KR">', "ko"),
        ('<html lang="nonsense"><meta property="og:locale" content="fr_FR">', "fr"),
        ("<html>", None),
    ],
)
def test_the_language_is_as_the_page_declares_it(html: str, language: str | None) -> None:
    assert article_of(f"{html}<body><p>{SENTENCE}</p></body></html>").language == language


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (pdf([SENTENCE]), "application/pdf"),
        (pdf([SENTENCE]), "application/octet-stream"),
        (pdf([SENTENCE]), "text/html; charset=utf-8"),
        (pdf([SENTENCE]), None),
        (
            docx(paragraph(SENTENCE)),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (SENTENCE.encode(), "Text/Plain; charset=utf-8"),
        (f"**{SENTENCE}**".encode(), "text/markdown"),
        (f"<p>{SENTENCE}</p>".encode(), "application/xhtml+xml"),
        (f"<p>{SENTENCE}</p>".encode(), ""),
        (f"<p>{SENTENCE}</p>".encode(), None),
    ],
)
def test_documents_are_read_by_what_they_are(body: bytes, content_type: str | None) -> None:
    article = article_of(body, content_type=content_type)
    assert article.text == SENTENCE
    assert not article.is_degraded


def test_a_document_of_which_a_part_cannot_be_read_is_degraded() -> None:
    body = pdf([SENTENCE], [], picture=True)
    assert article_of(body, content_type="application/pdf").is_degraded


@pytest.mark.parametrize(
    ("body", "content_type", "why"),
    [
        (
            b"\x89PNG\r\n\x1a\n",
            "image/png",
            "neither a page nor a document that can be read, but i",
        ),
        (b'{"a": 1}', "application/json", "but application/json"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "text/html", "looks like a PNG image"),
        (b"", "text/html", "there is no text on the page"),
        (b"<html><body> <p>&nbsp;</p></body></html>", "text/html", "there is no text on the page"),
        (b"%PDF-1.7 nothing", "application/pdf", "PDF"),
        (b"<p>x" * 500_001, "text/html", "a page of more than 500,000 tags"),
    ],
)
def test_what_is_no_page_is_refused(body: bytes, content_type: str, why: str) -> None:
    assert why in why_none(body, content_type=content_type)


def test_a_main_text_that_is_tiny_beside_the_rest_is_not_believed() -> None:
    """So many comments are as good as a wrong choice: who is to tell?"""
    story = "".join(f"<p>{number}. {SENTENCE}</p>" for number in range(4))
    rest = "".join(f"<p>{SENTENCE} ({number})</p>" for number in range(60))
    html = f"<html><body>{story}<div id=comments>{rest}</div></body></html>"
    article = article_of(html)
    assert article.is_degraded
    assert article.text == html_to_text(html).text
    # What stands in links does not count: there is nothing to miss.
    links = rest.replace("<p>", "<p><a href=/>").replace("</p>", "</a></p>")
    article = article_of(f"<html><body>{story}<div id=comments>{links}</div></body></html>")
    assert not article.is_degraded
    assert article.text == "\n\n".join(f"{number}. {SENTENCE}" for number in range(4))


@pytest.mark.parametrize("share", [True, "true", False, "false", "False"])
def test_who_shows_all_only_to_payers_is_degraded(share: bool | str) -> None:  # noqa: FBT001 - a value of JSON
    said = str(share).lower() if isinstance(share, bool) else f'"{share}"'
    data = f'<script type="application/ld+json">{{"isAccessibleForFree" : {said}}}</script>'
    article = article_of(f"<html><head>{data}</head><body><p>{SENTENCE}</p></body></html>")
    assert article.is_degraded == (str(share).lower() == "false")
    assert article.text == SENTENCE


def test_a_short_text_that_breaks_off_is_degraded() -> None:
    assert article_of(f"<html><body><p>{SENTENCE}</p><p>He had to …</p></body></html>").is_degraded
    long = f"<p>{SENTENCE}</p>" * 30
    assert not article_of(f"<html><body>{long}<p>He had to …</p></body></html>").is_degraded


def data_page(data: str, body: str = "") -> str:
    script = f'<script type="application/ld+json">{data}</script>'
    return f"<html><head>{script}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (f'{{"articleBody": "{SENTENCE}"}}', SENTENCE),
        (
            f'[{{"@graph": [{{"a": {{"articleBody": "{SENTENCE}\\n\\nEnd."}}}}]}}]',
            f"{SENTENCE}\n\nEnd.",
        ),
        (f'{{"articleBody": "<p>{SENTENCE}<\\/p><p>End.<\\/p>"}}', f"{SENTENCE}\n\nEnd."),
        (f'{{"articleBody": "&lt;p&gt;{SENTENCE}&lt;/p&gt;"}}', SENTENCE),
        (f'{{"articleBody": 5, "x": [{{"articleBody": "{SENTENCE}\ttab"}}]}}', f"{SENTENCE}\ttab"),
        (f'{{"articleBody": "short"}}</script><script>{{"articleBody": "{SENTENCE}"}}', None),
        ('{"articleBody": ', None),
        (f"{'[' * 100_000}", None),
    ],
)
def test_an_article_that_stands_in_data_alone_is_found(data: str, text: str | None) -> None:
    if text is None:
        assert "JavaScript" in why_none(data_page(data))
    else:
        assert article_of(data_page(data)).text == text


def test_an_article_on_the_page_goes_before_the_same_in_data() -> None:
    data = f'{{"articleBody": "{SENTENCE} Nobody spoke of it."}}'
    article = article_of(data_page(data, f"<p>{SENTENCE}</p><p>Nobody spoke of it.</p>"))
    assert article.text == f"{SENTENCE}\n\nNobody spoke of it."


INLINE = (
    "su<b>ic</b>ide d<wbr>ro<span>ne</span>s of <q>two</q> "
    "<a href=/>Storm</a> <code>Corps</code> men"
)


@pytest.mark.parametrize("more", [0, 1, 12])
@pytest.mark.parametrize(
    "html", ["<p>{}</p>", "<div>{}</div>", "<ul><li>{}</li></ul>", "<div>{}<br><br>End.</div>"]
)
def test_marks_part_no_words_and_no_sentences(html: str, more: int) -> None:
    page = (
        f"<html><body><article>{html.format(INLINE)}{f'<p>{SENTENCE}</p>' * more}</article></body>"
    )
    lines = article_of(page).text.split("\n\n")
    assert lines[0] == "suicide drones of two Storm Corps men"
    assert lines[1:2] == (["End."] if "End" in html else [SENTENCE][:more])


WITHIN = f"<p>{SENTENCE}</p>"
HOSTILE = {
    "deep": "<div>" * 3_000 + WITHIN * 5 + "</div>" * 3_000,
    "one node": "<p>" + "one huge text node " * 840_000,
    "paragraphs": WITHIN * 40_000,
    "links": f"<ul>{f'<li><a href=/>{SENTENCE}</a></li>' * 20_000}</ul>",
    "tables in tables": ("<table><tr><td>" * 60 + WITHIN + "</td></tr></table>" * 60) * 60,
    "attributes": f"<p {' '.join(f'a{number}=x' for number in range(100_000))}>{SENTENCE}</p>",
    "long": f"<p>{SENTENCE * 15_000}</p>",
    "classes": f"<div class='{'x ' * 20_000}'>{SENTENCE}</div>" * 60,
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_page_is_kept_whole_and_in_time(sandbox: Sandbox, kind: str) -> None:
    body = f"<html><body>{HOSTILE[kind]}<p>kept</p></body></html>".encode()
    article = await sandbox.run(parse_article, body, url="https://a.example/", content_type=None)
    assert article.is_degraded
    assert article.text.endswith("kept")
    assert SENTENCE in article.text or kind == "one node"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 500 + WITHIN * 5 + "</div>" * 500,
        f"{WITHIN}<b><i>" * 1_500,
        f"<table>{f'<tr><td rowspan=65534 colspan=1000>{SENTENCE}</td></tr>' * 1_000}</table>",
        f"<script>{'var a = 1; ' * 500_000}</script>{WITHIN}",
        data_page('{"articleBody": "<a ' + "=" * 100_000 + '"}', WITHIN),
    ],
    ids=["500 deep", "unclosed", "wide cells", "scripts", "data"],
)
async def test_what_only_looks_costly_is_read_as_ever(sandbox: Sandbox, html: str) -> None:
    body = f"<html><body>{html}</body></html>".encode()
    article = await sandbox.run(parse_article, body, url="https://a.example/", content_type=None)
    assert not article.is_degraded
    assert SENTENCE in article.text


def test_no_damage_to_a_page_is_more_than_a_refusal() -> None:
    """Cut, doubled, moved and overwritten pages: an article, or words that say why not."""
    chance = random.Random(20261122)  # noqa: S311 - no secret depends on it
    pages = [page_and_hopes(name)[0] for name in NAMES]
    articles, refusals = 0, set[str]()
    for _ in range(150):
        page = bytearray(chance.choice(pages))
        for _ in range(chance.randint(1, 6)):
            start, end = sorted(chance.choices(range(len(page)), k=2))
            end = min(end, start + 400)
            other = chance.choice(pages)
            place = chance.randrange(len(other))
            page[start:end] = chance.choice(
                [b"", page[start:end] * 2, other[place : place + 200], chance.randbytes(3), b"<"]
            )
        try:
            article = article_of(bytes(page), content_type=None)
        except NotReadableError as error:
            refusals.add(str(error))
            continue
        articles += 1
        assert article.text.strip()
        assert not re.search("[\0\ud800-\udfff]", article.text)
    assert all(re.fullmatch(r"[^\n]{10,300}", words) for words in refusals)
    assert articles > 90


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("", True),
        (SENTENCE, True),
        ("word " * 249, True),
        ("word " * 250, False),
        ("слово " * 200, False),
        ("한국어 " * 110, True),
        ("한국어 " * 112, False),
        ("无人机。" * 112, False),
        ("word " * 400 + "word …", True),
        ("word " * 400 + "[…]\n\nThe post Three trains appeared first on Harbour Wire.", True),
        (" " * 100_000, True),
    ],
)
def test_an_entry_is_short_by_its_letters_or_its_end(text: str, short: bool) -> None:  # noqa: FBT001 - the claim
    assert is_short(text) is short


def article(text: str, *, is_degraded: bool = False) -> Article:
    return Article(title=None, text=text, language=None, is_degraded=is_degraded)


LONG = f"""Three trains

They crossed the bridge.

{SENTENCE}

Nobody spoke of it.

Two men saw it."""


@pytest.mark.parametrize(
    "entry",
    [
        "",
        SENTENCE,
        f"  They crossed\nthe bridge.   {SENTENCE}",
        f"They crossed the bridge. {SENTENCE[:40]}…",
        f"{SENTENCE[:30]} [...]",
        f"{SENTENCE} Read more »",
        f"{SENTENCE}\n\nContinue reading Three trains →",
        "Nobody spoke of it.\n\nTwo men saw it.",
        "Nobody spo…",
        "Nobody spoke",
        "of it. Two",
        "Three trains",
        "Two men saw it.",
    ],
)
def test_an_entry_that_stands_in_the_article_is_not_told_twice(entry: str) -> None:
    assert choose(entry, article(LONG)) == (LONG, False)


@pytest.mark.parametrize(
    "entry",
    [
        "Storm Corps men were seen.",
        "three trains",
        "Three trains They crossed the bridge.",
        f"{SENTENCE[:-1]}!",
        "obody spoke of it.",
        "Nobody spo",
        f"{SENTENCE[1:30]} …",
    ],
)
def test_what_the_article_does_not_say_word_for_word_goes_before_it(entry: str) -> None:
    assert choose(entry, article(LONG)) == (f"{entry}\n\n{LONG}", False)


def test_only_those_paragraphs_go_before_it_that_are_missing() -> None:
    entry = f"{SENTENCE}\n\nBy Ines Okafor\n\nTwo men saw it."
    assert choose(entry, article(LONG)) == (f"By Ines Okafor\n\n{LONG}", False)


def test_an_entry_of_very_many_paragraphs_is_kept_whole_or_not_at_all() -> None:
    paragraphs = [f"Paragraph {number}." for number in range(MAX_PARAGRAPHS + 1)]
    entry = "\n\n".join(paragraphs)
    assert choose(entry, article(f"{entry}\n\nEnd.")) == (f"{entry}\n\nEnd.", False)
    kept, is_degraded = choose(f"{entry}\n\nEnd.", article(entry))
    assert (kept, is_degraded) == (f"{entry}\n\nEnd.\n\n{entry}", False)


def test_a_page_that_says_much_less_than_the_feed_is_degraded() -> None:
    assert choose(LONG, article("Subscribe to see it.")) == (
        f"{LONG}\n\nSubscribe to see it.",
        True,
    )
    assert choose(SENTENCE, article(LONG, is_degraded=True)) == (LONG, True)


WORDS = st.lists(st.sampled_from(["Storm", "Corps", "a", "드론", "이.", "end.", "…"]), max_size=6)
TEXTS = st.lists(WORDS.map(" ".join), max_size=5).map("\n\n".join)


@given(TEXTS, TEXTS)
def test_no_words_of_an_entry_are_lost(entry: str, page: str) -> None:
    kept, _ = choose(entry, article(page))
    run_on = " ".join(kept.split())
    assert kept.endswith(page)
    for part in entry.split("\n\n"):
        assert " ".join(part.split()).rstrip(" …") in run_on


def test_very_long_texts_are_not_compared() -> None:
    text = "a." * (MAX_COMPARED // 2)
    assert choose("a", article(text)) == (f"a\n\n{text}", False)
    assert choose("a", article(text[:-1])) == (text[:-1], False)


@pytest.mark.parametrize(
    "entry", ["a\n\n" * 200_000, " " * 900_000, ". . " * 200_000, "read more " * 90_000]
)
def test_no_text_stalls_who_waits_for_the_choice(entry: str) -> None:
    assert is_short(entry) == (not entry.startswith("a"))
    for text in ("b\n\n" * (MAX_COMPARED // 3), "b c " * ((MAX_COMPARED - len(entry)) // 4)):
        assert choose(entry, article(text))[0].endswith(text)
