"""The lints of the set in force, into the log: an author who runs no check sees them there."""

import logging
from collections.abc import Sequence
from itertools import islice

from watch.core.model import Subscription
from watch.core.rules.lint import lints
from watch.core.rules.ruleset import RuleFile

log = logging.getLogger(__name__)

MOST_LOGGED = 20


def log_lints(files: Sequence[RuleFile], subscriptions: Sequence[Subscription]) -> None:
    """Log the first lints, a line each, and how many there are beyond them.

    Takes about as long as the files took to parse: not for the event loop.
    """
    found = lints(files, subscriptions)
    for lint in islice(found, MOST_LOGGED):
        mistake = lint.mistake
        place = ":".join(str(part) for part in (mistake.path, mistake.line, mistake.column) if part)
        log.warning(
            "lint",
            extra={
                "code": lint.code.value,
                "place": place,
                "text": mistake.text,
                "remedy": mistake.remedy,
            },
        )
    if rest := sum(1 for _ in found):
        log.warning("more lints", extra={"more": rest, "see": "watchlist check"})
