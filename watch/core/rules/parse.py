"""The text of a rule file to items, or to everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field as Key

from watch.core.model import Place, Severity
from watch.core.rules.ruleset import Example, Item, RuleFile
from watch.core.rules.terms import Term, TermError, parse_term
from watch.core.toml import Path, Table, TomlText, suggestion
from watch.core.words.languages import primary_language
from watch.errors import Mistake, MistakesError

SeverityWord = Literal["low", "normal", "high"]


class _Defaults(Table):
    owner: str | None = None
    tags: list[str] = Key(default_factory=list)
    kind: str | None = None
    severity: SeverityWord = "normal"
    language: str | None = None
    alert: bool = True
    note: str | None = None


class _Example(Table):
    match: str | None = None
    ignore: str | None = None
    finds: list[str] | None = None
    title: str = ""
    language: str | None = None
    source: str = "example"


class _Item(Table):
    id: str | None = None
    name: str | None = None
    kind: str | None = None
    tags: list[str] = Key(default_factory=list)
    terms: list[str] | None = None
    excepts: list[str] = Key(default_factory=list, alias="except")
    language: str | None = None
    severity: SeverityWord | None = None
    alert: bool | None = None
    note: str | None = None
    owner: str | None = None
    example: list[dict[str, object]] = Key(default_factory=list)


def parse_rule_file(path: str, text: str) -> RuleFile:
    """Return the items of a rule file and all its mistakes; nothing is raised."""
    try:
        toml = TomlText(path, text)
    except MistakesError as error:
        return RuleFile(path=path, text=text, mistakes=error.mistakes)
    reading = _Reading(toml)
    items = tuple(reading.items())
    mistakes = sorted(
        reading.mistakes, key=lambda mistake: (mistake.line or 0, mistake.column or 0)
    )
    return RuleFile(path=path, text=text, items=items, mistakes=tuple(mistakes))


class _Reading:
    """One rule file being read; its mistakes gather as it goes."""

    def __init__(self, toml: TomlText) -> None:
        self.toml = toml
        self.mistakes: list[Mistake] = []
        self._check_top()
        self.defaults = self._defaults()
        self.lines_of_examples = toml.lines_of_inner("item", "example")

    def _check_top(self) -> None:
        for key, value in self.toml.values.items():
            if key == "rule":
                self._add(
                    ("rule", 0) if isinstance(value, list) else ("rule",),
                    "[[rule]] is not supported by this version",
                    remedy="give the item what it needs: terms, except, tags, severity",
                )
            elif key not in {"defaults", "item"}:
                kind = "table" if isinstance(value, dict | list) else "key"
                path: Path = (key, 0) if isinstance(value, list) else (key,)
                remedy = suggestion(key, ["defaults", "item"])
                self._add(path, f"unknown {kind} {key!r}", remedy=remedy, is_key=True)

    def _defaults(self) -> _Defaults:
        checked = self.toml.checked(_Defaults, self.toml.values.get("defaults", {}), ("defaults",))
        if isinstance(checked, _Defaults):
            self._check_language(checked.language, ("defaults", "language"))
            return checked
        self.mistakes.extend(checked)
        return _Defaults()

    def items(self) -> Iterator[Item]:
        """Yield each item that holds together."""
        if isinstance(self.toml.values.get("item"), Mapping):
            remedy = "write [[item]], with two brackets"
            self._add(("item",), "an item is one of a list", remedy=remedy)
            return
        lines = self.toml.lines_of("item")
        for index, (value, line) in enumerate(zip(self.toml.tables("item"), lines, strict=True)):
            path: Path = ("item", index)
            if not isinstance(value, Mapping):
                self._add(path, "an item is a table", remedy="write [[item]], with two brackets")
                continue
            checked = self.toml.checked(_Item, value, path)
            if isinstance(checked, _Item):
                item = self._item(checked, index, line)
                if item is not None:
                    yield item
            else:
                self.mistakes.extend(checked)
                # What else is wrong with it is told in the same go.
                for key in ("terms", "except"):
                    typed = value.get(key)
                    self._terms(typed if isinstance(typed, list) else [], (*path, key))

    def _item(self, table: _Item, index: int, line: int) -> Item | None:
        """Return the item a table describes; None when something is wrong with it."""
        before = len(self.mistakes)
        path: Path = ("item", index)
        name = (table.name or "").strip()
        if not name:
            self._add(path, "an item needs a name", remedy='add name = "..."')
        typed = [name] if table.terms is None and name else table.terms or []
        if name and not typed:
            self._add((*path, "terms"), "no terms", remedy="list one, or leave the key out")
        # Without terms of its own an item is found by its name.
        terms_path = (*path, "name") if table.terms is None else (*path, "terms")
        terms = self._terms(typed, terms_path, is_list=table.terms is not None)
        excepts = self._terms(table.excepts, (*path, "except"))
        item_id = self._id(table, name, path)
        self._check_language(table.language, (*path, "language"))
        examples = tuple(self._examples(table.example, index))
        if len(self.mistakes) > before:
            return None
        default = self.defaults
        return Item(
            id=item_id,
            name=name,
            kind=table.kind if table.kind is not None else default.kind,
            tags=tuple(dict.fromkeys([*default.tags, *table.tags])),
            terms=terms,
            excepts=excepts,
            language=primary_language(table.language or default.language),
            severity=Severity[(table.severity or default.severity).upper()],
            has_alert=default.alert if table.alert is None else table.alert,
            note=table.note if table.note is not None else default.note,
            owner=table.owner if table.owner is not None else default.owner,
            place=Place(path=self.toml.path, line=line),
            examples=examples,
        )

    def _id(self, table: _Item, name: str, path: Path) -> str:
        if table.id is not None:
            if not re.fullmatch(r"[\w.-]+", table.id):
                remedy = 'use letters, digits, "-", "_" and "."'
                self._add((*path, "id"), f"{table.id!r} cannot be an id", remedy=remedy)
            return table.id
        made = slug(name)
        # A name without a letter is told as the term it would be, where it is one.
        if name and not made and table.terms is not None:
            self._add((*path, "name"), "the name makes no id", remedy='add id = "..."')
        return made

    def _terms(
        self, typed: Sequence[object], path: Path, *, is_list: bool = True
    ) -> tuple[Term, ...]:
        terms: dict[str, Term] = {}
        for index, text in enumerate(typed):
            where = (*path, index) if is_list else path
            if not isinstance(text, str):
                continue
            try:
                term = parse_term(text)
            except TermError as error:
                self._add(where, str(error), remedy=error.remedy, span=(error.start, error.end))
                continue
            if text in terms:
                self._add(where, f"{text!r} is listed twice", remedy="take one of them out")
            terms[text] = term
        return tuple(terms.values())

    def _check_language(self, language: str | None, path: Path) -> None:
        if language is not None and primary_language(language) is None:
            remedy = 'use a code: "en", "ko", "ru"'
            self._add(path, f"{language!r} is no language code", remedy=remedy)

    def _examples(self, tables: Sequence[Mapping[str, object]], item: int) -> Iterator[Example]:
        for index, value in enumerate(tables):
            where: Path = ("item", item, "example", index)
            checked = self.toml.checked(_Example, value, where)
            if not isinstance(checked, _Example):
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
                place=Place(path=self.toml.path, line=self.lines_of_examples[item][index]),
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


def slug(name: str) -> str:
    """Return a name as an id: small letters and digits of any script, parted by hyphens."""
    composed = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", composed).strip("-")
