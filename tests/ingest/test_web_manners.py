"""What a server asks for is told: for how long its answer holds, where to ask, when again."""

import gzip
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from tests.ingest.stubs import Dialler, Resolver
from watch.core.model import Validators
from watch.errors import AnswerError
from watch.ingest.web import Fetched, NotModified, Web, WebSettings

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
LATER = "Wed, 21 Oct 2026 08:28:00 GMT"
ETAG = '"1"'


@pytest.fixture(scope="module")
def web() -> Web:
    return Web()


async def error_of(web: Web, url: str) -> AnswerError:
    with pytest.raises(AnswerError) as caught:
        await web.fetch(url, allowed=LOOPBACK)
    return caught.value


async def test_an_answer_and_a_304_tell_for_how_long_they_hold(
    web: Web, server: HttpServer
) -> None:
    headers = (("Date", DATE), ("Expires", LATER), ("Cache-Control", "public"))
    server.put("/", Answer(body=b"x", etag=ETAG, headers=headers))
    server.put("/304", Answer(etag=ETAG, headers=(("Cache-Control", "max-age=600"),)))
    fetched = await web.fetch(server.url(), allowed=LOOPBACK)
    known = Validators(etag=ETAG)
    same = await web.fetch(server.url("/304"), validators=known, allowed=LOOPBACK)
    assert isinstance(fetched, Fetched)
    assert isinstance(same, NotModified)
    assert (fetched.fresh_for, same.fresh_for) == (timedelta(hours=1), timedelta(minutes=10))


async def test_who_says_nothing_is_fresh_for_no_time(web: Web, server: HttpServer) -> None:
    server.put("/", Answer(body=b"x"))
    assert (await web.fetch(server.url(), allowed=LOOPBACK)).fresh_for == timedelta(0)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [("120", timedelta(minutes=2)), (LATER, timedelta(hours=1)), ("soon", None)],
)
async def test_a_refusal_tells_status_host_and_wait(
    web: Web, server: HttpServer, retry_after: str, wait: timedelta | None
) -> None:
    headers = (("Retry-After", retry_after), ("Date", DATE))
    server.put("/", Answer(status=429, headers=headers))
    error = await error_of(web, server.url())
    assert (error.status, error.host) == (429, f"{HOST}:{server.port}")
    assert error.retry_after == wait
    assert str(error) == "answered 429 Too Many Requests; it was asked too often"


async def test_the_host_of_a_refusal_is_the_one_that_answered(server: HttpServer) -> None:
    server.put("/", redirect("http://Other.example/there"))
    server.put("/there", Answer(status=503))
    server.put("/gone", Answer(status=410))
    web = Web(resolve=Resolver(), dial=Dialler(server.port))
    assert (await error_of(web, "http://wire.example/")).host == "other.example"
    assert (await error_of(web, "http://wire.example:80/gone")).host == "wire.example"
    assert (await error_of(web, "http://user:x@wire.example:8080/gone")).host == "wire.example:8080"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_page_that_wants_a_browser_is_told_from_a_refusal(
    web: Web, server: HttpServer, encoding: str
) -> None:
    page = b"<html><head><title>Just a moment...</title>"
    body = gzip.compress(page + b"<p>" * 100_000) if encoding == "gzip" else page
    headers = (("Content-Type", "text/html"), ("Content-Encoding", encoding))
    server.put("/", Answer(status=403, body=body, headers=headers))
    server.put("/bare", Answer(status=503, headers=(("Cf-Mitigated", "challenge"),)))
    server.put("/odd", Answer(status=403, body=b"no gzip", headers=(*headers, ("A", "b"))))
    assert str(await error_of(web, server.url())) == "answered 403 Forbidden; it wants a browser"
    assert str(await error_of(web, server.url("/bare"))).endswith("; it wants a browser")
    assert "headers_file" in str(await error_of(web, server.url("/odd")))


class TestMoves:
    """A source has moved where an unbroken chain of redirects for good leads from its address."""

    @pytest.mark.parametrize(
        ("statuses", "moved"),
        [
            ((), None),
            ((301,), "/1"),
            ((308,), "/1"),
            ((302,), None),
            ((303,), None),
            ((307,), None),
            ((301, 308, 301), "/3"),
            ((301, 302), "/1"),
            ((302, 301), None),
            ((301, 302, 301), "/1"),
            ((308, 307, 308, 301), "/1"),
        ],
    )
    async def test_permanent_redirects_at_the_beginning_count(
        self, web: Web, server: HttpServer, statuses: tuple[int, ...], moved: str | None
    ) -> None:
        for hop, status in enumerate(statuses):
            server.put(f"/{hop}", redirect(f"/{hop + 1}", status=status))
        server.put(f"/{len(statuses)}", Answer(body=b"x", etag=ETAG))
        to = moved and server.url(moved)
        fetched = await web.fetch(server.url("/0"), allowed=LOOPBACK)
        known = Validators(etag=ETAG)
        same = await web.fetch(server.url("/0"), validators=known, allowed=LOOPBACK)
        assert isinstance(same, NotModified)
        assert fetched.moved_to == same.moved_to == to

    async def test_a_move_to_what_fails_is_none(self, web: Web, server: HttpServer) -> None:
        server.put("/", redirect("/gone", status=301))
        assert (await error_of(web, server.url())).status == 404

    async def test_a_move_to_the_same_address_is_none(self, web: Web, server: HttpServer) -> None:
        server.put("/", redirect("#feed", status=301), Answer(body=b"x"))
        assert (await web.fetch(server.url(), allowed=LOOPBACK)).moved_to is None

    async def test_user_password_and_headers_do_not_move_along(
        self, web: Web, server: HttpServer
    ) -> None:
        with HttpServer() as other:
            server.put("/", redirect("/near", status=301))
            server.put("/near", redirect(other.url("/far#part"), status=301))
            other.put("/far", Answer(body=b"x"))
            url = server.url().replace("//", "//user:secret@")
            answer = await web.fetch(url, headers={"X-Key": "secret"}, allowed=LOOPBACK)
        assert answer.moved_to == other.url("/far")
        assert not {"authorization", "x-key"} & other.requests[0].headers.keys()
        assert {"authorization", "x-key"} <= server.requests[1].headers.keys()

    async def test_a_move_to_https_counts_and_back_to_http_does_not(
        self, server: HttpServer, tls: ssl.SSLContext, ca_file: Path
    ) -> None:
        web = Web(WebSettings(ca_file=ca_file))
        with HttpServer(tls) as safe:
            server.put("/up", redirect(safe.url("/safe"), status=301))
            safe.put("/safe", Answer(body=b"safe"))
            safe.put("/down", redirect(server.url("/plain"), status=301))
            server.put("/plain", Answer(body=b"plain"))
            server.put("/both", redirect(safe.url("/down"), status=301))

            async def moved(url: str) -> str | None:
                return (await web.fetch(url, allowed=LOOPBACK)).moved_to

            assert await moved(server.url("/up")) == safe.url("/safe")
            assert await moved(safe.url("/down")) is None
            assert await moved(server.url("/both")) == safe.url("/down")
