import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patience import DEADLINE_S
from watch.errors import SourceError
from watch.ingest.web.answers import Head
from watch.ingest.web.exchange import HEAD_BYTES, READ_BYTES, Exchange, megabytes

HOST = {"Host": "wire.example"}
ANSWER = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b'HTTP/1.1 200 OK\r\nETag: "1"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Old: caf\xe9\r\n'
    b"Transfer-Encoding: chunked\r\n\r\n4\r\n<rss\r\n2;x=y\r\n/>\r\n0\r\nX-Trailer: 1\r\n\r\n"
)


@asynccontextmanager
async def said(words: bytes, *, body_bytes: int = 1000) -> AsyncIterator[Exchange]:
    """Give an exchange with a server that says this and no more, and hears nothing."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(words)
        theirs.shutdown(socket.SHUT_WR)
        streams = await asyncio.open_connection(sock=ours)
        yield Exchange(streams, body_bytes=body_bytes)
        streams[1].transport.abort()


async def whole(exchange: Exchange) -> tuple[Head, bytes]:
    head = await exchange.ask("GET", "/", HOST)
    body = b""
    while piece := await exchange.piece():
        body += piece
    return head, body


async def test_an_answer_is_a_head_and_a_body_in_pieces() -> None:
    async with said(ANSWER) as exchange:
        head, body = await whole(exchange)
    assert (head.status, body) == (200, b"<rss/>")
    assert head.headers == {
        "etag": '"1"',
        "set-cookie": "a=1, b=2",
        "x-old": "café",
        "transfer-encoding": "chunked",
    }


@pytest.mark.parametrize("size", [0, 999, 1000])
async def test_a_body_may_be_as_large_as_was_said(size: int) -> None:
    async with said(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(size)) as exchange:
        assert await whole(exchange) == (Head(status=200, headers={}), bytes(size))


async def test_a_larger_body_is_an_error() -> None:
    async with said(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1001)) as exchange:
        await exchange.ask("GET", "/", HOST)
        with pytest.raises(SourceError, match=r"^larger than 0\.001 MB$"):
            await exchange.piece()


async def test_what_frames_the_pieces_counts_as_well() -> None:
    words = ANSWER[: ANSWER.index(b"4\r\n<rss")] + b"1\r\nx\r\n" * 200 + b"0\r\n\r\n"
    async with said(words) as exchange:
        with pytest.raises(SourceError, match=r"^larger than"):
            await whole(exchange)


async def test_a_body_in_crumbs_lets_others_have_their_turn() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    words = ANSWER[: ANSWER.index(b"4\r\n<rss")] + b"1\r\nx\r\n" * 15_000 + b"0\r\n\r\n"
    async with said(words, body_bytes=100_000) as exchange:
        others = asyncio.create_task(count())
        assert len((await whole(exchange))[1]) == 15_000
        others.cancel()
    # All of it lay ready, and would have been read at one go.
    assert turns >= len(words) / READ_BYTES


@pytest.mark.parametrize("over", [0, 1])
async def test_a_head_has_its_own_limit(over: int) -> None:
    begin, end = b"HTTP/1.1 200 OK\r\nX: ", b"\r\n\r\n"
    filling = b"x" * (HEAD_BYTES - len(begin) - len(end) + over)
    async with said(begin + filling + end) as exchange:
        if over:
            with pytest.raises(SourceError, match=r"^the head of its answer is larger than 65 kB$"):
                await whole(exchange)
        else:
            assert (await whole(exchange))[1] == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "secret\r\nX-Other: 1"},
        {"X-Key": "secret\0"},
        {"X-Key": "секрет"},
        {"X Key": "secret"},
        {"ключ": "secret"},
        {"": "secret"},
        {"Content-Length": "6"},
    ],
)
async def test_a_header_that_cannot_be_sent_is_not_shown(headers: dict[str, str]) -> None:
    async with said(ANSWER) as exchange:
        with pytest.raises(SourceError, match=r"^a header cannot be sent; mend the") as caught:
            await exchange.ask("GET", "/", {**HOST, **headers})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_target_of_an_address_can_be_sent() -> None:
    printable = "".join(map(chr, range(0x21, 0x7F)))
    async with said(ANSWER) as exchange:
        assert (await exchange.ask("GET", f"/{printable}", HOST)).status == 200


SPOILT = st.builds(
    lambda at, cut, words: ANSWER[:at] + words + ANSWER[at + cut :],
    st.integers(0, len(ANSWER)),
    st.integers(0, 40),
    st.binary(max_size=20)
    | st.sampled_from([b"\r\n", b"\n", b"0\r\n\r\n", b"HTTP/1.1 304\r\n\r\n"]),
)


@given(SPOILT | st.binary(max_size=200))
async def test_whatever_a_server_says_is_an_answer_or_an_error(words: bytes) -> None:
    async with asyncio.timeout(DEADLINE_S), said(words) as exchange:
        try:
            head, body = await whole(exchange)
        except SourceError as error:
            assert str(error).isprintable()  # noqa: PT017 - that it is raised is not the claim
            assert len(str(error)) < 150  # noqa: PT017 - the same
        else:
            assert 200 <= head.status <= 999
            assert len(body) <= len(words)


@pytest.mark.parametrize(
    ("count", "shown"), [(8_000_000, "8 MB"), (200_000, "0.2 MB"), (1_500_000, "1.5 MB")]
)
def test_a_size_is_shown_in_megabytes(count: int, shown: str) -> None:
    assert megabytes(count) == shown
