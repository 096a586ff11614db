"""The designed states of a list or pane, and the bars that say something above it; when they show is decided elsewhere."""

from enum import StrEnum

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.painting import RIGHT, draw_icon, draw_text, fill_round
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CARD, RADIUS_CONTROL, SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.keys import keys_text

TYPING_PAUSE = 150  # milliseconds after the last key before a search starts
PANE_ICON = 26
PANE_TILE = 52
WIDEST_SENTENCE = 380


class State(StrEnum):
    """Why there is no content to see."""

    EMPTY = "empty"
    LOADING = "loading"
    ERROR = "error"
    OFFLINE = "offline"


STATE_ICONS = {State.EMPTY: "inbox", State.LOADING: "clock", State.ERROR: "circle-alert", State.OFFLINE: "wifi-off"}


class _Emblem(QWidget):
    """A large quiet icon."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = STATE_ICONS[State.EMPTY]
        self._tone = Tone.MUTED
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str, tone: Tone) -> None:
        self._icon, self._tone = icon, tone
        self.update()

    def sizeHint(self) -> QSize:
        side = app_theme().px(PANE_TILE)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        fill_round(painter, self.rect(), theme.tile, self.height() / 2)
        draw_icon(painter, self.rect(), self._icon, theme.color(self._tone), PANE_ICON)


class StatePane(QWidget):
    """One icon, one sentence, one way on; `acted` tells the state whose button was pressed."""

    acted = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, is_card: bool = False) -> None:
        super().__init__(parent)
        self._state = State.EMPTY
        self._is_card = is_card  # it stands where a card would, so it looks like one
        self._emblem = _Emblem(self)
        self._sentence = PlainLabel(tone=Tone.MUTED, role=TextRole.BODY, wrap=True, parent=self)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._button = secondary("", parent=self)
        self._button.clicked.connect(self._pressed)
        self._button.hide()
        body = QVBoxLayout(self)
        body.setSpacing(app_theme().px(3 * SPACE))
        body.addStretch(2)
        for part in (self._emblem, self._sentence, self._button):
            body.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        body.addStretch(3)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_card:
            theme = app_theme()
            fill_round(QPainter(self), self.rect(), theme.panel, theme.px(RADIUS_CARD), theme.line)

    def state(self) -> State:
        return self._state

    def sentence(self) -> str:
        return self._sentence.text()

    def show_state(self, state: State, sentence: str, *, action: str = "", icon: str = "") -> None:
        """Say why there is nothing to see, with at most one button."""
        self._state = state
        self._emblem.set_icon(icon or STATE_ICONS[state], Tone.DANGER if state is State.ERROR else Tone.MUTED)
        self._sentence.setText(sentence)
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(sentence)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - app_theme().px(8 * SPACE)
        width = max(app_theme().px(120), min(room, app_theme().px(WIDEST_SENTENCE)))
        self._sentence.setFixedWidth(width)
        # A centred item of a layout gets the height of its hint, which knows nothing of the second line.
        self._sentence.setMinimumHeight(max(0, self._sentence.heightForWidth(width)))

    @Slot()
    def _pressed(self) -> None:
        self.acted.emit(self._state)


class StateStack(QStackedWidget):
    """A content or, in its place, the state that explains why it is missing."""

    def __init__(self, content: QWidget, parent: QWidget | None = None, *, is_card: bool = False) -> None:
        super().__init__(parent)
        self.content = content
        self.pane = StatePane(self, is_card=is_card)
        self.addWidget(content)
        self.addWidget(self.pane)

    def minimumSizeHint(self) -> QSize:
        """What is shown decides, not the larger of both: the other one must not push a neighbour away."""
        shown = self.currentWidget()
        return shown.minimumSizeHint() if shown is not None else super().minimumSizeHint()

    def show_content(self) -> None:
        self.setCurrentWidget(self.content)

    def show_state(self, state: State, sentence: str, *, action: str = "", icon: str = "") -> None:
        """Show a state; what has the focus inside the content loses it only then."""
        self.pane.show_state(state, sentence, action=action, icon=icon)
        self.setCurrentWidget(self.pane)

    def is_content_shown(self) -> bool:
        return self.currentWidget() is self.content


class BannerKind(StrEnum):
    """How grave a banner is."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


BANNER_ICONS = {BannerKind.INFO: "info", BannerKind.WARNING: "triangle-alert", BannerKind.DANGER: "circle-alert"}
BANNER_TONES = {BannerKind.INFO: Tone.ACCENT, BannerKind.WARNING: Tone.HELD, BannerKind.DANGER: Tone.DANGER}


class Banner(QFrame):
    """A bar above a content with a sentence and perhaps one button; hidden until it has something to say."""

    acted = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = BannerKind.INFO
        self._text = PlainLabel(role=TextRole.SMALL, wrap=True, parent=self)
        self._button = secondary("", parent=self)
        self._close = IconButton("x", _("Dismiss"), parent=self)
        self._button.clicked.connect(self._pressed)
        self._close.clicked.connect(self._put_away)
        self._body = body = QHBoxLayout(self)
        body.addWidget(self._text, 1)
        body.addWidget(self._button)
        body.addWidget(self._close)
        self._measure()
        app_theme().changed.connect(self._measure)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    def text(self) -> str:
        return self._text.text()

    def say(self, kind: BannerKind, text: str, *, action: str = "", dismissible: bool = False) -> None:
        self._kind = kind
        self._text.setText(text)
        self.setAccessibleName(text)
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        self._close.setVisible(dismissible)
        self.show()
        self.update()

    def clear(self) -> None:
        self._text.setText("")
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        tint, line = {
            BannerKind.INFO: (theme.accent_tint, theme.accent),
            BannerKind.WARNING: (theme.held_tint, theme.held),
            BannerKind.DANGER: (theme.danger_tint, theme.danger),
        }[self._kind]
        # The tint alone would be lost in high contrast.
        fill_round(painter, self.rect(), tint, theme.px(RADIUS_CONTROL), line if theme.is_high_contrast else None)
        icon = QRect(theme.px(14), 0, theme.px(18), self.height())
        draw_icon(painter, icon, BANNER_ICONS[self._kind], theme.color(BANNER_TONES[self._kind]))

    @Slot()
    def _pressed(self) -> None:
        self.acted.emit()

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._body.setSpacing(theme.px(2 * SPACE))
        self._body.setContentsMargins(theme.px(44), theme.px(6), theme.px(6), theme.px(6))
        self.setMinimumHeight(theme.px(46))

    @Slot()
    def _put_away(self) -> None:
        self.clear()
        self.dismissed.emit()


class SearchField(QLineEdit):
    """A field that tells what is searched for a moment after the last key, at once on Enter; Escape clears it."""

    searched = Signal(str)

    def __init__(self, placeholder: str, *, short: str = "", keys: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = keys_text(keys)
        self._told = ""
        self._placeholders = placeholder, short or placeholder  # the second where the first has no room
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setMaxLength(200)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE)
        self._pause.timeout.connect(self._tell)
        self.textEdited.connect(self._typed)
        self.returnPressed.connect(self._tell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.empty()
            return
        super().keyPressEvent(event)

    def empty(self) -> None:
        """Search for nothing any more."""
        self.clear()
        self._tell()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        measure = self.fontMetrics()
        room = measure.horizontalAdvance(self._placeholders[0]) + measure.horizontalAdvance(self._hint)
        return QSize(room + app_theme().px(48), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        whole, short = self._placeholders
        room = self.width() - app_theme().px(36)  # as its edges take
        self.setPlaceholderText(whole if self.fontMetrics().horizontalAdvance(whole) <= room else short)

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(96), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = app_theme()
        measure = self.fontMetrics()
        needed = measure.horizontalAdvance(self.placeholderText()) + measure.horizontalAdvance(self._hint)
        if self._hint and not self.text() and not self.hasFocus() and needed + theme.px(36) < self.width():
            room = self.rect().adjusted(0, 0, -theme.px(12), 0)
            draw_text(QPainter(self), room, self._hint, self.font(), theme.muted, RIGHT)

    def hush(self) -> None:
        """Tell nothing after the pause: what is typed is looked for already."""
        self._pause.stop()
        self._told = self.text().strip()

    @Slot(str)
    def _typed(self, _text: str) -> None:
        self._pause.start()

    @Slot()
    def _tell(self) -> None:
        self._pause.stop()
        text = self.text().strip()
        if text != self._told:
            self._told = text
            self.searched.emit(text)
