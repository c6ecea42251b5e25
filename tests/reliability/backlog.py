"""A folder full of files before the daemon is started for the first time."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.bench.corpus import a_language, names
from tests.bench.rulesets import rule_file
from tests.reliability.gauge import peak_mb, sample
from tests.reliability.load import begun
from tests.reliability.table import Line
from tests.reliability.watched import STALL
from tests.smtpd import SmtpServer

WITHIN_S = 300.0
"""For 100,000 documents."""
MOST_STALL_S = 0.1
TERMS = 1_000
WORDS = 150
"""Of a file: some 1 kB."""
PLANTED = 10
"""One file in so many has a finding."""
_MAILS_WITHIN_S = 120.0
_LOOK_S = 1.0
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
name = "all"
to = ["one@example.org"]
group_wait = "1s"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How a backlog was taken in."""

    files: int
    findings: int
    seconds: float
    """From the start of the process until all were in the database, or nobody waited any more."""
    documents: int
    found: int
    """How many findings there are in the database."""
    stall_s: float
    """The longest time for which the main loop stood still, the first mails included."""
    own_mb: float
    """The most that the daemon itself took."""
    all_mb: float
    """The most that it took together with its children, at any look."""
    mails: int
    within_s: float | None = WITHIN_S

    def broken(self) -> Iterator[str]:
        """Yield the bounds that were not kept."""
        if self.documents != self.files:
            yield f"backlog: {self.documents} of {self.files} files are documents"
        if self.found != self.findings:
            yield f"backlog: {self.found} of {self.findings} findings were found"
        if self.within_s is not None and self.seconds > self.within_s:
            yield f"backlog: it took {self.seconds:.0f} s"
        if self.stall_s > MOST_STALL_S:
            yield f"backlog: the main loop stood still for {1000 * self.stall_s:.0f} ms"
        if not self.mails:
            yield "backlog: nobody was told"

    def lines(self) -> Iterator[Line]:
        """Yield what was measured, each with its bound."""
        within = "" if self.within_s is None else f"{self.within_s:.0f} s"
        yield "files of 1 kB", f"{self.files:,}", ""
        yield "documents in the database", f"{self.documents:,}", f"{self.files:,}"
        yield "findings", f"{self.found:,}", f"{self.findings:,}"
        yield "from the start until all are in", f"{self.seconds:.0f} s", within
        yield "documents a second", f"{self.documents / self.seconds:.0f}", ""
        most = f"{1000 * MOST_STALL_S:.0f} ms"
        yield "longest stall of the main loop", f"{1000 * self.stall_s:.0f} ms", most
        yield "the most memory of the daemon", f"{self.own_mb:.0f} MB", ""
        yield "with its children", f"{self.all_mb:.0f} MB", ""
        yield "mails so far", f"{self.mails:,}", ""


def backlog(
    folder: Path,
    files: int,
    *,
    compiled: Path,
    tell: Callable[[int], None],
    within_s: float | None = WITHIN_S,
) -> Backlog:
    """Start a daemon on so many files; `tell` hears how many are in at each look.

    It is given twice the time of its bound, then the measurement ends as it stands.
    """
    with SmtpServer() as post:
        findings = _lay_out(folder, files, post.port)
        began = time.monotonic()
        with begun(folder, compiled, "tests.reliability.watched") as daemon:
            daemon.wait_for("watching")
            process, state = daemon.process, folder / "state"
            all_mb = 0.0
            documents, found = 0, 0
            while documents < files and time.monotonic() < began + 2 * (within_s or WITHIN_S):
                assert process.poll() is None, f"it ended:\n{daemon.log[-2000:]}"
                time.sleep(min(_LOOK_S, files / 2_000))
                all_mb = max(all_mb, sample(process.pid, state).all_mb)
                documents, found = _stored(state / "watchlist.db")
                tell(documents)
            seconds = time.monotonic() - began
            deadline = time.monotonic() + _MAILS_WITHIN_S
            while not post.accepted and time.monotonic() < deadline:
                time.sleep(0.1)
            own_mb = peak_mb(process.pid)
            assert daemon.stop() == 0, daemon.log[-2000:]
        return Backlog(
            files=files,
            findings=findings,
            seconds=seconds,
            documents=documents,
            found=found,
            stall_s=float((folder / STALL).read_text()),
            own_mb=own_mb,
            all_mb=all_mb,
            mails=len(post.accepted),
            within_s=within_s,
        )


def _lay_out(folder: Path, files: int, post: int) -> int:
    """Write files, rules and configuration; return how many findings are in them."""
    language = a_language("en")
    terms = names(language, TERMS)
    for part in ("inbox", "rules"):
        (folder / part).mkdir(parents=True)
    (folder / "rules" / "items.toml").write_text(rule_file(terms, iter(())), "utf-8")
    (folder / "config.toml").write_text(_CONFIG.format(post=post), "utf-8")
    chance = Random("backlog")  # noqa: S311 (no secret)
    for number in range(files):
        words = chance.choices(language.words, cum_weights=language.weights, k=WORDS)
        if not number % PLANTED:
            words.insert(chance.randrange(WORDS), chance.choice(terms))
        text = f"Report {number}\n\n{' '.join(words)}.\n"
        (folder / "inbox" / f"{number}.txt").write_text(text, "utf-8")
    return -(-files // PLANTED)


def _stored(database: Path) -> tuple[int, int]:
    """Return how many documents and findings there are."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        documents, found = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 (ours)
            for table in ("documents", "findings")
        )
    return documents, found
