"""The text of a rule file to items, or to everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypedDict

from pydantic import Field as Key

from watch.core.model import Place, Severity
from watch.core.rules.expression import parse_expression
from watch.core.rules.faults import ExpressionError, TermError
from watch.core.rules.ruleset import Example, Item, Lost, Rule, RuleFile
from watch.core.rules.syntax import Expression
from watch.core.rules.terms import Term, parse_term
from watch.core.toml import Path, Table, TomlText, suggestion
from watch.core.words.languages import primary_language
from watch.errors import Mistake, MistakesError

SeverityWord = Literal["low", "normal", "high"]
_SEVERITIES = {severity.word: severity for severity in Severity}
_ID = re.compile(r"[\w.-]+")
_KINDS = {"item": "an item", "rule": "a rule"}


class _Common(TypedDict):
    """What items and rules have alike."""

    id: str
    name: str
    tags: tuple[str, ...]
    language: str | None
    severity: Severity
    has_alert: bool
    note: str | None
    owner: str | None
    place: Place
    examples: tuple[Example, ...]


class DefaultsTable(Table):
    """`[defaults]`: what holds for every other table of the file."""

    owner: str | None = None
    tags: list[str] = Key(default_factory=list)
    kind: str | None = None
    severity: SeverityWord = "normal"
    language: str | None = None
    alert: bool = True
    note: str | None = None


class ExampleTable(Table):
    """`[[item.example]]` or `[[rule.example]]`, as it is written."""

    match: str | None = None
    ignore: str | None = None
    finds: list[str] | None = None
    title: str = ""
    language: str | None = None
    source: str = "example"


class _EntryTable(Table):
    """What items and rules have alike."""

    id: str | None = None
    name: str | None = None
    tags: list[str] = Key(default_factory=list)
    language: str | None = None
    severity: SeverityWord | None = None
    alert: bool | None = None
    note: str | None = None
    owner: str | None = None
    example: list[dict[str, object]] = Key(default_factory=list)


class ItemTable(_EntryTable):
    """`[[item]]`, as it is written."""

    kind: str | None = None
    terms: list[str] | None = None
    excepts: list[str] = Key(default_factory=list, alias="except")


class RuleTable(_EntryTable):
    """`[[rule]]`, as it is written."""

    when: str | None = None


def parse_rule_file(path: str, text: str) -> RuleFile:
    """Return the items and rules of a rule file and all its mistakes; nothing is raised."""
    try:
        toml = TomlText(path, text)
    except MistakesError as error:
        return RuleFile(path=path, text=text, mistakes=error.mistakes)
    reading = _Reading(toml)
    items, rules = tuple(reading.items()), tuple(reading.rules())
    mistakes = sorted(
        reading.mistakes, key=lambda mistake: (mistake.line or 0, mistake.column or 0)
    )
    return RuleFile(
        path=path,
        text=text,
        items=items,
        rules=rules,
        lost=tuple(reading.lost),
        mistakes=tuple(mistakes),
        owner=reading.defaults.owner,
    )


class _Reading:
    """One rule file being read; its mistakes gather as it goes."""

    def __init__(self, toml: TomlText) -> None:
        self.toml = toml
        self.mistakes: list[Mistake] = []
        self._check_top()
        self.defaults = self._defaults()
        self.lost: list[Lost] = []

    @cached_property
    def lines_of_examples(self) -> Mapping[str, Sequence[Sequence[int]]]:
        """The line of each example, by kind, table and place among the table's examples."""
        return {key: self.toml.lines_of_inner(key, "example") for key in _KINDS}

    def _check_top(self) -> None:
        for key, value in self.toml.values.items():
            if key not in {"defaults", *_KINDS}:
                kind = "table" if isinstance(value, dict | list) else "key"
                path: Path = (key, 0) if isinstance(value, list) else (key,)
                remedy = suggestion(key, ["defaults", *_KINDS])
                self._add(path, f"unknown {kind} {key!r}", remedy=remedy, is_key=True)

    def _defaults(self) -> DefaultsTable:
        written = self.toml.values.get("defaults", {})
        checked = self.toml.checked(DefaultsTable, written, ("defaults",))
        if isinstance(checked, DefaultsTable):
            self._check_language(checked.language, ("defaults", "language"))
            return checked
        self.mistakes.extend(checked)
        return DefaultsTable()

    def items(self) -> Iterator[Item]:
        """Yield each item that holds together."""
        for index, line, value in self._tables("item"):
            path: Path = ("item", index)
            checked = self.toml.checked(ItemTable, value, path)
            item = None
            if isinstance(checked, ItemTable):
                item = self._item(checked, index, line)
            else:
                self.mistakes.extend(checked)
                # What else is wrong with it is told in the same go.
                for key in ("terms", "except"):
                    typed = value.get(key)
                    self._tell_terms(typed if isinstance(typed, list) else [], (*path, key))
            if item is not None:
                yield item
            else:
                self.lost.append(_lost(value, self.defaults))

    def rules(self) -> Iterator[Rule]:
        """Yield each rule that holds together."""
        for index, line, value in self._tables("rule"):
            path: Path = ("rule", index)
            checked = self.toml.checked(RuleTable, value, path)
            rule = None
            if isinstance(checked, RuleTable):
                rule = self._rule(checked, index, line)
            else:
                self.mistakes.extend(checked)
                typed = value.get("when")
                if isinstance(typed, str):
                    self._when(typed, path)
            if rule is not None:
                yield rule
            else:
                self.lost.append(_lost(value, self.defaults))

    def _tables(self, key: str) -> Iterator[tuple[int, int, Mapping[str, object]]]:
        """Yield each table of a kind with its index and its line."""
        what = _KINDS[key]
        remedy = f"write [[{key}]], with two brackets"
        if isinstance(self.toml.values.get(key), Mapping):
            self._add((key,), f"{what} is one of a list", remedy=remedy)
            return
        lines = self.toml.lines_of(key)
        for index, (value, line) in enumerate(zip(self.toml.tables(key), lines, strict=True)):
            if isinstance(value, dict):
                yield index, line, value
            else:
                self._add((key, index), f"{what} is a table", remedy=remedy)

    def _item(self, table: ItemTable, index: int, line: int) -> Item | None:
        """Return the item a table describes; None when something is wrong with it."""
        before = len(self.mistakes)
        path: Path = ("item", index)
        name = self._name(table, path)
        typed = [name] if table.terms is None and name else table.terms or []
        if name and not typed:
            self._add((*path, "terms"), "no terms", remedy="list one, or leave the key out")
        # Without terms of its own an item is found by its name.
        terms_path = (*path, "name") if table.terms is None else (*path, "terms")
        terms = self._terms(typed, terms_path)
        excepts = self._terms(table.excepts, (*path, "except"))
        # A name without a letter is told as the term it would be, where it is one.
        told = self._told(table, name, path, line, is_named=table.terms is None)
        if len(self.mistakes) > before:
            return None
        kind = self.defaults.kind if table.kind is None else table.kind
        return Item(kind=kind, terms=terms, excepts=excepts, **told)

    def _rule(self, table: RuleTable, index: int, line: int) -> Rule | None:
        """Return the rule a table describes; None when something is wrong with it."""
        before = len(self.mistakes)
        path: Path = ("rule", index)
        name = self._name(table, path)
        when = self._when(table.when, path)
        told = self._told(table, name, path, line)
        if len(self.mistakes) > before or when is None:
            return None
        return Rule(when=when, typed=table.when or "", index=index, **told)

    def _name(self, table: _EntryTable, path: Path) -> str:
        name = (table.name or "").strip()
        if not name:
            what = _KINDS[str(path[0])]
            self._add(path, f"{what} needs a name", remedy='add name = "..."')
        return name

    def _when(self, typed: str | None, path: Path) -> Expression | None:
        if typed is None:
            remedy = "add when = '@item AND (Russia OR Moscow)'"
            self._add(path, "a rule needs an expression", remedy=remedy)
            return None
        try:
            return parse_expression(typed)
        except ExpressionError as error:
            for fault in error.faults:
                span = (fault.start, fault.end)
                self._add((*path, "when"), fault.text, remedy=fault.remedy, span=span)
        return None

    def _told(
        self, table: _EntryTable, name: str, path: Path, line: int, *, is_named: bool = False
    ) -> _Common:
        """Return what items and rules have alike, the defaults filled in."""
        default = self.defaults
        language = table.language or default.language
        told: _Common = {
            "id": self._id(table, name, path, is_named=is_named),
            "name": name,
            "tags": tuple(dict.fromkeys((*default.tags, *table.tags))),
            "language": primary_language(language) if language else None,
            "severity": _SEVERITIES[table.severity or default.severity],
            "has_alert": default.alert if table.alert is None else table.alert,
            "note": default.note if table.note is None else table.note,
            "owner": default.owner if table.owner is None else table.owner,
            "place": Place(path=self.toml.path, line=line),
            "examples": (),
        }
        self._check_language(table.language, (*path, "language"))
        if table.example:
            told["examples"] = tuple(self._examples(table.example, path))
        return told

    def _id(self, table: _EntryTable, name: str, path: Path, *, is_named: bool) -> str:
        if table.id is not None:
            if not _ID.fullmatch(table.id):
                remedy = 'use letters, digits, "-", "_" and "."'
                self._add((*path, "id"), f"{table.id!r} cannot be an id", remedy=remedy)
            return table.id
        made = slug(name)
        if name and not made and not is_named:
            self._add((*path, "name"), "the name makes no id", remedy='add id = "..."')
        return made

    def _terms(self, typed: Sequence[str], path: Path) -> tuple[Term, ...]:
        """Return the terms that are typed; none where something is wrong with one."""
        try:
            terms = tuple(map(parse_term, typed))
        except TermError:
            terms = ()
        if len(terms) < len(typed) or len(set(typed)) < len(typed):
            self._tell_terms(typed, path)
        return terms

    def _tell_terms(self, typed: Sequence[object], path: Path) -> None:
        """Tell all that is wrong with terms; the table tells what is no text."""
        known: set[str] = set()
        for index, text in enumerate(typed):
            where = path if path[-1] == "name" else (*path, index)
            if not isinstance(text, str):
                continue
            try:
                parse_term(text)
            except TermError as error:
                self._add(where, str(error), remedy=error.remedy, span=(error.start, error.end))
                continue
            if text in known:
                self._add(where, f"{text!r} is listed twice", remedy="take one of them out")
            known.add(text)

    def _check_language(self, language: str | None, path: Path) -> None:
        if language is not None and primary_language(language) is None:
            remedy = 'use a code: "en", "ko", "ru"'
            self._add(path, f"{language!r} is no language code", remedy=remedy)

    def _examples(self, tables: Sequence[Mapping[str, object]], path: Path) -> Iterator[Example]:
        key, at = str(path[0]), int(path[1])
        for index, value in enumerate(tables):
            where: Path = (*path, "example", index)
            checked = self.toml.checked(ExampleTable, value, where)
            if not isinstance(checked, ExampleTable):
                self.mistakes.extend(checked)
                continue
            if (checked.match is None) == (checked.ignore is None):
                text = "an example has either match or ignore"
                self._add(where, text, remedy='write match = "..." or ignore = "..."')
                continue
            if checked.ignore is not None and checked.finds is not None:
                remedy = "take finds out, or write match"
                self._add((*where, "finds"), "finds goes with match", remedy=remedy)
                continue
            self._check_language(checked.language, (*where, "language"))
            yield Example(
                place=Place(path=self.toml.path, line=self.lines_of_examples[key][at][index]),
                text=checked.match if checked.match is not None else checked.ignore or "",
                is_match=checked.match is not None,
                finds=None if checked.finds is None else tuple(checked.finds),
                title=checked.title,
                language=primary_language(checked.language),
                source=checked.source,
            )

    def _add(
        self,
        path: Path,
        text: str,
        *,
        remedy: str,
        span: tuple[int, int] | None = None,
        is_key: bool = False,
    ) -> None:
        self.mistakes.append(self.toml.mistake(path, text, remedy=remedy, span=span, is_key=is_key))


def _lost(value: Mapping[str, object], defaults: DefaultsTable) -> Lost:
    """Return what a table that does not load would be known by, as far as it says so."""
    own_id, name, kind, tags = (value.get(key) for key in ("id", "name", "kind", "tags"))
    known = [*defaults.tags, *(tags if isinstance(tags, list) else [])]
    known.append(kind if kind is not None else defaults.kind)
    item_id = own_id if isinstance(own_id, str) else slug(name if isinstance(name, str) else "")
    return Lost(id=item_id, tags=tuple(tag for tag in known if isinstance(tag, str)))


def slug(name: str) -> str:
    """Return a name as an id: small letters and digits of any script, parted by hyphens."""
    composed = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", composed).strip("-")
