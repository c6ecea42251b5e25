import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import rules_of
from watch.core.model import Place, Severity
from watch.core.rules.parse import parse_rule_file, slug
from watch.core.rules.ruleset import Ruleset, assemble
from watch.core.rules.syntax import show

WHOLE = """\
[defaults]
owner    = "desk@example.org"
tags     = ["korea"]
severity = "high"
language = "en-GB"
note     = "by default"

[[item]]
id       = "suicide-drone"
name     = "Suicide drones"
kind     = "weapon"
tags     = ["uav", "korea"]
terms    = ["suicide drone", "=Geran", "Shahed-13*"]
except   = ["suicide drone racing"]
language = "iw"
severity = "low"
alert    = false
note     = "its own"
owner    = "own@example.org"

[[item.example]]
match = "Two suicide-drones hit the depot."
finds = ["suicide-drones"]
[[item.example]]
ignore = "The suicide drone racing league."
title  = "Sports"
language = "de"
source = "wire"

[[item]]
name = "화성-17형 ICBM!"
"""


def test_a_file_says_all_of_its_items() -> None:
    first, _ = rules_of(WHOLE, "rules/korea.toml").items
    assert (first.id, first.name, first.kind) == ("suicide-drone", "Suicide drones", "weapon")
    assert first.tags == ("korea", "uav")
    assert [term.typed for term in first.terms] == ["suicide drone", "=Geran", "Shahed-13*"]
    assert [term.typed for term in first.excepts] == ["suicide drone racing"]
    assert (first.language, first.severity, first.has_alert) == ("he", Severity.LOW, False)
    assert (first.note, first.owner) == ("its own", "own@example.org")
    assert first.place == Place(path="rules/korea.toml", line=8)
    match, ignore = first.examples
    assert match.is_match
    assert match.finds == ("suicide-drones",)
    assert (match.place.line, ignore.place.line) == (21, 24)
    assert not ignore.is_match
    assert (ignore.title, ignore.language, ignore.source) == ("Sports", "de", "wire")


def test_what_an_item_leaves_out_the_defaults_say_and_the_name_is_its_term() -> None:
    second = rules_of(WHOLE).items[1]
    assert second.id == "화성-17형-icbm"
    assert [term.typed for term in second.terms] == ["화성-17형 ICBM!"]
    assert second.tags == ("korea",)
    assert (second.severity, second.language, second.has_alert) == (Severity.HIGH, "en", True)
    assert (second.note, second.owner, second.kind) == ("by default", "desk@example.org", None)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Suicide drones", "suicide-drones"),
        ("  S-300 / S-400  ", "s-300-s-400"),
        ("자폭 드론", "자폭-드론"),
        ("Ünïcode__x", "ünïcode-x"),
        ("ＩＣＢＭ", "icbm"),
    ],
)
def test_a_name_makes_an_id(name: str, wanted: str) -> None:
    assert slug(name) == wanted


MISTAKES = {
    # what is written below [[item]], with the name where it matters not: the mistake it makes
    'name = "A"\nterms = []': "3:9: no terms (list one, or leave the key out)",
    'terms = ["a"]': '1:3: an item needs a name (add name = "...")',
    'name = "  "': '1:3: an item needs a name (add name = "...")',
    'name = "!!!"': "2:9: a term needs a letter or a digit (write the words to look for, or take "
    "the term out)",
    'name = "A"\nterms = ["ab", "a*b"]': "3:18: a star stands only at the end of a word (write "
    "hyperson* or drone* strike)",
    'name = "A"\nterms = ["ab", "ab"]': "3:16: 'ab' is listed twice (take one of them out)",
    'name = "A"\nexcept = ["?"]': "3:12: a term needs a letter or a digit (write the words to "
    "look for, or take the term out)",
    'name = "A"\nid = "a b"': "3:6: 'a b' cannot be an id (use letters, digits, "
    '"-", "_" and ".")',
    'name = "!!!"\nterms = ["x"]': '2:8: the name makes no id (add id = "...")',
    'name = "A"\nid = ""': '3:6: \'\' cannot be an id (use letters, digits, "-", "_" and ".")',
    'name = "A"\nlanguage = "english"': "3:12: 'english' is no language code (use a code: "
    '"en", "ko", "ru")',
    'name = "A"\nseverity = "hihg"': "3:12: 'severity' is one of low, normal, high, not \"hihg\" "
    '(did you mean "high"?)',
    'name = "A"\naliases = ["b"]': "3:1: unknown key 'aliases' (known here: alert, example, "
    "except, id, kind, language, name, note, owner, severity, tags, terms)",
    'name = "A"\nterm = ["b"]': "3:1: unknown key 'term' (did you mean 'terms'?)",
    'name = "A"\nterms = "b"': '3:9: \'terms\' takes a list, ["...", "..."], not "b"',
    'name = "A"\nalert = "no"': "3:9: 'alert' takes true or false, not \"no\"",
    'name = "A"\n[[item.example]]\nmatch = "a"\nignore = "b"': "3:3: an example has either match "
    'or ignore (write match = "..." or ignore = "...")',
    'name = "A"\n[[item.example]]\ntitle = "a"': "3:3: an example has either match or ignore "
    '(write match = "..." or ignore = "...")',
    'name = "A"\n[[item.example]]\nignore = "b"\nfinds = ["b"]': "5:9: finds goes with match "
    "(take finds out, or write match)",
    'name = "A"\n[[item.example]]\nmacth = "b"': "4:1: unknown key 'macth' (did you mean 'match'?)",
    'name = "A"\n[[item.example]]\nmatch = "b"\nlanguage = "1"': "5:12: '1' is no language code "
    '(use a code: "en", "ko", "ru")',
    'name = "A"\n[[rule]]\nid = "r"\nwhen = "B"': '3:3: a rule needs a name (add name = "...")',
    'name = "A"\n[[rule]]\nname = "r"': "3:3: a rule needs an expression (add when = "
    "'@item AND (Russia OR Moscow)')",
    'name = "A"\n[[rule]]\nname = "r"\nwehn = "B"': "5:1: unknown key 'wehn' "
    "(did you mean 'when'?)",
    'name = "A"\n[[rule]]\nname = "r"\nwhen = "B"\nkind = "x"': "6:1: unknown key 'kind' "
    "(did you mean 'id'?)",
    'name = "A"\n[[rule]]\nname = "r"\nwhen = 5': "5:8: 'when' takes text in quotes, not 5",
    'name = "A"\n[[rule]]\nname = "r"\nwhen = "B"\nlanguage = "?"': "6:12: '?' is no language code "
    '(use a code: "en", "ko", "ru")',
    'name = "A"\nterms = ["/a(/"]': "3:11: a parenthesis is not closed (close it with ), or write "
    "\\()",
    'name = "A"\n[defautls]': "3:2: unknown table 'defautls' (did you mean 'defaults'?)",
    'name = "A"\n[defaults]\nterms = ["x"]': "4:1: unknown key 'terms' (known here: alert, kind, "
    "language, note, owner, severity, tags)",
    'name = "A"\n[defaults]\nlanguage = "?"': "4:12: '?' is no language code (use a code: "
    '"en", "ko", "ru")',
    'name = "A"\n[[itme]]': "3:3: unknown table 'itme' (did you mean 'item'?)",
}


@pytest.mark.parametrize(("written", "told"), MISTAKES.items())
def test_a_mistake_is_told_with_place_and_remedy(written: str, told: str) -> None:
    first, *_ = parse_rule_file("r.toml", f"[[item]]\n{written}\n").mistakes
    assert str(first) == f"r.toml:{told}"


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order() -> None:
    text = '[[item]]\nnmae = "A"\nterms = ["*", 5]\n[[item]]\nname = "B"\nid = "?"\n[x]\n'
    places = [(one.line, one.column) for one in parse_rule_file("r.toml", text).mistakes]
    assert places == [(2, 1), (3, 11), (3, 15), (6, 6), (7, 2)]


def test_an_item_that_is_no_table_is_told() -> None:
    (mistake,) = parse_rule_file("r.toml", "item = [1]").mistakes
    assert str(mistake) == "r.toml:1:9: an item is a table (write [[item]], with two brackets)"
    (mistake,) = parse_rule_file("r.toml", '[item]\nname = "A"\n').mistakes
    assert str(mistake).startswith("r.toml:1:2: an item is one of a list (write [[item]]")


def test_what_is_no_toml_has_no_items_but_its_mistake() -> None:
    file = parse_rule_file("r.toml", "[[item]\n")
    assert file.items == ()
    assert str(file.mistakes[0]).startswith("r.toml:1:")


def test_an_id_that_two_items_share_is_told_with_both_places() -> None:
    one = parse_rule_file("a.toml", '\n[[item]]\nname = "ICBM"')
    two = parse_rule_file("b.toml", '[[item]]\nname = "icbm"\n[[item]]\nname = "x"\nid = "icbm"')
    mistakes = assemble([one, two])
    assert isinstance(mistakes, tuple)
    told = "the id 'icbm' is taken by 'ICBM' (a.toml:2) (give one of the two another id = \"...\")"
    assert [str(mistake) for mistake in mistakes] == [f"b.toml:1:1: {told}", f"b.toml:3:1: {told}"]


RULES = """\
[defaults]
tags = ["korea"]
owner = "desk@example.org"
[[item]]
name = "Suicide drone"
kind = "weapon"
[[rule]]
name = "Drones to Russia"
when = '@suicide-drone NEAR/5 (Russia OR #korea)'
severity = "high"
tags = ["arms"]
note = "why"
language = "en-GB"
[[rule.example]]
match = "Suicide drones to Russia."
[[rule.example]]
ignore = "Russia."
title = "T"
language = "de"
source = "wire"
[[rule]]
id = "quiet"
name = "Quiet"
when = 'Kursk'
alert = false
"""


def test_a_file_says_all_of_its_rules() -> None:
    first, second = rules_of(RULES, "rules/r.toml").rules
    assert (first.id, first.name, first.severity) == (
        "drones-to-russia",
        "Drones to Russia",
        Severity.HIGH,
    )
    assert show(first.when) == first.typed == "@suicide-drone NEAR/5 (Russia OR #korea)"
    assert (first.tags, first.note, first.owner) == (("korea", "arms"), "why", "desk@example.org")
    assert (first.language, first.has_alert, second.has_alert) == ("en", True, False)
    assert first.place == Place(path="rules/r.toml", line=7)
    match, ignore = first.examples
    assert (match.is_match, match.place.line, ignore.place.line) == (True, 14, 16)
    assert (ignore.title, ignore.language, ignore.source) == ("T", "de", "wire")
    assert (second.id, second.index, second.tags) == ("quiet", 1, ("korea",))


def _told(*texts: str) -> list[str]:
    files = [
        parse_rule_file(f"{name}.toml", text) for name, text in zip("abc", texts, strict=False)
    ]
    mistakes = assemble(files)
    assert isinstance(mistakes, tuple), mistakes
    return [str(mistake) for mistake in mistakes]


def test_items_and_rules_share_one_space_of_ids() -> None:
    assert _told('[[item]]\nname = "X y"', '[[rule]]\nname = "x Y"\nwhen = "Z"') == [
        (
            "b.toml:1:1: the id 'x-y' is taken by 'X y' (a.toml:1) "
            '(give one of the two another id = "...")'
        )
    ]
    assert _told('[[rule]]\nname = "X"\nwhen = "Z"\n[[item]]\nname = "X"') == [
        (
            "a.toml:4:1: the id 'x' is taken by 'X' (a.toml:1) "
            '(give one of the two another id = "...")'
        )
    ]


def test_an_operand_that_leads_nowhere_is_told_at_its_spot_with_the_nearest_of_all_files() -> None:
    one = '[[item]]\nname = "Suicide drone"\nkind = "weapon"\ntags = ["uav"]\n'
    when = "@suicide-dron AND #wepon AND @r AND #suicide-drone AND @uav AND @zzz AND #qqq"
    two = f"[[rule]]\nname = 'r'\nwhen = '{when}'\n"
    assert _told(one, two) == [
        "b.toml:3:9: unknown item @suicide-dron (did you mean @suicide-drone (a.toml:1)?)",
        (
            "b.toml:3:27: unknown tag #wepon: no item is of that kind or has that tag "
            "(did you mean #weapon?)"
        ),
        (
            "b.toml:3:38: @r is a rule (b.toml:1); only items can be operands "
            "(repeat its expression here, in parentheses)"
        ),
        (
            "b.toml:3:45: unknown tag #suicide-drone: no item is of that kind or has that tag "
            "(did you mean @suicide-drone (a.toml:1)?)"
        ),
        "b.toml:3:64: unknown item @uav (did you mean #uav, all items with that tag?)",
        (
            "b.toml:3:73: unknown item @zzz (write the id of an item: its id, or its name in small "
            "letters with hyphens)"
        ),
        (
            "b.toml:3:82: unknown tag #qqq: no item is of that kind or has that tag "
            "(write a kind or tag that an item has)"
        ),
    ]


def test_what_does_not_load_makes_no_second_mistake_where_it_is_named() -> None:
    rule = '[[rule]]\nname = "r"\nwhen = "@drone AND #weapon"\n'
    (mistake,) = _told('[[item]]\nname = "Drone"\nkind = "weapon"\nterms = ["*"]\n', rule)
    assert mistake.startswith("a.toml:4:11: a term needs")
    (mistake,) = _told("[[item\n", rule)
    assert "not TOML" in mistake


def test_of_very_many_names_only_the_first_asked_for_are_compared() -> None:
    items = "\n".join(f'[[item]]\nname = "n{number}"' for number in range(3_000))
    when = " OR ".join(f"@m{number}" for number in range(1_000, 1_200))
    told = _told(items, f'[[rule]]\nname = "r"\nwhen = "{when}"\n')
    assert len(told) == 200
    assert ["did you mean" in one for one in told].index(False) == 166


def test_a_thousand_patterns_are_enough_for_one_set() -> None:
    listed = ", ".join(f'"/a{number}/"' for number in range(999))
    items = f'[[item]]\nname = "x"\nterms = [{listed}]\n'
    rule = '[[rule]]\nname = "r"\nwhen = "/b/"\n'
    assert len(rules_of(items + rule).rules) == 1
    assert _told(items, rule, '[[rule]]\nname = "s"\nwhen = "/c/"\n') == [
        "c.toml:1: more than 1,000 patterns in one set (write words and stars where they will do)"
    ]


def test_a_set_is_known_by_its_texts() -> None:
    def fingerprint(text: str, path: str = "a.toml") -> str:
        ruleset = assemble([parse_rule_file(path, text)])
        assert isinstance(ruleset, Ruleset)
        return ruleset.fingerprint

    text = '[[item]]\nname = "ICBM"\n'
    assert fingerprint(text) == fingerprint(text)
    assert fingerprint(text) != fingerprint(text + "# edited")
    assert fingerprint(text) != fingerprint(text, "b.toml")


@given(st.text(alphabet="[]\"=item.exampl \n#\\*'{}nme북", max_size=60))
def test_nothing_that_is_typed_raises(text: str) -> None:
    file = parse_rule_file("r.toml", text)
    for mistake in file.mistakes:
        assert mistake.shown().startswith("r.toml")


def test_a_file_cut_at_every_byte_loads_or_says_why() -> None:
    whole = WHOLE.encode()
    for end in range(len(whole)):
        file = parse_rule_file("r.toml", whole[:end].decode(errors="ignore"))
        assert file.items or file.mistakes or end < whole.index(b"[[item]]") + 8


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ('[defaults]\nowner = "desk@example.org"\n', "desk@example.org"),
        ("[defaults]\ntags = []\n", None),
        ('[[item]]\nname = "Drone"\nowner = "desk@example.org"\n', None),
        ("[defaults]\nowner = 3\n", None),
        ("defaults = 3\n", None),
        ("", None),
        ("[defaults\n", None),
    ],
)
def test_the_owner_of_a_file_is_the_one_of_its_defaults(text: str, owner: str | None) -> None:
    assert parse_rule_file("rules/a.toml", text).owner == owner


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_mistake_in_an_expression_of_several_lines_is_told_on_its_line(line_break: str) -> None:
    text = """[[rule]]
name = "Drones"
when = '''
  drone
  AND Russia Moscow
'''
"""
    file = parse_rule_file("rules/a.toml", text.replace("\n", line_break))
    (mistake,) = file.mistakes
    assert mistake.source == "  AND Russia Moscow"
    assert (mistake.line, mistake.column, mistake.length) == (5, 7, len("Russia Moscow"))


def test_a_mistake_in_a_term_of_several_lines_is_told_on_its_line() -> None:
    text = '[[item]]\nname = "A"\nterms = ["""\nself \\\n   prop*elled"""]\n'
    (mistake,) = parse_rule_file("rules/a.toml", text).mistakes
    assert (mistake.line, mistake.column, mistake.length) == (5, 8, 1)
    assert mistake.source == '   prop*elled"""]'
