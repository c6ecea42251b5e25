"""Which rules hold for a document, given what is mentioned in it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from watch.core.model import Document, Finding, Mention
from watch.core.rules.evaluate import evaluate
from watch.core.rules.explain import Explanation, explain
from watch.core.rules.operands import Operand, operands, required
from watch.core.rules.ruleset import Item, Rule, Ruleset
from watch.core.rules.syntax import ItemIs, Tagged, Words
from watch.core.rules.view import Layout, View

_Key = tuple[str, str | None, str]
"""What is mentioned: its kind, the language its words are of, its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """What is mentioned in one document: items, and words that rules name."""

    items: Sequence[tuple[Item, Sequence[Mention]]]
    words: Mapping[int, Sequence[Mention]]
    """By the index of what they are of in `RuleChecks.words`."""


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

    def findings(self, document: Document, mentioned: Mentioned) -> Iterator[Finding]:
        """Yield a finding for each rule that holds, given what is mentioned."""
        views = self._views(document, mentioned)
        for index in sorted(self._candidates(mentioned)):
            rule = self._rules[index]
            held = evaluate(rule.when, views(rule.language))
            if held is not None:
                yield finding_of(rule, held)

    def explanation(self, rule: Rule, document: Document, mentioned: Mentioned) -> Explanation:
        """Return what each part of a rule comes to, given what is mentioned."""
        return explain(rule.when, self._views(document, mentioned)(rule.language))

    def _views(self, document: Document, mentioned: Mentioned) -> Callable[[str | None], View]:
        """Return what gives the document as rules of a language see it."""
        items = {item.id: mentions for item, mentions in mentioned.items}
        tags: defaultdict[str, list[Mention]] = defaultdict(list)
        for item, mentions in mentioned.items:
            for tag in self._tags_of(item):
                tags[tag] += mentions
        words: defaultdict[str | None, dict[str, Sequence[Mention]]] = defaultdict(dict)
        for index, mentions in mentioned.words.items():
            language, typed = self.words[index]
            words[language][typed] = mentions
        layout = Layout(document)
        views: dict[str | None, View] = {}

        def view_of(language: str | None) -> View:
            if language not in views:
                own = words.get(language)
                views[language] = View(document, items=items, tags=tags, words=own, layout=layout)
            return views[language]

        return view_of

    def _tags_of(self, item: Item) -> frozenset[str]:
        """Return those of an item's tags, its kind among them, that any rule names."""
        return self._tags.intersection((*item.tags, item.kind or ""))

    def _candidates(self, mentioned: Mentioned) -> set[int]:
        """Return the rules that may hold, by their indices."""
        found = set(self._always)
        keys: set[_Key] = set()
        for item, _ in mentioned.items:
            keys.add(("item", None, item.id))
            keys.update(("tag", None, tag) for tag in self._tags_of(item))
        keys.update(("words", *self.words[index]) for index in mentioned.words)
        for key in keys:
            found.update(self._asking.get(key, ()))
        return found


def _key(rule: Rule, operand: Operand) -> _Key:
    match operand:
        case ItemIs(item=item):
            return "item", None, item
        case Tagged(tag=tag):
            return "tag", None, tag
        case Words(typed=typed):
            return "words", rule.language, typed


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
