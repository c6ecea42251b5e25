"""A proxy carries what is asked of others; what is not public is refused before it is asked."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.httpd import HOST, Answer, HttpServer, redirect
from tests.ingest.stubs import Resolver
from watch.errors import AnswerError, SourceError
from watch.ingest.web import Fetched, Limits, Web, WebSettings
from watch.ingest.web.addresses import Address
from watch.ingest.web.exchange import Streams

USER = "Basic dXNlcjpzZWNyZXQ="


async def error_of(web: Web, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url)
    assert "secret" not in str(caught.value)
    return str(caught.value)


class TestHttp:
    """A proxy is asked for the whole address."""

    async def test_an_answer_comes_through_it(self, server: HttpServer) -> None:
        server.put("http://wire.example/feed?a=1", Answer(body=b"x"))
        web = Web(WebSettings(proxy=server.url()), resolve=Resolver())
        answer = await web.fetch("http://user:pass@wire.example/feed?a=1", headers={"X-Key": "1"})
        assert isinstance(answer, Fetched)
        assert (answer.body, answer.url) == (b"x", "http://wire.example/feed?a=1")
        headers = server.requests[0].headers
        assert (headers["host"], headers["x-key"]) == ("wire.example", "1")
        assert "proxy-authorization" not in headers

    async def test_it_gets_its_own_login_and_at_each_hop(self, server: HttpServer) -> None:
        server.put("http://wire.example/", redirect("http://other.example/there"))
        server.put("http://other.example/there", Answer(body=b"x"))
        proxy = server.url().replace("//", "//user:secret@")
        web = Web(WebSettings(proxy=proxy), resolve=Resolver())
        await web.fetch("http://wire.example/", headers={"X-Key": "1"})
        first, second = server.requests
        assert first.headers["proxy-authorization"] == USER == second.headers["proxy-authorization"]
        assert "x-key" not in second.headers
        assert "authorization" not in second.headers

    async def test_a_refusal_of_a_server_is_its_own(self, server: HttpServer) -> None:
        server.put("http://wire.example/", Answer(status=503))
        with pytest.raises(AnswerError) as caught:
            await Web(WebSettings(proxy=server.url()), resolve=Resolver()).fetch(
                "http://wire.example/"
            )
        assert (caught.value.status, caught.value.host) == (503, "wire.example")

    async def test_that_it_wants_a_login_is_told_of_the_proxy(self, server: HttpServer) -> None:
        server.put("http://wire.example/", Answer(status=407))
        with pytest.raises(AnswerError, match="the proxy wants a login") as caught:
            await Web(WebSettings(proxy=server.url()), resolve=Resolver()).fetch(
                "http://wire.example/"
            )
        assert caught.value.host == f"{HOST}:{server.port}"


class TestRefusals:
    """Nobody is dialled, and the proxy not asked."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/",
            "https://127.0.0.1/",
            "http://0x7f.1/",
            "http://[::ffff:10.1.2.3]/",
            "http://169.254.169.254/latest/meta-data/",
            "https://intranet.example/",
            "http://mixed.example/",
            "http://localhost/",
        ],
    )
    async def test_what_is_known_here_not_to_be_public_is_refused(
        self, server: HttpServer, url: str
    ) -> None:
        web = Web(WebSettings(proxy=server.url()), resolve=Resolver())
        assert "which is not public" in await error_of(web, url)
        assert server.requests == []

    async def test_nor_is_it_asked_for_after_a_redirect(self, server: HttpServer) -> None:
        server.put("http://wire.example/", redirect("http://intranet.example/"))
        web = Web(WebSettings(proxy=server.url()), resolve=Resolver())
        assert "which is not public" in await error_of(web, "http://wire.example/")
        assert len(server.requests) == 1

    async def test_what_a_source_is_allowed_is_asked_for(self, server: HttpServer) -> None:
        server.put("http://intranet.example/", Answer(body=b"x"))
        web = Web(WebSettings(proxy=server.url()), resolve=Resolver())
        allowed = (ip_network("10.0.0.0/8"),)
        assert isinstance(await web.fetch("http://intranet.example/", allowed=allowed), Fetched)

    async def test_a_name_that_only_the_proxy_can_resolve_is_asked_for(
        self, server: HttpServer
    ) -> None:
        server.put("http://unknown.example/", Answer(body=b"x"))
        web = Web(WebSettings(proxy=server.url()), resolve=Resolver())
        assert isinstance(await web.fetch("http://unknown.example/"), Fetched)

    async def test_a_resolver_that_says_nothing_leaves_time_for_the_proxy(
        self, server: HttpServer
    ) -> None:
        async def silent(host: str, port: int) -> tuple[Address, ...]:
            if host != HOST:
                await asyncio.sleep(30)
            return await Resolver()(host, port)

        server.put("http://unknown.example/", Answer(body=b"x"))
        web = Web(WebSettings(proxy=server.url()), resolve=silent, limits=Limits(connect_s=0.4))
        assert isinstance(await web.fetch("http://unknown.example/"), Fetched)

    @pytest.mark.parametrize("proxy", ["socks5://user:secret@127.0.0.1:1", "proxy:3128", ""])
    def test_what_is_no_address_of_a_proxy_is_an_error(self, proxy: str) -> None:
        with pytest.raises(SourceError) as caught:
            Web(WebSettings(proxy=proxy))
        assert str(caught.value).startswith("the proxy is not an address that can be ")
        assert "secret" not in str(caught.value)

    async def test_a_proxy_that_is_not_there_is_named(self) -> None:
        web = Web(WebSettings(proxy=f"http://user:secret@{HOST}:9/"), resolve=Resolver())
        assert await error_of(web, "http://wire.example/") == (
            "no connection to the proxy: connection refused"
        )


@dataclass(slots=True)
class Tunnels:
    """What a proxy was asked, and to where it really connects."""

    port: int
    to: int
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self.answer)
            if b" 200 " in self.answer:
                far_reader, far_writer = await asyncio.open_connection(HOST, self.to)
                await asyncio.gather(_relay(reader, far_writer), _relay(far_reader, writer))
        writer.transport.abort()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while words := await reader.read(65_536):
            writer.write(words)
    writer.close()


@asynccontextmanager
async def tunnels(to: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Tunnels]:
    """Give a proxy that opens tunnels, all of them to one port here."""
    proxy = Tunnels(port=0, to=to)
    async with await asyncio.start_server(proxy.serve, HOST, 0, ssl=tls) as listening:
        proxy.port = listening.sockets[0].getsockname()[1]
        yield proxy


class TestHttps:
    """A proxy opens a tunnel, and sees nothing of what goes through it."""

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_an_answer_comes_through_a_tunnel(
        self, tls: ssl.SSLContext, ca_file: Path, scheme: str
    ) -> None:
        with HttpServer(tls) as server:
            server.put("/feed", Answer(body=b"x" * 300_000))
            async with tunnels(server.port, tls if scheme == "https" else None) as proxy:
                address = f"{scheme}://user:secret@{HOST}:{proxy.port}"
                web = Web(WebSettings(proxy=address, ca_file=ca_file), resolve=Resolver())
                answer = await web.fetch("https://wire.example/feed", headers={"X-Key": "1"})
            assert isinstance(answer, Fetched)
            assert len(answer.body) == 300_000
            (head,) = proxy.heads
            assert head.startswith("CONNECT wire.example:443 HTTP/1.1\r\n")
            assert f"Proxy-Authorization: {USER}\r\n" in head
            assert "X-Key" not in head
            headers = server.requests[0].headers
            assert server.requests[0].path == "/feed"
            assert (headers["x-key"], "proxy-authorization" in headers) == ("1", False)

    async def test_the_certificate_of_the_target_is_asked_for(
        self, tls: ssl.SSLContext, ca_file: Path
    ) -> None:
        with HttpServer(tls) as server:
            async with tunnels(server.port) as proxy:
                address = f"http://{HOST}:{proxy.port}"
                web = Web(WebSettings(proxy=address, ca_file=ca_file), resolve=Resolver())
                error = await error_of(web, "https://other.example/")
            assert server.requests == []
        assert "its certificate is not valid (Hostname mismatch" in error

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (
                b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\nno",
                "the proxy answered 407 Proxy Authentication Required; it wants a login",
            ),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n<p>no", "the proxy answered 403 Forbidden"),
            (b"HTTP/1.1 503 no\r\n\r\n", "the proxy answered 503 Service Unavailable"),
            (
                b"",
                "no whole answer: the connection was closed before its head ended",
            ),
        ],
        ids=["login", "forbidden", "down", "silent"],
    )
    async def test_a_tunnel_that_is_refused_says_nothing_of_the_target(
        self, answer: bytes, words: str
    ) -> None:
        async with tunnels(0) as proxy:
            proxy.answer = answer
            web = Web(
                WebSettings(proxy=f"http://user:secret@{HOST}:{proxy.port}"), resolve=Resolver()
            )
            with pytest.raises(SourceError) as caught:
                await web.fetch("https://wire.example/")
        assert str(caught.value) == words
        assert not isinstance(caught.value, AnswerError)

    async def test_a_proxy_that_says_nothing_is_left_at_the_limit_for_connections(self) -> None:
        with socket.create_server((HOST, 0)) as silent:
            proxy = f"http://user:secret@{HOST}:{silent.getsockname()[1]}"
            web = Web(WebSettings(proxy=proxy), resolve=Resolver(), limits=Limits(connect_s=0.2))
            assert await error_of(web, "https://wire.example/") == "no connection within 0.2 s"

    async def test_a_proxy_that_does_not_pick_up_is_left(self) -> None:
        async def silent(_address: Address, _port: int) -> Streams:
            raise TimeoutError

        web = Web(WebSettings(proxy=f"http://{HOST}:3128"), resolve=Resolver(), dial=silent)
        assert await error_of(web, "http://wire.example/") == (
            "no connection to the proxy: the other side does not answer"
        )


async def test_the_login_is_in_no_log(server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.put("http://wire.example/", Answer(body=b"x"))
    web = Web(WebSettings(proxy=server.url().replace("//", "//user:secret@")), resolve=Resolver())
    await web.fetch("http://wire.example/")
    assert "secret" not in caplog.text
    assert USER not in caplog.text
    assert "secret" not in repr(vars(web))
