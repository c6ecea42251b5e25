"""Made-up news in several scripts, and what attackers would send."""

from datetime import UTC, datetime, timedelta

from watch.core.model import Document

SEEN = datetime(2026, 8, 26, 0, 14, tzinfo=UTC)

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

HEBREW = Document(
    source="חדשות לדוגמה",
    key="he-1",
    title='דרום קוריאה: "רחפני התאבדות" ברכבות משא (עדכון 2)',
    text="צבא דרום קוריאה הודיע ביום רביעי כי שלוש רכבות משא נשאו רחפני התאבדות לעבר הגבול. "
    'קצין אמר ל-Example Wire: "קופסאות ארוכות וקלות, 40 בכל קרון".',
    url="https://he.example.org/news/1",
    published=SEEN - timedelta(hours=2),
    seen=SEEN,
    languages=("he",),
)

LONG = Document(
    source="The Example Gazette and Advertiser for the Coast, the River and the Railways " * 3,
    key="long-1",
    title="Three goods trains that left a works near the coast on Monday carried suicide drones "
    "under their covers, the military said, having followed them for two nights, " * 4,
    text="An-unbroken-word-of-" + "many-parts-" * 30 + " before suicide drones, and after.",
    url="https://long.example.org/" + "a-path-without-an-end/" * 12 + "?q=" + "0123456789" * 12,
    published=SEEN - timedelta(hours=5),
    seen=SEEN,
    languages=("en",),
)

EMOJI = Document(
    source="📡 Channel",
    key="emoji-1",
    title="🚨🚨 Suicide drones 🛩️💥 seen 👩‍👩‍👧‍👦 near the border 🇰🇷🇰🇵",
    text="🔥 They counted forty suicide drones to a car 🚂🚃🚃. Nobody 🤷🏽‍♀️ knows why. " * 3,
    url="https://emoji.example.org/🚨",
    published=SEEN - timedelta(minutes=9),
    seen=SEEN,
    languages=("en",),
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
