"""What a stage of the soak has measured, as a table."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.table import Table

Line = tuple[str, str, str]
"""What was measured, the figure, and its bound where it has one."""
WIDTH = 100
"""Also in a pipe."""


def table(title: str, lines: Iterable[Line]) -> Table:
    """Return a table of these lines."""
    made = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, title_style="bold", width=WIDTH
    )
    for column in ("what", "measured", "bound"):
        made.add_column(column)
    for line in lines:
        made.add_row(*line)
    return made
