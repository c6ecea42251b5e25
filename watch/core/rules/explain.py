"""Why a rule's expression holds for a document, or which of its parts failed and by how much."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from watch.core.model import Field
from watch.core.rules.evaluate import Met, met_by, view_of_parts
from watch.core.rules.operands import parts_of
from watch.core.rules.proximity import neighbours
from watch.core.rules.syntax import Apart, Expression, Near, Together
from watch.core.rules.view import Spot, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Two places of a field that do not overlap, and how far apart they are."""

    first: Spot
    second: Spot
    words: int
    """How many whole words stand between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What an expression, and each part of it, comes to in one document."""

    node: Expression
    met: Met
    gap: Gap | None = None
    """How near a proximity came that does not hold; None when a side is missing, or the sides are
    never in one field without overlapping.

    Of `NEAR`, `PRE` and `W/`: the least gap, in either order. Of `NOT NEAR` and `NOT W/`: of the
    left place that is farthest from all right ones."""
    parts: tuple["Explanation", ...] = ()
    """Of what the node is made of, from left to right."""

    @property
    def holds(self) -> bool:
        """Whether the expression holds."""
        return self.met.spots is not None

    @property
    def spots(self) -> Sequence[Spot]:
        """Where it is met, in reading order; none for what holds without a mention."""
        return self.met.spots or ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """What took no part here though it might have changed the answer; its parts tell theirs."""
        told = Counter(text for part in self.parts for text in part.met.left_out)
        return tuple((Counter(self.met.left_out) - told).elements())

    @property
    def missing(self) -> tuple[Expression, ...]:
        """The parts that do not hold: of a proximity, the sides that stand nowhere."""
        return tuple(part.node for part in self.parts if not part.holds)


def explain(expression: Expression, view: View) -> Explanation:
    """Return what every part of an expression comes to, each looked at once.

    It is for people to read: every part is looked at, also where the answer is known before.
    """
    inner = view_of_parts(expression, view)
    parts = tuple(explain(part, inner) for part in parts_of(expression))
    met = met_by((part.met for part in parts), expression, inner)
    gap = _gap(expression, parts, view) if met.spots is None else None
    return Explanation(node=expression, met=met, gap=gap, parts=parts)


def _gap(expression: Expression, parts: Sequence[Explanation], view: View) -> Gap | None:
    """Return how near a proximity came that does not hold."""
    if not isinstance(expression, Near | Together | Apart):
        return None
    left, right = parts
    gaps = _least_gaps(left.spots, right.spots, view)
    choose = max if isinstance(expression, Apart) else min
    return choose(gaps, key=attrgetter("words"), default=None)


def _least_gaps(left: Iterable[Spot], right: Iterable[Spot], view: View) -> Iterator[Gap]:
    """Yield the gap between each left place and the right one nearest to it."""
    left, right = list(left), list(right)
    for field in Field:
        others = [spot for spot in right if spot.field is field]
        for spot, before, behind in neighbours((s for s in left if s.field is field), others):
            gaps = [
                Gap(
                    first=first,
                    second=second,
                    words=view.layout.words(field).between(first.end, second.start),
                )
                for first, second in ((before, spot), (spot, behind))
                if first is not None and second is not None
            ]
            if gaps:
                yield min(gaps, key=attrgetter("words"))
