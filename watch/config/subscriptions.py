"""Who gets what: `[[subscription]]`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watch.config.page import Page
from watch.config.tables import SubscriptionTable
from watch.core.model import Send, Severity, Subscription
from watch.core.toml import Path as Where


def subscriptions_of(page: Page, tables: Sequence[Mapping[str, object]]) -> Iterator[Subscription]:
    """Yield the subscriptions, in their order, without those that have a mistake."""
    names: dict[str, int] = {}
    for index, value in enumerate(tables):
        where: Where = ("subscription", index)
        checked = page.toml.checked(SubscriptionTable, value, where)
        if not isinstance(checked, SubscriptionTable):
            page.mistakes.extend(checked)
            continue
        page.check_name(checked.name, names, index, where)
        if not checked.to:
            page.add((*where, "to"), "nobody to write to", remedy="name an address")
        for at, address in enumerate(checked.to):
            page.check_address(address, (*where, "to", at))
        try:
            ZoneInfo(checked.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            remedy = 'write a name such as "Asia/Seoul" or "UTC"'
            what = f'no time zone is called "{checked.timezone}"'
            page.add((*where, "timezone"), what, remedy=remedy)
        wait = page.duration(checked.group_wait, (*where, "group_wait"), least=timedelta())
        yield Subscription(
            name=checked.name,
            to=tuple(dict.fromkeys(checked.to)),
            rules=tuple(checked.rules),
            tags=tuple(checked.tags),
            severity=Severity[checked.severity.upper()],
            send=Send(checked.send),
            group_wait=wait or timedelta(),
            timezone=checked.timezone,
        )
