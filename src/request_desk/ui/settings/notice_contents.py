"""How much each channel may say of a visit, and whether e-mails bring a calendar file (NT1)."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QWidget

from request_desk.domain.directory import Channel, Content, PracticeSettings
from request_desk.domain.words import _
from request_desk.services.practice import settings as settings_service
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.sheet import Sheet

_CHANNELS: Final = {
    Channel.EMAIL: _("E-mails about a visit say for whom, when and where it is"),
    Channel.SMS: _("Text messages about a visit say when and where it is"),
}


class ContentsSheet(Sheet):
    """Ticks for the practice as a whole; they hold for every text at once."""

    def __init__(self, context: DeskContext, stored: PracticeSettings, parent: QWidget | None) -> None:
        super().__init__(
            _("What notices may say"),
            primary(_("Save"), icon="save"),
            parent,
            detail=_(
                "A notice never says why somebody comes, or to which kind of visit. Where a channel is not ticked it says only that "
                "there is news, with the way to read it."
            ),
        )
        self._context = context
        self._stored = stored
        self.boxes = {channel: QCheckBox(told) for channel, told in _CHANNELS.items()}
        self.calendar = QCheckBox(_("E-mails about a visit bring a file for the family's calendar"))
        for channel, box in self.boxes.items():
            box.setChecked(stored.content_of(channel) is Content.TIME)
        self.calendar.setChecked(stored.calendar_in_letters)
        for box in (*self.boxes.values(), self.calendar):
            self.body.addWidget(box)
            box.toggled.connect(self._changed)
        self.finish()
        self.button.clicked.connect(self._save)
        self._changed()
        self.boxes[Channel.EMAIL].setFocus()

    def _wanted(self) -> PracticeSettings:
        """With the contents as they are stored: what tells the time is left out."""
        bare = {channel: Content.BARE for channel, box in self.boxes.items() if not box.isChecked()}
        return replace(self._stored, notice_contents=bare, calendar_in_letters=self.calendar.isChecked())

    @Slot()
    def _changed(self) -> None:
        # A calendar file tells the time.
        self.calendar.setEnabled(self.boxes[Channel.EMAIL].isChecked())
        self.button.setEnabled(self._wanted() != self._stored)

    @Slot()
    def _save(self) -> None:
        self.say("")
        act, stored = settings_service.save_settings, self._stored
        saving = self._context.runner.act(self, act, self._wanted(), expect_version=stored.version)
        saving.done(self._saved).refused(self.refuse)

    def _saved(self, _version: object) -> None:
        self._context.messages.say(_("Saved."))
        self.accept()


def contents_words(stored: PracticeSettings) -> str:
    """Say in a line what is chosen."""
    email, texts = (stored.content_of(channel) is Content.TIME for channel in (Channel.EMAIL, Channel.SMS))
    said = [
        _("E-mails say for whom, when and where.") if email else _("E-mails say only that there is news."),
        _("Text messages say when and where.") if texts else _("Text messages say only that there is news."),
    ]
    if email and stored.calendar_in_letters:
        said.append(_("E-mails bring a calendar file."))
    return " ".join(said)
