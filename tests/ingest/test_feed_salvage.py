"""What feedparser is given of a feed: all of it that is read, and nothing that it fails on."""

import io
import time
from pathlib import Path
from random import Random

import feedparser
import pytest

from tests.ingest.test_feed_fixtures import ONE_ENTRY_OF_TWO, PATHS, READABLE, URL, parse, told
from watch.errors import NotReadableError
from watch.ingest.feed import parse_feed
from watch.ingest.feed.parse import _text
from watch.ingest.feed.salvage import MOST_OF_A_KIND, salvage
from watch.ingest.feed.trim import trimmed
from watch.ingest.feed.xmlfeed import parse_xml
from watch.ingest.sandbox import Sandbox

XML = [path for path in READABLE if path.suffix != ".json"]
each_xml = pytest.mark.parametrize("path", XML, ids=lambda path: path.name)
MUTATIONS_S = 1.5
PIECES = [
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"<", b">", b"&", b'"', b"\0", b"\xff"),
    *(b"<item>", b"</item>", b"<entry", b"</rss>", b"<image>", b"<textinput>", b"<source>"),
    *(b"<content>", b"<author>", b"</title>", b"<dcterms:valid>", b"<psc:chapter/>", b"&#xD800;"),
]


def text_of(path: Path) -> str:
    return _text(path.read_bytes(), told(path).get("content_type"))


def rss(items: str) -> str:
    spaces = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:x="urn:x"'
    return f'<rss version="2.0" {spaces}><channel><title>T</title>{items}</channel></rss>'


def atom(entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'


def many(part: str, times: int) -> str:
    return " ".join(part.format(number) for number in range(times))


@pytest.mark.parametrize(
    "path", [path for path in XML if path.name != ONE_ENTRY_OF_TWO], ids=lambda path: path.name
)
def test_salvage_gives_sound_xml_with_all_that_is_read_of_it(path: Path) -> None:
    salvaged = salvage(text_of(path))
    assert salvaged is not None
    assert trimmed(salvaged.xml) is not None
    again = parse_xml(salvaged.xml.decode(), url=URL)
    assert again is not None
    first = parse(path)
    assert (again.title, again.entries) == (first.title, first.entries)


@each_xml
def test_trimming_takes_nothing_that_is_read(path: Path) -> None:
    xml = text_of(path).encode()
    short = trimmed(xml)
    if short is None:
        return
    assert len(short) <= len(xml)
    assert trimmed(short) == short
    whole, less = (
        feedparser.parse(io.BytesIO(part), sanitize_html=False)["entries"] for part in (xml, short)
    )
    names = ("id", "link", "title", "summary", "content", "published_parsed", "updated_parsed")
    for before, after in zip(whole, less, strict=True):
        assert [dict(before).get(name) for name in names] == [
            dict(after).get(name) for name in names
        ]


@pytest.mark.parametrize(
    ("xml", "left"),
    [
        ("<rss/>", "<rss/>"),
        ("<rss><author>A</author><title>T</title></rss>", "<rss><title>T</title></rss>"),
        ("<rss><category a='>'/><category\n/><title/></rss>", "<rss><title/></rss>"),
        ("<rss><author><name>A</name><author/></author >x</rss>", "<rss>x</rss>"),
        ("<rss><script><item/></script><item/></rss>", "<rss><item/></rss>"),
        ("<rss><item><image/></item></rss>", "<rss><item></item></rss>"),
        (
            "<rss><description><source>kept</source></description></rss>",
            "<rss><description><source>kept</source></description></rss>",
        ),
        (
            "<a xmlns:m='http://search.yahoo.com/mrss/'><m:content><m:keywords/></m:content></a>",
            "<a xmlns:m='http://search.yahoo.com/mrss/'><m:content></m:content></a>",
        ),
    ],
)
def test_what_nobody_reads_is_cut_out_of_sound_xml(xml: str, left: str) -> None:
    assert trimmed(xml.encode()) == left.encode()


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "words",
        "<rss>",
        "<rss>&nbsp;</rss>",
        "<rss><x:y/></rss>",
        "<!DOCTYPE rss><rss/>",
        "<rss>\x01</rss>",
        "<rss><item><link><br/>https://x.example/</link></item></rss>",
        "<rss " + many("a{}=''", 101) + "/>",
        "<rss " + many("xmlns:a{}='u'", 101) + "/>",
        f"<rss a='{'x' * 50_001}'/>",
        "<a>" * 201 + "</a>" * 201,
        "<rss>" + "<a/>" * 20_001 + "</rss>",
        "<rss>" + "<?a?>" * 20_001 + "<a/></rss>",
        "<rss>" + "\n" * 200_001 + "</rss>",
        "<rss>" + "&lt;" * 200_001 + "</rss>",
    ],
    ids=lambda xml: xml[:20],
)
def test_what_is_not_sound_or_of_no_feeds_size_is_not_trimmed(xml: str) -> None:
    assert trimmed(xml.encode()) is None


@pytest.mark.parametrize(
    "odd",
    [
        "<gml:pos xmlns:gml='http://www.opengis.net/gml'>1 2</gml:pos>",
        "<description>A <width> </width> wide</description>",
        "<c:chapters xmlns:c='http://podlove.org/simple-chapters'><c:chapter/></c:chapters>",
        "<textinput><title>Find</title><name>q</name></textinput>",
    ],
)
def test_an_entry_on_which_feedparser_fails_is_read_all_the_same(odd: str) -> None:
    body = rss(f"<item><guid>1</guid>{odd}</item><item><guid>2</guid></item>").encode()
    with pytest.raises((AttributeError, LookupError, TypeError)):
        feedparser.parse(io.BytesIO(body))
    feed = parse_feed(body, url=URL, content_type=None)
    assert [entry.key for entry in feed.entries] == ["1", "2"]


@pytest.mark.parametrize(
    "odd",
    [
        "<title a='<![CDATA['>A</title>",
        "<![CDATA[<title>A</title>",
        "<x:y><![CDATA[&</item><item>]]></x:y><title>A</title>",
        "<title>A</title><!-- </item><item><title>C</title> -->",
        "<link href='/?a=<b&c'/><title>A</title>",
        "<title>A</title><title>",
    ],
)
def test_what_stands_oddly_in_an_entry_hides_no_other(odd: str) -> None:
    items = f"<item>{odd}</item><item><title><![CDATA[B]]></title></item>"
    feed = parse_feed(rss(items + "&").encode(), url=URL, content_type=None)
    assert [entry.title for entry in feed.entries] == ["A", "B"]


ITEM = "<item><title>{}</title></item>"


@pytest.mark.parametrize(
    ("feed", "titles"),
    [
        (rss(ITEM.format("A") + f"<script>{ITEM}</script>"), "A"),
        (rss(ITEM.format("A") + f"<script>{ITEM}</script>&" + ITEM.format("B")), "AB"),
        (rss(ITEM.format("A")) + f"<script type='a'>{ITEM}</script>", "A"),
        (rss(ITEM.format("A")) + f"<script>{ITEM}", "A"),
        (rss(f"<script>{ITEM.format('A')}&"), "A"),
        (rss(f"<script src='a.js'/>{ITEM.format('A')}&"), "A"),
        (
            rss(f"<script>{ITEM.format('A')}<script>{ITEM}</script>&" + ITEM.format("B")),
            "AB",
        ),
        (rss(f"<scripture>{ITEM.format('A')}</scripture>&"), "A"),
    ],
)
def test_items_in_a_script_are_no_entries_and_one_never_closed_hides_none(
    feed: str, titles: str
) -> None:
    found = parse_feed(feed.encode(), url=URL, content_type=None).entries
    assert "".join(entry.title for entry in found) == titles


@pytest.mark.parametrize(
    "feed",
    [
        "<rdf:RDF><channel><title>T</title></channel><item><title>A</title><descri",
        rss("<item<image>><title>A</title></item>"),
        rss("&<ite?m><title>A</title></item>"),
        rss("<item>&</item>"),
        atom("") + "<entry",
        "<entry><title>A</title></entry>" + atom("&"),
    ],
)
def test_a_feed_with_the_trace_of_an_entry_and_not_one_whole_is_no_empty_feed(feed: str) -> None:
    with pytest.raises(NotReadableError, match="or not one whole entry"):
        parse_feed(feed.encode(), url=URL, content_type=None)


@pytest.mark.parametrize("feed", [rss("&"), rss("<items>&</items>"), atom("<entries/>&")])
def test_a_broken_feed_without_the_trace_of_an_entry_is_an_empty_feed(feed: str) -> None:
    assert parse_feed(feed.encode(), url=URL, content_type=None).entries == ()


def test_controls_within_tags_hide_no_entry() -> None:
    feed = "<rss><chan\x04nel><it\x0bem\x1f><ti\x0etle>A</title></ite\x01m></channel></rss>"
    found = parse_feed(feed.encode(), url=URL, content_type=None).entries
    assert [entry.title for entry in found] == ["A"]


def test_prefixes_declared_in_capitals_are_known() -> None:
    feed = (
        '<RDF XMLNS:R="HTTP://PURL.ORG/RSS/1.0/"><R:CHANNEL/>'
        "<R:ITEM><R:TITLE>A</R:TITLE></R:ITEM></RDF>"
    )
    found = parse_feed(feed.encode(), url=URL, content_type=None).entries
    assert [entry.title for entry in found] == ["A"]


def test_a_text_of_very_many_lines_keeps_its_words() -> None:
    lines = "one\n\n\n\ntwo\n" * 60_000
    feed = parse_feed(rss(f"<item><title>{lines}</title></item>").encode(), url="", content_type="")
    assert feed.entries[0].title == "one two " * 59_999 + "one two"


@pytest.mark.parametrize("kind", ["title", "link", "description"])
def test_of_fields_without_end_some_are_read(kind: str) -> None:
    fields = "".join(f"<{kind}>{number}</{kind}>" for number in range(MOST_OF_A_KIND + 5))
    salvaged = salvage(rss(f"<item>{fields}</item>&"))
    assert salvaged is not None
    assert salvaged.xml.count(f"</{kind}>".encode()) == MOST_OF_A_KIND + (kind == "title")


def test_no_damage_to_a_feed_is_more_than_a_refusal() -> None:
    random = Random("damage")  # noqa: S311 (a test)
    bodies = [path.read_bytes() for path in PATHS]
    until = time.monotonic() + MUTATIONS_S
    read = 0
    while time.monotonic() < until:
        body = bytearray(random.choice(bodies))
        for _ in range(random.choice((1, 2, 8))):
            start, end = sorted(random.choices(range(len(body) + 1), k=2))
            match random.randrange(5):
                case 0 if start < len(body):
                    body[start] ^= 1 << random.randrange(8)
                case 1:
                    del body[start : min(end, start + 300)]
                case 2:
                    body[start:start] = random.choice(PIECES)
                case 3:
                    body[start:start] = random.choice(bodies)[end : end + 300]
                case _:
                    body[start:start] = random.randbytes(3)
        try:
            feed = parse_feed(bytes(body), url=URL, content_type=None)
        except NotReadableError:
            continue
        read += 1
        for entry in feed.entries:
            f"{entry.key}{entry.title}{entry.text}{entry.url}".encode()
    assert read > 0


KEPT = "<item><title>kept</title></item>"
HOSTILE = {
    "attributes": rss(KEPT + "<item " + many("a{}=''", 40_000) + "/>"),
    "prefixes": rss(KEPT + "<x " + many("xmlns:a{}='u'", 40_000) + "/>"),
    "comments never closed": rss(KEPT + "<!--" * 175_000),
    "comments in a text": rss(f"{KEPT}<item><title>{'&lt;!--' * 60_000}</title></item>"),
    "scripts never closed": rss(KEPT + "<script>" * 90_000),
    "sections never closed": rss(KEPT + "<item><title><![CDATA[</title></item>" * 3_000),
    "nested": rss(KEPT + "<a>" * 100_000),
    "nested in a text": rss(f"{KEPT}<item><description>{'<div>' * 100_000}</description></item>"),
    "nested in XHTML": atom(
        f"<entry><title>kept</title><content type='xhtml'>{'<div>' * 50_000}x{'</div>' * 50_000}"
        "</content></entry>"
    ),
    "items": rss(KEPT + "<item><title>x</title></item>" * 30_000),
    "items never closed": rss(KEPT + "<item>" * 100_000),
    "author": rss(f"<item><title>kept</title><author>{'a@' + 'a.' * 8_000}!</author></item>"),
    "long author": rss(f"<item><title>kept</title><author>{'a' * 300_000}</author></item>"),
    "categories": rss(
        "<item><title>kept</title>" + many("<category>{}</category>", 19_000) + "</item>"
    ),
    "keywords": rss(
        "<item><title>kept</title><media:keywords>" + many("{},", 50_000) + "</media:keywords>"
        "</item>"
    ),
    "links": rss(f"<item><title>kept</title>{'<link>http://x.example/</link>' * 15_000}</item>"),
    "angles": rss(KEPT + f"<item><description>{'<' * 100_000}</description></item>"),
    "name": rss(f"{KEPT}<item {'x' * 300_000}>"),
    "quotes": rss(KEPT + "<title a='" * 30_000),
    "lines": atom(
        f"<entry><title>kept</title><content type='xhtml'>{chr(10) * 300_000}<b/></content></entry>"
    ),
    "instructions": atom(
        f"<entry><title>kept</title><content type='xhtml'>{'<?x?> ' * 60_000}<b/></content></entry>"
    ),
    "references": rss(KEPT + f"<item><title>{'&#65;' * 210_000}</title></item>"),
    "date": rss(f"<item><title>kept</title><pubDate>{'1' * 500_000}</pubDate></item>"),
    "entity": '<!DOCTYPE rss [<!ENTITY a "' + "x" * 40 + '">]>'
    + rss(KEPT + f"<item><title>{'&a;' * 50_000}</title></item>"),
}  # fmt: skip


def first_title(body: bytes) -> tuple[str, float]:
    """Return a feed's first title and the seconds of a processor that reading it took.

    Not those of a clock: how long it waits for a processor is not the parser's doing.
    """
    began = time.process_time()
    feed = parse_feed(body, url=URL, content_type=None)
    return feed.entries[0].title, time.process_time() - began


@pytest.mark.parametrize("feed", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_feed_is_read_within_its_limits(sandbox: Sandbox, feed: str) -> None:
    title, took_s = await sandbox.run(first_title, feed.encode())
    assert title == "kept"
    assert took_s < 10


async def test_deep_json_is_no_crash(sandbox: Sandbox) -> None:
    for start in ("[" * 1_000_000, '{"items":' * 200_000, f'{{"items":[{"9" * 100_000}]}}'):
        with pytest.raises(NotReadableError, match="nests too deep or has a number too long"):
            await sandbox.run(parse_feed, start.encode(), url=URL, content_type=None)
