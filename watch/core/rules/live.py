"""The set in force, decided at each look at the rule files: always whole, never silently smaller.

A file that does not load is replaced by its last good version: the one in force. When the files
do not hold together, the whole set in force stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from watch.core.rules.ruleset import Item, Rule, RuleFile, Ruleset, assemble
from watch.errors import Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule file that does not load as it lies on disk."""

    path: str
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why the files on disk make no set, though each may load by itself."""

    mistakes: tuple[Mistake, ...]
    paths: tuple[str, ...]
    """The files that are not in force as they lie on disk for this: edited, new or gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The set in force, and what of the files on disk is not in it."""

    ruleset: Ruleset
    files: tuple[RuleFile, ...]
    """What it is made of: each file as on disk, or its last good version."""
    broken: tuple[Broken, ...] = ()
    conflict: Conflict | None = None

    def stale(self) -> Mapping[str, tuple[Mistake, ...]]:
        """Return the files that are not in force as they lie on disk, each with the reasons."""
        conflict = self.conflict
        held = {} if conflict is None else dict.fromkeys(conflict.paths, conflict.mistakes)
        return held | {one.path: one.mistakes for one in self.broken}


def live_set(disk: Sequence[RuleFile], last: Sequence[RuleFile]) -> Live | tuple[Mistake, ...]:
    """Return the set in force from now on, or everything that is wrong when nothing can be.

    `disk` are the files as they lie there, `last` those of the set in force so far. A broken file
    without a last good version is left out.
    """
    good = {file.path: file for file in last}
    versions = [good.get(file.path) if file.mistakes else file for file in disk]
    chosen = tuple(file for file in versions if file is not None)
    if not chosen:
        return held_set(disk, last, tuple(_own_mistakes(disk)))
    ruleset = assemble(chosen)
    if not isinstance(ruleset, Ruleset):
        return held_set(disk, last, (*ruleset, *_moved(ruleset, chosen, last)))
    return Live(ruleset=ruleset, files=chosen, broken=_broken(disk))


def held_set(
    disk: Sequence[RuleFile], last: Sequence[RuleFile], mistakes: tuple[Mistake, ...]
) -> Live | tuple[Mistake, ...]:
    """Return the set in force so far, kept whole because of these mistakes.

    Returns all mistakes where there was no set, or this program refuses what an older one took.
    """
    ruleset = assemble(last)
    if not last or not isinstance(ruleset, Ruleset):
        return tuple(dict.fromkeys((*_own_mistakes(disk), *mistakes)))
    texts = {file.path: file.text for file in last}
    edited = [file.path for file in disk if not file.mistakes and texts.get(file.path) != file.text]
    on_disk = {file.path for file in disk}
    gone = [file.path for file in last if file.path not in on_disk]
    return Live(
        ruleset=ruleset,
        files=tuple(last),
        broken=_broken(disk),
        conflict=Conflict(mistakes=mistakes, paths=(*edited, *gone)),
    )


def _own_mistakes(files: Sequence[RuleFile]) -> Iterator[Mistake]:
    return chain.from_iterable(file.mistakes for file in files)


def _broken(disk: Sequence[RuleFile]) -> tuple[Broken, ...]:
    return tuple(Broken(path=file.path, mistakes=file.mistakes) for file in disk if file.mistakes)


def _moved(
    mistakes: Sequence[Mistake], chosen: Sequence[RuleFile], last: Sequence[RuleFile]
) -> Iterator[Mistake]:
    """Yield the other place of a mistake: where the item stood that a rule goes on to use."""
    left = {item.id: item for item in _lost(_items(last), _items(chosen))}
    for mistake in mistakes:
        item = left.get(_spot(mistake).removeprefix("@"))
        if item is not None:
            yield Mistake(
                path=item.place.path,
                line=item.place.line,
                text=f"{item.id!r} stands here in the version in force, and "
                f"{mistake.path}:{mistake.line} uses it",
                remedy="keep the id, or change it in both places",
            )


def _spot(mistake: Mistake) -> str:
    """Return the words that a mistake underlines."""
    if mistake.source is None or mistake.column is None:
        return ""
    start = mistake.column - 1
    return mistake.source[start : start + mistake.length]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """What is kept of a rule file over restarts."""

    path: str
    text: str | None
    """Its last good version: the one in force. None: there is none, it is left out."""
    since: datetime
    """When that came into force; for a file that is left out, when it was first seen."""
    stale_since: datetime | None = None
    """Since when the file on disk is not what is in force; None while it is."""
    error: str | None = None
    """The first thing that is wrong with the file on disk."""
    errors: int = 0


def kept_files(live: Live, before: Sequence[KeptFile], now: datetime) -> tuple[KeptFile, ...]:
    """Return what is to be kept of the files of a set, and of those that are left out of it."""
    known = {file.path: file for file in before}
    texts = {file.path: file.text for file in live.files}
    stale = live.stale()
    return tuple(
        _kept(path, texts.get(path), known.get(path), stale.get(path, ()), now)
        for path in dict.fromkeys((*texts, *stale))
    )


def _kept(
    path: str,
    text: str | None,
    before: KeptFile | None,
    mistakes: Sequence[Mistake],
    now: datetime,
) -> KeptFile:
    is_as_before = before is not None and before.text == text
    since = before.since if before is not None and is_as_before else now
    if not mistakes:
        return KeptFile(path=path, text=text, since=since)
    return KeptFile(
        path=path,
        text=text,
        since=since,
        stale_since=(before.stale_since if before is not None else None) or now,
        error=str(mistakes[0]),
        errors=len(mistakes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A rule file that is no more."""

    file: RuleFile
    """Its last good version."""
    items: tuple[str, ...]
    """The ids that left with it: those that no other file has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a new set makes different."""

    came: tuple[Item | Rule, ...] = ()
    left: tuple[Item | Rule, ...] = ()
    altered: tuple[Item | Rule, ...] = ()
    """As they are now; another place in a file is no difference."""
    gone: tuple[Gone, ...] = ()
    broke: frozenset[str] = frozenset()
    """The files that are stale now and were not."""
    mended: tuple[str, ...] = ()
    """The files that were stale and are in force as they lie on disk."""


def change_of(last: Sequence[RuleFile], before: Sequence[KeptFile], live: Live) -> Change:
    """Return what is different from the files that were in force, and from what was kept then."""
    old, new = _items(last), _items(live.files)
    left = _lost(old, new)
    left_ids = {item.id for item in left}
    were = {item.id: _meaning(item) for item in old}
    in_force = {file.path for file in live.files}
    was_stale = {file.path for file in before if file.stale_since is not None}
    stale = live.stale()
    return Change(
        came=_lost(new, old),
        left=left,
        altered=tuple(item for item in new if item.id in were and were[item.id] != _meaning(item)),
        gone=tuple(
            Gone(file=file, items=tuple(one.id for one in file.items if one.id in left_ids))
            for file in last
            if file.path not in in_force
        ),
        broke=frozenset(path for path in stale if path not in was_stale),
        mended=tuple(
            file.path for file in live.files if file.path in was_stale and file.path not in stale
        ),
    )


def _items(files: Sequence[RuleFile]) -> tuple[Item | Rule, ...]:
    """Return what the files track and tell of, rules too: all share one space of ids."""
    entries: list[Item | Rule] = []
    for file in files:
        entries += file.items
        entries += file.rules
    return tuple(entries)


def _lost(entries: Sequence[Item | Rule], others: Sequence[Item | Rule]) -> tuple[Item | Rule, ...]:
    """Return the items and rules of which the others have none by that id."""
    ids = {entry.id for entry in others}
    return tuple(entry for entry in entries if entry.id not in ids)


def _meaning(entry: Item | Rule) -> tuple[object, ...]:
    """Return what decides what an item or rule finds, and what becomes of that."""
    told = (entry.language, entry.name, entry.tags, entry.severity, entry.has_alert)
    if isinstance(entry, Rule):
        return (entry.when, *told)
    terms = [term.typed for term in entry.terms]
    return (terms, [term.typed for term in entry.excepts], entry.kind, *told)
