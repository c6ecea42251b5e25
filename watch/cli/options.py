"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("config.toml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", metavar="PATH", help="The configuration.", envvar="WATCHLIST_CONFIG"
    ),
]
