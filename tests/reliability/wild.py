"""Feeds gone wild, each made of a seed and a number, so that any of them can be had again.

    python -m tests.reliability.wild 1 4711 > feed

Each begins as one of the feeds of tests/ingest/data/feeds, which are of every dialect and in some
thirty encodings, and is then damaged, by accident or on purpose, up to three times over.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

URL = "https://wire.example.org/news/feed"
LARGEST = 16_000_000
"""No feed of more bytes comes to be read: the web refuses it before."""
_FEEDS = Path(__file__).parents[1] / "ingest" / "data" / "feeds"
_TYPES = (
    *(None, "text/xml", "application/rss+xml", "application/json", "text/html", "text/plain"),
    *("text/xml; charset=utf-8", "text/xml; charset=iso-8859-1", "text/xml; charset=utf-16"),
    *("application/atom+xml; charset=x-none", "image/png", "text/html; charset=windows-1251", ";"),
)
_ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"),
    *("cp1251", "koi8-r", "iso-8859-5", "cp1252", "iso-8859-1", "cp1256", "cp1255", "iso-8859-7"),
    *("euc-kr", "cp949", "iso-2022-kr", "shift_jis", "euc-jp", "iso-2022-jp", "big5", "gb18030"),
    *("hz", "cp874", "cp1258", "mac-cyrillic", "ascii"),
)
_LABELS = (*_ENCODINGS, "x-none", "zlib", "base64", "rot13", "idna", "unicode_escape", "", "?" * 99)
_PIECES = (
    *(
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?",
        b"?>",
        b"<",
        b">",
        b"&",
        b'"',
        b"'",
        b"/",
        b"=",
    ),
    *(
        b"<item>",
        b"</item>",
        b"<entry",
        b"</entry>",
        b"</rss>",
        b"</channel>",
        b"<rss>",
        b"</feed>",
    ),
    *(b"<title>", b"</title>", b"<link/>", b"<content type='xhtml'>", b"<source>", b"<image>"),
    *(b"<textinput>", b"<script>", b"<plaintext>", b"<!DOCTYPE html>", b"<html>", b"<svg>", b"{"),
    *(b"<guid isPermaLink='", b"&#xD800;", b"&#0;", b"&#x110000;", b"&nbsp;", b"&a;", b"}", b"["),
    *(b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1a", b"\r", b"\x1b$B", b"\x0e", b"\\u"),
)
_CONTROLS = (
    *(bytes([code]) for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(mark.encode() for mark in "\x85\xad\u200b\u200e\u2028\u202e\u2066\ufeff\ufffe\uffff"),
    *(b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"),
)
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>].*?</(?:\w+:)?(?:item|entry)\s*>", re.DOTALL)
_TAG = re.compile(rb"<[^<>]*>")
_END_TAG = re.compile(rb"</[^<>]*>")
_LABEL = re.compile(rb"encoding=[\"'][^\"']*[\"']")
_ODD_VALUES: Sequence[Any] = (
    *(None, True, 0, -1, 1e300, "", " ", "\0", "\ud800", [], {}, [[]], "x" * 9_999),
    *({"items": []}, ["https://x.example/"], "javascript:alert(1)", 10**300),
)

Damage = Callable[[Random, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wild:
    """A feed gone wild."""

    name: str
    """What it was made of, and how."""
    body: bytes
    content_type: str | None


def wild_feed(seed: int, number: int) -> Wild:
    """Return the feed of this seed and number; always the same."""
    chance = Random(f"wild {seed} {number}")  # noqa: S311 (no secret)
    base, body = chance.choice(tame())
    names = [base]
    for _ in range(chance.choices((1, 2, 3), (5, 3, 2))[0]):
        damages = _HEAVY if chance.random() < _HEAVY_SHARE else _LIGHT
        name = chance.choice(tuple(damages))
        names.append(name)
        body = damages[name](chance, body)[:LARGEST]
    return Wild(name=", ".join(names), body=body, content_type=chance.choice(_TYPES))


@cache
def tame() -> Sequence[tuple[str, bytes]]:
    """Return the name and the bytes of each feed that they are made of."""
    paths = sorted(path for path in _FEEDS.iterdir() if path.suffix != ".toml")
    return [(path.name, path.read_bytes()) for path in paths]


def _span(chance: Random, body: bytes, most: int = LARGEST) -> tuple[int, int]:
    start = chance.randrange(len(body) + 1)
    return start, min(len(body), start + chance.randrange(1, most + 1))


def _inserted(body: bytes, at: int, piece: bytes) -> bytes:
    return body[:at] + piece + body[at:]


def _somewhere(chance: Random, body: bytes, pieces: Sequence[bytes], most: int) -> bytes:
    for _ in range(chance.randint(1, most)):
        body = _inserted(body, chance.randrange(len(body) + 1), chance.choice(pieces))
    return body


def _size(chance: Random) -> int:
    """Return how often something is there that nobody needs: from some thousands to a million."""
    return int(10 ** chance.uniform(3, 6))


def _in_a_text(chance: Random, body: bytes, piece: bytes) -> bytes:
    """Put a piece right behind one of the tags."""
    ends = [tag.end() for tag in _TAG.finditer(body)]
    return _inserted(body, chance.choice(ends or [len(body)]), piece)


def _truncated(chance: Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _beheaded(chance: Random, body: bytes) -> bytes:
    return body[chance.randrange(len(body) + 1) :]


def _flipped(chance: Random, body: bytes) -> bytes:
    flipped = bytearray(body)
    for _ in range(chance.choice((1, 4, 16, 256)) if body else 0):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _cut_out(chance: Random, body: bytes) -> bytes:
    start, end = _span(chance, body, 2_000)
    return body[:start] + body[end:]


def _spliced(chance: Random, body: bytes) -> bytes:
    _, other = chance.choice(tame())
    if chance.random() < 1 / 2:
        return _truncated(chance, body) + _beheaded(chance, other)
    start, end = _span(chance, other)
    return _inserted(body, chance.randrange(len(body) + 1), other[start:end])


def _repeated(chance: Random, body: bytes) -> bytes:
    start, end = _span(chance, body, 5_000)
    return _inserted(body, end, body[start:end] * chance.choice((1, 2, 20, 200)))


def _nested(chance: Random, body: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        body = _in_a_text(chance, body, body)
    return body


def _relabelled(chance: Random, body: bytes) -> bytes:
    label = chance.choice(_LABELS).encode()
    return _LABEL.sub(b'encoding="' + label + b'"', body, count=1)


def _recoded(chance: Random, body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS), "replace")


def _recoded_in_part(chance: Random, body: bytes) -> bytes:
    start, end = _span(chance, body, 3_000)
    return body[:start] + _recoded(chance, body[start:end]) + body[end:]


def _with_pieces(chance: Random, body: bytes) -> bytes:
    return _somewhere(chance, body, _PIECES, 8)


def _with_controls(chance: Random, body: bytes) -> bytes:
    return _somewhere(chance, body, _CONTROLS, 40)


def _with_noise(chance: Random, body: bytes) -> bytes:
    noise = chance.randbytes(chance.choice((3, 300, 30_000)))
    return _inserted(body, chance.randrange(len(body) + 1), noise)


def _with_open_section(chance: Random, body: bytes) -> bytes:
    return _in_a_text(chance, body, chance.choice((b"<![CDATA[", b"<!--", b"<?x", b"<!ENTITY x '")))


def _without_ends(chance: Random, body: bytes) -> bytes:
    kept = chance.choice((0, 0.5, 0.9))
    return _END_TAG.sub(lambda tag: tag[0] if chance.random() < kept else b"", body)


def _with_tags_mixed_up(chance: Random, body: bytes) -> bytes:
    tags = _TAG.findall(body)
    chance.shuffle(tags)
    left = iter(tags)
    return _TAG.sub(lambda tag: next(left) if chance.random() < 1 / 4 else tag[0], body)


def _in_capitals(_: Random, body: bytes) -> bytes:
    return _TAG.sub(lambda tag: tag[0].upper(), body)


def _escaped(_: Random, body: bytes) -> bytes:
    return body.replace(b"&", b"&amp;").replace(b"<", b"&lt;")


def _without_quotes(_: Random, body: bytes) -> bytes:
    return body.replace(b'"', b"").replace(b"'", b"")


def _in_a_page(chance: Random, body: bytes) -> bytes:
    before, after = chance.choice(
        (
            (b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><pre>", b"</pre>"),
            (b"<html><body><script>var feed = `", b"`</script><p>Moved</p></body></html>"),
            (b"<!-- cached --><html>", b"</html>"),
            (b"<html><head><link rel='alternate' type='application/rss+xml' href='/f'>", b""),
            (b"<?xml version='1.0'?><error><code>AccessDenied</code><!--", b"--></error>"),
            (b"Warning: mysql_connect() in /srv/feed.php on line 3\n", b"\nFatal error"),
        )
    )
    return before + body + after


def _of_wrong_types(chance: Random, body: bytes) -> bytes:
    """Put odd values into JSON; into XML, control characters."""
    with suppress(ValueError):
        feed = json.loads(body.decode("utf-8-sig"))
        for _ in range(chance.randint(1, 9)):
            place = feed
            while isinstance(place, dict | list) and place:
                key = chance.choice([*place] if isinstance(place, dict) else range(len(place)))
                if chance.random() < 1 / 3 or not isinstance(place[key], dict | list):
                    place[key] = chance.choice(_ODD_VALUES)
                    break
                place = place[key]
        return json.dumps(feed).encode()
    return _with_controls(chance, body)


def _huge_attribute(chance: Random, body: bytes) -> bytes:
    value = chance.choice((b"x", b"&amp;", b"\n", b"<", b"\xd0\xb0")) * _size(chance)
    return re.sub(rb"(<\w+)", lambda tag: tag[0] + b' a="' + value + b'"', body, count=1)


def _many_attributes(chance: Random, body: bytes) -> bytes:
    name = chance.choice((b"a%d=''", b"xmlns:a%d='u'", b"a='%d'"))
    many = b" ".join(name % at for at in range(_size(chance) // 10))
    return _in_a_text(chance, body, b"<x " + many + b">")


def _huge_text(chance: Random, body: bytes) -> bytes:
    texts = (
        *(b"long ", b"x", b"\n", b"&lt;", b"&#65;", b"&a;", b"<", b">", b"&", b"]]>", b"a@a."),
        *(b"&lt;div&gt;", b"&lt;!--", b"<b>", b"\xea\xb5\xad", b"\xe2\x80\xae", b"e\xcc\x81", b"'"),
    )
    return _in_a_text(chance, body, chance.choice(texts) * _size(chance))


def _deep(chance: Random, body: bytes) -> bytes:
    name = chance.choice((b"a", b"div", b"item", b"entry", b"title", b"description", b"channel"))
    count = _size(chance) // 4
    end = b"</" + name + b">"
    return _in_a_text(chance, body, (b"<" + name + b">") * count + end * chance.choice((0, count)))


def _of_sections(chance: Random, body: bytes) -> bytes:
    starts = (b"<!--", b"<![CDATA[", b"<script>", b"<?x ", b"<title a='", b"<!DOCTYPE ", b"<style>")
    return _in_a_text(chance, body, chance.choice(starts) * (_size(chance) // 4))


def _bomb(chance: Random, body: bytes) -> bytes:
    depth, width = chance.choice(((10, 10), (2, 3_000), (30, 2), (1, 50_000)))
    levels = chain(
        [b'<!ENTITY e0 "lol">'],
        (b'<!ENTITY e%d "%s">' % (at, b"&e%d;" % (at - 1) * width) for at in range(1, depth + 1)),
        [b"<!ENTITY file SYSTEM 'file:///etc/hostname'><!ENTITY % p SYSTEM '//x.example/'>%p;"],
    )
    kind = b"<!DOCTYPE rss [" + b"".join(levels) + b"]>"
    start = re.match(rb"\s*(?:<\?xml[^<>]*>)?", body)
    at = start.end() if start else 0
    body = _in_a_text(chance, body[at:], b"&e%d;&file;" % depth)
    return (start[0] if start else b"") + kind + body


def _thousands_of_entries(chance: Random, body: bytes) -> bytes:
    entry = _ENTRY.search(body)
    if entry is None:
        return body
    count = min(_size(chance) // 20, LARGEST // 2 // len(entry[0]))
    more = (entry[0].replace(b">", b">%d " % at, 3) for at in range(count))
    return _inserted(body, entry.start(), b"".join(more))


_LIGHT: Mapping[str, Damage] = {
    "truncated": _truncated,
    "beheaded": _beheaded,
    "bits flipped": _flipped,
    "cut out": _cut_out,
    "spliced": _spliced,
    "repeated": _repeated,
    "nested": _nested,
    "relabelled": _relabelled,
    "recoded": _recoded,
    "recoded in part": _recoded_in_part,
    "pieces": _with_pieces,
    "controls": _with_controls,
    "noise": _with_noise,
    "open section": _with_open_section,
    "without ends": _without_ends,
    "tags mixed up": _with_tags_mixed_up,
    "in capitals": _in_capitals,
    "escaped": _escaped,
    "without quotes": _without_quotes,
    "in a page": _in_a_page,
    "wrong types": _of_wrong_types,
}
_HEAVY: Mapping[str, Damage] = {
    "huge attribute": _huge_attribute,
    "many attributes": _many_attributes,
    "huge text": _huge_text,
    "deep": _deep,
    "sections": _of_sections,
    "bomb": _bomb,
    "thousands of entries": _thousands_of_entries,
}
_HEAVY_SHARE = 0.1


if __name__ == "__main__":
    sys.stdout.buffer.write(wild_feed(*map(int, sys.argv[1:3])).body)
