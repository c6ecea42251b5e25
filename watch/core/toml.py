"""TOML text to checked tables, or all its mistakes, each with its place.

Positions are found only when they are asked for: tomli reads the values, tree-sitter then tells
where one of them stands.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple, TypeVar

import tomli
import tree_sitter
import tree_sitter_toml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from watch.core.toml_strings import characters_of
from watch.errors import Mistake, MistakesError

Path = tuple[str | int, ...]
"""The way to a value: `("item", 0, "terms", 2)`."""
ModelT = TypeVar("ModelT", bound="Table")
_HEADER = re.compile(r"\n[^\S\n]*\[\[([^\]\n]*)\]\]")
_NO_NAME = re.compile(r"[\s\"']")
"""What the names in a header may be written with, and are without."""


class Table(BaseModel):
    """A table of a TOML file: nothing is coerced, and an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Comment(NamedTuple):
    """What is written behind a # of a TOML file; its place counts from 1, in characters."""

    line: int
    column: int
    text: str
    """With the # and without white space at its end."""


@dataclass(frozen=True, slots=True)
class _Node:
    """Where a key or a value stands: rows and columns from 0, columns in UTF-8 bytes."""

    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Found:
    key: _Node
    value: _Node


class TomlText:
    """A TOML file, read; `path` is how the user knows it."""

    def __init__(self, path: str, text: str) -> None:
        """Read the text; raise MistakesError where it is no TOML."""
        self.path = path
        self.text = text
        self._root: tree_sitter.Node | None = None
        self._places: dict[Path, _Found] | None = None
        self._unread: dict[Path, list[tree_sitter.Node]] = {}
        """Tables whose keys nobody has asked for: in a large file nearly all."""
        try:
            self.values: Mapping[str, object] = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            raise MistakesError([self._syntax_mistake(error)]) from error
        except RecursionError as error:
            mistake = Mistake(path=path, text="nested too deeply", remedy="flatten the lists")
            raise MistakesError([mistake]) from error

    @cached_property
    def lines(self) -> Sequence[str]:
        """The text line by line; a carriage return stays at the end of its line."""
        return self.text.split("\n")

    def _syntax_mistake(self, error: tomli.TOMLDecodeError) -> Mistake:
        line = min(error.lineno, len(self.lines))
        return Mistake(
            path=self.path,
            line=line,
            column=error.colno,
            text=f"not TOML: {error.msg[:1].lower()}{error.msg[1:]}",
            remedy="strings stand in quotes, lists in [ ], every bracket and quote is closed",
            source=self.lines[line - 1].rstrip("\r"),
        )

    def tables(self, key: str) -> Sequence[object]:
        """Return the tables `[[key]]`; a mistake in their kind is the caller's to tell."""
        value = self.values.get(key, [])
        return value if isinstance(value, list) else [value]

    def lines_of(self, key: str) -> tuple[int, ...]:
        """Return the line of each table `[[key]]`, counted from 1."""
        lines = self._headers.get(key, ())
        count = len(self.tables(key))
        if len(lines) == count:
            return tuple(lines)
        # Written as inline tables, or a header stands inside a string of several lines.
        return tuple(self._line((key, index)) for index in range(count))

    def lines_of_inner(self, key: str, inner: str) -> tuple[tuple[int, ...], ...]:
        """Return, for each table `[[key]]`, the lines of its tables `[[key.inner]]`."""
        counts = []
        for table in self.tables(key):
            tables = table.get(inner, []) if isinstance(table, dict) else []
            counts.append(len(tables) if isinstance(tables, list) else 0)
        lines = self._headers.get(f"{key}.{inner}", ())
        if len(lines) == sum(counts):
            rest = iter(lines)
            return tuple(tuple(islice(rest, count)) for count in counts)
        return tuple(
            tuple(self._line((key, index, inner, at)) for at in range(count))
            for index, count in enumerate(counts)
        )

    @cached_property
    def _headers(self) -> Mapping[str, Sequence[int]]:
        """The lines of all that looks like `[[key]]`, by key; some may stand inside strings."""
        lines: defaultdict[str, list[int]] = defaultdict(list)
        text = f"\n{self.text}"  # as many line breaks stand before a header as its line counts
        line = at = 0
        for header in _HEADER.finditer(text):
            line += text.count("\n", at, header.end())
            at = header.end()
            lines[_NO_NAME.sub("", header[1])].append(line)
        return lines

    def _line(self, path: Path) -> int:
        return self._find(path).key.start[0] + 1

    def mistake(
        self,
        path: Path,
        text: str,
        *,
        remedy: str | None = None,
        span: tuple[int, int] | None = None,
        is_key: bool = False,
    ) -> Mistake:
        """Return a mistake at a value, at a span of it when it is a string, or at its key."""
        found = self._find(path)
        node = found.key if is_key else found.value
        (row, start), (end_row, end) = self._spot(node, span)
        line = self.lines[row].rstrip("\r")
        # Of what goes on in another line the first is shown.
        end = end if end_row == row else len(line)
        return Mistake(
            path=self.path,
            line=row + 1,
            column=start + 1,
            length=max(1, end - start),
            text=text,
            remedy=remedy,
            source=line,
        )

    def _spot(
        self, node: _Node, span: tuple[int, int] | None
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return where a value, or a span of it, begins and ends: rows and columns from 0."""
        start = node.start[0], self._column(*node.start)
        end = node.end[0], self._column(*node.end)
        if span is None:
            return start, end
        literal = self._written(start, end)
        characters = characters_of(literal)
        if span[1] >= len(characters):
            return start, end
        first, behind = characters[span[0]]
        if span[1] > span[0]:
            behind = characters[span[1] - 1][1]
        return _moved(start, literal[:first]), _moved(start, literal[:behind])

    def _written(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """Return what is written from one place up to another."""
        lines = list(self.lines[start[0] : end[0] + 1])
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        return "\n".join(lines)

    def line_mistake(self, line: int, text: str, *, remedy: str | None = None) -> Mistake:
        """Return a mistake that is a whole line's: the header of a table."""
        source = self.lines[line - 1].rstrip("\r")
        start = len(source) - len(source.lstrip())
        return Mistake(
            path=self.path,
            line=line,
            column=start + 1,
            length=max(1, len(source.rstrip()) - start),
            text=text,
            remedy=remedy,
            source=source,
        )

    def comments(self, holding: str) -> Iterator[Comment]:
        """Yield each comment that holds a text, in order; the text may stand in strings too."""
        if holding not in self.text:
            return
        for row, line in enumerate(self.lines):
            if holding in line:
                # A comment is the last thing on its line.
                end = len(line.rstrip().encode())
                node = self._tree().descendant_for_point_range((row, end - 1), (row, end))
                if node is not None and node.type == "comment":
                    column = self._column(*node.start_point)
                    yield Comment(row + 1, column + 1, line.rstrip()[column:])

    def checked(self, model: type[ModelT], value: object, path: Path) -> ModelT | list[Mistake]:
        """Return the table as its model, or everything that is wrong with it."""
        try:
            return model.model_validate(value)
        except ValidationError as errors:
            return [self._told(error, path, model) for error in errors.errors(include_url=False)]

    def _told(self, error: ErrorDetails, path: Path, model: type[Table]) -> Mistake:
        where = (*path, *error["loc"])
        name = str(where[-1]) if isinstance(where[-1], str) else str(where[-2])
        given = error["input"]
        match error["type"]:
            case "extra_forbidden":
                known = _keys_of(model, error["loc"][:-1])
                kind = "table" if isinstance(given, dict) else "key"
                return self.mistake(
                    where, f"unknown {kind} {name!r}", remedy=suggestion(name, known), is_key=True
                )
            case "missing":
                return self.mistake(path, f"{name!r} is missing", remedy=f"add {name} = ...")
            case "literal_error":
                known = re.findall(r"'([^']*)'", error["msg"])
                near = difflib.get_close_matches(str(given), known, n=1)
                return self.mistake(
                    where,
                    f"{name!r} is one of {', '.join(known)}, not {_shown(given)}",
                    remedy=f'did you mean "{near[0]}"?' if near else None,
                )
            case "value_error":
                return self.mistake(where, str(error["ctx"]["error"]))
            case kind:
                wanted = _WANTED.get(kind, error["msg"].lower())
                return self.mistake(where, f"{name!r} {wanted}, not {_shown(given)}")

    def _find(self, path: Path) -> _Found:
        """Return where a value stands, or the nearest table around it."""
        if self._places is None:
            self._places = {}
            self._unread = _tables(self._tree(), self._places)
        for length in range(len(path) + 1):
            for table in self._unread.pop(path[:length], ()):
                _add_pairs(self._places, path[:length], table)
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, _Found(_Node((0, 0), (0, 0)), _Node((0, 0), (0, 0))))

    def _tree(self) -> tree_sitter.Node:
        if self._root is None:
            self._root = _PARSER.parse(self.text.encode()).root_node
        return self._root

    def _column(self, row: int, column: int) -> int:
        """Return a column in characters for one in bytes."""
        line = self.lines[row]
        if line.isascii():  # known without a look: a line may be megabytes long
            return column
        return len(line.encode()[:column].decode(errors="ignore"))


def _keys_of(model: type[Table], path: Path) -> list[str]:
    """Return the keys of a model, or of the table within it that a path leads to."""
    keys = {field.alias or name: field for name, field in model.model_fields.items()}
    if not path:
        return list(keys)
    inner: object = keys[str(path[0])].annotation
    if isinstance(inner, type) and issubclass(inner, Table):
        return _keys_of(inner, path[1:])
    return list(keys)


_WANTED = {
    "string_type": "takes text in quotes",
    "list_type": 'takes a list, ["...", "..."]',
    "tuple_type": 'takes a list, ["...", "..."]',
    "bool_type": "takes true or false",
    "int_type": "takes a whole number",
    "dict_type": "takes a table",
    "model_type": "takes a table",
}


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 40 else f'"{value[:40]}..."'  # noqa: PLR2004 (a glance)
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return str(value)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is not known: the nearest that is, or all."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(words)}"


def _moved(place: tuple[int, int], over: str) -> tuple[int, int]:
    """Return a place, moved behind a text that begins there."""
    row, column = place
    last = over.rfind("\n")
    return (row, column + len(over)) if last < 0 else (row + over.count("\n"), len(over) - last - 1)


_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
_PUNCTUATION = frozenset(("[", "]", "[[", "]]", "{", "}", ",", "=", ".", "comment"))


def _tables(
    root: tree_sitter.Node, places: dict[Path, _Found]
) -> dict[Path, list[tree_sitter.Node]]:
    """Return the nodes of every table of a TOML text; where each begins goes into `places`."""
    tables: dict[Path, list[tree_sitter.Node]] = {(): [root]}
    counts: dict[Path, int] = {}
    for child in root.children:
        if child.type in {"table", "table_array_element"}:
            tables.setdefault(_add_table(places, counts, child), []).append(child)
    return tables


def _add_table(
    places: dict[Path, _Found], counts: dict[Path, int], table: tree_sitter.Node
) -> Path:
    header = _parts(table)[0]
    *parents, name = _keys(header)
    path: Path = ()
    for parent in parents:
        path = (*path, parent)
        if path in counts:  # the last of the tables written so far
            path = (*path, counts[path] - 1)
    path = (*path, name)
    if table.type == "table_array_element":
        counts[path] = counts.get(path, 0) + 1
        path = (*path, counts[path] - 1)
    places[path] = _Found(_node(header), _node(header))
    return path


def _add_pairs(places: dict[Path, _Found], path: Path, table: tree_sitter.Node) -> None:
    for pair in table.children:
        if pair.type == "pair":
            _add_pair(places, path, pair)


def _add_pair(places: dict[Path, _Found], path: Path, pair: tree_sitter.Node) -> None:
    key, value = _parts(pair)[:2]
    _add_value(places, (*path, *_keys(key)), key, value)


def _add_value(
    places: dict[Path, _Found], path: Path, key: tree_sitter.Node, value: tree_sitter.Node
) -> None:
    places[path] = _Found(_node(key), _node(value))
    if value.type == "array":
        for index, element in enumerate(_parts(value)):
            _add_value(places, (*path, index), element, element)
    elif value.type == "inline_table":
        for pair in _parts(value):
            _add_pair(places, path, pair)


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type not in _PUNCTUATION]


def _keys(key: tree_sitter.Node) -> list[str]:
    if key.type == "dotted_key":
        return [name for part in _parts(key) for name in _keys(part)]
    written = (key.text or b"").decode()
    if key.type != "quoted_key":
        return [written]
    return list(tomli.loads(f"{written} = 0"))


def _node(node: tree_sitter.Node) -> _Node:
    return _Node(node.start_point, node.end_point)
