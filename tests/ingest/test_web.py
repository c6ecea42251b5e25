import gzip

import pytest

import watch
from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from watch.core.model import Validators
from watch.errors import SourceError
from watch.ingest.web import Fetched, NotModified, Web, WebSettings

ETAG = '"a quoted, odd; tag"'
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.fixture(scope="module")
def web() -> Web:
    return Web()


async def fetched(web: Web, url: str) -> Fetched:
    answer = await web.fetch(url, allowed=LOOPBACK)
    assert isinstance(answer, Fetched)
    return answer


async def error_of(web: Web, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url, allowed=LOOPBACK)
    return str(caught.value)


async def test_an_answer_is_had_with_all_that_is_known_of_it(web: Web, server: HttpServer) -> None:
    kind = "application/rss+xml; charset=utf-8"
    server.put(
        "/feed?a=1",
        Answer(body=b"<rss/>", etag=ETAG, last_modified=DATE, headers=(("Content-Type", kind),)),
    )
    assert await web.fetch(server.url("/feed?a=1"), allowed=LOOPBACK) == Fetched(
        url=server.url("/feed?a=1"),
        body=b"<rss/>",
        content_type=kind,
        validators=Validators(etag=ETAG, last_modified=DATE),
    )


async def test_an_answer_may_say_nothing_of_itself(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"x"))
    answer = await fetched(web, server.url())
    assert (answer.content_type, answer.validators) == (None, Validators())


async def test_the_daemon_names_itself_and_asks_for_what_it_can_bound(
    web: Web, server: HttpServer
) -> None:
    server.put("/", Answer())
    await web.fetch(server.url(), allowed=LOOPBACK)
    await Web(WebSettings(contact="ops@example.org")).fetch(server.url(), allowed=LOOPBACK)
    agents = [request.headers["user-agent"] for request in server.requests]
    assert agents == [
        f"watchlistd/{watch.__version__}",
        f"watchlistd/{watch.__version__} (+ops@example.org)",
    ]
    first = server.requests[0].headers
    assert (first["accept"], first["accept-encoding"]) == ("*/*", "gzip")
    assert first["connection"] == "close"
    assert not {"if-none-match", "if-modified-since", "cookie", "referer"} & first.keys()


async def test_validators_are_sent_as_they_were_given(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"x", etag=ETAG, last_modified=DATE))
    given = (await fetched(web, server.url())).validators
    assert await web.fetch(server.url(), validators=given, allowed=LOOPBACK) == NotModified(
        validators=given
    )
    headers = server.requests[-1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == (ETAG, DATE)


async def test_one_validator_alone_is_sent_alone(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"x", last_modified=DATE))
    answer = await web.fetch(
        server.url(), validators=Validators(last_modified=DATE, etag=""), allowed=LOOPBACK
    )
    assert isinstance(answer, NotModified)
    assert "if-none-match" not in server.requests[0].headers


async def test_a_304_may_bring_a_new_validator(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(status=304, headers=(("ETag", '"new"'),)))
    answer = await web.fetch(
        server.url(), validators=Validators(etag='"old"', last_modified=DATE), allowed=LOOPBACK
    )
    assert answer == NotModified(validators=Validators(etag='"new"', last_modified=DATE))


@pytest.mark.parametrize("validators", [Validators(), Validators(etag="", last_modified="")])
async def test_a_304_that_nobody_asked_for_is_an_error(
    web: Web, server: HttpServer, validators: Validators
) -> None:
    server.put("/", Answer(status=304))
    with pytest.raises(SourceError) as caught:
        await web.fetch(server.url(), validators=validators, allowed=LOOPBACK)
    assert str(caught.value) == (
        "answered 304 Not Modified, though it was not asked what had changed"
    )


async def test_a_packed_answer_is_unpacked(web: Web, server: HttpServer) -> None:
    text = "오늘의 뉴스 ".encode() * 1000
    members = gzip.compress(text) + gzip.compress(b"the end") + b"\0" * 20
    server.put("/", packed(gzip.compress(text)))
    server.put("/members", packed(members))
    server.put("/empty", packed(gzip.compress(b"")))
    assert (await fetched(web, server.url())).body == text
    assert (await fetched(web, server.url("/members"))).body == text + b"the end"
    assert (await fetched(web, server.url("/empty"))).body == b""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http:///feed",
        "//127.0.0.1/",
        "feed.xml",
        "",
        "http://[::1",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://☃.invalid/",
        "http://127.0.0.1/\n",
    ],
)
async def test_what_is_no_web_address_is_not_fetched(web: Web, url: str) -> None:
    assert (await error_of(web, url)).startswith("not an address that can be fetched: ")


async def test_redirects_are_followed_to_where_they_end(web: Web, server: HttpServer) -> None:
    for hop, status in enumerate((301, 302, 303, 307, 308)):
        server.put(f"/{hop}", redirect(f"/{hop + 1}", status=status))
    server.put("/5", Answer(body=b"here"))
    answer = await fetched(web, server.url("/0"))
    assert (answer.body, answer.url) == (b"here", server.url("/5"))


async def test_more_redirects_than_five_are_an_error(web: Web, server: HttpServer) -> None:
    for hop in range(6):
        server.put(f"/{hop}", redirect(f"/{hop + 1}"))
    server.put("/6", Answer(body=b"too far"))
    server.put("/loop", redirect("/loop"))
    assert await error_of(web, server.url("/0")) == "redirected more than 5 times"
    assert await error_of(web, server.url("/loop")) == "redirected more than 5 times"
    assert len(server.asked("/loop")) == 6


@pytest.mark.parametrize(
    "target",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "http:next",
        "http:/next",
        "http:///next",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "\\\\127.0.0.1\\next",
        "/a\\b",
        "http://exa mple.org/",
    ],
)
async def test_a_redirect_to_what_is_no_web_address_is_not_followed(
    web: Web, server: HttpServer, target: str
) -> None:
    server.put("/", redirect(target))
    error = await error_of(web, server.url())
    assert error.startswith("redirected to what is not an address that can be fetched: ")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/there?a=1", "/there?a=1"),
        ("there", "/feeds/there"),
        ("../there", "/there"),
        ("?page=2", "/feeds/all?page=2"),
        ("/오늘 의/뉴스", "/%EC%98%A4%EB%8A%98%20%EC%9D%98/%EB%89%B4%EC%8A%A4"),
        ("/ol\xe9", "/ol%C3%A9"),
        ("/a%20b%zz", "/a%20b%zz"),
        ("/there#part", "/there"),
    ],
)
async def test_a_redirect_is_read_as_browsers_read_it(
    web: Web, server: HttpServer, target: str, path: str
) -> None:
    raw = target.encode("latin-1" if "\xe9" in target else "utf-8").decode("latin-1")
    server.put("/feeds/all", redirect(raw))
    server.put(path, Answer(body=b"here"))
    answer = await fetched(web, server.url("/feeds/all"))
    assert (answer.body, answer.url) == (b"here", server.url(path))


async def test_a_redirect_without_a_target_is_an_error(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(status=302), redirect(""))
    assert await error_of(web, server.url()) == "answered 302 Found"
    assert await error_of(web, server.url()) == "answered 302 Found"


async def test_secrets_go_to_their_own_origin_alone(web: Web, server: HttpServer) -> None:
    with HttpServer() as other:
        server.put("/", redirect("/near"))
        server.put("/near", redirect(other.url("/far")))
        other.put("/far", Answer(body=b"x", etag=ETAG))
        answer = await web.fetch(
            server.url(),
            headers={"X-Key": "secret"},
            validators=Validators(etag=ETAG),
            allowed=LOOPBACK,
        )
    assert isinstance(answer, NotModified)
    assert [request.headers.get("x-key") for request in server.requests] == ["secret", "secret"]
    assert "x-key" not in other.requests[0].headers


async def test_user_and_password_are_sent_and_not_kept(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"x"))
    url = server.url().replace("http://", "http://user:secret@")
    answer = await fetched(web, url)
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert answer.url == server.url()


async def test_no_cookie_is_kept(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(headers=(("Set-Cookie", "id=1; Path=/"),)))
    server.put("/hop", Answer(status=302, headers=(("Set-Cookie", "a=2"), ("Location", "/"))))
    await web.fetch(server.url(), allowed=LOOPBACK)
    await web.fetch(server.url("/hop"), allowed=LOOPBACK)
    assert all("cookie" not in request.headers for request in server.requests)


async def test_variables_of_a_proxy_are_not_heeded(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{HOST}:1")
    monkeypatch.setenv("ALL_PROXY", f"http://{HOST}:1")
    server.put("/", Answer(body=b"x"))
    web = Web()
    assert (await fetched(web, server.url())).body == b"x"


@pytest.mark.parametrize("value", ["secret\nkey", "секрет"])
async def test_a_header_that_cannot_be_sent_is_an_error_that_does_not_show_it(
    web: Web, server: HttpServer, value: str
) -> None:
    with pytest.raises(SourceError, match=r"^a header cannot be sent; mend") as caught:
        await web.fetch(server.url(), headers={"X-Key": value}, allowed=LOOPBACK)
    assert caught.value.__cause__ is None
    assert server.requests == []


def packed(body: bytes) -> Answer:
    return Answer(body=body, headers=(("Content-Encoding", "gzip"),))
