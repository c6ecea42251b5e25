"""Words that stand in nearly every Polish text, and the commonest of the news."""

WORDS = """
i w we nie na z ze się do to jest że a o jak ale po co tak za od go już jego jej ich im ja ty on
ona ono my wy oni one mnie mi mną ciebie tobie cię ci nas nam was wam jemu nim nią niego niej
nich nimi siebie sobie swój swoja swoje mój moja moje nasz nasza nasze wasz ten ta te tego tej
tych tym tą tamten tamta taki taka takie który która które którzy których którego której jaki
jaka jakie czyj sam sama sami być był była było były byli będzie będą są jestem jesteśmy może
mogą można mógł mogła trzeba należy musi muszą powinien powinna ma mają miał miała mieć przez
przed przy dla bez pod nad między obok wobec według wśród około oprócz zamiast podczas przeciw
aż ku u lub albo czy więc bo ponieważ gdy gdyby jeśli jeżeli kiedy gdzie dlaczego dlatego żeby
aby choć chociaż oraz także też również tylko jeszcze nawet bardzo bardziej mniej więcej
najbardziej dużo mało kilka wiele wielu każdy każda wszystko wszyscy wszystkie inny inna inne
żaden nikt nic coś ktoś tu tam teraz dziś dzisiaj wczoraj jutro potem wtedy zawsze nigdy czasem
często znowu znów prawie właśnie no nadal jeden jedna jedno dwa dwie trzy cztery pięć sześć
siedem osiem dziewięć dziesięć sto tysiąc tysięcy milion miliard pierwszy drugi trzeci ostatni
rok roku lat dzień dnia dni tydzień miesiąc godzina czas rano wieczór noc styczeń stycznia luty
lutego marzec marca kwiecień kwietnia maj maja czerwiec czerwca lipiec lipca sierpień sierpnia
wrzesień październik listopad grudzień poniedziałek wtorek środa czwartek piątek sobota
niedziela nowy nowa nowe stary duży duża mały dobry dobra zły główny ważny znany wysoki niski
polski powiedział powiedziała mówi mówią poinformował poinformowała oświadczył dodał dodała
uważa wie został została zostały zostali zrobić robić dostać dać iść wziąć widzieć myśleć chcieć
pracować zacząć człowiek ludzie ludzi mężczyzna kobieta dziecko dzieci życie świat kraj kraju
państwo miasto dom miejsce część grupa liczba rząd prezydent premier minister władza władze
partia prawo ustawa sąd policja wojsko armia wojna pokój bezpieczeństwo siła siły szef
wiadomości słowa dane firma rynek pieniądze praca szkoła zespół gra sprawa pytanie problem
sytuacja wynik decyzja region obszar plan spotkanie rozmowy wybory system sposób przypadek
koniec strona
"""
