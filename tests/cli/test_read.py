import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.daemon import watchlist, watchlist_here
from tests.httpd import HOST, Answer, HttpServer
from tests.patience import DEADLINE_S

FEED = """\
<?xml version="1.0"?>
<rss version="2.0"><channel><title>Harbour Wire</title><language>en</language>
<item><guid>1</guid><title>Ferry strike called off</title><link>https://example.org/1</link>
<pubDate>Wed, 02 Sep 2026 04:31:00 GMT</pubDate><description>Boats will run.</description></item>
<item><title>Second &nope; entry</title><pubDate>yesterday, perhaps</pubDate></item>
</channel></rss>
"""


def _lines(*arguments: str | Path, cwd: Path, code: int = 0) -> list[dict[str, Any]]:
    done = watchlist_here("read", "--jsonl", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (code, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _write(folder: Path, name: str, content: str | bytes = "") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (1_788_323_460, 1_788_323_460))
    return path


def test_a_file_is_read_as_a_scan_of_its_folder_would_read_it(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt", "Zug um Zug\n\nDie Züge fahren wieder über die Brücke am Hafen.")
    assert _lines("a.txt", cwd=tmp_path) == [
        {
            "source": "a.txt",
            "key": "a.txt",
            "title": "Zug um Zug",
            "url": None,
            "published": "2026-09-02T04:31:00+00:00",
            "language": "de",
            "text": "Die Züge fahren wieder über die Brücke am Hafen.",
        }
    ]


def test_a_feed_is_known_by_its_suffix_or_its_content(tmp_path: Path) -> None:
    names = ("feed.xml", "feed.RSS", "feed.atom", "feed", "feed.php")
    for name in names:
        _write(tmp_path, name, FEED)
    lines = _lines(*names, cwd=tmp_path)
    assert lines[::2] == [
        {
            "source": name,
            "key": "1",
            "title": "Ferry strike called off",
            "url": "https://example.org/1",
            "published": "2026-09-02T04:31:00+00:00",
            "language": "en",
            "text": "Boats will run.",
        }
        for name in names
    ]
    assert {line["title"].split()[0] for line in lines[1::2]} == {"Second"}
    assert {line["published"] for line in lines[1::2]} == {None}


NO_DOCUMENTS = {
    "page.xml": (b"<!doctype html><title>Log in</title>", "not a feed: it looks like an HTML page"),
    "data.json": (b'{"a": 1}', "not a feed: it looks like JSON"),
    "empty.xml": (b"", "not a feed: the answer is empty"),
    "a.xyz": (b"some words", "no way to read .xyz"),
    "README": (b"some words", "no way to read a file without a suffix"),
    "photo.txt": (b"\x89PNG\r\n\x1a\n\0", "looks like a PNG image"),
}


def test_what_is_no_document_is_told_with_a_kind_and_the_reason(tmp_path: Path) -> None:
    for name, (content, _) in NO_DOCUMENTS.items():
        _write(tmp_path, name, content)
    lines = _lines(*NO_DOCUMENTS, cwd=tmp_path, code=1)
    assert {tuple(line) for line in lines} == {("source", "error")}
    assert {line["error"]["kind"] for line in lines} == {"not_readable"}
    told = {line["source"]: line["error"]["message"] for line in lines}
    assert list(told) == list(NO_DOCUMENTS)
    for name, (_, why) in NO_DOCUMENTS.items():
        assert why in told[name]


def test_a_feed_larger_than_one_may_be_is_not_loaded(tmp_path: Path) -> None:
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(16_000_001)
    (line,) = _lines("large.xml", cwd=tmp_path, code=1)
    assert line["error"] == {"kind": "not_readable", "message": "larger than a feed may be, 16 MB"}


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    names = ("none.txt", "", "pipe.txt", "loop.txt", "ftp://example.org/x", "n" * 300)
    lines = _lines(*names, cwd=tmp_path, code=1)
    assert [line["source"] for line in lines] == list(names)
    assert {line["error"]["kind"] for line in lines} == {"not_read"}
    assert [line["error"]["message"] for line in lines] == [
        "no such file or folder; check the path",
        "no such file or folder; check the path",
        "no plain file; save what it holds to one",
        "cannot be read: too many levels of symbolic links",
        "neither a path nor an address that begins with http:// or https://",
        "cannot be read: file name too long",
    ]


def test_a_link_that_somebody_names_is_followed_and_read_by_the_name_given(tmp_path: Path) -> None:
    _write(tmp_path, "4f2a", "The text")
    (tmp_path / "named.txt").symlink_to("4f2a")
    (line,) = _lines("named.txt", cwd=tmp_path)
    assert (line["key"], line["title"]) == ("named.txt", "The text")


def test_a_folder_is_read_as_the_daemon_scans_it(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("b.txt", "a.md", "sub/c.html", ".hidden.txt", "d.part", "e.exe"):
        _write(tmp_path / "in", name, f"<p>{name}")
    _write(tmp_path / "in", "bad.txt", b"\x7fELF\0\0")
    lines = _lines("in", cwd=tmp_path)
    assert [line["key"] for line in lines] == ["a.md", "b.txt", "bad.txt", "sub/c.html"]
    assert {line["source"] for line in lines} == {"in"}
    assert lines[2]["error"]["kind"] == "not_readable"


def test_a_folder_that_was_read_counts_even_if_nothing_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert _lines("in", cwd=tmp_path) == []


def test_a_thousand_files_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(1_000):
        (tmp_path / "in" / f"{number:04}.txt").write_text(f"Document {number}\n\nx")
    lines = _lines("in", cwd=tmp_path)
    assert [line["title"] for line in lines] == [f"Document {number}" for number in range(1_000)]


def test_hundreds_of_names_in_one_call_are_each_answered(
    tmp_path: Path, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=FEED.encode()))
    server.put("/page", Answer(body=b"<!doctype html><p>Log in"))
    server.put("/hangs", Answer(delay_s=30.0))
    names: list[str] = []
    for number in range(295):
        name = f"{number}.txt"
        match number % 4:
            case 0:
                _write(tmp_path, name, f"Number {number}")
            case 1:
                _write(tmp_path, name, b"\0\1\2")
            case 2:
                _write(tmp_path, name)
            case _:
                pass  # not there
        names.append(name)
    names[100:100] = [server.url(path) for path in ("/feed", "/page", "/hangs", "/none")]
    names.append("http://h:99999/")
    lines = _lines("--allow-private", "--timeout", "1", *names, cwd=tmp_path)
    assert list(dict.fromkeys(line["source"] for line in lines)) == names
    by_name = {line["source"]: line for line in lines}
    assert by_name["0.txt"]["title"] == "Number 0"
    assert by_name["1.txt"]["error"]["kind"] == "not_readable"
    assert by_name["2.txt"]["text"] == ""
    assert by_name["3.txt"]["error"]["kind"] == "not_read"
    assert len([line for line in lines if line["source"] == server.url("/feed")]) == 2
    errors = [by_name[server.url(path)]["error"] for path in ("/page", "/hangs", "/none")]
    assert [error["kind"] for error in errors] == ["not_readable", "not_read", "not_read"]
    assert "not a feed" in errors[0]["message"]
    assert errors[1]["message"] == "no whole answer within 1 s"
    assert "404" in errors[2]["message"]
    assert "not an address" in by_name["http://h:99999/"]["error"]["message"]


def test_a_private_address_is_read_only_when_that_is_allowed(
    tmp_path: Path, server: HttpServer
) -> None:
    server.put("/feed", Answer(body=FEED.encode()))
    (line,) = _lines(server.url("/feed"), cwd=tmp_path, code=1)
    assert line["error"]["kind"] == "not_read"
    assert "not public" in line["error"]["message"]
    assert server.requests == []
    assert len(_lines("--allow-private", server.url("/feed"), cwd=tmp_path)) == 2


def _config(folder: Path, fetch: str) -> None:
    text = f'[fetch]\n{fetch}\n[[source]]\nname = "in"\nfolder = "in"\n'
    (folder / "config.toml").write_text(text)


def test_a_configuration_lends_its_proxy_with_its_login_and_its_contact(
    tmp_path: Path, server: HttpServer
) -> None:
    url = "http://10.11.12.13/feed"
    server.put(url, Answer(body=FEED.encode()))
    (tmp_path / "proxy").write_text(server.url().replace("//", "//user:secret@"))
    _config(tmp_path, 'proxy_file = "proxy"\ncontact = "desk@example.org"')
    named = ("--config", "config.toml", "--allow-private", "--timeout", "5", url)
    assert [line["source"] for line in _lines(*named, cwd=tmp_path)] == [url, url]
    (request,) = server.requests
    assert request.path == url
    assert request.headers["user-agent"].endswith(" (+desk@example.org)")
    assert request.headers["proxy-authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_a_configuration_lends_its_certificates(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(tls)
    _config(tmp_path, 'ca_file = "ca.pem"')
    with HttpServer(tls) as safe:
        safe.put("/feed", Answer(body=FEED.encode()))
        named = ("--allow-private", safe.url("/feed"))
        assert len(_lines("-c", tmp_path / "config.toml", *named, cwd=tmp_path)) == 2
        # That which lies here is not taken unasked.
        (line,) = _lines(*named, cwd=tmp_path, code=1)
    assert "certificate" in line["error"]["message"]


def test_a_configuration_that_does_not_load_is_told_of_and_nothing_is_asked(
    tmp_path: Path, server: HttpServer
) -> None:
    _config(tmp_path, 'ca_file = "none.pem"')
    done = watchlist_here("read", "-c", "config.toml", server.url("/feed"), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("config.toml:2:11: ")
    assert done.stdout == ""
    assert server.requests == []


def test_its_help_tells_of_the_configuration(tmp_path: Path) -> None:
    done = watchlist_here("read", "--help", cwd=tmp_path)
    told = " ".join(re.sub(r"[^\w\[\]<>.-]", " ", done.stdout).split())
    assert "--config -c PATH A configuration addresses are asked by its [fetch]" in told
    assert "watchlist read --config config.toml" in told


def test_a_name_that_could_disturb_a_terminal_is_written_as_a_scan_writes_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    name = "a\x1b[2J\u202eb\\c.txt"
    _write(folder, name, "x")
    (named,) = _lines(folder / name, cwd=tmp_path)
    (scanned,) = _lines("in", cwd=tmp_path)
    assert named["key"] == scanned["key"] == "a\\u001b[2J\\u202eb\\\\c.txt"


def test_names_whose_bytes_are_no_text_go_in_and_come_out(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    _write(tmp_path, name, "")
    _write(tmp_path, os.fsdecode("김정은\\x.txt".encode()), "")
    done = watchlist("read", "--jsonl", name, "김정은\\x.txt", ".", "\udcff", cwd=tmp_path)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["source"] for line in lines] == [name, "김정은\\x.txt", ".", ".", "\udcff"]
    assert [line["key"] for line in lines[:2]] == [lines[2]["key"], lines[3]["key"]]
    assert [line["title"] for line in lines[:2]] == [r"caf\xe9", r"김정은\\x"]


def test_a_listing_shows_date_language_title_and_first_line(tmp_path: Path) -> None:
    _write(
        tmp_path, "a.txt", "Ferry\x1b[31m strike\n\n\nThe boats run again, the owners said.\nMore"
    )
    _write(tmp_path, "b.xml", FEED)
    done = watchlist_here("read", "a.txt", "b.xml", "none", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "none: no such file or folder; check the path\n"
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert rows[0] == ["a.txt"]
    assert rows[1][2:] == ["en", "Ferry[31m strike"]
    assert rows[1][0] in ("2026-09-01", "2026-09-02", "2026-09-03")
    assert done.stdout.splitlines()[2].strip() == "The boats run again, the owners said."
    assert rows[3] == ["b.xml"]
    assert rows[4][2:] == ["en", "Ferry strike called off"]
    assert "\x1b" not in done.stdout


def test_in_a_terminal_the_listing_has_colour_and_fits(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt", "Title\n\n" + "long " * 100)
    ours, theirs = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "watch", "read", "a.txt"],
        cwd=tmp_path,
        stdout=theirs,
        env={**os.environ, "COLUMNS": "60", "TERM": "xterm", "NO_COLOR": ""},
        check=True,
        timeout=DEADLINE_S,
    )
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert "\x1b[1ma.txt" in shown
    assert len(shown.splitlines()) == 3


def test_nothing_named_is_a_usage_error(tmp_path: Path) -> None:
    assert watchlist_here("read", cwd=tmp_path).returncode == 2


def test_a_reader_that_has_enough_makes_no_noise(tmp_path: Path) -> None:
    for number in range(100):
        _write(tmp_path, f"{number}.txt", "x " * 10_000)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "watch", "read", "--jsonl", "."],
        cwd=tmp_path,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        timeout=DEADLINE_S,
    )
    os.close(write)
    assert done.stderr == b""


@pytest.fixture
def heeded() -> Iterator[None]:
    """Have what a test starts heed Ctrl-C: the background job of a shell hands down not to."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_ends_it_at_once_and_its_children_with_it(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt", "x")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        names = ["a.txt", *(f"{address}{number}" for number in range(20))]
        with subprocess.Popen(
            [sys.executable, "-m", "watch", "read", "--jsonl", "--allow-private", *names],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["source"] == "a.txt"
            time.sleep(2)  # for its second child: one that is only starting may say why it ends
            process.send_signal(signal.SIGINT)
            # Its children hold the same pipes, whose end comes with that of the last of them.
            _, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
