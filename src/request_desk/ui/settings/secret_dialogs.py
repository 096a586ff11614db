"""The value of a secret on its way to a partner, hidden until it is asked for, and the question for the password before it."""

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.services.people.access import Hidden
from request_desk.services.practice.booking_secrets import Revealed
from request_desk.ui.editor.editor import Editor
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.layout import field, row
from request_desk.ui.widgets.painting import fill_round
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CONTROL, SPACE, TextRole, Tone, app_theme

_WIDTH = 560  # pixels at 100 %: a value stands in one line
_DOTS = "•" * 43
Id = TypeVar("Id", bound=int)


class HiddenValue(QWidget):
    """Paints a value, or dots in its place. It has no text that a screen reader, a tooltip or a selection could hand on (SEC-05)."""

    def __init__(self, value: Hidden, parent: QWidget) -> None:
        super().__init__(parent)
        self._value = value
        self.is_shown = False
        self.setAccessibleName(_("The value. Copy it with the button."))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, shown: bool) -> None:
        self.is_shown = shown
        self.update()

    def forget(self) -> None:
        """Keep nothing once the dialog is closed."""
        self._value = Hidden()
        self.show_value(False)

    def sizeHint(self) -> QSize:
        metrics, theme = QFontMetrics(self._font()), app_theme()
        longest = max(len(self._value.text), len(_DOTS))
        return QSize(
            metrics.horizontalAdvance("0" * longest) + theme.px(6 * SPACE), metrics.height() + theme.px(4 * SPACE)
        )

    def _font(self) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(app_theme().px(13))
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        fill_round(painter, self.rect(), theme.tile, theme.px(RADIUS_CONTROL))
        painter.setFont(self._font())
        painter.setPen(theme.color(Tone.INK))
        inner = self.rect().adjusted(theme.px(3 * SPACE), 0, -theme.px(3 * SPACE), 0)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, flags, self._value.text if self.is_shown else _DOTS)


class SecretShown(Question):
    """Key id and value, each with a button that copies it. Enter copies the value first, so that it is not closed unread.

    Of a secret without key id there is the value alone.
    """

    def __init__(self, name: str, key_id: str, value: Hidden, parent: QWidget, *, detail: str = "") -> None:
        super().__init__(
            _("Secret of {name}").format(name=name),
            detail=detail
            or _(
                "The partner's program needs both, and signs its booking tokens with the value. Hand it over on a safe way, never by "
                "e-mail. It can be shown again as long as it is active."
            ),
            yes=_("Close"),
            parent=parent,
        )
        self.setMinimumWidth(app_theme().px(_WIDTH))
        self._secret = value
        self._key = key_id
        self.key_id = PlainLabel(key_id, selectable=True, name=_("Key id"))
        self.value = HiddenValue(value, self)
        self.key_button = secondary(_("Copy"), icon="copy", parent=self)
        self.key_button.setAccessibleName(_("Copy the key id"))
        self.show_button = secondary(_("Show"), icon="eye", parent=self)
        self.copy_button = secondary(_("Copy the value"), icon="copy", parent=self)
        for button, texts in (
            (self.key_button, (_("Copy"), _("Copied"))),
            (self.show_button, (_("Show"), _("Hide"))),
            (self.copy_button, (_("Copy the value"), _("Copied"))),
        ):
            button.hold_width(texts)
        self._lay_out()
        self.copy_button.setDefault(True)
        self.copy_button.setFocus()
        self.key_button.clicked.connect(self._copy_key)
        self.show_button.clicked.connect(self._turn)
        self.copy_button.clicked.connect(self._copy)
        self.finished.connect(self._forget)

    def _lay_out(self) -> None:
        lines = [(_("Value"), row(self.value, self.show_button))]
        if self._key:
            lines.insert(0, (_("Key id"), row(self.key_id, self.key_button, None)))
        for label, line in lines:
            line.setContentsMargins(0, 0, 0, 0)
            both = QWidget(self)
            both.setLayout(line)
            self.add(field(label, both))
        self.key_button.setVisible(bool(self._key))
        self.buttons.insertWidget(self.buttons.indexOf(self.yes), self.copy_button)

    @Slot()
    def _forget(self) -> None:
        self._secret = Hidden()
        self.value.forget()

    @Slot()
    def _copy_key(self) -> None:
        QGuiApplication.clipboard().setText(self._key)
        self.key_button.set_text(_("Copied"))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._secret.text)
        self.copy_button.set_text(_("Copied"))
        self.yes.setDefault(True)
        self.yes.setFocus()

    @Slot()
    def _turn(self) -> None:
        self.value.show_value(not self.value.is_shown)
        self.show_button.set_text(_("Hide") if self.value.is_shown else _("Show"))


class PasswordAsked(Question):
    """Asks for the own password before an act. `typed` hands it over; whoever hears it closes the question or says what is wrong."""

    typed = Signal(str)

    def __init__(self, question: str, detail: str, yes: str, parent: QWidget) -> None:
        super().__init__(question, detail=detail, yes=yes, no=_("Cancel"), parent=parent)
        self.password = QLineEdit(self)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.wrong = PlainLabel("", role=TextRole.SMALL, tone=Tone.DANGER, wrap=True, parent=self)
        self.wrong.hide()
        self.add(field(_("Your password"), self.password), self.wrong)
        self.password.setFocus()

    def accept(self) -> None:
        """Hand the password over; the question stays until it was looked at."""
        if self.password.text() and self.yes.isEnabled():
            self.yes.setEnabled(False)
            self.wrong.hide()
            self.typed.emit(self.password.text())

    def refuse(self, sentence: str) -> None:
        """Say what is wrong and ask again."""
        self.yes.setEnabled(True)
        self.password.clear()
        self.password.setFocus()
        self.password.setAccessibleDescription(sentence)
        self.wrong.setText(sentence)
        self.wrong.show()
        self.adjustSize()

    def let_in(self) -> None:
        """The password was right."""
        self.password.clear()
        super().accept()


def ask_to_reveal(
    form: Editor,
    name: str,
    reveal: Callable[[Any, Any, Id, str], Revealed],
    secret_id: Id,
    show: Callable[[Revealed], object],
) -> None:
    """Show a secret to whoever types the own password (SEC-05); `reveal` takes the desk, the actor, the id and the password."""
    question = _("Show the secret of {name}?").format(name=name)
    detail = _("It is noted in the journal that you looked at it.")
    asked = PasswordAsked(question, detail, _("Go on"), form.window())

    def revealed(found: Revealed) -> None:
        if found.sentence:
            asked.refuse(found.sentence)
            return
        asked.let_in()
        show(found)

    def refused(why: Refused) -> None:
        asked.refuse(why.sentence)

    def look(password: str) -> None:
        form.context.runner.with_desk(asked, reveal, secret_id, password).done(revealed).refused(refused)

    asked.typed.connect(look)
    asked.open()
