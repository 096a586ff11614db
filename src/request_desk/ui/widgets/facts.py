"""Lines of a label and what it says, one under the other: facts about a thing, or what happened to it and when."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme


class FactLines(QWidget):
    """Labels with values beside them; a line without a value is not shown. `labels` is the least width of the labels."""

    def __init__(self, labels: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels = labels
        self._lines: list[tuple[PlainLabel, PlainLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._measure()
        app_theme().changed.connect(self._measure)

    def show_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show these (label, value) pairs in their order."""
        said = [line for line in lines if line[1]]
        while len(self._lines) < len(said):
            self._add_line()
        for place, (label, value) in enumerate(self._lines):
            is_used = place < len(said)
            if is_used:
                label.setText(said[place][0])
                value.setText(said[place][1])
                value.setAccessibleName(f"{label.text()}: {value.text()}")
            label.setVisible(is_used)
            value.setVisible(is_used)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what is shown."""
        return tuple((label.text(), value.text()) for label, value in self._lines if not value.isHidden())

    def _add_line(self) -> None:
        label = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=self)
        value = PlainLabel("", wrap=True, selectable=True, parent=self)
        value.setMinimumWidth(1)
        place, top = len(self._lines), Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(label, place, 0, top)
        self._grid.addWidget(value, place, 1, top)
        self._lines.append((label, value))

    @Slot()
    def _measure(self) -> None:
        self._grid.setColumnMinimumWidth(0, app_theme().px(self._labels))
        self._grid.setHorizontalSpacing(app_theme().px(3 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(2 * SPACE))
