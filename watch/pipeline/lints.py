"""The lints of the set in force, into the log: an author who runs no check sees them there."""

import logging
from collections.abc import Sequence

from watch.core.model import Subscription
from watch.core.rules.lint import first_lints
from watch.core.rules.ruleset import RuleFile

log = logging.getLogger(__name__)

MOST_LOGGED = 20


def log_lints(files: Sequence[RuleFile], subscriptions: Sequence[Subscription]) -> None:
    """Log the first lints, a line each, and how many there are beyond them.

    Takes about as long as the files took to parse: not for the event loop.
    """
    first, more = first_lints(files, subscriptions, MOST_LOGGED)
    for lint in first:
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
    if more:
        log.warning("more lints", extra={"more": more, "see": "watchlist check"})
