"""Many short fields of a form: side by side in as many columns as there is room for, and numbers with their unit."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from request_desk.ui.editor.editor import Editor
from request_desk.ui.widgets.layout import field, tidy
from request_desk.ui.widgets.theme import SPACE, app_theme

_COLUMN = 208  # pixels at 100 % that a field needs
_MOST = 3  # columns
_NUMBER = 84  # pixels at 100 % of a number that has its unit beside it
_LETTERS = 5  # of a unit that are shown at least


class Amount(QWidget):
    """A number with its unit beside it. Each unit has its words and how many of the smallest it holds."""

    def __init__(self, units: Sequence[tuple[str, int]], most: int, *, none: str = "") -> None:
        super().__init__()
        self._factors = tuple(factor for _words, factor in units)
        self.number, self.unit = QSpinBox(), QComboBox()
        self.number.setRange(0, most)
        self.number.setSpecialValueText(none)
        self.number.setMinimumWidth(app_theme().px(_NUMBER))
        tidy(self.number)
        for words, _factor in units:
            self.unit.addItem(words)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(app_theme().px(SPACE))
        line.addWidget(self.number, 2)
        line.addWidget(self.unit, 3)
        self.setFocusProxy(self.number)

    @property
    def controls(self) -> tuple[QSpinBox, QComboBox]:
        return self.number, self.unit

    def follow(self, form: Editor) -> None:
        """Let the form notice what is typed."""
        form.follow(*self.controls)
        self.unit.setMinimumContentsLength(_LETTERS)

    def setAccessibleName(self, name: str) -> None:
        """Name both parts, for whoever hears the form."""
        super().setAccessibleName(name)
        self.number.setAccessibleName(name)
        self.unit.setAccessibleName(name)

    def setAccessibleDescription(self, description: str) -> None:
        super().setAccessibleDescription(description)
        self.number.setAccessibleDescription(description)

    def place(self) -> int:
        """Return which unit is chosen."""
        return self.unit.currentIndex()

    def total(self) -> int:
        """Return what is typed, in the smallest unit."""
        return self.number.value() * self._factors[self.place()]

    def show_number(self, number: int, place: int) -> None:
        self.unit.setCurrentIndex(place)
        self.number.setValue(number)

    def show_total(self, total: int, *, usual: int) -> None:
        """Show an amount of the smallest unit in the largest one that it is a whole number of; nothing in the usual one."""
        fitting = [place for place, factor in enumerate(self._factors) if factor and total and not total % factor]
        place = max(fitting, key=lambda each: self._factors[each], default=usual)
        self.show_number(total // self._factors[place], place)


class FieldGrid(QWidget):
    """Fields in columns of the same width; a narrow window has fewer columns."""

    def __init__(self, form: Editor) -> None:
        super().__init__()
        self._form = form
        self._blocks: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(app_theme().px(4 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(3 * SPACE))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def add(self, label: str, control: QWidget, *, name: str, hint: str = "") -> None:
        """Add a field; `name` is the service's for it, and what it finds wrong is told below."""
        block = QWidget()
        body = QVBoxLayout(block)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(SPACE))
        body.addWidget(field(label, control, hint=hint))
        self._form.tell_beside(name, control, body)
        body.addStretch(1)
        if isinstance(control, Amount):
            control.setAccessibleName(label)
        self._blocks.append(block)
        self._place(max(1, self._columns))

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(_COLUMN), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = max(1, min(_MOST, event.size().width() // app_theme().px(_COLUMN)))
        if columns != self._columns:
            self._place(columns)

    def _place(self, columns: int) -> None:
        self._columns = columns
        for number, block in enumerate(self._blocks):
            self._grid.addWidget(block, number // columns, number % columns)
        for column in range(_MOST):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self.updateGeometry()
