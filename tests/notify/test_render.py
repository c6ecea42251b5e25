import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notify.cases import (
    CASES,
    DESK,
    HOSTILE_TOLD,
    NOTE,
    NOW,
    ONE,
    SETTINGS,
    SEVERAL,
    Case,
    case,
    finding,
    many,
    story,
    told,
)
from tests.notify.documents import ENGLISH, KOREAN
from watch.core.alerts import Reason, Told
from watch.core.model import Severity
from watch.errors import ChannelRefusedError
from watch.notify.render import PART_BYTES, MailSettings, Renderer
from watch.notify.templating import TEMPLATES, check_templates

STRICT = default.clone(raise_on_defect=True)
GOLDEN = Path(__file__).parent / "golden"
ALL = pytest.mark.parametrize("one", CASES.values(), ids=CASES)


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=STRICT)
    assert isinstance(mail, EmailMessage)
    return mail


def mail_of(one: Case) -> EmailMessage:
    rendered = one.rendered()
    assert rendered.failures == ()
    assert rendered.complaints == ()
    (message,) = rendered.messages
    return parsed(message.content)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def subject(*parts: Told) -> str:
    return str(mail_of(case(*parts))["Subject"])


class Page(HTMLParser):
    """The tags of a page with their attributes, its links and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


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
def test_the_text_is_set_in_72_columns(one: Case) -> None:
    for line in part(mail_of(one), "plain").splitlines():
        assert width(line) <= COLUMNS or line.startswith("https://")
        assert line == line.rstrip() or line == "-- "


@ALL
def test_both_parts_tell_the_same(one: Case) -> None:
    mail = mail_of(one)
    squeezed = {
        "plain": "".join(part(mail, "plain").replace("*", "").split()),
        "html": "".join(Page(part(mail, "html")).text.replace("“", '"').replace("”", '"').split()),
    }
    for part_told in one.told:
        for text in squeezed.values():
            for fact in (told.document.title[:20], told.document.source, "seen"):
                assert "".join(fact.replace("*", "").split()) in text
            for found in told.findings:
                assert "".join(f"Why: {found.name} ({found.place})".split()) in text
                assert "".join((found.note or "").replace("\u202e", "").split()) in text
    for text in squeezed.values():
        assert "".join(f'subscription"{one.subscription.name}"asks'.split()) in text
        assert "newfindings" in text
        assert "[[subscription]]inconfig.toml" in text


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h2", "p", "div"),
    *("a", "b", "bdi", "span", "br"),
}
ATTRIBUTES = {
    *("lang", "dir", "class", "style", "href", "rel", "role", "width", "cellpadding"),
    *("cellspacing", "border", "align", "charset", "name", "content"),
}


def assert_inert(html: str) -> None:
    """Check that the page holds nothing that loads, runs or misleads."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag in ALLOWED
        assert set(attributes) <= ATTRIBUTES
        assert "url(" not in (attributes.get("style") or "")
        if tag == "a":
            assert re.match(r"https?://[a-z0-9.\[]", attributes["href"] or "")
            assert attributes["rel"] == "noreferrer"
    assert [tag for tag, _ in page.tags].count("body") == 1
    assert "@import" not in html


@ALL
def test_the_page_loads_and_runs_nothing(one: Case) -> None:
    assert_inert(part(mail_of(one), "html"))


def test_a_link_shows_its_host() -> None:
    page = Page(part(mail_of(case(*ONE)), "html"))
    (link,) = (attributes for tag, attributes in page.tags if tag == "a")
    assert link["href"] == "https://news.example.org/korea/readies?id=AEN20260826&lang=en"
    assert "· news.example.org ·" in page.text.replace("\n", " ")


def test_foreign_text_finds_its_own_direction_and_language() -> None:
    page = Page(part(mail_of(CASES["right-to-left"]), "html"))
    assert [tag for tag, attributes in page.tags if attributes.get("lang") == "ar"] == ["h2", "p"]
    assert all(
        attributes["dir"] == "auto" for _, attributes in page.tags if attributes.get("lang") == "ar"
    )


def test_both_parts_mark_what_was_found() -> None:
    mail = mail_of(case(*ONE))
    assert part(mail, "plain").count("*suicide drones*") == 3
    page = Page(part(mail, "html"))
    assert [tag for tag, attributes in page.tags if attributes.get("class") == "mark"] == ["b"] * 4


def luminance(color: str) -> float:
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#1b1d1f", "#ffffff"),
        ("#5a5f66", "#ffffff"),
        ("#1b1d1f", "#fff0a6"),
        ("#ffffff", "#a8201a"),
        ("#ebe8e2", "#17191c"),
        ("#a6abb3", "#17191c"),
        ("#fff3c2", "#5c4a00"),
        ("#601410", "#f2b8b5"),
    ],
)
def test_every_ink_can_be_read_on_its_paper(ink: str, paper: str) -> None:
    html = part(mail_of(CASES["high-severity"]), "html")
    assert ink in html
    assert paper in html
    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_subject_names_the_rule_and_the_title() -> None:
    assert subject(*ONE) == f"Suicide drones: {ENGLISH.title}"


def test_the_subject_counts_further_documents() -> None:
    other = Told(document=KOREAN, findings=(finding(KOREAN, ["드론"]),))
    assert subject(*ONE, other, other) == f"Suicide drones: {ENGLISH.title} (+2)"


def test_the_subject_of_several_rules_counts_each() -> None:
    assert subject(*SEVERAL) == "All of the wire (1), ICBM (1), Suicide drones (3)"


def test_the_subject_says_high_first() -> None:
    part = replace(ONE[0], findings=(finding(ENGLISH, ["drones"], severity=Severity.HIGH),))
    assert subject(part) == f"[HIGH] Suicide drones: {ENGLISH.title}"
    assert subject(part, *SEVERAL).startswith("[HIGH] Suicide drones (4), All of the wire (1)")


def test_a_long_title_leaves_room_for_the_count() -> None:
    document = replace(ENGLISH, title="드론 " * 100)
    long = Told(document=document, findings=(finding(document, ["드론"]),))
    shown = subject(long, *ONE)
    assert shown.startswith("Suicide drones: 드론 드론")
    assert shown.endswith("… (+1)")
    assert len(shown) <= 120


def test_a_long_subject_is_cut_between_graphemes() -> None:
    document = replace(ENGLISH, title="title")
    family = "👩‍👩‍👧"
    long = Told(document=document, findings=(finding(document, [], name=family * 40),))
    assert re.fullmatch(f"({family})+….*", subject(long))
    rules = tuple(finding(document, [], rule=str(n), name=f"Rule {n:03}") for n in range(50))
    assert subject(Told(document=document, findings=rules)).endswith("…")


def test_the_same_alert_is_the_same_bytes() -> None:
    first, second = (CASES["several-rules"].rendered() for _ in range(2))
    assert first == second


def test_the_message_id_names_the_findings_and_the_address() -> None:
    subscription = replace(DESK, to=("desk@example.org", "night@example.org"))
    rendered = case(*ONE, subscription=subscription).rendered()
    for message, recipient in zip(rendered.messages, subscription.to, strict=True):
        key = f"{alert_key(DESK.name, ONE)}\0{recipient}"
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        assert message.recipient == recipient
        assert message.message_id == f"<wl.{name}@example.org>"
        assert parsed(message.content).get_boundary() == f"=_wl.{name}"


def test_a_mail_rendered_later_has_another_date_and_the_same_id() -> None:
    renderer = Renderer(SETTINGS)
    mails = [
        renderer.render(alert(DESK, ONE), ONE, DESK, now=NOW + timedelta(hours=hours)).messages[0]
        for hours in (0, 1)
    ]
    assert mails[0].message_id == mails[1].message_id
    assert [str(parsed(mail.content)["Date"]) for mail in mails] == [
        "Wed, 26 Aug 2026 09:15:00 +0900",
        "Wed, 26 Aug 2026 10:15:00 +0900",
    ]


def thread(name: str, zone: str, now: datetime) -> str:
    subscription = replace(DESK, name=name, timezone=zone)
    rendered = Renderer(SETTINGS).render(alert(subscription, ONE), ONE, subscription, now=now)
    mail = parsed(rendered.messages[0].content)
    assert mail["References"] == mail["In-Reply-To"]
    return str(mail["References"])


def test_the_mails_of_a_subscription_and_a_local_day_hang_together() -> None:
    before, after = (datetime(2026, 8, 26, hour, tzinfo=UTC) for hour in (14, 16))
    assert thread("a", "UTC", before) == thread("a", "UTC", after)
    assert thread("a", "Asia/Seoul", before) != thread("a", "Asia/Seoul", after)
    assert thread("a", "UTC", before) != thread("b", "UTC", before)
    assert re.fullmatch(r"<wl\.thread\.[0-9a-f]{32}@example\.org>", thread("a", "UTC", before))


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
    header = mail_of(Case(told=(Told(document=ENGLISH, findings=rules),)))["X-Watchlist-Rule"]
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


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "America"])
def test_an_unknown_zone_is_told_and_costs_no_mail(zone: str) -> None:
    rendered = case(*ONE, subscription=replace(DESK, timezone=zone)).rendered()
    assert rendered.complaints == (f'the time zone "{zone}" is not known, UTC was used',)
    mail = parsed(rendered.messages[0].content)
    assert mail["Date"].endswith("+0000")
    assert "Times are those of UTC." in part(mail, "plain")


def storm(count: int, document: Document, **differing: object) -> tuple[Told, ...]:
    found = finding(document, ["드론", "drones"], **differing)
    return tuple(
        Told(
            document=replace(document, key=str(number), published=SEEN - timedelta(minutes=number)),
            findings=(found,),
        )
        for number in range(count)
    )


HEAVY = replace(
    KOREAN, title="드론 " * 200, text="자폭 드론과 다른 드론을 보냈다. 조용한 하루였다. " * 90
)


@pytest.mark.parametrize(
    "told",
    [
        storm(1_000, ENGLISH),
        storm(1_000, HEAVY, name="이름 " * 100, note="드론 " * 900),
        storm(20, HEAVY, note="드론 " * 900),
        (
            Told(
                document=HEAVY,
                findings=tuple(
                    finding(HEAVY, ["드론"], rule=str(n), name="이름 " * 90, note="드론 " * 900)
                    for n in range(200)
                ),
            ),
        ),
    ],
    ids=["many", "many-and-heavy", "heavy", "one-with-every-rule"],
)
def test_no_storm_makes_a_part_too_large_and_nothing_goes_unsaid(told: tuple[Told, ...]) -> None:
    mail = mail_of(case(*parts))
    text, html = part(mail, "plain"), part(mail, "html")
    assert len(text.encode()) <= PART_BYTES
    assert len(html.encode()) <= PART_BYTES
    page = Page(html)
    in_full = [tag for tag, _ in page.tags].count("h2")
    more = re.search(r"and (\d+) more; all are kept in the database", page.text)
    left = int(more[1]) if more else 0
    lines = len(re.findall(r"^- ", text, re.MULTILINE))
    assert in_full >= 1
    assert in_full + lines + left == len(told)
    assert f"and {left} more; all are kept" in text or left == 0


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
    told = (Told(document=document, findings=(found,)),)
    mail = mail_of(case(*parts, subscription=replace(DESK, name=draw())))
    assert len(mail.keys()) == len(set(mail.keys())) == 16
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    assert_inert(part(mail, "html"))
    for subtype in ("plain", "html"):
        text = part(mail, subtype)
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text
        )


def write(folder: Path, name: str, template: str) -> MailSettings:
    (folder / name).write_text(template, encoding="utf-8")
    return replace(SETTINGS, templates=folder)


def test_a_template_of_the_folder_replaces_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "alert.txt.j2", "{{ documents | length }}: {{ title | fill('> ') }}\n")
    changed = write(tmp_path, "subject.j2", "Mine: {{ rules[0].rule | clip(5) }}\n")
    mail = mail_of(case(*ONE, settings=changed))
    assert mail["Subject"] == "Mine: Suic…"
    assert part(mail, "plain") == f"1: > {ENGLISH.title}\n"
    assert "Why:" in Page(part(mail, "html")).text


def test_a_page_of_the_folder_is_escaped_like_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "own.html.j2", "<i>{{ title }}</i>")
    changed = write(tmp_path, "alert.html.j2", "<p>{{ title }}</p>{% include 'own.html.j2' %}\n")
    html = part(mail_of(case(*HOSTILE_TOLD, settings=changed)), "html")
    assert html.startswith("<p>&lt;script&gt;")
    assert "<i>&lt;script&gt;" in html


BROKEN = {
    "{{ documents | length": "unexpected end of template",
    "{{ nothing }}": "'nothing' is undefined",
    "{{ title.nothing }}": "has no attribute 'nothing'",
    "{{ 1 / 0 }}": "division by zero",
    "{% include 'nowhere.j2' %}": "nowhere.j2",
    "{{ 'a' * 1000001 }}": "more than 1,000,000 characters",
    "  ": "it yields nothing",
    r"{{ '\ud800' }}": "surrogates not allowed",
    "{{ title.__class__.__mro__ }}": "unsafe",
    "{{ ''.join.__globals__ }}": "has no attribute '__globals__'",
    "{{ documents[0].update({'title': 'x'}) }}": "unsafe",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}": "recursion",
}


@pytest.mark.parametrize("template", BROKEN)
@pytest.mark.parametrize("name", ["subject.j2", "alert.txt.j2", "alert.html.j2"])
def test_a_broken_template_costs_no_mail_and_is_told(
    tmp_path: Path, name: str, template: str
) -> None:
    rendered = case(*ONE, settings=write(tmp_path, name, template)).rendered()
    assert rendered.messages == case(*ONE).rendered().messages
    (complaint,) = rendered.complaints
    assert complaint.startswith(f"the template {name} failed, the shipped one was used: ")
    assert BROKEN[template] in complaint


def test_a_template_that_is_not_utf_8_costs_no_mail(tmp_path: Path) -> None:
    (tmp_path / "alert.txt.j2").write_bytes(b"\xff\xfe")
    rendered = case(*ONE, settings=replace(SETTINGS, templates=tmp_path)).rendered()
    assert len(rendered.messages) == 1
    assert "can't decode" in rendered.complaints[0]


def test_without_a_folder_no_template_is_wrong() -> None:
    assert check_templates(SETTINGS) == ()


def test_the_shipped_templates_pass_the_check_as_replacements(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watch" / "notify" / "templates"
    for template in shipped.glob("*.j2"):
        (tmp_path / template.name).write_bytes(template.read_bytes())
    assert {path.name for path in tmp_path.iterdir()} > set(TEMPLATES)
    assert check_templates(replace(SETTINGS, templates=tmp_path)) == ()


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = check_templates(replace(SETTINGS, templates=tmp_path / "nowhere"))
    assert str(mistake) == (
        f"{tmp_path / 'nowhere'}: no such folder (create it, or leave `templates` out)"
    )


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("ok\n\n{{ nothing }}\n", 3),
        ("ok\n{% if %}\n", 2),
        (
            "{% for one in documents %}\n{{ one.published }}\n{{ one.hots }}\n{% endfor %}",
            3,
        ),
        ("{% if more %}\n{{ mroe }}\n{% endif %}\nok\n", 2),
        ("{% for one in documents if not one.has_mentions %}\n\n{{ mroe }}\n{% endfor %}\nok\n", 3),
        ("  \n", None),
    ],
)
def test_a_mistake_in_a_template_has_its_line(
    tmp_path: Path, template: str, line: int | None
) -> None:
    (mistake,) = check_templates(write(tmp_path, "alert.txt.j2", template))
    assert (mistake.path, mistake.line) == (str(tmp_path / "alert.txt.j2"), line)
    assert mistake.text


def test_every_broken_template_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "alert.html.j2", "{{ nothing }}")
    write(tmp_path, "other.j2", "{{ nothing }}")
    mistakes = check_templates(write(tmp_path, "subject.j2", "{{"))
    assert [Path(mistake.path).name for mistake in mistakes] == ["subject.j2", "alert.html.j2"]


def test_a_note_stands_at_the_foot_of_its_document() -> None:
    text = part(mail_of(CASES["several-rules"]), "plain")
    (noted,) = (told for told in text.split("-" * 72) if "Note on" in told)
    assert noted.strip().startswith(ENGLISH.title[:20])
    assert " ".join(noted.split()).endswith(f"Note on Suicide drones: {NOTE}")


def test_a_mention_in_the_title_only_is_said_to_be() -> None:
    document = replace(ENGLISH, text="Nothing of the kind.")
    told = (Told(document=document, findings=(finding(document, ["suicide-drones"]),)),)
    mail = mail_of(case(*parts))
    assert "(Mentioned in the title only.)" in part(mail, "plain")
    assert "Mentioned in the title only." in Page(part(mail, "html")).text


def test_what_could_not_be_read_whole_is_said_to_be() -> None:
    document = replace(ENGLISH, is_degraded=True)
    told = (Told(document=document, findings=(finding(document, ["suicide-drones"]),)),)
    for is_degraded, mail in (
        (True, mail_of(case(*parts))),
        (False, mail_of(CASES["one-finding"])),
    ):
        said = "Parts of it could not be read: there may be more in it."
        assert (f"({said})" in part(mail, "plain")) == is_degraded
        assert (said in Page(part(mail, "html")).text) == is_degraded


def test_no_golden_mail_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.eml")} == set(CASES)
