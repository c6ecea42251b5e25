"""Which file system a path lies on, by the text of /proc/self/mountinfo (man 5 proc)."""

import re
from pathlib import Path

NETWORKED = frozenset(
    (
        "9p", "afs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.cifs", "fuse.davfs2",
        "fuse.gcsfuse", "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs",
        "fuse.smbnetfs", "fuse.sshfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
    )
)  # fmt: skip
"""Those that other machines share: memory is not, and a write-ahead log needs that (sqlite.org/
wal.html, "all processes using a database must be on the same host computer")."""

_MOUNT_POINT = 4
_SEPARATOR = "-"
_OPTIONAL = 6
"""How many fields come before the optional ones, which the separator ends."""


def file_system_of(path: Path, mountinfo: str) -> str | None:
    """Return the type of the file system that an absolute path lies on; None when none is known."""
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if _SEPARATOR not in fields[_OPTIONAL:]:
            continue
        after = fields.index(_SEPARATOR, _OPTIONAL)
        point = Path(_unescaped(fields[_MOUNT_POINT]))
        depth = len(point.parts)
        # Of two at one point the later hides the earlier.
        if path.is_relative_to(point) and (found is None or depth >= found[0]):
            found = depth, "".join(fields[after + 1 : after + 2])
    return found[1] if found is not None else None


def _unescaped(field: str) -> str:
    """Return a field with its blanks and backslashes, which stand as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), field)
