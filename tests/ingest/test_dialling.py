import asyncio
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpcore2
import httpx2
import pytest
import tomli
import trustme

from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from watch.errors import SourceError
from watch.ingest.addresses import Address, Network
from watch.ingest.dialling import Gate, GatedTransport, resolve
from watch.ingest.web import Fetched, Limits, Web

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1::1"

NAMES: Mapping[str, Sequence[str]] = {
    "wire.example": (PUBLIC,),
    "other.example": ("8.8.8.8",),
    "dual.example": (PUBLIC_6, PUBLIC),
    "localhost": ("::1", "127.0.0.1"),
    "localhost.": ("::1", "127.0.0.1"),
    "sub.localhost": ("127.0.0.1",),
    "loop.example": ("127.0.0.1",),
    "intranet.example": ("10.1.2.3",),
    "carrier.example": ("100.64.0.1",),
    "metadata.example": ("169.254.169.254",),
    "cloud.example": ("168.63.129.16",),
    "multicast.example": ("224.0.0.251",),
    "zero.example": ("0.0.0.1",),
    "blocked.example": ("::",),
    "unique.example": ("fd00:ec2::254",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "nat64.example": ("64:ff9b::7f00:1",),
    "6to4.example": ("2002:7f00:1::",),
    "teredo.example": ("2001:0:7f00:1::",),
    "linked.example": ("fe80::1%eth0",),
    "mixed.example": (PUBLIC, "127.0.0.1"),
    "mixed-first.example": ("127.0.0.1", PUBLIC),
    "mixed-families.example": (PUBLIC, PUBLIC_6, "::1"),
    "mixed-many.example": (*(f"8.8.8.{last}" for last in range(50)), "10.0.0.1"),
    "xn--8ws00zhy3a.example": ("192.168.0.1",),
    "127.0.0.1.sslip.example": ("127.0.0.1",),
}

WRITTEN = tomli.loads((Path(__file__).parent / "data" / "addresses.toml").read_text("utf-8"))
NOT_DIALLED: list[str] = WRITTEN["not_dialled"]


class Resolver:
    """Knows some names, and reads numbers as the system does; asks no network."""

    def __init__(self, names: Mapping[str, Sequence[str]] = NAMES) -> None:
        self.names = names
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[Address, ...]:
        self.asked.append(host)
        if host in self.names:
            return tuple(map(ip_address, self.names[host]))
        flags = socket.AI_NUMERICHOST
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        return tuple(ip_address(place[0]) for *_, place in found)


class Dialler(httpcore2.AsyncNetworkBackend):
    """Notes whom it is to dial; whoever that is, a server on the loopback picks up, if any."""

    def __init__(
        self, port: int | None = None, *, failing: Mapping[str, Exception] | None = None
    ) -> None:
        self.port = port
        self.failing = failing or {}
        self.dialled: list[tuple[str, int]] = []
        self.parts_s: list[float | None] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        self.parts_s.append(timeout)
        if host in self.failing:
            raise self.failing[host]
        if self.port is None:
            raise httpcore2.ConnectError("nobody is there")
        real = httpcore2.AnyIOBackend()
        return await real.connect_tcp(HOST, self.port, timeout, local_address, socket_options)


def gate_of(
    dialler: Dialler, *, allowed: Sequence[Network] = (), names: Mapping[str, Sequence[str]] = NAMES
) -> Gate:
    return Gate(allowed=allowed, port=None, resolve=Resolver(names), dialler=dialler)


async def error_of(web: Web, url: str, *, allowed: Sequence[Network] = ()) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url, allowed=allowed)
    return str(caught.value)


@pytest.fixture(scope="module")
def sender() -> Iterator[HttpServer]:
    """A server that sends elsewhere. One for all: to start it takes longer than a test."""
    with HttpServer() as sender:
        yield sender


@pytest.fixture(scope="module")
def shared() -> Dialler:
    return Dialler()


@pytest.fixture(scope="module")
def web(shared: Dialler) -> Web:
    return Web(resolve=Resolver(), dialler=shared, limits=Limits(redirects=1))


def test_there_are_many_vectors() -> None:
    assert len(set(NOT_DIALLED)) == len(NOT_DIALLED) >= 150


@pytest.mark.parametrize("url", NOT_DIALLED)
async def test_no_spelling_of_what_is_not_public_is_dialled(
    web: Web, shared: Dialler, url: str
) -> None:
    shared.dialled.clear()
    error = await error_of(web, url)
    assert shared.dialled == []
    assert "nobody is there" not in error


@pytest.mark.parametrize("url", NOT_DIALLED)
async def test_nor_is_it_when_redirected_to(
    web: Web, shared: Dialler, sender: HttpServer, url: str
) -> None:
    shared.dialled.clear()
    shared.port = sender.port
    sender.put("/", redirect(url.encode().decode("latin-1")))
    await error_of(web, "http://wire.example/")
    shared.port = None
    # What is no address of its own is a path of the host that redirects.
    assert {address for address, _ in shared.dialled} == {PUBLIC}


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("http://wire.example/", PUBLIC, 80),
        ("https://wire.example/", PUBLIC, 443),
        ("HTTP://WIRE.EXAMPLE/", PUBLIC, 80),
        ("http://wire.example:8000/", PUBLIC, 8000),
        ("http://93.184.216.34/", PUBLIC, 80),
        ("http://1572395042/", PUBLIC, 80),
        ("http://0x5db8d822/", PUBLIC, 80),
        ("http://[2606:2800:220:1::1]/", PUBLIC_6, 80),
        ("http://[::ffff:5db8:d822]/", str(ip_address("::ffff:5db8:d822")), 80),
        ("http://127.0.0.1@wire.example/", PUBLIC, 80),
        ("http://wire.example/@127.0.0.1", PUBLIC, 80),
        ("http://wire.example?@127.0.0.1", PUBLIC, 80),
        ("http://wire.example#@127.0.0.1", PUBLIC, 80),
    ],
)
async def test_a_public_address_is_dialled(
    web: Web, shared: Dialler, url: str, address: str, port: int
) -> None:
    shared.dialled.clear()
    assert await error_of(web, url) == "no connection: nobody is there"
    assert shared.dialled == [(address, port)]


async def test_the_error_names_the_host_and_what_to_write_and_not_its_address() -> None:
    web = Web(resolve=Resolver(), dialler=Dialler())
    error = await error_of(web, "http://intranet.example/feed?key=secret")
    assert error == (
        "intranet.example leads into 10.0.0.0/8 (private networks), which is not public; if that "
        'is meant, write allow_private = ["10.0.0.0/8"], or a smaller network, for this source'
    )


async def test_a_source_reaches_the_networks_it_is_allowed_and_no_other_source_does(
    server: HttpServer,
) -> None:
    server.put("/", Answer(body=b"inside"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dialler=dialler)
    allowed = (ip_network("10.1.2.0/24"),)
    answer = await web.fetch("http://intranet.example/", allowed=allowed)
    assert isinstance(answer, Fetched)
    assert (answer.body, dialler.dialled) == (b"inside", [("10.1.2.3", 80)])
    # Not over a connection that another one left open, either.
    assert "allow_private" in await error_of(web, "http://intranet.example/")
    assert "allow_private" in await error_of(web, "http://loop.example/", allowed=allowed)
    assert dialler.dialled == [("10.1.2.3", 80)]


async def test_a_redirect_from_an_allowed_to_a_forbidden_address_is_not_followed(
    server: HttpServer,
) -> None:
    with socket.create_server(("127.0.0.2", 0)) as inner:
        inner.settimeout(0)
        port = inner.getsockname()[1]
        server.put("/", redirect(f"http://127.0.0.2:{port}/"))
        error = await error_of(Web(), server.url(), allowed=(ip_network("127.0.0.1/32"),))
        assert error.startswith("127.0.0.2 leads into 127.0.0.0/8 (this host)")
        with pytest.raises(BlockingIOError):
            inner.accept()
    assert len(server.requests) == 1


async def test_without_a_word_of_the_source_the_loopback_is_closed(server: HttpServer) -> None:
    assert (await error_of(Web(), server.url())).startswith("127.0.0.1 leads into 127.0.0.0/8")
    assert server.requests == []


async def test_a_name_that_changes_its_mind_is_dialled_where_it_was_checked(
    server: HttpServer,
) -> None:
    answers = [PUBLIC, "127.0.0.1", "127.0.0.1"]
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> tuple[Address, ...]:
        asked.append(f"{host}:{port}")
        return (ip_address(answers.pop(0)),)

    server.put("/", Answer(body=b"x"))
    dialler = Dialler(server.port)
    web = Web(resolve=rebinding, dialler=dialler)
    answer = await web.fetch("http://rebind.example/")
    assert isinstance(answer, Fetched)
    assert (asked, dialler.dialled) == (["rebind.example:80"], [(PUBLIC, 80)])
    assert "not public" in await error_of(web, "http://rebind.example/")
    assert dialler.dialled == [(PUBLIC, 80)]


async def test_a_name_that_changes_its_mind_between_redirects_is_checked_again(
    server: HttpServer,
) -> None:
    answers = [PUBLIC, "10.0.0.1"]

    async def rebinding(_host: str, _port: int) -> tuple[Address, ...]:
        return (ip_address(answers.pop(0)),)

    # The answer ends the connection: the next hop takes a new one.
    gone = (("Location", "/next"), ("Connection", "close"))
    server.put("/", Answer(status=302, headers=gone))
    dialler = Dialler(server.port)
    error = await error_of(Web(resolve=rebinding, dialler=dialler), "http://rebind.example/")
    assert error.startswith("rebind.example leads into 10.0.0.0/8")
    assert dialler.dialled == [(PUBLIC, 80)]
    assert server.asked("/next") == []


async def test_each_hop_is_resolved_and_checked(server: HttpServer) -> None:
    server.put("/", redirect("https://other.example:8443/a"))
    server.put("/b", redirect("http://intranet.example/"))
    nobody = httpcore2.ConnectError("nobody is there")
    dialler = Dialler(server.port, failing={"8.8.8.8": nobody})
    resolver = Resolver()
    web = Web(resolve=resolver, dialler=dialler)
    assert "nobody is there" in await error_of(web, "http://wire.example/")
    assert dialler.dialled == [(PUBLIC, 80), ("8.8.8.8", 8443)]
    assert "intranet.example leads into" in await error_of(web, "http://wire.example/b")
    assert resolver.asked == ["wire.example", "other.example", "wire.example", "intranet.example"]


@pytest.mark.parametrize("port", [80, 443, 8080, 8443, 8000])
async def test_a_redirect_leads_to_a_port_of_the_web_or_that_of_the_source(
    server: HttpServer, port: int
) -> None:
    server.put("/", redirect(f"http://other.example:{port}/there"))
    server.put("/there", Answer(body=b"x"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dialler=dialler)
    await web.fetch("http://wire.example:8000/")
    assert dialler.dialled == [(PUBLIC, 8000), ("8.8.8.8", port)]


@pytest.mark.parametrize("port", [1, 22, 25, 81, 6379, 8000, 65_535])
async def test_a_redirect_to_another_port_is_not_followed(server: HttpServer, port: int) -> None:
    server.put("/", redirect(f"http://wire.example:{port}/"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dialler=dialler)
    assert await error_of(web, "http://wire.example/") == (
        f"redirected to port {port} of wire.example; only 80, 443, 8080, 8443 are followed there; "
        "if that is meant, make the source's own address lead there"
    )
    assert dialler.dialled == [(PUBLIC, 80)]


async def test_in_an_allowed_network_every_port_is(server: HttpServer) -> None:
    server.put("/", redirect("http://intranet.example:9000/there"))
    server.put("/there", Answer(body=b"x"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dialler=dialler)
    await web.fetch("http://wire.example/", allowed=(ip_network("10.0.0.0/8"),))
    assert dialler.dialled == [(PUBLIC, 80), ("10.1.2.3", 9000)]


async def test_a_redirect_to_another_host_with_a_user_is_not_followed(server: HttpServer) -> None:
    server.put("/", redirect("http://wire.example@other.example/"))
    server.put("/near", redirect("/there"))
    server.put("/there", Answer(body=b"x"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dialler=dialler)
    error = await error_of(web, "http://wire.example/")
    assert error == "redirected to another host with a user in its address"
    assert dialler.dialled == [(PUBLIC, 80)]
    await web.fetch("http://user:secret@wire.example/near")
    assert "authorization" in server.asked("/there")[0].headers


class TestDialling:
    async def test_the_addresses_are_tried_in_order_until_one_answers(
        self, server: HttpServer
    ) -> None:
        dialler = Dialler(server.port, failing={PUBLIC_6: httpcore2.ConnectError("no route")})
        stream = await gate_of(dialler).connect_tcp("dual.example", 80, 10.0)
        await stream.aclose()
        assert dialler.dialled == [(PUBLIC_6, 80), (PUBLIC, 80)]

    async def test_an_address_that_answers_is_the_last_to_be_tried(
        self, server: HttpServer
    ) -> None:
        dialler = Dialler(server.port)
        stream = await gate_of(dialler).connect_tcp("dual.example", 80, 10.0)
        await stream.aclose()
        assert dialler.dialled == [(PUBLIC_6, 80)]

    async def test_each_has_its_part_of_the_time_that_is_left(self) -> None:
        late = httpcore2.ConnectTimeout()
        names = {"four.example": ("8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4")}
        dialler = Dialler(failing=dict.fromkeys(names["four.example"], late))
        with pytest.raises(httpcore2.ConnectTimeout):
            await gate_of(dialler, names=names).connect_tcp("four.example", 80, 12.0)
        # Here no time was spent, so each next one has more.
        assert dialler.parts_s == pytest.approx([3.0, 4.0, 6.0, 12.0], abs=0.2)

    async def test_without_a_limit_each_has_all_the_time(self, server: HttpServer) -> None:
        dialler = Dialler(server.port)
        stream = await gate_of(dialler).connect_tcp("wire.example", 80)
        await stream.aclose()
        assert dialler.parts_s == [float("inf")]

    async def test_when_none_answers_the_last_one_says_why(self) -> None:
        dialler = Dialler(failing={PUBLIC_6: httpcore2.ConnectTimeout()})
        with pytest.raises(httpcore2.ConnectError, match="nobody is there"):
            await gate_of(dialler).connect_tcp("dual.example", 80, 10.0)

    async def test_a_name_without_addresses_is_an_error(self) -> None:
        dialler = Dialler()
        with pytest.raises(httpcore2.ConnectError, match="the host has no address"):
            await gate_of(dialler, names={"empty.example": ()}).connect_tcp("empty.example", 80)
        assert dialler.dialled == []

    async def test_a_name_that_nobody_has_is_an_error(self) -> None:
        web = Web(resolve=Resolver(), dialler=Dialler())
        assert "no connection: name or service not known" in await error_of(web, "http://gone.test")

    async def test_a_resolver_that_says_nothing_is_left_at_the_limit_for_connections(self) -> None:
        async def silent(_host: str, _port: int) -> tuple[Address, ...]:
            await asyncio.sleep(30)
            return ()

        web = Web(resolve=silent, dialler=Dialler(), limits=Limits(connect_s=0.1))
        assert await error_of(web, "http://wire.example/") == "no connection within 0.1 s"


async def test_a_host_that_does_not_pick_up_leaves_time_for_the_next(server: HttpServer) -> None:
    """The first is a full queue of connections: it gets no answer from the kernel."""
    server.put("/", Answer(body=b"x"))
    names = {"two.example": ("127.0.0.9", HOST)}
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.9", server.port))
        deaf.listen(0)
        for one in (first, second):
            one.settimeout(0)
            one.connect_ex(deaf.getsockname())
        web = Web(resolve=Resolver(names), limits=Limits(connect_s=0.6))
        answer = await web.fetch(f"http://two.example:{server.port}/", allowed=LOOPBACK)
    assert isinstance(answer, Fetched)
    assert server.requests[0].headers["host"] == f"two.example:{server.port}"


async def test_the_certificate_is_asked_for_the_name_and_not_the_address() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("wire.example").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, HOST, 0, ssl=theirs) as listening:
        dialler = Dialler(listening.sockets[0].getsockname()[1])
        transport = GatedTransport(gate_of(dialler), ours)
        async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
            assert (await client.get("https://wire.example/")).content == b"x"
            with pytest.raises(httpcore2.ConnectError, match="Hostname mismatch"):
                await client.get("https://other.example/")
    assert dialler.dialled == [(PUBLIC, 443), ("8.8.8.8", 443)]


class TestResolving:
    async def test_a_number_is_read_as_the_system_reads_it(self) -> None:
        assert await resolve("127.0.0.1", 80) == (ip_address("127.0.0.1"),)
        assert await resolve("0x7f.1", 80) == (ip_address("127.0.0.1"),)
        assert await resolve("::1", 80) == (ip_address("::1"),)

    async def test_the_loopback_has_a_name(self) -> None:
        found = await resolve("localhost", 80)
        assert found
        assert set(found) <= {ip_address("127.0.0.1"), ip_address("::1")}

    @pytest.mark.parametrize("host", ["a..b", ".localhost", "x" * 64])
    async def test_what_can_be_no_name_has_no_address(self, host: str) -> None:
        with pytest.raises(OSError, match="no such host"):
            await resolve(host, 80)
