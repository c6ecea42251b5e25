"""An alert becomes mails: one for each address, its bytes final."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from pathlib import Path
from traceback import walk_tb
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watch.core.cleaning import clean, clip
from watch.core.model import Alert, Message, Subscription, Told, alert_key
from watch.errors import ChannelRefusedError, Mistake, PermanentError
from watch.notify.addresses import Address, parse_address
from watch.notify.contents import IN_BRIEF, IN_FULL, Contents, contents_of, severity_of, shortened
from watch.notify.mail import Header, address_header, compose, named_header, text_header
from watch.notify.notice import Notice, NoticeContents
from watch.notify.sample import SAMPLE_ALERT, SAMPLE_SUBSCRIPTION, SAMPLES
from watch.notify.setting import fill

SUBJECT, TEXT, HTML = "subject.j2", "alert.txt.j2", "alert.html.j2"
TEMPLATES = (SUBJECT, TEXT, HTML)
"""The templates that a folder may replace, by file name."""
_NOTICE_TEXT, _NOTICE_HTML = "notice.txt.j2", "notice.html.j2"

PART_BYTES = 100_000
"""How large a part may be: Gmail cuts HTML at 102 kB."""

_RUNAWAY = 1_000_000
"""A template that yields more than this is broken."""

_AUTOMATIC = (
    Header(name="Auto-Submitted", wire="auto-generated"),
    Header(name="X-Auto-Response-Suppress", wire="All"),
)
"""What keeps other programs from answering."""

_SUBJECT_LENGTH = 120
_HEADER_LENGTH = 900
_SLUG_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mails present themselves."""

    sender: str
    """The From address, with or without a display name."""
    reply_to: str | None = None
    templates: Path | None = None
    """A folder whose files replace the shipped templates of the same names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFailure:
    """An address that no mail can be written to, and why."""

    recipient: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What came of an alert: the mails, and what the operator should be told."""

    messages: tuple[Message, ...]
    """One for each good address, in the subscription's order."""
    failures: tuple[AddressFailure, ...] = ()
    complaints: tuple[str, ...] = ()
    """What went wrong without stopping a mail: a template that failed, a zone that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    subject: str
    text: str
    html: str
    complaints: tuple[str, ...]


class Templates:
    """The shipped templates, or those of a folder where it has them."""

    def __init__(self, folder: Path | None) -> None:
        shipped = PackageLoader("watch.notify")
        self._shipped = _environment(shipped)
        own = shipped if folder is None else ChoiceLoader([FileSystemLoader(folder), shipped])
        self._own = _environment(own)

    def render(self, name: str, contents: Contents) -> tuple[str, str | None]:
        """Return what the template makes of it; with a complaint when the shipped one stood in."""
        made = self.attempt(name, contents)
        if isinstance(made, str):
            return made, None
        complaint = f"the template {name} failed, the shipped one was used: {_reason(made)}"
        return self._shipped.get_template(name).render(**contents), complaint

    def render_shipped(self, name: str, contents: NoticeContents) -> str:
        """Return what a template makes of it that no folder replaces."""
        return self._shipped.get_template(name).render(**contents)

    def attempt(self, name: str, contents: Contents) -> str | Exception:
        """Return what the template makes of it, or why it makes nothing fit to send."""
        try:
            text = self._own.get_template(name).render(**contents)
            text.encode()  # a lone surrogate is found here, not when the mail is put together
        except Exception as error:  # noqa: BLE001 - a foreign template may raise anything
            return error
        if len(text) > _RUNAWAY:
            return ValueError(f"it yields more than {_RUNAWAY:,} characters")
        return text if text.strip() else ValueError("it yields nothing")


class Renderer:
    """Writes the mails of alerts; raises ChannelRefusedError when the sender is no address."""

    def __init__(self, settings: MailSettings) -> None:
        try:
            self._sender = parse_address(settings.sender)
            self._reply_to = parse_address(settings.reply_to) if settings.reply_to else None
        except PermanentError as error:
            raise ChannelRefusedError(f"mails have no sender: {error}") from error
        self._templates = Templates(settings.templates)

    def render(
        self, alert: Alert, told: Sequence[Told], subscription: Subscription, *, now: datetime
    ) -> Rendered:
        """Return a mail for each address of the subscription, dated `now`.

        `told` holds the alert's documents, at least one. Which mail a Message-ID names depends on
        the findings and the address alone; the same arguments give the same bytes. An address that
        cannot be written to is a failure of its own and costs the others nothing.
        """
        zone, unknown = _zone(subscription.timezone)
        parts = self._parts(contents_of(alert, told, subscription, zone))
        common = self._headers(told, subscription, parts.subject, now.astimezone(zone))
        key = alert_key(subscription.name, told)
        messages: list[Message] = []
        failures: list[AddressFailure] = []
        for recipient in dict.fromkeys(subscription.to):
            try:
                address = parse_address(recipient)
            except PermanentError as error:
                failures.append(AddressFailure(recipient=recipient, text=str(error)))
                continue
            name = _digest(key, recipient)
            message_id = f"<wl.{name}@{self._sender.domain}>"
            headers = (
                *self._mailboxes(address),
                Header(name="Message-ID", wire=message_id),
                *common,
            )
            content = compose(headers, parts.text, parts.html, f"=_wl.{name}")
            messages.append(Message(recipient=recipient, message_id=message_id, content=content))
        return Rendered(
            messages=tuple(messages),
            failures=tuple(failures),
            complaints=(*unknown, *parts.complaints),
        )

    def render_notice(self, notice: Notice, *, now: datetime) -> Rendered:
        """Return the mail of a notice, dated `now`; none, and a failure, for what is no address.

        Its Message-ID depends on the key and the address alone.
        """
        try:
            address = parse_address(notice.to)
        except PermanentError as error:
            failure = AddressFailure(recipient=notice.to, text=str(error))
            return Rendered(messages=(), failures=(failure,))
        name = _digest("notice", *notice.key, notice.to)
        message_id = f"<wl.{name}@{self._sender.domain}>"
        headers = (
            *self._mailboxes(address),
            Header(name="Message-ID", wire=message_id),
            text_header("Subject", clip(notice.contents["subject"], _SUBJECT_LENGTH)),
            Header(name="Date", wire=format_datetime(now)),
            *self._thread("notice", notice.topic),
            *_AUTOMATIC,
        )
        text = self._templates.render_shipped(_NOTICE_TEXT, notice.contents)
        html = self._templates.render_shipped(_NOTICE_HTML, notice.contents)
        content = compose(headers, text, html, f"=_wl.{name}")
        message = Message(recipient=notice.to, message_id=message_id, content=content)
        return Rendered(messages=(message,))

    def _parts(self, contents: Contents) -> _Parts:
        """Return subject, text and HTML, with as many documents as each part has room for."""
        subject, subject_complaint = self._templates.render(SUBJECT, contents)
        in_full, in_brief = IN_FULL, IN_BRIEF
        while True:
            fitting = shortened(contents, in_full, in_brief)
            text, text_complaint = self._templates.render(TEXT, fitting)
            html, html_complaint = self._templates.render(HTML, fitting)
            size = max(len(part.encode()) for part in (text, html))
            if size <= PART_BYTES or not in_full + in_brief:
                break
            in_full, in_brief = (count * PART_BYTES // size for count in (in_full, in_brief))
        complaints = (subject_complaint, text_complaint, html_complaint)
        return _Parts(
            subject=clip(clean(subject).strip(), _SUBJECT_LENGTH),
            text=text,
            html=html,
            complaints=tuple(filter(None, complaints)),
        )

    def _mailboxes(self, to: Address) -> tuple[Header, ...]:
        reply_to = (address_header("Reply-To", self._reply_to),) if self._reply_to else ()
        return (address_header("From", self._sender), *reply_to, address_header("To", to))

    def _headers(
        self, told: Sequence[Told], subscription: Subscription, subject: str, now: datetime
    ) -> tuple[Header, ...]:
        """Return the headers that do not depend on the address."""
        findings = [finding for part in told for finding in part.findings]
        list_id = f"{_slug(subscription.name)}.watchlist.{self._sender.domain}"
        return (
            text_header("Subject", subject),
            Header(name="Date", wire=format_datetime(now)),
            *self._thread(subscription.name, str(now.date())),
            named_header("List-Id", subscription.name, list_id),
            *_AUTOMATIC,
            text_header("X-Watchlist-Rule", _listed(finding.rule for finding in findings)),
            Header(name="X-Watchlist-Severity", wire=severity_of(findings).word),
            text_header("X-Watchlist-Source", _listed(part.document.source for part in told)),
        )

    def _thread(self, *topic: str) -> tuple[Header, ...]:
        """Return what hangs the mails of a topic together: an id that no mail has."""
        root = f"<wl.thread.{_digest(*topic)}@{self._sender.domain}>"
        return (Header(name="In-Reply-To", wire=root), Header(name="References", wire=root))


def check_templates(settings: MailSettings) -> tuple[Mistake, ...]:
    """Return what is wrong with the templates that the folder replaces, each tried on samples."""
    folder = settings.templates
    if folder is None:
        return ()
    if not folder.is_dir():
        return (
            Mistake(
                path=str(folder),
                text="no such folder",
                remedy="create it, or leave `templates` out",
            ),
        )
    templates = Templates(folder)
    mistakes = []
    for name in TEMPLATES:
        if not (folder / name).exists():
            continue
        attempts = (templates.attempt(name, contents) for contents in _samples())
        error = next((made for made in attempts if isinstance(made, Exception)), None)
        if error is not None:
            line = _line_of(error, folder / name)
            mistakes.append(Mistake(path=str(folder / name), line=line, text=_reason(error)))
    return tuple(mistakes)


def _samples() -> Iterator[Contents]:
    """Yield what between them takes every branch of a template."""
    for told in SAMPLES:
        whole = contents_of(SAMPLE_ALERT, told, SAMPLE_SUBSCRIPTION, UTC)
        yield whole
        yield shortened(whole, 1, 1)
        yield shortened(whole, 0, 0)


def _environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    """Return where templates run: they see plain values, and what they leave out is an error."""
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"fill": fill, "clip": clip}
    return environment


def _reason(error: Exception) -> str:
    said = error.message if isinstance(error, TemplateError) else str(error)
    return clip(clean(said or type(error).__name__), _SUBJECT_LENGTH)


def _line_of(error: Exception, path: Path) -> int | None:
    """Return the line of the template that it was at; jinja writes it into the traceback."""
    if isinstance(error, TemplateSyntaxError) and error.filename == str(path):
        return error.lineno
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return next(
        (frame.f_lineno for frame in reversed(frames) if frame.f_code.co_filename == str(path)),
        None,
    )


def _zone(name: str) -> tuple[tzinfo, tuple[str, ...]]:
    """Return the zone, or UTC and a complaint."""
    try:
        return ZoneInfo(name), ()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC, (f'the time zone "{clip(clean(name), 60)}" is not known, UTC was used',)


def _slug(name: str) -> str:
    """Return it as a label of a host name; what ASCII cannot say is told apart by a digest."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain[:_SLUG_LENGTH])
    return "-".join(words if name.isascii() and words else [*words, _digest(name)[:8]])


def _listed(names: Iterable[str]) -> str:
    """Return each once, in order, as many as a header has room for, then how many are left."""
    every = [clip(clean(name).strip(), _SUBJECT_LENGTH) for name in dict.fromkeys(names)]
    kept = every
    while len(", ".join(kept)) > _HEADER_LENGTH:
        kept = kept[: len(kept) * _HEADER_LENGTH // len(", ".join(kept))]
    left = len(every) - len(kept)
    return ", ".join((*kept, f"+{left}") if left else kept)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
