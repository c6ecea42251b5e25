"""What was found out once and may be asked for again, without growing for ever."""

from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Memory(dict[KeyT, ValueT]):
    """A dictionary that forgets all when it is full; what is asked for again soon comes back.

    Looking up costs what it costs in a plain dictionary, which no order of use would.
    """

    __slots__ = ("_most",)

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: KeyT, value: ValueT) -> ValueT:
        """Remember a value, and return it."""
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value
