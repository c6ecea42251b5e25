import json
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import watchlist as watchlist_apart
from tests.daemon import watchlist_here as watchlist

RULES = """\
[[item]]
name = "Suicide drones"
terms = ["suicide drone", "자폭 드론"]
[[item]]
name = "Kim Jong Un"
alert = false
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.toml").write_text(RULES, "utf-8")
    return tmp_path


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_documents_as_lines_give_findings_as_lines_in_order(desk: Path) -> None:
    documents: list[dict[str, object]] = [
        {"id": "a", "text": "Two suicide-drones. Kim Jong-un saw \U0001f680 자폭드론을."},
        {"id": 2, "text": "", "title": "Suicide drone"},
        {"id": None, "text": "nothing", "language": "de", "source": "wire", "published": 5},
    ]
    stdin = "\n".join(json.dumps(one) for one in documents) + "\n\n"
    done = watchlist("match", "--rules", "rules", "--jsonl", cwd=desk, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    text = str(documents[0]["text"])
    first, second, third = _lines(done.stdout)
    assert list(first) == ["id", "mentions", "findings"]
    mentions = first["mentions"]
    assert [text[one["start"] : one["end"]] for one in mentions] == [
        one["text"] for one in mentions
    ]
    assert mentions == [
        {
            "item": "suicide-drones",
            "field": "text",
            "start": 4,
            "end": 18,
            "text": "suicide-drones",
        },
        {"item": "kim-jong-un", "field": "text", "start": 20, "end": 31, "text": "Kim Jong-un"},
        {"item": "suicide-drones", "field": "text", "start": 38, "end": 42, "text": "자폭드론"},
    ]
    assert first["findings"] == [{"rule": "suicide-drones", "mentions": [0, 2]}]
    assert second["id"] == 2
    assert third == {"id": None, "mentions": [], "findings": []}


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('{"id": 1}', {"id": 1, "error": '"text" is no string'}),
        ('{"id": 1, "text": 5}', {"id": 1, "error": '"text" is no string'}),
        ('{"id": 1, "text": "x", "title": []}', {"id": 1, "error": '"title" is no string'}),
        ('{"text": "x"}', {"error": 'no "id"'}),
        ("[1]", {"error": 'not an object; write {"id": ..., "text": "..."}'}),
        ("{", None),
        ("[" * 100_000, None),
    ],
)
def test_a_bad_line_is_answered_and_the_next_is_matched(
    desk: Path, line: str, answer: dict[str, object] | None
) -> None:
    stdin = f'{line}\n{{"id": 3, "text": "a suicide drone"}}\n'
    done = watchlist("match", "--rules", "rules", "--jsonl", cwd=desk, stdin=stdin)
    assert done.returncode == 0
    bad, good = _lines(done.stdout)
    assert answer in (bad, None)
    assert bad["error"]
    assert good["id"] == 3


def test_what_is_no_character_does_no_harm(desk: Path) -> None:
    stdin = b'{"id": "\\ud800", "text": "\\udfff suicide drone"}\n\xff\xfe\n'
    done = watchlist("match", "--rules", "rules", "--jsonl", cwd=desk, stdin=stdin)
    first, second = done.stdout.splitlines()
    assert json.loads(first)["mentions"][0]["start"] == 2
    assert json.loads(first)["id"] == "\ud800"
    assert json.loads(second)["error"].startswith("not JSON")


def test_counts_and_times_are_written_where_they_are_asked_for(desk: Path) -> None:
    stdin = '{"id": 1, "text": "a suicide drone", "title": "x"}\n{"id": 2}\n'
    arguments = ("match", "--rules", "rules", "--jsonl", "--stats", "s.json")
    watchlist_apart(*arguments, cwd=desk, stdin=stdin)  # in a process of its own, whose peak it is
    stats = json.loads((desk / "s.json").read_text())
    assert (stats["documents"], stats["characters"], stats["mentions"]) == (1, 16, 1)
    assert set(stats) == {
        "documents",
        "characters",
        "mentions",
        "seconds_loading",
        "seconds_matching",
        "peak_rss_mb",
    }
    assert stats["seconds_loading"] > 0
    assert stats["seconds_matching"] > 0
    assert 10 < stats["peak_rss_mb"] < 1000


def test_a_file_is_shown_with_its_mentions_marked_and_why(desk: Path) -> None:
    (desk / "a.txt").write_text("Morning\n\nTwo suicide-drones.\x1b[31m Kim Jong Un.\n", "utf-8")
    done = watchlist("match", "a.txt", cwd=desk)
    assert done.returncode == 0
    assert done.stdout == (
        "a.txt\nMorning\n\nTwo [suicide-drones].[31m [Kim Jong Un].\n\n"
        'Suicide drones (rules/a.toml:1) - "suicide-drones" in the text '
        '(the term "suicide drone")\n'
        "tracked without an alert: kim-jong-un\n\n"
    )


def test_files_of_all_kinds_are_read_as_the_daemon_reads_them(desk: Path) -> None:
    (desk / "a.html").write_text("<title>Suicide drone</title><p>자폭&nbsp;드론<p>x", "utf-8")
    (desk / "b.md").write_text("# Title\n\nA **suicide** drone", "utf-8")
    (desk / "c.txt").write_bytes(b"%PDF-1.7 not text")
    done = watchlist("match", "--json", "a.html", "b.md", "c.txt", "d.txt", cwd=desk)
    assert done.returncode == 1, "two of them could not be read"
    html, markdown, pdf, missing = json.loads(done.stdout)
    assert [one["text"] for one in html["mentions"]] == ["Suicide drone", "자폭\xa0드론"]
    assert [one["text"] for one in markdown["mentions"]] == ["suicide drone"]
    assert "not text" in pdf["error"]
    assert missing == {"id": "d.txt", "error": "cannot be read: No such file or directory"}


def test_the_rules_are_those_of_the_configuration_unless_named(desk: Path) -> None:
    (desk / "other").mkdir()
    (desk / "other" / "b.toml").write_text('[[item]]\nname = "Fish"\n')
    (desk / "config.toml").write_text(
        '[rules]\npath = "other"\n[[source]]\nname = "i"\nfolder = "i"\n'
    )
    (desk / "a.txt").write_text("A suicide drone. Fish.")
    assert "Fish (other/b.toml:1)" in watchlist("match", "a.txt", cwd=desk).stdout
    assert "Suicide drones" in watchlist("match", "--rules", "rules", "a.txt", cwd=desk).stdout


@pytest.mark.parametrize("arguments", [(), ("--jsonl", "a.txt")])
def test_either_files_or_lines_are_matched(desk: Path, arguments: tuple[str, ...]) -> None:
    done = watchlist("match", *arguments, cwd=desk)
    assert done.returncode == 2
    assert "name files, or give --jsonl" in done.stderr
