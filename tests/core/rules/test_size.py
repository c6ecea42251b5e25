"""Rule files far larger than any that is typed by hand."""

from tests.builders import a_document, found, rules_of
from watch.core.matcher import Matcher
from watch.core.rules.parse import parse_rule_file

TEN_MEGABYTES = 10 << 20


def test_twenty_thousand_items_load_and_are_found() -> None:
    items = (f'[[item]]\nname = "Name{number}"\n' for number in range(20_000))
    ruleset = rules_of("".join(items))
    assert len(ruleset.items) == 20_000
    text = "Name0, Name19999 and Name20000"
    assert found(Matcher(ruleset), a_document(text)) == ["Name0", "Name19999"]


def test_ten_megabytes_of_terms_load_and_are_found() -> None:
    terms = ", ".join(f'"term {"x" * 4000} {number}"' for number in range(TEN_MEGABYTES // 4000))
    ruleset = rules_of(f'[[item]]\nname = "A"\nterms = [{terms}, "drone"]\n')
    assert found(Matcher(ruleset), a_document(f"A drone, a term {'x' * 4000} 7.")) == [
        "drone",
        f"term {'x' * 4000} 7",
    ]


def test_ten_megabytes_of_examples_load() -> None:
    text = "A drone. " * (TEN_MEGABYTES // 9)
    ruleset = rules_of(f'[[item]]\nname = "A"\n[[item.example]]\nmatch = "{text}"\n')
    assert ruleset.items[0].examples[0].text == text


def test_a_mistake_behind_ten_megabytes_is_told_at_its_spot() -> None:
    line = "# a comment, as long as this\n"
    lines = TEN_MEGABYTES // len(line)
    file = parse_rule_file("r.toml", f'[[item]]\nname = "A"\n{line * lines}nam = "B"\n')
    (mistake,) = file.mistakes
    assert (mistake.line, mistake.column) == (lines + 3, 1)
    assert mistake.source == 'nam = "B"'
