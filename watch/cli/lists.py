"""Lists of names, as CSV or as JSON lines, to rows that may make items."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from watch.errors import Mistake, MistakesError

_TEXTS = ("id", "name", "kind", "language", "severity", "note", "owner")
_LISTS = ("terms", "aliases", "except", "tags")
_ALSO = {"alias": "aliases", "term": "terms", "tag": "tags", "type": "kind", "lang": "language"}
_LONGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a list, as the table of an item."""

    line: int
    """Where it begins, counted from 1."""
    item: Mapping[str, str | list[str]]

    def joined(self, other: "Row") -> "Row":
        """Return it with all that another row of the same item adds: what it says itself stays."""
        item = dict(other.item) | dict(self.item)
        for key in ("tags", "except"):
            if listed := [*self.item.get(key, []), *other.item.get(key, [])]:
                item[key] = list(dict.fromkeys(listed))
        names = [str(row.item["name"]) for row in (self, other)]
        terms = [*self.item.get("terms", names[:1]), *other.item.get("terms", names[1:])]
        item["terms"] = list(dict.fromkeys(terms))
        return replace(self, item=item)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list as it was read."""

    rows: tuple[Row, ...]
    refused: tuple[tuple[int, str], ...]
    """Lines that are no rows, each with the reason."""
    unused: tuple[str, ...] = ()
    """Columns that mean nothing to an item, told once each."""


class _RowError(Exception):
    """A row that makes no item; the message says why."""


def read_rows(path: Path) -> Listed:
    """Return the rows of a .csv or .jsonl file; raise MistakesError where it is no such list."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}", "check the path") from error
    except UnicodeDecodeError as error:
        remedy = 'save it as UTF-8; spreadsheets call it "CSV UTF-8"'
        raise _unreadable(path, "not UTF-8", remedy) from error
    match path.suffix.lower():
        case ".csv" | ".tsv":
            cells = _csv_rows(path, text)
        case ".jsonl" | ".ndjson":
            cells = _json_rows(text)
        case suffix:
            remedy = "name it .csv or .jsonl"
            raise _unreadable(path, f"no list is known by {suffix or 'no suffix'!r}", remedy)
    rows: list[Row] = []
    refused: list[tuple[int, str]] = []
    unused: dict[str, str] = {}
    for line, given in cells:
        if isinstance(given, str):
            refused.append((line, given))
            continue
        unused |= {key: f"{key!r} is not used" for key in given if key not in (*_TEXTS, *_LISTS)}
        try:
            rows.append(Row(line=line, item=_item(given)))
        except _RowError as error:
            refused.append((line, str(error)))
    return Listed(rows=tuple(rows), refused=tuple(refused), unused=tuple(unused.values()))


def _unreadable(path: Path, text: str, remedy: str) -> MistakesError:
    return MistakesError([Mistake(path=str(path), text=text, remedy=remedy)])


_Cells = Iterator[tuple[int, Mapping[str, object] | str]]
"""Lines with what stands there, by key; or with what is wrong with them."""


def _csv_rows(path: Path, text: str) -> _Cells:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    keys = [_key(key) for key in next(reader, [])]
    if "name" not in keys:
        found = ", ".join(keys) or "nothing"
        remedy = "name the columns in the first line: name, aliases, kind, ..."
        raise _unreadable(path, f"no column 'name', but {found}", remedy)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"not CSV: {error}"
            continue
        if len(cells) > len(keys):
            yield line, f"{len(cells)} cells, but {len(keys)} columns; put quotes around a cell"
        elif any(cell.strip() for cell in cells):
            yield line, _given(zip(keys, cells, strict=False))


def _given(cells: Iterable[tuple[str, str]]) -> dict[str, object]:
    return {
        key: re.split("[;|]", cell) if key in _LISTS else cell
        for key, cell in cells
        if cell.strip()
    }


def _json_rows(text: str) -> _Cells:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        if isinstance(given, dict):
            yield number, {_key(key): value for key, value in given.items() if value is not None}
        else:
            yield number, 'not an object: write {"name": "..."}'


def _key(name: str) -> str:
    key = name.strip().casefold()
    return _ALSO.get(key, key)


def _item(given: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Return the table of an item; raise _RowError where the row makes none."""
    item: dict[str, str | list[str]] = {}
    for key in _TEXTS:
        if key in given:
            item[key] = _text(key, given[key])
    if not item.get("name"):
        raise _RowError("no name")
    for key in ("tags", "except"):
        if listed := _list(key, given.get(key, [])):
            item[key] = listed
    terms = _list("terms", given.get("terms", []))
    aliases = _list("aliases", given.get("aliases", []))
    if terms or aliases:
        name = str(item["name"])
        item["terms"] = list(dict.fromkeys([*(terms or [name]), *aliases]))
    return item


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _RowError(f"{key!r} takes text in quotes, not {json.dumps(value)[:40]}")
    return _clean(value)


def _list(key: str, value: object) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise _RowError(f'{key!r} takes a list, ["...", "..."], not {json.dumps(value)[:40]}')
    return list(dict.fromkeys(text for one in listed if (text := _text(key, one))))


def _clean(text: str) -> str:
    """Return a text without white space around it, lone surrogates replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
