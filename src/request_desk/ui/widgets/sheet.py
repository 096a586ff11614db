"""What asks more than one sentence over the window: a quiet frame, one button that acts, a place for the refusal."""

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import Button, secondary
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_ENTERS = (Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value)
_AROUND = 24  # pixels of the window that stay visible around a sheet
_SIZE = (460, 0)


class Sheet(QDialog):
    """A window-modal dialog that never blocks the event loop.

    Ctrl+Enter presses its one button. Enter alone does so only with `by_enter`, where nothing grave follows; the button
    shows the key that presses it. Enter on any other button presses that one.
    """

    def __init__(
        self,
        title: str,
        button: Button,
        parent: QWidget | None,
        *,
        detail: str = "",
        size: tuple[int, int] = _SIZE,
        by_enter: bool = False,
    ) -> None:
        super().__init__(parent)
        theme = app_theme()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.button = button
        button.set_keys("Return" if by_enter else "Ctrl+Return")
        self.said = PlainLabel("", role=TextRole.BODY, tone=Tone.DANGER, wrap=True)
        self.said.hide()
        self.close_button = secondary(_("Close"), keys="Esc")
        self.close_button.clicked.connect(self.reject)
        self.body = QVBoxLayout(self)
        side = theme.px(5 * SPACE)
        self.body.setContentsMargins(side, side, side, side)
        self.body.setSpacing(theme.px(3 * SPACE))
        self.body.addWidget(PlainLabel(title, role=TextRole.TITLE, wrap=True))
        if detail:
            self.body.addWidget(PlainLabel(detail, tone=Tone.MUTED, wrap=True))
        self._measures = size
        self._by_enter = by_enter
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(self._pressed)

    def finish(self, *beside: QWidget) -> None:
        """Put the refusal and the buttons at the end; `beside` stands next to the one that closes."""
        self.body.addWidget(self.said)
        self.body.addLayout(row(self.close_button, *beside, None, self.button))
        self.setMinimumWidth(self._fitting().width())
        self.resize(self._fitting())

    def _fitting(self) -> QSize:
        theme = app_theme()
        wanted = QSize(theme.px(self._measures[0]), theme.px(self._measures[1]))
        parent = self.parentWidget()
        if parent is None:
            return wanted
        return wanted.boundedTo(parent.window().size() - QSize(2 * _AROUND, 2 * _AROUND))

    def _most_height(self) -> int:
        """The height that the window has for a sheet, 0 without a window."""
        parent = self.parentWidget()
        return 0 if parent is None else parent.window().height() - 2 * _AROUND

    def say(self, sentence: str) -> None:
        """Say why something was not done; an empty sentence says nothing."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    def refuse(self, refused: Refused) -> None:
        """Say why it was not done; what was chosen and typed stays."""
        self.say(refused.sentence)

    @Slot()
    def _pressed(self) -> None:
        if self.button.isEnabled():
            self.button.click()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            # What is said later (a rule, a refusal) makes room for itself: in the window, then in what can be lower.
            needed = self.body.totalHeightForWidth(self.width())
            if self._most_height():
                least = self.body.totalMinimumHeightForWidth(self.width())
                needed = max(least, min(needed, self._most_height()))
            if needed > self.height():
                self.resize(self.width(), needed)
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in _ENTERS:
            super().keyPressEvent(event)
            return
        event.accept()  # a button that has the focus has taken it already
        if self._by_enter and not event.isAutoRepeat():
            self._pressed()
