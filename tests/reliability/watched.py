"""`watchlist run` whose event loop is watched from within.

Its longest stall, in seconds, stands in the file `stall` of its folder when it has ended. Nothing
in the product knows of that: what is watched is laid around it.
"""

import asyncio
import importlib
from pathlib import Path
from typing import Any

STALL = "stall"


def main() -> None:
    """Run a daemon in this folder to its end."""
    # Not at the top: the children of its sandbox load this module as well.
    app = importlib.import_module("watch.app")
    heartbeat = importlib.import_module("tests.heartbeat").heartbeat
    run = app.run

    longest_s = 0.0

    async def watched(config: Any, stopping: asyncio.Event, reloading: asyncio.Event) -> None:
        nonlocal longest_s
        async with heartbeat() as heart:
            await run(config, stopping, reloading)
        longest_s = heart.longest_s

    app.run = watched  # type: ignore[attr-defined]  # a module
    try:
        importlib.import_module("watch.cli.main").main()
    finally:
        Path(STALL).write_text(str(longest_s), "utf-8")


if __name__ == "__main__":
    main()
