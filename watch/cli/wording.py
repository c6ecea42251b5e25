"""How things are said."""

import json
import re

import typer

_ACTS = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON lets stand as it is, and no terminal should get; lone surrogates no encoding takes."""


def counted(number: int, noun: str) -> str:
    """Return a number of things as a person says it: `1 item`, `2 items`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def megabytes(size: int) -> str:
    """Return a size in bytes as a person says it: `1,240.5 MB`."""
    return f"{size / 1e6:,.1f} MB"


def json_text(value: object, *, indent: int | None = 2) -> str:
    """Return JSON that may also be looked at: what acts on a terminal stands there escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def warn(text: str) -> None:
    """Say on standard error what goes wrong, whatever it quotes."""
    from watch.core.cleaning import clean_lines

    typer.echo(clean_lines(text), err=True)
