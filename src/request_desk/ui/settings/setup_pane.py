"""The setup list: what a practice has, what is missing before a parent can ask, and the way to each form."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from request_desk.domain.changes import Changes
from request_desk.domain.errors import Refused
from request_desk.domain.setup import SetupLine, SetupList, SetupStep
from request_desk.domain.words import _
from request_desk.services.practice import setup
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.setup_offer import TOPICS
from request_desk.ui.widgets.buttons import Button, ButtonKind, secondary
from request_desk.ui.widgets.done_mark import DoneMark
from request_desk.ui.widgets.layout import Card, column_scroll
from request_desk.ui.widgets.states import Banner, BannerKind, State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

TITLES = {
    SetupStep.PRACTICE: _("Name and phone"),
    SetupStep.HOURS: _("Opening hours"),
    SetupStep.LOCATION: _("Location"),
    SetupStep.PROVIDER: _("Provider"),
    SetupStep.TYPE: _("Appointment type"),
    SetupStep.WINDOW: _("Weekly hours"),
    SetupStep.DEPARTMENT: _("Who receives requests"),
    SetupStep.FAMILY: _("Family"),
    SetupStep.KINDS: _("Kinds of request"),
    SetupStep.MAIL: _("Mail"),
    SetupStep.ADDRESS: _("Parents' portal"),
}
_WIDE = 760  # pixels at 100 %, as the forms beside it


class _Row:
    """The widgets of one step."""

    def __init__(self, step: SetupStep, grid: QGridLayout, place: int, parent: QWidget) -> None:
        self.mark = DoneMark(parent)
        self.title = PlainLabel(TITLES[step], role=TextRole.BOLD, wrap=True, parent=parent)
        self.told = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=parent)
        self.button: Button = secondary(_("Open"), parent=parent)
        self.button.setAccessibleName(_("Open: {step}").format(step=TITLES[step]))
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.mark, place, 0, top)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self.title)
        text.addWidget(self.told)
        grid.addLayout(text, place, 1)
        grid.addWidget(self.button, place, 2, top)

    def show(self, line: SetupLine) -> None:
        self.mark.show_done(done=line.done)
        self.told.setText(line.told)
        state = _("done") if line.done else _("to do")
        self.title.setAccessibleName(f"{self.title.text()}: {state}")
        self.button.set_kind(ButtonKind.GHOST if line.done else ButtonKind.SECONDARY)
        self.button.setVisible(line.form is not None)


class SetupPane(QWidget):
    """All steps in their order, each done or not as the rows have it; `wanted` asks for the form of one."""

    wanted = Signal(object)  # SetupLine

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context
        self._stale = True
        self.found: SetupList | None = None
        self.setAccessibleName(_("Setup"))
        card = Card(padding=20, name=_("Setup"))
        card.body.addWidget(PlainLabel(_("Setup"), role=TextRole.TITLE))
        hint = _(
            "What a practice needs before a parent can ask and somebody sees it. Each line is read from what is stored."
        )
        card.body.addWidget(PlainLabel(hint, tone=Tone.MUTED, wrap=True))
        self.end = Banner(card)
        card.body.addSpacing(app_theme().px(SPACE))
        card.body.addWidget(self.end)
        card.body.addSpacing(app_theme().px(2 * SPACE))
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        card.body.addLayout(self._grid)
        self.rows = {step: _Row(step, self._grid, place, card) for place, step in enumerate(SetupStep)}
        for step, row in self.rows.items():
            row.button.clicked.connect(partial(self._open, step))
        place = QWidget()
        column = QVBoxLayout(place)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        self._card = card
        self.stack = StateStack(column_scroll(place))
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.stack)
        self.stack.pane.acted.connect(self._retry)
        self.stack.show_state(State.LOADING, _("Looking at what is set up …"))
        context.hub.changed.connect(self._heard)
        app_theme().changed.connect(self._measure)
        self._measure()

    def go_to_next(self) -> None:
        """Give the keys to the first thing that is to be done."""
        lines = self.found.lines if self.found is not None else ()
        buttons = [self.rows[line.step].button for line in lines if not line.done]
        first = next((button for button in buttons if button.isVisible()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read()

    @Slot(object)
    def _heard(self, changes: Changes) -> None:
        if changes.touches(*TOPICS):
            if self.isVisible():
                self._read()
            else:
                self._stale = True

    @Slot(object)
    def _retry(self, _state: object) -> None:
        self._read()

    def _read(self) -> None:
        self._stale = False
        read = self._context.runner.read(self, setup.checklist, sends_mail=self._context.sends_mail)
        read.done(self._show).refused(self._unreadable)

    def _show(self, found: SetupList) -> None:
        is_first = self.found is None
        self.found = found
        for line in found.lines:
            self.rows[line.step].show(line)
        self.end.say(BannerKind.INFO if found.is_done else BannerKind.WARNING, found.end)
        self.stack.show_content()
        if is_first:
            self.go_to_next()

    def _unreadable(self, refused: Refused) -> None:
        self._stale = True
        if self.found is None:
            self.stack.show_state(State.ERROR, refused.sentence, action=_("Try again"))
        else:
            self.end.say(BannerKind.DANGER, refused.sentence)

    def _open(self, step: SetupStep) -> None:
        lines = self.found.lines if self.found is not None else ()
        self.wanted.emit(next(line for line in lines if line.step is step))

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._card.setMaximumWidth(theme.px(_WIDE))
        self._grid.setHorizontalSpacing(theme.px(3 * SPACE))
        self._grid.setVerticalSpacing(theme.px(3 * SPACE))
