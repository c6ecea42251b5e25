"""The files handed out to begin with."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def starter_file(name: str) -> Traversable:
    """Return a file of the starter set, `rules/korea.toml` for one.

    In a checkout they lie at its top; an installed package carries them within.
    """
    checkout = Path(__file__).parents[2]
    is_checkout = (checkout / "config.example.toml").is_file()
    root = checkout if is_checkout else files("watch.cli") / "starter"
    return root.joinpath(*name.split("/"))


def sample_file(name: str) -> Traversable:
    """Return a file or folder of the samples that `watchlist demo` watches."""
    return (files("watch.cli") / "sample").joinpath(*name.split("/"))
