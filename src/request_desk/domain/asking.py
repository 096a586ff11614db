"""Whether a letter asks something, with or without a question mark, in English and Spanish; what it goes with is not known here."""

import re
from typing import Final

_SIGNS: Final = "?¿؟"
_SENTENCE: Final = r"(?<!\bdr)(?<!\bdra)[.!;\n]+(?=\s|$)"
_IF: Final = r"\b(?:if|unless|once|when|whenever|in case|should you|si|cuando|en caso|en cuanto)\b"
_BEGIN: Final = r"(?:^|[,:]|\s[-–—]|\bor)\s*(?:(?:and|but|so|also|just|y|o|pero)\s+)?"
_WHO: Final = r"(?:you|we|i|he|she|they|it|this|that|there|these|those|your|his|her|their|both|either|anyone)\b"
_DOES: Final = r"(?:is|are|was|were|do|does|did|has|have|will|would|could|can|shall)"
# "Could you come 10 minutes early" asks for no answer, "Should you need it" and "Should we run late" are conditions.
_ORDER: Final = (
    rf"(?:(?:is|are|was|does|did|has|would)\s+{_WHO}|(?:is|does|did|has|will)\s+(?-i:[A-Z][a-z])|(?:do|have)\s+(?:you|both)\b|(?:may|shall|can|could)\s+(?:we|i)\b"
    r"|(?:could|can|will)\s+you\s+(?:(?:please|kindly|maybe|just|also)\s+)?"
    r"(?:tell|let|say|confirm|answer|reply|check|choose|pick|make\s+it)\b"
    r"|would\s+(?:(?:\w+day|another|an?|the|\d[\d:]*)\b[^,]*)\b(?:work|be\s+(?:better|ok|okay|fine|possible)|suit|do)\b)"
)
_UNSURE: Final = (
    r"\b(?:wondering|not\s+sure|need\s+to\s+know)\s+if\b|\bquisi[eé]ra(?:mos)?\s+saber\s+si\b|\bany\s+chance\b"
)
_QUESTION_WORD: Final = (
    r"(?:(?:(?:for|with|on|at)\s+)?which\s+(?!is\b|means\b|was\b|will\b|we\b|reminds\b)|(?:how|what)\s+about\b|what\s+(?:time|days?|date)\s+(?:works?|suits?)\b|what\s+works\b"
    rf"|(?:what|how|who|where|when|why)\s+(?:(?!{_WHO})\w+\s+)?{_DOES}\s+{_WHO})"
)
_SPANISH_WORD: Final = r"(?:(?:para|a|con|de|en|por)\s+)?(?:cu[aá]l(?:es)?\b|qui[eé]n(?:es)?\b|cuándo|cuánt[oa]s?|dónde|qu[eé]\s+(?:d[ií]a|hora|fecha|horario|niñ|hij))"
# The same at the start of a sentence, where "Quien la traiga" and "Cual fuera" are none.
_SPANISH_START: Final = (
    r"(?:(?:para|a|con|de|en|por)\s+)?(?:cuál(?:es)?|cual\s+(?:de|prefiere)|quién(?:es)?|cuándo|cuánt[oa]s?|dónde|"
    r"qu[eé]\s+(?:d[ií]a|hora|fecha|horario|niñ|hij))"
    r"|(?:le|les|te)\s+(?:conviene|sirve|funciona|(?:parece|queda|viene|va)\s+bien)\b(?!\s+\w+[aei]r\b)"
)
_TELL: Final = (
    r"\b(?:let\s+(?:us|me)\s+know|tell\s+(?:us|me)|remind\s+(?:us|me)|(?:need|like|want)\s+to\s+know|wondering|not\s+sure|"
    r"(?:please|to)\s+confirm|(?<=you\s)confirm|d[ií]ga(?:me|nos)|d[ií](?:me|nos)|av[ií]s[ea](?:me|nos)|conf[ií]rm[ea](?:me|nos)?|"
    r"ind[ií](?:que|ca)(?:me|nos)|h[aá]ga(?:me|nos)\s+saber|necesit(?:o|amos)\s+saber|(?:puede|podr[ií]a)s?\s+"
    r"(?:decir|confirmar|indicar)(?:me|nos)|(?:me|nos)\s+(?:dice|confirma|(?:puede|podr[ií]a)s?\s+(?:decir|confirmar|indicar)))\s+"
    r"(?:here\s+|please\s+|aqu[ií]\s+|por\s+favor,?\s+)?"
)
_TOLD: Final = (
    r"(?:whether\b|which\b|who\b|what\s+(?:times?|days?|date|works|suits|you\s+(?:prefer|would\s+like))\b|how\s+(?:many|long|old|much)\b|"
    rf"when\s+(?:would|could|can|works?|suits?|is\s+best|(?:we|i)\s+(?:can|may|should))\b|{_SPANISH_WORD})"
)
_FITS: Final = (
    r"(?:if|that|si|que)\s+(?P<what>[^,]*?)\b(?:works?|suits?|fits?|(?:is|are)\s+(?:ok|okay|fine|good|all\s+right|right|correct|possible|coming)|"
    r"can\s+(?:come|make)|(?:le|les|te)\s+(?:conviene|sirve|funciona|(?:parece|queda|viene|va)\s+bien)|est[aá]\s+bien|vienen?|"
    r"es\s+correct[oa])\b"
)
# "You do not have to tell us which", "as you let us know".
_NOBODY_IS_ASKED: Final = r"\b(?:not|no)\b[^,]*$|n['’]t\b[^,]*$|\byou\s+(?:have\s+|already\s+)?$"
_OTHERWISE: Final = r"\b(?:not|no|never|another|other|anything|something|nothing|otr[oa]s?|algo|nada)\b|n['’]t\b"


def asks(text: str) -> bool:
    """Return whether a letter wants something answered: by a sign, by the order of its words, or by "tell us which".

    What is asked on a condition is an offer: "If that does not fit, tell us which day you like."
    """
    return any(sign in text for sign in _SIGNS) or any(
        _is_question(sentence.strip()) for sentence in re.split(_SENTENCE, text, flags=re.IGNORECASE)
    )


def _is_question(sentence: str) -> bool:
    if re.search(rf"{_BEGIN}{_ORDER}|{_UNSURE}", sentence, re.IGNORECASE):
        return True
    condition = re.search(_IF, sentence, re.IGNORECASE)
    open_until = condition.start() if condition else len(sentence)
    starts = re.search(rf"{_BEGIN}(?:{_QUESTION_WORD}|{_SPANISH_START})", sentence, re.IGNORECASE)
    if starts and starts.start() <= open_until:
        return True
    return any(
        found.start() < open_until
        and not re.search(_NOBODY_IS_ASKED, sentence[: found.start()], re.IGNORECASE)
        and _wants_answer(sentence[found.end() :])
        for found in re.finditer(_TELL, sentence, re.IGNORECASE)
    )


def _wants_answer(told: str) -> bool:
    """Whether "let us know" is followed by what is to be chosen, or by whether something fits."""
    fits = re.match(_FITS, told, re.IGNORECASE)
    if fits:
        return not re.search(_OTHERWISE, fits["what"], re.IGNORECASE)
    return re.match(_TOLD, told, re.IGNORECASE) is not None
