"""Which rules hold for a document, given what is mentioned in it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, assert_never

from watch.core.model import Document, Failure, Finding, Mention
from watch.core.rules.evaluate import evaluate
from watch.core.rules.explain import Explanation, explain
from watch.core.rules.operands import Operand, operands, required
from watch.core.rules.ruleset import Item, Rule, Ruleset
from watch.core.rules.syntax import ItemIs, Tagged, Words
from watch.core.rules.view import Layout, View

_Key = tuple[str, str | None, str]
"""What is mentioned: its kind, the language its words are of, its name."""


class Mentioned(NamedTuple):
    """What is mentioned in one document: items, and words that rules name."""

    items: Sequence[tuple[Item, Sequence[Mention]]]
    words: Mapping[int, Sequence[Mention]]
    """By the index of what they are of in `RuleChecks.words`."""
    cut: Mapping[Operand, str]
    """Of which of these not all mentions were kept, in words for people."""


class RuleChecks:
    """The rules of a set made ready: of all, only those are evaluated that may hold.

    A rule is looked up by the smallest set of the operands that it requires one of, and evaluated
    when one of every other set is mentioned too. One that requires nothing is evaluated always.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self._rules = ruleset.rules
        self._always: list[int] = []
        self._asking: defaultdict[_Key, list[int]] = defaultdict(list)
        self._beside: dict[int, list[frozenset[_Key]]] = {}
        # Each word or phrase that a rule names, with the rules that do.
        named: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
        tags = set()
        for index, rule in enumerate(self._rules):
            if rule.has_alert:
                self._add(index, rule)
            for operand in operands(rule.when):
                if isinstance(operand, Words):
                    named[rule.language, operand.typed].append(rule.id)
                elif isinstance(operand, Tagged):
                    tags.add(operand.tag)
        self.words = tuple(named)
        """The language and the words, as typed, of each operand that is no item or tag."""
        self._naming = tuple(named.values())
        # Of each item those of its tags, its kind among them, that any rule names.
        self._tags = {
            item.id: named_tags
            for item in (ruleset.items if tags else ())
            if (named_tags := tags.intersection((*item.tags, item.kind or "")))
        }

    def _add(self, index: int, rule: Rule) -> None:
        needed = [frozenset(_key(rule, one) for one in few) for few in required(rule.when)]
        if not needed:
            self._always.append(index)
            return
        for key in needed[0]:
            self._asking[key].append(index)
        if len(needed) > 1:
            self._beside[index] = needed[1:]

    def rules_naming(self, words: int) -> Iterable[str]:
        """Return the ids of the rules that name words, by their index in `words`."""
        return dict.fromkeys(self._naming[words])

    def findings(
        self, document: Document, mentioned: Mentioned
    ) -> tuple[list[Finding], list[Failure]]:
        """Return a finding for each rule that holds, a failure for each not checked in full."""
        findings: list[Finding] = []
        failures: list[Failure] = []
        candidates = self._candidates(mentioned)
        if not candidates:
            return findings, failures
        views = self._views(document, mentioned)
        for index in candidates:
            rule = self._rules[index]
            evaluation = evaluate(rule.when, views(rule.language))
            if evaluation.mentions is not None:
                findings.append(finding_of(rule, evaluation.mentions))
            if evaluation.left_out:
                failures.append(_not_in_full(rule, evaluation.left_out))
        return findings, failures

    def explanation(self, rule: Rule, document: Document, mentioned: Mentioned) -> Explanation:
        """Return what each part of a rule comes to, given what is mentioned."""
        return explain(rule.when, self._views(document, mentioned)(rule.language))

    def _views(self, document: Document, mentioned: Mentioned) -> Callable[[str | None], View]:
        """Return what gives the document as rules of a language see it."""
        items = {item.id: mentions for item, mentions in mentioned.items}
        tags: defaultdict[str, list[Mention]] = defaultdict(list)
        for item, mentions in mentioned.items:
            for tag in self._tags.get(item.id, ()):
                tags[tag] += mentions
        words: defaultdict[str | None, dict[str, Sequence[Mention]]] = defaultdict(dict)
        for index, mentions in mentioned.words.items():
            language, typed = self.words[index]
            words[language][typed] = mentions
        cut = dict(mentioned.cut)
        for operand, told in mentioned.cut.items():
            if isinstance(operand, ItemIs):
                cut |= {Tagged(tag=tag): told for tag in self._tags.get(operand.item, ())}
        layout = Layout(document)
        views: dict[str | None, View] = {}

        def view_of(language: str | None) -> View:
            if language not in views:
                views[language] = View(document, layout, items, tags, words[language], cut)
            return views[language]

        return view_of

    def _candidates(self, mentioned: Mentioned) -> Sequence[int]:
        """Return the rules that may hold, by their indices, in order."""
        if not self._rules:
            return ()
        keys: set[_Key] = set()
        for item, _ in mentioned.items:
            keys.add(("item", None, item.id))
            for tag in self._tags.get(item.id, ()):
                keys.add(("tag", None, tag))
        keys.update(("words", *self.words[index]) for index in mentioned.words)
        found = {index for key in keys for index in self._asking.get(key, ())}
        held = [
            index for index in found if not any(map(keys.isdisjoint, self._beside.get(index, ())))
        ]
        return sorted((*self._always, *held))


def _key(rule: Rule, operand: Operand) -> _Key:
    match operand:
        case ItemIs(item=item):
            return "item", None, item
        case Tagged(tag=tag):
            return "tag", None, tag
        case Words(typed=typed):
            return "words", rule.language, typed
    assert_never(operand)


def _not_in_full(rule: Rule, left_out: Sequence[str]) -> Failure:
    """Return the failure that tells what took no part; of much, the first."""
    others = len(left_out) - 1
    return Failure(rule=rule.id, text=left_out[0] + (f" (and {others:,} more)" if others else ""))


def finding_of(rule: Item | Rule, mentions: Sequence[Mention]) -> Finding:
    """Return the finding of a rule that holds; an item is, unless told otherwise, its own rule."""
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        tags=rule.tags,
        place=rule.place,
        note=rule.note,
        mentions=tuple(mentions),
    )
