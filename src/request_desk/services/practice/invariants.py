"""What must be true of every practice at any time, whoever wrote it; asked by `doctor` and after tests."""

from sqlalchemy import and_, bindparam, exists, func, not_, or_, select, union_all

from request_desk.domain.access import Permission
from request_desk.domain.directory import ADMINISTRATOR_LOGIN
from request_desk.domain.double_bookings import Clash
from request_desk.services.desk import Unit
from request_desk.services.inbox.scope import IS_ACTIVE
from request_desk.services.schedule import double_bookings
from request_desk.store import schema

one, two = schema.appointment.alias("one"), schema.appointment.alias("two")
request, staff, member = schema.request.c, schema.staff.c, schema.department_member.c
_MOST = 20
_BLOCKING = ("held", "confirmed")

_OVERLAPS = (
    select(one.c.id.label("first"), two.c.id.label("second"))
    .where(
        one.c.provider_id == two.c.provider_id,
        one.c.lane == two.c.lane,
        one.c.chain_id != two.c.chain_id,
        one.c.id < two.c.id,
        one.c.status.in_(_BLOCKING),
        two.c.status.in_(_BLOCKING),
        one.c.blocks_from < two.c.blocks_until,
        two.c.blocks_from < one.c.blocks_until,
    )
    .limit(_MOST)
)
_SEEN_BY_STAFF = and_(request.target_kind == "staff", exists().where(staff.id == request.target_id, IS_ACTIVE))
_SEEN_BY_DEPARTMENT = and_(
    request.target_kind == "department",
    exists().where(
        schema.department.c.id == request.target_id,
        schema.department.c.active,
        member.department_id == schema.department.c.id,
        staff.id == member.staff_id,
        IS_ACTIVE,
    ),
)
_LOST = select(request.id).where(request.state == "open", not_(or_(_SEEN_BY_STAFF, _SEEN_BY_DEPARTMENT))).limit(_MOST)
_COUNTED = select(schema.open_count.c.target_id, schema.open_count.c.count.label("open")).where(
    schema.open_count.c.count != 0
)
_OPEN = select(request.target_id, func.count().label("open")).where(request.state == "open").group_by(request.target_id)
_MARKS = (
    select(func.count())
    .select_from(schema.request_mark.join(schema.request, request.id == schema.request_mark.c.request_id))
    .where(request.state.in_(("completed", "withdrawn")))
)
_ADMINISTRATOR = select(func.count()).where(staff.login == bindparam("login"), staff.active)
_BRANCHES = (
    select(schema.appointment.c.chain_id)
    .where(schema.appointment.c.status == "confirmed")
    .group_by(schema.appointment.c.chain_id)
    .having(func.count() > 1)
    .limit(_MOST)
)
_merged = select(schema.patient.c.id).where(schema.patient.c.merged_into_id.is_not(None))
offer, other = schema.slot_offer.alias("offer"), schema.slot_offer.alias("other")
# An offer is open just as long as its hold is held; one that was accepted has become an appointment.
_UNKEPT = (
    select(offer.c.id)
    .select_from(offer.join(one, one.c.id == offer.c.hold_id))
    .where(
        or_(
            (offer.c.state == "open") != (one.c.status == "held"),
            and_(offer.c.state == "accepted", one.c.status == "expired"),
        )
    )
    .limit(_MOST)
)
# Offered twice to one patient, but for what was withdrawn before it was shown to anybody.
_AGAIN = (
    select(offer.c.id.label("first"), other.c.id.label("second"))
    .select_from(
        offer.join(other, and_(other.c.freed_id == offer.c.freed_id, other.c.id > offer.c.id)).join(
            one, one.c.id == offer.c.hold_id
        )
    )
    .where(
        offer.c.patient_id == other.c.patient_id,
        or_(offer.c.state != "withdrawn", offer.c.decided_at >= one.c.visible_at),
    )
    .limit(_MOST)
)
_OF_MERGED = union_all(
    select(schema.waitlist_entry.c.id).where(schema.waitlist_entry.c.patient_id.in_(_merged)),
    select(schema.appointment.c.id).where(schema.appointment.c.patient_id.in_(_merged)),
    select(request.id).where(request.patient_id.in_(_merged)),
).limit(_MOST)


def _beyond_lanes(unit: Unit) -> list[Clash]:
    """Those that lie beside each other in lanes which their window does not have (BK9)."""
    return [each for each in double_bookings.everywhere(unit) if not each.is_same_lane][:_MOST]


def inconsistencies(unit: Unit) -> tuple[str, ...]:
    """Return a sentence for each thing that is not as it must be; none is good news."""
    unit.require(Permission.RUN_JOBS)
    pairs = [(row.first, row.second) for row in unit.rows(_OVERLAPS)]
    pairs += [(each.first, each.second) for each in _beyond_lanes(unit)]
    found = [f"The appointments {one} and {other} overlap. Move or cancel one of them." for one, other in pairs]
    found += [
        f"Nobody can open the request {row.id}. Put somebody into its department who can sign in."
        for row in unit.rows(_LOST)
    ]
    found += [f"The chain {row.chain_id} has two bookings. Cancel one of them." for row in unit.rows(_BRANCHES)]
    found += [
        f"{row.id} belongs to a patient who was merged. Restore a backup, or ask for help."
        for row in unit.rows(_OF_MERGED)
    ]
    found += [
        f"The offer {row.id} and the time that is kept for it do not agree. Cancel the held time, or ask for help."
        for row in unit.rows(_UNKEPT)
    ]
    found += [f"The offers {row.first} and {row.second} are one and the same time." for row in unit.rows(_AGAIN)]
    counted = {row.target_id: row.open for row in unit.rows(_COUNTED)}
    really = {row.target_id: row.open for row in unit.rows(_OPEN)}
    if counted != really:
        found.append("The counters of open requests differ from the requests. Restore a backup, or ask for help.")
    if unit.connection.execute(_MARKS).scalar_one():
        found.append("Requests that are closed still carry marks of users.")
    if (
        unit.first(schema.staff.select().limit(1)) is not None
        and not unit.connection.execute(_ADMINISTRATOR, {"login": ADMINISTRATOR_LOGIN}).scalar_one()
    ):
        found.append("The administrator $AD is missing. Restore a backup.")
    return tuple(found)
