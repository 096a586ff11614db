"""Questions that must be answered now: window-modal, plain text, never blocking the event loop."""

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import danger, primary, secondary
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.painting import draw_icon, fill_round
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CARD, SPACE, TextRole, Tone, app_theme

DIALOG_WIDTH = 440


class _Emblem(QWidget):
    def __init__(self, icon: str, tone: Tone, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon, self._tone = icon, tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = app_theme().px(36)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        fill_round(painter, self.rect(), theme.tile, theme.px(RADIUS_CARD))
        draw_icon(painter, QRect(self.rect()), self._icon, theme.color(self._tone))


class Question(QDialog):
    """Asks one sentence; `answered` tells True for yes and False for no, Escape or closing."""

    answered = Signal(bool)

    def __init__(
        self,
        question: str,
        *,
        detail: str = "",
        yes: str,
        no: str = "",
        dangerous: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme = app_theme()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(_("Request Desk"))
        self.setAccessibleName(question)
        self.setAccessibleDescription(detail)
        icon, tone = ("triangle-alert", Tone.DANGER) if dangerous else ("info", Tone.ACCENT)
        self.question = PlainLabel(question, role=TextRole.BOLD, wrap=True, parent=self)
        self.detail = PlainLabel(detail, role=TextRole.BODY, tone=Tone.MUTED, wrap=True, parent=self)
        self.detail.setVisible(bool(detail))
        self.yes = danger(yes, parent=self) if dangerous else primary(yes, parent=self)
        self.yes.clicked.connect(self.accept)
        buttons: list[QWidget | None] = [None]
        if no:
            self.no = secondary(no, parent=self)
            self.no.clicked.connect(self.reject)
            buttons.append(self.no)
        buttons.append(self.yes)
        # A dangerous act is never the one that a stray Enter does.
        (self.no if dangerous and no else self.yes).setDefault(True)
        text = QVBoxLayout()
        text.setSpacing(theme.px(SPACE + 2))
        text.addWidget(self.question)
        text.addWidget(self.detail)
        text.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(theme.px(14))
        upper.addWidget(_Emblem(icon, tone, self), 0, Qt.AlignmentFlag.AlignTop)
        upper.addLayout(text, 1)
        self._body = QVBoxLayout(self)
        side = theme.px(20)
        self._body.setContentsMargins(side, side, side, side)
        self._body.setSpacing(theme.px(20))
        self._body.addLayout(upper)
        self.buttons = row(*buttons)
        self._body.addLayout(self.buttons)
        self.setMinimumWidth(theme.px(DIALOG_WIDTH))
        self.finished.connect(self._told)

    def add(self, *widgets: QWidget) -> None:
        """Put fields between the words and the buttons."""
        for widget in widgets:
            self._body.insertWidget(self._body.count() - 1, widget)

    @Slot(int)
    def _told(self, result: int) -> None:
        self.answered.emit(result == QDialog.DialogCode.Accepted.value)


def ask(
    parent: QWidget, question: str, *, detail: str = "", yes: str, no: str = "", dangerous: bool = False
) -> Question:
    """Open a question over `parent` and return it; connect its `answered`."""
    asked = Question(question, detail=detail, yes=yes, no=no or _("Cancel"), dangerous=dangerous, parent=parent)
    asked.open()
    return asked


def tell(parent: QWidget, sentence: str, *, detail: str = "") -> Question:
    """Open a message with nothing to decide over `parent`."""
    told = Question(sentence, detail=detail, yes=_("OK"), parent=parent)
    told.open()
    return told
