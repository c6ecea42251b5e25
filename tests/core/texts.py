"""Rule sets and documents for Hypothesis: texts are made mostly of the terms they are held against.

Each function draws from a `Random`, which Hypothesis makes, so that it can shrink what fails.
"""

from random import Random
from unicodedata import normalize

import regex

from tests.builders import NOW
from watch.core.model import Document, Place
from watch.core.rules.ruleset import Item, Ruleset
from watch.core.rules.terms import Term, TermError, parse_term

CODES = "en ru uk pl cs de fr tr ar he el hi ko ja bg sr fa hy zh"
LANGUAGES = tuple(CODES.split())
WORDS_BY_SCRIPT = """
drone suicide box company gunman German munition class Houthis news arms bus boss gas US UN ICBM
NATO GPS F J A Kim Jong Un Iran Paris Moscow Polska Praha Niemcy Kraków café Straße Müller Ærø
Łódź Đorđe Þór İstanbul Diyarbakır Élysée naïve zażółć fi hero city Mar mm McDonald iPhone
missiles attack strike Shahed HIMARS C st gen S s o'neill system UAVs ICBMs

дрон дроны Корея Кореи камикадзе Иран Лавров Шойгу Київ Україна місто їжак ёлка Ельцин Йемен МИД
ЗРК Су Т С ракета ракетный русский Харків Војска Ђорђе България щит дім комп'ютер

Ελλάδα πύραυλος Αθήνας ΝΑΤΟ Κύπρος ὁδός μη του

إيران الإيراني سوريا الله كتاب مسيرة طائرة بيت البيت ولد كوريا ک ایران یمن على فلسطين

ישראל הממשלה צבא כטב צה שלום הבית רחפן ם

자폭 드론 자폭드론 인도 북한 미사일 군 이란 가 한국형

無人機 东风 北京 東京 人 中国 導彈 駅 々 二〇 部隊

ドローン マリ ミサイル ジョー バイデン カ ガ パーティー

らーめん の は です がん

โดรน ไทย กำลัง น้ำ รบ

ड्रोन ड्रोनों भारत भारतीय और मिसाइल क्षेत्र

Հայաստան դրոն

საქართველო

35 16 8 136 2025 ٣٥ १६ ３５ 1
"""
POOLS = tuple(tuple(words.split()) for words in WORDS_BY_SCRIPT.split("\n\n"))

SPACES = (" ", "  ", "\t", "\u00a0", "\u3000", "\u2009", "\n", "\r\n", "\u2028", " \n ", "\x0b")
BLANK_LINES = ("\n\n", "\r\n\r\n", "\n \n", "\u2029", "\n\t\n")
DASHES = ("-", "‐", "‑", "–", "—", "−", "_", " - ", "－", "-\n", "־")
SIGNS_PARTED_BY_BARS = (
    "'¦’¦‘¦ʼ¦\"¦“¦”¦«¦»¦„¦״¦׳¦`¦´¦′¦「¦」¦＇¦,¦، ¦、¦，¦, ¦/¦\\¦／¦(¦) ¦[¦]¦{¦}¦（¦【¦ (¦·¦・¦‧¦··"
    '¦· ¦･¦.¦. ¦.. ¦..¦...¦.) ¦." ¦.\n¦．¦。¦｡¦…¦!¦? ¦;¦:¦: ¦：¦！¦؟¦؛¦।¦&¦&&¦ & ¦@¦#¦%¦*¦+¦=¦<'
    "¦>¦|¦~¦^¦€¦©¦®¦™¦°¦•¦→¦😀¦👨\u200d👩\u200d👧¦🇰🇷¦☢️¦℃"
)
SIGNS = tuple(SIGNS_PARTED_BY_BARS.split("¦"))
INVISIBLE = tuple("\u00ad\u200b\u200c\u200d\u200e\u202b\u2060\ufeff\u0640\ufe0f")
MARKS = ("\u0301", "\u0308", "\u0306", "\u0327", "\u064e", "\u05b8", "\u0307\u0323")
WRITTEN_ENDINGS = """
s S es 's ’s ’ ' ies 'S men a e ing en ów ami ą ego а у ом ами е ой ого ский ів ою та ς ου ة ين ים
이 를 들 군 的 ー ス の に ler da x z 5 0 .
"""
ENDINGS = tuple(WRITTEN_ENDINGS.split())
WRITTEN_BEGINNINGS = "و ال وال بال لل ه ו ה ש וה מש 평화 新 ア x 3 al « # @"
BEGINNINGS = tuple(WRITTEN_BEGINNINGS.split())
JOINERS = (*(" ",) * 8, "-", "-", "", "", "'s ", "&", ": ", ". ", "/", "’", ", ", "·", " & ", "．")
INITIALS = ("UNS", "АБС", "אבג", "ابج")

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
OTHER_DIGITS = {ord("0") + digit: 0x660 + digit for digit in range(10)}
CASES = (str.upper, str.lower, str.capitalize, str.swapcase)


def ruleset(random: Random) -> Ruleset:
    """Return one to three items whose terms partly are the same."""
    terms = list({each.typed: each for each in (term(random) for _ in range(5))}.values())
    return Ruleset(
        items=tuple(
            Item(
                id=f"item-{number}",
                name=f"Item {number}",
                terms=tuple(random.sample(terms, random.randint(1, len(terms)))),
                excepts=(term(random),) if random.randint(0, 3) == 3 else (),
                language=random.choice((None, None, None, random.choice(LANGUAGES))),
                has_alert=number != 1,
                place=Place(path="rules/made.toml", line=number + 1),
            )
            for number in range(random.randint(1, 3))
        )
    )


def term(random: Random) -> Term:
    """Return a term of one to four words, some starred, some exact, some of two scripts."""
    while True:
        try:
            return parse_term(typed_term(random))
        except TermError:
            continue


def typed_term(random: Random) -> str:
    pool = random.choice(POOLS)
    others = random.choice((pool, pool, POOLS[-1], random.choice(POOLS)))
    words = [random.choice(pool), *(random.choice(others) for _ in range(random.randint(0, 2)))]
    if random.randint(0, 9) == 9:
        words.insert(0, ".".join(random.choice(INITIALS)))
    typed = ""
    for word in words:
        joiner = random.choice(JOINERS) if typed else ""
        shape = random.choice(CASES) if random.randint(0, 9) > 7 else str
        star = "*" if random.randint(0, 9) > 7 else ""
        typed += (joiner or " " * typed.endswith("*")) + shape(word) + star
    return "=" * (random.randint(0, 7) == 7) + typed


def document(random: Random, rules: Ruleset) -> Document:
    """Return a document of no, one or two languages."""
    return Document(
        source="made",
        key="1",
        title=text(random, rules, most=1),
        text=text(random, rules, most=6),
        seen=NOW,
        languages=tuple(random.choice(LANGUAGES) for _ in range(random.randint(0, 2))),
    )


def text(random: Random, rules: Ruleset, *, most: int) -> str:
    """Return a text of which most is made from the terms of a rule set."""
    typed = [each.typed for item in rules.items for each in (*item.terms, *item.excepts)]
    made = ""
    for _ in range(random.randint(most // 2, most)):
        is_other = random.randint(0, 5) == 5
        other = random.choice(random.choice(POOLS))
        made += other if is_other else rendering(random, random.choice(typed))
        made += part(random)
    return made


def rendering(random: Random, typed: str) -> str:
    """Return a term as a text may carry it."""
    pieces = regex.findall(r"\w+|\W+", typed.removeprefix("=").replace("*", ""))
    return "".join(
        changed(random, piece)
        if regex.match(r"\w", piece)
        else random.choice((piece, piece, part(random)))
        for piece in pieces
    )


def part(random: Random) -> str:
    """Return what may stand between words."""
    kinds = ((" ",), (" ",), (" ",), ("",), SPACES, DASHES, SIGNS, INVISIBLE, BLANK_LINES)
    return random.choice(random.choice(kinds))


def changed(random: Random, word: str) -> str:
    """Return a word as a text may carry it: inflected, re-cased, or in other characters."""
    at = random.randint(0, len(word))
    before, behind = word[:at], word[at:]
    is_letter = before[-1:].isalpha()
    ending = random.choice(ENDINGS)
    return random.choice(
        (
            *(word,) * 6,
            *(word + ending,) * 3,
            word[: max(at, len(word) - 2)] + ending,
            random.choice(BEGINNINGS) + word,
            random.choice(CASES)(word),
            before + random.choice(INVISIBLE) + behind,
            before + random.choice(MARKS) * is_letter + behind,
            before + part(random) + behind,
            normalize("NFD", word),
            word.translate(random.choice((FULL_WIDTH, OTHER_DIGITS))),
            ".".join(word),
        )
    )
