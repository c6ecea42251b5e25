import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from watch.core.model import Message, MessageId, MessageState
from watch.store.db import Store
from watch.store.health import get_untold_messages
from watch.store.messages import (
    cancel_message,
    get_message,
    get_messages,
    release_message,
)
from watch.store.outbox import (
    add_notices,
    claim_message,
    mark_message,
    postpone_message,
    recover,
    settle_message,
)

LATER = NOW + timedelta(hours=2)
ANY = tuple(MessageState)


def _message(number: int) -> Message:
    return Message(
        recipient=f"{number}@example.org",
        message_id=f"<{number}@example.org>",
        content=b"Subject: x\r\n\r\n" + b"y" * 10_000,
    )


async def _bring(store: Store, state: MessageState) -> MessageId:
    """Return the one message of an outbox, brought into a state."""
    await store.write(add_notices, [_message(1)], NOW)
    number = MessageId(1)
    if state is MessageState.WAITING:
        return number
    assert await store.write(claim_message, NOW) is not None
    match state:
        case MessageState.CLAIMED:
            pass
        case MessageState.MARKED:
            await store.write(mark_message, number, NOW)
        case MessageState.HELD:
            await store.write(mark_message, number, NOW)
            await store.write(recover, resends=False)
        case _:
            await store.write(settle_message, number, state, answer="250 ok", now=NOW)
    return number


async def _state(store: Store) -> MessageState:
    (one,) = await store.read(get_messages, ANY, most=10)
    return one.state


@pytest.mark.parametrize("state", MessageState)
async def test_what_waits_is_held_or_failed_may_be_let_go(
    store: Store, state: MessageState
) -> None:
    number = await _bring(store, state)
    may = state in (MessageState.WAITING, MessageState.HELD, MessageState.FAILED)
    assert await store.write(release_message, number, LATER) is may
    assert await _state(store) is (MessageState.WAITING if may else state)
    if may:
        assert await store.write(claim_message, LATER - timedelta(seconds=1)) is None
        claim = await store.write(claim_message, LATER)
        assert claim is not None
        assert (claim.id, claim.attempts) == (number, 0)


@pytest.mark.parametrize("state", MessageState)
async def test_what_waits_or_is_held_may_be_kept_from_going(
    store: Store, state: MessageState
) -> None:
    number = await _bring(store, state)
    may = state in (MessageState.WAITING, MessageState.HELD)
    assert await store.write(cancel_message, number, LATER) is may
    assert await _state(store) is (MessageState.CANCELLED if may else state)
    if may:
        assert await store.write(claim_message, LATER) is None
        assert await store.read(get_untold_messages) == ()


async def test_no_message_is_changed_that_is_not_there(store: Store) -> None:
    assert await store.write(release_message, MessageId(9), NOW) is False
    assert await store.write(cancel_message, MessageId(9), NOW) is False
    assert await store.read(get_message, MessageId(9)) is None


async def test_the_operator_hears_of_what_a_person_let_go_only_if_it_fails_again(
    store: Store,
) -> None:
    number = await _bring(store, MessageState.FAILED)
    assert len(await store.read(get_untold_messages)) == 1
    await store.write(release_message, number, LATER)
    await store.write(claim_message, LATER)
    await store.write(settle_message, number, MessageState.SENT, answer="250 ok", now=LATER)
    assert await store.read(get_untold_messages) == ()


async def test_what_is_held_a_second_time_is_told_a_second_time(store: Store) -> None:
    number = await _bring(store, MessageState.HELD)
    await store.write(release_message, number, LATER)
    await store.write(claim_message, LATER)
    await store.write(mark_message, number, LATER)
    await store.write(recover, resends=False)
    (told,) = await store.read(get_untold_messages)
    assert told.state is MessageState.HELD


async def test_the_newest_are_listed_the_oldest_first(store: Store) -> None:
    await store.write(add_notices, [_message(number) for number in range(1, 6)], NOW)
    await store.write(postpone_message, MessageId(4), due=LATER, answer="451 later")
    listed = await store.read(get_messages, ANY, most=3)
    assert [one.id for one in listed] == [3, 4, 5]
    assert (listed[1].due, listed[1].attempts, listed[1].answer) == (LATER, 1, "451 later")
    assert len(listed[0].head) < 10_000
    assert await store.read(get_messages, [MessageState.HELD], most=3) == ()


async def test_a_message_is_had_with_all_of_its_bytes(store: Store) -> None:
    number = await _bring(store, MessageState.WAITING)
    found = await store.read(get_message, number)
    assert found is not None
    assert (found[0].recipient, found[1]) == ("1@example.org", _message(1).content)


async def test_of_a_claim_and_a_cancellation_one_wins(empty_database: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(empty_database, tmp_path))
    daemon = Store.open(path)
    beside = Store.open_beside(path)
    try:
        many = [_message(number) for number in range(1, 41)]
        await daemon.write(add_notices, many, NOW)
        claimed, cancelled = set(), set()
        for number in range(1, 41):
            # Both at once, each on its own connection: the database puts them in an order.
            write = beside.write(cancel_message, MessageId(number), NOW)
            claim, is_cancelled = await asyncio.gather(daemon.write(claim_message, NOW), write)
            if claim is not None:
                claimed.add(claim.id)
            if is_cancelled:
                cancelled.add(number)
        states = {one.id: one.state for one in await daemon.read(get_messages, ANY, most=40)}
        assert not claimed & cancelled
        assert {one for one, state in states.items() if state is MessageState.CLAIMED} == claimed
        assert {
            one for one, state in states.items() if state is MessageState.CANCELLED
        } == cancelled
    finally:
        beside.close()
        daemon.close()
