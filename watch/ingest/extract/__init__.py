"""A file's bytes to what a person can read in them. Runs in the sandbox: files are hostile."""

from watch.errors import NotReadableError
from watch.ingest.extract.markup import html_to_text
from watch.ingest.extract.prose import PLAIN_SUFFIXES, read_at_once
from watch.ingest.extract.readers import READERS
from watch.ingest.extract.text import Extract

__all__ = ["PLAIN_SUFFIXES", "SUFFIXES", "Extract", "extract", "html_to_text", "read_at_once"]

SUFFIXES = frozenset(READERS)
"""The suffixes of the files that are looked into, in lower case, with their dot. One of them,
.doc, is there to be refused in words: left alone, it would be missed and nobody told."""


def extract(content: bytes, suffix: str) -> Extract:
    """Return the title, the text and the declared language of a file, chosen by its suffix.

    The case of the suffix is all one. Raises NotReadableError for a suffix not in SUFFIXES and
    for bytes of which nothing can be read; what is missing of the others stands in `unread`.
    """
    read = READERS.get(suffix.lower())
    if read is None:
        supported = " ".join(sorted(READERS.keys() - {".doc"}))
        raise NotReadableError(
            f"no way to read {suffix or 'a file without a suffix'}: use {supported}"
        )
    return read(content)
