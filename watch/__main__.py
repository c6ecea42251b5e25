"""The command `watchlist`, also as `python -m watch`."""

import importlib


def main() -> None:
    """Run the command line."""
    # The children of the sandbox load this module as well, and need no command line: 0.1 s each.
    importlib.import_module("watch.cli.main").main()


if __name__ == "__main__":
    main()
