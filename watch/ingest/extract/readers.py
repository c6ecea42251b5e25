"""Which function reads a kind of file, by its suffix; its module is loaded with its first file.

Together the modules take a quarter of a second and 20 MB, and most children see one kind of file.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias, cast

from watch.ingest.extract.text import Extract

Reader: TypeAlias = Callable[[bytes], Extract]

_PLACES = MappingProxyType(
    {
        ".txt": "prose:read_plain",
        ".text": "prose:read_plain",
        ".md": "markdown:read_markdown",
        ".markdown": "markdown:read_markdown",
        ".html": "prose:read_html",
        ".htm": "prose:read_html",
        ".eml": "mail:read_mail",
        ".pdf": "pdf:read_pdf",
        ".docx": "office:read_office",
        ".docm": "office:read_office",
        ".odt": "office:read_office",
        ".doc": "office:refuse_old",
    }
)


class _Readers(Mapping[str, Reader]):
    """The readers by suffix, in lower case, with its dot."""

    def __getitem__(self, suffix: str) -> Reader:
        module, _, name = _PLACES[suffix].partition(":")
        return cast("Reader", getattr(importlib.import_module(f"{__package__}.{module}"), name))

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


READERS = _Readers()
