"""What the operator is told of the watchlist itself, as it was looked at."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.notify.mails import Page, assert_inert, parsed, part
from tests.notify.operator_cases import (
    ADMIN,
    CASES,
    EVIL,
    HELD,
    ILL,
    NOW,
    OUTAGE,
    SETTINGS,
    WELL,
    Wrong,
    failing,
    health,
    rendered,
    rule,
    silence,
    untold,
)
from watch.core.health import BusyRule, SilenceInForce, SilentSource
from watch.notify.delivery_notice import deliveries_notice
from watch.notify.health import MOST, HealthMail, health_contents, shortened_health
from watch.notify.health_sample import HEALTH_SAMPLES
from watch.notify.render import PART_BYTES, Renderer
from watch.notify.setting import COLUMNS, width
from watch.notify.templating import check_template

GOLDEN = Path(__file__).parent / "golden" / "operator"
ALL = pytest.mark.parametrize("one", CASES.values(), ids=CASES)


def mail_of(one: HealthMail | Wrong) -> EmailMessage:
    whole = rendered(one)
    assert whole.failures == ()
    assert whole.complaints == ()
    (message,) = whole.messages
    return parsed(message.content)


def squeezed(text: str) -> str:
    return "".join(text.replace("`", "").split())


@ALL
def test_a_mail_is_the_one_that_was_looked_at(
    one: HealthMail | Wrong, request: pytest.FixtureRequest
) -> None:
    (message,) = rendered(one).messages
    golden = GOLDEN / f"{request.node.callspec.id}.eml"
    if request.config.getoption("--update-golden", default=False):
        golden.write_bytes(message.content)
    assert message.content == golden.read_bytes()


def test_no_golden_mail_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.eml")} == set(CASES)


@ALL
def test_a_mail_to_the_operator_has_its_headers_once(one: HealthMail | Wrong) -> None:
    mail = mail_of(one)
    assert sorted(name.lower() for name in mail) == sorted(
        (
            *("from", "reply-to", "to", "message-id", "subject", "date", "in-reply-to"),
            *("references", "auto-submitted", "x-auto-response-suppress"),
            *("mime-version", "content-type"),
        )
    )
    assert mail["To"] == ADMIN
    assert mail["Auto-Submitted"] == "auto-generated"
    assert 0 < len(mail["Subject"]) <= 120


@ALL
def test_both_parts_are_set_to_be_read_and_harmless(one: HealthMail | Wrong) -> None:
    mail = mail_of(one)
    for line in part(mail, "plain").splitlines():
        assert width(line) <= COLUMNS
    html = part(mail, "html")
    assert "<img" not in html
    assert "\u202e" not in html + part(mail, "plain")


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("health")])
def test_both_parts_of_a_health_mail_tell_the_same(name: str) -> None:
    one = CASES[name]
    assert isinstance(one, HealthMail)
    mail = mail_of(one)
    html = part(mail, "html")
    assert_inert(html)
    parts = squeezed(part(mail, "plain")), squeezed(Page(html).text)
    for fact in facts(one):
        for text in parts:
            assert squeezed(fact) in text


def facts(mail: HealthMail) -> Iterator[str]:
    """Yield what a reader of either part must find there."""
    contents = health_contents(mail)
    yield contents["lead"]
    yield f"From {contents['since']} to {contents['until']}."
    for source in (*contents["failing"]["shown"], *contents["paused"]["shown"]):
        yield f"{source['name']}, "
        yield f"since {source['since']}"
        yield source["why"]
    for silent in contents["silent"]["shown"]:
        yield f"{silent['name']}, last on {silent['last']}"
    for file in contents["stale"]["shown"]:
        yield f"{file['path']}, since {file['since']}"
        yield file["why"]
        yield f"{file['more']} more errors" if file["more"] > 1 else ""
    for busy in contents["busy"]["shown"]:
        yield f"{busy['name']} ({busy['place']}): {busy['documents']} documents on {busy['day']}"
    for idle in contents["idle"]["shown"]:
        yield f"{idle['name']} ({idle['place']})"
    yield from contents["unserved"]["shown"]
    for one in contents["silences"]["shown"]:
        yield f"{one['kind']} {one['value']} until {one['until']}"
        yield one["note"]
    for number in contents["volumes"]:
        yield number["week"] + number["before"]
    yield f"takes {contents['size']}; {contents['free']} of its disk are free."
    yield f"{contents['schedule']} ({contents['timezone']})"


def test_what_is_well_is_not_spoken_of() -> None:
    text = part(mail_of(health(WELL)), "plain")
    assert "Nothing needs you." in text
    for heading in ("Sources", "Rule", "Subscriptions", "Silences", "week before"):
        assert heading not in text


def test_the_subject_says_the_gravest_first_and_the_mail_all() -> None:
    mail = mail_of(health(ILL))
    assert mail["Subject"] == (
        "Watchlist health, 24 Aug: 3 sources cannot be read, 2 rule files do not load, "
        "1 mail failed"
    )
    assert "1 source was silent, 2 rules hold too often." in " ".join(part(mail, "plain").split())


def test_times_are_those_of_the_operator() -> None:
    text = " ".join(part(mail_of(health(ILL)), "plain").split())
    assert "From 17 Aug 2026, 07:00 KST to 24 Aug 2026, 07:00 KST." in text
    assert "harbour-wire, since 21 Aug 2026, 07:00 KST answered 503 Service Unavailable" in text
    assert "mondays at 07:00 (Asia/Seoul)" in text


def test_lists_are_cut_and_their_rest_is_counted() -> None:
    report = replace(ILL, failing=tuple(failing(f"wire-{n:02}") for n in range(MOST + 5)))
    text = part(mail_of(health(report)), "plain")
    assert text.count("- wire-") == MOST
    assert "- wire-00, since" in text
    assert "and 5 more sources" in text
    contents = health_contents(health(report))
    short = shortened_health(contents, 3)
    assert [len(short["failing"]["shown"]), short["failing"]["more"]] == [3, MOST + 2]
    assert (short["stale"], short["volumes"]) == (contents["stale"], contents["volumes"])
    for name in ("failing", "stale", "paused", "silent", "busy", "idle", "unserved", "silences"):
        assert shortened_health(contents, 0)[name]["shown"] == ()


def test_the_longest_mail_is_cut_by_no_program() -> None:
    long = "드론&" * 300
    heavy = replace(
        ILL,
        failing=(failing(long, error=long),) * 500,
        paused=(failing(long, error=long, paused_since=NOW),) * 500,
        silent=(SilentSource(name=long, last=NOW),) * 500,
        stale=tuple(replace(file, path=long, error=long) for file in ILL.stale) * 500,
        idle=(replace(rule(), name=long, id=long),) * 5_000,
        busy=(BusyRule(rule=replace(rule(), name=long), day=NOW, documents=99, days=2),) * 500,
        unserved=(long,) * 500,
        silences=(SilenceInForce(silence=silence(long, long), findings=1),) * 500,
    )
    mail = mail_of(health(heavy))
    for kind in ("plain", "html"):
        assert len(part(mail, kind).encode()) <= PART_BYTES
    assert part(mail, "plain").count("- 드론") > 20, "as much as there is room for"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0.0 kB"), (98_304, "98 kB"), (1_240_000, "1.2 MB"), (9_999_000_000_000_000, "9,999 TB")],
)
def test_sizes_are_shown_in_units_people_read(size: int, shown: str) -> None:
    contents = health_contents(health(replace(WELL, archive=replace(WELL.archive, size=size))))
    assert contents["size"] == shown


def test_a_health_mail_is_named_by_its_time_and_reader_alone() -> None:
    renderer = Renderer(SETTINGS)
    (message,) = renderer.render_health(health(ILL), now=NOW).messages
    (other,) = renderer.render_health(health(WELL), now=NOW + timedelta(hours=1)).messages
    assert message.message_id == other.message_id == renderer.health_id(ADMIN, NOW)
    assert renderer.health_id(ADMIN, NOW + timedelta(days=7)) != message.message_id
    assert renderer.health_id("it@example.org", NOW) != message.message_id


def test_a_folder_replaces_the_templates_of_the_health_mail(tmp_path: Path) -> None:
    (tmp_path / "health.txt.j2").write_text("{{ failing.shown[0].name }} {{ idle.more }}\n")
    settings = replace(SETTINGS, templates=tmp_path)
    whole = rendered(health(ILL), settings)
    assert whole.complaints == ()
    mail = parsed(whole.messages[0].content)
    assert part(mail, "plain") == "南方通讯社 0\n"
    assert "The week in numbers" in part(mail, "html")


def test_a_template_of_the_health_mail_is_checked_on_samples(tmp_path: Path) -> None:
    (tmp_path / "health.html.j2").write_text(
        "<p>{{ lead }}</p>{% for one in busy.shown %}{{ one.id }}{% endfor %}"
    )
    assert check_template(tmp_path, tmp_path / "health.html.j2") is None
    (tmp_path / "health.html.j2").write_text("\n{{ stories }}")
    mistake = check_template(tmp_path, tmp_path / "health.html.j2")
    assert mistake is not None
    assert (mistake.path, mistake.line) == (str(tmp_path / "health.html.j2"), 2)
    assert "'stories' is undefined" in mistake.text


def test_the_samples_between_them_show_all_there_is() -> None:
    full, bare = map(health_contents, HEALTH_SAMPLES)
    for name, value in full.items():
        assert value, name
    assert bare["failing"]["shown"] == ()


def test_a_failure_says_who_what_and_what_to_do() -> None:
    mail = mail_of(CASES["one-failed"])
    assert mail["Subject"] == "mail to reader1@example.org failed for good"
    text = part(mail, "plain")
    assert 'reader1@example.org, for the subscription "Korea desk"' in text
    assert "550 5.1.1 no such user here" in text
    assert "taken out of its [[subscription]]" in " ".join(text.split())
    assert "on_ambiguous" not in text


def test_all_that_went_wrong_is_one_mail() -> None:
    mail = mail_of(CASES["all-that-goes-wrong"])
    assert mail["Subject"] == (
        "2 mails failed for good; mail to night@example.org is held after a crash; 241 mails were "
        "late by an hour or more"
    )
    text = " ".join(part(mail, "plain").split())
    assert "reader2@example.org, a notice of the watchlist" in text
    assert "Message-ID: <wl.3@example.org>" in text
    assert "240 mails could not be sent for an hour or more from 23 Aug 2026, 17:00 UTC, to" in text


def test_hundreds_of_failures_fit_and_are_counted() -> None:
    lost = tuple(untold(number, answer=EVIL * 50) for number in range(400))
    mail = mail_of(Wrong(lost=lost, outages=(OUTAGE,) * 3))
    assert mail["Subject"].startswith("400 mails failed for good; 720 mails were late")
    text = part(mail, "plain")
    assert " ".join(text.split()).count("for the subscription") == 50
    assert "and 353 more" in text
    assert len(part(mail, "html").encode()) <= PART_BYTES


def test_notices_of_other_failures_have_other_names() -> None:
    notices = [
        deliveries_notice(ADMIN, lost=lost, outages=outages)
        for lost, outages in (
            ((untold(1),), ()),
            ((untold(2),), ()),
            ((untold(1), untold(2)), ()),
            ((HELD,), ()),
            ((), (OUTAGE,)),
            ((), (replace(OUTAGE, until=NOW),)),
        )
    ]
    assert len({notice.key for notice in notices}) == len(notices)
    assert deliveries_notice(ADMIN, lost=(untold(1),), outages=()).key == notices[0].key
