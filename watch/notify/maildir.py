"""Mails laid into a Maildir: any mail program opens it, and nothing needs to be installed.

The layout and the order of its steps: https://cr.yp.to/proto/maildir.html
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from watch.core.model import Message
from watch.errors import ChannelError

_P = ParamSpec("_P")
_T = TypeVar("_T")

_FOLDERS = ("tmp", "new", "cur")


class Maildir:
    """A folder of mails; it is made, for its owner alone, when the first is sent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(
        self,
        message: Message,
        *,
        sender: str,  # noqa: ARG002 - a Maildir has no envelope; `Smtp` has
        mark: Callable[[], Awaitable[None]],
    ) -> str:
        """Return where the mail lies, once it is on the disk to stay.

        `mark` is awaited when all but the last step is done. The file is named after the
        Message-ID: a mail sent again is found to be there, also after a mail program has moved it
        to `cur`. Lines end as the system ends them, as in any mail delivered to a file. Raises
        ChannelError when the disk is full or may not be written.
        """
        name = "watchlist." + hashlib.sha256(message.message_id.encode()).hexdigest()[:32]
        there = await self._on_disk(self._prepare, name, message.content)
        await mark()
        if there is not None:
            return f"already there: {there}"
        return f"laid into {await self._on_disk(self._publish, name)}"

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    async def _on_disk(self, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what the step returns, run beside the loop: disks may be slow."""
        try:
            return await asyncio.to_thread(step, *args, **kwargs)
        except OSError as error:
            raise ChannelError(
                f"cannot write to the maildir {self._path}: {error.strerror or error}; "
                "make room, or give this user the right to write there"
            ) from error

    def _prepare(self, name: str, content: bytes) -> Path | None:
        """Write the mail where no mail program looks; return where it lies if it was sent."""
        for folder in (self._path, *(self._path / folder for folder in _FOLDERS)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A mail program appends its flags to the name, after a colon.
        kept = (
            path for folder in ("new", "cur") for path in (self._path / folder).glob(f"{name}*")
        )
        if there := next(kept, None):
            return there
        # What a crash left under this name is overwritten.
        opened = os.open(
            self._path / "tmp" / name,
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC,
            0o600,
        )
        with os.fdopen(opened, "wb") as file:
            file.write(content.replace(b"\r\n", os.linesep.encode()))
            file.flush()
            os.fsync(file.fileno())
        return None

    def _publish(self, name: str) -> Path:
        """Move the mail to where mail programs look, so that not even a power cut undoes it."""
        path = self._path / "new" / name
        (self._path / "tmp" / name).rename(path)
        for folder in ("new", "tmp"):
            opened = os.open(self._path / folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
        return path
