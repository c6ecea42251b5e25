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

Of n places there may be n * n pairs, and with proximities in proximities n times as many at each
level. Two bounds keep the work in proportion to the mentions:

    sides    of each, the first `most_spots` places of a field take part
    pairs    so many are all kept; of more, each place's nearest before and behind it

Where the nearest are kept, each place that is near another is still in a pair: neither the answer
nor a mention is lost. Only what asks for every place, ATLEAST or a proximity around this one, may
miss one. What was left out is counted in what is found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from watch.core.model import Field
from watch.core.rules.syntax import Unit
from watch.core.rules.view import MOST_SPOTS, Layout, Spot, merged


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a place may be from another: so many words, or within one sentence or paragraph."""

    layout: Layout
    distance: int | Unit
    most_spots: int = MOST_SPOTS

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


class Found(NamedTuple):
    """The places of a proximity in reading order, and what its bounds left out."""

    spots: list[Spot]
    crowds: Sequence[int]
    """How many places are on each side of which only the first took part."""
    pairs: int = 0
    """How many there are where only the nearest were kept."""


class Neighbours(NamedTuple):
    """A place, and of some others those next to it that do not overlap it."""

    spot: Spot
    before: Spot | None
    behind: Spot | None


def near(left: Iterable[Spot], right: Iterable[Spot], reach: Reach, *, is_ordered: bool) -> Found:
    """Return the places from a left to a right one near it, in either order or only in this."""
    sides, crowds = _taking_part(left, right, reach)
    spots: list[Spot] = []
    pairs = 0
    for one, other in sides:
        orders = [(one, other)] if is_ordered else [(one, other), (other, one)]
        for first, second in orders:
            joined, too_many = _pairs(first, second, reach)
            spots += joined
            pairs += too_many
    return Found(merged(spots), crowds, pairs)


def apart(left: Iterable[Spot], right: Iterable[Spot], reach: Reach) -> Found:
    """Return the left places that are near no right one."""
    sides, crowds = _taking_part(left, right, reach)
    spots = [
        spot
        for one, other in sides
        for spot, before, behind in neighbours(one, other)
        if not reach.spans(before, spot) and not reach.spans(spot, behind)
    ]
    return Found(spots, crowds)


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


def _taking_part(
    left: Iterable[Spot], right: Iterable[Spot], reach: Reach
) -> tuple[list[tuple[list[Spot], list[Spot]]], list[int]]:
    """Return the places of each field that take part, and the sizes of the sides with too many."""
    most = reach.most_spots
    left, right = list(left), list(right)
    sides = [
        tuple([spot for spot in side if spot.field is field] for side in (left, right))
        for field in Field
    ]
    crowds = [len(side) for both in sides for side in both if len(side) > most]
    return [(one[:most], other[:most]) for one, other in sides], crowds


def _pairs(first: Sequence[Spot], second: Sequence[Spot], reach: Reach) -> tuple[list[Spot], int]:
    """Return the places from a first to a second one that is behind and near it.

    Also how many those are, if they are too many and only the nearest are returned; else 0.
    """
    starts = [spot.start for spot in second]
    lows = [reach.low(spot) for spot in second]
    partners = [
        range(bisect_left(starts, spot.end), bisect_right(lows, reach.farthest(spot)))
        for spot in first
    ]
    pairs = sum(map(len, partners))
    is_all = pairs <= reach.most_spots
    joined = [
        _joined(spot, second[at])
        for spot, its_partners in zip(first, partners, strict=True)
        for at in (its_partners if is_all else its_partners[:1])
    ]
    if is_all:
        return joined, 0
    joined += [
        _joined(before, spot)
        for spot, before, _ in neighbours(second, first)
        if before is not None and reach.spans(before, spot)
    ]
    return joined, pairs


def _joined(first: Spot, second: Spot) -> Spot:
    return Spot(first.field, first.start, second.end, (first, second))
