"""Reads the feeds of a folder with feedparser, sanitising off, and does nothing else."""

import io
import sys
from pathlib import Path

import feedparser

for path in Path(sys.argv[1]).iterdir():
    feedparser.parse(
        io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False
    )
