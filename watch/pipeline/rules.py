"""The rules in force while the daemon runs: the one thing that is swapped, and always whole."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from watch.core.matcher import Matcher
from watch.core.rules.live import KeptFile, Live, held_set, live_set
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import RuleFile, Ruleset
from watch.core.words.alphabet import TooManyWordsError
from watch.errors import Mistake, MistakesError
from watch.ingest.rulefiles import RulesFolder, Stamp, load_rules, no_rule_file, read_rule_files
from watch.pipeline.memory import uncollected


class LiveRules:
    """The matcher in force, and the files it was made of; empty until the first look."""

    def __init__(self) -> None:
        self.matcher = Matcher(Ruleset())
        self.files: tuple[RuleFile, ...] = ()
        """What the set in force is made of."""
        self.kept: tuple[KeptFile, ...] = ()
        """What the store knows of the files."""
        self.known: Mapping[Stamp, RuleFile] = {}
        """The files as they were when they were last read, in force or not."""
        self.seen: Collection[Stamp] = ()
        """The files as the last look found them: an edit is read once it stands still."""
        self.logged: Mapping[str, tuple[Mistake, ...]] = {}
        """The stale files of which this process has said why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The rule files as they were read, and the set that is in force from then on."""

    known: Mapping[Stamp, RuleFile]
    live: Live
    matcher: Matcher


@uncollected()
def take_rules(folder: RulesFolder, rules: LiveRules) -> Taken:
    """Return what is to be in force now; only files that changed are read and parsed.

    Raises MistakesError when nothing loads and nothing was in force.
    """
    known = read_rule_files(folder, rules.known)
    disk, last = tuple(known.values()), rules.files
    live = _whole(live_set(disk, last) if disk else held_set((), last, (no_rule_file(folder),)))
    try:
        matcher = _matcher(folder, live, rules)
    except MistakesError as error:
        live = _whole(held_set(disk, last, error.mistakes))
        matcher = _matcher(folder, live, rules)
    return Taken(known=known, live=live, matcher=matcher)


def _whole(live: Live | tuple[Mistake, ...]) -> Live:
    if not isinstance(live, Live):
        raise MistakesError(live)
    return live


def _matcher(folder: RulesFolder, live: Live, rules: LiveRules) -> Matcher:
    """Return a matcher of the set: the one in force where the set is the same."""
    if live.ruleset.fingerprint == rules.matcher.ruleset.fingerprint:
        return rules.matcher
    return _compiled(folder, live.ruleset)


def _compiled(folder: RulesFolder, ruleset: Ruleset) -> Matcher:
    """Return a matcher, ready; raise MistakesError for a set that is too large for one."""
    matcher = Matcher(ruleset)
    try:
        matcher.prepare()
    except TooManyWordsError as error:
        raise MistakesError([Mistake(path=folder.label, text=str(error))]) from error
    return matcher


def last_versions(kept: Sequence[KeptFile], disk: Iterable[RuleFile]) -> tuple[RuleFile, ...]:
    """Return the files that were last in force, those that lie on disk as they were not parsed.

    What an older program took and this one refuses is left out.
    """
    parsed = {(file.path, file.text): file for file in disk if not file.mistakes}
    files = (
        parsed.get((file.path, file.text)) or parse_rule_file(file.path, file.text)
        for file in kept
        if file.text is not None
    )
    return tuple(file for file in files if not file.mistakes)


@uncollected()
def load_matcher(folder: RulesFolder) -> Matcher:
    """Return a matcher of the rule files on disk, ready; raise MistakesError where they fail."""
    loaded = load_rules(folder)
    if not isinstance(loaded, Ruleset):
        raise MistakesError(loaded)
    return _compiled(folder, loaded)
