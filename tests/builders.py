"""Values for tests, with only what matters to them said."""

from collections.abc import Sequence
from datetime import UTC, datetime

from watch.core.matcher import Matcher
from watch.core.model import (
    Document,
    Field,
    Finding,
    Matching,
    Mention,
    Place,
    Severity,
    Subscription,
)
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import Item, Ruleset, assemble
from watch.core.rules.terms import parse_term

NOW = datetime(2026, 8, 26, 5, 1, 12, tzinfo=UTC)


def a_document(
    text: str = "", *, title: str = "", language: str | None = None, **rest: str
) -> Document:
    return Document(
        source=rest.get("source", "inbox"),
        key=rest.get("key", "briefing.txt"),
        title=title,
        text=text,
        url=rest.get("url"),
        seen=NOW,
        languages=(language,) if language else (),
    )


def an_item(*terms: str, excepts: Sequence[str] = (), language: str | None = None) -> Item:
    return Item(
        id="item",
        name="Item",
        terms=tuple(map(parse_term, terms)),
        excepts=tuple(map(parse_term, excepts)),
        language=language,
        place=Place(path="rules/test.toml", line=1),
    )


def rules_of(text: str, path: str = "rules/test.toml") -> Ruleset:
    """Return the set that one rule file makes; it must hold together."""
    ruleset = assemble([parse_rule_file(path, text)])
    assert isinstance(ruleset, Ruleset), ruleset
    return ruleset


def found(matcher: Matcher, document: Document) -> list[str]:
    """Return the words that are mentioned, in order."""
    return [mention.text_in(document) for mention in matcher.match(document).mentions]


def a_mention(item: str = "icbm", *, start: int = 0, end: int = 4) -> Mention:
    return Mention(item=item, field=Field.TEXT, start=start, end=end, term="ICBM")


def a_finding(rule: str = "icbm", *mentions: Mention, **rest: object) -> Finding:
    severity, tags = rest.get("severity", Severity.NORMAL), rest.get("tags", ("korea",))
    assert isinstance(severity, Severity)
    assert isinstance(tags, tuple)
    return Finding(
        rule=rule,
        name=rule.upper(),
        severity=severity,
        tags=tags,
        place=Place(path="rules/test.toml", line=3),
        note="why we watch it",
        mentions=mentions or (a_mention(rule),),
    )


def a_matching(*rules: str) -> Matching:
    """Return a matching in which each rule has a mention of its own."""
    mentions = tuple(a_mention(rule, start=at, end=at + 1) for at, rule in enumerate(rules))
    return Matching(
        mentions=mentions,
        findings=tuple(a_finding(one.item, one) for one in mentions),
    )


def a_subscription(name: str = "Korea desk", *to: str, **rest: tuple[str, ...]) -> Subscription:
    return Subscription(
        name=name,
        to=to or ("desk@example.org",),
        rules=rest.get("rules", ()),
        tags=rest.get("tags", ()),
    )
