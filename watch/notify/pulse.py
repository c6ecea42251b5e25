"""The pulse of a daemon at work: a file beside its database."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from watch.core.vitals import Pulse
from watch.notify.textfile import replace_file

_PULSE = TypeAdapter(Pulse)


def save_pulse(path: Path, pulse: Pulse) -> None:
    """Write it for `watchlist status` to read. Raises OSError."""
    replace_file(path, _PULSE.dump_json(pulse, indent=1), mode=0o600)


def load_pulse(path: Path) -> Pulse | None:
    """Return what was written last; None where there is none that can be read."""
    try:
        return _PULSE.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
