"""The one-time code of an account, shown once: to be copied or read out; nothing keeps it."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _
from request_desk.services.people.access import OneTimeCode
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.theme import app_theme

_WIDTH = 540  # pixels at 100 %: the code stands in one line


class CodeShown(Question):
    """Enter copies the code first: a key that was pressed once too often must not close it unread."""

    def __init__(self, code: OneTimeCode, until: str, parent: QWidget) -> None:
        super().__init__(
            _("One-time code of {login}: {code}").format(login=code.login, code=code.code.text),
            detail=_(
                "Hand it over in person. It works once and for a day, until {time}. It is not shown again."
            ).format(time=until),
            yes=_("OK"),
            parent=parent,
        )
        self._code = code.code
        self.setMinimumWidth(app_theme().px(_WIDTH))
        flags = Qt.TextInteractionFlag
        self.question.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.copy_button = secondary(_("Copy"), icon="copy", parent=self)
        self.copy_button.hold_width([_("Copy"), _("Copied")])
        self.copy_button.setDefault(True)
        self.copy_button.setFocus()
        self.copy_button.clicked.connect(self._copy)
        self.buttons.insertWidget(self.buttons.indexOf(self.yes), self.copy_button)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code.text)
        self.copy_button.set_text(_("Copied"))
        self.yes.setDefault(True)
        self.yes.setFocus()
