import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from watch.core.toml_strings import characters_of


@pytest.mark.parametrize(
    ("literal", "written"),
    [
        ('"ab"', ["a", "b"]),
        ("'a\\t'", ["a", "\\", "t"]),
        ('"\\t\\x41\\u00e9\\U00010000\\""', ["\\t", "\\x41", "\\u00e9", "\\U00010000", '\\"']),
        ('""', []),
        ("'''\n\na\r\n'''", ["\n", "a", "\r\n"]),
        ('"""\r\n"a"\\\n  \n b"""', ['"', "a", '"', "b"]),
        ('"""a \\  \r\n\t"""', ["a", " "]),
    ],
)
def test_a_string_is_written_character_by_character(literal: str, written: list[str]) -> None:
    *found, closing = [literal[start:end] for start, end in characters_of(literal)]
    assert (found, closing) == (written, "")


@pytest.mark.parametrize("literal", ["", "5", "[1]", "true"])
def test_what_is_no_string_has_no_characters(literal: str) -> None:
    assert characters_of(literal) == []


@given(
    st.lists(
        st.sampled_from(["a", "한", " ", "\n", "\\n", "\\\\", "\\u00e9", "\\\n", "\\ \n\n  ", "'"])
    )
)
def test_a_string_has_as_many_characters_as_its_value(pieces: list[str]) -> None:
    for line_break in ("\n", "\r\n"):
        literal = f'"""{"".join(pieces)}"""'.replace("\n", line_break)
        assert len(characters_of(literal)) == len(tomli.loads(f"x = {literal}")["x"]) + 1
