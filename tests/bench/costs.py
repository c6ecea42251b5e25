"""What a command costs, its children included, as the system counts it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PREFIX = "PYTHONPYCACHEPREFIX"
_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"
_TICKS = os.sysconf("SC_CLK_TCK")

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run cost."""

    cpu_s: float
    """Of the process and of all children it waited for, in user and system mode."""
    wall_s: float
    peak_mb: float
    """Of the largest of these processes."""


def as_installed(root: Path, compiled: Path) -> dict[str, str]:
    """Return an environment in which modules are compiled once, as pip leaves them.

    Where this environment forbids that, they are laid into the folder `compiled`.
    """
    kept = {**os.environ, "PYTHONPATH": str(root)}
    if kept.pop(_NOT_COMPILED, None):
        kept[PREFIX] = str(compiled)
    return kept


def cost_of(command: Command, folder: Path, environment: Mapping[str, str]) -> Cost:
    """Return what a command costs that succeeds, from its start to its end, in a folder.

    What it says is added to the file `log` there.
    """
    began = time.monotonic()
    with _started(command, folder, environment) as process:
        return _ended(process, began)


def idle_share(
    command: Command,
    folder: Path,
    environment: Mapping[str, str],
    *,
    settle_s: float,
    idle_s: float,
) -> tuple[float, Cost]:
    """Return the part of a core that a daemon uses once it has settled, and what it cost in all."""
    began = time.monotonic()
    with _started(command, folder, environment) as process:
        time.sleep(settle_s)
        settled_s = _cpu_s(process.pid)
        time.sleep(idle_s)
        used_s = _cpu_s(process.pid) - settled_s
        process.send_signal(signal.SIGTERM)
        return used_s / idle_s, _ended(process, began)


@contextmanager
def _started(
    command: Command, folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield process
        if process.returncode != 0:
            said = (folder / "log").read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"{command} ended with {process.returncode}:\n{said}")
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def _ended(process: subprocess.Popen[bytes], began: float) -> Cost:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=time.monotonic() - began,
        peak_mb=used.ru_maxrss / 1024,
    )


def _cpu_s(pid: int) -> float:
    """Return what a living process has used so far (proc(5): utime and stime of its stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
