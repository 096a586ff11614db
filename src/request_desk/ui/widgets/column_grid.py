"""What the grids of the schedule and of a provider's week share: they scroll below their heads, and keys walk over what is on them."""

from typing import Final, Generic, Protocol, TypeVar

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFocusEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from request_desk.ui.widgets.theme import app_theme

STEPS: Final = {
    Qt.Key.Key_Down.value: (0, 1),
    Qt.Key.Key_Up.value: (0, -1),
    Qt.Key.Key_Right.value: (1, 0),
    Qt.Key.Key_Left.value: (-1, 0),
}
_STEP: Final = 26  # of the wheel, and of the edges while something is dragged
_BY_KEYS: Final = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Stop(Protocol):
    """What keys stop at: its column, and where it is on the grid."""

    @property
    def column(self) -> int: ...
    @property
    def rect(self) -> QRect: ...


S = TypeVar("S", bound=Stop)


class ColumnGrid(QAbstractScrollArea, Generic[S]):
    """Columns in a body that scrolls. A subclass says where its body is and what stops there are, and puts one in sight."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._focused: S | None = None  # what has the keyboard
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.viewport().setMouseTracking(True)

    def _body(self) -> QRect:
        """The part of the viewport where the grid is."""
        raise TypeError("a grid knows its own heads")

    def _stops(self) -> list[S]:
        """What keys stop at, in each column from its top on."""
        raise TypeError("a grid knows what is on it")

    def _focus(self, stop: S, /) -> None:
        """Give the keyboard's place to a stop, and scroll as far as shows it."""
        raise TypeError("a grid scrolls by itself")

    def _first(self, stops: list[S]) -> S:
        """The stop that the keys begin with."""
        return stops[0]

    def _origin(self) -> QPoint:
        """Where the grid's 0, 0 stands in the viewport now."""
        corner = self._body().topLeft()
        return corner - QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _set_ranges(self, width: int, height: int) -> None:
        """Let the bars scroll over a grid of this size."""
        body = self._body()
        for bar, length, page in (
            (self.verticalScrollBar(), height, body.height()),
            (self.horizontalScrollBar(), width, body.width()),
        ):
            bar.setRange(0, max(0, length - page))
            bar.setPageStep(page)
            bar.setSingleStep(app_theme().px(_STEP))

    def _say(self, words: str) -> None:
        """Tell a screen reader what has the keyboard now."""
        self.setAccessibleDescription(words)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._focused is None and event.reason() in _BY_KEYS:
            self._step(0, 1)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _step(self, across: int, down: int) -> None:
        """Go on by one stop, in another column to what is nearest in height."""
        stops, here = self._stops(), self._focused
        if not stops:
            return
        if here is None or here not in stops:
            self._focus(self._first(stops))
        elif down:
            column = [stop for stop in stops if stop.column == here.column]
            place = column.index(here) + down
            if 0 <= place < len(column):
                self._focus(column[place])
        else:
            beyond = [stop for stop in stops if (stop.column - here.column) * across > 0]
            nearest = min((abs(stop.column - here.column) for stop in beyond), default=0)
            column = [stop for stop in beyond if abs(stop.column - here.column) == nearest]
            if column:
                self._focus(min(column, key=lambda stop: abs(stop.rect.top() - here.rect.top())))
