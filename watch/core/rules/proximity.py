"""Which places stand near one another: by words between them, or in one sentence or paragraph.

Two places that overlap are not near each other, nor are two of different fields. A place that
runs over several sentences or paragraphs is in each that it touches.

For each place two numbers are counted, so that both kinds of nearness are one comparison:

                 lows                               highs
    words        those that end by its start        those that begin before its end
    sentences    the one in which it begins         the one in which it ends

A place and one behind it are near when the low of the second exceeds the high of the first by no
more than the words allowed, or, for sentences, not at all. Both numbers never fall along a
text; so the places near one lie side by side, and are found by bisection.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from watch.core.model import Field, Mention
from watch.core.rules.syntax import Unit
from watch.core.rules.view import Layout, Spot

MOST_SPOTS = 10_000
"""Of a side of a proximity in one field: the first so many take part. Of its pairs, so many are
all kept; of more, each place's nearest on either side."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a place may be from another: so many words, or within one sentence or paragraph."""

    layout: Layout
    distance: int | Unit

    def low(self, spot: Spot) -> int:
        """Return the number of the place as the second of two."""
        if isinstance(self.distance, Unit):
            return self.layout.unit(self.distance, spot.field, spot.start)
        return self.layout.words(spot.field).ended_by(spot.start)

    def farthest(self, spot: Spot) -> int:
        """Return the largest low of a place behind this one that is still near."""
        if isinstance(self.distance, Unit):
            return self.layout.unit(self.distance, spot.field, spot.end - 1)
        return self.layout.words(spot.field).begun_before(spot.end) + self.distance

    def spans(self, first: Spot | None, second: Spot | None) -> bool:
        """Whether two places, the first before the second, are near; not when one is missing."""
        return first is not None and second is not None and self.low(second) <= self.farthest(first)


class Neighbours(NamedTuple):
    """A place, and of some others those next to it that do not overlap it."""

    spot: Spot
    before: Spot | None
    behind: Spot | None


def near(left: Iterable[Spot], right: Iterable[Spot], reach: Reach) -> list[Spot]:
    """Return the places from a left to a right one near it, in either order."""
    return merged(
        pair
        for one, other in _by_field(left, right)
        for first, second in ((one, other), (other, one))
        for pair in _pairs(first, second, reach)
    )


def near_in_order(left: Iterable[Spot], right: Iterable[Spot], reach: Reach) -> list[Spot]:
    """Return the places from a left to a right one near it and behind it."""
    return merged(pair for sides in _by_field(left, right) for pair in _pairs(*sides, reach))


def apart(left: Iterable[Spot], right: Iterable[Spot], reach: Reach) -> list[Spot]:
    """Return the left places that are near no right one."""
    return [
        spot
        for sides in _by_field(left, right)
        for spot, before, behind in neighbours(*sides)
        if not reach.spans(before, spot) and not reach.spans(spot, behind)
    ]


def merged(spots: Iterable[Spot]) -> list[Spot]:
    """Return the places in reading order, those of the same span as one."""
    by_place: dict[tuple[bool, int, int], list[Spot]] = {}
    for spot in spots:
        place = (spot.field is Field.TEXT, spot.start, spot.end)
        by_place.setdefault(place, []).append(spot)
    return [_one(by_place[place]) for place in sorted(by_place)]


def neighbours(spots: Iterable[Spot], others: Sequence[Spot]) -> Iterator[Neighbours]:
    """Yield each place with its neighbours; all are of one field, the others in reading order."""
    by_end = sorted(others, key=attrgetter("end"))
    ends = [other.end for other in by_end]
    starts = [other.start for other in others]
    for spot in spots:
        before = bisect_right(ends, spot.start)
        behind = bisect_left(starts, spot.end)
        yield Neighbours(
            spot,
            by_end[before - 1] if before else None,
            others[behind] if behind < len(others) else None,
        )


def _by_field(
    left: Iterable[Spot], right: Iterable[Spot]
) -> Iterator[tuple[list[Spot], list[Spot]]]:
    """Yield the places of each field, as many as take part."""
    left, right = list(left), list(right)
    for field in Field:
        one, other = ([spot for spot in side if spot.field is field] for side in (left, right))
        yield one[:MOST_SPOTS], other[:MOST_SPOTS]


def _pairs(first: Sequence[Spot], second: Sequence[Spot], reach: Reach) -> Iterator[Spot]:
    """Yield the places from a first to a second one that is behind and near it."""
    if not first or not second:
        return
    starts = [spot.start for spot in second]
    lows = [reach.low(spot) for spot in second]
    partners = [
        range(bisect_left(starts, spot.end), bisect_right(lows, reach.farthest(spot)))
        for spot in first
    ]
    if sum(map(len, partners)) <= MOST_SPOTS:
        for spot, its_partners in zip(first, partners, strict=True):
            for at in its_partners:
                yield _joined(spot, second[at])
        return
    for spot, its_partners in zip(first, partners, strict=True):
        for at in its_partners[:1]:
            yield _joined(spot, second[at])
    for spot, before, _ in neighbours(second, first):
        if before is not None and reach.spans(before, spot):
            yield _joined(before, spot)


def _joined(first: Spot, second: Spot) -> Spot:
    mentions = (*first.mentions, *second.mentions)
    return Spot(first.field, first.start, second.end, mentions)


def _one(spots: Sequence[Spot]) -> Spot:
    """Return the spot that spots of the same span are."""
    if len(spots) == 1:
        return spots[0]
    mentions: dict[Mention, None] = {}
    for spot in spots:
        mentions.update(dict.fromkeys(spot.mentions))
    return spots[0]._replace(mentions=tuple(mentions))
