"""Words that stand in nearly every Spanish text, and the commonest of the news."""

WORDS = """
el la los las un una unos unas lo de del al y e o u pero sino ni que si cuando donde como porque
aunque mientras pues para por según yo tú él ella ello nosotros vosotros ellos ellas usted
ustedes me te se le les nos os mí ti sí consigo mi mis tu tus su sus nuestro nuestra nuestros
nuestras este esta esto estos estas ese esa eso esos esas aquel aquella aquello aquellos quien
quienes cual cuales cuyo cuya qué quién cuál cuándo dónde cómo cuánto a ante bajo con contra
desde durante en entre hacia hasta mediante sin sobre tras excepto además no nunca jamás nada
nadie ningún ninguna también tampoco ser soy eres es somos son era eran fue fueron sido siendo
será serán sería estar estoy está están estaba estaban estado haber he ha han había habían hay
hubo tener tiene tienen tenía hacer hace hacen hizo hecho decir dice dicen dijo dicho poder
puede pueden podría pudo deber debe deben querer quiere ir va van iba ido venir viene dar da dio
ver visto saber sabe poner pasar llegar llegó quedar seguir llevar todo toda todos todas otro
otra otros otras mismo misma mismos cada varios varias algún alguna algunos algunas algo alguien
cualquier tal tan tanto muy más menos mucho mucha muchos muchas poco pocos bastante demasiado
casi solo sólo ya aún todavía siempre entonces así aquí allí ahora luego después antes bien mal
uno dos tres cuatro cinco seis siete ocho nueve diez cien mil millón millones primer primero
primera segundo tercer último última hoy ayer mañana día días semana mes año años hora horas
minuto tiempo tarde noche lunes martes miércoles jueves viernes sábado domingo enero febrero
marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre nuevo nueva nuevos
viejo bueno buena malo gran grande grandes pequeño alto largo importante principal mejor peor
próximo hombre hombres mujer mujeres niño niños gente persona personas vida mundo país países
ciudad casa lugar parte grupo número gobierno presidente ministro jefe partido ley justicia
tribunal policía ejército guerra paz seguridad fuerza fuerzas autoridades noticias informe
prensa empresa compañía mercado dinero trabajo escuela equipo juego caso asunto pregunta
problema situación resultado decisión región zona plan proyecto reunión elección elecciones
sistema forma manera vez fin lado
"""
