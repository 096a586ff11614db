"""An editor of things in an order: a new one, up, down, off and on; what they are and what they say is the form's business."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.words import _
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor, N
from request_desk.ui.editor.choosers import ListChooser, Ordered
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, app_theme


class ListActs(QWidget):
    """A list in its frame with the buttons below it."""

    moved = Signal(bool)  # up

    def __init__(self, chooser: ListChooser, new: str, *, height: int) -> None:
        super().__init__()
        self._chooser = chooser
        self.add_button = secondary(new, icon="plus")
        self.up_button = IconButton("chevron-up", _("Move up"), outlined=True)
        self.down_button = IconButton("chevron-down", _("Move down"), outlined=True)
        self.off_button = secondary(_("Switch off …"))
        self.chooser_frame = Card(padding=1)
        self.chooser_frame.body.addWidget(chooser)
        chooser.setMinimumHeight(app_theme().px(height))
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(8))
        body.addWidget(self.chooser_frame)
        self.buttons = row(self.add_button, None, self.up_button, self.down_button, self.off_button)
        body.addLayout(self.buttons)
        self.up_button.clicked.connect(self._up)
        self.down_button.clicked.connect(self._down)

    def show_for(self, thing: Ordered | None, things: Sequence[Ordered], *, allowed: bool) -> None:
        """Offer what can be done with this one of all of them, which come in their order."""
        ordered = [each.id for each in things if each.active]
        place = ordered.index(thing.id) if thing is not None and thing.id in ordered else None
        for button in (self.add_button, self.up_button, self.down_button, self.off_button):
            button.setVisible(allowed)
        for button, can_move in (
            (self.up_button, place is not None and place > 0),
            (self.down_button, place is not None and place < len(ordered) - 1),
        ):
            if button.hasFocus() and not can_move:
                self._chooser.setFocus()  # not to whatever comes next: a second press would do that
            button.setEnabled(can_move)
        self.off_button.setEnabled(thing is not None)
        self.off_button.set_text(_("Switch off …") if thing is None or thing.active else _("Switch on"))

    @Slot()
    def _up(self) -> None:
        self.moved.emit(True)

    @Slot()
    def _down(self) -> None:
        self.moved.emit(False)


class OrderedEditor(ChoiceEditor[N, ListChooser]):
    """All of them in their order, those that are off at its end, one at a time below.

    A subclass reads and gives them to `take`, puts `which` above its fields, and answers `ask_off` with `ask_to_switch_off`.
    """

    def __init__(
        self,
        context: DeskContext,
        title: str,
        hint: str,
        permission: Permission,
        topics: tuple[Topic, ...],
        columns: Sequence[Column[N]],
        *,
        new: str,
        height: int,
        move: Callable[..., int],
        switch: Callable[..., int],
    ) -> None:
        """`new` is what a new one is called; `move` and `switch` are the use cases."""
        super().__init__(context, title, hint, permission, topics, ListChooser(columns, name=title))
        self._new, self._move_act, self._switch_act = new, move, switch
        self._made: int | None = None  # the one that was just added: the list goes to it
        self.acts = ListActs(self.chooser, _("{new} …").format(new=new), height=height)
        self.which = PlainLabel("", role=TextRole.TITLE, elide=True)
        self.fields.addWidget(self.acts)
        self.acts.add_button.clicked.connect(self.begin_new)
        self.acts.off_button.clicked.connect(self._ask_switch)
        self.acts.moved.connect(self._move)

    def first_field(self) -> QWidget:
        """Return where typing begins in a new one."""
        raise TypeError("an editor has its own fields")

    def ask_off(self, seen: N, /) -> None:
        """Find out what hangs on one that is to be switched off, and ask."""
        raise TypeError("an editor asks in its own words")

    def ask_to_switch_off(self, detail: str) -> None:
        """Ask whether what is shown is to be switched off, with what becomes of what hangs on it."""
        seen = self._shown
        if seen is not None:
            question = _("Switch off {name}?").format(name=isolated_if_needed(one_line(seen.name, 60)))
            asked = ask(self.window(), question, detail=detail, yes=_("Switch off"), dangerous=True)
            asked.answered.connect(self._switch)

    def take(self, things: Sequence[N], wanted: int | None = None) -> None:
        made, self._made = self._made, None
        super().take(sorted(things, key=lambda each: not each.active), made if wanted is None else wanted)

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        seen = self._shown
        self.which.setText(isolated_if_needed(one_line(seen.name)) if seen is not None else self._new)
        self.acts.show_for(seen, list(self._things.values()), allowed=self.may_change())

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def added(self, thing_id: int) -> None:
        """Go to the one that was made once it is read."""
        self._made = thing_id

    @Slot(bool)
    def _move(self, up: bool) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            act = self.context.runner.act(self, self._move_act, seen.id, up=up, expect_version=seen.version)
            self.send(act)

    @Slot()
    def _ask_switch(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None and not seen.active:
            self._switch(True)
        elif seen is not None:
            self.ask_off(seen)

    @Slot(bool)
    def _switch(self, yes: bool) -> None:
        seen = self._shown
        if yes and seen is not None:
            act, version = self._switch_act, seen.version
            self.send(self.context.runner.act(self, act, seen.id, active=not seen.active, expect_version=version))
