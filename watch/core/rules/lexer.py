"""The text of an expression to its tokens, each with its place."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, unique
from typing import NoReturn

from watch.core.rules.faults import ExpressionError, Fault


@unique
class Kind(Enum):
    """What a token is."""

    WORD = "word"
    PHRASE = "phrase"
    PATTERN = "pattern"
    ITEM = "@"
    TAG = "#"
    FIELD = "title: or text:"
    SOURCE = "source:"
    LANGUAGE = "lang:"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    NOT = "NOT"
    AND = "AND"
    OR = "OR"
    OF = "OF"
    PROXIMITY = "NEAR/8, PRE/8, W/S or W/P"
    ATLEAST = "ATLEAST/3"
    END = "the end"


BEGINS_OPERAND = frozenset(
    (
        *(Kind.WORD, Kind.PHRASE, Kind.PATTERN, Kind.ITEM, Kind.TAG),
        *(Kind.FIELD, Kind.SOURCE, Kind.LANGUAGE, Kind.OPEN),
    )
)
"""The first tokens of operands."""
_ENDS_OPERAND = BEGINS_OPERAND - {Kind.OPEN, Kind.FIELD} | {Kind.CLOSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token and where it stands: offsets in the expression."""

    kind: Kind
    start: int
    end: int
    value: str
    """A phrase without its quotes, an id without its @; otherwise as written."""


# White space, and the marks of direction and the like, which are not there.
_SPACE = r"\s\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_QUOTES = '"“”„‟'
_ESCAPED = frozenset(_QUOTES + "\\")
_FULL_WIDTH = {"（": "(", "）": ")", "，": ",", "、": ","}
_RUN = rf"[^{_SPACE}(){_QUOTES},（），、]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"|[“”„‟](?:[^"“”„‟\\]|\\.)*["“”„‟]'
_TOKEN = re.compile(
    rf"""
    (?P<space>[{_SPACE}]+)
  | (?P<sign>[(),（），、])
  | (?P<phrase>{_QUOTED})
  | (?P<of_document>(?P<which>source|lang)[:：][{_SPACE}]*(?P<value>{_QUOTED}|(?:{_RUN})?))
  | (?P<field>[A-Za-z_]+[:：])
  | (?P<item>@[\w.-]*)
  | (?P<tag>\#(?:{_QUOTED}|[\w.-]*))
  | (?P<negation>!|-(?=[\w@\#{_QUOTES}(]))
  | (?P<run>{_RUN})
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PATTERN = re.compile(rf"(?P<pattern>/(?:[^/\\]|\\.)*/)(?P<rest>(?:{_RUN})?)", re.DOTALL)
# Westlaw's proximity, which would else begin a pattern.
_WESTLAW = re.compile(rf"/(?:[0-9]+|[sSpP])(?![^{_SPACE}(])")
_OPERATORS = (
    (re.compile("AND"), Kind.AND),
    (re.compile("OR"), Kind.OR),
    (re.compile("NOT"), Kind.NOT),
    (re.compile("OF"), Kind.OF),
    (re.compile("(?:NEAR|PRE)/[0-9]+|W/[SP]"), Kind.PROXIMITY),
    (re.compile("ATLEAST/[0-9]+"), Kind.ATLEAST),
)
_FIELDS = ("title", "text", "source", "lang")
# What others call a field, and what it is here.
_FIELDS_MEANT = {
    **dict.fromkeys(("headline", "hlead", "head", "heading", "subject", "hl", "ti"), "title"),
    **dict.fromkeys(("body", "content", "fulltext", "lede", "tx", "bdy"), "text"),
    **dict.fromkeys(("publication", "site", "feed", "pub", "rst"), "source"),
    **dict.fromkeys(("language", "la", "ln"), "lang"),
}


def read_tokens(text: str) -> tuple[list[Token], list[Fault]]:
    """Return the tokens of an expression, the last of them its end, and what is wrong with them.

    Raises ExpressionError at an open quote or pattern: nothing behind it can be told apart.
    """
    lexer = _Lexer(text)
    tokens = list(lexer.tokens())
    tokens.append(Token(kind=Kind.END, start=len(text), end=len(text), value=""))
    return tokens, lexer.faults


def unquoted(written: str) -> tuple[str, list[int]]:
    r"""Return a phrase without its quotes, `\"` and `\\` undone, and where each character stands.

    The places are offsets in what is written; the last is where the phrase ends.
    """
    characters, places = [], []
    at = 1
    while at < len(written) - 1:
        places.append(at)
        if written[at] == "\\" and written[at + 1] in _ESCAPED and at + 2 < len(written):
            at += 1
        characters.append(written[at])
        at += 1
    return "".join(characters), [*places, at]


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []

    def tokens(self) -> Iterator[Token]:
        at, before = 0, Kind.OPEN
        while at < len(self.text):
            if self.text[at] == "/":
                token, at = self._behind_slash(at, before)
            else:
                match = _TOKEN.match(self.text, at)
                if match is None:
                    self._stop(at, "this quote is not closed", f"close it with {self.text[at]}")
                at = match.end()
                if match.lastgroup == "space":
                    continue
                token = self._token(match)
            before = token.kind
            yield token

    def _token(self, match: re.Match[str]) -> Token:
        written, start, end = match[0], match.start(), match.end()
        kind, value = Kind.WORD, written
        match match.lastgroup:
            case "sign":
                kind = self._sign(written, start)
            case "phrase":
                kind, value = Kind.PHRASE, unquoted(written)[0]
            case "of_document":
                kind, value = self._of_document(match)
            case "field":
                kind, value = self._field(written, start)
            case "item":
                kind, value = Kind.ITEM, written[1:]
            case "tag":
                is_quoted = written[1:2] in tuple(_QUOTES)
                kind, value = Kind.TAG, unquoted(written[1:])[0] if is_quoted else written[1:]
            case "run":
                fitting = (kind for operator, kind in _OPERATORS if operator.fullmatch(written))
                kind = next(fitting, Kind.WORD)
        return Token(kind=kind, start=start, end=end, value=value)

    def _behind_slash(self, start: int, before: Kind) -> tuple[Token, int]:
        """Return the pattern that begins here, or another's proximity: `/5`, `/s`."""
        westlaw = _WESTLAW.match(self.text, start)
        if westlaw is not None and before in _ENDS_OPERAND:
            end = westlaw.end()
            return Token(kind=Kind.WORD, start=start, end=end, value=westlaw[0]), end
        match = _PATTERN.match(self.text, start)
        if match is None:
            remedy = r"close it with /; a slash in a pattern is written \/"
            self._stop(start, "this pattern is not closed", remedy)
        rest = match["rest"]
        if re.fullmatch("[a-z]{1,4}", rest):
            text = f"flags stand inside of a pattern, not behind it: {rest}"
            self._add(match.start("rest"), match.end(), text, f"write /(?{rest})...")
        elif rest:
            text, remedy = "the pattern ends here", r"write \/ for a slash in it"
            self._add(match.start("rest") - 1, match.start("rest"), text, remedy)
        end = match.end("pattern")
        return Token(kind=Kind.PATTERN, start=start, end=end, value=match["pattern"]), match.end()

    def _sign(self, sign: str, start: int) -> Kind:
        plain = _FULL_WIDTH.get(sign)
        if plain is not None:
            what = "comma" if plain == "," else "parenthesis"
            self._add(start, start + 1, f"a full-width {what} {sign}", f"write {plain}")
        return {"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA}[plain or sign]

    def _of_document(self, match: re.Match[str]) -> tuple[Kind, str]:
        name = match["which"]
        self._check_field(match[0][: len(name) + 1], match.start(), name.lower())
        value = match["value"]
        if value[:1] in tuple(_QUOTES):
            value = unquoted(value)[0]
        return (Kind.SOURCE if name.lower() == "source" else Kind.LANGUAGE), value

    def _field(self, written: str, start: int) -> tuple[Kind, str]:
        name = written[:-1].lower()
        near = [name] if name in _FIELDS else difflib.get_close_matches(name, _FIELDS, n=1)
        meant = _FIELDS_MEANT.get(name) or (near[0] if near else None)
        self._check_field(written, start, meant)
        return Kind.FIELD, "title" if meant == "title" else "text"

    def _check_field(self, written: str, start: int, meant: str | None) -> None:
        if written == f"{meant}:":
            return
        name = written[:-1]
        if name == meant:
            text, remedy = f"a full-width colon {written[-1]}", f"write {meant}:"
        elif meant is None:
            text = f"unknown field {name}:"
            remedy = (
                'there are title:, text:, source:, lang:; what holds a colon needs quotes: "a:b"'
            )
        elif name.lower() == meant:
            text, remedy = "fields are written in small letters", f"write {meant}:"
        else:
            text, remedy = f"unknown field {name}:", f"write {meant}:"
        self._add(start, start + len(written), text, remedy)

    def _add(self, start: int, end: int, text: str, remedy: str) -> None:
        self.faults.append(Fault(start=start, end=end, text=text, remedy=remedy))

    def _stop(self, start: int, text: str, remedy: str) -> NoReturn:
        self._add(start, start + 1, text, remedy)
        raise ExpressionError(self.faults)
