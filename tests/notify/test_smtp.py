import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patience import DEADLINE_S
from tests.smtpd import HOST, Deed, SmtpServer
from watch.core.model import Message
from watch.errors import (
    ChannelError,
    ChannelRefusedError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from watch.notify.smtp import MOST_MAILS, Security, Smtp, SmtpSettings, TimeLimits
from watch.notify.verdicts import ANSWER_LENGTH

MAIL = Message(
    recipient="desk@example.org",
    message_id="<wl.1@example.org>",
    content=b"Subject: x\r\n\r\nHello\r\n",
)
SENDER = "Watchlist <alerts@example.org>"
QUICK = TimeLimits(connect=1, command=1, answer=0.3, quit=0.2)


async def no_mark() -> None:
    """Note nothing."""


@asynccontextmanager
async def client(
    server: SmtpServer, limits: TimeLimits = QUICK, **differing: Any
) -> AsyncIterator[Smtp]:
    settings = SmtpSettings(host=HOST, port=server.port, security=Security.NONE)
    smtp = Smtp(replace(settings, **differing), limits=limits)
    try:
        yield smtp
    finally:
        await smtp.close()


async def send(smtp: Smtp, mail: Message = MAIL) -> str:
    return await smtp.send(mail, sender=SENDER, mark=no_mark)


async def test_the_answer_to_the_end_of_the_mail_is_returned(server: SmtpServer) -> None:
    server.script("END", "250 2.0.0 Ok: queued as 4F2\x1b[31m7")
    async with client(server) as smtp:
        assert await send(smtp) == "250 2.0.0 Ok: queued as 4F2[31m7"
    (mail,) = server.mails
    assert mail.content == MAIL.content
    assert (mail.sender, mail.recipients) == ("alerts@example.org", ("desk@example.org",))
    assert not mail.is_encrypted
    assert mail.user is None


async def test_an_endless_answer_is_cut(server: SmtpServer) -> None:
    server.script("END", "250 " + "x" * 4_000)
    async with client(server) as smtp:
        assert len(await send(smtp)) == ANSWER_LENGTH


async def test_one_connection_serves_many_mails(server: SmtpServer) -> None:
    async with client(server) as smtp:
        await send(smtp)
        await send(smtp, replace(MAIL, recipient="night@example.org"))
    assert [mail.connection for mail in server.accepted] == [1, 1]
    assert server.verbs == [
        *("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"),
        *("RSET", "MAIL", "RCPT", "DATA", "QUIT"),
    ]


async def test_a_connection_is_renewed_after_a_number_of_mails(server: SmtpServer) -> None:
    async with client(server, TimeLimits(connect=5, command=5, answer=5, quit=5)) as smtp:
        for _ in range(MOST_MAILS + 1):
            await send(smtp)
    connections = [mail.connection for mail in server.accepted]
    assert connections == [1] * MOST_MAILS + [2]
    assert server.verbs.count("QUIT") == 2


async def test_a_connection_is_renewed_after_a_time(server: SmtpServer) -> None:
    limits = TimeLimits(connect=5, command=5, connection=0, answer=5, quit=5)
    async with client(server, limits) as smtp:
        await send(smtp)
        await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1, 2]


async def test_the_size_of_a_mail_is_told_where_the_server_asks_for_it(server: SmtpServer) -> None:
    async with client(server) as smtp:
        await send(smtp, replace(MAIL, content=b"Subject: x\n\nHello"))
    assert f"MAIL FROM:<alerts@example.org> SIZE={len(MAIL.content)}" in [
        line for _, line in server.commands
    ]


async def test_a_mail_larger_than_the_server_takes_fails_alone_and_unsent(
    server: SmtpServer,
) -> None:
    large = replace(MAIL, content=b"Subject: x\r\n\r\n" + b"x\r\n" * 12_000_000)
    async with client(server) as smtp:
        with pytest.raises(PermanentError, match=r"has 36,000,014 bytes, .* takes 33,554,432"):
            await send(smtp, large)
        await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1]
    assert server.verbs.count("MAIL") == 1


async def test_mails_sent_at_once_wait_for_one_another(server: SmtpServer) -> None:
    async with client(server) as smtp:
        await asyncio.gather(*(send(smtp) for _ in range(5)))
    mails = await asyncio.to_thread(server.wait_for, 5)
    assert [mail.connection for mail in mails] == [1] * 5


async def test_the_mark_is_set_after_the_recipient_and_before_the_data(server: SmtpServer) -> None:
    async def mark() -> None:
        assert server.verbs[-1] == "RCPT"
        server.commands.append((0, "MARK"))

    async with client(server) as smtp:
        await smtp.send(MAIL, sender=SENDER, mark=mark)
        assert server.verbs[-3:] == ["RCPT", "MARK", "DATA"]


async def test_a_mark_that_fails_sends_nothing_and_spoils_nothing(server: SmtpServer) -> None:
    async def mark() -> None:
        raise OSError("disk full")

    async with client(server) as smtp:
        with pytest.raises(OSError, match="disk full"):
            await smtp.send(MAIL, sender=SENDER, mark=mark)
        assert server.mails == []
        await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1]


CONTENTS = st.lists(
    st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r\n.\r\n", b"\n.\n", b"QUIT", b"a", b" "])
)


@settings(max_examples=50, deadline=None)
@given(parts=CONTENTS)
def test_no_content_ends_its_own_mail_or_loses_a_dot(parts: list[bytes]) -> None:
    content = b"Subject: x\r\n\r\n" + b"".join(parts)

    async def sent() -> None:
        with SmtpServer() as server:
            async with client(server) as smtp:
                await send(smtp, replace(MAIL, content=content))
            (mail,) = server.mails
            assert server.verbs[-2:] == ["DATA", "QUIT"]
        lines = content.replace(b"\r\n", b"\n").split(b"\n")
        ending = [] if lines[-1] == b"" else [b""]
        assert mail.content == b"\r\n".join((*lines, *ending))

    asyncio.run(sent())


@pytest.mark.parametrize(
    ("verb", "answer", "meaning"),
    [
        ("CONNECT", "421 4.3.2 shutting down", ChannelError),
        ("CONNECT", "554 5.3.2 no service", ChannelError),
        ("CONNECT", Deed.CLOSE, ChannelError),
        ("CONNECT", Deed.HANG, ChannelError),
        ("EHLO", "421 4.3.2 shutting down", ChannelError),
        ("EHLO", "550 5.7.1 bad name", ChannelError),
        ("EHLO", Deed.HANG, ChannelError),
        ("MAIL", "450 4.7.1 greylisted", TransientError),
        ("MAIL", "550 5.7.1 sender refused", ChannelError),
        ("MAIL", Deed.CLOSE, TransientError),
        ("RCPT", "450 4.2.1 greylisted", TransientError),
        ("RCPT", "421 4.7.0 too many mails", ChannelError),
        ("RCPT", Deed.CLOSE, TransientError),
        ("DATA", "451 4.3.0 try later", TransientError),
        ("DATA", Deed.CLOSE, TransientError),
        ("BODY", Deed.CLOSE, TransientError),
        ("END", "452 4.3.1 no room", TransientError),
        ("END", "421 4.3.2 shutting down", ChannelError),
        ("END", Deed.CLOSE, TransientError),
        ("END", Deed.HANG, TransientError),
        ("END", "what?", TransientError),
    ],
)
async def test_what_may_pass_says_what_it_stops_and_the_next_try_succeeds(
    server: SmtpServer, verb: str, answer: str | Deed, meaning: type[DeliveryError]
) -> None:
    server.script(verb, answer)
    async with client(server) as smtp:
        with pytest.raises(DeliveryError, match=rf"{HOST}:{server.port}.*") as caught:
            await send(smtp)
        assert type(caught.value) is meaning
        if isinstance(answer, str):
            assert answer.split()[-1] in str(caught.value)
        assert server.accepted == []
        await send(smtp)
    assert len(server.accepted) == 1


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("RCPT", "550 5.1.1 no such user"),
        ("DATA", "554 5.5.1 no valid recipients"),
        ("END", "554 5.7.1 looks like spam"),
        ("END", "552 5.3.4 too large"),
    ],
)
async def test_a_final_refusal_is_permanent_and_says_why(
    server: SmtpServer, verb: str, answer: str
) -> None:
    server.script(verb, answer)
    async with client(server) as smtp:
        with pytest.raises(PermanentError) as caught:
            await send(smtp)
        assert answer in str(caught.value)
        await send(smtp, replace(MAIL, recipient="night@example.org"))
    assert [mail.recipients for mail in server.accepted] == [("night@example.org",)]


async def test_a_refused_recipient_costs_the_next_mail_nothing(server: SmtpServer) -> None:
    server.script("RCPT", "550 5.1.1 no such user")
    async with client(server) as smtp:
        with pytest.raises(PermanentError, match=r"desk@example\.org is refused"):
            await send(smtp)
        await send(smtp, replace(MAIL, recipient="night@example.org"))
    (mail,) = server.mails
    assert mail.connection == 1
    assert mail.recipients == ("night@example.org",)


async def test_a_failure_in_the_data_gives_the_connection_up(server: SmtpServer) -> None:
    server.script("END", "554 5.7.1 looks like spam")
    async with client(server) as smtp:
        with pytest.raises(PermanentError):
            await send(smtp)
        await send(smtp)
    assert [mail.connection for mail in server.mails] == [1, 2]


async def test_a_server_that_closed_the_connection_is_connected_to_anew(server: SmtpServer) -> None:
    async with client(server) as smtp:
        await send(smtp)
        server.cut()
        await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1, 2]


async def test_a_server_that_has_enough_of_the_connection_is_connected_to_anew(
    server: SmtpServer,
) -> None:
    server.script("RSET", "421 4.7.0 too many mails", Deed.HANG)
    async with client(server) as smtp:
        for _ in range(3):
            await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1, 2, 3]


async def test_a_server_that_is_gone_is_waited_for(server: SmtpServer) -> None:
    async with client(server) as smtp:
        await send(smtp)
        server.stop()
        with pytest.raises(ChannelError, match="tried again later"):
            await send(smtp)
        server.start()
        await send(smtp)
    assert len(server.accepted) == 2


async def test_a_name_that_leads_nowhere_closes_the_channel_for_now() -> None:
    smtp = Smtp(SmtpSettings(host="nowhere.invalid"), limits=QUICK)
    with pytest.raises(ChannelError, match=r"nowhere\.invalid:587"):
        await send(smtp)
    await smtp.close()


async def test_a_host_that_is_no_name_needs_a_person() -> None:
    smtp = Smtp(SmtpSettings(host="a" * 64 + ".example"), limits=QUICK)
    with pytest.raises(ChannelRefusedError, match="is not a host name"):
        await send(smtp)


async def test_a_hanging_farewell_is_no_error(server: SmtpServer) -> None:
    server.script("QUIT", Deed.HANG)
    async with client(server, TimeLimits(connect=5, command=600, answer=600, quit=0.1)) as smtp:
        await send(smtp)
        await smtp.close()
    assert len(server.accepted) == 1


async def test_the_last_answer_may_take_longer_than_others(server: SmtpServer) -> None:
    server.hook("END", lambda: time.sleep(0.4))
    async with client(server, TimeLimits(connect=5, command=0.2, answer=5, quit=0.1)) as smtp:
        assert (await send(smtp)).startswith("250")


async def test_a_cancelled_mail_leaves_no_half_of_it_behind(server: SmtpServer) -> None:
    server.script("MAIL", Deed.HANG)
    async with client(server) as smtp:
        task = asyncio.create_task(send(smtp))
        await asyncio.to_thread(until, lambda: server.verbs[-1:] == ["MAIL"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await send(smtp)
    assert [mail.connection for mail in server.mails] == [2]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


async def test_an_address_outside_ascii_is_a_matter_of_its_own(server: SmtpServer) -> None:
    async with client(server) as smtp:
        with pytest.raises(PermanentError, match="outside ASCII"):
            await send(smtp, replace(MAIL, recipient="josé@example.org"))
        with pytest.raises(ChannelRefusedError, match="no sender"):
            await smtp.send(MAIL, sender="alérte@example.org", mark=no_mark)
        await send(smtp, replace(MAIL, recipient="desk@한국.example"))
    assert [mail.recipients for mail in server.mails] == [("desk@xn--3e0b707e.example",)]


async def test_starttls_protects_login_and_mail(tls: ssl.SSLContext, ca_file: Path) -> None:
    with SmtpServer(tls=tls, users={"me": "päss"}) as server:
        async with client(
            server, security=Security.STARTTLS, user="me", password="päss", ca_file=ca_file
        ) as smtp:
            await send(smtp)
        (mail,) = server.accepted
        assert (mail.is_encrypted, mail.user) == (True, "me")
        assert server.verbs[:5] == ["CONNECT", "EHLO", "STARTTLS", "EHLO", "AUTH"]
        assert server.commands[4][1].startswith("AUTH PLAIN")


async def test_tls_protects_from_the_first_byte(tls: ssl.SSLContext, ca_file: Path) -> None:
    with SmtpServer(tls=tls, is_implicit=True) as server:
        async with client(server, security=Security.TLS, ca_file=ca_file) as smtp:
            await send(smtp)
        assert server.accepted[0].is_encrypted
        assert "STARTTLS" not in server.verbs


async def test_without_starttls_nothing_is_sent(server: SmtpServer, ca_file: Path) -> None:
    async with client(server, security=Security.STARTTLS, ca_file=ca_file, user="me") as smtp:
        with pytest.raises(ChannelRefusedError, match="does not offer STARTTLS"):
            await send(smtp)
    assert server.verbs == ["CONNECT", "EHLO"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_of_an_unknown_issuer_needs_a_person(
    tls: ssl.SSLContext, security: Security
) -> None:
    with SmtpServer(tls=tls, is_implicit=security is Security.TLS) as server:
        async with client(server, security=security) as smtp:
            with pytest.raises(
                ChannelRefusedError, match="is not trusted: unable to get local issuer"
            ):
                await send(smtp)
        assert not {"AUTH", "MAIL"} & set(server.verbs)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_for_another_host_needs_a_person(
    authority: trustme.CA, ca_file: Path, security: Security
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mail.example").configure_cert(context)
    with SmtpServer(tls=context, is_implicit=security is Security.TLS) as server:
        async with client(server, security=security, ca_file=ca_file) as smtp:
            with pytest.raises(ChannelRefusedError, match="is not trusted: IP address mismatch"):
                await send(smtp)


async def test_clear_text_where_tls_is_expected_needs_a_person(server: SmtpServer) -> None:
    async with client(server, security=Security.TLS) as smtp:
        with pytest.raises(ChannelRefusedError, match="does not speak TLS as it should"):
            await send(smtp)


async def test_starttls_that_is_not_ready_closes_the_channel_for_now(
    tls: ssl.SSLContext, ca_file: Path
) -> None:
    with SmtpServer(tls=tls) as server:
        server.script("STARTTLS", "454 4.7.0 not now")
        async with client(server, security=Security.STARTTLS, ca_file=ca_file) as smtp:
            with pytest.raises(ChannelError, match=r"not now, .* 454"):
                await send(smtp)
            await send(smtp)
        assert server.accepted[0].is_encrypted


async def test_a_handshake_that_is_cut_closes_the_channel_for_now() -> None:
    async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listener = await asyncio.start_server(cut, HOST, 0)
    port = listener.sockets[0].getsockname()[1]
    smtp = Smtp(SmtpSettings(host=HOST, port=port, security=Security.TLS), limits=QUICK)
    with pytest.raises(ChannelError):
        await send(smtp)
    listener.close()
    await listener.wait_closed()


async def test_a_missing_ca_file_needs_a_person(server: SmtpServer, tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    async with client(server, security=Security.STARTTLS, ca_file=missing) as smtp:
        with pytest.raises(ChannelRefusedError, match=r"ca\.pem: .*No such file"):
            await send(smtp)
    assert server.verbs == []


async def test_a_wrong_password_is_tried_once_and_needs_a_person(
    tls: ssl.SSLContext, ca_file: Path
) -> None:
    with SmtpServer(tls=tls, users={"me": "right"}) as server:
        async with client(
            server, security=Security.STARTTLS, ca_file=ca_file, user="me", password="wrong"
        ) as smtp:
            with pytest.raises(ChannelRefusedError, match=r"check user and password; .* 535"):
                await send(smtp)
        assert server.verbs.count("AUTH") == 1
        assert server.mails == []


async def test_a_login_that_fails_for_now_is_tried_later(server: SmtpServer) -> None:
    server.users = {"me": "right"}
    server.script("AUTH", "454 4.7.0 directory not reachable")
    async with client(server, user="me", password="right") as smtp:
        with pytest.raises(ChannelError, match=r"not now, .* 454"):
            await send(smtp)
        await send(smtp)
    assert [mail.user for mail in server.mails] == ["me"]


async def test_a_bare_connection_does_not_carry_the_password(server: SmtpServer) -> None:
    server.users = {"me": "right"}
    async with client(server, user="me", password="right") as smtp:
        await send(smtp)
    assert server.commands[2] == (1, "AUTH CRAM-MD5")
    assert server.accepted[0].user == "me"


async def test_a_server_without_login_needs_a_person(server: SmtpServer) -> None:
    async with client(server, user="me", password="right") as smtp:
        with pytest.raises(ChannelRefusedError, match="offers no login"):
            await send(smtp)


async def test_a_server_that_wants_a_login_needs_a_person(server: SmtpServer) -> None:
    server.users = {"me": "right"}
    async with client(server) as smtp:
        with pytest.raises(ChannelRefusedError, match=r"a login or TLS is wanted.* 530"):
            await send(smtp)


@pytest.mark.parametrize(
    ("security", "port"), [(Security.STARTTLS, 587), (Security.TLS, 465), (Security.NONE, 25)]
)
def test_each_security_has_its_port(security: Security, port: int) -> None:
    assert security.port == port


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(SmtpSettings(host="mx", user="me", password="hunter2"))


async def test_what_was_closed_or_never_opened_may_be_closed_and_serves_on(
    server: SmtpServer,
) -> None:
    async with client(server) as smtp:
        await smtp.close()
        await send(smtp)
        await smtp.close()
        await smtp.close()
        await send(smtp)
    assert [mail.connection for mail in server.accepted] == [1, 2]
