"""The command `watchlist`, also as `python -m watch`."""

from watch.cli.main import main

if __name__ == "__main__":
    main()
