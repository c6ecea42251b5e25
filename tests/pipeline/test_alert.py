from dataclasses import replace
from email import message_from_bytes
from email.policy import default as policy

import pytest

from tests.builders import a_subscription
from tests.pipeline.conftest import Desk, changed
from watch.core.model import MessageState
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.job import Context, Job
from watch.store.outbox import claim_message, get_outbox
from watch.store.tellings import get_waiting


async def _collect(desk: Desk, context: Context) -> None:
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)


async def test_findings_wait_for_others_and_leave_in_one_mail(desk: Desk) -> None:
    desk.write("a.txt", "First ICBM")
    await _collect(desk, desk.context)
    assert await make_alerts(desk.context) == []
    desk.write("b.txt", "Second: a suicide drone")
    await _collect(desk, desk.context)
    desk.clock.advance(seconds=60)
    assert await make_alerts(desk.context) == [Job("deliver")]
    assert await desk.context.store.read(get_waiting) == ()
    assert await make_alerts(desk.context) == [], "nothing is told twice"
    claim = await desk.context.store.write(claim_message, desk.clock.at)
    assert claim is not None
    mail = message_from_bytes(claim.message.content, policy=policy)
    assert mail["To"] == "desk@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "rules/items.toml:1" in body.get_content()
    assert "Second: a suicide drone" in body.get_content()
    assert await desk.context.store.write(claim_message, desk.clock.at) is None


async def test_each_subscription_gets_what_it_asks_for_each_address_a_mail(desk: Desk) -> None:
    context = changed(
        desk,
        subscriptions=(
            a_subscription("all", "a@example.org", "b@example.org"),
            a_subscription("drones", "c@example.org", tags=("uav",)),
            a_subscription("nothing", "d@example.org", rules=("elephants",)),
        ),
    )
    desk.write("a.txt", "An ICBM and a suicide drone")
    await _collect(desk, context)
    await make_alerts(context, waits=False)
    claims = [await context.store.write(claim_message, desk.clock.at) for _ in range(4)]
    assert [claim and claim.message.recipient for claim in claims] == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        None,
    ]


async def test_what_nobody_subscribes_to_is_kept_and_makes_no_mail(desk: Desk) -> None:
    context = changed(desk, subscriptions=())
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    assert await make_alerts(context, waits=False) == []
    assert (await context.store.read(get_outbox)).counts == {}


async def test_what_waits_for_a_subscription_that_is_gone_stays(desk: Desk) -> None:
    desk.write("a.txt", "An ICBM")
    await _collect(desk, desk.context)
    without = changed(desk, subscriptions=(a_subscription("another"),))
    assert await make_alerts(without, waits=False) == []
    assert len(await desk.context.store.read(get_waiting)) == 1


async def test_an_address_that_cannot_be_written_to_costs_the_others_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    odd = replace(desk.context.subscriptions[0], to=("jösé@example.org", "desk@example.org"))
    context = changed(desk, subscriptions=(odd,))
    desk.write("a.txt", "An ICBM")
    await _collect(desk, context)
    assert await make_alerts(context, waits=False) == [Job("deliver")]
    assert (await context.store.read(get_outbox)).counts == {MessageState.WAITING: 1}
    (record,) = [one for one in caplog.records if one.message == "mail not written"]
    assert record.__dict__["to"] == "jösé@example.org"
