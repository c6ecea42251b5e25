"""Which rules are in force: the set, the version of each of its files, and what left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from watch.core.rules.live import KeptFile
from watch.core.rules.ruleset import Ruleset
from watch.store.db import Transaction
from watch.store.tables import DepartureRow, RuleFileRow, RulesetRow, table_of

_RULESETS = table_of(RulesetRow)
_FILES = table_of(RuleFileRow)
_DEPARTURES = table_of(DepartureRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetState:
    """The ruleset that a process last put in force."""

    fingerprint: str
    loaded: datetime
    files: int
    items: int


def add_ruleset(transaction: Transaction, ruleset: Ruleset, now: datetime) -> None:
    """Note that a ruleset is in force from now on."""
    transaction.execute(
        insert(_RULESETS).values(
            fingerprint=ruleset.fingerprint,
            loaded=now,
            files=len(ruleset.files),
            items=len(ruleset.items),
        )
    )


def get_ruleset(transaction: Transaction) -> RulesetState | None:
    """Return the ruleset in force; None when none ever was."""
    row = (
        transaction.execute(select(_RULESETS).order_by(_RULESETS.c.id.desc()).limit(1))
        .mappings()
        .first()
    )
    if row is None:
        return None
    return RulesetState(
        fingerprint=row["fingerprint"],
        loaded=row["loaded"],
        files=row["files"],
        items=row["items"],
    )


def put_rule_files(transaction: Transaction, files: Sequence[KeptFile]) -> None:
    """Keep the rule files as they stand now, in place of all that were kept before."""
    transaction.execute(delete(_FILES))
    rows = [
        {
            "path": file.path,
            "ordinal": ordinal,
            "text": file.text,
            "since": file.since,
            "stale_since": file.stale_since,
            "error": file.error,
            "errors": file.errors,
        }
        for ordinal, file in enumerate(files)
    ]
    if rows:
        transaction.execute(insert(_FILES), rows)


def get_rule_files(transaction: Transaction) -> tuple[KeptFile, ...]:
    """Return the rule files as they were kept, in the order of their set."""
    rows = transaction.execute(select(_FILES).order_by(_FILES.c.ordinal)).mappings()
    return tuple(
        KeptFile(
            path=row["path"],
            text=row["text"],
            since=row["since"],
            stale_since=row["stale_since"],
            error=row["error"],
            errors=row["errors"],
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A rule file that was deleted, and what left with it."""

    path: str
    items: int
    left: datetime


def put_departures(
    transaction: Transaction, departures: Sequence[Departure], *, present: Sequence[str]
) -> None:
    """Note the files that left; forget, of those before, which are present again."""
    again = [*present, *(one.path for one in departures)]
    transaction.execute(delete(_DEPARTURES).where(_DEPARTURES.c.path.in_(again)))
    rows = [{"path": one.path, "items": one.items, "left": one.left} for one in departures]
    if rows:
        transaction.execute(insert(_DEPARTURES), rows)


def get_departures(transaction: Transaction, since: datetime) -> tuple[Departure, ...]:
    """Return the files that left since a moment, the newest first."""
    rows = transaction.execute(
        select(_DEPARTURES)
        .where(_DEPARTURES.c.left >= since)
        .order_by(_DEPARTURES.c.left.desc(), _DEPARTURES.c.path)
    ).mappings()
    return tuple(Departure(path=row["path"], items=row["items"], left=row["left"]) for row in rows)
