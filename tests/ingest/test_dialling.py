import asyncio
import errno
import socket
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest
import tomli

from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from tests.ingest.stubs import NAMES, PUBLIC, PUBLIC_6, Dialler, Resolver
from watch.errors import SourceError
from watch.ingest.web import Fetched, Limits, Web
from watch.ingest.web.addresses import Address, Network
from watch.ingest.web.dialling import Gate, cause, resolve
from watch.ingest.web.exchange import Streams

WRITTEN = tomli.loads((Path(__file__).parent / "data" / "addresses.toml").read_text("utf-8"))
NOT_DIALLED: list[str] = WRITTEN["not_dialled"]


def gate_of(
    dialler: Dialler, *, allowed: Sequence[Network] = (), names: Mapping[str, Sequence[str]] = NAMES
) -> Gate:
    return Gate(allowed=allowed, port=80, resolve=Resolver(names), dial=dialler)


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
    return Web(resolve=Resolver(), dial=shared, limits=Limits(redirects=1))


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
    web = Web(resolve=Resolver(), dial=Dialler())
    error = await error_of(web, "http://intranet.example/feed?key=secret")
    assert error == (
        "intranet.example leads into 10.0.0.0/8 (private networks), which is not public; if that "
        'is meant, write allow_private = ["10.0.0.0/8"], or a smaller network, into its '
        "[[source]] (of a ping: ping_allow_private); on the command line: --allow-private"
    )


async def test_a_source_reaches_the_networks_it_is_allowed_and_no_other_source_does(
    server: HttpServer,
) -> None:
    server.put("/", Answer(body=b"inside"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dial=dialler)
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
    web = Web(resolve=rebinding, dial=dialler)
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
    error = await error_of(Web(resolve=rebinding, dial=dialler), "http://rebind.example/")
    assert error.startswith("rebind.example leads into 10.0.0.0/8")
    assert dialler.dialled == [(PUBLIC, 80)]
    assert server.asked("/next") == []


async def test_each_hop_is_resolved_and_checked(server: HttpServer) -> None:
    server.put("/", redirect("https://other.example:8443/a"))
    server.put("/b", redirect("http://intranet.example/"))
    nobody = OSError("nobody is there")
    dialler = Dialler(server.port, failing={"8.8.8.8": nobody})
    resolver = Resolver()
    web = Web(resolve=resolver, dial=dialler)
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
    web = Web(resolve=Resolver(), dial=dialler)
    await web.fetch("http://wire.example:8000/")
    assert dialler.dialled == [(PUBLIC, 8000), ("8.8.8.8", port)]


@pytest.mark.parametrize("port", [1, 22, 25, 81, 6379, 8000, 65_535])
async def test_a_redirect_to_another_port_is_not_followed(server: HttpServer, port: int) -> None:
    server.put("/", redirect(f"http://wire.example:{port}/"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dial=dialler)
    assert await error_of(web, "http://wire.example/") == (
        f"redirected to port {port} of wire.example; only 80, 443, 8080, 8443 are followed there; "
        "if that is meant, make the source's own address lead there"
    )
    assert dialler.dialled == [(PUBLIC, 80)]


async def test_in_an_allowed_network_every_port_is(server: HttpServer) -> None:
    server.put("/", redirect("http://intranet.example:9000/there"))
    server.put("/there", Answer(body=b"x"))
    dialler = Dialler(server.port)
    web = Web(resolve=Resolver(), dial=dialler)
    await web.fetch("http://wire.example/", allowed=(ip_network("10.0.0.0/8"),))
    assert dialler.dialled == [(PUBLIC, 80), ("10.1.2.3", 9000)]


@pytest.mark.parametrize("host", ["other.example", "wire.example"])
async def test_a_redirect_with_a_user_is_not_followed(server: HttpServer, host: str) -> None:
    server.put("/", redirect(f"http://wire.example@{host}/"))
    dialler = Dialler(server.port)
    error = await error_of(Web(resolve=Resolver(), dial=dialler), "http://user:x@wire.example/")
    assert error == "redirected to an address with a user in it"
    assert dialler.dialled == [(PUBLIC, 80)]


class TestDialling:
    async def test_the_addresses_are_tried_in_order_until_one_answers(
        self, server: HttpServer
    ) -> None:
        dialler = Dialler(server.port, failing={PUBLIC_6: OSError("no route")})
        _, writer = await gate_of(dialler).connect("dual.example", 80, within_s=10)
        writer.transport.abort()
        assert dialler.dialled == [(PUBLIC_6, 80), (PUBLIC, 80)]

    async def test_an_address_that_answers_is_the_last_to_be_tried(
        self, server: HttpServer
    ) -> None:
        dialler = Dialler(server.port)
        _, writer = await gate_of(dialler).connect("dual.example", 80, within_s=10)
        writer.transport.abort()
        assert dialler.dialled == [(PUBLIC_6, 80)]

    async def test_each_has_its_part_of_the_time_that_is_left(self) -> None:
        now = asyncio.get_running_loop().time
        names = {"four.example": ("8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4")}
        began: list[float] = []

        async def silent(address: Address, _port: int) -> Streams:
            began.append(now())
            if address == ip_address("8.8.8.2"):
                raise ConnectionRefusedError
            await asyncio.sleep(30)
            raise AssertionError

        gate = Gate(allowed=(), port=80, resolve=Resolver(names), dial=silent)
        with pytest.raises(TimeoutError):
            await gate.connect("four.example", 80, within_s=0.4)
        parts = [later - earlier for earlier, later in pairwise([*began, now()])]
        # The second says no at once, so the others have its part.
        assert parts == pytest.approx([0.1, 0, 0.15, 0.15], abs=0.08)

    async def test_when_none_answers_the_last_one_says_why(self) -> None:
        dialler = Dialler(failing={PUBLIC_6: TimeoutError()})
        with pytest.raises(OSError, match="nobody is there"):
            await gate_of(dialler).connect("dual.example", 80, within_s=10)

    async def test_a_name_without_addresses_is_an_error(self) -> None:
        dialler = Dialler()
        gate = gate_of(dialler, names={"empty.example": ()})
        with pytest.raises(OSError, match="the host has no address"):
            await gate.connect("empty.example", 80, within_s=10)
        assert dialler.dialled == []

    async def test_a_name_that_nobody_has_is_an_error(self) -> None:
        web = Web(resolve=Resolver(), dial=Dialler())
        assert "no connection: name or service not known" in await error_of(web, "http://gone.test")

    async def test_a_resolver_that_says_nothing_is_left_at_the_limit_for_connections(self) -> None:
        async def silent(_host: str, _port: int) -> tuple[Address, ...]:
            await asyncio.sleep(30)
            return ()

        web = Web(resolve=silent, dial=Dialler(), limits=Limits(connect_s=0.1))
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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "at 8.8.8.8"), "connection refused"),
        (OSError(errno.ENETUNREACH, "at 8.8.8.8"), "network is unreachable"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (socket.gaierror(), "no such host"),
        (ConnectionResetError(), "the other side closed it"),
        (TimeoutError(errno.ETIMEDOUT, "at 8.8.8.8"), "connection timed out"),
        (TimeoutError(), "the other side does not answer"),
        (OSError("the host has no address"), "the host has no address"),
        (OSError(), "OSError"),
    ],
    ids=repr,
)
def test_why_a_connection_failed_is_told_in_words_without_the_address(
    error: OSError, words: str
) -> None:
    assert cause(error) == words


class TestResolving:
    async def test_a_number_is_read_as_the_system_reads_it(self) -> None:
        assert await resolve("127.0.0.1", 80) == (ip_address("127.0.0.1"),)
        assert await resolve("0x7f.1", 80) == (ip_address("127.0.0.1"),)
        assert await resolve("2606:2800:220:1::1", 80) == (ip_address(PUBLIC_6),)
        assert await resolve("::1", 80) == (ip_address("::1"),)

    async def test_the_loopback_has_a_name(self) -> None:
        found = await resolve("localhost", 80)
        assert found
        assert set(found) <= {ip_address("127.0.0.1"), ip_address("::1")}

    @pytest.mark.parametrize("host", ["a..b", ".localhost", "x" * 64])
    async def test_what_can_be_no_name_has_no_address(self, host: str) -> None:
        with pytest.raises(OSError, match="no such host"):
            await resolve(host, 80)
