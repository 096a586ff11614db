"""The keyboard sheet: every command this user has, with its keys; it is made of the command table alone."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.commands import Command, CommandRegistry, Scope

SHEET_WIDTH: Final = 760
SHEET_HEIGHT: Final = 560
ORDER: Final = (
    Scope.REQUEST, Scope.SCHEDULE, Scope.APPOINTMENTS, Scope.PATIENTS, Scope.AVAILABILITY, Scope.MEETING, Scope.SERVICES,
    Scope.PHRASES, Scope.SETTINGS,
    Scope.APPLICATION,
)  # fmt: skip


def scope_title(scope: Scope) -> str:
    """Return the heading of a scope's keys."""
    match scope:
        case Scope.APPLICATION:
            return _("Everywhere")
        case Scope.REQUEST:
            return _("Message Center")
        case Scope.SCHEDULE:
            return _("Schedule")
        case Scope.PATIENTS:
            return _("Patients")
        case Scope.APPOINTMENTS:
            return _("Appointments")
        case Scope.AVAILABILITY:
            return _("Availability")
        case Scope.MEETING:
            return _("Meeting")
        case Scope.SERVICES:
            return _("Services & links")
        case Scope.PHRASES:
            return _("Phrases")
        case Scope.SETTINGS:
            return _("Settings")


class KeySheet(QDialog):
    """Lists the keys, by the place where they act."""

    def __init__(self, registry: CommandRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        theme = app_theme()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(_("Keyboard sheet"))
        self._registry = registry
        groups = [(scope, self._with_keys(scope)) for scope in ORDER]
        sheet = QWidget()
        columns = QHBoxLayout(sheet)
        columns.setContentsMargins(0, 0, theme.px(8), 0)
        columns.setSpacing(theme.px(32))
        filled = [group for group in groups if group[1]]
        half = (sum(len(commands) + 2 for _scope, commands in filled) + 1) // 2
        column, used = self._new_column(columns), 0
        for place, (scope, commands) in enumerate(filled):
            if place and used >= half:
                column.addStretch(1)
                column, used = self._new_column(columns), 0
            self._add_group(column, scope, commands)
            used += len(commands) + 2
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        area.setAccessibleName(_("Keyboard sheet"))
        close = secondary(_("Close"), keys="Escape", parent=self)
        close.clicked.connect(self.accept)
        body = QVBoxLayout(self)
        side = theme.px(20)
        body.setContentsMargins(side, side, side, side)
        body.setSpacing(theme.px(3 * SPACE))
        body.addWidget(PlainLabel(_("Keyboard"), role=TextRole.TITLE, parent=self))
        body.addWidget(area, 1)
        note = PlainLabel(
            _(
                "Letters and digits act while the list, the message or the offers have the focus."
                " “Single keys off” among the commands (Ctrl K) stops that."
            ),
            tone=Tone.MUTED, wrap=True, parent=self,
        )  # fmt: skip
        lower = row(note, close)
        lower.setStretch(0, 1)
        body.addLayout(lower)
        room = parent.window().size() - QSize(theme.px(32), theme.px(32))
        self.resize(QSize(theme.px(SHEET_WIDTH), theme.px(SHEET_HEIGHT)).boundedTo(room))

    def _with_keys(self, scope: Scope) -> list[Command]:
        return [each for each in self._registry.commands() if each.scope is scope and each.shown_keys()]

    @staticmethod
    def _new_column(columns: QHBoxLayout) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(app_theme().px(2 * SPACE))
        columns.addLayout(column, 1)
        return column

    def _add_group(self, column: QVBoxLayout, scope: Scope, commands: list[Command]) -> None:
        theme = app_theme()
        column.addWidget(PlainLabel(scope_title(scope), role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, theme.px(4 * SPACE))
        grid.setHorizontalSpacing(theme.px(3 * SPACE))
        grid.setVerticalSpacing(theme.px(SPACE + 2))
        grid.setColumnStretch(1, 1)
        for line, command in enumerate(commands):
            grid.addWidget(PlainLabel(command.shown_keys(), role=TextRole.SMALL_BOLD), line, 0)
            grid.addWidget(PlainLabel(command.text, wrap=True), line, 1)
        column.addLayout(grid)
