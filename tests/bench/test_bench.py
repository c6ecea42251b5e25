import shlex
import subprocess
import sys

import pytest

from tests.bench.__main__ import PARTS, ROOT, Asked, asked_for, measured
from tests.bench.references import REFERENCES

TEXTS = 20


def found(what: str, language: str = "en") -> float:
    one = Asked(what=what, language=language, terms=50, rules=10, each=2, documents=TEXTS)
    result = measured(one)
    assert result["documents_per_second"] > 0
    assert result["peak_mb"] > 0
    return result["found"]


@pytest.mark.parametrize("language", ["en", "ko", "ru"])
def test_what_is_planted_is_found(language: str) -> None:
    assert found("watchlist", language) >= 2 * TEXTS


@pytest.mark.parametrize("what", sorted(set(REFERENCES) - {"text.split()"}))
def test_the_references_look_for_the_same(what: str) -> None:
    assert found(what) == 2 * TEXTS


def told(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_its_help_names_each_part_with_examples_that_can_be_run_and_measures_nothing() -> None:
    done = told("--help")
    assert (done.returncode, done.stderr) == (0, "")
    about, _, examples = done.stdout.partition("examples:\n")
    assert [line.split()[0] for line in about.split("parts:\n")[1].splitlines()[:2]] == [*PARTS]
    assert "--quick" in about
    commands = [shlex.split(line.split("    ")[0]) for line in examples.strip().split("\n  ")]
    assert [command[:3] for command in commands] == [["python", "-m", "tests.bench"]] * 4
    assert [asked_for(command[3:]) for command in commands] == [
        (["matcher", "ingest"], False),
        (["matcher", "ingest"], True),
        (["matcher"], False),
        (["ingest"], True),
    ]


def test_parts_are_measured_in_their_order_however_they_are_named() -> None:
    assert asked_for(["ingest", "--quick", "matcher"]) == (["matcher", "ingest"], True)


@pytest.mark.parametrize("word", ["match", "--fast"])
def test_what_is_no_part_is_refused_and_nothing_is_measured(word: str) -> None:
    done = told(word)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
