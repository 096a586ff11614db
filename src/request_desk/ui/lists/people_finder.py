"""A field that finds people, with what it found below; who is found and what is done with one is decided elsewhere."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.errors import Refused
from request_desk.services.desk import Unit
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

Hit = TypeVar("Hit")
_LOWEST, _HIGHEST = 96, 196  # pixels at 100 % of the list
_LEFT = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class _Then(Enum):
    """What the list does when the answer is there."""

    WAIT = 0
    ENTER = 1


class PeopleFinder(QWidget, Generic[Hit]):
    """Type, Down, Enter or Tab: that is the one. The list goes away when one is chosen and comes back with typing."""

    chosen = Signal(object)  # Hit

    def __init__(
        self,
        context: DeskContext,
        find: Callable[[Unit, str], Sequence[Hit]],
        columns: Sequence[Column[Hit]],
        key_of: Callable[[Hit], int],
        *,
        search: str,
        found: str,
        nothing: str,
    ) -> None:
        super().__init__()
        self._context = context
        self._find, self._nothing = find, nothing
        self._then = _Then.WAIT
        self._reading: Pending[Sequence[Hit]] | None = None
        self.search = SearchField(search)
        self._model: ColumnsModel[Hit] = ColumnsModel(columns, key_of, self)
        self.list = ColumnsView(self._model, name=found)
        self._card = Card(padding=1)
        self._card.body.addWidget(self.list)
        self._said = PlainLabel("", tone=Tone.MUTED, wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(app_theme().px(2 * SPACE))
        for part in (self.search, self._card, self._said):
            box.addWidget(part)
        self._card.setMinimumHeight(app_theme().px(_LOWEST))
        self._card.setMaximumHeight(app_theme().px(_HIGHEST))
        self._card.hide()
        self._said.hide()
        self.search.installEventFilter(self)
        self.list.installEventFilter(self)
        self.search.searched.connect(self._search)
        self.list.opened.connect(self._opened)
        self.list.clicked.connect(self._clicked)
        self.setFocusProxy(self.search)

    @Slot(str)
    def _search(self, text: str) -> None:
        if self._reading is not None:
            self._reading.drop()
        if text:
            self._reading = self._context.runner.read(self, self._find, text).done(self._found).refused(self._refused)
        else:
            self._card.hide()
            self._say("")

    def _found(self, hits: Sequence[Hit]) -> None:
        self.list.select_key(None)
        self._model.set_rows(hits)
        self._card.setVisible(bool(hits))
        self._say("" if hits else self._nothing)
        if self._then is _Then.ENTER and hits:
            self._enter()
        self._then = _Then.WAIT

    def _refused(self, refused: Refused) -> None:
        self._card.hide()
        self._say(refused.sentence)

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._key_in_field(event)
        left = isinstance(event, QFocusEvent) and event.type() is QEvent.Type.FocusOut and event.reason() in _LEFT
        if watched is self.list and left:
            self._choose(self.list.selected_key())
        return False

    def _key_in_field(self, event: QKeyEvent) -> bool:
        """Down goes into the list, Enter too; before the answer is there it goes as soon as it is."""
        if event.key() not in (Qt.Key.Key_Down.value, Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value):
            return False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if self._card.isVisible() and event.key() == Qt.Key.Key_Down.value:
            self._enter()
        elif self.search.text().strip():
            self._then = _Then.ENTER
            self.search.hush()
            self._search(self.search.text().strip())
        return True

    def _enter(self) -> None:
        if self.search.hasFocus() and self.list.select_first():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _opened(self, key: int | None) -> None:
        self._choose(key)
        self.focusNextPrevChild(True)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._choose(self._model.key_at(index.row()))

    def _choose(self, key: int | None) -> None:
        hit = self._model.cached(key) if key is not None else None
        if hit is not None:
            self.chosen.emit(hit)
            self._card.hide()
