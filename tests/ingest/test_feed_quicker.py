import copy
import subprocess
import sys
import xml.sax
from pathlib import Path
from xml.sax.handler import ContentHandler

import feedparser
import pytest

from watch.ingest.feed import quicker
from watch.ingest.feed.xmlfeed import parse_xml

FEEDS = Path(__file__).parent / "data" / "feeds"
APPLY = "from watch.ingest.feed import quicker; quicker.apply()\n"
TELL = """
import io, sys
from pathlib import Path
import feedparser

for path in sorted(Path(sys.argv[1]).iterdir()):
    xml = io.BytesIO(path.read_bytes())
    try:
        read = feedparser.parse(xml, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        print(path.name, repr(error))
        continue
    entries = [dict(one) for one in read.entries]
    print(path.name, read.get("version"), repr((dict(read.feed), entries)))
"""


class Pieces(ContentHandler):
    """Keeps the texts as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def characters(self, content: str) -> None:
        self.pieces.append(content)


def pieces(xml_text: str) -> list[str]:
    """Return the pieces in which a text comes."""
    handler = Pieces()
    parser = quicker.create_parser()
    parser.setContentHandler(handler)
    parser.feed(xml_text)
    parser.close()
    return handler.pieces


def test_a_text_of_lines_and_references_comes_in_one_piece() -> None:
    assert pieces("<a>&lt;p&gt;Tests\nof an ICBM &amp; more\n<![CDATA[<b>]]></a>") == [
        "<p>Tests\nof an ICBM & more\n<b>"
    ]


def test_texts_on_either_side_of_a_tag_stay_apart() -> None:
    assert pieces("<a>one<b>two</b>three</a>") == ["one", "two", "three"]


def test_xml_that_is_not_sound_is_refused_as_ever() -> None:
    with pytest.raises(xml.sax.SAXParseException):
        pieces("<a><b></a>")


def test_feedparser_reads_with_it() -> None:
    assert parse_xml("<rss version='2.0'><channel/></rss>", url="") is not None
    chosen = feedparser.api.PREFERRED_XML_PARSERS
    assert chosen == [quicker.__name__]


def test_what_feedparser_tells_is_what_it_tells_by_itself() -> None:
    by_itself = subprocess.run(
        [sys.executable, "-c", TELL, FEEDS], capture_output=True, text=True, check=True
    )
    with_it = subprocess.run(
        [sys.executable, "-c", f"{APPLY}{TELL}", FEEDS], capture_output=True, text=True, check=True
    )
    told = by_itself.stdout.splitlines()
    assert len(told) > 100
    assert with_it.stdout.splitlines() == told


def test_what_it_notes_of_a_text_is_each_texts_own() -> None:
    noted = feedparser.util.FeedParserDict(type="text/html", language="en")
    copied = copy.deepcopy(noted)
    copied["value"] = "A text"
    assert noted == {"type": "text/html", "language": "en"}
    assert copied == {"type": "text/html", "language": "en", "value": "A text"}
