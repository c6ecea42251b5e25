"""A small file that others read while it is written anew."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes, *, mode: int) -> None:
    """Put a file in place of the one there, in one step; whoever reads it gets one or the other.

    It is not forced to the disk: after a power cut it is written anew. Raises OSError.
    """
    opened, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    is_done = False
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
        is_done = True
    finally:
        if not is_done:
            with suppress(OSError):
                Path(name).unlink()
