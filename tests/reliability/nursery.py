"""Daemons that start in a moment: see tests.reliability.launcher."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.costs import as_installed
from tests.patience import DEADLINE_S

ROOT = Path(__file__).parents[2]
Ambush = tuple[str, str, int]
"""The side, `before` or `after`, of the n-th commit that writes something; what; and n."""


class Nursery:
    """One process that daemons are forked off, one after the other."""

    def __init__(self, compiled: Path) -> None:
        self.environment = quick_environment(compiled)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.launcher"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            text=True,
        )

    def begin(self, folder: Path, ambush: Ambush | None = None) -> "Child":
        """Begin a daemon in a folder; the one before has ended."""
        assert self._process.stdin is not None
        order = json.dumps({"folder": str(folder), "ambush": ambush})
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return Child(self, self.read(DEADLINE_S * 2))

    def read(self, within: float) -> int:
        """Return the next number; raises TimeoutExpired."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], within)[0]:
            raise subprocess.TimeoutExpired(self._process.args, within)
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Its end alone would not do where another process has this pipe as well.
        with self._process.stdin as orders:
            orders.write("\n")
        self._process.stdout.close()
        try:
            assert self._process.wait(DEADLINE_S) == 0
        except subprocess.TimeoutExpired:
            of_it = Path(f"/proc/{self._process.pid}/task/{self._process.pid}")
            shown = {name: (of_it / name).read_text() for name in ("wchan", "children", "stat")}
            self._process.kill()
            raise AssertionError(f"the launcher does not end: {shown}") from None


class Child:
    """A daemon of a nursery, as `subprocess` has it."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._turn = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code; None while it lives."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended."""
        with self._turn:
            if self.returncode is None:
                status = self._nursery.read(DEADLINE_S if timeout is None else timeout)
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended; another thread may be waiting for that."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def quick_environment(compiled: Path) -> Mapping[str, str]:
    """Return an environment without what else takes time: to compile, to count lines."""
    environment = as_installed(ROOT, compiled)
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}
