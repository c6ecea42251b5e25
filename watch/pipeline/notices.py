"""Who is told what of rule files that break, load again, or are deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watch.core.rules.live import Change, KeptFile, Live
from watch.core.rules.ruleset import RuleFile
from watch.notify.notice import (
    Notice,
    broken_notice,
    conflict_notice,
    gone_notice,
    mended_notice,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whom each rule file's notices go to."""

    last: Mapping[str, RuleFile]
    """The last good versions: an owner that stands in a broken file is not trusted."""
    operator: str | None

    def of(self, path: str) -> str | None:
        """Return the file's owner, else the operator, else nobody."""
        file = self.last.get(path)
        return (file.owner if file is not None else None) or self.operator

    def sorted(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Return the files that each reader is told of; what nobody reads is left out."""
        readers: dict[str, list[str]] = {}
        for path in paths:
            reader = self.of(path)
            if reader is not None:
                readers.setdefault(reader, []).append(path)
        return readers


def notices_of(
    change: Change,
    live: Live,
    *,
    kept: Sequence[KeptFile],
    readers: Readers,
    now: datetime,
) -> Iterator[Notice]:
    """Yield what is told of a change: of each breakage once, then nothing until it is mended."""
    by_path = {file.path: file for file in kept}
    for broken in live.broken:
        reader = readers.of(broken.path) if broken.path in change.broke else None
        if reader is not None:
            yield broken_notice(reader, broken, by_path[broken.path])
    if live.conflict is not None:
        since = max(file.since for file in kept if file.text is not None)
        held = readers.sorted(path for path in live.conflict.paths if path in change.broke)
        for reader, paths in held.items():
            yield conflict_notice(reader, live.conflict, paths, since=since, now=now)
    for reader, paths in readers.sorted(change.mended).items():
        yield mended_notice(reader, paths, now)
    for gone in change.gone:
        reader = readers.of(gone.file.path) if gone.items else None
        if reader is not None:
            yield gone_notice(reader, gone, now)
