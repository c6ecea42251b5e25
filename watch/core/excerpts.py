"""The passages of a text that show its mentions best.

A text may be a book and have no spaces: only the neighbourhood of a cut is ever looked at.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import regex

_SPACES = re.compile(r"\s+")
_INK = re.compile(r"\S")
_CLUSTER = regex.compile(r"\X")
_CLOSERS = r"""["'”’»)\]」』）】]*"""

_BREAKS = (
    # A line, or a sentence; after a word of at most three letters a full stop abbreviates.
    regex.compile(
        rf"""\s*\n\s*
        | (?: (?<!\b\p{{L}}{{1,3}})\. | [[\p{{STerm}}…]--[.]] ) {_CLOSERS} \s+
        | [。！？｡] {_CLOSERS} \s*""",
        regex.VERBOSE | regex.VERSION1,
    ),
    regex.compile(r"\s+"),
    # What Unicode takes for the edge of a word (UAX 29); in Han and Thai, nearly every character.
    regex.compile(r"\b", regex.WORD),
    _CLUSTER,
)
"""Where a passage may begin or end, best first."""

_CONSIDERED = 1_000
"""How many mentions are looked at: the excerpts of a book come from its beginning, but at once."""

_NEAR = 32
"""How many characters on either side tell where a grapheme cluster ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of an excerpt's text, all of it marked or none."""

    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A passage on one line: its white space is folded, its mentions are the marked pieces."""

    pieces: tuple[Piece, ...]
    has_before: bool
    """True if the text begins earlier."""
    has_after: bool
    """True if the text goes on."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the text, from `start` up to `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mark(_Stretch):
    """A stretch to mark; equal words are the same mention said again."""

    word: str


def excerpts(
    text: str, spans: Sequence[tuple[int, int]], *, width: int = 240, most: int = 3
) -> tuple[Excerpt, ...]:
    """Return up to `most` passages of about `width` characters round the spans, best first.

    The best one shows the most different mentions that none before it shows, then the most
    mentions, then comes first. Passages do not overlap. They begin and end with a sentence or a
    line where one is near, else between words, and never inside a grapheme cluster. Spans that
    overlap or touch are marked as one; of more than `width` characters, only so many. Of more than
    a thousand spans the first thousand count.
    """
    marks = _marks(text, spans, width)
    rooms = [_Stretch(0, len(text))]
    shown: frozenset[str] = frozenset()
    chosen: list[Excerpt] = []
    while len(chosen) < most:
        ranked = [
            (worth, group, room)
            for room in rooms
            for worth, group in _groups(_inside(marks, room), width * 2 // 3, shown)
        ]
        if not ranked:
            break
        _, group, room = max(ranked, key=lambda one: one[0])
        window = _window(text, group, room, marks, width)
        inside = _inside(marks, window)
        chosen.append(_excerpt(text, window, inside))
        shown |= {mark.word for mark in inside}
        rooms.remove(room)
        rooms += [_Stretch(room.start, window.start), _Stretch(window.end, room.end)]
    return tuple(chosen)


def _marks(text: str, spans: Sequence[tuple[int, int]], width: int) -> list[_Mark]:
    """Return the spans in order, merged where they meet, cut where they are too long."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1])[:_CONSIDERED]:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    marks = []
    for start, whole in merged:
        end = _nearest(text, range(start + 1, whole + 1), start + width, width // 8)
        marks.append(_Mark(start, end, _folded(text[start:end]).casefold()))
    return marks


def _inside(marks: Sequence[_Mark], stretch: _Stretch) -> list[_Mark]:
    """Return the marks that lie in the stretch from end to end."""
    return [mark for mark in marks if stretch.start <= mark.start and mark.end <= stretch.end]


def _groups(
    marks: Sequence[_Mark], reach: int, shown: frozenset[str]
) -> list[tuple[tuple[int, int, int], _Stretch]]:
    """Return, for each mark, what it is worth to begin with it and where the last in reach ends."""
    groups = []
    fresh: Counter[str] = Counter()
    after = 0
    for first, mark in enumerate(marks):
        while after < len(marks) and (after == first or marks[after].end - mark.start <= reach):
            if marks[after].word not in shown:
                fresh[marks[after].word] += 1
            after += 1
        worth = (len(fresh), after - first, -mark.start)
        groups.append((worth, _Stretch(mark.start, marks[after - 1].end)))
        fresh[mark.word] -= 1
        # Drop what is no longer inside, and the debt of a word that was shown before.
        if fresh[mark.word] <= 0:
            del fresh[mark.word]
    return groups


def _window(
    text: str, group: _Stretch, room: _Stretch, marks: Sequence[_Mark], width: int
) -> _Stretch:
    """Return the group with as much before as after it, as far as the room allows."""
    spare = max(0, width - (group.end - group.start))
    ideal = max(room.start, min(group.start - spare // 2, room.end - width))
    before, after = range(room.start, group.start + 1), range(group.end, room.end + 1)
    start = _nearest(text, before, ideal, width // 4, starts=True)
    end = _nearest(text, after, start + width, width // 4)
    for mark in marks:
        if mark.start < start < mark.end:
            start = mark.end
        if mark.start < end < mark.end:
            end = mark.start
    return _Stretch(start, end)


def _nearest(text: str, limits: range, ideal: int, reach: int, *, starts: bool = False) -> int:
    """Return the best place within limits, and in reach of `ideal`, to end a passage or start one.

    Only in the midst of a cluster of more than `_NEAR` characters is there none but the ideal.
    """
    ideal = min(max(ideal, limits[0]), limits[-1])
    edge = limits[0] if starts else limits[-1]
    if abs(edge - ideal) <= reach // 2:
        return edge
    # To begin with the mention's own sentence is worth more than words from the one before it.
    last = limits[-1] if starts else min(limits[-1], ideal + reach)
    near = range(max(limits[0], ideal - reach), last + 1)
    for pattern in _BREAKS:
        found = pattern.finditer(text, max(0, near.start - _NEAR), near.stop + _NEAR)
        places: set[int] = {
            match.end() if starts else match.start() + len(match.group().rstrip())
            for match in found
        }
        for place in sorted(places, key=lambda place: (abs(place - ideal), place)):
            if place in near and _is_between_clusters(text, place):
                return place
    return ideal


def _is_between_clusters(text: str, place: int) -> bool:
    around = _CLUSTER.finditer(text, max(0, place - _NEAR), place + _NEAR)
    return place == 0 or any(match.end() == place for match in around)


def _excerpt(text: str, window: _Stretch, marks: Sequence[_Mark]) -> Excerpt:
    """Return the window on one line, its marks as pieces of their own."""
    pieces: list[Piece] = []
    done = window.start
    for mark in marks:
        _add(pieces, text[done : mark.start], is_marked=False)
        _add(pieces, text[mark.start : mark.end], is_marked=True)
        done = mark.end
    _add(pieces, text[done : window.end].rstrip(), is_marked=False)
    return Excerpt(
        pieces=tuple(pieces),
        has_before=_INK.search(text, 0, window.start) is not None,
        has_after=_INK.search(text, window.end) is not None,
    )


def _add(pieces: list[Piece], raw: str, *, is_marked: bool) -> None:
    """Append the run, its white space folded also across the edge to the piece before it."""
    text = _folded(raw)
    if not pieces or pieces[-1].text.endswith(" "):
        text = text.removeprefix(" ")
    if text:
        pieces.append(Piece(text=text, is_marked=is_marked))


def _folded(text: str) -> str:
    return _SPACES.sub(" ", text)
