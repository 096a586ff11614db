"""The small card that a family takes home: when, with whom, where, and whom to call (AP8); neither type nor reason stands on it."""

from dataclasses import dataclass
from datetime import datetime

from request_desk.domain.text import one_line
from request_desk.domain.words import Words, _, known_language, speaking


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """What stands on a card; `language` is that of the contact who acts for the patient."""

    practice_name: str
    practice_phone: str
    given_name: str  # of the patient: enough at home, too little for whoever finds it
    starts_at: datetime
    zone: str
    provider_name: str
    location_name: str
    address: str
    is_video: bool
    language: str


@dataclass(frozen=True, slots=True)
class CardLines:
    """The card in words, from top to bottom."""

    practice: str
    whose: str
    when: str
    who: str
    where: tuple[str, ...]
    call: str


def card_lines(card: PrintedCard, words: Words) -> CardLines:
    """Return the lines of a card in the language of whom it is for."""
    with speaking(card.language):
        there = words.at(card.zone).in_language(known_language(card.language))
        place = (one_line(card.location_name), *map(str.strip, card.address.splitlines()))
        return CardLines(
            practice=one_line(card.practice_name),
            whose=_("Visit of {name}").format(name=one_line(card.given_name)),
            when=there.long_moment_with_zone(card.starts_at),
            who=_("With {provider}").format(provider=one_line(card.provider_name)),
            where=(_("By video: you join from your page of the practice."),)
            if card.is_video
            else tuple(filter(None, place)),
            call=_("If you cannot come, please call {phone}.").format(phone=one_line(card.practice_phone)),
        )
