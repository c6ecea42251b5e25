"""The life of the daemon as a process: started, reloaded, watched over, stopped."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path

import pytest

from tests.daemon import Daemon, watchlist
from tests.httpd import Answer, HttpServer
from tests.patience import DEADLINE_S
from tests.smtpd import SmtpServer
from watch.app import Reloading, opened
from watch.config import load_config

RULES = '[[item]]\nname = "ICBM"\nterms = ["ICBM"]\n'
CONFIG = """
[mail]
from = "Watchlist <watch@example.org>"
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
{mail}
[[source]]
name = "inbox"
folder = "inbox"
every = "1s"
{sources}
[[subscription]]
name = "desk"
to = ["{to}"]
group_wait = "0s"
group_interval = "0s"
"""


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


class Desk:
    """A folder to run in, whose configuration is written time and again."""

    def __init__(self, path: Path, smtp: SmtpServer) -> None:
        self.path = path
        self.smtp = smtp
        for folder in ("inbox", "rules"):
            (path / folder).mkdir()
        (path / "rules" / "items.toml").write_text(RULES, "utf-8")
        self.configure()

    def configure(
        self, *, to: str = "first@example.org", mail: str = "", sources: str = "", port: int = 0
    ) -> None:
        """Save a configuration, as an editor does: the new file takes the old one's place."""
        text = CONFIG.format(port=port or self.smtp.port, to=to, mail=mail, sources=sources)
        draft = self.path / "config.toml~"
        draft.write_text(text, "utf-8")
        draft.replace(self.path / "config.toml")

    def write(self, name: str, text: str) -> None:
        """Put a file into the inbox."""
        (self.path / "inbox" / name).write_text(text, "utf-8")

    def mails(self, count: int) -> list[tuple[str, str]]:
        """Return for whom and about what the mails are, once there are so many."""
        return [
            (mail.recipients[0], str(message_from_bytes(mail.content, policy=policy)["Subject"]))
            for mail in self.smtp.wait_for(count)
        ]


@pytest.fixture
def desk(tmp_path: Path, smtp: SmtpServer) -> Desk:
    return Desk(tmp_path, smtp)


def test_an_edited_configuration_is_taken_up_without_a_restart(desk: Desk) -> None:
    with HttpServer() as web, Daemon(desk.path) as daemon:
        daemon.wait_for("watching", "feeds=0")
        web.put(
            "/feed", Answer(body=b"<rss version='2.0'><channel><title>w</title></channel></rss>")
        )
        feed = f'[[source]]\nname = "wire"\nfeed = "{web.url("/feed")}"\n'
        feed += 'allow_private = ["127.0.0.0/8"]'
        desk.configure(to="second@example.org", sources=feed)
        daemon.wait_for("configuration taken up", "feeds=1", "came=1", "left=0")
        daemon.wait_for("feed baseline", "source=wire")
        desk.write("a.txt", "An ICBM")
        assert desk.mails(1) == [("second@example.org", "ICBM: An ICBM")]
        desk.configure(to="third@example.org")
        daemon.wait_for("configuration taken up", "feeds=0", "left=1")
        desk.write("b.txt", "Another ICBM")
        assert desk.mails(2)[1] == ("third@example.org", "ICBM: Another ICBM")
        assert daemon.stop() == 0


def test_a_configuration_with_mistakes_leaves_all_as_it_was(desk: Desk) -> None:
    with Daemon(desk.path) as daemon:
        daemon.wait_for("watching")
        desk.configure(to="nobody", mail="max_per_minute = 0")
        daemon.wait_for("ERROR configuration kept as it was", "config.toml:8:18: at least 1")
        daemon.wait_for("ERROR configuration kept as it was", "nobody")
        assert watchlist("status", cwd=desk.path).returncode == 2, "it says what is wrong, too"
        desk.write("a.txt", "An ICBM")
        assert desk.mails(1) == [("first@example.org", "ICBM: An ICBM")]
        (desk.path / "config.toml").unlink()
        daemon.wait_for("ERROR configuration kept as it was", "No such file")
        desk.configure(to="second@example.org")
        daemon.wait_for("configuration taken up")
        assert daemon.stop() == 0


def test_the_operator_hears_of_a_configuration_that_does_not_load_and_once_it_does(
    desk: Desk,
) -> None:
    admin = 'operator = "admin@example.org"\n'
    desk.configure(mail=admin)
    with Daemon(desk.path) as daemon:
        daemon.wait_for("watching")
        desk.configure(mail=admin + "max_per_minute = 0")
        subject = "config.toml does not load: 1 error; nothing is changed by it"
        assert desk.mails(1) == [("admin@example.org", subject)]
        assert b"max_per_minute =3D 0" in desk.smtp.accepted[0].content
        desk.configure(mail=admin + "health = 'sometimes'")
        daemon.wait_for("configuration kept as it was", "sometimes")
        desk.configure(mail=admin)
        daemon.wait_for("configuration taken up")
        assert desk.mails(2)[1] == ("admin@example.org", "config.toml loads again")
        assert daemon.stop() == 0
    assert len(desk.smtp.accepted) == 2, "one mail for two edits that do not load"


@pytest.fixture
def umask() -> Iterator[None]:
    """What is opened here narrows it for the whole process."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
async def test_an_edit_while_the_rules_are_still_being_read_is_no_less_one(desk: Desk) -> None:
    config = load_config(desk.path / "config.toml")
    desk.configure(to="second@example.org")
    async with opened(config, asyncio.Event()) as first:
        reload, contexts = Reloading(config, asyncio.Event()), [first]
        for _ in range(4):
            contexts.append(await reload(contexts[-1]))
        assert contexts[-1].subscriptions[0].to == ("second@example.org",)
        assert len(set(map(id, contexts))) == 2, "it is taken up once"


def test_another_state_waits_for_the_next_start(desk: Desk) -> None:
    with Daemon(desk.path) as daemon:
        daemon.wait_for("watching")
        desk.configure(sources='[state]\npath = "elsewhere"')
        daemon.wait_for("state is moved at the next start only", "elsewhere")
        desk.write("a.txt", "An ICBM")
        assert len(desk.mails(1)) == 1
        assert daemon.stop() == 0
    assert not (desk.path / "elsewhere").exists()


def test_sighup_asks_for_it_also_where_no_edit_shows_and_mail_is_tried_at_once(
    desk: Desk,
) -> None:
    desk.smtp.script("MAIL", "530 5.7.0 log in first")
    with Daemon(desk.path) as daemon:
        desk.write("a.txt", "An ICBM")
        daemon.wait_for("ERROR no mail goes out")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("configuration taken up", "came=0", "left=0")
        assert desk.mails(1) == [("first@example.org", "ICBM: An ICBM")]
        assert daemon.stop() == 0


def test_a_mended_mail_server_gets_at_once_what_waits(desk: Desk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        desk.configure(port=nobody.getsockname()[1])
        with Daemon(desk.path) as daemon:
            desk.write("a.txt", "An ICBM")
            daemon.wait_for("ERROR no mail goes out")
            desk.configure()
            assert desk.mails(1) == [("first@example.org", "ICBM: An ICBM")]
            assert daemon.stop() == 0


def test_templates_are_taken_up_while_it_runs(desk: Desk) -> None:
    templates = desk.path / "templates"
    templates.mkdir()
    desk.configure(mail='templates = "templates"')
    (templates / "subject.j2").write_text("First words")
    with Daemon(desk.path) as daemon:
        desk.write("a.txt", "An ICBM")
        assert desk.mails(1) == [("first@example.org", "First words")]
        (templates / "subject.j2").write_text("Other words")
        desk.write("b.txt", "Another ICBM, elsewhere")
        assert desk.mails(2)[1] == ("first@example.org", "Other words")
        assert daemon.stop() == 0


def test_a_list_of_feeds_is_taken_up_whenever_it_is_edited(desk: Desk) -> None:
    opml = desk.path / "feeds.opml"
    outline = '<outline type="rss" text="{}" xmlUrl="http://127.0.0.1:9/{}"/>'

    def write(*names: str) -> None:
        outlines = "".join(outline.format(name, name) for name in names)
        opml.write_text(f"<opml><body>{outlines}</body></opml>", "utf-8")

    write("a")
    desk.configure(sources='[[source]]\nname = "list"\nopml = "feeds.opml"')
    with Daemon(desk.path) as daemon:
        daemon.wait_for("watching", "feeds=1")
        write("a", "b", "c")
        daemon.wait_for("configuration taken up", "feeds=3", "came=2")
        opml.write_text("<opml><body><outline", "utf-8")
        daemon.wait_for("configuration kept as it was", "feeds.opml: broken XML in line 1")
        write("b")
        daemon.wait_for("configuration taken up", "feeds=1", "left=2")
        assert daemon.stop() == 0


def test_systemd_is_told_how_it_is(desk: Desk) -> None:
    address = f"\0watchlist-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        supervisor.settimeout(DEADLINE_S)

        def told() -> str:
            return supervisor.recv(4096).decode()

        environment = {"NOTIFY_SOCKET": f"@{address[1:]}", "WATCHDOG_USEC": "5000000"}
        with Daemon(desk.path, environment) as daemon:
            assert told() == "READY=1\nSTATUS=watching; folders: 1, feeds: 0"
            assert told() == "WATCHDOG=1"
            daemon.process.send_signal(signal.SIGHUP)
            lines = iter(told, "READY=1\nSTATUS=watching; folders: 1, feeds: 0")
            assert "RELOADING=1" in {line.split("\n")[0] for line in lines}
            assert told() == "WATCHDOG=1"
            assert daemon.stop() == 0
        assert "STOPPING=1" in iter(told, "")
