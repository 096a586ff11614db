"""The Schedule page: a day of providers or a week of one, the card of an appointment, booking, moving and cancelling."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.changes import Changes, ScheduleScope, Topic
from request_desk.domain.counter_offers import CounterOffer
from request_desk.domain.errors import Conflict, NotFound, Refused, Unavailable
from request_desk.domain.freed_slots import FreedSlot
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId, RequestId
from request_desk.domain.requests import Move
from request_desk.domain.schedule import ProviderColumn, ScheduleDay, ScheduleKey, ScheduleWeek, SlotCheck
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _
from request_desk.services.inbox import counter_offers
from request_desk.services.notices import announcements
from request_desk.services.notices.announcements import Heard
from request_desk.services.people.patient_page import PatientView, open_patient
from request_desk.services.practice import directory
from request_desk.services.schedule import acts, attendance, freed, queries as schedule_queries, slot_offers, waitlist
from request_desk.ui.freed.freed_line import FreedLine
from request_desk.ui.freed.freed_sheet import FreedSheet
from request_desk.ui.freed.freed_words import OFFER_KEY
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.announcement_sheet import heard_words
from request_desk.ui.schedule.appointment_card import AppointmentCard
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.schedule.cancel_dialog import ask_cancel
from request_desk.ui.schedule.close_day import CloseDaySheet
from request_desk.ui.schedule.column_menu import open_announcement, popup_column_menu
from request_desk.ui.schedule.day_list_sheet import DayListSheet
from request_desk.ui.schedule.double_booking_bar import TOPICS, DoubleBookingBar
from request_desk.ui.schedule.drag_check import DragCheck, slot_of
from request_desk.ui.schedule.find_sheet import FindSheet
from request_desk.ui.schedule.grid_layout import FreePoint, Moved
from request_desk.ui.schedule.mark_acts import MARK_KEYS
from request_desk.ui.schedule.month_popup import MonthPopup
from request_desk.ui.schedule.move_dialog import MoveDialog
from request_desk.ui.schedule.out_bar import OutBar
from request_desk.ui.schedule.printed_card_sheet import PrintedCardSheet, card_why_not
from request_desk.ui.schedule.provider_out_sheet import ProviderOutSheet
from request_desk.ui.schedule.schedule_panel import SchedulePanel
from request_desk.ui.schedule.slot_dialog import SlotDialog
from request_desk.ui.schedule.type_legend import TypeLegend
from request_desk.ui.widgets.buttons import Button, Chip, IconButton, TabStrip, primary
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import no_mnemonic
from request_desk.ui.widgets.theme import app_theme
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope
from request_desk.ui.window.pages import WindowPage

_CARD = 360  # pixels at 100 %
_LEAST = 560  # of the schedule beside the card; below it the card lies over the schedule
_LOCATIONS, _PROVIDERS = "schedule.locations", "schedule.providers"
_WEEK = "schedule.week"  # whose week is shown, None for a day
_CHANGE = Permission.CHANGE_SCHEDULE


class SchedulePage(WindowPage):
    """A day of the practice or the week of a provider. Everything that changes it goes through `acts.act_alone`, with one notice to the family."""

    loaded = Signal()  # a day or a week was read and shown

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._stale = True
        self._sought: AppointmentId | None = None  # what is shown in the grid as soon as it is there
        self._reading: Pending[ScheduleDay] | Pending[ScheduleWeek] | None = None
        self._reading_freed: Pending[tuple[FreedSlot, ...]] | None = None
        self._directory: directory.Directory | None = None
        self.setAccessibleName(_("Schedule"))
        self.panel = SchedulePanel(context.clock, context.words(), may_move=True, offers_next=False)
        self._drag = DragCheck(context, self.panel.view)
        self.span = TabStrip((("day", _("Day")), ("week", _("Week"))), name=_("Day or week"))
        self.locations = Chip(_("Location"), multiple=True)
        self.providers = Chip(_("Provider"), multiple=True)
        self.provider = Chip("")  # whose week it is
        self.find_button = IconButton("search", _("Find a visit of a patient"), keys="Ctrl+F")
        self.list_button = IconButton("file-text", _("Day list to print"), keys="Ctrl+D")
        self.book_button = primary(_("Book a visit"), icon="calendar-plus", keys="Ctrl+N")
        self.month_button = IconButton("calendar-days", _("Month"), keys="G")
        self.close_button = IconButton("calendar-check", _("Close the day: who came"), keys="E")
        if not may(context.actor(), Permission.CHANGE_SCHEDULE):
            self.close_button.hide()
        self.out_button = IconButton("calendar-x", _("A provider is out"), keys="O")
        self.panel.add_choices(
            self.span,
            self.locations,
            self.providers,
            self.provider,
            self.find_button,
            self.month_button,
            self.list_button,
            self.close_button,
            self.out_button,
        )
        self.provider.hide()
        self.panel.head.addWidget(self.book_button)
        self.legend = TypeLegend(self)
        self.panel.body.addWidget(self.legend)
        self.freed = FreedLine(may_offer=may(context.actor(), Permission.CHANGE_SCHEDULE))
        self.panel.body.insertWidget(self.panel.body.indexOf(self.panel.stack), self.freed)
        self.double_bookings = DoubleBookingBar(context)
        self.panel.body.insertWidget(0, self.double_bookings)
        self.card = AppointmentCard(context, self)
        self.card.hide()
        self.out_bar = OutBar(context, self)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.out_bar)
        self._row = QHBoxLayout()
        body.addLayout(self._row, 1)
        self._row.addWidget(self.panel, 1)
        self._row.addWidget(self.card)
        self._connect()
        self._add_commands()
        self._read_directory()

    def _connect(self) -> None:
        view = self.panel.view
        self.panel.day_wanted.connect(self.show_day)
        self.panel.retried.connect(self._retry)
        self.span.chosen.connect(self._turn_to)
        self.locations.changed.connect(self._filtered)
        self.providers.changed.connect(self._filtered)
        self.provider.changed.connect(self._provider_chosen)
        self.month_button.clicked.connect(self._open_month)
        self.find_button.clicked.connect(self._find)
        self.list_button.clicked.connect(self._open_list)
        self.close_button.clicked.connect(self._close_day)
        self.book_button.clicked.connect(self.book)
        self.out_button.clicked.connect(self.open_out)
        view.entry_chosen.connect(self._entry_chosen)
        view.entry_menu.connect(self._menu)
        view.column_menu.connect(self._column_menu)
        view.free_chosen.connect(self._free_chosen)
        view.moved.connect(self._moved)
        view.day_chosen.connect(self._day_chosen)
        self.card.move_wanted.connect(self._move)
        self.card.cancel_wanted.connect(self._cancel)
        self.card.completed_wanted.connect(self._complete)
        self.card.no_show_wanted.connect(self._no_show)
        self.card.closed.connect(self._close_card)
        self.card.patient_wanted.connect(self._open_patient)
        self.card.print_wanted.connect(self._print_card)
        self.card.earlier_wanted.connect(self._wish_earlier)
        self.card.squeeze_wanted.connect(self._squeeze)
        self.card.withdraw_wanted.connect(self._withdraw_offer)
        self.freed.offer_wanted.connect(self._offer_freed)
        self.freed.all_wanted.connect(self._open_freed)
        self.double_bookings.wanted.connect(self.open)
        self._context.hub.changed.connect(self._changed)
        app_theme().changed.connect(self._measure)
        self._measure()

    def _add_commands(self) -> None:
        self._context.gate.watch(self.panel, Scope.SCHEDULE)
        self._context.gate.watch(self.card, Scope.SCHEDULE)
        scope = Scope.SCHEDULE
        for command, handler in (
            (
                Command("schedule.book", _("Book a visit"), ("Ctrl+N",), scope, True, _CHANGE, "calendar-plus"),
                self.book,
            ),
            (
                Command("schedule.out", _("A provider is out"), ("O",), scope, True, _CHANGE, "calendar-x"),
                self.open_out,
            ),
            (
                Command("schedule.announce", _("Tell families: running late, closed"), ("T",), scope, True, _CHANGE),
                self.announce,
            ),
            (Command("schedule.today", _("Today"), ("Home",), scope), self.panel.go_today),
            (Command("schedule.back", _("Day or week before"), ("PgUp",), scope), self.panel.go_back),
            (Command("schedule.on", _("Day or week after"), ("PgDown",), scope), self.panel.go_on),
            (Command("schedule.month", _("Month, and how full each day is"), ("G",), scope), self._open_month),
            (Command("schedule.find", _("Find a visit of a patient"), ("Ctrl+F",), scope, icon="search"), self._find),
            (Command("schedule.list", _("Day list to print"), ("Ctrl+D",), scope, icon="file-text"), self._open_list),
            (Command("schedule.day", _("Day of all providers"), ("D",), scope), partial(self._turn_to, "day")),
            (Command("schedule.week", _("Week of a provider"), ("W",), scope), partial(self._turn_to, "week")),
            (Command("schedule.double", _("Show the next double booking"), ("X",), scope), self._show_double_booking),
            (Command("schedule.patient", _("Open the patient"), ("I",), scope, icon="user"), self._open_patient),
            (
                Command(
                    "schedule.offer", _("Offer the time that became free"), (OFFER_KEY,), scope, True, _CHANGE, "send"
                ),
                self.freed.offer,
            ),
            (Command("schedule.freed", _("Times that became free"), ("F",), scope), self._open_freed),
            (Command("schedule.move", _("Move the visit"), ("M",), scope, True, _CHANGE), self._move_shown),
            (
                Command("schedule.print", _("Print the card of the visit"), ("K",), scope, icon="file-text"),
                self._print_card,
            ),
            (
                Command(
                    "schedule.squeeze", _("Squeeze somebody in beside the visit"), ("S",), scope, True, _CHANGE, "plus"
                ),
                self._squeeze_shown,
            ),
            (Command("schedule.cancel", _("Cancel the visit"), ("C",), scope, True, _CHANGE), self._cancel_shown),
            (Command("schedule.close", _("Close the day: who came"), ("E",), scope, True, _CHANGE), self._close_day),
        ):
            self._context.commands.add(command, handler, owner=self)
        for mark, text in (
            (Mark.ARRIVED, _("Mark the visit as arrived, or take that back")),
            (Mark.LATE, _("Mark the visit as running late, or take that back")),
            (Mark.PARENT_CONFIRMED, _("Mark that the parent confirmed, or take that back")),
        ):
            command = Command(f"schedule.{mark}", text, (MARK_KEYS[mark],), scope, True, _CHANGE)
            self._context.commands.add(command, partial(self._mark_shown, mark), owner=self)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._row.setSpacing(theme.px(14))
        self.card.setFixedWidth(theme.px(_CARD))
        self._place_card()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_card()

    def _place_card(self) -> None:
        """Beside the schedule where there is room, else over its right side."""
        theme = app_theme()
        beside = self.width() >= theme.px(_LEAST + 14 + _CARD)
        self.panel.set_least_width(self.width() - (theme.px(14 + _CARD) if beside else 0))
        if beside != (self._row.indexOf(self.card) >= 0):
            if beside:
                self._row.addWidget(self.card)
            else:
                self._row.removeWidget(self.card)
        if not beside:
            width = min(theme.px(_CARD), self.width())
            self.card.setGeometry(self.width() - width, 0, width, self.height())
            self.card.raise_()

    def open(self, thing_id: int, *, to_write: bool = False) -> None:
        """Go to an appointment and its card, whatever the filters say; `to_write` asks where it is to be moved."""
        read = self._context.runner.read(self, schedule_queries.appointment, AppointmentId(thing_id))
        read.done(partial(self._found, is_moved=to_write))

    def _found(self, entry: Appointment, *, is_moved: bool) -> None:
        for chip, theirs in ((self.locations, entry.location_id), (self.providers, entry.provider_id)):
            if theirs not in chip.chosen():
                chip.choose(())
        week_of = self.panel.week_of()
        self._sought = entry.id
        self._go(self._context.words().zone.day_of(entry.starts_at), week_of if week_of == entry.provider_id else None)
        self._entry_chosen(entry)
        if is_moved:
            self._move(entry)

    # Reading

    def _read_directory(self) -> None:
        self._context.runner.read(self, directory.directory).done(self._directory_read).refused(self._not_read)

    def _directory_read(self, found: directory.Directory) -> None:
        first = self._directory is None
        self._directory = found
        places = [(each.id, one_line(each.name)) for each in found.locations.values() if each.active]
        people = [(each.id, one_line(each.short_name)) for each in found.providers.values() if each.active]
        gone = [
            (each.id, _("{name} (switched off)").format(name=one_line(each.short_name)))
            for each in found.providers.values()
            if not each.active
        ]
        self.locations.set_options(places)
        self.providers.set_options(people)
        self.provider.set_options([*people, *gone])  # what they still have is to be moved
        week_of = self.panel.week_of()
        if first:
            for chip, key in ((self.locations, _LOCATIONS), (self.providers, _PROVIDERS)):
                kept = self._context.preferences.get(key, [])
                chip.choose(kept if isinstance(kept, list) else [])
            kept_week = self._context.preferences.get(_WEEK)
            week_of = ProviderId(kept_week) if isinstance(kept_week, int) else None
        today = self._context.today()
        if first or week_of not in (None, *self.provider.chosen()):
            self._go(self.panel.shown_day() or today, self._known(week_of) if week_of is not None else None)

    def _known(self, wanted: ProviderId | None) -> ProviderId | None:
        """Choose whose week is shown: who is wanted, else who was last, else the first."""
        if wanted is not None:
            self.provider.choose([wanted])
        return next((ProviderId(each) for each in self.provider.chosen() if isinstance(each, int)), None)

    def _location_ids(self) -> tuple[LocationId, ...]:
        return tuple(LocationId(place) for place in self.locations.chosen() if isinstance(place, int))

    def _provider_ids(self) -> tuple[ProviderId, ...]:
        """Who is shown, () for all."""
        week_of = self.panel.week_of()
        if week_of is not None:
            return (week_of,)
        return tuple(ProviderId(each) for each in self.providers.chosen() if isinstance(each, int))

    @Slot(object)
    def _filtered(self, _chosen: object) -> None:
        self._context.preferences.put(_LOCATIONS, list(self.locations.chosen()))
        self._context.preferences.put(_PROVIDERS, list(self.providers.chosen()))
        self._read()

    @Slot(object)
    def _provider_chosen(self, chosen: tuple[ProviderId, ...]) -> None:
        day = self.panel.shown_day()
        if day is not None:
            self._go(day, chosen[0])

    @Slot(object)
    def show_day(self, day: date) -> None:
        """Go to a day, or in the week view to its week."""
        self._go(day, self.panel.week_of())

    @Slot()
    def _open_month(self) -> None:
        day = self.panel.shown_day()
        if day is not None:
            popup = MonthPopup(self._context, self)
            popup.day_chosen.connect(self.show_day)
            popup.open_at(self.month_button, day, self._location_ids(), self._provider_ids())

    @Slot()
    def _find(self) -> None:
        sheet = FindSheet(self._context, self.window())
        sheet.picked.connect(self.open)
        sheet.open()

    @Slot()
    def _open_list(self) -> None:
        """Show the list of the day that is shown, of a week the day that has the keyboard."""
        day, column = self.panel.shown_day(), self.panel.view.focused_column()
        if day is not None:
            DayListSheet(
                self._context,
                column.day if column is not None else day,
                self.window(),
                location_ids=self._location_ids(),
                provider_ids=self._provider_ids(),
            ).open()

    @Slot(object)
    def _day_chosen(self, day: date) -> None:
        self._go(day, None)

    @Slot(str)
    def _turn_to(self, span: str) -> None:
        """Show a day or a week: that of what has the keyboard, else of the day that is shown."""
        day, column = self.panel.shown_day(), self.panel.view.focused_column()
        if day is None or (span == "week") is (self.panel.week_of() is not None):
            return
        if span == "day":
            self._go(column.day if column is not None else day, None)
        elif column is not None:
            self._go(day, self._known(column.provider_id))
        else:
            self._go(day, self._known(next(iter(self._provider_ids()), self._context.actor().provider_id)))

    def _go(self, day: date, week_of: ProviderId | None) -> None:
        """Show a day, or the week of a provider; the card of an appointment that is not there goes away."""
        self._context.preferences.put(_WEEK, week_of)
        self.span.blockSignals(True)  # it follows here
        self.span.choose("day" if week_of is None else "week")
        self.span.blockSignals(False)
        self.provider.setVisible(week_of is not None)
        self.providers.setVisible(week_of is None)
        self.panel.expect(day, week_of)
        entry = self.card.entry()
        if entry is not None and not self._shows(entry):
            self._close_card()
        self._read()

    def _shows(self, entry: Appointment) -> bool:
        ids = self._provider_ids()
        day = self._context.words().zone.day_of(entry.starts_at)
        return day in self.panel.days() and (not ids or entry.provider_id in ids)

    @Slot()
    def _retry(self) -> None:
        if self._directory is None:
            self._read_directory()
        self._read()

    def _read(self) -> None:
        days, week_of = self.panel.days(), self.panel.week_of()
        if not days:
            return
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        self.panel.set_words(self._context.words())
        if self._reading is not None:
            self._reading.drop()
        runner, places = self._context.runner, self._location_ids()
        if week_of is None:
            ids = self._provider_ids()
            day = runner.read(self, schedule_queries.day, days[0], location_ids=places, provider_ids=ids)
            self._reading = day.done(self._schedule_read).refused(self._not_read)
        else:
            week = runner.read(self, schedule_queries.week, days[0], week_of, location_ids=places)
            self._reading = week.done(self._schedule_read).refused(self._not_read)
        self._read_freed()

    def _read_freed(self) -> None:
        """What became free on the days that are shown, behind the days themselves."""
        days = self.panel.days()
        if not days or not self.isVisible():
            return
        if self._reading_freed is not None:
            self._reading_freed.drop()
        self._reading_freed = self._context.runner.read(
            self,
            freed.freed_slots,
            days[0],
            days[-1],
            provider_ids=self._provider_ids(),
            location_ids=self._location_ids(),
        ).done(partial(self._freed_read, self.panel.key()))

    def _freed_read(self, key: ScheduleKey | None, found: tuple[FreedSlot, ...]) -> None:
        if key == self.panel.key():
            self.freed.show_slots(found, self._context.words())

    def _schedule_read(self, found: ScheduleDay | ScheduleWeek) -> None:
        self._reading = None
        is_first = self.panel.view.shown() is None
        self.panel.show_schedule(found)
        self.legend.show_types(entry for column in found.columns for entry in column.entries)
        if self._sought is not None and found.key == self.panel.key():
            self.panel.view.seek(self._sought)
            self._sought = None
        if is_first:  # it could not take the focus before
            self.panel.view.setFocus(Qt.FocusReason.OtherFocusReason)
        shown = self.card.entry()
        if shown is not None and not self.card.isHidden():
            read = self._context.runner.read(self, schedule_queries.appointment, shown.id)
            read.done(self._entry_read).refused(self._entry_gone)
        self.loaded.emit()

    def _not_read(self, refused: Refused) -> None:
        """What cannot be read is explained; where it is shown already it stays."""
        self._reading = None
        shown = self.panel.view.shown()
        if shown is not None and shown.key == self.panel.key():
            self._context.messages.refuse(refused)
        else:
            self.panel.show_refusal(refused.sentence)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_focus(self):
            self.panel.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.double_bookings.read()
        if self._stale:
            self._read()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(*TOPICS) and self.isVisible():
            self.double_bookings.read()
        if changes.touches(Topic.DIRECTORY):
            self._read_directory()
        if changes.touches(Topic.DIRECTORY, Topic.SETTINGS) or changes.move(self._is_seen):
            self._read()
        elif changes.touches(Topic.WAITLIST, Topic.REQUEST, Topic.PATIENT):
            self._read_freed()
        entry = self.card.entry()
        if entry is not None and not self.card.isHidden() and changes.touches(Topic.PATIENT):
            self._read_patient(entry)

    def _is_seen(self, scope: ScheduleScope) -> bool:
        """Whether a change may be of a day and a provider that are shown."""
        zone, ids = self._context.words().zone, self._provider_ids()
        is_theirs = not ids or scope.provider_id in ids
        return is_theirs and any(scope.is_near(day, zone) for day in self.panel.days())

    def _show_double_booking(self) -> None:
        if self.double_bookings.isHidden():
            self._context.messages.say(_("Nothing is double booked."))
        else:
            self.double_bookings.acted.emit()

    # One appointment

    @Slot()
    def _open_patient(self) -> None:
        entry = self.card.entry()
        if entry is None or self.card.isHidden():
            return
        if entry.is_nameless:
            self._context.messages.say(_("Nobody is named for this time yet."))
        else:
            self._context.open_thing("patients", entry.patient_id)

    @Slot()
    def _print_card(self) -> None:
        entry = self.card.entry()
        if entry is None or self.card.isHidden():
            self._context.messages.say(_("Choose the visit whose card is to be printed first."))
        elif card_why_not(entry):
            told = _("There is no card to print: {why_not}.")
            self._context.messages.say(told.format(why_not=card_why_not(entry)))
        else:
            PrintedCardSheet(self._context, entry, self.window()).open()

    @Slot(object)
    def _entry_chosen(self, entry: Appointment) -> None:
        self._show_entry(entry)
        self.card.show()

    def _entry_read(self, entry: Appointment) -> None:
        shown = self.card.entry()
        if shown is not None and shown.id == entry.id:
            self._show_entry(entry)

    def _entry_gone(self, refused: Refused) -> None:
        if isinstance(refused, NotFound):
            self._close_card()

    def _show_entry(self, entry: Appointment) -> None:
        shown = self.panel.view.shown()
        columns = shown.columns if shown is not None else ()
        others = [each for column in columns for each in column.others_of(entry.id)]
        self.card.show_entry(entry, self._context.words(), self._context.settings().cancel_reasons, others)
        self._read_patient(entry)
        self._ask_work_in(entry)
        self._context.runner.read(self, announcements.heard, entry.id).done(partial(self._heard_read, entry))
        if entry.is_offered:
            read = self._context.runner.read(self, counter_offers.offered_with, entry.id)
            read.done(partial(self._offer_read, entry)).refused(self._not_told)

    def _heard_read(self, entry: Appointment, heard: tuple[Heard, ...]) -> None:
        if self.card.entry() == entry:
            self.card.show_heard(heard_words(heard, self._context.words()))

    def _offer_read(self, entry: Appointment, offer: CounterOffer | None) -> None:
        if offer is not None and self.card.entry() == entry:
            may_withdraw = may(self._context.actor(), Permission.ANSWER_REQUESTS)
            self.card.show_offer(offer, self._context.words(), may_withdraw=may_withdraw)

    @Slot(object)
    def _withdraw_offer(self, entry: Appointment) -> None:
        act = self._context.runner.act(self, counter_offers.withdraw_held, entry.id, expect_version=entry.version)
        act.done(self._offer_withdrawn).refused(self._refused)

    def _offer_withdrawn(self, _request_id: RequestId) -> None:
        self._context.messages.say(_("The offer is withdrawn. The request is in the inbox again."))
        self._close_card()

    def _ask_work_in(self, entry: Appointment) -> None:
        """Ask whether somebody can be squeezed in beside an appointment that has not begun (AV6)."""
        is_booked = entry.status is AppointmentStatus.CONFIRMED and entry.starts_at > self._context.clock.now()
        if not is_booked or not may(self._context.actor(), Permission.CHANGE_SCHEDULE):
            self.card.show_work_in(is_offered=False)
            return
        slot = FreeSlot(entry.provider_id, entry.location_id, entry.starts_at, entry.ends_at, entry.ends_at)
        check = self._context.runner.read(self, schedule_queries.slot_check, slot, type_id=entry.type_id)
        check.done(partial(self._work_in_read, entry)).refused(self._not_told)

    def _work_in_read(self, entry: Appointment, check: SlotCheck) -> None:
        if self.card.entry() == entry:
            self.card.show_work_in(is_offered=bool(check.work_in_lane) and not check.notes)

    def _read_patient(self, entry: Appointment) -> None:
        if entry.is_nameless:
            return
        patient_id = entry.patient_id
        self._context.runner.read(self, open_patient, patient_id).done(self._patient_read).refused(self._not_told)

    def _patient_read(self, view: PatientView) -> None:
        self.card.show_patient(view, self._context.words())

    def _not_told(self, _refused: Refused) -> None:
        """The card says what the schedule knows; the bar tells that the database is away."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nothing nearer has taken closes the card."""
        if event.key() == Qt.Key.Key_Escape and not self.card.isHidden():
            self._close_card()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _close_card(self) -> None:
        had_focus = self._has_focus(self.card)
        self.card.hide()
        if had_focus:
            self.panel.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_focus(self, place: QWidget) -> bool:
        focus: QWidget | None = QApplication.focusWidget()  # None while another window is in front
        return focus is not None and place.isAncestorOf(focus)

    @Slot(object, QPoint)
    def _menu(self, entry: Appointment, place: QPoint) -> None:
        self._entry_chosen(entry)
        marks, acts_ = self.card.marks(), self.card.acts()
        has_card = not card_why_not(entry)
        if not marks and not acts_ and not has_card:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(_("What can be done with the visit"))
        _fill(menu, marks)
        if has_card:
            menu.addAction(_("Print card …")).triggered.connect(self._print_card)
        _fill(menu, acts_)
        menu.popup(place)

    def _move_shown(self) -> None:
        if not self.card.isHidden() and not self.card.move_button.isHidden():
            self._move(self.card.entry())

    def _squeeze_shown(self) -> None:
        entry = self.card.entry()
        if entry is None or self.card.isHidden():
            self._context.messages.say(_("Choose the visit beside which somebody is to be squeezed in first."))
        elif self.card.squeeze_button.isHidden():
            told = _("Nobody can be squeezed in beside {patient}: {provider} has no lane for work-ins free then.")
            self._context.messages.say(
                told.format(patient=named(entry.patient_name), provider=named(entry.provider_name))
            )
        else:
            self._squeeze(entry)

    def _cancel_shown(self) -> None:
        if not self.card.isHidden() and not self.card.cancel_button.isHidden():
            self._cancel(self.card.entry())

    def _mark_shown(self, mark: Mark) -> None:
        if not self.card.isHidden():
            self.card.do_mark(mark)

    @Slot()
    def _close_day(self) -> None:
        """Say who came on the day that is shown, of those whom the filters leave in."""
        column, day = self.panel.view.focused_column(), self.panel.shown_day()
        if column is not None:
            day = column.day
        if day is not None:
            CloseDaySheet(self._context, day, self._location_ids(), self._provider_ids(), self.window()).open()

    # Acts

    @Slot()
    def book(self) -> None:
        """Book an appointment without a request."""
        SlotDialog(self._context, self.window()).open()

    @Slot()
    def open_out(self) -> None:
        """Find new places for the visits of a provider who is out."""
        ProviderOutSheet(self._context, self.window()).open()

    @Slot()
    def announce(self) -> None:
        """Tell families of the focused column that we run late or are closed."""
        column = self.panel.view.focused_column()
        self._announce(column.provider_id if column is not None else None)

    def _announce(self, provider_id: ProviderId | None, location_id: LocationId | None = None) -> None:
        open_announcement(self._context, self.window(), self.panel.shown_day(), provider_id, location_id)

    @Slot(object, QPoint)
    def _column_menu(self, column: ProviderColumn, place: QPoint) -> None:
        if self._directory is not None and may(self._context.actor(), Permission.CHANGE_SCHEDULE):
            popup_column_menu(self, column, self._directory.locations.values(), self._announce, place)

    @Slot(object)
    def _free_chosen(self, point: FreePoint) -> None:
        dialog = SlotDialog(self._context, self.window())
        dialog.want(point)
        dialog.open()

    @Slot(object)
    def _squeeze(self, entry: Appointment) -> None:
        dialog = SlotDialog(self._context, self.window())
        dialog.want(FreePoint(entry.provider_id, entry.location_id, entry.starts_at), beside=entry)
        dialog.open()

    @Slot(object)
    def _move(self, entry: Appointment | None) -> None:
        if entry is not None:
            self._open_move(SlotDialog(self._context, self.window(), moving=entry))

    def _open_move(self, dialog: SlotDialog | MoveDialog) -> None:
        (dialog.done_with if isinstance(dialog, SlotDialog) else dialog.moved).connect(self._moved_away)
        dialog.open()

    @Slot(object)
    def _moved_away(self, appointment_id: object) -> None:
        """The card follows the appointment to its new time."""
        if not self.card.isHidden() and isinstance(appointment_id, int):
            read = self._context.runner.read(self, schedule_queries.appointment, AppointmentId(appointment_id))
            read.done(self._new_entry_read)

    def _new_entry_read(self, entry: Appointment) -> None:
        if self._shows(entry):
            self._entry_chosen(entry)
        else:
            self._close_card()

    @Slot(object)
    def _moved(self, moved: Moved) -> None:
        """Dropped somewhere else: it is moved at once, with undo, and asked about only where something stands against it (ACT3, ACT7)."""
        entry, found = moved.appointment, self._directory
        if found is None:
            return
        slot = slot_of(moved)
        checked = self._context.runner.read(
            self, schedule_queries.slot_check, slot, type_id=entry.type_id, replaces=entry.id
        )
        checked.done(partial(self._checked, found, entry, slot)).refused(partial(self._not_moved, found, entry, slot))

    def _checked(self, found: directory.Directory, entry: Appointment, slot: FreeSlot, check: SlotCheck) -> None:
        if check.limits or check.notes:
            self._open_move(MoveDialog(self._context, found, entry, slot, self.window()))
            return
        act = Move(entry.id, entry.version, slot, lane=check.lane)
        pending = self._context.runner.act(self, acts.act_alone, entry.patient_id, act)
        pending.done(self._moved_away).refused(partial(self._not_moved, found, entry, slot))

    def _not_moved(self, found: directory.Directory, entry: Appointment, slot: FreeSlot, refused: Refused) -> None:
        """What the service has against it is asked about; what nobody can decide here is said."""
        if isinstance(refused, Conflict | Unavailable):
            self._refused(refused)
            return
        dialog = MoveDialog(self._context, found, entry, slot, self.window())
        self._open_move(dialog)
        dialog.refuse(refused)

    @Slot(object)
    def _cancel(self, entry: Appointment | None) -> None:
        # What others hold is let go where it was chosen; of a time on the booking page nobody here knows where that is.
        is_held = entry is not None and entry.is_nameless and entry.status is AppointmentStatus.HELD
        if entry is not None and (is_held or entry.status is AppointmentStatus.CONFIRMED):
            ask_cancel(self._context, entry, self.window())

    @Slot(object)
    def _complete(self, entry: Appointment) -> None:
        act = self._context.runner.act(self, attendance.complete, entry.id, expect_version=entry.version)
        act.refused(self._refused)

    @Slot(object)
    def _no_show(self, entry: Appointment) -> None:
        act = self._context.runner.act(self, attendance.no_show, entry.id, expect_version=entry.version)
        act.refused(self._refused)

    @Slot(object)
    def _wish_earlier(self, entry: Appointment) -> None:
        service = waitlist.take_wish_back if entry.wants_earlier else waitlist.wish_earlier
        act = self._context.runner.act(self, service, entry.id, expect_version=entry.version)
        act.refused(self._refused)

    @Slot(object)
    def _offer_freed(self, found: FreedSlot) -> None:
        act = self._context.runner.act(
            self,
            slot_offers.offer,
            found.freed.id,
            found.waiting[0].patient_id,
            expect_version=found.freed.version,
        )
        act.refused(self._refused)

    @Slot()
    def _open_freed(self) -> None:
        days = self.panel.days()
        if days:
            span = days[0], days[-1]
            FreedSheet(self._context, span, self._provider_ids(), self._location_ids(), self.window()).open()

    def _refused(self, refused: Refused) -> None:
        self._context.messages.refuse(refused)
        self._read()


def _fill(menu: QMenu, buttons: Sequence[Button]) -> None:
    for button in buttons:
        action = menu.addAction(no_mnemonic(button.words()))
        action.setEnabled(button.isEnabled())
        action.triggered.connect(button.click)
