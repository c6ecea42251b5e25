"""The file being read: where its values stand, and the mistakes that gather as it goes."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, timedelta, tzinfo
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watch.core.toml import Path as Where
from watch.core.toml import TomlText
from watch.errors import Mistake, PermanentError
from watch.ingest.stamp import FileStamp, stamp_of
from watch.ingest.web.addresses import Network
from watch.notify.addresses import parse_address

T = TypeVar("T")

_LONGEST_WAIT = timedelta(days=366)


class Page:
    """One configuration being read."""

    def __init__(self, path: Path, toml: TomlText, stamp: FileStamp | None = None) -> None:
        """Begin to read what `toml` holds; `stamp` is how the file lay there before it was read."""
        self.path = path
        self.root = path.absolute().parent
        """What relative paths count from."""
        self.toml = toml
        self.mistakes: list[Mistake] = []
        self.files: dict[Path, FileStamp | None] = {path: stamp}
        """What was read, each as it lay there before: the configuration, and files it names."""

    def add(self, where: Where, text: str, *, remedy: str | None, is_key: bool = False) -> None:
        """Note a mistake at a value, or at its key."""
        self.mistakes.append(self.toml.mistake(where, text, remedy=remedy, is_key=is_key))

    def note_file(self, path: Path) -> None:
        """Note that a file is about to be read: an edit from now on shows."""
        self.files[path] = stamp_of(path)

    def read(self, named: str, where: Where, *, remedy: str) -> str | None:
        """Return what stands in a file that a value names; note why it cannot be read."""
        path = self.root / named
        self.note_file(path)
        try:
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            what = f"{named} cannot be read: {getattr(error, 'strerror', error)}"
            self.add(where, what, remedy=remedy)
            return None

    def check_name(self, name: str, names: dict[str, int], index: int, where: Where) -> None:
        """Note a name that is none, or that an earlier table has; `names` are those so far."""
        if not name.strip() or not name.isprintable():
            self.add((*where, "name"), "not a name", remedy="write a few letters")
        if name in names:
            line = self.toml.lines_of(str(where[0]))[names[name]]
            what = f'"{name}" is taken (line {line})'
            self.add((*where, "name"), what, remedy="give one of the two another name")
        names.setdefault(name, index)

    def check_address(self, address: str, where: Where) -> None:
        """Note what is not one address."""
        try:
            parse_address(address)
        except PermanentError as error:
            self.add(where, str(error), remedy=None)

    def duration(self, written: str | None, where: Where, *, least: timedelta) -> timedelta | None:
        """Return a length of time, None for none; note one that is none or too short."""
        if written is None:
            return None
        duration = parse_duration(written)
        if duration is None or not least <= duration <= _LONGEST_WAIT:
            remedy = 'write "30s", "15m", "2h" or "1d"'
            self.add(where, f'"{written}" is no length of time', remedy=remedy)
        return duration

    def parsed(self, written: str | None, where: Where, parse: Callable[[str], T]) -> T | None:
        """Return what is written, None for nothing; note why it cannot be read."""
        if written is None:
            return None
        try:
            return parse(written)
        except ValueError as error:
            self.add(where, str(error), remedy=None)
            return None

    def networks(self, networks: Sequence[str], where: Where) -> Iterator[Network]:
        """Yield the networks that are written; note what is none."""
        for index, text in enumerate(networks):
            try:
                network = ip_network(text)
            except ValueError:
                remedy = 'write one such as "10.1.2.0/24"'
                self.add((*where, index), f'"{text}" is no network', remedy=remedy)
            else:
                yield network

    def zone(self, name: str, where: Where) -> tzinfo:
        """Return the time zone of a name; note one that is not known, and return UTC."""
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            remedy = 'write a name such as "Asia/Seoul" or "UTC"'
            self.add(where, f'no time zone is called "{name}"', remedy=remedy)
            return UTC


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(written: str) -> timedelta | None:
    """Return a length of time such as 90s, 15m or 1h30m; None where it is none."""
    if not re.fullmatch(r"\s*(?:\d+(?:\.\d+)?\s*[smhd]\s*)+", written):
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", written)
    try:
        return sum((timedelta(**{_UNITS[unit]: float(n)}) for n, unit in parts), timedelta())
    except OverflowError:
        return None
