"""The end of a day over the window: who came of those whose visit still stands as booked, all of them marked in one act (AP5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.attendance import Closed, Closing, Unclosed
from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId
from request_desk.domain.policy import ScheduleAction
from request_desk.domain.words import _, plural
from request_desk.services.schedule import attendance
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import marks_words, named
from request_desk.ui.schedule.why_not import verdict_words
from request_desk.ui.widgets.buttons import Button, IconButton, primary, secondary
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_SIZE = (860, 560)
_LOWEST = 200  # pixels at 100 % of the list
_DAY: Final = timedelta(days=1)
_COMPLETED, _NO_SHOW = AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW
_DIGITS: Final = {"1": _COMPLETED, "2": _NO_SHOW, "3": None}
_BECOMES: Final = {_COMPLETED: _("completed"), _NO_SHOW: _("no-show"), None: _("left as it is")}


@dataclass(frozen=True, slots=True)
class _Line:
    """A visit that stands, what it is to become, and why the last try did not mark it."""

    found: Unclosed
    becomes: AppointmentStatus | None
    refused: str = ""

    def may_become(self, status: AppointmentStatus | None) -> bool:
        """Whether it may be marked so now; leaving it is always possible."""
        if status is None:
            return True
        return bool(self.found.completed if status is _COMPLETED else self.found.missed)


class CloseDaySheet(Sheet):
    """Opens with what visits mostly become; 1, 2 and 3 change the chosen line, Ctrl+Enter marks all of them."""

    def __init__(
        self,
        context: DeskContext,
        day: date,
        location_ids: tuple[LocationId, ...],
        provider_ids: tuple[ProviderId, ...],
        parent: QWidget | None,
    ) -> None:
        super().__init__(_("Close the day"), primary(_("Mark")), parent, size=_SIZE)
        self._context, self._day = context, day
        self._narrowed = (location_ids, provider_ids)
        self._busy = True
        self.day_label = PlainLabel("", role=TextRole.BOLD)
        self.back, self.on = IconButton("chevron-left", _("Day before")), IconButton("chevron-right", _("Day after"))
        self.model: ColumnsModel[_Line] = ColumnsModel(self._columns(), _key, self)
        self.table = ColumnsView(self.model, name=_("Visits that still stand as booked"))
        self._stack = StateStack(self.table)
        self.choices: dict[AppointmentStatus | None, Button] = {
            _COMPLETED: secondary(_("Completed"), icon="calendar-check", keys="1"),
            _NO_SHOW: secondary(_("No-show"), icon="calendar-x", keys="2"),
            None: secondary(_("Leave as it is"), keys="3"),
        }
        self.why = PlainLabel(" ", tone=Tone.MUTED, wrap=True)
        self._build()
        for status, button in self.choices.items():
            button.clicked.connect(partial(self._become, status))
        self.back.clicked.connect(self._go_back)
        self.on.clicked.connect(self._go_on)
        self.table.key_selected.connect(self._selected)
        self.table.installEventFilter(self)
        self.button.clicked.connect(self._mark)
        self._read()

    def _build(self) -> None:
        narrowed = any(self._narrowed)
        told = _("Only visits that the filters of the page leave in.") if narrowed else ""
        self.body.addLayout(row(self.back, self.day_label, self.on, None, PlainLabel(told, tone=Tone.MUTED)))
        inner = Card(padding=1)
        inner.body.addWidget(self._stack)
        inner.setMinimumHeight(app_theme().px(_LOWEST))
        self.body.addWidget(inner, 1)
        self.body.addLayout(row(*self.choices.values(), None))
        self.body.addWidget(self.why)
        self.finish()

    def _columns(self) -> tuple[Column[_Line], ...]:
        return (
            Column(_("Time"), self._time, 84),
            Column(_("Patient"), lambda line: named(line.found.appointment.patient_name)),
            Column(_("Type"), lambda line: named(line.found.appointment.type_name), 116, from_width=700),
            Column(_("Provider"), lambda line: named(line.found.appointment.provider_name), 116, from_width=560),
            Column(_("Marks"), self._marks, 170),
            Column(_("Becomes"), self._becomes, 200),
        )

    def _time(self, line: _Line) -> str:
        entry = line.found.appointment
        return self._context.words().at(entry.zone).time(entry.starts_at)

    def _marks(self, line: _Line) -> str:
        return marks_words(line.found.appointment, self._context.words()) or "–"

    def _becomes(self, line: _Line) -> str:
        if line.refused:
            return _("not marked")
        if line.becomes is not None or line.found.completed:
            return _BECOMES[line.becomes]
        return self._why_not(line.found, _COMPLETED)

    def _why_not(self, found: Unclosed, status: AppointmentStatus) -> str:
        entry = found.appointment
        is_completed = status is _COMPLETED
        return verdict_words(
            found.completed if is_completed else found.missed,
            ScheduleAction.COMPLETE if is_completed else ScheduleAction.NO_SHOW,
            entry,
            self._context.words().at(entry.zone),
        )

    # which day

    @Slot()
    def _go_back(self) -> None:
        self._day -= _DAY
        self._read()

    @Slot()
    def _go_on(self) -> None:
        self._day += _DAY
        self._read()

    def _read(self, told: Sequence[Closed] = ()) -> None:
        words = self._context.words()
        self.day_label.setText(words.long_day(self._day))
        self.on.setEnabled(self._day < self._context.today())
        places, people = self._narrowed
        self._busy = True
        self._ready()
        read = self._context.runner.read(self, attendance.unclosed, self._day, location_ids=places, provider_ids=people)
        read.done(partial(self._found, told)).refused(self._not_read)

    def _found(self, told: Sequence[Closed], found: Sequence[Unclosed]) -> None:
        why = {each.appointment_id: each.refused for each in told}
        lines = [
            _Line(each, None if each.appointment.id in why else each.usual, why.get(each.appointment.id, ""))
            for each in found
        ]
        self._busy = False
        self.model.set_rows(lines)
        if lines:
            self._stack.show_content()
            self.table.select_first()
            self.table.setFocus()
        else:
            day = self._context.words().day(self._day)
            sentence = _("Nothing is left to mark on {day}.").format(day=day)
            self._stack.show_state(State.EMPTY, sentence, icon="calendar-check")
            self.close_button.setFocus()
        self._selected(self.table.selected_key())
        self._ready()

    def _not_read(self, refused: Refused) -> None:
        self._busy = False
        self._stack.show_state(State.ERROR, refused.sentence)
        self._ready()

    # what each becomes

    def lines(self) -> tuple[_Line, ...]:
        """Return the lines as they are now."""
        return self.model.rows()

    def _line(self) -> _Line | None:
        key = self.table.selected_key()
        return self.model.cached(key) if key is not None else None

    @Slot(object)
    def _selected(self, _key_of_line: object) -> None:
        line = self._line()
        for status, button in self.choices.items():
            button.setEnabled(line is not None and line.may_become(status))
        self.why.setText(self._told(line) or " ")

    def _told(self, line: _Line | None) -> str:
        """Why the line cannot become what it cannot, or what the last try said of it."""
        if line is None:
            return ""
        if line.refused:
            return line.refused
        found = ((_("Completed"), _COMPLETED), (_("No-show"), _NO_SHOW))
        return "\n".join(
            _("{act}: {why_not}.").format(act=name, why_not=self._why_not(line.found, status))
            for name, status in found
            if not line.may_become(status)
        )

    def _become(self, status: AppointmentStatus | None) -> None:
        line = self._line()
        if line is None or not line.may_become(status):
            return
        chosen = _Line(line.found, status)
        self.model.set_rows(chosen if _key(each) == _key(line) else each for each in self.lines())
        self.table.setFocus()
        self.table.step(1)
        self._selected(self.table.selected_key())
        self._ready()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.text() in _DIGITS:
            self._become(_DIGITS[event.text()])
            return True
        return super().eventFilter(watched, event)

    # marking

    def _closings(self) -> tuple[Closing, ...]:
        return tuple(
            Closing(line.found.appointment.id, line.found.appointment.version, line.becomes)
            for line in self.lines()
            if line.becomes is not None
        )

    def _ready(self) -> None:
        count = len(self._closings())
        self.button.set_text(
            plural("Mark {count} visit", "Mark {count} visits", count).format(count=count) if count else _("Mark")
        )
        self.button.setEnabled(bool(count) and not self._busy)

    @Slot()
    def _mark(self) -> None:
        closings = self._closings()
        if not closings or self._busy:
            return
        self._busy = True
        self._ready()
        self.say("")
        act = self._context.runner.act(self, attendance.close_day, closings)
        act.done(self._marked).refused(self.refuse)

    def _marked(self, told: Sequence[Closed]) -> None:
        """Closes when everything was marked; else says of which lines it was not, and why."""
        missed = [each for each in told if each.refused]
        if not missed:
            self.accept()
            return
        done = len(told) - len(missed)
        words = plural(
            "{done} marked. {count} visit was not marked: choose it to read why.",
            "{done} marked. {count} visits were not marked: choose one to read why.",
            len(missed),
        )
        self.say(words.format(done=done, count=len(missed)))
        self._read(missed)

    def refuse(self, refused: Refused) -> None:
        self._busy = False
        super().refuse(refused)
        self._ready()


def _key(line: _Line) -> AppointmentId:
    return line.found.appointment.id
