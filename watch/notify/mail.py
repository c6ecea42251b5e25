"""The final bytes of a mail: 7-bit clean, the same for the same input."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import header as encoded_words
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from watch.core.cleaning import clean
from watch.notify.addresses import Address

_POLICY = SMTP.clone(cte_type="7bit")
_LINE = 78
"""What RFC 5322 asks of a line, without its end; it allows 998."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header as it stands on the wire, folded and encoded: `email` leaves it alone.

    Given as text, a value is parsed by `email` first. Up to 3.11.9 it obeys an encoded word found
    there (`=?utf-8?q?=0D=0ABcc:_x?=` made a header of its own), and up to 3.12.4 it loses spaces
    between encoded words (python/cpython#92081).
    """

    name: str
    wire: str

    def fold(self, *, policy: "EmailPolicy[Any]") -> str:
        """Return the whole header with its end of line, as `email` asks of a header object."""
        return f"{self.name}: {self.wire}{policy.linesep}"


def text_header(name: str, text: str) -> Header:
    """Return a header of free text."""
    line = clean(text).strip()
    # A long word can only be folded as encoded words.
    longest = max((len(word) for word in line.split(" ")), default=0)
    is_plain = _is_plain(line) and len(name) + 2 + longest <= _LINE
    return Header(name=name, wire=_folded(name, line, "us-ascii" if is_plain else "utf-8"))


def address_header(name: str, address: Address) -> Header:
    """Return a header of one address, with its display name if it has one."""
    return named_header(name, address.name, address.spec)


def named_header(name: str, shown: str, angled: str) -> Header:
    """Return a header of the form `"shown" <angled>`; `angled` is ASCII and stays whole."""
    phrase = clean(shown).strip()
    if not phrase:
        return Header(name=name, wire=angled if "@" in angled else f"<{angled}>")
    if _is_plain(phrase) and len(phrase) < _LINE // 2:
        wire = '"' + phrase.replace("\\", r"\\").replace('"', r"\"") + '"'
    else:
        wire = encoded_words.Header(phrase, "utf-8", header_name=name, maxlinelen=_LINE).encode(
            linesep="\r\n"
        )
    gap = " " if len(name) + len(wire) + len(angled) + 5 <= _LINE else "\r\n "
    return Header(name=name, wire=f"{wire}{gap}<{angled}>")


def compose(headers: Sequence[Header], text: str, html: str, boundary: str) -> bytes:
    """Return a mail of two alternatives; the same arguments give the same bytes.

    `boundary` must not stand in the parts.
    """
    message = EmailMessage(policy=_POLICY)
    for header in headers:
        message[header.name] = header
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.set_boundary(boundary)
    return message.as_bytes()


def _folded(name: str, text: str, charset: str) -> str:
    words = encoded_words.Header(text, charset, header_name=name, maxlinelen=_LINE)
    return words.encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """Return False for what a reader would decode, or not be able to read, unless encoded."""
    return text.isascii() and "=?" not in text
