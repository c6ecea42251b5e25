"""Where the characters of a TOML string stand in what is written for it."""

import re

_LINE_BREAK = r"\r?\n"
_FIRST_BREAK = re.compile(_LINE_BREAK)
"""Right behind the opening quotes it is not part of a string of several lines."""
_JOINED_LINES = rf"(?:\\[ \t]*{_LINE_BREAK}[ \t\r\n]*+)*+"
_ESCAPE = r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|.)"
_LITERAL_CHARACTER = re.compile(rf"({_LINE_BREAK}|.)")
_BASIC_CHARACTER = re.compile(rf"{_JOINED_LINES}({_ESCAPE}|{_LINE_BREAK}|.|\Z)")
"""What a character of a string is written as, behind what stands for none."""


def characters_of(literal: str) -> list[tuple[int, int]]:
    """Return where each character of a string stands in its literal; last its closing quotes."""
    if literal[:1] not in {'"', "'"}:
        return []
    quotes = 3 if literal[:3] in {'"""', "'''"} else 1
    at, end = quotes, len(literal) - quotes
    if first := _FIRST_BREAK.match(literal, at):
        at = first.end()
    character = _BASIC_CHARACTER if literal[0] == '"' else _LITERAL_CHARACTER
    # Lines may be joined at the end, with nothing behind.
    found = [match.span(1) for match in character.finditer(literal, at, end) if match[1]]
    return [*found, (end, end)]
