"""What parsers raise on bytes that are damaged, told in words."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from email.errors import MessageError
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from pypdf.errors import DependencyError, PyPdfError

from watch.core.cleaning import clean
from watch.errors import NotReadableError

WORDS_LENGTH = 100
"""How much of a parser's own words is passed on, in characters."""

# Parsers that walk on over damage meet what they did not foresee: a number where a name should
# be is a TypeError or an AttributeError. MemoryError is not among them: the sandbox tells it.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BadZipFile,
    DependencyError,
    EOFError,
    ExpatError,
    LookupError,
    MessageError,
    OSError,
    PyPdfError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@contextmanager
def damage_told(kind: str) -> Iterator[None]:
    """Raise NotReadableError, naming the kind of file, for what a parser raises on damage."""
    try:
        yield
    except DAMAGE as error:
        words = clean(f"{type(error).__name__} {error}")[:WORDS_LENGTH].rstrip()
        raise NotReadableError(
            f"a damaged {kind} ({words}); open it where it was made and save it anew"
        ) from error
