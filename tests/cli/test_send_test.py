import base64
import os
import re
import ssl
import subprocess
import sys
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path

import pytest
import trustme

from tests.daemon import watchlist_here
from tests.smtpd import HOST, Deed, SmtpServer

CANARY = "canary-Pa55wört"
USERS = {"watch": CANARY}
PLAIN = base64.b64encode(f"\0watch\0{CANARY}".encode()).decode()
LOGIN = base64.b64encode(CANARY.encode()).decode()
SPELLINGS = (CANARY, PLAIN, LOGIN)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, common_name="mail of [desk]").configure_cert(context)
    return context


@pytest.fixture
def desk(tmp_path: Path, authority: trustme.CA) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "password").write_text(f"{CANARY}\n", "utf-8")
    return tmp_path


def _configure(desk: Path, server: SmtpServer | None, **keys: str) -> None:
    lines = ["[mail]", 'from = "Watchlist <watch@example.org>"']
    if server is not None:
        lines += ['transport = "smtp"', f'host = "{HOST}"', f"port = {server.port}"]
    lines += [f'{key} = "{value}"' for key, value in keys.items()]
    lines += ["[[source]]", 'name = "inbox"', 'folder = "inbox"', ""]
    (desk / "config.toml").write_text("\n".join(lines))


def _login(**keys: str) -> dict[str, str]:
    return {"ca_file": "ca.pem", "user": "watch", "password_file": "password", **keys}


def _sent(desk: Path, code: int = 0, address: str = "Desk <desk@example.org>") -> tuple[str, str]:
    """Return what was said of a test that ends so; no password is in it."""
    done = watchlist_here("send-test", address, cwd=desk)
    assert done.returncode == code, done
    said = done.stdout + done.stderr
    assert not [one for one in SPELLINGS if one in said]
    return done.stdout, done.stderr


def _steps(told: str) -> list[tuple[str, str]]:
    """Return the steps and what came of each; every one begins with its time."""
    found = re.findall(r"^ *\d+\.\d{3} s  (\w+) +(.*)$", told, re.MULTILINE)
    return [(step, said) for step, said in found]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_whole_conversation_is_told_and_a_mail_marked_as_a_test_arrives(
    desk: Path, tls: ssl.SSLContext, security: str
) -> None:
    with SmtpServer(tls=tls, is_implicit=security == "tls", users=USERS) as server:
        server.script("END", "250 2.0.0 Ok: queued as 4F2")
        _configure(desk, server, **_login(security=security))
        out, err = _sent(desk)
    assert err == ""
    begin = ["connect", "TLS", "EHLO"]
    if security == "starttls":
        begin = ["connect", "EHLO", "STARTTLS", "TLS", "EHLO"]
    steps = _steps(out)
    assert [step for step, _ in steps] == [*begin, "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
    told = dict(steps)
    assert told["connect"].startswith(f"{HOST}:{server.port} ({HOST}): 220 smtpd.example ")
    assert re.match(
        r"TLSv1\.\d, certificate of mail of \[desk\], by trustme \S+, until \w+ .* GMT$",
        told["TLS"],
    )
    assert told["EHLO"].startswith("smtpd.example: SIZE ")
    assert "AUTH " in told["EHLO"]
    assert told["AUTH"].startswith("PLAIN as watch: 235 ")
    assert told["MAIL"] == "from watch@example.org: 250 OK"
    assert told["RCPT"] == "to desk@example.org: 250 OK"
    assert re.fullmatch(r"[\d,]+ bytes: 250 2\.0\.0 Ok: queued as 4F2", told["DATA"])
    assert out.endswith("the mail server has taken it: 250 2.0.0 Ok: queued as 4F2\n")
    (mail,) = server.accepted
    assert (mail.is_encrypted, mail.user, mail.recipients) == (True, "watch", ("desk@example.org",))
    parsed = message_from_bytes(mail.content, policy=policy)
    assert parsed["Subject"].startswith("[TEST] [HIGH] ")
    assert parsed["To"] == "Desk <desk@example.org>"


def test_each_test_is_a_mail_of_its_own_that_no_server_drops_as_known(desk: Path) -> None:
    with SmtpServer() as server:
        _configure(desk, server, security="none")
        _sent(desk)
        _sent(desk)
    ids = {message_from_bytes(mail.content)["Message-ID"] for mail in server.accepted}
    assert len(ids) == 2


def test_into_a_maildir_it_says_where_it_lies(desk: Path) -> None:
    _configure(desk, None)
    out, _ = _sent(desk)
    (mail,) = (desk / "mail" / "new").iterdir()
    assert out == f"the mail lies in a Maildir: laid into {mail}; any mail program opens it\n"
    parsed = message_from_bytes(mail.read_bytes(), policy=policy)
    assert parsed["Subject"].startswith("[TEST] [HIGH] ")
    assert not (desk / "state").exists(), "the outbox has no part in it"


def test_a_wrong_login_is_told_and_not_the_password_though_the_server_repeats_it(
    desk: Path, tls: ssl.SSLContext
) -> None:
    with SmtpServer(tls=tls, users={"watch": "another"}) as server:
        _configure(desk, server, **_login())
        out, err = _sent(desk, 1)
        steps = [step for step, _ in _steps(out)]
        assert steps == ["connect", "EHLO", "STARTTLS", "TLS", "EHLO", "failed"]
        assert "the login is refused, check user and password" in out
        assert err == "mend that, and test again\n"
        server.script("AUTH", f"535 5.7.8 no {PLAIN} {LOGIN} for {PLAIN}")
        out, _ = _sent(desk, 1)
        assert "says: 535 5.7.8 no *** *** for ***" in out
    assert server.mails == []


def test_an_untrusted_certificate_ends_it_before_the_login(desk: Path, tls: ssl.SSLContext) -> None:
    with SmtpServer(tls=tls, users=USERS) as server:
        _configure(desk, server, user="watch", password_file="password")
        out, err = _sent(desk, 1)
        assert [step for step, _ in _steps(out)] == ["connect", "EHLO", "failed"]
        assert "is not trusted" in out
        assert "name its issuer in ca_file" in out
        assert "mend that" in err
        assert "AUTH" not in server.verbs


def test_a_server_without_tls_gets_no_password(desk: Path) -> None:
    with SmtpServer(users=USERS) as server:
        _configure(desk, server, **_login())
        out, _ = _sent(desk, 1)
        assert "does not offer STARTTLS, and nothing is sent in clear text" in out
        assert "AUTH" not in server.verbs


@pytest.mark.parametrize(
    ("verb", "answer", "told", "remedy"),
    [
        ("RCPT", "550 5.1.1 no such user", "desk@example.org is refused", "check the address"),
        ("RCPT", "450 4.2.1 greylisted", "450 4.2.1 greylisted", "test again in some minutes"),
        ("END", "554 5.7.1 spam", "the mail is refused; ", "check the address"),
        ("MAIL", "550 5.7.1 not yours", "the sender watch@example.org is refused", "check host"),
        ("MAIL", Deed.CLOSE, "cannot be talked to", "test again in some minutes"),
        ("CONNECT", "421 4.3.2 closing", "nothing is taken now", "check host, port and security"),
    ],
)
def test_a_failure_is_told_with_what_to_do(
    desk: Path, verb: str, answer: str | Deed, told: str, remedy: str
) -> None:
    with SmtpServer() as server:
        server.script(verb, answer)
        _configure(desk, server, security="none")
        out, err = _sent(desk, 1)
    assert told in dict(_steps(out))["failed"]
    assert err.startswith(remedy)


def test_a_maildir_that_cannot_be_written_is_told(desk: Path) -> None:
    _configure(desk, None)
    (desk / "mail").write_text("no folder")
    out, err = _sent(desk, 1)
    assert [step for step, _ in _steps(out)] == ["failed"]
    assert "make room, or give this user the right to write there" in out
    assert err == "mend that, and test again\n"


def test_a_server_that_is_not_there_is_told(desk: Path) -> None:
    with SmtpServer() as server:
        _configure(desk, server, security="none")
    out, err = _sent(desk, 1)
    assert [step for step, _ in _steps(out)] == ["failed"]
    assert "cannot be talked to" in out
    assert err.startswith("check host, port and security in [mail]")


def test_what_is_no_address_is_a_mistake_of_usage(desk: Path) -> None:
    _configure(desk, None)
    _, err = _sent(desk, 2, address="desk\nBcc: all@example.org")
    assert "is not one address; write it as name@example.org" in err
    assert not (desk / "mail").exists()


def test_a_template_of_ones_own_that_fails_is_told(desk: Path) -> None:
    (desk / "own").mkdir()
    (desk / "own" / "subject.j2").write_text("{{ nobody }}")
    _configure(desk, None, templates="own")
    _, err = _sent(desk)
    assert "the template subject.j2 failed, the shipped one was used" in err


def test_help_is_quick_to_load(desk: Path) -> None:
    """What is heavy is imported by the command alone."""
    code = "import sys; import watch.cli.main; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ).stdout.split()
    assert not {"aiosmtplib", "jinja2", "sqlalchemy", "watch.config"} & set(loaded)
