from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watch.ingest.feed import Entry, Feed, ParsedFeed, document_of, parse_feed
from watch.ingest.feed.entries import (
    KEY_LENGTH,
    MOST_ENTRIES,
    MOST_LINES,
    followable,
    headline,
    newest,
    whole_text,
)

URL = "https://host.example/feeds/all.xml"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def parse(items: str, *, url: str = URL) -> ParsedFeed:
    body = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"
    return parse_feed(body.encode(), url=url, content_type=None)


def entry(number: int, published: datetime | None = None) -> Entry:
    return Entry(
        key=str(number),
        title=f"Entry {number}",
        text="",
        url=None,
        published=published,
        language=None,
    )


ITEMS = (
    "<item><guid>one</guid><title>One</title></item>",
    "<item><link>/two</link><title>Two</title></item>",
    "<item><title>Three</title><description>words</description></item>",
    "<item><title>Four</title><description>other words</description></item>",
    "<item><description>No more than this.</description></item>",
)


def test_keys_stay_the_same_whatever_else_stands_in_the_feed_and_wherever_it_moves() -> None:
    first = {found.title: found.key for found in parse("".join(ITEMS)).entries}
    assert len(set(first.values())) == len(ITEMS)
    random = Random(1)  # noqa: S311 (a test)
    for _ in range(20):
        items = [*ITEMS, *(f"<item><title>new {n}</title></item>" for n in range(3))]
        random.shuffle(items)
        moved = parse("".join(items), url=f"https://moved.example/{random.random()}/feed")
        assert first.items() <= {found.title: found.key for found in moved.entries}.items()


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (" https://x.example/a ", "https://x.example/a"),
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("/a b", "https://host.example/a%20b"),
        ("See HTTPS://x.example/a", "https://x.example/a"),
        ("<br /><b>Notice</b>: x<br />https://x.example/a", "https://x.example/a"),
        ("<b>x</b> of http://y.example/ <br>https://x.example/a", "https://x.example/a"),
        ("https://x.example/a<b>x</b> of http://y.example/", "https://x.example/a"),
        ("<a href='https://x.example/a'>read</a>", "https://x.example/a"),
        ("<br /><b>Notice</b>: x<br />/a", None),
        ("< https://x.example/a", "https://x.example/a"),
    ],
)
def test_an_address_is_found_among_what_stands_around_it(written: str, url: str | None) -> None:
    (found,) = parse(f"<item><title>T</title><link>{escape(written)}</link></item>").entries
    assert found.url == url


def test_an_id_that_holds_an_address_stays_as_it_is() -> None:
    items = "<item><guid isPermaLink='false'>41 at https://x.example</guid></item>"
    assert parse(items).entries[0].key == "41 at https://x.example"


def test_a_key_of_any_length_is_kept_or_hashed_to_one_that_is_as_steady() -> None:
    short, long = "k" * KEY_LENGTH, "k" * (KEY_LENGTH + 1)
    feed = "".join(f"<item><guid>{key}</guid></item>" for key in (short, long, long + "x"))
    first, second, third = (found.key for found in parse(feed).entries)
    assert first == short
    assert len(second) == len(third) == 64
    assert len({first, second, third}) == 3
    assert [found.key for found in parse(feed).entries] == [first, second, third]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], ""),
        (["", ""], ""),
        (["one"], "one"),
        (["one", "one"], "one"),
        (["It left.", "It left.\n\nIt came back."], "It left.\n\nIt came back."),
        (["It left. It came […]", "It left.\n\nIt came back."], "It left.\n\nIt came back."),
        (["A lead.\n\nIt left.", "It left.\nIt came back."], "A lead.\n\nIt left.\nIt came back."),
        (["It left.\nIt came back.", "A caption."], "It left.\nIt came back.\n\nA caption."),
        (["It left at nine.", "A caption.", "A caption…"], "It left at nine.\n\nA caption."),
        (["…", "words"], "words"),
        (["북한이 미사일을", "북한이 미사일을 쐈다."], "북한이 미사일을 쐈다."),
    ],
)
def test_what_the_longest_part_does_not_say_is_kept_where_it_stands(
    parts: list[str], text: str
) -> None:
    assert whole_text(parts) == text


@example(["b", "aaa", "a b"])
@example(["a a", "a\n\na"])
@given(st.lists(st.text(st.sampled_from("ab \n.가"), max_size=12), max_size=6))
def test_no_word_of_any_part_is_lost(parts: list[str]) -> None:
    # A summary runs paragraphs together, and has said what they say.
    words = whole_text(parts).replace("\n\n", " ").replace("\n", " ")
    for part in parts:
        for line in part.split("\n"):
            assert line.strip(" .") in words


def test_a_part_of_very_many_lines_is_added_as_it_is() -> None:
    lines = "\n".join("x" for _ in range(MOST_LINES + 1))
    assert whole_text([lines, "y" * 500]) == f"{lines}\n\n{'y' * 500}"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("Q&A; more", "Q&A; more"),
        ("<b>One</b> two", "One two"),
        ("&lt;b&gt;One&lt;/b&gt; two", "One two"),
        ("&lt;b&gt; in HTML", "<b> in HTML"),
        ("영화 <기생충> 개봉", "영화 <기생충> 개봉"),
        ("<NAME> says", "<NAME> says"),
        (" a\n b ", "a b"),
    ],
)
def test_a_headline_is_read_as_it_is_meant(written: str, title: str) -> None:
    assert headline(written) == title


@pytest.mark.parametrize(
    ("link", "base", "address"),
    [
        ("", URL, None),
        ("a b", URL, "https://host.example/feeds/a%20b"),
        ("/a", "", None),
        ("https://[x", URL, None),
        ("HTTPS://x.example/", "", "https://x.example/"),
        ("file:///etc/passwd", URL, None),
    ],
)
def test_a_link_is_followed_only_where_a_browser_would(
    link: str, base: str, address: str | None
) -> None:
    assert followable(link, base) == address


@pytest.mark.parametrize(
    ("days", "first"),
    [((None, None), 0), ((2, 1), 0), ((1, 1), 0), ((1, 2), 5), ((None, 1), 0)],
)
def test_of_too_many_entries_the_newest_are_kept_at_whichever_end_they_are(
    days: tuple[int | None, int | None], first: int
) -> None:
    dates = [None if day is None else NOW + timedelta(days=day) for day in days]
    entries = [entry(number) for number in range(MOST_ENTRIES + 5)]
    entries[0] = replace(entries[0], published=dates[0])
    entries[-1] = replace(entries[-1], published=dates[1])
    assert newest(entries) == entries[first : first + MOST_ENTRIES]


@pytest.mark.parametrize("is_broken", [False, True])
@pytest.mark.parametrize("many", [MOST_ENTRIES, MOST_ENTRIES + 1, 2 * MOST_ENTRIES + 7])
def test_how_many_entries_were_left_out_is_told(many: int, is_broken: bool) -> None:  # noqa: FBT001 (a parameter)
    items = "".join(f"<item><guid>{number}</guid></item>" for number in range(many))
    feed = parse(items + "&" * is_broken)
    assert [found.key for found in feed.entries] == [str(n) for n in range(MOST_ENTRIES)]
    assert feed.left_out == many - MOST_ENTRIES


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_feed_that_grows_at_its_end_loses_its_oldest_entries(is_broken: bool) -> None:  # noqa: FBT001 (a parameter)
    many = 2 * MOST_ENTRIES + 7
    items = "".join(
        f"<item><guid>{number}</guid><pubDate>{NOW + timedelta(minutes=number)}</pubDate></item>"
        for number in range(many)
    )
    feed = parse(items + "&" * is_broken)
    assert [found.key for found in feed.entries] == [str(n) for n in range(many)][-MOST_ENTRIES:]
    assert feed.left_out == many - MOST_ENTRIES


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=1), timedelta(days=36_500)])
def test_no_document_is_from_the_future(ahead: timedelta) -> None:
    feed = Feed(name="wire", url=URL)
    assert document_of(feed, entry(1, NOW + ahead), seen=NOW).published == NOW
    assert document_of(feed, entry(1, NOW - ahead), seen=NOW).published == NOW - ahead
    assert document_of(feed, entry(1), seen=NOW).published is None
