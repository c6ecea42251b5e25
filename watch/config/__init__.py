"""config.toml to frozen values, or to everything that is wrong with it.

The values are those that the rooms below define; relative paths count from the file's folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watch.config.fetch import web_settings
from watch.config.mail import (
    delivery_settings,
    health_settings,
    mail_settings,
    smtp_settings,
)
from watch.config.page import Page
from watch.config.sources import sources_of
from watch.config.subscriptions import subscriptions_of
from watch.config.tables import ConfigTables
from watch.core.model import Subscription
from watch.core.toml import TomlText
from watch.errors import Mistake, MistakesError
from watch.ingest.feed import Feed
from watch.ingest.feedlist import FeedListFile
from watch.ingest.folder import Folder
from watch.ingest.rulefiles import RulesFolder
from watch.ingest.web import WebSettings
from watch.notify.render import MailSettings
from watch.notify.smtp import SmtpSettings
from watch.pipeline.settings import DeliverySettings, HealthSettings


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
    operator: str | None
    """Who is told of what nobody owns."""
    health: HealthSettings
    web: WebSettings
    folders: tuple[Folder, ...]
    feeds: tuple[Feed, ...]
    """With those of the lists, as they are now."""
    own_feeds: Mapping[str, Feed]
    """By name: those that the file names itself."""
    feed_lists: tuple[FeedListFile, ...]
    subscriptions: tuple[Subscription, ...]


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
    return _config(Page(path, TomlText(str(path), text)))


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
        rules=RulesFolder(path=page.root / checked.rules.path, label=checked.rules.path),
        mail=mail,
        smtp=smtp_settings(page, checked.mail),
        maildir=page.root / checked.mail.maildir,
        delivery=delivery_settings(page, checked.mail),
        operator=checked.mail.operator,
        health=health_settings(page, checked.mail),
        web=web_settings(page, checked.fetch),
        folders=tuple(sources.folders),
        feeds=tuple(sources.feeds.values()),
        own_feeds=sources.own_feeds,
        feed_lists=tuple(sources.lists),
        subscriptions=tuple(subscriptions_of(page, checked.subscription, mail.templates)),
    )
    if not checked.source:
        page.add((), "no [[source]]", remedy='add one: name = "inbox", folder = "inbox"')
    if page.mistakes:
        raise MistakesError(
            sorted(page.mistakes, key=lambda told: (told.line or 0, told.column or 0))
        )
    return config


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)
