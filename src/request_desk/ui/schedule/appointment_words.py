"""How an appointment is put into words: who, what, where, with outside text kept in its own direction; rules elsewhere."""

from collections.abc import Sequence
from datetime import date, datetime

from request_desk.domain.appointments import DROPPED, RESCHEDULED, UNDONE, Appointment, AppointmentStatus
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
    UNDONE: _("booking taken back"),
    DROPPED: _("hold let go"),
}


def named(text: str, limit: int = 80) -> str:
    """Return a name for a sentence: one line, nothing invisible, its direction kept to itself."""
    return isolated_if_needed(one_line(text, limit))


def short_name(name: str) -> str:
    """Return "J. Adeyemi" for a block of the day; a single name stays whole."""
    given, _space, family = one_line(name).partition(" ")
    return isolated_if_needed(f"{given[:1]}. {family}" if family else given)


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
    if entry.cancel_code in _CODES:
        return _CODES[entry.cancel_code]
    return STATUS_WORDS[entry.status] + (_(", late cancellation") if entry.is_late_cancel else "")


def reason_words(entry: Appointment, reasons: tuple[CancelReason, ...]) -> str:
    """Return why an appointment was cancelled: the words of the coded reason and those that were typed."""
    if entry.cancel_code in _CODES:
        return ""
    coded = next((reason.label for reason in reasons if reason.code == entry.cancel_code), entry.cancel_code)
    return " · ".join(named(text, 300) for text in (coded, entry.cancel_text) if text)
