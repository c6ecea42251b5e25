"""What is brought, what the rules find in it, and who is to be told: known beforehand."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy

OWNER = "owner@example.org"
RULES = f"""\
[defaults]
owner = "{OWNER}"

[[item]]
name  = "Suicide drones"
tags  = ["uav"]
terms = ["suicide drone", "자폭 드론"]

[[item]]
name     = "ICBM"
severity = "high"
terms    = ["ICBM", "МБР"]
"""
EVERYONE, URGENT, APART = "Everyone", "Urgent", "Drones apart"
READERS = {
    EVERYONE: ("first@example.org", "second@example.org"),
    URGENT: ("urgent@example.org",),
    APART: ("apart@example.org",),
}
SUBSCRIPTIONS = f"""
[[subscription]]
name = "{EVERYONE}"
to = ["first@example.org", "second@example.org"]
group_wait = "0s"
group_interval = "0s"
max_per_hour = 100000
[[subscription]]
name = "{URGENT}"
to = ["urgent@example.org"]
severity = "high"
quiet = "00:00-23:59"
timezone = "Asia/Seoul"
group_wait = "1s"
max_per_hour = 100000
[[subscription]]
name = "{APART}"
to = ["apart@example.org"]
tags = ["uav"]
group = "each"
group_wait = "0s"
group_interval = "0s"
max_per_hour = 100000
"""
_TEXTS = {
    "icbm": ("Two of the ICBM stood at {marker}.", "Двух МБР видели у {marker}."),
    "suicide-drones": ("Suicide-drones hit {marker}.", "자폭 드론을 {marker}에서 봤다."),
}
_MARKER = re.compile(r"\bD\d{5}Q\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document that was brought, known in every mail by its marker."""

    number: int
    source: str
    is_news: bool = True
    """False for what a feed's baseline takes in: nobody is told."""
    reprint_of: int | None = None
    """The number of the document whose text this one has: nobody is told of that again."""

    @property
    def marker(self) -> str:
        return f"D{self.number:05}Q"

    @property
    def title(self) -> str:
        if self.reprint_of is not None:
            return f"Reprint {self.number}"
        return f"Dispatch {self.marker}"

    @property
    def rule(self) -> str:
        """The one rule that holds for it."""
        return tuple(_TEXTS)[self._told % 2]

    @property
    def text(self) -> str:
        return _TEXTS[self.rule][self._told // 2 % 2].format(marker=f"D{self._told:05}Q")

    @property
    def _told(self) -> int:
        """The number of the document that its story is told by."""
        return self.number if self.reprint_of is None else self.reprint_of

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Who is to be told of it."""
        if not self.is_news:
            return ()
        return (EVERYONE, URGENT if self.rule == "icbm" else APART)

    @property
    def outcome(self) -> str:
        """What becomes of each telling."""
        return "told" if self.reprint_of is None else "folded"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Who gets a mail of it."""
        if self.reprint_of is not None:
            return ()
        return tuple(address for name in self.subscriptions for address in READERS[name])


def feed_of(entries: Iterable[Entry]) -> bytes:
    """Return a feed of these entries, the first of them first."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{entry.marker}</guid><title>{entry.title}</title>"
        f"<link>https://wire.example.org/{entry.marker}</link>"
        f"<description>{entry.text}</description></item>"
        for entry in entries
    )
    return f"<rss version='2.0'><channel><title>w</title>{items}</channel></rss>".encode()


def parsed(content: bytes) -> EmailMessage:
    """Return a mail as a reader's program sees it."""
    message = message_from_bytes(content, policy=policy)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def markers_in(message: EmailMessage) -> frozenset[str]:
    """Return the markers of the documents that a mail tells of, in each of its forms."""
    found = []
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        found.append(frozenset(_MARKER.findall(body.get_content())))
    assert found[0] == found[1]
    return found[0]
