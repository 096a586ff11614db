"""The sign-in pane: name, password, a new password when one is asked for; it covers the window and decides nothing."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import ghost, primary
from request_desk.ui.widgets.layout import Card, Line, field, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.launch import DemoStaff

_WIDTH = 400  # pixels at 100 %
_QUIT = QKeySequence("Ctrl+Q")  # the one command that a covered window still hears
_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class SignInPane(QFrame):
    """Covers its window, opaque, until somebody has signed in."""

    signed_in = Signal(str, str, bool)  # login, password, remember
    password_chosen = Signal(str)  # the new one, twice the same

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("cover")
        self.setAccessibleName(_("Sign in"))
        self.setAutoFillBackground(True)
        window.installEventFilter(self)
        self._card = Card(self, padding=28, name=_("Sign in"))
        self._title = PlainLabel(_("Sign in"), role=TextRole.TITLE)
        self._hint = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self.login = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.again = QLineEdit()
        self.again.setEchoMode(QLineEdit.EchoMode.Password)
        self.remember = QCheckBox(_("Remember me on this computer"))
        self.said = PlainLabel("", role=TextRole.SMALL, tone=Tone.DANGER, wrap=True)
        self.button = primary(_("Sign in"), keys="Return")
        self._login_field = field(_("User name"), self.login)
        self._password_field = field(_("Password"), self.password)
        self._again_field = field(_("The new password again"), self.again)
        self._demo = QWidget()
        self._demo_list = QVBoxLayout(self._demo)
        self._demo_list.setContentsMargins(0, 0, 0, 0)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for part in (
            self._title,
            self._hint,
            self._login_field,
            self._password_field,
            self._again_field,
            self.remember,
            self.said,
            self.button,
            self._demo,
        ):
            self._card.body.addWidget(part)
        self._place_card()
        self._new_password = False
        self.button.clicked.connect(self._submit)
        self.ask_name_and_password()
        app_theme().changed.connect(self._measure)
        self._measure()
        self.hide()

    def _place_card(self) -> None:
        """In the middle; in a small window with large text it can be scrolled."""
        place = QWidget()
        middle = QVBoxLayout(place)
        middle.addStretch(1)
        middle.addLayout(row(None, self._card, None))
        middle.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(place)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self._card.setFixedWidth(theme.px(_WIDTH))
        self._card.body.setSpacing(theme.px(3 * SPACE))
        self._demo_list.setSpacing(theme.px(SPACE / 2))

    def cover(self, *, login: str = "", hint: str = "") -> None:
        """Show the pane over the window, with the focus where typing begins."""
        self.ask_name_and_password()
        self.login.setText(login)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
            application.installEventFilter(self)  # the last one installed hears first
        (self.password if login else self.login).setFocus()

    def uncover(self) -> None:
        """Hide the pane and forget what was typed."""
        self.password.clear()
        self.again.clear()
        self.said.setText("")
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.hide()

    def ask_name_and_password(self) -> None:
        """The ordinary form."""
        self._new_password = False
        self._title.setText(_("Sign in"))
        self.button.set_text(_("Sign in"))
        self._login_field.show()
        self._again_field.hide()
        self.remember.show()
        self._demo.setVisible(self._demo_list.count() > 0)
        self.set_busy(busy=False)

    def ask_new_password(self, sentence: str = "") -> None:
        """The form for a new password, after a one-time code."""
        self._new_password = True
        self._title.setText(_("Choose a password"))
        self._hint.setText(_("At least 15 characters; a few words are easy to remember and hard to guess."))
        self._hint.show()
        self.button.set_text(_("Set the password"))
        self._login_field.hide()
        self._again_field.show()
        self.remember.hide()
        self._demo.hide()
        self.password.clear()
        self.again.clear()
        self.said.setText(sentence)
        self.set_busy(busy=False)
        self.password.setFocus()

    def offer_demo_staff(self, staff: Sequence[DemoStaff]) -> None:
        """List the logins of the demo practice with their passwords; a click signs in."""
        self._demo_list.addWidget(Line())
        self._demo_list.addSpacing(app_theme().px(2 * SPACE))
        self._demo_list.addWidget(PlainLabel(_("Demo practice: a click signs in"), tone=Tone.MUTED))
        for person in staff:
            button = ghost(one_line(f"{person.name} · {person.role}"), icon="user")
            button.setAccessibleDescription(_("Signs in as {login}").format(login=person.login))
            button.setProperty("login", person.login)
            button.setProperty("password", person.password)
            button.clicked.connect(self._demo_clicked)
            self._demo_list.addWidget(button)
            words = PlainLabel(f"{person.login}  ·  {person.password}", tone=Tone.MUTED, selectable=True)
            words.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes from login to login
            words.setContentsMargins(app_theme().px(42), 0, 0, app_theme().px(SPACE))
            self._demo_list.addWidget(words)
        self._demo.setVisible(bool(staff))

    def refuse(self, sentence: str) -> None:
        """Say why it did not work; what was typed stays."""
        self.said.setText(sentence)
        self.set_busy(busy=False)
        self.password.selectAll()
        self.password.setFocus()

    def set_busy(self, *, busy: bool) -> None:
        """A try is under way: no second one until it is answered."""
        self.button.setEnabled(not busy)
        self.said.setVisible(bool(self.said.text()))

    @Slot()
    def _demo_clicked(self) -> None:
        button = self.sender()
        if self.button.isEnabled():
            self.login.setText(str(button.property("login")))
            self.password.setText(str(button.property("password")))
            self._submit()

    @Slot()
    def _submit(self) -> None:
        if not self.button.isEnabled():
            return
        self.said.setText("")
        if self._new_password:
            if self.password.text() != self.again.text():
                self.refuse(_("The two passwords are not the same. Type them again."))
                return
            self.set_busy(busy=True)
            self.password_chosen.emit(self.password.text())
        elif not self.login.text().strip() or not self.password.text():
            self.refuse(_("Type your user name and your password."))
        else:
            self.set_busy(busy=True)
            self.signed_in.emit(self.login.text().strip(), self.password.text(), self.remember.isChecked())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value) and not event.isAutoRepeat():
            self._submit()
        event.accept()  # nothing under the cover hears a key

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Tab goes round inside the cover."""
        stops = [
            widget
            for widget in self.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        stops.sort(key=lambda widget: widget.mapTo(self, widget.rect().topLeft()).y())
        if not stops:
            return False
        focus = QApplication.focusWidget()
        here = stops.index(focus) if focus in stops else -1
        step = 1 if next_ else -1
        reason = Qt.FocusReason.TabFocusReason if next_ else Qt.FocusReason.BacktabFocusReason
        stops[(here + step) % len(stops)].setFocus(reason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size; while it is covered, keep every key of the window inside the cover."""
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget) or self.isHidden():
            return False
        if watched.window() is not self._window:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            if QKeySequence(event.keyCombination()) == _QUIT:
                return False
            event.accept()  # it is a key for the field, not a command of the window
            return True
        if event.type() is QEvent.Type.KeyPress and not isinstance(watched, QLineEdit):
            text = event.text()
            is_letter = len(text) == 1 and text.isprintable() and not text.isspace()
            return not self.isAncestorOf(watched) or (is_letter and not event.modifiers() & _MODIFIERS)
        return False
