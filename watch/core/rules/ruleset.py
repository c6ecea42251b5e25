"""The items and rules of all rule files, checked against one another: the set in force."""

import difflib
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from watch.core.model import Place, Severity
from watch.core.rules.operands import operands
from watch.core.rules.patterns import MOST_PATTERNS, is_pattern
from watch.core.rules.syntax import Expression, ItemIs, Tagged, Words
from watch.core.rules.terms import Term
from watch.core.toml import TomlText
from watch.errors import Mistake

_MOST_COMPARED = 500_000
"""Names compared with unknown ones, in all: the rest of many mistakes goes without a suggestion."""
_ALIKE = 0.6


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
class Rule:
    """What is worth telling somebody: an expression over items and words."""

    id: str
    name: str
    when: Expression
    typed: str
    """The expression as its author wrote it; the spans of `when` count in it."""
    language: str | None = None
    """The language of its words, whatever the document's; None leaves it to the document."""
    severity: Severity = Severity.NORMAL
    tags: tuple[str, ...] = ()
    has_alert: bool = True
    note: str | None = None
    owner: str | None = None
    """The address told when the file stops loading."""
    place: Place
    index: int = 0
    """Of its table among the [[rule]] of its file: `("rule", index, "when")` leads to `typed`."""
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """All items and rules in force, in the order of their files and of their places in them."""

    items: tuple[Item, ...] = ()
    rules: tuple[Rule, ...] = ()
    files: tuple[str, ...] = ()
    fingerprint: str = ""
    """A hash of the texts of all files: each document remembers which set it was checked by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A table that does not load, by what others name it: no second mistake is made of that."""

    id: str
    tags: tuple[str, ...] = ()
    """Its kind too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """What one rule file says, and what is wrong with it."""

    path: str
    text: str
    items: tuple[Item, ...] = ()
    rules: tuple[Rule, ...] = ()
    lost: tuple[Lost, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    owner: str | None = None
    """The address told when the file stops loading: the one of its defaults."""

    @property
    def is_read(self) -> bool:
        """False: it is no text, or no TOML, and nobody knows what it would hold."""
        return not self.mistakes or bool(self.items or self.rules or self.lost)


def assemble(files: Sequence[RuleFile]) -> Ruleset | tuple[Mistake, ...]:
    """Return the set that rule files make together, or everything that is wrong with them."""
    mistakes = [mistake for file in files for mistake in file.mistakes]
    mistakes += _shared_ids(files)
    mistakes += _broken_links(files)
    mistakes += _patterns_beyond(files)
    if mistakes:
        return tuple(mistakes)
    return Ruleset(
        items=tuple(item for file in files for item in file.items),
        rules=tuple(rule for file in files for rule in file.rules),
        files=tuple(file.path for file in files),
        fingerprint=_fingerprint(files),
    )


def _fingerprint(files: Sequence[RuleFile]) -> str:
    joined = "\0".join(part for file in files for part in (file.path, file.text))
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:16]


def _shared_ids(files: Sequence[RuleFile]) -> Iterator[Mistake]:
    """Yield a mistake for each item or rule whose id another, before it, has."""
    first: dict[str, Item | Rule] = {}
    for file in files:
        for one in _in_order(file):
            other = first.setdefault(one.id, one)
            if other is not one:
                header = file.text.split("\n")[one.place.line - 1]
                yield Mistake(
                    path=file.path,
                    line=one.place.line,
                    column=1,
                    length=len(header),
                    text=f"the id {one.id!r} is taken by {other.name!r} ({other.place})",
                    remedy='give one of the two another id = "..."',
                    source=header,
                )


def _in_order(file: RuleFile) -> Sequence[Item | Rule]:
    if not file.rules:
        return file.items
    return sorted((*file.items, *file.rules), key=lambda one: one.place.line)


def _broken_links(files: Sequence[RuleFile]) -> Iterator[Mistake]:
    """Yield a mistake for each @id and #tag of a rule that leads nowhere."""
    # What a file that cannot be read would hold is not known.
    if not all(file.is_read for file in files) or not any(file.rules for file in files):
        return
    known = _Known(files)
    for file in files:
        toml: TomlText | None = None
        for rule in file.rules:
            for operand in operands(rule.when):
                told = known.why_not(operand)
                if told is None:
                    continue
                # Places are found only when they are asked for.
                toml = toml or TomlText(file.path, file.text)
                span = (operand.start, operand.end)
                path = ("rule", rule.index, "when")
                yield toml.mistake(path, told[0], remedy=told[1], span=span)


class _Known:
    """What rules can name."""

    def __init__(self, files: Sequence[RuleFile]) -> None:
        self._items = {item.id: item.place for file in files for item in file.items}
        self._rules = {rule.id: rule.place for file in files for rule in file.rules}
        self._lost = {lost.id for file in files for lost in file.lost}
        self._tags = {tag for file in files for lost in file.lost for tag in lost.tags}
        for file in files:
            for item in file.items:
                self._tags.update(item.tags)
                if item.kind is not None:
                    self._tags.add(item.kind)
        self._looks = _MOST_COMPARED

    def why_not(self, operand: Words | ItemIs | Tagged) -> tuple[str, str] | None:
        """Return what is wrong with an operand's name, and what to do; None when it is known."""
        match operand:
            case ItemIs(item=name) if name not in self._items and name not in self._lost:
                if name in self._rules:
                    place = self._rules[name]
                    text = f"@{name} is a rule ({place}); only items can be operands"
                    return text, "repeat its expression here, in parentheses"
                return f"unknown item @{name}", self._near_item(name)
            case Tagged(tag=name) if name not in self._tags:
                return f"unknown tag #{name}: no item is of that kind or has that tag", (
                    self._near_tag(name)
                )
        return None

    def _near_item(self, name: str) -> str:
        near = self._near(name, self._items)
        if near is not None:
            return f"did you mean @{near} ({self._items[near]})?"
        if name in self._tags:
            return f"did you mean #{name}, all items with that tag?"
        return "write the id of an item: its id, or its name in small letters with hyphens"

    def _near_tag(self, name: str) -> str:
        near = self._near(name, self._tags)
        if near is not None:
            return f"did you mean #{near}?"
        if name in self._items:
            return f"did you mean @{name} ({self._items[name]})?"
        return "write a kind or tag that an item has"

    def _near(self, name: str, names: Collection[str]) -> str | None:
        """Return the name most alike; of very many only the first asked for are looked up."""
        if self._looks < len(names):
            return None
        self._looks -= len(names)
        folded = name.casefold()
        near = difflib.get_close_matches(folded, names, n=1, cutoff=_ALIKE)
        return near[0] if near else None


def _patterns_beyond(files: Sequence[RuleFile]) -> Iterator[Mistake]:
    """Yield a mistake where the patterns of a set become too many."""
    count = 0
    for file in files:
        for one in _in_order(file):
            count += _count_patterns(one)
            if count > MOST_PATTERNS:
                yield Mistake(
                    path=file.path,
                    line=one.place.line,
                    text=f"more than {MOST_PATTERNS:,} patterns in one set",
                    remedy="write words and stars where they will do",
                )
                return


def _count_patterns(one: Item | Rule) -> int:
    if isinstance(one, Item):
        return sum(is_pattern(term.typed) for term in (*one.terms, *one.excepts))
    return sum(isinstance(each, Words) and is_pattern(each.typed) for each in operands(one.when))
