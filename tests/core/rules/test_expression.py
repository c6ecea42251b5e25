import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from watch.core.model import Field
from watch.core.rules.expression import parse_expression
from watch.core.rules.faults import ExpressionError, TermError
from watch.core.rules.operands import parts_of
from watch.core.rules.syntax import (
    And,
    Apart,
    AtLeast,
    Expression,
    ItemIs,
    LanguageIs,
    Near,
    Not,
    Or,
    SomeOf,
    SourceIs,
    Tagged,
    Together,
    Unit,
    Within,
    Words,
    show,
)
from watch.core.rules.terms import parse_term

A, B, C = (Words(typed=typed) for typed in "ABC")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A", A),
        ("((A))", A),
        ("A AND B AND C", And(operands=(A, B, C))),
        ("(A AND B) AND C", And(operands=(A, B, C))),
        ("A OR (B OR C)", Or(operands=(A, B, C))),
        ("A AND NOT B", And(operands=(A, Not(operand=B)))),
        ("NOT NOT A", Not(operand=Not(operand=A))),
        ("A NEAR/0 B", Near(words=0, is_ordered=False, left=A, right=B)),
        ("A PRE/1000 B", Near(words=1000, is_ordered=True, left=A, right=B)),
        ("A W/S B", Together(unit=Unit.SENTENCE, left=A, right=B)),
        ("A NOT W/P B", Apart(reach=Unit.PARAGRAPH, left=A, right=B)),
        ("A NOT NEAR/3 B", Apart(reach=3, left=A, right=B)),
        (
            "NOT A NEAR/3 B AND C",
            And(operands=(Not(operand=Near(words=3, is_ordered=False, left=A, right=B)), C)),
        ),
        (
            "ATLEAST/3 A W/S B",
            AtLeast(count=3, operand=Together(unit=Unit.SENTENCE, left=A, right=B)),
        ),
        ("2 OF (A, B, C)", SomeOf(count=2, operands=(A, B, C))),
        ("1 OF (A, B) OR C", Or(operands=(SomeOf(count=1, operands=(A, B)), C))),
        ("title:A", Within(field=Field.TITLE, operand=A)),
        ("text: (A OR B)", Within(field=Field.TEXT, operand=Or(operands=(A, B)))),
        ('source:"KCNA*"', SourceIs(glob="KCNA*")),
        ("source:https://x.org/feed", SourceIs(glob="https://x.org/feed")),
        ("lang:ko-KR", LanguageIs(code="ko")),
        ("@suicide-drone", ItemIs(item="suicide-drone")),
        ('#"air defence"', Tagged(tag="air defence")),
        ("“Kim Jong Un”", Words(typed="Kim Jong Un")),
        (r'"a \"b\" \\ c"', Words(typed=r'a "b" \ c')),
        (r"/(a|b) \/x,\)/", Words(typed=r"/(a|b) \/x,\)/")),
        ("A\u00a0AND\u200f\nB", And(operands=(A, B))),
        ("=Geran", Words(typed="=Geran")),
        ("F-35", Words(typed="F-35")),
        ("Shahed-13*", Words(typed="Shahed-13*")),
        ("मोदी", Words(typed="मोदी")),
        ("near AND not AND 5", And(operands=tuple(Words(typed=t) for t in ("near", "not", "5")))),
    ],
)
def test_an_expression_is_its_tree(text: str, tree: Expression) -> None:
    assert parse_expression(text) == tree
    assert parse_expression(show(tree)) == tree


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "NOT " * 100_000, "title:" * 100_000, "(A OR " * 120]
)
def test_what_is_nested_too_deeply_is_told_at_once(text: str) -> None:
    with pytest.raises(ExpressionError, match="nested more than 50 deep"):
        parse_expression(text)


def test_fifty_levels_are_taken_and_more_are_not() -> None:
    levels = 24
    deep = "A AND (B OR (" * levels + "A OR B" + "))" * levels
    tree = parse_expression(deep)
    assert parse_expression(show(tree)) == tree
    with pytest.raises(ExpressionError, match="nested more than 50 deep"):
        parse_expression("A AND (B OR (" * 25 + "A AND (B OR C)" + "))" * 25)


@pytest.mark.parametrize("levels", [1, 50, 60, 100])
def test_parentheses_alone_are_no_depth(levels: int) -> None:
    assert parse_expression("(" * levels + "A" + ")" * levels) == A


def test_more_parentheses_than_a_hundred_are_told() -> None:
    with pytest.raises(ExpressionError) as raised:
        parse_expression("(" * 101 + "A" + ")" * 101)
    (fault,) = raised.value.faults
    assert (fault.start, fault.end) == (100, 101)
    assert (fault.text, fault.remedy) == (
        "nested more than 50 deep",
        "make it flatter, or two rules",
    )


@pytest.mark.parametrize(("levels", "is_taken"), [(49, True), (50, True), (51, False), (60, False)])
def test_proximities_are_nested_fifty_deep_at_most(levels: int, *, is_taken: bool) -> None:
    text = "(" * (levels - 1) + "A NEAR/5 B" + ") NEAR/5 B" * (levels - 1)
    if is_taken:
        tree = parse_expression(text)
        assert parse_expression(show(tree)) == tree
    else:
        with pytest.raises(ExpressionError, match="nested more than 50 deep"):
            parse_expression(text)


def test_a_long_flat_list_is_no_depth() -> None:
    tree = parse_expression(" OR ".join(["A"] * 50_000))
    assert isinstance(tree, Or)
    assert len(tree.operands) == 50_000


def _is_term(typed: str) -> bool:
    try:
        parse_term(typed)
    except TermError:
        return False
    return True


words = st.builds(
    lambda typed: Words(typed=typed),
    st.one_of(
        st.sampled_from(["NOT", "of", "NEAR/5", "=Geran", "hyperson*", "2", '"', "U.N.", "A"]),
        st.text(alphabet="ab \"\\*/'’“”북И.-=(),:@#\n", min_size=1, max_size=9),
        st.sampled_from([r"/a\/b/", r"/a b\)/", '/"x"/', r"/\\/", "/(?i)x,y/"]),
    ).filter(_is_term),
)
names = st.text(alphabet="ab-._9북", min_size=1, max_size=5)
leaves = st.one_of(
    words,
    st.builds(lambda name: ItemIs(item=name), names),
    st.builds(
        lambda tag: Tagged(tag=tag), st.text(min_size=1, max_size=5).filter(lambda tag: tag.strip())
    ),
)
counts = st.integers(0, 1000)
units = st.sampled_from(Unit)
fields = st.sampled_from(Field)


def _flat(kind: type[And | Or], parts: list[Expression]) -> Expression:
    operands = tuple(
        each for part in parts for each in (part.operands if isinstance(part, kind) else (part,))
    )
    return kind(operands=operands)


def _with_places(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(
            lambda count, is_ordered, left, right: Near(
                words=count, is_ordered=is_ordered, left=left, right=right
            ),
            counts,
            st.booleans(),
            inner,
            inner,
        ),
        st.builds(
            lambda unit, left, right: Together(unit=unit, left=left, right=right),
            units,
            inner,
            inner,
        ),
        st.builds(
            lambda reach, left, right: Apart(reach=reach, left=left, right=right),
            counts | units,
            inner,
            inner,
        ),
        st.builds(lambda where, part: Within(field=where, operand=part), fields, inner),
        st.builds(lambda parts: _flat(Or, parts), st.lists(inner, min_size=2, max_size=3)),
    )


places: st.SearchStrategy[Expression] = st.recursive(leaves, _with_places, max_leaves=6)


def _with_all(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(lambda part: Not(operand=part), inner),
        st.builds(lambda parts: _flat(And, parts), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: _flat(Or, parts), st.lists(inner, min_size=2, max_size=3)),
        st.builds(
            lambda parts: SomeOf(count=len(parts) // 2 or 1, operands=tuple(parts)),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda where, part: Within(field=where, operand=part), fields, inner),
    )


trees: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        places,
        st.builds(
            lambda count, part: AtLeast(count=count, operand=part), st.integers(1, 1000), places
        ),
        st.builds(lambda glob: SourceIs(glob=glob), names),
        st.sampled_from([LanguageIs(code="ko"), LanguageIs(code="en")]),
    ),
    _with_all,
    max_leaves=6,
)


@given(trees)
def test_what_is_shown_is_read_as_the_same(tree: Expression) -> None:
    whole = _flat(And, [A, tree])  # so that something is there
    assert parse_expression(show(whole)) == whole


@given(trees)
def test_every_node_knows_where_it_stands(tree: Expression) -> None:
    text = show(_flat(And, [A, tree]))
    nodes = [parse_expression(text)]
    while nodes:
        node = nodes.pop()
        nodes.extend(parts_of(node))
        assert parse_expression(f"A AND ({text[node.start : node.end]})") == _flat(And, [A, node])


TOKENS = (
    *("A", "b", '"c d"', "@i", "#t", "/r/", "(", ")", ",", "AND", "OR", "NOT", "OF", "2", "0"),
    *("NEAR/5", "PRE/3", "W/S", "W/P", "ATLEAST/2", "title:", "text:", "source:x", "lang:ko"),
    *("and", "not", "near", "W/8", "NEAR/x", "!", "-", "&&", "/5", "~5", "x:", "“", '"', "/", "（"),
)


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join) | st.text(max_size=20))
def test_whatever_is_typed_is_read_or_told(text: str) -> None:
    try:
        tree = parse_expression(text)
    except ExpressionError as error:
        faults = error.faults
    else:
        assert parse_expression(show(tree)) == tree
        return
    assert faults
    for fault in faults:
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.text
        assert fault.remedy


@given(st.text(alphabet='"\\ab “”', max_size=12))
def test_a_fault_inside_quotes_points_at_the_letter(inner: str) -> None:
    typed = f"xyz {inner} q*r"
    assume(_is_term(typed.replace("*", "")))
    text = f"A AND {show(Words(typed=typed))}"
    with pytest.raises(ExpressionError) as raised:
        parse_expression(text)
    assert [text[fault.start : fault.end] for fault in raised.value.faults] == ["*"]
