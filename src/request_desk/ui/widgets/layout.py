"""How things are placed and framed: wrapping rows, cards, hairlines, labelled fields; what is in them is not known here."""

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

LEAST_WIDTH = 80


class FlowLayout(QLayout):
    """Places its widgets in rows and goes on in the next row where there is no room."""

    def __init__(self, parent: QWidget | None = None, *, gap: int = 2 * SPACE) -> None:
        super().__init__(parent)
        self._gap = gap
        self._items: list[QLayoutItem] = []
        self._heights: dict[tuple[int, int], int] = {}  # until something changes: Qt asks many times for each layout
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def heightForWidth(self, width: int) -> int:
        known = width, app_theme().px(self._gap)
        if known not in self._heights:
            self._heights[known] = self._placed(QRect(0, 0, width, 0), move=False)
        return self._heights[known]

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._placed(rect, move=True)

    def sizeHint(self) -> QSize:
        gap = app_theme().px(self._gap)
        hints = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(hint.width() for hint in hints) + gap * max(0, len(hints) - 1)
        return self._with_margins(QSize(width, max((hint.height() for hint in hints), default=0)))

    def minimumSize(self) -> QSize:
        smallest = QSize()
        for item in self._items:
            smallest = smallest.expandedTo(item.minimumSize())
        return self._with_margins(smallest)

    def _with_margins(self, size: QSize) -> QSize:
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _placed(self, rect: QRect, *, move: bool) -> int:
        margins = self.contentsMargins()
        inner = rect.marginsRemoved(margins)
        gap = app_theme().px(self._gap)
        left, top, height = inner.left(), inner.top(), 0
        placed: list[tuple[QLayoutItem, QRect]] = []
        for item in self._items:
            if item.isEmpty():
                continue
            hint = _hint(item, inner.width())
            width = min(hint.width(), inner.width())
            if height and left + width > inner.right() + 1:
                _settle(placed, height, move=move)
                left, top, height = inner.left(), top + height + gap // 2, 0
            placed.append((item, QRect(QPoint(left, top), QSize(width, hint.height()))))
            left += width + gap
            height = max(height, hint.height())
        _settle(placed, height, move=move)
        return top + height - rect.top() + margins.bottom()


def _hint(item: QLayoutItem, room: int) -> QSize:
    """The size that a part wants in a row of this width: a text that may wrap takes more lines only where one has no room."""
    part = item.widget()
    return part.fitted(room) if isinstance(part, PlainLabel) else item.sizeHint()


def _settle(placed: list[tuple[QLayoutItem, QRect]], height: int, *, move: bool) -> None:
    """Put the parts of one row on one middle line: scripts differ in height."""
    if move:
        for item, rect in placed:
            item.setGeometry(rect.translated(0, (height - rect.height()) // 2))
    placed.clear()


class Card(QFrame):
    """A rounded panel with a hairline; fill its `body`. `ends` are kept free above and below besides the padding."""

    def __init__(
        self, parent: QWidget | None = None, *, padding: int = 4 * SPACE, ends: int = 0, name: str = ""
    ) -> None:
        super().__init__(parent)
        if name:
            self.setAccessibleName(name)
        self._padding, self._ends = padding, ends
        self._gap = 2 * SPACE
        self.body = QVBoxLayout(self)
        self._measure()
        app_theme().changed.connect(self._measure)

    def set_padding(self, padding: int, gap: int = 2 * SPACE) -> None:
        """Keep this distance from the edge and between the parts."""
        if (padding, gap) != (self._padding, self._gap):
            self._padding, self._gap = padding, gap
            self._measure()

    @Slot()
    def _measure(self) -> None:
        side = app_theme().px(self._padding) + 1
        end = side + app_theme().px(self._ends)
        self.body.setContentsMargins(side, end, side, end)
        self.body.setSpacing(app_theme().px(self._gap))


class FlowBox(QWidget):
    """A widget whose parts wrap; it is never lower than its rows, also where its parent has too little room."""

    def __init__(self, parent: QWidget | None = None, *, gap: int = 2 * SPACE) -> None:
        super().__init__(parent)
        self.flow = FlowLayout(self, gap=gap)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        app_theme().changed.connect(self.fit)

    def minimumSizeHint(self) -> QSize:
        # One part that is too long for a row must not make everything around it wider.
        return QSize(app_theme().px(LEAST_WIDTH), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    @Slot()
    def fit(self) -> None:
        """Take the height of the rows at the present width; call it when a part has changed."""
        height = self.flow.heightForWidth(self.width())
        if height != self.minimumHeight():
            self.setMinimumHeight(height)


class _Painting(QTimer):
    """Lets `widget` be painted again after so many turns of the event loop."""

    def __init__(self, widget: QWidget, turns: int) -> None:
        super().__init__(widget)
        self._widget, self._turns = widget, turns
        self.timeout.connect(self._turned)
        widget.setUpdatesEnabled(False)
        self.start(0)

    @Slot()
    def _turned(self) -> None:
        self._turns -= 1
        if self._turns <= 0:
            self.stop()
            self._widget.setUpdatesEnabled(True)
            self.deleteLater()


def paint_later(widget: QWidget, turns: int = 1) -> None:
    """Paint `widget` some turns later than what changes with it: painting all of it at once would make one long turn."""
    if widget.updatesEnabled():
        _Painting(widget, turns)


class Line(QFrame):
    """A hairline."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)


def tidy(control: QAbstractSpinBox) -> None:
    """Give the text of a spin box or date field its distance from the edge, which the style sheet cannot."""
    for line in control.findChildren(QLineEdit):
        line.setTextMargins(app_theme().px(7), 0, 0, 0)


def field(label: str, control: QWidget, *, hint: str = "") -> QWidget:
    """Return a block with the label above the control and the hint below it; names the control for all readers."""
    block = QWidget()
    body = QVBoxLayout(block)
    body.setContentsMargins(0, 0, 0, 0)
    body.setSpacing(app_theme().px(SPACE))
    if isinstance(control, QAbstractSpinBox):
        tidy(control)
    above = PlainLabel(label, tone=Tone.MUTED)
    above.setBuddy(control)
    body.addWidget(above)
    body.addWidget(control)
    if not control.accessibleName():
        control.setAccessibleName(label)
    if hint:
        control.setAccessibleDescription(hint)
        body.addWidget(PlainLabel(hint, role=TextRole.SMALL, tone=Tone.MUTED, wrap=True))
    block.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return block


def column_scroll(content: QWidget) -> QScrollArea:
    """Return a place in which `content` has the whole width and scrolls up and down."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(content)
    return scroll


def row(*widgets: QWidget | None, gap: int = 2 * SPACE) -> QHBoxLayout:
    """Return a row of widgets without margins; None is the place that stretches."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(app_theme().px(gap))
    for widget in widgets:
        if widget is None:
            made.addStretch(1)
        else:
            made.addWidget(widget)
    return made
