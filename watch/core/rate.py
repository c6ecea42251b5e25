"""How many mails may leave within a minute: a token bucket, on the monotonic clock."""

from dataclasses import dataclass

_MINUTE_S = 60.0
_BURST_SHARE = 6
"""One part in so many of what a minute allows may go at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What may leave at once, and how fast more is allowed.

    Within no minute does more leave than allowed: a full bucket, and what comes in meanwhile, are
    as much together. So it fills a little slower than the minute alone would let it.
    """

    capacity: int
    per_second: float
    tokens: float
    at: float
    """When it held so many, in seconds."""

    @classmethod
    def full(cls, most_per_minute: int, at: float) -> "Bucket":
        """Return one that lets so many go within a minute, the first sixth of them at once."""
        capacity = max(1, most_per_minute // _BURST_SHARE)
        # The first of those that come in is there after a whole interval: hence the one more.
        per_second = (most_per_minute - capacity + 1) / _MINUTE_S
        return cls(capacity=capacity, per_second=per_second, tokens=float(capacity), at=at)

    def wait(self, now: float) -> float:
        """Return in how many seconds the next may leave."""
        return max(0.0, (1 - self._held(now)) / self.per_second)

    def less_one(self, now: float) -> "Bucket":
        """Return what is left once one more has left."""
        return Bucket(
            capacity=self.capacity,
            per_second=self.per_second,
            tokens=self._held(now) - 1,
            at=now,
        )

    def _held(self, now: float) -> float:
        return min(self.capacity, self.tokens + max(0.0, now - self.at) * self.per_second)
