import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import change
from tests.daemon import watchlist_here


def _found(desk: Path, *arguments: str) -> list[dict[str, Any]]:
    done = watchlist_here("findings", "--json", *arguments, cwd=desk)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _rules(desk: Path, *arguments: str) -> list[tuple[str, str]]:
    return sorted((one["rule"], one["source"]) for one in _found(desk, *arguments))


def test_each_finding_is_a_line_of_json_with_what_became_of_it(told_once: Path) -> None:
    found = _found(told_once)
    numbers = [one["number"] for one in found]
    assert numbers == sorted(numbers, reverse=True), "the newest first"
    by_rule = {(one["rule"], one["source"]): one for one in found}
    assert set(by_rule) == {
        ("icbm", "inbox"),
        ("nis", "inbox"),
        ("icbm", "wire [1]"),
        ("drones", "inbox"),
    }
    icbm = by_rule["icbm", "inbox"]
    assert (icbm["severity"], icbm["name"], icbm["items"]) == ("high", "ICBM", ["icbm"])
    assert (icbm["title"], icbm["key"], icbm["url"]) == ("An ICBM on a lorry", "both.txt", None)
    assert icbm["story"] == by_rule["nis", "inbox"]["story"]
    told, waits = icbm["subscriptions"]
    assert (told["name"], told["outcome"], told["silence"]) == ("desk", "told", None)
    assert told["mail"] >= icbm["seen"]
    assert waits == {"name": "mornings", "outcome": "waiting", "mail": None, "silence": None}
    assert [one["name"] for one in by_rule["nis", "inbox"]["subscriptions"]] == ["mornings"]
    assert by_rule["drones", "inbox"]["subscriptions"] == []


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--rule", "nis"), [("nis", "inbox")]),
        (("--rule", "i*", "--source", "wire [1]"), [("icbm", "wire [1]")]),
        (("--rule", "[!in]*"), [("drones", "inbox")]),
        (("--rule", "ICBM"), []),
        (("--item", "drones"), [("drones", "inbox")]),
        (("--item", "n"), []),
        (("--source", "elsewhere"), []),
        (("--since", "1h", "--item", "nis"), [("nis", "inbox")]),
        (("--until", "1h"), []),
        (("--since", "2999-01-01"), []),
        (
            ("--rule", "nis", "--until", "2999-01-01", "--timezone", "Asia/Seoul"),
            [("nis", "inbox")],
        ),
    ],
)
def test_only_what_is_asked_for_is_listed(
    told_once: Path, arguments: tuple[str, ...], wanted: list[tuple[str, str]]
) -> None:
    assert _rules(told_once, *arguments) == wanted


def test_a_moment_bounds_from_its_first_second_on(told_desk: Path) -> None:
    change(told_desk, "UPDATE documents SET seen = '2026-08-26 05:00:00.000000'")
    change(
        told_desk, "UPDATE documents SET seen = '2026-08-26 06:00:00.000000' WHERE key='one.txt'"
    )
    zone = ("--timezone", "Asia/Seoul")
    assert _rules(told_desk, "--since", "2026-08-26 15:00", *zone) == [("icbm", "wire [1]")]
    assert len(_rules(told_desk, "--until", "2026-08-26 15:00", *zone)) == 3
    assert len(_rules(told_desk, "--since", "2026-08-26 14:00", *zone)) == 4


def test_a_person_sees_a_table_in_which_nothing_acts(told_once: Path) -> None:
    done = watchlist_here("findings", cwd=told_once)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [re.sub(" +", " ", line).strip() for line in done.stdout.splitlines()]
    assert lines[0] == "Seen Severity Rule Source Story Title What became of it"
    (drone,) = [line for line in lines if " drones inbox " in line]
    assert drone.endswith(" A drone over the harbour nobody's")
    (nis,) = [line for line in lines if " nis inbox " in line]
    assert re.search(r" normal nis inbox \d+ An ICBM on a lorry mornings: waiting$", nis)
    (wire,) = [line for line in lines if " high icbm wire [1] " in line]
    assert "[red]]8;;http://x Launch" in wire
    assert re.search(r"desk: told on \d{4}-\d\d-\d\d [\d:]+; mornings: waiting$", wire)


def test_what_is_folded_or_silenced_says_so(told_desk: Path) -> None:
    change(told_desk, "UPDATE tellings SET outcome = 'folded' WHERE alert_id IS NULL")
    (nis,) = _found(told_desk, "--rule", "nis")
    assert nis["subscriptions"][0]["outcome"] == "folded"
    assert "mornings: folded" in watchlist_here("findings", cwd=told_desk).stdout
    change(
        told_desk,
        "UPDATE tellings SET outcome = 'silenced', silence_id = 7 WHERE alert_id IS NULL",
    )
    (nis,) = _found(told_desk, "--rule", "nis")
    assert (nis["subscriptions"][0]["outcome"], nis["subscriptions"][0]["silence"]) == (
        "silenced",
        7,
    )
    assert "mornings: silenced (7)" in watchlist_here("findings", cwd=told_desk).stdout


def test_an_address_stands_beside_the_title(told_desk: Path) -> None:
    change(told_desk, "UPDATE documents SET url = 'https://example.org/1', title = ''")
    shown = watchlist_here("findings", "--rule", "drones", cwd=told_desk).stdout
    assert "drone.txt https://example.org/1" in shown


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_more_than_the_limit_is_said(told_once: Path, form: tuple[str, ...]) -> None:
    done = watchlist_here("findings", "--limit", "3", *form, cwd=told_once)
    assert len(done.stdout.splitlines()) == 3 + (not form)
    assert done.stderr == "there are more than 3: --limit N shows more of them\n"
    whole = watchlist_here("findings", "--limit", "4", *form, cwd=told_once)
    assert len(whole.stdout.splitlines()) == 4 + (not form)
    assert whole.stderr == ""


def test_thousands_are_listed_each_once_in_parts(told_desk: Path) -> None:
    change(
        told_desk,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
        " INSERT INTO findings (document_id, rule, name, severity, tags, path, line, note,"
        " mentions, items) SELECT 1, 'many-' || i, 'x', 1, '[]', 'p', 1, NULL, '[]', '[]' FROM n",
    )
    found = _found(told_desk, "--rule", "many-*", "--limit", "5000")
    assert [one["rule"] for one in found] == [f"many-{number}" for number in range(1200, 0, -1)]
    done = watchlist_here("findings", "--limit", "1100", cwd=told_desk)
    assert sum("many-" in line for line in done.stdout.splitlines()) == 1100
    assert "more than 1,100" in done.stderr


def test_where_nothing_was_found_it_says_so(told_once: Path) -> None:
    done = watchlist_here("findings", "--rule", "elephants", cwd=told_once)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing was found\n")


def test_what_is_no_moment_is_refused(told_once: Path) -> None:
    done = watchlist_here("findings", "--since", "yesterday", cwd=told_once)
    assert done.returncode == 2
    assert "'yesterday' is no moment; write" in done.stderr
