from base64 import b64encode
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.stubs import Dialler, Resolver
from watch.errors import SourceError
from watch.ingest.web import Web
from watch.ingest.web.urls import parse_url, split_login

PUBLIC = {
    "wire.example": ["93.184.216.34"],
    "wire.example.": ["93.184.216.34"],
    "a_b.wire.example": ["93.184.216.34"],
    "xn--tlqq1e7y7cvfv.example": ["93.184.216.34"],
    "xn--strae-oqa.example": ["93.184.216.34"],
    "evil.example": ["8.8.8.8"],
}
WIRE, EVIL = "93.184.216.34", "8.8.8.8"

NEVER_DIALLED = [
    # Backslashes and control characters, which some readers turn into slashes or drop.
    "http://evil.example\\@wire.example/",
    "http://wire.example\\.evil.example/",
    "http:\\\\wire.example/",
    "http://wire.example/a\\b",
    "http://wire.example/?a=\\",
    "ht\ttp://wire.example/",
    "http://wi\tre.example/",
    "http://wire.example/\r\nX-Header: 1",
    "http://wire.example\x00.evil.example/",
    "http://wire.example/\x7f",
    "http://wire.example/\x85",
    "\x01http://wire.example/",
    # Numbers that are not public, in every dress.
    "http://0x7f.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0/",
    "http://127.1:8080/",
    "http://127.0.0.1./",
    "http://127。0。0。1/",
    "http://１２７．０．０．１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://wire.example@127.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]:443/",
    "http://[::]/",
    "http://[64:ff9b::7f00:1]/",
    # What ends in a number and is none.
    "http://256.1.1.1/",
    "http://1.2.3.4.5/",
    "http://4294967296/",
    "http://wire.example.1/",
    "http://wire.0x7f/",
    "http://0x/",
    "http://08.8.8.8/",
    # Hosts that are none.
    "http:wire.example",
    "http:/wire.example/",
    "http:///wire.example/",
    "http://",
    "http://@/",
    "http://:80/",
    "//wire.example/",
    "wire.example",
    "wire.example:80/feed",
    "http://wire..example/",
    "http://.wire.example/",
    "http://wire.example../",
    "http://wire example/",
    "http://wire%2eexample/",
    "http://%77ire.example/",
    "http://wire.example%00/",
    "http://wire.example%20/",
    "http://wire.example;80/",
    "http://wire.example,evil.example/",
    "http://wire.example|evil.example/",
    "http://wire.example^/",
    "http://<wire.example>/",
    'http://"wire.example"/',
    "http://wire.example／@evil.example/",
    "http://wire.example＃@evil.example/",
    "http://wire.example：80/",
    "http://☃.example/",
    "http://\u200d.example/",
    f"http://{'w' * 256}/",
    "http://\ud800.example/",
    "http://wire.example/\ud800",
    # Brackets.
    "http://[::1",
    "http://::1/",
    "http://[]/",
    "http://[wire.example]/",
    "http://[2606:2800:220:1::1].evil.example/",
    "http://evil.example[2606:2800:220:1::1]/",
    "http://[2606:2800:220:1::1%25eth0]/",
    "http://[v1.2606]/",
    "http://[93.184.216.34]/",
    # Ports.
    "http://wire.example:65536/",
    "http://wire.example:0/",
    "http://wire.example:-80/",
    "http://wire.example:+80/",
    "http://wire.example:8_0/",
    "http://wire.example: 80/",
    "http://wire.example:８０/",
    "http://wire.example:80:80/",
    "http://wire.example:0x50/",
    "http://wire.example:99999999999999999999/",
    # Other schemes.
    "ftp://wire.example/",
    "file:///etc/passwd",
    "file://wire.example/",
    "gopher://wire.example:70/_x",
    "data:text/xml,<rss/>",
    "javascript:alert(1)",
    "ws://wire.example/",
    "feed:http://wire.example/",
    "view-source:http://wire.example/",
    "httpſ://wire.example/",
    "ＨＴＴＰ://wire.example/",
]

DIALLED = [
    ("http://wire.example/", WIRE, 80, "http://wire.example/"),
    ("http://wire.example", WIRE, 80, "http://wire.example/"),
    ("HtTpS://WIRE.eXaMpLe/A", WIRE, 443, "https://wire.example/A"),
    ("  http://wire.example/ ", WIRE, 80, "http://wire.example/"),
    ("http://wire.example:/", WIRE, 80, "http://wire.example/"),
    ("http://wire.example:80/", WIRE, 80, "http://wire.example/"),
    ("https://wire.example:443/", WIRE, 443, "https://wire.example/"),
    ("http://wire.example:443/", WIRE, 443, "http://wire.example:443/"),
    ("http://wire.example:0080/", WIRE, 80, "http://wire.example/"),
    ("http://wire.example:65535/", WIRE, 65_535, "http://wire.example:65535/"),
    ("http://wire.example./", WIRE, 80, "http://wire.example./"),
    ("http://wire.example?a=1", WIRE, 80, "http://wire.example/?a=1"),
    ("http://wire.example#@evil.example", WIRE, 80, "http://wire.example/"),
    ("http://wire.example/@evil.example", WIRE, 80, "http://wire.example/@evil.example"),
    ("http://evil.example@wire.example/", WIRE, 80, "http://wire.example/"),
    ("http://a:b@evil.example@wire.example/", WIRE, 80, "http://wire.example/"),
    ("http://user:p%40ss@wire.example/", WIRE, 80, "http://wire.example/"),
    ("http://a_b.wire.example/", WIRE, 80, "http://a_b.wire.example/"),
    ("http://ｗｉｒｅ.example/", WIRE, 80, "http://wire.example/"),
    ("http://wire。example/", WIRE, 80, "http://wire.example/"),
    ("http://wi\u00adre.example/", WIRE, 80, "http://wire.example/"),
    ("http://公益交通.example/", WIRE, 80, "http://xn--tlqq1e7y7cvfv.example/"),
    ("http://straße.example/", WIRE, 80, "http://xn--strae-oqa.example/"),
    ("http://wire.example/오늘?q=é", WIRE, 80, "http://wire.example/%EC%98%A4%EB%8A%98?q=%C3%A9"),
    ('http://wire.example/a b"<>`{}', WIRE, 80, "http://wire.example/a%20b%22%3C%3E%60%7B%7D"),
    ("http://wire.example/%2e%zz|^~[]", WIRE, 80, "http://wire.example/%2e%zz|^~[]"),
    ("http://wire.example/%00", WIRE, 80, "http://wire.example/%00"),
    ("http://1572395042/", WIRE, 80, "http://93.184.216.34/"),
    ("http://0x5d.0xb8.0xd8.0x22/", WIRE, 80, "http://93.184.216.34/"),
    ("http://93.184.55330/", WIRE, 80, "http://93.184.216.34/"),
    ("http://93.184.216.34./", WIRE, 80, "http://93.184.216.34/"),
    (
        "http://[2606:2800:0220:0001:0::1]:8080/",
        "2606:2800:220:1::1",
        8080,
        "http://[2606:2800:220:1::1]:8080/",
    ),
    (
        "http://[::FFFF:93.184.216.34]/",
        str(ip_address("::ffff:5db8:d822")),
        80,
        f"http://[{ip_address('::ffff:5db8:d822')}]/",
    ),
]


@pytest.fixture(scope="module")
def dialler() -> Dialler:
    return Dialler()


@pytest.fixture(scope="module")
def web(dialler: Dialler) -> Web:
    return Web(resolve=Resolver(PUBLIC), dial=dialler)


def test_there_are_many_odd_addresses() -> None:
    assert len(set(NEVER_DIALLED)) == len(NEVER_DIALLED) >= 90


@pytest.mark.parametrize("written", NEVER_DIALLED, ids=ascii)
async def test_what_is_odd_is_never_dialled(web: Web, dialler: Dialler, written: str) -> None:
    dialler.dialled.clear()
    with pytest.raises(SourceError, match=r"not an address that can be fetched|is not public"):
        await web.fetch(written)
    assert dialler.dialled == []


@pytest.mark.parametrize(("written", "address", "port", "shown"), DIALLED, ids=ascii)
async def test_what_is_fine_is_dialled_where_it_leads(  # noqa: PLR0913, PLR0917 - columns of a table
    web: Web, dialler: Dialler, written: str, address: str, port: int, shown: str
) -> None:
    dialler.dialled.clear()
    with pytest.raises(SourceError, match="nobody is there"):
        await web.fetch(written)
    assert dialler.dialled == [(address, port)]
    assert str(parse_url(written)) == shown
    assert parse_url(shown).origin == parse_url(written).origin


def test_an_address_knows_its_parts() -> None:
    url = parse_url("https://user:p%40ss@Wire.example:8443/a?b=c#d")
    assert url.origin == ("https", "wire.example", 8443)
    assert (url.target, url.site) == ("/a?b=c", "wire.example:8443")
    assert url.authorization == "Basic dXNlcjpwQHNz"
    assert "ss" not in repr(url) + str(url)


@pytest.mark.parametrize(
    ("written", "site", "endpoint"),
    [
        ("http://wire.example/", "wire.example", "wire.example:80"),
        ("https://wire.example:80/", "wire.example:80", "wire.example:80"),
        ("http://[2001:db8::80]/", "[2001:db8::80]", "[2001:db8::80]:80"),
        ("https://[2001:db8::1]:8080/", "[2001:db8::1]:8080", "[2001:db8::1]:8080"),
    ],
)
def test_a_port_is_shown_where_it_is_not_the_schemes_own(
    written: str, site: str, endpoint: str
) -> None:
    url = parse_url(written)
    assert (url.site, url.endpoint) == (site, endpoint)


@pytest.mark.parametrize(
    ("written", "header"),
    [
        ("http://wire.example/", None),
        ("http://user@wire.example/", "Basic dXNlcjo="),
        ("http://@wire.example/", "Basic Og=="),
        ("http://é:ü@wire.example/", "Basic w6k6w7w="),
        ("http://a:b:c@wire.example/", "Basic YTpiOmM="),
    ],
)
def test_user_and_password_become_a_header(written: str, header: str | None) -> None:
    assert parse_url(written).authorization == header


def test_an_error_shows_neither_user_nor_password() -> None:
    for written in ("http://user:secret@wire.example:99999/", "http://secret@w／ire.example/"):
        with pytest.raises(SourceError) as caught:
            parse_url(written)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("next", "http://wire.example/feeds/next"),
        ("/next", "http://wire.example/next"),
        ("?page=2", "http://wire.example/feeds/all?page=2"),
        ("#part", "http://wire.example/feeds/all?page=1"),
        ("../../../next", "http://wire.example/next"),
        ("//evil.example/", "http://evil.example/"),
        ("https://evil.example", "https://evil.example/"),
        ("next?to=http://evil.example/", "http://wire.example/feeds/next?to=http://evil.example/"),
    ],
)
def test_a_link_starts_from_where_it_stands(reference: str, joined: str) -> None:
    assert str(parse_url("http://u:p@wire.example/feeds/all?page=1").joined(reference)) == joined


@pytest.mark.parametrize("reference", ["http:next", "mailto:a@b.example", "//[", "a\tb", "\\\\b"])
def test_a_link_that_leads_nowhere_is_an_error(reference: str) -> None:
    with pytest.raises(SourceError, match="not an address"):
        parse_url("http://wire.example/").joined(reference)


SIGNS = (*"/\\@:?#[]%. \t", "//", "。", "http:", "https:", "::1", "%2e")
WORDS = ("wire", "example", "xn--", "127", "0x7f", "1", "80", "１", "é", "한")
BITS = st.sampled_from(SIGNS + WORDS)


@given(st.lists(BITS, max_size=12).map("".join) | st.text(max_size=40))
def test_whatever_is_written_is_an_address_or_an_error(text: str) -> None:
    for written in (text, f"http://{text}", f"http://wire.example/{text}"):
        try:
            url = parse_url(written)
        except SourceError:
            continue
        again = parse_url(str(url))
        assert (again.origin, again.target) == (url.origin, url.target)
        assert str(again).isascii()
        assert str(again).isprintable()
        assert " " not in str(again)


@given(st.lists(BITS, max_size=12).map("".join) | st.text(max_size=40))
def test_a_link_stays_or_leads_to_an_address(reference: str) -> None:
    try:
        url = parse_url("https://wire.example/a/b").joined(reference)
    except SourceError:
        return
    assert url.scheme in {"http", "https"}
    assert url.host


@pytest.mark.parametrize(
    ("written", "kept", "says"),
    [
        ("http://me:s%40cret@wire.example/a?b", "http://wire.example/a?b", "me:s@cret"),
        ("https://token@wire.example", "https://wire.example/", "token:"),
        ("https://wire.example/ä#x", "https://wire.example/ä#x", None),
        ("no address", "no address", None),
    ],
)
def test_what_is_kept_of_an_address_has_no_login(written: str, kept: str, says: str | None) -> None:
    url, headers = split_login(written)
    assert url == kept
    encoded = None if says is None else b64encode(says.encode()).decode()
    assert headers == (() if encoded is None else (("Authorization", f"Basic {encoded}"),))
