"""Each lint: what it is told of, and what it leaves alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_subscription
from watch.core.model import Severity, Subscription
from watch.core.rules.lint import Code, Lint, first_lints, lints
from watch.core.rules.lint.terms import (
    acronym_case,
    common_word,
    is_unsuspicious,
    latin_words,
    mixed_scripts,
    sentence_case,
    short_term,
)
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import RuleFile
from watch.core.rules.terms import parse_term
from watch.core.words.segment import words


def _file(text: str, path: str = "rules/a.toml") -> RuleFile:
    file = parse_rule_file(path, text)
    assert file.mistakes == ()
    return file


def _lints(text: str, *subscriptions: Subscription) -> list[Lint]:
    return list(lints([_file(text)], subscriptions))


def _item(*terms: str, more: str = "") -> str:
    listed = ", ".join(f"'{term}'" for term in terms)
    return f'[[item]]\nname = "An item"\nterms = [{listed}]\n{more}\n'


def _told(text: str) -> list[tuple[str, str]]:
    """Return the code of each lint and the text that its place covers."""
    told = []
    for lint in _lints(text):
        at = lint.mistake
        assert at.source is not None
        assert at.column is not None
        told.append((lint.code.value, at.source[at.column - 1 : at.column - 1 + at.length]))
    return told


@pytest.mark.parametrize(
    ("terms", "code", "text"),
    [
        (["UN"], "short-term", "'UN' is under three letters"),
        (["K9"], "short-term", "'K9' is under three letters"),
        (["인도"], "short-term", "'인도' stands inside longer words"),
        (["宁边"], "short-term", "'宁边' stands inside longer words"),
        (["THE"], "common-word", "'THE' is a common word of English"),
        (["government"], "common-word", "'government' is a common word of English"),
        (["война"], "common-word", "'война' is a common word of Russian"),
        (["대통령"], "common-word", "'대통령' is a common word of Korean"),
        (["الحكومة"], "common-word", "'الحكومة' is a common word of Arabic"),
        (["NATO"], "acronym-case", "'NATO' does not find Nato"),
        (["UNESCO"], "acronym-case", "'UNESCO' does not find Unesco"),
        (["Suicide drones"], "sentence-case", "'Suicide drones' finds only what begins with a"),
        (["Lee", "Кim Jong"], "mixed-scripts", "'Кim' is one word of Cyrillic and Latin letters"),
        (["drone", "drones"], "covered-term", "'drones' is found by 'drone' already"),
        (["self-propelled gun", "self propelled gun"], "covered-term", "'self propelled gun' is"),
        (["hypersonics", "hyperson*"], "covered-term", "'hypersonics' is found by 'hyperson*'"),
        (["Pukguksŏng", "Pukguksong"], "covered-term", "'Pukguksong' is found by 'Pukguksŏng'"),
        (["дрон-камикадзе", "дроны-камикадзе"], "covered-term", "'дроны-камикадзе' is found"),
        (["자폭드론", "자폭 드론"], "covered-term", "'자폭드론' is found by '자폭 드론' already"),
    ],
)
def test_a_term_is_told_by_its_code(terms: list[str], code: str, text: str) -> None:
    (lint,) = _lints(_item(*terms))
    assert (lint.code.value, lint.mistake.text[: len(text)]) == (code, text)
    assert lint.mistake.line == 3
    assert lint.mistake.remedy


@pytest.mark.parametrize(
    "terms",
    [
        ["CIA"],
        ["F-35"],
        ["=인도"],
        ["평양시"],
        ["the White House"],
        ["govern*"],
        ["NATO", "Nato"],  # well listed side by side
        ["IAEA"],  # nobody can say it
        ["ICBM", "MLRS", "DPRK"],
        ["=NATO"],
        ["НАТО"],
        ["suicide drone"],
        ["Kim Jong Un"],
        ["Lancet drone", "Lancet-3"],  # a name, as the other term shows
        ["Shahed drone", "Shaheds"],
        ["Punggye-ri"],
        ["=General staff"],
        ["Корейская народная армия"],
        ["Ministère public"],
        ["Movimiento al socialismo"],
        ["HIMARS-система", "K9자주포"],
        ["drone", "=drones strike"],
        ["Apple", "apple pie"],
        ["자폭드론형", "자폭 드론"],
    ],
)
def test_a_term_that_is_well_is_left_alone(terms: list[str]) -> None:
    assert [str(lint) for lint in _lints(_item(*terms))] == []


@pytest.mark.parametrize("terms", [("Geran", "=Geran"), ("=Geran", "Geran")])
def test_an_exact_term_covers_none_that_is_not(terms: tuple[str, str]) -> None:
    (lint,) = _lints(_item(*terms))
    assert lint.mistake.text == "'=Geran' is found by 'Geran' already"


def test_a_term_with_a_star_is_covered_only_by_one_with_a_star_there() -> None:
    (lint,) = _lints(_item("hyperson*", "hyperson"))
    assert lint.mistake.text == "'hyperson' is found by 'hyperson*' already"
    (lint,) = _lints(_item("hyperson* missile", "hypersonic* missile"))
    assert lint.mistake.text == "'hypersonic* missile' is found by 'hyperson* missile' already"
    assert _lints(_item("drone* strike", "drone strike*")) == []


def test_the_common_words_of_the_items_language_alone_count() -> None:
    assert _lints(_item("Mars")) != []  # French for March
    assert _lints(_item("Mars", more='language = "en"')) == []
    assert _lints(_item("Mars", more='language = "ja"')) != []  # no list of its own


def test_the_phrases_of_other_languages_than_english_are_typed_as_they_are() -> None:
    assert _lints(_item("Union africaine", more='language = "fr"')) == []
    assert _lints(_item("Union africaine", more='language = "en"')) != []


def test_an_item_without_terms_is_told_at_its_name() -> None:
    text = '[[item]]\nname = "Suicide drones"\n'
    assert _told(text) == [("sentence-case", '"Suicide drones"')]
    (lint,) = _lints(text)
    assert lint.mistake.remedy == 'add terms = ["suicide drones"]'


def test_a_lint_is_shown_with_its_place_its_code_and_its_remedy() -> None:
    (lint,) = _lints('[[item]]\nname = "Atom"\nterms = ["nuclear test", "UN"]\n')
    assert lint.shown() == (
        "rules/a.toml:3:26: 'UN' is under three letters [short-term]\n"
        '    3 | terms = ["nuclear test", "UN"]\n'
        "      |                          ^^^^\n"
        "      = write more of the name, or allow it"
    )
    assert str(lint) == (
        "rules/a.toml:3:26: 'UN' is under three letters (write more of the name, or allow it) "
        "[short-term]"
    )


def test_mixed_letters_are_told_in_excepts_too_at_the_word() -> None:
    more = "except = ['\"Kim Кim\" Jong']"
    assert _told(_item("Lee", more=more)) == [("mixed-scripts", "Кim")]


@pytest.mark.parametrize(
    ("term", "told"),
    [
        (r"/\bК[НN]-?23\b/", r"\b"),
        (r"/(é|e)tat \w+/", r"\w"),
        (r"/\pL+ \d+ \p{Hangul}/", r"\d"),
        (r"/\p{^Greek}\W/", r"\W"),
        (r"/КН-[0-9]{2}/", None),
        (r"/\bYJ-?\d{2}\b/", None),
        (r"/\p{Latin}+ \bx/", None),
        (r"/К\\b/", None),
    ],
)
def test_ascii_classes_in_a_pattern_of_another_script_are_told(term: str, told: str | None) -> None:
    expected = [("regex-ascii", told)] if told else []
    assert _told(_item(term, "Shahed-13*")) == expected


def test_one_term_in_two_items_is_told_with_the_other_place() -> None:
    one = _file('[[item]]\nname = "A"\nterms = ["Hwasong-17"]\n', "rules/a.toml")
    two = _file('[[item]]\nname = "B"\nterms = ["x-ray", "Hwasŏng 17"]\n', "rules/b")
    (lint,) = lints([one, two])
    assert str(lint) == (
        "rules/b:3:19: 'Hwasŏng 17' is a term of 'A' too (rules/a.toml:1) "
        "(keep it in one of the two) [term-in-two-items]"
    )


def test_the_same_exact_term_in_two_items_is_told() -> None:
    text = _item("=Geran") + '[[item]]\nname = "B"\nterms = ["=Geran", "Geran"]\n'
    assert [code for code, _ in _told(text)] == ["covered-term", "term-in-two-items"]


def test_excepts_that_hide_every_term_are_told() -> None:
    assert _told(_item("drone", "suicide drone", more="except = ['drone', 'Suicide-drone']")) == []
    hidden = _item("suicide drones", "drone", more="except = ['suicide drone', 'drone']")
    assert _told(hidden) == [("except-hides-all", "['suicide drone', 'drone']")]


def test_an_item_without_examples_in_a_file_that_has_some_is_told() -> None:
    with_some = '[[item]]\nname = "ICBM"\n[[item.example]]\nmatch = "ICBM"\n'
    assert _told(with_some + _item("drone")) == [("no-examples", "[[item]]")]
    assert _told(_item("drone")) == []


def test_an_item_that_no_subscription_chooses_is_told_when_there_is_one() -> None:
    text = '[[item]]\nid = "drones"\nname = "Drones"\ntags = ["uav"]\n'
    assert _lints(text) == []
    for reached in (a_subscription(rules=("dro*",)), a_subscription(tags=("uav",))):
        assert _lints(text, reached, a_subscription(rules=("icbm",))) == []
    (lint,) = _lints(text, a_subscription(rules=("icbm",)), a_subscription(tags=("x",)))
    assert (lint.code, lint.mistake.line) == (Code.UNREACHED_ITEM, 1)
    high = Subscription(name="s", to=("a@example.org",), severity=Severity.HIGH)
    assert [one.code for one in _lints(text, high)] == [Code.UNREACHED_ITEM]


def test_an_item_that_alerts_nobody_and_is_in_no_rule_is_told() -> None:
    (lint,) = _lints(_item("drone", more="alert = false"))
    assert lint.mistake.text == "'An item' alerts nobody, and no rule has it"


def test_a_comment_on_the_line_of_a_term_allows_a_lint_there_alone() -> None:
    allowed = '"UN", "EU",  # watchlist: allow short-term'
    text = f'[[item]]\nname = "A"\nterms = [\n  {allowed}\n  "AU",\n]\n'
    assert _told(text) == [("short-term", '"AU"')]


def test_a_comment_on_the_header_allows_for_the_whole_table() -> None:
    text = _item("UN", "NATO").replace(
        "[[item]]", "[[item]]  # watchlist: allow short-term, acronym-case: both are known"
    )
    assert _told(text) == []
    assert _told(text + '[[item]]\nname = "EU"\n') == [("short-term", '"EU"')]


def test_an_allowance_that_silences_nothing_is_told() -> None:
    text = _item("UN").replace("'UN']", "'UN']  # why # watchlist: allow short-term,common-word")
    assert _told(text) == [("unused-allow", "# why # watchlist: allow short-term,common-word")]


def test_an_allowance_of_what_only_others_can_tell_is_not_called_unused() -> None:
    text = _item("drone") + "# watchlist: allow unreached-item, term-in-two-items\n"
    assert _told(text) == []
    told = lints([_file(text), _file('[[item]]\nname = "X-ray"', "b")], [a_subscription()])
    assert [lint.code for lint in told] == [Code.UNUSED_ALLOW] * 2


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        ("# watchlist: allow short-terms", "no lint has the code 'short-terms'"),
        ("# watchlist: ignore this", "'ignore this' says nothing to watchlist"),
        ("#watchlist:allow", "'allow' says nothing to watchlist"),
    ],
)
def test_a_comment_that_is_not_understood_is_told(comment: str, text: str) -> None:
    (lint,) = _lints(_item("drone") + comment)
    assert (lint.code, lint.mistake.text) == (Code.UNKNOWN_CODE, text)


def test_what_stands_in_a_string_or_is_quoted_in_a_comment_allows_nothing() -> None:
    text = _item("UN", more='note = "# watchlist: allow short-term"') + '# "# watchlist: x"\n'
    assert _told(text) == [("short-term", "'UN'")]


_ORDERED = {
    "a": _item("UN", "THE")
    + "[[rule]]\nname = 'r'\nwhen = '@an-item AND NOT the'\n"
    + "[[item]]\nname = 'EU'\n",
    "b": "item = [{name = 'K9'}, {name = 'Suicide drones', terms = ['Suicide drones',\n"
    "'drone', 'drones', 'THE']}, {name = 'NATO'}]\n",
    "c": _item("UN").replace("]\n\n", "] # watchlist: allow short-term, common-word\n")
    + _item("NATO"),
    "d": _item("ICBM").replace("An item", "Another"),
}


def test_lints_of_several_tables_and_files_come_in_the_order_of_their_places() -> None:
    files = [_file(text, path) for path, text in _ORDERED.items()]
    spots = [(one.mistake.path, one.mistake.line, one.mistake.column) for one in lints(files)]
    assert spots == sorted(spots)
    assert [path for path, _, _ in spots] == ["a"] * 4 + ["b"] * 6 + ["c"] * 4


@pytest.mark.parametrize("most", range(15))
def test_of_the_first_lints_each_is_told_and_the_others_are_counted(most: int) -> None:
    files = [_file(text, path) for path, text in _ORDERED.items()]
    every = list(lints(files, [a_subscription()]))
    first, more = first_lints(files, [a_subscription()], most)
    assert (list(first), more) == (every[:most], len(every[most:]))


def test_a_file_with_mistakes_is_left_out() -> None:
    broken = parse_rule_file("rules/a.toml", '[[item]]\nname = "UN"\ntems = []\n')
    assert list(lints([broken, _file(_item("EU"), "b")])) == list(lints([_file(_item("EU"), "b")]))


def test_the_lints_of_one_file_come_in_the_order_of_their_places() -> None:
    text = _item("drones", "UN", "drone", "THE")
    assert [code for code, _ in _told(text)] == ["short-term", "covered-term", "common-word"]


_PIECES = ["a", "of", "the", "The", "THE", "drone", "Drone", "NATO", "Nato", "ICBMs", "McDonald"]
_SIGNS = ["F-35", "=Geran", "drone*", "é", "Émile", "ŉ", "ſ", "Æsir", "Кim", "드론", "U.N."]


@given(
    pieces=st.lists(st.sampled_from(_PIECES) | st.sampled_from(_SIGNS), min_size=1, max_size=3),
    gap=st.sampled_from([" ", " ", "-", "  ", ""]),
    language=st.sampled_from([None, "en", "ru"]),
)
def test_a_glance_at_a_term_tells_what_a_closer_look_does(
    pieces: list[str], gap: str, language: str | None
) -> None:
    typed = gap.join(pieces)
    latin = latin_words(typed)
    assert latin is None or latin == tuple(word.folded for word in words(typed))
    if is_unsuspicious(typed, language):
        term = parse_term(typed)
        assert short_term(term) is None
        assert common_word(term, language) is None
        assert acronym_case(term) is None
        assert sentence_case(term, is_name=False) is None
        assert list(mixed_scripts(typed)) == []


def test_the_words_of_latin_letters_are_told_at_a_glance() -> None:
    letters = [char for char in map(chr, range(0x250)) if char.isalpha()]
    glances = {f"x{char} {char}-y": latin_words(f"x{char} {char}-y") for char in letters}
    assert {typed for typed, glance in glances.items() if glance is None} == {
        f"x{char} {char}-y" for char in "ªµºŉ"
    }
    for typed, glance in glances.items():
        assert glance in {None, tuple(word.folded for word in words(typed))}


@pytest.mark.parametrize(
    "typed",
    [
        "Kim Jong Un",
        "suicide drone",
        "self-propelled gun",
        "Self-propelled gun",
        "Geran",
        "Łódź airport",
        "Škoda",
    ],
)
def test_most_terms_need_a_glance_alone(typed: str) -> None:
    assert is_unsuspicious(typed, "en")


def test_of_terms_alike_in_all_but_capitals_each_is_told_where_it_comes_again() -> None:
    files = [
        _file(_item(*terms), f"rules/{name}.toml")
        for name, terms in {
            "a": ["NATO", "self-propelled gun", "=Geran"],
            "b": ["Nato", "self propelled guns", "Geran"],
            "c": ["Nato", "NATO", "self propelled gun", "=Geran"],
        }.items()
    ]
    told = [
        (lint.mistake.path[6], lint.mistake.text)
        for lint in lints(files)
        if lint.code is Code.TERM_IN_TWO_ITEMS
    ]
    assert told == [
        ("c", "'Nato' is a term of 'An item' too (rules/b.toml:1)"),
        ("c", "'NATO' is a term of 'An item' too (rules/a.toml:1)"),
        ("c", "'self propelled gun' is a term of 'An item' too (rules/a.toml:1)"),
        ("c", "'=Geran' is a term of 'An item' too (rules/a.toml:1)"),
    ]
