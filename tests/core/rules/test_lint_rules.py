"""The lints of expressions: what can never hold, and what a NOT loses."""

import pytest

from tests.builders import a_subscription
from watch.core.rules.expression import parse_expression
from watch.core.rules.lint import Code, lints
from watch.core.rules.lint.expressions import expression_remarks
from watch.core.rules.parse import parse_rule_file


def _remarks(when: str, language: str | None = None) -> list[tuple[str, str]]:
    """Return the code of each remark, and its text or what it is about."""
    return [
        (one.code.value, when[slice(*one.span)] if one.span else one.text)
        for one in expression_remarks(parse_expression(when), language)
    ]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("Russia AND NOT Russia", "it asks for Russia and for its absence"),
        ("Russia AND Kursk AND NOT (Kursk OR Moscow)", "it asks for Kursk and for its absence"),
        ("(@drone NEAR/5 Russia) AND NOT @drone", "it asks for @drone and for its absence"),
        ("(#uav NOT W/S Russia) AND NOT #uav", "it asks for #uav and for its absence"),
        ("(ATLEAST/3 Russia) AND NOT Russia", "it asks for Russia and for its absence"),
        ("title:Russia AND NOT Russia", "it asks for Russia and for its absence"),
        ("title:(Russia AND Moscow) AND NOT Moscow", "it asks for Moscow and for its absence"),
        ("Russia AND lang:ko AND lang:en", "a document has one language"),
        ("title:Russia NEAR/5 text:Moscow", "title and text are never near each other"),
        ("title:(text:Russia)", "text: stands inside title:"),
        ("title:(text:Russia) OR text:(title:Moscow)", "text: stands inside title:"),
        ("2 OF (title:(text:Russia), Moscow, (Kursk AND NOT Kursk))", "text: stands inside title:"),
        ("title:(text:Russia) NOT NEAR/5 Moscow", "text: stands inside title:"),
    ],
)
def test_a_rule_that_can_never_hold_is_told_why(when: str, why: str) -> None:
    assert _remarks(when) == [("never-holds", f"the rule can never hold: {why}")]


@pytest.mark.parametrize(
    "when",
    [
        "Russia AND NOT Moscow",
        "Russia AND NOT title:Russia",
        "Russia NEAR/5 Russia",
        "Russia NOT NEAR/5 Russia",
        "lang:ko OR lang:en",
        "Russia OR title:(text:Moscow)",
        "2 OF (Russia, Moscow, title:(text:Kursk))",
        "Russia NOT NEAR/5 title:(text:Moscow)",
        "Russia AND NOT title:(text:Moscow)",
        "(Russia OR Moscow) AND NOT (Kursk AND Russia)",
        'title:"X" AND (text:Russia NEAR/4 text:Moscow)',
    ],
)
def test_a_rule_that_may_hold_is_left_alone(when: str) -> None:
    assert _remarks(when) == []


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("@drone AND NOT people", ["people"]),
        ("@drone AND NOT (police OR racing OR game)", ["police", "game"]),
        ("@drone AND NOT text:people", ["text:people"]),
        ("@drone AND NOT title:people", []),
        ("@drone AND NOT racing", []),
        ('@drone AND NOT "the people"', []),
        ("@drone AND NOT peopl*", []),
        ("@drone NOT NEAR/5 people", []),
    ],
)
def test_a_not_on_a_common_word_is_told(when: str, told: list[str]) -> None:
    found = [place for code, place in _remarks(when) if code == "not-common-word"]
    assert [place.removeprefix("text:") for place in told] == found


def test_the_common_words_of_the_rules_language_alone_count() -> None:
    assert _remarks("@drone AND NOT people", "ko") == []
    assert _remarks("@drone AND NOT 대통령", "ko") == [("not-common-word", "대통령")]


def test_terms_in_an_expression_are_read_letter_by_letter_too() -> None:
    assert _remarks(r'@drone NEAR/5 "Кim Jong"') == [("mixed-scripts", '"Кim Jong"')]
    assert _remarks(r"@drone NEAR/5 /\bКН/") == [("regex-ascii", r"/\bКН/")]


ITEM = '[[item]]\nid = "drones"\nname = "Drones"\nkind = "weapon"\nalert = false\n'


def _rule(when: str, more: str = "") -> str:
    return f"[[rule]]{more}\nname = 'Sent'\nwhen = '{when}'\n"


def _shown(text: str) -> list[str]:
    file = parse_rule_file("a.toml", text)
    assert file.mistakes == ()
    return [lint.shown() for lint in lints([file])]


def test_a_lint_of_a_rule_is_shown_at_its_spot_in_the_expression() -> None:
    assert _shown(ITEM + _rule("@drones AND NOT (people OR racing)")) == [
        (
            "a.toml:8:26: NOT people loses every document that holds this common word of English "
            "[not-common-word]\n"
            "    8 | when = '@drones AND NOT (people OR racing)'\n"
            "      |                          ^^^^^^\n"
            "      = write NOT NEAR/8 people, or a longer phrase"
        )
    ]
    (shown,) = _shown(ITEM + _rule("@drones AND NOT @drones"))
    assert shown.startswith("a.toml:8:8: the rule can never hold: it asks for @drones and for its")


def test_an_allowance_on_the_header_of_a_rule_silences_what_is_in_it() -> None:
    allowed = "  # watchlist: allow not-common-word, never-holds"
    assert _shown(ITEM + _rule("@drones AND NOT (people OR @drones)", allowed)) == []


@pytest.mark.parametrize("operand", ["@drones", "#weapon", "title:@drones"])
def test_an_item_that_is_in_a_rule_is_reached(operand: str) -> None:
    file = parse_rule_file("a.toml", ITEM + _rule(f"{operand} NEAR/5 Russia"))
    assert list(lints([file], [a_subscription(rules=("none",))])) == []


def test_a_rule_without_examples_beside_others_that_have_some_is_told() -> None:
    example = "[[rule.example]]\nmatch = 'A drone for Russia'\n"
    text = _rule("drone AND Russia") + example + _rule("drone AND Moscow").replace("Sent", "Said")
    (lint,) = lints([parse_rule_file("a.toml", text)])
    assert (lint.code, lint.mistake.line) == (Code.NO_EXAMPLES, 6)
    assert lint.mistake.text == "'Said' has no examples, others here have"
