import json
from pathlib import Path

import pytest

from tests.daemon import watchlist, watchlist_here

CONFIG = '[[source]]\nname = "inbox"\nfolder = "inbox"\n'
GOOD = '[[item]]\nname = "ICBM"\n[[item.example]]\nmatch = "An ICBM"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules" / "a.toml").write_text(GOOD)
    return tmp_path


def test_what_holds_together_is_told_with_its_size(desk: Path) -> None:
    done = watchlist_here("check", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "config.toml: 1 source, 0 subscriptions",
        "rules: 1 item in 1 file, 1 example",
        "all is well",
    ]


def test_mistakes_of_configuration_rules_and_examples_are_told_with_their_spots(
    desk: Path,
) -> None:
    (desk / "config.toml").write_text('[mial]\n[[source]]\nname = "a"\n')
    (desk / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\ntems = ["x"]\n')
    done = watchlist_here("check", cwd=desk)
    assert done.returncode == 1
    assert done.stdout == (
        "config.toml:1:2: unknown table 'mial'\n"
        "    1 | [mial]\n"
        "      |  ^^^^\n"
        "      = did you mean 'mail'?\n"
        "config.toml:2:3: a source has either a folder, a feed or a list of feeds\n"
        "    2 | [[source]]\n"
        "      |   ^^^^^^\n"
        '      = write folder = "...", feed = "https://..." or opml = "feeds.opml"\n'
        "rules/a.toml:3:1: unknown key 'tems'\n"
        '    3 | tems = ["x"]\n'
        "      | ^^^^\n"
        "      = did you mean 'terms'?\n"
        "3 mistakes\n"
    )


def test_a_failed_example_is_a_mistake(desk: Path) -> None:
    (desk / "rules" / "a.toml").write_text(GOOD.replace("An ICBM", "icbm"))
    done = watchlist_here("check", "--json", cwd=desk)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "mistakes": [
            {
                "path": "rules/a.toml",
                "line": 3,
                "column": None,
                "text": "example of 'ICBM' fails: nothing was found",
                "remedy": "mend the terms or the example",
            }
        ],
        "lints": [],
    }


def test_rule_files_are_checked_alone_when_they_are_named(desk: Path) -> None:
    (desk / "config.toml").unlink()
    done = watchlist_here("check", "rules/a.toml", "rules", cwd=desk)
    assert done.returncode == 0
    assert done.stdout.count("1 item in 1 file, 1 example") == 2
    assert watchlist_here("check", "none", cwd=desk).returncode == 1
    shown = watchlist_here("check", "--json", "rules", cwd=desk).stdout
    assert json.loads(shown) == {"mistakes": [], "lints": []}


def test_rules_are_counted_beside_items(desk: Path) -> None:
    rule = '[[rule]]\nname = "Fired"\nwhen = "@icbm NEAR/5 launch*"\n'
    (desk / "rules" / "b.toml").write_text(rule)
    done = watchlist_here("check", "rules", cwd=desk)
    assert done.stdout.splitlines()[0] == "rules: 1 item and 1 rule in 2 files, 1 example"


def test_lints_are_told_and_are_errors_only_when_asked(desk: Path) -> None:
    (desk / "rules" / "a.toml").write_text('[[item]]\nname = "NATO"\n')
    done = watchlist_here("check", cwd=desk)
    assert done.returncode == 0
    assert done.stdout == (
        "rules/a.toml:2:8: 'NATO' does not find Nato [acronym-case]\n"
        '    2 | name = "NATO"\n'
        "      |        ^^^^^^\n"
        '      = list "Nato" too\n'
        "config.toml: 1 source, 0 subscriptions\n"
        "rules: 1 item in 1 file, 0 examples\n"
        "1 lint\n"
    )
    strict = watchlist_here("check", "--strict", "--json", "rules", cwd=desk)
    assert strict.returncode == 1
    assert json.loads(strict.stdout) == {
        "mistakes": [],
        "lints": [
            {
                "code": "acronym-case",
                "path": "rules/a.toml",
                "line": 2,
                "column": 8,
                "text": "'NATO' does not find Nato",
                "remedy": 'list "Nato" too',
            }
        ],
    }
    (desk / "rules" / "a.toml").write_text(GOOD)
    assert watchlist_here("check", "--strict", cwd=desk).returncode == 0


def test_the_subscriptions_of_the_configuration_tell_what_is_reached(desk: Path) -> None:
    chosen = '[[subscription]]\nname = "x"\nto = ["a@example.org"]\nrules = ["drones"]\n'
    (desk / "config.toml").write_text(CONFIG + chosen)
    done = watchlist_here("check", cwd=desk)
    assert "rules/a.toml:1:1: no subscription or rule reaches 'ICBM' [unreached" in done.stdout
    assert "unreached" not in watchlist_here("check", "rules", cwd=desk).stdout


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (
            'rules = ["elephant*", "icbms"]',
            """config.toml:7:9: no rule fits the subscription "x" [idle-subscription]
    7 | rules = ["elephant*", "icbms"]
      |         ^^^^^^^^^^^^^^^^^^^^^^
      = did you mean 'icbm'?
""",
        ),
        ('rules = ["z*"]', "= known here: icbm, launch"),
        ('tags = ["korea"]', "config.toml:7:8: no rule fits"),
        ('tags = ["korea"]', "= known here: missile"),
        ('severity = "high"', "config.toml:7:12: no rule fits"),
        ('severity = "high"', '= no rule is as high as "high": write at most "normal"'),
        ('rules = ["icbm"]\ntags = ["missile"]', "config.toml:4:1: no rule fits"),
        ('rules = ["icbm"]\ntags = ["missile"]', "= each of its rules, tags and severity fits"),
    ],
)
def test_a_subscription_that_no_rule_fits_is_a_lint_at_the_wish(
    desk: Path, wishes: str, told: str
) -> None:
    rule = '[[rule]]\nname = "Launch"\nwhen = "@icbm NEAR/5 fired"\ntags = ["missile"]\n'
    (desk / "rules" / "b.toml").write_text(rule)
    chosen = f'[[subscription]]\nname = "x"\nto = ["a@example.org"]\n{wishes}\n'
    (desk / "config.toml").write_text(CONFIG + chosen)
    done = watchlist_here("check", cwd=desk)
    assert done.returncode == 0, "a warning, for rules may be yet to come"
    assert told in done.stdout
    (lint,) = [
        one
        for one in json.loads(watchlist_here("check", "--json", cwd=desk).stdout)["lints"]
        if one["code"] == "idle-subscription"
    ]
    assert (lint["path"], lint["text"]) == ("config.toml", 'no rule fits the subscription "x"')
    assert watchlist_here("check", "--strict", cwd=desk).returncode == 1


def test_a_subscription_that_waits_for_rules_to_come_says_so_in_a_comment(desk: Path) -> None:
    allow = "# watchlist: allow idle-subscription"
    chosen = f'[[subscription]]\nname = "x"\nto = ["a@example.org"]\ntags = ["later"] {allow}\n'
    (desk / "config.toml").write_text(CONFIG + chosen)
    assert "idle-subscription" not in watchlist_here("check", cwd=desk).stdout


def test_where_nothing_alerts_anybody_each_subscription_is_told_at_its_header(desk: Path) -> None:
    (desk / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\nalert = false\n')
    (desk / "config.toml").write_text(f'{CONFIG}[[subscription]]\nname = "x"\nto = ["a@b.org"]\n')
    told = watchlist_here("check", cwd=desk).stdout
    assert "config.toml:4:1: nothing alerts the subscription" in told


def test_of_many_ids_of_which_none_is_near_some_are_listed(desk: Path) -> None:
    items = "".join(f'[[item]]\nname = "Item {number}"\n' for number in range(60))
    (desk / "rules" / "b.toml").write_text(items)
    chosen = '[[subscription]]\nname = "x"\nto = ["a@b.org"]\nrules = ["qqq"]\n'
    (desk / "config.toml").write_text(CONFIG + chosen)
    told = watchlist_here("check", cwd=desk).stdout
    assert "= known here: icbm, item-0, " in told
    assert " and 21 more\n" in told


def test_a_broken_configuration_without_rules_beside_it_is_told_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("x =")
    done = watchlist_here("check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 mistake"


def test_a_configuration_that_is_missing_is_told(tmp_path: Path) -> None:
    done = watchlist_here("check", cwd=tmp_path)
    assert done.returncode == 1
    assert "config.toml: cannot be read" in done.stdout
    assert "watchlist init DIR" in done.stdout


def test_a_broken_template_is_told_with_its_line(desk: Path) -> None:
    (desk / "templates").mkdir()
    (desk / "templates" / "subject.j2").write_text("{# ours #}\n{{ nobody }}\n")
    (desk / "config.toml").write_text(f'[mail]\ntemplates = "templates"\n{CONFIG}')
    done = watchlist_here("check", cwd=desk)
    assert done.returncode == 1
    assert "templates/subject.j2:2: 'nobody' is undefined" in done.stdout


@pytest.mark.parametrize("command", ["run", "once", "status"])
def test_a_configuration_that_does_not_load_ends_a_command_with_2(desk: Path, command: str) -> None:
    (desk / "config.toml").write_text("x =")
    done = watchlist_here(command, cwd=desk)
    assert done.returncode == 2
    assert done.stderr.startswith("config.toml:1:4: not TOML")


@pytest.mark.parametrize("command", ["run", "once", "match"])
def test_rules_that_do_not_load_end_a_command_with_2(desk: Path, command: str) -> None:
    (desk / "rules" / "a.toml").write_text("[[item]]\n")
    (desk / "inbox").mkdir()
    (desk / "a.txt").write_text("x")
    done = watchlist(command, *["a.txt"] * (command == "match"), cwd=desk)
    assert done.returncode == 2
    assert done.stderr.startswith("rules/a.toml:1:3: an item needs a name")


def test_a_damaged_database_ends_a_command_with_78(desk: Path) -> None:
    (desk / "state").mkdir()
    (desk / "state" / "watchlist.db").write_bytes(b"no database " * 1000)
    for command in ("run", "once", "status"):
        done = watchlist(command, cwd=desk)
        assert done.returncode == 78
        assert "not a database" in done.stderr


def test_status_before_anything_ran_says_so(desk: Path) -> None:
    done = watchlist_here("status", cwd=desk)
    assert done.returncode == 1
    assert "nothing has run yet" in done.stderr
