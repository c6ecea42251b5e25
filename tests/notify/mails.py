"""Mails as a mail program reads them."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

from tests.notify.cases import Case

STRICT = default.clone(raise_on_defect=True)


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=STRICT)
    assert isinstance(mail, EmailMessage)
    return mail


def mail_of(one: Case) -> EmailMessage:
    rendered = one.rendered()
    assert rendered.failures == ()
    assert rendered.complaints == ()
    (message,) = rendered.messages
    return parsed(message.content)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Page(HTMLParser):
    """The tags of a page with their attributes, its links and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h2", "p", "div"),
    *("a", "b", "bdi", "span", "br", "code"),
}
ATTRIBUTES = {
    *("lang", "dir", "class", "style", "href", "rel", "role", "width", "cellpadding"),
    *("cellspacing", "border", "align", "charset", "name", "content"),
}


def assert_inert(html: str) -> None:
    """Check that the page holds nothing that loads, runs or misleads."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag in ALLOWED
        assert set(attributes) <= ATTRIBUTES
        assert "url(" not in (attributes.get("style") or "")
        if tag == "a":
            assert re.match(r"https?://[a-z0-9.\[]", attributes["href"] or "")
            assert attributes["rel"] == "noreferrer"
    assert [tag for tag, _ in page.tags].count("body") == 1
    assert "@import" not in html
