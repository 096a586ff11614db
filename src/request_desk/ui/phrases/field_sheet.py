"""The merge fields with what each of them says: type a few letters, Enter puts one into the text."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QModelIndex, QRect, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from request_desk.domain.phrases import FIELDS, Prompt
from request_desk.domain.search import fold
from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.painting import draw_text
from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Tone, app_theme

_ENTRY: Final = 30
_NAME: Final = 170  # pixels at 100 % of a field's name
_SIZE: Final = (620, 460)


class FieldLine(NamedTuple):
    """A field or a question as it is written, and what it says."""

    name: str
    explanation: str


def field_lines(prompts: Sequence[Prompt]) -> list[FieldLine]:
    """Return the questions of a phrase, then every merge field."""
    asked = [FieldLine(f"ask.{each.name}", _("Question: {label}").format(label=each.label)) for each in prompts]
    return asked + [FieldLine(name, _(told)) for name, told in FIELDS.items()]


class FieldSheet(Sheet):
    """Finds a field by its name or by what it says."""

    chosen = Signal(str)  # such as "patient.first_name"

    def __init__(self, prompts: Sequence[Prompt], parent: QWidget) -> None:
        super().__init__(_("Insert a field"), primary(_("Insert")), parent, size=_SIZE, by_enter=True)
        self._lines = field_lines(prompts)
        self.search = SearchField(_("Find a field by its words"), parent=self)
        self.list: PickList[FieldLine] = PickList(
            self.search, name=_("Fields"), height=_ENTRY, text_of=_spoken, paint_row=_paint, parent=self
        )
        self.nothing = PlainLabel(_("No field has these words."), tone=Tone.MUTED, parent=self)
        self.body.addWidget(self.search)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.nothing)
        self.finish()
        self.search.textChanged.connect(self._narrow)
        self.list.doubleClicked.connect(self._double_clicked)
        self.button.clicked.connect(self.accept)
        self.accepted.connect(self._accepted)
        self._narrow("")
        self.search.setFocus()

    @Slot(str)
    def _narrow(self, text: str) -> None:
        words = fold(text).split()
        found = [line for line in self._lines if all(word in fold(_spoken(line)) for word in words)]
        self.list.show_rows(found)
        self.button.setEnabled(bool(found))
        self.nothing.setVisible(not found)

    @Slot(QModelIndex)
    def _double_clicked(self, _index: QModelIndex) -> None:
        self.accept()

    @Slot()
    def _accepted(self) -> None:
        line = self.list.current()
        if line is not None:
            self.chosen.emit(line.name)


def _spoken(line: FieldLine) -> str:
    return f"{line.name}, {line.explanation}"


def _paint(painter: QPainter, rect: QRect, line: FieldLine) -> None:
    theme = app_theme()
    inner = rect.adjusted(theme.px(10), 0, -theme.px(10), 0)
    draw_text(painter, inner, one_line(line.name), theme.small_bold, theme.ink)
    draw_text(painter, inner.adjusted(theme.px(_NAME), 0, 0, 0), one_line(line.explanation), theme.small, theme.muted)
