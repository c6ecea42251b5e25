"""The exit codes of all verbs."""

from enum import IntEnum


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    NEEDS_A_PERSON = 1
    USAGE = 2
    LOCKED = 75
    REFUSED = 78
