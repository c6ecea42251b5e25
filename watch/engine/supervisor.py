"""What started us is told how we are, where it asked for that: sd_notify(3).

systemd hands down a datagram socket's address; lines go there, and nobody answers. Without one
nothing is told, and nothing fails.
"""

import os
import socket
import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """What started us."""

    address: str | None = None
    """Where it listens; None where it does not."""
    is_watching: bool = False
    """Whether it ends us unless it is told `WATCHDOG=1` time and again."""

    @classmethod
    def from_environment(cls) -> Self:
        """Return what the environment says of it."""
        address = os.environ.get("NOTIFY_SOCKET", "")
        watched = os.environ.get("WATCHDOG_PID", str(os.getpid()))
        return cls(
            address=address if address.startswith(("/", "@")) else None,
            is_watching=bool(os.environ.get("WATCHDOG_USEC")) and watched == str(os.getpid()),
        )

    def tell(self, *lines: str) -> None:
        """Tell it all of this at once, such as `READY=1` and `STATUS=...`; nothing is raised."""
        if self.address is None:
            return
        # What begins with "@" has no file: its name begins with a zero byte.
        is_named = self.address.startswith("/")
        place = self.address if is_named else "\0" + self.address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(0)  # one that does not listen must not hold us up
                out.sendto("\n".join(lines).encode(), place)
        except OSError:
            return

    def tell_ready(self, status: str) -> None:
        """Tell that the work goes on, at first and after a reload."""
        self.tell("READY=1", f"STATUS={status}")

    def tell_reloading(self) -> None:
        """Tell that settings are being read anew; `tell_ready` follows."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
