"""The schedule beside the message: the right day with the offers over it, or a strip of them; it chooses nothing by itself."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from request_desk.domain.changes import Changes
from request_desk.domain.errors import Refused
from request_desk.domain.ids import LocationId, RequestId, TypeId
from request_desk.domain.requests import RequestKind
from request_desk.domain.schedule import ScheduleDay, Snapped, snapped_words
from request_desk.domain.spans import Slot as FreeSlot, Span
from request_desk.domain.words import _
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule import queries as schedule_queries
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.flow import Handling, ShownOffer
from request_desk.ui.inbox.offers_strip import OffersStrip, tiles
from request_desk.ui.inbox.request_controller import FAR, NO_TYPE, names_of
from request_desk.ui.inbox.request_words import hold_words
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.grid_layout import FreePoint, OfferState, PaintedOffer
from request_desk.ui.schedule.schedule_panel import SchedulePanel


class OfferSchedule(QObject):
    """Follows one request's offers. A day the user went to stays; a choice brings the schedule to the chosen day."""

    digit_wanted = Signal(int)
    offer_wanted = Signal(object)  # ShownOffer: a click in the strip, or a free place picked in the schedule
    more_found = Signal(object, str, str)  # slot, provider, location: the next available one
    explained = Signal(str)
    offers_painted = Signal(object)  # tuple of (digit, Slot)

    def __init__(
        self,
        context: DeskContext,
        panel: SchedulePanel,
        strip: OffersStrip,
        directory: Callable[[], Directory | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._panel = panel
        self._strip = strip
        self._directory = directory
        self._now: Handling | None = None
        self._days: dict[date, ScheduleDay] = {}
        self._places_read: tuple[LocationId, ...] = ()
        self._user_went = False
        panel.day_wanted.connect(self._day_wanted)
        panel.next_wanted.connect(self.next_available)
        panel.retried.connect(self._retry)
        panel.view.slot_chosen.connect(self._digit_clicked)
        panel.view.free_chosen.connect(self._free_chosen)
        panel.view.offers_painted.connect(self.offers_painted)
        strip.chosen.connect(self.offer_wanted)
        strip.offers_painted.connect(self.offers_painted)

    def forget(self) -> None:
        """No request is shown: the day stays, without offers; where none was shown yet, it is today."""
        self._now = None
        if self._panel.shown_day() is None:
            self._read(self._context.today())
        self._panel.view.set_offers(())
        self._strip.show_tiles((), _("Choose a request to see the times that fit."))

    def come_back(self) -> None:
        """Another request is shown, or a time was chosen: its day is what the user wants to see."""
        self._user_went = False

    def follow(self, now: Handling) -> None:
        """Show the offers of a request as they stand, at the right day."""
        self._now = now
        self._show_offers(now)
        if now.offers_known and not self._user_went:
            self._show_day_of(now)

    def tick(self) -> None:
        """Show how long a hold still lasts, or that it is over."""
        if self._now is not None and self._now.hold is not None:
            self._show_offers(self._now)

    def changed(self, changes: Changes) -> None:
        """Forget the days on which something changed, and read the shown one again if it is among them."""
        shown = self._panel.shown_day()
        self._days = {day: known for day, known in self._days.items() if day == shown or not self._is_old(day, changes)}
        if shown is not None and self._is_old(shown, changes):
            self._read(shown)

    def _is_old(self, day: date, changes: Changes) -> bool:
        return changes.move(lambda scope: scope.is_near(day, self._context.words().zone))

    # offers

    def _show_offers(self, now: Handling) -> None:
        self._panel.view.set_offers(painted(now, self._context.clock.now()))
        self._show_strip(now)

    def _show_strip(self, now: Handling) -> None:
        self._strip.show_tiles(tiles(now, self._days, self._context.words()), self._strip_title(now))

    def _strip_title(self, now: Handling) -> str:
        if now.offered:
            return _("To be offered: digits add a time or take it out, Ctrl+Enter sends them.")
        hold = hold_words(now, self._context.words(), self._context.clock.now())
        if hold:
            return hold
        if not now.offers_known:
            return _("Looking for times …")
        if any(not one.is_gone for one in now.offers):
            return _("Times that fit")
        if now.is_answered:
            return _("This request is answered.")
        if flow.type_of(now) is None:
            return _("Choose the type of visit first, in the message. Then the times that fit are offered here.")
        if now.view.kind is RequestKind.CANCEL:
            return _("No new time is asked for. C cancels the visit.")
        return _("No time fits the wishes. N looks for the next available one.")

    # days

    def _show_day_of(self, now: Handling) -> None:
        words = self._context.words()
        day = flow.wanted_day(now, words) or self._context.today()
        if day != self._panel.shown_day() or day not in self._days or self._places() != self._places_read:
            self._read(day)
        if not self._strip.isVisible():
            return
        for one in now.offers:
            other = words.zone.day_of(one.offer.slot.starts_at)
            if other not in self._days:
                self._context.runner.read(self, schedule_queries.day, other).done(self._day_read).refused(
                    self._not_read
                )

    def _read(self, day: date) -> None:
        self._panel.expect(day)
        known = self._days.get(day)
        if known is not None:
            self._panel.show_schedule(known)
        self._places_read = self._places()
        pending = self._context.runner.read(self, schedule_queries.day, day, location_ids=self._places_read)
        pending.done(self._day_read).refused(self._not_read)

    def _places(self) -> tuple[LocationId, ...]:
        """The locations that the request is about; none is all of them."""
        now = self._now
        if now is None:
            return self._places_read
        found = {one.offer.slot.location_id: None for one in now.offers if not one.is_extra}
        if now.view.appointment is not None:
            found[now.view.appointment.location_id] = None
        if now.view.location_id is not None:
            found[now.view.location_id] = None
        return tuple(sorted(found))

    def _day_read(self, day: ScheduleDay) -> None:
        self._days[day.day] = day
        if day.day == self._panel.shown_day():
            self._panel.show_schedule(day)
        if self._now is not None:
            self._show_offers(self._now)

    def _not_read(self, refused: Refused) -> None:
        day = self._panel.shown_day()
        if day is None or day not in self._days:
            self._panel.show_refusal(refused.sentence)

    @Slot(object)
    def _day_wanted(self, day: date) -> None:
        self._user_went = True
        self._read(day)

    @Slot()
    def _retry(self) -> None:
        day = self._panel.shown_day()
        if day is not None:
            self._read(day)

    # choosing

    @Slot(object)
    def _digit_clicked(self, digit: int) -> None:
        self.digit_wanted.emit(digit)

    @Slot(object)
    def _free_chosen(self, point: FreePoint) -> None:
        """A free place was picked: what the slot rules have there for the type is offered like any other (ACT15)."""
        now, found = self._now, self._directory()
        type_id = flow.type_of(now) if now is not None else None
        if now is None or found is None:
            return
        if type_id is None:
            self.explained.emit(_(NO_TYPE))
            return
        self._context.runner.read(
            self,
            schedule_queries.snapped,
            point.provider_id,
            point.location_id,
            point.starts_at,
            type_id=type_id,
            exclude_chain=now.appointment.chain_id if now.moves and now.appointment is not None else None,
            exclude_request=now.view.id,
            patient_id=now.view.patient.id,
        ).done(partial(self._snapped, now.view.id)).refused(self._not_found)

    def _snapped(self, request_id: RequestId, snap: Snapped) -> None:
        now, found = self._now, self._directory()
        if now is None or found is None or now.view.id != request_id:
            return
        if snap.slot is None:
            name = found.types[flow.type_of(now) or TypeId(0)].name
            fitting = [found.types[each].name for each in snap.fitting]
            self.explained.emit(snapped_words(snap, name, fitting, self._context.words()))
            return
        provider, place = found.providers.get(snap.slot.provider_id), found.locations.get(snap.slot.location_id)
        if provider is not None and place is not None:
            self.offer_wanted.emit(flow.named(now, snap.slot, provider.short_name, place.name))

    @Slot()
    def next_available(self) -> None:
        """Show the next day with an offer; where there is none, look for the next free time and offer it (key N)."""
        now, shown = self._now, self._panel.shown_day()
        if now is None or shown is None:
            return
        zone = self._context.words().zone
        starts = sorted(one.offer.slot.starts_at for one in now.offers if not one.is_gone)
        later = [start for start in starts if zone.day_of(start) > shown]
        if later:
            self._day_wanted(zone.day_of(later[0]))
        else:
            self._look_further(now, shown)

    def _look_further(self, now: Handling, shown: date) -> None:
        type_id = flow.type_of(now)
        if type_id is None:
            self.explained.emit(_(NO_TYPE))
            return
        at, zone = self._context.clock.now(), self._context.words().zone
        known = [one.offer.slot.starts_at for one in now.offers]
        start = max([at, *known, *([zone.bounds(shown).ends_at] if known else [])]) + timedelta(minutes=1)
        pending = self._context.runner.read(
            self,
            schedule_queries.find_slots,
            type_id=type_id,
            span=Span(start, start + FAR),
            provider_ids=(now.view.provider_id,) if now.view.provider_id is not None else (),
            location_ids=(now.view.location_id,) if now.view.location_id is not None else (),
            exclude_request=now.view.id,
            patient_id=now.view.patient.id,
            limit=1,
        )
        pending.done(partial(self._found_further, now.view.id)).refused(self._not_found)

    def _found_further(self, request_id: RequestId, slots: tuple[FreeSlot, ...]) -> None:
        if self._now is None or self._now.view.id != request_id:
            return
        if not slots:
            self.explained.emit(
                _("There is no free time in the next 90 days. Look at another provider or location in the schedule.")
            )
            return
        self.more_found.emit(slots[0], *names_of(slots[0], self._directory()))
        self._day_wanted(self._context.words().zone.day_of(slots[0].starts_at))

    def _not_found(self, refused: Refused) -> None:
        self.explained.emit(refused.sentence)


def painted(now: Handling, at: datetime) -> Sequence[PaintedOffer]:
    """Return the offers as the schedule paints them: of those that overlap the one that counts most, the chosen first.

    Held is only what was read as a row that still runs: a time that is merely chosen can be booked by anybody.
    """
    chosen = now.chosen.key if now.chosen is not None else None
    picked = {chosen, *(one.key for one in now.offered)}
    ranked = sorted(now.offers, key=lambda one: (one.key not in picked, one.is_gone, one.digit or flow.MOST_OFFERS + 1))
    shown: list[PaintedOffer] = []
    for one in ranked:
        slot = one.offer.slot
        if any(
            other.offer.slot.provider_id == slot.provider_id
            and other.offer.slot.starts_at < slot.ends_at
            and slot.starts_at < other.offer.slot.ends_at
            for other in shown
        ):
            continue
        shown.append(PaintedOffer(one.digit, one.offer, _state(now, one, at)))
    return shown


def _state(now: Handling, one: ShownOffer, at: datetime) -> OfferState:
    if any(other.key == one.key for other in now.offered):
        return OfferState.OFFERED
    if now.chosen is not None and one.key == now.chosen.key:
        return OfferState.HELD if flow.is_held(now, at) else OfferState.CHOSEN
    return OfferState.GONE if one.is_gone else OfferState.FREE
