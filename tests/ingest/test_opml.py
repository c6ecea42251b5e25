import tracemalloc
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.errors import NotReadableError
from watch.ingest.feed import Feed
from watch.ingest.opml import FeedList, Listed, parse_opml, show_opml


def _list(body: str, *, head: str = "", encoding: str = "utf-8") -> FeedList:
    return parse_opml(f"{head}<opml version='2.0'><body>{body}</body></opml>".encode(encoding))


def _feeds(body: str) -> list[tuple[str, str]]:
    found = _list(body)
    assert found.refused == ()
    return [(feed.title, feed.url) for feed in found.feeds]


def test_feeds_come_in_their_order_out_of_folders_at_any_depth() -> None:
    body = """
        <outline text="News"><outline text="Asia">
          <outline type="rss" text="Wire" title="Harbour Wire" xmlUrl="https://a.example/rss"/>
        </outline></outline>
        <outline text="Blog" xmlUrl="http://b.example/atom" htmlUrl="http://b.example/"/>"""
    assert _feeds(body) == [
        ("Harbour Wire", "https://a.example/rss"),
        ("Blog", "http://b.example/atom"),
    ]


@pytest.mark.parametrize(
    "outline",
    [
        '<outline xmlUrl="https://a.example/"/>',
        '<OUTLINE XMLURL=" https://a.example/ " TYPE="RSS"/>',
        '<x:outline xmlns:x="urn:x" xmlurl="https://a.example/"/>',
        '<outline type="atom" url="https://a.example/"/>',
        '<outline xmlUrl="feed:https://a.example/"/>',
    ],
)
def test_entries_are_known_however_they_are_written(outline: str) -> None:
    assert _feeds(outline) == [("", "https://a.example/")]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("feed://a.example/x", "http://a.example/x"),
        ("//a.example/x", "http://a.example/x"),
        ("http://a.example/a b", "http://a.example/a%20b"),
        ("http://a.example/?a=1&b=2&copy=3", "http://a.example/?a=1&b=2&copy=3"),
        ("http://a.example/?a=1&amp;b=2", "http://a.example/?a=1&b=2"),
        ("http://김정은.example/", "http://김정은.example/"),
    ],
)
def test_addresses_are_read_as_they_are_meant(written: str, url: str) -> None:
    assert _feeds(f'<outline text="x" xmlUrl="{written}"/>') == [("x", url)]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;amp;T", "AT&T"),
        ("AT&T &nbsp; news", "AT&T news"),
        ("&lt;b&gt;Bold&lt;/b&gt; &amp;#44608;", "Bold 김"),
        ("two&#10;lines", "two lines"),
        ("\u202eevil\u202c", "evil"),
        ("الميناء", "الميناء"),
    ],
)
def test_titles_are_plain_text(written: str, title: str) -> None:
    assert _feeds(f'<outline text="{written}" xmlUrl="https://a.example/"/>')[0][0] == title


def test_the_title_is_the_text_where_the_title_is_empty() -> None:
    assert _feeds('<outline title=" " text="Wire" xmlUrl="https://a.example/"/>')[0][0] == "Wire"


def test_what_leads_to_no_feed_is_refused_with_its_line_and_the_reason() -> None:
    body = """
<outline text="Empty"/>
<outline text="Relative" xmlUrl="/rss.xml"/>
<outline text="Other" xmlUrl="file:///etc/passwd"/>
<outline text="Broken" xmlUrl="http://[bad/"/>
<outline text="Host" xmlUrl="http:///x"/>
<outline text="Act" xmlUrl="http://a.example/&#x202e;x"/>
<outline text="List" type="include" url="http://a.example/more.opml"/>
<outline text="Link" url="http://a.example/"/>
<outline text="Wire" xmlUrl="http://a.example/rss"/>"""
    found = _list(body)
    assert found.feeds == (Listed(line=10, title="Wire", url="http://a.example/rss"),)
    assert [(one.line, one.title, one.why) for one in found.refused] == [
        (2, "Empty", "no xmlUrl"),
        (3, "Relative", "/rss.xml is no address of the web"),
        (4, "Other", "file:///etc/passwd is no address of the web"),
        (5, "Broken", "http://[bad/ is no address of the web"),
        (6, "Host", "http:///x is no address of the web"),
        (7, "Act", "http://a.example/x is no address of the web"),
        (8, "List", "http://a.example/more.opml is no feed but of the type include"),
        (9, "Link", "http://a.example/ is no feed but of the type none"),
    ]


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-16", "utf-8-sig", "koi8-r"])
def test_the_text_is_read_in_the_encoding_it_is_in(encoding: str) -> None:
    body = '<outline text="Гавань" xmlUrl="https://a.example/"/>'
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    found = _list(body, head=head, encoding=encoding)
    assert [feed.title for feed in found.feeds] == ["Гавань"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "broken XML in line 1: no element found"),
        (b"<opml><body>\n<outline></body></opml>", "broken XML in line 2: mismatched tag"),
        (b"<opml><body><outline xmlUrl='http://a.example/", "broken XML in line 1"),
        (b"<rss version='2.0'/>", "not OPML: it begins with <rss>"),
        (b"<!DOCTYPE html><html/>", "a document type is declared in line 1; take it out"),
        (b"\0\1\2", "broken XML"),
        (b"<opml>" * 101, "nested deeper than 100; flatten it"),
        (b" " * 16_000_001, "larger than 16 MB; split it"),
    ],
)
def test_what_is_no_opml_is_refused_with_the_place(content: bytes, why: str) -> None:
    with pytest.raises(NotReadableError) as caught:
        parse_opml(content)
    assert str(caught.value).startswith(why)


def test_no_entity_is_expanded_and_no_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for doctype in (
        f"<!DOCTYPE opml [<!ENTITY l0 'ha'>{laughs}]>",
        f'<!DOCTYPE opml [<!ENTITY l11 SYSTEM "{(tmp_path / "secret").as_uri()}">]>',
        '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/x.dtd">',
    ):
        tracemalloc.start()
        with pytest.raises(NotReadableError, match="document type"):
            _list('<outline text="&l11;" xmlUrl="http://a.example/"/>', head=doctype)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10_000_000


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: f"<opml>{t}".encode()))
def test_whatever_the_bytes_there_is_a_list_or_a_reason(content: bytes) -> None:
    try:
        found = parse_opml(content)
    except NotReadableError:
        return
    assert all(feed.url.startswith("http") for feed in found.feeds)


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)


@given(st.lists(names, unique=True, max_size=5))
def test_what_is_shown_is_read_again(names: list[str]) -> None:
    feeds = [Feed(name=name, url=f"https://a.example/?a=1&n={n}") for n, name in enumerate(names)]
    shown = show_opml(feeds)
    root = ET.fromstring(shown)  # noqa: S314 (it is ours)
    assert (root.tag, root.get("version"), root.findtext("head/title")) == (
        "opml",
        "2.0",
        "watchlist",
    )
    assert [(one.get("text"), one.get("xmlUrl")) for one in root.iter("outline")] == [
        (feed.name, feed.url) for feed in feeds
    ]
    assert [one.url for one in parse_opml(shown.encode()).feeds] == [feed.url for feed in feeds]
