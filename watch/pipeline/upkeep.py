"""What keeps the daemon in order: edited rule files."""

import asyncio
import logging
from collections.abc import Sequence

from watch.errors import MistakesError
from watch.ingest.rulefiles import stamp_rule_files
from watch.pipeline.job import Context, Job
from watch.pipeline.rules import load_matcher
from watch.store.rulesets import add_ruleset, put_ruleset_error

log = logging.getLogger(__name__)


async def reload_rules(context: Context) -> Sequence[Job]:
    """Put edited rule files in force as a whole set, or keep the set and say what is wrong.

    An edit is read when two looks in a row find the files the same: it may be half saved.
    """
    rules = context.rules
    stamps = await asyncio.to_thread(stamp_rule_files, context.rules_folder)
    has_settled = stamps == rules.seen
    rules.seen = stamps
    if stamps == rules.loaded or not has_settled:
        return ()
    rules.loaded = stamps
    try:
        matcher = await asyncio.to_thread(load_matcher, context.rules_folder)
    except MistakesError as error:
        for mistake in error.mistakes:
            log.error("rules not loaded", extra={"mistake": str(mistake)})
        log.error(
            "rules kept as they were",
            extra={"items": len(rules.matcher.ruleset.items), "mistakes": len(error.mistakes)},
        )
        await context.store.write(put_ruleset_error, str(error))
        return ()
    before, ruleset = rules.matcher.ruleset, matcher.ruleset
    rules.matcher = matcher
    if ruleset.fingerprint == before.fingerprint:
        await context.store.write(put_ruleset_error, None)
    else:
        await context.store.write(add_ruleset, ruleset, context.now())
    log.info(
        "rules in force",
        extra={
            "items": len(ruleset.items),
            "before": len(before.items),
            "files": len(ruleset.files),
            "fingerprint": ruleset.fingerprint,
        },
    )
    return ()
