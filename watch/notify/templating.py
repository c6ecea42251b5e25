"""Templates: the shipped ones, and those of a folder that replace them."""

from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb

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
from watch.notify.notice import NoticeContents
from watch.notify.sample import SAMPLE_NOW, SAMPLE_SUBSCRIPTION, SAMPLES
from watch.notify.setting import counted, fill

SUBJECT = "subject.j2"
TEMPLATES = (SUBJECT, "alert.txt.j2", "alert.html.j2", "digest.txt.j2", "digest.html.j2")
"""The templates that a folder may replace, by file name."""
LANGUAGE = "en"
"""What the shipped templates are written in; others lie in subfolders named by their codes."""

_RUNAWAY = 1_000_000
"""A template that yields more than this is broken."""
_REASON_LENGTH = 120


class Templates:
    """The shipped templates, or those of a folder where it has them."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._shipped = _environment(PackageLoader("watch.notify"))
        self._own: dict[str, ImmutableSandboxedEnvironment] = {}

    def render(self, name: str, contents: Contents, language: str) -> tuple[str, str | None]:
        """Return what the template makes of it; with a complaint when the shipped one stood in."""
        made = self.attempt(name, contents, language)
        if isinstance(made, str):
            return made, None
        complaint = f"the template {name} failed, the shipped one was used: {_reason(made)}"
        return self._shipped.get_template(name).render(**contents), complaint

    def render_shipped(self, name: str, contents: NoticeContents) -> str:
        """Return what a template makes of it that no folder replaces."""
        return self._shipped.get_template(name).render(**contents)

    def attempt(self, name: str, contents: Contents, language: str) -> str | Exception:
        """Return what the template makes of it, or why it makes nothing fit to send."""
        try:
            text = self._of(language).get_template(name).render(**contents)
            text.encode()  # a lone surrogate is found here, not when the mail is put together
        except Exception as error:  # noqa: BLE001 - a foreign template may raise anything
            return error
        if len(text) > _RUNAWAY:
            return ValueError(f"it yields more than {_RUNAWAY:,} characters")
        return text if text.strip() else ValueError("it yields nothing")

    def _of(self, language: str) -> ImmutableSandboxedEnvironment:
        """Return where the templates of a language are found, else those for all."""
        if self._folder is None:
            return self._shipped
        if language not in self._own:
            own = FileSystemLoader([self._folder / language, self._folder])
            self._own[language] = _environment(ChoiceLoader([own, PackageLoader("watch.notify")]))
        return self._own[language]


def check_templates(folder: Path | None) -> tuple[Mistake, ...]:
    """Return what is wrong with the templates of a folder, each tried on samples."""
    if folder is None:
        return ()
    if not folder.is_dir():
        return (
            Mistake(
                path=str(folder),
                text="no such folder",
                remedy="create it, or leave `templates` out",
            ),
        )
    templates = Templates(folder)
    languages = sorted(path.name for path in folder.iterdir() if path.is_dir())
    own = [(name, LANGUAGE, folder / name) for name in TEMPLATES]
    own += [(name, code, folder / code / name) for code in languages for name in TEMPLATES]
    mistakes = []
    for name, language, path in own:
        if not path.exists():
            continue
        attempts = (templates.attempt(name, contents, language) for contents in _samples())
        error = next((made for made in attempts if isinstance(made, Exception)), None)
        if error is not None:
            line = _line_of(error, path)
            mistakes.append(Mistake(path=str(path), line=line, text=_reason(error)))
    return tuple(mistakes)


def _samples() -> Iterator[Contents]:
    """Yield what between them takes every branch of a template."""
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
