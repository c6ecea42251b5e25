"""A nursery of daemons: `watchlist run`, forked off what is loaded already, and killed on demand.

    {"folder": ..., "ambush": ["before", "alerts", 1]}     one line in: a daemon begins there
    4711                                                   one line out: its process
    9                                                      and another at its end: its status

To start a daemon takes 1.2 s of a core, of which all but 0.1 s goes into loading modules. Nothing
in the product knows of an ambush: it hangs itself on SQLAlchemy. A transaction goes by what it
writes: tables, and of a message or a telling also what becomes of it, as in `messages:marked`. The
daemon is killed right before or right after the COMMIT of the n-th that writes what is given. What
each transaction wrote is noted in the file `commits` of the folder, a line each.
"""

import importlib
import json
import os
import random
import re
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

COMMITS = "commits"
"""The file of the folder that each commit adds a line to."""
LOG = "daemon.log"
_WRITE = re.compile(r"\s*(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) \"?(\w+)")
_SCHEMA = re.compile(r"\s*CREATE TABLE")
_LIVES = {"messages", "tellings"}
_FATES = {"waiting", "claimed", "marked", "sent", "failed", "held", "told", "folded", "silenced"}
_NEEDED = ("watch.cli.main", "watch.cli.logs", "watch.cli.signals", "watch.config", "watch.app")


def main() -> None:
    """Begin a daemon for each line of standard input, up to its end or an empty one."""
    # Not at the top: the children of each sandbox load this module as well.
    for module in _NEEDED:
        importlib.import_module(module)
    while (line := sys.stdin.readline()).strip():
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _become_daemon(**order)
            return
        _say(pid)
        _say(os.waitpid(pid, 0)[1])
    # To take apart what was loaded takes a second, and there is nothing to be ended in it.
    os._exit(0)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become_daemon(folder: str, ambush: tuple[str, str, int] | None) -> None:
    os.setsid()
    os.chdir(folder)
    for path, flags, descriptors in (
        (os.devnull, os.O_RDONLY, (0,)),
        (LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, (1, 2)),
    ):
        opened = os.open(path, flags)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)
    random.seed()
    _lie_in_wait(*(ambush or ("before", "nothing", 1)))
    sys.argv[1:] = ["run"]
    importlib.import_module("watch.cli.main").main()


def _lie_in_wait(side: str, kind: str, count: int) -> None:
    sqlalchemy = importlib.import_module("sqlalchemy")
    dialect = importlib.import_module("sqlalchemy.engine.default").DefaultDialect
    commit: Callable[[Any, Any], None] = dialect.do_commit
    left = count

    def note(connection: Any, _cursor: Any, statement: str, values: Any, *_: object) -> None:
        if (what := written(statement, values)) is not None:
            connection.connection.info.setdefault("written", set()).add(what)

    def do_commit(self: Any, connection: Any) -> None:
        nonlocal left
        what: set[str] = connection.info.pop("written", set())
        left -= kind in what
        is_last = left == 0 and kind in what
        if what:
            with Path(COMMITS).open("a", encoding="utf-8") as file:
                file.write("+".join(sorted(what)) + "\n")
        if is_last and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, connection)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", note)
    dialect.do_commit = do_commit


def written(statement: str, values: Iterable[Any]) -> str | None:
    """Return what a statement writes, in a word; None when it writes nothing."""
    if _SCHEMA.match(statement):
        return "schema"
    match = _WRITE.match(statement)
    if match is None:
        return None
    table = match[1]
    if statement.lstrip().startswith("UPDATE") and table in _LIVES:
        rows = values if isinstance(values, list) else [values]
        fate = next((value for value in rows[0] if value in _FATES), None)
        return f"{table}:{fate}" if fate else table
    return table


if __name__ == "__main__":
    main()
