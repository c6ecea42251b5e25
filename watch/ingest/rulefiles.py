"""Rule files on disk to the set they make, or to everything that is wrong with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import RuleFile, Ruleset, assemble
from watch.errors import Mistake
from watch.ingest.stamp import FileStamp, stamp_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFolder:
    """Where the rule files lie: a folder, or one file."""

    path: Path
    label: str
    """How its owner names it; places in mails and errors begin with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a look at a rule file without reading it tells; an edit changes it."""

    label: str
    file: FileStamp


def find_rule_files(folder: RulesFolder) -> Iterator[tuple[Path, str]]:
    """Yield each rule file below the folder with its label, in order of their names."""
    if folder.path.is_file():
        yield folder.path, folder.label
        return
    for path in sorted(folder.path.rglob("*.toml")):
        below = path.relative_to(folder.path)
        if path.is_file() and not any(part.startswith(".") for part in below.parts):
            yield path, f"{folder.label.rstrip('/')}/{below.as_posix()}"


def stamp_rule_files(folder: RulesFolder) -> tuple[Stamp, ...]:
    """Return the stamps of all rule files; equal while none is edited, added or taken away."""
    return tuple(stamp for stamp, _ in _stamped(folder))


def _stamped(folder: RulesFolder) -> Iterator[tuple[Stamp, Path]]:
    for path, label in find_rule_files(folder):
        stamp = stamp_of(path)
        if stamp is not None:  # else gone since it was listed: the next look will not list it
            yield Stamp(label=label, file=stamp), path


def read_rule_files(folder: RulesFolder, known: Mapping[Stamp, RuleFile]) -> dict[Stamp, RuleFile]:
    """Return each rule file as it lies there; one whose stamp is known is not read again.

    A stamp is taken before its file is read: an edit in between shows at the next look.
    """
    return {stamp: known.get(stamp) or _load(path, stamp.label) for stamp, path in _stamped(folder)}


def load_rules(folder: RulesFolder) -> Ruleset | tuple[Mistake, ...]:
    """Return the set that all rule files make, or everything that is wrong with them."""
    files = [_load(path, label) for path, label in find_rule_files(folder)]
    return assemble(files) if files else (no_rule_file(folder),)


def no_rule_file(folder: RulesFolder) -> Mistake:
    """Return what is wrong with a folder in which no rule file lies."""
    what = "holds no rule file" if folder.path.exists() else "does not exist"
    remedy = "put a file such as items.toml there, or mend [rules] path"
    return Mistake(path=folder.label, text=f"the rules folder {what}", remedy=remedy)


def _load(path: Path, label: str) -> RuleFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        mistake = Mistake(
            path=label, text=f"cannot be read: {error.strerror}", remedy="check its permissions"
        )
        return RuleFile(path=label, text="", mistakes=(mistake,))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mistake = Mistake(
            path=label,
            line=content.count(b"\n", 0, error.start) + 1,
            text="not UTF-8",
            remedy="save the file as UTF-8",
        )
        return RuleFile(path=label, text="", mistakes=(mistake,))
    return parse_rule_file(label, text)
