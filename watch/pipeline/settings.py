"""How messages leave, as configured."""

from dataclasses import dataclass
from enum import Enum, unique


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
