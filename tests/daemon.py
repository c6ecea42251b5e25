"""`watchlist` as a real process: started, watched by its log, stopped or killed."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self

from tests.patience import DEADLINE_S
from watch.cli.main import main


def watchlist(
    *arguments: str | Path,
    cwd: Path,
    stdin: str | bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "watch", *map(str, arguments)],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=_environment(environment),
        timeout=DEADLINE_S * 2,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


class Process(Protocol):
    """What is asked of a daemon's process: part of `subprocess.Popen`."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


class Daemon:
    """`watchlist run` in a folder with a config.toml."""

    def __init__(
        self,
        desk: Path,
        environment: Mapping[str, str] | None = None,
        *,
        begin: Callable[[Path], Process] | None = None,
    ) -> None:
        """Start it; `begin` does that in another way, and sends its log to the same file."""
        self._path = desk / "daemon.log"
        self._file = self._path.open("ab")
        self._start = self._file.tell()
        self.process: Process = (
            begin(desk)
            if begin is not None
            else subprocess.Popen(
                [sys.executable, "-m", "watch", "run"],
                cwd=desk,
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.STDOUT,
                env=_environment(environment),
            )
        )

    @property
    def log(self) -> str:
        """What this process said so far."""
        return self._path.read_bytes()[self._start :].decode()

    def wait_for(self, *words: str) -> str:
        """Return the line of the log that holds all these words, once it is there."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for line in self.log.splitlines():
                if all(word in line for word in words):
                    return line
            assert self.process.poll() is None, f"it ended:\n{self.log}"
            time.sleep(0.02)
        raise AssertionError(f"no line with {words} in:\n{self._last_words()}")

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self._file.close()

    def _last_words(self) -> str:
        """End it; return its log, and where each of its threads stood."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(DEADLINE_S / 10)
        return self.log


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {
        **os.environ,
        "COLUMNS": "100",
        "TERM": "dumb",
        "PYTHONFAULTHANDLER": "1",  # what is aborted tells where it stood
        **(more or {}),
    }


def watchlist_here(
    *arguments: str | Path, cwd: Path, stdin: str | bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Run the command within this process: the same but for a second that it takes to start.

    Not for those that change the process itself: `run`, `once`, `demo`.
    """
    streams = [io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin)]
    streams += [io.BytesIO(), io.BytesIO()]
    given, out, err = (io.TextIOWrapper(one, "utf-8", write_through=True) for one in streams)
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr
    sys.argv, sys.stdin, sys.stdout, sys.stderr = ["watchlist"], given, out, err
    sys.argv += map(str, arguments)
    code = 0
    try:
        with contextlib.chdir(cwd):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept
    said = [stream.getvalue().decode() for stream in streams[1:]]
    return subprocess.CompletedProcess(list(map(str, arguments)), code, *said)
