"""How messages leave, who hears of the whole and when, as configured."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from enum import Enum, unique
from pathlib import Path

from watch.core.sending import Schedule
from watch.ingest.web.addresses import Network


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """An address that is fetched as long as all is well; when it is not, its owner raises alarm."""

    url: str = field(repr=False)
    """Whoever knows it can say that all is well: its host alone is shown."""
    every: timedelta = timedelta(minutes=5)
    allow_private: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSettings:
    """What is told to those who look from outside."""

    ping: Ping | None = None
    metrics_file: Path | None = None
    """For the textfile collector of Prometheus' node exporter."""
    pulse_file: Path | None = None
    """What `watchlist status` reads of the daemon at work."""
