"""The card with a day of the schedule: its title, the way to other days, and the day view under it."""

from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from request_desk.domain.clock import Clock
from request_desk.domain.schedule import ScheduleDay
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.time_grid import TimeGrid
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, app_theme

_DAY = timedelta(days=1)


class SchedulePanel(Card):
    """A day with its head, as it stands beside a message and on the Schedule page."""

    day_wanted = Signal(object)  # date
    next_wanted = Signal()  # the next available slot
    retried = Signal()

    def __init__(
        self,
        clock: Clock,
        words: Words,
        parent: QWidget | None = None,
        *,
        may_move: bool = False,
        offers_next: bool = True,
    ) -> None:
        super().__init__(parent, padding=14, name=_("Schedule"))
        self._clock = clock
        self._words = words
        self._shown: date | None = None
        self.title = PlainLabel("", role=TextRole.TITLE, elide=True)
        self._today = secondary(_("Today"))
        self._back = IconButton("chevron-left", _("Day before"))
        self._on = IconButton("chevron-right", _("Day after"))
        self.next_button = secondary(_("Next available"), icon="skip-forward", keys="N")
        if not offers_next:
            self.next_button.hide()
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(self.title, 1)
        for button in (self._today, self._back, self._on, self.next_button):
            self.head.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.view = TimeGrid(clock, words, may_move=may_move)
        self.stack = StateStack(self.view)
        self.body.addLayout(self.head)
        self.body.addWidget(self.stack, 1)
        self._today.clicked.connect(self._today_clicked)
        self._back.clicked.connect(self._back_clicked)
        self._on.clicked.connect(self._on_clicked)
        self.next_button.clicked.connect(self.next_wanted)
        self.stack.pane.acted.connect(self._acted)

    def set_words(self, words: Words) -> None:
        """Use another formatter."""
        self._words = words
        self.view.set_words(words)
        self._say_day()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_day()

    def _say_day(self) -> None:
        """Say which day it is; where there is no room for the long words, in short ones, never cut."""
        if self._shown is None:
            return
        long = self._words.long_day(self._shown)
        items = [item for item in map(self.head.itemAt, range(1, self.head.count())) if item and not item.isEmpty()]
        beside = sum(item.sizeHint().width() + self.head.spacing() for item in items)
        room = self.body.contentsRect().width() - beside
        fits = not self.isVisible() or QFontMetrics(app_theme().title).horizontalAdvance(long) <= room
        self.title.setText(long if fits else self._words.day(self._shown))

    def shown_day(self) -> date | None:
        return self._shown

    def expect(self, day: date) -> None:
        """Show the title of a day that is being read; another day that is still shown hears nothing until it is there."""
        self._shown = day
        self._say_day()
        shown = self.view.shown()
        if shown is None:
            self.stack.show_state(State.LOADING, _("Reading the schedule …"))
        elif shown.key != (day, None):
            self.view.wait()

    def show_day(self, day: ScheduleDay) -> None:
        """Show a day that was read; one that is not wanted any more is dropped."""
        if self._shown is not None and day.day != self._shown:
            return
        self._shown = day.day
        self._say_day()
        self.view.show_schedule(day)
        self.stack.show_content()

    def show_refusal(self, sentence: str) -> None:
        """Say why the day cannot be shown, with a way on."""
        self.stack.show_state(State.ERROR, sentence, action=_("Try again"))

    @Slot()
    def _today_clicked(self) -> None:
        self.day_wanted.emit(self._words.zone.day_of(self._clock.now()))

    @Slot()
    def _back_clicked(self) -> None:
        if self._shown is not None:
            self.day_wanted.emit(self._shown - _DAY)

    @Slot()
    def _on_clicked(self) -> None:
        if self._shown is not None:
            self.day_wanted.emit(self._shown + _DAY)

    @Slot(object)
    def _acted(self, _state: object) -> None:
        self.retried.emit()
