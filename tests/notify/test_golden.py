"""Every golden mail, as it was looked at, and what holds for each of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notify.cases import CASES, NOW, Case
from tests.notify.mails import Page, assert_inert, mail_of, parsed, part
from watch.notify.contents import Contents, contents_of
from watch.notify.render import PART_BYTES
from watch.notify.setting import COLUMNS, width

GOLDEN = Path(__file__).parent / "golden"
ALL = pytest.mark.parametrize("one", CASES.values(), ids=CASES)


@ALL
def test_a_mail_is_the_one_that_was_looked_at(one: Case, request: pytest.FixtureRequest) -> None:
    (message,) = one.rendered().messages
    golden = GOLDEN / f"{request.node.callspec.id}.eml"
    if request.config.getoption("--update-golden", default=False):
        golden.write_bytes(message.content)
    assert message.content == golden.read_bytes()


@ALL
def test_a_mail_has_each_header_once(one: Case) -> None:
    (message,) = one.rendered().messages
    mail = parsed(message.content)
    names = [name.lower() for name in mail]
    assert len(names) == len(set(names))
    assert set(names) == {
        *("from", "reply-to", "to", "subject", "date", "message-id", "in-reply-to", "references"),
        *("list-id", "auto-submitted", "x-auto-response-suppress", "x-watchlist-rule"),
        *("x-watchlist-severity", "x-watchlist-source", "mime-version", "content-type"),
    }
    assert mail["From"] == "Watchlist <alerts@example.org>"
    assert mail["Reply-To"] == "desk@example.org"
    assert mail["To"] == message.recipient == "desk@example.org"
    assert mail["Message-ID"] == message.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert 0 < len(mail["Subject"]) <= 120


@ALL
def test_a_mail_is_seven_bit_clean_in_short_lines(one: Case) -> None:
    (message,) = one.rendered().messages
    assert message.content.isascii()
    lines = message.content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 78


@ALL
def test_a_mail_has_two_parts_that_no_program_cuts(one: Case) -> None:
    mail = mail_of(one)
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    for each in mail.iter_parts():
        assert len(str(each.get_content()).encode()) <= PART_BYTES


@ALL
def test_the_text_is_set_in_72_columns(one: Case) -> None:
    for line in part(mail_of(one), "plain").splitlines():
        assert width(line) <= COLUMNS or line.strip().startswith("https://")
        assert line == line.rstrip() or line == "-- "


def squeezed(text: str) -> str:
    """Return it without what the two parts say differently: white space, quotation and marks."""
    return "".join(text.replace("*", "").replace("“", '"').replace("”", '"').split())


def facts(contents: Contents) -> Iterator[str]:
    """Yield what a reader of either part must find there."""
    yield f'You get this because the subscription "{contents["subscription"]}" asks for it: '
    yield f"{contents['reason']}. Times are those of {contents['timezone']}."
    for story in contents["stories"]:
        yield f"{story['reason']} (first told {story['told_first']})." * bool(story["reason"])
        yield f"and in {story['also_more']} more documents" * bool(story["also_more"])
        for document in story["documents"]:
            yield document["title"][:20]
            yield document["source"]
            yield f"seen {document['seen']}"
            for excerpt in document["excerpts"]:
                yield "".join(piece["text"] for piece in excerpt["pieces"])
            for why in document["whys"]:
                yield f"Why: {why['rule']} ({why['place']})"
                yield f"Note on {why['rule']}: {why['note']}" * bool(why["note"])
        for other in story["also"]:
            yield f"{other['source']}, {other['title']}" if other["title"] else other["source"]
    for one in contents["folded"]:
        yield one["title"]
        yield one["sources"]
    for quiet in contents["hidden"]:
        yield f"{quiet['kind']} {quiet['value']} until {quiet['until']}: {quiet['findings']} "
        yield quiet["note"]
    for trend in contents["trends"]:
        yield trend["bars"]
        yield trend["rule"]
    yield from contents["failing"]
    yield from contents["stale"]


@ALL
def test_both_parts_tell_all_of_it(one: Case) -> None:
    mail = mail_of(one)
    parts = squeezed(part(mail, "plain")), squeezed(Page(part(mail, "html")).text)
    for fact in facts(contents_of(one.report, one.subscription, now=NOW)):
        for text in parts:
            assert squeezed(fact) in text


def test_both_parts_leave_the_same_lines_out() -> None:
    mail = mail_of(CASES["storm"])
    text, html = part(mail, "plain"), part(mail, "html")
    titles = [f"Title {number}" for number in range(260)]
    for told in (
        re.findall(r"^(?:- )?(Title \d+)", text, re.MULTILINE),
        re.findall(r"Title \d+", html),
    ):
        assert 100 < len(told) < len(titles)
        assert told == titles[: len(told)]
        assert f"and {len(titles) - len(told)} more stories" in text
        assert f"and {len(titles) - len(told)} more stories" in html


@ALL
def test_the_page_loads_and_runs_nothing(one: Case) -> None:
    assert_inert(part(mail_of(one), "html"))


def test_no_golden_mail_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.eml")} == set(CASES)
