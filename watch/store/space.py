"""Room on the disk: a full one must not keep what was done from being recorded.

A mail that was sent and not recorded is sent again. So there lies a ballast beside the database:
when the disk is full it is thrown out, and nothing is written any more but results, until there
is room for it again.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watch.errors import StoreUnavailableError

BALLAST_BYTES = 4 << 20
"""A result takes 20 KB of the write-ahead log, so these are some 200."""
LEAST_FREE_BYTES = 16 << 20
"""With less on the disk no mail is begun."""
_PART_BYTES = 1 << 20


class Space:
    """The room that the database at a path has."""

    def __init__(self, database: Path, least_free: int = LEAST_FREE_BYTES) -> None:
        self._folder = database.parent
        self._ballast = database.with_name(database.name + ".ballast")
        self._least_free = least_free
        self._lock = threading.Lock()
        self.is_out = False
        """Whether the disk was full, and there was no room for the ballast since."""

    def run_out(self) -> None:
        """Note that the disk is full, and throw the ballast out."""
        with self._lock:
            self.is_out = True
            with suppress(OSError):  # there is none, or the disk is gone altogether
                self._ballast.unlink()

    def check(self) -> None:
        """Raise StoreUnavailableError when there is no room to begin anything new.

        Once there is some again after the disk was full, the ballast is made anew first.
        """
        with self._faults():
            there = os.statvfs(self._folder)
        free = there.f_bavail * there.f_frsize
        if free < self._least_free:
            raise StoreUnavailableError(
                f"{self._folder}: {free >> 10:,} KB are free on its disk, and nothing new is begun "
                f"with less than {self._least_free >> 10:,}; make room, and it goes on by itself"
            )
        if self.is_out:
            self.keep_ballast()

    def keep_ballast(self) -> None:
        """Make the ballast where it is missing; raise StoreUnavailableError without room for it."""
        with self._lock, self._faults():
            if not self._ballast.exists() or self._ballast.stat().st_size != BALLAST_BYTES:
                self._make_ballast()
            self.is_out = False

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._ballast}: {BALLAST_BYTES >> 20} MB cannot be set aside "
                f"({error.strerror}); make room, and it goes on by itself"
            ) from error

    def _make_ballast(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._ballast, flags, 0o600)
        is_whole = False
        try:
            # Chance, which no file system makes smaller.
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for _ in range(0, BALLAST_BYTES, _PART_BYTES):
                    part = memoryview(os.urandom(_PART_BYTES))
                    while part:
                        part = part[file.write(part) :]
                os.fsync(file.fileno())
            is_whole = True
        finally:
            if not is_whole:
                self._ballast.unlink(missing_ok=True)
