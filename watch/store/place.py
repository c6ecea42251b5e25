"""Where the database lies: whether it can be there, and whether it still does."""

import os
import stat
from pathlib import Path

from watch.errors import StoreRefusedError
from watch.store.mounts import NETWORKED, file_system_of

_MOUNTS = Path("/proc/self/mountinfo")

Identity = tuple[int, int]
"""What a file is, whatever it is called: its device and its number there."""


def check_place(path: Path, mounts: Path = _MOUNTS) -> None:
    """Raise StoreRefusedError where no database can be kept at a path, made or to be made."""
    folder = path.parent
    if not folder.is_dir():
        raise StoreRefusedError(f"{path}: check that the folder exists: {folder} is none")
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise StoreRefusedError(
            f"{path}: {error.strerror}; see that this user may enter {folder}"
        ) from error
    if status is not None:
        _check_file(path, status)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreRefusedError(
            f"{folder}: this user may not write in it; give it to the user that runs this, or "
            "name another state folder"
        )
    _check_mount(path, mounts)


def _check_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "something else than a file"
        raise StoreRefusedError(f"{path}: {kind} lies where the database belongs; move it away")
    user = os.geteuid()
    # What root makes beside it, its owner could not open.
    if user == 0 and status.st_uid != user:
        raise StoreRefusedError(f"{path}: belongs to user {status.st_uid}; run as that user")
    if not os.access(path, os.R_OK | os.W_OK):
        raise StoreRefusedError(
            f"{path}: user {user} may not read and write it (it belongs to user {status.st_uid}, "
            f"mode {stat.S_IMODE(status.st_mode):04o}); run as its owner, or chown and chmod it"
        )


def _check_mount(path: Path, mounts: Path) -> None:
    if not mounts.exists():  # no Linux
        return
    kind = file_system_of(path.resolve(), mounts.read_text("utf-8", "surrogateescape"))
    if kind in NETWORKED:
        raise StoreRefusedError(
            f"{path}: lies on a network file system ({kind}), on which databases break; name a "
            "state folder on a disk of this machine"
        )


def identity_of(path: Path) -> Identity | None:
    """Return what lies at a path; None when nothing does, or nobody can say."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Place:
    """The files of an open database, as they were found when it was opened."""

    def __init__(self, path: Path) -> None:
        path = path.resolve()
        # The log may come with the first write.
        self._known = {one: identity_of(one) for one in (path, _log_of(path))}

    def check(self) -> None:
        """Raise StoreRefusedError when a file is gone, or another lies in its place.

        What is written to a file without a name succeeds, and nobody finds it again. Costs two
        looks at the disk.
        """
        for path, known in self._known.items():
            found = identity_of(path)
            if known is None:
                self._known[path] = found
            elif found != known:
                what = "is gone" if found is None else "was replaced by another file"
                raise StoreRefusedError(
                    f"{path}: {what} while in use, and what is written would be lost; put it "
                    "back, or a backup in the place of the database, and start again"
                )


def _log_of(path: Path) -> Path:
    """Return the write-ahead log of a database: it holds what the database does not yet."""
    return path.with_name(path.name + "-wal")


def sync(path: Path) -> None:
    """Have what is in a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
