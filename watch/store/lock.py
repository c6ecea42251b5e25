"""One process for each state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watch.errors import StateLockedError

_NAME = "watchlist.lock"


@contextmanager
def hold_state(directory: Path) -> Iterator[None]:
    """Hold a state directory for as long as the context lasts, also over a crash's end.

    Raises StateLockedError, which names the holder, when another process has it. The lock is
    the kernel's: it ends with the process, however that ends.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise StateLockedError(
                f"process {holder} already runs on {directory}; stop it, or name another state"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder_of(directory: Path) -> int | None:
    """Return the process that holds a state directory; None when none does."""
    try:
        descriptor = os.open(directory / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        written = os.pread(descriptor, 32, 0).strip()
        return int(written) if written.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)
