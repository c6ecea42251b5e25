"""What is foreign is shown and never obeyed: through every mouth that the watchlist has."""

import io
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiosmtplib
import pytest
import tomli_w

from tests.builders import NOW
from tests.daemon import watchlist, watchlist_here
from tests.hostile import HOSTILE, acting
from tests.notify.mails import assert_inert, parsed, part
from watch.cli.logs import set_up_logging
from watch.core.alerts import Alert, AlertStory, Occasion, Reason, Report, StoryId, Told, ToldStory
from watch.core.cleaning import clean, clean_lines, clip, masked
from watch.core.model import Document, Finding, Place, Severity, Subscription
from watch.notify.render import MailSettings, Renderer
from watch.notify.verdicts import Verdicts

AT_ONCE = 30
"""How many strings share a mail."""
HEADERS = {
    *("From", "To", "Message-ID", "Subject", "Date", "In-Reply-To", "References", "List-Id"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "X-Watchlist-Rule", "X-Watchlist-Severity"),
    *("X-Watchlist-Source", "MIME-Version", "Content-Type", "Reply-To"),
}
LONGEST_LINE = 998


def test_there_are_some_hundred_of_them() -> None:
    assert len(HOSTILE) > 400


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_cleaned_is_one_line_that_does_nothing(text: str) -> None:
    line = clean(text)
    assert not acting(line)
    assert len((line + "x").splitlines()) == 1
    assert clean(line) == line
    assert len(clip(line, 50)) <= 50
    assert not acting(clip(line, 50))
    lines = clean_lines(text)
    assert not acting(lines)
    assert len(lines) == len(text), "a caret below points where it did"
    assert not acting(clean(masked(text)))


def _document(text: str, number: int) -> Document:
    return Document(
        source=clean(text).strip() or "inbox",
        key=f"{number} {text}",
        title=text,
        text=f"{text} ICBM {text}",
        url=text,
        seen=NOW,
    )


def _finding(text: str) -> Finding:
    return Finding(
        rule=text,
        name=text,
        severity=Severity.NORMAL,
        tags=(text,),
        place=Place(path=text, line=1),
        note=text,
        mentions=(),
    )


def _report(texts: list[str]) -> Report:
    stories = tuple(
        ToldStory(
            number=StoryId(number),
            key=text,
            reason=Reason.NEW,
            told=(Told(document=_document(text, number), findings=(_finding(text),)),),
        )
        for number, text in enumerate(texts)
    )
    alert = Alert(
        subscription="desk",
        occasion=Occasion.AT_ONCE,
        stories=tuple(
            AlertStory(story=one.number, reason=one.reason, findings=()) for one in stories
        ),
    )
    return Report(alert=alert, stories=stories, failing=tuple(texts), stale=tuple(texts))


@pytest.mark.parametrize("first", range(0, len(HOSTILE), AT_ONCE))
def test_no_mail_has_a_header_markup_or_sign_that_was_not_ours(first: int) -> None:
    texts = HOSTILE[first : first + AT_ONCE]
    renderer = Renderer(MailSettings(sender="Watchlist <watch@example.org>"))
    # A mail of one story has its title for a subject.
    alone = [[text] for text in texts[:: AT_ONCE // 10]]
    for told in (texts, *alone):
        subscription = Subscription(name=told[0] or "desk", to=("desk@example.org",))
        rendered = renderer.render(_report(told), subscription, now=NOW)
        assert rendered.complaints == ()
        (message,) = rendered.messages
        assert message.content.isascii()
        assert not acting(message.content.decode().replace("\r\n", "\n"))
        assert max(map(len, message.content.split(b"\r\n"))) <= LONGEST_LINE
        mail = parsed(message.content)
        assert set(mail.keys()) <= HEADERS
        assert len(mail.keys()) == len(set(mail.keys()))
        for value in map(str, mail.values()):
            assert not acting(value)
            assert "\n" not in value
        assert not acting(part(mail, "plain"))
        assert not acting(part(mail, "html"))
        assert_inert(part(mail, "html"))


@pytest.fixture
def _logging() -> Iterator[None]:
    root, ours, clock = (logging.getLogger(name) for name in ("", "watch", "apscheduler"))
    kept = root.handlers[:], root.level, ours.level, clock.level
    yield
    root.handlers[:] = kept[0]
    for logger, level in zip((root, ours, clock), kept[1:], strict=True):
        logger.setLevel(level)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("_logging")
@pytest.mark.parametrize("terminal", [False, True])
def test_a_line_of_the_log_is_one_line_whatever_it_tells(
    terminal: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A terminal without colours: what is left of sequences is not ours.
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = _Terminal() if terminal else io.StringIO()
    set_up_logging(stream)
    log = logging.getLogger("watch.test")
    for text in HOSTILE:
        log.info("event", extra={"title": text, "path": [text]})
        log.warning("%s", text)
    shown = stream.getvalue()
    assert not acting(shown)
    assert shown.count("\n") == 2 * len(HOSTILE)


@pytest.mark.usefixtures("_logging")
def test_a_traceback_that_quotes_does_nothing() -> None:
    stream = io.StringIO()
    set_up_logging(stream)
    for text in HOSTILE[:: AT_ONCE // 3]:
        error = ValueError(text)
        logging.getLogger("watch.test").error("step failed", exc_info=error)
    assert not acting(stream.getvalue())


def test_the_answers_of_a_server_do_nothing() -> None:
    verdicts = Verdicts(host="mx", server="mx:25", user="me", password="secret")
    for text in HOSTILE:
        refusal = aiosmtplib.SMTPRecipientRefused(550, text, text)
        for said in (
            verdicts.shown(refusal),
            str(verdicts.refused(refusal, ValueError)),  # type: ignore[arg-type]  # any will do
            str(verdicts.broken(OSError(text), ValueError)),  # type: ignore[arg-type]
        ):
            assert not acting(said)
            assert "\n" not in said


CONFIG = {
    "mail": {"operator": "boss@example.org"},
    "source": [{"name": "inbox", "folder": "inbox"}],
    "subscription": [{"name": "desk", "to": ["desk@example.org"], "rules": ["*"]}],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with all of them in its files, their names, its rules and its outbox."""
    desk = tmp_path_factory.mktemp("hostile")
    names = _fill(desk)
    assert len(names) > 40
    done = watchlist("once", cwd=desk)
    assert done.returncode == 0
    assert not acting(done.stderr)
    with closing(sqlite3.connect(desk / "state" / "watchlist.db")) as connection:
        connection.executemany(
            "INSERT INTO messages"
            " (recipient, message_id, content, state, attempts, due, created, answer, is_told)"
            " SELECT ?, ?, ?, 'failed', 1, created, created, ?, 0 FROM messages WHERE id = 1",
            [
                (plain, f"<{number}>", b"Subject: x\r\n\r\n" + plain.encode() + b"\r\n", plain)
                for number, text in enumerate(HOSTILE)
                if (plain := text.encode("utf-8", "replace").decode())
            ],
        )
        connection.execute(
            "UPDATE sources SET error = ?, failing_since = due", ("\x1b[2J\u202e\n",)
        )
        connection.commit()
    return desk


def _fill(desk: Path) -> list[str]:
    """Write the files of a desk; return the names in its inbox."""
    (desk / "config.toml").write_text(tomli_w.dumps(CONFIG))
    for folder in ("rules", "inbox"):
        (desk / folder).mkdir()
    storable = [text.encode("utf-8", "replace").decode() for text in HOSTILE]
    items = [{"name": "ICBM", "id": "icbm", "note": "\x1b[2J\u202ex\nb"}]
    notes = [
        {"name": f"{text} {number}"[:100], "id": f"h{number}", "terms": ["ICBM"], "note": text}
        for number, text in enumerate(storable[:: AT_ONCE // 3])
    ]
    (desk / "rules" / "a.toml").write_text(tomli_w.dumps({"item": [*items, *notes]}), "utf-8")
    # What holds such controls is no text, and is refused as that.
    texts = [text for text in storable if all(char >= " " or char in "\t\r\n" for char in text)]
    names = []
    for number, text in enumerate(HOSTILE[::7]):
        stem = os.fsencode(text.encode("utf-8", "surrogateescape" if _escapes(text) else "replace"))
        name = stem.replace(b"/", b"_").replace(b"\0", b"_")[:100] + b" %d.txt" % number
        content = f"{texts[number]}\n\nAn ICBM. {texts[number]}"
        path = desk / "inbox" / os.fsdecode(name)
        path.write_text(content, "utf-8", newline="")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        names.append(path.name)
    return names


def _escapes(text: str) -> bool:
    """Whether its surrogates stand for bytes that are no UTF-8, as in the name of a file."""
    return all(not 0xD800 <= ord(char) < 0xE000 or 0xDC80 <= ord(char) <= 0xDCFF for char in text)


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--json"),
        ("findings", "--limit", "500"),
        ("findings", "--json"),
        ("preview",),
        ("sources", "list"),
        ("sources", "list", "--json"),
        ("sources", "test", "inbox"),
        ("outbox", "list", "--most", "1000"),
        ("outbox", "list", "--json"),
        ("outbox", "show", "1"),
        ("outbox", "show", "20"),
        ("check",),
        ("check", "--json"),
        ("read", "inbox"),
        ("silence", "list"),
    ],
)
def test_no_command_shows_what_acts(desk: Path, command: tuple[str, ...]) -> None:
    done = watchlist_here(*command, cwd=desk)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout + done.stderr
    assert not acting(done.stdout)
    assert not acting(done.stderr)
    if "--json" in command and command[0] != "findings":
        json.loads(done.stdout)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_files_of_any_name_are_matched_and_shown(desk: Path, options: tuple[str, ...]) -> None:
    names = [path.relative_to(desk) for path in (desk / "inbox").iterdir()]
    done = watchlist_here("match", *options, *names, cwd=desk)
    assert done.returncode == 0, done.stderr
    assert not acting(done.stdout)
    assert not acting(done.stderr)
    assert done.stdout.count("ICBM") >= len(names)


def test_a_file_that_is_not_there_is_named_as_it_may_be_shown(desk: Path) -> None:
    for name in ("\x1b[2J.txt", "\udcff.txt", "\u202e.txt", "a\nb.txt"):
        for command in (
            ("match", name),
            ("check", name),
            ("explain", name, "icbm"),
            ("read", name),
        ):
            done = watchlist_here(*command, cwd=desk)
            assert done.returncode in (1, 2)
            assert not acting(done.stdout + done.stderr), command
