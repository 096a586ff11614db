"""The group about appointment types: their rules, their order, what they would offer, and what is asked for about them."""

from PySide6.QtCore import Qt, Slot

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import TypeId
from request_desk.domain.words import _
from request_desk.services.practice import appointment_types
from request_desk.services.practice.appointment_types import TypesWithHours
from request_desk.services.practice.suggestions import About
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.suggestion_parts import SuggestionForm, SuggestionLines
from request_desk.ui.settings.type_fields import NEW, TypeFields
from request_desk.ui.settings.type_preview import TypePreview
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, app_theme

_LIST = 210  # pixels at 100 %: five types without scrolling


class TypesForm(ChoiceEditor[AppointmentType, ListChooser]):
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
            ListChooser(columns, name=_("Appointment types")),
        )
        self._found: TypesWithHours | None = None
        self._made: TypeId | None = None  # the type that was just made: the list goes to it
        self.add_button = secondary(_("New type …"), icon="plus")
        self.up_button, self.down_button = (
            IconButton("chevron-up", _("Move up")),
            IconButton("chevron-down", _("Move down")),
        )
        self.off_button = secondary(_("Switch off …"))
        self.ask_button = secondary(_("Ask for a change …"), icon="sticky-note")
        self.who = PlainLabel("", role=TextRole.TITLE, wrap=True)
        self.asked = SuggestionLines(self)
        frame = Card(padding=1)
        frame.body.addWidget(self.chooser)
        self.chooser.setMinimumHeight(app_theme().px(_LIST))
        self.fields.addWidget(frame)
        self.fields.addLayout(
            row(self.add_button, self.up_button, self.down_button, None, self.ask_button, self.off_button)
        )
        self.fields.addWidget(self.asked)
        self.fields.addWidget(self.who)
        self.type = TypeFields(self)
        self.preview = TypePreview(context)
        beside = self.layout()
        assert beside is not None
        beside.addWidget(self.preview)  # below what scrolls: it is seen whatever is typed
        self.preview.hide()
        self.locked.setText(_("Only who has the role Types and rooms can change this. Ask them for a change above."))
        self._connect()

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.begin_new)
        self.up_button.clicked.connect(self._move_up)
        self.down_button.clicked.connect(self._move_down)
        self.off_button.clicked.connect(self._switch)
        self.ask_button.clicked.connect(self._ask_for_change)

    def read(self) -> None:
        read = self.context.runner.read(self, appointment_types.types_with_hours)
        read.done(self._types_read).refused(self.unreadable)

    def _types_read(self, found: TypesWithHours) -> None:
        self._found = found
        self.type.providers.list_providers(found.providers)
        made, self._made = self._made, None
        self.take(found.types, made)

    def fill_from(self, type_: AppointmentType | None) -> None:
        self.type.show(type_ if type_ is not None else NEW)

    def _seen(self) -> AppointmentType:
        return self._shown if self._shown is not None else NEW

    def is_changed(self) -> bool:
        if self._shown is None and not self.is_new:
            return False
        return self.type.typed(self._seen()) != self._seen() or self.type.providers.says_nobody()

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        allowed, shown, found = self.may_change(), self._shown, self._found
        order = [each.id for each in found.types] if found is not None else []
        place = order.index(shown.id) if shown is not None and shown.id in order else -1
        for button in (self.add_button, self.up_button, self.down_button, self.off_button):
            button.setVisible(allowed)
        self.ask_button.setVisible(not allowed)
        self.ask_button.setEnabled(shown is not None)
        self.up_button.setEnabled(place > 0)
        self.down_button.setEnabled(0 <= place < len(order) - 1)
        self.off_button.setEnabled(shown is not None)
        self.off_button.set_text(_("Switch off …") if shown is None or shown.active else _("Switch on"))
        self.who.setText(isolated_if_needed(one_line(shown.name)) if shown is not None else _("New type"))
        if found is not None:
            about = [each for each in found.suggestions if shown is not None and each.about_id == shown.id]
            self.asked.show_suggestions(about, self.context.words(), may_change=allowed)
            self.preview.show_type(self.type.typed(self._seen()), found)
            self.preview.setVisible(shown is not None or self.is_new)

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.type.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def save(self) -> None:
        new, seen = self.type.typed(self._seen()), self._shown
        if self.type.providers.says_nobody():
            told = _("Tick who does it, or that every provider does.")
            self.refuse(Invalid(told, field="Providers"))
        elif seen is None:
            self.send(self.context.runner.act(self, appointment_types.add_type, new).done(self._added))
        else:
            act = appointment_types.save_type
            self.send(self.context.runner.act(self, act, seen.id, new, expect_version=seen.version))

    def _added(self, type_id: TypeId) -> None:
        self._made = type_id

    # Order, on and off

    @Slot()
    def _move_up(self) -> None:
        self._move(-1)

    @Slot()
    def _move_down(self) -> None:
        self._move(1)

    def _move(self, places: int) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            act = appointment_types.move_type
            self.send(self.context.runner.act(self, act, seen.id, places, expect_version=seen.version))

    @Slot()
    def _switch(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None and not seen.active:
            self._do_switch(True)
        elif seen is not None:
            name = isolated_if_needed(one_line(seen.name, 60))
            question = _("Switch off the type {name}?").format(name=name)
            detail = _("Nobody can ask for it or book it any more. What is booked stays, and can be moved.")
            asked = ask(self.window(), question, detail=detail, yes=_("Switch off"), dangerous=True)
            asked.answered.connect(self._do_switch)

    @Slot(bool)
    def _do_switch(self, yes: bool) -> None:
        seen = self._shown
        if yes and seen is not None:
            act = appointment_types.switch_off_type if seen.active else appointment_types.switch_on_type
            self.send(self.context.runner.act(self, act, seen.id, expect_version=seen.version))

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
        return self.context.words().count(count) if count else ""


def _name(type_: AppointmentType) -> str:
    return one_line(type_.name)


def _state(type_: AppointmentType) -> str:
    return _("active") if type_.active else _("off")
