from datetime import timedelta
from pathlib import Path

import pytest

from watch.errors import NotReadableError, SourceError
from watch.ingest.feed import Feed
from watch.ingest.feedlist import FeedListFile, load_list

EACH = Feed(name="my feeds", url="", every=timedelta(minutes=5), language="ru", backfill=True)


def a_list(tmp_path: Path, *feeds: tuple[str, str]) -> FeedListFile:
    """Return a list of feeds, each a title and an address."""
    outlines = "".join(f'<outline type="rss" text="{t}" xmlUrl="{url}"/>' for t, url in feeds)
    (tmp_path / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>", "utf-8")
    return FeedListFile(path=tmp_path / "feeds.opml", each=EACH)


def _urls(feeds: dict[str, Feed]) -> dict[str, str]:
    assert all(name == feed.name for name, feed in feeds.items())
    return {name: feed.url for name, feed in feeds.items()}


def test_each_feed_goes_by_its_title_and_has_what_is_set_for_all(tmp_path: Path) -> None:
    file = a_list(tmp_path, ("조선 소식", "https://a.org/1"), ("Wire", "http://b.org/2"))
    feeds = load_list(file, {})
    assert _urls(feeds) == {"조선 소식": "https://a.org/1", "Wire": "http://b.org/2"}
    wire = feeds["Wire"]
    assert (wire.every, wire.language, wire.backfill) == (timedelta(minutes=5), "ru", True)


def test_where_titles_tell_nothing_apart_the_address_does(tmp_path: Path) -> None:
    listed = [
        ("News", "https://a.org/rss?token=secret"),
        ("", "https://b.org/rss"),
        ("News", "https://user:secret@c.org/rss"),
        ("News", "https://a.org/rss?token=other"),
        ("inbox", "https://d.org/rss"),
    ]
    own = {"inbox": Feed(name="inbox", url="https://e.org/rss")}
    names = set(load_list(a_list(tmp_path, *listed), own))
    assert names == {
        "News (a.org/rss)",
        "b.org/rss",
        "News (c.org/rss)",
        "News (a.org/rss) 2",
        "inbox 2",
    }
    assert set(load_list(a_list(tmp_path, *listed[::-1]), own)) == names


def test_an_address_is_read_once(tmp_path: Path) -> None:
    file = a_list(tmp_path, ("A", "https://a.org"), ("B", "https://b.org"), ("C", "https://a.org"))
    known = {"mine": Feed(name="mine", url="https://b.org")}
    assert _urls(load_list(file, known)) == {"A": "https://a.org"}


@pytest.mark.parametrize("text", ["", "<opml><body>", "<html></html>", "feeds"])
def test_what_is_no_list_is_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    file = a_list(tmp_path)
    file.path.write_text(text)
    with pytest.raises(NotReadableError, match=r"^feeds\.opml: "):
        load_list(file, {})
    file.path.unlink()
    with pytest.raises(SourceError, match=r"^feeds\.opml cannot be read: No such file"):
        load_list(file, {})


def test_a_login_in_an_address_becomes_a_header_and_is_not_kept_in_it(tmp_path: Path) -> None:
    file = a_list(
        tmp_path, ("Wire", "https://me:secret@a.org/1"), ("Twice", "https://you:x@a.org/1")
    )
    (feed,) = load_list(file, {}).values()
    assert feed.url == "https://a.org/1"
    assert feed.headers == (("Authorization", "Basic bWU6c2VjcmV0"),)
    assert "bWU6" not in repr(feed)
