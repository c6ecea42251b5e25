"""Templates: the shipped ones, and those of a folder that replace them."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from traceback import walk_tb
from typing import cast

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watch.core.cleaning import clean, clip
from watch.errors import Mistake
from watch.notify.contents import Contents, contents_of, shortened
from watch.notify.health import HealthContents, health_contents, shortened_health
from watch.notify.health_sample import HEALTH_SAMPLES
from watch.notify.notice import NoticeContents
from watch.notify.sample import SAMPLE_NOW, SAMPLE_SUBSCRIPTION, SAMPLES
from watch.notify.setting import counted, fill

SUBJECT = "subject.j2"
HEALTH_TEXT, HEALTH_HTML = "health.txt.j2", "health.html.j2"
_OF_ALERTS = (SUBJECT, "alert.txt.j2", "alert.html.j2", "digest.txt.j2", "digest.html.j2")
TEMPLATES = (*_OF_ALERTS, HEALTH_TEXT, HEALTH_HTML)
"""The templates that a folder may replace, by file name."""
LANGUAGE = "en"
"""What the shipped templates are written in; others lie in subfolders named by their codes."""

_RUNAWAY = 2_000_000
"""A template that yields more characters is broken: an alert as heavy as they come, with 20 stories
in full before it is shortened, makes a million of the shipped one."""
_REASON_LENGTH = 120


class Templates:
    """The shipped templates, or those of a folder where it has them."""

    def __init__(self, folder: Path | None) -> None:
        self._folders = () if folder is None else (folder,)
        self._shipped = _environment(PackageLoader("watch.notify"))
        self._own: dict[str, ImmutableSandboxedEnvironment] = {}

    def render(
        self, name: str, contents: Contents | HealthContents, language: str
    ) -> tuple[str, str | None]:
        """Return what the template makes of it; with a complaint when the shipped one stood in."""
        if not self._folders:
            return self.render_shipped(name, contents), None
        made = self.attempt(name, contents, language)
        if isinstance(made, str):
            return made, None
        complaint = f"the template {name} failed, the shipped one was used: {_reason(made)}"
        return self.render_shipped(name, contents), complaint

    def render_shipped(
        self, name: str, contents: Contents | HealthContents | NoticeContents
    ) -> str:
        """Return what a template makes of it that no folder replaces."""
        return self._shipped.get_template(name).render(**contents)

    def attempt(
        self, name: str, contents: Contents | HealthContents, language: str
    ) -> str | Exception:
        """Return what the template makes of it, or why it makes nothing fit to send."""
        try:
            text = _within(self._of(language).get_template(name).generate(**contents))
            text.encode()  # a lone surrogate is found here, not when the mail is put together
        except Exception as error:  # noqa: BLE001 - a foreign template may raise anything
            return error
        return text if text.strip() else ValueError("it yields nothing")

    def _of(self, language: str) -> ImmutableSandboxedEnvironment:
        """Return where the templates of a language are found, else those for all."""
        if language not in self._own:
            paths = [path for folder in self._folders for path in (folder / language, folder)]
            loader = ChoiceLoader([FileSystemLoader(paths), PackageLoader("watch.notify")])
            self._own[language] = _environment(loader)
        return self._own[language]


def _within(pieces: Iterator[str]) -> str:
    """Return the pieces as one text; raises ValueError, in the template, once they are too many."""
    kept: list[str] = []
    left = _RUNAWAY
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            error = ValueError(f"it yields more than {_RUNAWAY:,} characters")
            # Raised where the template stands, so that its line is known.
            cast("Generator[str]", pieces).throw(error)
        kept.append(piece)
    return "".join(kept)


def own_templates(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder, and of its languages, that replace shipped templates."""
    languages = sorted(path for path in folder.iterdir() if path.is_dir())
    every = (place / name for place in (folder, *languages) for name in TEMPLATES)
    return tuple(path for path in every if path.exists())


def check_template(folder: Path, path: Path) -> Mistake | None:
    """Return what is wrong with one of `own_templates`, tried on samples; None if nothing is.

    To be called in a child that can be killed: a template may have no end.
    """
    templates = Templates(folder)
    language = LANGUAGE if path.parent == folder else path.parent.name
    attempts = (
        templates.attempt(path.name, contents, language) for contents in _samples(path.name)
    )
    error = next((made for made in attempts if isinstance(made, Exception)), None)
    if error is None:
        return None
    return Mistake(path=str(path), line=_line_of(error, path), text=_reason(error))


def _samples(name: str) -> Sequence[Contents | HealthContents]:
    """Return what between them takes every branch of a template."""
    return tuple(_alerts() if name in _OF_ALERTS else _weeks())


def _weeks() -> Iterator[HealthContents]:
    for mail in HEALTH_SAMPLES:
        whole = health_contents(mail)
        yield whole
        yield shortened_health(whole, 1)
        yield shortened_health(whole, 0)


def _alerts() -> Iterator[Contents]:
    for report in SAMPLES:
        whole = contents_of(report, SAMPLE_SUBSCRIPTION, now=SAMPLE_NOW)
        yield whole
        yield shortened(whole, 1, 1)
        yield shortened(whole, 0, 0)


def _environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    """Return where templates run: they see plain values, and what they leave out is an error."""
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"fill": fill, "clip": clip, "counted": counted}
    return environment


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it calls or includes itself without end"
    said = error.message if isinstance(error, TemplateError) else str(error)
    return clip(clean(said or type(error).__name__), _REASON_LENGTH)


def _line_of(error: Exception, path: Path) -> int | None:
    """Return the line of the template that it was at; jinja writes it into the traceback."""
    if isinstance(error, TemplateSyntaxError) and error.filename == str(path):
        return error.lineno
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return next(
        (frame.f_lineno for frame in reversed(frames) if frame.f_code.co_filename == str(path)),
        None,
    )
