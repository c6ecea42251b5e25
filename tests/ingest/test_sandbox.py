import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.ingest import chores
from tests.patience import DEADLINE_S
from watch.errors import NotReadableError, SourceError
from watch.ingest.sandbox import MESSAGE_LENGTH, Sandbox


@pytest.fixture
def strict() -> Iterator[Sandbox]:
    """One child, and little patience."""
    with Sandbox(workers=1, seconds=0.5) as sandbox:
        yield sandbox


async def test_a_function_is_run_in_another_process_with_its_arguments(sandbox: Sandbox) -> None:
    assert await sandbox.run(chores.double, 3) == 6
    assert await sandbox.run(chores.double, 3, times=3) == 24
    assert await sandbox.run(chores.process) != os.getpid()


async def test_the_environment_is_left_alone_for_other_threads_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In C, setenv may move what getenv looks at: localtime, a resolver, OpenSSL."""
    written: list[tuple[bytes, ...]] = []
    with monkeypatch.context() as patch:
        for name in ("putenv", "unsetenv"):
            patch.setattr(os, name, lambda *what: written.append(what))
        with Sandbox(workers=1) as sandbox:
            assert await sandbox.run(chores.double, 3) == 6
        os.environ["WATCHLIST_TEST"] = "seen"
        del os.environ["WATCHLIST_TEST"]
    assert written == [(b"WATCHLIST_TEST", b"seen"), (b"WATCHLIST_TEST",)]


async def test_a_child_serves_more_than_one_call(sandbox: Sandbox) -> None:
    assert await sandbox.run(chores.process) == await sandbox.run(chores.process)


async def test_a_refusal_comes_back_as_one(sandbox: Sandbox) -> None:
    with pytest.raises(NotReadableError, match=r"^not text: looks like a PDF$"):
        await sandbox.run(chores.refuse, "not text: looks like a PDF")


async def test_a_failure_in_our_own_words_keeps_them(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError, match=r"^out of luck$") as caught:
        await sandbox.run(chores.fail, "out of luck")
    assert not isinstance(caught.value, NotReadableError)


async def test_a_foreign_exception_comes_back_as_one_short_line(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError) as caught:
        await sandbox.run(chores.raise_foreign)
    words = str(caught.value)
    assert words.startswith("the parser failed on it (UnpickledError: a b c c ")
    assert len(words) < MESSAGE_LENGTH + 50
    assert await sandbox.run(chores.double, 1) == 2


async def test_a_parser_that_exits_does_not_end_the_parent(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError, match="SystemExit: 3"):
        await sandbox.run(chores.leave)


@pytest.mark.parametrize(
    ("chore", "cause"), [(chores.abort, "SIGABRT"), (chores.leave_for_good, "exit code 3")]
)
async def test_the_death_of_a_child_is_an_error_and_the_next_call_succeeds(
    strict: Sandbox, chore: Callable[[], None], cause: str
) -> None:
    with pytest.raises(SourceError, match=f"^the parser died reading it \\({cause}\\)$"):
        await strict.run(chore)
    assert await strict.run(chores.double, 2) == 4


async def test_a_call_without_end_is_stopped_at_its_time_limit(strict: Sandbox) -> None:
    pid = await strict.run(chores.process)
    with pytest.raises(SourceError, match=r"no end to reading it within 0\.5 s"):
        await strict.run(chores.hang)
    assert not is_alive(pid)
    assert await strict.run(chores.double, 2) == 4


async def test_one_child_serves_all_calls_that_are_quick() -> None:
    with Sandbox(workers=2, patience_s=60) as sandbox:
        calls = (sandbox.run(chores.process) for _ in range(20))
        assert len(set(await asyncio.gather(*calls))) == 1


async def test_another_child_starts_beside_a_call_that_takes_long_and_no_more_than_may() -> None:
    with Sandbox(workers=2, seconds=60, patience_s=0.2) as sandbox:
        hanging = asyncio.create_task(sandbox.run(chores.hang))
        await asyncio.sleep(0)
        calls = (sandbox.run(chores.process) for _ in range(5))
        assert len(set(await asyncio.gather(*calls))) == 1
        assert not hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def test_waiting_for_a_turn_does_not_count_as_running(strict: Sandbox) -> None:
    async with asyncio.TaskGroup() as tasks:
        hanging = [
            tasks.create_task(error_of(strict, chores.hang)),
            tasks.create_task(error_of(strict, chores.hang)),
        ]
        value = tasks.create_task(strict.run(chores.double, 5))
    assert all("within 0.5 s" in task.result() for task in hanging)
    assert value.result() == 10


async def test_too_much_memory_is_an_error_in_words(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError, match="takes more than 512 MB of memory"):
        await sandbox.run(chores.eat)
    assert await sandbox.run(chores.double, 1) == 2


async def test_a_child_leaves_no_core_behind(sandbox: Sandbox) -> None:
    assert await sandbox.run(chores.core_limit) == 0


async def test_a_child_killed_between_calls_is_replaced(strict: Sandbox) -> None:
    pid = await strict.run(chores.process)
    os.kill(pid, signal.SIGKILL)
    assert await strict.run(chores.process) != pid


async def test_a_pool_found_broken_is_built_anew(strict: Sandbox) -> None:
    pid = await strict.run(chores.process)
    os.kill(pid, signal.SIGKILL)
    # The only child, and idle: the pool itself breaks, as soon as it has looked.
    (cell,) = strict._cells
    assert cell._pool is not None
    async with asyncio.timeout(DEADLINE_S):
        while cell._pool.active:  # noqa: ASYNC110 - the pool has no event to wait for
            await asyncio.sleep(0.02)
    assert await strict.run(chores.process) != pid


async def test_children_that_die_before_they_take_a_call_are_an_error_not_a_loop(
    strict: Sandbox,
) -> None:
    with pytest.raises(SourceError, match=r"^no parser can be started"):
        await strict.run(chores.ignore, chores.Bomb())
    assert await strict.run(chores.double, 2) == 4


async def test_calls_that_lose_their_pool_together_each_end() -> None:
    with Sandbox(workers=2, patience_s=0) as sandbox:
        calls = (sandbox.run(chores.ignore, chores.Bomb()) for _ in range(2))
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(end) for end in ends} == {SourceError}
        assert await sandbox.run(chores.double, 2) == 4


async def test_a_call_lost_on_its_way_to_a_child_ends_and_the_pool_is_built_anew() -> None:
    with Sandbox(workers=1, seconds=0.2, grace_s=2.0) as sandbox:
        os.kill(await sandbox.run(chores.process), signal.SIGSTOP)
        with pytest.raises(SourceError, match=r"no end to reading it within 0\.2 s"):
            await sandbox.run(chores.double, 2)
        assert await sandbox.run(chores.double, 2) == 4


async def test_ctrl_c_leaves_the_children_alone(strict: Sandbox) -> None:
    pid = await strict.run(chores.process)
    os.kill(pid, signal.SIGINT)
    assert await strict.run(chores.process) == pid


async def test_ctrl_c_leaves_a_child_alone_that_is_only_starting(
    strict: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    others = set(multiprocessing.active_children())
    call = asyncio.create_task(strict.run(chores.process))
    await asyncio.sleep(0)  # the call starts it at once
    (child,) = set(multiprocessing.active_children()) - others
    assert child.pid is not None
    for _ in range(10):
        os.kill(child.pid, signal.SIGINT)
        await asyncio.sleep(0.03)
    assert await call == child.pid
    assert capfd.readouterr().err == ""
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


async def test_a_cancelled_call_is_stopped_and_leaves_the_sandbox_sound(strict: Sandbox) -> None:
    pid = await strict.run(chores.process)
    task = asyncio.create_task(strict.run(chores.hang))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await strict.run(chores.double, 4) == 8
    assert not is_alive(pid)


async def test_nothing_is_started_before_the_first_call_nor_left_after_the_last() -> None:
    sandbox = Sandbox(workers=1)
    (cell,) = sandbox._cells
    assert cell._pool is None
    sandbox.close()
    pid = await sandbox.run(chores.process)
    sandbox.close()
    assert not is_alive(pid)


async def error_of(sandbox: Sandbox, chore: Callable[[], None]) -> str:
    with pytest.raises(SourceError) as caught:
        await sandbox.run(chore)
    return str(caught.value)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
