"""Words that stand in nearly every German text, and the commonest of the news."""

WORDS = """
der die das den dem des ein eine einen einem einer eines und oder aber denn doch sondern wenn
als wie dass ob weil da damit obwohl während bevor nachdem ich du er sie es wir ihr mich dich
ihn uns euch mir dir ihm ihnen mein meine dein deine sein seine seinen seiner ihre ihren ihrer
unser unsere euer sich dieser diese dieses diesen diesem jener jene jenes welcher welche welches
wer wen wem was wo wohin woher wann warum man in im an am auf aus bei beim bis durch für gegen
hinter mit nach neben ohne seit über um unter von vom vor zu zum zur zwischen wegen trotz nicht
kein keine keinen keiner nein ja auch nur noch schon sehr so dann nun hier dort jetzt immer nie
wieder mehr weniger viel viele wenig etwa fast ganz bin bist ist sind seid war waren gewesen sei
wäre werde wird werden wurde wurden worden habe hat haben hatte hatten gehabt hätte kann können
konnte konnten könnte muss müssen musste soll sollen sollte will wollen wollte darf dürfen mag
möchte alle alles allem aller anderen andere anderer beide einige einzelne jede jeder jedes
manche mehrere etwas nichts niemand jemand selbst eins zwei drei vier fünf sechs sieben acht
neun zehn hundert tausend million millionen milliarde milliarden erste zweite dritte letzte
heute gestern morgen tag tage woche monat jahr jahre jahren stunde minute zeit uhr nacht abend
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai juni
juli august september oktober november dezember neu neue neuen neuer alt alte gut gute schlecht
groß große großen klein kleine hoch lang wichtig letzten ersten eigenen weitere weiter sagte
sagt sagen erklärte teilte laut macht machen gemacht gibt geben ging gehen geht kommt kommen kam
sieht sehen weiß stand steht bleibt bleiben mensch menschen mann frau kind kinder leute leben
welt land stadt haus ort teil gruppe zahl regierung präsident kanzler minister partei gesetz
gericht polizei armee krieg frieden sicherheit kraft chef sprecher bundesregierung nachrichten
bericht angaben firma unternehmen markt geld arbeit schule spiel mannschaft fall frage problem
lage ergebnis entscheidung gebiet region plan treffen gespräche wahl wahlen system weise ende
seite
"""
