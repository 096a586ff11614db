"""An editor for one of several things that are chosen above its fields; how they are chosen is the chooser's business."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Slot

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.words import _
from request_desk.ui.editor.choosers import ListChooser, NameChooser, Thing
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.running.context import DeskContext

N = TypeVar("N", bound=Thing)
C = TypeVar("C", NameChooser, ListChooser)
SAVE_FIRST = _("Save or undo what you typed first.")


class ChoiceEditor(Editor, Generic[N, C]):
    """What is typed is saved or undone before another thing is shown. A subclass fills its fields in `fill_from`.

    `begin_new` shows empty fields for a thing that is made when it is saved.
    """

    def __init__(
        self,
        context: DeskContext,
        title: str,
        hint: str,
        permission: Permission,
        topics: tuple[Topic, ...],
        chooser: C,
    ) -> None:
        super().__init__(context, title, hint, permission, topics)
        self.chooser: C = chooser
        self.is_new: bool = False
        self._things: dict[int, N] = {}
        self._shown: N | None = None  # what the fields were filled from; None for a new one
        if isinstance(chooser, NameChooser):
            self.follow(chooser)
        chooser.chosen.connect(self._another_chosen)

    def fill_from(self, thing: N | None, /) -> None:
        """Put a thing into the fields, nothing for None."""
        raise TypeError("an editor fills its own fields")

    def fill(self) -> None:
        if not self._things and self.may_change():
            self.is_new = True  # where there is nothing yet, the first one is made
        self._shown = None if self.is_new else self.chosen()
        self.fill_from(self._shown)

    def chosen(self) -> N | None:
        """Return the thing that is chosen."""
        key = self.chooser.key()
        return None if key is None else self._things.get(key)

    def take(self, things: Sequence[N], wanted: int | None = None) -> None:
        """Show what was read, and `wanted` of it: the fields follow unless something was typed."""
        before, kept = self._shown, self.is_changed()
        self._things = {each.id: each for each in things}
        now = self._things.get(before.id) if before is not None else None
        here = now.id if now is not None else self.chooser.key()
        self.chooser.show_things(things, here if wanted is None else wanted)
        if kept and (self.is_new or now is not None):
            self._shown = now
            self.shown(refill=False)
            if before is not None and now is not None and now.version != before.version:
                self.say(CHANGED_ELSEWHERE)
            return
        self.shown(refill=True)

    @Slot()
    def begin_new(self) -> None:
        """Show empty fields for a new thing."""
        if self.is_changed():
            self.say(SAVE_FIRST)
            return
        self.is_new = True
        self.refill()

    @Slot()
    def undo_changes(self) -> None:
        self.is_new = False
        super().undo_changes()

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        self.again_button.setEnabled(self.again_button.isEnabled() or self.is_new)

    @Slot()
    def _another_chosen(self) -> None:
        if not self.is_changed():
            self.undo_changes()
        elif self._shown is not None and self.chooser.key() != self._shown.id:
            self.say(SAVE_FIRST)
            self.chooser.choose(self._shown.id)
        elif self._shown is None:
            self.say(SAVE_FIRST)

    def _stored(self, value: object) -> None:
        """What is stored is what was typed: the fields follow what is read next."""
        self._shown, self.is_new = None, False
        super()._stored(value)
        self.read()
