"""What is kept of an entry and of the page that it links to."""

import re

from watch.ingest.article.page import Article
from watch.ingest.article.teasers import without_ending

MAX_PARAGRAPHS = 50
"""An entry with more is looked for in the article as a whole: a teaser has few."""
MAX_COMPARED = 1_000_000
"""How long an entry and its article may be together to be compared, in characters: 0.1 s."""

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?:…。．！？।۔؟”\"’»」』)\]])\n")


def choose(entry_text: str, article: Article) -> tuple[str, bool]:
    """Return the text that is kept of an entry and its page, and whether parts may be missing.

    Nothing that the feed said is lost: paragraphs of the entry that do not stand in the article,
    word for word, go before it. A page that has less than half as much to say as the feed, and
    something else, is hardly the article.
    """
    lead = _not_told(entry_text, article.text)
    is_less = bool(lead) and len(article.text) < len(entry_text) / 2
    return "\n\n".join((*lead, article.text)), article.is_degraded or is_less


def _not_told(entry_text: str, article_text: str) -> list[str]:
    """Return the paragraphs of an entry that do not stand in the article."""
    if len(entry_text) + len(article_text) > MAX_COMPARED:
        return [entry_text]
    paragraphs = _PARAGRAPH_END.split(entry_text)
    if len(paragraphs) > MAX_PARAGRAPHS:
        paragraphs = [entry_text]
    told = _run_on(article_text)
    return [part for part in paragraphs if not _is_told(part, told)]


def _is_told(paragraph: str, told: str) -> bool:
    whole = without_ending(paragraph)
    words = _run_on(whole)
    start = told.find(words)
    end = start + len(words)
    # "Iran" is not told by "Iranian", but a teaser may be cut within a word.
    begins = not told[start - 1 : start + 1].isalnum() or start == 0
    ends = not told[end - 1 : end + 1].isalnum() or end == len(told) or whole != paragraph.rstrip()
    return start >= 0 and ((begins and ends) or not words)


def _run_on(text: str) -> str:
    """Return a text with single spaces for its white space, but for a break within a sentence."""
    paragraphs = map(str.split, _PARAGRAPH_END.split(text))
    return _SENTENCE_END.sub(" ", "\n".join(map(" ".join, paragraphs)))
