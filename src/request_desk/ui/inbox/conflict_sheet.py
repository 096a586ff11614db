"""What stands in the way of a second answer: what changed and who did it, and what can be done with the draft (MC9)."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel, PlainTextView
from request_desk.ui.widgets.theme import Tone

MOST_LINES = 6
SIZE = (520, 0)


class ConflictSheet(Sheet):
    """Nothing was sent. The draft can be looked at beside the change, added as a follow-up, or thrown away."""

    looked = Signal()
    followed_up = Signal()
    discarded = Signal()

    def __init__(self, refused: Refused, draft: str, *, may_follow_up: bool, parent: QWidget | None = None) -> None:
        look = primary(_("Keep it and look") if draft.strip() else _("Look"))
        super().__init__(
            _("Somebody was here before you"), look, parent, detail=refused.sentence, size=SIZE, by_enter=True
        )
        if draft.strip():
            self.body.addWidget(PlainLabel(_("Your text, kept:"), tone=Tone.MUTED, parent=self))
            self.draft = PlainTextView(name=_("Your text"), max_lines=MOST_LINES, parent=self)
            self.draft.set_text(draft)
            self.body.addWidget(self.draft)
        self.discard = secondary(_("Discard my draft"), parent=self)
        self.discard.setVisible(bool(draft.strip()))
        self.discard.clicked.connect(self._discard)
        self.follow = secondary(_("Send as follow-up"), parent=self)
        self.follow.setVisible(may_follow_up and bool(draft.strip()))
        self.follow.clicked.connect(self._follow_up)
        self.finish(self.discard, self.follow)
        self.close_button.hide()  # the button looks, as Escape does
        self.button.clicked.connect(self.reject)
        self.rejected.connect(self.looked)
        self.button.setFocus()

    @Slot()
    def _follow_up(self) -> None:
        self.accept()
        self.followed_up.emit()

    @Slot()
    def _discard(self) -> None:
        self.accept()
        self.discarded.emit()
