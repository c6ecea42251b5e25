"""Mails are put into words: here by the shipped templates, in a child by those of others.

A template may have no end, or need all memory there is; a child can be killed. The mail is then
written by the shipped one, and a complaint says so.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec

from watch.core.alerts import Report
from watch.core.model import Subscription
from watch.errors import Mistake, SourceError
from watch.ingest.sandbox import Sandbox
from watch.notify.health import HealthMail
from watch.notify.render import MailSettings, Rendered, render_alert, render_health
from watch.notify.templating import check_template, own_templates

P = ParamSpec("P")

_GIVEN_UP = "it comes to no end, or takes too much memory"


async def write_alert(
    sandbox: Sandbox,
    settings: MailSettings,
    report: Report,
    subscription: Subscription,
    *,
    now: datetime,
) -> Rendered:
    """Return the mails of an alert, as `Renderer.render` makes them."""
    return await _written(sandbox, settings, render_alert, report, subscription, now)


async def write_health(
    sandbox: Sandbox, settings: MailSettings, mail: HealthMail, *, now: datetime
) -> Rendered:
    """Return the health mail, as `Renderer.render_health` makes it."""
    return await _written(sandbox, settings, render_health, mail, now)


async def _written(
    sandbox: Sandbox,
    settings: MailSettings,
    render: Callable[Concatenate[MailSettings, P], Rendered],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Rendered:
    if settings.templates is None:
        return await asyncio.to_thread(render, settings, *args, **kwargs)
    try:
        return await sandbox.run(render, settings, *args, **kwargs)
    except SourceError:
        shipped = replace(settings, templates=None)
        rendered = await asyncio.to_thread(render, shipped, *args, **kwargs)
        complaint = f"a template in {settings.templates} failed, the shipped one was used: "
        return replace(rendered, complaints=(complaint + _GIVEN_UP, *rendered.complaints))


async def check_templates(sandbox: Sandbox, folder: Path | None) -> tuple[Mistake, ...]:
    """Return what is wrong with the templates of a folder, each tried on samples."""
    if folder is None:
        return ()
    try:
        paths = await asyncio.to_thread(own_templates, folder)
    except OSError:
        remedy = "create it, or leave `templates` out"
        return (Mistake(path=str(folder), text="no such folder", remedy=remedy),)
    mistakes = []
    for path in paths:
        try:
            mistake = await sandbox.run(check_template, folder, path)
        except SourceError:
            mistake = Mistake(path=str(path), text=_GIVEN_UP)
        if mistake is not None:
            mistakes.append(mistake)
    return tuple(mistakes)
