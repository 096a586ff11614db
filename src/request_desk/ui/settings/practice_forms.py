"""The groups about the practice itself: its name, the kinds of request, the times it keeps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Department, OpeningHours, PracticeSettings
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import _
from request_desk.services.practice import directory, settings as settings_service
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.clock_fields import TimeField
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

_KINDS = (
    (RequestKind.SCHEDULE, _("Schedule a visit")),
    (RequestKind.CANCEL, _("Cancel a visit")),
    (RequestKind.RESCHEDULE, _("Reschedule a visit")),
)
_WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
_MIDNIGHT = 24 * 60
_DAY = (8 * 60, 17 * 60)  # what a day that was closed begins with
_BREAK = (12 * 60, 13 * 60)  # and a break
_MOST_GRACE = 300  # seconds, as the service allows
_MOST_TARGET = 2400  # minutes of opening time, as the service allows
_TIME = 72  # pixels at 100 % that a time of a day needs at least
_WORDS = 180  # pixels at 100 % of a field with a word in each line
_FIELD = 260  # pixels at 100 % of a control for a number


class SettingsForm(Editor):
    """A group of the practice settings. It writes only its own `names` into whatever is stored when it saves."""

    names: tuple[str, ...] = ()

    def __init__(self, context: DeskContext, title: str, hint: str, *topics: Topic) -> None:
        super().__init__(context, title, hint, Permission.MANAGE_SETTINGS, (Topic.SETTINGS, *topics))
        self._stored_settings: PracticeSettings | None = None

    def read(self) -> None:
        self.context.runner.read(self, settings_service.settings).done(self._settings_read).refused(self.unreadable)

    def _settings_read(self, found: PracticeSettings) -> None:
        before = self._stored_settings
        kept = before is not None and self.is_changed()
        self._stored_settings = found
        self.shown(refill=not kept)
        if kept and before is not None and self._own(before) != self._own(found):
            self.say(CHANGED_ELSEWHERE)

    def _own(self, settings: PracticeSettings) -> tuple[object, ...]:
        return tuple(getattr(settings, name) for name in self.names)

    def fill(self) -> None:
        if self._stored_settings is not None:
            self.show_settings(self._stored_settings)

    def is_changed(self) -> bool:
        stored = self._stored_settings
        return stored is not None and self._own(self.wanted(stored)) != self._own(stored)

    def show_settings(self, found: PracticeSettings) -> None:
        """Fill the fields."""
        raise TypeError("a group shows its own settings")

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        """Return the settings with what the fields say."""
        raise TypeError("a group knows its own settings")

    def save(self) -> None:
        stored = self._stored_settings
        if stored is not None:
            new = self.wanted(stored)
            act = self.context.runner.act(self, settings_service.save_settings, new, expect_version=stored.version)
            self.send(act.done(partial(self._kept, new)))

    def _kept(self, new: PracticeSettings, version: int) -> None:
        """What was typed is what is stored now."""
        self._stored_settings = replace(new, version=version)


class PracticeForm(SettingsForm):
    """Name, phone, address of the portal."""

    names = ("practice_name", "practice_phone", "public_url")

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context, _("Practice"), _("Parents read the name and the phone number on every page and in every mail.")
        )
        self.name, self.phone, self.url = QLineEdit(), QLineEdit(), QLineEdit()
        self.add_field(_("Name"), self.name, name="Practice name")
        self.add_field(_("Phone"), self.phone, name="Phone")
        hint = _("Links in mails begin with it, e.g. https://portal.example.org")
        self.add_field(_("Address of the parents' portal"), self.url, name="Portal address", hint=hint)
        self.follow(self.name, self.phone, self.url)

    def show_settings(self, found: PracticeSettings) -> None:
        self.name.setText(found.practice_name)
        self.phone.setText(found.practice_phone)
        self.url.setText(found.public_url)
        self.lock(self.name, self.phone, self.url)

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(
            stored,
            practice_name=self.name.text().strip(),
            practice_phone=self.phone.text().strip(),
            public_url=self.url.text().strip(),
        )


class KindsForm(SettingsForm):
    """Which kinds of request parents may send (MC1)."""

    names = ("kinds_on",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Kinds of request"),
            _("A kind that is off is neither offered nor accepted; the portal then says to call the practice."),
        )
        self.boxes = {kind: QCheckBox(text) for kind, text in _KINDS}
        for box in self.boxes.values():
            self.fields.addWidget(box)
        self.follow(*self.boxes.values())

    def show_settings(self, found: PracticeSettings) -> None:
        for kind, box in self.boxes.items():
            box.setChecked(kind in found.kinds_on)
        self.lock(*self.boxes.values())

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(stored, kinds_on=frozenset(str(kind) for kind, box in self.boxes.items() if box.isChecked()))


class UrgentWordsForm(SettingsForm):
    """The practice's own urgent words, beside those that are known (MC14)."""

    names = ("urgent_words",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Urgent words"),
            _(
                "A message with such a word is marked urgent and its words are quoted on top. The usual ones are known in "
                "English and Spanish, like trouble breathing or a seizure; add your own here, in any language."
            ),
        )
        self.own = QPlainTextEdit()
        self.own.setTabChangesFocus(True)
        self.own.setMinimumHeight(app_theme().px(_WORDS))
        self.add_field(_("Your own, one in a line"), self.own, name="Urgent words")
        self.follow(self.own)

    def show_settings(self, found: PracticeSettings) -> None:
        self.own.setPlainText("\n".join(found.urgent_words))
        self.lock(self.own)

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        lines = (line.strip() for line in self.own.toPlainText().splitlines())
        return replace(stored, urgent_words=tuple(dict.fromkeys(filter(None, lines))))


class TimesForm(SettingsForm):
    """The undo time and the age at which an answer is late."""

    names = ("grace", "target_age")

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Answer times"),
            _("Nothing leaves the practice during the undo time. The target counts opening hours only."),
        )
        self.grace, self.target = QSpinBox(), QSpinBox()
        self.grace.setRange(0, _MOST_GRACE)
        self.grace.setSuffix(_(" seconds"))
        self.target.setRange(1, _MOST_TARGET)
        self.target.setSingleStep(5)
        self.target.setSuffix(_(" minutes of opening time"))
        for label, control, name in (
            (_("Time to undo"), self.grace, "Grace time"),
            (_("An answer is late after"), self.target, "Target age"),
        ):
            control.setMaximumWidth(app_theme().px(_FIELD))
            self.add_field(label, control, name=name)
        self.follow(self.grace, self.target)

    def show_settings(self, found: PracticeSettings) -> None:
        self.grace.setValue(int(found.grace.total_seconds()))
        self.target.setValue(int(found.target_age.total_seconds() // 60))
        self.lock(self.grace, self.target)

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(
            stored, grace=timedelta(seconds=self.grace.value()), target_age=timedelta(minutes=self.target.value())
        )


class _DayRow:
    """The controls of one weekday: from, until and a break; hours behind a second break are told and kept."""

    def __init__(self, grid: QGridLayout, weekday: int) -> None:
        name = _WEEKDAYS[weekday]
        self.weekday = weekday
        self.open, self.start, self.end = QCheckBox(name), TimeField(), TimeField()
        self.has_break, self.break_start, self.break_end = QCheckBox(_("Break")), TimeField(), TimeField()
        self.start.setAccessibleName(_("{day}, from").format(day=name))
        self.end.setAccessibleName(_("{day}, until").format(day=name))
        self.has_break.setAccessibleName(_("{day}, with a break").format(day=name))
        self.break_start.setAccessibleName(_("{day}, break from").format(day=name))
        self.break_end.setAccessibleName(_("{day}, break until").format(day=name))
        self._more = PlainLabel("", tone=Tone.MUTED)
        self._open_parts = (self.start, PlainLabel("–", tone=Tone.MUTED), self.end, self.has_break)
        self._break_parts = (self.break_start, PlainLabel("–", tone=Tone.MUTED), self.break_end)
        self.problem = QVBoxLayout()
        line = 2 * weekday
        for place, control in enumerate((self.open, *self._open_parts, *self._break_parts, self._more)):
            grid.addWidget(control, line, place)
        grid.addLayout(self.problem, line + 1, 1, 1, 8)
        for part in (*self._open_parts, *self._break_parts):
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            part.setSizePolicy(policy)
        for box in (self.open, self.has_break):
            box.toggled.connect(self._show_parts)
        for time in (self.start, self.end, self.break_start, self.break_end):
            time.setMinimumWidth(app_theme().px(_TIME))

    def controls(self) -> tuple[QWidget, ...]:
        return self.open, self.start, self.end, self.has_break, self.break_start, self.break_end

    def show(self, hours: Sequence[OpeningHours], more: str) -> None:
        split = hours[:2] if len(hours) > 1 else ()
        start, end = (hours[0].start_minute, hours[len(split) // 2].end_minute) if hours else _DAY
        noon = (split[0].end_minute, split[1].start_minute) if split else _BREAK
        self.open.setChecked(bool(hours))
        self.has_break.setChecked(bool(split))
        for control, minute in zip(
            (self.start, self.end, self.break_start, self.break_end), (start, end, *noon), strict=True
        ):
            control.show_minute(min(minute, _MIDNIGHT - 1))
        self._more.setText(more)
        self._show_parts()

    def _show_parts(self) -> None:
        for part in self._open_parts:
            part.setVisible(self.open.isChecked())
        for part in self._break_parts:
            part.setVisible(self.open.isChecked() and self.has_break.isChecked())

    def wanted(self, stored: Sequence[OpeningHours]) -> tuple[OpeningHours, ...]:
        """Return the hours of this day: as shown, and those behind a second break as they were."""
        if not self.open.isChecked():
            return ()
        start, end = self.start.minute(), _end_minute(self.end)
        if not self.has_break.isChecked():
            return (OpeningHours(self.weekday, start, end), *stored[2:])
        return (
            OpeningHours(self.weekday, start, self.break_start.minute()),
            OpeningHours(self.weekday, self.break_end.minute(), end),
            *stored[2:],
        )


class HoursForm(SettingsForm):
    """The opening hours: the target age and "needs me first" count in them."""

    names = ("opening_hours",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context, _("Opening hours"), _("Waiting time is counted in these hours, in the practice's own time zone.")
        )
        grid = QGridLayout()
        grid.setColumnStretch(8, 1)
        grid.setHorizontalSpacing(app_theme().px(2 * SPACE))
        grid.setVerticalSpacing(app_theme().px(2 * SPACE))
        self.rows = [_DayRow(grid, weekday) for weekday in range(7)]
        self.fields.addLayout(grid)
        for row in self.rows:
            self.tell_beside(f"Opening hours {row.weekday}", row.start, row.problem)
            self.follow(*row.controls())

    def show_settings(self, found: PracticeSettings) -> None:
        words = self.context.words()
        for row in self.rows:
            hours = _hours_of(found, row.weekday)
            more = words.list_of(
                [f"{words.wall_minute(each.start_minute)} – {words.wall_minute(each.end_minute)}" for each in hours[2:]]
            )
            row.show(hours, _("and {hours}").format(hours=more) if more else "")
            if not self.may_change():
                self.lock(*row.controls())

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        days = (row.wanted(_hours_of(stored, row.weekday)) for row in self.rows)
        return replace(stored, opening_hours=tuple(hours for day in days for hours in day))


def _hours_of(settings: PracticeSettings, weekday: int) -> list[OpeningHours]:
    found = [hours for hours in settings.opening_hours if hours.weekday == weekday]
    return sorted(found, key=lambda hours: hours.start_minute)


def _end_minute(time: TimeField) -> int:
    """A time field cannot say midnight at the end of a day: one minute before it is taken for it."""
    minute = time.minute()
    return _MIDNIGHT if minute == _MIDNIGHT - 1 else minute


class IntakeForm(SettingsForm):
    """Which department receives appointment requests (RT1)."""

    names = ("intake_department_id",)

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Appointment requests"),
            _("All active members of this department receive every new request."),
            Topic.DIRECTORY,
        )
        self._departments: tuple[Department, ...] = ()
        self.department = QComboBox()
        self.add_field(_("Department"), self.department, name="Department")
        self.follow(self.department)

    def read(self) -> None:
        self.context.runner.read(self, directory.departments).done(self._departments_read).refused(self.unreadable)

    def _departments_read(self, found: tuple[Department, ...]) -> None:
        if found != self._departments:
            self._departments = found
            self._list()
        super().read()

    @Slot()
    def _list(self) -> None:
        kept = self.department.currentData()
        self.department.blockSignals(True)  # filling is no choice
        self.department.clear()
        self.department.addItem(_("None: the asked provider or the administrator receives them"), None)
        for department in self._departments:
            self.department.addItem(one_line(department.name), department.id)
        self._choose(kept)
        self.department.blockSignals(False)

    def _choose(self, department_id: object) -> None:
        place = self.department.findData(department_id) if department_id is not None else 0
        self.department.setCurrentIndex(max(0, place))

    def show_settings(self, found: PracticeSettings) -> None:
        self._choose(found.intake_department_id)
        self.lock(self.department)

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(stored, intake_department_id=self.department.currentData())
