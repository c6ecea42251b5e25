"""Which rules are in force, and why the files on disk are not, where they are not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from watch.core.rules.ruleset import Ruleset
from watch.store.db import Transaction
from watch.store.tables import RulesetRow, table_of

_RULESETS = table_of(RulesetRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesetState:
    """The ruleset that a process last put in force."""

    fingerprint: str
    loaded: datetime
    files: int
    items: int
    error: str | None
    """What is wrong with the files as they are now; None when they are what is in force."""


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


def put_ruleset_error(transaction: Transaction, error: str | None) -> None:
    """Note why the rule files as they are now do not load, or that they are as in force again."""
    newest = select(_RULESETS.c.id).order_by(_RULESETS.c.id.desc()).limit(1).scalar_subquery()
    transaction.execute(update(_RULESETS).where(_RULESETS.c.id == newest).values(error=error))


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
        error=row["error"],
    )
