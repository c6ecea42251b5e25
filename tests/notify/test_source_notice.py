from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from watch.core.model import SourceState
from watch.notify.notice import Notice
from watch.notify.render import MailSettings, Renderer
from watch.notify.source_notice import sources_notice

NOW = datetime(2026, 8, 26, 9, 30, tzinfo=UTC)
SINCE = datetime(2026, 8, 25, 7, 12, tzinfo=UTC)
RENDERER = Renderer(MailSettings(sender="Watchlist <watch@example.org>"))


def _state(name: str, **rest: object) -> SourceState:
    state = {"due": NOW, "failing_since": SINCE, "error": "answered 500 Internal Server Error"}
    return SourceState(name=name, location=f"https://{name}.example/feed", **(state | rest))  # type: ignore[arg-type]


def _told(notice: Notice) -> tuple[str, str]:
    """Return the subject and the plain text of a notice."""
    (message,) = RENDERER.render_notice(notice, now=NOW).messages
    mail = message_from_bytes(message.content, policy=default.clone(raise_on_defect=True))
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(mail["Subject"]), str(body.get_content()).replace("\r\n", "\n")


def _notice(*failing: SourceState, back: tuple[SourceState, ...] = ()) -> Notice:
    return sources_notice("admin@example.org", failing=failing, back=back, now=NOW)


def test_one_source_is_told_by_name_with_since_when_why_and_what_to_do() -> None:
    subject, text = _told(_notice(_state("wire")))
    assert subject == "wire cannot be read"
    assert "wire fails since 25 Aug 2026, 07:12 UTC\n  answered 500 Internal Server Error\n" in text
    assert "  https://wire.example/feed" in text
    assert "`watchlist sources test NAME`" in " ".join(text.split())
    assert text.rstrip().endswith("You get this as the operator of the watchlist.")


def test_many_sources_are_one_mail_and_no_longer_than_fits() -> None:
    subject, text = _told(_notice(*(_state(f"wire{number}") for number in range(212))))
    assert subject == "212 sources cannot be read"
    assert text.count("answered 500") == 50
    assert "and 162 more" in text


def test_what_is_gone_for_good_and_what_is_back_are_told_as_such() -> None:
    gone = _state("gone", paused_since=NOW, error="answered 410 Gone")
    back = (_state("one", failing_since=None, error=None),)
    subject, text = _told(_notice(gone, back=back))
    assert subject == "gone cannot be read; one is read again"
    assert "gone paused since 26 Aug 2026, 09:30 UTC" in text
    assert "one is read again\n  https://one.example/feed" in text
    subject, text = _told(_notice(back=back * 2))
    assert subject == "2 sources are read again"
    assert "sources test" not in text


def test_secrets_of_an_address_and_what_deceives_do_not_reach_a_mail() -> None:
    state = _state("wi\u202ere\nBcc: x@y.org", error="\x1b]0;x\x07 no")
    state = SourceState(
        name=state.name,
        location="https://user:secret@wire.example/feed?token=secret#secret",
        due=NOW,
        failing_since=SINCE,
        error=state.error,
    )
    subject, text = _told(_notice(state))
    assert "secret" not in text + subject
    assert "https://wire.example/feed" in text
    assert not {"\u202e", "\x1b", "\n"} & set(subject)
    assert not {"\u202e", "\x1b"} & set(text)
