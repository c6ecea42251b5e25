from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.httpd import LOOPBACK, Answer, HttpServer, redirect
from tests.ingest.test_language import SENTENCES
from watch.core.model import Document, Validators
from watch.errors import NotReadableError, SourceError
from watch.ingest.feed import Entry, Feed, ParsedFeed, document_of, load_feed, parse_feed
from watch.ingest.sandbox import Sandbox
from watch.ingest.web import NotModified, Web

DATA = Path(__file__).parent / "data"
URL = "https://host.example/feeds/all.xml"
SEEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def parse(feed: str | bytes, *, content_type: str | None = None, url: str = URL) -> ParsedFeed:
    body = feed.encode() if isinstance(feed, str) else feed
    return parse_feed(body, url=url, content_type=content_type)


def sample(name: str) -> ParsedFeed:
    return parse((DATA / name).read_bytes())


def rss(items: str, channel: str = "") -> str:
    return f'<rss version="2.0"><channel><title>T</title>{channel}{items}</channel></rss>'


def atom(entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'


def first(feed: str | bytes, *, content_type: str | None = None) -> Entry:
    return parse(feed, content_type=content_type).entries[0]


def test_rss_is_read_with_the_content_after_what_only_the_summary_says() -> None:
    feed = sample("rss.xml")
    assert feed.title == "Harbour & Strait"
    assert feed.entries == (
        Entry(
            key="ships-1",
            title="Two cargo ships held at AT&T pier",
            text="A short summary.\n\nInspectors boarded both ships.\n\n"
            "They found suicide drones\nin crates.",
            url="https://host.example/2026/11/ships?a=1&b=2",
            published=datetime(2026, 11, 21, 0, 30, tzinfo=UTC),
            language="en",
        ),
        Entry(
            key="https://news.example/?p=17",
            title="Fog < 100 m at dawn",
            text="Visibility fell.\n\nTraffic stopped.",
            url="https://news.example/2026/11/fog",
            published=datetime(2026, 11, 20, 22, 0, tzinfo=UTC),
            language="nl",
        ),
        Entry(
            key="18",
            title="",
            text="No title, and a number for an id.",
            url=None,
            published=None,
            language="en",
        ),
    )


def test_atom_is_read_as_it_says_it_is_written() -> None:
    feed = sample("atom.xml")
    assert feed.title == "Werft & Hafen"
    assert feed.entries == (
        Entry(
            key="tag:werft.example,2026:1",
            title="Wie man <b> und &amp; schreibt",
            text="Kurz gesagt.\n\nAuszeichnung\n\nEin Beispiel <hier>.\n\neins\nzwei",
            url="https://host.example/feeds/1.html",
            published=datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC),
            language="de",
        ),
        Entry(
            key="tag:werft.example,2026:2",
            title="Le port",
            text="Une ligne.\nUne autre < la suite.",
            url="https://werft.example/2",
            published=datetime(2026, 11, 19, 6, 0, tzinfo=UTC),
            language="fr",
        ),
        Entry(
            key="tag:werft.example,2026:3",
            title="Bild",
            text="Nur ein Bild.",
            url=None,
            published=datetime(2026, 11, 18, 6, 0, tzinfo=UTC),
            language="de",
        ),
    )


def test_rdf_is_read() -> None:
    assert sample("rdf.xml") == ParsedFeed(
        title="港のニュース",
        entries=(
            Entry(
                key="https://minato.example/1",
                title="貨物船二隻を検査",
                text="海峡付近で貨物船二隻が停船した。",
                url="https://minato.example/1",
                published=datetime(2026, 11, 21, 1, 0, tzinfo=UTC),
                language="ja",
            ),
        ),
    )


@pytest.mark.parametrize("content_type", [None, "text/xml", "text/html", "text/xml; charset=x"])
def test_an_old_charset_is_read_as_the_feed_declares_it(content_type: str | None) -> None:
    entry = first((DATA / "korean.xml").read_bytes(), content_type=content_type)
    assert entry.title == '"화물선 두 척" 억류… 무인기 발견'
    # The last word is in no EUC-KR, but in what is sent under that name.
    assert entry.text == (
        "해양경찰은 토요일 해협 부근에서 화물선 두 척을 세우고 수색했다고 밝혔다.\n"
        "상자에서 자폭 무인기가 나왔다. 똠방각하"
    )
    assert entry.language == "ko"
    entry = first((DATA / "russian.xml").read_bytes(), content_type=content_type)
    assert entry.title == "Два судна задержаны у пролива — «Нева» и «Волга»"
    assert entry.key == "1"
    assert entry.url is None


def test_a_servers_word_on_the_charset_goes_before_the_feeds() -> None:
    body = rss("<item><title>Привет</title></item>").encode("koi8-r")
    assert first(body, content_type="text/xml; charset=koi8-r").title == "Привет"
    body = b"<?xml version='1.0' encoding='koi8-r'?>" + body
    assert first(body, content_type='application/rss+xml;charset="windows-1251"').title != "Привет"


@pytest.mark.parametrize("charset", ["utf-16", "unicode_escape", "utf-7", "iso-8859-1", "zlib"])
def test_a_wrong_word_on_the_charset_does_not_spoil_utf_8(charset: str) -> None:
    feed = f"<?xml version='1.0' encoding='{charset}'?>" + rss(
        r"<item><title>é \x3cb</title></item>"
    )
    assert first(feed, content_type=f"text/xml; charset={charset}").title == r"é \x3cb"


def test_the_charset_of_a_page_in_an_entry_is_not_the_feeds() -> None:
    page = "<![CDATA[<meta charset=big5><p>수도]]>"
    assert first(rss(f"<item><description>{page}</description></item>")).text == "수도"


def test_wide_feeds_are_read() -> None:
    feed = '<?xml version="1.0" encoding="utf-16"?>' + rss("<item><title>é</title></item>")
    for charset in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        assert first(feed.encode(charset)).title == "é"


def test_what_is_broken_is_salvaged() -> None:
    feed = sample("broken.xml")
    assert feed.title == "Salt & Pepper"
    assert [entry.title for entry in feed.entries] == ["Fish & chips €5", "Unclosed bold"]
    assert feed.entries[0].url == "https://b.example/1?x=1&y=2"
    assert feed.entries[0].text == (
        "Bad control, page, \ufffd half a pair, \ufffd nothing, \ufffd too much."
    )


def test_without_an_id_the_key_is_the_link_else_a_steady_hash() -> None:
    entries = sample("no_ids.xml").entries
    assert [(entry.title, entry.text[:7]) for entry in entries] == [
        ("One", "First."),
        ("Two", "Second."),
        ("", "Third, "),
    ]
    assert entries[0].key == "https://w.example/1"
    assert len({entry.key for entry in entries}) == 3
    assert entries == sample("no_ids.xml").entries


@pytest.mark.parametrize(
    ("name", "offsets"), [("rss.xml", range(0, 2000, 7)), ("atom.xml", range(0, 2400, 7))]
)
def test_wherever_a_feed_breaks_off_no_entry_is_half(name: str, offsets: range) -> None:
    body = (DATA / name).read_bytes()
    whole = set(parse(body).entries)
    counts = set()
    for offset in offsets:
        try:
            found = parse(body[:offset]).entries
        except NotReadableError:
            found = ()
        assert {(entry.title, entry.text) for entry in found} <= {
            (entry.title, entry.text) for entry in whole
        }
        counts.add(len(found))
    assert counts >= {0, 1, 2}


def test_an_entry_is_kept_though_the_feed_never_ends() -> None:
    feed = rss("<item><title>One</title></item>").removesuffix("</channel></rss>")
    assert first(feed).title == "One"


def test_an_empty_feed_is_no_error() -> None:
    assert parse(rss("")) == ParsedFeed(title="T", entries=())
    assert parse(atom("")) == ParsedFeed(title="T", entries=())


@pytest.mark.parametrize(
    ("body", "looks"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("\0\0", "the answer is empty"),
        ("<!DOCTYPE html><title>Log in</title>", "it looks like an HTML page; look it up"),
        ("<html><body>Attention required", "it looks like an HTML page; look it up"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "it looks like JSON"),
        ("[]", "it looks like JSON"),
        ("plain words", "there is neither RSS nor Atom in it"),
        ("<opml><body/></opml>", "there is neither RSS nor Atom in it"),
        ("<rss version='2.0'><channel><title>T", "there is neither RSS nor Atom in it, or not one"),
        ("<rss version='2.0'><channel><item><title>T", "or not one whole entry"),
    ],
)
def test_what_is_no_feed_is_an_error_that_says_what_it_looks_like(body: str, looks: str) -> None:
    with pytest.raises(NotReadableError) as caught:
        parse(body)
    assert str(caught.value).startswith("not a feed: ")
    assert looks in str(caught.value)


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("AT&amp;amp;T", "AT&T"),
        ("AT&amp;T", "AT&T"),
        ("&lt;i&gt;One&lt;/i&gt; two", "One two"),
        ("One&lt;br&gt;two", "One two"),
        ("<![CDATA[One <b>two</b> &amp; three]]>", "One two & three"),
        ("1 &lt; 2 and 4 &gt; 3", "1 < 2 and 4 > 3"),
        ("a &lt;nonsense&gt; b", "a <nonsense> b"),
        ("  many\n\tspaces ", "many spaces"),
        ("רק <![CDATA[<span dir=rtl>עברית</span>]]>", "רק עברית"),
        ("", ""),
    ],
)
def test_a_title_in_rss_is_one_line_of_plain_text_however_it_is_escaped(
    title: str, plain: str
) -> None:
    assert first(rss(f"<item><guid>1</guid><title>{title}</title></item>")).title == plain


def test_the_longest_of_several_contents_is_taken_after_what_only_others_say() -> None:
    entry = first(
        atom(
            "<entry><id>1</id><content type='text'>short</content>"
            "<content type='html'>&lt;p&gt;much longer&lt;/p&gt;</content></entry>"
        )
    )
    assert entry.text == "short\n\nmuch longer"


def test_a_content_without_a_word_gives_way_to_the_summary() -> None:
    entry = first(
        atom(
            "<entry><id>1</id><summary>In short.</summary>"
            "<content type='html'>&lt;img src='a.png'&gt;</content></entry>"
        )
    )
    assert entry.text == "In short."


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("http://a.example/1", "http://a.example/1"),
        ("//a.example/1", "https://a.example/1"),
        ("/1", "https://host.example/1"),
        ("1?a=1&amp;b=2#c", "https://host.example/feeds/1?a=1&b=2#c"),
        (" https://a.example/a b ", "https://a.example/a%20b"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://a.example/", None),
        ("mailto:a@a.example", None),
        ("http://[::1", None),
        ("http://", None),
        ("", None),
    ],
)
def test_only_what_a_browser_can_open_is_kept_as_a_link(link: str, url: str | None) -> None:
    item = f"<item><title>x</title><link>{link}</link></item>"
    assert first(rss(item)).url == url


@pytest.mark.parametrize("guid", ["https://a.example/1", "1", "urn:uuid:1"])
def test_an_id_stands_for_a_link_only_if_it_is_one(guid: str) -> None:
    entry = first(rss(f"<item><guid>{guid}</guid></item>"))
    assert entry.key == guid
    assert entry.url == (guid if guid.startswith("https:") else None)


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        (
            "<pubDate>Sat, 21 Nov 2026 12:00:00 GMT</pubDate>",
            datetime(2026, 11, 21, 12, tzinfo=UTC),
        ),
        ("<pubDate>2036-11-21T12:00:00Z</pubDate>", datetime(2036, 11, 21, 12, tzinfo=UTC)),
        ("<pubDate>0000-00-00</pubDate>", None),
        ("<pubDate>Mon, 31 Feb 2026 25:61:00 GMT</pubDate>", None),
        ("<pubDate>9999-12-31T23:59:59-12:00</pubDate>", None),
        ("<pubDate>0001-01-01T00:00:00+14:00</pubDate>", None),
        ("<pubDate>yesterday</pubDate>", None),
        ("<pubDate></pubDate>", None),
        ("", None),
    ],
)
def test_no_date_is_an_error(dates: str, published: datetime | None) -> None:
    entry = first(rss(f"<item><title>x</title>{dates}</item>"))
    assert entry.published == published
    if published is not None:
        assert entry.published is not None
        assert entry.published.utcoffset() == timedelta(0)


def test_without_a_date_of_publication_that_of_the_update_counts() -> None:
    updated = "<updated>2026-11-21T12:00:00Z</updated>"
    for published in ("", "<published>0000-00-00</published>"):
        entry = first(atom(f"<entry><id>1</id>{published}{updated}</entry>"))
        assert entry.published == datetime(2026, 11, 21, 12, tzinfo=UTC)


def keys(*items: str) -> list[str]:
    return [entry.key for entry in parse(rss("".join(items))).entries]


def item(title: str, *, link: str = "", guid: str = "1") -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>"
        f"<link>{link}</link></item>"
    )


def test_the_same_entry_twice_is_one() -> None:
    assert keys(item("a"), item("b", guid="2"), item("a", link="http://x/")) == ["1", "2"]


def test_two_entries_under_one_key_are_told_apart_by_their_links() -> None:
    assert keys(item("a"), item("b", link="http://x/"), item("b", link="http://x/")) == [
        "1",
        "1 http://x/",
    ]


def test_entries_under_one_key_and_one_link_are_told_apart_by_their_words() -> None:
    found = keys(*(item(title, link="http://x/") for title in ("a", "b", "c", "b", "c")))
    assert found[:2] == ["1", "1 http://x/"]
    assert len(found) == 3
    assert len(set(keys(item("a"), item("b"), item("c"), item("b")))) == 3


def test_no_file_is_opened_and_no_entity_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words")
    with HttpServer() as server:
        server.put("/x", Answer(body=b"secret words"))
        for place in (f"file://{secret}", server.url("/x")):
            feed = (
                f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{place}">'
                f'<!ENTITY % y SYSTEM "{place}"> %y;]>' + rss("<item><title>a&x;b</title></item>")
            )
            assert "secret" not in repr(parse(feed))
        assert server.requests == []
    with pytest.raises(NotReadableError):
        parse(str(secret))
    with pytest.raises(NotReadableError):
        parse(server.url("/x"))


def test_entities_that_multiply_are_not_expanded() -> None:
    rows = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
    feed = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{rows}]>' + rss("<item><title>&a9;</title></item>")
    assert len(first(feed).title) < 1000


PIECES = """<rss version="2.0"> <channel> </channel> </rss> <item> </item> <title> </title> <entry>
    <feed xmlns="http://www.w3.org/2005/Atom"> </feed> <description> </description> <![CDATA[ ]]>
    <content type="xhtml"> <content type="image/png"> </content> <guid> </guid> <id> <link> </link>
    <link href=" /> <pubDate> </pubDate> <author> a@a </author> <dc:date> <media:content> <b> </b>
    &#xD800; &#99999999999999999999; &#x; &amp; &nbsp; & < > " ' ]] <!-- --> <?xml <!DOCTYPE [ 가
    http://[ 2026-13-45 \ud800"""
BROKEN = st.lists(st.sampled_from([*PIECES.split(), " ", "\0", "\x0b"]), max_size=25).map("".join)


@settings(max_examples=400, deadline=None)
@given(BROKEN.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_what_is_salvaged_of_a_broken_feed_can_be_stored(body: bytes) -> None:
    for whole in (body, b'<rss version="2.0"><channel>' + body):
        try:
            feed = parse(whole)
        except NotReadableError:
            continue
        except KeyError:
            continue  # feedparser's own; the sandbox makes a SourceError of it
        for entry in feed.entries:
            assert entry.key
            f"{entry.key}{entry.title}{entry.text}{entry.url}".encode()
            assert len(entry.title.splitlines()) <= 1


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_words_come_through_a_feed_unchanged(title: str, text: str) -> None:
    def safe(words: str) -> str:
        # feedparser takes some words in Latin-1 letters for UTF-8 that was read wrongly.
        return "".join(char for char in words if char.isprintable() and not "\x80" <= char <= "ÿ")

    title, text = safe(title), safe(text)
    feed = atom(
        f"<entry><id>1</id><title>{escaped(title)}</title>"
        f"<content type='text'>{escaped(text)}</content></entry>"
    )
    entry = first(feed)
    assert entry.title == " ".join(title.split())
    assert entry.text == text.strip()


def escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class TestLoading:
    @pytest.fixture
    def feed(self, server: HttpServer) -> Feed:
        return Feed(name="wire", url=server.url("/feed"), allow_private=LOOPBACK)

    async def test_a_feed_is_fetched_and_parsed_with_what_to_ask_with_next(
        self, server: HttpServer, sandbox: Sandbox, feed: Feed
    ) -> None:
        server.put("/feed", Answer(body=(DATA / "rss.xml").read_bytes(), etag='"1"'))
        web = Web()
        answer = await load_feed(web, sandbox, feed, Validators())
        assert isinstance(answer, tuple)
        parsed, validators = answer
        assert len(parsed.entries) == 3
        assert parsed.entries[0].url == server.url("/2026/11/ships?a=1&b=2")
        assert await load_feed(web, sandbox, feed, validators) == NotModified(
            validators=Validators(etag='"1"')
        )
        assert server.requests[0].headers["accept"].startswith("application/atom+xml, ")

    async def test_links_start_from_where_a_redirect_ends(
        self, server: HttpServer, sandbox: Sandbox, feed: Feed
    ) -> None:
        server.put("/feed", redirect("/deep/er/feed"))
        server.put("/deep/er/feed", Answer(body=rss("<item><link>x</link></item>").encode()))
        web = Web()
        answer = await load_feed(web, sandbox, feed, Validators())
        assert isinstance(answer, tuple)
        assert answer[0].entries[0].url == server.url("/deep/er/x")

    async def test_the_headers_that_a_wire_asks_for_are_sent(
        self, server: HttpServer, sandbox: Sandbox
    ) -> None:
        server.put("/feed", Answer(body=rss("").encode()))
        feed = Feed(
            name="wire",
            url=server.url("/feed"),
            allow_private=LOOPBACK,
            headers=(("X-Key", "secret"), ("Accept", "text/xml")),
        )
        web = Web()
        await load_feed(web, sandbox, feed, Validators())
        headers = server.requests[0].headers
        assert (headers["x-key"], headers["accept"]) == ("secret", "text/xml")

    async def test_the_servers_charset_reaches_the_parser(
        self, server: HttpServer, sandbox: Sandbox, feed: Feed
    ) -> None:
        body = rss("<item><title>Привет</title></item>").encode("koi8-r")
        kind = (("Content-Type", "text/xml; charset=koi8-r"),)
        server.put("/feed", Answer(body=body, headers=kind))
        web = Web()
        answer = await load_feed(web, sandbox, feed, Validators())
        assert isinstance(answer, tuple)
        assert answer[0].entries[0].title == "Привет"

    async def test_a_page_in_place_of_a_feed_is_a_refusal(
        self, server: HttpServer, sandbox: Sandbox, feed: Feed
    ) -> None:
        server.put("/feed", Answer(body=b"<!doctype html><title>Log in</title>"))
        web = Web()
        with pytest.raises(NotReadableError, match="not a feed: it looks like an HTML page"):
            await load_feed(web, sandbox, feed, Validators())

    async def test_a_feed_reaches_only_the_private_networks_it_names(
        self, server: HttpServer, sandbox: Sandbox
    ) -> None:
        feed = Feed(
            name="wire", url=server.url("/feed"), allow_private=(ip_network("10.1.2.0/24"),)
        )
        with pytest.raises(SourceError, match=r"^127\.0\.0\.1 leads into 127\.0\.0\.0/8 "):
            await load_feed(Web(), sandbox, feed, Validators())
        assert server.requests == []

    async def test_a_failure_of_the_web_comes_through(
        self, server: HttpServer, sandbox: Sandbox, feed: Feed
    ) -> None:
        server.put("/feed", Answer(status=503))
        web = Web()
        with pytest.raises(SourceError, match=r"^answered 503 Service Unavailable"):
            await load_feed(web, sandbox, feed, Validators())

    @pytest.mark.parametrize(
        "items",
        [
            "<item " + " ".join(f"a{number}='b'" for number in range(40_000)) + "/>",
            "<item><description>" + "&lt;!--" * 100_000 + "</description></item>",
            "<item>" * 200_000,
        ],
        ids=["attributes", "comments", "items"],
    )
    async def test_a_hostile_feed_is_read_in_time(self, sandbox: Sandbox, items: str) -> None:
        body = rss(f"<item><title>kept</title></item>{items}").encode()
        parsed = await sandbox.run(parse_feed, body, url=URL, content_type=None)
        assert parsed.entries[0].title == "kept"

    async def test_a_title_of_megabytes_is_read_in_time(self, sandbox: Sandbox) -> None:
        body = rss(f"<item><title>{'long ' * 400_000}</title></item>").encode()
        parsed = await sandbox.run(parse_feed, body, url=URL, content_type=None)
        assert len(parsed.entries[0].title) == 5 * 400_000 - 1

    async def test_a_deep_entry_is_read_whole_in_time(self, sandbox: Sandbox) -> None:
        html = "&lt;div&gt;" * 5_000 + "kept" + "&lt;/div&gt;" * 5_000
        body = rss(f"<item><description>{html}</description></item>").encode()
        parsed = await sandbox.run(parse_feed, body, url=URL, content_type=None)
        assert parsed.entries[0].text == "kept"


class TestDocuments:
    @staticmethod
    def entry(title: str = "", text: str = "", url: str | None = None) -> Entry:
        return Entry(key="k", title=title, text=text, url=url, published=SEEN, language="ko")

    def test_an_entry_is_a_document_of_its_feed(self) -> None:
        feed = Feed(name="wire", url=URL)
        entry = self.entry("제목", SENTENCES["ko"], "https://x/")
        assert document_of(feed, entry, seen=SEEN) == Document(
            source="wire",
            key="k",
            title="제목",
            text=SENTENCES["ko"],
            url="https://x/",
            published=SEEN,
            seen=SEEN,
            languages=("ko",),
        )

    @pytest.mark.parametrize(
        ("text", "url", "title"),
        [
            ("Short text.\nMore.", None, "Short text. More."),
            ("word " * 30, None, ("word " * 16).strip() + "…"),
            ("긴" * 100, None, "긴" * 80 + "…"),
            ("", "https://x/", "https://x/"),
            ("", None, "k"),
        ],
    )
    def test_without_a_title_it_goes_by_its_first_words(
        self, text: str, url: str | None, title: str
    ) -> None:
        document = document_of(Feed(name="wire", url=URL), self.entry("", text, url), seen=SEEN)
        assert document.title == title

    @pytest.mark.parametrize(
        ("setting", "languages"),
        [(None, ("ko", "ru")), ("uk-UA", ("uk",)), ("en", ("en", "ru")), ("ru", ("ru",))],
    )
    def test_the_setting_goes_before_the_entry_and_both_before_what_is_detected(
        self, setting: str | None, languages: tuple[str, ...]
    ) -> None:
        feed = Feed(name="wire", url=URL, language=setting)
        document = document_of(feed, self.entry("", SENTENCES["ru"]), seen=SEEN)
        assert document.languages == languages
