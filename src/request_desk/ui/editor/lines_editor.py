"""A part of a form with a list of lines and the fields of the chosen one below: what all of these share; saving is the form's business."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.ui.editor.choosers import ListChooser, Listed
from request_desk.ui.editor.editor import Editor
from request_desk.ui.lists.columns import Column

L = TypeVar("L", bound=Listed)


class LinesEditor(QWidget, Generic[L]):
    """What is typed into the fields is in the list at once; nothing is stored before the form is."""

    edited = Signal()

    def __init__(self, form: Editor, columns: Sequence[Column[Any]], *, name: str) -> None:
        super().__init__()
        self._form = form
        self._lines: list[L] = []
        self._is_filling = False
        self.chooser = ListChooser(columns, name=name)

    def _chosen(self) -> L | None:
        key = self.chooser.key()
        return next((each for each in self._lines if each.id == key), None)

    def _list(self, key: int | None) -> None:
        """Show the lines anew, and the fields of the one that is chosen then."""
        self.chooser.show_things(self._lines, key)
        self.chooser.chosen.emit()

    def _list_near(self, place: int) -> None:
        """Show the lines anew after one of them was taken out: what stands there now is chosen."""
        self._list(self._lines[min(place, len(self._lines) - 1)].id if self._lines else None)

    @Slot(bool)
    def _move(self, up: bool) -> None:
        line = self._chosen()
        if line is not None:
            place = self._lines.index(line)
            self._lines.insert(place + (-1 if up else 1), self._lines.pop(place))
            self._list(line.id)
            self.edited.emit()
