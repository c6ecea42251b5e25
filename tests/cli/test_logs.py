import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from watch.cli.logs import set_up_logging

LOG = logging.getLogger("watch.test")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours, clock = (logging.getLogger(name) for name in ("", "watch", "apscheduler"))
    kept = root.handlers[:], root.level, ours.level, clock.level
    yield
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
