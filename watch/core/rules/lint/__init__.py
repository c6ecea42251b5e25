"""Warnings about rule files that load: what is hardly meant, with the place and the remedy."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from watch.core.grouping import selects
from watch.core.model import Subscription
from watch.core.rules.checks import finding_of
from watch.core.rules.lint.allowances import Allowances, may_allow
from watch.core.rules.lint.expressions import expression_remarks, nodes
from watch.core.rules.lint.items import item_remarks
from watch.core.rules.lint.remark import Code, Lint, Remark
from watch.core.rules.lint.terms import latin_words
from watch.core.rules.ruleset import Item, Rule, RuleFile
from watch.core.rules.syntax import ItemIs, Tagged
from watch.core.rules.terms import Term
from watch.core.toml import Path, TomlText
from watch.errors import Mistake

__all__ = ["Code", "Lint", "first_lints", "lints"]


class _Table(NamedTuple):
    """A table of a rule file: `("item", 3)`."""

    key: str
    at: int
    line: int
    """Of its header."""


class _Told(NamedTuple):
    """What is odd about a file, before anybody asks where it stands."""

    file: RuleFile
    remarks: Sequence[tuple[_Table, Remark]]
    undecided: Collection[Code]
    """Lints of which nobody can tell whether they are there."""


def lints(files: Sequence[RuleFile], subscriptions: Sequence[Subscription] = ()) -> Iterator[Lint]:
    """Yield the lints of rule files, in order of their places; files with mistakes are left out.

    Without subscriptions nobody can tell which items they reach. The time grows with the number of
    terms; the place of a lint costs a reading of its file.
    """
    for told in _told(files, subscriptions):
        yield from _placed(told)


def first_lints(
    files: Sequence[RuleFile], subscriptions: Sequence[Subscription], most: int
) -> tuple[Sequence[Lint], int]:
    """Return so many of the lints, the first, and how many there are beyond them.

    The places of those are looked up only where comments may silence them.
    """
    first: list[Lint] = []
    more = 0
    for told in _told(files, subscriptions):
        placed = _placed(told)
        own = list(islice(placed, most - len(first)))
        first += own
        is_sure = not may_allow(told.file.text)
        more += len(told.remarks) - len(own) if is_sure else sum(1 for _ in placed)
    return first, more


def _told(files: Sequence[RuleFile], subscriptions: Sequence[Subscription]) -> Iterator[_Told]:
    """Yield what is odd about each file without mistakes."""
    files = [file for file in files if not file.mistakes]
    undecided = set() if subscriptions else {Code.UNREACHED_ITEM}
    if len(files) == 1:
        undecided.add(Code.TERM_IN_TWO_ITEMS)
    unreached: defaultdict[str, list[tuple[_Table, Remark]]] = defaultdict(list)
    for file, table, remark in _unreached(files, subscriptions):
        unreached[file.path].append((table, remark))
    shared = _SharedTerms()
    for file in files:
        yield _Told(file, [*_own(file, shared), *unreached[file.path]], undecided)


def _own(file: RuleFile, shared: "_SharedTerms") -> Iterator[tuple[_Table, Remark]]:
    """Yield what is odd about the tables of a file, whoever is to be told of them."""
    has_examples = any(item.examples for item in file.items) or any(
        rule.examples for rule in file.rules
    )
    for table, item in _items(file):
        for remark in (*item_remarks(item), *shared.remarks(item)):
            yield table, remark
        if has_examples and not item.examples:
            yield table, _no_examples("item", item.name)
    for table, rule in _rules(file):
        for remark in expression_remarks(rule.when, rule.language):
            yield table, remark.at("when")
        if has_examples and not rule.examples:
            yield table, _no_examples("rule", rule.name)


def _no_examples(kind: str, name: str) -> Remark:
    remedy = f'add [[{kind}.example]] with match = "..."'
    return Remark(Code.NO_EXAMPLES, f"{name!r} has no examples, others here have", remedy)


def _items(file: RuleFile) -> Iterator[tuple[_Table, Item]]:
    for index, item in enumerate(file.items):
        yield _Table("item", index, item.place.line), item


def _rules(file: RuleFile) -> Iterator[tuple[_Table, Rule]]:
    for index, rule in enumerate(file.rules):
        yield _Table("rule", index, rule.place.line), rule


class _SharedTerms:
    """The terms of all items so far."""

    def __init__(self) -> None:
        # Nearly all terms are the only ones of their letters, and are looked at no closer.
        self._alike: dict[str, tuple[Term, Item]] = {}
        self._first: dict[tuple[object, ...], Item] = {}

    def remarks(self, item: Item) -> Iterator[Remark]:
        """Add an item; yield a remark for each of its terms that an item before has too."""
        for index, term in enumerate(item.terms):
            own = term, item
            before = self._alike.setdefault(_letters(term), own)
            if before is own:
                continue
            self._first.setdefault(_key(before[0]), before[1])
            other = self._first.setdefault(_key(term), item)
            if other is not item:
                yield Remark(
                    Code.TERM_IN_TWO_ITEMS,
                    f"{term.typed!r} is a term of {other.name!r} too ({other.place})",
                    "keep it in one of the two",
                ).at("terms", index)


def _letters(term: Term) -> str:
    """Return what is equal for terms that find the same, and for some others."""
    return " ".join(latin_words(term.typed) or [word.folded for word in term.words])


def _key(term: Term) -> tuple[object, ...]:
    """Return what is equal for terms that find the same."""
    if not term.words or term.is_exact:
        return (term.typed,)
    return tuple((word.script, word.folded, word.case, word.has_star) for word in term.words)


def _unreached(
    files: Sequence[RuleFile], subscriptions: Sequence[Subscription]
) -> Iterator[tuple[RuleFile, _Table, Remark]]:
    """Yield each item that is in no rule, and that no subscription chooses."""
    operands = [node for file in files for rule in file.rules for node in nodes(rule.when)]
    items = {node.item for node in operands if isinstance(node, ItemIs)}
    tags = {node.tag for node in operands if isinstance(node, Tagged)}
    for file in files:
        for table, item in _items(file):
            if item.id in items or not tags.isdisjoint((item.kind, *item.tags)):
                continue
            if not item.has_alert:
                remedy = f"write @{item.id} in a rule, or take alert = false out"
                text = f"{item.name!r} alerts nobody, and no rule has it"
            elif subscriptions:
                finding = finding_of(item, ())
                if any(selects(subscription, finding) for subscription in subscriptions):
                    continue
                remedy = "add its id or one of its tags to a subscription"
                text = f"no subscription or rule reaches {item.name!r}"
            else:
                continue
            yield file, table, Remark(Code.UNREACHED_ITEM, text, remedy)


def _placed(told: _Told) -> Iterator[Lint]:
    """Yield the lints of one file that its author does not allow, in order of their places."""
    file = told.file
    if may_allow(file.text):
        yield from _unsilenced(told, TomlText(file.path, file.text))
    elif told.remarks:
        toml = TomlText(file.path, file.text)
        # Tables do not run into one another: their lints need not be put in order together.
        by_line = sorted(told.remarks, key=_line)
        for _, remarks in groupby(by_line, key=_line):
            placed = [
                Lint(code=remark.code, mistake=_mistake(toml, table, remark))
                for table, remark in remarks
            ]
            yield from sorted(placed, key=_reading_order)


def _unsilenced(told: _Told, toml: TomlText) -> Iterator[Lint]:
    """Yield the lints of a file of which comments may silence some, or are odd themselves."""
    allowed = Allowances(toml)
    placed = [
        Lint(code=remark.code, mistake=mistake)
        for table, remark in told.remarks
        if not allowed.silence(remark.code, table.line)
        and not allowed.silence(remark.code, (mistake := _mistake(toml, table, remark)).line)
    ]
    placed.extend(allowed.lints(told.undecided))
    yield from sorted(placed, key=_reading_order)


def _line(told: tuple[_Table, Remark]) -> int:
    table, _ = told
    return table.line


def _mistake(toml: TomlText, table: _Table, remark: Remark) -> Mistake:
    if not remark.path:
        return toml.line_mistake(table.line, remark.text, remedy=remark.remedy)
    path: Path = (table.key, table.at, *remark.path)
    written = toml.tables(table.key)[table.at]
    if remark.path[0] == "terms" and isinstance(written, Mapping) and "terms" not in written:
        path = (table.key, table.at, "name")  # an item without terms is found by its name
    return toml.mistake(path, remark.text, remedy=remark.remedy, span=remark.span)


def _reading_order(lint: Lint) -> tuple[int, int, str]:
    return lint.mistake.line or 0, lint.mistake.column or 0, lint.code.value
