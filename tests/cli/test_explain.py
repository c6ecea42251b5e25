import json
from pathlib import Path

import pytest

from tests.daemon import watchlist_here

RULES = """\
[[item]]
id = "drone"
name = "Suicide drones"
terms = ["suicide drone"]
[[rule]]
id = "drones-to-russia"
name = "Drones for Russia"
when = '@drone NEAR/2 (Russia OR Moscow) AND NOT title:sport'
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.toml").write_text(RULES)
    (tmp_path / "near.txt").write_text("Morning\n\nThe suicide drones [sic] for Russia leave.")
    (tmp_path / "far.txt").write_text("Morning\n\nThe suicide drones, it is said, go to Russia.")
    return tmp_path


def test_a_rule_that_holds_is_shown_with_the_places_of_each_part(desk: Path) -> None:
    done = watchlist_here("explain", "near.txt", "drones-to-russia", cwd=desk)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("holds (@drone NEAR/2 (Russia OR Moscow)) AND (NOT title:sport): ")
    assert any(
        line.endswith('holds @drone: "suicide drones" (text, character 4)') for line in lines
    )
    assert any(line.endswith("fails Moscow: stands nowhere") for line in lines)
    assert '"suicide drones [sic] for Russia"' in done.stdout


def test_a_rule_that_fails_tells_what_failed_and_how_near_it_came(desk: Path) -> None:
    done = watchlist_here("explain", "far.txt", "drones-to-russia", cwd=desk)
    assert done.returncode == 1
    assert 'nearest: 5 words between "suicide drones" and "Russia"' in done.stdout


def test_an_item_is_explained_as_the_rule_that_it_is(desk: Path) -> None:
    done = watchlist_here("explain", "far.txt", "drone", cwd=desk)
    assert (done.returncode, done.stdout) == (
        0,
        'holds @drone: "suicide drones" (text, character 4)\n',
    )


def test_the_same_is_told_to_machines(desk: Path) -> None:
    done = watchlist_here("explain", "far.txt", "drones-to-russia", "--json", cwd=desk)
    told = json.loads(done.stdout)
    near = told["parts"][0]
    assert (told["holds"], near["holds"], near["nearest_words"]) == (False, False, 5)
    (drones,) = near["parts"][0]["places"]
    assert drones == {"field": "text", "start": 4, "end": 18, "text": "suicide drones"}


def test_many_places_are_shown_as_a_few_and_a_number(desk: Path) -> None:
    (desk / "many.txt").write_text("suicide drone; " * 8)
    done = watchlist_here("explain", "many.txt", "drone", cwd=desk)
    assert done.stdout.rstrip().endswith("; 3 more")


def test_what_was_left_out_is_told_to_people_and_machines(desk: Path) -> None:
    (desk / "dense.txt").write_text("Russia; " * 10_001 + "suicide drone")
    rule = '[[rule]]\nid = "dense"\nname = "Dense"\nwhen = "(Russia NEAR/0 drone) NEAR/9 drone"\n'
    (desk / "rules" / "b.toml").write_text(rule)
    told = [
        "Russia: 10,001 mentions in one document; the first 10,000 were kept",
        "10,000 places on one side of NEAR/0; the first 5,000 took part",
    ]
    text = watchlist_here("explain", "dense.txt", "dense", cwd=desk).stdout
    (line,) = (line for line in text.splitlines() if "not in full" in line)
    assert line.endswith("".join(f"; not in full: {one}" for one in told))
    machine = json.loads(watchlist_here("explain", "dense.txt", "dense", "--json", cwd=desk).stdout)
    assert (machine["left_out"], machine["parts"][0]["left_out"]) == ([], told)


@pytest.mark.parametrize(
    ("document", "rule", "code", "told"),
    [
        ("near.txt", "drones-to-rusia", 2, "did you mean 'drones-to-russia'?"),
        ("gone.txt", "drone", 1, "cannot be read: No such file"),
    ],
)
def test_what_is_not_there_is_told(
    desk: Path, document: str, rule: str, code: int, told: str
) -> None:
    done = watchlist_here("explain", document, rule, cwd=desk)
    assert done.returncode == code
    assert told in done.stderr
