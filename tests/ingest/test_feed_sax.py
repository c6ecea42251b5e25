import xml.sax
from xml.sax.handler import ContentHandler

import feedparser
import pytest

from watch.ingest.feed import sax
from watch.ingest.feed.xmlfeed import parse_xml


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
    parser = sax.create_parser()
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
    assert chosen == [sax.__name__]
