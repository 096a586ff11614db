"""The quiet line above the schedule where a time became free: who waits, one key that offers it, and the way to all of them."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.freed_slots import FreedSlot
from request_desk.domain.words import Words, _
from request_desk.ui.freed.freed_words import OFFER_KEY, freed_words, offer_words
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import FlowBox
from request_desk.ui.widgets.text import PlainLabel


class FreedLine(FlowBox):
    """Tells the first freed time that nobody is offered yet, else the first; the others are a number."""

    offer_wanted = Signal(object)  # FreedSlot
    all_wanted = Signal()

    def __init__(self, parent: QWidget | None = None, *, may_offer: bool) -> None:
        super().__init__(parent)
        self._shown: FreedSlot | None = None
        self._may_offer = may_offer
        self.setAccessibleName(_("Times that became free"))
        self.text = PlainLabel("", wrap=False)
        self.offer_button = secondary("", icon="send", keys=OFFER_KEY)
        self.all_button = secondary("", icon="users")
        for part in (self.text, self.offer_button, self.all_button):
            self.flow.addWidget(part)
        self.offer_button.clicked.connect(self.offer)
        self.all_button.clicked.connect(self.all_wanted)
        self.hide()

    def shown(self) -> FreedSlot | None:
        """Return the freed time that the line tells of."""
        return self._shown

    def show_slots(self, found: Sequence[FreedSlot], words: Words) -> None:
        """Tell of these freed times; without any there is no line."""
        free = [each for each in found if each.offer is None]
        self._shown = next(iter((*free, *found)), None)
        self.setVisible(self._shown is not None)
        if self._shown is None:
            return
        self.text.setText(f"{freed_words(self._shown, words)}.")
        self.offer_button.set_text(offer_words(self._shown))
        # A time that is offered is waited for: the next is asked from the sheet, where the first one's family is seen.
        self.offer_button.setVisible(self._may_offer and self._shown.offer is None)
        more = len(found) - 1
        self.all_button.set_text(_("All freed times ({count})").format(count=more + 1) if more else _("Who waits …"))
        self.fit()

    @Slot()
    def offer(self) -> None:
        """Want the time to be offered to who comes first; nothing happens where the button is not there."""
        if self._shown is not None and not self.isHidden() and not self.offer_button.isHidden():
            self.offer_wanted.emit(self._shown)
