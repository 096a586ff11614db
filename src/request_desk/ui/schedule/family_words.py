"""What the desk needs to know of a patient with the phone at the ear: who may be called and may book, visits before and after, no-shows."""

from collections.abc import Sequence
from datetime import datetime

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId
from request_desk.domain.words import Words, _, plural
from request_desk.services.people.patient_page import PatientView, Related
from request_desk.ui.schedule.appointment_words import named, status_words

_CAME = frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})


def family_lines(view: PatientView, beside: AppointmentId, words: Words, now: datetime) -> Sequence[tuple[str, str]]:
    """Return labels with values about a patient, whose appointment `beside` is told elsewhere."""
    before = [each for each in view.past if each.status in _CAME and each.id != beside and each.starts_at < now]
    after = [each for each in view.ahead if each.status is AppointmentStatus.CONFIRMED and each.id != beside]
    missed = plural("{count} no-show", "{count} no-shows", view.no_shows).format(count=view.no_shows)
    return (
        *((named(each.relation.relation).capitalize(), _contact_words(each, words)) for each in view.contacts if each.stands),
        (_("Last visit"), _appointment_words(before[0], words) if before else ""),
        (_("Next visit"), _appointment_words(after[0], words) if after else ""),
        (_("Missed"), missed if view.no_shows else ""),
    )  # fmt: skip


def _contact_words(related: Related, words: Words) -> str:
    """Return name, phones and right to book, each on a line."""
    contact = related.contact
    phones = ", ".join(map(words.phone, contact.phones)) or _("no phone")
    right = _("may book") if related.relation.may_book else _("may not book")
    return "\n".join((named(contact.name), phones, right))


def _appointment_words(entry: Appointment, words: Words) -> str:
    told = f"{words.at(entry.zone).moment(entry.starts_at)}, {named(entry.type_name)}"
    return told if entry.status is not AppointmentStatus.NO_SHOW else f"{told}, {status_words(entry)}"
