"""Documents as JSON lines in, findings as JSON lines out."""

import json
import re
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from watch.core.matcher import Matcher
from watch.core.model import Document, Matching
from watch.core.words.languages import primary_language
from watch.ingest.language import languages_of


def _peak_kb() -> int:
    """Return the most memory that this process has held, in kB.

    Linux counts into `ru_maxrss` what the process held that began this one.
    """
    status = Path("/proc/self/status")
    own = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@dataclass(slots=True, kw_only=True)
class Measured:
    """What was done, and how long it took."""

    seconds_loading: float
    documents: int = 0
    characters: int = 0
    mentions: int = 0
    seconds_matching: float = 0.0

    def match(self, matcher: Matcher, document: Document) -> Matching:
        """Return what is found, and add it to the measure."""
        began = time.perf_counter()
        matching = matcher.match(document)
        self.seconds_matching += time.perf_counter() - began
        self.documents += 1
        self.characters += len(document.title) + len(document.text)
        self.mentions += len(matching.mentions)
        return matching

    def as_json(self) -> dict[str, object]:
        """Return what `--stats` writes."""
        peak_kb = _peak_kb()
        return {
            "documents": self.documents,
            "characters": self.characters,
            "mentions": self.mentions,
            "seconds_loading": round(self.seconds_loading, 6),
            "seconds_matching": round(self.seconds_matching, 6),
            "peak_rss_mb": round(peak_kb / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1),
        }


def answers(matcher: Matcher, lines: IO[bytes], measured: Measured) -> Iterator[dict[str, object]]:
    """Yield the answer to each line, in order; a bad line's answer says what is wrong with it."""
    for line in lines:
        if not line.strip():
            continue
        given: object = None
        try:
            given = _json_in(line)
            document = _document_in(given)
        except ValueError as error:
            named = {"id": given["id"]} if isinstance(given, dict) and "id" in given else {}
            yield {**named, "error": str(error)}
            continue
        matching = measured.match(matcher, document)
        yield {"id": given["id"], **matching_as_json(document, matching)}  # type: ignore[index]  # it was a document


def _json_in(line: bytes) -> object:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    return value


def _document_in(given: object) -> Document:
    """Return the document of a JSON line; raise ValueError with what it lacks."""
    if not isinstance(given, dict):
        raise ValueError('not an object; write {"id": ..., "text": "..."}')  # noqa: TRY004 (a value of a line)
    if "id" not in given:
        raise ValueError('no "id"')
    strings = {}
    for key in ("text", "title", "language", "source"):
        value = given.get(key)
        if value is None and key != "text":
            continue
        if not isinstance(value, str):
            raise ValueError(f'"{key}" is no string')  # noqa: TRY004 (a value of a line)
        # Lone surrogates, which JSON lets pass, are no characters.
        strings[key] = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    title, text = strings.get("title", ""), strings["text"]
    declared = primary_language(strings.get("language"))
    return Document(
        source=strings.get("source", "stdin"),
        key=str(given["id"]),
        title=title,
        text=text,
        seen=datetime.now(UTC),
        languages=languages_of(title, text, declared=declared),
    )


def matching_as_json(document: Document, matching: Matching) -> dict[str, object]:
    """Return what was found in a document; findings name mentions by their index."""
    index = {mention: at for at, mention in enumerate(matching.mentions)}
    return {
        "mentions": [
            {
                "item": mention.item or None,
                "field": mention.field.value,
                "start": mention.start,
                "end": mention.end,
                "text": mention.text_in(document),
            }
            for mention in matching.mentions
        ],
        "findings": [
            {
                "rule": finding.rule,
                "mentions": [index[mention] for mention in finding.mentions],
            }
            for finding in matching.findings
        ],
    }
