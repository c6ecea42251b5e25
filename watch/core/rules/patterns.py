r"""Regular expressions in terms: checked when a file loads, found in linear time by RE2.

A pattern is typed between slashes, `/YJ-?[0-9]{2}/`, with `\/` for a slash within.
"""

import re
from collections.abc import Iterator, Sequence

import re2

from watch.core.rules.faults import TermError

MOST_PATTERNS = 1_000
"""In one set of rules."""
_SET_MEMORY = 64 << 20
"""Bytes that the filter may use; RE2's own measure of 8 MiB is too little for many patterns."""
_SET_INSTRUCTIONS = 500_000
"""RE2 refuses a set whose programs take more than a quarter of its memory, at 16 bytes each."""

_PLAIN = r"(?:[^/\\]|\\.)*"
_OPEN_SLASH = re.compile(rf"{_PLAIN}(?=/)", re.DOTALL)
_BYTE = re.compile(r"(?:[^\\]|\\[^C])*?(?=\\C)", re.DOTALL)

# What RE2 complains of, by how the complaint begins: in words, and what to do.
_COMPLAINTS = {
    "missing )": ("a parenthesis is not closed", r"close it with ), or write \("),
    "unexpected )": ("nothing opens this parenthesis", r"take it out, or write \)"),
    "missing ]": ("a bracket is not closed", r"close it with ], or write \["),
    "invalid character class range": (
        "no such class or range of characters",
        r"write a range upwards, [a-z], or a class RE2 knows: \pL, \p{Hangul}, [[:alpha:]]",
    ),
    "no argument for repetition operator": (
        "nothing stands before it to be repeated",
        r"put what repeats before it, or write a backslash: \*",
    ),
    "bad repetition operator": (
        "one repetition right behind another",
        "take one out; there is no possessive repetition in RE2",
    ),
    "invalid repetition size": (
        "a repetition runs upwards to 1,000 at most, also one within another",
        "write smaller numbers, the smaller first: {2,20}",
    ),
    "invalid perl operator: (?=": ("RE2 does not look ahead", 'say it as a rule: "..." NEAR/0 X'),
    "invalid perl operator: (?!": ("RE2 does not look ahead", "list what does not count in except"),
    "invalid perl operator: (?<": (
        "RE2 does not look behind",
        "list what does not count in except",
    ),
    "invalid perl operator": ("RE2 does not know this group", "write (?:...), or (?i) for case"),
    "invalid named capture group": ("no proper name of a group", "write (?:...)"),
    r"invalid escape sequence: \Z": ("RE2 does not know this escape", r"write \z"),
    r"invalid escape sequence: \u": ("RE2 does not know this escape", r"write \x{0431}"),
    "invalid escape sequence": (
        "RE2 does not know this escape, nor references to groups",
        r"spell it out; a backslash itself is written \\",
    ),
    "trailing \\": ("a backslash with nothing behind it", r"write \\ for a backslash"),
    "pattern too large": ("the pattern is too large", "write smaller repetitions"),
}


def is_pattern(typed: str) -> bool:
    """Whether a term is typed as a pattern: between slashes."""
    return typed.startswith("/") and typed.endswith("/") and len(typed) > 1


def check_pattern(typed: str) -> None:
    """Do nothing with a pattern that RE2 takes; raise TermError with its complaint otherwise."""
    body = typed[1:-1]
    if not body.strip():
        raise TermError(
            "an empty pattern", remedy="write what to look for", start=0, end=len(typed)
        )
    slash = _OPEN_SLASH.match(body)
    if slash is not None:
        at = slash.end() + 1
        raise TermError(
            "the pattern ends here", remedy=r"write \/ for a slash in it", start=at, end=at + 1
        )
    byte = _BYTE.match(body)
    if byte is not None:
        at = byte.end() + 1
        raise TermError(r"\C is a byte, not a letter", remedy="write (?s:.)", start=at, end=at + 2)
    try:
        _compiled(body)
    except re2.error as error:
        raise _refused(typed, error) from error


def _refused(typed: str, error: re2.error) -> TermError:
    complaint = error.args[0]
    told = complaint.decode("utf-8", "replace") if isinstance(complaint, bytes) else str(complaint)
    text, remedy = next(
        (known for beginning, known in _COMPLAINTS.items() if told.startswith(beginning)),
        (f"RE2 refuses it: {told}", "see RE2's page on its syntax"),
    )
    # Behind the colon RE2 repeats the part of the pattern that it stumbled over.
    part = "\\" if told.startswith("trailing") else told.partition(": ")[2]
    if told.startswith("missing )"):  # the whole pattern: which one is open RE2 does not say
        part = ""
    at = typed.rfind(part, 0, len(typed) - 1) if part else -1
    if at < 1:
        return TermError(text, remedy=remedy, start=0, end=len(typed))
    if told.startswith("unexpected"):  # it repeats all up to there
        at += len(part) - 1
    end = at + 1 if told.startswith(("missing", "unexpected")) else at + len(part)
    return TermError(text, remedy=remedy, start=at, end=end)


def _compiled(body: str) -> re2._Regexp:
    return re2.compile(body.encode("utf-8", "replace").decode(), _options())


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


class Patterns:
    """Some patterns made ready to be found in texts; it never changes.

    A set of all tells in one pass which of them occur, and only those are looked for.
    """

    def __init__(self, typed: Sequence[str]) -> None:
        """Compile patterns that `check_pattern` has taken, at most MOST_PATTERNS."""
        self._patterns = tuple(_compiled(each[1:-1]) for each in typed)
        options = _options()
        options.max_mem = _SET_MEMORY
        self._set = re2.Set.SearchSet(options)
        self._in_set: list[int] = []
        self._apart: list[int] = []
        left = _SET_INSTRUCTIONS
        for index, pattern in enumerate(self._patterns):
            left -= pattern.programsize
            if left < 0:
                left += pattern.programsize
                self._apart.append(index)
            else:
                self._set.Add(pattern.pattern)
                self._in_set.append(index)
        # RE2 tries here whether the memory suffices, and raises; to search it needs no more.
        self._set.Compile()

    def spans(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield each match that is not empty: the pattern's index, start and end in the text.

        Pattern by pattern, each from left to right without overlaps.
        """
        if not self._patterns:
            return
        # What is no Unicode, a lone surrogate, is as long when replaced.
        text = text.encode("utf-8", "replace").decode()
        for index in self._occurring(text):
            for match in self._patterns[index].finditer(text):
                start, end = match.span()
                if start < end:
                    yield index, start, end

    def _occurring(self, text: str) -> Sequence[int]:
        """Return, in order, the patterns that may occur in a text."""
        found = self._set.Match(text) or ()
        return sorted([*self._apart, *(self._in_set[at] for at in found)])
