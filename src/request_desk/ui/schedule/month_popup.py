"""The month of the schedule in a small window: how full each day is, and the way to a day; it changes nothing."""

from collections.abc import Collection, Sequence
from datetime import date

from PySide6.QtCore import QDate, QLocale, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QTableView, QWidget

from request_desk.domain.changes import Changes
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.schedule import DayLoad
from request_desk.domain.words import _
from request_desk.services.schedule.loads import day_loads
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.buttons import IconButton
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.painting import CENTER, draw_text, fill_round
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CONTROL, TextRole, Tone, app_theme

_SIZE = (300, 300)  # pixels at 100 %
_BAR = (24, 4)


class LoadCalendar(QCalendarWidget):
    """A month whose days have a bar as long as what is booked of them; days on which nobody works have none."""

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._today = _shown(today)
        self._loads: dict[date, DayLoad] = {}
        self.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        self.setHorizontalHeaderFormat(QCalendarWidget.HorizontalHeaderFormat.SingleLetterDayNames)
        self.setNavigationBarVisible(False)
        names = QTextCharFormat()
        names.setForeground(app_theme().muted)
        for weekday in Qt.DayOfWeek:
            self.setWeekdayTextFormat(weekday, names)
        for part in (self, *self.findChildren(QTableView)):
            part.setAccessibleName(_("Month"))

    def show_loads(self, loads: Sequence[DayLoad]) -> None:
        """Show how full these days are."""
        self._loads = {load.day: load for load in loads}
        self.updateCells()

    def load_of(self, day: date) -> DayLoad | None:
        return self._loads.get(day)

    def paintCell(self, painter: QPainter, rect: QRect, day: QDate | date) -> None:
        theme, at = app_theme(), _shown(day)
        load, is_here = self._loads.get(_day(at)), at.month() == self.monthShown()
        painter.fillRect(rect, theme.panel)
        if at == self.selectedDate():
            line = theme.accent if self.hasFocus() or self.focusWidget() is not None else None
            fill_round(painter, rect.adjusted(2, 2, -2, -2), theme.selection, theme.px(RADIUS_CONTROL), line)
        is_open = is_here and load is not None and bool(load.open or load.booked)
        ink = theme.accent if at == self._today else theme.ink if is_open else theme.muted
        font = theme.small_bold if at == self._today or is_open else theme.small
        draw_text(painter, rect.adjusted(0, 0, 0, -theme.px(_BAR[1] + 2)), str(at.day()), font, ink, CENTER)
        if is_open and load is not None:
            size = QSize(theme.px(_BAR[0]), theme.px(_BAR[1]))
            bar = QRect(QPoint(rect.center().x() - size.width() // 2, rect.bottom() - theme.px(8)), size)
            painter.fillRect(bar, theme.line)
            painter.fillRect(QRect(bar.topLeft(), QSize(round(bar.width() * load.share), bar.height())), theme.muted)


class MonthPopup(Card):
    """Opens below its button; a click or Enter goes to a day, Escape leaves the schedule where it is."""

    day_chosen = Signal(object)  # date
    loaded = Signal()  # the month is read and shown

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(parent, padding=10, name=_("Month"))
        self.setWindowFlag(Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context = context
        self._filters: tuple[Collection[LocationId], Collection[ProviderId]] = ((), ())
        self._reading: Pending[tuple[DayLoad, ...]] | None = None
        words = context.words()
        self.calendar = LoadCalendar(context.today(), self)
        self.calendar.setLocale(QLocale(words.locale))
        self.calendar.setFirstDayOfWeek(Qt.DayOfWeek(words.week_of(date(2026, 1, 1))[0].isoweekday()))
        self.title = PlainLabel("", role=TextRole.BOLD)
        self.said = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED)
        back, on = IconButton("chevron-left", _("Month before")), IconButton("chevron-right", _("Month after"))
        back.clicked.connect(self.calendar.showPreviousMonth)
        on.clicked.connect(self.calendar.showNextMonth)
        self.body.addLayout(row(self.title, None, back, on))
        self.body.addWidget(self.calendar, 1)
        self.body.addWidget(self.said)
        self.calendar.currentPageChanged.connect(self._read)
        self.calendar.selectionChanged.connect(self._say)
        self.calendar.clicked.connect(self._picked)
        self.calendar.activated.connect(self._picked)
        context.hub.changed.connect(self._changed)

    def open_at(
        self, button: QWidget, day: date, location_ids: Collection[LocationId], provider_ids: Collection[ProviderId]
    ) -> None:
        """Open below `button` at a day, for the providers and places that the schedule shows."""
        self._filters = location_ids, provider_ids
        self.calendar.setSelectedDate(_shown(day))
        self.resize(*(app_theme().px(length) for length in _SIZE))
        self.move(button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + app_theme().px(4))))
        self.show()
        self.calendar.setFocus()
        self._read()

    def _month(self) -> tuple[date, date]:
        first = QDate(self.calendar.yearShown(), self.calendar.monthShown(), 1)
        return _day(first), _day(first.addMonths(1).addDays(-1))

    @Slot()
    def _read(self) -> None:
        places, people = self._filters
        self.title.setText(self._context.words().month(self._month()[0]))
        if self._reading is not None:
            self._reading.drop()
        read = self._context.runner.read(self, day_loads, *self._month(), location_ids=places, provider_ids=people)
        self._reading = read.done(self._loads_read).refused(lambda refused: self.said.setText(refused.sentence))

    def _loads_read(self, loads: tuple[DayLoad, ...]) -> None:
        self._reading = None
        self.calendar.show_loads(loads)
        self._say()
        self.loaded.emit()

    @Slot()
    def _say(self) -> None:
        """Say in words what the bar of the chosen day shows."""
        day = _day(self.calendar.selectedDate())
        load, words = self.calendar.load_of(day), self._context.words()
        if load is None:
            told = words.day(day)
        elif not load.open and not load.booked:
            told = _("{day}: nobody works").format(day=words.day(day))
        else:
            told = _("{day}: {share} % booked").format(day=words.day(day), share=round(load.share * 100))
        self.said.setText(told)
        self.calendar.setAccessibleDescription(told)

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        zone, (first, last) = self._context.words().zone, self._month()
        if changes.move(lambda scope: first <= zone.day_of(scope.starts_at) <= last):
            self._read()

    @Slot(QDate)
    def _picked(self, day: QDate) -> None:
        if self.isVisible():  # a double click says it twice
            self.close()
            self.day_chosen.emit(_day(day))


def _day(at: QDate) -> date:
    return date(at.year(), at.month(), at.day())


def _shown(day: QDate | date) -> QDate:
    return QDate(day.year, day.month, day.day) if isinstance(day, date) else day
