import logging
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default as policy
from pathlib import Path

import pytest

from tests.builders import a_document, found
from tests.pipeline.conftest import RULES, Desk, changed
from watch.core.model import MessageState
from watch.core.rules.live import KeptFile
from watch.errors import MistakesError
from watch.pipeline.deliver import deliver
from watch.pipeline.job import Context, Job
from watch.pipeline.rules import LiveRules, load_matcher
from watch.pipeline.upkeep import reload_rules, start_rules
from watch.store.outbox import get_outbox
from watch.store.rulesets import get_departures, get_rule_files, get_ruleset, put_rule_files

DOCUMENT = a_document("An ICBM, a balloon")
OWNED = '[defaults]\nowner = "korea-desk@example.org"\n'
BALLOON = '[[item]]\nname = "balloon"\n'
BROKEN = '[[item]]\nnmae = "balloon"\n[[item]]\nname = "x'


def _found(context: Context) -> list[str]:
    return found(context.rules.matcher, DOCUMENT)


def _write(desk: Desk, name: str, text: str) -> Path:
    path = desk.path / "rules" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


async def _settle(context: Context) -> list[Job]:
    """Look twice, as an edit asks for."""
    return [*await reload_rules(context), *await reload_rules(context)]


async def _restarted(desk: Desk, **parts: object) -> Context:
    """Return the desk as a new process finds it."""
    context = changed(desk, rules=LiveRules(), **parts)
    await start_rules(context)
    return context


async def _new_mails(desk: Desk, context: Context) -> list[tuple[str, str, str]]:
    """Send what is due; return whom each new mail is to, its subject and its text."""
    await deliver(context)
    mails = []
    for path in (desk.path / "mail" / "new").glob("*"):
        mail = message_from_bytes(path.read_bytes(), policy=policy)
        body = mail.get_body(("plain",))
        assert body is not None
        mails.append((mail["To"], mail["Subject"], body.get_content().replace("\r\n", "\n")))
        path.unlink()
    return sorted(mails)


def _logged(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    return [one.__dict__ for one in caplog.records if one.getMessage() == event]


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO):
        yield


async def test_an_edit_is_in_force_when_two_looks_find_it_the_same(desk: Desk) -> None:
    context = desk.context
    assert _found(context) == ["ICBM"]
    _write(desk, "items.toml", RULES + BALLOON)
    await reload_rules(context)
    assert _found(context) == ["ICBM"], "it may be half saved"
    await reload_rules(context)
    assert _found(context) == ["ICBM", "balloon"]
    state = await context.store.read(get_ruleset)
    assert state is not None
    assert state.items == 3
    assert state.fingerprint == context.rules.matcher.ruleset.fingerprint
    (kept,) = await context.store.read(get_rule_files)
    assert kept == KeptFile(path="rules/items.toml", text=RULES + BALLOON, since=desk.clock.at)


async def test_a_broken_file_serves_as_it_was_and_others_are_taken_up(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = desk.context
    matcher = context.rules.matcher
    _write(desk, "items.toml", BROKEN)
    for _ in range(3):
        await reload_rules(context)
    assert context.rules.matcher is matcher, "the same set is not compiled again"
    told = [one["mistake"] for one in _logged(caplog, "rules not loaded")]
    assert len(told) == 1, "told once, not at each look"
    assert str(told[0]).startswith("rules/items.toml:4:")
    (kept,) = await context.store.read(get_rule_files)
    assert (kept.text, kept.stale_since, kept.error) == (RULES, desk.clock.at, told[0])
    _write(desk, "balloons.toml", BALLOON)
    await _settle(context)
    assert _found(context) == ["ICBM", "balloon"]
    assert len(_logged(caplog, "rules not loaded")) == 1
    _write(desk, "items.toml", RULES)
    await _settle(context)
    assert _found(context) == ["ICBM", "balloon"]
    assert all(file.stale_since is None for file in await context.store.read(get_rule_files))


async def test_only_what_changed_is_parsed_again(desk: Desk) -> None:
    _write(desk, "balloons.toml", BALLOON)
    await _settle(desk.context)
    balloons, items = desk.context.rules.files
    _write(desk, "items.toml", RULES + "# x\n")
    await _settle(desk.context)
    assert desk.context.rules.files[0] is balloons
    assert desk.context.rules.files[1] is not items


async def test_the_owner_gets_one_mail_for_a_breakage_and_one_when_it_loads_again(
    desk: Desk,
) -> None:
    context = changed(desk, operator="operator@example.org")
    _write(desk, "items.toml", OWNED + RULES)
    await _settle(context)
    assert await _new_mails(desk, context) == []
    desk.clock.advance(hours=2)
    _write(desk, "items.toml", BROKEN)
    assert await _settle(context) == [Job("deliver")]
    ((to, subject, text),) = await _new_mails(desk, context)
    assert to == "korea-desk@example.org", "as the last good version says"
    assert subject == (
        "rules/items.toml does not load: 1 error; the version of 26 Aug 05:01 UTC stays in force"
    )
    assert '    4 | name = "x\n      |          ^\n' in text
    assert "The version of 26 Aug 2026, 05:01 UTC stays in force" in text
    desk.clock.advance(hours=1)
    _write(desk, "items.toml", BROKEN + "\n[[")
    assert await _settle(context) == []
    context = await _restarted(desk, operator="operator@example.org")
    assert await _new_mails(desk, context) == [], "for another save, or a restart"
    assert _found(context) == ["ICBM"]
    _write(desk, "items.toml", RULES)
    assert await _settle(context) == [Job("deliver")]
    ((to, subject, _),) = await _new_mails(desk, context)
    assert (to, subject) == ("korea-desk@example.org", "rules/items.toml loads again")
    desk.clock.advance(hours=1)
    _write(desk, "items.toml", BROKEN)
    await _settle(context)
    mails = await _new_mails(desk, context)
    assert [mail[0] for mail in mails] == ["operator@example.org"], "it names no owner now"


async def test_nobody_is_mailed_where_there_is_no_owner_and_no_operator(desk: Desk) -> None:
    extra = _write(desk, "balloons.toml", BALLOON)
    await _settle(desk.context)
    _write(desk, "items.toml", BROKEN)
    extra.unlink()
    assert await _settle(desk.context) == []
    outbox = await desk.context.store.read(get_outbox)
    assert outbox.counts == {}


async def test_an_owner_who_has_no_address_is_told_of_in_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    _write(desk, "items.toml", '[defaults]\nowner = "the desk"\n' + RULES)
    await _settle(desk.context)
    _write(desk, "items.toml", BROKEN)
    assert await _settle(desk.context) == []
    (told,) = _logged(caplog, "notice not written")
    assert told["to"] == "the desk"


async def test_a_deleted_file_leaves_with_a_line_and_a_mail_and_a_new_one_joins(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context, since = desk.context, desk.clock.at
    file = _write(desk, "more/balloons.toml", OWNED + BALLOON)
    await _settle(context)
    assert _found(context) == ["ICBM", "balloon"]
    file.unlink()
    desk.clock.advance(minutes=1)
    assert await _settle(context) == [Job("deliver")]
    assert _found(context) == ["ICBM"]
    (gone,) = _logged(caplog, "rule file gone")
    assert (gone["file"], gone["items"]) == ("rules/more/balloons.toml", 1)
    ((to, subject, text),) = await _new_mails(desk, context)
    assert (to, subject) == ("korea-desk@example.org", "1 item left with rules/more/balloons.toml")
    assert "No\nlonger watched: balloon." in text
    (departure,) = await context.store.read(get_departures, since)
    assert (departure.path, departure.items) == ("rules/more/balloons.toml", 1)
    assert departure.left == desk.clock.at
    _write(desk, "more/balloons.toml", BALLOON)
    await _settle(context)
    assert await context.store.read(get_departures, since) == (), "it is back"


async def test_a_renamed_file_loses_nothing_and_nobody_is_mailed(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = changed(desk, operator="operator@example.org")
    (desk.path / "rules" / "items.toml").rename(desk.path / "rules" / "renamed.toml")
    assert await _settle(context) == []
    assert _found(context) == ["ICBM"]
    (gone,) = _logged(caplog, "rule file gone")
    assert gone["items"] == 0
    assert _logged(caplog, "items left") == []
    assert await context.store.read(get_departures, desk.clock.at) == ()


async def test_files_that_clash_keep_the_whole_set_and_each_editor_gets_one_mail(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = changed(desk, operator="operator@example.org")
    _write(desk, "items.toml", OWNED + RULES)
    await _settle(context)
    fingerprint = context.rules.matcher.ruleset.fingerprint
    desk.clock.advance(hours=1)
    _write(desk, "clash.toml", BALLOON + '[[item]]\nname = "ICBM"\n')
    _write(desk, "items.toml", OWNED + RULES + "# edited\n")
    await _settle(context)
    assert context.rules.matcher.ruleset.fingerprint == fingerprint
    (whole,) = _logged(caplog, "rules kept as a whole as they were")
    assert whole["items"] == 2
    (mistake,) = (str(one["mistake"]) for one in _logged(caplog, "rules not loaded"))
    assert "rules/items.toml:3" in mistake
    assert "rules/clash.toml:3" in mistake
    mails = await _new_mails(desk, context)
    assert [mail[0] for mail in mails] == ["korea-desk@example.org", "operator@example.org"]
    assert {mail[1] for mail in mails} == {
        "the rule files make no set: 1 error; the whole set of 26 Aug 05:01 UTC stays in force"
    }
    assert "What lies on disk as rules/clash.toml is not in force" in mails[1][2]
    context = await _restarted(desk)
    assert context.rules.matcher.ruleset.fingerprint == fingerprint
    _write(desk, "clash.toml", BALLOON)
    await _settle(context)
    assert _found(context) == ["ICBM", "balloon"]
    assert all(file.stale_since is None for file in context.rules.kept)


async def test_when_all_files_go_at_once_the_set_stays_over_a_restart_too(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    (desk.path / "rules").rename(desk.path / "unmounted")
    await _settle(desk.context)
    assert _found(desk.context) == ["ICBM"]
    (told,) = _logged(caplog, "rules not loaded")
    assert "the rules folder does not exist" in str(told["mistake"])
    context = await _restarted(desk)
    assert _found(context) == ["ICBM"]
    (desk.path / "unmounted").rename(desk.path / "rules")
    await _settle(context)
    assert all(file.stale_since is None for file in context.rules.kept)


async def test_last_good_versions_serve_at_the_start_and_what_left_meanwhile_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    _write(desk, "items.toml", OWNED + RULES)
    _write(desk, "balloons.toml", OWNED + BALLOON)
    await _settle(desk.context)
    before = desk.context.rules.matcher.ruleset.fingerprint
    _write(desk, "items.toml", BROKEN)
    context = await _restarted(desk)
    assert context.rules.matcher.ruleset.fingerprint == before
    (told,) = _logged(caplog, "rule file kept as it was")
    assert (told["file"], told["mistakes"]) == ("rules/items.toml", 1)
    caplog.clear()
    context = await _restarted(desk)
    assert len(_logged(caplog, "rule file kept as it was")) == 1, "loud at every start"
    (desk.path / "rules" / "balloons.toml").unlink()
    context = await _restarted(desk)
    assert _found(context) == ["ICBM"]
    (left,) = _logged(caplog, "items left")
    assert (left["file"], left["items"], left["which"]) == ("rules/balloons.toml", 1, "balloon")
    subjects = {subject.partition(":")[0] for _, subject, _ in await _new_mails(desk, context)}
    assert subjects == {
        "rules/items.toml does not load",
        "1 item left with rules/balloons.toml",
    }


async def test_a_new_broken_file_is_left_out_loudly(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = changed(desk, operator="operator@example.org")
    _write(desk, "new.toml", BROKEN)
    await _settle(context)
    assert _found(context) == ["ICBM"]
    (told,) = _logged(caplog, "rule file left out")
    assert told["file"] == "rules/new.toml"
    ((_, subject, text),) = await _new_mails(desk, context)
    assert subject == "rules/new.toml does not load: 1 error; it is left out"
    assert "No version of rules/new.toml ever loaded" in text
    context = await _restarted(desk)
    assert _found(context) == ["ICBM"]


async def test_a_start_without_any_rules_that_load_is_refused(desk: Desk) -> None:
    await desk.context.store.write(put_rule_files, ())
    _write(desk, "items.toml", BROKEN)
    with pytest.raises(MistakesError, match=r"rules/items\.toml:4"):
        await _restarted(desk)


async def test_a_last_good_version_that_this_program_refuses_is_none(desk: Desk) -> None:
    old = KeptFile(path="rules/items.toml", text="[[watch]]", since=desk.clock.at)
    await desk.context.store.write(put_rule_files, [old])
    context = await _restarted(desk)
    assert _found(context) == ["ICBM"]
    await desk.context.store.write(put_rule_files, [old])
    _write(desk, "items.toml", BROKEN)
    with pytest.raises(MistakesError):
        await _restarted(desk)


async def test_truncating_a_rule_file_at_every_byte_never_shrinks_the_set_unreported(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = desk.context
    rules = '[[item]]\nname = "ICBM"\n\n[[item]]\nname = "드론"\nterms = ["드론", "uav"]\n'.encode()
    file = desk.path / "rules" / "items.toml"
    served = set()
    for length in range(len(rules), -1, -1):
        file.write_bytes(rules)
        await _settle(context)
        whole = context.rules.matcher.ruleset
        assert [len(item.terms) for item in whole.items] == [1, 2]
        caplog.clear()
        file.write_bytes(rules[:length])
        await _settle(context)
        now = context.rules.matcher.ruleset
        served.add(len(now.items))
        left = {item.id for item in whole.items} - {item.id for item in now.items}
        told = ", ".join(str(one["which"]) for one in _logged(caplog, "items left"))
        assert set(filter(None, told.split(", "))) == left
        if now.fingerprint != whole.fingerprint:
            (line,) = _logged(caplog, "rules in force")
            assert line["left"] == len(left)
            has_fewer = any(len(item.terms) < 2 for item in now.items[1:])
            assert line["altered"] == has_fewer
        elif length < len(rules) - 1:
            assert _logged(caplog, "rule file kept as it was"), length
    assert served == {0, 1, 2}


async def test_a_save_of_the_same_text_is_no_new_version(desk: Desk) -> None:
    desk.clock.advance(minutes=1)
    _write(desk, "items.toml", RULES)
    await _settle(desk.context)
    (kept,) = desk.context.rules.kept
    assert kept.since == desk.clock.at - timedelta(minutes=1)


async def test_a_notice_waits_in_the_outbox_like_any_mail(desk: Desk) -> None:
    context = changed(desk, operator="operator@example.org")
    _write(desk, "items.toml", BROKEN)
    await _settle(context)
    assert (await context.store.read(get_outbox)).counts == {MessageState.WAITING: 1}
    await deliver(context)
    assert (await context.store.read(get_outbox)).counts == {MessageState.SENT: 1}


async def test_rules_are_read_from_a_file_alone_too(desk: Desk) -> None:
    folder = desk.context.rules_folder
    alone = type(folder)(path=folder.path / "items.toml", label="items.toml")
    assert len(load_matcher(alone).ruleset.items) == 2
    context = await _restarted(desk, rules_folder=alone)
    assert context.rules.matcher.ruleset.files == ("items.toml",)
