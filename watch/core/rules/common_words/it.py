"""Words that stand in nearly every Italian text, and the commonest of the news."""

WORDS = """
il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli alle da
dal dallo dalla dai dalle in nel nello nella nei negli nelle con col su sul sullo sulla sui
sugli sulle per tra fra e ed o od ma però anzi né se che chi cui quale quali quando dove come
perché mentre poiché affinché io tu lui lei egli ella esso noi voi loro essi mi ti si ci vi me
te sé ne mio mia miei mie tuo tua suo sua suoi sue nostro nostra nostri vostro vostra questo
questa questi queste quello quella quelli quelle quel quei ciò cosa quanto quanta non no sì mai
niente nulla nessuno nessuna essere sono sei è siamo siete era erano fu furono stato stata stati
state sarà saranno sarebbe sia avere ho hai ha abbiamo avete hanno aveva avevano avrà avrebbe
fare fa fanno fatto dire dice dicono detto può possono potere potrebbe deve devono dovere
dovrebbe vuole vogliono volere va vanno andare viene venire venuto dare dato vedere visto sapere
sa mettere messo prendere preso trovare restare rimane diventare tutto tutta tutti tutte altro
altra altri altre stesso stessa stessi ogni alcuni alcune qualche qualcuno qualcosa tale tali
ciascuno molto molta molti molte poco pochi troppo più meno tanto quasi solo soltanto anche
ancora già sempre spesso poi allora così qui qua lì là ora adesso oggi ieri domani bene male
prima dopo durante senza contro verso presso secondo sotto sopra dentro fuori oltre entro circa
infatti invece dunque quindi due tre quattro cinque sette otto nove dieci cento mille mila
milione milioni miliardo miliardi primo seconda terzo ultimo ultima giorno giorni settimana mese
mesi anno anni ore minuto tempo mattina sera notte lunedì martedì mercoledì giovedì venerdì
sabato domenica gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre
novembre dicembre nuovo nuova nuovi nuove vecchio buono buona cattivo grande grandi piccolo alto
basso lungo importante principale migliore prossimo uomo uomini donna donne bambino bambini
gente persona persone vita mondo paese paesi città casa luogo parte gruppo numero governo
presidente ministro premier capo partito legge giustizia tribunale polizia esercito guerra pace
sicurezza forza forze autorità notizie notizia stampa azienda società mercato soldi lavoro
scuola squadra gioco partita caso questione domanda problema situazione risultato decisione
regione zona piano progetto incontro elezioni sistema modo volta fine lato
"""
