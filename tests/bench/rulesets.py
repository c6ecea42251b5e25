"""Rule files for the benchmark: items of five names each, rules of all operators over them."""

from collections.abc import Iterator, Sequence
from random import Random

NAMES_OF_AN_ITEM = 5
TAGS = 50
_SHAPES = (
    "@{a} AND @{b}",
    "@{a} NEAR/10 (@{b} OR @{c})",
    '@{a} PRE/20 "{word}"',
    "@{a} W/S @{b}",
    '@{a} AND NOT title:"{word}"',
    "ATLEAST/2 @{a}",
    "2 OF (@{a}, @{b}, @{c})",
    '"{word}" W/P @{a}',
    "@{a} NOT NEAR/5 @{b}",
    "lang:en AND @{a} AND (@{b} OR @{c} OR #tag{tag})",
)


def rule_file(names: Sequence[str], rules: Iterator[str]) -> str:
    """Return a rule file with items of the names, and the rules."""
    lines = []
    for at in range(0, len(names), NAMES_OF_AN_ITEM):
        terms = ", ".join(f'"{name}"' for name in names[at : at + NAMES_OF_AN_ITEM])
        item = at // NAMES_OF_AN_ITEM
        lines.append(f'[[item]]\nid = "i{item}"\nname = "Item {item}"\ntags = ["tag{item % TAGS}"]')
        lines.append(f"terms = [{terms}]")
    lines.extend(
        f'[[rule]]\nid = "r{at}"\nname = "Rule {at}"\nwhen = \'{when}\''
        for at, when in enumerate(rules)
    )
    return "\n".join(lines)


def expressions(names: Sequence[str], count: int) -> Iterator[str]:
    """Yield so many expressions over items of the names, of each shape in turn."""
    random = Random("rules")  # noqa: S311 (a benchmark)
    items = max(3, len(names) // NAMES_OF_AN_ITEM)
    for at in range(count):
        a, b, c = (f"i{random.randrange(items)}" for _ in "abc")
        word = random.choice(names).split()[0]
        shape = _SHAPES[at % len(_SHAPES)]
        yield shape.format(a=a, b=b, c=c, word=word, tag=random.randrange(min(TAGS, items)))
