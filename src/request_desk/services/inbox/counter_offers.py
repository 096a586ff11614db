"""Times that were offered in a reply: taken, declined, withdrawn, run out; they are offered by `handling.resolve` (ACT10)."""

from typing import Any, Final

from sqlalchemy import Row, bindparam, select, text

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment
from request_desk.domain.changes import Topic
from request_desk.domain.counter_offers import CounterOffer, CounterOfferState, PortalTime, PortalTimes
from request_desk.domain.errors import NotFound, Refused
from request_desk.domain.ids import AppointmentId, CounterOfferId, PatientId, RequestId
from request_desk.domain.requests import RequestState
from request_desk.domain.spans import Slot
from request_desk.domain.text import clean_text, parse_version
from request_desk.domain.words import Words, _, spoken
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling, routing as inbox_routing, scope as request_scope
from request_desk.services.schedule import latest_offers, offered_times, scheduling
from request_desk.services.schedule.two_places import elsewhere
from request_desk.services.schedule.views import load
from request_desk.store import schema

_MOST: Final = 500  # offers that are looked at in one turn of the job
_offer, _slot = schema.counter_offer, schema.counter_offer_slot
_is_open = text("counter_offer.state = 'open'")
_OF_HOLD = (
    select(*_offer.c)
    .select_from(_offer.join(_slot, _slot.c.offer_id == _offer.c.id))
    .where(_slot.c.hold_id == bindparam("hold"))
)
_BY_ID = select(_offer).where(_offer.c.id == bindparam("id")).with_for_update()
_OPEN_OF = select(_offer).where(_offer.c.request_id == bindparam("request"), _is_open)
_OPEN = select(_offer).where(_is_open).order_by(_offer.c.expires_at, _offer.c.id).limit(_MOST)
_ADDRESSES = select(schema.location.c.id, schema.location.c.address)


def accept(unit: Unit, request_id: RequestId, hold_id: AppointmentId) -> AppointmentId:
    """Book one of the times that were offered to the contact: the others are free again, the request is answered.

    An appointment that was to be moved is given up for it. The whole family is told. Raises Refused with what has happened
    meanwhile when it cannot be taken any more.
    """
    unit.require(Permission.USE_PORTAL)
    asked = handling.own(unit, request_id)
    offer = unit.first(_OF_HOLD, {"hold": hold_id})
    if offer is None or (offer.request_id, offer.contact_id) != (request_id, unit.actor.contact_id):
        raise _over()
    offer = unit.first(_BY_ID, {"id": offer.id})
    if offer is None or offer.state != CounterOfferState.OPEN or offer.expires_at <= unit.now:
        raise _why_over(unit, offer)
    moved_id = None if offer.moved_id is None else AppointmentId(offer.moved_id)
    hold = load(unit, hold_id)
    _check_takeable(unit, asked, offer, hold, moved_id)
    booked = scheduling.confirm_offered(unit, hold_id, request_id=request_id, moved_id=moved_id)
    offered_times.end(unit, CounterOfferId(offer.id), request_id, CounterOfferState.ACCEPTED, hold_id)
    time = _words(unit).at(booked.zone).moment(booked.starts_at)
    handling.close_by_parent(unit, request_id, _("I take the time that was offered: {time}.").format(time=time))
    return booked.id


def decline(unit: Unit, request_id: RequestId, offer_id: CounterOfferId, message: str) -> None:
    """Say that none of the offered times fits: they are free again, and the request is back in the inbox with what was written."""
    unit.require(Permission.USE_PORTAL)
    handling.own(unit, request_id)
    told = clean_text(message, field=_("Your message"))
    offer = unit.first(_BY_ID, {"id": offer_id})
    if offer is None or (offer.request_id, offer.contact_id) != (request_id, unit.actor.contact_id):
        raise _over()
    if offer.state != CounterOfferState.OPEN:
        raise _why_over(unit, offer)
    offered_times.end(unit, offer_id, request_id, CounterOfferState.DECLINED)
    none = _("None of the offered times fits.")
    handling.answer(unit, request_id, f"{none}\n\n{told}" if told else none)


def withdraw(unit: Unit, request_id: RequestId, *, expect_version: int) -> int:
    """Take an offer back: its times are free again, and the request is back in the inbox. Returns the request's new version.

    A notice that has not left does not leave. Raises Conflict, and Refused when nothing is offered any more.
    """
    unit.require(Permission.ANSWER_REQUESTS)
    row = request_scope.fresh(unit, request_id, expect_version)
    offer = unit.first(_OPEN_OF, {"request": request_id})
    if offer is None:
        raise Refused(_("Nothing is offered for this request any more. Look at its present state."))
    offered_times.end(unit, CounterOfferId(offer.id), request_id, CounterOfferState.WITHDRAWN)
    return _brought_back(unit, row)


def withdraw_held(unit: Unit, hold_id: AppointmentId, *, expect_version: int) -> RequestId:
    """Take back the offer that a held time on the schedule belongs to, whole; returns whose request is back in the inbox."""
    unit.require(Permission.ANSWER_REQUESTS)
    seen = load(unit, hold_id)
    if seen.version != parse_version(expect_version):
        raise unit.conflict(Topic.APPOINTMENT, hold_id)
    offer = unit.first(_OF_HOLD, {"hold": hold_id})
    if offer is None:
        raise NotFound(_("This time is not offered any more. Reload to see the present state."))
    request_id = RequestId(offer.request_id)
    withdraw(unit, request_id, expect_version=request_scope.seen(unit, request_id, lock=True).version)
    return request_id


def offered_with(unit: Unit, hold_id: AppointmentId) -> CounterOffer | None:
    """Return the open offer that a held time belongs to, with all its times; None for any other time."""
    unit.require(Permission.VIEW_SCHEDULE)
    offer = unit.first(_OF_HOLD, {"hold": hold_id})
    if offer is None or offer.state != CounterOfferState.OPEN:
        return None
    return offered_times.of_request(unit, RequestId(offer.request_id))


def portal_times(unit: Unit, request_id: RequestId) -> PortalTimes | None:
    """Return what is offered for an own request now, in the order of the letter; what staff may still take back is not shown yet."""
    unit.require(Permission.USE_PORTAL)
    offer = unit.first(_OPEN_OF, {"request": request_id})
    if offer is None or offer.contact_id != unit.actor.contact_id or offer.expires_at <= unit.now:
        return None
    if request_id not in latest_offers.latest(unit, (request_id,), shown_only=True):
        return None
    kept = offered_times.kept(unit, CounterOfferId(offer.id))
    if not kept:
        return None
    moved = None if offer.moved_id is None else load(unit, AppointmentId(offer.moved_id))
    addresses = {row.id: row.address for row in unit.rows(_ADDRESSES)}
    return PortalTimes(
        id=CounterOfferId(offer.id),
        until=offer.expires_at,
        times=tuple(
            PortalTime(
                hold_id=each.id,
                type_name=each.type_name,
                patient_name=each.patient_name,
                provider_name=each.provider_name,
                location_name=each.location_name,
                address=addresses.get(each.location_id, ""),
                starts_at=each.starts_at,
                zone=each.zone,
                is_video=each.is_video,
            )
            for each in kept
        ),
        moved_from=None if moved is None else moved.starts_at,
        moved_zone="" if moved is None else moved.zone,
    )


def expire(unit: Unit) -> int:
    """Bring the requests back whose offers nobody took in time, or nobody can take any more; return how many offers ended."""
    unit.require(Permission.RUN_JOBS)
    ended = 0
    for found in unit.rows(_OPEN):
        # Looked at before anything is locked: most offers last, and a family may be taking one just now.
        if not _lasts(unit, request_scope.seen(unit, RequestId(found.request_id)), found):
            ended += _expired(unit, RequestId(found.request_id), CounterOfferId(found.id))
    return ended


def _expired(unit: Unit, request_id: RequestId, offer_id: CounterOfferId) -> bool:
    """End an offer that nobody can take any more; False when somebody was faster."""
    row = request_scope.seen(unit, request_id, lock=True)
    offer = unit.first(_BY_ID, {"id": offer_id})
    if offer is None or offer.state != CounterOfferState.OPEN or _lasts(unit, row, offer):
        return False
    offered_times.end(unit, offer_id, request_id, CounterOfferState.EXPIRED)
    _brought_back(unit, row)
    return True


def _lasts(unit: Unit, row: Row[Any], offer: Row[Any]) -> bool:
    """Whether somebody can still take one of the offered times."""
    return (
        offer.expires_at > unit.now
        and offered_times.stands(unit, row, None if offer.moved_id is None else AppointmentId(offer.moved_id))
        and bool(offered_times.kept(unit, CounterOfferId(offer.id)))
    )


def _brought_back(unit: Unit, row: Row[Any]) -> int:
    """Open a request that waited for the answer, new to everybody; one that is open already stays as it is."""
    if row.state != RequestState.WAITING:
        return int(row.version)
    values = inbox_routing.reopened(unit, row)
    return int(unit.change(schema.request, row.id, row.version, visible_at=unit.now, **values).version)


def _check_takeable(
    unit: Unit, asked: Row[Any], offer: Row[Any], hold: Appointment, moved_id: AppointmentId | None
) -> None:
    """Raise Refused with what stands against a time now, in a sentence for the parent."""
    if hold.off or hold.id not in {each.id for each in offered_times.kept(unit, CounterOfferId(offer.id))}:
        raise Refused(_("This time cannot be booked any more. Choose another one, or say that none fits."))
    if moved_id is not None:
        moved = load(unit, moved_id)
        if not offered_times.is_coming(unit, moved):
            raise Refused(_("Your visit has changed since we offered these times. Write to us below, or call."))
    if not offered_times.stands(unit, asked, moved_id):
        raise Refused(_("Our records do not let you book for this patient any more. Please call the practice."))
    slot = Slot(hold.provider_id, hold.location_id, hold.starts_at, hold.ends_at, hold.ends_at)
    chain_id = None if moved_id is None else load(unit, moved_id).chain_id
    if elsewhere(unit, PatientId(asked.patient_id), slot, chain_id, lock=True):
        raise Refused(
            _("{patient} has another visit at that time by now. Choose another time, or say that none fits.").format(
                patient=hold.patient_name
            )
        )


def _words(unit: Unit) -> Words:
    """The formatter in the language of the reader."""
    return unit.words.in_language(spoken())


def _over() -> Refused:
    return Refused(_("This time is not offered any more. Look at the request, or call us."))


def _why_over(unit: Unit, offer: Row[Any] | None) -> Refused:
    """Say what has become of an offer since its page was opened."""
    if offer is None:
        return _over()
    if offer.state == CounterOfferState.ACCEPTED:
        chosen = load(unit, AppointmentId(offer.chosen_id))
        time = _words(unit).at(chosen.zone).moment_with_zone(chosen.starts_at)
        return Refused(_("One of these times was chosen already: {time}. The others are free again.").format(time=time))
    if offer.state == CounterOfferState.DECLINED:
        return Refused(_("You have told us that none of these times fits. We look for others."))
    if offer.state == CounterOfferState.WITHDRAWN:
        return Refused(_("The practice has answered otherwise since: these times are not kept any more."))
    until = _words(unit).moment_with_zone(offer.expires_at)
    return Refused(_("These times were kept until {time}. We look at your request again.").format(time=until))
