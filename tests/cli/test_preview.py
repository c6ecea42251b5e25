import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.conftest import SEOUL, change
from tests.daemon import watchlist_here


def _shown(desk: Path, *arguments: str) -> str:
    done = watchlist_here("preview", *arguments, cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _dump(desk: Path) -> list[str]:
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        return list(connection.iterdump())


def test_the_next_mail_is_shown_with_its_time_and_nothing_is_changed(told_desk: Path) -> None:
    before = _dump(told_desk)
    shown = _shown(told_desk)
    head, to, subject, *text = shown.splitlines()
    wanted = re.fullmatch(
        r"mornings: 3 findings to tell, at (\S+ \S+) KST "
        r"\(daily at (\d\d:\d\d), quiet \d\d:\d\d-\d\d:\d\d\)",
        head,
    )
    assert wanted is not None, head
    assert wanted[1].endswith(f" {wanted[2]}:00")
    left = datetime.fromisoformat(wanted[1]).replace(tzinfo=UTC) - SEOUL - datetime.now(UTC)
    assert timedelta(hours=11) < left < timedelta(hours=13)
    assert to == "To: a@example.org, b@example.org"
    assert re.fullmatch(r"Subject: \[HIGH\] mornings, \d+ \w+: 2 stories", subject)
    assert "So the *NIS* says, of an *ICBM*." in "\n".join(text)
    assert 'the subscription "mornings" asks for it' in " ".join(text)
    assert _dump(told_desk) == before


def test_its_html_part_is_written_where_it_is_asked_for(told_desk: Path) -> None:
    shown = _shown(told_desk, "--subscription", "mornings", "--html", "next.html")
    assert shown.endswith("its HTML part: next.html\n")
    html = (told_desk / "next.html").read_text("utf-8")
    assert html.lstrip().startswith("<!")
    assert " on a lorry" in html
    done = watchlist_here("preview", "--html", "none/next.html", cwd=told_desk)
    assert done.returncode == 2
    assert "none/next.html: cannot be written: No such file or directory" in done.stderr


def test_with_nothing_waiting_it_says_so(told_desk: Path) -> None:
    assert "desk: nothing waits to be told\n" in _shown(told_desk, "--subscription", "desk")
    change(told_desk, "DELETE FROM tellings WHERE alert_id IS NULL")
    assert _shown(told_desk, "--html", "next.html") == "nothing waits to be told\n"
    assert not (told_desk / "next.html").exists()


def test_an_empty_digest_is_shown_where_its_subscription_is_asked_for(told_desk: Path) -> None:
    config = told_desk / "config.toml"
    config.write_text(f"{config.read_text()}send_empty = true\n")
    change(told_desk, "DELETE FROM tellings WHERE alert_id IS NULL")
    shown = _shown(told_desk, "--subscription", "mornings")
    assert "mornings: nothing waits to be told\n" in shown
    assert re.search(r"^Subject: mornings, \d+ \w+: no stories$", shown, re.MULTILINE)
    assert _shown(told_desk) == "nothing waits to be told\n"


def test_what_is_silenced_is_counted_and_not_shown(told_desk: Path) -> None:
    done = watchlist_here("silence", "add", "--rule", "nis", "--until", "3d", cwd=told_desk)
    assert done.returncode == 0
    shown = _shown(told_desk, "--subscription", "mornings")
    assert "mornings: 1 finding silenced\n" in shown
    assert "mornings: 2 findings to tell" in shown
    assert "Why: NIS" not in shown


def test_what_was_told_before_is_counted_as_folded(told_desk: Path) -> None:
    change(
        told_desk,
        "UPDATE tellings SET outcome = 'told', alert_id = (SELECT min(id) FROM alerts)"
        " WHERE subscription = 'mornings' AND finding_id ="
        " (SELECT max(id) FROM findings WHERE rule = 'icbm')",
    )
    change(told_desk, "UPDATE documents SET story_id = 1 WHERE story_id IS NOT NULL")
    shown = _shown(told_desk, "--subscription", "mornings")
    assert "mornings: 2 findings to tell" in shown, "NIS is a new rule for the story"
    change(told_desk, "UPDATE tellings SET outcome = NULL, alert_id = NULL")
    change(
        told_desk,
        "UPDATE tellings SET outcome = 'told', alert_id = (SELECT min(id) FROM alerts)"
        " WHERE subscription = 'mornings' AND finding_id IN"
        " (SELECT min(id) FROM findings WHERE rule IN ('icbm', 'nis') GROUP BY rule)",
    )
    shown = _shown(told_desk, "--subscription", "mornings")
    assert shown == "mornings: 1 finding folded, told before\nmornings: nothing waits to be told\n"


def test_what_is_due_says_so_and_of_several_mails_the_first_is_shown(told_desk: Path) -> None:
    config = told_desk / "config.toml"
    text = re.sub("send = .*|quiet = .*", "", config.read_text())
    config.write_text(f'{text}group = "each"\ngroup_wait = "0s"\n')
    shown = _shown(told_desk)
    assert shown.startswith("mornings: 3 findings to tell, due now (at once) (the first of 2)\n")
    assert shown.count("Subject: ") == 1


def test_quiet_hours_hold_all_but_high_severity(told_desk: Path) -> None:
    config = told_desk / "config.toml"
    config.write_text(re.sub("send = .*", "", config.read_text()))
    shown = _shown(told_desk)
    assert "(at once, quiet " in shown
    assert "Why: ICBM" in shown
    change(told_desk, "UPDATE findings SET severity = 1")
    held = re.search(r"to tell, at (\S+ \S+) KST \(at once, quiet \S+-(\S+)\)", _shown(told_desk))
    assert held is not None
    assert held[1].endswith(f" {held[2]}:00"), "it goes out when the quiet ends"


def test_html_of_several_mails_asks_for_one(told_desk: Path) -> None:
    change(
        told_desk,
        "UPDATE tellings SET outcome = NULL, alert_id = NULL WHERE subscription = 'desk'",
    )
    done = watchlist_here("preview", "--html", "next.html", cwd=told_desk)
    assert done.returncode == 2
    assert "several come (desk, mornings): name a --subscription" in done.stderr
    assert _shown(told_desk).count("Subject: ") == 2


def test_a_subscription_that_is_not_there_is_refused(told_desk: Path) -> None:
    done = watchlist_here("preview", "--subscription", "Mornigs", cwd=told_desk)
    assert done.returncode == 2
    assert "no subscription is called 'Mornigs'; did you mean 'mornings'?" in done.stderr


def test_a_broken_template_of_ones_own_is_told(told_desk: Path) -> None:
    (told_desk / "own").mkdir()
    (told_desk / "own" / "subject.j2").write_text("{{ nobody }}")
    config = told_desk / "config.toml"
    config.write_text(f'[mail]\ntemplates = "own"\n{config.read_text()}')
    done = watchlist_here("preview", cwd=told_desk)
    assert done.returncode == 0
    assert "mornings: the template subject.j2 failed, the shipped one was used" in done.stderr
