"""How it stands, in the words of Prometheus, for the textfile collector of its node exporter.

https://github.com/prometheus/node_exporter#textfile-collector. It is loaded where metrics are
asked for, and needs the extra `watchlistd[prometheus]`.
"""

import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from watch.core.model import MessageState
from watch.core.vitals import Vitals
from watch.notify.textfile import replace_file

_MODE = 0o644
"""The node exporter is another user."""


def write_metrics(path: Path, vitals: Vitals) -> None:
    """Put a file of metrics in place of the one before. Raises OSError."""
    replace_file(path, shown_metrics(vitals), mode=_MODE)


def shown_metrics(vitals: Vitals) -> bytes:
    """Return the metrics in the text format, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Metrics(vitals))
    return generate_latest(registry)


class _Metrics(Collector):
    """All that is told of one look."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        yield from _of_the_process(self._vitals)
        yield from _of_what_is_kept(self._vitals)
        yield from _of_mails(self._vitals)
        yield from _of_sources(self._vitals)
        yield from _of_rules(self._vitals)


def _of_the_process(vitals: Vitals) -> Iterator[Metric]:
    build = {"version": vitals.version, "python": platform.python_version()}
    yield InfoMetricFamily("watchlist_build", "What is at work.", value=build)
    yield _gauge("start_time_seconds", "When the daemon started.", _seconds(vitals.started))
    yield _gauge(
        "last_loop_timestamp_seconds",
        "When these were written; a daemon that hangs writes no more.",
        _seconds(vitals.now),
    )
    yield _gauge(
        "last_ping_timestamp_seconds",
        "When a monitor was last told that all is well; 0 for never.",
        _seconds(vitals.pinged),
    )


def _of_what_is_kept(vitals: Vitals) -> Iterator[Metric]:
    counts = vitals.counts
    yield _counter("documents", "Documents taken in since the database was made.", counts.documents)
    yield _counter("findings", "Findings since the database was made.", counts.findings)
    yield _gauge("database_bytes", "Size of the database, with its log.", counts.size)
    yield _gauge("disk_free_bytes", "Room on the disk of the database.", counts.free)


def _of_mails(vitals: Vitals) -> Iterator[Metric]:
    counts = vitals.counts
    yield _counter("mails_written", "Mails written since the database was made.", counts.mails)
    states = GaugeMetricFamily(
        "watchlist_mails", "Mails that were not sent, by state.", labels=["state"]
    )
    for state, number in counts.states.items():
        states.add_metric([state.value], number)
    yield states
    settled = CounterMetricFamily(
        "watchlist_mails_settled",
        "Mails that ended since the daemon started, by how.",
        labels=["state"],
    )
    for state in (MessageState.SENT, MessageState.FAILED):
        settled.add_metric([state.value], vitals.settled.get(state, 0))
    yield settled
    oldest = counts.oldest
    age = 0.0 if oldest is None else max(0.0, (vitals.now - oldest).total_seconds())
    yield _gauge("oldest_unsent_seconds", "Age of the oldest mail that has not ended.", age)
    is_closed = vitals.closed_since is not None
    yield _gauge("channel_closed", "Whether no mail goes out at all.", is_closed)


def _of_sources(vitals: Vitals) -> Iterator[Metric]:
    succeeded = _of_a_source("last_success_timestamp_seconds", "When it was last read; 0: never.")
    failures = _of_a_source("failures", "How many times in a row it could not be read.")
    baseline = _of_a_source("baseline", "Whether what comes from it is news by now.")
    paused = _of_a_source("paused", "Whether it is gone for good, and hardly asked any more.")
    for source in vitals.sources:
        # Nothing but text gets into a file of text.
        label = [source.name.encode("utf-8", "replace").decode()]
        state = source.state
        succeeded.add_metric(label, _seconds(state.succeeded if state else None))
        failures.add_metric(label, state.failures if state else 0)
        baseline.add_metric(label, bool(state and state.has_baseline))
        paused.add_metric(label, bool(state and state.paused_since))
    yield from (succeeded, failures, baseline, paused)


def _of_rules(vitals: Vitals) -> Iterator[Metric]:
    rules = vitals.rules
    yield _gauge("items", "Items in force.", rules.items)
    yield _gauge("rules", "Rules in force, besides those that items are.", rules.rules)
    yield _gauge("rule_files", "Rule files.", rules.files)
    yield _gauge("rule_files_stale", "Rule files not in force as they lie there.", rules.stale)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watchlist_{name}", words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"watchlist_{name}", words, value=value)


def _of_a_source(name: str, words: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"watchlist_source_{name}", words, labels=["source"])


def _seconds(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()
