"""The table of cases: each is run against the matcher and against its naive twin."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import a_document, an_item, found
from tests.core.naive import naive_matching
from watch.core.matcher import Matcher
from watch.core.model import Document
from watch.core.rules.ruleset import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One table of cases.toml, where each key is told."""

    point: int
    terms: tuple[str, ...]
    excepts: tuple[str, ...] = ()
    language: str | None = None
    item_language: str | None = None
    title: str = ""
    text: str
    finds: list[str]
    why: str = ""

    @property
    def ruleset(self) -> Ruleset:
        item = an_item(*self.terms, excepts=self.excepts, language=self.item_language)
        return Ruleset(items=(item,))

    @property
    def document(self) -> Document:
        return a_document(self.text, title=self.title, language=self.language)


def load_cases() -> list[Case]:
    tables = tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8"))["case"]
    return [
        Case(
            terms=tuple(table.pop("terms", None) or [table.pop("term")]),
            excepts=tuple(table.pop("except", ())),
            **table,
        )
        for table in tables
    ]


CASES = load_cases()


each_case = pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case.point}: {case.terms[0]}: {case.text}"[:60]) for case in CASES],
)


@each_case
def test_the_matcher_finds_what_the_table_says(case: Case) -> None:
    assert found(Matcher(case.ruleset), case.document) == case.finds


@each_case
def test_the_naive_twin_finds_what_the_table_says(case: Case) -> None:
    document = case.document
    mentions = naive_matching(case.ruleset, document)
    assert [mention.text_in(document) for mention in mentions] == case.finds


def test_the_table_covers_every_point_and_many_languages() -> None:
    assert {case.point for case in CASES} == {1, 2, 3, 4, 5, 6, 7, 9, 10}
    assert len({case.language for case in CASES}) > 30
