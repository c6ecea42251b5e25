import asyncio
import gzip
import os
import re
import socket
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import httpcore2
import pytest
import trustme

import watch
from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from watch.core.model import Validators
from watch.errors import SourceError
from watch.ingest.web import Fetched, Limits, NotModified, Web, _cause

ETAG = '"a quoted, odd; tag"'
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
CHUNKS = (b"4000\r\n" + bytes(0x4000) + b"\r\n") * 100
"""A body in pieces that say their length: 1.6 MB, and no end."""


@pytest.fixture
def web() -> Web:
    return Web()


async def fetched(web: Web, url: str) -> Fetched:
    answer = await web.fetch(url, allowed=LOOPBACK)
    assert isinstance(answer, Fetched)
    return answer


async def error_of(web: Web, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url, allowed=LOOPBACK)
    assert type(caught.value) is SourceError
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
    await Web(contact="ops@example.org").fetch(server.url(), allowed=LOOPBACK)
    agents = [request.headers["user-agent"] for request in server.requests]
    assert agents == [
        f"watchlistd/{watch.__version__}",
        f"watchlistd/{watch.__version__} (+ops@example.org)",
    ]
    first = server.requests[0].headers
    assert first["accept-encoding"] == "gzip"
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


async def test_a_304_that_nobody_asked_for_is_an_error(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(status=304))
    assert await error_of(web, server.url()) == "answered 304 Not Modified"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "answered 500 Internal Server Error"),
        (404, "answered 404 Not Found"),
        (204, "answered 204 No Content"),
        (206, "answered 206 Partial Content"),
        (599, "answered 599"),
    ],
)
async def test_any_other_status_is_an_error_that_names_it(
    web: Web, server: HttpServer, status: int, words: str
) -> None:
    server.put("/", Answer(status=status))
    assert await error_of(web, server.url()) == words


async def test_a_packed_answer_is_unpacked(web: Web, server: HttpServer) -> None:
    text = "오늘의 뉴스 ".encode() * 1000
    members = gzip.compress(text) + gzip.compress(b"the end") + b"\0" * 20
    server.put("/", packed(gzip.compress(text)))
    server.put("/members", packed(members))
    server.put("/empty", packed(gzip.compress(b"")))
    assert (await fetched(web, server.url())).body == text
    assert (await fetched(web, server.url("/members"))).body == text + b"the end"
    assert (await fetched(web, server.url("/empty"))).body == b""


@pytest.mark.parametrize("cut", [1, 10, 500])
async def test_half_a_packed_answer_is_none_though_its_length_is_right(
    web: Web, server: HttpServer, cut: int
) -> None:
    server.put("/", packed(gzip.compress(os.urandom(1000))[:-cut]))
    assert await error_of(web, server.url()) == "no whole answer: its gzip has no end"


async def test_damaged_gzip_is_an_error(web: Web, server: HttpServer) -> None:
    server.put("/", packed(b"this is no gzip"))
    assert await error_of(web, server.url()) == "answered with damaged gzip"


async def test_gzip_in_endless_members_is_an_error(web: Web, server: HttpServer) -> None:
    server.put("/", packed(gzip.compress(b"") * 101))
    assert await error_of(web, server.url()) == "answered with more than 100 members of gzip"


async def test_an_encoding_that_was_not_asked_for_is_an_error(web: Web, server: HttpServer) -> None:
    for encoding in ("br", "gzip, gzip"):
        server.put("/", Answer(body=b"x", headers=(("Content-Encoding", encoding),)))
        assert await error_of(web, server.url()) == (
            f"answered in the encoding {encoding}, which was not asked for"
        )


async def test_a_bomb_is_stopped_before_it_fills_the_memory(server: HttpServer) -> None:
    server.put("/", packed(gzip.compress(bytes(200_000_000), 9)))
    tracemalloc.start()
    try:
        web = Web(limits=Limits(decoded_bytes=1_000_000))
        assert await error_of(web, server.url()) == "larger than 1 MB when unpacked"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_too_large_an_answer_is_not_read_to_its_end(server: HttpServer) -> None:
    server.put("/honest", Answer(body=bytes(300_000)))
    server.put("/exact", Answer(body=bytes(200_000)))
    # Without a length, and without an end.
    server.put("/chunked", Answer(headers=(("transfer-encoding", "chunked"),), body=CHUNKS))
    web = Web(limits=Limits(wire_bytes=200_000))
    assert await error_of(web, server.url("/honest")) == "larger than 0.2 MB"
    assert await error_of(web, server.url("/chunked")) == "larger than 0.2 MB"
    assert len((await fetched(web, server.url("/exact"))).body) == 200_000


async def test_a_length_that_is_no_number_is_an_error(web: Web, server: HttpServer) -> None:
    kinds = (("transfer-encoding", "identity"), ("Content-Length", "ten"))
    server.put("/", Answer(body=b"x" * 10, headers=kinds))
    assert (await error_of(web, server.url())).startswith("no whole answer: ")


async def test_an_answer_shorter_than_it_says_is_none(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"<rss>half a fe", length=1000))
    assert (await error_of(web, server.url())).startswith("no whole answer: ")


async def test_a_trickle_is_cut_at_the_time_limit(server: HttpServer) -> None:
    server.put("/", Answer(body=b"x" * 1000, piece=1, pause_s=0.02))
    began = time.monotonic()
    web = Web(limits=Limits(whole_s=0.3))
    assert await error_of(web, server.url()) == "no whole answer within 0.3 s"
    assert time.monotonic() - began < 3


async def test_a_server_that_says_nothing_is_left_at_the_time_limit(server: HttpServer) -> None:
    server.put("/", Answer(delay_s=30))
    web = Web(limits=Limits(whole_s=0.3))
    assert await error_of(web, server.url()) == "no whole answer within 0.3 s"


async def test_a_host_that_does_not_pick_up_is_left_at_the_limit_for_connections() -> None:
    # A full queue of connections: the next one gets no answer from the kernel.
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind((HOST, 0))
        deaf.listen(0)
        for one in (first, second):
            one.settimeout(0)
            one.connect_ex(deaf.getsockname())
        web = Web(limits=Limits(connect_s=0.3))
        url = f"http://{HOST}:{deaf.getsockname()[1]}/"
        assert await error_of(web, url) == "no connection within 0.3 s"


async def test_a_closed_port_is_named_as_such(web: Web) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        url = f"http://{HOST}:{taken.getsockname()[1]}/"
        assert await error_of(web, url) == "no connection: connection refused"


def test_a_name_without_a_host_is_named_as_such() -> None:
    # To ask for one would ask the network.
    error = httpcore2.ConnectError("[Errno -2] Name or service not known")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert _cause(error) == "name or service not known"
    assert _cause(socket.gaierror()) == "no such host"


def test_an_error_without_words_goes_by_its_name() -> None:
    assert _cause(httpcore2.ReadError("")) == "ReadError"


@asynccontextmanager
async def answering(answer: Callable[[socket.socket], object]) -> AsyncIterator[str]:
    """Give the host and port of a server that does this to the first to connect."""
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as client, suppress(OSError):
                answer(client)

        serving = asyncio.create_task(asyncio.to_thread(serve))
        yield "{}:{}".format(*listener.getsockname())
        await serving


def saying(words: bytes) -> Callable[[socket.socket], object]:
    def say(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(words)

    return say


@pytest.mark.parametrize("words", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-L"])
async def test_a_server_that_speaks_no_http_is_an_error(web: Web, words: bytes) -> None:
    async with answering(saying(words)) as address:
        error = await error_of(web, f"http://{address}/")
    assert error.startswith("no whole answer: ")


async def test_a_port_that_speaks_no_tls_is_an_error(web: Web) -> None:
    async with answering(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        error = await error_of(web, f"https://{address}/")
    assert error.startswith("no connection: TLS failed (")


async def test_a_certificate_that_nobody_vouches_for_is_an_error(web: Web) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HOST).configure_cert(context)
    async with answering(partial(context.wrap_socket, server_side=True)) as address:
        error = await error_of(web, f"https://{address}/")
    assert error.startswith("no connection: its certificate is not valid (")


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
    "target", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://[::1", "http://127.0.0.1:99999/"]
)
async def test_a_redirect_to_what_is_no_web_address_is_not_followed(
    web: Web, server: HttpServer, target: str
) -> None:
    server.put("/", redirect(target))
    assert re.match("not an address|answered 302", await error_of(web, server.url()))
    assert len(server.requests) == 1


async def test_a_redirect_without_a_target_is_an_error(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(status=302))
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
