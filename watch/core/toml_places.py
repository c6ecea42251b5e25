"""Where the keys, values and comments of a TOML text are written.

What is inside a table or a value is read when somebody asks for it: in a large file of nearly all
nobody does.
"""

from collections.abc import Iterator
from typing import NamedTuple

import tomli
import tree_sitter
import tree_sitter_toml

Path = tuple[str | int, ...]
"""The way to a value: `("item", 0, "terms", 2)`."""
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
_PUNCTUATION = frozenset(("[", "]", "[[", "]]", "{", "}", ",", "=", ".", "comment"))


class Extent(NamedTuple):
    """Where something begins and ends: rows and columns from 0, columns in UTF-8 bytes."""

    start: tuple[int, int]
    end: tuple[int, int]


class Written(NamedTuple):
    """Where a key and its value stand; of a table both are its header, of an element itself."""

    key: Extent
    value: Extent


_BEGINNING = Extent((0, 0), (0, 0))


class TomlPlaces:
    """The places of one TOML text, which must be valid."""

    def __init__(self, text: str) -> None:
        self._root = _PARSER.parse(text.encode()).root_node
        # The nodes of tables, pairs of a key and a value, and elements of arrays.
        self._nodes: dict[Path, tree_sitter.Node] = {(): self._root}
        self._read: set[Path] = set()
        self._add_tables()

    def find(self, path: Path) -> Written:
        """Return where a value stands, or the nearest that is around it; at last the beginning."""
        for length in range(len(path) + 1):
            self._read_inside(path[:length])
        while path not in self._nodes:
            path = path[:-1]
        if not path:
            return Written(_BEGINNING, _BEGINNING)
        key, value = _key_and_value(self._nodes[path])
        return Written(_extent(key), _extent(value))

    def comment_at(self, row: int, end: int) -> Extent | None:
        """Return where the comment stands that ends a row; `end` is in bytes."""
        node = self._root.descendant_for_point_range((row, end - 1), (row, end))
        return _extent(node) if node is not None and node.type == "comment" else None

    def _add_tables(self) -> None:
        counts: dict[Path, int] = {}
        for table in self._root.children:
            if table.type not in {"table", "table_array_element"}:
                continue
            *parents, name = _keys(table.named_child(0))
            path: Path = ()
            for parent in parents:
                path = (*path, parent)
                if path in counts:  # the last of the tables written so far
                    path = (*path, counts[path] - 1)
            path = (*path, name)
            if table.type == "table_array_element":
                counts[path] = counts.get(path, 0) + 1
                path = (*path, counts[path] - 1)
            self._nodes[path] = table

    def _read_inside(self, path: Path) -> None:
        """Add what is directly in a table or a value, if it is one and was not read before."""
        node = self._nodes.get(path)
        if node is None or path in self._read:
            return
        self._read.add(path)
        for way, inner in _inside(node):
            self._nodes[(*path, *way)] = inner


def _inside(node: tree_sitter.Node) -> Iterator[tuple[Path, tree_sitter.Node]]:
    """Yield what is directly in a table or a value, each with the way to it."""
    if node.type == "pair":
        _, node = _key_and_value(node)
    if node.type == "array":
        for index, element in enumerate(_parts(node)):
            yield (index,), element
        return
    for child in node.children:
        if child.type == "pair":
            yield tuple(_keys(child.named_child(0))), child


def _key_and_value(node: tree_sitter.Node) -> tuple[tree_sitter.Node, tree_sitter.Node]:
    match node.type:
        case "pair":
            key, value = _parts(node)[:2]
            return key, value
        case "table" | "table_array_element":
            header = node.named_child(0)
            return header, header
        case _:
            return node, node


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type not in _PUNCTUATION]


def _keys(key: tree_sitter.Node) -> list[str]:
    if key.type == "dotted_key":
        return [name for part in _parts(key) for name in _keys(part)]
    written = (key.text or b"").decode()
    if key.type != "quoted_key":
        return [written]
    return list(tomli.loads(f"{written} = 0"))


def _extent(node: tree_sitter.Node) -> Extent:
    return Extent(node.start_point, node.end_point)
