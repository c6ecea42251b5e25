"""What is secret is in no log, error, database, command line or child, whatever goes wrong."""

import base64
import json
import re
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.daemon import Daemon, watchlist, watchlist_here
from tests.httpd import Answer, HttpServer
from tests.smtpd import HOST, SmtpServer

PASSWORD = "canary-of-the-mail"
CANARIES = {
    "password": PASSWORD,
    "password in base64": base64.b64encode(PASSWORD.encode()).decode(),
    "login in base64": base64.b64encode(f"\0me\0{PASSWORD}".encode()).decode(),
    "header": "canary-of-the-header",
    "password of the feed": "canary-of-the-feed",
    "login of the feed": base64.b64encode(b"me:canary-of-the-feed").decode(),
    "query": "canary-of-the-query",
}
_IN_DATABASE = {"query"}
"""What a feed's address says stays its address: the state is for its owner alone."""

FEED = b"<rss><channel><item><title>x</title></item></channel></rss>"
CONFIG = """\
[mail]
from = "watch@example.org"
operator = "boss@example.org"
transport = "smtp"
host = "{host}"
port = {port}
security = "starttls"
ca_file = "ca.pem"
user = "me"
{password}
[[source]]
name = "inbox"
folder = "inbox"
[[source]]
name = "wire"
feed = "http://me:canary-of-the-feed@{host}:{web}/feed?token=canary-of-the-query"
headers_file = "headers"
allow_private = ["127.0.0.0/8"]
every = "1s"
[[subscription]]
name = "desk"
to = ["desk@example.org"]
group_wait = "1s"
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def smtpd(authority: trustme.CA) -> Iterator[SmtpServer]:
    """A server that repeats to everybody what it was told."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with SmtpServer(tls=tls, users={"me": "another"}) as server:
        every = " ".join(CANARIES[name] for name in ("password", "login in base64"))
        server.script("AUTH", *[f"535 5.7.8 wrong: {every}, {PASSWORD}"] * 50)
        yield server


@pytest.fixture
def desk(tmp_path: Path, smtpd: SmtpServer, server: HttpServer, authority: trustme.CA) -> Path:
    server.put("/feed?token=canary-of-the-query", Answer(status=403))
    for folder in ("inbox", "rules"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "a.toml").write_text('[[item]]\nname = "ICBM"\n')
    (tmp_path / "inbox" / "a.html").write_text("<p>An ICBM, and long enough to be read by a child.")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "headers").write_text("X-Key: canary-of-the-header\n")
    (tmp_path / "smtp-password").write_text(f"{PASSWORD}\n")
    for name in ("headers", "smtp-password"):
        (tmp_path / name).chmod(0o600)
    _configure(tmp_path, smtpd, server, 'password_env = "WATCHLIST_CANARY"')
    return tmp_path


def _configure(desk: Path, smtpd: SmtpServer, server: HttpServer, password: str) -> None:
    web = server.url("/").rpartition(":")[2].strip("/")
    text = CONFIG.format(host=HOST, port=smtpd.port, web=web, password=password)
    (desk / "config.toml").write_text(text)


def _betrayed(said: str | bytes, *, beside: set[str] | None = None) -> list[str]:
    content = said if isinstance(said, bytes) else said.encode()
    return [
        name
        for name, canary in CANARIES.items()
        if canary.encode() in content and name not in (beside or ())
    ]


def _children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    direct = [int(child) for one in listed for child in one.read_text().split()]
    return [*direct, *(below for child in direct for below in _children_of(child))]


@pytest.mark.parametrize(
    "password", ['password_env = "WATCHLIST_CANARY"', 'password_file = "smtp-password"']
)
def test_a_daemon_and_all_it_says_and_keeps_and_starts_know_no_secret(
    desk: Path, smtpd: SmtpServer, server: HttpServer, password: str
) -> None:
    _configure(desk, smtpd, server, password)
    environment = {"WATCHLIST_CANARY": PASSWORD} if "env" in password else {}
    with Daemon(desk, environment) as daemon:
        daemon.wait_for("no mail goes out", "535")
        daemon.wait_for("wire", "403")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("configuration taken up")
        daemon.wait_for("no mail goes out", "535")
        pid = daemon.process.pid
        children = _children_of(pid)
        assert children, "a child reads the page"
        for child in children:
            assert _betrayed(Path(f"/proc/{child}/environ").read_bytes()) == []
        for process in (pid, *children):
            assert _betrayed(Path(f"/proc/{process}/cmdline").read_bytes()) == []
            limits = Path(f"/proc/{process}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", limits)
        assert daemon.stop() == 0
        assert _betrayed(daemon.log) == []
    for path in (desk / "state").iterdir():
        assert _betrayed(path.read_bytes(), beside=_IN_DATABASE) == [], path.name
    assert server.requests, "the feed was asked"
    assert "***" in daemon.log


COMMANDS = (
    ("check", "--json"),
    ("check",),
    ("status", "--json"),
    ("status",),
    ("sources", "list"),
    ("sources", "test", "wire"),
    ("send-test", "desk@example.org"),
    ("outbox", "list"),
    ("preview",),
)


def test_no_command_tells_a_secret(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHLIST_CANARY", PASSWORD)
    done = watchlist("once", cwd=desk)
    assert "535" in done.stderr
    assert _betrayed(done.stdout + done.stderr) == []
    for command in COMMANDS:
        done = watchlist_here(*command, cwd=desk)
        assert done.stdout + done.stderr, command
        assert _betrayed(done.stdout + done.stderr) == [], command


def test_a_mistake_shows_no_login_of_its_line(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = desk / "config.toml"
    config.write_text(config.read_text().replace(f"@{HOST}:", f"@{HOST}:99"))
    monkeypatch.setenv("WATCHLIST_CANARY", PASSWORD)
    done = watchlist_here("check", cwd=desk)
    assert done.returncode == 1
    assert "http://" + "*" * len("me:canary-of-the-feed") + "@" in done.stdout
    assert _betrayed(done.stdout, beside={"query"}) == []


def test_the_login_of_an_address_is_used_and_kept_nowhere(
    desk: Path, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("/feed?token=canary-of-the-query", Answer(body=FEED))
    monkeypatch.setenv("WATCHLIST_CANARY", PASSWORD)
    done = watchlist("once", cwd=desk)
    asked = [one for one in server.requests if one.path.startswith("/feed")]
    assert asked
    assert asked[0].headers["authorization"] == f"Basic {CANARIES['login of the feed']}"
    shown = json.loads(watchlist_here("status", "--json", cwd=desk).stdout)
    (wire,) = [one for one in shown["sources"] if one["name"] == "wire"]
    assert wire["location"].endswith("/feed?token=***")
    assert _betrayed(done.stderr) == []


@pytest.mark.parametrize("key", ["headers", "smtp-password"])
def test_a_secret_that_anybody_may_read_is_a_lint(
    desk: Path, smtpd: SmtpServer, server: HttpServer, key: str
) -> None:
    _configure(desk, smtpd, server, 'password_file = "smtp-password"')
    assert "readable-secret" not in watchlist_here("check", cwd=desk).stdout
    (desk / key).chmod(0o644)
    said = watchlist_here("check", cwd=desk).stdout
    assert "anybody on this machine may read or write it" in said
    assert f"chmod 600 {desk / key}" in said
    assert "[readable-secret]" in said
    text = (desk / "config.toml").read_text()
    line = next(line for line in text.splitlines() if f'"{key}"' in line)
    allowed = text.replace(line, f"{line}  # watchlist: allow readable-secret")
    (desk / "config.toml").write_text(allowed)
    assert "[readable-secret]" not in watchlist_here("check", cwd=desk).stdout


@pytest.mark.parametrize("name", ["config.toml", "rules", "."])
def test_what_anybody_may_write_is_refused(
    desk: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk / name
    monkeypatch.setenv("WATCHLIST_CANARY", PASSWORD)
    path.chmod(path.stat().st_mode | 0o002)
    done = watchlist_here("status", cwd=desk)
    assert done.returncode == 2
    assert "anybody on this machine may write " in done.stderr
    assert "chmod o-w " in done.stderr
    if path.is_dir():
        path.chmod(path.stat().st_mode | 0o1000)
        assert watchlist_here("status", cwd=desk).returncode != 2


def test_a_state_is_for_its_owner_alone_whatever_it_was_before(desk: Path) -> None:
    environment = {"WATCHLIST_CANARY": PASSWORD}
    state = desk / "state"
    watchlist("once", cwd=desk, environment=environment)
    for path in (state, *state.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
        path.chmod(0o777 if path is state else 0o666)
    watchlist("once", cwd=desk, environment=environment)
    for path in (state, *state.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_with_other_things_in_it_stays_as_it_is(desk: Path) -> None:
    state = desk / "state"
    state.mkdir(mode=0o755)
    other = state / "notes.txt"
    other.write_text("mine")
    other.chmod(0o644)
    watchlist("once", cwd=desk, environment={"WATCHLIST_CANARY": PASSWORD})
    assert (state / "watchlist.db").stat().st_mode & 0o777 == 0o600
    assert other.stat().st_mode & 0o777 == 0o644
    assert state.stat().st_mode & 0o777 == 0o755
