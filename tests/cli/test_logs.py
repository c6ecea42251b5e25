import io
import json
import logging
import os
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.daemon import watchlist
from watch.cli.logs import set_up_logging
from watch.cli.options import LogFormat

LOG = logging.getLogger("watch.test")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours, clock = (logging.getLogger(name) for name in ("", "watch", "apscheduler"))
    kept = root.handlers[:], root.level, ours.level, clock.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = kept[0]
    for logger, level in zip((root, ours, clock), kept[1:], strict=True):
        logger.setLevel(level)


def _fault() -> None:
    try:
        int("a fault")
    except ValueError:
        LOG.exception("step failed", extra={"step": "deliver"})


def test_in_a_pipe_an_outcome_is_one_plain_line() -> None:
    stream = io.StringIO()
    set_up_logging(stream)
    moment = datetime(2026, 8, 26, 14, 1, tzinfo=timezone(timedelta(hours=9)))
    LOG.info("feed read", extra={"source": "kcna", "new": 3, "until": moment, "no": None})
    LOG.warning("file not read", extra={"path": "a b\x1b[31m\nc\u202e.txt", "why": ""})
    logging.getLogger("library").info("is of no interest")
    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO feed read "
        r"source=kcna new=3 until=2026-08-26T05:01:00Z",
        first,
    )
    assert second.endswith(' WARNING file not read path="a b[31m c.txt" why=""')
    LOG.info("lint", extra={"remedy": 'write id = "..."', "path": "a\\b"})
    third = stream.getvalue().splitlines()[-1]
    assert third.endswith(r' INFO lint remedy="write id = \"...\"" path=a\b')


def test_a_fault_of_ours_comes_with_its_traceback() -> None:
    stream = io.StringIO()
    set_up_logging(stream)
    _fault()
    assert "ERROR step failed step=deliver\nTraceback" in stream.getvalue()


def test_in_a_terminal_it_is_coloured_and_does_what_no_text_may_do_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = _Terminal()
    set_up_logging(stream)
    LOG.info("mail sent", extra={"to": "a@b.org", "answer": "\x1b]0;pwned\x07 [bold]ok"})
    _fault()
    shown = stream.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert shown != plain
    assert "\x1b" not in plain
    assert "to a@b.org  answer ]0;pwned [bold]ok" in plain
    assert "literal for int() with base 10: 'a fault'" in plain
    assert f"{datetime.now(UTC).astimezone():%H:}" in plain


def test_an_object_a_line_is_told_to_machines() -> None:
    stream = io.StringIO()
    set_up_logging(stream, LogFormat.JSON)
    moment = datetime(2026, 8, 26, 14, 1, tzinfo=timezone(timedelta(hours=9)))
    LOG.info("feed read", extra={"source": "북한", "new": 3, "until": moment, "no": None})
    LOG.warning("odd", extra={"path": "a\ud800\n\x1b[31m\u202e", "share": float("nan"), "is": True})
    _fault()
    text = stream.getvalue()
    assert text.isascii()
    first, second, third = map(json.loads, text.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {
        "level": "info",
        "event": "feed read",
        "logger": "watch.test",
        "fields": {"source": "북한", "new": 3, "until": "2026-08-26T05:01:00Z"},
    }
    assert second["level"] == "warning"
    assert second["fields"] == {"path": "a [31m", "share": "nan", "is": True}
    assert third["exception"].startswith("Traceback")
    assert "ValueError: invalid literal" in third["exception"]


def test_a_warning_of_a_library_is_a_line_of_the_log_as_well() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        set_up_logging(stream, LogFormat.JSON)
        warnings.warn("gone in 4.0\nindeed", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)  # while what it had in its place is there
    (told,) = map(json.loads, stream.getvalue().splitlines())
    assert (told["level"], told["logger"]) == ("warning", "py.warnings")
    assert "UserWarning: gone in 4.0 indeed" in told["event"]


def test_the_journal_gets_levels_and_no_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        set_up_logging(stream)
        LOG.info("feed read", extra={"source": "a b", "new": 3})
        LOG.warning("rule file gone")
        _fault()
        LOG.critical("gone")
        logging.getLogger("watch").setLevel(logging.DEBUG)
        LOG.debug("odd")
    lines = (tmp_path / "journal").read_text().splitlines()
    assert lines[:4] == [
        '<6>feed read source="a b" new=3',
        "<4>rule file gone",
        "<3>step failed step=deliver",
        "<3>Traceback (most recent call last):",
    ]
    assert all(line.startswith("<3>") for line in lines[4:-2])
    assert lines[-2:] == ["<2>gone", "<7>odd"]


def test_a_pipe_beside_the_journal_keeps_its_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    with (tmp_path / "pipe").open("w+") as stream:
        set_up_logging(stream)
        LOG.info("feed read")
    assert re.match(r"\d{4}-", (tmp_path / "pipe").read_text())


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--log-format", "json"), {}), ((), {"WATCHLIST_LOG_FORMAT": "json"})],
)
def test_every_line_of_a_run_is_an_object_where_that_is_asked(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    (tmp_path / "config.toml").write_text('[[source]]\nname = "inbox"\nfolder = "inbox"\n')
    for folder in ("rules", "inbox"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\n')
    (tmp_path / "inbox" / "a.txt").write_text("An ICBM")
    done = watchlist("once", *arguments, cwd=tmp_path, environment=variables)
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["event"] for one in told if one["fields"].get("new") == 1] == ["folder read"]
