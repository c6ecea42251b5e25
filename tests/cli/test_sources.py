import json
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import watchlist, watchlist_here
from tests.httpd import Answer, HttpServer

CONFIG = """\
[[source]]
name = "inbox"
folder = "inbox"
[[source]]
name = "attic"
folder = "attic"
[[source]]
name = "dead"
feed = "http://127.0.0.1:9/feed"
allow_private = ["127.0.0.0/8"]
[[subscription]]
name = "desk"
to = ["desk@example.org"]
"""


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk at which `once` has run: of three sources one brought nothing, one failed."""
    desk = _desk(tmp_path_factory.mktemp("run"))
    assert watchlist("once", cwd=desk).returncode == 1
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The same desk before anything has run."""
    return _desk(tmp_path)


def _desk(desk: Path) -> Path:
    (desk / "config.toml").write_text(CONFIG)
    for folder in ("rules", "inbox", "attic"):
        (desk / folder).mkdir()
    (desk / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\n')
    (desk / "inbox" / "a.txt").write_text("An ICBM")
    (desk / "inbox" / "b.txt").write_bytes(b"\x7fELF\0")
    return desk


def _listed(desk: Path) -> dict[str, dict[str, Any]]:
    done = watchlist_here("sources", "list", "--json", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    return {one["name"]: one for one in json.loads(done.stdout)}


def test_each_source_is_listed_with_how_it_stands(one_run: Path) -> None:
    by_name = _listed(one_run)
    assert [(name, one["kind"], one["state"]) for name, one in by_name.items()] == [
        ("inbox", "folder", "ok"),
        ("attic", "folder", "empty"),
        ("dead", "feed", "failing"),
    ]
    inbox, _, dead = by_name.values()
    assert (inbox["documents"], inbox["not_read"], inbox["next"]) == (1, 1, None)
    assert dead["failing_since"] < dead["next"]
    assert dead["succeeded"] is None
    assert "no connection" in dead["error"]


def test_the_table_says_the_same_to_a_person(one_run: Path) -> None:
    done = watchlist_here("sources", "list", cwd=one_run)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "Source Kind State Last read Next Documents Findings Not mailed"
    assert re.fullmatch(r"inbox folder ok \S+ \S+ 1 \d \d", lines[1])
    assert lines[2] == "1 file not read"
    assert re.fullmatch(r"attic folder empty \S+ \S+ 0 0 0", lines[3])
    assert re.fullmatch(r"dead feed failing since \S+ \S+ \S+ \S+ 0 0 0", lines[4])
    assert lines[5].startswith("no connection")


def test_before_anything_has_run_every_source_is_listed_as_not_read(desk: Path) -> None:
    by_name = _listed(desk)
    assert {one["state"] for one in by_name.values()} == {"not read yet"}
    assert by_name["dead"]["location"] == "http://127.0.0.1:9/feed"
    assert not (desk / "state").exists()
    assert "not read yet" in watchlist_here("sources", "list", cwd=desk).stdout


FEED = """<rss version="2.0"><channel><title>Harbour Wire</title>{}</channel></rss>"""
ENTRY = """<item><guid>{0}</guid><title>Entry number {0} of the harbour wire today</title>
<pubDate>Wed, 0{0} Sep 2026 04:31:00 GMT</pubDate><description>{1}</description></item>"""
ENGLISH = "The boats will run to the winter timetable from Friday, the owners said."


def test_a_trial_tells_how_many_which_are_newest_and_in_what_language(
    tmp_path: Path, server: HttpServer
) -> None:
    entries = "".join(ENTRY.format(number, ENGLISH) for number in (2, 5, 1, 4, 3))
    server.put("/feed", Answer(body=FEED.format(entries).encode()))
    done = watchlist_here("sources", "test", "--allow-private", server.url("/feed"), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["Harbour Wire", "5 documents: en 5"]
    assert re.findall(r"Entry number (\d)", done.stdout) == ["5", "4", "3"]
    assert len(lines) == 2 + 3 * 2


def test_a_trial_tells_what_looks_wrong(tmp_path: Path) -> None:
    entries = [
        ENTRY.format(1, "caf\ufffd"),
        ENTRY.format(2, "CafÃ© by the port, itâ€™s open"),
        ENTRY.format(3, ""),
        "<item><title>Undated</title><description>x</description></item>",
    ]
    (tmp_path / "feed.xml").write_text(FEED.format("".join(entries)), "utf-8")
    done = watchlist_here("sources", "test", "feed.xml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-4:] == [
        "1 document with characters that could not be decoded",
        "1 document with UTF-8 that somebody read as windows-1252",
        "1 document without text",
        "1 document without a date",
    ]


def test_a_trial_of_a_folder_tells_what_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(12):
        (tmp_path / "in" / f"{number:02}.txt").write_bytes(b"\x7fELF\0")
    (tmp_path / "in" / "a.exe").touch()
    done = watchlist_here("sources", "test", "in", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("looks like a program") == 10
    assert done.stderr.splitlines()[-1] == "and 2 more"
    assert done.stdout.splitlines() == [
        "0 documents",
        "12 files not read",
        "1 other file of no readable kind",
    ]


def test_a_trial_that_fails_says_why(tmp_path: Path, server: HttpServer) -> None:
    server.put("/page", Answer(body=b"<!doctype html><p>Log in"))
    done = watchlist_here("sources", "test", "--allow-private", server.url("/page"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{server.url('/page')}: not a feed")


def test_a_configured_folder_that_is_not_there_is_told(desk: Path) -> None:
    (desk / "attic").rmdir()
    done = watchlist_here("sources", "test", "attic", cwd=desk)
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not exist; create it or mend its path" in done.stderr


def test_a_configured_source_is_tried_by_its_name(desk: Path, server: HttpServer) -> None:
    server.put("/feed", Answer(body=FEED.format(ENTRY.format(1, "x")).encode()))
    (desk / "headers").write_text("X-Key: 42\n")
    with (desk / "config.toml").open("a") as config:
        config.write(
            f'[[source]]\nname = "paid"\nfeed = "{server.url("/feed")}"\n'
            'headers_file = "headers"\nallow_private = ["127.0.0.0/8"]\n'
            '[fetch]\ncontact = "desk@example.org"\n'
        )
    done = watchlist_here("sources", "test", "paid", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.requests[0].headers["x-key"] == "42"
    assert server.requests[0].headers["user-agent"].endswith(" (+desk@example.org)")
    assert watchlist_here("sources", "test", "attic", cwd=desk).stdout == "0 documents\n"
    assert not (desk / "state").exists(), "nothing is stored"


OPML = """\
<opml version="2.0"><body><outline text="News">
<outline text="Wire" xmlUrl="https://a.example/rss?a=1&amp;b=2"/>
<outline text="dead" xmlUrl="https://b.example/"/>
<outline text="Wire" xmlUrl="https://c.example/"/>
<outline text="Again" xmlUrl="http://www.c.example"/>
<outline text="Known" xmlUrl="http://127.0.0.1:9/feed"/>
<outline xmlUrl="https://d.example/x"/>
<outline text="Relative" xmlUrl="/rss"/>
</outline></body></opml>
"""
IMPORTED = [
    {"name": "Wire", "feed": "https://a.example/rss?a=1&b=2"},
    {"name": "dead 2", "feed": "https://b.example/"},
    {"name": "Wire 2", "feed": "https://c.example/"},
    {"name": "d.example", "feed": "https://d.example/x"},
]


def test_a_list_becomes_tables_under_names_of_their_own(desk: Path) -> None:
    (desk / "feeds.opml").write_text(OPML)
    done = watchlist_here("sources", "import", "feeds.opml", cwd=desk)
    assert done.returncode == 1, "an entry leads to no feed"
    assert tomllib.loads(done.stdout)["source"] == IMPORTED
    assert done.stderr.splitlines() == [
        "feeds.opml:5: Again: http://www.c.example is the source 'Wire 2' already",
        "feeds.opml:6: Known: http://127.0.0.1:9/feed is the source 'dead' already",
        "feeds.opml:8: Relative: /rss is no address of the web",
        "4 sources, 3 left out",
    ]
    assert (desk / "config.toml").read_text() == CONFIG


def test_the_tables_are_appended_where_that_is_asked_for(desk: Path) -> None:
    (desk / "feeds.opml").write_text(OPML)
    (desk / "config.toml").write_text(CONFIG.rstrip("\n"))
    done = watchlist_here("sources", "import", "feeds.opml", "--write", cwd=desk)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "4 sources added to config.toml, 3 left out"
    written = (desk / "config.toml").read_text()
    assert written.startswith(CONFIG)
    assert tomllib.loads(written)["source"][3:] == IMPORTED
    assert watchlist_here("check", cwd=desk).returncode == 0
    again = watchlist_here("sources", "import", "feeds.opml", "--write", cwd=desk)
    assert again.stderr.splitlines()[-1] == "0 sources added to config.toml, 7 left out"
    assert (desk / "config.toml").read_text() == written


def test_a_configuration_without_a_source_gets_its_first_so(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(
        '<opml><outline text="Гавань &lt;i&gt;1&lt;/i&gt;" xmlUrl="https://a.example/"/></opml>',
        "utf-8",
    )
    (tmp_path / "config.toml").write_text("")
    done = watchlist_here("sources", "import", "feeds.opml", "--write", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "1 source added to config.toml\n")
    assert _listed(tmp_path)["Гавань 1"]["location"] == "https://a.example/"


def test_without_a_configuration_the_tables_are_printed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text('<opml><outline xmlUrl="https://a.example/"/></opml>')
    done = watchlist_here("sources", "import", "feeds.opml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == '[[source]]\nname = "a.example"\nfeed = "https://a.example/"\n'
    refused = watchlist_here("sources", "import", "feeds.opml", "--write", cwd=tmp_path)
    assert refused.returncode == 2
    assert "config.toml: cannot be read" in refused.stderr


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (b"source = 5", "source is no list of tables"),
        (b"source = [{name = 'a', folder = 'b'}]", "tables cannot be appended"),
        (b"[", "not TOML"),
        (b"# caf\xe9", "not UTF-8"),
    ],
)
def test_a_configuration_that_takes_no_tables_stays_as_it_is(
    tmp_path: Path, config: bytes, said: str
) -> None:
    (tmp_path / "feeds.opml").write_text('<opml><outline xmlUrl="https://a.example/"/></opml>')
    (tmp_path / "config.toml").write_bytes(config)
    done = watchlist_here("sources", "import", "feeds.opml", "--write", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert (tmp_path / "config.toml").read_bytes() == config


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<rss/>", "feeds.opml: not OPML: it begins with <rss>"),
        (b"<!DOCTYPE x []><opml/>", "feeds.opml: a document type is declared in line 1"),
        (None, "feeds.opml: cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "feeds.opml").write_bytes(content)
    done = watchlist_here("sources", "import", "feeds.opml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_feeds_leave_as_opml_and_come_back(desk: Path, tmp_path: Path) -> None:
    done = watchlist_here("sources", "export", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")
    (outline,) = ET.fromstring(done.stdout).iter("outline")  # noqa: S314 (it is ours)
    assert outline.attrib == {
        "type": "rss",
        "text": "dead",
        "title": "dead",
        "xmlUrl": "http://127.0.0.1:9/feed",
    }
    (tmp_path / "out.opml").write_text(done.stdout)
    again = watchlist_here("sources", "import", "out.opml", "-c", "config.toml", cwd=desk)
    assert again.stderr.splitlines()[-1] == "0 sources, 1 left out"


@pytest.mark.parametrize("verb", ["list", "test", "import", "export"])
def test_every_verb_explains_itself_with_an_example(tmp_path: Path, verb: str) -> None:
    done = watchlist_here("sources", verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(rf"Examples?.*watchlist sources {verb}", " ".join(done.stdout.split()))
