import os
import re
import sys
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tomli

from watch.config import Config, load_config
from watch.config.lint import readable_secrets
from watch.config.page import parse_duration
from watch.core.model import Group, Severity, Subscription
from watch.core.sending import QuietHours, Schedule
from watch.core.toml import TomlText
from watch.errors import MistakesError
from watch.ingest.feed import FullText
from watch.notify.smtp import Security
from watch.pipeline.settings import HealthSettings, MonitoringSettings, OnAmbiguous, Ping

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
OPML = """<opml version="2.0"><body>
<outline type="rss" text="Harbour wire" xmlUrl="https://example.net/feed"/></body></opml>"""
SOURCE = '[[source]]\nname = "inbox"\nfolder = "inbox"\n'
SUBSCRIPTION = '[[subscription]]\nname = "desk"\nto = ["a@b.org"]\n'


def _load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return load_config(path)


def _mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(MistakesError) as raised:
        _load(tmp_path, text)
    return [str(one).removeprefix(f"{tmp_path}/") for one in raised.value.mistakes]


def test_the_example_loads_as_it_is() -> None:
    config = load_config(EXAMPLE)
    assert [folder.name for folder in config.folders] == ["inbox"]
    assert config.smtp is None
    (subscription,) = config.subscriptions
    assert subscription.group_wait == timedelta(seconds=60)


def test_the_example_shows_every_key_at_work(tmp_path: Path) -> None:
    """With every setting that is commented out put to work it loads, and none is forgotten."""
    text = re.sub(r"^#(?! )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    text = text.replace('transport = "maildir"', 'transport = "smtp"')
    text = text.replace('"watchlist@localhost"', '"watchlist@example.org"')
    text = re.sub(r"^(password_env|proxy |ca_file    =|ping  ).*$", "", text, flags=re.MULTILINE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "smtp-password").write_text("secret\n")
    (tmp_path / "feeds.opml").write_text(OPML)
    (tmp_path / "proxy").write_text("http://user:secret@proxy.example.org:3128\n")
    (tmp_path / "ping").write_text("https://hc.example.org/ping/1234\n")
    (tmp_path / "wire-headers").write_text("X-Api-Key: 1234\n\nAccept-Language: en\n")
    config = _load(tmp_path, text)
    assert config.smtp is not None
    assert config.smtp.security is Security.STARTTLS
    assert (config.smtp.user, config.smtp.password) == ("watchlist", "secret")
    assert config.smtp.ca_file == tmp_path / "ca.pem"
    assert config.mail.templates == tmp_path / "templates"
    assert config.mail.reply_to == "korea-desk@example.org"
    assert config.operator == "admin@example.org"
    mondays = Schedule(days=frozenset({0}), at=time(7))
    assert config.health == HealthSettings(schedule=mondays, zone=ZoneInfo("UTC"))
    assert config.delivery.max_per_minute == 60
    ping = Ping(
        url="https://hc.example.org/ping/1234",
        every=timedelta(minutes=5),
        allow_private=(ip_network("10.1.2.0/24"),),
    )
    assert config.monitoring == MonitoringSettings(
        ping=ping,
        metrics_file=tmp_path / "metrics" / "watchlist.prom",
        pulse_file=tmp_path / "state" / "watchlist.pulse.json",
    )
    read = {"config.toml", "feeds.opml", "wire-headers", "smtp-password", "proxy", "ping"}
    assert {path.name for path in config.files} == read
    assert config.web.contact == "https://example.org/watchlist"
    assert config.web.proxy == "http://user:secret@proxy.example.org:3128"
    desk, mornings = config.subscriptions
    assert desk.quiet == QuietHours(start=time(22), end=time(6))
    assert mornings.schedule == Schedule(days=frozenset(range(5)), at=time(7))
    assert (mornings.sends_empty, mornings.remind_after) == (True, timedelta(days=3))
    feed, listed = config.feeds
    assert (listed.name, listed.url) == ("Harbour wire", "https://example.net/feed")
    assert feed.full_text is FullText.WHEN_SHORT
    assert feed.headers == (("X-Api-Key", "1234"), ("Accept-Language", "en"))
    assert feed.every == timedelta(minutes=15)
    assert feed.allow_private == (ip_network("10.1.2.0/24"),)
    shown = set(re.findall(r"^#?(\w+)\s*=", EXAMPLE.read_text("utf-8"), re.MULTILINE))
    known = set(re.findall(r"known here: (.*)\)", "\n".join(_all_keys(tmp_path))))
    assert known, "the keys are told by the mistakes that unknown ones make"
    assert {key for keys in known for key in keys.split(", ")} <= shown


def _all_keys(tmp_path: Path) -> list[str]:
    text = "[state]\nqqqqq = 1\n[rules]\nqqqqq = 1\n[mail]\nqqqqq = 1\n"
    text += '[[source]]\nname = "a"\nqqqqq = 1\n[[subscription]]\nname = "b"\nto = []\nqqqqq = 1\n'
    return _mistakes(tmp_path, text)


def test_the_health_mail_comes_on_the_operators_clock_on_mondays_or_never(tmp_path: Path) -> None:
    mondays = Schedule(days=frozenset({0}), at=time(7))
    assert _load(tmp_path, SOURCE).health.schedule == mondays
    seoul = _load(tmp_path, f'[mail]\nhealth = "daily at 9:30"\ntimezone = "Asia/Seoul"\n{SOURCE}')
    assert seoul.health == HealthSettings(
        schedule=Schedule(at=time(9, 30)), zone=ZoneInfo("Asia/Seoul")
    )
    assert _load(tmp_path, f'[mail]\nhealth = "Never"\n{SOURCE}').health.schedule is None


def test_paths_count_from_the_files_folder(tmp_path: Path) -> None:
    config = _load(tmp_path, f'[state]\npath = "/var/lib/watchlist"\n{SOURCE}')
    assert config.state == Path("/var/lib/watchlist")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("", 400), ('keep_documents = "30d"', 30), ('keep_documents = "forever"', None)],
)
def test_documents_are_kept_for_400_days_unless_told_otherwise(
    tmp_path: Path, written: str, kept: int | None
) -> None:
    config = _load(tmp_path, f"[state]\n{written}\n{SOURCE}")
    assert config.keep_documents == (None if kept is None else timedelta(days=kept))
    assert config.rules.path == tmp_path / "rules"
    assert config.rules.label == "rules"
    assert config.maildir == tmp_path / "mail"
    assert config.folders[0].root == tmp_path / "inbox"


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    text = f'{SOURCE}[[source]]\nname = "kcna"\nfeed = "http://example.org/feed"\n'
    text += '[[subscription]]\nname = "desk"\nto = ["a@b.org", "a@b.org"]\n'
    config = _load(tmp_path, text)
    (folder,), (feed,), (desk,) = config.folders, config.feeds, config.subscriptions
    assert (folder.recursive, folder.backfill, folder.every) == (True, True, None)
    assert (feed.backfill, feed.every, feed.headers) == (False, None, ())
    assert desk.to == ("a@b.org",), "nobody gets a mail twice"
    assert (desk.rules, desk.tags, desk.severity) == ((), (), Severity.LOW)
    assert (desk.schedule, desk.quiet, desk.zone) == (None, None, ZoneInfo("UTC"))
    assert (desk.group, desk.group_wait) == (Group.TOGETHER, timedelta(minutes=1))
    assert (desk.group_interval, desk.max_per_hour) == (timedelta(minutes=5), 20)
    assert (desk.remind_after, desk.sends_empty, desk.language) == (None, False, "en")
    assert config.delivery.on_ambiguous is OnAmbiguous.RESEND
    assert config.delivery.max_per_minute is None


WHEN = """\
send = "Mondays and thursdays at 9:30"
timezone = "Asia/Seoul"
quiet = "22:00 - 6:00"
group = "each"
group_wait = "0s"
group_interval = "1h30m"
max_per_hour = 3
remind_after = "3d"
send_empty = true
language = "ko"
"""


def test_every_key_of_a_subscription_is_read(tmp_path: Path) -> None:
    (tmp_path / "own" / "ko").mkdir(parents=True)
    text = f'[mail]\ntemplates = "own"\n{SOURCE}{SUBSCRIPTION}{WHEN}'
    (desk,) = _load(tmp_path, text).subscriptions
    assert desk == Subscription(
        name="desk",
        to=("a@b.org",),
        schedule=Schedule(days=frozenset({0, 3}), at=time(9, 30)),
        quiet=QuietHours(start=time(22), end=time(6)),
        zone=ZoneInfo("Asia/Seoul"),
        group=Group.EACH,
        group_wait=timedelta(0),
        group_interval=timedelta(hours=1.5),
        max_per_hour=3,
        remind_after=timedelta(days=3),
        sends_empty=True,
        language="ko",
    )


def test_a_language_without_templates_of_its_own_is_told_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "own" / "ko").mkdir(parents=True)
    for language, remedy in (
        ("ru", f"put yours into {tmp_path / 'own' / 'ru'}"),
        ("ko/..", 'write a code, such as "en" or "ko"'),
        ("", "write a code"),
    ):
        text = f'[mail]\ntemplates = "own"\n{SOURCE}{SUBSCRIPTION}language = "{language}"\n'
        (told,) = _mistakes(tmp_path, text)
        assert told.startswith("config.toml:9:12: there are no templates in")
        assert remedy in told


def test_smtp_takes_its_password_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        '[mail]\nfrom = "w@example.org"\ntransport = "smtp"\nhost = "mx"\nsecurity = "tls"\n'
        f'user = "u"\npassword_env = "WL_TEST_PASSWORD"\non_ambiguous = "hold"\n{SOURCE}'
    )
    (told,) = _mistakes(tmp_path, text)
    assert told == "config.toml:7:16: WL_TEST_PASSWORD is not set (set it for the daemon)"
    monkeypatch.setenv("WL_TEST_PASSWORD", "hunter2")
    config = _load(tmp_path, text)
    assert config.smtp is not None
    assert config.smtp.password == "hunter2"
    assert "WL_TEST_PASSWORD" not in os.environ, "no child inherits it"
    again = _load(tmp_path, text)
    assert again.smtp == config.smtp
    assert "hunter2" not in repr(config), "a secret is in no log"
    assert config.delivery.on_ambiguous is OnAmbiguous.HOLD


CASES = tomli.loads((Path(__file__).parent / "config_mistakes.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["told"])
def test_a_mistake_is_told_with_place_and_remedy(tmp_path: Path, case: dict[str, str]) -> None:
    text = case["text"].replace("{source}\n", SOURCE).replace("{subscription}\n", SUBSCRIPTION)
    assert _mistakes(tmp_path, text)[0].startswith(case["told"])


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = (
        '[mail]\ntransprt = "x"\n[[source]]\nname = "a"\nfoldr = "x"\n'
        '[[subscription]]\nname = "b"\nto = ["?"]\n'
    )
    places = [one.split(": ")[0] for one in _mistakes(tmp_path, text)]
    assert places == ["config.toml:2:1", "config.toml:5:1", "config.toml:8:7"]


def test_a_password_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("x")
    text = (
        '[mail]\nfrom = "w@x.org"\ntransport = "smtp"\nhost = "mx"\nsecurity = "none"\nuser = "u"\n'
        f'password_file = "pw"\n{SOURCE}'
    )
    assert "never sent in the clear" in _mistakes(tmp_path, text)[0]


def test_a_line_that_is_no_header_is_told_without_its_secret(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("X-Key s3cret\n")
    text = '[[source]]\nname = "a"\nfeed = "http://x.org"\nheaders_file = "headers"\n'
    (told,) = _mistakes(tmp_path, text)
    assert "a line of headers is no header" in told
    assert "s3cret" not in told


def test_a_file_that_is_missing_or_no_utf8_is_told(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="watchlist init DIR"):
        load_config(tmp_path / "config.toml")
    (tmp_path / "config.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(MistakesError, match="not UTF-8"):
        load_config(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("90s", 90.0),
        ("15m", 900.0),
        ("1h30m", 5400.0),
        (" 2 d ", 172_800.0),
        ("0.5s", 0.5),
        ("", None),
        ("15", None),
        ("m", None),
        ("-5s", None),
        ("5s later", None),
        ("9" * 400 + "d", None),
    ],
)
def test_lengths_of_time(written: str, wanted: float | None) -> None:
    parsed = parse_duration(written)
    assert (parsed and parsed.total_seconds()) == wanted


def test_metrics_are_refused_where_what_writes_them_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    (told,) = _mistakes(tmp_path, f'{SOURCE}[monitoring]\nmetrics_file = "w.prom"\n')
    assert told == (
        "config.toml:5:16: metrics need prometheus-client, which is not installed "
        "(pip install 'watchlistd[prometheus]')"
    )


def test_where_nobody_looks_there_is_only_the_pulse(tmp_path: Path) -> None:
    pulse = MonitoringSettings(pulse_file=tmp_path / "state" / "watchlist.pulse.json")
    assert _load(tmp_path, SOURCE).monitoring == pulse


def test_the_address_of_a_monitor_is_a_secret_too(tmp_path: Path) -> None:
    (tmp_path / "ping").write_text("https://hc.example.org/ping/1234\n")
    (tmp_path / "ping").chmod(0o600)
    toml = TomlText("config.toml", f'{SOURCE}[monitoring]\nping_file = "ping"\n')
    assert list(readable_secrets(toml, tmp_path)) == []
    (tmp_path / "ping").chmod(0o644)
    (lint,) = readable_secrets(toml, tmp_path)
    assert str(lint.mistake).startswith("config.toml:5:13: anybody on this machine may read")
