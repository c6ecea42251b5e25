"""[state]: for how long what came in is kept."""

from datetime import timedelta

from watch.config.page import Page, parse_duration
from watch.config.tables import StateTable
from watch.core.health import MONTH

_FOREVER = "forever"
_LONGEST = timedelta(days=36_525)
"""A hundred years; dates do not go back much further than a few of these."""
_WHERE = ("state", "keep_documents")


def keep_documents(page: Page, table: StateTable) -> timedelta | None:
    """Return for how long documents are kept whole, None for ever; note what cannot be meant.

    A month at least: over so long the health mail looks back.
    """
    written = table.keep_documents
    if written.strip() == _FOREVER:
        return None
    duration = parse_duration(written)
    if duration is None or duration > _LONGEST:
        remedy = f'write a number of days such as "400d", or "{_FOREVER}"'
        page.add(_WHERE, f'"{written}" is no length of time', remedy=remedy)
    elif duration < MONTH:
        what = f'"{written}" is too short: the health mail looks back over a month'
        page.add(_WHERE, what, remedy=f'write "{MONTH.days}d" or more')
    return duration
