from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watch.notify.links import MAX_LENGTH, Link, parse_link


@pytest.mark.parametrize(
    ("written", "url", "host"),
    [
        ("https://example.org", "https://example.org", "example.org"),
        (" HTTP://Example.ORG:8080/a?b=c&d#e ", "http://example.org:8080/a?b=c&d#e", "example.org"),
        ("https://example.org/a b\t한", "https://example.org/a%20b%20%ED%95%9C", "example.org"),
        ("https://пример.рф/%20", "https://xn--e1afmkfd.xn--p1ai/%20", "xn--e1afmkfd.xn--p1ai"),
        ("https://me:secret@example.org/", "https://example.org/", "example.org"),
        ("https://good.example@evil.example/", "https://evil.example/", "evil.example"),
        ("https://good.example\\@evil.example/", "https://evil.example/", "evil.example"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://my_host.example/", "https://my_host.example/", "my_host.example"),
        (
            "https://example.org/\"><script>'",
            "https://example.org/%22%3E%3Cscript%3E'",
            "example.org",
        ),
        ("https://example.org/\u202egpj.exe", "https://example.org/gpj.exe", "example.org"),
    ],
)
def test_a_link_leads_where_it_says(written: str, url: str, host: str) -> None:
    assert parse_link(written) == Link(url=url, host=host)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//example.org/",
        "example.org/a",
        "https://",
        "https://[bad",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://a%00b.example/",
        "https://..",
        "https://한국..example/",
        "https://\ufffd.example/",
        "https://example.org/" + "a" * MAX_LENGTH,
    ],
)
def test_what_nobody_should_be_led_to_is_no_link(written: str) -> None:
    assert parse_link(written) is None


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.sampled_from(["", "http://", "https://a"]))
def test_a_link_is_plain_and_leads_to_its_host(rest: str, start: str) -> None:
    link = parse_link(start + rest)
    if link is not None:
        assert link.url.isascii()
        assert link.url.isprintable()
        assert not set(' <>"\\^`{|}') & set(link.url)
        assert link.url.startswith(("http://", "https://"))
        assert (urlsplit(link.url).hostname or "") == link.host.strip("[]")
        assert parse_link(link.url) == link
