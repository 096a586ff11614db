"""The group about notices: how much each channel may say of an appointment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QCheckBox

from request_desk.domain.directory import Channel, Content, PracticeSettings
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.practice_forms import SettingsForm

_CHANNELS: Final = {
    Channel.EMAIL: _("E-mails about a visit say for whom, when and where it is"),
    Channel.SMS: _("Text messages about a visit say when and where it is"),
}


class NoticesForm(SettingsForm):
    """Whether a channel tells the time, or only that there is news (NT1)."""

    names = ("notice_contents",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Notices"),
            _(
                "A notice never says why somebody comes, or to which kind of visit. Where a channel is not ticked it says only that "
                "there is news, with the way to read it."
            ),
        )
        self.boxes = {channel: QCheckBox(told) for channel, told in _CHANNELS.items()}
        for box in self.boxes.values():
            self.fields.addWidget(box)
        self.follow(*self.boxes.values())

    def show_settings(self, found: PracticeSettings) -> None:
        for channel, box in self.boxes.items():
            box.setChecked(found.content_of(channel) is Content.TIME)
        self.lock(*self.boxes.values())

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(stored, notice_contents=self._bare())

    def _bare(self) -> Mapping[Channel, Content]:
        """As it is stored: what tells the time is left out."""
        return {channel: Content.BARE for channel, box in self.boxes.items() if not box.isChecked()}
