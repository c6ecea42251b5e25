"""Options that several verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from watch.ingest.rulefiles import RulesFolder

DEFAULT_CONFIG = Path("config.toml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", metavar="PATH", help="The configuration.", envvar="WATCHLIST_CONFIG"
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
