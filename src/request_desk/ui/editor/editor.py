"""What every form shares: reading when it is seen, keeping what is typed, saving, and saying why it was refused."""

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSpinBox,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Conflict, Invalid, Refused
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.layout import Card, column_scroll, field, row
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel, repolish
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

T = TypeVar("T")
_NARROW, _WIDE = 420, 760  # pixels at 100 %: lines of a form are not stretched over a wide screen
_SHORTEST = 16  # letters that a choice shows at least
CHANGED_ELSEWHERE = _(
    "This was changed elsewhere meanwhile. What you typed is kept: save it to replace the change, or undo it to see the change."
)


class Editor(QWidget):
    """A form for one thing. A subclass lays out `fields`, reads in `read`, fills in `fill`, compares in `is_changed`, writes in `save`.

    A change made elsewhere is shown at once, unless something was typed here: that stays.
    """

    edited = Signal(bool)  # whether something is typed that is not saved
    stored = Signal(object)  # what the service returned

    def __init__(
        self,
        context: DeskContext,
        title: str,
        hint: str,
        permission: Permission,
        topics: tuple[Topic, ...],
        *,
        reading: str = _("Reading the settings …"),
    ) -> None:
        super().__init__()
        self.context = context
        self._permission = permission
        self._topics = topics
        self._reading_words = reading
        self._stale = True
        self._says_unreadable = False
        self._busy = False
        self._beside: dict[str, tuple[QWidget, PlainLabel]] = {}
        self.setAccessibleName(title)
        self.card = Card(padding=20, name=title)
        self.fields = QVBoxLayout()
        self.said = PlainLabel("", role=TextRole.BODY, tone=Tone.DANGER, wrap=True)
        self.said.hide()
        self.locked = PlainLabel(_("Only an administrator can change this."), tone=Tone.MUTED, wrap=True)
        self.save_button = primary(_("Save"), icon="save", keys="Ctrl+S")
        self.again_button = secondary(_("Undo my changes"), icon="undo-2")
        self.buttons = row(self.again_button, None, self.save_button)
        self.column = QVBoxLayout()
        self.stack = StateStack(self._scroll())
        self._build(title, hint)
        self.save_button.clicked.connect(self.save_clicked)
        self.again_button.clicked.connect(self.undo_changes)
        self.stack.pane.acted.connect(self._retry)
        context.hub.changed.connect(self._heard)
        app_theme().changed.connect(self._measure)
        self._measure()
        self.stack.show_state(State.LOADING, self._reading_words)

    def _scroll(self) -> QScrollArea:
        inner = QWidget()
        inner.setLayout(self.column)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.card)
        self.column.addStretch(1)
        place = QWidget()
        aside = QHBoxLayout(place)
        aside.setContentsMargins(0, 0, 0, 0)
        aside.addWidget(inner, 1)
        aside.addStretch(0)
        self._inner = inner
        self._area = column_scroll(place)
        return self._area

    def _build(self, title: str, hint: str) -> None:
        body = self.card.body
        body.addWidget(PlainLabel(title, role=TextRole.TITLE))
        body.addWidget(PlainLabel(hint, tone=Tone.MUTED, wrap=True))
        body.addSpacing(app_theme().px(2 * SPACE))
        body.addLayout(self.fields)
        body.addSpacing(app_theme().px(2 * SPACE))
        body.addWidget(self.said)
        body.addWidget(self.locked)
        body.addLayout(self.buttons)
        self.save_button.setEnabled(False)
        self.again_button.setEnabled(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        self.fields.setSpacing(theme.px(4 * SPACE))
        self.column.setSpacing(theme.px(14))
        self._inner.setMinimumWidth(theme.px(_NARROW))
        self._inner.setMaximumWidth(theme.px(_WIDE))

    # What a subclass says

    def read(self) -> None:
        """Read what is stored; ends with `shown` or `unreadable`."""
        raise TypeError("an editor reads what it edits")

    def fill(self) -> None:
        """Put what is stored into the fields."""
        raise TypeError("an editor fills its own fields")

    def is_changed(self) -> bool:
        """Whether the fields say something else than what is stored."""
        raise TypeError("an editor compares its own fields")

    def save(self) -> None:
        """Store what the fields say, with `send`."""
        raise TypeError("an editor saves what it edits")

    # Reading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read()

    def _read(self) -> None:
        self._stale = False
        self.read()

    @Slot(object)
    def _heard(self, changes: Changes) -> None:
        if changes.touches(*self._topics):
            if self.isVisible():
                self._read()
            else:
                self._stale = True

    @Slot(object)
    def _retry(self, _state: object) -> None:
        self.stack.show_state(State.LOADING, self._reading_words)
        self._read()

    def shown(self, *, refill: bool) -> None:
        """What is stored was read: the fields follow unless something was typed. Why an act was refused stays to be read."""
        if refill:
            self.fill()
        if self._says_unreadable:
            self.say("")
        self.stack.show_content()
        self.show_ability()

    def unreadable(self, refused: Refused) -> None:
        """It could not be read; what is shown already stays."""
        self._stale = True
        if self.stack.is_content_shown():
            self.say(refused.sentence)
            self._says_unreadable = True
        else:
            self.stack.show_state(State.ERROR, refused.sentence, action=_("Try again"))

    # Editing

    def add_field(self, label: str, control: QWidget, *, name: str, hint: str = "") -> None:
        """Lay out a control under its label, with a line of its own for what is wrong with it; `name` is the service's for it."""
        self.fields.addWidget(field(label, control, hint=hint))
        self.tell_beside(name, control, self.fields)

    def tell_beside(self, name: str, control: QWidget, place: QVBoxLayout) -> None:
        """Say below a control what the service finds wrong with the value of this name."""
        line = PlainLabel("", role=TextRole.SMALL, tone=Tone.DANGER, wrap=True)
        line.hide()
        place.addWidget(line)
        self._beside[name] = (control, line)

    def follow(self, *controls: QWidget) -> None:
        """Notice what is typed into these controls, and let the wheel scroll the form instead of changing them."""
        for control in controls:
            match control:
                case QLineEdit() | QPlainTextEdit():
                    control.textChanged.connect(self.show_ability)
                case QCheckBox():
                    control.toggled.connect(self.show_ability)
                case QComboBox():
                    control.currentIndexChanged.connect(self.show_ability)
                    control.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
                    control.setMinimumContentsLength(_SHORTEST)
                    control.setItemDelegate(QStyledItemDelegate(control))  # the own one of Qt paints past the theme
                case QSpinBox():
                    control.valueChanged.connect(self.show_ability)
                case QDateTimeEdit():
                    control.dateTimeChanged.connect(self.show_ability)
                case _:
                    raise TypeError("no such control in a form")
            if isinstance(control, QComboBox | QAbstractSpinBox):
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def may_change(self) -> bool:
        return may(self.context.actor(), self._permission)

    def lock(self, *controls: QWidget, closed: bool = False) -> None:
        """Let only those change it who may, and nobody what is closed; it can be read as well as before."""
        allowed = self.may_change() and not closed
        for control in controls:
            if control.property("locked") != (not allowed):
                control.setProperty("locked", not allowed)
                repolish(control)
            if isinstance(control, QLineEdit | QPlainTextEdit):
                control.setReadOnly(not allowed)
            else:
                control.setEnabled(allowed)

    @Slot()
    def show_ability(self) -> None:
        """Enable what can be done with what is typed."""
        allowed, changed = self.may_change(), self.stack.is_content_shown() and self.is_changed()
        self.locked.setVisible(not allowed)
        self.save_button.setVisible(allowed)
        self.again_button.setVisible(allowed)
        self.save_button.setEnabled(changed and not self._busy)
        self.again_button.setEnabled(changed and not self._busy)
        self.edited.emit(allowed and changed)

    @Slot()
    def undo_changes(self) -> None:
        """Show what is stored again."""
        self.refill()

    def refill(self) -> None:
        """Fill the fields anew; what was typed and said is gone."""
        self.fill()
        self.say("")
        self.show_ability()

    # Saving

    @Slot()
    def save_clicked(self) -> None:
        if self.save_button.isEnabled() and self.may_change():
            self.say("")
            self.save()

    def send(self, pending: Pending[T]) -> None:
        """Wait for what stores it; until it is answered nothing is stored a second time."""
        self._busy = True
        self.say("")
        self.show_ability()
        pending.done(self._stored).refused(self.refuse).settled(self._settled)

    def _stored(self, value: object) -> None:
        self.context.messages.say(_("Saved."))
        self.say("")
        self.stored.emit(value)

    def _settled(self) -> None:
        self._busy = False
        self.show_ability()

    def refuse(self, refused: Refused) -> None:
        """Say why it was not stored; what was typed stays, and after a conflict the present state is read."""
        problems = (refused, *refused.others) if isinstance(refused, Invalid) else ()
        told = [(*self._beside[each.field], each.sentence) for each in problems if each.field in self._beside]
        self.say("" if told and len(told) == len(problems) else refused.sentence)
        for control, line, sentence in told:
            control.setAccessibleDescription(sentence)
            line.setText(sentence)
            line.show()
        if told:
            control, line, _sentence = told[0]
            control.setFocus(Qt.FocusReason.OtherFocusReason)
            self._area.ensureWidgetVisible(line)  # below a tall field it may lie out of sight
        if isinstance(refused, Conflict):
            self.read()

    def say(self, sentence: str) -> None:
        self._says_unreadable = False
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        for control, line in self._beside.values():
            if line.text():
                control.setAccessibleDescription("")
                line.setText("")
                line.hide()
