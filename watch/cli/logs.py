"""One line for each outcome: coloured in a terminal, plain with a date in a pipe."""

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.text import Text

from watch.core.cleaning import clean

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_STYLES = {logging.WARNING: "yellow", logging.ERROR: "bold red", logging.CRITICAL: "bold red"}


def set_up_logging(stream: TextIO = sys.stderr) -> None:
    """Send the outcomes of our own work to a stream, and of libraries what needs attention."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    handler = _TerminalHandler(console) if console.is_terminal else _PlainHandler(stream)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("watch").setLevel(logging.INFO)
    # APScheduler tells at WARNING what it does by design: a tick that finds the last one at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def fields_of(record: logging.LogRecord) -> dict[str, str]:
    """Return the fields of a record as a person reads them, cleaned."""
    return {
        key: _shown(value)
        for key, value in vars(record).items()
        if key not in _STANDARD and value is not None
    }


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return clean(str(value)).strip()


def _quoted(value: str) -> str:
    """Return a value so that it can be told where it ends: in quotes where it needs them."""
    if value and not {" ", '"', "="} & set(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _traceback(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else ""


class _PlainHandler(logging.StreamHandler[TextIO]):
    """`2026-08-26T05:01:12Z INFO feed read source=kcna entries=40 new=3`."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC)
        fields = " ".join(f"{key}={_quoted(value)}" for key, value in fields_of(record).items())
        line = f"{_shown(when)} {record.levelname} {clean(record.getMessage())} {fields}".rstrip()
        return "\n".join(filter(None, (line, _traceback(record))))


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
