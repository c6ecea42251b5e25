"""The examples in rule files, run: whether each item and rule does what its author says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from watch.core.matcher import Matcher
from watch.core.model import Document
from watch.core.rules.ruleset import Example, Item, Rule, Ruleset
from watch.errors import Mistake


class LanguagesOf(Protocol):
    """What tells the languages of a document, the most trusted first."""

    def __call__(self, title: str, text: str, /, *, declared: str | None) -> tuple[str, ...]:
        """Return them."""
        ...


def failed_examples(matcher: Matcher, languages_of: LanguagesOf) -> Iterator[Mistake]:
    """Yield a mistake for each example that does not hold, with what was found instead.

    An example is read as the document would be that it stands for: `languages_of` is the ingest's.
    """
    for tried in _tried(matcher.ruleset):
        for example in tried.examples:
            found = _found(matcher, tried, _document_of(example, languages_of))
            text = _complaint(example, found)
            if text is not None:
                yield Mistake(
                    path=example.place.path,
                    line=example.place.line,
                    text=f"example of {tried.name!r} fails: {text}",
                    remedy=f"mend the {_made_of(tried)} or the example",
                    source=_excerpt(example),
                )


def count_examples(ruleset: Ruleset) -> int:
    """Return how many examples the items and rules of a set have."""
    return sum(len(tried.examples) for tried in _tried(ruleset))


def _tried(ruleset: Ruleset) -> Iterator[Item | Rule]:
    yield from ruleset.items
    yield from ruleset.rules


def _made_of(tried: Item | Rule) -> str:
    return "terms" if isinstance(tried, Item) else "expression"


def _document_of(example: Example, languages_of: LanguagesOf) -> Document:
    return Document(
        source=example.source,
        key="example",
        title=example.title,
        text=example.text,
        seen=datetime.fromtimestamp(0, UTC),
        languages=languages_of(example.title, example.text, declared=example.language),
    )


def _found(matcher: Matcher, tried: Item | Rule, document: Document) -> tuple[str, ...] | None:
    """Return the words that are found, in order; None when a rule does not hold."""
    matching = matcher.match(document)
    if isinstance(tried, Item):
        mentions = tuple(mention for mention in matching.mentions if mention.item == tried.id)
        return tuple(mention.text_in(document) for mention in mentions) or None
    for finding in matching.findings:
        if finding.rule == tried.id:
            return tuple(mention.text_in(document) for mention in finding.mentions)
    return None


def _complaint(example: Example, found: tuple[str, ...] | None) -> str | None:
    listed = ", ".join(f'"{text}"' for text in found or ()) or "what is told by no words"
    if not example.is_match:
        return None if found is None else f"nothing was to be found, but found {listed}"
    if found is None:
        return "nothing was found"
    if example.finds is not None and found != example.finds:
        wanted = ", ".join(f'"{text}"' for text in example.finds)
        return f"{wanted or 'nothing'} was to be found, but found {listed}"
    return None


def _excerpt(example: Example) -> str:
    return " ".join(f"{example.title} {example.text}".split())[:160]
