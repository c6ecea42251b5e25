"""`# watchlist: allow CODE`: what an author has looked at and keeps."""

import re
from collections.abc import Collection, Iterator

from watch.core.rules.lint.remark import Code, Lint
from watch.core.toml import Comment, TomlText, suggestion
from watch.errors import Mistake

_SIGN = "watchlist:"
_COMMENT = re.compile(rf"(?<!\S)#\s*{_SIGN}\s*(.*)")
_ALLOW = re.compile(r"allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)")
"""What stands behind the codes is the author's reason."""


def may_allow(text: str) -> bool:
    """Whether there may be such comments in the text of a file; the words may stand elsewhere."""
    return _SIGN in text


class Allowances:
    """The lints that the comments of one file silence, and which of them were there at all."""

    def __init__(self, toml: TomlText) -> None:
        self._toml = toml
        self._codes: dict[tuple[int, Code], Comment] = {}
        self._used: set[tuple[int, Code]] = set()
        self._misread: list[tuple[Comment, str, str]] = []
        for comment in toml.comments(_SIGN):
            self._read(comment)

    def _read(self, comment: Comment) -> None:
        said = _COMMENT.search(comment.text)
        if said is None:
            return
        allow = _ALLOW.match(said[1])
        if allow is None:
            remedy = "write # watchlist: allow CODE"
            self._misread.append((comment, f"{said[1]!r} says nothing to watchlist", remedy))
            return
        known = {code.value: code for code in Code}
        for name in re.split(r"\s*,\s*", allow[1]):
            if name in known:
                self._codes[comment.line, known[name]] = comment
            else:
                text = f"no lint has the code {name!r}"
                self._misread.append((comment, text, suggestion(name, known)))

    def silence(self, code: Code, line: int | None) -> bool:
        """Whether a comment on this line silences a lint."""
        if line is None or (line, code) not in self._codes:
            return False
        self._used.add((line, code))
        return True

    def lints(self, undecided: Collection[Code]) -> Iterator[Lint]:
        """Yield a lint for each comment that silences nothing, or names no lint.

        Of the `undecided` codes nobody can tell: what they ask for was not known.
        """
        for comment, text, remedy in self._misread:
            yield Lint(code=Code.UNKNOWN_CODE, mistake=self._at(comment, text, remedy))
        for line, code in self._codes.keys() - self._used:
            if code not in undecided:
                text = f"there is no {code.value} here to allow"
                at = self._at(self._codes[line, code], text, "take it out")
                yield Lint(code=Code.UNUSED_ALLOW, mistake=at)

    def _at(self, comment: Comment, text: str, remedy: str) -> Mistake:
        return Mistake(
            path=self._toml.path,
            line=comment.line,
            column=comment.column,
            length=len(comment.text),
            text=text,
            remedy=remedy,
            source=self._toml.lines[comment.line - 1].rstrip("\r"),
        )
