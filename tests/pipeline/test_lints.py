import logging

import pytest

from watch.core.rules.parse import parse_rule_file
from watch.pipeline.lints import log_lints


def test_each_lint_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log_lints([parse_rule_file("rules/a.toml", '[[item]]\nname = "NATO"\n')], ())
    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.WARNING, "lint")
    assert vars(record)["code"] == "acronym-case"
    assert vars(record)["place"] == "rules/a.toml:2:8"
    assert vars(record)["text"] == "'NATO' does not find Nato"


def test_of_many_lints_the_first_are_logged_and_the_rest_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    terms = ", ".join(f'"{left}{right}"' for left in "bcdfg" for right in "bcdfg")
    log_lints([parse_rule_file("a", f'[[item]]\nname = "a"\nterms = [{terms}]\n')], ())
    assert [record.message for record in caplog.records] == ["lint"] * 20 + ["more lints"]
    assert vars(caplog.records[-1])["more"] == 5


def test_a_set_without_lints_is_passed_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    log_lints([parse_rule_file("a", '[[item]]\nname = "ICBM"\n')], ())
    assert caplog.records == []
