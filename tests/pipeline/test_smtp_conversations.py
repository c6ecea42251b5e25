"""What may befall a conversation with a mail server, one row for each: nothing lost or doubled.

Two mails wait, to two addresses. In the first round the server does what the row says; then it is
well, and each mail that had not failed is there once. Only where it kept a mail and its answer was
lost does it get the same bytes again: nobody can know.
"""

import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.pipeline.conftest import Desk, changed
from tests.smtp_script import HOST, ScriptedServer, Then, Turn
from watch.core.model import Message, MessageState
from watch.notify.smtp import Security, Smtp, SmtpSettings, TimeLimits
from watch.pipeline.deliver import PROBE_EVERY, deliver
from watch.pipeline.job import Context
from watch.store.messages import KeptMessage, get_messages
from watch.store.outbox import add_notices

_SHORT_S = 1.5
"""What a server that hangs is waited for; all others have time enough."""


def _says(answer: str) -> Turn:
    return Turn(say=answer.encode() + b"\r\n")


CLOSES = Turn(say=b"", then=Then.CLOSE)
RESETS = Turn(say=b"", then=Then.RESET)
HANGS = Turn(say=b"", then=Then.HANG)
GARBAGE = _says("\x01\x02\x7f what is this")
NONSENSE = _says("250-fine\r\nnot at all\r\n250 fine")
HALF = Turn(say=b"25", then=Then.CLOSE)
TOO_LONG = _says("250 " + "x" * 9_000)
ENDLESS = Turn(say=b"250-more\r\n" * 5_000, then=Then.CLOSE)


def _kept(turn: Turn) -> Turn:
    """Return what a server does that keeps the mail all the same."""
    return Turn(say=turn.say, then=turn.then, is_taken=True)


WAITING, SENT, FAILED = MessageState.WAITING, MessageState.SENT, MessageState.FAILED
OPEN, SOON, HOUR = "open", "soon", "an hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the server does in the first round, and how it stands after that."""

    script: Mapping[str, Sequence[Turn]]
    states: tuple[MessageState, MessageState]
    closed: str = OPEN
    said: str = ""
    """Stands in what is kept of the first mail."""
    is_lost_answer: bool = False
    """Whether it kept the first mail without our knowing."""
    security: Security = Security.NONE
    user: str | None = None
    features: tuple[bytes, ...] = ()
    recipient: str = "a@example.org"
    host: str = "127.0.0.1"
    """Of whom the certificate speaks."""


def _case(step: str, *turns: Turn, **expected: object) -> Case:
    return Case(script={step: turns}, **expected)  # type: ignore[arg-type]


BOTH_WAIT = (WAITING, WAITING)
ONE_WAITS = (WAITING, SENT)
ONE_FAILS = (FAILED, SENT)
BOTH_SENT = (SENT, SENT)

_ANY_ANSWERS_AWAY = {
    "close": CLOSES,
    "reset": RESETS,
    "hang": HANGS,
    "garbage": GARBAGE,
    "nonsense": NONSENSE,
    "half a line": HALF,
    "too long a line": TOO_LONG,
    "no end of lines": ENDLESS,
}


def _whole_channel(step: str, **common: object) -> dict[str, Case]:
    """Return what goes wrong before any mail is spoken of: it waits, and the others with it."""
    return {
        f"{step}: {name}": _case(step, turn, states=BOTH_WAIT, closed=SOON, **common)
        for name, turn in {
            **_ANY_ANSWERS_AWAY,
            "421": _says("421 4.3.2 shutting down"),
            "4xx": _says("450 4.7.1 not now"),
        }.items()
    }


def _this_mail(step: str, **common: object) -> dict[str, Case]:
    """Return what goes wrong with one mail: it waits, and the next goes on a new connection."""
    return {
        f"{step}: {name}": _case(step, turn, states=ONE_WAITS, **common)
        for name, turn in {
            **_ANY_ANSWERS_AWAY,
            "4xx": _says("450 4.7.1 not now"),
        }.items()
    }


STARTTLS = {"security": Security.STARTTLS, "features": (b"STARTTLS",)}
LOGIN = {"user": "me", "features": (b"AUTH PLAIN",)}
BUSY = _says("421 4.7.0 too many mails")

CASES: dict[str, Case] = {
    "all is well": Case(script={}, states=BOTH_SENT),
    # The greeting.
    **_whole_channel("CONNECT"),
    "CONNECT: 554": _case("CONNECT", _says("554 5.3.2 no"), states=BOTH_WAIT, closed=SOON),
    "CONNECT: an answer too many": _case(
        "CONNECT", _says("220 hello\r\n250 well"), states=BOTH_WAIT, closed=SOON
    ),
    "CONNECT: on several lines": _case(
        "CONNECT", _says("220-hello\r\n220-there\r\n220 you"), states=BOTH_SENT
    ),
    # What it can do.
    **_whole_channel("EHLO"),
    "EHLO: 550": _case("EHLO", _says("550 5.7.1 bad name"), states=BOTH_WAIT, closed=SOON),
    "EHLO: an answer too many": _case("EHLO", _says("250 mx\r\n250 ok"), states=ONE_WAITS),
    # TLS.
    **_whole_channel("STARTTLS", **STARTTLS),
    "STARTTLS: 5xx": _case(
        "STARTTLS", _says("501 5.5.4 no"), states=BOTH_WAIT, closed=SOON, **STARTTLS
    ),
    "STARTTLS: not offered": Case(
        script={}, states=BOTH_WAIT, closed=HOUR, security=Security.STARTTLS, said="STARTTLS"
    ),
    "STARTTLS: words put in before it begins": _case(
        "STARTTLS", _says("220 go\r\n250 injected"), states=BOTH_SENT, **STARTTLS
    ),
    **{
        f"HANDSHAKE: {name}": _case("HANDSHAKE", turn, states=BOTH_WAIT, closed=closed, **STARTTLS)
        for name, turn, closed in (
            ("close", CLOSES, SOON),
            ("reset", RESETS, SOON),
            ("hang", HANGS, SOON),
            ("garbage", GARBAGE, HOUR),
        )
    },
    "HANDSHAKE: wrong certificate": Case(
        script={},
        states=BOTH_WAIT,
        closed=HOUR,
        said="is not trusted",
        host="mail.example",
        security=Security.STARTTLS,
        features=(b"STARTTLS",),
    ),
    # The login.
    **_whole_channel("AUTH", **LOGIN),
    "AUTH: 454": _case("AUTH", _says("454 4.7.0 later"), states=BOTH_WAIT, closed=SOON, **LOGIN),
    **{
        f"AUTH: {code}": _case(
            "AUTH",
            _says(f"{code} 5.7.8 no"),
            states=BOTH_WAIT,
            closed=HOUR,
            said=f"{code} 5.7.8 no",
            **LOGIN,
        )
        for code in (530, 534, 535)
    },
    "AUTH: no way that is known": Case(
        script={}, states=BOTH_WAIT, closed=HOUR, user="me", features=(b"AUTH GSSAPI",)
    ),
    # The sender.
    **_this_mail("MAIL"),
    "MAIL: 421": _case("MAIL", BUSY, states=BOTH_WAIT, closed=SOON),
    "MAIL: 550": _case("MAIL", _says("550 5.7.1 who?"), states=BOTH_WAIT, closed=SOON),
    "MAIL: 530": _case("MAIL", _says("530 5.7.0 log in"), states=BOTH_WAIT, closed=HOUR),
    "MAIL: an answer too many": _case("MAIL", _says("250 ok\r\n250 ok"), states=ONE_WAITS),
    "MAIL: 552, too large": _case(
        "MAIL",
        _says("552 5.3.4 too large"),
        states=ONE_FAILS,
        said="too large",
        features=(b"SIZE",),
    ),
    "MAIL: larger than it says it takes": Case(
        script={}, states=ONE_FAILS, said="takes 1,000 at the most", features=(b"SIZE 1000",)
    ),
    "MAIL: a size that is no number": Case(script={}, states=BOTH_SENT, features=(b"SIZE plenty",)),
    # The recipient.
    **_this_mail("RCPT"),
    "RCPT: 421": _case("RCPT", BUSY, states=BOTH_WAIT, closed=SOON),
    "RCPT: 550": _case("RCPT", _says("550 5.1.1 who?"), states=ONE_FAILS, said="550 5.1.1 who?"),
    "RCPT: one 450, one 550": _case(
        "RCPT", _says("450 4.2.1 grey"), _says("550 5.1.1 who?"), states=(WAITING, FAILED)
    ),
    "RCPT: one 550, one 450": _case(
        "RCPT", _says("550 5.1.1 who?"), _says("450 4.2.1 grey"), states=(FAILED, WAITING)
    ),
    "RCPT: 251": _case("RCPT", _says("251 2.1.5 forwarded"), states=BOTH_SENT),
    "RCPT: an answer too many": _case("RCPT", _says("250 ok\r\n354 go"), states=ONE_WAITS),
    "RCPT: letters that no server takes": Case(
        script={}, states=ONE_FAILS, recipient="josé@example.org", said="outside ASCII"
    ),
    # DATA.
    **_this_mail("DATA"),
    "DATA: 421": _case("DATA", BUSY, states=BOTH_WAIT, closed=SOON),
    "DATA: 554": _case("DATA", _says("554 5.5.1 no"), states=ONE_FAILS, said="554 5.5.1 no"),
    "DATA: 250": _case("DATA", _says("250 2.0.0 ok"), states=ONE_WAITS),
    "DATA: a yes to a mail that did not come": _case(
        "DATA", _says("354 go\r\n250 2.0.0 queued"), states=ONE_WAITS
    ),
    # The mail itself.
    "BODY: close": _case("BODY", CLOSES, states=ONE_WAITS),
    "BODY: reset": _case("BODY", RESETS, states=ONE_WAITS),
    "BODY: hang": _case("BODY", HANGS, states=ONE_WAITS),
    "BODY: 452, then close": _case(
        "BODY", Turn(say=b"452 4.3.1 full\r\n", then=Then.CLOSE), states=ONE_WAITS, said="452"
    ),
    "BODY: 554, then close": _case(
        "BODY", Turn(say=b"554 5.6.0 no\r\n", then=Then.CLOSE), states=ONE_FAILS, said="554"
    ),
    # Its end: the answer that decides.
    **_this_mail("END"),
    "END: 421": _case("END", BUSY, states=BOTH_WAIT, closed=SOON),
    "END: 552": _case("END", _says("552 5.2.2 full"), states=ONE_FAILS, said="552 5.2.2 full"),
    "END: 554": _case("END", _says("554 5.7.1 spam"), states=ONE_FAILS, said="554 5.7.1 spam"),
    "END: on several lines": _case("END", _kept(_says("250-ok\r\n250 4F27")), states=BOTH_SENT),
    "END: another yes": _case("END", _kept(_says("252 2.0.0 ok")), states=BOTH_SENT),
    "END: a yes, and goodbye": _case(
        "END",
        Turn(say=b"250 ok\r\n421 4.4.2 bye\r\n", then=Then.CLOSE, is_taken=True),
        states=BOTH_SENT,
    ),
    **{
        f"END: kept, then {name}": _case("END", _kept(turn), states=ONE_WAITS, is_lost_answer=True)
        for name, turn in _ANY_ANSWERS_AWAY.items()
    },
    # After it.
    "AFTER: close": _case("AFTER", CLOSES, CLOSES, states=BOTH_SENT),
    "AFTER: reset": _case("AFTER", RESETS, RESETS, states=BOTH_SENT),
    "AFTER: 421": _case("AFTER", Turn(say=BUSY.say, then=Then.CLOSE), states=BOTH_SENT),
    "AFTER: a word nobody asked for": _case("AFTER", _says("554 5.0.0 no"), states=BOTH_SENT),
    **{
        f"{step}: {name}": _case(step, turn, states=BOTH_SENT)
        for step in ("RSET", "QUIT")
        for name, turn in {
            **_ANY_ANSWERS_AWAY,
            "421": BUSY,
            "4xx": _says("450 4.0.0 no"),
            "5xx": _says("502 5.5.1 what?"),
            "an answer too many": _says("250 ok\r\n250 ok"),
        }.items()
    },
    # Time.
    "slow, within the limits": Case(
        script={
            step: (Turn(after_s=0.05, letter_s=0.002),)
            for step in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END", "RSET", "QUIT")
        },
        states=BOTH_SENT,
    ),
}


def _limits(case: Case) -> TimeLimits:
    turns = [turn for turns in case.script.values() for turn in turns]
    if any(turn.then is Then.HANG for turn in turns):
        return TimeLimits(connect=_SHORT_S, command=_SHORT_S, answer=_SHORT_S, quit=0.1)
    return TimeLimits(connect=10, command=10, answer=10, quit=10)


def _mail(to: str, size: int, name: str = "") -> Message:
    content = f"To: <{to}>\r\nSubject: {name}\r\n\r\n.{'x' * 70}\r\n".encode()
    filling = (b"y" * 70 + b"\r\n") * (max(0, size - len(content)) // 72)
    return Message(recipient=to, message_id=f"<{name} {to}>", content=content + filling)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def certificates(authority: trustme.CA) -> dict[str, ssl.SSLContext]:
    contexts = {}
    for host in ("127.0.0.1", "mail.example"):
        contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(contexts[host])
    return contexts


def _closed(desk: Desk) -> str:
    until = desk.context.channel.closed_until
    if until is None:
        return OPEN
    return HOUR if until - desk.clock.at == PROBE_EVERY else SOON


@pytest.mark.parametrize("step", {name.partition(":")[0]: None for name in CASES})
async def test_no_conversation_loses_or_doubles_a_mail(
    desk: Desk, step: str, ca_file: Path, certificates: dict[str, ssl.SSLContext]
) -> None:
    for name, case in CASES.items():
        if name.partition(":")[0] == step:
            await _play(desk, name, case, ca_file, certificates)


async def _play(
    desk: Desk, name: str, case: Case, ca_file: Path, certificates: dict[str, ssl.SSLContext]
) -> None:
    known = await _messages(desk.context)
    mails = [_mail(case.recipient, 2_000, name), _mail("b@example.org", 500, name)]
    await desk.context.store.write(add_notices, mails, desk.clock.at)
    tls = certificates[case.host]
    async with ScriptedServer(features=case.features, tls=tls) as server:
        settings = SmtpSettings(
            host=HOST,
            port=server.port,
            security=case.security,
            user=case.user,
            password="secret" if case.user else None,
            ca_file=ca_file,
        )
        context = changed(desk, transport=Smtp(settings, limits=_limits(case)))
        server.follow(case.script)
        await deliver(context)

        first, second = (await _messages(context))[len(known) :]
        assert (first.state, second.state) == case.states, name
        assert _closed(desk) == case.closed, name
        assert case.said in first.answer, name
        taken = Counter(recipient for recipient, _ in server.taken)
        sent = {one.recipient for one in (first, second) if one.state is SENT}
        lost = {first.recipient} if case.is_lost_answer else set()
        assert taken == Counter([*sent, *lost]), name

        server.follow({})
        server.tls, server.features = certificates["127.0.0.1"], _healthy(case)
        for _ in range(2):
            desk.clock.advance(minutes=75)
            await deliver(context)
        for one in (await _messages(context))[len(known) :]:
            copies = [content for recipient, content in server.taken if recipient == one.recipient]
            if one.state is FAILED:
                assert copies == [], name
            else:
                assert one.state is SENT, name
                assert len(copies) == (2 if one.recipient in lost else 1), name
                assert len(set(copies)) == 1, name


async def _messages(context: Context) -> tuple[KeptMessage, ...]:
    return await context.store.read(get_messages, tuple(MessageState), most=1_000)


def _healthy(case: Case) -> tuple[bytes, ...]:
    """Return what a server that is well can do, as the row's settings want it."""
    return (b"STARTTLS", b"AUTH PLAIN", *(one for one in case.features if one[:4] == b"SIZE"))


async def test_a_server_that_drips_holds_up_no_mail_for_longer_than_one_may_take(
    desk: Desk,
) -> None:
    await desk.context.store.write(add_notices, [_mail("a@example.org", 0)], desk.clock.at)
    async with ScriptedServer() as server:
        settings = SmtpSettings(host=HOST, port=server.port, security=Security.NONE)
        limits = TimeLimits(connect=10, command=10, beginning=0.5, answer=10, quit=0.1)
        context = changed(desk, transport=Smtp(settings, limits=limits))
        server.follow({step: [Turn(letter_s=0.03)] for step in ("CONNECT", "EHLO", "MAIL")})
        await deliver(context)
        (one,) = await _messages(context)
        assert (one.state, server.taken) == (WAITING, [])
        assert "takes too long" in one.answer
        server.follow({})
        desk.clock.advance(minutes=75)
        await deliver(context)
        assert len(server.taken) == 1


async def test_the_end_is_answered_for_as_long_as_the_standard_wants() -> None:
    assert TimeLimits().answer == timedelta(minutes=10).total_seconds()


def test_there_are_sixty_rows_and_more() -> None:
    assert len(CASES) >= 60
