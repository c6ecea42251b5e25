from dataclasses import replace
from pathlib import Path

import pytest

from tests.notify.cases import CASES, DESK, HOSTILE_TOLD, ONE, SETTINGS, case, many
from tests.notify.documents import ENGLISH, KOREAN
from tests.notify.mails import Page, mail_of, part
from watch.core.alerts import Reason
from watch.errors import Mistake
from watch.notify.contents import AlsoContents, Contents, StoryContents, contents_of, shortened
from watch.notify.render import MailSettings
from watch.notify.sample import SAMPLE_NOW, SAMPLE_SUBSCRIPTION, SAMPLES
from watch.notify.templating import TEMPLATES, check_template, own_templates


def check_templates(folder: Path) -> list[Mistake]:
    """Return what is wrong with the templates of a folder."""
    checked = (check_template(folder, path) for path in own_templates(folder))
    return [mistake for mistake in checked if mistake is not None]


def write(folder: Path, name: str, template: str) -> MailSettings:
    (folder / name).write_text(template, encoding="utf-8")
    return replace(SETTINGS, templates=folder)


def test_a_template_of_the_folder_replaces_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "alert.txt.j2", "{{ stories | length }}: {{ title | fill('> ') }}\n")
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
    "{{ stories | length": "unexpected end of template",
    "{{ nothing }}": "'nothing' is undefined",
    "{{ title.nothing }}": "has no attribute 'nothing'",
    "{{ 1 / 0 }}": "division by zero",
    "{% include 'nowhere.j2' %}": "nowhere.j2",
    "{{ 'a' * 2000001 }}": "more than 2,000,000 characters",
    "  ": "it yields nothing",
    r"{{ '\ud800' }}": "surrogates not allowed",
    "{{ title.__class__.__mro__ }}": "unsafe",
    "{{ ''.strip.__globals__ }}": "has no attribute '__globals__'",
    "{{ stories[0].update({'title': 'x'}) }}": "unsafe",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}": "it calls or includes itself without end",
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


def test_a_template_that_includes_itself_costs_no_mail_and_is_told(tmp_path: Path) -> None:
    for template in (
        "{% include 'alert.txt.j2' %}",
        "{% import 'alert.txt.j2' as own %}",
        "{% from 'alert.txt.j2' import own %}",
        "{% extends 'alert.txt.j2' %}",
    ):
        settings = write(tmp_path, "alert.txt.j2", template)
        rendered = case(*ONE, settings=settings).rendered()
        assert rendered.messages == case(*ONE).rendered().messages
        assert len(rendered.complaints) == 1
        assert len(check_templates(tmp_path)) == 1


def test_the_samples_hold_all_that_a_template_may_be_given() -> None:
    wholes = [contents_of(one, SAMPLE_SUBSCRIPTION, now=SAMPLE_NOW) for one in SAMPLES]
    every = [*wholes, *(shortened(one, 0, 1) for one in wholes)]
    assert [
        name for name in Contents.__annotations__ if not any(dict(one)[name] for one in every)
    ] == []
    stories = [story for one in wholes for story in one["stories"]]
    names = StoryContents.__annotations__
    assert [name for name in names if not any(dict(one)[name] for one in stories)] == []
    others = [other for story in stories for other in story["also"]]
    names = AlsoContents.__annotations__
    assert [name for name in names if not any(dict(one)[name] for one in others)] == []
    assert {one["occasion"] for one in wholes} == {"at once", "digest", "storm"}
    assert {one["kind"] for one in stories} == {one.value for one in Reason}


def test_a_language_has_templates_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ko").mkdir()
    write(tmp_path / "ko", "subject.j2", "알림 {{ total }}")
    write(tmp_path, "subject.j2", "Alert {{ total }}")
    settings = replace(SETTINGS, templates=tmp_path)
    subjects = [
        mail_of(case(*ONE, settings=settings, subscription=replace(DESK, language=code)))["Subject"]
        for code in ("ko", "en", "fr")
    ]
    assert subjects == ["알림 1", "Alert 1", "Alert 1"]
    (tmp_path / "ko" / "subject.j2").write_text("{{ nothing }}")
    (mistake,) = check_templates(tmp_path)
    assert mistake.path == str(tmp_path / "ko" / "subject.j2")


def test_a_template_that_is_not_utf_8_costs_no_mail(tmp_path: Path) -> None:
    (tmp_path / "alert.txt.j2").write_bytes(b"\xff\xfe")
    rendered = case(*ONE, settings=replace(SETTINGS, templates=tmp_path)).rendered()
    assert len(rendered.messages) == 1
    assert "can't decode" in rendered.complaints[0]


def test_the_shipped_templates_pass_the_check_as_replacements(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watch" / "notify" / "templates"
    for template in shipped.glob("*.j2"):
        (tmp_path / template.name).write_bytes(template.read_bytes())
    assert {path.name for path in tmp_path.iterdir()} > set(TEMPLATES)
    assert check_templates(tmp_path) == []


def test_the_shipped_templates_write_the_same_as_replacements(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watch" / "notify" / "templates"
    for template in shipped.glob("*.j2"):
        (tmp_path / template.name).write_bytes(template.read_bytes())
    heavy = replace(KOREAN, text="자폭 드론과 다른 드론을 보냈다. " * 90)
    storm = many(1_000, heavy, name="이름 " * 100, note="드론 " * 900)
    for one in (*CASES.values(), case(*storm)):
        own = replace(one, settings=replace(SETTINGS, templates=tmp_path))
        assert own.rendered() == one.rendered()


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("ok\n\n{{ nothing }}\n", 3),
        ("ok\n{% if %}\n", 2),
        (
            "{% for one in stories %}\n{{ one.number }}\n{{ one.hots }}\n{% endfor %}",
            3,
        ),
        ("{% if more %}\n{{ mroe }}\n{% endif %}\nok\n", 2),
        ("{% for one in stories if one.kind == 'update' %}\n\n{{ mroe }}\n{% endfor %}\nok\n", 3),
        ("  \n", None),
    ],
)
def test_a_mistake_in_a_template_has_its_line(
    tmp_path: Path, template: str, line: int | None
) -> None:
    write(tmp_path, "alert.txt.j2", template)
    (mistake,) = check_templates(tmp_path)
    assert (mistake.path, mistake.line) == (str(tmp_path / "alert.txt.j2"), line)
    assert mistake.text


def test_every_broken_template_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "alert.html.j2", "{{ nothing }}")
    write(tmp_path, "other.j2", "{{ nothing }}")
    write(tmp_path, "subject.j2", "{{")
    mistakes = check_templates(tmp_path)
    assert [Path(mistake.path).name for mistake in mistakes] == ["subject.j2", "alert.html.j2"]
