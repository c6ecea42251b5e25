"""News of this benchmark's own making: texts as they lie in folders, and feeds as papers send them.

The sentences are English, so that a language can be told; the names in them are made up.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from random import Random

from tests.bench.corpus import a_language

ITEMS = 30
"""Items in a feed."""
LONG = 2_700
"""Characters of a text in a feed: with markup and what is said about it, 3.6 kB."""
SHORT = 900
"""Characters of a short text."""
EACH = 10
"""One text in so many holds a name that is looked for."""
_SENTENCES = """
The government of {} said on Tuesday that it had not been told of the plan before it was announced.
Two people were injured when a lorry left the road near {} in the early hours of the morning.
The company, which employs 4,000 people in {}, expects its profits to fall by a fifth this year.
Officials in {} declined to comment on the report, which was first published by a local newspaper.
A spokesman for {} told reporters that talks would go on for as long as there was hope of agreement.
The minister said the money would be spent on schools and hospitals in the poorest parts of {}.
Prices have risen faster than wages for three years, and many families struggle to pay their rent.
The ship was carrying grain from {} when it was stopped and searched by the coast guard.
Critics of the law say that it gives the police of {} powers which no court can check.
The court in {} found him guilty on two of the five charges and will pass sentence next month.
Scientists at the university of {} have found a way to store the heat of summer until winter comes.
Farmers fear that another dry spring would ruin the harvest and drive up the price of bread.
The bridge at {} has been closed since last week, when an engineer noticed a crack in one pillar.
More than half of the voters stayed at home, the lowest turnout since the end of the war.
According to the survey, one in three shops on the high street of {} will be empty by Christmas.
The president thanked the rescue teams, who had worked through the night in wind and snow.
"We have waited for this day for twenty years," said {}, who lost her brother in the accident.
The bank wants to close nine branches in and around {}, although it made a record profit.
Neither side has confirmed the number of prisoners who are to be exchanged near the border at {}.
The opposition accused {} of hiding the true cost of the contract from parliament.
The airline cancelled forty flights because too many of its pilots had fallen ill with flu.
Experts believe that the weapons were made in {} and shipped through at least two other countries.
The museum will show paintings that have not left {} for more than a hundred years.
Under the agreement, both countries will withdraw their troops from the valley by the end of May.
The mayor of {} asked people not to use their cars until the air was clean again.
A fire destroyed a warehouse in {} on Sunday evening; the cause is still being investigated.
The team won for the first time this season, thanks to a late goal by {} and a brave goalkeeper.
Analysts had expected the central bank to leave interest rates as they were until the autumn.
The new railway line will shorten the journey from {} to the capital by almost an hour.
Several witnesses saw a white van drive away from the scene at high speed, the police said.
Doctors at the hospital in {} warned that there were not enough nurses to keep all beds open.
The agency said satellite images showed new buildings at the base near {}, but no missiles.
It was not clear whether {} had known of the payments, which were made over a period of six years.
Weather forecasters expect heavy rain and strong winds in the north on Thursday and Friday.
The union called the offer an insult and announced that its members would strike on Monday.
Shares in the chip maker fell by seven per cent after {} published a warning to investors.
Her book about the lost villages of {} became a bestseller and was translated into ten languages.
The commission will decide in March whether the merger harms customers in {} and elsewhere.
He was arrested at the airport of {} with two passports and a large amount of cash.
Local people say that nobody has repaired the pumps since the last flood, four years ago.
""".strip().splitlines()
_SENTENCES_IN_A_PARAGRAPH = 4
_BEGAN = datetime(2026, 8, 1, tzinfo=UTC)


def texts(count: int, length: int, names: Sequence[str]) -> Iterator[str]:
    """Yield so many texts of about so many characters, one in EACH with a name."""
    random = Random(f"{count} texts of {length}")  # noqa: S311 (a benchmark)
    places = [word.capitalize() for word in a_language("en").words]
    for at in range(count):
        yield _text(random, length, places, random.choices(names, k=at % EACH == 0))


def _text(random: Random, length: int, places: Sequence[str], planted: Sequence[str]) -> str:
    sentences: list[str] = []
    left = length
    while left > 0:
        sentences.append(random.choice(_SENTENCES).format(random.choice(places)))
        left -= len(sentences[-1]) + 1
    for name in planted:
        sentences.insert(random.randrange(len(sentences)), f"It was about {name}, they said.")
    step = _SENTENCES_IN_A_PARAGRAPH
    return "\n\n".join(" ".join(sentences[at : at + step]) for at in range(0, len(sentences), step))


def feeds(count: int, items: int, names: Sequence[str]) -> list[bytes]:
    """Return so many feeds of so many items, one item in EACH with a name.

    As papers do, every other feed says in which language it is, and every other item has its text
    in CDATA, not escaped.
    """
    made = texts(count * items, LONG, names)
    return [_feed(number, [next(made) for _ in range(items)]).encode() for number in range(count)]


def _feed(number: int, texts: Sequence[str]) -> str:
    home = f"https://paper{number}.example"
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"',
            '  xmlns:dc="http://purl.org/dc/elements/1.1/">',
            f"<channel><title>Paper {number}</title><link>{home}</link>",
            "<description>All the news</description>",
            *(["<language>en-gb</language>"] if number % 2 else []),
            *(_item(f"{home}/{at}", text, at) for at, text in enumerate(texts)),
            "</channel></rss>",
        )
    )


def _item(link: str, text: str, at: int) -> str:
    headline, _, rest = text.partition(". ")
    body = _markup(link, rest)
    moment = format_datetime(_BEGAN + timedelta(minutes=at))
    content = f"<![CDATA[{body}]]>" if at % 2 else escape(body)
    return "\n".join(
        (
            f"<item><title>{escape(headline)}</title><link>{link}</link>",
            f'<guid isPermaLink="false">{link}#{at}</guid><pubDate>{moment}</pubDate>',
            "<dc:creator>A. Reporter</dc:creator><category>World</category>",
            f"<description>{escape(rest[:150])}…</description>",
            f"<content:encoded>{content}</content:encoded></item>",
        )
    )


def _markup(link: str, text: str) -> str:
    """Return a text as the editor of a paper's website leaves it."""
    picture = (
        f'<figure class="wp-block-image"><img src="{link}.jpg" alt="" width="640" height="360"/>'
        "<figcaption>A picture &amp; its caption</figcaption></figure>"
    )
    first, *others = (f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))
    first = first.replace(
        " the ", f' <a href="{link}/more" rel="nofollow">the</a> <em>one</em> ', 1
    )
    return "\n".join((picture, first, *others))
