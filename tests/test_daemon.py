"""The whole daemon as a process, against real servers."""

import re
import signal
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path

import pytest
import trustme

from tests.daemon import Daemon, watchlist
from tests.httpd import Answer, HttpServer
from tests.patience import DEADLINE_S
from tests.smtpd import Mail, SmtpServer

RULES = """\
[defaults]
tags = ["korea"]

[[item]]
name  = "Suicide drones"
terms = ["suicide drone", "자폭 드론"]

[[item]]
name     = "ICBM"
severity = "high"
terms    = ["ICBM"]
"""


def _feed(*titles: str) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{title}</guid><title>{title}</title>"
        f"<link>https://wire.example.org/{number}</link>"
        f"<pubDate>Wed, 26 Aug 2026 05:0{number}:00 +0900</pubDate>"
        f"<description>&lt;p&gt;About {title}.&lt;/p&gt;</description></item>"
        for number, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>w</title>{items}</channel></rss>".encode()


@pytest.fixture
def web() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.put("/feed", Answer(body=_feed("Fish"), etag='"1"'))
        yield server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, web: HttpServer, smtp: SmtpServer) -> Path:
    """A folder to run in: an inbox, a feed polled every second, two readers, SMTP."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "items.toml").write_text(RULES, "utf-8")
    _configure(tmp_path, web, smtp)
    return tmp_path


def _configure(desk: Path, web: HttpServer, smtp: SmtpServer, **mail: str) -> None:
    settings = {"security": "none", "host": "127.0.0.1", **mail}
    lines = "".join(f'{key} = "{value}"\n' for key, value in settings.items())
    (desk / "config.toml").write_text(
        f"""
[mail]
from = "Watchlist <watch@example.org>"
transport = "smtp"
port = {smtp.port}
{lines}
[[source]]
name = "inbox"
folder = "inbox"
every = "1s"
[[source]]
name = "wire"
feed = "{web.url("/feed")}"
every = "1s"
allow_private = ["127.0.0.0/8"]
[[subscription]]
name = "Korea desk"
to = ["first@example.org", "second@example.org"]
timezone = "Asia/Seoul"
group_wait = "1s"
group_interval = "0s"
""",
        "utf-8",
    )


def _write(desk: Path, name: str, text: str) -> None:
    (desk / "inbox" / name).write_text(text, "utf-8")


def _parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail.content, policy=policy)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content


def _rows(desk: Path, query: str) -> list[tuple[object, ...]]:
    """Return what another program sees in the database."""
    path = desk / "state" / "watchlist.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # no tables yet
            return []


def _until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def test_a_file_and_a_feed_item_reach_the_readers_once_over_restarts(
    desk: Path, web: HttpServer, smtp: SmtpServer
) -> None:
    with Daemon(desk) as daemon:
        daemon.wait_for("feed baseline", "source=wire", "entries=1")
        web.put("/feed", Answer(body=_feed("North tests an ICBM", "Fish"), etag='"2"'))
        smtp.wait_for(2)
        _write(desk, "briefing.txt", "Morning briefing\n\nTwo suicide-drones hit the depot.")
        mails = smtp.wait_for(4)
        assert daemon.stop() == 0
        assert "stopped" in daemon.log
    by_subject: dict[str, list[EmailMessage]] = {}
    for mail in mails:
        message = _parsed(mail)
        assert mail.recipients == (message["To"],)
        by_subject.setdefault(message["Subject"], []).append(message)
    drones, icbm = sorted(by_subject)
    assert drones == "Suicide drones: Morning briefing"
    assert icbm == "[HIGH] ICBM: North tests an ICBM"
    for messages in by_subject.values():
        assert {one["To"] for one in messages} == {"first@example.org", "second@example.org"}
        assert len({one["Message-ID"] for one in messages}) == 2
        for one in messages:
            assert one["From"] == "Watchlist <watch@example.org>"
            assert one["Auto-Submitted"] == "auto-generated"
            assert one["Date"].datetime.utcoffset().total_seconds() == 9 * 3600
    (text, html) = (_part(by_subject[drones][0], kind) for kind in ("plain", "html"))
    assert "Two *suicide-drones* hit the depot." in text
    assert 'Why: Suicide drones (rules/items.toml:4) - "suicide-drones"' in text
    assert "suicide-drones</b> hit the depot." in html
    text = _part(by_subject[icbm][0], "plain")
    assert "https://wire.example.org/0" in text
    assert "published 26 Aug 2026, 05:00 KST" in text
    with Daemon(desk) as daemon:
        daemon.wait_for("watching")
        _until(lambda: len(web.asked("/feed")) > 5, "polls after the restart")
        assert daemon.stop() == 0
    assert len(smtp.accepted) == 4, "nothing is sent twice"


def test_mail_goes_out_over_tls_with_a_login(desk: Path, web: HttpServer) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(desk / "ca.pem"))
    (desk / "password").write_text("hunter2\n")
    login = {"user": "watch", "password_file": "password", "ca_file": "ca.pem"}
    _write(desk, "a.txt", "An ICBM")
    with SmtpServer(tls=context, users={"watch": "hunter2"}) as server:
        _configure(desk, web, server, security="starttls", **login)
        with Daemon(desk) as daemon:
            first, _ = server.wait_for(2)
            assert daemon.stop() == 0
        assert first.is_encrypted
        assert first.user == "watch"
        assert "hunter2" not in daemon.log
    assert b"hunter2" not in (desk / "state" / "watchlist.db").read_bytes()


def test_a_killed_daemon_loses_nothing_before_the_acceptance_is_committed(
    desk: Path, web: HttpServer, smtp: SmtpServer
) -> None:
    with Daemon(desk) as daemon:
        daemon.wait_for("feed baseline")
        news = Answer(body=_feed("North tests an ICBM", "Fish"), etag='"2"', delay_s=0.5)
        web.put("/feed", news)
        asked = len(web.asked("/feed"))
        _until(lambda: len(web.asked("/feed")) > asked, "a poll")
        with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as other:
            # While another holds the lock the entry is read, but cannot be accepted.
            other.execute("BEGIN IMMEDIATE")
            time.sleep(news.delay_s + 1)
            daemon.kill()
            other.rollback()
    assert _rows(desk, "SELECT title FROM documents") == [("Fish",)]
    with Daemon(desk) as daemon:
        smtp.wait_for(2)
        assert daemon.stop() == 0
    assert len(smtp.mails) == 2


def test_a_killed_daemon_loses_nothing_after_the_acceptance_is_committed(
    desk: Path, web: HttpServer, smtp: SmtpServer
) -> None:
    config = desk / "config.toml"
    patient = config.read_text("utf-8")
    config.write_text(patient.replace('group_wait = "1s"', 'group_wait = "1h"'), "utf-8")
    with Daemon(desk) as daemon:
        daemon.wait_for("feed baseline")
        web.put("/feed", Answer(body=_feed("North tests an ICBM", "Fish"), etag='"2"'))
        _until(lambda: _rows(desk, "SELECT 1 FROM tellings"), "an accepted finding")
        daemon.kill()
    assert smtp.mails == []
    config.write_text(patient, "utf-8")
    with Daemon(desk) as daemon:
        smtp.wait_for(2)
        _until(lambda: len(web.asked("/feed")) > 4, "polls after the restart")
        assert daemon.stop() == 0
    assert len(smtp.mails) == 2


@pytest.mark.parametrize(
    ("verb", "copies"),
    [
        pytest.param("MAIL", 1, id="after the claim"),
        pytest.param("DATA", 1, id="after the mark, before the mail's end is sent"),
        pytest.param("END", 2, id="after the mark, when the server has it"),
    ],
)
def test_a_daemon_killed_while_it_sends_sends_the_same_bytes_again_or_not_at_all(
    desk: Path, smtp: SmtpServer, verb: str, copies: int
) -> None:
    killed: list[Daemon] = []

    def kill() -> None:
        if not killed:
            killed.append(daemon)
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait(DEADLINE_S)

    smtp.hook(verb, kill)
    _write(desk, "a.txt", "An ICBM")
    with Daemon(desk) as daemon:
        daemon.process.wait(DEADLINE_S)
    states = _rows(desk, "SELECT state FROM messages ORDER BY id")
    assert states == [("claimed",) if verb == "MAIL" else ("marked",), ("waiting",)]
    with Daemon(desk) as daemon:
        _until(
            lambda: _rows(desk, "SELECT DISTINCT state FROM messages") == [("sent",)], "all is sent"
        )
        told = daemon.wait_for("outbox taken over")
        assert ('"given back"=1' in told or "given back=1" in told) == (verb == "MAIL")
        assert daemon.stop() == 0
    received: dict[str, list[bytes]] = {}
    for mail in smtp.mails:
        received.setdefault(mail.recipients[0], []).append(mail.content)
    assert set(received) == {"first@example.org", "second@example.org"}, "nothing is lost"
    assert len(received["second@example.org"]) == 1
    assert len(received["first@example.org"]) == copies
    assert len(set(received["first@example.org"])) == 1, "byte for byte the same"


def test_a_second_daemon_on_the_same_state_ends_with_75_and_names_the_first(desk: Path) -> None:
    with Daemon(desk) as daemon:
        daemon.wait_for("watching")
        for command in ("run", "once"):
            second = watchlist(command, cwd=desk)
            assert second.returncode == 75
            assert f"process {daemon.process.pid} already runs" in second.stderr
        assert daemon.stop() == 0


def test_edited_rules_are_taken_up_or_the_last_good_ones_serve_and_their_owner_is_told(
    desk: Path, smtp: SmtpServer
) -> None:
    owned = RULES.replace("[defaults]", '[defaults]\nowner = "owner@example.org"')
    rules = desk / "rules" / "items.toml"
    rules.write_text(owned, "utf-8")
    with Daemon(desk) as daemon:
        daemon.wait_for("rules in force", "items=2")
        rules.write_text(owned + '[[item]]\nnmae = "Balloons"\n', "utf-8")
        assert "rules/items.toml:14:1" in daemon.wait_for("rules not loaded", "nmae")
        daemon.wait_for("rule file kept as it was", "file=rules/items.toml")
        (told,) = smtp.wait_for(1)
        assert told.recipients == ("owner@example.org",)
        assert _parsed(told)["Subject"].startswith("rules/items.toml does not load: 1 error")
        assert "rules/items.toml:14:1" in _part(_parsed(told), "plain")
        status = watchlist("status", cwd=desk)
        assert status.returncode == 1
        assert f"(process {daemon.process.pid}" in status.stdout
        assert "rules/items.toml:14:1" in status.stdout
        daemon.kill()
    _write(desk, "a.txt", "An ICBM on a balloon")
    once = watchlist("once", cwd=desk)
    assert once.returncode == 1, "a last good version served"
    assert "rule file kept as it was" in once.stderr
    assert "ICBM" in _parsed(smtp.wait_for(3)[1])["Subject"]
    with Daemon(desk) as daemon:
        daemon.wait_for("rule file kept as it was")
        rules.write_text(owned + '[[item]]\nname = "Balloon"\nterms = ["balloon"]\n', "utf-8")
        daemon.wait_for("rules in force", "items=3", "before=2", "came=1")
        again = smtp.wait_for(4)[3]
        assert _parsed(again)["Subject"] == "rules/items.toml loads again"
        _write(desk, "b.txt", "A balloon alone")
        assert "Balloon" in _parsed(smtp.wait_for(6)[5])["Subject"]
        fingerprint = daemon.wait_for("rules in force", "items=3").rpartition("fingerprint=")[2]
        assert daemon.stop() == 0
    assert _rows(desk, "SELECT ruleset FROM documents WHERE key = 'b.txt'") == [(fingerprint,)]
    assert len(smtp.mails) == 6, "one mail for the breakage, over two restarts"


def test_what_is_broken_is_told_on_a_line_and_the_rest_lives_on(
    desk: Path, web: HttpServer, smtp: SmtpServer
) -> None:
    with (desk / "config.toml").open("a", encoding="utf-8") as config:
        config.write(
            f"""
[[source]]
name = "gone"
folder = "gone"
[[source]]
name = "dead"
feed = "http://127.0.0.1:9/feed"
allow_private = ["127.0.0.0/8"]
[[source]]
name = "page"
feed = "{web.url("/page")}"
allow_private = ["127.0.0.0/8"]
[[source]]
name = "broken"
feed = "{web.url("/broken")}"
allow_private = ["127.0.0.0/8"]
"""
        )
    web.put("/page", Answer(body=b"<!doctype html><title>Log in</title>", status=200))
    web.put("/broken", Answer(status=500))
    (desk / "inbox" / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with Daemon(desk) as daemon:
        for source, why in [
            ("gone", "does not exist"),
            ("dead", "no connection"),
            ("page", "not a feed"),
            ("broken", "answered 500"),
        ]:
            daemon.wait_for("ERROR source not read", f"source={source}", why)
        daemon.wait_for("WARNING file not read", "path=binary.txt", "not text")
        _write(desk, "a.txt", "An ICBM")
        smtp.wait_for(2)
        status = watchlist("status", "--json", cwd=desk)
        assert status.stdout.count('"state": "failing"') == 4
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.log
    assert re.fullmatch(
        r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) .+\n)+", daemon.log
    ), "one line for each outcome"


def test_a_mail_server_that_cannot_be_reached_is_told_and_no_mail_is_lost(
    desk: Path, smtp: SmtpServer
) -> None:
    smtp.stop()
    _write(desk, "a.txt", "An ICBM")
    with Daemon(desk) as daemon:
        line = daemon.wait_for("ERROR no mail goes out")
        assert f"127.0.0.1:{smtp.port}" in line
        status = watchlist("status", cwd=desk)
        assert "2 waiting" in status.stdout
        assert "until" in status.stdout
        assert daemon.stop() == 0
    smtp.start()
    with sqlite3.connect(desk / "state" / "watchlist.db") as connection:
        connection.execute("UPDATE messages SET due = '2000-01-01 00:00:00.000000'")
    connection.close()
    once = watchlist("once", cwd=desk)
    assert once.returncode == 0, once.stderr
    assert len(smtp.accepted) == 2


def test_once_does_all_that_is_due_and_waits_for_nothing(
    desk: Path, web: HttpServer, smtp: SmtpServer
) -> None:
    config = desk / "config.toml"
    config.write_text(config.read_text("utf-8").replace('"1s"\n', '"1h"\n'), "utf-8")
    _write(desk, "a.txt", "An ICBM")
    first = watchlist("once", cwd=desk)
    assert first.returncode == 0, first.stderr
    assert len(smtp.accepted) == 2
    second = watchlist("once", cwd=desk)
    assert second.returncode == 0
    assert len(smtp.accepted) == 2
    assert len(web.asked("/feed")) == 1, "the feed is not due again"
    (desk / "inbox").rename(desk / "outbox")
    third = watchlist("once", cwd=desk)
    assert third.returncode == 1
    assert "does not exist" in third.stderr


def test_what_is_kept_is_for_its_owner_alone(desk: Path, smtp: SmtpServer) -> None:
    _write(desk, "a.txt", "An ICBM")
    assert watchlist("once", cwd=desk).returncode == 0
    assert (desk / "state").stat().st_mode & 0o777 == 0o700
    for path in (desk / "state").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert len(smtp.accepted) == 2
