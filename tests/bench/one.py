"""One measurement, in a process of its own for its peak memory: JSON in, JSON out."""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.corpus import a_language, documents, names
from tests.bench.references import REFERENCES, splitting
from tests.bench.rulesets import expressions, rule_file
from watch.core.model import Document
from watch.ingest.rulefiles import RulesFolder
from watch.pipeline.rules import load_matcher

ROUNDS = 3
"""The best of so many counts: others use the machine too."""
LEAST_SECONDS = 0.3
SEEN = datetime(2026, 8, 26, tzinfo=UTC)


def rates(
    checks: Sequence[Callable[[str], int]], texts: Sequence[str]
) -> tuple[list[float], list[int]]:
    """Return how many texts each check does in a second at best, and what it finds in all.

    They take turns: others use the machine too, and what slows one slows its neighbour.
    """
    best, found = [0.0] * len(checks), [0] * len(checks)
    for _ in range(ROUNDS):
        for at, check in enumerate(checks):
            done, found[at] = 0, 0
            began = time.process_time()
            for text in texts:
                found[at] += check(text)
                done += 1
                if time.process_time() - began > 10 * LEAST_SECONDS:
                    break
            best[at] = max(best[at], done / (time.process_time() - began))
    return best, found


def main() -> None:
    """Measure what standard input asks for."""
    asked = json.load(sys.stdin)
    language = a_language(asked["language"])
    terms = names(language, asked["terms"])
    texts = documents(language, asked["size"], asked["documents"], terms, each=asked["each"])
    size = sum(len(text.encode()) for text in texts) / len(texts)
    if asked["what"] in REFERENCES:
        began = time.process_time()
        find = REFERENCES[asked["what"]](terms)
        loaded = time.process_time() - began
    else:
        with TemporaryDirectory() as folder:
            toml = rule_file(terms, expressions(terms, asked["rules"]))
            Path(folder, "items.toml").write_text(toml, "utf-8")
            del toml
            began = time.process_time()
            find = _matcher(Path(folder), asked["language"])
            loaded = time.process_time() - began
    (rate, splitting_rate), (found, _) = rates((find, splitting(terms)), texts)
    json.dump(
        {
            "documents_per_second": rate,
            "megabytes_per_second": rate * size / 1e6,
            "to_splitting": rate / splitting_rate,
            "found": found,
            "seconds_loading": loaded,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        },
        sys.stdout,
    )


def _matcher(folder: Path, language: str) -> Callable[[str], int]:
    matcher = load_matcher(RulesFolder(path=folder, label="rules"))
    matcher.prepare((language,))

    def find(text: str) -> int:
        document = Document(
            source="bench", key="1", title="", text=text, seen=SEEN, languages=(language,)
        )
        return len(matcher.match(document).mentions)

    return find


if __name__ == "__main__":
    main()
