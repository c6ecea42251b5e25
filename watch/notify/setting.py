"""Plain text set in columns: 72 of them, whatever the script."""

import unicodedata
from functools import cache

import regex

COLUMNS = 72
"""What a letter in plain text is set in; a quotation mark or two still fits before it."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_ATOM = regex.compile(
    rf"""(?P<space>\s+)
    # A line may end after any character of these scripts, but not begin with what closes or end
    # with what opens, and a mark of emphasis stays with its neighbours.
    | [\p{{Lb=OP}}*]* (?=[{_UNSPACED}])\X
      (?: [\p{{Lb=CL}}\p{{Lb=CP}}\p{{Lb=EX}}\p{{Lb=IS}}\p{{Lb=NS}}]
        | \*+ (?: (?=[{_UNSPACED}])\X )? )*
    | (?: (?![{_UNSPACED}])\S )+""",
    regex.VERBOSE,
)


def fill(text: str, first: str = "", rest: str | None = None, columns: int = COLUMNS) -> str:
    """Return the text in lines of at most so many columns, `first` before the first, then `rest`.

    `rest` is `first` unless given. Wide characters count two, combining marks none. Lines break at
    spaces; in Han, kana, Thai and their like anywhere else too. What has no place to break, such
    as a URL, stays whole on a line that is as long as it must be.
    """
    rest = first if rest is None else rest
    lines: list[str] = []
    prefix, line, gap, used = first, "", "", width(first)
    for atom in _ATOM.finditer(text.strip()):
        if atom["space"]:
            gap = " "
            continue
        size = width(atom[0])
        if line and used + len(gap) + size > columns:
            lines.append(prefix + line)
            prefix, line, used = rest, "", width(rest)
        if line:
            line += gap
            used += len(gap)
        line += atom[0]
        used += size
        gap = ""
    return "\n".join((*lines, prefix + line)).rstrip()


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 story` or `1,200 stories`; where no plural is given it ends in an s."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def width(text: str) -> int:
    """Return how many columns it takes in a fixed-width font."""
    return len(text) if text.isascii() else sum(map(_width, text))


@cache
def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
