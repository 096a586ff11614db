"""Widgets that show text and small marks, all of them plain text only; buttons and fields are elsewhere."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QSizePolicy, QWidget

from request_desk.ui.widgets.plain_text import BODY, body_text, breakable, isolated_if_needed, one_line, tip_text
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

NARROWEST_ELIDED = 40
NARROWEST_WRAPPED = 160


def set_tip(widget: QWidget, text: str) -> None:
    """Give `widget` a tooltip; `text` may come from outside."""
    widget.setToolTip(tip_text(text))


def repolish(widget: QWidget) -> None:
    """Let the style sheet look at the widget's properties again."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def show_if(widget: QWidget, wanted: bool) -> None:
    """Show or hide a part of a window; one that has no parent yet must not become a window."""
    if not wanted:
        widget.hide()
    elif widget.parentWidget() is not None:
        widget.show()


def no_mnemonic(text: str) -> str:
    """Return `text` for a button, tab or menu, where a lone ampersand would vanish."""
    return text.replace("&", "&&")


class PlainLabel(QLabel):
    """A text that is never taken for rich text; `text()` gives back what was set.

    One of one line that was given shorter words too paints the first that fit.
    """

    def __init__(
        self,
        text: str = "",
        *,
        role: TextRole = TextRole.SMALL,
        tone: Tone = Tone.INK,
        elide: bool = False,
        selectable: bool = False,
        wrap: bool = False,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._given = ""
        self._shown = ""
        self._shorter: tuple[str, ...] = ()
        self._name = name
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setOpenExternalLinks(False)
        self.setWordWrap(wrap)
        self.setProperty("role", role.value)
        self.setProperty("tone", tone.value)
        if selectable:
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
            self.setCursor(Qt.CursorShape.IBeamCursor)
            # Text that can be selected would go over to the right when it begins from right to left.
            align = Qt.AlignmentFlag
            self.setAlignment(align.AlignLeft | align.AlignAbsolute | align.AlignVCenter)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        return self._given

    def setText(self, text: str, *shorter: str) -> None:
        if (text, shorter) == (self._given, self._shorter) and self._shown:
            return
        self._given, self._shorter = text, shorter
        self._shown = isolated_if_needed(breakable(body_text(text)) if self.wordWrap() else one_line(text, BODY))
        super().setText(self._shown)
        if self._name:
            self.setAccessibleName(f"{self._name}: {self._shown}" if self._shown else self._name)

    def set_tone(self, tone: Tone) -> None:
        if self.property("tone") != tone.value:
            self.setProperty("tone", tone.value)
            repolish(self)

    def set_role(self, role: TextRole) -> None:
        if self.property("role") != role.value:
            self.setProperty("role", role.value)
            repolish(self)
            self.updateGeometry()

    def set_strike(self, strike: bool) -> None:
        font = self.font()
        if font.strikeOut() != strike:
            font.setStrikeOut(strike)
            self.setFont(font)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        if self._elide:
            hint.setWidth(min(hint.width(), app_theme().px(NARROWEST_ELIDED)))
        elif self.wordWrap():
            hint.setWidth(min(hint.width(), app_theme().px(NARROWEST_WRAPPED)))
        return hint

    def fitted(self, room: int) -> QSize:
        """Return the size of its text in `room`: one line, or as many as it takes where it may wrap."""
        if not self.wordWrap():
            return self.sizeHint()
        line = self.fontMetrics().horizontalAdvance(self._shown) + app_theme().px(
            2
        )  # a document measures a little wider
        width = min(line, room)
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._elide:
            super().paintEvent(event)
            return
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(self._fitting(), Qt.TextElideMode.ElideRight, rect.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter, rect, int(self.alignment()), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elide:
            set_tip(self, self._given if self._fitting() != self._shown or self.is_cut() else "")

    def is_cut(self) -> bool:
        """Whether a label of one line has no room for its words, not even for the shortest."""
        return self._elide and not self._fits(self._fitting())

    def _fitting(self) -> str:
        words = (self._shown, *(isolated_if_needed(one_line(text, BODY)) for text in self._shorter))
        return next((each for each in words if self._fits(each)), words[-1])

    def _fits(self, words: str) -> bool:
        return self.fontMetrics().horizontalAdvance(words) <= self.contentsRect().width()


class PlainTextView(QPlainTextEdit):
    """A text as it was written: read only, selectable, no links, as high as its lines up to `max_lines`.

    What is more scrolls inside, or with `cuts` waits for `show_all`.
    """

    shortened = Signal(bool)  # whether some of the lines are not shown

    def __init__(
        self,
        *,
        name: str,
        max_lines: int = 0,
        cuts: bool = False,
        role: TextRole = TextRole.BODY,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._given = ""
        self._max_lines = max_lines
        self._cuts = cuts
        self._all = False
        self._is_cut = False
        self.setProperty("role", role.value)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def text(self) -> str:
        return self._given

    def set_text(self, text: str) -> None:
        """Show `text`; what is selected stays selected when the text is the same."""
        if text == self._given:
            return
        self._given = text
        self._all = False
        self.setPlainText(body_text(text))
        self._fit()

    def show_all(self) -> None:
        """Be as high as the whole text."""
        self._all = True
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()

    def _fit(self) -> None:
        # The layout of a QPlainTextEdit measures its height in lines.
        lines = max(1, round(self.document().documentLayout().documentSize().height()))
        shown = min(lines, self._max_lines) if self._max_lines and not self._all else lines
        is_cut = self._cuts and shown < lines
        always, never = Qt.ScrollBarPolicy.ScrollBarAsNeeded, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(always if shown < lines and not self._cuts else never)
        height = shown * self.fontMetrics().lineSpacing() + 4
        if self.height() != height or self.minimumHeight() != height:
            self.setFixedHeight(height)
        if is_cut != self._is_cut:
            self._is_cut = is_cut
            self.shortened.emit(is_cut)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._cuts:
            event.ignore()  # the wheel is for what the text stands in
        else:
            super().wheelEvent(event)


class PlainTextPage(PlainTextView):
    """A text as it was written, as high as its place: what is more scrolls inside."""

    def __init__(self, *, name: str, role: TextRole = TextRole.BODY, parent: QWidget | None = None) -> None:
        super().__init__(name=name, role=role, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def _fit(self) -> None:
        """Its height is its layout's matter."""
