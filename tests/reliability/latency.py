"""How long it takes from saving a file to its mail at the server."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

from tests.reliability.ledger import markers_in, parsed
from tests.reliability.load import begun
from tests.reliability.table import Line
from tests.smtpd import SmtpServer

WAIT_S = 2
"""How long the subscription waits for more."""
MOST_S = 15.0
"""Beyond that."""
PAUSE_S = 1.0
"""From one file to the next, on the average."""
_RULES = '[[item]]\nname = "ICBM"\nterms = ["ICBM"]\n'
_CONFIG = """
[mail]
from = "watchlist@example.org"
transport = "smtp"
host = "127.0.0.1"
port = {post}
security = "none"
[[source]]
name = "inbox"
folder = "inbox"
[[subscription]]
name = "each"
to = ["one@example.org"]
group = "each"
group_wait = "{wait}s"
group_interval = "0s"
max_per_hour = 100000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long each file took, in seconds; those that reached nobody are lost."""

    took: tuple[float, ...]
    lost: int

    def broken(self) -> Iterator[str]:
        """Yield the bounds that were not kept."""
        if self.lost:
            yield f"latency: of {self.lost} files nobody was told"
        if self.took and max(self.took) > WAIT_S + MOST_S:
            yield f"latency: a mail came {max(self.took):.1f} s after its file"

    def lines(self) -> Iterator[Line]:
        """Yield what was measured, each with its bound."""
        yield "files saved, one by one", f"{len(self.took) + self.lost}", ""
        yield "of these nobody was told", f"{self.lost}", "0"
        if len(self.took) > 1:
            cuts = quantiles(self.took, n=100, method="inclusive")
            yield "from saving to the mail server, p50", f"{cuts[49]:.1f} s", ""
            yield "p99", f"{cuts[98]:.1f} s", ""
            yield "longest", f"{max(self.took):.1f} s", f"{MOST_S:.0f} s + {WAIT_S} s of group_wait"


def latency(
    folder: Path,
    files: int,
    *,
    compiled: Path,
    tell: Callable[[int], None],
    pause_s: float = PAUSE_S,
) -> Latency:
    """Save so many files at random times; `tell` hears of each."""
    arrived: list[float] = []
    with SmtpServer() as post:
        post.hook("END", lambda: arrived.append(time.monotonic()))
        for part in ("inbox", "rules"):
            (folder / part).mkdir(parents=True)
        (folder / "rules" / "items.toml").write_text(_RULES, "utf-8")
        (folder / "config.toml").write_text(_CONFIG.format(post=post.port, wait=WAIT_S), "utf-8")
        chance = Random("latency")  # noqa: S311 (no secret)
        saved: dict[str, float] = {}
        with begun(folder, compiled) as daemon:
            daemon.wait_for("watching")
            for number in range(files):
                time.sleep(chance.uniform(0, 2 * pause_s))
                marker = f"D{number:05}Q"
                saved[marker] = time.monotonic()
                text = f"Dispatch {marker}\n\nAn ICBM was seen, says {number}.\n"
                (folder / "inbox" / f"{number}.txt").write_text(text, "utf-8")
                tell(number)
            deadline = time.monotonic() + 2 * (WAIT_S + MOST_S)
            while len(post.accepted) < files and time.monotonic() < deadline:
                time.sleep(0.1)
            assert daemon.stop() == 0, daemon.log[-2000:]
        told: dict[str, float] = {}
        for at, mail in zip(arrived, post.mails, strict=True):
            for marker in markers_in(parsed(mail.content)):
                told.setdefault(marker, at)
    took = tuple(told[marker] - at for marker, at in saved.items() if marker in told)
    return Latency(took=took, lost=files - len(took))
