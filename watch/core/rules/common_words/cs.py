"""Words that stand in nearly every Czech text, and the commonest of the news."""

WORDS = """
a i v ve s se si z ze k ke na je to že o do po za od u pro při před přes pod nad mezi bez kolem
podle proti kromě místo během vedle ne ano ale nebo či však protože když kdyby kde kam odkud kdy
proč jak co kdo aby ať zda pokud než tedy tak také též jen jenom ještě už již já ty on ona ono
my vy oni ony mě mně mi mnou tě tobě ti tebou jeho jí jej ji jemu mu ní něm nim ním nich jim
jimi nás nám námi vás vám vámi svůj svá své můj moje náš naše váš vaše jejich její sebe sobě
sebou ten ta té toho tomu tom tím těch těm těmi tento tato toto tyto této který která které
kteří kterých kterého kterou jaký jaká jaké takový taková takové čí sám sama sami jiný jiná jiné
každý každá všechno všichni všechny všech být jsem jsi jsme jste jsou byl byla bylo byly byli
bude budou není nejsou může mohou mohl mohla lze musí má mají měl měla mít chce chtějí velmi
více méně mnoho málo několik některý některé nic nikdo něco někdo žádný skoro téměř zcela
dokonce právě asi tady zde tam teď nyní dnes včera zítra potom pak tehdy vždy nikdy někdy často
opět znovu jeden jedna jedno dva dvě tři čtyři pět šest sedm osm devět deset sto tisíc tisíce
milion miliarda první druhý třetí poslední rok roku let roky den dne dnů dny týden měsíc hodina
čas ráno večer noc leden ledna únor února březen března duben dubna květen května červen června
červenec července srpen srpna září říjen listopad prosinec pondělí úterý středa čtvrtek pátek
sobota neděle nový nová nové starý velký velká malý dobrý špatný hlavní důležitý známý vysoký
nízký český řekl řekla říká uvedl uvedla oznámil prohlásil dodal dodala tvrdí myslí ví stal
stala udělat dělat dostat dát jít vzít vidět chtít pracovat začít člověk lidé lidí muž žena dítě
děti život svět země stát město dům část skupina počet vláda prezident premiér ministr strana
zákon soud policie armáda válka mír bezpečnost síla síly šéf mluvčí zprávy slova údaje firma
společnost trh peníze práce škola tým hra věc otázka problém situace výsledek rozhodnutí oblast
region kraj plán setkání jednání volby systém způsob případ konec
"""
