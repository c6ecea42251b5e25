"""Some five hundred strings that mean harm, or do it: each for what reads, stores or shows it."""

import html
import itertools

FORBIDDEN = frozenset(
    chr(code)
    for code in (
        *(set(range(0x20)) - {0x09, 0x0A}),
        *range(0x7F, 0xA0),
        *(0x2028, 0x2029),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
)
"""What no terminal, log or mail of ours may hold; the end of a line, and a tab, lay things out."""

_BREAKS = ("\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
_CONTROLS = tuple(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)))
_BIDI = tuple("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_INVISIBLE = tuple("\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\U000e0041\ufff9\uffff\ufe0f")
_SURROGATES = ("\ud800", "\udcff", "\udfff\ud800", "\ud83d", "\udc9b")
_SEQUENCES = (
    "\x1b[2J",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b[?1049h",
    *(
        "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x9b31m",
        "\x9d0;t\x9c",
    ),
    *(
        "\x1b[6n",
        "\x1bc",
        "\x1b#8",
        "\x1b[8mhidden",
        "a\x08\x08\x08b",
        "over\rwritten",
        "\x0e\x0f\x07",
    ),
)
_HEADERS = tuple(
    f"{before}{end}{header}{after}"
    for before, after in (("", ""), ("Launch", " x"))
    for end in _BREAKS
    for header in ("Bcc: evil@example.org", "Subject: other", " folded", "\tfolded", ".")
)
_ENCODED = (
    "=?utf-8?q?=0D=0ABcc:_evil=40example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    *(
        "=?utf-8?q?=1B]0;x=07?=",
        "=?x-none?q?a?=",
        "=?utf-8?q?",
        "=?utf-8?b?!!!?=",
        "?=?=?=",
        "=" * 90,
    ),
)
_MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre></td></table><h1>x</h1>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    *(
        "<!--",
        "-->",
        "]]>",
        "<![CDATA[",
        "<?php x ?>",
        "&#x202e;",
        "&lt;script&gt;",
        "&nbsp",
        "&" * 50,
    ),
    *(
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
        "\x01javascript:x",
    ),
    *(
        "<style>*{display:none}</style>",
        "<iframe src=//evil.example>",
        "<base href=//evil.example>",
    ),
    "<form action=//evil.example><input name=q>",
    "<meta http-equiv=refresh content=0>",
    "<b",
    "http://good.example\\@evil.example/",
    "https://me:pass@evil.example/",
    "//evil.example/x",
)
_TEMPLATES = (
    "{{ 7*7 }}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{# x",
    "{{",
    "}}",
    "{%",
    "#}",
    *(
        "{{ ''.__class__.__mro__ }}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{0.__class__}",
        "{}",
        "{x!r}",
    ),
    *(
        "%s%s%s%n",
        "%(password)s",
        "%999999999d",
        "$HOME",
        "$(reboot)",
        "`reboot`",
        "[/]",
        "[bold]x[/red]",
    ),
    "[link=http://evil.example]x[/link]",
    ":skull:",
    "\\[bold]",
    "[@click=app.bell]x[/]",
)
_DATA = (
    *(
        "'; DROP TABLE messages; --",
        '" OR 1=1 --',
        "\\'; --",
        "x' UNION SELECT content FROM messages --",
    ),
    *(
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        '=HYPERLINK("http://evil.example")',
        "\t=1",
    ),
    *(
        "../../etc/passwd",
        "..\\..\\x",
        "/etc/passwd",
        "C:\\x",
        "file:///etc/passwd",
        "~/.ssh",
        "CON",
        ".",
    ),
    *(
        "a\x00b",
        "\x00",
        "NULL",
        "null",
        "None",
        "NaN",
        "1e999",
        "-0",
        "true",
        "[]",
        "{}",
        "\\u0000",
        "\\",
    ),
)
_SCRIPTS = (
    *(
        "הידיעה \u202emoc.live\u202c כאן",
        "العربية 123 (abc) نص",
        "فارسی\u200cها",
        "한국어 대륙간탄도미사일",
    ),
    "Z" + "".join(chr(0x300 + n % 0x6F) for n in range(300)),
    "e\u0301" * 200,
    "ก็็็็็็็็็็็็็็็็็็็็",
    *(
        "👩\u200d👩\u200d👧\u200d👦" * 30,
        "🇰🇷" * 50,
        "a\u20dd\u20de",
        "ﷺ" * 60,
        "𓀀𓂀",
        "\U0010ffff",
        "ß" * 99,
    ),
)
_LENGTHS = (
    *(
        "x" * 5_000,
        "x " * 3_000,
        "é" * 2_000,
        " " * 500,
        "\n" * 300,
        "\t" * 300,
        "-" * 998,
        "=" * 999,
    ),
    *(
        "x" * 77 + "é",
        "x" * 76 + "=",
        "." * 100,
        "\r\n.\r\n",
        "\n.\nQUIT\n",
        "From here\nFrom there",
        "a" * 998,
    ),
)


def _strings() -> list[str]:
    signs = (*_CONTROLS, *_BIDI, *_INVISIBLE, *_SURROGATES)
    whole = (
        *_SEQUENCES,
        *_HEADERS,
        *_ENCODED,
        *_MARKUP,
        *_TEMPLATES,
        *_DATA,
        *_SCRIPTS,
        *_LENGTHS,
        *(f"The {sign}ICBM{sign}" for sign in signs),
        *(
            f"{first}{second}"
            for first, second in itertools.product(_BIDI, "\x1b\n\x9b\u200d\u2028\ufeff")
        ),
        *(html.escape(one) for one in _MARKUP),
        *(f"{one}\x1b[0m{one}" for one in (*_SCRIPTS, *_DATA)),
        *("", " ", "\ufeff\ufeffBOM", "\x7f" * 40),
    )
    return list(dict.fromkeys(whole))


HOSTILE = _strings()
"""Each once."""


def acting(text: str) -> frozenset[str]:
    """Return the characters in a text that act on what shows it."""
    return FORBIDDEN.intersection(text)
