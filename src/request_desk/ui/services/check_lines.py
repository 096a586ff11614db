"""What a link needs, line by line: done or not, what to do, and the way there; what the lines say is decided elsewhere."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from request_desk.domain.share_links import Check, CheckPlace
from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import ButtonKind, secondary
from request_desk.ui.widgets.done_mark import DoneMark
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

_WAYS = {CheckPlace.SWITCH: _("Switch on"), CheckPlace.NEW_VARIANT: _("New variant …")}


class _Line:
    """The widgets of one line."""

    def __init__(self, grid: QGridLayout, place: int, parent: QWidget) -> None:
        self.mark = DoneMark(parent)
        self.told = PlainLabel("", wrap=True, parent=parent)
        self.button = secondary("", parent=parent)
        for column, part in enumerate((self.mark, self.told, self.button)):
            grid.addWidget(part, place, column, Qt.AlignmentFlag.AlignVCenter)

    def show(self, check: Check, *, leads: bool) -> None:
        self.mark.show_done(done=check.done)
        self.told.setText(check.told)
        self.told.set_tone(Tone.MUTED if check.done else Tone.INK)
        self.told.setAccessibleName(_("{step}: {state}").format(
            step=check.told, state=_("done") if check.done else _("to do")
        ))  # fmt: skip
        way = _WAYS.get(check.place, _("Open"))
        self.button.set_text(way)
        self.button.setAccessibleName(_("{way}: {step}").format(way=way, step=check.told))
        self.button.set_kind(ButtonKind.GHOST if check.done else ButtonKind.SECONDARY)
        self.set_shown(True)
        self.button.setVisible(leads)

    def set_shown(self, shown: bool) -> None:
        for part in (self.mark, self.told, self.button):
            part.setVisible(shown)


class CheckLines(QWidget):
    """The checks in their order; `wanted` asks for the place where one is done."""

    wanted = Signal(object)  # Check

    def __init__(self) -> None:
        super().__init__()
        self._checks: tuple[Check, ...] = ()
        self.lines: list[_Line] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._measure()
        app_theme().changed.connect(self._measure)

    def show_checks(self, checks: Sequence[Check], *, leads: bool) -> None:
        """Show these; `leads` whether the user can do there what they ask for."""
        self._checks = tuple(checks)
        while len(self.lines) < len(checks):
            line = _Line(self._grid, len(self.lines), self)
            line.button.clicked.connect(partial(self._pressed, len(self.lines)))
            self.lines.append(line)
        for line, check in zip(self.lines, checks, strict=False):
            line.show(check, leads=leads)
        for line in self.lines[len(checks) :]:
            line.set_shown(False)

    def _pressed(self, place: int) -> None:
        self.wanted.emit(self._checks[place])

    @Slot()
    def _measure(self) -> None:
        self._grid.setHorizontalSpacing(app_theme().px(3 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(SPACE))
