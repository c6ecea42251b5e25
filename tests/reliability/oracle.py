"""Whether nothing was lost, nothing doubled that need not be, nothing damaged."""

from collections import Counter, defaultdict

from tests.reliability.desk import Desk
from tests.reliability.ledger import markers_in, parsed

Told = dict[tuple[str, str], set[str]]
"""By marker and address: the Message-IDs of the mails that tell it."""


def check(desk: Desk) -> None:
    """Fail unless all is as promised; the daemon is at rest."""
    _check_database(desk)
    _check_copies(desk)
    expected = {(entry.marker, address): 1 for entry in desk.ledger for address in entry.addresses}
    told = {key: len(mails) for key, mails in _told(desk).items()}
    lost = expected.keys() - told.keys()
    assert not lost, f"lost: {sorted(lost)}"
    assert told == expected, "in one mail each"


def count_extra(desk: Desk) -> int:
    """Return how many mails came that had come before."""
    return sum(len(contents) - 1 for contents in _copies(desk).values())


def _told(desk: Desk) -> Told:
    """Return who was told what; what is held for a person to decide counts as told."""
    told: Told = defaultdict(set)
    held = desk.rows("SELECT content FROM messages WHERE state = 'held'")
    contents = [mail.content for mail in desk.post.accepted]
    contents += [content for (content,) in held if isinstance(content, bytes)]
    for content in contents:
        message = parsed(content)
        if "X-Watchlist-Rule" in message:
            for marker in markers_in(message):
                told[marker, message["To"]].add(message["Message-ID"])
    return told


def _check_database(desk: Desk) -> None:
    """Fail unless the database is whole, with each document once and each telling told once."""
    assert desk.rows("PRAGMA integrity_check") == [("ok",)]
    assert desk.rows("PRAGMA foreign_key_check") == []
    documents = Counter(desk.rows("SELECT source, title FROM documents"))
    assert documents == Counter((entry.source, entry.title) for entry in desk.ledger)
    tellings = desk.rows(
        "SELECT d.title, t.subscription, t.outcome, t.alert_id IS NULL FROM tellings t "
        "JOIN findings f ON f.id = t.finding_id JOIN documents d ON d.id = f.document_id"
    )
    assert all(outcome == "folded" for _, _, outcome, is_loose in tellings if is_loose)
    assert Counter(telling[:3] for telling in tellings) == Counter(
        (entry.title, name, entry.outcome) for entry in desk.ledger for name in entry.subscriptions
    )
    unsettled = "SELECT message_id, state FROM messages WHERE state NOT IN ('sent', 'held')"
    assert desk.rows(unsettled) == []


def _check_copies(desk: Desk) -> None:
    """Fail unless each mail came once, and again only where a kill left its fate unknown."""
    copies = _copies(desk)
    sent = {row[0] for row in desk.rows("SELECT message_id FROM messages WHERE state = 'sent'")}
    known = {row[0] for row in desk.rows("SELECT message_id FROM messages")}
    assert sent <= copies.keys() <= known
    excuses = Counter(message_id for kill in desk.kills for message_id in kill.marked)
    for message_id, contents in copies.items():
        assert len(set(contents)) == 1, f"{message_id}: not byte for byte the same"
        assert len(contents) <= 1 + excuses[message_id], f"{message_id}: {len(contents)} copies"


def _copies(desk: Desk) -> dict[str, list[bytes]]:
    """Return what was accepted, by its Message-ID."""
    copies: defaultdict[str, list[bytes]] = defaultdict(list)
    for mail in desk.post.accepted:
        copies[parsed(mail.content)["Message-ID"]].append(mail.content)
    return copies
