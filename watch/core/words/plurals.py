"""English words on -s (or -men) that are not the plural of the word without it.

None is ever found for the shorter word, nor made singular; its own plural counts (gas, gases).
"""

NOT_PLURAL = frozenset(
    """
    as does goes has his hers hes is its las les los mrs ms ours theirs this thus us was yes yours
    across afterwards alas always backwards besides downwards indoors nowadays outdoors overseas
    perhaps plus sometimes towards unless upwards versus whereabouts

    acoustics aerobatics athletics avionics ballistics basics cybernetics dynamics
    economics electronics ethics genetics geopolitics hydraulics linguistics logistics
    mathematics obstetrics olympics optics paralympics physics politics robotics semantics
    thermodynamics

    abacus alias annals apparatus arms atlas auspices axis barracks basis bias bonus bus cactus
    campus canvas census chaos chassis chorus circus citrus clothes consensus corpus cosmos crisis
    crossroads customs debris diabetes earnings ethos focus fungus gallows gas genius genus
    goods headquarters herpes hiatus innings iris kudos lens lotus lupus means measles menopause
    minus mumps nexus news octopus opus outskirts pancreas pathos pelvis proceedings rabies radius
    remains rhinoceros riches rumpus savings scissors series shambles sinus species status stimulus
    surplus surroundings syllabus tennis terminus tetanus thanks thesis trousers typhus virus
    walrus

    aegis airbus ares argus aries fars hamas hermes isis janus lukas mercedes pegasus prometheus
    reuters sars sanders siemens taurus thales zeus

    adams alps andes andrews annapolis arkansas athens bahamas barbados belarus brussels buenos
    cannes caucasus columbus cyprus damascus dallas falklands honduras kansas lagos laos maldives
    mars marseilles mauritius memphis naples netherlands orleans paris philippines
    reims rhodes seychelles texas tunis vegas venus versailles vilnius wales

    abbas achilles boris charles chris collins curtis daniels davies davis dennis douglas edwards
    elias ellis elvis evans francis harris hercules hopkins hughes james jesus jonas jones judas
    julius lewis louis lucas lucius marcus marius matthews matthias midas morris moses nicholas
    owens peters phillips richards roberts rogers silas stevens thomas tobias ulysses williams

    carmen regimen specimen turkmen
    """.split()  # noqa: SIM905 (a list to read)
)
