"""How the texts of notices are told in Settings: their kinds, channels and languages, what a merge field gives away, how long a text is."""

from typing import Final

from request_desk.domain.directory import Channel
from request_desk.domain.notice_templates import Tells, lacks_link
from request_desk.domain.notices import (
    ACKNOWLEDGEMENT,
    BOOKING,
    CANCELLATION,
    CLOSED,
    CODE,
    COUNTER_OFFER,
    FORMS,
    LINK_CODE,
    MOVE,
    REMINDER,
    REPLY,
    RUNNING_LATE,
    SLOT_OFFER,
    STAFF_REMINDER,
)
from request_desk.domain.sms import MOST_SEGMENTS, TextSize
from request_desk.domain.words import Words, _, plural
from request_desk.services.notices.trials import ListedText

KINDS: Final = {
    REPLY.kind: _("A reply waits"),
    BOOKING.kind: _("A visit is booked"),
    MOVE.kind: _("A visit has a new time"),
    CANCELLATION.kind: _("A visit is cancelled"),
    SLOT_OFFER.kind: _("A freed time is offered"),
    COUNTER_OFFER.kind: _("Other times are offered"),
    FORMS.kind: _("Forms are to be filled in"),
    REMINDER.kind: _("Reminder of a visit"),
    STAFF_REMINDER.kind: _("Reminder to the practice's own people"),
    RUNNING_LATE.kind: _("We are running late"),
    CLOSED.kind: _("A location is closed"),
    ACKNOWLEDGEMENT.kind: _("A request has come in"),
    CODE.kind: _("Code to sign in"),
    LINK_CODE.kind: _("Code for a manage link"),
}
CHANNELS: Final = {Channel.EMAIL: _("E-mail"), Channel.SMS: _("Text message")}
TELLS: Final = {
    Tells.PRACTICE: _("nothing personal"),
    Tells.READER: _("who reads it"),
    Tells.LINK: _("a way in"),
    Tells.DEADLINE: _("until when to answer"),
    Tells.CODE: _("a secret"),
    Tells.NAME: _("whom it is about"),
    Tells.TIME: _("when and where"),
    Tells.PROVIDER: _("whom they see"),
    Tells.ANNOUNCED: _("what staff wrote"),
}


def language_words(code: str, words: Words) -> str:
    """Name a language of texts: "Spanish", of another country "Spanish (MX)"."""
    _language, _dash, country = code.partition("-")
    told = words.language(code)
    return _("{language} ({country})").format(language=told, country=country) if country else told


def size_words(size: TextSize) -> str:
    """Say how long a text message is, and how many parts it travels in."""
    told = plural("{used} of {room} signs, {count} part", "{used} of {room} signs, {count} parts", size.segments)
    shown = told.format(used=size.units, room=size.units + size.room, count=size.segments)
    if size.is_gsm:
        return shown
    return _("{size}. A letter or sign that is not in the plain alphabet makes parts of 70 signs.").format(size=shown)


def trouble_words(text: ListedText) -> str:
    """Say in a few words what somebody should look after."""
    found = text.tried
    if found.letter is None:
        return _("cannot be used")
    if found.size is not None and found.size.segments > MOST_SEGMENTS:
        return plural("{count} part", "{count} parts", found.size.segments).format(count=found.size.segments)
    if lacks_link(text.kept.template):
        return _("no manage link")
    return _("fields stay empty") if found.warnings else _("nothing")
