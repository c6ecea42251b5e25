"""What the operator is told of templates that fail."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from watch.core.cleaning import clean, clip
from watch.notify.notice import Notice

_MOST = 20
_LINE = 300


def templates_notice(to: str, folder: Path, complaints: Sequence[str], *, now: datetime) -> Notice:
    """Return what is told of templates in whose place the shipped ones stood; once a day each."""
    what = "A template failed" if len(complaints) == 1 else f"{len(complaints)} templates failed"
    return Notice(
        to=to,
        topic="templates",
        key=("templates", str(now.date()), *sorted(complaints)),
        contents={
            "subject": f"{what}: the shipped one was used",
            "lead": f"{what} in {clean(str(folder))}.",
            "errors": tuple(clip(clean(one), _LINE) for one in complaints[:_MOST]),
            "more": len(complaints[_MOST:]),
            "outcome": "The mails went out all the same, as the shipped templates write them.",
            "advice": "`watchlist check` tries every template, and names the line of a mistake.",
            "why": "You get this as the operator of the watchlist.",
        },
    )
