import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.builders import NOW
from watch.core.model import MessageState, SourceState
from watch.core.vitals import Counts, RuleCounts, Vitals, WatchedSource
from watch.notify.prometheus import shown_metrics, write_metrics

NAME = 'wire "북한"\\ x'
STATE = SourceState(
    name=NAME, location="x", due=NOW, succeeded=NOW, failures=3, has_baseline=True, paused_since=NOW
)
VITALS = Vitals(
    version="0.1.0",
    now=NOW,
    started=NOW - timedelta(days=1),
    sources=(WatchedSource(name=NAME, state=STATE), WatchedSource(name="new\ud800")),
    counts=Counts(
        documents=1_000_000,
        findings=2_000,
        mails=30,
        states={MessageState.WAITING: 4, MessageState.FAILED: 1},
        oldest=NOW - timedelta(minutes=10),
        size=4_096,
        free=8_192,
    ),
    rules=RuleCounts(items=40, rules=5, files=3, stale=1),
    settled={MessageState.SENT: 25},
    closed_since=NOW,
)


def _samples(vitals: Vitals) -> dict[tuple[str, str], float]:
    return {
        (sample.name.removeprefix("watchlist_"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(shown_metrics(vitals).decode())
        for sample in family.samples
    }


def test_what_is_told_is_read_back_by_prometheus_own_reader() -> None:
    samples = _samples(VITALS)
    assert {name: value for (name, label), value in samples.items() if not label} == {
        "start_time_seconds": (NOW - timedelta(days=1)).timestamp(),
        "last_loop_timestamp_seconds": NOW.timestamp(),
        "last_ping_timestamp_seconds": 0.0,
        "documents_total": 1_000_000,
        "findings_total": 2_000,
        "mails_written_total": 30,
        "database_bytes": 4_096,
        "disk_free_bytes": 8_192,
        "oldest_unsent_seconds": 600,
        "channel_closed": 1,
        "items": 40,
        "rules": 5,
        "rule_files": 3,
        "rule_files_stale": 1,
    }
    assert samples["mails", "waiting"] == 4
    assert samples["mails_settled_total", "sent"] == 25
    assert samples["mails_settled_total", "failed"] == 0
    assert samples["source_last_success_timestamp_seconds", NAME] == NOW.timestamp()
    assert samples["source_failures", NAME] == 3
    assert (samples["source_baseline", NAME], samples["source_paused", NAME]) == (1, 1)
    new = {name: value for (name, label), value in samples.items() if label == "new?"}
    assert set(new.values()) == {0.0}
    assert len(new) == 4
    (build,) = [label for name, label in samples if name == "build_info"]
    assert re.fullmatch(r"3\.\d+\.\d+\S*,0\.1\.0|0\.1\.0,3\.\d+\.\d+\S*", build)


def test_every_metric_says_what_it_is_and_of_which_type() -> None:
    lines = shown_metrics(VITALS).decode().splitlines()
    names = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
    for word in ("HELP", "TYPE"):
        assert {line.split()[2] for line in lines if line.startswith(f"# {word}")} == names
    assert all(name.startswith("watchlist_") for name in names)


def test_where_nothing_waits_nothing_is_old() -> None:
    samples = _samples(replace(VITALS, counts=Counts(), closed_since=None, pinged=NOW))
    assert samples["oldest_unsent_seconds", ""] == 0
    assert samples["channel_closed", ""] == 0
    assert samples["last_ping_timestamp_seconds", ""] == NOW.timestamp()


def test_the_file_is_for_another_user_to_read(tmp_path: Path) -> None:
    write_metrics(tmp_path / "watchlist.prom", VITALS)
    assert (tmp_path / "watchlist.prom").read_bytes() == shown_metrics(VITALS)
    assert (tmp_path / "watchlist.prom").stat().st_mode & 0o777 == 0o644
