"""How patients, contacts and what is around them are put into words; rules live elsewhere."""

from datetime import date

from request_desk.domain.appointments import Appointment
from request_desk.domain.directory import Channel, OptOut, OptOutSource, Patient, PatientState, Relation
from request_desk.domain.requests import RequestState
from request_desk.domain.wishes import kind_word
from request_desk.domain.words import Words, _
from request_desk.services.people.patient_page import PatientRequest, PatientView, Related
from request_desk.ui.schedule.appointment_words import appointment_words, named, status_words

STATES = {
    PatientState.ACTIVE: _("seen here"),
    PatientState.MOVED: _("moved away"),
    PatientState.DECEASED: _("deceased"),
    PatientState.MERGED: _("merged"),
}
_REQUEST_STATES = {
    RequestState.OPEN: _("open"),
    RequestState.WAITING: _("waiting for the parent"),
    RequestState.COMPLETED: _("completed"),
    RequestState.WITHDRAWN: _("withdrawn"),
}
# What people usually are to a patient; the word is stored.
RELATIONS = (
    "mother",
    "father",
    "guardian",
    "grandmother",
    "grandfather",
    "stepmother",
    "stepfather",
    "foster parent",
    "caregiver",
    "self",
)


def born_words(patient: Patient, words: Words, today: date) -> str:
    """Return "4 y, born 03/12/2022"."""
    return _("{age}, born {birth}").format(
        age=words.age_of(patient.birth_day, today), birth=words.birth(patient.birth_day)
    )


def head_words(view: PatientView, words: Words, today: date) -> str:
    """Return what stands below the name: age and birth day, state, interpreter, no-shows."""
    told = [born_words(view.patient, words, today), STATES[view.state]]
    if view.needs_interpreter:
        told.append(_("needs an interpreter"))
    if view.no_shows:
        told.append(_("{count} no-shows").format(count=view.no_shows) if view.no_shows > 1 else _("1 no-show"))
    return " · ".join(told)


def rights_words(relation: Relation) -> str:
    """Return "may book, sees messages, gets notices"."""
    rights = (
        (relation.may_book, _("may book")),
        (relation.may_see_messages, _("sees messages")),
        (relation.gets_notices, _("gets notices")),
    )
    return ", ".join(told for is_given, told in rights if is_given) or _("none")


def contact_facts(related: Related, words: Words) -> tuple[tuple[str, str], ...]:
    """Return what is known of a contact as labels and values, with what they may do for the patient."""
    contact, relation, until = related.contact, related.relation, related.relation.valid_until
    emails = [
        _("{email} – signs in with it").format(email=each.value)
        if each.verified
        else _("{email} – not confirmed").format(email=each.value)
        for each in contact.points
        if each.value not in contact.phones
    ]
    off = {each.channel: each for each in contact.opt_outs}
    ends = "" if until is None else words.day(until)
    return (
        (_("Rights"), rights_words(relation) if related.stands else _("ended on {day}").format(day=ends)),
        (_("Until"), ends if related.stands else ""),
        (_("Phone"), ", ".join(map(words.phone, contact.phones))),
        (
            _("Text messages"),
            _channel_words(off.get(Channel.SMS), contact.mobile and words.phone(contact.mobile), words),
        ),
        (_("E-mail"), "\n".join(filter(None, (*emails, _channel_words(off.get(Channel.EMAIL), "", words))))),
        (_("Language"), words.language(contact.language)),
        (_("Notices"), _("wants none") if contact.opted_out else ""),
    )


def _channel_words(off: OptOut | None, otherwise: str, words: Words) -> str:
    """Whether somebody wants nothing over a channel, since when and who said so."""
    if off is None:
        return otherwise
    told = {
        OptOutSource.STAFF: _("wants none, told to staff on {day}"),
        OptOutSource.STOP: _("wants none, answered STOP on {day}"),
        OptOutSource.PORTAL: _("wants none, said on the portal on {day}"),
    }
    return told[off.source].format(day=words.day(off.at))


def appointment_line(appointment: Appointment, words: Words) -> tuple[str, str]:
    """Return when an appointment is, and what it is with its state."""
    return words.at(appointment.zone).moment(
        appointment.starts_at
    ), f"{appointment_words(appointment, words)} · {status_words(appointment)}"


def request_line(request: PatientRequest, words: Words) -> tuple[str, str]:
    """Return when a request came, and what it asks, its state and who sent it."""
    what = ", ".join(filter(None, (kind_word(request.kind), named(request.type_name))))
    state, who = _REQUEST_STATES[request.state], named(request.contact_name)
    return words.moment(request.arrived_at), _("{what} · {state}, from {who}").format(what=what, state=state, who=who)
