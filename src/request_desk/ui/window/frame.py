"""The main window: rail, pages, the bar at the bottom; painted before any page is loaded, so it knows no service."""

import base64
from enum import StrEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, Protocol

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFontMetrics,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.words import _
from request_desk.ui.running.timing import MonotonicClock, SystemMonotonic, TimerFactory, qt_timer
from request_desk.ui.widgets.painting import CENTER, draw_focus_ring, draw_icon, draw_pill, draw_text, fill, fill_round
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line, tip_text
from request_desk.ui.widgets.skeleton import Skeleton
from request_desk.ui.widgets.theme import RADIUS_CONTROL, RAIL, RAIL_COLLAPSED, SMALLEST_WINDOW, app_theme

# Keys, commands and bars are loaded after the first paint: they cost a quarter of an empty window.
if TYPE_CHECKING:
    from request_desk.ui.window.commands import CommandRegistry
    from request_desk.ui.window.key_gate import KeyGate
    from request_desk.ui.window.messages import MessageBar
    from request_desk.ui.window.tools import FrameTools
    from request_desk.ui.window.undo import UndoBar

MARGIN: Final = 18  # around the page
STRIP: Final = 44  # the bar at the bottom; always there, so that nothing jumps when it speaks
ENTRY: Final = 38
FIRST_SIZE: Final = (1440, 860)


class LiveState(StrEnum):
    """Whether changes of others arrive."""

    LIVE = "live"
    CONNECTING = "connecting"
    OFFLINE = "offline"


class Memory(Protocol):
    """Keeps small things of this desk between two starts: geometry, splitters, the folded rail."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


class NoMemory:
    """Forgets everything when the window closes."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        self._values[key] = value


def remember_splitter(splitter: QSplitter, memory: Memory, key: str) -> None:
    """Bring a splitter back to where it was, and keep where it is moved to."""
    splitter.restoreState(_kept_state(memory, key))
    _SplitterMemory(splitter, memory, key)


def _kept_state(memory: Memory, key: str) -> QByteArray:
    """What a window or a splitter said of itself; nothing where that cannot be read."""
    try:
        return QByteArray(base64.b64decode(memory.get(key) or ""))
    except ValueError:
        return QByteArray()


class _SplitterMemory(QObject):
    """Follows one splitter, which owns it."""

    def __init__(self, splitter: QSplitter, memory: Memory, key: str) -> None:
        super().__init__(splitter)
        self._splitter = splitter
        self._memory = memory
        self._key = key
        splitter.splitterMoved.connect(self._moved)

    @Slot(int, int)
    def _moved(self, _pos: int, _index: int) -> None:
        self._memory.put(self._key, base64.b64encode(self._splitter.saveState().data()).decode())


class _Entry(QAbstractButton):
    """A page in the rail: icon, title, unread badge."""

    def __init__(self, icon: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon
        self._count = 0
        self.folded = False
        self.setText(title)
        self.setShortcut(QKeySequence())  # an ampersand of a title is no key
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._name()
            self.update()

    def count(self) -> int:
        return self._count

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(RAIL_COLLAPSED - 24), app_theme().px(ENTRY))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        chosen = self.isChecked()
        if chosen or self.underMouse():
            fill = QColor(theme.rail_selected)
            if not chosen:
                fill.setAlphaF(0.5)
            fill_round(painter, self.rect(), fill, theme.px(RADIUS_CONTROL))
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), theme.px(RADIUS_CONTROL), theme.rail_accent)
        ink = theme.rail_title if chosen else theme.rail_ink
        icon = QRect(theme.px(10), 0, theme.px(20), self.height())
        draw_icon(painter, icon, self._icon, ink)
        if self.folded:
            if self._count:
                dot = theme.px(9)
                fill_round(
                    painter, QRect(icon.right() - theme.px(2), theme.px(7), dot, dot), theme.rail_accent, dot / 2
                )
            return
        right = self.width() - theme.px(10)
        if self._count:
            count = str(self._count) if self._count < 1000 else "999+"
            width = max(theme.px(28), QFontMetrics(theme.small_bold).horizontalAdvance(count) + theme.px(14))
            height = theme.px(22)
            badge = QRect(right - width, (self.height() - height) // 2, width, height)
            draw_pill(painter, badge, count, theme.rail_accent, theme.rail_on_accent)
            right = badge.left() - theme.px(6)
        left = theme.px(38)
        font = theme.small_bold if chosen else theme.small
        draw_text(painter, QRect(left, 0, right - left, self.height()), self.text(), font, ink)

    def _name(self) -> None:
        title = self.text()
        named = _("{title}, {count} unread").format(title=title, count=self._count) if self._count else title
        self.setAccessibleName(named)


class _Identity(QAbstractButton):
    """Who is signed in and whether changes arrive."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._short = self._who = ""
        self._live = LiveState.CONNECTING
        self._line = _("Connecting…")
        self.folded = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_who(self, name: str, role: str) -> None:
        self._short = isolated_if_needed(one_line(name))
        self._who = isolated_if_needed(one_line(f"{name} · {role}" if role else name))
        self._name()

    def set_live(self, state: LiveState, text: str) -> None:
        self._live, self._line = state, one_line(text)
        self._name()

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(RAIL_COLLAPSED - 24), app_theme().px(44))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        if self.underMouse():
            fill_round(painter, self.rect(), theme.rail_selected, theme.px(RADIUS_CONTROL))
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), theme.px(RADIUS_CONTROL), theme.rail_accent)
        live = self._live is LiveState.LIVE
        tint = theme.rail_accent if live else theme.rail_title
        if self.folded:
            draw_icon(painter, self.rect(), "user" if live else "wifi-off", tint)
            return
        inner = self.rect().adjusted(theme.px(4), theme.px(3), -theme.px(4), -theme.px(3))
        half = inner.height() // 2
        upper = QRect(inner.left(), inner.top(), inner.width(), half)
        lower = QRect(inner.left(), inner.top() + half, inner.width(), half)
        fits = QFontMetrics(theme.small).horizontalAdvance(self._who) <= upper.width()
        draw_text(painter, upper, self._who if fits else self._short, theme.small, theme.rail_ink)
        if self._live is LiveState.OFFLINE:
            icon = QRect(lower.left(), lower.top(), theme.px(14), lower.height())
            draw_icon(painter, icon, "wifi-off", tint, 14)
            lower.setLeft(icon.right() + theme.px(6))
        draw_text(painter, lower, self._line, theme.small, tint)

    def _name(self) -> None:
        self.setAccessibleName(f"{self._who}. {self._line}" if self._who else self._line)
        self.setToolTip(tip_text(f"{self._who}\n{self._line}") if self._who else "")
        self.update()


class Rail(QFrame):
    """The dark column at the left: practice, pages, who is here."""

    chosen = Signal(str)
    painted = Signal()

    def __init__(self, practice: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._practice = practice
        self._entries: dict[str, _Entry] = {}
        self.folded = False
        self.setAccessibleName(_("Pages"))
        self.identity = _Identity(self)
        self._body = QVBoxLayout(self)
        self._list = QVBoxLayout()
        self._body.addLayout(self._list)
        self._body.addStretch(1)
        self._body.addWidget(self.identity)
        self._measure()
        app_theme().changed.connect(self._measure)

    def add(self, key: str, icon: str, title: str) -> None:
        entry = _Entry(icon, title, self)
        entry.folded = self.folded
        entry.clicked.connect(self._clicked)
        before = list(self._entries.values())
        self._entries[key] = entry
        self._list.addWidget(entry)
        if before:
            self.setTabOrder(before[-1], entry)
        self.setTabOrder(entry, self.identity)
        self._tip(entry)

    def entry(self, key: str) -> _Entry:
        return self._entries[key]

    def mark(self, key: str) -> None:
        self._entries[key].setChecked(True)

    def set_practice(self, practice: str) -> None:
        self._practice = practice
        self.update()

    def fold(self, *, folded: bool) -> None:
        self.folded = folded
        for entry in self._entries.values():
            entry.folded = folded
            self._tip(entry)
        self.identity.folded = folded
        self._measure()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        fill(painter, self.rect(), theme.rail)
        self.painted.emit()
        left = theme.px(12)
        if self.folded:
            mark = QRect(0, theme.px(14), self.width(), theme.px(24))
            draw_text(painter, mark, _("RD"), theme.title, theme.rail_title, CENTER)
            return
        room = self.width() - 2 * left
        draw_text(
            painter, QRect(left, theme.px(13), room, theme.px(22)), _("Request Desk"), theme.title, theme.rail_title
        )
        name = isolated_if_needed(one_line(self._practice))
        draw_text(painter, QRect(left, theme.px(33), room, theme.px(18)), name, theme.small, theme.rail_ink)

    def _tip(self, entry: _Entry) -> None:
        entry.setToolTip(tip_text(entry.text() if self.folded else ""))

    @Slot()
    def _clicked(self) -> None:
        sender = self.sender()
        for key, entry in self._entries.items():
            if entry is sender:
                self.chosen.emit(key)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        side = theme.px(12)
        self._body.setContentsMargins(side, theme.px(64), side, theme.px(8))
        self._list.setSpacing(theme.px(2))
        self.setFixedWidth(theme.px(RAIL_COLLAPSED if self.folded else RAIL))
        for entry in (*self._entries.values(), self.identity):
            entry.updateGeometry()


class _PagePlace(QWidget):
    """Where a page will be: its skeleton until the page is built."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.page: QWidget | None = None
        self._skeleton: QWidget | None = Skeleton(self)
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.addWidget(self._skeleton)

    def set_page(self, page: QWidget) -> None:
        old = self._skeleton if self.page is None else self.page
        self._skeleton, self.page = None, page
        self._body.addWidget(page)
        page.show()
        if old is not None and old is not page:
            self._body.removeWidget(old)
            old.hide()
            old.deleteLater()

    def clear(self) -> None:
        """Be rid of the page at once, commands and all: the next user's page brings its own."""
        old = self._skeleton if self.page is None else self.page
        if old is None or (self.page is None and isinstance(old, Skeleton)):
            return
        self.page = None
        self._skeleton = Skeleton(self)
        self._body.removeWidget(old)
        self._body.addWidget(self._skeleton)
        shiboken6.delete(old)


class MainFrame(QMainWindow):
    """The window of the desk; pages come one by one, the frame is there at once."""

    page_shown = Signal(str)
    closing = Signal()
    identity_clicked = Signal()
    painted = Signal()

    def __init__(
        self,
        *,
        practice: str,
        memory: Memory | None = None,
        clock: MonotonicClock | None = None,
        timers: TimerFactory = qt_timer,
    ) -> None:
        super().__init__()
        self.memory: Memory = memory or NoMemory()
        self._clock = clock or SystemMonotonic()
        self._timers = timers
        self._places: dict[str, _PagePlace] = {}
        self._titles: dict[str, tuple[str, str]] = {}
        self._withheld: set[str] = set()  # pages that are not this user's
        self._current = ""
        self._fold_choice = self.memory.get("rail.folded")
        self.setWindowTitle(_("Request Desk"))
        self.setAccessibleName(_("Request Desk"))
        self.rail = Rail(practice, self)
        self.rail.chosen.connect(self.show_page)
        # Queued: whoever waits for the first paint must not work inside of it.
        self.rail.painted.connect(self._rail_painted, Qt.ConnectionType.QueuedConnection)
        self.rail.identity.clicked.connect(self.identity_clicked)
        self.pages = QStackedWidget(self)
        self.pages.setObjectName("pages")
        self.pages.setFocus()  # where the keyboard is while there is no page yet
        self._build()
        self._measure()
        self._restore()
        app_theme().changed.connect(self._measure)

    def _build(self) -> None:
        area = QWidget(self)
        body = QHBoxLayout(area)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        self._right = QVBoxLayout()
        self._right.setSpacing(0)
        self._right.addWidget(self.pages, 1)
        self._strip = QWidget(area)
        self._right.addWidget(self._strip)
        body.addLayout(self._right, 1)
        self.setCentralWidget(area)

    # What is loaded when it is first asked for, after the first paint

    @cached_property
    def tools(self) -> "FrameTools":
        """The keys, commands and bars, made now if they are not there yet."""
        from request_desk.ui.window.tools import FrameTools

        made = FrameTools(self, self._strip, self._clock, self._timers)
        for key, (title, icon) in self._titles.items():
            made.add_page(key, title, icon, partial(self.show_page, key))
            made.offer_page(key, offered=key not in self._withheld)
        return made

    @property
    def gate(self) -> "KeyGate":
        return self.tools.gate

    @property
    def commands(self) -> "CommandRegistry":
        return self.tools.commands

    @property
    def undo_bar(self) -> "UndoBar":
        return self.tools.undo_bar

    @property
    def messages(self) -> "MessageBar":
        return self.tools.messages

    # Pages

    def place(self, key: str) -> QWidget:
        """Where a page will be: one that is born there need not move."""
        return self._places[key]

    def add_page(self, key: str, title: str, icon_name: str) -> None:
        """Add an entry to the rail; its place shows a skeleton until `set_page`."""
        place = _PagePlace(title, self.pages)
        self._places[key] = place
        self.pages.addWidget(place)
        self.rail.add(key, icon_name, title)
        if "tools" in self.__dict__:
            self.tools.add_page(key, title, icon_name, partial(self.show_page, key))
        self._titles[key] = (title, icon_name)
        if not self._current:
            self.show_page(key)

    def offer_page(self, key: str, *, offered: bool) -> None:
        """Have a page in the rail and among the commands, or not: entries follow the role."""
        if offered:
            self._withheld.discard(key)
        else:
            self._withheld.add(key)
        self.rail.entry(key).setVisible(offered)
        if "tools" in self.__dict__:
            self.tools.offer_page(key, offered=offered)

    def set_page(self, key: str, widget: QWidget) -> None:
        """Put the finished page in its place."""
        self._places[key].set_page(widget)

    def clear_pages(self) -> None:
        """Take all pages away: what one user saw is nobody else's."""
        for place in self._places.values():
            place.clear()

    def page(self, key: str) -> QWidget | None:
        return self._places[key].page

    def has_page(self, key: str) -> bool:
        return key in self._places

    def current_page(self) -> str:
        return self._current

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Go to a page; tells `page_shown`."""
        place = self._places[key]
        self.rail.mark(key)
        if key == self._current:
            return
        self._current = key
        self.pages.setCurrentWidget(place)
        self.page_shown.emit(key)

    # What the rail says

    def set_badge(self, key: str, count: int) -> None:
        self.rail.entry(key).set_count(count)

    def set_identity(self, name: str, role: str) -> None:
        self.rail.identity.set_who(name, role)

    def set_live(self, state: LiveState, text: str) -> None:
        self.rail.identity.set_live(state, text)

    def set_practice(self, name: str) -> None:
        self.rail.set_practice(name)

    def set_rail_collapsed(self, collapsed: bool) -> None:
        """Fold the rail to its icons or unfold it; kept for the next start."""
        self._fold_choice = "yes" if collapsed else "no"
        self.memory.put("rail.folded", self._fold_choice)
        self._fold_rail()

    def toggle_rail(self) -> None:
        self.set_rail_collapsed(not self.rail.folded)

    # The window

    def fit_screen(self) -> None:
        """Maximise a window that is larger than its screen, title bar included, whose height is guessed until the window is shown."""
        title_bar = QSize(0, self.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight))
        framed = self.frameGeometry().size() if self.isVisible() else self.size() + title_bar
        room = self.screen().availableGeometry().size()
        if framed.boundedTo(room) != framed:
            self.resize(self.size().boundedTo(room * 0.9))  # what it has when it is not maximised any more
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_rail()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.memory.put("window.geometry", base64.b64encode(self.saveGeometry().data()).decode())
        self.closing.emit()
        super().closeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A click beside everything leaves the focus where it is.
        event.accept()

    @Slot()
    def _rail_painted(self) -> None:
        self.rail.painted.disconnect(self._rail_painted)
        self.painted.emit()

    def _fold_rail(self) -> None:
        # Half of a 1920 screen has no room for words in the rail.
        narrow = self.width() < app_theme().px(1200)
        folded = narrow if self._fold_choice is None else self._fold_choice == "yes"
        if folded != self.rail.folded:
            self.rail.fold(folded=folded)

    def _restore(self) -> None:
        theme = app_theme()
        self.setMinimumSize(*SMALLEST_WINDOW)
        if self.restoreGeometry(_kept_state(self.memory, "window.geometry")):
            return
        self.resize(theme.px(FIRST_SIZE[0]), theme.px(FIRST_SIZE[1]))

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._right.setContentsMargins(theme.px(MARGIN), theme.px(10), theme.px(MARGIN), 0)
        self._strip.setFixedHeight(theme.px(STRIP))
        self._fold_rail()
