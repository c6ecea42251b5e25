import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watch.errors import PermanentError
from watch.notify.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("written", "name", "spec"),
    [
        ("desk@example.org", "", "desk@example.org"),
        (" Korea desk <Desk@Example.ORG> ", "Korea desk", "Desk@example.org"),
        ('"Desk, Korea" <o\'neill+x@a-b.example>', "Desk, Korea", "o'neill+x@a-b.example"),
        ("한국 데스크 <a@한국.example>", "한국 데스크", "a@xn--3e0b707e.example"),
        ("root@localhost", "", "root@localhost"),
        ("a\r\nBcc: b <c@d.example>", "a Bcc: b", "c@d.example"),
    ],
)
def test_one_address_is_understood(written: str, name: str, spec: str) -> None:
    address = parse_address(written)
    assert (address.name, address.spec) == (name, spec)


def test_a_german_domain_is_not_taken_for_another() -> None:
    """IDNA 2003 would deliver to strasse.example."""
    assert parse_address("a@straße.example").domain == "xn--strae-oqa.example"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "desk",
        "@example.org",
        "desk@",
        "a@b, c@d",
        "a@b@c",
        "a <b@c> d",
        "<a@b> <c@d>",
        "<>",
        "a..b@example.org",
        "a b@example.org",
        "x@e>\r\nDATA",
        "x@e\r\nDATA",
        "a@exa mple.org",
        "a@..",
        "a@한국..example",
        "a@" + "한" * 64,
        "a@" + "b" * 253,
    ],
)
def test_what_is_not_one_address_is_refused(written: str) -> None:
    with pytest.raises(PermanentError, match="is not one address; write it as") as caught:
        parse_address(written)
    assert "\n" not in str(caught.value)


def test_letters_outside_ascii_before_the_at_are_refused_with_the_reason() -> None:
    with pytest.raises(PermanentError, match=r'"josé@example\.org" has letters outside ASCII'):
        parse_address("josé@example.org")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_anything_is_an_address_or_refused(written: str) -> None:
    try:
        address = parse_address(written)
    except PermanentError:
        return
    assert isinstance(address, Address)
    assert address.spec.isascii()
    assert address.spec.isprintable()
    assert not set(' <>,;:"()[]\\') & set(address.spec)
    assert parse_address(f"{address.name.replace('<', '')} <{address.spec}>").spec == address.spec
