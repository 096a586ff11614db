"""One appointment with everything around it: patient and contacts, its chain, its notices, what happened and by whom."""

from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, case, func, or_, select

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointment_lists import AppointmentDetails, Happened
from request_desk.domain.appointments import DROPPED, UNDONE, Appointment, AppointmentStatus, as_of
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotAllowed, NotFound
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.policy import Action, AppointmentSubject, may
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import queries as inbox_queries, scope as request_scope, view as request_view
from request_desk.services.people import patients
from request_desk.services.schedule.attachments import attachments_of
from request_desk.services.schedule.filled_forms import forms_of
from request_desk.services.schedule.views import VIEW, load, missed_of, view
from request_desk.store import schema

_table, _journal = schema.appointment.c, schema.journal.c
_SELF: Final = (
    select(_table.overrule, _table.created_at, schema.location.c.address)
    .join(schema.location, schema.location.c.id == _table.location_id)
    .where(_table.id == bindparam("id"))
)
_CHAIN = VIEW.where(
    _table.chain_id == bindparam("chain_id"),
    _table.status != AppointmentStatus.EXPIRED,
    _table.cancel_code.not_in([DROPPED, UNDONE]),
).order_by(_table.id)
_OTHERS = VIEW.where(_table.patient_id == bindparam("patient_id"), _table.id != bindparam("id"))
_LAST = (
    _OTHERS.where(
        _table.starts_at <= bindparam("now"),
        _table.status.in_([AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED]),
    )
    .order_by(_table.starts_at.desc(), _table.id.desc())
    .limit(1)
)
_COMING = (
    _OTHERS.where(_table.starts_at > bindparam("now"), _table.status == AppointmentStatus.CONFIRMED)
    .order_by(_table.starts_at, _table.id)
    .limit(1)
)
_who = case(
    (_journal.actor_kind == ActorKind.STAFF, func.coalesce(schema.staff.c.name, "")),
    (
        _journal.actor_kind == ActorKind.CONTACT,
        func.trim(
            func.coalesce(schema.contact.c.given_name, "")
            .concat(" ")
            .concat(func.coalesce(schema.contact.c.family_name, ""))
        ),
    ),
    else_="",
)
_HAPPENED = (
    select(_journal.at, _who.label("who"), _journal.actor_kind, _journal.action, _journal.topic, _journal.detail)
    .select_from(
        schema.journal.outerjoin(
            schema.staff, and_(_journal.actor_kind == ActorKind.STAFF, schema.staff.c.id == _journal.actor_id)
        ).outerjoin(
            schema.contact, and_(_journal.actor_kind == ActorKind.CONTACT, schema.contact.c.id == _journal.actor_id)
        )
    )
    .where(
        or_(
            and_(_journal.entity_id == bindparam("id"), _journal.topic == Topic.APPOINTMENT),
            and_(_journal.entity_id == bindparam("request_id"), _journal.topic == Topic.REQUEST),
        ),
        _journal.broadcast,
        _journal.action.not_in(["renewed", "saved_form"]),
    )
    .order_by(_journal.seq)
)


def details(unit: Unit, appointment_id: AppointmentId) -> AppointmentDetails:
    """Return one appointment with all that is known about it (AP2); raises NotFound, or NotAllowed for another provider's."""
    unit.require(Permission.VIEW_SCHEDULE)
    seen = load(unit, appointment_id)
    if not may(unit.actor, Action.SEE, AppointmentSubject(seen.provider_id), unit.time.day_of(unit.now)):
        raise NotAllowed(
            _("This visit is with {provider}. Here you see your own; the schedule shows everybody's.").format(
                provider=seen.provider_name
            )
        )
    shown = as_of(seen, unit.now)
    request_id = _request_in_sight(unit, seen)
    row = unit.rows(_SELF, {"id": seen.id})[0]
    asked = {"patient_id": seen.patient_id, "id": seen.id, "now": unit.now}
    relations = patients.relations(unit, seen.patient_id)
    return AppointmentDetails(
        appointment=shown,
        patient=patients.card(unit, seen.patient_id),
        contacts=tuple((patients.contact_of(unit, each.contact_id), each) for each in relations),
        address=row.address,
        overrule=row.overrule,
        created_at=row.created_at,
        chain=tuple(as_of(view(each), unit.now) for each in unit.rows(_CHAIN, {"chain_id": seen.chain_id})),
        last=_one(unit.first(_LAST, asked)),
        coming=_one(unit.first(_COMING, asked)),
        missed=missed_of(unit, seen.patient_id),
        notes=() if request_id is None else request_view.notes_of(unit, request_id),
        deliveries=inbox_queries.deliveries_about(unit, seen.id, seen.request_id),
        happened=_happened(unit, seen.id, request_id),
        forms=forms_of(unit, shown),
        documents=attachments_of(unit, shown),
    )


def _request_in_sight(unit: Unit, seen: Appointment) -> RequestId | None:
    """The appointment's request as far as it is in the actor's inboxes."""
    if seen.request_id is None:
        return None
    try:
        request_scope.seen(unit, seen.request_id)
    except NotFound:
        return None
    return seen.request_id


def _one(row: Row[Any] | None) -> Appointment | None:
    return None if row is None else view(row)


def _happened(unit: Unit, appointment_id: AppointmentId, request_id: RequestId | None) -> tuple[Happened, ...]:
    rows = unit.rows(_HAPPENED, {"id": appointment_id, "request_id": request_id})
    return tuple(
        Happened(row.at, row.who, row.actor_kind, row.action, Topic(row.topic), row.detail or {}) for row in rows
    )
