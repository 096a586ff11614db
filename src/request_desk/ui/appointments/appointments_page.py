"""The Appointments page: every appointment that the user may see, by filters and orders, with its acts and its detail."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.appointment_lists import AppointmentFilters, AppointmentOrder
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.ids import LocationId, PatientId, ProviderId
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.words import _, plural
from request_desk.services.people.patients import PatientHit
from request_desk.services.practice import directory
from request_desk.services.schedule import appointment_list
from request_desk.ui.appointments import days
from request_desk.ui.appointments.appointment_acts import RowAct, acts_of
from request_desk.ui.appointments.appointment_detail import AppointmentDetail
from request_desk.ui.appointments.export import ask_path
from request_desk.ui.appointments.patient_sheet import PatientSheet
from request_desk.ui.appointments.report_sheet import ReportSheet
from request_desk.ui.freed.waitlist_sheet import WaitlistSheet
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, marks_words, named, standing_words, who_words
from request_desk.ui.schedule.close_day import CloseDaySheet
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import ToggleChip, secondary
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope

_KEY = "appointments"
_CHANGE = Permission.CHANGE_SCHEDULE
_HELD, _CONFIRMED = AppointmentStatus.HELD, AppointmentStatus.CONFIRMED


class AppointmentsPage(ListPage[Appointment]):
    """Opens with what is to come: held and confirmed, for a provider the own confirmed ones with a switch for the held (AP1)."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        self._sees_all = sees_all_requests(context.actor())
        detail = AppointmentDetail(context)
        super().__init__(context, self._list_spec(context), parent, detail=detail)
        detail.opened.connect(self.open)
        self.holds = ToggleChip("")
        self.holds.hide()
        self.close_day = secondary(_("Close day …"), icon="calendar-check", keys="E")
        if not may(context.actor(), Permission.CHANGE_SCHEDULE):
            self.close_day.hide()
        self.report = secondary(_("Report …"), icon="list-tree")
        self.export = secondary(_("Export …"), icon="save", keys="Ctrl+E")
        self.waitlist = secondary(_("Waiting list …"), icon="users", keys="W")
        self.tools.addWidget(self.holds)
        self.tools.addWidget(self.close_day)
        self.tools.addWidget(self.waitlist)
        self.tools.addWidget(self.report)
        self.tools.addWidget(self.export)
        self.holds.toggled.connect(self._holds_switched)
        self.export.clicked.connect(self._export)
        self.report.clicked.connect(self._open_report)
        self.close_day.clicked.connect(self._close_day)
        self.waitlist.clicked.connect(self._open_waitlist)
        self.filters.asked.connect(self._asked)
        self.filters.changed.connect(self._show_holds)
        self.feed.loaded.connect(self._count_holds)
        self._add_commands()
        self._show_holds()
        self._read_directory()

    def _add_commands(self) -> None:
        scope = Scope.APPOINTMENTS
        self._context.gate.watch(self, scope)
        for name, text, key, act in (
            ("request", _("Open the request of the visit"), "R", RowAct.REQUEST),
            ("patient", _("Open the patient of the visit"), "I", RowAct.PATIENT),
            ("schedule", _("Show the visit on the schedule"), "S", RowAct.SCHEDULE),
            ("move", _("Move the visit"), "M", RowAct.MOVE),
            ("arrived", _("Mark the visit as arrived, or take that back"), "A", RowAct.ARRIVED),
            ("late", _("Mark the visit as running late, or take that back"), "L", RowAct.LATE),
            ("confirmed", _("Mark that the parent confirmed, or take that back"), "P", RowAct.PARENT_CONFIRMED),
            ("print", _("Print the card of the visit"), "K", RowAct.PRINT),
            ("cancel", _("Cancel the visit"), "C", RowAct.CANCEL),
        ):
            is_changing = act not in (RowAct.REQUEST, RowAct.PATIENT, RowAct.SCHEDULE, RowAct.PRINT)
            command = Command(f"appointments.{name}", text, (key,), scope, is_changing)
            self._context.commands.add(command, partial(self._do, act), owner=self)
        command = Command("appointments.close", _("Close the day: who came"), ("E",), scope, True, _CHANGE)
        self._context.commands.add(command, self._close_day, owner=self)
        command = Command("appointments.waitlist", _("Waiting list"), ("W",), scope)
        self._context.commands.add(command, self._open_waitlist, owner=self)
        command = Command("appointments.report", _("Report by provider and period"), (), scope)
        self._context.commands.add(command, self._open_report, owner=self)
        command = Command("appointments.export", _("Export the visits that are shown"), ("Ctrl+E",), scope)
        self._context.commands.add(command, self._export, owner=self)

    def _do(self, act: RowAct) -> None:
        """Do an act with the selected visit, or say why it cannot be done."""
        key = self.view.selected_key()
        row = self.model.cached(key) if key is not None else None
        if row is None:
            return
        wanted = acts_of(self._context, self, row)[act]
        if wanted.why_not:
            words = _("{act}: {why_not}.").format(act=wanted.text.removesuffix(" …"), why_not=wanted.why_not)
            self._context.messages.say(words)
        else:
            wanted.run()

    def _list_spec(self, context: DeskContext) -> ListSpec[Appointment]:
        statuses = (str(_HELD), str(_CONFIRMED)) if self._sees_all else (str(_CONFIRMED),)
        kept = days.kept_days(context.preferences.get(f"{_KEY}.filters"))
        offered = [(str(status), STATUS_WORDS[status]) for status in appointment_list.STATUS_ORDER]
        providers = (FilterSpec("providers", _("Provider"), multiple=True),) if self._sees_all else ()
        return ListSpec(
            key=_KEY,
            name=_("Appointments"),
            columns=(
                Column(_("When"), self._when, 146, order=AppointmentOrder.START),
                Column(_("Patient"), self._who, order=AppointmentOrder.PATIENT),
                Column(_("Type"), self._type, 96, from_width=760),
                Column(_("Provider"), self._provider, 116, order=AppointmentOrder.PROVIDER),
                Column(_("Location"), self._place, 92, from_width=880),
                Column(_("Status"), self._status, 124, order=AppointmentOrder.STATUS),
                Column(_("Marks"), self._marks, 130, from_width=1040),
            ),
            topics=(Topic.APPOINTMENT, Topic.PATIENT, Topic.DIRECTORY),
            reading=_("Reading the appointments …"),
            empty=_("No visit was ever booked."),
            empty_icon="calendar-days",
            filters=(
                FilterSpec(
                    "days",
                    _("When"),
                    days.choices_with(kept, context.words()),
                    default=(days.COMING,),
                    ask=_("Choose days …"),
                ),
                FilterSpec("statuses", _("Status"), tuple(offered), multiple=True, default=statuses),
                *providers,
                FilterSpec("locations", _("Location"), multiple=True),
                FilterSpec("patient", _("Patient"), ask=_("Choose a patient …")),
            ),
            order=AppointmentOrder.START,
            menu=_("What can be done with the visit"),
        )

    # what is shown

    def read_page(self, wanted: ListWanted, after: Any) -> Pending[Page[Appointment]]:
        filters, order = self._narrowed(wanted)
        return self._context.runner.read(
            self,
            appointment_list.list_page,
            filters,
            order,
            descending=wanted.descending,
            after=after,
            limit=PAGE,
        )

    def _narrowed(self, wanted: ListWanted) -> tuple[AppointmentFilters, AppointmentOrder]:
        chosen = {key: values for key, values in wanted.filters.items() if values}
        span = days.span_of(next(iter(chosen.get("days", ())), None), self._context.words(), self._context.clock.now())
        patient = next((PatientId(each) for each in chosen.get("patient", ()) if isinstance(each, int)), None)
        filters = AppointmentFilters(
            provider_ids=tuple(ProviderId(each) for each in chosen.get("providers", ()) if isinstance(each, int)),
            location_ids=tuple(LocationId(each) for each in chosen.get("locations", ()) if isinstance(each, int)),
            statuses=tuple(AppointmentStatus(str(each)) for each in chosen.get("statuses", ())),
            patient_id=patient,
            since=span[0],
            until=span[1],
        )
        return filters, AppointmentOrder(wanted.order)

    def key_of(self, row: Appointment) -> int:
        return row.id

    def acts_of(self, row: Appointment) -> Sequence[ActSpec]:
        return acts_of(self._context, self, row)

    # columns

    def _when(self, row: Appointment) -> str:
        return self._context.words().at(row.zone).moment(row.starts_at)

    def _who(self, row: Appointment) -> str:
        if row.birth_day is None:
            return named(row.patient_name)
        return f"{named(row.patient_name)}, {self._context.words().birth_short(row.birth_day)}"

    def _type(self, row: Appointment) -> str:
        return row.type_name

    def _provider(self, row: Appointment) -> str:
        return row.provider_name

    def _place(self, row: Appointment) -> str:
        return row.location_name

    def _status(self, row: Appointment) -> str:
        return standing_words(row, self._context.words())

    def _marks(self, row: Appointment) -> str:
        set_here = marks_words(row, self._context.words())
        marks = (
            (bool(set_here), set_here),
            (row.replaces_id is not None, _("moved here")),
            (row.wants_earlier, _("would like earlier")),
            (bool(row.off), _("switched off: {names}").format(names=self._context.words().list_of(row.off))),
        )
        return ", ".join(text for is_so, text in marks if is_so)

    # filters

    def _read_directory(self) -> None:
        self._context.runner.read(self, directory.directory).done(self._directory_read).refused(self._failed)

    def _directory_read(self, found: directory.Directory) -> None:
        before = self.filters.chosen()
        self.filters.offer("locations", [(each.id, one_line(each.name)) for each in found.locations.values()])
        if self._sees_all:
            people = [(each.id, one_line(each.short_name)) for each in found.providers.values()]
            self.filters.offer("providers", people)
        if self.filters.chosen() != before:
            self.filters.changed.emit()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        super()._changed(changes)
        if changes.touches(Topic.DIRECTORY):
            self._read_directory()

    @Slot(str)
    def _asked(self, key: str) -> None:
        if key == "patient":
            patients = PatientSheet(self._context, self.window())
            patients.chosen.connect(self._patient_chosen)
            patients.open()
        else:
            words = self._context.words()
            today = self._context.today()
            week = words.week_of(today)
            asked = days.DaysSheet(week[0], week[-1], self.window())
            asked.chosen.connect(self._days_chosen)
            asked.open()

    @Slot(object)
    def _patient_chosen(self, hit: PatientHit) -> None:
        """A patient's visits are shown whole: those of the past too."""
        self.filters.offer("patient", ((hit.id, who_words(hit.name, hit.birth_day, self._context.words())),))
        self.filters.choose("patient", (hit.id,))

    @Slot(str)
    def _days_chosen(self, value: str) -> None:
        self.filters.offer("days", days.choices_with(value, self._context.words()))
        self.filters.choose("days", (value,))

    # holds of a provider

    @Slot()
    def _count_holds(self) -> None:
        if not self._sees_all:
            self._context.runner.read(self, appointment_list.holds_under_way).done(self._holds_counted)

    def _holds_counted(self, count: int) -> None:
        self.holds.setText(plural("{count} time is held", "{count} times are held", count).format(count=count))
        self.holds.setVisible(bool(count) or self.holds.isChecked())

    @Slot()
    def _show_holds(self) -> None:
        self.holds.blockSignals(True)  # it follows here
        statuses = self.filters.chosen()["statuses"]
        self.holds.setChecked(not statuses or str(_HELD) in statuses)
        self.holds.blockSignals(False)

    @Slot(bool)
    def _holds_switched(self, is_on: bool) -> None:
        rest = [each for each in self.filters.chosen()["statuses"] if each != _HELD]
        self.filters.choose("statuses", [*rest, str(_HELD)] if is_on else rest or [str(_CONFIRMED)])

    @Slot()
    def _close_day(self) -> None:
        """Say who came today, or on the last of the days that are chosen, of those whom the filters leave in."""
        chosen = self.filters.chosen()
        today = self._context.today()
        days_chosen = days.two_days(next(iter(chosen["days"]), None))
        day = min(days_chosen[1], today) if days_chosen is not None else today
        filters, _order = self._narrowed(self.wanted())
        CloseDaySheet(self._context, day, filters.location_ids, filters.provider_ids, self.window()).open()

    # files and figures

    @Slot()
    def _export(self) -> None:
        wanted = self.wanted()
        filters, order = self._narrowed(wanted)
        runner, lines = self._context.runner, appointment_list.export_page

        def read_page(after: Any) -> Pending[Page[tuple[str, ...]]]:
            return runner.read(self, lines, filters, order, descending=wanted.descending, after=after)

        ask_path(self._context, "appointments.csv", appointment_list.export_headings(), read_page, self)

    @Slot()
    def _open_waitlist(self) -> None:
        WaitlistSheet(self._context, self.window()).open()

    @Slot()
    def _open_report(self) -> None:
        ReportSheet(self._context, self.window()).open()
