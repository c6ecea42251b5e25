"""How the web is asked: `[fetch]`."""

from watch.config.page import Page
from watch.config.tables import FetchTable
from watch.errors import SourceError
from watch.ingest.web import Web, WebSettings
from watch.ingest.web.urls import parse_url


def web_settings(page: Page, fetch: FetchTable) -> WebSettings:
    """Return how the web is asked; a proxy's password is read from where it is kept."""
    proxy = _proxy(page, fetch)
    settings = WebSettings(
        contact=fetch.contact,
        proxy=proxy,
        ca_file=None if fetch.ca_file is None else page.root / fetch.ca_file,
    )
    if fetch.contact is not None and not (fetch.contact.isascii() and fetch.contact.isprintable()):
        remedy = "write the address of a page or a mailbox, in ASCII"
        page.add(("fetch", "contact"), "it does not fit into a header", remedy=remedy)
    if settings.ca_file is not None:
        page.note_file(settings.ca_file)
        try:
            Web(WebSettings(ca_file=settings.ca_file))
        except SourceError as error:
            page.add(("fetch", "ca_file"), str(error), remedy=None)
    return settings


def _proxy(page: Page, fetch: FetchTable) -> str | None:
    if fetch.proxy is not None and fetch.proxy_file is not None:
        remedy = "name one of the two"
        page.add(("fetch", "proxy_file"), "proxy and proxy_file name one each", remedy=remedy)
    key, proxy = "proxy", fetch.proxy
    if fetch.proxy_file is not None:
        key = "proxy_file"
        remedy = "put the address there, with mode 0600"
        proxy = page.read(fetch.proxy_file, ("fetch", key), remedy=remedy)
    if proxy is None:
        return None
    proxy = proxy.strip()
    try:
        has_login = parse_url(proxy).login is not None
    except SourceError as error:
        page.add(("fetch", key), str(error), remedy='write one such as "http://proxy:3128"')
        return None
    if has_login and key == "proxy":
        remedy = "put the address into a file, with mode 0600, and name it as proxy_file"
        page.add(("fetch", key), "no password stands in the configuration", remedy=remedy)
    return proxy
