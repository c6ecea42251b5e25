from dataclasses import replace
from datetime import time, timedelta

import pytest

from tests.pipeline.conftest import Desk, changed
from watch.core.model import Group, Subscription
from watch.core.sending import QuietHours, Schedule
from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import scan_folder
from watch.pipeline.foresight import NextMail, get_next_mails
from watch.store.outbox import get_outbox
from watch.store.tellings import get_waiting

PLAIN = Subscription(name="desk", to=("desk@example.org",))


async def _next_mail(desk: Desk, subscription: Subscription) -> NextMail:
    read = desk.context.store.read
    (mail,) = await read(get_next_mails, [subscription], ["inbox"], desk.clock.at)
    return mail


@pytest.mark.parametrize(
    "subscription",
    [
        PLAIN,
        replace(PLAIN, group=Group.EACH),
        replace(PLAIN, schedule=Schedule(at=time(7))),
        replace(PLAIN, schedule=Schedule(every=timedelta(minutes=30))),
        replace(PLAIN, quiet=QuietHours(start=time(4), end=time(6))),
        replace(PLAIN, quiet=QuietHours(start=time(6), end=time(8)), schedule=Schedule(at=time(7))),
    ],
)
async def test_the_mail_goes_out_at_the_moment_that_was_foreseen_and_no_sooner(
    desk: Desk, subscription: Subscription
) -> None:
    context = changed(desk, subscriptions=(subscription,))
    desk.write("a.txt", "A suicide drone")
    desk.write("b.txt", "Another text of other words, and a suicide drone in it")
    for _ in range(2):
        await scan_folder(context, source="inbox")
        desk.clock.advance(seconds=5)
    waiting = await context.store.read(get_waiting)
    mail = await _next_mail(desk, subscription)
    assert await context.store.read(get_waiting) == waiting, "a look changes nothing"
    assert mail.at is not None
    assert mail.report is not None
    assert (mail.waiting, mail.folded, mail.silenced) == (2, 0, 0)
    desk.clock.at = mail.at - timedelta(seconds=1)
    assert not await make_alerts(context)
    desk.clock.at = mail.at
    assert await make_alerts(context)
    assert sum((await context.store.read(get_outbox)).counts.values()) == mail.mails
    assert (await _next_mail(desk, subscription)).at is None, "nothing is left to tell"


async def test_an_empty_digest_is_foreseen_where_one_is_sent(desk: Desk) -> None:
    digest = replace(PLAIN, schedule=Schedule(at=time(7)), sends_empty=True)
    mail = await _next_mail(desk, digest)
    assert mail.at == desk.clock.at.replace(hour=7, minute=0, second=0)
    assert mail.report is not None
    assert (mail.report.stories, mail.waiting) == ((), 0)
