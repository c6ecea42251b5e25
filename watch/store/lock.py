"""One process for each state directory."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watch.errors import StateLockedError, StoreRefusedError

_NAME = "watchlist.lock"
_SAYS_ITS_NAME_S = 0.1
"""How long a process that has just taken the lock may need to write down its number."""
_OURS = "watchlist"
"""What the name of each file of a state begins with."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def hold_state(directory: Path) -> Iterator[None]:
    """Hold a state directory for as long as the context lasts, also over a crash's end.

    Raises StateLockedError, which names the holder, when another process has it, and
    StoreRefusedError when nothing can be kept there. The lock is the kernel's: it ends with the
    process, however that ends.
    """
    descriptor = _open(directory)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            time.sleep(_SAYS_ITS_NAME_S)
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise StateLockedError(
                f"process {holder} already runs on {directory}; stop it, or name another state"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(directory: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close_to_others(directory)
        return os.open(directory / _NAME, flags, 0o600)
    except OSError as error:
        raise StoreRefusedError(
            f"{error.filename}: {error.strerror}; give {directory} to the user that runs this, "
            "or name another state folder"
        ) from error


def _close_to_others(directory: Path) -> None:
    """Take from others what they may do with a state that lay there before, as far as it is ours.

    A folder in which other things lie as well stays as it is: a state may be kept beside them.
    """
    entries = list(directory.iterdir())
    ours = [path for path in entries if path.name.startswith(_OURS)]
    for path in ours if len(ours) < len(entries) else (directory, *ours):
        status = path.lstat()
        is_plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        if is_plain and status.st_uid == os.geteuid() and status.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)


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
