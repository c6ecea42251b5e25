"""The items of all rule files, checked against one another: the set that is in force."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from watch.core.model import Place, Severity
from watch.core.rules.terms import Term
from watch.errors import Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that an item's author says must match, or must not."""

    place: Place
    text: str
    is_match: bool
    finds: tuple[str, ...] | None = None
    """Exactly the texts to be found, in order; None asks only for one or more."""
    title: str = ""
    language: str | None = None
    source: str = "example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is tracked: the names it goes by, and what is told of it."""

    id: str
    name: str
    kind: str | None = None
    tags: tuple[str, ...] = ()
    terms: tuple[Term, ...]
    excepts: tuple[Term, ...] = ()
    """Contexts in which a mention does not count."""
    language: str | None = None
    """The language of the terms, whatever the document's; None leaves it to the document."""
    severity: Severity = Severity.NORMAL
    has_alert: bool = True
    """False: the item is only tracked, and makes no finding of its own."""
    note: str | None = None
    owner: str | None = None
    """The address told when the file stops loading."""
    place: Place
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """All items in force, in the order of their files and of their places in them."""

    items: tuple[Item, ...] = ()
    files: tuple[str, ...] = ()
    fingerprint: str = ""
    """A hash of the texts of all files: each document remembers which set it was checked by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """What one rule file says, and what is wrong with it."""

    path: str
    text: str
    items: tuple[Item, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def assemble(files: Sequence[RuleFile]) -> Ruleset | tuple[Mistake, ...]:
    """Return the set that rule files make together, or everything that is wrong with them."""
    mistakes = [mistake for file in files for mistake in file.mistakes]
    first: dict[str, Item] = {}
    for file in files:
        for item in file.items:
            other = first.setdefault(item.id, item)
            if other is not item:
                header = file.text.split("\n")[item.place.line - 1]
                mistakes.append(
                    Mistake(
                        path=file.path,
                        line=item.place.line,
                        column=1,
                        length=len(header),
                        text=f"the id {item.id!r} is taken by {other.name!r} ({other.place})",
                        remedy='give one of the two another id = "..."',
                        source=header,
                    )
                )
    items = tuple(first.values())
    if mistakes:
        return tuple(mistakes)
    return Ruleset(
        items=items,
        files=tuple(file.path for file in files),
        fingerprint=_fingerprint(files),
    )


def _fingerprint(files: Sequence[RuleFile]) -> str:
    joined = "\0".join(part for file in files for part in (file.path, file.text))
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:16]
