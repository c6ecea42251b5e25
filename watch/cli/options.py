"""Options that several verbs share."""

from enum import Enum, unique
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watch.cli.exits import Exit, refuse

if TYPE_CHECKING:
    from watch.config import Config
    from watch.ingest.rulefiles import RulesFolder

DEFAULT_CONFIG = Path("config.toml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", metavar="PATH", help="The configuration.", envvar="WATCHLIST_CONFIG"
    ),
]


@unique
class LogFormat(Enum):
    """What a line of the log is."""

    TEXT = "text"
    JSON = "json"


LogFormatOption = Annotated[
    LogFormat,
    typer.Option(
        "--log-format", help="text for people, json for machines.", envvar="WATCHLIST_LOG_FORMAT"
    ),
]

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIR", help="A folder of rule files, or one; else as configured."
    ),
]


def rules_folder(rules: Path | None, config: Path) -> "RulesFolder":
    """Return where the rule files lie: as asked for, else as configured, else ./rules."""
    from watch.config import load_config
    from watch.ingest.rulefiles import RulesFolder

    if rules is not None:
        return RulesFolder(path=rules, label=str(rules))
    if config.exists() or config != DEFAULT_CONFIG:
        return load_config(config).rules
    return RulesFolder(path=Path("rules"), label="rules")


def database_in(config: "Config") -> Path:
    """Return where the database of a configuration lies; refuse when nothing has run yet."""
    from watch.app import database_of

    path = database_of(config)
    if not path.exists():
        what = "nothing has run yet: `watchlist run` or `watchlist once` begins"
        refuse(what, Exit.NEEDS_A_PERSON)
    return path
