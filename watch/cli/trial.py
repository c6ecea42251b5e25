"""One reading of a source, summed up: how much would come, in what state."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from watch.cli.read import show_document, show_failure
from watch.cli.reading import NotRead, Part
from watch.cli.wording import counted, warn
from watch.core.cleaning import clean
from watch.core.model import Document

NEWEST = 3
"""How many documents are shown."""
_MOST_FAILURES = 10

# What UTF-8 looks like when it was once read as windows-1252: "cafÃ©", "itâ€™s".
_MISREAD = re.compile(r"[ÃÂ][\u0080-\u00bf]|â€[\u0080-\u00bf™œ˜“”¦]|[ÐÑ][\u0080-\u00bf][ÐÑ]")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Trial:
    """What one reading of a source brought; it keeps the newest documents and counts the rest."""

    is_read: bool = True
    title: str | None = None
    documents: int = 0
    unsupported: int = 0
    newest: list[Document] = field(default_factory=list)
    failures: list[NotRead] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        """Add a part of it."""
        self.is_read = self.is_read and part.is_read
        self.title = part.title or self.title
        self.documents += len(part.documents)
        self.unsupported += part.unsupported
        self.failures.extend(part.failures)
        for document in part.documents:
            self.languages[document.languages[0] if document.languages else "unknown"] += 1
            self.oddities.update(oddities_of(document))
        newest = [*self.newest, *part.documents]
        self.newest = sorted(newest, key=_moment, reverse=True)[:NEWEST]


def oddities_of(document: Document) -> list[str]:
    """Return in words what looks wrong with a document, though it can be read."""
    whole = f"{document.title}\n{document.text}"
    found = {
        "with characters that could not be decoded": "\ufffd" in whole,
        "with UTF-8 that somebody read as windows-1252": _MISREAD.search(whole) is not None,
        "without text": not document.text,
        "without a date": document.published is None,
    }
    return [words for words, is_so in found.items() if is_so]


def show_trial(trial: Trial) -> None:
    """Print it for a person; what could not be read goes to standard error."""
    console = Console(highlight=False, soft_wrap=True)
    for failure in trial.failures[:_MOST_FAILURES]:
        show_failure(failure)
    if len(trial.failures) > _MOST_FAILURES:
        warn(f"and {len(trial.failures) - _MOST_FAILURES:,} more")
    if not trial.is_read:
        return
    if trial.title:
        console.print(Text(clean(trial.title), style="bold"))
    languages = ", ".join(f"{code} {number:,}" for code, number in trial.languages.most_common())
    console.print(Text(counted(trial.documents, "document") + (f": {languages}" * bool(languages))))
    for document in trial.newest:
        show_document(console, document)
    for words, number in trial.oddities.items():
        console.print(Text(f"{counted(number, 'document')} {words}", style="yellow"))
    if trial.failures:
        console.print(Text(f"{counted(len(trial.failures), 'file')} not read", style="yellow"))
    if trial.unsupported:
        console.print(Text(f"{counted(trial.unsupported, 'other file')} of no readable kind"))


def _moment(document: Document) -> datetime:
    return document.published or _EARLIEST
