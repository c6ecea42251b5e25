"""What is foreign is shown, never obeyed: text without the characters that act."""

import re

import regex

_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
"""What `str.splitlines` breaks at, and the tab: each is a break between words."""

_DROPPED = (
    *range(0x20),
    *range(0x7F, 0xA0),
    # Bidirectional embeddings, overrides and isolates. The plain marks (LRM, RLM, ALM) stay:
    # Arabic and Hebrew need them, and they reach no further than their neighbours.
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    # Lone surrogates: no encoding takes them.
    *range(0xD800, 0xE000),
)

_TABLE: dict[int, str | None] = dict.fromkeys(_DROPPED) | {ord(c): " " for c in _BREAKS}

_LINES_TABLE = (
    dict.fromkeys(_DROPPED, "\ufffd") | {ord(c): " " for c in _BREAKS} | {ord(c): c for c in "\n\t"}
)

_LOGIN = re.compile(r"://[^/?#]*@")
_SECRET_KEY = re.compile(
    r"([?&;][^=&;#]*(?:key|token|auth|secret|sig|pass|pwd|session|credential|hash)[^=&;#]*=)"
    r"[^&;#]+",
    re.IGNORECASE,
)

_SPACES = re.compile(r"\s+")
_CLUSTER = regex.compile(r"\X")


def clean(text: str) -> str:
    r"""Return it as one line that can only be read: fit for a header, a log, a terminal, a mail.

    Line and paragraph separators become spaces, and runs of white space one space; C0 and C1
    controls, bidirectional overrides and isolates, and lone surrogates go. A space at either end
    stays, so that the pieces of a text can be cleaned one by one: `clean(title).strip()`.
    It says nothing about markup: `<b>` is text, and escaping it is the business of its reader.
    """
    return _SPACES.sub(" ", text.translate(_TABLE))


def clean_lines(text: str) -> str:
    """Return it with its lines, tabs and indentation, and what acts shown as a replacement mark.

    Each character stays in its place, so that a caret below a line points where it did. For what is
    laid out: a mistake with its line, the text of a mail.
    """
    return text.translate(_LINES_TABLE)


def masked(url: str) -> str:
    """Return an address without what may be a secret in it: its login, the keys of its query.

    The name of a key is all there is to go by: `?token=...` and its like are hidden, others stay.
    """
    without = _LOGIN.sub("://", url)
    return _SECRET_KEY.sub(r"\1***", without)


def clip(text: str, most: int) -> str:
    """Return at most `most` characters, cut between graphemes, the cut shown by an ellipsis."""
    if len(text) <= most:
        return text
    # The last cluster before `most` makes room for the ellipsis; it may itself be cut there.
    last = max(cluster.start() for cluster in _CLUSTER.finditer(text, 0, most))
    return text[:last].rstrip() + "…"
