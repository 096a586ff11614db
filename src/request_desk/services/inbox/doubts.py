"""What has to be said before an act of a request goes through: a second appointment, who agreed, a letter that says otherwise, who took
over (ACT13, ACT14, RE11, MC14).
"""

from typing import Any

from sqlalchemy import Row, bindparam, select

from request_desk.domain.access import a_contact
from request_desk.domain.agreement import ActFacts, differences, offered_differences, told_alone
from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import PUT_AWAY, Assurance, Doubt, Doubtful, second_of
from request_desk.domain.errors import Refused
from request_desk.domain.ids import ContactId, PatientId, RequestId
from request_desk.domain.phrases import PhraseOutcome
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import Act, Booking, Cancellation, Disposition, Move, Offering, Reply
from request_desk.domain.text import clean_text
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import marks as inbox_marks
from request_desk.services.people import patients
from request_desk.services.schedule import slots
from request_desk.services.schedule.two_places import lock_patient
from request_desk.services.schedule.views import held_for, load, upcoming_of
from request_desk.store import schema

_REASON_LIMIT = 500
_OUTCOME = select(schema.phrase.c.outcome).where(schema.phrase.c.slug == bindparam("slug")).limit(1)


def check(unit: Unit, row: Row[Any], act: Act | None, disposition: Disposition, assurance: Assurance) -> dict[str, Any]:
    """Raise Doubtful for what is still to be said; return what was said, for the journal, and keep it as a staff note."""
    said: dict[str, Any] = {}
    if act is not None:
        said |= _agreed(unit, row, assurance)
    if act is not None and not assurance.another:
        check_first(unit, PatientId(row.patient_id), act, RequestId(row.id))
    if row.urgent and disposition in PUT_AWAY:
        who = clean_text(assurance.took_over, field=_("Who took it over"), most=_REASON_LIMIT, lines=False)
        if not who:
            raise Doubtful(
                _("This request has urgent words. Say who took it over before it is put away."), Doubt.TOOK_OVER
            )
        inbox_marks.add_note(unit, RequestId(row.id), _("Urgent words: taken over by {who}").format(who=who))
        said["took_over"] = True
    return said


def check_text(unit: Unit, text: str, act: Act | None, done: Appointment | None, assurance: Assurance) -> None:
    """Raise Doubtful when a letter says otherwise than the act `done` that it goes with, unless that is meant (RE11)."""
    if not text or act is None or done is None or assurance.text_meant:
        return
    words = unit.words.at(done.zone)
    words = words.on(words.zone.day_of(unit.now))
    if isinstance(act, Offering):
        _check_offered(unit, text, act)
        return
    old = load(unit, act.appointment_id) if isinstance(act, Move) else None
    told = ActFacts(
        done.starts_at,
        done.provider_name,
        done.location_name,
        old.starts_at if old is not None else None,
        old.provider_name if old is not None else "",
        old.location_name if old is not None else "",
        must_name=not isinstance(act, Cancellation),
    )
    found = differences(
        text,
        told,
        words,
        providers=[each.name for each in slots.all_providers(unit).values()],
        locations=[each.name for each in slots.all_locations(unit).values()],
    )
    _raise_text(found)


def check_alone(unit: Unit, row: Row[Any], reply: Reply | None, assurance: Assurance) -> None:
    """Raise Doubtful when a letter that goes alone tells of an act, of the held time, or promises one that is not booked (RE11)."""
    if reply is None or not reply.text.strip() or assurance.text_meant:
        return
    found = unit.first(_OUTCOME, {"slug": reply.phrase}) if reply.phrase else None
    held = held_for(unit, RequestId(row.id))
    words = unit.words.at(held.zone) if held is not None else unit.words
    outcome = PhraseOutcome(found.outcome) if found is not None else PhraseOutcome.ANY
    words = words.on(words.zone.day_of(unit.now))
    family = [each.id for each in patients.household(unit, PatientId(row.patient_id))]
    booked = [(each.starts_at, unit.words.at(each.zone)) for each in upcoming_of(unit, family)]
    _raise_text(told_alone(reply.text, outcome, held.starts_at if held is not None else None, words, booked))


def _check_offered(unit: Unit, text: str, act: Offering) -> None:
    zones = {place.id: place.zone for place in slots.all_locations(unit).values()}
    at = [(slot.starts_at, unit.words.at(zones[slot.location_id])) for slot in act.slots]
    offered = [(starts_at, words.on(words.zone.day_of(unit.now))) for starts_at, words in at]
    old_at = None if act.moved_id is None else load(unit, act.moved_id).starts_at
    _raise_text(offered_differences(text, offered, old_at))


def _raise_text(found: tuple[str, ...]) -> None:
    if found:
        raise Doubtful(
            _("{difference} Change the response, or say that it is meant.").format(difference=" ".join(found)),
            Doubt.TEXT,
        )


def _agreed(unit: Unit, row: Row[Any], assurance: Assurance) -> dict[str, Any]:
    patient_id, today = PatientId(row.patient_id), unit.time.day_of(unit.now)

    def may_book(contact_id: ContactId) -> bool:
        subject = PatientSubject(patients.rights(unit, contact_id, patient_id), row.birth_day)
        return bool(may(a_contact(contact_id), Action.BOOK, subject, today))

    has_right = may_book(ContactId(row.contact_id))
    if has_right and not row.custody_note:
        return {}
    agreed = assurance.agreed
    if agreed is None:
        sentence = (
            _("There is a custody note for {patient}. Say who of the household agreed, or only reply.")
            if has_right
            else _("{name} has no right to book for {patient}. Say who of the household agreed, or only reply.")
        )
        name = full_name(row.contact_given_name, row.contact_family_name)
        raise Doubtful(sentence.format(name=name, patient=row.given_name), Doubt.AGREED)
    if not may_book(agreed.contact_id):
        raise Refused(
            _("{name} has no right to book for {patient} either. Choose somebody else.").format(
                name=agreed.name, patient=row.given_name
            )
        )
    how = {"phone": _("by phone"), "in_person": _("in person"), "in_writing": _("in writing")}[agreed.how]
    inbox_marks.add_note(unit, RequestId(row.id), _("{name} agreed, {how}").format(name=agreed.name, how=how))
    return {"agreed_contact_id": agreed.contact_id, "agreed_how": agreed.how}


def check_first(unit: Unit, patient_id: PatientId, act: Act, request_id: RequestId | None = None) -> None:
    """Raise Doubtful when an act would be a second appointment of a patient within the usual span (ACT13)."""
    if not isinstance(act, (Booking, Offering)):
        return
    lock_patient(unit, patient_id)
    upcoming = upcoming_of(unit, (patient_id,))
    second = second_of(act, patient_id, upcoming, unit.time, request_id)
    if second is not None:
        sentence = _("{name} already has {time} with {provider}. Say that this is another visit, or leave it.")
        told = sentence.format(
            name=second.patient_name,
            time=unit.words.at(second.zone).moment(second.starts_at),
            provider=second.provider_name,
        )
        raise Doubtful(told, Doubt.ANOTHER)
