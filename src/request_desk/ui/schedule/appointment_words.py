"""How an appointment is put into words: who, what, where, with outside text kept in its own direction; rules elsewhere."""

from collections.abc import Sequence
from datetime import date, datetime

from request_desk.domain.appointment_reasons import with_own
from request_desk.domain.appointments import (
    DROPPED,
    REPLACED,
    RESCHEDULED,
    UNDONE,
    Appointment,
    AppointmentStatus,
    Mark,
    marked_at,
)
from request_desk.domain.directory import CancelReason
from request_desk.domain.words import Words, _
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line

STATUS_WORDS = {
    AppointmentStatus.HELD: _("held"),
    AppointmentStatus.CONFIRMED: _("confirmed"),
    AppointmentStatus.CANCELLED: _("cancelled"),
    AppointmentStatus.EXPIRED: _("expired"),
    AppointmentStatus.COMPLETED: _("completed"),
    AppointmentStatus.NO_SHOW: _("no-show"),
}

_CODES = {
    RESCHEDULED: _("moved to another time"),
    REPLACED: _("cancelled, and booked anew"),
    UNDONE: _("booking taken back"),
    DROPPED: _("hold let go"),
}

_MARKED = {
    Mark.ARRIVED: _("arrived {time}"),
    Mark.LATE: _("running late since {time}"),
    Mark.PARENT_CONFIRMED: _("parent confirmed {time}"),
}
MARK_ICONS = {Mark.ARRIVED: "check", Mark.LATE: "clock", Mark.PARENT_CONFIRMED: "phone"}
SET_WORDS = {
    Mark.ARRIVED: _("Mark as arrived"),
    Mark.LATE: _("Mark as running late"),
    Mark.PARENT_CONFIRMED: _("Parent has confirmed"),
}
TAKE_BACK_WORDS = {
    Mark.ARRIVED: _("Take back: arrived"),
    Mark.LATE: _("Take back: running late"),
    Mark.PARENT_CONFIRMED: _("Take back: parent confirmed"),
}


def named(text: str, limit: int = 80) -> str:
    """Return a name for a sentence: one line, nothing invisible, its direction kept to itself."""
    return isolated_if_needed(one_line(text, limit))


def short_name(name: str) -> str:
    """Return "J. Adeyemi" for a block of the day; a single name stays whole."""
    given, _space, family = one_line(name).partition(" ")
    return isolated_if_needed(f"{given[:1]}. {family}" if family else given)


def with_initials(name: str) -> str:
    """Return "M. J. Macaraeg" of "M. José Macaraeg": a block that is too narrow for the rest keeps the last name whole."""
    *others, last = name.split(" ")
    return " ".join((*(f"{each[:1]}." for each in others), last))


def block_name(entry: Appointment) -> str:
    """Return the short name of who is seen for a block of the day; a time on the booking page has only its own word."""
    return named(entry.patient_name) if entry.is_nameless else short_name(entry.patient_name)


def nameless_words(entry: Appointment, words: Words) -> str:
    """Return what is to be known of a time that somebody holds on the booking page; "" for any other."""
    if not entry.is_nameless or entry.status is not AppointmentStatus.HELD or entry.hold_expires_at is None:
        return ""
    told = _("Held on the booking page until {time}; nobody is named yet.")
    return told.format(time=words.time(entry.hold_expires_at))


def who_words(name: str, birth_day: date | None, words: Words) -> str:
    """Return "Zuri Okafor, born 03/12/2022"."""
    if birth_day is None:
        return named(name)
    return _("{patient}, born {birth}").format(patient=named(name), birth=words.birth(birth_day))


def born_words(birth_day: date, words: Words, now: datetime) -> str:
    """Return "4 y, born 03/12/2022"."""
    age = words.age_of(birth_day, words.zone.day_of(now))
    return _("{age}, born {birth}").format(age=age, birth=words.birth(birth_day))


def appointment_words(entry: Appointment, words: Words) -> str:
    """Return "Well visit, 40 min, Dr. Lindqvist, Northside"."""
    length = words.minutes(entry.ends_at - entry.starts_at)
    return ", ".join((named(entry.type_name), length, named(entry.provider_name), named(entry.location_name)))


def clash_words(others: Sequence[Appointment], words: Words) -> str:
    """Return "Double booked with Kai Lee, 8:40 AM", "" where there is nobody."""
    if not others:
        return ""
    told = [f"{named(each.patient_name)}, {words.at(each.zone).time(each.starts_at)}" for each in others]
    return _("Double booked with {others}").format(others=words.list_of(told))


def status_words(entry: Appointment) -> str:
    """Return the state of an appointment, with what must be known about it."""
    offered = _("offered to the family") if entry.is_offered else ""
    if entry.is_nameless and entry.status is AppointmentStatus.HELD:
        offered = _("held on the booking page")
    told = _CODES.get(entry.cancel_code) or offered or STATUS_WORDS[entry.status]
    return work_in_words(entry, told) + (_(", late cancellation") if entry.is_late_cancel else "")


def work_in_words(entry: Appointment, told: str) -> str:
    """Return what is told of an appointment, with the word that it is a work-in: it stands beside another one on purpose (AV6)."""
    stands = entry.status not in (AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED)
    if not entry.lane or not stands:
        return told
    return _("{state}, work-in").format(state=told) if told else _("work-in")


def standing_words(entry: Appointment, words: Words) -> str:
    """Return how an appointment stands for one narrow column: the mark that says most where it is booked, else its state."""
    if entry.is_late_cancel and entry.cancel_code not in _CODES:
        return _("cancelled late")
    if nameless_words(entry, words):
        return _("held online")
    if entry.status is not AppointmentStatus.CONFIRMED:
        return status_words(entry)
    if entry.arrived_at is not None:
        return _MARKED[Mark.ARRIVED].format(time=words.at(entry.zone).time(entry.arrived_at))
    if entry.late_at is not None:
        return _("running late")
    return status_words(entry) if entry.parent_confirmed_at is None else _("parent confirmed")


def marks_words(entry: Appointment, words: Words) -> str:
    """Return the marks that are set, each with its time: "arrived 9:12 AM, confirmed by the parent Mon 3:10 PM" (AP5)."""
    there = words.at(entry.zone)
    day = there.zone.day_of(entry.starts_at)
    told = []
    for mark, form in _MARKED.items():
        at = marked_at(entry, mark)
        if at is not None:
            is_same_day = there.zone.day_of(at) == day
            told.append(form.format(time=there.time(at) if is_same_day else there.moment(at)))
    return ", ".join(told)


def wish_words(entry: Appointment) -> str:
    """Return what the family would like beside, "" when nothing is noted."""
    return _("would like something earlier") if entry.wants_earlier else ""


def reason_words(entry: Appointment, reasons: tuple[CancelReason, ...]) -> str:
    """Return why an appointment was cancelled: the words of the coded reason and those that were typed."""
    if entry.cancel_code in _CODES:
        return ""
    coded = next((reason.label for reason in with_own(reasons) if reason.code == entry.cancel_code), entry.cancel_code)
    return " · ".join(named(text, 300) for text in (coded, entry.cancel_text) if text)
