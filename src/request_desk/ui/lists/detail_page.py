"""One thing in full beside its list: a title, headed sections in a scroll, its acts below; what they say a subclass knows."""

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QVBoxLayout, QWidget

from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.running.timing import Stoppable
from request_desk.ui.widgets.acts import ActsBar, ActSpec
from request_desk.ui.widgets.layout import Card, Line, column_scroll
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

View = TypeVar("View")
SLOW: Final = 250  # milliseconds after which a thing that is being read says so


class DetailPage(QWidget, Generic[View]):
    """A subclass lays out its sections, reads in `read`, fills in `fill` and says in `acts_of` what can be done.

    While another thing is read nothing can be done with the one that is still shown. A `main` part has the room that is left
    below the sections, and the keys, and who has one places the title; without one title and sections scroll.
    """

    def __init__(
        self,
        context: DeskContext,
        *,
        name: str,
        choose: str,
        reading: str,
        topics: tuple[Topic, ...],
        main: QAbstractScrollArea | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.context = context
        self.key: int | None = None
        self._choose, self._reading_words, self._topics = choose, reading, topics
        self._reading: Pending[Any] | None = None
        self._slow: Stoppable | None = None
        self._is_stale = False
        self.setAccessibleName(name)
        self.title = PlainLabel("", role=TextRole.TITLE, wrap=True, selectable=True, name=name)
        self.acts = ActsBar()
        self._sections = QVBoxLayout()
        self._sections.setSpacing(app_theme().px(2 * SPACE))
        card = Card(name=name)
        self.place = main if main is not None else self._scroll(name)
        if main is not None:
            card.body.addLayout(self._sections)
        card.body.addWidget(self.place, 1)
        card.body.addWidget(self.acts)
        self.stack = StateStack(card, self, is_card=True)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.stack)
        self.stack.pane.acted.connect(self._retry)
        context.hub.changed.connect(self._changed)
        self.show_thing(None)

    def _scroll(self, name: str) -> QAbstractScrollArea:
        """The title and the sections in a scroll."""
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addLayout(self._sections)
        column.addStretch(1)
        place = column_scroll(inner)
        place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows scroll
        place.setAccessibleName(name)
        return place

    # what a subclass says

    def read(self, key: int) -> Pending[View]:
        """Read one thing."""
        raise TypeError("a detail reads its own thing")

    def fill(self, view: View) -> None:
        """Show what was read."""
        raise TypeError("a detail shows its own thing")

    def acts_of(self, view: View) -> Sequence[ActSpec]:
        """Return what can be done with it, and why the rest cannot."""
        return ()

    # how it is made

    def add_top(self, *parts: QWidget) -> None:
        """Add parts right below the title."""
        for part in parts:
            self._sections.addWidget(part)

    def add_section(self, heading: str, *parts: QWidget) -> QWidget:
        """Add parts under a heading, with a line above it, and return it all: `show_if` leaves it out."""
        section = QWidget()
        body = QVBoxLayout(section)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(self._sections.spacing())
        heads = (Line(), PlainLabel(heading, role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
        for part in (*heads, *parts):
            body.addWidget(part)
        self._sections.addWidget(section)
        return section

    # what is shown

    def show_thing(self, key: int | None) -> None:
        """Show the thing of `key`, None for nothing."""
        if key is not None and key == self.key:
            return
        self.key = key
        if key is None:
            self._drop()
            self.stack.show_state(State.EMPTY, self._choose)
        else:
            self._begin(key)

    def take_focus(self) -> None:
        """Give the keys to what is shown."""
        if self.stack.is_content_shown():
            self.place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading.drop()
        if self._slow is not None:
            self._slow.stop()
        self._reading = self._slow = None

    def _read(self, key: int) -> None:
        self._drop()
        self._is_stale = False
        self._reading = self.read(key).done(self._thing_read).refused(self._refused)

    def _begin(self, key: int) -> None:
        self.acts.setEnabled(False)
        self._read(key)
        self._slow = self.context.timers(self, SLOW, self._is_slow)

    def _is_slow(self) -> None:
        self._slow = None
        self.stack.show_state(State.LOADING, self._reading_words)

    def _thing_read(self, view: View) -> None:
        self._drop()
        self.fill(view)
        self.acts.show_acts(self.acts_of(view))
        self.acts.setEnabled(True)
        self.stack.show_content()

    def _refused(self, refused: Refused) -> None:
        self._drop()
        state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
        self.stack.show_state(state, refused.sentence, action=_("Try again"))

    @Slot(object)
    def _retry(self, _state: object) -> None:
        if self.key is not None:
            self._begin(self.key)

    # changes

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if not changes.touches(*self._topics):
            return
        self._is_stale = True
        if self.isVisible():
            self._follow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        if self._is_stale and self.key is not None:
            self._read(self.key)
