"""Who looks from outside: `[monitoring]`."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from watch.config.page import Page
from watch.config.tables import MonitoringTable
from watch.errors import SourceError
from watch.ingest.web.urls import parse_url
from watch.pipeline.settings import MonitoringSettings, Ping

_TABLE = "monitoring"
_DEFAULT_EVERY = timedelta(minutes=5)


def monitoring_settings(page: Page, table: MonitoringTable, state: Path) -> MonitoringSettings:
    """Return what is told to those who look from outside."""
    return MonitoringSettings(
        ping=_ping(page, table),
        metrics_file=_metrics_file(page, table),
        pulse_file=state / "watchlist.pulse.json",
    )


def _ping(page: Page, table: MonitoringTable) -> Ping | None:
    every = page.duration(table.ping_every, (_TABLE, "ping_every"), least=timedelta(minutes=1))
    allowed = tuple(page.networks(table.ping_allow_private, (_TABLE, "ping_allow_private")))
    url = _url(page, table)
    if url is None:
        return None
    return Ping(url=url, every=every or _DEFAULT_EVERY, allow_private=allowed)


def _url(page: Page, table: MonitoringTable) -> str | None:
    """Return the address that is pinged; it may be kept in a file of its own."""
    if table.ping is not None and table.ping_file is not None:
        remedy = "name one of the two"
        page.add((_TABLE, "ping_file"), "ping and ping_file name one each", remedy=remedy)
    key, url = "ping", table.ping
    if table.ping_file is not None:
        key, remedy = "ping_file", "put the address there, with mode 0600"
        url = page.read(table.ping_file, (_TABLE, key), remedy=remedy)
    if url is None:
        return None
    url = url.strip()
    try:
        parse_url(url)
    except SourceError as error:
        page.add((_TABLE, key), str(error), remedy="write it as your monitor shows it")
        return None
    return url


def _metrics_file(page: Page, table: MonitoringTable) -> Path | None:
    if table.metrics_file is None:
        return None
    where = (_TABLE, "metrics_file")
    if not table.metrics_file.endswith(".prom"):
        remedy = "give it a name that ends with .prom: others the node exporter leaves alone"
        page.add(where, f'"{table.metrics_file}" is not read by it', remedy=remedy)
    if find_spec("prometheus_client") is None:
        remedy = "pip install 'watchlistd[prometheus]'"
        page.add(where, "metrics need prometheus-client, which is not installed", remedy=remedy)
    return page.root / table.metrics_file
