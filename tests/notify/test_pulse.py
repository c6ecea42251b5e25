from pathlib import Path

import pytest

from tests.builders import NOW
from watch.core.vitals import Pulse
from watch.notify.pulse import load_pulse, save_pulse


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    pulse = Pulse(
        pid=7, version="0.1", started=NOW, beaten=NOW, pinged=NOW, troubles=("no mail", "서울")
    )
    save_pulse(tmp_path / "watchlist.pulse.json", pulse)
    assert load_pulse(tmp_path / "watchlist.pulse.json") == pulse
    assert (tmp_path / "watchlist.pulse.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff", b'{"pid": "many"}'])
def test_one_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "watchlist.pulse.json").write_bytes(content)
    assert load_pulse(tmp_path / "watchlist.pulse.json") is None
