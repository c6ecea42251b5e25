from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.builders import NOW, a_document, a_matching
from watch.core.alerts import Alert, AlertStory, Occasion, Reason, Report, StoryId, Telling
from watch.core.model import FindingId, Message, MessageState
from watch.store import documents, findings, outbox, tellings
from watch.store.db import Store, Transaction

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
async def alert(store: Store) -> Report:
    """A report of an alert whose finding waits."""

    def accept(transaction: Transaction) -> tuple[FindingId, ...]:
        matching = a_matching("icbm")
        new = [(a_document("x"), matching.mentions)]
        (added,) = documents.add_documents(transaction, new, ruleset="r")
        assert added is not None
        (numbers,) = findings.add_findings(transaction, [(added.id, matching)])
        tellings.add_tellings(transaction, [Telling(numbers[0], name, NOW) for name in "ab"])
        return numbers

    findings_of_it = await store.write(accept)
    story = AlertStory(story=StoryId(1), reason=Reason.NEW, findings=findings_of_it)
    alert = Alert(subscription="a", occasion=Occasion.AT_ONCE, stories=(story,))
    return Report(alert=alert, stories=())


def _message(number: int) -> Message:
    return Message(
        recipient=f"{number}@example.org", message_id=f"<{number}@x>", content=b"\x00\r\n\xff"
    )


async def _add(store: Store, alert: Report, *numbers: int) -> None:
    messages = [_message(number) for number in numbers]
    assert await store.write(outbox.add_alert, alert, messages, key="k", now=NOW)


async def test_an_alert_is_made_once_and_its_findings_are_told_to_that_subscription(
    store: Store, alert: Report
) -> None:
    await _add(store, alert, 1, 2)
    again = await store.write(outbox.add_alert, alert, [_message(3)], key="k", now=NOW)
    assert not again
    (left,) = await store.read(tellings.get_waiting)
    assert left.subscription == "b"
    state = await store.read(outbox.get_outbox)
    assert state.counts == {MessageState.WAITING: 2}
    assert state.oldest == NOW


async def test_one_address_gets_one_message_of_an_alert(store: Store, alert: Report) -> None:
    twice = [_message(1), Message(recipient="1@example.org", message_id="<2@x>", content=b"")]
    with pytest.raises(IntegrityError):
        await store.write(outbox.add_alert, alert, twice, key="k", now=NOW)
    assert len(await store.read(tellings.get_waiting)) == 2, "nothing of it happened"


async def test_each_message_is_claimed_once_in_its_turn_with_its_bytes(
    store: Store, alert: Report
) -> None:
    await _add(store, alert, 1, 2)
    assert not await store.read(outbox.has_due, NOW - timedelta(seconds=1))
    assert await store.write(outbox.claim_message, NOW - timedelta(seconds=1)) is None
    assert await store.read(outbox.has_due, NOW)
    claims = [await store.write(outbox.claim_message, NOW) for _ in range(3)]
    assert [claim and claim.message for claim in claims] == [_message(1), _message(2), None]


async def test_a_postponed_message_comes_again_when_it_is_due(store: Store, alert: Report) -> None:
    await _add(store, alert, 1)
    claim = await store.write(outbox.claim_message, NOW)
    assert claim is not None
    await store.write(outbox.mark_message, claim.id, NOW)
    await store.write(outbox.postpone_message, claim.id, due=LATER, answer="450 wait")
    assert await store.write(outbox.claim_message, NOW) is None
    (trouble,) = (await store.read(outbox.get_outbox)).trouble
    assert (trouble.recipient, trouble.due, trouble.answer) == ("1@example.org", LATER, "450 wait")
    again = await store.write(outbox.claim_message, LATER)
    assert again is not None
    assert again.attempts == 1
    assert again.message == claim.message
    await store.write(outbox.give_back_message, claim.id)
    third = await store.write(outbox.claim_message, LATER)
    assert third is not None
    assert third.attempts == 1, "what was given back was not tried"


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.FAILED])
async def test_a_settled_message_is_never_claimed_again(
    store: Store, alert: Report, state: MessageState
) -> None:
    await _add(store, alert, 1)
    claim = await store.write(outbox.claim_message, NOW)
    assert claim is not None
    await store.write(outbox.settle_message, claim.id, state, answer="said", now=NOW)
    assert await store.write(outbox.recover, resends=True) == outbox.Recovered(
        given_back=0, ambiguous=0
    )
    assert await store.write(outbox.claim_message, LATER) is None
    found = await store.read(outbox.get_outbox)
    assert found.counts == {state: 1}
    assert found.oldest is None
    assert [one.answer for one in found.trouble] == ["said"] * (state is MessageState.FAILED)


@pytest.mark.parametrize(
    ("resends", "after"), [(True, MessageState.WAITING), (False, MessageState.HELD)]
)
async def test_after_a_crash_only_what_was_begun_is_ambiguous(
    store: Store, alert: Report, *, resends: bool, after: MessageState
) -> None:
    await _add(store, alert, 1, 2, 3)
    for number in (1, 2):
        claim = await store.write(outbox.claim_message, NOW)
        assert claim is not None
        if number == 1:
            await store.write(outbox.mark_message, claim.id, NOW)
    recovered = await store.write(outbox.recover, resends=resends)
    assert recovered == outbox.Recovered(given_back=1, ambiguous=1)
    counts = (await store.read(outbox.get_outbox)).counts
    assert sum(counts.values()) == 3
    assert counts[after] >= 1
    claimed = [await store.write(outbox.claim_message, NOW) for _ in range(3)]
    assert sum(claim is not None for claim in claimed) == (3 if resends else 2)


async def test_a_notice_belongs_to_no_alert_and_is_kept_once(store: Store) -> None:
    await store.write(outbox.add_notices, [], NOW)
    await store.write(outbox.add_notices, [_message(1), _message(2)], NOW)
    await store.write(outbox.add_notices, [_message(2), _message(3)], LATER)
    claims = [await store.write(outbox.claim_message, LATER) for _ in range(4)]
    assert [claim and claim.message for claim in claims] == [*map(_message, (1, 2, 3)), None]
    assert claims[1] is not None
    assert claims[1].created == NOW
