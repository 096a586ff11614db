"""Booking and moving from the schedule: who, what, and one of the free times; no date is typed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import Doubtful
from request_desk.domain.changes import Changes
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Refused
from request_desk.domain.ids import LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.requests import Act, Booking, Move, PatientCard
from request_desk.domain.schedule import SlotCheck, Snapped, limits, snapped_words
from request_desk.domain.spans import Slot as FreeSlot, Span
from request_desk.domain.words import _, safe_name
from request_desk.services.people import patients
from request_desk.services.people.patients import PatientHit
from request_desk.services.practice import directory
from request_desk.services.schedule import acts, queries as schedule_queries
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named, short_name, who_words
from request_desk.ui.schedule.grid_layout import FreePoint
from request_desk.ui.schedule.patient_finder import PatientFinder
from request_desk.ui.schedule.rule_box import RuleBox
from request_desk.ui.widgets.buttons import IconButton, primary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, field, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_AHEAD = timedelta(days=14)
_MOST = 80
_SIZE = (640, 640)
_SHORTEST = 20  # letters that a choice shows at least
_LOWEST = 104  # pixels at 100 % of the list of times


class SlotDialog(Sheet):
    """Finds a patient (booking) or knows one (moving), offers free times, and acts with one button that says what it does."""

    done_with = Signal(object)  # AppointmentId

    def __init__(self, context: DeskContext, parent: QWidget | None, *, moving: Appointment | None = None) -> None:
        title, verb = (_("Book a visit"), _("Book")) if moving is None else (_("Move visit"), _("Move"))
        super().__init__(title, primary(verb), parent, size=_SIZE)
        self._context = context
        self._moving = moving
        self._patient_id: PatientId | None = moving.patient_id if moving is not None else None
        self._wanted: FreePoint | None = None
        self._directory: directory.Directory | None = None
        self._slots: dict[int, FreeSlot] = {}
        self._at_click: FreeSlot | None = None
        self._taken: FreeSlot | None = None  # the time that was asked for, where something stands already
        self._beside: Appointment | None = None
        self._work_in: tuple[FreeSlot, int] | None = None  # that time, and the lane that is free there (AV6)
        self._type_chosen = self._keeps_words = self._was_refused = self._has_no_room = False
        self._busy = False
        self._start = self._from = context.clock.now()
        self._name = who_words(moving.patient_name, moving.birth_day, context.words()) if moving is not None else ""
        who = f"{self._name} · {named(moving.type_name)}" if moving is not None else ""
        self._who = PlainLabel(who, role=TextRole.BOLD, wrap=True)
        self._alike = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.finder = PatientFinder(context)
        self.type_box, self.provider_box, self.location_box = QComboBox(), QComboBox(), QComboBox()
        columns: tuple[Column[FreeSlot], ...] = (
            Column(_("Time"), self._slot_time, 190),
            Column(_("Provider"), self._provider_told, 0),
            Column(_("Location"), self._slot_place, 170),
        )
        self._slot_model: ColumnsModel[FreeSlot] = ColumnsModel(columns, self._slot_key, self)
        self.times = ColumnsView(self._slot_model, name=_("Free times"))
        self._stack = StateStack(self.times)
        self.earlier = IconButton("chevron-left", _("The first times again"))
        self.later = IconButton("chevron-right", _("Later times"))
        self._what = PlainLabel("", role=TextRole.BODY, wrap=True)
        self.rules = RuleBox(context)
        self._build()
        self._connect()
        context.runner.read(self, directory.directory).done(self._directory_read).refused(self.refuse)

    def _build(self) -> None:
        theme = app_theme()
        for box in self._boxes():
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(_SHORTEST)
        choices = QHBoxLayout()
        choices.setSpacing(theme.px(12))
        if self._moving is None:
            choices.addWidget(field(_("Type"), self.type_box), 1)
        else:
            self.type_box.setParent(self)  # a move keeps the type
            self.type_box.hide()
        choices.addWidget(field(_("Provider"), self.provider_box), 1)
        self._location_field = field(_("Location"), self.location_box)
        choices.addWidget(self._location_field, 1)
        times = Card(padding=1)
        times.body.addWidget(self._stack)
        times.setMinimumHeight(theme.px(_LOWEST))
        for widget in (self.finder, self._who, self._alike):
            self.body.addWidget(widget)
        self.body.addLayout(choices)
        self.body.addLayout(row(PlainLabel(_("Free times"), tone=Tone.MUTED), None, self.earlier, self.later))
        self.body.addWidget(times, 1)
        self.body.addWidget(self._what)
        self.body.addWidget(self.rules)
        self.button.hold_width((self.button.words(), _("Cancel and book new") if self._moving else _("Squeeze in")))
        self.finish()
        self.finder.setVisible(self._moving is None)
        self._who.setVisible(self._moving is not None)
        self._alike.hide()
        self.earlier.setEnabled(False)
        self._stack.show_state(State.LOADING, _("Reading the practice …"))
        self.finder.setFocus()
        self._ready()

    def _boxes(self) -> tuple[QComboBox, ...]:
        return self.type_box, self.provider_box, self.location_box

    def _connect(self) -> None:
        self.finder.chosen.connect(self._patient_chosen)
        for box in self._boxes():
            box.currentIndexChanged.connect(self._choice_changed)
        self.times.key_selected.connect(self._time_selected)
        self.earlier.clicked.connect(self._show_first)
        self.later.clicked.connect(self._show_later)
        self._stack.pane.acted.connect(self._show_later)
        self.rules.changed.connect(self._show_what)
        self.button.clicked.connect(self._act)
        self._context.hub.changed.connect(self._changed)

    def want(self, point: FreePoint, beside: Appointment | None = None) -> None:
        """Begin at a place of the grid: its provider is chosen, that very time is offered, then those after it.

        Where it is taken, somebody can be squeezed in as far as the provider has lanes for that; `beside` names beside whom.
        """
        self._wanted, self._beside = point, beside
        self._start = self._from = max(self._context.clock.now(), point.starts_at)
        self._find_times()

    # Who

    @Slot(object)
    def _patient_chosen(self, hit: PatientHit) -> None:
        self._patient_id = hit.id
        self._name = who_words(hit.name, hit.birth_day, self._context.words())
        self._who.setText(self._name)
        self._who.show()
        self._alike.hide()
        self._context.runner.read(self, patients.card, hit.id).done(self._card_read)
        self._time_selected(self.times.selected_key())
        self._find_times()  # which times fit, how long they are and what stands against them depends on who it is for

    def _card_read(self, card: PatientCard) -> None:
        """Patients who are easily taken for this one are named (ACT4)."""
        if card.id == self._patient_id and card.look_alikes:
            others = self._context.words().list_of([safe_name(one_line(one)) for one in card.look_alikes])
            self._alike.setText(_("Not to be mistaken for {others}.").format(others=others))
            self._alike.show()

    # Times

    def _directory_read(self, found: directory.Directory) -> None:
        self._directory = found
        moving, wanted = self._moving, self._wanted
        for box in self._boxes():
            box.blockSignals(True)  # filling is no choice
        for type_ in found.types.values():
            if type_.active or (moving is not None and type_.id == moving.type_id):
                self.type_box.addItem(named(type_.name), type_.id)
        self.provider_box.addItem(_("Any provider"), None)
        for provider in found.providers.values():
            if provider.active:
                self.provider_box.addItem(named(provider.short_name), provider.id)
        places = [each for each in found.locations.values() if each.active]
        self.location_box.addItem(_("Any location"), None)
        for place in places:
            self.location_box.addItem(named(place.name), place.id)
        self._location_field.setVisible(len(places) > 1)  # else there is nothing to choose
        if moving is not None:
            self.type_box.setCurrentIndex(self.type_box.findData(moving.type_id))
        near = moving.provider_id if moving is not None else wanted.provider_id if wanted is not None else None
        self.provider_box.setCurrentIndex(max(0, self.provider_box.findData(near) if near is not None else 0))
        for box in self._boxes():
            box.blockSignals(False)
        self._find_times()

    @Slot(int)
    def _choice_changed(self, _place: int) -> None:
        self._show_first()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if not self._busy and changes.move(lambda scope: scope.starts_at >= self._from, but="renewed"):
            self._find_times()

    @Slot()
    def _show_first(self) -> None:
        self._from = self._start
        self._find_times()

    @Slot()
    def _show_later(self) -> None:
        last = max((slot.starts_at for slot in self._slots.values()), default=self._from + _AHEAD)
        self._from = last + timedelta(minutes=1)
        self._find_times()

    def _find_times(self) -> None:
        if self._directory is None or self.type_box.currentData() is None:
            return
        if self._wanted is not None and self._from == self._start:
            self._snap()
        else:
            self._read_times()

    def _read_times(self) -> None:
        type_id: TypeId | None = self.type_box.currentData()
        if type_id is None:
            return
        provider: ProviderId | None = self.provider_box.currentData()
        location: LocationId | None = self.location_box.currentData()
        self.earlier.setEnabled(self._from > self._start)
        self._ask_lane(type_id)
        self._context.runner.read(
            self,
            schedule_queries.find_slots,
            type_id=type_id,
            span=Span(self._from, self._from + _AHEAD),
            provider_ids=() if provider is None else (provider,),
            location_ids=() if location is None else (location,),
            exclude_chain=self._moving.chain_id if self._moving is not None else None,
            patient_id=self._patient_id,
            limit=_MOST,
        ).done(self._times_read).refused(self._times_refused)

    def _ask_lane(self, type_id: TypeId) -> None:
        """Ask whether the taken time has a lane for work-ins; the answer is there before the free times are."""
        if self._taken is None or self._from != self._start:
            self._work_in = None
            return
        asked = self._context.runner.read(
            self, schedule_queries.slot_check, self._taken, type_id=type_id, patient_id=self._patient_id
        )
        asked.done(partial(self._lane_read, self._taken)).refused(self._no_lane)

    def _lane_read(self, slot: FreeSlot, check: SlotCheck) -> None:
        """Nobody is squeezed in where more than another visit is in the way: the provider is away, the practice is closed."""
        self._work_in = None
        if check.work_in_lane and not check.notes:
            ends_at = check.ends_at if check.ends_at is not None else slot.ends_at
            self._work_in = replace(slot, ends_at=ends_at), check.work_in_lane

    def _no_lane(self, _refused: Refused) -> None:
        """Nothing is offered beside the free times, which say for themselves what is wrong."""
        self._work_in = None

    def _times_read(self, slots: Sequence[FreeSlot]) -> None:
        squeezed = (self._work_in[0],) if self._work_in is not None else ()
        found = {_place(slot): slot for slot in (*squeezed, *self._clicked(), *slots) if not self._is_present(slot)}
        shown = list(found.values())
        self._slots = {self._slot_key(slot): slot for slot in shown}
        before = self.times.selected_key()
        self._slot_model.set_rows(self._slots.values())
        if shown:
            waited = not self._stack.is_content_shown()
            self._stack.show_content()
            chosen = self._chosen()
            # The list goes on to the row that is now in its place; to a work-in only whoever chooses it goes.
            is_unasked = chosen is not None and bool(self._lane_of(chosen)) and self._slot_key(chosen) != before
            if (chosen is None or is_unasked) and not self._was_refused and not self._has_no_room:
                self.times.select_key(self._slot_key(self._first_of(shown)))
            if waited and self._moving is not None:
                self.times.setFocus()
        else:
            until = self._context.words().day(self._from + _AHEAD)
            sentence = _("No free time until {day}.").format(day=until)
            self._stack.show_state(State.EMPTY, sentence, action=_("Look further"), icon="calendar-x")
        self._time_selected(self.times.selected_key())

    def _times_refused(self, refused: Refused) -> None:
        self._stack.show_state(State.ERROR, refused.sentence)

    def _snap(self) -> None:
        """Look for the time of this type where was clicked; where there is none, say why and put what fits first (ACT15)."""
        wanted, type_ = self._wanted, self._type()
        chosen = self.provider_box.currentData(), self.location_box.currentData()
        if wanted is None or type_ is None or not _agrees(wanted, *chosen):
            self._at_click = self._taken = None
            self._has_no_room = False
            self.say("")
            self._read_times()
            return
        self._context.runner.read(
            self,
            schedule_queries.snapped,
            wanted.provider_id,
            wanted.location_id,
            wanted.starts_at,
            type_id=type_.id,
            exclude_chain=self._moving.chain_id if self._moving is not None else None,
            patient_id=self._patient_id,
        ).done(partial(self._snapped, type_.name)).refused(self._times_refused)

    def _snapped(self, type_name: str, found: Snapped) -> None:
        self._at_click, self._taken = found.slot, None
        self._has_no_room = found.slot is None and self._beside is None
        if found.slot is None and self._moving is None and self._wanted is not None:
            at, ends_at = self._wanted.starts_at, self._wanted.starts_at + found.needs
            self._taken = FreeSlot(self._wanted.provider_id, self._wanted.location_id, at, ends_at, ends_at)
        if found.slot is None and self._beside is not None:  # that it is taken is known
            self.say("")
        elif found.slot is None:
            fitting = [
                place for place in range(self.type_box.count()) if self.type_box.itemData(place) in found.fitting
            ]
            names = [self.type_box.itemText(place) for place in fitting]
            self.say(snapped_words(found, named(type_name), names, self._context.words()))
            if fitting and not self._type_chosen:
                self._type_chosen = self._keeps_words = True  # once: whoever chooses the longer type again means it
                self.type_box.setCurrentIndex(fitting[0])
                return
            self.times.select_key(None)  # no other time, perhaps of another day, instead of the one that does not fit
        elif self._keeps_words:  # why it is another type now
            self._keeps_words = False
        else:
            self.say("")
        self._read_times()

    def _clicked(self) -> tuple[FreeSlot, ...]:
        """The time where was clicked, as the slot rules have it, above those after it."""
        return (self._at_click,) if self._at_click is not None and self._from == self._start else ()

    def _is_present(self, slot: FreeSlot) -> bool:
        now = self._moving
        return now is not None and _place(slot) == (now.provider_id, now.location_id, now.starts_at)

    def _first_of(self, shown: Sequence[FreeSlot]) -> FreeSlot:
        """The time that was clicked, else the first that needs the fewest exceptions; a work-in only where it was asked for."""
        type_ = self._type()
        if type_ is None or self._clicked() or self._beside is not None:
            return shown[0]
        words, now, moved = self._context.words(), self._context.clock.now(), self._moving

        def exceptions(slot: FreeSlot) -> int:
            at, who = slot.starts_at, slot.provider_id
            return len(limits(type_, starts_at=at, provider_id=who, now=now, words=words, moved=moved))

        return min((slot for slot in shown if not self._lane_of(slot)), key=exceptions, default=shown[0])

    def _slot_key(self, slot: FreeSlot) -> int:
        """A slot has no id: provider, location, start and lane name it; a free time that was chosen is no work-in later."""
        return hash((*_place(slot), self._lane_of(slot))) & 0x7FFF_FFFF_FFFF_FFFF

    def _lane_of(self, slot: FreeSlot) -> int:
        """The lane of a work-in, 0 for a free time."""
        return self._work_in[1] if self._work_in is not None and _place(slot) == _place(self._work_in[0]) else 0

    def _type(self) -> AppointmentType | None:
        type_id: TypeId | None = self.type_box.currentData()
        return self._directory.types.get(type_id) if self._directory is not None and type_id is not None else None

    # Acting

    def _chosen(self) -> FreeSlot | None:
        key = self.times.selected_key()
        return self._slots.get(key) if key is not None else None

    @Slot(object)
    def _time_selected(self, _key: object) -> None:
        slot, type_id = self._chosen(), self.type_box.currentData()
        if slot is None or type_id is None:
            self.rules.clear()
        else:
            replaces = self._moving.id if self._moving is not None else None
            self.rules.ask(slot, type_id, replaces, self._patient_id, self._lane_of(slot))
        self._show_what()

    def _show_what(self) -> None:
        slot, words, moving = self._chosen(), self._context.words(), self._moving
        if slot is None or self._patient_id is None:
            self._what.setText(_("Choose a patient and a time.") if moving is None else _("Choose a time."))
        else:
            time, who = words.at(self._zone_of(slot)).moment(slot.starts_at), self._name
            length = words.minutes(slot.ends_at - slot.starts_at)
            place = ", ".join((length, named(self._slot_provider(slot)), named(self._slot_place(slot))))
            if self._lane_of(slot):
                text = _("SQUEEZE IN {who}, {time}, {place}, {beside}.").format(
                    who=who, time=time, place=place, beside=self._beside_words()
                )
            elif moving is None:
                text = _("BOOK {who}, {time}, {place}.").format(who=who, time=time, place=place)
            else:
                old = words.at(moving.zone).moment(moving.starts_at)
                form = (
                    _("CANCEL {who}, {old}, and BOOK NEW {time}, {place}.")
                    if self.rules.forbids()
                    else _("MOVE {who}, from {old} to {time}, {place}.")
                )
                text = form.format(who=who, old=old, time=time, place=place)
            self._what.setText(text)
        self._ready()

    @Slot()
    def _ready(self) -> None:
        if self._moving is not None:
            self.button.set_text(_("Cancel and book new") if self.rules.forbids() else _("Move"))
        else:
            slot = self._chosen()
            self.button.set_text(_("Squeeze in") if slot is not None and self._lane_of(slot) else _("Book"))
        can = self._chosen() is not None and self._patient_id is not None
        self.button.setEnabled(can and self.rules.allows() and not self._busy)

    @Slot()
    def _act(self) -> None:
        self._do(another=False)

    def _do(self, *, another: bool) -> None:
        slot, type_id = self._chosen(), self.type_box.currentData()
        if slot is None or self._patient_id is None or type_id is None:
            return
        self._busy = True
        self._ready()
        self.say("")
        reason = self.rules.overrule()
        act: Act
        if self._moving is None:
            act = Booking(slot, type_id, overrule=reason, lane=self._lane_of(slot))
        else:
            act = Move(
                self._moving.id,
                self._moving.version,
                slot,
                overrule=reason,
                as_new=self.rules.forbids(),
                lane=self.rules.lane(),
            )
        pending = self._context.runner.act(self, acts.act_alone, self._patient_id, act, another=another)
        pending.done(self._acted).refused(self.refuse)

    def _acted(self, appointment_id: int) -> None:
        self.done_with.emit(appointment_id)
        self.accept()

    def refuse(self, refused: Refused) -> None:
        """Say why, select nothing, and show the times as they are now (ACT6, ACT15); a doubt is asked about (ACT13)."""
        self._busy = False
        if isinstance(refused, Doubtful):
            asked = ask(self, refused.sentence, yes=_("Book another visit"), no=_("Leave it"), dangerous=True)
            asked.answered.connect(self._answered)
            self._ready()
            return
        super().refuse(refused)
        self._was_refused = True  # nothing is selected by itself any more: Enter books nothing
        self.times.select_key(None)
        self._read_times()
        self._ready()

    @Slot(bool)
    def _answered(self, yes: bool) -> None:
        if yes:
            self._do(another=True)

    # Words of the table

    def _slot_time(self, slot: FreeSlot) -> str:
        return self._context.words().at(self._zone_of(slot)).moment(slot.starts_at)

    def _zone_of(self, slot: FreeSlot) -> str:
        place = self._directory.locations.get(slot.location_id) if self._directory is not None else None
        return place.zone if place is not None else ""

    def _beside_words(self) -> str:
        if self._beside is None:
            return _("beside what is booked")
        return _("beside {patient}").format(patient=named(self._beside.patient_name))

    def _provider_told(self, slot: FreeSlot) -> str:
        who = self._slot_provider(slot)
        if not self._lane_of(slot):
            return who
        beside = _("what is booked") if self._beside is None else short_name(self._beside.patient_name)
        return _("{provider}, beside {beside}").format(provider=who, beside=beside)

    def _slot_provider(self, slot: FreeSlot) -> str:
        provider = self._directory.providers.get(slot.provider_id) if self._directory is not None else None
        return one_line(provider.short_name) if provider is not None else ""

    def _slot_place(self, slot: FreeSlot) -> str:
        place = self._directory.locations.get(slot.location_id) if self._directory is not None else None
        return one_line(place.name) if place is not None else ""


def _agrees(point: FreePoint, provider_id: ProviderId | None, location_id: LocationId | None) -> bool:
    """Whether a place of the grid is one of those that were chosen; None is any."""
    return provider_id in (None, point.provider_id) and location_id in (None, point.location_id)


def _place(slot: FreeSlot) -> tuple[int, int, datetime]:
    return slot.provider_id, slot.location_id, slot.starts_at
