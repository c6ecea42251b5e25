import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field as Key

from watch.core.toml import Table, TomlText, suggestion
from watch.errors import Mistake, MistakesError


class _Inner(Table):
    at: int


class _Outer(Table):
    name: str
    kind: Literal["big", "small"] = "big"
    loud: bool = False
    words: list[str] = Key(default_factory=list)
    inner: _Inner | None = None


def _mistakes(text: str) -> list[Mistake]:
    toml = TomlText("t.toml", text)
    checked = toml.checked(_Outer, toml.tables("table")[0], ("table", 0))
    assert isinstance(checked, list)
    return checked


@pytest.mark.parametrize(
    ("line", "place", "text"),
    [
        ("name = 5", "t.toml:2:8", "'name' takes text in quotes, not 5"),
        ('kind = "bigg"', "t.toml:2:8", "'kind' is one of big, small, not \"bigg\""),
        ('loud = "yes"', "t.toml:2:8", "'loud' takes true or false, not \"yes\""),
        ('words = "a"', "t.toml:2:9", '\'words\' takes a list, ["...", "..."], not "a"'),
        ('words = ["é", 2]', "t.toml:2:15", "'words' takes text in quotes, not 2"),
        ("wrods = []", "t.toml:2:1", "unknown key 'wrods'"),
        ("inner = {at = 1, up = 2}", "t.toml:2:18", "unknown key 'up'"),
        ("inner = 3", "t.toml:2:9", "'inner' takes a table, not 3"),
        ('"na me" = 1', "t.toml:2:1", "unknown key 'na me'"),
        ("words = [[1]]", "t.toml:2:10", "'words' takes text in quotes, not a list"),
        ("name = true", "t.toml:2:8", "'name' takes text in quotes, not true"),
        ("name = {a = 1}", "t.toml:2:8", "'name' takes text in quotes, not a table"),
        ("inner = {}", "t.toml:2:9", "'at' is missing"),
    ],
)
def test_a_mistake_is_told_at_its_place(line: str, place: str, text: str) -> None:
    named = "" if line.startswith("name") else 'name = "x"\n'
    (mistake,) = _mistakes(f"[[table]]\n{line}\n{named}")
    assert str(mistake).startswith(f"{place}: {text}")
    assert mistake.source == line


def test_a_key_that_is_missing_is_told_at_the_header_of_its_own_table() -> None:
    (mistake,) = _mistakes('[[table]]\nname = "x"\n[table.inner]\n')
    assert str(mistake) == "t.toml:3:2: 'at' is missing (add at = ...)"


def test_what_has_no_place_of_its_own_is_told_at_the_nearest_around_it() -> None:
    (mistake,) = _mistakes('[[table]]\nname = "x"\nwords.a = 1\n')
    assert str(mistake) == """t.toml:1:3: 'words' takes a list, ["...", "..."], not a table"""
    toml = TomlText("t.toml", "# see\n[a]\nb = [1]\n")
    for path, place in {
        ("a", "b", 1): (3, 5, 3),
        ("a", "b", 0, "c"): (3, 6, 1),
        ("a", "c", "d"): (2, 2, 1),
        ("b",): (1, 1, 1),
        (): (1, 1, 1),
    }.items():
        mistake = toml.mistake(path, "odd")
        assert (mistake.line, mistake.column, mistake.length) == place


def test_each_value_is_found_in_whatever_tables_it_stands() -> None:
    text = (
        "a.'b.c' = {d = 1, e.f = [[2], {g = 3}]} # and\n"
        "[h.i] # why\nj = 4\n"
        "[[k]]\n[k.l]\nm = 5\n[[k.n]]\n[[k.n]]\no = 6\n"
        "[[k]]\n[[k.n]]\np = [ # one\n7, # two\n8,\n]\n"
        "[h]\nq = 9\n[[h.r]]\ns = 0\n"
    )
    toml = TomlText("t.toml", text)
    paths: dict[tuple[str | int, ...], str] = {
        ("a", "b.c", "d"): "1",
        ("a", "b.c", "e", "f", 0, 0): "2",
        ("a", "b.c", "e", "f", 1, "g"): "3",
        ("h", "i", "j"): "4",
        ("k", 0, "l", "m"): "5",
        ("k", 0, "n", 1, "o"): "6",
        ("k", 1, "n", 0, "p", 0): "7",
        ("k", 1, "n", 0, "p", 1): "8",
        ("h", "q"): "9",
        ("h", "r", 0, "s"): "0",
    }
    for path, value in paths.items():
        mistake = toml.mistake(path, "odd")
        assert mistake.source is not None
        assert mistake.column is not None
        assert mistake.source[mistake.column - 1 :][: mistake.length] == value


def test_all_mistakes_of_a_table_are_told_at_once() -> None:
    told = [one.text for one in _mistakes('[[table]]\nloud = 1\nwords = 2\nnmae = "x"')]
    assert told == [
        "'name' is missing",
        "'loud' takes true or false, not 1",
        '\'words\' takes a list, ["...", "..."], not 2',
        "unknown key 'nmae'",
    ]


def test_a_span_of_a_string_is_found_behind_escapes_and_wide_letters() -> None:
    toml = TomlText("t.toml", '[[a]]\nterms = ["\\u00e9\\t*x", "북한*", \'c\\*d\', """e*"""]')
    stars = [match.start() + 1 for match in re.finditer(r"\*", toml.lines[1])]
    for index, (start, column) in enumerate(zip((2, 2, 2, 1), stars, strict=True)):
        mistake = toml.mistake(("a", 0, "terms", index), "star", span=(start, start + 1))
        assert (mistake.line, mistake.column, mistake.length) == (2, column, 1)


@pytest.mark.parametrize(
    "literal",
    [
        '"""\na\n  *b"""',
        '"""a\n\n*"""',
        "'''\na\n*b\n'''",
        "'''a\\\n*'''",  # no escape there
        "'''한*\n'''",
        "''''*\n'''''",
        '"""\n\\\n\n   a \\ \n  *"""',
        '"""\\\n*\n"""',
        '"""\\"\n\\u00e9\\\\*"""',
        '""""*\n"""',
    ],
)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_span_of_a_string_of_several_lines_is_told_on_its_own_line(
    literal: str, line_break: str
) -> None:
    toml = TomlText("t.toml", f"x = {literal}\ny = 1\n".replace("\n", line_break))
    at = str(toml.values["x"]).index("*")
    mistake = toml.mistake(("x",), "star", span=(at, at + 1))
    (line,) = (number for number, line in enumerate(toml.lines, 1) if "*" in line)
    source = toml.lines[line - 1].rstrip("\r")
    assert (mistake.line, mistake.source) == (line, source)
    assert (mistake.column, mistake.length) == (source.index("*") + 1, 1)


def test_a_span_over_several_lines_is_told_on_the_first_of_them() -> None:
    toml = TomlText("t.toml", 'x = """\r\nab\r\ncd\\\r\n  e"""')
    assert toml.values["x"] == "ab\ncde"
    spots = {(0, 2): (2, 1, 2), (1, 4): (2, 2, 1), (3, 5): (3, 1, 2), (4, 6): (3, 2, 2)}
    for span, (line, column, length) in spots.items():
        mistake = toml.mistake(("x",), "odd", span=span)
        assert (mistake.line, mistake.column, mistake.length) == (line, column, length)
        assert mistake.source == ["ab", "cd\\"][line - 2]


def test_a_span_at_the_end_of_a_string_is_told_at_its_closing_quotes() -> None:
    toml = TomlText("t.toml", "x = '''\na\n '''\ny = 'b'")
    behind = toml.mistake(("x",), "something is missing", span=(3, 3))
    assert (behind.line, behind.column, behind.length, behind.source) == (3, 2, 1, " '''")
    behind = toml.mistake(("y",), "something is missing", span=(1, 1))
    assert (behind.line, behind.column, behind.length) == (4, 7, 1)


@pytest.mark.parametrize("span", [None, (0, 9)])
def test_a_whole_string_of_several_lines_is_told_where_it_begins(
    span: tuple[int, int] | None,
) -> None:
    mistake = TomlText("t.toml", 'x = """a\nb"""').mistake(("x",), "odd", span=span)
    assert (mistake.line, mistake.column, mistake.length) == (1, 5, 4)


_SAME = st.sampled_from(["a", "é", "한", " ", "'", "\t", "𐀀"])
_WRITTEN = st.sampled_from(
    ["\n", "\\n", '\\"', "\\\\", "\\u00e9", "\\U00010000", "\\\n", "\\ \n\n  "]
)


@given(
    pieces=st.lists(_SAME | _WRITTEN), line_break=st.sampled_from(["\n", "\r\n"]), at=st.integers(0)
)
def test_each_character_of_a_string_is_found_where_it_is_written(
    pieces: list[str], line_break: str, at: int
) -> None:
    pieces.insert(at % (len(pieces) + 1), "*")
    text = ('x = """' + "".join(pieces) + '"""').replace("\n", line_break)
    toml = TomlText("t.toml", text)
    star = str(toml.values["x"]).index("*")
    mistake = toml.mistake(("x",), "star", span=(star, star + 1))
    assert mistake.line is not None
    assert mistake.column is not None
    assert toml.lines[mistake.line - 1][mistake.column - 1] == "*"
    assert mistake.length == 1


def test_the_caret_stands_below_the_spot_whatever_the_letters_are_wide() -> None:
    toml = TomlText("t.toml", '\tx = ["북한", "é*"]')
    shown = toml.mistake(("x", 1), "star", remedy="take it out", span=(1, 2)).shown()
    assert shown.split("\n") == [
        "t.toml:1:15: star",
        '    1 | \tx = ["북한", "é*"]',
        "      | \t" + " " * 15 + "^",
        "      = take it out",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[item]]\nname = 'a'\n[[item]]\n", (1, 3)),
        ("# [[item]]\n [[ item ]] # x\n", (2,)),
        ("[['item']]\r\nname = 'a'\r\n[[\"item\"]]\r\n", (1, 3)),
        ("[['item']]\nnote = '''\n[[item]]'''\n", (1,)),
        ('[["\\u0069tem"]]\n', (1,)),
        ("x = [\n[['item']]\n]\n[[item]]\n", (4,)),
        ('item = [{name = "a"}, {name = "b"},\n {name = "c"}]', (1, 1, 2)),
        ('[[item]]\nnote = """\n[[item]]\n"""\n[[item]]', (1, 5)),
        ("", ()),
    ],
)
def test_the_line_of_each_table_is_known(text: str, line: tuple[int, ...]) -> None:
    assert TomlText("t.toml", text).lines_of("item") == line


def test_the_lines_of_inner_tables_go_with_their_tables() -> None:
    text = "[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[[a]]\n[[a.b]]\n"
    assert TomlText("t.toml", text).lines_of_inner("a", "b") == ((2, 3), (), (6,))
    text = text.replace("a.b", "a . 'b'")
    assert TomlText("t.toml", text).lines_of_inner("a", "b") == ((2, 3), (), (6,))
    inline = '[[a]]\nb = [{x = 1},\n{x = 2}]\n[[a]]\nc = """\n[[a.b]]"""\n'
    assert TomlText("t.toml", inline).lines_of_inner("a", "b") == ((2, 3), ())
    assert TomlText("t.toml", "a = [1]").lines_of_inner("a", "b") == ((),)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x = ", "t.toml:1:5"),
        ("x = 1\ny = [1,\n\n", "t.toml:4:1"),
        ('x = "a', "t.toml:1:7"),
        ("x = 1\nx = 2", "t.toml:2:6"),
        ("북한 = 1", "t.toml:1:1"),
        ("[a]\n[a]", "t.toml:2:3"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MistakesError) as raised:
        TomlText("t.toml", text)
    (mistake,) = raised.value.mistakes
    assert str(mistake).startswith(f"{place}: not TOML: ")
    assert mistake.shown()


def test_a_bottomless_file_is_a_mistake() -> None:
    with pytest.raises(MistakesError) as raised:
        TomlText("t.toml", "x = " + "[" * 100_000)
    assert raised.value.mistakes


def test_a_suggestion_names_the_nearest_or_all() -> None:
    assert suggestion("terns", ["terms", "tags"]) == "did you mean 'terms'?"
    assert suggestion("zzz", ["terms", "tags"]) == "known here: tags, terms"
    assert suggestion("TERNS", ["terms"]) == "did you mean 'terms'?"
    assert suggestion("zzz", []) == "there is none"
    many = suggestion("zzz", map(str, range(100, 145)))
    assert many.startswith("known here: 100, 101")
    assert many.endswith(", 139 and 5 more")


def test_comments_are_told_with_their_places_and_strings_are_none() -> None:
    text = (
        'a = "# see: no"  # é see: one  \r\n'
        'b = """\n# see: no\n"""\n'
        "c = [  # see: two\n  1,\n]\n# other\n"
        "d = '한글' # see: three"
    )
    assert [tuple(comment) for comment in TomlText("t.toml", text).comments("see:")] == [
        (1, 18, "# é see: one"),
        (5, 8, "# see: two"),
        (9, 10, "# see: three"),
    ]
    assert list(TomlText("t.toml", text).comments("none")) == []


def test_a_mistake_of_a_whole_line_leaves_out_the_white_space_around_it() -> None:
    toml = TomlText("t.toml", "\n  [[table]]  \r\n")
    mistake = toml.line_mistake(2, "odd", remedy="mend it")
    assert (mistake.line, mistake.column, mistake.length) == (2, 3, 9)
    assert str(mistake) == "t.toml:2:3: odd (mend it)"
