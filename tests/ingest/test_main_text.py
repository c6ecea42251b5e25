import pytest

from watch.ingest.article.main_text import MAX_ELEMENTS, MAX_LENGTH, main_text
from watch.ingest.extract import Extract

SENTENCES = "".join(
    f"<p>{number}. The cars held suicide drones, forty to a car, under tarpaulins.</p>"
    for number in range(5)
)


def test_an_article_is_told_from_its_page_with_what_the_page_says_of_it() -> None:
    html = f"""<html lang=en><head><title>Trains</title></head><body><nav><a href=/>Home</a></nav>
    <article>{SENTENCES}</article><button>Go <b>on</b></button></body></html>"""
    article, linked = main_text(html)
    assert article.text.startswith("0. The cars held suicide drones")
    assert article.text.count("\n\n") == 4
    assert (article.title, article.language) == ("Trains", "en")
    assert linked == len("Home" + "Go on")


def test_of_nothing_there_is_no_article() -> None:
    assert main_text("") == (Extract(text=""), 0)
    assert main_text("<title>Trains</title>") == (Extract(title="Trains", text=""), 0)


@pytest.mark.parametrize(
    "body",
    [
        SENTENCES + "<br>" * MAX_ELEMENTS,
        "<div>" * 800 + SENTENCES,
        SENTENCES + f"<p>{'x ' * (MAX_LENGTH // 2)}</p>",
    ],
    ids=["elements", "depths", "length"],
)
def test_what_would_take_too_long_is_not_looked_for(body: str) -> None:
    article, _ = main_text(f"<html lang=en><title>Trains</title><body>{body}</body></html>")
    assert article == Extract(title="Trains", text="", language="en")


def test_the_longest_of_the_articles_in_data_is_taken() -> None:
    scripts = "".join(
        f'<script type="application/ld+json">{{"articleBody": "{text}"}}</script>'
        for text in ("one", "one two three", "one two", "=" * 99)
    )
    assert main_text(f"<html><head>{scripts}</head></html>")[0].text == "one two three"


@pytest.mark.parametrize("separator", ["", " ", "\n"])
def test_a_page_of_a_few_words_is_given_whole_without_what_stands_around(separator: str) -> None:
    parts = [
        "<nav>Home</nav>",
        "<h1>Flash</h1>",
        "<p>Rocket fir<b>ed</b>.</p>",
        "<footer>F</footer>",
    ]
    html = f"<html><body>{separator.join(parts)}</body></html>"
    assert main_text(html)[0].text == "Flash\n\nRocket fired."
