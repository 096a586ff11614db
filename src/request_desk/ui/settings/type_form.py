"""The group about appointment types: their rules, their order, what they would offer, and what is asked for about them."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid
from request_desk.domain.reminders import ReminderRule
from request_desk.domain.words import _
from request_desk.services.practice import appointment_types
from request_desk.services.practice.appointment_types import TypesWithHours
from request_desk.services.practice.suggestions import About
from request_desk.ui.lists.columns import Column
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.list_acts import OrderedEditor
from request_desk.ui.settings.reminder_lines import ReminderLines
from request_desk.ui.settings.suggestion_parts import SuggestionForm, SuggestionLines
from request_desk.ui.settings.type_fields import NEW, TypeFields
from request_desk.ui.settings.type_preview import TypePreview
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Line
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole

_LIST = 210  # pixels at 100 %: five types without scrolling


class TypesForm(OrderedEditor[AppointmentType]):
    """Appointment types (AP6, AP7); they are switched off, never deleted. Who may not change them can ask for a change."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[AppointmentType], ...] = (
            Column(_("Type"), _name, 0),
            Column(_("Duration"), self._duration, 90, right=True),
            Column(_("Asked for"), self._asked, 90, right=True),
            Column(_("State"), _state, 80),
        )
        super().__init__(
            context,
            _("Appointment types"),
            _("A change counts for what is booked from now on; what is booked already stays as it is."),
            Permission.MANAGE_TYPES,
            (Topic.DIRECTORY, Topic.AVAILABILITY),
            columns,
            new=_("New type"),
            height=_LIST,
            move=appointment_types.move_type,
            switch=appointment_types.switch_type,
        )
        self._found: TypesWithHours | None = None
        self.ask_button = secondary(_("Ask for a change …"), icon="sticky-note")
        self.acts.buttons.addWidget(self.ask_button)
        self.asked = SuggestionLines(self)
        self.fields.addWidget(self.asked)
        self.fields.addWidget(self.which)
        self.type = TypeFields(self)
        self.reminders = ReminderLines(self)
        for part in (Line(), PlainLabel(_("Reminders"), role=TextRole.BOLD), self.reminders):
            self.fields.addWidget(part)
        self.tell_beside("Reminders", self.reminders.before, self.fields)
        self.reminders.edited.connect(self.show_ability)
        self.reminders.chooser.chosen.connect(self.show_ability)
        self.preview = TypePreview(context)
        beside = self.layout()
        assert beside is not None
        beside.addWidget(self.preview)  # below what scrolls: it is seen whatever is typed
        self.preview.hide()
        self.locked.setText(_("Only who has the role Types and rooms can change this. Ask them for a change above."))
        self.ask_button.clicked.connect(self._ask_for_change)

    def read(self) -> None:
        read = self.context.runner.read(self, appointment_types.types_with_hours)
        read.done(self._types_read).refused(self.unreadable)

    def _types_read(self, found: TypesWithHours) -> None:
        self._found = found
        self.type.providers.list_providers(found.providers)
        self.take(found.types)

    def fill_from(self, type_: AppointmentType | None) -> None:
        self.type.show(type_ if type_ is not None else NEW)
        self.reminders.show_rules(self._rules_seen())

    def _seen(self) -> AppointmentType:
        return self._shown if self._shown is not None else NEW

    def _rules_seen(self) -> tuple[ReminderRule, ...]:
        if self._found is None or self._shown is None:
            return ()
        return self._found.reminders.get(self._shown.id, ())

    def is_changed(self) -> bool:
        if self._shown is None and not self.is_new:
            return False
        is_typed = self.type.typed(self._seen()) != self._seen() or self.type.providers.says_nobody()
        return is_typed or self.reminders.is_changed(self._rules_seen())

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        allowed, shown, found = self.may_change(), self._shown, self._found
        self.ask_button.setVisible(not allowed)
        self.ask_button.setEnabled(shown is not None)
        if found is not None:
            about = [each for each in found.suggestions if shown is not None and each.about_id == shown.id]
            self.asked.show_suggestions(about, self.context.words(), may_change=allowed)
            self.reminders.show_ability(found.reminded, self.type.providers.provider_ids())
            self.preview.show_type(self.type.typed(self._seen()), found)
            self.preview.setVisible(shown is not None or self.is_new)

    def first_field(self) -> QLineEdit:
        return self.type.name

    def save(self) -> None:
        new, seen = self.type.typed(self._seen()), self._shown
        if self.type.providers.says_nobody():
            told = _("Tick who does it, or that every provider does.")
            self.refuse(Invalid(told, field="Providers"))
            return
        try:
            rules = self.reminders.rules()
        except Invalid as refused:
            self.refuse(refused)
            return
        if seen is None:
            adding = self.context.runner.act(self, appointment_types.add_type, new, reminders=rules)
            self.send(adding.done(self.added))
        else:
            act, version = appointment_types.save_type, seen.version
            self.send(self.context.runner.act(self, act, seen.id, new, reminders=rules, expect_version=version))

    def ask_off(self, _seen: AppointmentType) -> None:
        self.ask_to_switch_off(_("Nobody can ask for it or book it any more. What is booked stays, and can be moved."))

    # What is asked for

    @Slot()
    def _ask_for_change(self) -> None:
        if self._shown is not None:
            form = SuggestionForm(self.context, About.TYPE, self._shown.id, self._shown.name)
            FormWindow(form, self.window()).open()

    # Words of the list

    def _duration(self, type_: AppointmentType) -> str:
        return self.context.words().minutes(type_.duration)

    def _asked(self, type_: AppointmentType) -> str:
        """How many changes are asked for."""
        found = self._found
        count = sum(each.about_id == type_.id for each in found.suggestions) if found is not None else 0
        return self.context.words().count(count) if count else "–"


def _name(type_: AppointmentType) -> str:
    return one_line(type_.name)


def _state(type_: AppointmentType) -> str:
    return _("active") if type_.active else _("off")
