"""Staff notes and the call log: a box of its own that parents never see and that cannot become a reply (RE9)."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from request_desk.domain.requests import CallOutcome, StaffNote
from request_desk.domain.words import Words, _, safe_name
from request_desk.ui.inbox.request_words import call_word
from request_desk.ui.inbox.row_words import DOT
from request_desk.ui.widgets.buttons import ghost, secondary
from request_desk.ui.widgets.layout import FlowBox, row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import CONTROL, SPACE, TextRole, Tone, app_theme

MOST = 4_000


class NotesBox(QWidget):
    """The notes so far, a line for the next one, and one button for each outcome of a call."""

    written = Signal(str)
    called = Signal(object, str)  # CallOutcome, what was written beside it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[StaffNote, ...] = ()
        self._labels: list[PlainLabel] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(app_theme().px(SPACE))
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(_("Add a staff note"))
        self.line.setAccessibleName(_("Staff note, never seen by parents"))
        self.line.setMaxLength(MOST)
        self.line.returnPressed.connect(self._write)
        self._add = secondary(_("Add"), parent=self)
        self._add.clicked.connect(self._write)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(SPACE + 2))
        body.addWidget(
            PlainLabel(_("Staff notes, never seen by parents"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED, parent=self)
        )
        body.addLayout(self._list)
        body.addLayout(row(self.line, self._add))
        calls = FlowBox(self)
        flow = calls.flow
        label = PlainLabel(_("Call log:"), tone=Tone.MUTED, parent=calls)
        label.setMinimumHeight(app_theme().px(CONTROL))
        flow.addWidget(label)
        for outcome, receiver in (
            (CallOutcome.NO_ANSWER, self._no_answer),
            (CallOutcome.VOICEMAIL, self._voicemail),
            (CallOutcome.SPOKE, self._spoke),
        ):
            button = ghost(call_word(outcome), icon="phone", parent=calls)
            button.clicked.connect(receiver)
            flow.addWidget(button)
        body.addWidget(calls)

    def show_notes(self, notes: Sequence[StaffNote], words: Words) -> None:
        """Show the notes, oldest first; what is being typed stays."""
        if tuple(notes) == self._notes and len(self._labels) == len(notes):
            return
        self._notes = tuple(notes)
        for label in self._labels:
            self._list.removeWidget(label)
            label.deleteLater()
        self._labels = [
            PlainLabel(_line(note, words), wrap=True, selectable=True, name=_("Staff note"), parent=self)
            for note in self._notes
        ]
        for label in self._labels:
            self._list.addWidget(label)

    def clear_line(self) -> None:
        """Empty the line for another request."""
        self.line.clear()

    @Slot()
    def _write(self) -> None:
        text = self.line.text().strip()
        if text:
            self.line.clear()
            self.written.emit(text)

    @Slot()
    def _no_answer(self) -> None:
        self._call(CallOutcome.NO_ANSWER)

    @Slot()
    def _voicemail(self) -> None:
        self._call(CallOutcome.VOICEMAIL)

    @Slot()
    def _spoke(self) -> None:
        self._call(CallOutcome.SPOKE)

    def _call(self, outcome: CallOutcome) -> None:
        text = self.line.text().strip()
        self.line.clear()
        self.called.emit(outcome, text)


def _line(note: StaffNote, words: Words) -> str:
    told = DOT.join(part for part in (call_word(note.call) if note.call else "", note.body) if part)
    return f"{words.near_moment(note.created_at)}, {safe_name(note.author_name)}: {told}"
