"""What stands of a new practice and what is missing before a parent can ask, read from the rows; the rule is `domain.setup`."""

from typing import Final

from sqlalchemy import and_, bindparam, exists, func, or_, select

from request_desk.domain.access import WORKING, Permission, Role
from request_desk.domain.directory import ADMINISTRATOR_LOGIN
from request_desk.domain.ids import StaffId
from request_desk.domain.requests import RequestKind
from request_desk.domain.routing import RoutingFacts
from request_desk.domain.setup import SetupFacts, SetupList, setup_list
from request_desk.services.desk import Unit
from request_desk.services.practice import directory
from request_desk.store import schema

location, provider, place = schema.location.c, schema.provider.c, schema.provider_location.c
window, kind, staff = schema.availability_window.c, schema.appointment_type.c, schema.staff.c
contact, relation, patient, point = (
    schema.contact.c,
    schema.contact_patient.c,
    schema.patient.c,
    schema.contact_point.c,
)
_PLACED: Final = select(place.provider_id).where(
    place.provider_id == provider.id, place.location_id == location.id, location.active
)
_HAS_EMAIL: Final = exists().where(
    point.contact_id == contact.id, point.channel == "email", point.verified_at.is_not(None)
)
_MAY_ASK: Final = exists().where(
    relation.contact_id == contact.id,
    relation.patient_id == patient.id,
    relation.may_book,
    or_(relation.valid_until.is_(None), relation.valid_until >= bindparam("today")),
    patient.active,
)
_COUNTS: Final = select(
    select(func.count()).select_from(schema.location).where(location.active).scalar_subquery().label("locations"),
    select(func.count())
    .select_from(schema.provider)
    .where(provider.active, _PLACED.correlate(schema.provider).exists())
    .scalar_subquery()
    .label("providers"),
    select(func.count()).select_from(schema.appointment_type).where(kind.active).scalar_subquery().label("types"),
    select(func.count())
    .select_from(
        schema.availability_window.join(schema.provider, provider.id == window.provider_id).join(
            schema.location, location.id == window.location_id
        )
    )
    .where(
        window.active,
        window.removed_at.is_(None),
        ~window.staff_only,
        or_(window.valid_until.is_(None), window.valid_until >= bindparam("today")),
        provider.active,
        location.active,
    )
    .scalar_subquery()
    .label("windows"),
    select(func.count())
    .select_from(schema.contact)
    .where(contact.active, _HAS_EMAIL, _MAY_ASK)
    .scalar_subquery()
    .label("families"),
    exists().where(schema.outbox.c.state == "sent").label("letters_sent"),
)
_CAN_SIGN_IN: Final = select(staff.id, staff.name, staff.roles).where(and_(staff.active, staff.password_hash != ""))


def checklist(unit: Unit, *, sends_mail: bool) -> SetupList:
    """Return what a practice needs, step by step; `sends_mail` says whether a mail server is set on this computer."""
    unit.require(Permission.VIEW_SETTINGS)
    found = directory.directory(unit)
    counts = unit.connection.execute(_COUNTS, {"today": unit.time.day_of(unit.now)}).one()
    intake = unit.settings.intake_department_id
    facts = SetupFacts(
        settings=unit.settings,
        routing=RoutingFacts(
            kind=RequestKind.SCHEDULE,
            asked_provider_id=None,
            appointment_provider_id=None,
            intake_department=found.departments.get(intake) if intake is not None else None,
            providers=found.providers,
            administrator_id=next(each.id for each in found.staff.values() if each.login == ADMINISTRATOR_LOGIN),
        ),
        people={
            StaffId(row.id): row.name
            for row in unit.rows(_CAN_SIGN_IN)
            if not WORKING.isdisjoint(Role(role) for role in row.roles)
        },
        has_staff=any(each.active and each.login != ADMINISTRATOR_LOGIN for each in found.staff.values()),
        locations=counts.locations,
        providers=counts.providers,
        types=counts.types,
        windows=counts.windows,
        families=counts.families,
        sends_mail=sends_mail,
        letters_sent=bool(counts.letters_sent),
    )
    return setup_list(facts, unit.words)
