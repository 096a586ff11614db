"""How a freed time, who waits and an offer are put into words; rules live elsewhere."""

from request_desk.domain.freed_slots import Candidate, CandidateSource, CloseReason, FreedSlot, WaitlistEntry
from request_desk.domain.words import Words, _, plural
from request_desk.ui.schedule.appointment_words import named

CLOSED = {
    CloseReason.ACCEPTED: _("took an offered time"),
    CloseReason.OVER: _("the day has passed"),
    CloseReason.MOVED: _("the visit was moved"),
    CloseReason.CANCELLED: _("the visit was cancelled"),
    CloseReason.GONE: _("not seen here any more"),
    CloseReason.TAKEN_BACK: _("taken back by the parent"),
    CloseReason.NOT_NEEDED: _("not needed any more"),
    CloseReason.NOT_REACHED: _("could not be reached"),
    CloseReason.MISTAKE: _("written down by mistake"),
}
OFFER_KEY = "F8"


def time_words(found: FreedSlot, words: Words) -> str:
    """Return "Fri, Nov 27, 9:20 AM with Dr. Lindqvist"."""
    return _("{time} with {provider}").format(
        time=words.at(found.freed.zone).moment(found.freed.starts_at), provider=named(found.freed.provider_name)
    )


def freed_words(found: FreedSlot, words: Words) -> str:
    """Return "Fri, Nov 27, 9:20 AM with Dr. Lindqvist became free: 3 are waiting", or whom it is offered to until when."""
    time = time_words(found, words)
    if found.offer is not None:
        return _("{time} is offered to {patient} until {until}").format(
            time=time, patient=named(found.offer.patient_name), until=words.moment(found.offer.expires_at)
        )
    waiting = plural(
        "{time} became free: {count} is waiting", "{time} became free: {count} are waiting", len(found.waiting)
    )
    return waiting.format(time=time, count=len(found.waiting))


def short_words(found: FreedSlot, words: Words) -> str:
    """Return "today 2:00 PM is free: 2 are waiting" for the line at the bottom, where there is little room."""
    waiting = plural("{time} is free: {count} is waiting", "{time} is free: {count} are waiting", len(found.waiting))
    time = words.at(found.freed.zone).near_moment(found.freed.starts_at)
    told = waiting.format(time=time, count=len(found.waiting))
    return f"{told[:1].upper()}{told[1:]}."


def offer_words(found: FreedSlot) -> str:
    """Return the verb for who comes first or next, "" when nobody does."""
    if not found.waiting:
        return ""
    name = named(found.waiting[0].patient_name)
    if found.offer is not None:
        return _("Offer to the next: {patient}").format(patient=name)
    return _("Offer to {patient}").format(patient=name)


def candidate_line(candidate: Candidate, words: Words) -> tuple[str, str]:
    """Return who waits, and for what since when."""
    if candidate.is_urgent:
        why = _("open request with urgent words")
    elif candidate.source is CandidateSource.REQUEST:
        why = _("open request")
    elif candidate.moved is not None:
        why = _("would like something earlier than {time}").format(
            time=words.at(candidate.moved.zone).moment(candidate.moved.starts_at)
        )
    else:
        why = _("waiting list")
    told = _("{type}, {length} · {why} · since {day}").format(
        type=named(candidate.type.name),
        length=words.minutes(candidate.type.duration),
        why=why,
        day=words.day(candidate.asked_at),
    )
    return named(candidate.patient_name), told


def wish_of(entry: WaitlistEntry, words: Words) -> str:
    """Return what somebody waits for: "Well visit, earlier than Mon, Nov 30, 2:00 PM"."""
    if entry.appointment_at is None:
        return named(entry.type_name)
    time = words.at(entry.zone).moment(entry.appointment_at)
    return _("{type}, earlier than {time}").format(type=named(entry.type_name), time=time)


def days_of(entry: WaitlistEntry, words: Words) -> str:
    """Return from when to when, "" for any day."""
    first = "" if entry.from_day is None else _("from {day}").format(day=words.short_day(entry.from_day))
    last = "" if entry.until_day is None else _("until {day}").format(day=words.short_day(entry.until_day))
    return " ".join(part for part in (first, last) if part)


def where_of(entry: WaitlistEntry) -> str:
    """Return with whom and where."""
    return ", ".join((named(entry.provider_name) or _("anybody"), named(entry.location_name) or _("any place")))


def waits_line(entry: WaitlistEntry, words: Words) -> tuple[str, str]:
    """Return since when somebody waits, and for what."""
    parts = (wish_of(entry, words), where_of(entry), days_of(entry, words), named(entry.note, 200))
    return _("since {day}").format(day=words.day(entry.created_at)), " · ".join(part for part in parts if part)
