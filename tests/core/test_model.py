from dataclasses import replace

from tests.builders import a_document
from watch.core.model import Field, Mention, Place, Severity


def test_the_same_content_has_the_same_digest_wherever_it_lies() -> None:
    document = a_document("text", title="title", url="https://example.org")
    assert document.digest == replace(document, key="other", source="other").digest
    for changed in ({"title": "Title"}, {"text": "text "}, {"url": None}):
        assert replace(document, **changed).digest != document.digest
    assert a_document("ab", title="c").digest != a_document("b", title="ca").digest
    assert a_document("\ud800").digest, "a lone surrogate does no harm"


def test_a_mention_counts_in_its_field() -> None:
    document = a_document("the text", title="the title")
    mention = Mention(item="i", field=Field.TITLE, start=4, end=9, term="t")
    assert mention.text_in(document) == "title"
    assert mention._replace(field=Field.TEXT, end=8).text_in(document) == "text"


def test_severities_are_ordered_and_have_words() -> None:
    assert [one.word for one in sorted(Severity)] == ["low", "normal", "high"]


def test_a_place_reads_as_file_and_line() -> None:
    assert str(Place(path="rules/korea.toml", line=24)) == "rules/korea.toml:24"
