"""Case endings of the Slavic languages, as their grammars give them.

Paradigms: each list is what words of one class carry in all cases and numbers. Two words are one
when both rests stand in one list, so that words of different classes stay two; "-" is the empty
ending, and stands only where a form of the class has none. Letters that change or come and go
before an ending (Polsko, Polsce; Павел, Павла) stand as longer endings. An ending is added with a
case in the table of cases, word by word, and dropped when it makes one word of two.
"""

NO_ENDING = "-"

CYRILLIC = (
    # hard nouns that may lack an ending: Иран, дрон, Трамп, ракет
    "- а у е і ы и ом ем ам ами амі ах ові еві ови",
    # their plurals, apart: a surname in -ов is not the genitive of a name (Петров, Петра)
    "- ы и і ов ей ів аў",
    # hard nouns that always have one: ракета, война, площа; село, Косово
    "а о е и і ы у ой ою ей ею ом ові ам ами амі ах",
    # soft nouns: Казань, Китай, Россия, Корея, море; Кореї, краєм, Білоруссю, Казанню; Расіяй
    "ь й я ю е є и і ї ем ём єм ей ею єю яй ью їв ям ями ямі ях еві єві ню сю",
    # -р, -ря: лікар, Ігор
    "р ря рю рем рі реві рів рям рями рях",
    # names in -ов and -ин: Лавров, Путин; Масквой, Украінай
    "в ва ву вым вим ве ві вой вою вої вій вай вы ви вых вих выми вими",
    "н на ну ным ним не ні ной ною ної ній най ны ни ных них ными ними",
    # і or ў that goes over to о or е: Харків, Часів, Лаўроў, Миколаїв, Тернопіль, Самбір
    "ів оў ова ову овом овым ові ове",
    "ів ов ового овому овим",
    "ів їв ева еву евом еві еве єва єву євом єві єве",
    "іль оля олю олем олі",
    "ір ора ору ором орі орові",
    # -ка, -ок: пушка, пушек; Кубок, Кубка
    "ка ки кі ке ку ко кой кою ком ок ек ёк кам ками ках",
    "ок ёк ки ков ків",
    # к and г before е and и: Америка, Америці; Војска, Војсци; войник, войници; Прага, Празі
    "к ка ки ке ку ком кой кою ко ці ци цы",
    "г га ги ге гу гом гой гою зі зе зи",
    # -ец: украинец, українець, Чернівці; кореец; доброволец
    "ец ець єць ца ця цу цю цем цом цам цеві це цы ци ці цев ців цаў цям цами цями цах цях",
    "ец єць йца йцу йцем йце йцы йцев йцам йцами йцах йця йцю йці йців йцям йцями йцях",
    "ец ьца ьцу ьцем ьце ьцы ьцев ьцам ьцами ьцах",
    # -анин: гражданин, граждане, граждан
    "н нин нина нину нином нине нинові не ни нам нами нах",
    # -ство, -ско, -ння: агентство, агентств; войско, військ; навчань
    "ств ство ства ству ством стве стві ствам ствами ствах",
    "ск ско ска ску ском ске скам сками сках ськ сько ська ську ськом ськам ськами ськах",
    "ння нню нням нні нь ннями ннях",
    # о and е that come and go: Павел, посол, уровень, церковь, Египет
    "ел ла лу лом ле лі",
    "ол ла лу лом ле лі",
    "ол лы ли лов лів лам лами лах",
    "ень ня ню нем не ні ни ней нів ням нями нях",
    "овь ви овью вей вам вами вах ва ві ву вою",
    "ет та ту том те ті",
    # -ья, -ой, -мя: статья, статей; брат, братья; герой, героев; время
    "ья ью ье ьи ьей ьёй ей ьям ьями ьях",
    "т та ту том те тья тьев тьям тьями тьях",
    "ой оя ою оем ое ои оев оям оями оях",
    "мя мени менем мена мён менам менами менах",
    "ь ери ерью ерей ерям ерями ерях ері",
    # hard adjectives: ядерный, Зеленский, Толстой, Північна; руски, руском
    "ый ий ій ой ы и і а о е у ая ое ые ие ого ому ым им ім ом ою ої ој ую ых их іх ыми ими імі",
    "и ог ога ом им их",
    # Зеленский, Зеленський: one name in two languages
    (
        "кий кого кому ким ком кая кой кую кие ких кими"
        " ький ького ькому ьким ькім ька ької ькій ьку ькою ькі ьких ькими"
    ),
    # паўночны, беларускі
    "ны ная нае нага наму ным най ную ныя ных нымі",
    "кі кая кае кага каму кім кай кую кія кіх кімі",
    # soft adjectives: внешний, бывший; останній; третий
    "ий ая яя ое ее ые ие его ого ему ому им ем ей ою ею ую юю их ими",
    "ій ий я є і ього ьому ім ьої ьою ю іх іми",
    "ий ья ье ьи ьего ьему ьим ьем ьей ью ьих ьими",
)

CYRILLIC_ARTICLE = (
    # nouns: Трамп, дроновете, ракетата, мъжете; дронот
    "- ът а ата и ите ове овете ови овите е ете",
    "- от",
    # България, героят; правителството, оръжието, летищата, морета; властта
    "я ята и ите й ят ю",
    "о ото а ата",
    "е ето а ата",
    "е ето я ята",
    "е ето ета етата",
    "ст стта сти стите",
    # председател, войник, американец, гражданин, българин, министър, център
    "тел теля телят тели телите телот",
    "к ка кът кот ци ците",
    "ец еца ецът ецот ци ците",
    "нин нина нинът нинот ни ните",
    "рин рина ринът ри рите",
    "ър ъра ърът ер ери ерот ри рите рове ровете",
    # adjectives: нов, новият; Белият, Белия; руски, северен, ракетов, въоръжен
    "- а о и ият иот ата ото ите",
    "ият ия",
    "ки ка ко кия кият киот ката кото ките",
    "ен на но ни ния ният ниот ната ното ните",
    "ов ова ово ови овия овият овиот овата овото овите",
    "ен ена ено ени ената еното ените",
)
"""Besides, in Bulgarian and Macedonian: nouns and adjectives with their article."""

LATIN = (
    # hard nouns that may lack an ending: Iran, dron, raket, Kodaňou; gościom, zbraněmi
    (
        "- a u e ě i y em om ou iem ie iu owi owie ovi ovia ové ů ům ach ech och ih ich ami emi mi"
        " ima oma iom iów iowi iowie iami iach"
    ),
    # their plurals, apart: a surname in -ov is not the genitive of a name (Petrov, Petra)
    "- y i e ów ov",
    # hard nouns that always have one: Warszawa, Moskva, Ljubljana; Kosovo, Pardubice
    "a y i e ě u o ou ę ą om em ie owi ovi am ám im ách ah ich ih ami ama ima iami",
    # possessives and plurals in -ovi: Trumpův, Fialova, brodovi; Trumpov; Jankovićev
    "- a ův ova ove ovi ovu ovou ovega ovemu ovem ovim ovih ovima eva eve evi",
    "ov ova ovo ove ovi ovu ovega ovemu ovem ovim ovih ovimi",
    "ć ćev ćeva ćevo ćeve ćevi ćevega ćevemu ćevem",
    # kraj; Pahor, Kennedy, Tone; Korea, Koreje; Košice, Košiciach
    "j ja ju jem jom je ji jev jih jema",
    "r rja rju rjem rje rji rjev rjih",
    "y yja yju yjem yho ymu ym",
    "e eta etu etom eti",
    "ea eu eou eje eji",
    "ca ce ci cu cou ciam ciach",
    # -ka, -ek: Polska, Polsce, stíhaček, Marek
    (
        "ka ky ki ke ku ko kou kę ką kem kiem kom ce ek iek ok kowi kowie kovi kova kovou kův ků"
        " kům kám kami kách kah kih"
    ),
    # k, g, h before e and i: voják, vojáci; Turek, Turcy; Praga, Pradze; Praha, Praze
    "k ka ku kem kiem kom kovi kowi ki ky ků kům ci cy cích cima",
    "ek ok ki ky ków kov ci cy cích",
    "ga gi ge gu gę gą go gou dze ze zi",
    "ha hy hu hou ho ze zi",
    # -ec: Němec, Niemiec, myśliwiec, Slovenec; Ukrajinac
    (
        "ec iec ca ce ci cu cy cem cowi cowie covi cové ców cov cev ců com cům cami cach cích coch"
        " cih cima czech"
    ),
    "ac ca cu cem ce ci aca cima",
    # t, d, r before e: rakieta, rakiecie; rząd, Duda, Dudzie; Katar, Katarze
    "t ta tu tem ty to tę tą tom cie",
    "- a u em y o ę ą om zie",
    "r ra ru rem ry ro rę rą rom rze rzy",
    # e that comes and goes: minister, ministar, Pavel, Bruselj, Vídeň, severen, Wiedeń, církev
    "er ra ru rem rom rze rowi rowie ry ri rovi",
    "er ri rów rov",
    "ar ra ru rom ri",
    "el elj ol la lja lu lju le lo lem ljem lom li lech lům lów lach lami lowi lovi lowie lova",
    "en na no ni ne nu nou nem nim nih nega nemu nami nám nách",
    "eń ień nia niu niem niowi nie ni niami niach niom",
    "ev ve vi ví vou vijo vemi vím",
    # Rosjanin, Rosjanie; Američan, Američania; ranjen, ranjenega
    "an anin anina aninowi aninem anie ani anom anami anach",
    "čan čania čanoch",
    "n nega nemu nem nim nih nimi",
    # Poznań, Wrocław, Radom; Białoruś, Łódź, ludność; varnost
    "nań nania naniu naniem",
    "w wia wiu wiem",
    "m mia miu miem",
    "ś si sią",
    "ź zi zią",
    "ść ści ścią",
    "st sti stjo stih",
    # wojsko, wojsk; państwo, państw; ministerstvo, ministerstev
    "sko ska sku skiem sk skom skami skach",
    "stwo stwa stwu stwem stwie stw stwom stwami stwach",
    "stvo stva stvu stvem stvom stvi stev stvech stvům stvih",
    # adjectives: jądrowy, severní, jedrski, Zelenskyj; ruskog; ruští, rosyjscy
    "y i a e o u yj ego iego ého ího ega emu iemu ímu ym im em om ej iej oj ie ou ych ich ih ymi",
    "i og oga om omu im ih ima",
    "ky ki keho kiego kému kiemu kym kim kych kich kymi kimi ti cy",
)
