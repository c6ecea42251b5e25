"""Servers that break, lie, stall or flood: each gets a clear error, in bounded time and memory."""

import asyncio
import gzip
import os
import socket
import struct
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from tests.httpd import HOST, LOOPBACK, Answer, HttpServer, redirect
from watch.core.model import Validators
from watch.errors import AnswerError, SourceError
from watch.ingest.web import Fetched, Limits, Web

SOON_S = 0.3
LIMITS = Limits(
    connect_s=SOON_S / 2, whole_s=SOON_S, page_s=0.1, wire_bytes=200_000, decoded_bytes=1_000_000
)
NOT_WHOLE = "no whole answer: "
NOT_CONNECTED = f"no connection within {SOON_S / 2:g} s"
TOO_SLOW = f"no whole answer within {SOON_S:g} s"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def web() -> Web:
    return Web(limits=LIMITS)


@pytest.fixture(scope="module")
def patient() -> Web:
    """One with time enough for a busy machine."""
    return Web(limits=Limits(wire_bytes=200_000, decoded_bytes=1_000_000))


@pytest.fixture(scope="module")
def shared() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


async def body_of(web: Web, url: str) -> bytes:
    answer = await web.fetch(url, allowed=LOOPBACK)
    assert isinstance(answer, Fetched)
    return answer.body


async def error_of(web: Web, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        await web.fetch(url, allowed=LOOPBACK)
    words = str(caught.value)
    assert words.isprintable()
    assert len(words) < 200
    return words


@contextmanager
def at_most(peak_bytes: int) -> Iterator[None]:
    """Hold what is inside to a peak of memory; the server, in this process too, has its part."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < peak_bytes


def packed(body: bytes, encoding: str = "gzip") -> Answer:
    return Answer(body=body, headers=(("Content-Encoding", encoding),))


class TestTooSlow:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(delay_s=30),
            Answer(raw=OK + b"Content-Type: x\r\n", hang_s=30),
            Answer(raw=OK + b"Content-Length: 9\r\n\r\n<rss", hang_s=30),
            Answer(raw=CHUNKED + b"4\r\n<rss\r\n", hang_s=30),
            Answer(raw=OK * 1000, piece=1, pause_s=0.01),
            Answer(body=b"x" * 1000, piece=1, pause_s=0.01),
            Answer(raw=CHUNKED + b"1\r\nx\r\n" * 1000, piece=6, pause_s=0.01),
            Answer(raw=b"", endless=b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.01),
        ],
        ids=[
            "says nothing",
            "stops in the head",
            "stops in the body",
            "stops between pieces",
            "head byte by byte",
            "body byte by byte",
            "pieces of a byte",
            "asks to continue now and then",
        ],
    )
    async def test_a_server_is_left_when_the_whole_time_is_over(
        self, web: Web, shared: HttpServer, answer: Answer
    ) -> None:
        shared.put("/", answer)
        assert await error_of(web, shared.url()) == TOO_SLOW

    async def test_redirects_have_one_time_in_all(self, web: Web, shared: HttpServer) -> None:
        for hop in range(5):
            shared.put(f"/{hop}", Answer(status=302, headers=(("Location", f"/{hop + 1}"),)))
        shared.put("/2", Answer(status=302, headers=(("Location", "/3"),), delay_s=0.25))
        shared.put("/4", Answer(body=b"late", delay_s=0.25))
        assert await error_of(web, shared.url("/0")) == TOO_SLOW

    async def test_a_host_that_does_not_pick_up_is_left(self, web: Web) -> None:
        # A full queue of connections: the next one gets no answer from the kernel.
        with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
            deaf.bind((HOST, 0))
            deaf.listen(0)
            for one in (first, second):
                one.settimeout(0)
                one.connect_ex(deaf.getsockname())
            url = f"http://{HOST}:{deaf.getsockname()[1]}/"
            assert await error_of(web, url) == NOT_CONNECTED

    async def test_a_host_that_does_not_begin_tls_is_left(self, web: Web) -> None:
        with socket.create_server((HOST, 0)) as silent:
            url = f"https://{HOST}:{silent.getsockname()[1]}/"
            assert await error_of(web, url) == NOT_CONNECTED

    async def test_a_refusal_is_told_though_its_page_never_ends(self, shared: HttpServer) -> None:
        head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n"
        web = Web(limits=Limits(page_s=0.1))
        for answer in (
            Answer(raw=head, hang_s=30),
            Answer(raw=head, endless=b"<p>", piece=1, pause_s=0.01),
            Answer(raw=head, endless=b"<p>no" * 1000),
            Answer(raw=head, resets=True),
        ):
            shared.put("/", answer)
            async with asyncio.timeout(5):
                error = await error_of(web, shared.url())
            assert error.startswith("answered 403 Forbidden; it may")


class TestTooLarge:
    @pytest.mark.parametrize(
        ("raw", "endless"),
        [
            (OK, b"X: y\r\n" * 1000),
            (OK + b"X: ", b"x" * 65_536),
            (OK, b"Set-Cookie: a=1\r\n" * 1000),
            (b"HTTP/1.1 200 ", b"O" * 65_536),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
            (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000),
            (b"", b"\r\n" * 1000),
        ],
        ids=["lines", "a line", "cookies", "status", "100", "103", "blank lines"],
    )
    async def test_an_endless_head_is_not_read_on(
        self, patient: Web, shared: HttpServer, raw: bytes, endless: bytes
    ) -> None:
        shared.put("/", Answer(raw=raw, endless=endless))
        with at_most(2_000_000):
            error = await error_of(patient, shared.url())
        assert error in {
            "the head of its answer is larger than 65 kB",
            NOT_WHOLE + "no response line received",
        }

    @pytest.mark.parametrize(
        ("raw", "endless"),
        [
            (OK + b"\r\n", b"x" * 65_536),
            (CHUNKED, b"4000\r\n" + bytes(0x4000) + b"\r\n"),
            (CHUNKED + b"ffffffff\r\n", b"x" * 65_536),
            (CHUNKED + b"4;", b"x" * 65_536),
            (CHUNKED + b"0\r\n", b"X: y\r\n" * 1000),
        ],
        ids=["no length", "pieces", "one piece", "an extension", "trailers"],
    )
    async def test_an_endless_body_is_not_read_on(
        self, patient: Web, shared: HttpServer, raw: bytes, endless: bytes
    ) -> None:
        shared.put("/", Answer(raw=raw, endless=endless))
        with at_most(3_000_000):
            error = await error_of(patient, shared.url())
        assert error in {"larger than 0.2 MB", NOT_WHOLE + "Receive buffer too long"}

    async def test_what_says_that_it_is_too_large_is_believed(
        self, patient: Web, shared: HttpServer
    ) -> None:
        shared.put("/", Answer(raw=OK + b"Content-Length: 200001\r\n\r\n", hang_s=30))
        assert await error_of(patient, shared.url()) == "larger than 0.2 MB"

    @pytest.mark.parametrize("size", [199_999, 200_000])
    async def test_what_is_as_large_as_it_may_be_is_read(
        self, patient: Web, shared: HttpServer, size: int
    ) -> None:
        shared.put("/length", Answer(body=bytes(size)))
        shared.put("/end", Answer(raw=OK + b"\r\n" + bytes(size)))
        assert len(await body_of(patient, shared.url("/length"))) == size
        assert len(await body_of(patient, shared.url("/end"))) == size

    async def test_one_byte_more_is_too_large(self, patient: Web, shared: HttpServer) -> None:
        shared.put("/", Answer(raw=OK + b"\r\n" + bytes(200_001)))
        assert await error_of(patient, shared.url()) == "larger than 0.2 MB"

    async def test_the_size_of_a_refusal_does_not_matter(
        self, patient: Web, shared: HttpServer
    ) -> None:
        shared.put("/", Answer(status=404, body=bytes(300_000)))
        assert (await error_of(patient, shared.url())).startswith("answered 404 Not Found")


class TestBombs:
    @pytest.mark.parametrize(
        "bomb",
        [
            gzip.compress(bytes(200_000_000), 9),
            gzip.compress(bytes(400_000), 9) * 50,
            gzip.compress(b"x") + gzip.compress(bytes(100_000_000), 9),
        ],
        ids=["one member", "many members", "the second member"],
    )
    async def test_a_bomb_is_stopped_before_it_fills_the_memory(
        self, shared: HttpServer, bomb: bytes
    ) -> None:
        shared.put("/", packed(bomb))
        web = Web(limits=Limits(decoded_bytes=1_000_000))
        with at_most(8_000_000):
            assert await error_of(web, shared.url()) == "larger than 1 MB when unpacked"

    async def test_a_bomb_in_an_error_page_is_not_unpacked(
        self, patient: Web, shared: HttpServer
    ) -> None:
        headers = (("Content-Encoding", "gzip"), ("Content-Type", "text/html"))
        bomb = gzip.compress(bytes(20_000_000), 9)
        shared.put("/", Answer(status=503, body=bomb, headers=headers))
        with at_most(2_000_000):
            assert (await error_of(patient, shared.url())).startswith("answered 503")

    async def test_endless_members_are_an_error(self, patient: Web, shared: HttpServer) -> None:
        shared.put("/", packed(gzip.compress(b"") * 101))
        error = await error_of(patient, shared.url())
        assert error == "answered with more than 100 members of gzip"

    @pytest.mark.parametrize(
        "encoding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "gzip,br", "x" * 999]
    )
    async def test_an_encoding_that_was_not_asked_for_is_an_error(
        self, patient: Web, shared: HttpServer, encoding: str
    ) -> None:
        shared.put("/", packed(zlib.compress(bytes(1000)), encoding))
        assert await error_of(patient, shared.url()) == (
            f"answered in the encoding {encoding[:40]}, which was not asked for"
        )

    async def test_what_is_packed_twice_is_unpacked_once(
        self, patient: Web, shared: HttpServer
    ) -> None:
        inner = gzip.compress(bytes(1_000_000))
        shared.put("/", packed(gzip.compress(inner)))
        assert await body_of(patient, shared.url()) == inner

    @pytest.mark.parametrize("cut", [1, 10, 500])
    async def test_half_a_packed_answer_is_none_though_its_length_is_right(
        self, patient: Web, shared: HttpServer, cut: int
    ) -> None:
        shared.put("/", packed(gzip.compress(os.urandom(1000))[:-cut]))
        assert await error_of(patient, shared.url()) == "no whole answer: its gzip has no end"

    @pytest.mark.parametrize("body", [b"this is no gzip", b"\x1f\x8bnor is this", b"PK\3\4"])
    async def test_damaged_gzip_is_an_error(
        self, patient: Web, shared: HttpServer, body: bytes
    ) -> None:
        shared.put("/", packed(body))
        assert await error_of(patient, shared.url()) == "answered with damaged gzip"


class TestLies:
    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            (b"", "the connection was closed before its head ended"),
            (OK, "the connection was closed before its head ended"),
            (b"HTTP/1.1 200 OK\r\nContent-L", "the connection was closed before its head ended"),
            (b"<rss>HTTP/0.9 knew no head</rss>\r\n\r\n", "illegal status line"),
            (b"garbage\r\n\r\n", "illegal status line"),
            (b"ICY 200 OK\r\n\r\n", "illegal status line"),
            (b"HTTP/1.1 20 OK\r\n\r\n", "illegal status line"),
            (b"SSH-2.0-OpenSSH_9.2\r\n" + b"\0" * 500 + b"\r\n\r\n", "illegal status line"),
            (b"\x16\x03\x01\x02\0" * 100 + b"\r\n\r\n", "illegal status line"),
            (OK + b"no colon\r\n\r\n", "illegal header line"),
            (OK + b"X :y\r\n\r\n", "illegal header line"),
            (OK + b"X: \0\r\n\r\n", "illegal header line"),
            (OK + b"Content-Length: ten\r\n\r\n0123456789", "bad Content-Length"),
            (OK + b"Content-Length: -1\r\n\r\n", "bad Content-Length"),
            (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "conflicting Content-"),
            (OK + b"Content-Length: " + b"9" * 99 + b"\r\n\r\n", "bad Content-Length"),
            (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "Only Transfer-Encoding: chunked"),
            (OK + b"Transfer-Encoding: identity\r\n\r\nx", "Only Transfer-Encoding: chunked"),
            (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "without a pending"),
            (OK + b"Content-Length: 1000\r\n\r\n<rss>half a fe", "peer closed connection"),
            (CHUNKED + b"5\r\n<rss>\r\n", "peer closed connection"),
            (CHUNKED + b"ff\r\n<rss>", "peer closed connection"),
            (CHUNKED + b"zz\r\n<rss>\r\n0\r\n\r\n", "illegal chunk header"),
            (CHUNKED + b"-5\r\n<rss>\r\n0\r\n\r\n", "illegal chunk header"),
            (CHUNKED + b"\r\n", "illegal chunk header"),
            (CHUNKED + b"5\r\n<rss>5\r\n", "malformed chunk footer"),
            (CHUNKED + b"f" * 21 + b"\r\n<rss>", "illegal chunk header"),
            (CHUNKED + bytes(range(14, 256)) + b"\r\n", "illegal chunk header"),
        ],
        ids=lambda value: value[:30] if isinstance(value, bytes) else "",
    )
    async def test_what_is_no_answer_is_an_error(
        self, patient: Web, shared: HttpServer, raw: bytes, words: str
    ) -> None:
        shared.put("/", Answer(raw=raw))
        error = await error_of(patient, shared.url())
        assert error.startswith(NOT_WHOLE)
        assert words in error

    async def test_of_an_answer_longer_than_it_says_the_rest_is_left(
        self, patient: Web, shared: HttpServer
    ) -> None:
        shared.put("/", Answer(body=b"<rss/><!-- and more -->", length=6))
        assert await body_of(patient, shared.url()) == b"<rss/>"

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.0 200 OK\r\n\r\n<rss/>",
            b"HTTP/1.1 200\r\n\r\n<rss/>",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: <a>\r\n\r\n" + OK + b"\r\n<rss/>",
            OK + b"Set-Cookie: id=1\r\n" * 100 + b"\r\n<rss/>",
            OK + b"X: \xff\xfe \xe9\r\n\r\n<rss/>",
            OK + b"X: a\r\n folded line\r\n\r\n<rss/>",
            b"HTTP/1.1 200 OK\nContent-Length: 6\n\n<rss/>",
            CHUNKED + b"6;a=b\r\n<rss/>\r\n0\r\nX-Trailer: 1\r\n\r\n",
            OK + b"Content-Length: 6\r\nContent-Length: 6\r\n\r\n<rss/>",
            OK + b"Content-Length: 1\r\n" + CHUNKED[len(OK) :] + b"6\r\n<rss/>\r\n0\r\n\r\n",
        ],
        ids=range(10),
    )
    async def test_what_is_odd_but_clear_is_an_answer(
        self, patient: Web, shared: HttpServer, raw: bytes
    ) -> None:
        shared.put("/", Answer(raw=raw))
        assert await body_of(patient, shared.url()) == b"<rss/>"
        shared.put("/", Answer(raw=raw, piece=1))
        assert await body_of(patient, shared.url()) == b"<rss/>"

    @pytest.mark.parametrize("status", [201, 204, 206, 300, 305, 400, 416, 451, 500, 599, 999])
    async def test_no_other_status_is_a_success(
        self, patient: Web, shared: HttpServer, status: int
    ) -> None:
        shared.put("/", Answer(status=status, headers=(("Location", "/there"),)))
        with pytest.raises(AnswerError, match=f"^answered {status}") as caught:
            await patient.fetch(shared.url(), allowed=LOOPBACK)
        assert caught.value.status == status

    async def test_validators_that_change_each_time_are_taken_each_time(
        self, patient: Web, shared: HttpServer
    ) -> None:
        answers = [Answer(body=b"same", etag=f'"{turn}"') for turn in range(3)]
        shared.put("/", *answers)
        validators = Validators()
        for turn in range(3):
            answer = await patient.fetch(shared.url(), validators=validators, allowed=LOOPBACK)
            assert isinstance(answer, Fetched)
            validators = answer.validators
            assert validators.etag == f'"{turn}"'


class TestBreaks:
    @pytest.mark.parametrize(
        "raw",
        [b"", b"HTTP/1.1 2", OK + b"Content-Le", OK + b"Content-Length: 9\r\n\r\n<rss", CHUNKED],
        ids=["before the answer", "in the status", "in the head", "in the body", "in pieces"],
    )
    async def test_a_reset_is_an_error(self, patient: Web, shared: HttpServer, raw: bytes) -> None:
        shared.put("/", Answer(raw=raw, resets=True))
        assert (await error_of(patient, shared.url())).startswith(NOT_WHOLE)

    async def test_a_reset_before_a_word_was_said_is_an_error(self, patient: Web) -> None:
        for scheme in ("http", "https"):
            async with answering(reset) as address:
                error = await error_of(patient, f"{scheme}://{address}/")
            # It may come before the connection is noticed to stand.
            assert error.startswith(("no connection: ", NOT_WHOLE))

    async def test_a_closed_port_is_named_as_such(self, patient: Web) -> None:
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            url = f"http://{HOST}:{taken.getsockname()[1]}/"
            assert await error_of(patient, url) == "no connection: connection refused"

    async def test_a_port_that_speaks_no_tls_is_an_error(self, patient: Web) -> None:
        async with answering(lambda client: client.sendall(b"220 mail.example\r\n")) as address:
            error = await error_of(patient, f"https://{address}/")
        assert error.startswith("no connection: TLS failed (")

    async def test_a_server_that_closes_after_each_answer_is_asked_on_a_new_connection(
        self, patient: Web, shared: HttpServer
    ) -> None:
        gone = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nConnection: keep-alive\r\n"
        shared.put("/", Answer(raw=gone + b"Content-Length: 0\r\n\r\n", resets=True))
        shared.put("/there", Answer(body=b"x"))
        assert await body_of(patient, shared.url()) == b"x"
        assert await body_of(patient, shared.url("/there")) == b"x"

    async def test_no_connection_stays_open(self, patient: Web, shared: HttpServer) -> None:
        shared.put("/", Answer(body=b"x"), redirect("/"), Answer(status=500), Answer(delay_s=9))
        await body_of(patient, shared.url())
        await error_of(patient, shared.url())
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await patient.fetch(shared.url(), allowed=LOOPBACK)
        await asyncio.sleep(0.05)
        mine = {("127.0.0.1", shared.port)}
        assert not mine & set(_peers())


def _peers() -> Iterator[tuple[str, int]]:
    """Yield the other ends of the sockets of this process."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(descriptor.name))) as one:
            yield one.getpeername()


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


def reset(client: socket.socket) -> None:
    """End a connection at once: to close it without lingering is to reset it."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
