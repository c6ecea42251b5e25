"""The page that an entry of a feed links to: the article on it, and what is kept of both.

    entry ─ is_short? ─► page ─ parse_article, in the Sandbox ─► Article ─ choose ─► text

teasers.py     entries that are not the whole of it
page.py        bytes ─► Article, whole or flagged
main_text.py   the text among all that stands around it
page_tree.py   a page as its reader sees it
walls.py       pages that show no article: logins, consents, shells
choice.py      entry and article ─► the text that is kept
"""

from watch.ingest.article.choice import choose
from watch.ingest.article.page import Article, parse_article
from watch.ingest.article.teasers import is_short

__all__ = ["Article", "choose", "is_short", "parse_article"]
