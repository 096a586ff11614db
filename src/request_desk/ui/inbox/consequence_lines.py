"""The two lines above the button, in a place whose height never changes; their words come from the domain."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.domain.consequences import Line, Piece, plain
from request_desk.domain.words import _
from request_desk.ui.widgets.text import set_tip
from request_desk.ui.widgets.theme import app_theme

# Letters of ordinary width in a row, and how many rows two lines with ordinary names take then.
ROWS = ((110, 2), (78, 3), (50, 4))
MOST_ROWS = 6
LINE_HEIGHT = 20


class ConsequenceLines(QWidget):
    """Says what will be written. Two rows of text where they are wide, more in a narrow pane; the words never change the height."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("What will be written"))
        app_theme().changed.connect(self._measure)

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show two lines of pieces, the strong ones bold."""
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        said = " ".join(plain(line) for line in self._lines)
        self.setAccessibleDescription(said)
        set_tip(self, said)
        self.update()

    def text(self) -> str:
        return "\n".join(plain(line) for line in self._lines)

    def rows(self) -> int:
        return _rows_in(self.width())

    def height_in(self, width: int) -> int:
        """Return how high it is where it is so wide."""
        return _rows_in(width) * app_theme().px(LINE_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(240), self.height_in(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(160), self.sizeHint().height())

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        painter.setPen(theme.ink)
        rows, width = self.rows(), self.width()
        regular, bold = theme.regular, theme.bold
        if sum(self._needed(line, regular, bold, width) for line in self._lines) > rows:
            # A long name or a long place: one step smaller before anything is cut.
            regular, bold = theme.small, theme.small_bold
        top, left = 0.0, rows
        for at, line in enumerate(self._lines):
            most = left - (len(self._lines) - at - 1)
            used = self._draw(painter, line, regular, bold, top, most)
            top += used * theme.px(LINE_HEIGHT)
            left -= used

    def _needed(self, line: Line, regular: QFont, bold: QFont, width: int) -> int:
        layout = _layout(line, regular, bold)
        return _broken(layout, width)

    def _draw(self, painter: QPainter, line: Line, regular: QFont, bold: QFont, top: float, most: int) -> int:
        """Draw a line over at most `most` rows, the last one elided, and return how many it took."""
        height = app_theme().px(LINE_HEIGHT)
        layout = _layout(line, regular, bold)
        count = _broken(layout, self.width())
        for row in range(min(count, most)):
            piece = layout.lineAt(row)
            y = top + row * height
            if row == most - 1 and count > most:
                rest = layout.text()[piece.textStart() :]
                shown = QFontMetrics(regular).elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
                painter.setFont(regular)
                painter.drawText(QPointF(0, y + QFontMetrics(regular).ascent() + 2), shown)
            else:
                piece.draw(painter, QPointF(0, y + 1))
        return min(count, most)

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()


def _rows_in(width: int) -> int:
    letters = width / QFontMetrics(app_theme().regular).averageCharWidth()
    return next((rows for least, rows in ROWS if letters >= least), MOST_ROWS)


def _layout(line: Line, regular: QFont, bold: QFont) -> QTextLayout:
    """One paragraph whose strong pieces are bold."""
    layout = QTextLayout("".join(piece.text for piece in line), regular)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    formats: list[QTextLayout.FormatRange] = []
    at = 0
    for piece in line:
        length = _length(piece)
        if piece.strong:
            look = QTextCharFormat()
            look.setFont(bold)
            made = QTextLayout.FormatRange()
            made.start, made.length, made.format = at, length, look
            formats.append(made)
        at += length
    layout.setFormats(formats)
    return layout


def _broken(layout: QTextLayout, width: int) -> int:
    """Break a layout into lines of `width` and return how many there are."""
    layout.beginLayout()
    count = 0
    while True:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(1, width))
        # Each line is drawn at a place of its own.
        line.setPosition(QPointF(0, 0))
        count += 1
    layout.endLayout()
    return count


def _length(piece: Piece) -> int:
    """In the units of Qt, where a sign beyond the first plane counts twice."""
    return len(piece.text) + sum(1 for sign in piece.text if sign > "\uffff")
