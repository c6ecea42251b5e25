from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watch.core.cleaning import clean
from watch.notify.addresses import Address
from watch.notify.mail import Header, address_header, compose, named_header, text_header

STRICT = default.clone(raise_on_defect=True)
ANY = st.text(st.characters(exclude_categories=()), max_size=200)


def parsed(*headers: Header, text: str = "Hello\n", html: str = "<p>Hello\n") -> EmailMessage:
    content = compose(headers, text, html, "=_boundary")
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    mail = message_from_bytes(content, policy=STRICT)
    assert isinstance(mail, EmailMessage)
    expected = [header.name for header in headers]
    assert list(mail.keys()) == [*expected, "MIME-Version", "Content-Type"]
    return mail


SUBJECTS = [
    "plain",
    "자폭 드론 and drones 드론 for Russia, ready 자폭 드론 " * 3,
    "a =?utf-8?q?=0D=0ABcc:_evil@example.com?= b",
    "=?utf-8?b?77u/?=",
    "x" * 120,
    "é" * 120,
    "👩‍👩‍👧 " * 20,
    "words " * 30,
    "ends with =?",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_read_back_as_it_was(subject: str) -> None:
    mail = parsed(text_header("Subject", subject))
    assert mail["Subject"] == subject.strip()


@settings(deadline=None)
@given(ANY)
def test_any_text_is_one_header_and_read_back(text: str) -> None:
    mail = parsed(text_header("Subject", text))
    assert mail["Subject"] == clean(text).strip()


@settings(deadline=None)
@given(ANY)
def test_any_display_name_leaves_one_address(name: str) -> None:
    address = Address(name=name, local="desk", domain="example.org")
    mail = parsed(address_header("To", address))
    (read,) = mail["To"].addresses
    assert read.addr_spec == "desk@example.org"
    # Python's reader leaves a space between encoded words of a name, which RFC 2047 takes away.
    assert "".join(read.display_name.split()) == "".join(clean(name).split())


@pytest.mark.parametrize(
    ("shown", "header"),
    [
        ("", "List-Id: <desk.example.org>"),
        ("Korea desk", 'List-Id: "Korea desk" <desk.example.org>'),
        ('A "b" \\', 'List-Id: "A \\"b\\" \\\\" <desk.example.org>'),
        ("한국", "List-Id: =?utf-8?b?7ZWc6rWt?= <desk.example.org>"),
        ("=?utf-8?q?x?=", "List-Id: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <desk.example.org>"),
    ],
)
def test_a_name_stands_before_what_is_angled(shown: str, header: str) -> None:
    assert named_header("List-Id", shown, "desk.example.org").fold(policy=SMTP) == header + "\r\n"


@pytest.mark.parametrize("shown", ["Korea desk", "x" * 90, "한국 데스크 " * 12])
def test_what_is_angled_stays_whole_however_long(shown: str) -> None:
    angled = ".".join(["long-label-of-a-host"] * 10)
    folded = named_header("List-Id", shown, angled).fold(policy=SMTP).splitlines()
    assert folded[-1].endswith(f" <{angled}>")
    assert all(len(line) <= 78 for line in folded[:-1])


def test_headers_are_folded_at_78_columns() -> None:
    rules = ", ".join(f"rule-{number}" for number in range(100))
    folded = text_header("X-Watchlist-Rule", rules).fold(policy=SMTP)
    assert all(len(line) <= 78 for line in folded.splitlines())
    assert parsed(text_header("X-Watchlist-Rule", rules))["X-Watchlist-Rule"] == rules


@settings(deadline=None)
@given(st.text(max_size=2_000))
def test_the_parts_are_read_back_whatever_they_hold(text: str) -> None:
    text = clean(text).strip() + "\n.\nFrom x\n--=_bound\n-- \n" + "long" * 300 + "\n"
    mail = parsed(text=text, html=text)
    plain, html = mail.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    assert plain.get_content().replace("\r\n", "\n") == text
    assert html.get_content().replace("\r\n", "\n") == text


def test_the_same_mail_is_the_same_bytes() -> None:
    headers = (text_header("Subject", "드론"),)
    first, second = (compose(headers, "드론\n", "<p>드론\n", "=_b") for _ in range(2))
    assert first == second
    assert first.count(b"\r\n--=_b") == 3
