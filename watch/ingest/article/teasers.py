"""Texts that are short, or break off, or say that the rest is to be read elsewhere."""

import re

from watch.core.words.shape import LETTERS, UNSPACED, shape
from watch.ingest.language import DENSE_LETTER

SHORT = 1_000
"""An entry with fewer letters is taken for a teaser: some 180 English words, 330 Han characters.
The excerpts of WordPress have 55 words, those of newspapers up to 150. A page fetched for nothing
costs a request; a teaser taken for the article costs all that the article mentions."""
START_LENGTH = 10_000
"""How much of a text is looked at for its letters, in characters."""
TAIL_LENGTH = 1_000
"""How much of the end of a text is looked at, in characters."""
LAST_LINES = 3
"""How many lines there may say that it goes on: programs put lines of their own below that."""
LINE_LENGTH = 200
"""How long a line may be that only says to read on, in characters; a title may stand in it."""

_MORE = r"""(?:
    read\ (?:more|on|full|the\ (?:full|rest|whole)) | (?:continue|keep)\ reading
    | full\ (?:story|article)
    | weiterlesen | mehr\ lesen | ganzen\ (?:artikel|beitrag)\ lesen | zum\ (?:artikel|beitrag)
    | lire\ (?:la\ suite|plus|l[’']article) | en\ savoir\ plus | continuer\ (?:la\ lecture|à\ lire)
    | le(?:er|a)\ más | seguir\ leyendo | sigue\ leyendo | continuar\ leyendo
    | le(?:ia|r)\ mais | continu(?:e|ar)\ (?:lendo|a\ ler)
    | leggi\ (?:tutto|di\ più|l[’']articolo) | continua\ a\ leggere
    | lees\ (?:meer|verder) | verder\ lezen | läs\ (?:mer|vidare|hela) | l[eæ]s\ (?:mere?|hele)
    | lue\ lisää | czytaj\ (?:dalej|więcej) | číst\ dál | celý\ článek | čítať\ ďalej
    | tovább\ olvas | citește\ mai\ mult | devamını\ oku | διαβάστε\ (?:περισσότερα|ολόκληρο)
    | читать\ (?:далее|дальше|полностью) | подробнее | читати\ (?:далі|більше) | докладніше
    | прочетете\ още | اقر[أا]\ المزيد | تابع\ القراءة | ادامه\ (?:مطلب|خبر) | بیشتر\ بخوانید
    | קרא(?:ו)?\ עוד | להמשך\ קריאה | לכתבה\ המלאה | और\ पढ़ें
    | 더\ ?보기 | 계속\ 읽기 | 전문\ 보기 | 続きを読む | 続きはこちら | 全文を読む | もっと読む
    | 阅读(?:全文|更多|原文) | 閱讀(?:全文|更多) | 查看全文 | 继续阅读 | 繼續閱讀
    | อ่านต่อ | อ่านเพิ่มเติม | đọc\ tiếp | xem\ thêm | baca\ selengkapnya
)"""

_DOTS = r"(?:\.{3,}|…)"
_CUT = rf"(?:\[\s?{_DOTS}\s?\]|\(\s?{_DOTS}\s?\))"
_SAYS_MORE = re.compile(rf"\W{{0,5}}{_MORE}(?!\w)", re.IGNORECASE | re.VERBOSE)
_ENDS_CUT = re.compile(rf"{_CUT}\W{{0,5}}$|(?<!\w){_MORE}\W{{0,5}}$", re.IGNORECASE | re.VERBOSE)
_ENDS_IN_DOTS = re.compile(rf"{_DOTS}\W{{0,5}}$")


def is_short(entry_text: str) -> bool:
    """Return whether the text of an entry is a teaser rather than the article.

    It is when it has few letters, breaks off, or says to read on elsewhere.
    """
    return count_letters(entry_text) < SHORT or is_teaser(entry_text)


def count_letters(text: str) -> int:
    """Return how many letters a text has at its start; of scripts that need few, each counts 3."""
    kinds = shape(text[:START_LENGTH])
    dense = sum(map(kinds.count, UNSPACED))
    return sum(map(kinds.count, LETTERS)) + (DENSE_LETTER - 1) * dense


def is_teaser(text: str) -> bool:
    """Return whether a text breaks off, or says at its end that the rest is elsewhere."""
    lines = [line for line in text[-TAIL_LENGTH:].split("\n") if line.strip()][-LAST_LINES:]
    return any(map(_is_cut, lines)) or any(map(_ENDS_IN_DOTS.search, lines[-1:]))


def without_ending(paragraph: str) -> str:
    """Return a paragraph without what says, at its end, that it goes on; empty if that is all."""
    if _is_only_more(paragraph):
        return ""
    start, end = paragraph[:-LINE_LENGTH], paragraph[-LINE_LENGTH:]
    for ending in (_ENDS_CUT, _ENDS_IN_DOTS):
        end = ending.sub("", end)
    return (start + end).rstrip()


def _is_only_more(line: str) -> bool:
    return len(line) <= LINE_LENGTH and _SAYS_MORE.match(line) is not None


def _is_cut(line: str) -> bool:
    return _is_only_more(line) or _ENDS_CUT.search(line[-LINE_LENGTH:]) is not None
