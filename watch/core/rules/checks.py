"""Which rules hold for a document, given what is mentioned in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from watch.core.model import Document, Finding, Mention
from watch.core.rules.evaluate import evaluate
from watch.core.rules.operands import Operand, operands, required
from watch.core.rules.ruleset import Item, Rule, Ruleset
from watch.core.rules.syntax import ItemIs, Tagged, Words
from watch.core.rules.view import Layout, View

_Key = tuple[str, str | None, str]
"""What is mentioned: its kind, the language its words are of, its name."""


class RuleChecks:
    """The rules of a set made ready: of all, only those are evaluated that may hold.

    A rule is looked at when one of its required operands is mentioned, or always when it has none.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self._rules = ruleset.rules
        self._always: list[int] = []
        self._asking: defaultdict[_Key, list[int]] = defaultdict(list)
        # Each word or phrase that a rule names, with the rules that do.
        named: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
        tags = set()
        for index, rule in enumerate(self._rules):
            if not rule.has_alert:
                continue
            needed = required(rule.when)
            if needed is None:
                self._always.append(index)
            for operand in needed or ():
                self._asking[_key(rule, operand)].append(index)
            for operand in operands(rule.when):
                if isinstance(operand, Words):
                    named[rule.language, operand.typed].append(rule.id)
                elif isinstance(operand, Tagged):
                    tags.add(operand.tag)
        self.words = tuple(named)
        """The language and the words, as typed, of each operand that is no item or tag."""
        self._naming = tuple(named.values())
        self._tags = frozenset(tags)

    def rules_naming(self, words: int) -> Iterable[str]:
        """Return the ids of the rules that name words, by their index in `words`."""
        return dict.fromkeys(self._naming[words])

    def findings(
        self,
        document: Document,
        items: Iterable[tuple[Item, Sequence[Mention]]],
        words: Mapping[int, Sequence[Mention]],
    ) -> Iterator[Finding]:
        """Yield a finding for each rule that holds, given what is mentioned.

        `words` are mentions by the index of what they are of in `self.words`.
        """
        by_item: dict[str, Sequence[Mention]] = {}
        by_tag: defaultdict[str, list[Mention]] = defaultdict(list)
        for item, mentions in items:
            by_item[item.id] = mentions
            for tag in self._tags.intersection((*item.tags, item.kind or "")):
                by_tag[tag] += mentions
        by_words: defaultdict[str | None, dict[str, Sequence[Mention]]] = defaultdict(dict)
        for index, mentions in words.items():
            language, typed = self.words[index]
            by_words[language][typed] = mentions
        layout = Layout(document)
        views: dict[str | None, View] = {}
        for index in sorted(self._candidates(by_item, by_tag, by_words)):
            rule = self._rules[index]
            if rule.language not in views:
                views[rule.language] = View(
                    document,
                    items=by_item,
                    tags=by_tag,
                    words=by_words.get(rule.language),
                    layout=layout,
                )
            held = evaluate(rule.when, views[rule.language])
            if held is not None:
                yield _finding_of(rule, held)

    def _candidates(
        self,
        by_item: Iterable[str],
        by_tag: Iterable[str],
        by_words: Mapping[str | None, Iterable[str]],
    ) -> set[int]:
        """Return the rules that may hold, by their indices."""
        found = set(self._always)
        asking = self._asking
        for item in by_item:
            found.update(asking.get(("item", None, item), ()))
        for tag in by_tag:
            found.update(asking.get(("tag", None, tag), ()))
        for language, words in by_words.items():
            for typed in words:
                found.update(asking.get(("words", language, typed), ()))
        return found


def _key(rule: Rule, operand: Operand) -> _Key:
    match operand:
        case ItemIs(item=item):
            return "item", None, item
        case Tagged(tag=tag):
            return "tag", None, tag
        case Words(typed=typed):
            return "words", rule.language, typed


def _finding_of(rule: Rule, mentions: tuple[Mention, ...]) -> Finding:
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        tags=rule.tags,
        place=rule.place,
        note=rule.note,
        mentions=mentions,
    )
