from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape

import pytest

from watch.core.rules.live import Broken, Conflict, Gone, KeptFile
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import RuleFile
from watch.errors import Mistake
from watch.notify.notice import (
    Notice,
    broken_notice,
    conflict_notice,
    gone_notice,
    mended_notice,
)
from watch.notify.render import MailSettings, Renderer

NOW = datetime(2026, 8, 26, 9, 30, tzinfo=UTC)
SINCE = datetime(2026, 8, 26, 7, 12, tzinfo=UTC)
STRICT = default.clone(raise_on_defect=True)
RENDERER = Renderer(MailSettings(sender="Watchlist <watch@example.org>", reply_to="it@example.org"))
OWNER = "desk@example.org"


def _kept(path: str = "rules/korea.toml", text: str | None = "") -> KeptFile:
    return KeptFile(path=path, text=text, since=SINCE, stale_since=NOW)


def _broken(text: str, path: str = "rules/korea.toml") -> Broken:
    mistakes = parse_rule_file(path, text).mistakes
    assert mistakes
    return Broken(path=path, mistakes=mistakes)


TWO = _broken('[[item]]\nnmae = "x"\nname = "y"\nterms = 3\n')


def _mail(notice: Notice) -> EmailMessage:
    rendered = RENDERER.render_notice(notice, now=NOW)
    assert rendered.failures == ()
    (message,) = rendered.messages
    assert message.recipient == notice.to
    mail = message_from_bytes(message.content, policy=STRICT)
    assert isinstance(mail, EmailMessage)
    assert mail["Message-ID"] == message.message_id
    return mail


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_broken_file_is_told_with_its_errors_what_stays_and_what_to_do() -> None:
    mail = _mail(broken_notice(OWNER, TWO, _kept()))
    assert mail["Subject"] == (
        "rules/korea.toml does not load: 2 errors; the version of 26 Aug 07:12 UTC stays in force"
    )
    assert mail["To"] == OWNER
    assert mail["From"] == "Watchlist <watch@example.org>"
    assert mail["Reply-To"] == "it@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    text = _part(mail, "plain")
    for mistake in TWO.mistakes:
        assert mistake.shown() in text
        assert mistake.shown() in unescape(_part(mail, "html"))
    assert '    2 | nmae = "x"\n      | ^^^^\n' in text
    assert "The version of 26 Aug 2026, 07:12 UTC stays in force" in text
    assert "`watchlist check`" in text
    assert "<pre" in _part(mail, "html")


def test_a_file_that_never_loaded_is_told_as_left_out() -> None:
    mail = _mail(broken_notice(OWNER, TWO, _kept(text=None)))
    assert mail["Subject"] == "rules/korea.toml does not load: 2 errors; it is left out"
    assert "No version of rules/korea.toml ever loaded" in _part(mail, "plain")


def test_files_that_make_no_set_are_told_together() -> None:
    mistake = Mistake(path="rules/b.toml", line=3, text="the id 'x' is taken (rules/a.toml:1)")
    conflict = Conflict(mistakes=(mistake,), paths=("rules/a.toml", "rules/b.toml"))
    mail = _mail(conflict_notice(OWNER, conflict, conflict.paths, since=SINCE, now=NOW))
    assert mail["Subject"] == (
        "the rule files make no set: 1 error; the whole set of 26 Aug 07:12 UTC stays in force"
    )
    text = _part(mail, "plain")
    assert "rules/a.toml, rules/b.toml" in text
    assert mistake.shown() in text


@pytest.mark.parametrize(
    ("paths", "subject"),
    [
        (["rules/a.toml"], "rules/a.toml loads again"),
        (["rules/a.toml", "rules/b.toml"], "rules/a.toml, rules/b.toml load again"),
    ],
)
def test_files_that_load_again_are_told_shortly(paths: list[str], subject: str) -> None:
    mail = _mail(mended_notice(OWNER, paths, NOW))
    assert mail["Subject"] == subject
    assert "is in force" in _part(mail, "plain")
    assert "<pre" not in _part(mail, "html")


def test_a_deleted_file_is_told_with_what_left() -> None:
    file = RuleFile(path="rules/korea.toml", text="")
    mail = _mail(gone_notice(OWNER, Gone(file=file, items=("icbm", "드론")), NOW))
    assert mail["Subject"] == "2 items left with rules/korea.toml"
    assert "icbm, 드론" in _part(mail, "plain")
    many = Gone(file=file, items=tuple(f"item-{number}" for number in range(1200)))
    mail = _mail(gone_notice(OWNER, many, NOW))
    assert mail["Subject"] == "1,200 items left with rules/korea.toml"
    assert "item-9 and 1,190 more." in _part(mail, "plain").replace("\n", " ")


def test_mails_on_one_file_hang_together_and_a_breakage_has_one_message_id() -> None:
    broken = _mail(broken_notice(OWNER, TWO, _kept()))
    mended = _mail(mended_notice(OWNER, ["rules/korea.toml"], NOW))
    assert broken["References"] == mended["References"]
    assert broken["Message-ID"] == _mail(broken_notice(OWNER, TWO, _kept()))["Message-ID"]
    other = replace(_kept(), stale_since=SINCE)
    others = [
        broken_notice(OWNER, TWO, other),
        broken_notice("it@example.org", TWO, _kept()),
        broken_notice(OWNER, _broken("x"), _kept()),
        mended_notice(OWNER, ["rules/korea.toml"], NOW + timedelta(seconds=1)),
    ]
    ids = {_mail(one)["Message-ID"] for one in others}
    assert len(ids | {broken["Message-ID"], mended["Message-ID"]}) == len(others) + 2


def test_many_long_and_hostile_errors_fit_and_do_nothing() -> None:
    line = "\u202ename = '<b>\x1b[31m" + "長" * 5000
    mistakes = tuple(
        Mistake(path="rules/<x>.toml", line=7, column=number, text="bad", source=line)
        for number in range(1, 31)
    )
    broken = Broken(path="rules/<x>\r\nBcc: a@b.c.toml", mistakes=mistakes)
    mail = _mail(broken_notice(OWNER, broken, _kept()))
    assert mail["Bcc"] is None
    text, html = _part(mail, "plain"), _part(mail, "html")
    assert "and 20 more" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<b>" not in html
    assert len(text) < 10_000


def test_a_caret_stands_under_what_it_points_at() -> None:
    broken = _broken('[[item]]\n\tname    = "x"   \n  terms = 3 # 드론\n')
    (mistake,) = broken.mistakes
    text = _part(_mail(broken_notice(OWNER, broken, _kept())), "plain")
    line, caret = text[text.index("    3 | ") :].split("\n")[:2]
    assert line[caret.index("^")] == "3"
    assert mistake.shown() in text


def test_an_owner_who_is_no_address_is_a_failure() -> None:
    rendered = RENDERER.render_notice(mended_notice("the desk", ["a"], NOW), now=NOW)
    assert rendered.messages == ()
    (failure,) = rendered.failures
    assert failure.recipient == "the desk"
    assert "not one address" in failure.text
