"""What the main window has besides pages: keys, commands and the bars at its bottom; loaded after the first paint."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.running.timing import MonotonicClock, TimerFactory
from request_desk.ui.widgets.theme import SPACE, app_theme
from request_desk.ui.window.commands import Command, CommandRegistry
from request_desk.ui.window.key_gate import KeyGate
from request_desk.ui.window.messages import MessageBar
from request_desk.ui.window.undo import UndoBar


class FrameTools:
    """Makes them, all children of the window, and puts the bars into its strip."""

    def __init__(self, window: QWidget, strip: QWidget, clock: MonotonicClock, timers: TimerFactory) -> None:
        self.gate = KeyGate(clock=clock, timers=timers, parent=window)
        self.commands = CommandRegistry(window, self.gate)
        self.undo_bar = UndoBar(clock=clock, timers=timers, parent=strip)
        self.messages = MessageBar(clock=clock, timers=timers, parent=strip)
        place = QHBoxLayout(strip)
        place.setContentsMargins(0, 0, 0, 0)
        place.setSpacing(app_theme().px(3 * SPACE))
        place.addWidget(self.undo_bar, 0, Qt.AlignmentFlag.AlignVCenter)
        place.addWidget(self.messages, 1)
        self.messages.show()

    def add_page(self, key: str, title: str, icon: str, go: Callable[[], object]) -> None:
        """Let a page be reached by its name."""
        self.commands.add(Command(f"go.{key}", _("Go to {page}").format(page=title), icon=icon), go)

    def offer_page(self, key: str, *, offered: bool) -> None:
        """Let a page be reached by its name, or not."""
        self.commands.set_enabled(f"go.{key}", offered)
