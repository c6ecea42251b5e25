import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import DEADLINE_S
from watch.engine.supervisor import Supervisor


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(DEADLINE_S)
        yield listener


def test_lines_are_one_datagram(told: socket.socket) -> None:
    Supervisor.from_environment().tell_ready("watching 3 folders")
    assert told.recv(4096) == b"READY=1\nSTATUS=watching 3 folders"


def test_a_reload_tells_when_it_began(told: socket.socket) -> None:
    Supervisor.from_environment().tell_reloading()
    first, second = told.recv(4096).decode().split("\n")
    assert first == "RELOADING=1"
    assert second.startswith("MONOTONIC_USEC=")
    assert second.split("=")[1].isdigit()


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "/no/such/socket"])
def test_where_nobody_listens_nothing_fails(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    supervisor = Supervisor.from_environment()
    assert supervisor.address == (address if address.startswith("/") else None)
    supervisor.tell("READY=1")


def test_a_name_without_a_file_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0watchlist-{os.getpid()}")
        listener.settimeout(DEADLINE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@watchlist-{os.getpid()}")
        Supervisor.from_environment().tell("STOPPING=1")
        assert listener.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize(
    ("environment", "is_watched"),
    [
        ({}, False),
        ({"WATCHDOG_USEC": "30000000"}, True),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, True),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, False),
    ],
)
def test_it_is_watched_where_the_supervisor_says_so(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, is_watched: bool
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Supervisor.from_environment().is_watching == is_watched
