"""TOML text to checked tables, or all its mistakes, each with its place.

Places are found only when they are asked for: tomli reads the values, tree-sitter then tells
where one of them stands.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple, TypeVar

import tomli
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from watch.core.toml_places import Extent, Path, TomlPlaces
from watch.core.toml_strings import characters_of
from watch.errors import Mistake, MistakesError

__all__ = ["Comment", "Path", "Table", "TomlText", "suggestion"]

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


class TomlText:
    """A TOML file, read; `path` is how the user knows it."""

    def __init__(self, path: str, text: str) -> None:
        """Read the text; raise MistakesError where it is no TOML."""
        self.path = path
        self.text = text
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

    @cached_property
    def _places(self) -> TomlPlaces:
        return TomlPlaces(self.text)

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
        return self._places.find(path).key.start[0] + 1

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
        written = self._places.find(path)
        extent = written.key if is_key else written.value
        (row, start), (end_row, end) = self._spot(extent, span)
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
        self, extent: Extent, span: tuple[int, int] | None
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return where a value, or a span of it, begins and ends: rows and columns from 0."""
        start = extent.start[0], self._column(*extent.start)
        end = extent.end[0], self._column(*extent.end)
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
                extent = self._places.comment_at(row, len(line.rstrip().encode()))
                if extent is not None:
                    column = self._column(*extent.start)
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
                return self.mistake(where[:-1], f"{name!r} is missing", remedy=f"add {name} = ...")
            case "literal_error":
                known = re.findall(r"'([^']*)'", error["msg"])
                near = difflib.get_close_matches(str(given), known, n=1)
                return self.mistake(
                    where,
                    f"{name!r} is one of {', '.join(known)}, not {_shown(given)}",
                    remedy=f'did you mean "{near[0]}"?' if near else None,
                )
            case kind:
                wanted = _WANTED.get(kind, error["msg"].lower())
                return self.mistake(where, f"{name!r} {wanted}, not {_shown(given)}")

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


_MOST_LISTED = 40
"""More words than a person looks through; no table has so many keys."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is not known: the nearest that is, or those there are."""
    words = sorted(known)
    for written in dict.fromkeys((word, word.casefold())):
        near = difflib.get_close_matches(written, words, n=1, cutoff=0.6)
        if near:
            return f"did you mean {near[0]!r}?"
    if not words:
        return "there is none"
    more = len(words) - _MOST_LISTED
    listed = ", ".join(words[:_MOST_LISTED])
    return f"known here: {listed}" + (f" and {more:,} more" if more > 0 else "")


def _moved(place: tuple[int, int], over: str) -> tuple[int, int]:
    """Return a place, moved behind a text that begins there."""
    row, column = place
    last = over.rfind("\n")
    return (row, column + len(over)) if last < 0 else (row + over.count("\n"), len(over) - last - 1)
