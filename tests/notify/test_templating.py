from dataclasses import replace
from pathlib import Path

import pytest

from tests.notify.cases import CASES, DESK, HOSTILE_TOLD, ONE, SETTINGS, case, many
from tests.notify.documents import ENGLISH, KOREAN
from tests.notify.mails import Page, mail_of, part
from watch.core.alerts import Reason
from watch.notify.contents import AlsoContents, Contents, StoryContents, contents_of, shortened
from watch.notify.render import MailSettings
from watch.notify.sample import SAMPLE_NOW, SAMPLE_SUBSCRIPTION, SAMPLES
from watch.notify.templating import TEMPLATES, check_templates


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


ENDLESS = {
    "loops": "{% for a in range(5000) %}{% for b in range(5000) %}{% endfor %}{% endfor %}",
    "loops that find nothing": "{% for a in range(5000) %}"
    "{% for b in range(5000) if false %}{% endfor %}{% endfor %}",
    "a range": "{{ range(10 ** 12) | list }}",
    "a range over and over": "{% for a in range(100000) %}"
    "{{ range(100000) | list | length }}{% endfor %}",
    "loops in loops": "{% for a in [9] recursive %}"
    "{{ loop([9, 9]) if loop.depth < 99 }}{% endfor %}",
    "output": "{% for a in range(500000) %}nothing but words, words, words{% endfor %}",
    "output kept": "{% set a %}{% for a in range(500000) %}"
    "nothing but words, words, words and some more{% endfor %}{% endset %}",
    "a macro": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "a macro twice": "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}"
    "{% endmacro %}{{ a(50) }}",
    "a product": "{{ 'ab' * 10 ** 9 }}",
    "a product of a list": "{{ ([1] * 10 ** 9) | length }}",
    "a power": "{{ 10 ** (10 ** 10) }}",
    "a power of a power": "{% set n = namespace(a=9) %}"
    "{% for a in range(60) %}{% set n.a = n.a * n.a %}{% endfor %}",
    "a sum": "{% set n = namespace(a='ab') %}"
    "{% for a in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}",
    "a join": "{% set n = namespace(a='ab') %}"
    "{% for a in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    "a list of lists": "{% set n = namespace(a=[1]) %}"
    "{% for a in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a }}",
    "a table of tables": "{% set n = namespace(a=1) %}"
    "{% for a in range(60) %}{% set n.a = {1: n.a, 2: n.a} %}{% endfor %}{{ n.a }}",
    "a tuple of tuples": "{% set n = namespace(a=(1,)) %}"
    "{% for a in range(60) %}{% set n.a = (n.a, n.a) %}{% endfor %}{{ n.a }}",
    "a width": "{{ '%1000000000d' % 1 }}",
    "a width by name": "{{ '%(a)01000000000d' | format(a=1) }}",
    "a width from elsewhere": "{{ '%*d' | format(1000000000, 1) }}",
    "a format": "{{ '{:1000000000}'.format(1) }}",
    "a method": "{{ 'a'.ljust(1000000000) }}",
    "a method of a number": "{{ (5).to_bytes(1000000000, 'big') }}",
    "a filter": "{{ 'a' | center(1000000000) }}",
    "words replaced": "{{ ('a' * 100000) | replace('a', 'a' * 100000) }}",
    "words joined": "{{ range(100000) | join('a' * 100000) }}",
    "lines filled": "{{ ('a ' * 100000) | fill('a' * 100000) }}",
    "slices": "{% set a = 'a' * 1000000 %}{% for b in range(100000) %}{% if a[1:] %}{% endif %}"
    "{% endfor %}",
    "comparisons": "{% set a = 'a' * 1000000 %}{% for b in range(100000) %}{% if 'b' in a %}"
    "{% endif %}{% endfor %}",
    "searches": "{% set a = 'a' * 1000000 %}{% for b in range(100000) %}{% if a.count('b') %}"
    "{% endif %}{% endfor %}",
    "tests": "{% set a = 'a' * 1000000 %}{% for b in range(100000) %}{% if 'b' is in a %}"
    "{% endif %}{% endfor %}",
    "a chain": "{% for a in range(1000) %}"
    "{{ range(1000) | map('string') | select | list | length }}{% endfor %}",
}
"""What would go on for minutes, or take gigabytes."""


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


@pytest.mark.timeout(20)
@pytest.mark.parametrize("template", ENDLESS.values(), ids=ENDLESS)
def test_a_template_that_would_not_end_costs_no_mail_and_is_told(
    tmp_path: Path, template: str
) -> None:
    settings = write(tmp_path, "alert.txt.j2", f"Written.\n\n{template}\n")
    rendered = case(*ONE, settings=settings).rendered()
    assert rendered.messages == case(*ONE).rendered().messages
    (complaint,) = rendered.complaints
    assert complaint.startswith("the template alert.txt.j2 failed, the shipped one was used: ")
    (mistake,) = check_templates(tmp_path)
    assert (mistake.path, mistake.line) == (str(tmp_path / "alert.txt.j2"), 3)
    assert mistake.text in complaint


def test_a_template_that_includes_itself_costs_no_mail_and_is_told(tmp_path: Path) -> None:
    twice = "{% include 'alert.txt.j2' %}" * 2
    for template in (
        "{% include 'alert.txt.j2' %}",
        "{% import 'alert.txt.j2' as own %}",
        "{% from 'alert.txt.j2' import own %}",
        "{% extends 'alert.txt.j2' %}",
        f"{{% set n = (n | default(30)) - 1 %}}{{% if n > 1 %}}{twice}{{% endif %}}",
    ):
        settings = write(tmp_path, "alert.txt.j2", template)
        rendered = case(*ONE, settings=settings).rendered()
        assert rendered.messages == case(*ONE).rendered().messages
        assert len(rendered.complaints) == 1
        assert len(check_templates(tmp_path)) == 1


def test_what_a_template_may_do_is_enough_to_write_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        "alert.txt.j2",
        """{%- set quiet = namespace(rules=0) -%}
{% for name in rules | map(attribute="rule") %}{{ name }}{% else %}none{% endfor %}.
{% for place, rules in rules | groupby("place") %}
{% set quiet.rules = quiet.rules + rules | length %}
{{ place }}: {{ rules | map(attribute="rule") | sort | join(" & ") | replace("&", "and") }}
{% endfor %}
{{ "%-6s|%4d" | format("ab", 2 ** 10) }} {{ "%s" % quiet.rules }} {{ (7, 8)[1:] | first }}
{{ range(3) | select("odd") | list | length }} {{ "a" in "abc" and 1 < 2 }} {{ [1] + [2] }}
{{ {"a": 1}.items() | list | first | last }} {{ "-" * 3 }} {{ title.upper()[:5] }} {{ 7 // 2 }}
""",
    )
    settings = replace(SETTINGS, templates=tmp_path)
    mail = mail_of(case(*ONE, settings=settings))
    assert part(mail, "plain") == (
        "Suicide drones.\nrules/korea.toml:24: Suicide drones\n"
        "ab    |1024 1 8\n1 True [1, 2]\n1 --- S. KO 3\n"
    )


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


def test_without_a_folder_no_template_is_wrong() -> None:
    assert check_templates(None) == ()


def test_the_shipped_templates_pass_the_check_as_replacements(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watch" / "notify" / "templates"
    for template in shipped.glob("*.j2"):
        (tmp_path / template.name).write_bytes(template.read_bytes())
    assert {path.name for path in tmp_path.iterdir()} > set(TEMPLATES)
    assert check_templates(tmp_path) == ()


def test_the_shipped_templates_can_afford_any_alert_as_replacements(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watch" / "notify" / "templates"
    for template in shipped.glob("*.j2"):
        (tmp_path / template.name).write_bytes(template.read_bytes())
    heavy = replace(KOREAN, text="자폭 드론과 다른 드론을 보냈다. " * 90)
    storm = many(1_000, heavy, name="이름 " * 100, note="드론 " * 900)
    for one in (*CASES.values(), case(*storm)):
        own = replace(one, settings=replace(SETTINGS, templates=tmp_path))
        assert own.rendered() == one.rendered()


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = check_templates(tmp_path / "nowhere")
    assert str(mistake) == (
        f"{tmp_path / 'nowhere'}: no such folder (create it, or leave `templates` out)"
    )


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
