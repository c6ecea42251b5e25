"""Mails (.eml) to text: who writes to whom, the best form of the body, and what is attached."""

import binascii
import quopri
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email import errors, message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from itertools import groupby
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TypeAlias

from watch.core.cleaning import clean
from watch.core.words.languages import primary_language
from watch.errors import NotReadableError
from watch.ingest.extract.charset import declared_charset, decode, looks_like
from watch.ingest.extract.damage import DAMAGE, damage_told
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.readers import READERS
from watch.ingest.extract.text import Extract, one_line, tidy

MAX_DEPTH = 50
"""How deep parts may be nested in parts, attached mails and their parts included."""
MAX_PARTS = 1_000
"""How many parts a mail may have, those of attached mails included."""
HEADER_LENGTH = 1 << 16
"""How long a header may be, in characters."""

_Mail: TypeAlias = "Message[str, str]"  # it takes types in its stubs alone

_HEADERS = ("From", "To", "Subject", "Date", "Received", "Message-ID", "MIME-Version")
"""What has none of these is no mail."""
_PEOPLE = ("From", "To", "Cc")
_SUFFIXES = MappingProxyType(
    {
        "application/pdf": ".pdf",
        "application/vnd.oasis.opendocument.text": ".odt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "text/html": ".html",
        "text/markdown": ".md",
        "text/plain": ".txt",
    }
)
# For programs, or a form of what another part says too; then what has no text by its nature.
_LEFT_OUT = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "message/delivery-status",
        "message/disposition-notification",
        "text/calendar",
        "text/rfc822-headers",
        "text/x-amp-html",
    }
)
_WORDLESS = frozenset({"audio", "font", "image", "video"})
_SEALED = MappingProxyType(
    {
        "multipart/encrypted": "encrypted (PGP)",
        "application/pkcs7-mime": "encrypted or sealed (S/MIME)",
        "application/x-pkcs7-mime": "encrypted or sealed (S/MIME)",
    }
)
_OUTLOOK = "packed in a form that only Outlook reads; ask its sender for the file itself"
_CUT_OFF = "its end is missing: the mail may be cut off"
_DAMAGED = "a part of it is damaged"
_CUTS = (errors.CloseBoundaryNotFoundDefect, errors.StartBoundaryNotFoundDefect)
_DAMAGES = (errors.InvalidBase64CharactersDefect, errors.InvalidBase64LengthDefect)

_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,40})[^?\s]{0,20}\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_ENCODED_WORDS = re.compile(
    rf"{_ENCODED_WORD.pattern}(?:\s*{_ENCODED_WORD.pattern})*", re.IGNORECASE
)
# The space before a line end says that the line goes on, but for that of a signature's mark.
_SOFT_BREAK = re.compile(r"(?<!^--) \n", re.MULTILINE)


def read_mail(content: bytes) -> Extract:
    """Return the text of a mail: its people, its body, then what is attached, name before text.

    The title is its subject. Of several forms of the same body the last is read, which senders
    put richest, unless another says twice as much. Pictures, signatures and invitations have no
    text; any other attachment that cannot be read is named in `unread`.
    """
    with damage_told("mail"):
        mail = message_from_bytes(content, policy=compat32)
        if not any(name in mail for name in _HEADERS):
            raise NotReadableError(f"no mail: {_looks(content)}; name it as what it is")
        reading = _Reading()
        text = reading.mail(mail, 0)
        title = one_line(_header(mail, "Subject")) or None
        language = primary_language(_header(mail, "Content-Language").partition(",")[0])
    unread = tuple(dict.fromkeys(reading.unread))
    return Extract(
        title=title,
        text=tidy(text),
        language=language,
        published=_moment(_header(mail, "Date")),
        unread=unread,
    )


def _moment(date: str) -> datetime | None:
    """Return the moment of a Date header; without a zone it is in UTC (RFC 5322, 3.3)."""
    try:
        moment = parsedate_to_datetime(date.strip())
    except (ValueError, OverflowError, TypeError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def _looks(content: bytes) -> str:
    kind = looks_like(content)
    return "it has no header such as From or Subject" if kind == "something else" else kind


class _Reading:
    """Reads one mail and all that is in it; the limits hold for the whole."""

    def __init__(self) -> None:
        self.unread: list[str] = []
        self._parts = 0

    def mail(self, mail: _Mail, depth: int) -> str:
        """Return the people of a mail and all its text."""
        if any(len(value) > HEADER_LENGTH for _, value in mail.raw_items()):
            raise NotReadableError(f"a header of more than {HEADER_LENGTH} characters; cut it")
        people = [f"{name}: {_header(mail, name)}" for name in _PEOPLE if name in mail]
        return _joined(["\n".join(map(one_line, people)), self._part(mail, depth)])

    def _part(self, part: _Mail, depth: int) -> str:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_PARTS:
            raise NotReadableError(
                f"more than {MAX_PARTS} parts, or nested deeper than {MAX_DEPTH}, as no mail is; "
                "save what is wanted of it"
            )
        kind = part.get_content_type()
        if kind in _SEALED:
            raise NotReadableError(f"{_SEALED[kind]}; open it and save the text")
        if kind in _LEFT_OUT:
            return ""
        text = self._parts_of(part, kind, depth) if part.is_multipart() else self._leaf(part, depth)
        if any(isinstance(defect, _CUTS) for defect in part.defects):
            self.unread.append(_CUT_OFF)
        if any(isinstance(defect, _DAMAGES) for defect in part.defects):
            self.unread.append(_DAMAGED)
        return text

    def _parts_of(self, part: _Mail, kind: str, depth: int) -> str:
        parts = [one for one in part.get_payload() if isinstance(one, Message)]
        if kind.startswith("message/"):
            return _joined([self._attached_mail(one, depth + 1) for one in parts])
        texts = [tidy(self._part(one, depth + 1)) for one in parts]
        return _best(texts) if kind == "multipart/alternative" else _joined(texts)

    def _attached_mail(self, mail: _Mail, depth: int) -> str:
        return _joined([one_line(_header(mail, "Subject")), self.mail(mail, depth)])

    def _leaf(self, part: _Mail, depth: int) -> str:
        kind = part.get_content_type()
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            return ""
        is_attached = part.get_content_disposition() == "attachment"
        if not is_attached and kind == "text/html":
            labels = (_charset(part), declared_charset(content))
            return html_to_text(decode(content, declared=labels)).text
        if not is_attached and part.get_content_maintype() in {"multipart", "text"}:
            return _flowed(part, tidy(decode(content, declared=(_charset(part),))))
        return self._attachment(part, content, depth)

    def _attachment(self, part: _Mail, content: bytes, depth: int) -> str:
        kind = part.get_content_type()
        name = _file_name(part)
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in READERS:
            suffix = _SUFFIXES.get(kind, suffix)
        try:
            if suffix == ".eml":
                mail = message_from_bytes(content, policy=compat32)
                return _joined([name, self._attached_mail(mail, depth + 1)])
            if kind == "application/ms-tnef" or name.lower() == "winmail.dat":
                raise NotReadableError(_OUTLOOK)  # noqa: TRY301 - told as any other is
            if suffix in READERS:
                page = READERS[suffix](content)
                self.unread.extend(f"{name}: {missing}" for missing in page.unread)
                return _joined([name, page.title or "", page.text])
            if part.get_content_maintype() not in _WORDLESS:
                raise NotReadableError("no way to read this kind")  # noqa: TRY301 - likewise
        except NotReadableError as error:
            self.unread.append(f"{name or clean(kind)}: {error}")
        return name


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _best(texts: Sequence[str]) -> str:
    """Return the last text, or the longest where the last says less than half of it."""
    longest = max(texts, key=len, default="")
    return next((text for text in reversed(texts) if 2 * len(text) >= len(longest)), longest)


def _flowed(part: _Mail, text: str) -> str:
    """Return a text with the lines joined that its sender's program broke (RFC 3676)."""
    if _parameter(part, "format").lower() != "flowed":
        return text
    return _SOFT_BREAK.sub("" if _parameter(part, "delsp").lower() == "yes" else " ", text)


def _charset(part: _Mail) -> str | None:
    return _parameter(part, "charset") or None


def _parameter(part: _Mail, name: str) -> str:
    """Return a parameter of the content type; nothing where it is beyond reading."""
    with suppress(*DAMAGE):
        value = part.get_param(name, "")
        return str(value[2] if isinstance(value, tuple) else value)
    return ""


def _file_name(part: _Mail) -> str:
    """Return what an attachment is called, without the folders that it claims to lie in."""
    with suppress(*DAMAGE):
        name = _decoded(part.get_filename() or "")
        return clean(one_line(name)).replace("\\", "/").rpartition("/")[2]
    return ""


def _header(mail: _Mail, name: str) -> str:
    """Return a header's text; nothing for one that the mail has not."""
    values = (value for key, value in mail.raw_items() if key.lower() == name.lower())
    return _decoded(next(values, ""))


def _decoded(value: str) -> str:
    """Return a header's value with its encoded words (RFC 2047) and its bare bytes as text.

    The standard library's own way is quadratic, and raises for what is encoded wrong.
    """
    text = value if value.isascii() else decode(value.encode("utf-8", "surrogateescape"))
    return _ENCODED_WORDS.sub(_decoded_words, text)


def _decoded_words(match: re.Match[str]) -> str:
    # A letter may begin in one word and end in the next.
    runs = groupby(_ENCODED_WORD.findall(match[0]), key=lambda word: word[0].lower())
    return "".join(
        decode(b"".join(_unpacked(way, data) for _, way, data in words), declared=(label,))
        for label, words in runs
    )


def _unpacked(way: str, data: str) -> bytes:
    content = data.encode("utf-8", "surrogateescape")
    if way in "qQ":
        return quopri.decodestring(content, header=True)
    bare = content.rstrip(b"=")
    try:
        return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))
    except binascii.Error:
        return content
