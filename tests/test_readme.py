"""The README says what is so: its mail is made here, its commands are run here."""

import os
import re
import shlex
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import rules_of
from tests.patience import DEADLINE_S
from watch.config import load_config
from watch.core.alerts import Alert, Occasion, Reason, Report, StoryId, Told, ToldStory
from watch.core.matcher import Matcher
from watch.core.model import Subscription
from watch.ingest.extract import extract
from watch.ingest.folder import Folder, FoundFile, document_of
from watch.notify.render import MailSettings, Renderer

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SEEN = datetime(2026, 9, 2, 4, 31, tzinfo=UTC)


def _block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def _mail() -> str:
    """Return the subject and the text of the mail that the rule makes of the document."""
    content = _block("document").encode()
    found = FoundFile(
        path="trains.txt",
        size=len(content),
        mtime_ns=int((SEEN - timedelta(minutes=2)).timestamp() * 1e9),
        os_path="trains.txt",
    )
    folder = Folder(name="inbox", root=Path("inbox"))
    document = document_of(folder, found, extract(content, suffix=".txt"), seen=SEEN)
    matching = Matcher(rules_of(_block("rule"), "rules/desk.toml")).match(document)
    subscription = Subscription(
        name="Korea desk", to=("desk@example.org",), zone=ZoneInfo("Asia/Seoul")
    )
    story = ToldStory(
        number=StoryId(1),
        key="trains",
        reason=Reason.NEW,
        told=(Told(document=document, findings=matching.findings),),
    )
    alert = Alert(subscription=subscription.name, occasion=Occasion.AT_ONCE, stories=())
    rendered = Renderer(MailSettings(sender="Watchlist <watchlist@example.org>")).render(
        Report(alert=alert, stories=(story,)),
        subscription,
        now=SEEN + timedelta(minutes=1),
    )
    mail = message_from_bytes(rendered.messages[0].content, policy=policy)
    assert isinstance(mail, EmailMessage)
    text = mail.get_body(("plain",))
    assert text is not None
    headers = "".join(f"{key}: {mail[key]}\n" for key in ("From", "To", "Date", "Subject"))
    return f"{headers}\n{text.get_content()}".replace("\r\n", "\n")


def test_the_mail_that_is_shown_is_the_one_that_the_rule_makes(
    request: pytest.FixtureRequest,
) -> None:
    made = _mail()
    if request.config.getoption("--update-golden"):
        shown = f"<!-- mail -->\n```text\n{_block('mail')}```"
        text = README.read_text("utf-8").replace(shown, f"<!-- mail -->\n```text\n{made}```")
        README.write_text(text, "utf-8")
    assert _block("mail") == made


def test_the_subscription_that_is_shown_is_read_as_it_is_said(tmp_path: Path) -> None:
    source = '[[source]]\nname = "inbox"\nfolder = "inbox"\n'
    (tmp_path / "config.toml").write_text(source + _block("subscription"), "utf-8")
    (subscription,) = load_config(tmp_path / "config.toml").subscriptions
    assert str(subscription.schedule) == "weekdays at 07:00"
    assert str(subscription.quiet) == "22:00-06:00"
    assert str(subscription.zone) == "Asia/Seoul"
    assert subscription.group_wait == timedelta(minutes=1)
    assert subscription.group_interval == timedelta(minutes=5)
    assert subscription.max_per_hour == 20


def _commands(path: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_readme_does_what_it_is_there_for(tmp_path: Path) -> None:
    """All but the make targets are run, in order, as a newcomer would type them."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    at = tmp_path
    commands = _commands(README)
    assert commands[0] == "make install"
    for command in commands[1:]:
        if command.startswith("cd "):
            at /= command[3:]
            (at / "inbox" / "trains.txt").write_text(_block("document"), "utf-8")
            (at / "documents.jsonl").write_text('{"id": 1, "text": "An ICBM"}\n')
        elif command == "watchlist run":
            _run_until_a_file_is_read(command, at, environment)
        else:
            done = subprocess.run(
                ["sh", "-c", command],  # noqa: S607 (as a newcomer has it)
                cwd=at,
                env=environment,
                capture_output=True,
                text=True,
                timeout=DEADLINE_S,
                check=False,
            )
            assert (done.returncode, done.stderr if "once" not in command else "") == (0, ""), (
                f"{command}: {done.stderr}"
            )
    assert "suicide-drones" in (at / "mail" / "new").joinpath(
        next(os.walk(at / "mail" / "new"))[2][0]
    ).read_text("utf-8", "replace")
    assert '"icbm"' in (at / "findings.jsonl").read_text()


def _run_until_a_file_is_read(command: str, at: Path, environment: dict[str, str]) -> None:
    with subprocess.Popen(
        shlex.split(command), cwd=at, env=environment, stderr=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "folder read" in line:
                break
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(DEADLINE_S) == 0


def test_every_command_of_the_rules_page_is_one_that_is_there() -> None:
    assert _commands(ROOT / "rules" / "README.md") == [
        "watchlist check",
        "watchlist match inbox/briefing.txt",
    ]


def test_every_rule_file_on_the_rules_page_loads_and_its_examples_hold() -> None:
    from watch.core.rules.examples import failed_examples  # noqa: PLC0415
    from watch.ingest.language import languages_of  # noqa: PLC0415

    page = (ROOT / "rules" / "README.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        assert list(failed_examples(Matcher(rules_of(block)), languages_of)) == []


def test_every_dependency_has_its_line_in_the_design_notes() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert listed is not None
    names = re.findall(r'^  "([\w-]+)', listed[1], re.MULTILINE)
    notes = README.read_text("utf-8").partition("### Design notes")[2]
    assert [name for name in names if name not in notes] == []
