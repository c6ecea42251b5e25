"""Words that stand in nearly every Portuguese text, and the commonest of the news."""

WORDS = """
o a os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas
para com sem sob sobre entre até desde contra perante e ou mas porém nem que se quando onde como
porque embora enquanto pois logo portanto quem qual quais cujo cuja quanto quantos quê eu tu ele
ela nós vós eles elas você vocês me te lhe lhes mim ti si comigo consigo meu minha meus minhas
teu tua seu sua seus suas nosso nossa nossos nossas este esta isto estes estas esse essa isso
esses essas aquele aquela aquilo aqueles aquelas neste nesta nesse nessa deste desta desse dessa
ao à aos às não sim nunca jamais nada ninguém nenhum nenhuma também tampouco ser sou é somos são
era eram foi foram sido sendo será serão seria seja estar estou está estão estava estavam esteve
ter tem têm tinha tinham teve tido terá haver há havia houve fazer faz fazem fez feito dizer diz
dizem disse dito poder pode podem poderia dever deve devem querer quer querem ir vai vão ia vir
vem veio dar deu ver visto saber sabe ficar ficou todo toda todos todas tudo outro outra outros
outras mesmo mesma mesmos cada vários várias algum alguma alguns algumas algo alguém qualquer
tal tão tanto muito muita muitos muitas pouco poucos bastante demais quase só apenas já ainda
sempre então assim aqui ali lá agora depois antes bem mal mais menos dois duas três quatro cinco
seis sete oito nove dez cem mil milhão milhões bilhão bilhões primeiro primeira segundo terceiro
último última hoje ontem amanhã dia dias semana mês meses ano anos hora horas minuto tempo manhã
tarde noite segunda terça quarta quinta sexta sábado domingo janeiro fevereiro março abril maio
junho julho agosto setembro outubro novembro dezembro novo nova novos velho bom boa mau grande
grandes pequeno alto baixo longo importante principal melhor pior próximo homem homens mulher
mulheres criança crianças gente pessoa pessoas vida mundo país países estado cidade casa lugar
parte grupo número governo presidente ministro chefe partido lei justiça tribunal polícia
exército guerra paz segurança força forças autoridades notícias notícia imprensa empresa
companhia mercado dinheiro trabalho escola equipe equipa jogo caso assunto pergunta problema
situação resultado decisão região zona plano projeto reunião eleição eleições sistema forma
maneira vez fim lado
"""
