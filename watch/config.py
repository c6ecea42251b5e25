"""config.toml to frozen values, or to everything that is wrong with it.

The values are those that the rooms below define; relative paths count from the file's folder.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field as Key

from watch.core.model import Send, Severity, Subscription
from watch.core.rules.parse import SeverityWord
from watch.core.toml import Path as Where
from watch.core.toml import Table, TomlText
from watch.core.words.languages import primary_language
from watch.errors import Mistake, MistakesError, PermanentError
from watch.ingest.feed import Feed
from watch.ingest.folder import Folder
from watch.ingest.rulefiles import RulesFolder
from watch.notify.addresses import parse_address
from watch.notify.render import MailSettings
from watch.notify.smtp import Security, SmtpSettings
from watch.pipeline.settings import DeliverySettings, OnAmbiguous

DEFAULT_EVERY = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that a configuration says."""

    path: Path
    state: Path
    rules: RulesFolder
    mail: MailSettings
    smtp: SmtpSettings | None
    """None: mails go into the Maildir."""
    maildir: Path
    delivery: DeliverySettings
    folders: tuple[Folder, ...]
    feeds: tuple[Feed, ...]
    subscriptions: tuple[Subscription, ...]


class _State(Table):
    path: str = "state"


class _Rules(Table):
    path: str = "rules"


class _Mail(Table):
    sender: str = Key(default="watchlist@localhost", alias="from")
    reply_to: str | None = None
    operator: str | None = None
    transport: Literal["maildir", "smtp"] = "maildir"
    maildir: str = "mail"
    host: str | None = None
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = None
    user: str | None = None
    password_file: str | None = None
    password_env: str | None = None
    max_per_minute: int | None = None
    on_ambiguous: Literal["resend", "hold"] = "resend"
    templates: str | None = None


class _Source(Table):
    name: str
    folder: str | None = None
    feed: str | None = None
    every: str | None = None
    language: str | None = None
    recursive: bool = True
    backfill: bool | None = None
    full_text: bool | str = False
    allow_private: list[str] = Key(default_factory=list)
    headers_file: str | None = None


class _Subscription(Table):
    name: str
    to: list[str]
    rules: list[str] = Key(default_factory=list)
    tags: list[str] = Key(default_factory=list)
    severity: SeverityWord = "low"
    send: Literal["at once"] = "at once"
    group_wait: str = "60s"
    timezone: str = "UTC"


class _Tables(Table):
    state: _State = _State()
    rules: _Rules = _Rules()
    mail: _Mail = _Mail()
    source: list[dict[str, object]] = Key(default_factory=list)
    subscription: list[dict[str, object]] = Key(default_factory=list)


def load_config(path: Path) -> Config:
    """Return what the file says; raise MistakesError with everything that is wrong with it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        remedy = "`watchlist init DIR` writes one; --config PATH names another"
        what = f"cannot be read: {error.strerror}"
        raise MistakesError([Mistake(path=str(path), text=what, remedy=remedy)]) from error
    except UnicodeDecodeError as error:
        mistake = Mistake(path=str(path), text="not UTF-8", remedy="save the file as UTF-8")
        raise MistakesError([mistake]) from error
    return _Reading(path, TomlText(str(path), text)).config()


class _Reading:
    """One configuration being read; its mistakes gather as it goes."""

    def __init__(self, path: Path, toml: TomlText) -> None:
        self.path = path
        self.root = path.absolute().parent
        self.toml = toml
        self.mistakes: list[Mistake] = []

    def config(self) -> Config:
        """Return the configuration; raise MistakesError where there is a mistake."""
        checked = self.toml.checked(_Tables, dict(self.toml.values), ())
        if not isinstance(checked, _Tables):
            # The sources and subscriptions are checked in the same go.
            self.mistakes.extend(checked)
            values = self.toml.values
            known = {key: values[key] for key in ("source", "subscription") if key in values}
            tables = {key: value for key, value in known.items() if _is_tables(value)}
            checked = _Tables.model_validate(tables)
        sources = self._sources(checked.source)
        config = Config(
            path=self.path,
            state=self.root / checked.state.path,
            rules=RulesFolder(path=self.root / checked.rules.path, label=checked.rules.path),
            mail=self._mail(checked.mail),
            smtp=self._smtp(checked.mail),
            maildir=self.root / checked.mail.maildir,
            delivery=self._delivery(checked.mail),
            folders=tuple(source for source in sources if isinstance(source, Folder)),
            feeds=tuple(source for source in sources if isinstance(source, Feed)),
            subscriptions=tuple(self._subscriptions(checked.subscription)),
        )
        if not checked.source:
            self._add((), "no [[source]]", remedy='add one: name = "inbox", folder = "inbox"')
        if self.mistakes:
            raise MistakesError(
                sorted(self.mistakes, key=lambda told: (told.line or 0, told.column or 0))
            )
        return config

    def _mail(self, mail: _Mail) -> MailSettings:
        self._check_address(mail.sender, ("mail", "from"))
        for key, address in (("reply_to", mail.reply_to), ("operator", mail.operator)):
            if address is not None:
                self._check_address(address, ("mail", key))
        templates = None if mail.templates is None else self.root / mail.templates
        if templates is not None and not templates.is_dir():
            remedy = "create it, or leave the key out"
            self._add(("mail", "templates"), f"{templates} is no folder", remedy=remedy)
        return MailSettings(
            sender=mail.sender,
            reply_to=mail.reply_to,
            templates=templates,
        )

    def _smtp(self, mail: _Mail) -> SmtpSettings | None:
        if mail.transport == "maildir":
            return None
        if not mail.host:
            self._add(("mail", "transport"), "smtp needs a host", remedy='add host = "..."')
        if mail.sender == _Mail().sender:
            remedy = 'add from = "watchlist@your.domain"'
            self._add(("mail", "transport"), "smtp needs a sender", remedy=remedy)
        password = self._password(mail)
        has_password = mail.password_file is not None or mail.password_env is not None
        if (mail.user is not None) != has_password:
            lacking = "a user" if has_password else "a password_file or password_env"
            key = "user" if mail.user is not None else "transport"
            self._add(("mail", key), f"without {lacking}", remedy="name both, or neither")
        if mail.user is not None and mail.security == "none":
            remedy = 'security = "starttls" or "tls"'
            self._add(("mail", "security"), "a password is never sent in the clear", remedy=remedy)
        if mail.port is not None and not 0 < mail.port < 2**16:
            self._add(("mail", "port"), f"{mail.port} is no port", remedy="1 to 65535")
        return SmtpSettings(
            host=mail.host or "",
            port=mail.port,
            security=Security(mail.security),
            user=mail.user,
            password=password,
            ca_file=None if mail.ca_file is None else self.root / mail.ca_file,
        )

    def _password(self, mail: _Mail) -> str | None:
        """Return the password from where it is kept; it is written in no file of ours."""
        if mail.password_file is not None:
            try:
                return (self.root / mail.password_file).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                what = f"{mail.password_file} cannot be read: {getattr(error, 'strerror', error)}"
                remedy = "put the password there, alone, with mode 0600"
                self._add(("mail", "password_file"), what, remedy=remedy)
        if mail.password_env is not None:
            password = os.environ.get(mail.password_env)
            if not password:
                what = f"{mail.password_env} is not set"
                self._add(("mail", "password_env"), what, remedy="set it for the daemon")
            return password
        return None

    def _delivery(self, mail: _Mail) -> DeliverySettings:
        if mail.max_per_minute is not None and mail.max_per_minute < 1:
            remedy = "leave the key out to send without a limit"
            self._add(("mail", "max_per_minute"), "at least 1", remedy=remedy)
        return DeliverySettings(
            max_per_minute=mail.max_per_minute, on_ambiguous=OnAmbiguous(mail.on_ambiguous)
        )

    def _sources(self, tables: Sequence[Mapping[str, object]]) -> list[Folder | Feed]:
        sources: list[Folder | Feed] = []
        names: dict[str, int] = {}
        for index, value in enumerate(tables):
            where: Where = ("source", index)
            checked = self.toml.checked(_Source, value, where)
            if not isinstance(checked, _Source):
                self.mistakes.extend(checked)
                continue
            self._check_name(checked.name, names, index, where)
            source = self._source(checked, where)
            if source is not None:
                sources.append(source)
        return sources

    def _source(self, table: _Source, where: Where) -> Folder | Feed | None:
        every = self._duration(table.every, (*where, "every"), least=timedelta(seconds=1))
        language = primary_language(table.language)
        if table.language is not None and language is None:
            remedy = 'use a code: "en", "ko", "ru"'
            what = f'"{table.language}" is no language code'
            self._add((*where, "language"), what, remedy=remedy)
        if table.full_text is not False:
            remedy = "leave it out: the feed's own text is used"
            what = "fetching article pages is not supported by this version"
            self._add((*where, "full_text"), what, remedy=remedy)
        if table.folder is not None and table.feed is None:
            self._refuse_keys_of_feeds(table, where)
            return Folder(
                name=table.name,
                root=self.root / table.folder,
                recursive=table.recursive,
                language=language,
                backfill=table.backfill is not False,
                every=every,
            )
        if table.feed is not None and table.folder is None:
            return self._feed(table, where, every or DEFAULT_EVERY, language)
        remedy = 'write folder = "..." or feed = "https://..."'
        self._add(where, "a source has either a folder or a feed", remedy=remedy)
        return None

    def _feed(self, table: _Source, where: Where, every: timedelta, language: str | None) -> Feed:
        url = table.feed or ""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            what, remedy = f'"{url}" is no web address', "it begins with https:// or http://"
            self._add((*where, "feed"), what, remedy=remedy)
        for index, network in enumerate(table.allow_private):
            try:
                ip_network(network)
            except ValueError:
                remedy = 'write one such as "10.1.2.0/24"'
                what = f'"{network}" is no network'
                self._add((*where, "allow_private", index), what, remedy=remedy)
        return Feed(
            name=table.name,
            url=url,
            every=every,
            language=language,
            backfill=table.backfill is True,
            headers=tuple(self._headers(table.headers_file, (*where, "headers_file"))),
            allow_private=tuple(table.allow_private),
        )

    def _refuse_keys_of_feeds(self, table: _Source, where: Where) -> None:
        for key in ("allow_private", "headers_file"):
            if getattr(table, key):
                remedy = "take it out; folders need none"
                self._add((*where, key), f"{key} goes with a feed", remedy=remedy, is_key=True)

    def _headers(self, file: str | None, where: Where) -> Iterator[tuple[str, str]]:
        """Yield the headers that a paid wire asks for, one `Name: value` on a line."""
        if file is None:
            return
        try:
            lines = (self.root / file).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            what = f"{file} cannot be read: {getattr(error, 'strerror', error)}"
            self._add(where, what, remedy="create it, readable to the daemon alone")
            return
        for line in filter(str.strip, lines):
            match = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)", line)
            if match is None:
                # Not shown: it may hold a secret.
                remedy = "write one on each line, as Name: value"
                self._add(where, f"a line of {file} is no header", remedy=remedy)
                continue
            yield match[1], match[2]

    def _subscriptions(self, tables: Sequence[Mapping[str, object]]) -> Iterator[Subscription]:
        names: dict[str, int] = {}
        for index, value in enumerate(tables):
            where: Where = ("subscription", index)
            checked = self.toml.checked(_Subscription, value, where)
            if not isinstance(checked, _Subscription):
                self.mistakes.extend(checked)
                continue
            self._check_name(checked.name, names, index, where)
            if not checked.to:
                self._add((*where, "to"), "nobody to write to", remedy="name an address")
            for at, address in enumerate(checked.to):
                self._check_address(address, (*where, "to", at))
            try:
                ZoneInfo(checked.timezone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                remedy = 'write a name such as "Asia/Seoul" or "UTC"'
                what = f'no time zone is called "{checked.timezone}"'
                self._add((*where, "timezone"), what, remedy=remedy)
            wait = self._duration(checked.group_wait, (*where, "group_wait"), least=timedelta())
            yield Subscription(
                name=checked.name,
                to=tuple(dict.fromkeys(checked.to)),
                rules=tuple(checked.rules),
                tags=tuple(checked.tags),
                severity=Severity[checked.severity.upper()],
                send=Send(checked.send),
                group_wait=wait or timedelta(),
                timezone=checked.timezone,
            )

    def _check_name(self, name: str, names: dict[str, int], index: int, where: Where) -> None:
        if not name.strip() or not name.isprintable():
            self._add((*where, "name"), "not a name", remedy="write a few letters")
        if name in names:
            line = self.toml.lines_of(str(where[0]))[names[name]]
            what = f'"{name}" is taken (line {line})'
            self._add((*where, "name"), what, remedy="give one of the two another name")
        names.setdefault(name, index)

    def _check_address(self, address: str, where: Where) -> None:
        try:
            parse_address(address)
        except PermanentError as error:
            self._add(where, str(error), remedy=None)

    def _duration(self, written: str | None, where: Where, *, least: timedelta) -> timedelta | None:
        if written is None:
            return None
        duration = parse_duration(written)
        if duration is None or not least <= duration <= _LONGEST_WAIT:
            remedy = 'write "30s", "15m", "2h" or "1d"'
            self._add(where, f'"{written}" is no length of time', remedy=remedy)
        return duration

    def _add(self, where: Where, text: str, *, remedy: str | None, is_key: bool = False) -> None:
        self.mistakes.append(self.toml.mistake(where, text, remedy=remedy, is_key=is_key))


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(written: str) -> timedelta | None:
    """Return a length of time such as 90s, 15m or 1h30m; None where it is none."""
    if not re.fullmatch(r"\s*(?:\d+(?:\.\d+)?\s*[smhd]\s*)+", written):
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", written)
    try:
        return sum((timedelta(**{_UNITS[unit]: float(n)}) for n, unit in parts), timedelta())
    except OverflowError:
        return None


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)
