import subprocess
import sys
from pathlib import Path

import pytest

from watch.errors import StateLockedError, StoreRefusedError
from watch.store.lock import hold_state, holder_of

_HOLD = """
import sys, time
from pathlib import Path
from watch.store.lock import hold_state
with hold_state(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_state_directory_has_one_holder_who_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert holder_of(state) is None
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        assert holder_of(state) == other.pid
        with pytest.raises(StateLockedError, match=f"process {other.pid} "), hold_state(state):
            pytest.fail("held twice")
        other.kill()
    assert holder_of(state) is None, "a killed process holds nothing"
    with hold_state(state):
        pass
    assert state.stat().st_mode & 0o777 == 0o700


def test_where_no_lock_can_be_made_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StoreRefusedError, match=r"File exists; give .* name another"):
        hold_state(tmp_path / "state").__enter__()
