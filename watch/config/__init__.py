"""config.toml to frozen values, or to everything that is wrong with it.

The values are those that the rooms below define; relative paths count from the file's folder.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from watch.config.fetch import web_settings
from watch.config.mail import (
    delivery_settings,
    health_settings,
    mail_settings,
    smtp_settings,
)
from watch.config.monitoring import monitoring_settings
from watch.config.page import Page
from watch.config.sources import sources_of
from watch.config.state import keep_documents
from watch.config.subscriptions import subscriptions_of
from watch.config.tables import ConfigTables
from watch.core.model import Subscription
from watch.core.toml import TomlText
from watch.errors import Mistake, MistakesError
from watch.ingest.feed import Feed
from watch.ingest.folder import Folder
from watch.ingest.rulefiles import RulesFolder
from watch.ingest.stamp import FileStamp, stamp_of
from watch.ingest.web import WebSettings
from watch.notify.render import MailSettings
from watch.notify.smtp import SmtpSettings
from watch.pipeline.settings import DeliverySettings, HealthSettings, MonitoringSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that a configuration says."""

    path: Path
    files: Mapping[Path, FileStamp | None]
    """What was read, each as it lay there before: itself, lists of feeds, secrets, certificates."""
    state: Path
    keep_documents: timedelta | None
    """For how long, before they are let go; None for ever."""
    rules: RulesFolder
    mail: MailSettings
    smtp: SmtpSettings | None
    """None: mails go into the Maildir."""
    maildir: Path
    delivery: DeliverySettings
    operator: str | None
    """Who is told of what nobody owns."""
    health: HealthSettings
    monitoring: MonitoringSettings
    web: WebSettings
    folders: tuple[Folder, ...]
    feeds: tuple[Feed, ...]
    """With those of the lists."""
    subscriptions: tuple[Subscription, ...]


def load_config(path: Path) -> Config:
    """Return what the file says; raise MistakesError with everything that is wrong with it."""
    stamp = stamp_of(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        remedy = "`watchlist init DIR` writes one; --config PATH names another"
        what = f"cannot be read: {error.strerror}"
        raise MistakesError([Mistake(path=str(path), text=what, remedy=remedy)]) from error
    except UnicodeDecodeError as error:
        mistake = Mistake(path=str(path), text="not UTF-8", remedy="save the file as UTF-8")
        raise MistakesError([mistake]) from error
    return _config(Page(path, TomlText(str(path), text), stamp))


def _config(page: Page) -> Config:
    """Return the configuration; raise MistakesError where there is a mistake."""
    checked = page.toml.checked(ConfigTables, dict(page.toml.values), ())
    if not isinstance(checked, ConfigTables):
        # The sources and subscriptions are checked in the same go.
        page.mistakes.extend(checked)
        values = page.toml.values
        known = {key: values[key] for key in ("source", "subscription") if key in values}
        tables = {key: value for key, value in known.items() if _is_tables(value)}
        checked = ConfigTables.model_validate(tables)
    sources = sources_of(page, checked.source)
    mail = mail_settings(page, checked.mail)
    config = Config(
        path=page.path,
        state=page.root / checked.state.path,
        keep_documents=keep_documents(page, checked.state),
        rules=RulesFolder(path=page.root / checked.rules.path, label=checked.rules.path),
        mail=mail,
        smtp=smtp_settings(page, checked.mail),
        maildir=page.root / checked.mail.maildir,
        delivery=delivery_settings(page, checked.mail),
        operator=checked.mail.operator,
        health=health_settings(page, checked.mail),
        monitoring=monitoring_settings(page, checked.monitoring, page.root / checked.state.path),
        web=web_settings(page, checked.fetch),
        folders=tuple(sources.folders),
        feeds=tuple(sources.feeds.values()),
        subscriptions=tuple(subscriptions_of(page, checked.subscription, mail.templates)),
        # The last: whatever is read above is noted there.
        files=page.files,
    )
    _refuse_writable(page, config.rules.path)
    if not checked.source:
        page.add((), "no [[source]]", remedy='add one: name = "inbox", folder = "inbox"')
    if page.mistakes:
        told = sorted(page.mistakes, key=lambda told: (told.line or 0, told.column or 0))
        raise MistakesError([replace(one, source=_hidden(one.source)) for one in told])
    return config


def _refuse_writable(page: Page, rules: Path) -> None:
    """Note what anybody on this machine may write: it says who gets which mail, and from where."""
    for path in (page.path, page.root, rules):
        try:
            mode = path.stat().st_mode
        except OSError:  # whoever reads it says so
            continue
        # In a sticky folder nobody replaces what is another's.
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            what = f"anybody on this machine may write {path}"
            page.mistakes.append(
                Mistake(path=str(page.path), text=what, remedy=f"chmod o-w {path}")
            )


_LOGIN = re.compile(r"(?<=://)[^/?#\s\"']+(?=@)")


def _hidden(line: str | None) -> str | None:
    """Return a line that is to be shown without the login of an address in it, as wide."""
    return line and _LOGIN.sub(lambda login: "*" * len(login[0]), line)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)
