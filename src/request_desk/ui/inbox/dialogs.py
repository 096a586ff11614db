"""The short questions of the Message Center: whom to forward to, until when to wait, why without a reply."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, QRect, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QButtonGroup,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from request_desk.domain.requests import Target, TargetKind
from request_desk.domain.search import fold
from request_desk.domain.words import _
from request_desk.services.practice.directory import TargetChoice
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.clock_fields import DayField
from request_desk.ui.widgets.layout import field, row
from request_desk.ui.widgets.painting import draw_icon, draw_text
from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import no_mnemonic
from request_desk.ui.widgets.theme import app_theme

ENTRY = 44
MOST = 2_000


class ForwardDialog(Sheet):
    """Type a name, Enter hands the request on; the note goes with it and stays with the request."""

    chosen = Signal(object, str)  # Target, note

    def __init__(
        self, choices: Sequence[TargetChoice], here: Target, search: str = "", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(_("Forward to"), primary(_("Forward"), icon="forward"), parent, by_enter=True)
        self._choices = tuple(one for one in choices if one.target != here)
        self.search = SearchField(_("Department or person"), parent=self)
        self.search.textChanged.connect(self._narrow)
        self.list: PickList[TargetChoice] = PickList(
            self.search,
            name=_("Departments and people"),
            height=ENTRY,
            text_of=_spoken_target,
            paint_row=_paint_target,
            parent=self,
        )
        self.list.setMinimumHeight(app_theme().px(ENTRY * 5 + 8))
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.note = QPlainTextEdit(self)
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(app_theme().px(72))
        self.note.setAccessibleName(_("Note for the colleague"))
        self.body.addWidget(self.search)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(field(_("Note for the colleague (never seen by parents)"), self.note))
        self.finish()
        self.button.clicked.connect(self.accept)
        self.accepted.connect(self._accepted)
        self._narrow("")
        if any(fold(search) in fold(f"{one.name} {one.detail}") for one in self._choices):
            self.search.setText(search)
        self.search.setFocus()

    @Slot(str)
    def _narrow(self, text: str) -> None:
        words = fold(text).split()
        found = [one for one in self._choices if all(word in fold(f"{one.name} {one.detail}") for word in words)]
        self.list.show_rows(found, pick=bool(words))  # nobody is chosen by Enter alone
        self._current_changed()

    @Slot()
    def _current_changed(self) -> None:
        one = self.list.current()
        self.button.setEnabled(one is not None)
        self.button.set_text(
            _("Forward to {name}").format(name=one_line(one.name, 32)) if one is not None else _("Forward")
        )

    @Slot()
    def _accepted(self) -> None:
        one = self.list.current()
        if one is not None:
            self.chosen.emit(one.target, self.note.toPlainText().strip()[:MOST])


def _spoken_target(one: TargetChoice) -> str:
    return f"{one.name}, {one.detail}"


def _paint_target(painter: QPainter, rect: QRect, one: TargetChoice) -> None:
    theme = app_theme()
    icon = QRect(rect.left() + theme.px(10), rect.top(), theme.px(18), rect.height())
    draw_icon(painter, icon, "users" if one.target.kind is TargetKind.DEPARTMENT else "user", theme.muted)
    left, room = rect.left() + theme.px(40), rect.width() - theme.px(52)
    half = rect.height() // 2
    name, detail = isolated_if_needed(one_line(one.name)), isolated_if_needed(one_line(one.detail))
    draw_text(painter, QRect(left, rect.top() + 2, room, half - 2), name, theme.small_bold, theme.ink)
    draw_text(painter, QRect(left, rect.top() + half, room, half - 2), detail, theme.small, theme.muted)


class WaitingDialog(Sheet):
    """Until when to wait for the parent: a day, or the answer."""

    chosen = Signal(object)  # date, or None: until the parent answers

    def __init__(self, proposed: date, today: date, *, parent: QWidget | None = None) -> None:
        super().__init__(
            _("Waiting for parent"),
            primary(_("Wait")),
            parent,
            detail=_("The request leaves the open lists and comes back on that day, or as soon as the parent answers."),
            by_enter=True,
        )
        self.until = QRadioButton(_("Until this day"), self)
        self.answer = QRadioButton(_("Until the parent answers"), self)
        group = QButtonGroup(self)
        group.addButton(self.until)
        group.addButton(self.answer)
        self.until.setChecked(True)
        self.day = DayField(_("Day"), self)
        tomorrow = QDate(today.year, today.month, today.day).addDays(1)
        self.day.setDateRange(tomorrow, tomorrow.addDays(-1).addYears(1))
        self.day.show_day(proposed)
        self.until.toggled.connect(self.day.setEnabled)
        self.body.addLayout(row(self.until, self.day, None))
        self.body.addWidget(self.answer)
        self.finish()
        self.button.clicked.connect(self.accept)
        self.accepted.connect(self._accepted)
        self.day.setFocus()

    @Slot()
    def _accepted(self) -> None:
        self.chosen.emit(self.day.day() if self.until.isChecked() else None)


class ReasonDialog(Sheet):
    """Asks for one line that is kept: why without a reply, why a limit is overruled."""

    told = Signal(str)

    def __init__(
        self, title: str, detail: str, usual: Sequence[str], yes: str, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, primary(yes), parent, detail=detail, by_enter=True)
        self.line = QLineEdit(self)
        self.line.setMaxLength(500)
        self.line.setAccessibleName(_("Reason"))
        self.body.addWidget(self.line)
        self._usual = QButtonGroup(self)
        for place, text in enumerate(usual):
            option = QRadioButton(no_mnemonic(text), self)
            self._usual.addButton(option, place)
            self.body.addWidget(option)
        self._texts = tuple(usual)
        self._usual.idClicked.connect(self._picked)
        self.finish()
        self.button.clicked.connect(self.accept)
        self.line.textChanged.connect(self._changed)
        self.accepted.connect(self._accepted)
        self._changed("")
        self.line.setFocus()

    @Slot(int)
    def _picked(self, place: int) -> None:
        self.line.setText(self._texts[place])
        self.button.setFocus()

    @Slot(str)
    def _changed(self, text: str) -> None:
        self.button.setEnabled(bool(text.strip()))

    @Slot()
    def _accepted(self) -> None:
        self.told.emit(self.line.text().strip())
