import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.daemon import watchlist_here


def _import(
    desk: Path, content: str | bytes, *options: str, name: str = "list.csv"
) -> tuple["subprocess.CompletedProcess[str]", list[dict[str, object]]]:
    (desk / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = watchlist_here("import-items", name, *options, cwd=desk)
    return done, tomllib.loads(done.stdout).get("item", [])


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_becomes_items_whatever_parts_its_cells(
    tmp_path: Path, delimiter: str, bom: bytes
) -> None:
    rows = [
        ["Name", "Aliases", "kind", "Tags"],
        ['"Kim ""K"" Jong Un"', '"김정은; كيم جونغ أون|金正恩"', "person", "dprk|leader"],
        ["Kursk", "", "", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    done, items = _import(tmp_path, bom + text.encode())
    assert (done.returncode, done.stderr) == (0, "2 items, 0 mistakes\n")
    assert items == [
        {
            "name": 'Kim "K" Jong Un',
            "kind": "person",
            "tags": ["dprk", "leader"],
            "terms": ['Kim "K" Jong Un', "김정은", "كيم جونغ أون", "金正恩"],
        },
        {"name": "Kursk"},
    ]


def test_what_is_written_passes_the_check(tmp_path: Path) -> None:
    text = 'name,aliases,note\nHamas,حماس,"two\nlines, and a \\ ""quote"" \x7f"\nХамас,,\n'
    options = ("--kind", "group", "--tags", "x, y,", "-o", "rules.toml")
    done, _ = _import(tmp_path, text, *options)
    assert done.returncode == 0
    assert done.stdout == ""
    written = tomllib.loads((tmp_path / "rules.toml").read_text("utf-8"))
    assert written["defaults"] == {"tags": ["x", "y"], "kind": "group"}
    assert written["item"][0]["note"] == 'two\nlines, and a \\ "quote" \x7f'
    assert watchlist_here("check", "rules.toml", cwd=tmp_path).returncode == 0
    again = watchlist_here("import-items", "list.csv", "-o", "rules.toml", cwd=tmp_path)
    assert again.returncode == 2
    assert "rules.toml is there already" in again.stderr


def test_json_lines_become_items(tmp_path: Path) -> None:
    rows = [
        {"name": "Hamas", "aliases": ["حماس", "Хамас"], "language": None, "id": "hamas-gaza"},
        {"name": "KCNA", "terms": "KCNA", "except": ["KCNA1"], "severity": "high"},
    ]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    done, items = _import(tmp_path, text, name="list.jsonl")
    assert done.returncode == 0
    assert items == [
        {"id": "hamas-gaza", "name": "Hamas", "terms": ["Hamas", "حماس", "Хамас"]},
        {"name": "KCNA", "severity": "high", "except": ["KCNA1"], "terms": ["KCNA"]},
    ]


def test_bad_rows_are_told_with_their_lines_and_the_good_ones_kept(tmp_path: Path) -> None:
    text = (
        "name,terms,language,severity,population\n"
        "Good,,,,1\n"
        '"two\nlines",,,,\n'
        ",x,,,\n"
        "Star,M*A*S*H,,,\n"
        "Tongue,,klingon!,,\n"
        "Loud,,,very,\n"
        "a,b,c,d,e,f\n"
        "!!!,,,,\n"
        '"Quo"ted,,,,\n'
        "\n"
        "Last,,,,\n"
    )
    done, items = _import(tmp_path, text)
    assert done.returncode == 1
    assert [item["name"] for item in items] == ["Good", "two\nlines", "Last"]
    assert done.stderr.splitlines() == [
        "list.csv: 'population' is not used",
        "list.csv:5: no name",
        "list.csv:6: a star stands only at the end of a word (write hyperson* or drone* strike)",
        'list.csv:7: \'klingon!\' is no language code (use a code: "en", "ko", "ru")',
        "list.csv:8: 'severity' is one of low, normal, high, not \"very\"",
        "list.csv:9: 6 cells, but 5 columns; put quotes around a cell",
        (
            "list.csv:10: a term needs a letter or a digit (write the words to look for, or take "
            "the term out)"
        ),
        "list.csv:11: not CSV: ',' expected after '\"'",
        "3 items, 7 mistakes",
    ]


def test_bad_json_lines_are_told_with_their_numbers(tmp_path: Path) -> None:
    bad = '{"name"\n["B"]\n{"name": 5}\n{"name": "C", "tags": 3}\n'
    text = '{"name": "A1"}\n' + bad + '{"name": "D\\ud800"}\n'
    done, items = _import(tmp_path, text, name="list.jsonl")
    assert done.returncode == 1
    assert [item["name"] for item in items] == ["A1", "D\ufffd"]
    assert [line.split(": ", 1)[0] for line in done.stderr.splitlines()[:4]] == [
        "list.jsonl:2",
        "list.jsonl:3",
        "list.jsonl:4",
        "list.jsonl:5",
    ]


def test_rows_of_one_id_become_one_item_and_are_told(tmp_path: Path) -> None:
    text = (
        "name,aliases,kind,tags,id\n"
        "Hamas,حماس,,a,\n"
        "HAMAS,Хамас;حماس,group,b,\n"
        "Harakat,,person,,hamas\n"
        "Hamas,,,,other\n"
    )
    done, items = _import(tmp_path, text)
    assert done.returncode == 0
    assert items == [
        {
            "name": "Hamas",
            "kind": "group",
            "id": "hamas",
            "tags": ["a", "b"],
            "terms": ["Hamas", "حماس", "HAMAS", "Хамас", "Harakat"],
        },
        {"id": "other", "name": "Hamas"},
    ]
    assert done.stderr.splitlines()[:2] == [
        "line 3 joins line 2: both are 'hamas'",
        "line 4 joins line 2: both are 'hamas'",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"person,alias\nKim,Jong\n", "no column 'name', but person, aliases"),
        ("a.csv", b"", "no column 'name', but nothing"),
        ("a.csv", "name\nКим\n".encode("cp1251"), "not UTF-8"),
        ("a.xlsx", b"PK", "no list is known by '.xlsx'"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    done, items = _import(tmp_path, content, name=name)
    assert (done.returncode, items) == (2, [])
    assert said in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = watchlist_here("import-items", "none.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "none.csv: cannot be read" in done.stderr


def test_a_list_without_a_row_makes_an_empty_file(tmp_path: Path) -> None:
    done, items = _import(tmp_path, "name,kind\n\n")
    assert (done.returncode, done.stdout, items) == (0, "", [])
