from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.notify.cases import DESK, NOW, ONE, SETTINGS, case
from watch.ingest.sandbox import Sandbox
from watch.notify.render import Renderer
from watch.pipeline.writing import check_templates, write_alert

ENDLESS = {
    "loops": "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
    "output": "{% for a in range(90000) %}{% for b in range(90000) %}{{ 'a' * 1000 }}"
    "{% endfor %}{% endfor %}",
    "a macro": "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}"
    "{{ a(90) }}",
    "itself": "{{ 'a' * 1000 }}{% set n = (n | default(90)) - 1 %}"
    "{% if n > 1 %}{% include 'alert.txt.j2' %}"
    "{% include 'alert.txt.j2' %}{% endif %}",
    "a product": "{{ 'ab' * 10 ** 10 }}",
    "a power": "{{ 10 ** (10 ** 10) }}",
    "a sum": "{% set n = namespace(a='ab') %}"
    "{% for a in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}",
    "a list": "{{ ([1] * 10 ** 10) | length }}",
    "a filter": "{{ 'a' | center(10 ** 10) }}",
    "a width": "{{ '%10000000000d' % 1 }}",
}
"""What would go on for hours, or take gigabytes."""


@pytest.fixture(scope="module")
def strict() -> Iterator[Sandbox]:
    with Sandbox(workers=1, seconds=4, memory_mb=200) as sandbox:
        yield sandbox


@pytest.mark.parametrize("template", ENDLESS.values(), ids=ENDLESS)
async def test_a_template_that_would_not_end_costs_no_mail_and_is_told(
    tmp_path: Path, strict: Sandbox, template: str
) -> None:
    (tmp_path / "alert.txt.j2").write_text(f"Written.\n{template}\n", "utf-8")
    settings = replace(SETTINGS, templates=tmp_path)
    report = case(*ONE).report
    rendered = await write_alert(strict, settings, report, DESK, now=NOW)
    assert rendered.messages == case(*ONE).rendered().messages
    (complaint,) = rendered.complaints
    assert "the shipped one was used" in complaint
    (mistake,) = await check_templates(strict, tmp_path)
    assert mistake.path == str(tmp_path / "alert.txt.j2")
    assert mistake.text in complaint or "memory" in complaint


async def test_a_sound_template_of_a_folder_is_used(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "subject.j2").write_text("Mine: {{ title | center(5) }}", "utf-8")
    settings = replace(SETTINGS, templates=tmp_path)
    rendered = await write_alert(sandbox, settings, case(*ONE).report, DESK, now=NOW)
    assert rendered == Renderer(settings).render(case(*ONE).report, DESK, now=NOW)
    assert b"Subject: Mine: " in rendered.messages[0].content
    assert await check_templates(sandbox, tmp_path) == ()


async def test_without_a_folder_no_template_is_wrong_and_no_child_is_asked() -> None:
    with Sandbox() as unused:
        unused.close()
        assert await check_templates(unused, None) == ()
        rendered = await write_alert(unused, SETTINGS, case(*ONE).report, DESK, now=NOW)
    assert rendered == case(*ONE).rendered()


async def test_a_missing_folder_is_a_mistake(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "file").touch()
    for name in ("nowhere", "file"):
        (mistake,) = await check_templates(sandbox, tmp_path / name)
        assert str(mistake) == (
            f"{tmp_path / name}: no such folder (create it, or leave `templates` out)"
        )
