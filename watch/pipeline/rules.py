"""The rules in force while the daemon runs: the one thing that is swapped, and always whole."""

from watch.core.matcher import Matcher
from watch.core.rules.ruleset import Ruleset
from watch.core.words.alphabet import TooManyWordsError
from watch.errors import Mistake, MistakesError
from watch.ingest.rulefiles import RulesFolder, Stamp, load_rules, stamp_rule_files


class LiveRules:
    """The matcher in force, and the files it was made of."""

    def __init__(self, matcher: Matcher, stamps: tuple[Stamp, ...]) -> None:
        self.matcher = matcher
        self.loaded = stamps
        """The files as they were when they were last read, in force or not."""
        self.seen = stamps
        """The files as the last look found them: an edit is read once it stands still."""

    @classmethod
    def load(cls, folder: RulesFolder) -> "LiveRules":
        """Return the rules on disk; raise MistakesError where they do not load."""
        stamps = stamp_rule_files(folder)
        return cls(load_matcher(folder), stamps)


def load_matcher(folder: RulesFolder) -> Matcher:
    """Return a matcher of the rule files, ready; raise MistakesError where they do not load."""
    loaded = load_rules(folder)
    if not isinstance(loaded, Ruleset):
        raise MistakesError(loaded)
    matcher = Matcher(loaded)
    try:
        matcher.prepare()
    except TooManyWordsError as error:
        raise MistakesError([Mistake(path=folder.label, text=str(error))]) from error
    return matcher
