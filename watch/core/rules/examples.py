"""The examples in rule files, run: whether each item finds what its author says it does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from watch.core.matcher import Matcher
from watch.core.model import Document
from watch.core.rules.ruleset import Example, Item, Ruleset
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
    for item in matcher.ruleset.items:
        for example in item.examples:
            found = _found(matcher, item, _document_of(example, languages_of))
            text = _complaint(example, found)
            if text is not None:
                yield Mistake(
                    path=example.place.path,
                    line=example.place.line,
                    text=f"example of {item.name!r} fails: {text}",
                    remedy="mend the terms or the example",
                    source=_excerpt(example),
                )


def count_examples(ruleset: Ruleset) -> int:
    """Return how many examples the items of a set have."""
    return sum(len(item.examples) for item in ruleset.items)


def _document_of(example: Example, languages_of: LanguagesOf) -> Document:
    return Document(
        source=example.source,
        key="example",
        title=example.title,
        text=example.text,
        seen=datetime.fromtimestamp(0, UTC),
        languages=languages_of(example.title, example.text, declared=example.language),
    )


def _found(matcher: Matcher, item: Item, document: Document) -> tuple[str, ...]:
    mentions = matcher.match(document).mentions
    return tuple(mention.text_in(document) for mention in mentions if mention.item == item.id)


def _complaint(example: Example, found: tuple[str, ...]) -> str | None:
    listed = ", ".join(f'"{text}"' for text in found)
    if not example.is_match:
        return f"nothing was to be found, but found {listed}" if found else None
    if not found:
        return "nothing was found"
    if example.finds is not None and found != example.finds:
        wanted = ", ".join(f'"{text}"' for text in example.finds)
        return f"{wanted or 'nothing'} was to be found, but found {listed}"
    return None


def _excerpt(example: Example) -> str:
    return " ".join(f"{example.title} {example.text}".split())[:160]
