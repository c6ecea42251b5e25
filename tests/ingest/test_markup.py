import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watch.ingest.extract import Extract, html_to_text
from watch.ingest.extract.markup import _MAX_OPEN
from watch.ingest.sandbox import Sandbox


def text_of(html: str) -> str:
    return html_to_text(html).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("one<br><br>two<br><br><br>three", "one\n\ntwo\n\nthree"),
        ("<div><div>one</div></div><div>two</div>three", "one\n\ntwo\n\nthree"),
        ("<h2>head</h2>text<hr>more", "head\n\ntext\n\nmore"),
        ("<ul><li>one<li>two</ul>after", "one\ntwo\n\nafter"),
        ("<dl><dt>term<dd>what it means</dl>", "term\nwhat it means"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a\tb\n1\t2"),
        ("<table><tr><td>1</td> <td> 2 </td></tr></table>", "1\t2"),
        ("su<b>ic</b>ide <i>drone</i>", "suicide drone"),
        ("one<b> two </b>three", "one two three"),
        ("one <b> two</b>", "one two"),
        ("face<img src=x>book, <button>like</button>it", "face book, like it"),
        ("  many \n\t spaces  ", "many spaces"),
        (
            "a&nbsp;b &amp; c &lt;d&gt; &eacute; &#8364; &#x20ac; &copy 1",
            "a\xa0b & c <d> é € € © 1",
        ),
        ("북한의 <b>자폭</b> 무인기", "북한의 자폭 무인기"),
        ("<p dir=rtl>עברית</p><p>العربية</p>", "עברית\n\nالعربية"),
        ("<pre>one\n  two\n\n    three</pre>four", "one\n  two\n\n    three\n\nfour"),
        ("<pre>a</pre>b   c", "a\n\nb c"),
        ("</pre>a   b", "a b"),
        ("<textarea>a\nb</textarea>", "a\nb"),
        ("a<!-- hidden -->b", "ab"),
        ("a<!doctype html>b<?php echo 1 ?>c", "abc"),
        ("<script>if (a < b) document.write('<p>no</p>')</script>yes", "yes"),
        ("<style>p > b { color: red }</style>yes", "yes"),
        ("<noscript><p>turn it on</p></noscript>yes", "yes"),
        ("<template><p>row</p></template>yes", "yes"),
        ("<my-card><template shadowrootmode=open><p>yes</p></template></my-card>", "yes"),
        ("yes<noscript>no<template>no</noscript>yes", "yesyes"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字", "漢字"),
        ("<ruby>漢<rt>かん<rt>ㄏㄢˋ</ruby>字", "漢字"),
        ("<ruby>漢<rp>(<rt>かん<rp>)</ruby>字", "漢字"),
        ("<ruby>漢<rt>かん<ruby>字<rt>じ</ruby>体", "漢字体"),
        ("<ruby><rb>漢<rb>字<rt>かん<rt>じ<rtc>kan<rt>ji</rtc></ruby>体", "漢字体"),
        ("<p><ruby>\n 漢字\n <rt> <b>かん</b> じ </rt></ruby>は</p>", "漢字は"),
        ("<ruby>Pan <rt>x</rt></ruby> Am", "Pan Am"),
        ("<RUBY>金<RT>김</RT></RUBY><ruby>正<rt>정</rt></ruby>恩", "金正恩"),
        ("<pre>\n<ruby>漢<rt>かん</rt></ruby>  字</pre>", "漢  字"),
        ("<![CDATA[one <b>two</b>]]> three", "one two three"),
        ("a<![if !IE]>b<![endif]>c<![nonsense]>d", "abcd"),
        ("1 < 2, 3 > 2, a<3, x&y, <>, </>, < b>", "1 < 2, 3 > 2, a<3, x&y, <>, , < b>"),
        ("<made-up>one</made-up> <svg:x/>two", "one two"),
        ("a\r\nb\rc", "a b c"),
        ("a\0b &#0; &#xD800; \ud800", "ab \ufffd \ufffd \ufffd"),
    ],
)
def test_a_page_reads_as_in_a_browser(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<noscript>kept", "kept"),
        ("<template>ke<p>pt", "ke pt"),
        ("<p>a</p><title>kept<p>too", "a kept too"),
        ("<pre>kept", "kept"),
        ("kept <a href='never closed>", "kept"),
        ("kept <!-- never closed", "kept"),
        ("kept <![CDATA[ too", "kept too"),
        ("</h1></title></noscript>kept", "kept"),
        ("<ruby>漢<rt>kept", "漢 kept"),
        ("<ruby>漢<rt>kept<p>too<p><ruby>字<rt>じ</ruby>", "漢 kept too 字"),
        ("</rt></ruby><rb></rp>kept", "kept"),
        ("<h1>ke</title>pt</h1>", "ke pt"),
    ],
)
def test_what_is_never_closed_hides_nothing(html: str, words: str) -> None:
    found = text_of(html)
    assert all(word in found for word in words.split())


@pytest.mark.parametrize(
    ("html", "page"),
    [
        (
            "<html lang=ko-KR><head><title> A &amp;\n B </title></head><body>text</body></html>",
            Extract(title="A & B", text="text", language="ko"),
        ),
        ("<h1>Big <i>news</i></h1>text", Extract(title="Big news", text="Big news\n\ntext")),
        ("<h1><ruby>漢<rt>かん</rt></ruby>字</h1>", Extract(title="漢字", text="漢字")),
        ("<title>T</title><h1>H</h1>", Extract(title="T", text="H")),
        ("<title> </title><h1></h1><h1>H</h1><h1>I</h1>", Extract(title="H", text="H\n\nI")),
        ("<title>One</title><title>Two</title>x", Extract(title="One", text="x")),
        ("<title>unclosed <p>text", Extract(text="unclosed\n\ntext")),
        ('<html xml:lang="he">x', Extract(text="x", language="he")),
        ("<html lang>x", Extract(text="x")),
        ("<html lang=nonsense>x", Extract(text="x")),
    ],
)
def test_title_and_language_are_taken_from_where_they_stand(html: str, page: Extract) -> None:
    assert html_to_text(html) == page


def test_many_open_headings_do_not_slow_it_down() -> None:
    html = f"<h1>{'<h1>' * 50_000}x{'</h1>' * 50_000}<noscript>y"
    page = html_to_text(html)
    assert (page.title, page.text) == ("x", "x\n\ny")
    assert _MAX_OPEN < 50_000


WORD = st.from_regex(r"[a-zа-я가-힣]{1,8}", fullmatch=True)
BLOCK = st.sampled_from(["p", "div", "ul", "li", "td", "h2", "blockquote", "section", "pre"])
INLINE = st.sampled_from(["b", "a href='?x=1&amp;y=2'", "span class=x", "made-up", "font"])
NOISE = st.sampled_from(["", "<br>", "<!-- c -->", "<img alt=no>", "<script>x<y</script>", "\n "])


def element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inside = st.lists(children, max_size=4).map(" ".join)
    return st.one_of(
        st.builds(lambda tag, html: f"<{tag}>{html}</{tag.split()[0]}>", BLOCK, inside),
        st.builds(lambda tag, html: f"<{tag}>{html}</{tag.split()[0]}>", INLINE, inside),
        st.builds(lambda tag, html: f"<{tag}>{html}", BLOCK, inside),
        st.builds(lambda html, noise: f"{html} {noise}", inside, NOISE),
    )


@given(st.recursive(WORD, element, max_leaves=20))
def test_no_visible_word_is_lost_or_moved(html: str) -> None:
    visible = re.sub(r"<script>.*?</script>|<!--.*?-->|<[^>]*>", " ", html)
    assert text_of(html).split() == visible.split()


@given(st.text(max_size=200))
def test_any_text_is_a_page(html: str) -> None:
    page = html_to_text(html)
    assert "\0" not in page.text
    page.text.encode()


TOKENS = """< > </ <! <!-- --> <![ ]]> <? & &# ; " ' = / <p </p> <title> </title> <noscript>
    </noscript> <script> </script <h1> </h1> <pre> <html lang= CDATA[ if x 가"""
BROKEN = st.lists(st.sampled_from([*TOKENS.split(), " ", "\n"]), max_size=30).map("".join)


@settings(max_examples=300)
@given(BROKEN)
def test_no_broken_markup_is_an_error(html: str) -> None:
    assert "\0" not in html_to_text(html).text


@pytest.mark.parametrize(
    "html",
    [
        f"<a {' '.join(f'b{number}=c' for number in range(40_000))}>kept</a>",
        "<div>" * 5_000 + "kept" + "</div>" * 5_000,
        "<b>" * 50_000 + "kept",
        f"<title>{'long ' * 300_000}</title>kept",
        "<p>" + "one huge text node " * 600_000 + "kept",
        "<![CDATA[" * 30_000 + "kept",
        "&" * 100_000 + "kept",
        "<" * 100_000 + "kept",
        "<a b='" * 200_000 + ">kept",
        "<a b='>' " * 100_000 + ">kept",
        "<!--" * 200_000 + "kept",
        "<!-- --" * 100_000 + "kept",
        "<!" * 200_000 + "kept",
        "</ " * 200_000 + "kept",
        "<script>" * 100_000 + "</script>kept",
        "<p \n" * 200_000 + "kept",
        "&#x20;" * 200_000 + "kept",
        "<rt>x" * 200_000 + "</rt>" * 200_000 + "kept",
        "a" * 3_000_000 + " " * 3_000_000 + "kept",
    ],
    ids=[
        *("attributes", "nested", "unclosed", "title", "node", "sections", "ampersands", "angles"),
        *("quotes", "ends in quotes", "comments", "hyphens", "declarations", "ends", "scripts"),
        *("breaks in tags", "references", "readings", "space"),
    ],
)
async def test_hostile_pages_are_read_whole_in_time(sandbox: Sandbox, html: str) -> None:
    page = await sandbox.run(html_to_text, html)
    assert page.text.endswith("kept")
