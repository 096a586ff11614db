"""The buttons under a list of things in an order: a new one, up, down, off and on; what they do is the form's business."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.editor.choosers import ListChooser, Thing
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.theme import app_theme


class ListActs(QWidget):
    """A list in its frame with the buttons below it."""

    moved = Signal(bool)  # up

    def __init__(self, chooser: ListChooser, new: str, *, height: int) -> None:
        super().__init__()
        self._chooser = chooser
        self.add_button = secondary(new, icon="plus")
        self.up_button = IconButton("chevron-up", _("Move up"), outlined=True)
        self.down_button = IconButton("chevron-down", _("Move down"), outlined=True)
        self.off_button = secondary(_("Switch off …"))
        frame = Card(padding=1)
        frame.body.addWidget(chooser)
        chooser.setMinimumHeight(app_theme().px(height))
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(8))
        body.addWidget(frame)
        body.addLayout(row(self.add_button, None, self.up_button, self.down_button, self.off_button))
        self.up_button.clicked.connect(self._up)
        self.down_button.clicked.connect(self._down)

    def show_for(self, thing: Thing | None, things: list[Thing], *, allowed: bool) -> None:
        """Offer what can be done with this one of all of them, which come in their order."""
        ordered = [each.id for each in things if each.active]
        place = ordered.index(thing.id) if thing is not None and thing.id in ordered else None
        for button in (self.add_button, self.up_button, self.down_button, self.off_button):
            button.setVisible(allowed)
        for button, can_move in (
            (self.up_button, place is not None and place > 0),
            (self.down_button, place is not None and place < len(ordered) - 1),
        ):
            if button.hasFocus() and not can_move:
                self._chooser.setFocus()  # not to whatever comes next: a second press would do that
            button.setEnabled(can_move)
        self.off_button.setEnabled(thing is not None)
        self.off_button.set_text(_("Switch off …") if thing is None or thing.active else _("Switch on"))

    @Slot()
    def _up(self) -> None:
        self.moved.emit(True)

    @Slot()
    def _down(self) -> None:
        self.moved.emit(False)
