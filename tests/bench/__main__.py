"""`make bench`: measures, and prints tables, beside references in the same run.

`python -m tests.bench --help` tells what can be measured.
"""

import json
import os
import platform
import re
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.ingest import QUICK, STEPS, Amounts, lines

ROOT = Path(__file__).parents[2]
_PROGRESS = Console(stderr=True)
DOCUMENTS = {"short": 4_000, "news": 2_000, "long": 30}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One measurement: what is measured, on which terms, rules and texts."""

    what: str = "watchlist"
    language: str = "en"
    terms: int = 1_000
    rules: int = 0
    size: str = "news"
    each: int = 1
    """Names planted in each document."""
    documents: int | None = None
    """How many texts; None takes as many as their size asks for."""


def asked(*, quick: bool) -> Iterator[Asked]:
    """Yield all measurements."""
    yield Asked(what="text.split()")
    for each in (0, 1, 10):
        yield Asked(each=each)
    yield Asked(what="automaton of letters")
    yield Asked(what="dictionary of words")
    yield Asked(what="loop of re")
    for terms in (10_000,) if quick else (10_000, 100_000, 1_000_000):
        yield Asked(terms=terms)
    for rules in (1_000,) if quick else (1_000, 10_000, 100_000):
        yield Asked(terms=5 * rules, rules=rules, each=10)
    yield Asked(size="short")
    yield Asked(size="long", each=10)
    for language in ("ko", "ru"):
        yield Asked(language=language)


def measured(one: Asked) -> dict[str, float]:
    """Return what a process of its own says of one measurement."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.one"],
        input=json.dumps({**asdict(one), "documents": one.documents or DOCUMENTS[one.size]}),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _machine() -> str:
    """Return what the processor calls itself, where the system tells, and how many it has."""
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return f"{named[1] if named else platform.machine()}, {os.cpu_count()} cores"


def _matcher(console: Console, *, quick: bool) -> None:
    """Measure the matcher; quick leaves the large sets out."""
    table = Table(title=f"{_machine()}, Python {platform.python_version()}", box=SIMPLE_HEAD)
    for name in ("", "language", "text"):
        table.add_column(name, no_wrap=True)
    for name in ("names", "terms", "rules", "texts/s", "MB/s", "to split()", "load s", "peak MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in track([*asked(quick=quick)], "measuring", console=_PROGRESS):
        result = measured(one)
        table.add_row(
            one.what,
            one.language,
            one.size,
            str(one.each),
            f"{one.terms:,}",
            f"{one.rules:,}",
            f"{result['documents_per_second']:,.0f}",
            f"{result['megabytes_per_second']:.2f}",
            f"{result['to_splitting']:.3f}",
            f"{result['seconds_loading']:.2f}",
            f"{result['peak_mb']:.0f}",
        )
    console.print(table)


def _ingest(console: Console, *, quick: bool) -> None:
    """Measure how documents come in; quick takes few of them."""
    table = Table(title=f"{_machine()}, Python {platform.python_version()}", box=SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for name in ("documents", "findings", "mails", "wall s", "CPU s", "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("beside", no_wrap=True)
    for name in ("CPU s", "figure", "at most"):
        table.add_column(name, justify="right", no_wrap=True)
    measurements = lines(QUICK if quick else Amounts())
    for line in track(measurements, "measuring", total=len(STEPS), console=_PROGRESS):
        table.add_row(
            line.what,
            f"{line.documents:,}" if line.documents else "",
            f"{line.findings:,}" if line.findings else "",
            str(line.mails or ""),
            f"{line.cost.wall_s:.1f}",
            f"{line.cost.cpu_s:.2f}",
            f"{line.cost.peak_mb:.0f}",
            line.beside,
            f"{line.beside_s:.2f}" if line.beside_s is not None else "",
            line.figure,
            line.claim,
        )
    console.print(table)


PARTS = {"matcher": _matcher, "ingest": _ingest}
_ABOUT = """\
Measure how fast documents are read and searched, beside references in the same run.

parts:
  matcher  texts searched for names, beside text.split() and other ways to search
  ingest   documents from a feed or a file to the mail at the server
"""
_EXAMPLES = """\
examples:
  python -m tests.bench                   all of it
  python -m tests.bench --quick           all of it without the largest sets
  python -m tests.bench matcher           one part
  python -m tests.bench ingest --quick    one part without the largest sets
"""


def asked_for(words: Sequence[str]) -> tuple[Sequence[str], bool]:
    """Return the parts that a command line names, else all, and whether to be quick.

    Raises SystemExit once it has told of --help, or of what is no part.
    """
    parser = ArgumentParser(
        prog="python -m tests.bench",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts",
        metavar="PART",
        nargs="*",
        choices=(*PARTS, "all"),
        default="all",
        help="matcher or ingest; without one, both",
    )
    parser.add_argument(
        "--quick", action="store_true", help="leave the largest sets out, and repeat less"
    )
    asked = parser.parse_intermixed_args(words)
    return [name for name in PARTS if name in asked.parts or "all" in asked.parts], asked.quick


def main() -> None:
    """Measure what is asked for, by default all of it, and print."""
    names, quick = asked_for(sys.argv[1:])
    console = Console(width=None if sys.stdout.isatty() else 140)
    for name in names:
        PARTS[name](console, quick=quick)


if __name__ == "__main__":
    main()
