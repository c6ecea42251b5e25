"""Pages that stand before an article: a login, a request for consent, a shell for scripts, a till.

All are told by what is common to them in any language, and only where the page shows little else:
many an article has a login, a banner and a word to who has no scripts beside it.
"""

import re
from urllib.parse import urlsplit

from watch.errors import NotReadableError

LEAST = 20
"""A page with fewer letters tells nothing."""
LITTLE = 250
"""With fewer letters a page that asks for a password or for scripts has no article on it."""
MOST = 2_000
"""With more letters a page that asks for consent shows something else, too."""

_PASSWORD = re.compile(r"<input\b[^<>]{0,500}?\btype\s?=\s?[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"(?:^|[/_.-])(?:log-?in|sign-?in|sso|oauth2?|saml)(?:$|[/_.-])", re.IGNORECASE)
_WANTS_SCRIPTS = re.compile(r"<noscript\b.{0,500}?javascript", re.IGNORECASE | re.DOTALL)
_SHELL_LENGTH = 200_000
"""How far into a page it is looked for what it says to who has no scripts, in characters."""
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_COOKIE = re.compile(
    r"cookie|куки|кукі|קוקי|עוגיות|كوكيز|ارتباط|کوکی|쿠키|クッキー|คุกกี้", re.IGNORECASE
)
_COOKIES = 2
"""How often a page that asks for consent speaks of cookies, at least."""
_ACCEPT = re.compile(
    r"accept|akzept|zustimm|einverstanden|accett|acept|aceit|agree|consent|godkän|godta|hyväksy"
    r"|akcept|zgadzam|souhlas|přijm|elfogad|prihvat|приня|прийня|приема|αποδοχ|αποδέχ|kabul|קבל"
    r"|אישור|قبول|موافق|أوافق|پذیر|同意|接受|동의|수락|許可|ยอมรับ|chấp nhận|đồng ý|setuju|terima",
    re.IGNORECASE,
)
_BUTTON = re.compile(r"<button\b[^<>]{0,2000}>([^<>]{1,80})<", re.IGNORECASE)
_IS_ARTICLE = re.compile(
    r"<article\b|\bog:type[\"'][^<>]{0,80}\barticle|\"(?:News)?Article\"|\"BlogPosting\"",
    re.IGNORECASE,
)
_NOT_FREE = re.compile(r"\"isAccessibleForFree\"\s{0,9}:\s{0,9}\"?false", re.IGNORECASE)


def refuse_wall(html: str, text: str, *, url: str, letters: int) -> None:
    """Raise NotReadableError when what stands on a page is no article.

    `text` is what was taken for one, `url` where the page came from in the end, `letters` how
    many the text has, counted as letters of the Latin script.
    """
    if letters < LEAST:
        if _SCRIPT.search(html):
            raise _no_article("only a browser that runs its JavaScript shows what is on the page")
        raise _no_article("there is no text on the page")
    if (letters < LITTLE or _LOGIN.search(urlsplit(url).path)) and _PASSWORD.search(html):
        raise _no_article("the page is a login page")
    if letters < LITTLE and _WANTS_SCRIPTS.search(html[:_SHELL_LENGTH]):
        raise _no_article("the page wants a browser that runs JavaScript")
    is_about_cookies = letters < MOST and len(_COOKIE.findall(text)) >= _COOKIES
    asks = is_about_cookies and any(map(_ACCEPT.search, _BUTTON.findall(html)))
    if asks and not _IS_ARTICLE.search(html):
        raise _no_article("the page asks for consent to cookies before it shows anything")


def is_for_payers(html: str) -> bool:
    """Return whether a page says that it shows all only to who pays.

    It says so by `isAccessibleForFree` (https://schema.org/isAccessibleForFree).
    """
    return _NOT_FREE.search(html) is not None


def _no_article(why: str) -> NotReadableError:
    return NotReadableError(f"{why}; full_text = false spares the request")
