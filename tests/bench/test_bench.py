import pytest

from tests.bench.__main__ import Asked, measured
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
