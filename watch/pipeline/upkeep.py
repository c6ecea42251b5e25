"""What keeps the daemon in order: the rule files, taken up at the start and when edited."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from watch.core.cleaning import clip
from watch.core.model import Message
from watch.core.rules.live import Change, KeptFile, Live, change_of, kept_files
from watch.core.rules.ruleset import Ruleset
from watch.ingest.rulefiles import read_rule_files, stamp_rule_files
from watch.notify.notice import Notice
from watch.notify.render import Renderer
from watch.pipeline.job import Context, Job
from watch.pipeline.lints import log_lints
from watch.pipeline.notices import Readers, notices_of
from watch.pipeline.rules import Taken, last_versions, take_rules
from watch.store.db import Transaction
from watch.store.outbox import add_notices
from watch.store.rulesets import (
    Departure,
    add_ruleset,
    get_rule_files,
    put_departures,
    put_rule_files,
)

log = logging.getLogger(__name__)

_MOST_LOGGED = 20
"""Mistakes of a file that get a line each; `watchlist check` tells all."""
_NAMES_LENGTH = 300
"""How long a list of ids may be in a line of the log."""


async def start_rules(context: Context) -> Sequence[Job]:
    """Put the rules in force for the first time, last good versions where files are broken.

    Raises MistakesError when nothing loads and nothing was in force before.
    """
    rules = context.rules
    rules.kept = await context.store.read(get_rule_files)
    rules.known = await asyncio.to_thread(read_rule_files, context.rules_folder, {})
    rules.files = await asyncio.to_thread(last_versions, rules.kept, rules.known.values())
    return await _take_up(context)


async def reload_rules(context: Context) -> Sequence[Job]:
    """Put edited rule files in force, last good versions where they are broken.

    An edit is read when two looks in a row find the files the same: it may be half saved.
    """
    rules = context.rules
    stamps = await asyncio.to_thread(stamp_rule_files, context.rules_folder)
    has_settled = stamps == rules.seen
    rules.seen = stamps
    if stamps == tuple(rules.known) or not has_settled:
        return ()
    return await _take_up(context)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """From the set in force to the next: kept as a whole, or not at all."""

    ruleset: Ruleset | None
    """None when it is the one in force already."""
    kept: tuple[KeptFile, ...]
    change: Change
    messages: tuple[Message, ...]
    now: datetime


async def _take_up(context: Context) -> Sequence[Job]:
    """Read the rule files, keep what becomes of them in one transaction, then swap the set."""
    rules = context.rules
    taken = await asyncio.to_thread(take_rules, context.rules_folder, rules)
    step = await asyncio.to_thread(_step_to, taken, context)
    await context.store.write(_keep, step)
    live, before = taken.live, sum(len(file.items) for file in rules.files)
    rules.matcher, rules.files, rules.kept = taken.matcher, live.files, step.kept
    rules.known = taken.known
    _log_stale(context, taken)
    _log_change(step.change)
    if step.ruleset is not None or not live.stale():
        log.info("rules in force", extra=_fields(live, step.change, before))
    if step.ruleset is not None:
        await asyncio.to_thread(log_lints, live.files, context.subscriptions)
    return [Job("deliver")] if step.messages else []


def _step_to(taken: Taken, context: Context) -> _Step:
    """Return what is to be kept; it looks at every item, so it is not for the event loop."""
    rules, live, now = context.rules, taken.live, context.now()
    kept = kept_files(live, rules.kept, now)
    change = change_of(rules.files, rules.kept, live)
    readers = Readers(last={file.path: file for file in rules.files}, operator=context.operator)
    notices = notices_of(change, live, kept=kept, readers=readers, now=now)
    is_new = live.ruleset.fingerprint != rules.matcher.ruleset.fingerprint
    return _Step(
        ruleset=live.ruleset if is_new else None,
        kept=kept,
        change=change,
        messages=_write_mails(context.renderer, notices, now),
        now=now,
    )


def _write_mails(
    renderer: Renderer, notices: Iterable[Notice], now: datetime
) -> tuple[Message, ...]:
    messages: list[Message] = []
    for notice in notices:
        rendered = renderer.render_notice(notice, now=now)
        messages.extend(rendered.messages)
        for failure in rendered.failures:
            log.error("notice not written", extra={"to": failure.recipient, "why": failure.text})
    return tuple(messages)


def _keep(transaction: Transaction, step: _Step) -> None:
    if step.ruleset is not None:
        add_ruleset(transaction, step.ruleset, step.now)
    put_rule_files(transaction, step.kept)
    departures = [
        Departure(path=gone.file.path, items=len(gone.items), left=step.now)
        for gone in step.change.gone
        if gone.items
    ]
    put_departures(transaction, departures, present=[file.path for file in step.kept])
    add_notices(transaction, step.messages, step.now)


def _log_stale(context: Context, taken: Taken) -> None:
    """Say of each stale file why, once while the reasons are the same."""
    stale = taken.live.stale()
    kept = {file.path: file for file in context.rules.kept}
    mistakes: dict[str, None] = {}
    for path, its_mistakes in stale.items():
        if context.rules.logged.get(path) == its_mistakes:
            continue
        mistakes |= dict.fromkeys(map(str, its_mistakes[:_MOST_LOGGED]))
        fields = {"file": path, "mistakes": len(its_mistakes)}
        if kept[path].text is None:
            log.error("rule file left out", extra=fields)
        else:
            log.error("rule file kept as it was", extra={**fields, "since": kept[path].since})
    for mistake in mistakes:
        log.error("rules not loaded", extra={"mistake": mistake})
    if mistakes and taken.live.conflict is not None:
        items = len(taken.live.ruleset.items)
        log.error("rules kept as a whole as they were", extra={"items": items})
    context.rules.logged = stale


def _log_change(change: Change) -> None:
    for gone in change.gone:
        log.warning("rule file gone", extra={"file": gone.file.path, "items": len(gone.items)})
    left: defaultdict[str, list[str]] = defaultdict(list)
    for item in change.left:
        left[item.place.path].append(item.id)
    for path, ids in left.items():
        which = clip(", ".join(ids), _NAMES_LENGTH)
        log.warning("items left", extra={"file": path, "items": len(ids), "which": which})
    for path in change.mended:
        log.info("rule file loads again", extra={"file": path})


def _fields(live: Live, change: Change, before: int) -> dict[str, object]:
    return {
        "items": len(live.ruleset.items),
        "before": before,
        "came": len(change.came),
        "left": len(change.left),
        "altered": len(change.altered),
        "files": len(live.files),
        "stale": len(live.stale()),
        "fingerprint": live.ruleset.fingerprint,
    }
