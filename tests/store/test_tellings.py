from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.builders import NOW, a_document, a_matching, a_mention
from watch.core.alerts import (
    Alert,
    AlertStory,
    Folded,
    KnownStory,
    Occasion,
    Past,
    Reason,
    Report,
    Silence,
    Silenced,
    SilenceKind,
    StoryId,
    Telling,
)
from watch.core.model import DocumentId, FindingId, Severity
from watch.core.story import sketch_of
from watch.store.db import Store, Transaction
from watch.store.documents import add_documents
from watch.store.findings import add_findings
from watch.store.outbox import add_alert
from watch.store.silences import add_silence, get_silences, lift_silences
from watch.store.stories import place_in_stories
from watch.store.tellings import (
    add_tellings,
    count_waiting,
    get_pasts,
    get_unsaid,
    get_waiting,
    settle,
)

HOUR = timedelta(hours=1)


def accept(
    transaction: Transaction, text: str, *rules: str, key: str | None = None
) -> tuple[DocumentId, tuple[FindingId, ...]]:
    """Keep a document with a finding for each rule, in its story."""
    document = replace(a_document(text, title=f"On {text}"), key=key or text)
    matching = a_matching(*rules)
    (added,) = add_documents(transaction, [(document, matching.mentions)], ruleset="r")
    assert added is not None
    (numbers,) = add_findings(transaction, [(added.id, matching)])
    place_in_stories(transaction, [(added.id, document, sketch_of(document))])
    return added.id, numbers


def report(story: int, *numbers: FindingId, **others: object) -> Report:
    """Return what tells findings to the subscription a."""
    part = AlertStory(story=StoryId(story), reason=Reason.NEW, findings=numbers)
    alert = Alert(subscription="a", occasion=Occasion.AT_ONCE, stories=(part,))
    return replace(Report(alert=alert, stories=()), **others)  # type: ignore[arg-type]  # its parts


async def tell(store: Store, numbers: Sequence[FindingId], *names: str) -> None:
    await store.write(add_tellings, [Telling(one, name, NOW) for one in numbers for name in names])


async def test_what_waits_is_listed_oldest_first_with_all_that_decides_about_it(
    store: Store,
) -> None:
    document, (late, early) = await store.write(accept, "one", "icbm", "nis")
    edited, (other,) = await store.write(accept, "one, edited", "drone", key="one")
    await store.write(
        add_tellings,
        [Telling(late, "b", NOW), Telling(early, "a", NOW - HOUR), Telling(other, "a", NOW)],
    )
    await store.write(add_tellings, [])
    first, second, third = await store.read(get_waiting)
    assert (first.finding, first.subscription, first.since) == (early, "a", NOW - HOUR)
    assert (first.rule, first.severity, first.source) == ("nis", Severity.NORMAL, "inbox")
    assert (first.document, first.items, first.is_update) == (document, ("nis",), False)
    assert (second.finding, second.subscription) == (late, "b")
    assert (third.document, third.is_update) == (edited, True)
    assert first.story == second.story == third.story
    assert await store.read(count_waiting) == {"a": 2, "b": 1}
    with pytest.raises(IntegrityError):
        await store.write(add_tellings, [Telling(late, "b", NOW)])


async def test_the_past_tells_stories_rules_and_mails_of_each_subscription(store: Store) -> None:
    _, (one, two) = await store.write(accept, "one", "icbm", "nis")
    _, (other,) = await store.write(accept, "other", "icbm")
    await tell(store, [one, two, other], "a", "b")
    story = (await store.read(get_waiting))[0].story
    for at, (key, number) in enumerate({"k": one, "l": two}.items()):
        moment = NOW + at * HOUR
        await store.write(add_alert, report(story, number), [], key=key, now=moment)
    pasts = await store.read(get_pasts, ["a", "b"], [story], NOW + 2 * HOUR)
    assert pasts["a"].stories == {
        story: KnownStory(rules=frozenset({"icbm", "nis"}), first=NOW, last=NOW + HOUR)
    }
    assert pasts["a"].mails == (NOW + HOUR,), "those of the last two hours"
    assert pasts["b"] == Past(served_since=NOW + 2 * HOUR)
    late = await store.read(get_pasts, ["a"], [], NOW + 99 * HOUR)
    assert late["a"].mails == (NOW + HOUR,), "and the last one in any case"
    assert late["a"].stories == {}


async def test_what_is_folded_or_silenced_is_said_once_by_the_next_mail(store: Store) -> None:
    _, (one, two, three) = await store.write(accept, "one", "icbm", "nis", "drone")
    await tell(store, [one, two, three], "a")
    until = NOW + HOUR
    silence = await store.write(
        add_silence, Silence(kind=SilenceKind.RULE, value="nis", since=NOW, until=until)
    )
    await store.write(
        settle,
        [Folded(subscription="a", finding=one)],
        [Silenced(subscription="a", finding=two, silence=silence.id)],
    )
    await store.write(settle, [], [])
    (left,) = await store.read(get_waiting)
    assert left.finding == three
    folded, hidden = await store.read(get_unsaid, "a", [silence])
    assert [(part.title, part.sources, part.findings) for part in folded] == [
        ("On one", ("inbox",), (one,))
    ]
    assert [(part.silence, part.findings) for part in hidden] == [(silence, (two,))]
    assert await store.read(get_unsaid, "b", [silence]) == ((), ())
    said = report(left.story, three, folded=folded, hidden=hidden)
    await store.write(add_alert, said, [], key="k", now=NOW)
    assert await store.read(get_unsaid, "a", [silence]) == ((), ())
    pasts = await store.read(get_pasts, ["a"], [left.story], NOW)
    assert pasts["a"].stories[left.story].rules == {"drone"}, "the others were not told"


async def test_a_silence_that_is_lifted_frees_what_no_mail_has_counted(store: Store) -> None:
    _, (one, two) = await store.write(accept, "one", "icbm", "nis")
    await tell(store, [one, two], "a")
    kept = [
        await store.write(
            add_silence,
            Silence(kind=SilenceKind.STORY, value=value, since=NOW, until=NOW, note="why"),
        )
        for value in "12"
    ]
    assert await store.read(get_silences) == tuple(kept)
    for number, silence in zip((one, two), kept, strict=True):
        await store.write(
            settle, [], [Silenced(subscription="a", finding=number, silence=silence.id)]
        )
    assert await store.read(get_waiting) == ()
    assert await store.write(lift_silences, [kept[0].id]) == 1
    assert [each.finding for each in await store.read(get_waiting)] == [one]
    assert await store.read(get_silences) == (kept[1],)
    assert await store.write(lift_silences, [kept[0].id]) == 0


async def test_items_of_a_finding_are_kept_once_each_without_words_of_a_rule(store: Store) -> None:
    def keep(transaction: Transaction) -> None:
        mentions = (a_mention("drone"), a_mention("", start=5), a_mention("drone", start=9))
        finding = a_matching("x").findings[0]._replace(mentions=mentions)
        matching = replace(a_matching(), mentions=mentions, findings=(finding,))
        (added,) = add_documents(transaction, [(a_document("x"), mentions)], ruleset="r")
        assert added is not None
        ((number,),) = add_findings(transaction, [(added.id, matching)])
        add_tellings(transaction, [Telling(number, "a", NOW)])

    await store.write(keep)
    (one,) = await store.read(get_waiting)
    assert one.items == ("drone",)
    assert one.story == -one.document, "a document without a story is one of its own"
