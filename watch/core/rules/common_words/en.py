"""Words that stand in nearly every English text, and the commonest of the news."""

WORDS = """
the a an and or but if then than that this these those there here where when while who whom
whose which what why how i you he she it we they me him her us them my your his its our their
mine yours hers ours theirs myself himself herself itself themselves am is are was were be been
being do does did done doing have has had having will would shall should can could may might
must not no nor yes of in on at by for from with without within into onto out over under up down
off to toward towards through during before after since until between among against about above
below across along around behind beside besides beyond near per via upon as so such too very
also only just even still yet again ever never always often sometimes already almost perhaps
maybe rather quite all any both each every either neither some many much more most few less
least several other others another same own enough none one two three four five six seven eight
nine ten hundred thousand million billion first second third last next now today yesterday
tomorrow tonight day week month year hour minute time morning evening night monday tuesday
wednesday thursday friday saturday sunday january february march april june july august
september october november december new old good bad big small large great high low long short
early late young right left full free open real main likely important say says said saying tell
told ask asked make made makes making take took taken get got give gave given go goes went gone
going come came see saw seen know known think thought want use used using find found call called
need keep let put set begin began show shown man men woman women child children people person
family life world country state city home house place part number group government president
minister official leader party law court police army military war peace security power report
reports news media statement according company business market money price work job school team
game case fact thing way end point side area region plan deal talks meeting vote election issue
problem question change system program public national international because however although
though despite including include whether once back away ago far
"""
