"""What owners of rule files are told: one breaks, loads again, or is deleted. So of the settings.

Every string that a template gets to see is clean, and none is longer than fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from watch.core.cleaning import clean, clip
from watch.core.rules.live import Broken, Conflict, Gone, KeptFile
from watch.errors import Mistake
from watch.notify.document import moment

_MISTAKES = 10
_COLUMNS = 200
_NAMES = 10
_NAME = 120
"""The most errors and names that a mail lists, and the most characters of a line and of a name."""


class NoticeContents(TypedDict):
    """What a notice says, in the order in which it says it."""

    subject: str
    lead: str
    errors: tuple[str, ...]
    """Each on several lines, set in a fixed-width font: a caret points into the line above."""
    more: int
    """How many errors there are besides."""
    outcome: str
    """What is in force now."""
    advice: str
    """What to do; empty when there is nothing."""
    why: str
    """Why its reader gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail to one person about what the daemon cannot mend by itself."""

    to: str
    topic: str
    """What it is about: mails on one topic hang together."""
    key: tuple[str, ...]
    """What its Message-ID depends on, beside the address."""
    contents: NoticeContents


def broken_notice(to: str, broken: Broken, kept: KeptFile) -> Notice:
    """Return what is told of a file that stopped loading."""
    path, mistakes = _name(broken.path), broken.mistakes
    what = f"{path} does not load"
    if kept.text is None:
        stays, outcome = "it is left out", f"No version of {path} ever loaded: it is left out."
    else:
        stays = f"the version of {_brief(kept.since)} stays in force"
        outcome = (
            f"The version of {moment(kept.since, UTC)} stays in force, as it was, until the file "
            "loads again. Other files are taken up as they are edited."
        )
    return Notice(
        to=to,
        topic=broken.path,
        key=("broken", broken.path, *map(str, mistakes), str(kept.stale_since)),
        contents={
            "subject": f"{what}: {_errors(len(mistakes))}; {stays}",
            "lead": f"{what}: {_errors(len(mistakes))}.",
            "errors": _shown(mistakes),
            "more": len(mistakes[_MISTAKES:]),
            "outcome": outcome,
            "advice": _MEND,
            "why": _AS_OWNER,
        },
    )


def unloaded_notice(
    to: str, path: str, mistakes: Sequence[Mistake], *, since: datetime, now: datetime
) -> Notice:
    """Return what is told of an edited configuration that does not load.

    `since` is when the one in force was taken up.
    """
    what = f"{_name(path)} does not load"
    return Notice(
        to=to,
        topic=path,
        key=("unloaded", path, *map(str, mistakes), str(now)),
        contents={
            "subject": f"{what}: {_errors(len(mistakes))}; nothing is changed by it",
            "lead": f"{what}: {_errors(len(mistakes))}.",
            "errors": _shown(mistakes),
            "more": len(mistakes[_MISTAKES:]),
            "outcome": (
                f"The configuration of {moment(since, UTC)} stays in force until the file loads "
                "again. A daemon that is started anew would not start with this one."
            ),
            "advice": _MEND,
            "why": _AS_OPERATOR,
        },
    )


def conflict_notice(
    to: str, conflict: Conflict, paths: Sequence[str], *, since: datetime, now: datetime
) -> Notice:
    """Return what is told of files that make no set; `since` is when the set in force was made."""
    mistakes = conflict.mistakes
    what = f"the rule files make no set: {_errors(len(mistakes))}"
    return Notice(
        to=to,
        topic=paths[0],
        key=("conflict", *paths, *map(str, mistakes), str(now)),
        contents={
            "subject": f"{what}; the whole set of {_brief(since)} stays in force",
            "lead": f"What lies on disk as {_listed(paths)} is not in force, for {what}.",
            "errors": _shown(mistakes),
            "more": len(mistakes[_MISTAKES:]),
            "outcome": f"The whole set of {moment(since, UTC)} stays in force, as it was, until "
            "the files agree again. No edit of any rule file is taken up before.",
            "advice": _MEND,
            "why": _AS_OWNER,
        },
    )


def mended_notice(to: str, paths: Sequence[str], now: datetime, *, is_owned: bool = True) -> Notice:
    """Return what is told of files that load again; the configuration has no owner."""
    what = f"{_listed(paths)} {_verb(paths, 'loads', 'load')} again"
    return Notice(
        to=to,
        topic=paths[0],
        key=("mended", *paths, str(now)),
        contents={
            "subject": what,
            "lead": f"{what}.",
            "errors": (),
            "more": 0,
            "outcome": "What lies on disk is in force.",
            "advice": "",
            "why": _AS_OWNER if is_owned else _AS_OPERATOR,
        },
    )


def gone_notice(to: str, gone: Gone, now: datetime) -> Notice:
    """Return what is told of a file that was deleted, and of the items that left with it."""
    path = _name(gone.file.path)
    count = len(gone.items)
    what = f"{count:,} item{'' if count == 1 else 's'} left with {path}"
    return Notice(
        to=to,
        topic=gone.file.path,
        key=("gone", gone.file.path, gone.file.text, str(now)),
        contents={
            "subject": what,
            "lead": f"{what}: the file was deleted. No longer watched: {_listed(gone.items)}.",
            "errors": (),
            "more": 0,
            "outcome": "All other rule files stay in force.",
            "advice": "If that was not meant, put the file back: it is taken up at once.",
            "why": _AS_OWNER,
        },
    )


_AS_OWNER = "You get this as the owner of the file, or as the operator where it names none."
_AS_OPERATOR = "You get this as the operator of the watchlist."
_MEND = "Mend the file and save it: it is taken up at once. `watchlist check` tells all errors."


def _shown(mistakes: Sequence[Mistake]) -> tuple[str, ...]:
    """Return the first mistakes, each with its line and caret."""
    return tuple(
        "\n".join(map(_set_line, mistake.shown().split("\n"))) for mistake in mistakes[:_MISTAKES]
    )


def _set_line(line: str) -> str:
    """Return a line clean, its spaces kept: a caret stands under what it points at."""
    return clip(" ".join(map(clean, line.split(" "))).rstrip(), _COLUMNS)


def _name(path: str) -> str:
    return clip(clean(path).strip(), _NAME)


def _listed(names: Sequence[str]) -> str:
    more = len(names[_NAMES:])
    return ", ".join(map(_name, names[:_NAMES])) + (f" and {more:,} more" if more else "")


def _verb(names: Sequence[str], one: str, several: str) -> str:
    return one if len(names) == 1 else several


def _errors(number: int) -> str:
    return f"{number:,} error{'' if number == 1 else 's'}"


def _brief(when: datetime) -> str:
    """Return it as `26 Aug 07:12 UTC`: short enough for a subject."""
    utc = when.astimezone(UTC)
    return f"{utc.day} {utc:%b %H:%M} UTC"
