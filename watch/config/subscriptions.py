"""Who gets what, when: `[[subscription]]`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path as PathOnDisk

from watch.config.page import Page
from watch.config.tables import SubscriptionTable
from watch.core.model import Group, Severity, Subscription
from watch.core.sending import parse_quiet, parse_send
from watch.core.toml import Path as Where
from watch.notify.templating import LANGUAGE

_CODE = re.compile(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*")
"""A language as templates name it: a folder, and no way out of theirs."""


def subscriptions_of(
    page: Page, tables: Sequence[Mapping[str, object]], templates: PathOnDisk | None
) -> Iterator[Subscription]:
    """Yield the subscriptions, in their order; `templates` is the folder of one's own."""
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
        yield _subscription(page, checked, where, templates)


def _subscription(
    page: Page, table: SubscriptionTable, where: Where, templates: PathOnDisk | None
) -> Subscription:
    """Return a subscription; what is wrong with it is noted, and stands in for by a default."""
    schedule = page.parsed(table.send, (*where, "send"), parse_send)
    if table.send_empty and schedule is None:
        remedy = 'leave it out, or write a digest such as send = "daily at 07:00"'
        page.add((*where, "send_empty"), "only digests may be empty", remedy=remedy)
    if table.max_per_hour < 1:
        remedy = "write 1 or more; a silence keeps a rule quiet, `severity` and `rules` choose"
        page.add((*where, "max_per_hour"), "no mail would ever go out", remedy=remedy)
    _check_language(page, table.language, (*where, "language"), templates)
    wait = page.duration(table.group_wait, (*where, "group_wait"), least=timedelta())
    interval = page.duration(table.group_interval, (*where, "group_interval"), least=timedelta())
    return Subscription(
        name=table.name,
        to=tuple(dict.fromkeys(table.to)),
        rules=tuple(table.rules),
        tags=tuple(table.tags),
        severity=Severity[table.severity.upper()],
        schedule=schedule,
        quiet=page.parsed(table.quiet, (*where, "quiet"), parse_quiet),
        zone=page.zone(table.timezone, (*where, "timezone")),
        group=Group(table.group),
        group_wait=wait or timedelta(),
        group_interval=interval or timedelta(),
        max_per_hour=table.max_per_hour,
        remind_after=page.duration(
            table.remind_after, (*where, "remind_after"), least=timedelta(minutes=1)
        ),
        sends_empty=table.send_empty,
        language=table.language,
    )


def _check_language(page: Page, language: str, where: Where, templates: PathOnDisk | None) -> None:
    """Note a language in which there are no templates."""
    is_code = _CODE.fullmatch(language) is not None
    if language == LANGUAGE or (
        is_code and templates is not None and (templates / language).is_dir()
    ):
        return
    if not is_code:
        remedy = f'write a code, such as "{LANGUAGE}" or "ko"'
    elif templates is None:
        remedy = (
            f'write "{LANGUAGE}", or put yours into {language} in the folder of [mail] templates'
        )
    else:
        remedy = f'write "{LANGUAGE}", or put yours into {templates / language}'
    page.add(where, f'there are no templates in "{language}"', remedy=remedy)
