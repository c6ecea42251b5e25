"""Case endings of the Slavic languages, as their grammars give them.

Lists for each script: nouns', with personal and place names, adjectives', and paradigms of their
own where a list for all would make one word of two. Two words are one when both rests stand in
one list; "-" is the empty ending. Consonants that change before an ending (Polsko, Polsce) stand as
longer endings. An ending is added with a case in the table of cases, word by word, and dropped
when it makes one word of two.
"""

NO_ENDING = "-"

CYRILLIC = (
    """
- а е и й к о у ы ь ю я ё є і ї ам ах ев ей ем ею ие ии ию ия ка ке ки ку ов ой ок ом ою та те то ца
це цо цу цю ця ці ът ью ям ят ях ёв ём єю ів ін їв ами еві ени ией ием ина ину ині ите иям иях ком
ове ові ока цей цем ями єві ією енем ином иями ията овете
""",
    """
- а е и о у ы я і ая ее ем ею ие ий им их ия ое ой ом ою та те то ую ые ый ым ых юю яя ій ім ата его
ему ими ите ият ого ому ото ска ски ско ыми ская ские ский ским ских ское ской ском скую ська ське
ську ські скими ского скому ський ським ською ській ського ському
""",
)

CYRILLIC_ARTICLE: tuple[str, ...] = ()
"""Besides, in Bulgarian and Macedonian: nouns with their article."""

LATIN = (
    """
- a e i k o u y á é í ó ý ą ę ě ů ah am ce cy cę ek em ev ia ie ih ii io iu ią ię ja je ji jo ju
ka ki ku le lu mi om ou ov ow ze ám ów ům ův że ach ama ami cie com ców dze dzy ech emi eva eve
evo ich iem ija iji ijo ima jem oma ova ove ovi ovo ovu ové owi rze rzy sce ska ski sko sku ską
skę sze szy wie zie ách cami ciem dzie iami kiem ovem ovou skem skou stwa stwo stwu twie zech ście
czech ovega ovemu skiem stwem
""",
    """
- a e i o y á é í ý ą ej em ia ie ih im ią ka ki ou ym ím ým ega ego emu ich iej iem imi kie ska
ske ski sko ská ské ský ych ymi ého ému ích ího ími ímu ých ými iego iemu skem skih skim skou ském
ským skega skemu skimi ského skému ských skými
""",
)
