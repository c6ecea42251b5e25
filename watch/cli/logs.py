"""One line for each outcome.

Coloured in a terminal, plain with a date in a pipe, without one but with its level as systemd has
it in the journal, or an object of JSON.
"""

import json
import logging
import math
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.text import Text

from watch.cli.options import LogFormat
from watch.core.cleaning import clean, clean_lines

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SYSLOG = (
    (logging.CRITICAL, "<2>"),
    (logging.ERROR, "<3>"),
    (logging.WARNING, "<4>"),
    (logging.INFO, "<6>"),
)
_STYLES = {logging.WARNING: "yellow", logging.ERROR: "bold red", logging.CRITICAL: "bold red"}


def set_up_logging(stream: TextIO = sys.stderr, form: LogFormat = LogFormat.TEXT) -> None:
    """Send the outcomes of our own work to a stream, and of libraries what needs attention."""
    root = logging.getLogger()
    root.handlers[:] = [_handler(stream, form)]
    logging.captureWarnings(capture=True)
    root.setLevel(logging.WARNING)
    logging.getLogger("watch").setLevel(logging.INFO)
    # APScheduler tells at WARNING what it does by design: a tick that finds the last one at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _handler(stream: TextIO, form: LogFormat) -> logging.Handler:
    console = Console(file=stream, highlight=False, soft_wrap=True)
    if form is LogFormat.JSON:
        return _JsonHandler(stream)
    if console.is_terminal:
        return _TerminalHandler(console)
    return _JournalHandler(stream) if _is_journal(stream) else _PlainHandler(stream)


def _is_journal(stream: TextIO) -> bool:
    """Whether a stream is the one that systemd connected to its journal (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def fields_of(record: logging.LogRecord) -> dict[str, str]:
    """Return the fields of a record as a person reads them, cleaned."""
    return {key: _shown(value) for key, value in _fields(record)}


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    for key, value in vars(record).items():
        if key not in _STANDARD and value is not None:
            yield key, value


def _shown(value: object) -> str:
    return _moment(value) if isinstance(value, datetime) else clean(str(value)).strip()


def _value(value: object) -> object:
    """Return a field as JSON has it; what it has no word for is told as people read it."""
    is_number = isinstance(value, (int, float)) and math.isfinite(value)
    return value if is_number else _shown(value)


def _moment(moment: datetime, precision: str = "seconds") -> str:
    """Return a moment as RFC 3339 has it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _quoted(value: str) -> str:
    """Return a value so that it can be told where it ends: in quotes where it needs them."""
    if value and not {" ", '"', "="} & set(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _traceback(record: logging.LogRecord) -> str:
    """Return it on its lines; what an exception quotes is foreign."""
    if not record.exc_info:
        return ""
    return clean_lines(logging.Formatter().formatException(record.exc_info))


class _PlainHandler(logging.StreamHandler[TextIO]):
    """`2026-08-26T05:01:12Z INFO feed read source=kcna entries=40 new=3`."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC)
        fields = " ".join(f"{key}={_quoted(value)}" for key, value in fields_of(record).items())
        line = f"{_moment(when)} {record.levelname} {clean(record.getMessage())} {fields}".rstrip()
        return "\n".join(filter(None, (line, _traceback(record))))


class _JournalHandler(logging.StreamHandler[TextIO]):
    """`<6>feed read source=kcna entries=40 new=3`: the journal has the time (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={_quoted(value)}" for key, value in fields_of(record).items())
        lines = [
            f"{clean(record.getMessage())} {fields}".rstrip(),
            *_traceback(record).splitlines(),
        ]
        level = next((word for least, word in _SYSLOG if record.levelno >= least), "<7>")
        return "\n".join(f"{level}{line}" for line in lines)


class _JsonHandler(logging.StreamHandler[TextIO]):
    r"""`{"time": "2026-08-26T05:01:12.345Z", "level": "info", "event": "feed read", ...}`.

    In ASCII: nothing in it acts on a terminal, and whatever reads lines gets whole objects.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": _moment(datetime.fromtimestamp(record.created, UTC), "milliseconds"),
            "level": record.levelname.lower(),
            "event": clean(record.getMessage()),
            "logger": record.name,
            "fields": {key: _value(value) for key, value in _fields(record)},
        }
        if record.exc_info:
            told["exception"] = _traceback(record).encode("utf-8", "replace").decode()
        return json.dumps(told)


class _TerminalHandler(logging.Handler):
    """The same for people: the local time, colours, no level but where it matters."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        style = _STYLES.get(record.levelno, "bold")
        when = datetime.fromtimestamp(record.created).astimezone()
        line = Text.assemble(
            (f"{when:%H:%M:%S}  ", "dim"), (f"{clean(record.getMessage()):<14}", style)
        )
        for key, value in fields_of(record).items():
            line.append(f"  {key} ", "dim")
            line.append(value)
        self._console.print(line)
        if record.exc_info:
            self._console.print(_traceback(record), markup=False)
