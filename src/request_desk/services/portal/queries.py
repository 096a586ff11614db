"""What a contact sees of requests in the portal: the own ones, for patients whose messages it may see, as of what was let out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, case, func, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import MOVED_ON, Appointment, AppointmentStatus
from request_desk.domain.booking_rules import duration_for
from request_desk.domain.counter_offers import OfferedTimes
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import PatientId, ProviderId, RequestId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.portal import PortalChild, PortalMessage, PortalRequest, PortalThread, PortalType
from request_desk.domain.requests import AuthorKind, RequestKind, RequestState, Wish
from request_desk.domain.standing import Standing, standing_of
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import letters_seen, rows as inbox_rows
from request_desk.services.people import patients
from request_desk.services.practice import directory
from request_desk.services.schedule import latest_offers
from request_desk.services.schedule.patient_facts import facts_of, is_out_of_reach
from request_desk.services.schedule.views import VIEW, portal_status, view
from request_desk.store import schema

_MOST: Final = 200  # requests in the list, the newest

_r, _m, _appointment, _wish = schema.request, schema.message, schema.appointment, schema.request_wish
_shown = and_(_m.c.request_id == _r.c.id, _m.c.visible_at <= bindparam("now"), _m.c.withdrawn_at.is_(None))
_last_at = select(func.max(_m.c.visible_at)).where(_shown).scalar_subquery()
_answered = select(func.count()).where(_shown, _m.c.author_kind == AuthorKind.STAFF).scalar_subquery()
_coming = (
    select(func.count())
    .where(_m.c.request_id == _r.c.id, _m.c.visible_at > bindparam("now"), _m.c.withdrawn_at.is_(None))
    .scalar_subquery()
)
_REQUESTS = (
    select(
        _r.c.id,
        _r.c.reference,
        _r.c.kind,
        _r.c.state,
        _r.c.patient_id,
        _r.c.due_at,
        _r.c.visible_at,
        _r.c.appointment_id,
        _appointment.c.starts_at.label("appointment_at"),
        func.coalesce(_appointment.c.zone, "").label("appointment_zone"),
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        func.coalesce(schema.appointment_type.c.name, "").label("type_name"),
        func.coalesce(schema.provider.c.short_name, "").label("provider_name"),
        func.coalesce(schema.location.c.name, "").label("location_name"),
        _last_at.label("last_at"),
        select(func.min(_m.c.created_at)).where(_m.c.request_id == _r.c.id).scalar_subquery().label("asked_at"),
        _r.c.arrived_at,
        _answered.label("answers"),
        _coming.label("coming"),
    )
    .select_from(
        _r.join(schema.patient, schema.patient.c.id == _r.c.patient_id)
        .outerjoin(schema.appointment_type, schema.appointment_type.c.id == _r.c.type_id)
        .outerjoin(schema.provider, schema.provider.c.id == _r.c.provider_id)
        .outerjoin(schema.location, schema.location.c.id == _r.c.location_id)
        .outerjoin(_appointment, _appointment.c.id == _r.c.appointment_id)
    )
    .where(_r.c.contact_id == bindparam("contact_id"))
)
_LIST = _REQUESTS.order_by(_r.c.id.desc()).limit(_MOST)
_BY_ID = _REQUESTS.where(_r.c.id == bindparam("id"))
_BY_REFERENCE = _REQUESTS.where(_r.c.reference == bindparam("reference"))
_WISHES = (
    select(_wish)
    .where(_wish.c.request_id.in_(bindparam("ids", expanding=True)))
    .order_by(_wish.c.request_id, _wish.c.rank)
)
_THREAD = (
    select(
        _m.c.author_kind,
        _m.c.body,
        _m.c.language,
        _m.c.created_at,
        case(
            (_m.c.author_kind == AuthorKind.STAFF, func.coalesce(schema.staff.c.name, "")),
            (
                _m.c.author_kind == AuthorKind.CONTACT,
                func.trim(schema.contact.c.given_name.concat(" ").concat(schema.contact.c.family_name)),
            ),
            else_="",
        ).label("author_name"),
    )
    .select_from(
        _m.outerjoin(
            schema.staff, and_(_m.c.author_kind == AuthorKind.STAFF, schema.staff.c.id == _m.c.author_id)
        ).outerjoin(schema.contact, and_(_m.c.author_kind == AuthorKind.CONTACT, schema.contact.c.id == _m.c.author_id))
    )
    .where(_m.c.request_id == bindparam("id"), _m.c.visible_at <= bindparam("now"), _m.c.withdrawn_at.is_(None))
    .order_by(_m.c.created_at, _m.c.id)
)


_LAST_ANSWER = select(func.max(_m.c.visible_at)).where(
    _m.c.request_id == bindparam("id"),
    _m.c.author_kind == AuthorKind.STAFF,
    _m.c.visible_at <= bindparam("now"),
    _m.c.withdrawn_at.is_(None),
)


def portal_types(unit: Unit, patient_id: PatientId, provider_id: ProviderId | None = None) -> tuple[PortalType, ...]:
    """Return the kinds of visit that a patient may have in the time that parents may book, in their order (AP7).

    They are as long as the patient needs, with the provider where one is chosen.
    """
    unit.require(Permission.USE_PORTAL)
    if all(each.patient_id != patient_id for each in portal_children(unit)):
        raise NotFound(_("This child is not registered with you. Please call the practice."))
    found: list[PortalType] = []
    for type_ in directory.appointment_types(unit):
        patient = facts_of(unit, type_, patient_id)
        if is_out_of_reach(unit, type_, patient) is None:
            found.append(PortalType(type_.id, type_.name, duration_for(type_, provider_id, patient)))
    return tuple(found)


# The appointments that requests made or name, with their whole chains.
_ABOUT = (
    VIEW.add_columns(_appointment.c.visible_at)
    .where(
        or_(
            _appointment.c.request_id.in_(bindparam("ids", expanding=True)),
            _appointment.c.chain_id.in_(
                select(_appointment.c.chain_id).where(_appointment.c.id.in_(bindparam("named", expanding=True)))
            ),
        ),
        _appointment.c.status.not_in([AppointmentStatus.HELD, AppointmentStatus.EXPIRED]),
    )
    .order_by(_appointment.c.id)
)


def portal_children(unit: Unit) -> tuple[PortalChild, ...]:
    """Return for whom the contact acts today, the oldest first, with what it may do (PP1)."""
    unit.require(Permission.USE_PORTAL)
    today = unit.time.day_of(unit.now)
    return tuple(
        PortalChild(
            patient_id=child.patient.id,
            given_name=child.patient.given_name,
            family_name=child.patient.family_name,
            birth_day=child.patient.birth_day,
            relation=child.relation.relation,
            may_book=bool(may(unit.actor, Action.ASK, PatientSubject(child.relation), today)),
            may_see_messages=bool(may(unit.actor, Action.READ, PatientSubject(child.relation), today)),
        )
        for child in patients.children(unit, unit.actor.contact_id)
    )


def portal_requests(unit: Unit) -> tuple[PortalRequest, ...]:
    """Return the contact's own requests, the newest first; none for a patient whose messages it may not see any more."""
    unit.require(Permission.USE_PORTAL)
    readable = _readable(unit)
    found = [row for row in unit.rows(_LIST, _values(unit)) if row.patient_id in readable]
    wishes = _wishes(unit, [row.id for row in found])
    known = _appointments(unit, found)
    offered = _offered(unit, found)
    return tuple(_request(unit, row, wishes, known, offered) for row in found)


def portal_thread(unit: Unit, which: RequestId | UUID) -> PortalThread:
    """Return one own request with its letters, by id or by the reference in its address; raises NotFound for any other."""
    unit.require(Permission.USE_PORTAL)
    if isinstance(which, UUID):
        row = unit.first(_BY_REFERENCE, {**_values(unit), "reference": which})
    else:
        row = unit.first(_BY_ID, {**_values(unit), "id": which})
    if row is None or row.patient_id not in _readable(unit):
        raise NotFound(_("This conversation is not there. Sign in with the address that sent the request."))
    request = _request(unit, row, _wishes(unit, [row.id]), _appointments(unit, [row]), _offered(unit, [row]))
    letters = unit.rows(_THREAD, {"id": row.id, "now": unit.now})
    notice = _notice(row, unit.now)
    return PortalThread(
        request=request,
        messages=tuple(
            PortalMessage(
                from_practice=letter.author_kind != AuthorKind.CONTACT,
                author_name=letter.author_name or unit.settings.practice_name,
                body=letter.body,
                language=letter.language,
                at=letter.created_at,
            )
            for letter in letters
        ),
        may_answer=not notice,
        may_withdraw=not notice and request.state in (RequestState.OPEN, RequestState.WAITING),
        notice=notice,
        has_news=_has_news(unit, row),
    )


def _has_news(unit: Unit, row: Row[Any]) -> bool:
    """Whether the practice has written since its letters were read last."""
    answered_at = unit.value(_LAST_ANSWER, {"id": row.id, "now": unit.now})
    seen = letters_seen.seen_at(unit, RequestId(row.id))
    return answered_at is not None and (seen is None or seen < answered_at)


def _values(unit: Unit) -> dict[str, Any]:
    return {"contact_id": unit.actor.contact_id, "now": unit.now}


def _readable(unit: Unit) -> frozenset[int]:
    children, today = patients.children(unit, unit.actor.contact_id), unit.time.day_of(unit.now)
    return frozenset(
        child.patient.id for child in children if may(unit.actor, Action.READ, PatientSubject(child.relation), today)
    )


def _notice(row: Row[Any], now: datetime) -> str:
    if _is_answering(row, now):
        return _("The practice is just answering. Look again in a minute.")
    if row.state == RequestState.WITHDRAWN:
        return _("You have taken this request back. Send a new one if you need us.")
    return ""


def _is_answering(row: Row[Any], now: datetime) -> bool:
    return row.visible_at > now or bool(row.coming)


def _appointments(unit: Unit, requests: Sequence[Row[Any]]) -> tuple[Appointment, ...]:
    """The appointments around requests as the parent sees them now: what staff did within the grace time has not happened yet."""
    if not requests:
        return ()
    ids = {"ids": [row.id for row in requests], "named": [row.appointment_id for row in requests if row.appointment_id]}
    found = []
    for row in unit.rows(_ABOUT, ids):
        seen = view(row)
        status = portal_status(seen, row.visible_at, unit.now)
        if status is not None or seen.cancel_code in MOVED_ON:
            found.append(replace(seen, status=status or seen.status))
    return tuple(found)


def _offered(unit: Unit, requests: Sequence[Row[Any]]) -> Mapping[RequestId, OfferedTimes]:
    """What was offered last for those requests that are not closed, as far as the parent sees it."""
    ids = [RequestId(row.id) for row in requests if row.state in (RequestState.OPEN, RequestState.WAITING)]
    return latest_offers.latest(unit, ids, shown_only=True)


def _standing(
    row: Row[Any], state: RequestState, known: Sequence[Appointment], offered: OfferedTimes | None
) -> Standing:
    named = next((each for each in known if each.id == row.appointment_id), None)
    chain = [each for each in known if named is not None and each.chain_id == named.chain_id]
    chain = [each for each in chain if each.cancel_code not in MOVED_ON or each.status is AppointmentStatus.CONFIRMED]
    chain.sort(key=lambda each: (each.status is AppointmentStatus.CONFIRMED, each.id))
    about = chain[-1] if chain else named
    return standing_of(RequestKind(row.kind), state, RequestId(row.id), about, known, offered)


def _request(
    unit: Unit,
    row: Row[Any],
    wishes: Mapping[int, tuple[Wish, ...]],
    known: Sequence[Appointment],
    offered: Mapping[RequestId, OfferedTimes],
) -> PortalRequest:
    # Until the grace time is over the practice may still take its act back: the parent sees an open request.
    state = RequestState.OPEN if row.visible_at > unit.now else RequestState(row.state)
    return PortalRequest(
        id=RequestId(row.id),
        reference=row.reference,
        kind=RequestKind(row.kind),
        state=state,
        patient_id=PatientId(row.patient_id),
        patient_name=full_name(row.given_name, row.family_name),
        type_name=row.type_name,
        provider_name=row.provider_name,
        location_name=row.location_name,
        appointment_at=row.appointment_at,
        appointment_zone=row.appointment_zone,
        wishes=wishes.get(row.id, ()),
        asked_at=row.asked_at or row.arrived_at,
        last_at=row.last_at or row.arrived_at,
        answered=bool(row.answers),
        answer_by=row.due_at if state is RequestState.OPEN else None,
        standing=_standing(row, state, known, offered.get(RequestId(row.id))),
    )


def _wishes(unit: Unit, request_ids: Sequence[int]) -> dict[int, tuple[Wish, ...]]:
    found: dict[int, list[Wish]] = {}
    for row in unit.rows(_WISHES, {"ids": list(request_ids)}) if request_ids else ():
        found.setdefault(row.request_id, []).append(inbox_rows.wish_of(row))
    return {request_id: tuple(each) for request_id, each in found.items()}
