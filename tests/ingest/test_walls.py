import pytest

from watch.errors import NotReadableError
from watch.ingest.article.walls import LITTLE, MOST, is_for_payers, refuse_wall

PASSWORD = '<form><input name=u><INPUT class="x" type = "password"></form>'
COOKIES = "We and our partners use cookies. Some cookies are needed."


def why(html: str, text: str = "", *, url: str = "https://a.example/news", letters: int) -> str:
    with pytest.raises(NotReadableError) as caught:
        refuse_wall(html, text, url=url, letters=letters)
    return str(caught.value)


def is_let_through(
    html: str, text: str = "", *, url: str = "https://a.example/", letters: int
) -> bool:
    refuse_wall(html, text, url=url, letters=letters)
    return True


def test_a_page_without_text_says_whether_scripts_would_fill_it() -> None:
    assert why("<div>", letters=0) == (
        "there is no text on the page; full_text = false spares the request"
    )
    assert why("<SCRIPT src=a.js></SCRIPT>", letters=19).startswith(
        "only a browser that runs its JavaScript shows what is on the page"
    )
    assert is_let_through("<div>", letters=20)


def test_a_password_is_asked_for_on_a_login_page_that_says_little_else() -> None:
    assert why(PASSWORD, letters=LITTLE - 1).startswith("the page is a login page;")
    assert is_let_through(PASSWORD, letters=LITTLE)
    assert is_let_through("<input type=text> password", letters=LITTLE - 1)


@pytest.mark.parametrize("path", ["/login", "/user/sign-in?next=/a", "/SSO/start", "/log_in.php"])
def test_the_address_tells_a_long_login_page(path: str) -> None:
    url = f"https://a.example{path}"
    if path == "/log_in.php":
        assert is_let_through(PASSWORD, url=url, letters=MOST)
    else:
        assert why(PASSWORD, url=url, letters=MOST).startswith("the page is a login page;")
        assert is_let_through("<p>", url=url, letters=MOST)


@pytest.mark.parametrize("path", ["/2026/blogin-news", "/catalogin", "/loginov-is-seen", "/ssoyu"])
def test_words_that_hold_a_login_are_none(path: str) -> None:
    assert is_let_through(PASSWORD, url=f"https://a.example{path}", letters=MOST)


def test_a_shell_tells_who_has_no_scripts() -> None:
    html = "<noscript><p>Please enable <b>JavaScript</b></noscript><p>Loading the page"
    assert why(html, letters=LITTLE - 1).startswith("the page wants a browser that runs JavaScript")
    assert is_let_through(html, letters=LITTLE)
    assert is_let_through("<noscript><img src=x></noscript>", letters=LITTLE - 1)


@pytest.mark.parametrize(
    ("text", "button"),
    [
        (COOKIES, "Accept all"),
        (COOKIES, "I agree"),
        ("Wir verwenden Cookies. Zu Cookies siehe unten.", "Alle akzeptieren"),
        ("Мы используем файлы cookie. Куки нужны.", "Принять"),
        ("クッキーを使用します。クッキーとは", "同意する"),
        ("쿠키를 사용합니다. 쿠키는", "모두 동의"),
        ("אנו משתמשים בעוגיות. עוגיות הן", "אישור"),
    ],
)
def test_a_request_for_consent_is_no_article_in_any_language(text: str, button: str) -> None:
    html = f'<p>{text}</p><button class="x" data-a="b">{button}</button>'
    assert why(html, text, letters=300).startswith("the page asks for consent to cookies")
    assert is_let_through(html, text, letters=MOST)
    assert is_let_through(f"<article>{html}</article>", text, letters=300)
    assert is_let_through(f'<meta property="og:type" content="article">{html}', text, letters=300)
    assert is_let_through(f'<script>{{"@type": "NewsArticle"}}</script>{html}', text, letters=300)
    assert is_let_through(f"<p>{text}</p><button>Search</button>", text, letters=300)
    assert is_let_through(html, "Three trains.", letters=300)


@pytest.mark.parametrize(
    ("html", "is_so"),
    [
        ('{"isAccessibleForFree": false}', True),
        ('{"isaccessibleforfree":"False"}', True),
        ('{"isAccessibleForFree" : true}', False),
        ("isAccessibleForFree: false", False),
    ],
)
def test_a_page_says_whether_it_shows_all_to_all(html: str, is_so: bool) -> None:  # noqa: FBT001 - the claim
    assert is_for_payers(html) == is_so


@pytest.mark.parametrize(
    "html",
    ["<input " * 300_000, "<noscript" * 200_000, "<button " * 200_000, '<p og:type"' * 200_000],
)
def test_no_page_takes_long(html: str) -> None:
    assert is_let_through(html, "cookie " * 9, letters=LITTLE - 1)
    assert not is_for_payers(html)
