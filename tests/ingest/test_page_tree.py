import pytest
from lxml import etree

from watch.ingest.article.page_tree import MAX_ATTRIBUTES, MAX_WHOLE, mend, parse_page, strip_unread


def mended(body: str) -> str:
    tree = parse_page(f"<html><body>{body}</body></html>")
    assert tree is not None
    strip_unread(tree)
    mend(tree)
    markup: str = etree.tostring(tree.find("body"), encoding="unicode")
    return markup.removeprefix("<body>").removesuffix("</body>")


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("<div>one</div>", "<div><p>one</p></div>"),
        ("one<p>two</p>three", "<p>one</p><p>two</p><p>three</p>"),
        ("<div>one<br>two</div>", "<div><p>one<br/>two</p></div>"),
        ("<div>one<br> <br><br>two</div>", "<div><p>one<br/> </p><p>two</p></div>"),
        ("<div><br>one</div>", "<div><p><br/>one</p></div>"),
        ("<div>a <a href=x>b</a> c<ul><li>d</li></ul> e</div>", None),
        ("<div> <p>one</p> <p>two</p> </div>", "<div> <p>one</p> <p>two</p> </div>"),
        ("<div><span>one</span></div>", "<div><span>one</span></div>"),
        ("<div>one<span><p>two</p></span></div>", "<div><p>one</p><span><p>two</p></span></div>"),
        ("<div>one<x-p>two</x-p></div>", "<div><p>one</p><x-p>two</x-p></div>"),
        ("<p>o<b>n</b>e<wbr>s <time>two</time></p>", "<p>ones two</p>"),
        ("<p>one<img src=x>two<svg><text>x</text></svg>.</p>", "<p>one two .</p>"),
        ("<p>one<script>x</script><noscript>y</noscript></p>", "<p>one</p>"),
        ("<figure><figcaption>one</figcaption></figure>", "<div><p>one</p></div>"),
        ("<aside><p>one</p></aside>", "<div><p>one</p></div>"),
        ("<aside><a href=x>one</a></aside>", '<aside><a href="x">one</a></aside>'),
        ("<p>one two <a href=x>three</a></p>", "<p>one two three</p>"),
        ("<p>one <a href=x>two three</a></p>", '<p>one <a href="x">two three</a></p>'),
        ("<table><tr><td colspan=9>one</td></tr></table>", "<table><tr><td>one</td></tr></table>"),
    ],
)
def test_what_a_reader_sees_stands_in_the_markup(body: str, result: str | None) -> None:
    assert mended(body) == (
        "<div><p>a b c</p><ul><li>d</li></ul><p> e</p></div>" if result is None else result
    )


@pytest.mark.parametrize("name", ["class=footer", "id='site-footer'", "class='a copyright'"])
def test_the_foot_of_a_page_goes_unless_it_is_most_of_it(name: str) -> None:
    assert mended(f"<p>one two three</p><div {name}>end</div>") == "<p>one two three</p>"
    assert "three" in mended(f"<div {name}><p>one two three</p><div {name}>end</div></div>")
    assert "end" in mended("<p>one two three</p><div class=football>end</div>")


def test_posts_of_a_size_are_one_article_and_teasers_are_none() -> None:
    posts = "".join(f"<article><p>{text}</p></article>" for text in ("one", "two", "ten"))
    assert "article" not in mended(posts)
    teasers = "<article><p>all that there is to say</p></article>" + posts
    assert mended(teasers) == teasers


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \n",
        "<!-- nothing -->",
        "x" * (MAX_WHOLE + 1),
        f"<p {'ab ' * (MAX_ATTRIBUTES + 1)}>",
    ],
)
def test_a_page_of_nothing_or_of_too_much_is_no_tree(html: str) -> None:
    assert parse_page(html) is None


def test_no_declaration_in_a_page_changes_its_letters() -> None:
    html = "<?xml version='1.0' encoding='utf-16'?><meta charset=koi8-r><p>자폭\0 дрон\x01</p>"
    tree = parse_page(html)
    assert tree is not None
    assert tree.text_content() == "자폭 дрон"


def test_depth_and_length_hide_nothing() -> None:
    tree = parse_page(f"{'<div>' * 1_000}<p>{'x' * 1_000}</p>{'</div>' * 1_000}<p>end</p>")
    assert tree is not None
    assert tree.text_content().endswith("xend")
