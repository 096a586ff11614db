"""The Settings page: groups on the left, the form of one on the right."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.ids import DepartmentId
from request_desk.domain.setup import SetupForm, SetupLine
from request_desk.domain.words import _
from request_desk.ui.editor.editor import Editor
from request_desk.ui.patients.forms import FormWindow, NewPatientForm
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.closed_days_form import ClosedDaysForm
from request_desk.ui.settings.group_list import GroupId, GroupLine, GroupList
from request_desk.ui.settings.meeting_form import MeetingForm
from request_desk.ui.settings.notices_form import NoticesForm
from request_desk.ui.settings.patients_pages_form import PatientsPagesForm
from request_desk.ui.settings.people_forms import DepartmentsForm, StaffForm
from request_desk.ui.settings.place_form import LocationsForm
from request_desk.ui.settings.practice_forms import (
    HoursForm,
    IntakeForm,
    KindsForm,
    PracticeForm,
    TimesForm,
    UrgentWordsForm,
)
from request_desk.ui.settings.provider_form import ProvidersForm
from request_desk.ui.settings.questionnaires_form import QuestionnairesForm
from request_desk.ui.settings.secrets_form import SecretsForm
from request_desk.ui.settings.setup_pane import SetupPane
from request_desk.ui.settings.subscriptions_form import SubscriptionsForm
from request_desk.ui.settings.texts_form import TextsForm
from request_desk.ui.settings.type_form import TypesForm
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.theme import app_theme
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope
from request_desk.ui.window.pages import WindowPage

_LIST, _FOLDED = 232, 58  # pixels at 100 %
_LEAST = 780  # of the page; below it the list folds to its icons
_GROUPS: Final[tuple[tuple[str, str, Callable[[DeskContext], Editor | SetupPane]], ...]] = (
    (_("Practice"), "building", PracticeForm),
    (_("Locations"), "map-pin", LocationsForm),
    (_("Providers"), "stethoscope", ProvidersForm),
    (_("Kinds of request"), "list-tree", KindsForm),
    (_("Answer times"), "clock", TimesForm),
    (_("Opening hours"), "calendar-days", HoursForm),
    (_("Closed days"), "calendar-x", ClosedDaysForm),
    (_("Urgent words"), "triangle-alert", UrgentWordsForm),
    (_("Appointment requests"), "inbox", IntakeForm),
    (_("Patients' pages"), "monitor", PatientsPagesForm),
    (_("Notices"), "mail", NoticesForm),
    (_("Appointment types"), "calendar-check", TypesForm),
    (_("Questionnaires"), "file-text", QuestionnairesForm),
    (_("Departments"), "users", DepartmentsForm),
    (_("Staff"), "user", StaffForm),
    (_("Text messages"), "phone", TextsForm),
    (_("Video meetings"), "video", MeetingForm),
    (_("Booking secrets"), "lock", SecretsForm),
    (_("Subscriptions"), "send", SubscriptionsForm),
    (_("Setup"), "check", SetupPane),
)
# The group in which a step of the setup list is done, by its title.
_LEADS: Final = {
    SetupForm.PRACTICE: _("Practice"),
    SetupForm.HOURS: _("Opening hours"),
    SetupForm.LOCATIONS: _("Locations"),
    SetupForm.PROVIDERS: _("Providers"),
    SetupForm.TYPES: _("Appointment types"),
    SetupForm.INTAKE: _("Appointment requests"),
    SetupForm.MEMBERS: _("Departments"),
    SetupForm.STAFF: _("Staff"),
    SetupForm.KINDS: _("Kinds of request"),
}

_TITLES: Final = {
    GroupId.PRACTICE: _("Practice"),
    GroupId.PATIENTS_PAGES: _("Patients' pages"),
    GroupId.LOCATIONS: _("Locations"),
    GroupId.TYPES: _("Appointment types"),
    GroupId.MEETINGS: _("Video meetings"),
    GroupId.SUBSCRIPTIONS: _("Subscriptions"),
}


class SettingsPage(WindowPage):
    """Groups of settings; each is made and read when it is first seen, saved by itself, and can be undone."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._forms: dict[int, Editor | SetupPane] = {}  # all forms at once would hold the window for 60 ms
        self.setAccessibleName(_("Settings"))
        self.groups = GroupList([GroupLine(title, icon) for title, icon, _make in _GROUPS])
        self.stack = QStackedWidget()
        self._card = Card(padding=8, name=_("Groups of settings"))
        self._card.body.addWidget(self.groups)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._card)
        self._row.addWidget(self.stack, 1)
        self.groups.choose(0)
        self.groups.chosen.connect(self._show_group)
        command = Command(
            "settings.save", _("Save the settings"), ("Ctrl+S",), Scope.SETTINGS, True, Permission.VIEW_SETTINGS
        )
        context.commands.add(command, self.save, owner=self)
        find = Command("settings.notice", _("Find a text of a notice"), ("Ctrl+F",), Scope.SETTINGS, icon="search")
        context.commands.add(find, self.find_notice, owner=self)
        app_theme().changed.connect(self._measure)
        self._measure()

    def form(self) -> Editor | None:
        """Return the form that is shown."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Editor) else None

    def open(self, thing_id: int, *, to_write: bool = False) -> None:
        """Show a department with its members, the setup list for 0, or the group of a `GroupId`: what other pages lead to."""
        if thing_id < 0:
            self._choose(_TITLES[GroupId(thing_id)])
            return
        if not thing_id:
            self._choose(_("Setup"))
            return
        self._choose(_("Departments"))
        form = self.stack.currentWidget()
        if isinstance(form, DepartmentsForm):
            form.go_to(DepartmentId(thing_id))

    def _choose(self, title: str) -> None:
        self.groups.choose([group[0] for group in _GROUPS].index(title))
        self._show_group(self.groups.current())
        pane = self.stack.currentWidget()
        if isinstance(pane, SetupPane):
            pane.go_to_next()

    @Slot(object)
    def _set_up(self, line: SetupLine) -> None:
        """Go where a step of the setup list is done; what is stored there changes the list at once."""
        if line.form is SetupForm.PATIENT:
            FormWindow(NewPatientForm(self._context), self).open()
        elif line.form is SetupForm.WINDOWS:
            self._context.open_thing("availability", line.about)
        elif line.form is SetupForm.MEMBERS:
            self.open(line.about)
        elif line.form is not None:
            self._choose(_LEADS[line.form])
            self.groups.setFocus()

    def save(self) -> None:
        """Save the group that is shown."""
        form = self.form()
        if form is not None:
            form.save_clicked()

    def find_notice(self) -> None:
        """Go to the texts of notices, and give the keys to the field that finds one."""
        self._choose(_("Notices"))
        form = self.form()
        if isinstance(form, NoticesForm):
            form.filter.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            form.filter.search.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_group(self.groups.current())
        focus: QWidget | None = QApplication.focusWidget()  # None while another window is in front
        if focus is None or not self.isAncestorOf(focus):
            self.groups.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _show_group(self, place: int) -> None:
        form = self._forms.get(place)
        if form is None:
            _title, _icon, make = _GROUPS[place]
            form = self._forms[place] = make(self._context)
            if isinstance(form, SetupPane):
                form.wanted.connect(self._set_up)
            else:
                form.edited.connect(self._edited)
            self.stack.addWidget(form)
        self.stack.setCurrentWidget(form)

    @Slot(bool)
    def _edited(self, edited: bool) -> None:
        form = self.sender()
        for place, known in self._forms.items():
            if known is form:
                self.groups.mark(place, edited=edited)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._card.setFixedWidth(theme.px(_LIST if self.width() >= theme.px(_LEAST) else _FOLDED))
        self._row.setSpacing(theme.px(14))
