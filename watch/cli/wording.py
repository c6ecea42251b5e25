"""How things are said."""


def counted(number: int, noun: str) -> str:
    """Return a number of things as a person says it: `1 item`, `2 items`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
