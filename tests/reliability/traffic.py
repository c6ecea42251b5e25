"""A day's traffic: many feeds that bring something now and then, some slow, some failing; files.

What is planted in it, every tenth of what comes, is known by its marker in the mails.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.bench.corpus import Language, a_language, names
from tests.bench.rulesets import rule_file
from tests.httpd import Answer, HttpServer
from tests.reliability.ledger import markers_in, parsed
from tests.smtpd import SmtpServer

READERS = ("one@example.org", "two@example.org", "each@example.org")
SHOWN = 10
"""Entries that a feed shows."""
WORDS = 80
PLANTED = 10
"""One in so many that come is of interest."""
FILE_EVERY_S = 10.0
JITTER = 1.2
"""How much longer than configured a feed may wait: a fifth is left to chance."""
_SLACK_S = 20.0
"""How much later than that it may be asked when others stand before it."""
_SLOW_S = 3.0
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
to = ["one@example.org", "two@example.org"]
group_wait = "{wait}s"
group_interval = "{wait}s"
max_per_hour = 100000
[[subscription]]
name = "each"
to = ["each@example.org"]
group = "each"
group_wait = "{wait}s"
group_interval = "0s"
max_per_hour = 100000
"""
_SOURCE = """
[[source]]
name = "f{number}"
feed = "{url}"
every = "{every}s"
allow_private = ["127.0.0.0/8"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much comes."""

    feeds: int = 1_000
    terms: int = 10_000
    every_s: int = 60
    """How often each feed is to be asked."""
    changes_s: float = 300.0
    """How often each feed brings something, on the average."""
    wait_s: int = 10
    """How long the subscriptions wait for more."""


@dataclass(slots=True)
class Polls:
    """How the feeds were asked that always answer."""

    asked: int = 0
    unchanged: int = 0
    """Of these, with an ETag that still held."""
    missed: int = 0
    longest_s: float = 0.0
    """From one time to the next."""


@dataclass(slots=True)
class Traffic:
    """All that comes to one daemon."""

    path: Path
    amounts: Amounts
    web: HttpServer
    post: SmtpServer
    planted: dict[str, str] = field(default_factory=dict)
    """What has a marker, and the source that it came to."""
    items: int = 0
    files: int = 0
    _is_laid_out: bool = False
    _shown: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _chance: Random = field(default_factory=lambda: Random("traffic"))  # noqa: S311 (no secret)
    _language: Language = field(default_factory=lambda: a_language("en"))
    _names: list[str] = field(default_factory=list)
    _next_file: float = 0.0
    _due: float = 0.0

    def lay_out(self) -> None:
        """Write the configuration and the rules; each feed shows entries already."""
        self._names = names(self._language, self.amounts.terms)
        for folder in ("rules", "inbox"):
            (self.path / folder).mkdir(parents=True)
        (self.path / "rules" / "items.toml").write_text(rule_file(self._names, iter(())), "utf-8")
        config = [_CONFIG.format(post=self.post.port, wait=self.amounts.wait_s)]
        for number in range(self.amounts.feeds):
            for _ in range(SHOWN):
                self._add_item(number, self._text(None))
            self._show(number)
            url = self.web.url(f"/{number}")
            config.append(_SOURCE.format(number=number, url=url, every=self.amounts.every_s))
        (self.path / "config.toml").write_text("".join(config), "utf-8")
        self.items = 0
        self._is_laid_out = True

    def go_on(self) -> None:
        """Bring what is due by now."""
        now = time.monotonic()
        each_s = self.amounts.changes_s / self.amounts.feeds
        self._due = max(self._due, now - 60.0) or now
        while self._due <= now:
            self._due += each_s
            number = self._chance.randrange(self.amounts.feeds)
            # What never answers hides what it has.
            marker = None if number in self.failing else self._marker(f"f{number}")
            self._add_item(number, self._text(marker))
            self._show(number)
        if now >= self._next_file:
            self._next_file = now + FILE_EVERY_S
            self.files += 1
            text = self._text(self._marker("inbox"))
            (self.path / "inbox" / f"{self.files}.txt").write_text(text, "utf-8")

    @property
    def failing(self) -> range:
        """The feeds that never answer as they should."""
        return range(0, self.amounts.feeds, 50)

    @property
    def shaky(self) -> range:
        """Those that fail at first with every third of what they bring.

        Not with what they show at the start: that they have a baseline must be known.
        """
        return range(1, self.amounts.feeds, 50)

    @property
    def slow(self) -> range:
        """Those that take their time."""
        return range(2, self.amounts.feeds, 100)

    def polls(self, until: float) -> Polls:
        """Return how the feeds were asked that always answer."""
        times: defaultdict[str, list[float]] = defaultdict(list)
        polls = Polls()
        odd = {f"/{number}" for number in (*self.failing, *self.shaky)}
        for request in tuple(self.web.requests):
            if request.path not in odd:
                times[request.path].append(request.at)
                polls.unchanged += "if-none-match" in request.headers
        latest = self.amounts.every_s * JITTER + _SLACK_S
        for its in times.values():
            polls.asked += len(its)
            gaps = [after - before for before, after in zip(its, [*its[1:], until], strict=True)]
            polls.longest_s = max(polls.longest_s, *gaps)
            polls.missed += sum(int(gap // latest) for gap in gaps)
        polls.missed += self.amounts.feeds - len(odd) - len(times)
        return polls

    def told(self) -> dict[tuple[str, str], int]:
        """Return in how many different mails each marker reached each address."""
        mails: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in self.post.accepted:
            message = parsed(mail.content)
            for marker in markers_in(message):
                mails[marker, message["To"]].add(message["Message-ID"])
        return {key: len(ids) for key, ids in mails.items()}

    def _marker(self, source: str) -> str | None:
        """Return a marker for one in so many."""
        if self._chance.randrange(PLANTED):
            return None
        marker = f"D{len(self.planted):05}Q"
        self.planted[marker] = source
        return marker

    def _text(self, marker: str | None) -> str:
        words = self._chance.choices(
            self._language.words, cum_weights=self._language.weights, k=WORDS
        )
        if marker is not None:
            words.insert(self._chance.randrange(WORDS), self._chance.choice(self._names))
        return f"{marker or 'News of'} {' '.join(words[:4])}\n\n{' '.join(words)}."

    def _add_item(self, number: int, text: str) -> None:
        self.items += 1
        title, _, body = text.partition("\n\n")
        link = f"https://wire.example.org/{number}/{self.items}"
        item = (
            f"<item><guid>{link}</guid><title>{title}</title><link>{link}</link>"
            f"<description>{body}</description></item>"
        )
        self._shown[number] = [
            item,
            *self._shown[number][: SHOWN - 1],
        ]

    def _show(self, number: int) -> None:
        items = "".join(self._shown[number])
        body = f"<rss version='2.0'><channel><title>{number}</title>{items}</channel></rss>"
        delay_s = _SLOW_S if number in self.slow else 0.0
        good = Answer(body=body.encode(), etag=f'"{number}-{self.items}"', delay_s=delay_s)
        bad = Answer(status=500)
        if number in self.failing:
            self.web.put(f"/{number}", bad)
        elif number in self.shaky and self._is_laid_out and not self.items % 3:
            self.web.put(f"/{number}", bad, good)
        else:
            self.web.put(f"/{number}", good)
