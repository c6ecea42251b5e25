"""A document against all rules in one pass: which items are mentioned, which rules hold."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from itertools import count
from threading import Lock

from watch.core.model import Document, Failure, Field, Finding, Matching, Mention
from watch.core.rules.checks import Mentioned, RuleChecks, finding_of
from watch.core.rules.explain import Explanation
from watch.core.rules.passes import PatternPass, Use, WordPass, counting
from watch.core.rules.ruleset import Rule, Ruleset
from watch.core.rules.terms import parse_term
from watch.core.words.languages import Inflection, inflection_of

MOST_MENTIONS = 10_000
"""Of one item in one document; beyond that a failure says how many were left out."""
_MOST_PROGRAMS = 4
"""Inflections for which a compiled form is kept; each may be as large as the rules."""


class Matcher:
    """A ruleset made ready. It never changes, and may be used from several threads at once."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._checks = RuleChecks(ruleset)
        self._files = {path: order for order, path in enumerate(ruleset.files)}
        # The terms by the language their words are of; patterns are of none.
        self._uses: defaultdict[str | None, list[Use]] = defaultdict(list)
        patterns: list[Use] = []
        for use, language in self._all_uses():
            (self._uses[language] if use.term.pattern is None else patterns).append(use)
        self._patterns = PatternPass(patterns)
        self._programs: OrderedDict[Inflection, tuple[WordPass, ...]] = OrderedDict()
        self._lock = Lock()

    def _all_uses(self) -> Iterator[tuple[Use, str | None]]:
        """Yield what each term is to the set, and the language of its words."""
        order = count()
        for name, item in enumerate(self.ruleset.items):
            for terms, is_except in ((item.terms, False), (item.excepts, True)):
                for term in terms:
                    yield Use(name, next(order), term, is_except), item.language
        for name, (language, typed) in enumerate(self._checks.words, len(self.ruleset.items)):
            yield Use(name, next(order), parse_term(typed), is_except=False), language

    def prepare(self, languages: tuple[str, ...] = ()) -> None:
        """Compile for documents of these languages now, not when the first of them comes."""
        self._program(inflection_of(languages))

    def match(self, document: Document) -> Matching:
        """Return the mentions and findings of a document.

        A rule that cannot be checked in full is a failure in the result; nothing is raised.
        """
        mentioned, failures = self._mentioned(document)
        findings = self._findings(document, mentioned)
        mentions = [mention for _, found in mentioned.items for mention in found]
        if mentioned.words:
            # Words of rules count only where they make one hold.
            shown = (mention for finding in findings for mention in finding.mentions)
            mentions += dict.fromkeys(mention for mention in shown if not mention.item)
        return Matching(
            mentions=tuple(sorted(mentions, key=_reading_order)),
            findings=findings,
            failures=tuple(failures),
        )

    def explain(self, document: Document, rule: Rule) -> Explanation:
        """Return why a rule of the set holds for a document, or which of its parts failed."""
        mentioned, _ = self._mentioned(document)
        return self._checks.explanation(rule, document, mentioned)

    def _mentioned(self, document: Document) -> tuple[Mentioned, list[Failure]]:
        """Return what is mentioned in a document, and what was left out."""
        program = self._program(inflection_of(document.languages))
        found: defaultdict[int, list[Mention]] = defaultdict(list)
        failures: list[Failure] = []
        count_of_items = len(self.ruleset.items)
        for field in Field:
            for name, spans in counting((*program, self._patterns), document.field_text(field)):
                item = self.ruleset.items[name].id if name < count_of_items else ""
                found[name] += [
                    Mention(item=item, field=field, start=start, end=end, term=term)
                    for start, end, _, term in spans[:MOST_MENTIONS]
                ]
                if len(spans) > MOST_MENTIONS:
                    rules = (item,) if item else self._checks.rules_naming(name - count_of_items)
                    failures += [_too_many(rule, len(spans)) for rule in rules]
        items = [
            (self.ruleset.items[name], found[name])
            for name in sorted(found)
            if name < count_of_items
        ]
        words = {name - count_of_items: found[name] for name in found if name >= count_of_items}
        return Mentioned(items=items, words=words), failures

    def _findings(self, document: Document, mentioned: Mentioned) -> tuple[Finding, ...]:
        """Return what holds, in the order of the rule files."""
        found = [finding_of(item, its) for item, its in mentioned.items if item.has_alert]
        by_rules = tuple(self._checks.findings(document, mentioned))
        if by_rules:
            found = sorted((*found, *by_rules), key=self._place_in_files)
        return tuple(found)

    def _place_in_files(self, finding: Finding) -> tuple[int, int]:
        return self._files.get(finding.place.path, 0), finding.place.line

    def _program(self, inflection: Inflection) -> tuple[WordPass, ...]:
        """Return the passes for an inflection, compiled when it is first met."""
        with self._lock:
            if inflection in self._programs:
                self._programs.move_to_end(inflection)
                return self._programs[inflection]
            # Items with a language of their own join those without where both inflect alike.
            shared: defaultdict[Inflection, list[Use]] = defaultdict(list)
            for language, uses in self._uses.items():
                shared[inflection.within(language)].extend(uses)
            program = tuple(WordPass(uses, own) for own, uses in shared.items())
            self._programs[inflection] = program
            while len(self._programs) > _MOST_PROGRAMS:
                self._programs.popitem(last=False)
            return program


def _too_many(item: str, count: int) -> Failure:
    kept = f"the first {MOST_MENTIONS:,} were kept"
    return Failure(rule=item, text=f"{count:,} mentions in one document; {kept}")


def _reading_order(mention: Mention) -> tuple[bool, int, int]:
    return mention.field is Field.TEXT, mention.start, mention.end
