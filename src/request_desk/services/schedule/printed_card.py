"""Reads what stands on the card of an appointment, and keeps in the journal that it was printed (AP8)."""

from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotAllowed, Refused
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.policy import Action, AppointmentSubject, may
from request_desk.domain.printed_card import PrintedCard
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.schedule.views import load
from request_desk.store import schema

_GIVEN_NAME: Final = select(schema.patient.c.given_name).where(schema.patient.c.id == bindparam("which"))
_ADDRESS: Final = select(schema.location.c.address).where(schema.location.c.id == bindparam("which"))


def printed_card(unit: Unit, appointment_id: AppointmentId) -> PrintedCard:
    """Return the card of a booked appointment, in the language of the first contact who may act for the patient.

    Raises Refused when it is not booked (any more), NotAllowed for another provider's.
    """
    unit.require(Permission.VIEW_PATIENTS)
    seen = load(unit, appointment_id)
    if not may(unit.actor, Action.SEE, AppointmentSubject(seen.provider_id), unit.time.day_of(unit.now)):
        raise NotAllowed(_("This visit is with {provider}.").format(provider=seen.provider_name))
    if seen.status is not AppointmentStatus.CONFIRMED:
        raise Refused(_("This visit is not booked any more, so there is no card for it. Look at it again."))
    settings = unit.settings
    return PrintedCard(
        practice_name=settings.practice_name,
        practice_phone=settings.practice_phone,
        given_name=unit.value(_GIVEN_NAME, {"which": seen.patient_id}),
        starts_at=seen.starts_at,
        zone=seen.zone,
        provider_name=seen.provider_name,
        location_name=seen.location_name,
        address=unit.value(_ADDRESS, {"which": seen.location_id}),
        is_video=seen.is_video,
        language=_language(unit, seen.patient_id),
    )


def printed(unit: Unit, appointment_id: AppointmentId) -> None:
    """Keep in the journal that the actor printed a card, or put it into a file (AUD-01)."""
    unit.require(Permission.VIEW_PATIENTS)
    unit.record("printed_card", Topic.APPOINTMENT, appointment_id, broadcast=False)


def _language(unit: Unit, patient_id: PatientId) -> str:
    """That of whom the desk would call: who may book before who may only ask."""
    today = unit.time.day_of(unit.now)
    acting = [each for each in patients.relations(unit, patient_id) if each.stands(today)]
    contacts = [
        patients.contact_of(unit, each.contact_id)
        for each in sorted(acting, key=lambda one: (not one.may_book, one.contact_id))
    ]
    return next((each.language for each in contacts if each.active), unit.settings.locale)
