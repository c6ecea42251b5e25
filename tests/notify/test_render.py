import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notify.cases import (
    CASES,
    DESK,
    NOTE,
    NOW,
    ONE,
    SETTINGS,
    SEVERAL,
    Case,
    case,
    finding,
    folded,
    hidden,
    many,
    silence,
    story,
    told,
)
from tests.notify.documents import ENGLISH, KOREAN
from tests.notify.mails import Page, assert_inert, mail_of, parsed, part
from watch.core.alerts import Occasion, Reason, SilenceKind, Told, ToldStory, Trend
from watch.core.model import Field, Severity
from watch.errors import ChannelRefusedError
from watch.notify.render import PART_BYTES, MailSettings, Renderer


def subject(*parts: Told) -> str:
    return str(mail_of(case(*parts))["Subject"])


def test_a_link_shows_its_host() -> None:
    page = Page(part(mail_of(case(*ONE)), "html"))
    (link,) = (attributes for tag, attributes in page.tags if tag == "a")
    assert link["href"] == "https://news.example.org/korea/readies?id=AEN20260826&lang=en"
    assert "· news.example.org ·" in page.text.replace("\n", " ")


def test_foreign_text_finds_its_own_direction_and_language() -> None:
    page = Page(part(mail_of(CASES["right-to-left"]), "html"))
    for language in ("ar", "he"):
        its = [(tag, which) for tag, which in page.tags if which.get("lang") == language]
        assert [tag for tag, _ in its] == ["h2", "p"]
        assert all(which["dir"] == "auto" for _, which in its)


def test_both_parts_mark_what_was_found() -> None:
    mail = mail_of(case(*ONE))
    assert part(mail, "plain").count("*suicide drones*") == 3
    page = Page(part(mail, "html"))
    assert [tag for tag, attributes in page.tags if attributes.get("class") == "mark"] == ["b"] * 4


def test_the_subject_names_the_rule_and_the_title() -> None:
    assert subject(*ONE) == f"Suicide drones: {ENGLISH.title}"


def test_the_subject_counts_further_stories() -> None:
    other = told(KOREAN, finding(KOREAN, ["드론"]))
    assert subject(*ONE, other, other) == f"Suicide drones: {ENGLISH.title} (+2)"


def test_the_subject_of_several_rules_counts_each() -> None:
    assert subject(*SEVERAL) == "All of the wire (1), ICBM (1), Suicide drones (3)"


def test_the_subject_says_high_first() -> None:
    high = told(ENGLISH, finding(ENGLISH, ["drones"], severity=Severity.HIGH))
    assert subject(high) == f"[HIGH] Suicide drones: {ENGLISH.title}"
    assert subject(high, *SEVERAL).startswith("[HIGH] Suicide drones (4), All of the wire (1)")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("several-rules-one-story", f"ICBM, Suicide drones: {ENGLISH.title}"),
        ("update", f"Update: Suicide drones: {ENGLISH.title}"),
        ("reminder", f"Reminder: Suicide drones: {ENGLISH.title}"),
        ("new-rule", f"ICBM: {ENGLISH.title}"),
        ("digest", "Korea desk, 26 Aug: 7 stories"),
        ("empty-digest", "Korea desk, 26 Aug: no stories"),
        ("storm", "Korea desk, 26 Aug: 260 stories"),
    ],
)
def test_the_subject_says_what_kind_of_mail_it_is(name: str, shown: str) -> None:
    assert mail_of(CASES[name])["Subject"] == shown


def test_a_digest_of_one_story_with_a_long_name_still_says_how_many() -> None:
    desk = replace(DESK, name="long " * 50)
    subject = mail_of(case(*ONE, subscription=desk, occasion=Occasion.DIGEST))["Subject"]
    assert subject.startswith("long long")
    assert subject.endswith("…, 26 Aug: 1 story")
    assert len(subject) <= 120


def test_a_long_title_leaves_room_for_the_count() -> None:
    document = replace(ENGLISH, title="드론 " * 100)
    long = told(document, finding(document, ["드론"]))
    shown = subject(long, *ONE)
    assert shown.startswith("Suicide drones: 드론 드론")
    assert shown.endswith("… (+1)")
    assert len(shown) <= 120


def test_a_long_subject_is_cut_between_graphemes() -> None:
    document = replace(ENGLISH, title="title")
    family = "👩‍👩‍👧"
    long = told(document, finding(document, [], name=family * 40))
    assert re.fullmatch(f"({family})+….*", subject(long))
    rules = tuple(finding(document, [], rule=str(n), name=f"Rule {n:03}") for n in range(50))
    assert subject(told(document, *rules), *ONE).endswith("…")


def test_the_same_alert_is_the_same_bytes() -> None:
    first, second = (CASES["several-rules"].rendered() for _ in range(2))
    assert first == second


def test_the_message_id_names_the_findings_and_the_address() -> None:
    subscription = replace(DESK, to=("desk@example.org", "night@example.org"))
    rendered = case(*ONE, subscription=subscription).rendered()
    for message, recipient in zip(rendered.messages, subscription.to, strict=True):
        key = f"{case(*ONE).report.key(NOW)}\0{recipient}"
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        assert message.recipient == recipient
        assert message.message_id == f"<wl.{name}@example.org>"
        assert parsed(message.content).get_boundary() == f"=_wl.{name}"


def test_a_mail_rendered_later_has_another_date_and_the_same_id() -> None:
    mails = [case(*ONE).rendered(NOW + timedelta(hours=hours)).messages[0] for hours in (0, 1)]
    assert mails[0].message_id == mails[1].message_id
    assert [str(parsed(mail.content)["Date"]) for mail in mails] == [
        "Wed, 26 Aug 2026 09:15:00 +0900",
        "Wed, 26 Aug 2026 10:15:00 +0900",
    ]


def thread(name: str, zone: str, now: datetime, *stories: ToldStory) -> list[str]:
    subscription = replace(DESK, name=name, zone=ZoneInfo(zone))
    (message,) = Case(stories=stories, subscription=subscription).rendered(now).messages
    mail = parsed(message.content)
    roots = str(mail["References"]).split()
    assert mail["In-Reply-To"] == roots[-1]
    return roots


TWO = (story(1, *ONE), story(2, *ONE))
BEFORE, AFTER = (datetime(2026, 8, 26, hour, tzinfo=UTC) for hour in (14, 16))


def test_the_mails_of_a_subscription_and_a_local_day_hang_together() -> None:
    (root,) = thread("a", "UTC", BEFORE, *TWO)
    assert [root] == thread("a", "UTC", AFTER, *TWO)
    assert thread("a", "Asia/Seoul", BEFORE, *TWO) != thread("a", "Asia/Seoul", AFTER, *TWO)
    assert [root] != thread("b", "UTC", BEFORE, *TWO)
    assert re.fullmatch(r"<wl\.thread\.[0-9a-f]{32}@example\.org>", root)


def test_what_comes_of_a_story_hangs_with_the_mail_that_told_it_first() -> None:
    first = story(1, *ONE, reason=Reason.UPDATE).told_first
    assert first is not None
    (day, root) = thread("a", "UTC", first, story(1, *ONE))
    for reason in (Reason.UPDATE, Reason.RULE, Reason.REMINDER):
        assert thread("a", "UTC", AFTER, story(1, *ONE, reason=reason)) == [day, root]
    assert thread("a", "UTC", AFTER, story(1, *ONE)) == [*thread("a", "UTC", AFTER, *TWO), root]
    assert thread("a", "UTC", AFTER, story(2, *ONE))[1] != root


@pytest.mark.parametrize(
    ("name", "list_id"),
    [
        ("Korea desk", '"Korea desk" <korea-desk.watchlist.example.org>'),
        ("!", r'"!" <[0-9a-f]{8}\.watchlist\.example\.org>'),
        ("한국 데스크", r"한국 데스크 <[0-9a-f]{8}\.watchlist\.example\.org>"),
        ("Früh", r"Früh <fruh-[0-9a-f]{8}\.watchlist\.example\.org>"),
    ],
)
def test_a_filter_finds_the_subscription(name: str, list_id: str) -> None:
    mail = mail_of(case(*ONE, subscription=replace(DESK, name=name)))
    assert re.fullmatch(list_id, mail["List-Id"])


def test_a_filter_finds_rule_severity_and_source() -> None:
    mail = mail_of(CASES["several-rules"])
    assert mail["X-Watchlist-Rule"] == "suicide-drones, icbm, wire"
    assert mail["X-Watchlist-Severity"] == "normal"
    assert mail["X-Watchlist-Source"] == "Example Wire, inbox, Пример-Новости"


def test_rules_beyond_a_header_are_counted() -> None:
    rules = tuple(finding(ENGLISH, [], rule=f"rule-{number}") for number in range(500))
    header = mail_of(case(told(ENGLISH, *rules)))["X-Watchlist-Rule"]
    *kept, left = header.split(", ")
    assert kept == [f"rule-{number}" for number in range(len(kept))]
    assert left == f"+{500 - len(kept)}"
    assert len(header) < 998


def test_an_international_sender_is_written_in_ascii() -> None:
    settings = MailSettings(sender="Wächter <alerts@wächter.example>")
    (message,) = case(*ONE, settings=settings).rendered().messages
    mail = parsed(message.content)
    assert mail["From"].addresses[0].addr_spec == "alerts@xn--wchter-bua.example"
    assert mail["From"].addresses[0].display_name == "Wächter"
    assert message.message_id.endswith("@xn--wchter-bua.example>")
    assert "Reply-To" not in mail


def test_one_bad_address_costs_the_others_nothing() -> None:
    to = ("desk@example.org", "josé@example.org", "desk@한국.example", "desk@example.org", "no")
    rendered = case(*ONE, subscription=replace(DESK, to=to)).rendered()
    assert [message.recipient for message in rendered.messages] == [to[0], to[2]]
    assert parsed(rendered.messages[1].content)["To"] == "desk@xn--3e0b707e.example"
    assert [failure.recipient for failure in rendered.failures] == [to[1], to[4]]
    assert "outside ASCII" in rendered.failures[0].text
    assert "is not one address" in rendered.failures[1].text


@pytest.mark.parametrize(
    "settings", [MailSettings(sender="nobody"), replace(SETTINGS, reply_to="a@b, c@d")]
)
def test_a_sender_that_is_no_address_needs_a_person(settings: MailSettings) -> None:
    with pytest.raises(ChannelRefusedError, match=r"mails have no sender: .* is not one address"):
        Renderer(settings)


HEAVY = replace(
    KOREAN, title="드론 " * 200, text="자폭 드론과 다른 드론을 보냈다. 조용한 하루였다. " * 90
)
NAME, LONG_NOTE = "이름 " * 100, "드론 " * 900


def assert_nothing_goes_unsaid(mail: EmailMessage, stories: int) -> int:
    """Check that a mail fits and accounts for every story; return how many it tells in full."""
    text, html = part(mail, "plain"), part(mail, "html")
    assert len(text.encode()) <= PART_BYTES
    assert len(html.encode()) <= PART_BYTES
    more = re.search(
        r"and ([0-9,]+) more stor(y|ies); watchlist findings lists all", Page(html).text
    )
    left = int(more[1].replace(",", "")) if more else 0
    found = re.split(r"(?:More f|F)ound:\n", text)
    lines = (
        len(re.findall(r"^- ", found[1].partition("-" * 72)[0], re.MULTILINE)) if found[1:] else 0
    )
    assert ("`watchlist findings`" in " ".join(text.split())) == bool(left)
    return stories - lines - left


@pytest.mark.parametrize(
    "parts",
    [
        many(1_000),
        many(1_000, HEAVY, name=NAME, note=LONG_NOTE),
        many(20, HEAVY, note=LONG_NOTE),
        (
            told(
                HEAVY,
                *(
                    finding(HEAVY, ["드론"], rule=str(n), name=NAME, note=LONG_NOTE)
                    for n in range(200)
                ),
            ),
        ),
    ],
    ids=["many", "many-and-heavy", "heavy", "one-with-every-rule"],
)
def test_no_storm_makes_a_part_too_large_and_nothing_goes_unsaid(parts: tuple[Told, ...]) -> None:
    mail = mail_of(case(*parts))
    in_full = assert_nothing_goes_unsaid(mail, len(parts))
    assert in_full >= 1
    assert [tag for tag, _ in Page(part(mail, "html")).tags].count("h2") == in_full


HOSTILE_TEXT = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=20),
        st.sampled_from(
            [
                *(
                    "\r\nBcc: evil@example.com\r\n\r\n",
                    "=?utf-8?q?=0D=0ABcc:_x?=",
                    "\u2028",
                    "\x85",
                ),
                *(
                    "<script>alert(1)</script>",
                    "</td></table>",
                    '" onload="x',
                    "<!--",
                    "]]>",
                    "&#x3c;",
                ),
                *(
                    "\u202e",
                    "\u2066",
                    "\x1b]0;x\x07",
                    "\ud800",
                    "{{ 7*7 }}",
                    "{% x %}",
                    "\r\n.\r\n",
                ),
                *("javascript:alert(1)", "https://a.example/", "drones", "자폭", "כלי", "*", "\0"),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_sent_stays_text(data: st.DataObject) -> None:
    def draw() -> str:
        return data.draw(HOSTILE_TEXT)

    document = replace(
        ENGLISH,
        source=draw(),
        key=draw(),
        title=draw(),
        text=draw(),
        url=data.draw(st.none() | HOSTILE_TEXT),
        languages=(draw(),),
        published=data.draw(st.none() | st.datetimes(timezones=st.just(UTC))),
    )
    found = finding(document, ["drones", "a"], name=draw(), rule=draw(), note=draw())
    mail = mail_of(case(told(document, found), subscription=replace(DESK, name=draw())))
    assert len(mail.keys()) == len(set(mail.keys())) == 16
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    assert_inert(part(mail, "html"))
    for subtype in ("plain", "html"):
        text = part(mail, subtype)
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text
        )


def test_a_note_stands_at_the_foot_of_its_document() -> None:
    text = part(mail_of(CASES["several-rules"]), "plain")
    (noted,) = (one for one in text.split("-" * 72) if "Note on" in one)
    assert noted.strip().startswith(ENGLISH.title[:20])
    assert " ".join(noted.split()).endswith(f"Note on Suicide drones: {NOTE}")


def test_a_mention_in_the_title_only_is_said_to_be() -> None:
    document = replace(ENGLISH, text="Nothing of the kind.")
    mail = mail_of(case(told(document, finding(document, ["suicide-drones"]))))
    assert "(Mentioned in the title only.)" in part(mail, "plain")
    assert "Mentioned in the title only." in Page(part(mail, "html")).text


def test_what_could_not_be_read_whole_is_said_to_be() -> None:
    document = replace(ENGLISH, is_degraded=True)
    degraded = case(told(document, finding(document, ["suicide-drones"])))
    for is_degraded, mail in (
        (True, mail_of(degraded)),
        (False, mail_of(CASES["one-finding"])),
    ):
        said = "Parts of it could not be read: there may be more in it."
        assert (f"({said})" in part(mail, "plain")) == is_degraded
        assert (said in Page(part(mail, "html")).text) == is_degraded


LETTERS = st.sampled_from(['"', "&", "드", "🛩", "a ", "-"])
"""Quotation marks grow most in HTML, others in UTF-8; some have no place to break a line."""


@st.composite
def heavy(draw: st.DrawFn) -> Case:
    """Return what is long everywhere, and has more of everything than fits."""

    def count(most: int) -> int:
        return draw(st.sampled_from([0, 1, 3, most]))

    long = draw(LETTERS) * 3_000
    document = replace(
        KOREAN, title=long, text=long, source=long, url=draw(st.none() | st.just(KOREAN.url))
    )
    most = finding(document, [], name=long, note=draw(st.sampled_from([None, long])))
    spans = [(place, place + 1) for place in range(0, 2_000, 2)]
    mention = finding(KOREAN, ["드론"]).mentions[0]
    found = tuple(
        mention._replace(start=start, end=end, field=Field.TEXT, term=long) for start, end in spans
    )
    rules = [most._replace(rule=f"rule-{n}", mentions=found) for n in range(count(40) + 1)]
    stories = tuple(
        story(number, *(told(document, one) for one in rules), reason=Reason.REMINDER)
        for number in range(count(30) + draw(st.integers(0, 1)) * 300)
    )
    return Case(
        stories=stories,
        subscription=replace(DESK, name=long),
        occasion=draw(st.sampled_from(Occasion)),
        folded=(folded(long, long),) * count(500),
        hidden=(hidden(silence(SilenceKind.RULE, long, long)),) * count(500),
        trends=(Trend(rule="x", name=long, counts=(1,) * 14),) * count(500),
        failing=(long,) * count(500),
        stale=(long,) * count(500),
    )


@pytest.mark.timeout(900)  # it looks at much, and machines are shared
@settings(max_examples=15, deadline=None)
@given(heavy())
def test_no_alert_makes_a_part_too_large(one: Case) -> None:
    rendered = one.rendered()
    assert rendered.complaints == ()
    mail = parsed(rendered.messages[0].content)
    assert_nothing_goes_unsaid(mail, len(one.stories))
    assert 0 < len(mail["Subject"]) <= 120
    text = part(mail, "plain")
    for rest, kept in (("folded", 10), ("hidden", 10), ("trends", 10), ("failing", 5)):
        left = len(getattr(one, rest)) - kept
        assert f"and {left} more" in text or left <= 0
