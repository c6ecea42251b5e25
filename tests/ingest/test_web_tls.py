"""TLS: a certificate is asked for the name, whoever is dialled; whom to trust can be added to."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.httpd import HOST, LOOPBACK, Answer, HttpServer
from tests.ingest.stubs import PUBLIC, Dialler, Resolver
from watch.errors import SourceError
from watch.ingest.web import Fetched, Web, WebSettings


async def error_of(web: Web, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url, allowed=LOOPBACK)
    return str(caught.value)


async def test_the_certificate_is_asked_for_the_name_and_not_the_address(
    tls: ssl.SSLContext, ca_file: Path
) -> None:
    with HttpServer(tls) as server:
        server.put("/", Answer(body=b"x" * 100_000))
        dialler = Dialler(server.port)
        web = Web(WebSettings(ca_file=ca_file), resolve=Resolver(), dial=dialler)
        answer = await web.fetch("https://wire.example/")
        assert isinstance(answer, Fetched)
        assert len(answer.body) == 100_000
        assert server.requests[0].headers["host"] == "wire.example"
        error = await error_of(web, "https://other.example/")
    assert error.startswith("no connection: its certificate is not valid (Hostname mismatch")
    assert dialler.dialled == [(PUBLIC, 443), ("8.8.8.8", 443)]


async def test_a_name_with_a_dot_at_its_end_is_the_same_name(
    tls: ssl.SSLContext, ca_file: Path
) -> None:
    with HttpServer(tls) as server:
        server.put("/", Answer(body=b"x"))
        resolver = Resolver({"wire.example.": (PUBLIC,)})
        web = Web(WebSettings(ca_file=ca_file), resolve=resolver, dial=Dialler(server.port))
        assert isinstance(await web.fetch("https://wire.example./"), Fetched)


async def test_a_number_may_have_a_certificate(tls: ssl.SSLContext, ca_file: Path) -> None:
    with HttpServer(tls) as server:
        server.put("/", Answer(body=b"x"))
        answer = await Web(WebSettings(ca_file=ca_file)).fetch(server.url(), allowed=LOOPBACK)
    assert isinstance(answer, Fetched)


async def test_a_certificate_that_nobody_vouches_for_is_an_error(tls: ssl.SSLContext) -> None:
    with HttpServer(tls) as server:
        error = await error_of(Web(), server.url())
    assert error.startswith("no connection: its certificate is not valid (")


async def test_http_1_1_is_what_it_offers_to_speak(tls: ssl.SSLContext, ca_file: Path) -> None:
    spoken: list[str | None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        spoken.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    tls.set_alpn_protocols(["h2", "http/1.1"])
    async with await asyncio.start_server(answer, HOST, 0, ssl=tls) as listening:
        url = f"https://{HOST}:{listening.sockets[0].getsockname()[1]}/"
        await Web(WebSettings(ca_file=ca_file)).fetch(url, allowed=LOOPBACK)
    assert spoken == ["http/1.1"]


def test_the_systems_certificates_are_trusted_as_well(ca_file: Path) -> None:
    alone = Web()._tls.cert_store_stats()["x509_ca"]
    assert Web(WebSettings(ca_file=ca_file))._tls.cert_store_stats()["x509_ca"] == alone + 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_certificates_is_an_error_that_names_it(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SourceError) as caught:
        Web(WebSettings(ca_file=path))
    assert str(caught.value).startswith(f"cannot read certificates from {path}: ")
    assert str(caught.value).endswith("; `ca_file` names a file of PEM certificates")
