"""An alert becomes mails: one for each address, its bytes final."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from pathlib import Path

from watch.core.alerts import Occasion, Report
from watch.core.cleaning import clean, clip
from watch.core.model import Message, Subscription
from watch.errors import ChannelRefusedError, PermanentError
from watch.notify.addresses import Address, parse_address
from watch.notify.contents import IN_BRIEF, IN_FULL, Contents, contents_of, shortened
from watch.notify.document import severity_of
from watch.notify.health import MOST, HealthMail, health_contents, shortened_health
from watch.notify.mail import Header, address_header, compose, named_header, text_header
from watch.notify.notice import Notice
from watch.notify.templating import HEALTH_HTML, HEALTH_TEXT, LANGUAGE, SUBJECT, Templates

_NOTICE_TEXT, _NOTICE_HTML = "notice.txt.j2", "notice.html.j2"

PART_BYTES = 100_000
"""How large a part may be: Gmail cuts HTML at 102 kB."""

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
    mark: str = ""
    """Begins the subject of every alert: of a drill nobody is to take what it tells for true."""


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
    """What went wrong without stopping a mail: a template that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    subject: str
    text: str
    html: str
    complaints: tuple[str, ...] = ()


class Renderer:
    """Writes the mails of alerts; raises ChannelRefusedError when the sender is no address."""

    def __init__(self, settings: MailSettings) -> None:
        try:
            self._sender = parse_address(settings.sender)
            self._reply_to = parse_address(settings.reply_to) if settings.reply_to else None
        except PermanentError as error:
            raise ChannelRefusedError(f"mails have no sender: {error}") from error
        self._templates = Templates(settings.templates)
        self.settings = settings

    def render(self, report: Report, subscription: Subscription, *, now: datetime) -> Rendered:
        """Return a mail for each address of the subscription, dated `now`.

        Which mail a Message-ID names depends on the findings and the address alone; the same
        arguments give the same bytes. An address that cannot be written to is a failure of its
        own and costs the others nothing.
        """
        parts = self._parts(contents_of(report, subscription, now=now), subscription.language)
        subject = clip(f"{self.settings.mark} {parts.subject}".strip(), _SUBJECT_LENGTH)
        common = self._headers(report, subscription, subject, now)
        key = report.key(now)
        messages: list[Message] = []
        failures: list[AddressFailure] = []
        for recipient in dict.fromkeys(subscription.to):
            try:
                address = parse_address(recipient)
            except PermanentError as error:
                failures.append(AddressFailure(recipient=recipient, text=str(error)))
                continue
            name = _digest(key, recipient)
            message_id = self._message_id(name)
            headers = (
                *self._mailboxes(address),
                Header(name="Message-ID", wire=message_id),
                *common,
            )
            content = compose(headers, parts.text, parts.html, f"=_wl.{name}")
            messages.append(Message(recipient=recipient, message_id=message_id, content=content))
        return Rendered(
            messages=tuple(messages), failures=tuple(failures), complaints=parts.complaints
        )

    def render_notice(self, notice: Notice, *, now: datetime) -> Rendered:
        """Return the mail of a notice, dated `now`; none, and a failure, for what is no address.

        Its Message-ID depends on the key and the address alone.
        """
        text = self._templates.render_shipped(_NOTICE_TEXT, notice.contents)
        html = self._templates.render_shipped(_NOTICE_HTML, notice.contents)
        parts = _Parts(subject=notice.contents["subject"], text=text, html=html)
        return self._one_mail(notice.to, ("notice", *notice.key), notice.topic, parts, now)

    def render_health(self, mail: HealthMail, *, now: datetime) -> Rendered:
        """Return a health mail, dated `now`; none, and a failure, for what is no address."""
        contents, most = health_contents(mail), MOST
        render = partial(self._templates.render, language=LANGUAGE)
        while True:
            fitting = shortened_health(contents, most)
            text, text_complaint = render(HEALTH_TEXT, fitting)
            html, html_complaint = render(HEALTH_HTML, fitting)
            size = max(len(part.encode()) for part in (text, html))
            if size <= PART_BYTES or not most:
                break
            most = most * PART_BYTES // size
        complaints = tuple(filter(None, (text_complaint, html_complaint)))
        parts = _Parts(subject=contents["subject"], text=text, html=html, complaints=complaints)
        return self._one_mail(mail.to, ("health", mail.due.isoformat()), "health", parts, now)

    def health_id(self, to: str, due: datetime) -> str:
        """Return the Message-ID of the health mail that fell due at a moment."""
        return self._message_id(_digest("health", due.isoformat(), to))

    def _one_mail(
        self, to: str, key: tuple[str, ...], topic: str, parts: _Parts, now: datetime
    ) -> Rendered:
        """Return a mail to one person, which depends on no subscription."""
        try:
            address = parse_address(to)
        except PermanentError as error:
            failure = AddressFailure(recipient=to, text=str(error))
            return Rendered(messages=(), failures=(failure,))
        name = _digest(*key, to)
        message_id = self._message_id(name)
        headers = (
            *self._mailboxes(address),
            Header(name="Message-ID", wire=message_id),
            text_header("Subject", clip(parts.subject, _SUBJECT_LENGTH)),
            Header(name="Date", wire=format_datetime(now)),
            *self._thread(("notice", topic)),
            *_AUTOMATIC,
        )
        content = compose(headers, parts.text, parts.html, f"=_wl.{name}")
        message = Message(recipient=to, message_id=message_id, content=content)
        return Rendered(messages=(message,), complaints=parts.complaints)

    def _message_id(self, name: str) -> str:
        return f"<wl.{name}@{self._sender.domain}>"

    def _parts(self, contents: Contents, language: str) -> _Parts:
        """Return subject, text and HTML, with as many stories as each part has room for."""
        kind = "alert" if contents["occasion"] == Occasion.AT_ONCE.value else "digest"
        render = partial(self._templates.render, language=language)
        subject, subject_complaint = render(SUBJECT, contents)
        in_full, in_brief = IN_FULL, IN_BRIEF
        while True:
            fitting = shortened(contents, in_full, in_brief)
            text, text_complaint = render(f"{kind}.txt.j2", fitting)
            html, html_complaint = render(f"{kind}.html.j2", fitting)
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
        self, report: Report, subscription: Subscription, subject: str, now: datetime
    ) -> tuple[Header, ...]:
        """Return the headers that do not depend on the address."""
        findings = [finding for part in report.told for finding in part.findings]
        sources = [part.document.source for part in report.told]
        list_id = f"{_slug(subscription.name)}.watchlist.{self._sender.domain}"
        return (
            text_header("Subject", subject),
            Header(name="Date", wire=format_datetime(now.astimezone(subscription.zone))),
            *self._thread(*_topics(report, subscription, now)),
            named_header("List-Id", subscription.name, list_id),
            *_AUTOMATIC,
            text_header("X-Watchlist-Rule", _listed(finding.rule for finding in findings)),
            Header(name="X-Watchlist-Severity", wire=severity_of(findings).word),
            text_header("X-Watchlist-Source", _listed(sources)),
        )

    def _thread(self, *topics: tuple[str, ...]) -> tuple[Header, ...]:
        """Return what hangs the mails of topics together, the widest first: ids of no mails."""
        roots = [f"<wl.thread.{_digest(*topic)}@{self._sender.domain}>" for topic in topics]
        return (
            Header(name="In-Reply-To", wire=roots[-1]),
            Header(name="References", wire="\r\n ".join(roots)),
        )


@lru_cache(maxsize=4)
def _renderer(settings: MailSettings) -> Renderer:
    return Renderer(settings)


def render_alert(
    settings: MailSettings, report: Report, subscription: Subscription, now: datetime
) -> Rendered:
    """Return what `Renderer.render` does; a function, to be called in a child."""
    return _renderer(settings).render(report, subscription, now=now)


def render_health(settings: MailSettings, mail: HealthMail, now: datetime) -> Rendered:
    """Return what `Renderer.render_health` does; a function, to be called in a child."""
    return _renderer(settings).render_health(mail, now=now)


def _topics(report: Report, subscription: Subscription, now: datetime) -> Sequence[tuple[str, ...]]:
    """Return what a mail is about: a subscription's day, and its story where it tells one alone.

    What is told again belongs to the day when it was told first, so that it stands with that mail.
    """
    if len(report.stories) != 1:
        return [(subscription.name, str(now.astimezone(subscription.zone).date()))]
    (story,) = report.stories
    day = (story.told_first or now).astimezone(subscription.zone).date()
    return [(subscription.name, str(day)), (subscription.name, "story", story.key)]


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
