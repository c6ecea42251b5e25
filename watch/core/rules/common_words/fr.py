"""Words that stand in nearly every French text, and the commonest of the news."""

WORDS = """
le la les un une des du de et ou mais donc or ni car si que qui quoi dont où quand comme lorsque
puisque parce afin pourquoi comment combien je tu il elle on nous vous ils elles me te se lui
leur leurs moi toi soi eux y en ce cet cette ces cela ceci ça celui celle ceux celles mon ma mes
ton ta tes son sa ses notre nos votre vos à au aux dans par pour sur sous avec sans vers chez
entre contre depuis pendant avant après devant derrière selon malgré parmi outre dès jusque
jusqu lors environ près loin ne pas plus moins point jamais rien personne aucun aucune non oui
être suis es est sommes êtes sont était étaient été étant sera seront serait soit fut avoir ai
as a avons avez ont avait avaient eu aura auront aurait fait faire font fit dit dire disent peut
peuvent pouvoir pourrait doit doivent devoir devrait faut veut veulent vouloir va vont aller
allé vient venir venu tout tous toute toutes autre autres même mêmes chaque plusieurs quelque
quelques certain certains certaines tel telle quel quelle quels quelles aussi très trop peu
beaucoup assez bien mal encore déjà toujours souvent parfois puis alors ainsi ici là maintenant
cependant pourtant notamment seulement presque deux trois quatre cinq six sept huit neuf dix
cent mille million millions milliard milliards premier première second deuxième troisième
dernier dernière aujourd hui hier demain jour jours semaine mois an ans année années heure
heures minute temps matin soir nuit lundi mardi mercredi jeudi vendredi samedi dimanche janvier
février mars avril mai juin juillet août septembre octobre novembre décembre nouveau nouvelle
nouveaux nouvelles vieux bon bonne mauvais grand grande grands petit petite haut bas long
important principal prochain annoncé déclaré affirmé indiqué expliqué ajouté estime voir vu
savoir sait prendre pris donner donné mettre mis trouver passer rester devenir homme hommes
femme femmes enfant enfants gens vie monde pays état ville maison lieu partie groupe nombre
gouvernement président ministre chef parti loi justice tribunal police armée guerre paix
sécurité force forces autorités actualité information presse entreprise société marché argent
travail école équipe jeu match cas affaire question problème situation résultat décision région
zone plan projet réunion élection élections système façon fois fin côté
"""
