"""A database as a few busy days leave it: rows in every table that anything reads at a start."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOW, a_document, a_matching
from watch.core.alerts import Alert, AlertStory, Occasion, Reason, Report, StoryId, Telling
from watch.core.model import FileState, HostState, Message, MessageState, SourceState
from watch.core.rules.live import KeptFile
from watch.core.story import sketch_of
from watch.store import documents, findings, outbox, rulesets, sources, stories, tellings
from watch.store.db import Transaction

WORDS = "Der 大陸 ракета launched صاروخ from the coast on a cold morning, 미사일 officials said. "


def fill(transaction: Transaction, *, documents_count: int = 40) -> None:
    """Keep documents with findings, tellings and mails of every state, sources and files."""
    for number in range(documents_count):
        text = f"{number} {WORDS * (number % 60 + 1)}"
        document = replace(a_document(text, title=f"On {number}"), key=f"{number}.txt")
        matching = a_matching("icbm", "drone")
        (added,) = documents.add_documents(
            transaction, [(document, matching.mentions)], ruleset="r"
        )
        assert added is not None
        (numbers,) = findings.add_findings(transaction, [(added.id, matching)])
        stories.place_in_stories(transaction, [(added.id, document, sketch_of(document))])
        told = [Telling(one, name, NOW) for one in numbers for name in ("desk", "night")]
        tellings.add_tellings(transaction, told)
        if number % 2:
            story = AlertStory(story=StoryId(1), reason=Reason.NEW, findings=numbers)
            alert = Alert(subscription="desk", occasion=Occasion.AT_ONCE, stories=(story,))
            mail = Message(
                recipient=f"{number}@example.org",
                message_id=f"<{number}@example.org>",
                content=text.encode() * 2,
            )
            report = Report(alert=alert, stories=())
            outbox.add_alert(transaction, report, [mail], key=f"{number}", now=NOW)
        sources.put_files(
            transaction, "inbox", [FileState(path=f"{number}.txt", size=number, mtime_ns=7)]
        )
    for name in ("kcna", "tass"):
        later = NOW + timedelta(minutes=15)
        sources.put_source(
            transaction, SourceState(name=name, location="https://example.org", due=later)
        )
        sources.put_host(
            transaction, HostState(host=name, closed_until=later, refusals=1, refused=NOW)
        )
    rulesets.put_rule_files(
        transaction, [KeptFile(path="rules/a.toml", text=WORDS * 30, since=NOW)]
    )
    while (claim := outbox.claim_message(transaction, NOW)) and claim.id % 5:
        outbox.mark_message(transaction, claim.id, NOW)
        outbox.settle_message(transaction, claim.id, MessageState.SENT, answer="250 ok", now=NOW)
