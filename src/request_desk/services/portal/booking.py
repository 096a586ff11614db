"""A time on the booking page: held for nobody yet, booked once it is known for whom; what there is to choose is in `booking_choices`.

Whoever has the secret of a hold may confirm it or let it go, and nobody else (WEB-11); the database has its hash.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, null, select, update

from request_desk.domain import booking_rules
from request_desk.domain.access import Actor, ActorKind, Permission, a_contact
from request_desk.domain.appointments import NOBODY, Appointment, AppointmentStatus, as_of
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.careful import Doubt, Doubtful, second_of
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType, Control, Flow
from request_desk.domain.errors import Limited, NotAllowed, NotFound, Refused, SlotTaken, Throttled
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LaunchId,
    LocationId,
    PatientId,
    ProviderId,
    TypeId,
    VariantId,
)
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.notices import BOOKING
from request_desk.domain.online_booking import (
    DAY,
    HOUR,
    MOST_A_DAY,
    MOST_AN_HOUR,
    MOST_HELD,
    AlreadyBooked,
    BookedOnline,
    BookingScope,
    HeldOnline,
    HoldState,
    NewFamily,
    is_within_share,
    may_manage,
)
from request_desk.domain.policy import AppointmentSubject, ScheduleAction, Verdict, may
from request_desk.domain.requests import Booking
from request_desk.domain.schedule import PortalSlot
from request_desk.domain.spans import Slot, Span
from request_desk.domain.words import _, safe_name
from request_desk.services.desk import Unit
from request_desk.services.notices import outbox
from request_desk.services.people import patients, registration
from request_desk.services.portal import access as portal_access, booking_choices, booking_tokens, manage_links
from request_desk.services.schedule import holds, slots
from request_desk.services.schedule.intake import intake_incomplete
from request_desk.services.schedule.outside_times import as_shown, check_offered, open_times
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.scheduling import CONFIRM
from request_desk.services.schedule.two_places import elsewhere, lock_patient
from request_desk.services.schedule.views import chain_end, load, sequence_of, upcoming_of
from request_desk.store import schema

_NEXT_DAYS: Final = 14  # how far the next free times are looked for
_NEXT_MOST: Final = 3
_LONGEST: Final = timedelta(days=1)  # no type keeps a time for longer
_A_WHILE: Final = timedelta(minutes=15)  # as long as a hold mostly lasts
_hold, _table = schema.booking_hold, schema.appointment
_variant, _service, _launch = schema.service_variant, schema.service, schema.booking_launch
_use, _this = schema.booking_token_use, schema.booking_launch.alias("this_launch")
_NOBODY_KNOWN = select(schema.patient.c.id).where(schema.patient.c.id == NOBODY)
_BY_SECRET = (
    select(
        *_hold.c,
        _variant.c.type_id.label("variant_type_id"),
        _variant.c.reference.label("variant_reference"),
        _variant.c.name.label("variant_name"),
        _variant.c.description,
        _service.c.reference.label("service_reference"),
        _launch.c.patient_id.label("launch_patient_id"),
        _launch.c.type_id.label("launch_type_id"),
        _launch.c.location_id.label("launch_location_id"),
        _use.c.appointment_id.label("used_id"),
    )
    .select_from(
        _hold.outerjoin(_variant, _variant.c.id == _hold.c.variant_id)
        .outerjoin(_service, _service.c.id == _variant.c.service_id)
        .outerjoin(_launch, _launch.c.id == _hold.c.launch_id)
        .outerjoin(_use, and_(_use.c.secret_id == _launch.c.secret_id, _use.c.jti == _launch.c.jti))
    )
    .where(_hold.c.secret_hash == bindparam("secret"))
)
_LOCKED = _BY_SECRET.with_for_update(of=_hold)
_is_held = (_table.c.status == AppointmentStatus.HELD, _table.c.hold_expires_at > bindparam("now"))
_OF_TOKEN = (
    select(_hold.c.hold_id)
    .select_from(
        _hold.join(_table, _table.c.id == _hold.c.hold_id)
        .join(_launch, _launch.c.id == _hold.c.launch_id)
        .join(_this, and_(_this.c.secret_id == _launch.c.secret_id, _this.c.jti == _launch.c.jti))
    )
    .where(_this.c.id == bindparam("launch"), *_is_held)
    .order_by(_hold.c.hold_id)
)
_OF_CLIENT = (
    select(_hold.c.created_at, _table.c.hold_expires_at, _table.c.status)
    .select_from(_hold.join(_table, _table.c.id == _hold.c.hold_id))
    .where(
        _hold.c.client_hash == bindparam("client"),
        _hold.c.created_at > bindparam("since"),
        _hold.c.confirmed_at.is_(None),
    )
    .order_by(_hold.c.created_at)
)
_OF_NOBODY = select(_table.c.starts_at, _table.c.ends_at).where(
    _table.c.patient_id == NOBODY,
    _table.c.provider_id == bindparam("provider"),
    _table.c.starts_at >= bindparam("since"),
    _table.c.starts_at < bindparam("until"),
    *_is_held,
)
# Its secret opens nothing any more, and the row still counts for its client.
_FORGET = update(_hold).where(_hold.c.hold_id == bindparam("hold")).values(secret_hash=bindparam("gone"))
_BOOKED = (
    update(_hold)
    .where(_hold.c.hold_id == bindparam("hold"))
    .values(hold_id=bindparam("booked"), confirmed_at=bindparam("now"))
)
_CONFIRM_FOR = CONFIRM.values(patient_id=bindparam("patient"), held_by_id=null())
_OF_CONTACT = (
    select(_table.c.created_at)
    .join(schema.contact_patient, schema.contact_patient.c.patient_id == _table.c.patient_id)
    .where(
        schema.contact_patient.c.contact_id == bindparam("contact"),
        _table.c.booked_by_kind == ActorKind.CONTACT,
        _table.c.booked_by_id == bindparam("contact"),
        _table.c.created_at > bindparam("since"),
        _table.c.chain_id == _table.c.id,  # what was moved is no other one
    )
    .order_by(_table.c.created_at)
)
_letter = schema.outbox.c
_LETTER = (
    select(_letter.id)
    .where(
        _letter.request_id.is_(None),
        _letter.dedupe_key >= bindparam("since"),
        _letter.dedupe_key < bindparam("until"),
    )
    .limit(1)
)


@cache
def _insert_nobody(*, is_sqlite: bool) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    dialect: Any = sqlite if is_sqlite else postgresql
    return dialect.insert(schema.patient).on_conflict_do_nothing()


# holding


def hold_online(
    unit: Unit,
    scope: BookingScope,
    starts_at: datetime,
    provider_id: ProviderId,
    location_id: LocationId,
    *,
    secret_hash: str,
    client_hash: str,
    replaces: str = "",
) -> AppointmentId:
    """Keep an offered time for the type's hold time, for whoever has the secret (BK5); `replaces` is the secret of an earlier hold.

    The same time with the same secret is the same hold, so that a form may be sent twice. Raises SlotTaken, and Throttled where the
    client holds enough already, or of this day enough is held for people of whom nothing is known (WEB-10).
    """
    unit.require(Permission.BOOK_ONLINE)
    _check_open(unit, scope)
    on_calendar(starts_at)
    subject = AppointmentSubject(provider_id, is_named=scope.patient_id is not None)
    if not may(unit.actor, ScheduleAction.HOLD, subject, unit.time.day_of(unit.now)):
        raise NotAllowed(_("This link is for somebody else. Please call the practice."))
    _lock_nobody(unit)
    same = unit.first(_LOCKED, {"secret": secret_hash})
    if same is not None and _is_for(unit, same, starts_at, provider_id, location_id):
        return AppointmentId(same.hold_id)
    latest = unit.now + _LONGEST if scope.launch_id is None else _check_token(unit, scope, location_id)
    _let_go(unit, scope, secret_hash, replaces)
    _check_client(unit, client_hash)
    where = _offered_time(unit, scope, starts_at, provider_id, location_id)
    holds.expire_here(unit, where, AppointmentId(0))
    hold_id = _taken(
        unit,
        where,
        status=AppointmentStatus.HELD,
        patient_id=scope.patient_id or NOBODY,
        hold_expires_at=min(unit.now + where.type.hold_ttl, latest),
        held_by_id=None,
    )
    unit.insert(
        _hold,
        hold_id=hold_id,
        variant_id=scope.variant_id,
        launch_id=scope.launch_id,
        secret_hash=secret_hash,
        client_hash=client_hash,
        created_at=unit.now,
        confirmed_at=None,
    )
    unit.record("held", Topic.APPOINTMENT, hold_id, starts_at=starts_at)
    return hold_id


def _let_go(unit: Unit, scope: BookingScope, secret_hash: str, replaces: str) -> None:
    """Release what the same browser, or the same booking token, held before."""
    for secret in dict.fromkeys((secret_hash, replaces)):
        _release(unit, secret)
    if scope.launch_id is not None:  # one time a token, in whatever browser it was chosen (WEB-10)
        for row in unit.rows(_OF_TOKEN, {"launch": scope.launch_id, "now": unit.now}):
            holds.drop(unit, AppointmentId(row.hold_id))
    booked = unit.first(_LOCKED, {"secret": secret_hash})
    if booked is not None:  # with an old page, which is used for another time now
        unit.run(_FORGET, {"hold": booked.hold_id, "gone": f"booked {booked.hold_id}"})


def _offered_time(
    unit: Unit, scope: BookingScope, starts_at: datetime, provider_id: ProviderId, location_id: LocationId
) -> holds.BlockedTime:
    """The time, if it is offered within the scope and may be held by whoever asks."""
    type_ = slots.type_rules(unit, scope.type_id)
    place = slots.all_locations(unit).get(location_id)
    is_inside = (
        place is not None
        and booking_choices.narrowed(scope.provider_ids, provider_id) is not None
        and booking_choices.narrowed(scope.location_ids, location_id) is not None
    )
    if place is None or not is_inside or not type_.active:
        raise NotFound(_("This choice is not there any more. Please start again from the first page."))
    facts = facts_of(unit, type_, scope.patient_id)
    wanted = Slot(provider_id, location_id, starts_at, starts_at + type_.duration, starts_at + type_.duration)
    slot = check_offered(unit, type_, wanted, place.zone, patient_id=scope.patient_id, facts=facts)
    if scope.patient_id is None:
        _check_share(unit, slot, place.zone)
    return holds.place(unit, slot, type_, facts)


def release(unit: Unit, secret_hash: str) -> None:
    """Give a held time back; nothing happens when it is not held any more."""
    unit.require(Permission.BOOK_ONLINE)
    _release(unit, secret_hash)


def held_online(unit: Unit, secret_hash: str) -> HeldOnline | None:
    """Return the time that a secret holds or held, and None for a secret that nobody gave away."""
    unit.require(Permission.BOOK_ONLINE)
    row = unit.first(_BY_SECRET, {"secret": secret_hash})
    if row is None:
        return None
    seen = as_of(load(unit, AppointmentId(row.hold_id)), unit.now)
    state = HoldState.HELD if seen.status is AppointmentStatus.HELD else HoldState.OVER
    booked_id = _booked_id(row)
    return HeldOnline(
        id=booked_id or seen.id,
        state=HoldState.BOOKED if booked_id is not None else state,
        scope=_scope_of(unit, row, seen),
        service_reference=str(row.service_reference or ""),
        variant_reference=str(row.variant_reference or ""),
        variant_name=row.variant_name or seen.type_name,
        provider_id=seen.provider_id,
        provider_name=seen.provider_name,
        location_id=seen.location_id,
        location_name=seen.location_name,
        address=slots.all_locations(unit)[seen.location_id].address,
        type_name=seen.type_name,
        is_video=seen.is_video,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        zone=seen.zone,
        held_until=seen.hold_expires_at,
    )


def free_near(unit: Unit, held: HeldOnline, patient_id: PatientId | None = None) -> tuple[PortalSlot, ...]:
    """Return the time of a hold if it is still free, else the next ones; a patient who is known has times that fit.

    Whoever asks has shown the secret of the hold.
    """
    unit.require(Permission.BOOK_ONLINE)
    type_ = slots.type_rules(unit, held.scope.type_id)
    facts = facts_of(unit, type_, patient_id or held.scope.patient_id)
    book, found = open_times(
        unit,
        type_,
        from_day=slots.time_of(unit, held.zone).day_of(held.starts_at),
        days=_NEXT_DAYS,
        provider_ids=held.scope.provider_ids,
        location_ids=held.scope.location_ids,
        patient_id=patient_id,
        facts=facts,
        exclude_chain=held.id,
    )
    later = [each for each in found if each.starts_at >= held.starts_at]
    for each in later:
        if (each.starts_at, each.provider_id, each.location_id) == (held.starts_at, held.provider_id, held.location_id):
            return as_shown(book, (each,), by_provider=True)
    return as_shown(book, _apart(later), by_provider=False)[:_NEXT_MOST]


def _apart(found: Sequence[Slot]) -> list[Slot]:
    """Times of which none begins before the one before it ends: three choices, and not one in three spellings."""
    apart: list[Slot] = []
    for each in found:
        if not apart or each.starts_at >= apart[-1].ends_at:
            apart.append(each)
    return apart


# booking


def why_not(unit: Unit, held: HeldOnline, patient_id: PatientId) -> str:
    """Return what stands against booking a held time for a patient of the actor, and what to do; "" where nothing does."""
    unit.require(Permission.BOOK_ONLINE)
    _check_may_book(unit, held.provider_id, held.scope, patient_id)
    type_ = slots.type_rules(unit, held.scope.type_id)
    slot = Slot(held.provider_id, held.location_id, held.starts_at, held.ends_at, held.ends_at)
    against = _standing_against(unit, type_, slot, held.zone, patient_id)
    return against or _too_short(unit, type_, slot, held, patient_id)


def already_booked(unit: Unit, held: HeldOnline, patient_id: PatientId) -> AlreadyBooked | None:
    """Return the visit of a patient of the actor that a held time would be a second one to, within the usual span (ACT13)."""
    unit.require(Permission.BOOK_ONLINE)
    _check_may_book(unit, held.provider_id, held.scope, patient_id)
    slot = Slot(held.provider_id, held.location_id, held.starts_at, held.ends_at, held.ends_at)
    return _already(unit, slot, held.scope.type_id, patient_id)


def _already(unit: Unit, slot: Slot, type_id: TypeId, patient_id: PatientId) -> AlreadyBooked | None:
    found = second_of(Booking(slot, type_id), patient_id, upcoming_of(unit, (patient_id,)), unit.time)
    if found is None:
        return None
    told = _("{name} already has a visit: {time} with {provider}.").format(
        name=safe_name(found.patient_name),
        time=unit.words.at(found.zone).long_moment_with_zone(found.starts_at),
        provider=found.provider_name,
    )
    return AlreadyBooked(found.id, told)


def confirm(unit: Unit, secret_hash: str, patient_id: PatientId, *, another: bool = False) -> AppointmentId:
    """Book what a secret holds for a patient whom the actor may book for, and return the appointment; once, however often it is asked.

    A hold that ran out is no obstacle while its time is free. Raises NotFound for a wrong secret, SlotTaken, Limited with what
    stands against it and what to do, and Doubtful where it would be a second visit and nobody said that it is `another`. A booking token is used up by it; where it was already, in another browser, that appointment is
    returned and nothing more is booked (JWT-07).
    """
    unit.require(Permission.BOOK_ONLINE)
    row = _kept(unit, secret_hash)
    if row.confirmed_at is not None:
        return AppointmentId(row.hold_id)
    held = load(unit, AppointmentId(row.hold_id))
    scope = _scope_of(unit, row, held)
    _check_open(unit, scope)
    _check_may_book(unit, held.provider_id, scope, patient_id)
    if scope.launch_id is None:
        return _book(unit, held, patient_id, by=unit.actor, another=another)
    booking_tokens.scope(unit).check(held.type_id, held.location_id)
    first = booking_tokens.record_use(unit, held.id)
    if first != held.id:
        holds.drop(unit, held.id)
        return first
    booked_id = _book(unit, held, patient_id, by=unit.actor, another=another)
    if booked_id != held.id:
        booking_tokens.move_use(unit, held.id, booked_id)
    return booked_id


def confirm_new(
    unit: Unit,
    secret_hash: str,
    family: NewFamily,
    *,
    browser_hash: str,
    session_hash: str,
) -> AppointmentId:
    """Book what a secret holds for a patient whom nobody here knows yet, who is registered with it: both or nothing.

    A contact who is signed in tells of the child alone; a visitor has proved an address by a code in this browser, and is
    signed in by `session_hash` from then on. Raises what `confirm` does, and Invalid with every problem.
    """
    unit.require(Permission.BOOK_ONLINE)
    row = _kept(unit, secret_hash)
    if row.confirmed_at is not None:
        return AppointmentId(row.hold_id)
    held = load(unit, AppointmentId(row.hold_id))
    scope = _scope_of(unit, row, held)
    _check_open(unit, scope)
    if not unit.settings.new_families or scope.patient_id is not None:
        raise NotAllowed(_("New patients are not booked here. Please call the practice."))
    contact_id = _newcomer(unit, browser_hash)
    is_known = unit.actor.kind is ActorKind.CONTACT
    patient_id = registration.register_online(unit, family, contact_id, is_known=is_known)
    booked = _book(unit, held, patient_id, by=a_contact(contact_id), another=False)
    if not is_known:
        portal_access.open_session(unit, contact_id, session_hash)
    return booked


def _newcomer(unit: Unit, browser_hash: str) -> ContactId:
    if unit.actor.kind is ActorKind.CONTACT:
        return unit.actor.contact_id
    found = portal_access.proved(unit, browser_hash)
    if found is None:
        raise NotFound(_("Your code was typed too long ago. Please ask for a new one; your time is still kept."))
    return found


def _book(unit: Unit, held: Appointment, patient_id: PatientId, *, by: Actor, another: bool) -> AppointmentId:
    """Make the hold an appointment of the patient, or take its time anew where it ran out or the patient needs longer."""
    if held.off:
        raise holds.switched_off(held.off)
    if by.kind is ActorKind.CONTACT:
        _check_contact(unit, by.contact_id)
    lock_patient(unit, patient_id)
    type_ = slots.type_rules(unit, held.type_id)
    slot = Slot(held.provider_id, held.location_id, held.starts_at, held.ends_at, held.ends_at)
    told = _standing_against(unit, type_, slot, held.zone, patient_id)
    if told:
        raise Limited(told, ())
    if not another and (already := _already(unit, slot, held.type_id, patient_id)) is not None:
        raise Doubtful(already.sentence, Doubt.ANOTHER)
    facts = facts_of(unit, type_, patient_id)
    who = {"by_kind": by.kind, "by_id": by.id}
    length = booking_rules.duration_for(type_, held.provider_id, facts)
    booked_id = held.id
    row = None
    if held.ends_at - held.starts_at == length:
        row = unit.first(
            _CONFIRM_FOR,
            {"hold": held.id, "now": unit.now, "reason": "", "shown_at": unit.now, "patient": patient_id, **who},
        )
    if row is None:
        slot = check_offered(unit, type_, slot, held.zone, patient_id=patient_id, facts=facts, exclude_chain=held.id)
        where = holds.place(unit, slot, type_, facts)
        holds.expire_here(unit, where, AppointmentId(0))
        holds.drop(unit, held.id)
        booked_id = _taken(
            unit,
            where,
            status=AppointmentStatus.CONFIRMED,
            patient_id=patient_id,
            held_by_id=None,
            booked_by_kind=by.kind,
            booked_by_id=by.id,
            visible_at=unit.now,
        )
    unit.run(_BOOKED, {"hold": held.id, "booked": booked_id, "now": unit.now})
    _tell(unit, held, booked_id, patient_id, by)
    return booked_id


def _tell(unit: Unit, held: Appointment, booked_id: AppointmentId, patient_id: PatientId, by: Actor) -> None:
    """Write the booking down, and queue the notices as for every other one."""
    unit.record(
        "booked",
        Topic.APPOINTMENT,
        booked_id,
        starts_at=held.starts_at,
        provider_id=held.provider_id,
        type_id=held.type_id,
        patient_id=patient_id,
        contact_id=by.id if by.kind is ActorKind.CONTACT else None,
    )
    outbox.notify(
        unit,
        BOOKING,
        people=outbox.ask_people(unit, patient_id),
        replied=False,
        sender_id=by.contact_id if by.kind is ActorKind.CONTACT else None,
        appointment_id=booked_id,
        version=1,
    )


# booked


def booked_online(unit: Unit, appointment_id: AppointmentId, secret_hash: str) -> BookedOnline | None:
    """Return what was booked with a secret, as it stands now, moved or cancelled since; None for any other secret."""
    unit.require(Permission.BOOK_ONLINE)
    row = unit.first(_BY_SECRET, {"secret": secret_hash})
    if row is None or _booked_id(row) != appointment_id:
        return None
    seen = chain_end(unit, appointment_id)
    place = unit.first(select(schema.location.c.address).where(schema.location.c.id == seen.location_id))
    name = patients.row_of(unit, seen.patient_id).given_name or seen.patient_name
    return BookedOnline(
        id=appointment_id,
        chain_id=seen.chain_id,
        sequence=sequence_of(unit, seen),
        first_name=name,
        variant_name=row.variant_name or seen.type_name,
        description=row.description or "",
        type_name=seen.type_name,
        provider_name=seen.provider_name,
        location_name=seen.location_name,
        address=place.address if place is not None else "",
        is_video=seen.is_video,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        zone=seen.zone,
        needs_forms=intake_incomplete(unit, seen.id),
        is_cancelled=seen.status is AppointmentStatus.CANCELLED,
        is_told=unit.first(
            _LETTER, {"since": f"{BOOKING.kind}:{appointment_id}:", "until": f"{BOOKING.kind}:{appointment_id};"}
        )
        is not None,
    )


def link_to_booked(unit: Unit, appointment_id: AppointmentId, secret_hash: str, purpose: LinkPurpose) -> str:
    """Return the token of a new manage link for whoever has booked with this secret; raises NotFound where the page offers none."""
    unit.require(Permission.BOOK_ONLINE)
    booked = booked_online(unit, appointment_id, secret_hash)
    settings = unit.settings
    is_forms = purpose is LinkPurpose.FORMS
    is_shown = settings.shows(Flow.BOOKING, Control.FORMS) if is_forms else may_manage(settings)
    if booked is None or not is_shown or (is_forms and not booked.needs_forms):
        raise NotFound(_("This page is not there any more."))
    seen = load(unit, appointment_id)
    contact_id = unit.actor.contact_id if unit.actor.kind is ActorKind.CONTACT else None
    if contact_id is not None and patients.rights(unit, contact_id, seen.patient_id) is None:
        contact_id = None
    return manage_links.mint(unit, seen.id, purpose, contact_id=contact_id)


# parts


def _check_open(unit: Unit, scope: BookingScope) -> None:
    """A booking token is a matter between the practice and its partner; share links can be switched off (BK5)."""
    if scope.launch_id is None and not unit.settings.self_booking:
        raise Refused(_("Visits cannot be booked online just now. Please call the practice."))


def _check_token(unit: Unit, scope: BookingScope, location_id: LocationId) -> datetime:
    """Hold a scope against the booking token that it says it is of, and return when its launch ends (JWT-08)."""
    launch = booking_tokens.launch_of(unit)
    if scope.launch_id != unit.actor.launch_id or scope.patient_id != launch.scope.patient_id:
        raise NotAllowed(_("This link is for somebody else. Please call the practice."))
    launch.scope.check(scope.type_id, location_id)
    if launch.is_used:
        raise Refused(_("A visit was booked with this link already. For another one go back to where you came from."))
    return launch.expires_at


def _booked_id(row: Row[Any]) -> AppointmentId | None:
    """What a secret has booked; of a booking token also what another browser has booked with it."""
    if row.confirmed_at is not None:
        return AppointmentId(row.hold_id)
    return None if row.used_id is None else AppointmentId(row.used_id)


def _lock_nobody(unit: Unit) -> None:
    """Let whoever holds a time on the booking page wait for this transaction, so that the caps count what others have just taken.

    The first one ever makes the patient whom such times belong to (ADR 22).
    """
    if unit.first(_NOBODY_KNOWN) is None:
        nobody = {
            "id": NOBODY,
            "given_name": "",
            "family_name": "Online booking",
            "birth_day": date(1900, 1, 1),
            "household_id": NOBODY,
            "search": "",
            "active": False,
        }
        unit.run(_insert_nobody(is_sqlite=unit.is_sqlite), nobody)
    lock_patient(unit, NOBODY)


def _is_for(unit: Unit, row: Row[Any], starts_at: datetime, provider_id: ProviderId, location_id: LocationId) -> bool:
    seen = as_of(load(unit, AppointmentId(row.hold_id)), unit.now)
    is_same = (seen.starts_at, seen.provider_id, seen.location_id) == (starts_at, provider_id, location_id)
    return is_same and (row.confirmed_at is not None or seen.status is AppointmentStatus.HELD)


def _release(unit: Unit, secret_hash: str) -> None:
    """Give a time back, and forget the secret; what was booked stays booked."""
    row = unit.first(_LOCKED, {"secret": secret_hash}) if secret_hash else None
    if row is not None and row.confirmed_at is None:
        holds.drop(unit, AppointmentId(row.hold_id))
        unit.run(_FORGET, {"hold": row.hold_id, "gone": f"released {row.hold_id}"})


def _check_client(unit: Unit, client_hash: str) -> None:
    rows = unit.rows(_OF_CLIENT, {"client": client_hash, "since": unit.now - HOUR})
    held = [
        row.hold_expires_at
        for row in rows
        if row.status == AppointmentStatus.HELD and row.hold_expires_at is not None and row.hold_expires_at > unit.now
    ]
    if len(held) >= MOST_HELD:
        told = _("Other times are kept for you already. Book one of them, or wait until {time}; or call us.")
        raise _later(unit, told, min(held))
    if len(rows) >= MOST_AN_HOUR:
        told = _("Many times were kept from here within the hour. Please try again after {time}, or call us.")
        raise _later(unit, told, rows[0].created_at + HOUR)


def _check_contact(unit: Unit, contact_id: ContactId) -> None:
    booked = unit.rows(_OF_CONTACT, {"contact": contact_id, "since": unit.now - DAY})
    if len(booked) >= MOST_A_DAY:
        told = _("Many visits were booked with your address within a day. Nothing else is booked now: please call us.")
        raise Throttled(told, seconds=max(1, int((booked[0].created_at + DAY - unit.now).total_seconds())))


def _later(unit: Unit, told: str, until: datetime) -> Throttled:
    shown = until + timedelta(seconds=59)  # a whole minute that is over by then
    return Throttled(told.format(time=unit.words.time(shown)), seconds=max(1, int((until - unit.now).total_seconds())))


def _check_share(unit: Unit, slot: Slot, zone: str) -> None:
    """Somebody unknown may not keep a provider's day from everybody else."""
    clock = slots.time_of(unit, zone)
    span = clock.bounds(clock.day_of(slot.starts_at))
    values = {"provider": slot.provider_id, "since": span.starts_at, "until": span.ends_at, "now": unit.now}
    held = [row.ends_at - row.starts_at for row in unit.rows(_OF_NOBODY, values)]
    if not is_within_share(held, slot.ends_at - slot.starts_at, _open_time(unit, slot.provider_id, span)):
        told = _("Many times of this day are just being booked. Please choose another day, or try again in {minutes}.")
        raise Throttled(told.format(minutes=unit.words.minutes(_A_WHILE)), seconds=int(_A_WHILE.total_seconds()))


def _open_time(unit: Unit, provider_id: ProviderId, span: Span) -> timedelta:
    """How long a provider is here in a span, without what is time off."""
    windows = slots.windows_of(unit, (provider_id,)).get(provider_id, ())
    here = slots.opened(unit, windows, slots.all_locations(unit), (), span)
    away = slots.absences_of(unit, (provider_id,), span).get(provider_id, ())
    total = timedelta()
    for each in here:
        lost = sum((_common(each.starts_at, each.ends_at, one.starts_at, one.ends_at) for one in away), timedelta())
        total += max(timedelta(), each.ends_at - each.starts_at - lost)
    return total


def _common(starts_at: datetime, ends_at: datetime, since: datetime, until: datetime) -> timedelta:
    return max(timedelta(), min(ends_at, until) - max(starts_at, since))


def _taken(unit: Unit, where: holds.BlockedTime, **values: Any) -> AppointmentId:
    """Take a time; whoever is too late hears that it is gone, and not who has it (WEB-13)."""
    try:
        return holds.take(unit, where, chain_id=None, request_id=None, **values)
    except SlotTaken as taken:
        told = _("{time} has just been taken. Please choose another time.")
        raise SlotTaken(told.format(time=unit.words.at(where.zone).moment(where.slot.starts_at))) from taken


def _kept(unit: Unit, secret_hash: str) -> Row[Any]:
    row = unit.first(_LOCKED, {"secret": secret_hash})
    if row is None:
        raise NotFound(_("No time is kept for you here. Please choose one again."))
    return row


def _scope_of(unit: Unit, row: Row[Any], held: Appointment) -> BookingScope:
    if row.variant_id is not None:
        return booking_choices.scope_of(unit, VariantId(row.variant_id), TypeId(row.variant_type_id))
    return BookingScope(
        type_id=held.type_id if row.launch_type_id is None else TypeId(row.launch_type_id),
        location_ids=() if row.launch_location_id is None else (LocationId(row.launch_location_id),),
        launch_id=None if row.launch_id is None else LaunchId(row.launch_id),
        patient_id=None if row.launch_id is None else PatientId(row.launch_patient_id),
    )


def _check_may_book(unit: Unit, provider_id: ProviderId, scope: BookingScope, patient_id: PatientId) -> None:
    """Ask the policy whether the actor may book for the patient: a contact with the right, a partner whose token names them."""
    actor = unit.actor
    relation = patients.rights(unit, actor.contact_id, patient_id) if actor.kind is ActorKind.CONTACT else None
    known = relation is not None or scope.patient_id == patient_id
    is_right = scope.patient_id in (None, patient_id)  # a booking token names one, and books for nobody else
    row = patients.row_of(unit, patient_id) if known and is_right else None
    if row is None:
        raise NotFound(_("This child is not registered with you. Please call the practice."))
    is_named = scope.patient_id == patient_id and scope.launch_id == actor.id
    subject = AppointmentSubject(provider_id, relation=relation, birth_day=row.birth_day, is_named=is_named)
    match may(actor, ScheduleAction.BOOK, subject, unit.time.day_of(unit.now)):
        case Verdict.ALLOWED:
            pass
        case Verdict.NO_BOOKING | Verdict.MINOR:
            raise NotAllowed(_("You are not registered to book for this child. Please call the practice."))
        case _:
            raise NotFound(_("This child is not registered with you. Please call the practice."))
    if not row.active or row.deceased:
        raise Refused(_("Nothing can be booked for this patient online. Please call the practice."))


def _standing_against(unit: Unit, type_: AppointmentType, slot: Slot, zone: str, patient_id: PatientId) -> str:
    """The rules of the type that the patient breaks then, and that they are elsewhere, with what to do (AP7)."""
    facts = facts_of(unit, type_, patient_id)
    told = [each.sentence for each in booking_rules.broken_rules(type_, facts, slot.starts_at, unit.words.at(zone))]
    if told:
        advice = _("{rules} Choose another time or another kind of visit, or call us.")
        return advice.format(rules=" ".join(told))
    others = elsewhere(unit, patient_id, slot, None)
    return " ".join(each.sentence for each in others) + " " + _("Please choose another time.") if others else ""


def _too_short(unit: Unit, type_: AppointmentType, slot: Slot, held: HeldOnline, patient_id: PatientId) -> str:
    """That the patient needs longer than is free at the held time, with what to do; "" where it is enough (AP7)."""
    facts = facts_of(unit, type_, patient_id)
    length = booking_rules.duration_for(type_, slot.provider_id, facts)
    if length <= slot.ends_at - slot.starts_at:
        return ""
    try:
        check_offered(unit, type_, slot, held.zone, patient_id=patient_id, facts=facts, exclude_chain=held.id)
    except SlotTaken:
        told = _("This visit takes {length}, and less than that is free at this time. Please choose another time.")
        return told.format(length=unit.words.minutes(length))
    return ""
