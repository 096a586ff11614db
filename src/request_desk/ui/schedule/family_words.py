"""What the desk needs to know of a patient with the phone at the ear: who may be called and may book, visits before and after, no-shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId
from request_desk.domain.words import Words, _, plural
from request_desk.services.people.patient_page import PatientView, Related
from request_desk.ui.schedule.appointment_words import named, status_words

_CAME = frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})
_FIRST = 2  # contacts who may book and are always seen: they are who calls most


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of the card; where there is no room, those with the highest `folds` are left out first, those with 0 never."""

    label: str
    value: str
    folds: int = 0


def fold_order(lines: Iterable[CardLine]) -> list[CardLine]:
    """Return the lines that may be left out, the first to go first: of equal ones what stands last."""
    return sorted((each for each in reversed(tuple(lines)) if each.value and each.folds), key=lambda each: -each.folds)


def family_lines(view: PatientView, beside: AppointmentId, words: Words, now: datetime) -> tuple[CardLine, ...]:
    """Return what is known of a patient, whose appointment `beside` is told elsewhere: first who may book."""
    before = [each for each in view.past if each.status in _CAME and each.id != beside and each.starts_at < now]
    after = [each for each in view.ahead if each.status is AppointmentStatus.CONFIRMED and each.id != beside]
    missed = plural("{count} no-show", "{count} no-shows", view.no_shows).format(count=view.no_shows)
    return (
        *_contact_lines([each for each in view.contacts if each.stands], words),
        CardLine(_("Last visit"), _appointment_words(before[0], words) if before else "", folds=1),
        CardLine(_("Next visit"), _appointment_words(after[0], words) if after else ""),
        CardLine(_("Missed"), missed if view.no_shows else ""),
    )


def _contact_lines(contacts: Sequence[Related], words: Words) -> Iterable[CardLine]:
    for place, each in enumerate(sorted(contacts, key=lambda one: not one.relation.may_book)):
        folds = 0 if place < _FIRST and each.relation.may_book else 2
        yield CardLine(named(each.relation.relation).capitalize(), _contact_words(each, words), folds if place else 0)


def _contact_words(related: Related, words: Words) -> str:
    """Return the name with the right to book, and the phones on a line of their own."""
    contact = related.contact
    phones = ", ".join(map(words.phone, contact.phones)) or _("no phone")
    told = _("{name}, may book") if related.relation.may_book else _("{name}, may not book")
    return "\n".join((told.format(name=named(contact.name)), phones))


def _appointment_words(entry: Appointment, words: Words) -> str:
    told = f"{words.at(entry.zone).moment(entry.starts_at)}, {named(entry.type_name)}"
    return told if entry.status is not AppointmentStatus.NO_SHOW else f"{told}, {status_words(entry)}"
