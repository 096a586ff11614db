"""The group about video meetings: the address of the meeting server, and a new room for a provider."""

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.directory import PracticeSettings, Provider
from request_desk.domain.ids import ProviderId
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import directory
from request_desk.services.practice.suggestions import About, Suggestion, open_suggestions
from request_desk.services.schedule import meetings
from request_desk.ui.editor.choosers import NameChooser
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.practice_forms import SettingsForm
from request_desk.ui.settings.suggestion_parts import SuggestionForm, SuggestionLines
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Line, field, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Tone


@dataclass(frozen=True, slots=True)
class Rooms:
    """Whose rooms there are, and what is asked for about them."""

    providers: tuple[Provider, ...]
    suggestions: tuple[Suggestion, ...]


def _read_rooms(unit: Unit) -> Rooms:
    return Rooms(directory.providers(unit), open_suggestions(unit, About.ROOM))


class MeetingForm(SettingsForm):
    """Where meetings are held (VM1). The address is an administrator's, the rooms are whoever's may change types and rooms."""

    names = ("meeting_url",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Video meetings"),
            _(
                "Any server that opens a room by its address, such as Jitsi. Without an address nobody is offered a meeting. "
                "A server without sign-in lets in whoever has a room's address: here rooms cannot be guessed, each patient has "
                "another one each day, and families get the address only when the provider lets them in."
            ),
            Topic.DIRECTORY,
        )
        self._providers: dict[ProviderId, Provider] = {}
        self._asked_for: tuple[Suggestion, ...] = ()
        self.url = QLineEdit()
        hint = _("A room is put behind it, e.g. https://meet.example.org")
        self.add_field(_("Address of the meeting server"), self.url, name="Meeting address", hint=hint)
        self.fields.addWidget(Line())
        self.provider = NameChooser()
        self.room_button = secondary(_("New room …"), icon="refresh-cw")
        hint = _("For when an address got into wrong hands: every address of before leads into an empty room then.")
        self.fields.addWidget(field(_("Room of a provider"), self.provider, hint=hint))
        self.ask_button = secondary(_("Ask for a change …"), icon="sticky-note")
        self.asked = SuggestionLines(self)
        self.others = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.fields.addLayout(row(self.room_button, self.ask_button, None))
        self.no_right = PlainLabel(
            _("Who has the role “types and rooms” can give a provider a new room. Ask them for a change above."),
            tone=Tone.MUTED,
            wrap=True,
        )
        for part in (self.no_right, self.asked, self.others):
            self.fields.addWidget(part)
        self.follow(self.url, self.provider)
        self.room_button.clicked.connect(self._ask_room)
        self.ask_button.clicked.connect(self._ask_for_change)
        self.provider.chosen.connect(self._show_asked)

    def read(self) -> None:
        self.context.runner.read(self, _read_rooms).done(self._rooms_read).refused(self.unreadable)

    def _rooms_read(self, found: Rooms) -> None:
        self._providers, self._asked_for = {each.id: each for each in found.providers}, found.suggestions
        self.provider.show_things(found.providers, self.provider.key())
        self._show_asked()
        super().read()

    @Slot()
    def _show_asked(self) -> None:
        """What is asked for the room of the chosen provider, and of whom more is asked."""
        chosen = self.provider.key()
        here = [each for each in self._asked_for if each.about_id == chosen]
        ids = {each.about_id for each in self._asked_for} - {chosen}
        others = [one_line(each.short_name) for each in self._providers.values() if each.id in ids]
        self.asked.show_suggestions(here, self.context.words(), may_change=self._may_change())
        told = (
            _("Changes are asked for the rooms of: {providers}.")
            if not here
            else _("Changes are also asked for the rooms of: {providers}.")
        )
        self.others.setText(told.format(providers=self.context.words().list_of(others)))
        self.others.setVisible(bool(others))

    def _may_change(self) -> bool:
        return may(self.context.actor(), Permission.MANAGE_TYPES)

    def show_settings(self, found: PracticeSettings) -> None:
        self.url.setText(found.meeting_url)
        self.lock(self.url)
        may_change = self._may_change()
        self.no_right.setVisible(not may_change)
        self.room_button.setVisible(may_change)
        self.ask_button.setVisible(not may_change)
        for button in (self.room_button, self.ask_button):
            button.setEnabled(bool(self._providers))

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(stored, meeting_url=self.url.text().strip())

    @Slot()
    def _ask_for_change(self) -> None:
        chosen = self._providers.get(ProviderId(self.provider.key() or 0))
        if chosen is not None:
            name = _("the room of {provider}").format(provider=one_line(chosen.short_name))
            FormWindow(SuggestionForm(self.context, About.ROOM, chosen.id, name), self.window()).open()

    @Slot()
    def _ask_room(self) -> None:
        chosen = self._providers.get(ProviderId(self.provider.key() or 0))
        if chosen is not None:
            question = _("Give {provider} a new room?").format(provider=one_line(chosen.short_name))
            detail = _(
                "Who is in a meeting now stays in the old room, and who joins from now on comes into the new one: do it between "
                "two visits."
            )
            asked = ask(self.window(), question, detail=detail, yes=_("New room"), dangerous=True)
            asked.answered.connect(partial(self._answered, chosen))

    def _answered(self, chosen: Provider, is_meant: bool) -> None:  # Qt's signal carries it so
        if is_meant:
            act = self.context.runner.act(self, meetings.new_room, chosen.id, expect_version=chosen.version)
            act.done(partial(self._made, chosen)).refused(self.refuse)

    def _made(self, chosen: Provider, version: int) -> None:
        self._providers[chosen.id] = replace(chosen, version=version)
        told = _("{provider} has a new room. The addresses of before lead into an empty room.")
        self.context.messages.say(told.format(provider=one_line(chosen.short_name)))
