"""The tables of config.toml, key by key; what each key means says config.example.toml."""

from typing import Literal

from pydantic import Field as Key

from watch.core.rules.parse import SeverityWord
from watch.core.toml import Table


class StateTable(Table):
    """[state]."""

    path: str = "state"
    keep_documents: str = "400d"


class RulesTable(Table):
    """[rules]."""

    path: str = "rules"


class MailTable(Table):
    """[mail]."""

    sender: str = Key(default="watchlist@localhost", alias="from")
    reply_to: str | None = None
    operator: str | None = None
    health: str = "mondays at 07:00"
    timezone: str = "UTC"
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


class FetchTable(Table):
    """[fetch]."""

    contact: str | None = None
    proxy: str | None = None
    proxy_file: str | None = None
    ca_file: str | None = None


class MonitoringTable(Table):
    """[monitoring]."""

    ping: str | None = None
    ping_file: str | None = None
    ping_every: str = "5m"
    ping_allow_private: list[str] = Key(default_factory=list)
    metrics_file: str | None = None


class SourceTable(Table):
    """[[source]]."""

    name: str
    folder: str | None = None
    feed: str | None = None
    opml: str | None = None
    every: str | None = None
    language: str | None = None
    recursive: bool = True
    backfill: bool | None = None
    full_text: bool | str = False
    allow_private: list[str] = Key(default_factory=list)
    headers_file: str | None = None


class SubscriptionTable(Table):
    """[[subscription]]."""

    name: str
    to: list[str]
    rules: list[str] = Key(default_factory=list)
    tags: list[str] = Key(default_factory=list)
    severity: SeverityWord = "low"
    send: str = "at once"
    timezone: str = "UTC"
    quiet: str | None = None
    group: Literal["together", "each"] = "together"
    group_wait: str = "60s"
    group_interval: str = "5m"
    max_per_hour: int = 20
    remind_after: str | None = None
    send_empty: bool = False
    language: str = "en"


class ConfigTables(Table):
    """The whole file; sources and subscriptions are checked one by one."""

    state: StateTable = StateTable()
    rules: RulesTable = RulesTable()
    mail: MailTable = MailTable()
    fetch: FetchTable = FetchTable()
    monitoring: MonitoringTable = MonitoringTable()
    source: list[dict[str, object]] = Key(default_factory=list)
    subscription: list[dict[str, object]] = Key(default_factory=list)
