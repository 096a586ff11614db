"""The card with a day or a week of the schedule: its title, the way to others, and the time grid under it."""

from datetime import date, timedelta
from itertools import pairwise

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from request_desk.domain.clock import Clock
from request_desk.domain.ids import ProviderId
from request_desk.domain.schedule import ScheduleDay, ScheduleKey, ScheduleWeek
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.time_grid import TimeGrid
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel, set_tip
from request_desk.ui.widgets.theme import TextRole, app_theme


class SchedulePanel(Card):
    """A day with its head, as it stands beside a message and on the Schedule page; there it may be the week of a provider."""

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
        self._week_of: ProviderId | None = None
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
        self._choices: tuple[QWidget, ...] = ()
        self._least = 0
        self._below = QHBoxLayout()
        self._below.setSpacing(8)
        self.view = TimeGrid(clock, words, may_move=may_move)
        self.stack = StateStack(self.view)
        self.body.addLayout(self.head)
        self.body.addLayout(self._below)
        self.body.addWidget(self.stack, 1)
        self._today.clicked.connect(self.go_today)
        self._back.clicked.connect(self.go_back)
        self._on.clicked.connect(self.go_on)
        self.next_button.clicked.connect(self.next_wanted)
        self.stack.pane.acted.connect(self._acted)

    def set_words(self, words: Words) -> None:
        """Use another formatter."""
        self._words = words
        self.view.set_words(words)
        self._say_day()

    def add_choices(self, *choices: QWidget) -> None:
        """Put these behind the title where there is room, else into a row of their own."""
        self._choices = choices
        for choice in choices:
            self._below.addWidget(choice)
        self._below.addStretch(1)
        for one, other in pairwise((*choices, self._today, self._back, self._on, self.next_button, self.view)):
            self.setTabOrder(one, other)

    def set_least_width(self, width: int) -> None:
        """Tell how narrow the panel gets while its window keeps its size: what stands beside the title does not jump then."""
        self._least = width
        self._place_choices()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._place_choices()
            self._say_day()
        return super().event(event)

    def _place_choices(self) -> None:
        if not self._choices or self._shown is None:
            return
        shown = [choice.sizeHint().width() for choice in self._choices if not choice.isHidden()]
        least = QFontMetrics(app_theme().title).horizontalAdvance(self._titles(self._shown)[1])
        is_beside = self.head.indexOf(self._choices[0]) > 0
        beside = 0 if is_beside else sum(shown) + len(shown) * self.head.spacing()
        padding = self.width() - self.body.contentsRect().width()
        fits = least + beside + self._beside_title() + padding <= self._least
        if fits == is_beside:
            return
        for place, choice in enumerate(self._choices):
            if fits:
                self.head.insertWidget(1 + place, choice)
            else:
                self._below.insertWidget(place, choice)

    def _beside_title(self) -> int:
        """The width of what stands in the head behind the title."""
        items = [item for item in map(self.head.itemAt, range(1, self.head.count())) if item and not item.isEmpty()]
        return sum(item.sizeHint().width() + self.head.spacing() for item in items)

    def _say_day(self) -> None:
        """Say which day or week it is; where there is no room for the long words, in short ones, never cut."""
        if self._shown is None:
            return
        room = self.body.contentsRect().width() - self._beside_title()
        long, short = self._titles(self._shown)
        fits = not self.isVisible() or QFontMetrics(app_theme().title).horizontalAdvance(long) <= room
        self.title.setText(long if fits else short)

    def _titles(self, shown: date) -> tuple[str, str]:
        words, days = self._words, self.days()
        if self._week_of is None:
            return words.long_day(shown), words.day(shown)
        week = _("{first} – {last}").format(first=words.short_day(days[0]), last=words.short_day(days[-1]))
        return week, week

    def shown_day(self) -> date | None:
        """Return the day that is shown, or the one that its week was opened at."""
        return self._shown

    def week_of(self) -> ProviderId | None:
        """Return whose week is shown, None for a day."""
        return self._week_of

    def days(self) -> tuple[date, ...]:
        """Return the days that are shown; those of a week begin where weeks begin."""
        if self._shown is None:
            return ()
        return (self._shown,) if self._week_of is None else self._words.week_of(self._shown)

    def key(self) -> ScheduleKey | None:
        """Return what of the schedule is wanted now."""
        return (self.days()[0], self._week_of) if self._shown is not None else None

    def expect(self, day: date, week_of: ProviderId | None = None) -> None:
        """Show the title of what is being read; other days that are still shown hear nothing until it is there."""
        self._shown, self._week_of = day, week_of
        for button, name in (
            (self._back, _("Day before") if week_of is None else _("Week before")),
            (self._on, _("Day after") if week_of is None else _("Week after")),
        ):
            button.setAccessibleName(name)
            set_tip(button, name)
        self._say_day()
        shown = self.view.shown()
        if shown is None:
            self.stack.show_state(State.LOADING, _("Reading the schedule …"))
        elif shown.key != self.key():
            self.view.wait()

    def show_schedule(self, shown: ScheduleDay | ScheduleWeek) -> None:
        """Show what was read; what is not wanted any more is dropped."""
        if shown.key == self.key():
            self.view.show_schedule(shown)
            self.stack.show_content()

    def show_refusal(self, sentence: str) -> None:
        """Say why the schedule cannot be shown, with a way on."""
        self.stack.show_state(State.ERROR, sentence, action=_("Try again"))

    @Slot()
    def go_today(self) -> None:
        self.day_wanted.emit(self._words.zone.day_of(self._clock.now()))

    @Slot()
    def go_back(self) -> None:
        """Want the day or the week before."""
        self._turn(-1)

    @Slot()
    def go_on(self) -> None:
        """Want the day or the week after."""
        self._turn(1)

    def _turn(self, by: int) -> None:
        if self._shown is not None:
            self.day_wanted.emit(self._shown + by * timedelta(days=len(self.days())))

    @Slot(object)
    def _acted(self, _state: object) -> None:
        self.retried.emit()
