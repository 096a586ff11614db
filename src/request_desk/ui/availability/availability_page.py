"""The Availability page: the providers with their hours, the week of the chosen one beside them, and what can be done there."""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from request_desk.domain.changes import Topic
from request_desk.domain.paging import Page
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import availability
from request_desk.services.practice.availability import ProviderLine
from request_desk.ui.availability.availability_words import away_words, hours_words
from request_desk.ui.availability.week_detail import WeekDetail
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.list_page import FOLD, ListPage, ListSpec, ListWanted
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope

_BELOW = 4  # parts of the height for the week below the list
_NEW, _ABSENCE, _EXTRA, _COMING = range(4)  # the acts of the week in their order


def read_providers(unit: Unit) -> Page[ProviderLine]:
    """Read all providers: a practice has no more than one page of them."""
    return Page(availability.provider_overview(unit), None)


class AvailabilityPage(ListPage[ProviderLine]):
    """Opens with the own week of a provider, else with the first one of the list."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        self.week = WeekDetail(context)
        spec = ListSpec[ProviderLine](
            key="availability",
            name=_("Availability"),
            columns=(
                Column(_("Provider"), _name),
                Column(_("A week"), self._hours, 62, right=True),
                Column(_("Time off"), self._absence, 76, from_width=340),
                Column(_("To do"), _to_do, 104),
            ),
            topics=(Topic.AVAILABILITY, Topic.APPOINTMENT, Topic.DIRECTORY, Topic.SETTINGS),
            reading=_("Reading the providers …"),
            empty=_("No provider is written down yet."),
            empty_icon="stethoscope",
            shares=(3, 5),
        )
        super().__init__(context, spec, parent, detail=self.week)
        self._wanted_key = context.actor().provider_id
        self.why_button = secondary(_("Why are there no slots? …"), icon="search", keys="W")
        self.tools.addWidget(self.why_button)
        self.why_button.clicked.connect(self.week.ask_why)
        self._add_commands()

    def _add_commands(self) -> None:
        self._context.gate.watch(self, Scope.AVAILABILITY)
        week, scope = self.week, Scope.AVAILABILITY
        for name, text, keys, icon, changing, handler in (
            ("new", _("New weekly window"), ("N",), "plus", True, partial(week.do_act, _NEW)),
            ("absence", _("Time off"), ("T",), "calendar-x", True, partial(week.do_act, _ABSENCE)),
            ("extra", _("Extra hours on one day"), ("X",), "calendar-plus", True, partial(week.do_act, _EXTRA)),
            ("why", _("Why are there no slots?"), ("W",), "search", False, week.ask_why),
            ("coming", _("Visits to come"), ("U",), "calendar-check", False, partial(week.do_act, _COMING)),
            ("ended", _("Windows that have ended, shown or left out"), ("E",), "", False, week.turn_ended),
            ("outside", _("Booked visits outside of the windows"), ("V",), "triangle-alert", False, week.show_outside),
            ("phone", _("Mobile phone number"), ("P",), "phone", False, week.edit_phone),
            ("switch", _("Switch the window off or on"), ("O",), "", True, week.switch_focused),
            ("remove", _("Remove the window or the time off"), ("Del",), "trash-2", True, week.remove_focused),
            ("today", _("Present week"), ("Home",), "", False, week.go_today),
            ("back", _("Week before"), ("PgUp",), "", False, week.go_back),
            ("on", _("Week after"), ("PgDown",), "", False, week.go_on),
        ):
            command = Command(f"availability.{name}", text, keys, scope, changing, icon=icon)
            self._context.commands.add(command, handler, owner=self)

    def _share(self) -> None:
        """Above the week a few providers are enough."""
        super()._share()
        if self.splitter.orientation() is Qt.Orientation.Vertical:
            self.splitter.setSizes([FOLD, _BELOW * FOLD])

    # what the list asks

    def read_page(self, wanted: ListWanted, after: Any) -> Pending[Page[ProviderLine]]:
        return self._context.runner.read(self, read_providers)

    def key_of(self, row: ProviderLine) -> int:
        return row.id

    def _hours(self, line: ProviderLine) -> str:
        return hours_words(line.weekly, self._context.words())

    def _absence(self, line: ProviderLine) -> str:
        return (
            away_words(line.next_absence, self._context.words(), self._context.clock.now()) if line.next_absence else ""
        )


def _name(line: ProviderLine) -> str:
    return named(line.name) if line.active else _("{name} (switched off)").format(name=named(line.name))


def _to_do(line: ProviderLine) -> str:
    """What waits to be done about a provider: visits outside first."""
    if line.outside:
        return _("{count} outside").format(count=line.outside)
    return _("phone missing") if line.is_mobile_missing else ""
