"""The zip archive that an office document is, read within limits."""

from collections.abc import Callable
from io import BytesIO
from typing import NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from watch.errors import NotReadableError

MAX_MEMBERS = 10_000
"""How many files an archive may hold."""
MAX_UNPACKED = 64_000_000
"""How much may be unpacked of one archive, in bytes. Nothing but its text is."""

_IS_ENCRYPTED = 0x1


class Package:
    """An office document's archive; what is unpacked of it is bounded in all."""

    def __init__(self, content: bytes) -> None:
        """Open it; raises what zipfile does, and NotReadableError for what is over a limit."""
        self._archive = ZipFile(BytesIO(content))
        self._left = MAX_UNPACKED
        self.names = frozenset(self._archive.namelist())
        if len(self.names) > MAX_MEMBERS:
            raise NotReadableError(
                f"an archive of {len(self.names)} files, which no document is; unpack it"
            )

    def read(self, name: str) -> bytes:
        """Return a file of the archive; KeyError when it has none of that name."""
        member = self._archive.getinfo(name)
        if member.flag_bits & _IS_ENCRYPTED:
            raise NotReadableError("protected by a password; save it without one")
        if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise NotReadableError("packed in a way that no office program does; save it anew")
        # What the archive says of a file's size may be a lie.
        with self._archive.open(member) as file:
            content = file.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise NotReadableError(
                f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB of text; split it"
            )
        return content


def parse_xml(
    content: bytes,
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    words: Callable[[str], None] | None = None,
) -> None:
    """Call back for each element and text of an XML file; raises ExpatError where it is none.

    Names come as `namespace name`. A file that declares a document type is refused, and with it
    every entity but the five of XML itself: office documents need none, bombs do.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words
    parser.Parse(content, True)  # noqa: FBT003 - it takes no keywords


def _refuse_doctype(*_: object) -> NoReturn:
    raise NotReadableError("declares entities as no office program does; save it anew")
