"""Urgent words in what parents write, in English and Spanish, some for a young age only (MC14): a mark, never an answer, never a diagnosis."""

import re
from datetime import date
from typing import Final

from request_desk.domain.search import fold

# Parents say it softly: "breathing kind of fast", "lips a little blue", "respira un poquito rápido".
_SOFTLY: Final = (
    r"(?:(?:very|so|too|really|super|pretty|quite|rather|somewhat|slightly|kinda|sorta|kind of|sort of|a bit|a little|a lot|all|like"
    r"|looking|getting|around|muy|bien|tan|algo|medio|como|un poco|un poquito|bastante|mas|demasiado) ){0,3}"
)
_ALWAYS: Final = (
    # English; folded: no accents, no apostrophes
    r"(?:trouble|difficulty|problems?|hard time|struggl\w+) (?:with )?(?:to )?breath\w*",
    r"(?:hard|harder|struggling) to breathe",
    r"(?:cant|cannot|can not|not able to|unable to|isnt|is not|not|stopped) breath\w*",
    rf"(?:breathing|breathes|breath) (?:is |seems |looks |sounds |has been |been )?{_SOFTLY}(?:fast\w*|hard\w*|heav\w+|badly|rapid\w*|shallow\w*|labou?red|funny|weird)",
    r"(?:fast|rapid|shallow|heavy|labou?red) breathing",
    r"(?:short of|shortness of|gasping for|struggl\w+ for|fighting for|out of) (?:breath|air)|(?:cant|cannot|unable to|hard to) (?:catch|get) (?:his |her |their |my |a )?breath",
    r"wheez\w+ (?:really |very |so )?(?:badly|bad|hard|heavily|a lot)",
    r"chok(?:ing|ed)",
    rf"(?:turn\w*|went|looks?|is|going) {_SOFTLY}(?:blue|bluish|grey|gray|purple)",
    rf"(?:blue|bluish|purple|grey|gray) (?:around (?:the |his |her )?)?(?:lips|face|mouth)|(?:lips|face|mouth) (?:is |are |look |looks )?{_SOFTLY}(?:blue|bluish|purple|grey|gray)",
    r"seizures?|seizing|convulsi\w+|floppy|(?:went|goes|going|is|all|very) limp",
    r"(?:passed|passing|blacked) out|faint(?:ed|ing)|unconscious|unresponsive|not responding",
    r"(?:wont|cant|will not|hard to|difficult to|impossible to) (?:be )?(?:wake|waken|woken|wake up|wake him|wake her)|(?:hasnt|has not) woken up",
    r"chest (?:pain|hurts|(?:is |feels )?tight\w*)|pain in (?:his|her|the|my) chest",
    r"(?:wont|doesnt|will not|does not|cant|not) stop bleeding|bleeding (?:wont|doesnt|will not) stop|bleeding (?:a lot|badly|heavily)",
    r"swallowed (?:a |an |some |the )?(?:\w+ )?(?:battery|batteries|magnets?|pills?|bleach|detergent|poison|medicine|coin|marble|needle|pin|nail|button battery)",
    r"poison\w*|overdos\w+",
    r"(?:severe |bad |an )?allergic reaction|anaphyla\w+|(?:tongue|throat|face|lips) (?:is |are )?(?:swelling|swollen|closing)|swollen (?:tongue|lips|face|throat)",
    r"(?:hit|bumped|banged|fell on) (?:his|her|their|the|my) head|head injury|concussion",
    r"stiff neck",
    r"suicid\w*|kill (?:him|her|my|them)sel(?:f|ves)|(?:hurt|harm|cut)(?:ting|ing|s)? (?:him|her|my|them)sel(?:f|ves)|self harm|wants? to die|(?:doesnt|dont|does not|do not) want to (?:live|be alive)",
    r"scald\w*|burn(?:ed|t)? (?:\w+ ){0,4}(?:boiling|fire|stove)|epi ?pens?",
    r"(?:vomit\w*|throw\w* up|cough\w* up|spit\w* up|poop\w*|pee\w*) blood|blood in (?:his |her |the |my )?(?:stool|vomit|poop|urine|pee|diaper)",
    r"no wet diapers?|hasnt peed|has not peed|dehydrat\w+",
    r"severe pain|worst pain|screaming in pain",
    r"(?:an |its an |this is an )emergency|call(?:ed|ing)? 911|ambulance",
    # Spanish
    r"(?:dificultad|problemas?|trabajo) (?:para|al|de) respirar|(?:no puede|no logra|no consigue|le cuesta|me cuesta|cuesta) (?:mucho |trabajo )?respirar",
    rf"(?:no respira|(?:respira|respirando) (?:muy |mal|con dificultad|{_SOFTLY}(?:rapido|agitad\w*|fuerte))\w*|dejo de respirar|falta de aire|se ahoga|se esta ahogando)",
    rf"se (?:le )?(?:puso|pusieron|esta poniendo|pone|ve|ven) {_SOFTLY}(?:azul\w*|morad\w+|gris)|(?:labios|esta|estan) {_SOFTLY}azul\w*|labios {_SOFTLY}morad\w+",
    r"se (?:desmayo|desmaya|esta desmayando)|desmayad\w+|perdio el conocimiento|inconsciente|no (?:responde|reacciona|despierta|se despierta)",
    r"dolor (?:de|en el) pecho|le duele el pecho",
    r"(?:no para|no deja|no ha parado) de sangrar|sangra (?:mucho|demasiado)|hemorragia",
    r"se trago (?:una? |unas? |el |la )?(?:\w+ )?(?:pila|bateria|iman|imanes|pastillas?|cloro|moneda|medicina|veneno)",
    r"envenen\w+|intoxic\w+|sobredosis",
    r"reaccion alergica|(?:lengua|cara|garganta|labios) (?:se le |esta |estan )?(?:hinch\w+|cerrando)",
    r"(?:golpe|golpeo|golpeado|pego) (?:en |de )?(?:la |su )?cabeza",
    r"cuello (?:rigido|tieso)",
    r"quitarse la vida|matarse|(?:hacerse|se hace|se hizo|se quiere hacer) dano|quier[eo] morir\w*|no quier[eo] vivir",
    r"se quemo (?:\w+ ){0,4}(?:hirviendo|fuego|estufa)",
    r"(?:vomita|vomito|tose|escupe) sangre|sangre en (?:el |la |las |su )?(?:popo|heces|vomito|orina|panal)",
    r"no (?:moja|ha mojado) panal\w*|deshidrat\w+",
    r"es una emergencia|emergencia medica|ambulancia|llam\w+ al 911",
)
_INFANT_MONTHS: Final = 3
_OF_INFANTS: Final = (
    r"fever\w*|temperature of|(?:10[0-9](?:\.\d)?) ?(?:f|degrees)?|vomit\w*|throw\w* up|(?:wont|not|isnt|stopped) (?:eat|feed|nurs|drink)\w*|(?:not|didnt|doesnt|wont|refus\w+) (?:(?:want|wanting|take|taking) )?(?:(?:her|his|the|a|any) )?(?:bottle|breast|milk|formula)s?|very sleepy",
    r"fiebre\w*|calentura|temperatura de|vomit\w*|(?:no quiere|no) (?:come|comer|mama|mamar|toma|tomar)|muy dormid\w+",
)
_NEGATED: Final = r"(?:\bno|\bnot|\bnever|\bwithout|\bsin|\bnunca|\bno tiene|\bno ha tenido|\bany) (?:any |ningun\w* |mas |more |signs? of )?$"
_FIND: Final = rf"\b(?:{'|'.join(_ALWAYS)})\b"
_FIND_INFANT: Final = rf"\b(?:{'|'.join((*_ALWAYS, *_OF_INFANTS))})\b"
_UNSPACED: Final = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7a3\U00020000-\U0003ffff]"  # scripts without spaces between words
_MOST: Final = 5


def urgent_words(text: str, birth_day: date, today: date, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the urgent words of a text in its own order, each once and at most five; `more` are the practice's own.

    `birth_day` is the patient's: some words count below three months only. Nothing found never means that it is not urgent.
    """
    plain, places = _folded(text)
    months = (today.year - birth_day.year) * 12 + today.month - birth_day.month - (today.day < birth_day.day)
    found = list(re.finditer(_FIND_INFANT if months < _INFANT_MONTHS else _FIND, plain))
    for own in more:
        words = _bare(own)
        if words:
            edge = "" if re.search(_UNSPACED, words) else r"\b"
            found += re.finditer(f"{edge}{re.escape(words)}{edge}", plain)
    quoted: dict[str, None] = {}
    for match in sorted(found, key=lambda each: each.start()):
        if not re.search(_NEGATED, plain[: match.start()]):
            quoted[" ".join(text[places[match.start()] : places[match.end() - 1] + 1].split())] = None
    return tuple(quoted)[:_MOST]


def is_too_short(own: str) -> bool:
    """Whether a practice's own word would be found in nearly every message."""
    words = _bare(own)
    return len(words) < (2 if re.search(_UNSPACED, words) else 3)


def _bare(own: str) -> str:
    return _folded(own)[0].strip()


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded, with single spaces, and where each of its signs stood."""
    plain: list[str] = []
    places: list[int] = []
    for index, sign in enumerate(text):
        for bare in fold(sign) or ("" if sign in "'’`´ʼ" else " "):
            kept = bare if bare.isalnum() or bare == "." else " "
            if kept != " " or plain[-1:] != [" "]:
                plain.append(kept)
                places.append(index)
    return "".join(plain), places
