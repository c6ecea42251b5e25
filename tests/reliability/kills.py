"""Kills: at every transaction, within a conversation with the mail server, at random times.

Each function brings documents, kills the daemon while they are on their way, and notes what was
left; `come_to_rest` then lets it work undisturbed, and the oracle tells whether all is well.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.daemon import Daemon
from tests.patience import DEADLINE_S
from tests.reliability.desk import INBOX, SOURCES, WIRE, Desk
from tests.reliability.ledger import RULES
from tests.reliability.nursery import Nursery
from tests.smtpd import Deed

WORK_S = 1.5
"""About how long a daemon takes to start, and then to have something of everything under way."""
KINDS = (
    "schema",
    "rulesets",
    "rule_files",
    "messages",
    "messages:waiting",
    "documents",
    "sources",
    "files",
    "alerts",
    "tellings:folded",
    "messages:claimed",
    "messages:marked",
    "messages:sent",
)
"""What the transactions of a day write: it is killed before and after each of these."""


def come_to_rest(desk: Desk) -> None:
    """Let the daemon work until nothing is left to be done, then stop it as usual.

    A transaction that writes what it was never killed at fails.
    """
    with desk.daemon() as daemon:
        daemon.wait_for("watching")  # from here on it stops when told
        desk.until(lambda: _is_at_rest(desk), "all is told", daemon)
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.log, daemon.log
    strange = {each for each in desk.commits() if each.isdisjoint(KINDS)}
    assert not strange, f"no kill for {strange}"


def _is_at_rest(desk: Desk) -> bool:
    counts = desk.rows(
        "SELECT (SELECT count(*) FROM documents), "
        "(SELECT count(*) FROM tellings WHERE alert_id IS NULL AND outcome IS NULL), "
        "(SELECT count(*) FROM messages WHERE state NOT IN ('sent', 'held'))"
    )
    return counts == [(len(desk.ledger), 0, 0)]


def _kill_at_random(desk: Desk, chance: Random) -> None:
    """Kill it at a random time: while it starts, or while it works on what just came."""
    _bring_some(desk, chance)
    with desk.slow_daemon() as daemon:
        if chance.random() < 0.7:
            daemon.wait_for("watching")
        time.sleep(chance.uniform(0, WORK_S))
        _bring_some(desk, chance)
        time.sleep(chance.uniform(0, WORK_S))
        daemon.kill()
    desk.killed("at random")


def _bring_some(desk: Desk, chance: Random) -> None:
    """Bring a document to some sources; to the wire once what it brings is news."""
    for source in chance.sample(SOURCES, chance.randint(1, len(SOURCES))):
        if source != WIRE or desk.has_baseline():
            desk.bring(source)


def kill_at(desk: Desk, side: str, kind: str, count: int = 1) -> None:
    """Kill it right before or right after the n-th commit that writes this."""
    assert kind in KINDS
    with desk.daemon((side, kind, count)) as daemon:
        _await_death(daemon, f"{side} {kind}")
    desk.killed(f"{side} {kind}")


def kill_on_both_sides(desk: Desk, kind: str) -> None:
    """Kill it before a commit, and when it comes again after it."""
    kill_at(desk, "before", kind)
    kill_at(desk, "after", kind)


def kill_in_conversation(desk: Desk, verb: str) -> None:
    """Kill it when the mail server hears this from it, before it gets an answer."""
    begun: Future[Daemon] = Future()

    def kill() -> None:
        begun.result(DEADLINE_S).kill()

    desk.post.hook(verb, kill)
    if verb == "LINE":
        desk.post.script("BODY", Deed.CLOSE)
    with desk.daemon() as daemon:
        begun.set_result(daemon)
        _await_death(daemon, verb)
    desk.killed(f"at {verb}")
    desk.post.hook(verb, lambda: None)


def _await_death(daemon: Daemon, what: str) -> None:
    try:
        code = daemon.process.wait(DEADLINE_S)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"it never came to {what}:\n{daemon.log}") from error
    assert code == -signal.SIGKILL, f"it ended by itself, with {code}:\n{daemon.log}"


def _start(desk: Desk) -> None:
    desk.bring(INBOX)
    kill_on_both_sides(desk, "schema")
    kill_on_both_sides(desk, "rulesets")
    kill_on_both_sides(desk, "rule_files")


def _folder(desk: Desk) -> None:
    entry = desk.bring(INBOX)
    kill_on_both_sides(desk, "documents")
    (desk.path / "inbox" / f"{entry.marker}.txt").unlink()
    kill_on_both_sides(desk, "files")


def _feed(desk: Desk) -> None:
    kill_on_both_sides(desk, "documents")  # a baseline
    desk.bring(WIRE)
    kill_on_both_sides(desk, "documents")  # news
    kill_on_both_sides(desk, "sources")  # nothing new


def _alerts(desk: Desk) -> None:
    for _ in range(6):
        desk.bring(INBOX)
    kill_on_both_sides(desk, "alerts")
    kill_at(desk, "after", "alerts", 2)


def _mails(desk: Desk) -> None:
    for _ in range(6):
        desk.bring(INBOX)
    kill_on_both_sides(desk, "messages:claimed")
    kill_on_both_sides(desk, "messages:marked")
    kill_on_both_sides(desk, "messages:waiting")
    kill_at(desk, "before", "messages:marked", 2)
    kill_on_both_sides(desk, "messages:sent")


def _stories(desk: Desk) -> None:
    entry = desk.bring(INBOX)
    kill_at(desk, "after", "messages:sent")
    desk.bring(INBOX, reprint_of=entry.number)
    kill_on_both_sides(desk, "tellings:folded")


def _notices(desk: Desk) -> None:
    kill_at(desk, "after", "rulesets")
    desk.write_rules(RULES + '[[item]]\nnmae = "Balloons"\n')
    desk.bring(INBOX)
    kill_on_both_sides(desk, "messages")
    desk.write_rules(RULES)
    kill_on_both_sides(desk, "messages")


def _conversation(desk: Desk) -> None:
    for _ in range(6):
        desk.bring(INBOX)
    for verb in ("CONNECT", "MAIL", "RCPT", "DATA", "LINE", "END"):
        kill_in_conversation(desk, verb)


def _held(desk: Desk) -> None:
    for _ in range(3):
        desk.bring(INBOX)
    for verb in ("RCPT", "LINE", "END"):
        kill_in_conversation(desk, verb)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raid:
    """Kills that follow on one another, at a desk of their own."""

    kill: Callable[[Desk], None]
    count: int
    sources: Sequence[str] = (INBOX,)
    on_ambiguous: str = "resend"

    def desk(self, path: Path, nursery: Nursery) -> Desk:
        """Return the desk for it."""
        return Desk(path, nursery=nursery, sources=self.sources, on_ambiguous=self.on_ambiguous)


BROKEN, HELD = "notice of broken rules", "mail that is held"
RAIDS: Mapping[str, Raid] = {
    "step of a first start": Raid(kill=_start, count=6),
    "file": Raid(kill=_folder, count=4),
    "reading of a feed": Raid(kill=_feed, count=6, sources=(WIRE,)),
    "alert": Raid(kill=_alerts, count=3),
    "state of a mail": Raid(kill=_mails, count=9),
    "story told before": Raid(kill=_stories, count=3),
    BROKEN: Raid(kill=_notices, count=5),
    "word with the mail server": Raid(kill=_conversation, count=6),
    HELD: Raid(kill=_held, count=3, on_ambiguous="hold"),
}
NAMED_KILLS = 45
RANDOM_RAID = 5
"""How many kills at random times follow on one another."""


def raid_at_random(desk: Desk, seed: int) -> None:
    """Kill it at random times, one kill after the other."""
    chance = Random(seed)  # noqa: S311 (to be repeated, not to be secret)
    for _ in range(RANDOM_RAID):
        _kill_at_random(desk, chance)
