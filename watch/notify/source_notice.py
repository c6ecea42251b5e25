"""What the operator is told of sources: they fail for a day, are gone for good, or are back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from watch.core.cleaning import clean, clip
from watch.core.model import SourceState
from watch.notify.document import moment
from watch.notify.notice import Notice

_MOST = 50
_NAME = 120
_LOCATION = 200
"""The most sources that a mail lists, and the most characters of a name and of a line."""


def sources_notice(
    to: str, *, failing: Sequence[SourceState], back: Sequence[SourceState], now: datetime
) -> Notice:
    """Return what is told of sources that fail or are paused, and of those that are back.

    One mail tells of all of them: when a network fails, hundreds fail with it.
    """
    parts = []
    if failing:
        parts.append(f"{_named(failing)} cannot be read")
    if back:
        parts.append(f"{_named(back)} {'is' if len(back) == 1 else 'are'} read again")
    what = "; ".join(parts)
    told = (*map(_failing, failing), *map(_back, back))
    keys = (f"{one.name} {one.failing_since or one.paused_since}" for one in (*failing, *back))
    return Notice(
        to=to,
        topic="sources",
        key=("sources", *keys, str(now)),
        contents={
            "subject": what,
            "lead": f"{what}.",
            "errors": told[:_MOST],
            "more": len(told[_MOST:]),
            "outcome": _STAYS if failing else "What they brought meanwhile is read now.",
            "advice": _ADVICE if failing else "",
            "why": "You get this as the operator of the watchlist.",
        },
    )


_STAYS = (
    "They are tried again by themselves, at least once a day, those that are gone for good once a "
    "week; nothing of what they bring then is lost. All other sources are read as ever."
)
_ADVICE = (
    "`watchlist sources list` shows how all of them stand, `watchlist sources test NAME` what one "
    "answers. One that is gone for good is best taken out of the configuration, or given its new "
    "address there."
)


def _named(sources: Sequence[SourceState]) -> str:
    return _name(sources[0].name) if len(sources) == 1 else f"{len(sources):,} sources"


def _failing(state: SourceState) -> str:
    if state.paused_since is not None:
        since = f"paused since {moment(state.paused_since, UTC)}"
    elif state.failing_since is not None:
        since = f"fails since {moment(state.failing_since, UTC)}"
    else:
        since = "fails"
    return "\n".join((f"{_name(state.name)} {since}", f"  {_line(state.error)}", _place(state)))


def _back(state: SourceState) -> str:
    return f"{_name(state.name)} is read again\n{_place(state)}"


def _place(state: SourceState) -> str:
    """Return where it leads to; what may be a secret, a password or a token, is left out."""
    try:
        parts = urlsplit(state.location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"  {_line(urlunsplit((parts.scheme, host, parts.path, '', '')))}"


def _line(text: str | None) -> str:
    return clip(clean(text or "").strip(), _LOCATION)


def _name(name: str) -> str:
    return clip(clean(name).strip(), _NAME)
