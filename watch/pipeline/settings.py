"""How messages leave, and when the operator hears of the whole, as configured."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum, unique

from watch.core.sending import Schedule


@unique
class OnAmbiguous(Enum):
    """What becomes of a message of which a crash left unknown whether it was sent."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How messages leave."""

    max_per_minute: int | None = None
    on_ambiguous: OnAmbiguous = OnAmbiguous.RESEND


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """When the health mail goes to the operator."""

    schedule: Schedule | None = None
    """None for never."""
    zone: tzinfo = UTC
    """The operator's clock: of the schedule, and of the times in the mail."""
