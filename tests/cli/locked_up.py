"""Runs a command under what a systemd unit forbids, as far as that can be had without systemd.

    python -m tests.cli.locked_up UNIT COMMAND...

System calls, kinds of sockets, writable code and new privileges are forbidden as in the unit; its
mounts and its user are not made.
"""

import ctypes
import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_MDWE = 38, 65
_REFUSE_EXEC_GAIN = 1
_EQUAL = 4


class _Condition(ctypes.Structure):
    """What an argument of a system call must be: `struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("unused", ctypes.c_uint64),
    )


def main() -> None:
    unit, *command = sys.argv[1:]
    settings = Path(unit).read_text()
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    libc = ctypes.CDLL(None, use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    names = set(_allowed(settings)) - {"socket"}
    assert len(names) > 100
    context = ctypes.c_void_p(seccomp.seccomp_init(_ERRNO | _EPERM))
    for name in names:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # the others are of other machines
            assert seccomp.seccomp_rule_add(context, _ALLOW, number, 0) == 0, name
    number = seccomp.seccomp_syscall_resolve_name(b"socket")
    for family in _families(settings):
        is_it = _Condition(argument=0, operator=_EQUAL, value=family)
        added = seccomp.seccomp_rule_add_array(context, _ALLOW, number, 1, ctypes.byref(is_it))
        assert added == 0, family
    limits = dict(re.findall(r"^Limit(\w+)=(\d+)$", settings, re.MULTILINE))
    assert limits
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(most), int(most)))
    assert "NoNewPrivileges=yes" in settings
    assert "MemoryDenyWriteExecute=yes" in settings
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    if libc.prctl(_PR_SET_MDWE, _REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
        sys.stderr.write("writable code is not forbidden: this kernel is older than 6.3\n")
    assert seccomp.seccomp_load(context) == 0
    os.execv(command[0], command)  # noqa: S606 (the commands are ours)


def _allowed(settings: str) -> Iterator[str]:
    """Yield the system calls that the filters of a unit leave."""
    filters = re.findall(r"^SystemCallFilter=(~?)(.+)$", settings, re.MULTILINE)
    assert [sign for sign, _ in filters] == ["", "~"]
    denied = {name for group in filters[1][1].split() for name in _calls(group)}
    yield from (name for name in _calls(filters[0][1]) if name not in denied)


def _families(settings: str) -> list[socket.AddressFamily]:
    """Return the kinds of sockets that a unit leaves."""
    (written,) = re.findall(r"^RestrictAddressFamilies=(.+)$", settings, re.MULTILINE)
    return [socket.AddressFamily[name] for name in written.split()]


def _calls(group: str) -> Iterator[str]:
    shown = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", group],  # noqa: S607 (where it is)
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in re.findall(r"^ {4}(@?\w[\w-]*)$", shown, re.MULTILINE):
        if name.startswith("@"):
            yield from _calls(name)
        else:
            yield name


if __name__ == "__main__":
    main()
