"""A document against all rules in one pass: which items are mentioned, which rules hold."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from threading import Lock

from watch.core.model import Document, Failure, Field, Finding, Matching, Mention
from watch.core.rules.checks import Mentioned, RuleChecks, finding_of
from watch.core.rules.explain import Explanation
from watch.core.rules.operands import Operand
from watch.core.rules.passes import Pass, PatternPass, Span, Use, WordPass, counting
from watch.core.rules.ruleset import Rule, Ruleset
from watch.core.rules.syntax import ItemIs, Words, show
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
        self._programs: OrderedDict[Inflection, tuple[Pass, ...]] = OrderedDict()
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
        findings, not_in_full = self._findings(document, mentioned)
        mentions = [mention for _, found in mentioned.items for mention in found]
        if mentioned.words:
            # Words of rules count only where they make one hold.
            shown = (mention for finding in findings for mention in finding.mentions)
            mentions += dict.fromkeys(mention for mention in shown if not mention.item)
        mentions.sort(key=_reading_order)
        return Matching(
            mentions=tuple(mentions),
            findings=findings,
            failures=(*failures, *not_in_full),
        )

    def explain(self, document: Document, rule: Rule) -> Explanation:
        """Return why a rule of the set holds for a document, or which of its parts failed."""
        mentioned, _ = self._mentioned(document)
        return self._checks.explanation(rule, document, mentioned)

    def _mentioned(self, document: Document) -> tuple[Mentioned, list[Failure]]:
        """Return what is mentioned in a document, and what was left out."""
        passes = self._program(inflection_of(document.languages))
        found: defaultdict[int, list[Mention]] = defaultdict(list)
        cut: dict[Operand, str] = {}
        failures: list[Failure] = []
        for field, text in ((Field.TITLE, document.title), (Field.TEXT, document.text)):
            for name, spans in counting(passes, text).items():
                found[name] += self._mentions(name, field, spans)
                if len(spans) > MOST_MENTIONS:
                    operand, told = self._operand(name), _too_many(len(spans))
                    cut[operand] = f"{show(operand)}: {told}"
                    failures += (Failure(rule=rule, text=told) for rule in self._named(name))
        items = self.ruleset.items
        count = len(items)
        ordered = sorted(found)
        return Mentioned(
            items=[(items[name], found[name]) for name in ordered if name < count],
            words={name - count: found[name] for name in ordered if name >= count},
            cut=cut,
        ), failures

    def _mentions(self, name: int, field: Field, spans: Sequence[Span]) -> list[Mention]:
        """Return the mentions of an item, or of words that rules name."""
        items = self.ruleset.items
        item = items[name].id if name < len(items) else ""
        return [
            Mention(item, field, start, end, use.term.typed)
            for start, end, use in spans[:MOST_MENTIONS]
        ]

    def _operand(self, name: int) -> Operand:
        items = self.ruleset.items
        if name < len(items):
            return ItemIs(item=items[name].id)
        return Words(typed=self._checks.words[name - len(items)][1])

    def _named(self, name: int) -> Iterable[str]:
        """Return the ids of an item, or of the rules that name words."""
        items = self.ruleset.items
        if name < len(items):
            return (items[name].id,)
        return self._checks.rules_naming(name - len(items))

    def _findings(
        self, document: Document, mentioned: Mentioned
    ) -> tuple[tuple[Finding, ...], list[Failure]]:
        """Return what holds, in the order of the rule files, and what was not checked in full."""
        found = [finding_of(item, its) for item, its in mentioned.items if item.has_alert]
        by_rules, failures = self._checks.findings(document, mentioned)
        if by_rules:
            found = sorted((*found, *by_rules), key=self._place_in_files)
        return tuple(found), failures

    def _place_in_files(self, finding: Finding) -> tuple[int, int]:
        return self._files.get(finding.place.path, 0), finding.place.line

    def _program(self, inflection: Inflection) -> tuple[Pass, ...]:
        """Return the passes for an inflection, compiled when it is first met."""
        with self._lock:
            known = self._programs.get(inflection)
            if known is not None:
                self._programs.move_to_end(inflection)
                return known
            # Items with a language of their own join those without where both inflect alike.
            shared: defaultdict[Inflection, list[Use]] = defaultdict(list)
            for language, uses in self._uses.items():
                shared[inflection.within(language)].extend(uses)
            words = (WordPass(uses, own) for own, uses in shared.items())
            program: tuple[Pass, ...] = (*words, self._patterns)
            self._programs[inflection] = program
            while len(self._programs) > _MOST_PROGRAMS:
                self._programs.popitem(last=False)
            return program


def _too_many(count: int) -> str:
    return f"{count:,} mentions in one document; the first {MOST_MENTIONS:,} were kept"


def _reading_order(mention: Mention) -> tuple[bool, int, int]:
    return mention.field is Field.TEXT, mention.start, mention.end
