import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.pipeline.conftest import Clock
from watch.errors import AnswerError, SourceError
from watch.pipeline.hosts import AT_ONCE, OWN_AT_ONCE, HostClosedError, Hosts, host_of

MINUTE = timedelta(minutes=1)


def hosts(clock: Clock, spacing_s: float = 0.0) -> Hosts:
    return Hosts(now=clock.now, chance=lambda: 0.0, spacing_s=spacing_s)


async def _most_at_once(turns: Hosts, names: list[str], *, is_own: bool) -> int:
    """Take a turn at each, as many at a time as are let in; return the most there were."""
    inside = most = 0

    async def visit(name: str) -> None:
        nonlocal inside, most
        async with turns.turn(name, is_own=is_own):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*map(visit, names))
    return most


async def test_one_request_at_a_time_goes_to_a_host_and_many_to_many() -> None:
    clock = Clock()
    assert await _most_at_once(hosts(clock), ["a.example"] * 9, is_own=False) == 1
    assert await _most_at_once(hosts(clock), ["a.example"] * 9, is_own=True) == OWN_AT_ONCE
    many = [f"{number}.example" for number in range(3 * AT_ONCE)]
    assert await _most_at_once(hosts(clock), many, is_own=False) == AT_ONCE


async def test_requests_to_a_host_are_spaced_but_not_those_to_ones_own() -> None:
    turns, now, began = hosts(Clock(), spacing_s=0.2), asyncio.get_running_loop().time, []
    for is_own in (False, False, False, True, True):
        async with turns.turn("a.example", is_own=is_own):
            began.append(now())
    gaps = [later - earlier for earlier, later in pairwise(began)]
    assert min(gaps[:2]) >= 0.199
    assert max(gaps[2:]) < 0.2


async def test_a_slow_host_takes_no_turn_of_another() -> None:
    turns = hosts(Clock(), spacing_s=60)
    async with turns.turn("a.example", is_own=False):
        waiting = [
            asyncio.create_task(_most_at_once(turns, ["a.example"], is_own=False))
            for _ in range(2 * AT_ONCE)
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(1), turns.turn("b.example", is_own=False):
            pass
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_refuses_is_left_alone_until_its_time(status: int) -> None:
    clock = Clock()
    turns = hosts(clock)
    error = AnswerError("no", status=status, host="a.example", retry_after=10 * MINUTE)
    state = turns.heed(error)
    assert state is not None
    with pytest.raises(HostClosedError, match=r"a\.example asked to be left alone") as closed:
        async with turns.turn("a.example", is_own=False):
            pytest.fail("it was asked")
    assert closed.value.until == clock.at + 10 * MINUTE == state.closed_until
    async with turns.turn("b.example", is_own=False):
        pass
    clock.advance(minutes=10)
    async with turns.turn("a.example", is_own=False):
        pass


async def test_those_who_wait_for_a_host_do_not_go_on_once_it_refused() -> None:
    turns = hosts(Clock())
    asked = 0

    async def ask() -> None:
        nonlocal asked
        async with turns.turn("a.example", is_own=False):
            asked += 1
            await asyncio.sleep(0)
            turns.heed(AnswerError("no", status=429, host="a.example"))

    ends = await asyncio.gather(*(ask() for _ in range(5)), return_exceptions=True)
    assert asked == 1
    assert [type(end) for end in ends] == [type(None)] + [HostClosedError] * 4


def test_other_failures_close_no_host() -> None:
    turns = hosts(Clock())
    assert turns.heed(SourceError("no connection")) is None
    assert turns.heed(AnswerError("no", status=500, host="a.example")) is None
    assert turns.closed_until("a.example") is None


async def test_hosts_that_nobody_waits_for_are_forgotten_when_there_are_many() -> None:
    turns = hosts(Clock())
    for number in range(10_050):
        async with turns.turn(f"{number}.example", is_own=False):
            pass
    assert len(turns._queues) < 1_000


async def test_a_host_that_is_being_asked_or_spared_is_not_forgotten_with_the_others() -> None:
    turns = hosts(Clock())
    async with turns.turn("spared.example", is_own=False, delay=MINUTE):
        pass
    async with turns.turn("asked.example", is_own=False):
        for number in range(10_000):
            async with turns.turn(f"{number}.example", is_own=False):
                pass
        assert len(turns._queues) < 1_000
        for host in ("spared.example", "asked.example"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), turns.turn(host, is_own=False):
                    pytest.fail(f"{host} was asked out of turn")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org/feed", "example.org"),
        ("http://user:secret@example.org:8080/a?b", "example.org:8080"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("http://example.org:99999/", ""),
        ("nothing", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert host_of(url) == host
