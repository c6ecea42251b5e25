"""What a lint is: a warning with a code, by which its author may silence it."""

from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import NamedTuple

from watch.core.toml import Path
from watch.errors import Mistake


@unique
class Code(Enum):
    """The name of each lint, as `# watchlist: allow CODE` has it."""

    SHORT_TERM = "short-term"
    COMMON_WORD = "common-word"
    ACRONYM_CASE = "acronym-case"
    SENTENCE_CASE = "sentence-case"
    MIXED_SCRIPTS = "mixed-scripts"
    REGEX_ASCII = "regex-ascii"
    TERM_IN_TWO_ITEMS = "term-in-two-items"
    COVERED_TERM = "covered-term"
    EXCEPT_HIDES_ALL = "except-hides-all"
    NEVER_HOLDS = "never-holds"
    NOT_COMMON_WORD = "not-common-word"
    UNREACHED_ITEM = "unreached-item"
    NO_EXAMPLES = "no-examples"
    IDLE_SUBSCRIPTION = "idle-subscription"
    READABLE_SECRET = "readable-secret"  # noqa: S105 - the name of a lint, and no secret
    UNUSED_ALLOW = "unused-allow"
    UNKNOWN_CODE = "unknown-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Something in a rule file that loads, and yet is hardly what its author means."""

    code: Code
    mistake: Mistake
    """Its place, what is odd and how to mend it."""

    def __str__(self) -> str:
        """Return it on one line, its code at the end."""
        return f"{self.mistake} [{self.code.value}]"

    def shown(self) -> str:
        """Return it on several lines, its code at the end of the first, the spot underlined."""
        text = f"{self.mistake.text} [{self.code.value}]"
        return replace(self.mistake, text=text).shown()


class Remark(NamedTuple):
    """A lint to be: its place is found when it is told, as most files have none to tell."""

    code: Code
    text: str
    remedy: str
    path: Path = ()
    """The way from the table of the item or rule; the empty one is its header."""
    span: tuple[int, int] | None = None
    """Offsets in the value, where not all of it is meant."""

    def at(self, *path: str | int) -> "Remark":
        """Return it with the way to what it is about."""
        return self._replace(path=path)
