"""Alerts that tests render: made-up news in several scripts, and what attackers would send."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from watch.core.model import (
    Alert,
    Document,
    Field,
    Finding,
    FindingId,
    Mention,
    Place,
    Reason,
    Severity,
    Subscription,
    Told,
)
from watch.notify.render import MailSettings, Rendered, Renderer

SEEN = datetime(2026, 8, 26, 0, 14, tzinfo=UTC)
NOW = SEEN + timedelta(minutes=1)
SETTINGS = MailSettings(sender="Watchlist <alerts@example.org>", reply_to="desk@example.org")
DESK = Subscription(name="Korea desk", to=("desk@example.org",), timezone="Asia/Seoul")

ENGLISH = Document(
    source="Example Wire",
    key="https://news.example.org/korea/readies",
    title="S. Korea counts more suicide-drones on trains to the border",
    text="""SEOUL, Aug. 26 - Three goods trains that left a works near the coast on Monday carried
suicide drones under their covers, the South's military said on Wednesday. It had followed them
for two nights.

How many the trains held it would not say. "A box that is long and light, and forty of them to a
car: these are suicide drones, or very good pianos," an officer told reporters, who were shown
pictures but not given them.

What the drones are for is a guess. An intercontinental ballistic missile, or ICBM, was on none of
the cars. A U.N. panel will be told of the trains on Friday; suicide drones stand on its list.
""",
    url="https://news.example.org/korea/readies?id=AEN20260826&lang=en",
    published=SEEN - timedelta(minutes=2),
    seen=SEEN,
    languages=("en",),
)

KOREAN = Document(
    source="예시통신",
    key="ko-1",
    title='합참 "화물열차 세 편에 자폭 드론 실렸다"',
    text="합동참모본부는 26일 바닷가 공장을 떠난 화물열차 세 편에 "
    "자폭 드론이 실려 있었다고 밝혔다. "
    '한 장교는 "길고 가벼운 상자가 한 칸에 마흔 개씩이니 '
    '자폭드론이 아니면 피아노일 것"이라고 말했다. '
    "열차는 이틀 밤 동안 북쪽으로 달렸고, 자폭 드론 말고 다른 짐은 보이지 않았다.",
    url="https://ko.example.org/뉴스/자폭 드론",
    published=SEEN - timedelta(hours=20),
    seen=SEEN,
    languages=("ko",),
)

RUSSIAN = Document(
    source="Пример-Новости",
    key="ru-1",
    title="Сеул насчитал дроны-камикадзе в трёх поездах",
    text="СЕУЛ, 26 августа. Три товарных поезда везли под брезентом несколько сотен "
    "дронов-камикадзе, сообщили в среду южнокорейские военные. Куда они шли, неизвестно; "
    "барражирующих боеприпасов другого вида на платформах не заметили.",
    url="https://пример.рф/новости/1",
    published=SEEN - timedelta(hours=3),
    seen=SEEN,
    languages=("ru",),
)

ARABIC = Document(
    source="وكالة المثال",
    key="ar-1",
    title="سيول: كوريا الشمالية تجهّز مزيدا من الطائرات المسيّرة الانتحارية",
    text="قال الجيش الكوري الجنوبي يوم الأربعاء إن كوريا الشمالية تجهّز على ما يبدو "
    "مزيدا من الطائرات المسيّرة الانتحارية لإرسالها إلى روسيا. وأضاف مسؤول أن هناك مؤشرات على تصنيع "
    "طائرات مسيّرة من طراز Shahed-136 في مصنع قرب الحدود.",
    url="https://ar.example.org/news/1",
    published=SEEN - timedelta(hours=1),
    seen=SEEN,
    languages=("ar",),
)

CHINESE = Document(
    source="範例社",
    key="2026/08/26/無人機.txt",
    title="韓軍方：北韓正準備更多自殺式無人機",
    text="韓國聯合參謀本部表示北韓正準備向俄羅斯提供更多自殺式無人機並可能派遣更多部隊前往支援。"
    "一名官員說，有跡象顯示北韓正在製造自殺式無人機。",
    seen=SEEN,
    languages=("zh",),
)

EMPTY = Document(
    source="inbox", key="cable-17.pdf", title="Cable 17: Suicide drones", text="", seen=SEEN
)

HOSTILE = Document(
    source="<b>Evil</b>\r\nBcc: evil@example.com",
    key="evil\x1b]0;pwned\x07",
    title="<script>alert(1)</script>\r\nBcc: evil@example.com \u202eenord edicius\u202c "
    "=?utf-8?q?=0D=0AX-Evil:_1?= \x1b[31m\u2028\ud800 suicide drone {{ 7 * 7 }} &lt;img src=x&gt;",
    text="<img src=https://evil.example/x.png onerror=alert(1)> the suicide drone\u202e gnitirw-ti "
    "\x00\x07 .\r\n.\r\nMAIL FROM:<evil@example.com>\r\n-- \r\n" + "\u2066" * 3 + "</p></td>",
    url='https://good.example\\@evil.example/"><script>alert(1)</script>',
    published=datetime(1, 1, 1, tzinfo=UTC),
    seen=SEEN,
    languages=('en" onload="alert(1)',),
)


def finding(
    document: Document, terms: Iterable[str | tuple[str, str]], **differing: Any
) -> Finding:
    """Return what a rule finds: every place where one of the words stands, whatever its case.

    A pair is the words as they stand and the term that finds them.
    """
    pairs = [(term, term) if isinstance(term, str) else term for term in terms]
    mentions = tuple(
        Mention(item="suicide-drones", field=field, start=match.start(), end=match.end(), term=term)
        for field in Field
        for words, term in pairs
        for match in re.finditer(re.escape(words), document.field_text(field), re.IGNORECASE)
    )
    found = Finding(
        rule="suicide-drones",
        name="Suicide drones",
        severity=Severity.NORMAL,
        tags=(),
        place=Place(path="rules/korea.toml", line=24),
        mentions=mentions,
    )
    return found._replace(**differing)


def alert(subscription: Subscription, told: tuple[Told, ...]) -> Alert:
    """Return an alert over the documents."""
    numbers = range(sum(len(part.findings) for part in told))
    return Alert(
        subscription=subscription.name,
        reason=Reason.NEW,
        findings=tuple(FindingId(number) for number in numbers),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An alert and whom it is for."""

    told: tuple[Told, ...]
    subscription: Subscription = DESK
    settings: MailSettings = SETTINGS

    def rendered(self) -> Rendered:
        """Return what comes of it."""
        renderer = Renderer(self.settings)
        return renderer.render(
            alert(self.subscription, self.told), self.told, self.subscription, now=NOW
        )


NOTE = "Transfers of loitering munitions to any party. Call the desk before you publish."
DRONES = ("suicide drones", ("suicide-drones", "suicide drone"), ("suicide drone", "suicide drone"))

ONE = (Told(document=ENGLISH, findings=(finding(ENGLISH, DRONES[:2]),)),)
SEVERAL = (
    Told(
        document=ENGLISH,
        findings=(
            finding(ENGLISH, DRONES[:2], note=NOTE),
            finding(
                ENGLISH,
                ["ICBM"],
                rule="icbm",
                name="ICBM",
                place=Place(path="rules/korea.toml", line=40),
            ),
            finding(
                ENGLISH,
                [],
                rule="wire",
                name="All of the wire",
                place=Place(path="rules/korea.toml", line=51),
            ),
        ),
    ),
    Told(document=EMPTY, findings=(finding(EMPTY, DRONES[:1]),)),
    Told(
        document=RUSSIAN,
        findings=(
            finding(
                RUSSIAN,
                [("дроны-камикадзе", "дрон-камикадзе"), ("дронов-камикадзе", "дрон-камикадзе")],
            ),
        ),
    ),
)
KOREAN_TOLD = (
    Told(
        document=KOREAN,
        findings=(finding(KOREAN, ["자폭 드론", ("자폭드론", "자폭 드론")]),),
    ),
    Told(document=CHINESE, findings=(finding(CHINESE, ["無人機"], name="無人機"),)),
)
ARABIC_TOLD = (
    Told(
        document=ARABIC,
        findings=(
            finding(ARABIC, ["المسيّرة الانتحارية", ("Shahed-136", "Shahed-13*")], note=NOTE),
        ),
    ),
)
HIGH_TOLD = (
    Told(
        document=replace(ENGLISH, published=None),
        findings=(
            finding(
                ENGLISH,
                DRONES[:2],
                name="North Korean drones for Russia",
                rule="drones-to-russia",
                severity=Severity.HIGH,
                note=NOTE,
            ),
        ),
    ),
    Told(document=EMPTY, findings=(finding(EMPTY, DRONES[:1], rule="drones-to-russia"),)),
)
HOSTILE_TOLD = (
    Told(
        document=HOSTILE,
        findings=(
            finding(
                HOSTILE,
                DRONES[2:],
                name="Drones\r\nBcc: evil@example.com <script>",
                note="</p><script>alert(1)</script>\u202e",
            ),
        ),
    ),
)

CASES = {
    "one-finding": Case(told=ONE),
    "several-rules": Case(told=SEVERAL),
    "high-severity": Case(
        told=HIGH_TOLD, subscription=replace(DESK, name="Frühschicht", timezone="Europe/Berlin")
    ),
    "right-to-left": Case(told=ARABIC_TOLD, subscription=replace(DESK, timezone="Asia/Riyadh")),
    "korean": Case(told=KOREAN_TOLD, subscription=replace(DESK, name="한국 데스크")),
    "hostile": Case(
        told=HOSTILE_TOLD,
        subscription=replace(DESK, name='Desk"\r\nBcc: evil@example.com', timezone="UTC"),
    ),
}
"""One for each golden mail, by the name of its file."""
