from dataclasses import replace
from datetime import timedelta

from tests.builders import NOW, a_document, a_finding
from watch.core.alerts import (
    Alert,
    FoldedStory,
    Hidden,
    Occasion,
    Reason,
    Report,
    Silence,
    SilenceKind,
    StoryId,
    Told,
    ToldStory,
)
from watch.core.model import FindingId

ALERT = Alert(subscription="desk", occasion=Occasion.AT_ONCE, stories=())


def report(*told: Told) -> Report:
    """Return what tells of documents, each a story of its own."""
    stories = tuple(
        ToldStory(number=StoryId(number), key=str(number), reason=Reason.NEW, told=(part,))
        for number, part in enumerate(told)
    )
    return Report(alert=ALERT, stories=stories)


def key(*told: Told) -> str:
    return report(*told).key(NOW)


def test_a_report_has_one_key_in_whatever_order_its_findings_come() -> None:
    one = Told(document=a_document("a", key="a"), findings=(a_finding("x"), a_finding("y")))
    two = Told(document=a_document("b", key="b"), findings=(a_finding("x"),))
    swapped = replace(one, findings=one.findings[::-1])
    assert key(one, two) == key(two, swapped)
    assert key(one) != key(two)
    other = replace(report(one), alert=replace(ALERT, subscription="other"))
    assert key(one) != other.key(NOW)
    edited = replace(two, document=replace(two.document, text="b, corrected"))
    assert key(two) != key(edited)
    assert report(one).key(NOW) == report(one).key(NOW + timedelta(days=1))


def test_what_tells_nothing_goes_by_its_time() -> None:
    assert report().key(NOW) == report().key(NOW)
    assert report().key(NOW) != report().key(NOW + timedelta(seconds=1))


def test_what_is_not_told_is_accounted_for() -> None:
    silence = Silence(kind=SilenceKind.RULE, value="x", since=NOW, until=NOW)
    folded = FoldedStory(title="t", sources=("s", "s"), findings=(FindingId(1), FindingId(2)))
    hidden = Hidden(silence=silence, findings=(FindingId(3),))
    assert replace(report(), folded=(folded,), hidden=(hidden,)).accounted == [1, 2, 3]
