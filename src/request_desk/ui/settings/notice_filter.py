"""Which texts of notices the list shows: by kind, channel and language, and by words; what is shown of them is decided elsewhere."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.notice_templates import NoticeTemplate
from request_desk.domain.search import matches, query_terms
from request_desk.domain.words import Words, _
from request_desk.ui.lists.filter_chips import FilterChips, FilterSpec
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.notice_words import CHANNELS, KINDS, language_words
from request_desk.ui.widgets.layout import FlowBox
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.states import SearchField, State, StateStack

_KEPT: Final = "notices.filters"


class NoticeFilter(FlowBox):
    """A field for words and three chips, remembered for the user like those of other lists; `changed` tells to look again."""

    changed = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        specs = (
            FilterSpec("kind", _("Notice"), tuple(KINDS.items())),
            FilterSpec("channel", _("Channel"), tuple((each.value, told) for each, told in CHANNELS.items())),
            FilterSpec("language", _("Language")),
        )
        self.chips = FilterChips(specs, context.preferences, _KEPT, self)
        self.search = SearchField(_("Find a text by its words"), keys="Ctrl+F", parent=self)
        for part in (self.search, *self.chips.chips()):
            self.flow.addWidget(part)
        self.chips.changed.connect(self._changed)
        self.search.searched.connect(self._changed)

    def offer(self, texts: Sequence[NoticeTemplate]) -> None:
        """Offer the languages that there are texts in."""
        words = self._context.words()
        codes = sorted({each.language for each in texts})
        self.chips.offer("language", [(code, language_words(code, words)) for code in codes])
        self.fit()

    def lets_through(self, text: NoticeTemplate) -> bool:
        """Tell whether a text is among what is wanted."""
        wanted = self.chips.chosen()
        place = {"kind": text.kind, "channel": text.channel.value, "language": text.language}
        is_chosen = all(not wanted[key] or value in wanted[key] for key, value in place.items())
        return is_chosen and matches(_said(text, self._context.words()), query_terms(self.search.text()))

    def show_nothing(self, stack: StateStack) -> None:
        """Say in the place of the list that nothing fits, with the way back."""
        if typed := self.search.text().strip():
            told = _("Nothing was found for “{text}”.").format(text=isolated_if_needed(one_line(typed, 60)))
        else:
            told = _("Nothing fits these filters.")
        stack.show_state(State.EMPTY, told, action=_("Show all of them"))

    @Slot()
    def clear(self) -> None:
        """Leave nothing out any more."""
        self.chips.clear()
        self.search.clear()
        self.search.hush()
        self._changed()

    @Slot()
    def _changed(self) -> None:
        self.fit()
        self.changed.emit()


def _said(text: NoticeTemplate, words: Words) -> str:
    """What a text is found by."""
    return " ".join(
        (KINDS[text.kind], CHANNELS[text.channel], language_words(text.language, words), text.subject, text.body)
    )
