"""What a look at a file without reading it tells: whether it was edited."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """How a file lies there; an edit changes it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    """Of its inode: a file that could not be read may be readable now."""
    inode: int


def stamp_of(path: Path) -> FileStamp | None:
    """Return the stamp of a file, equal while it is not edited; None for what is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return FileStamp(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )
