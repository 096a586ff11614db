"""What one of several things is chosen with above an editor: their names in a box, or a list with columns."""

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox

from request_desk.domain.words import _
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import app_theme


class Listed(Protocol):
    """Something that is chosen in a list."""

    @property
    def id(self) -> int: ...


class Ordered(Listed, Protocol):
    """Something that has a place in an order while it is on."""

    @property
    def active(self) -> bool: ...


class Thing(Ordered, Protocol):
    """Something that is chosen by its name: a department, a location, a person."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...


class NameChooser(QComboBox):
    """The names in a box; those that are switched off stand muted at its end."""

    chosen = Signal()

    def __init__(self, switched_off: str = _("{name} (switched off)")) -> None:
        super().__init__()
        self._switched_off = switched_off
        self._things: tuple[Thing, ...] = ()
        self.currentIndexChanged.connect(self.chosen)
        app_theme().changed.connect(self._colour)

    def show_things(self, things: Sequence[Thing], wanted: int | None) -> None:
        """Offer these and choose one of them, the first where the wanted one is not there; tells nobody."""
        self._things = tuple(sorted(things, key=lambda each: not each.active))
        self.blockSignals(True)  # filling is no choice
        self.clear()
        for each in self._things:
            name = isolated_if_needed(one_line(each.name))
            self.addItem(name if each.active else self._switched_off.format(name=name), each.id)
        self.choose(wanted)
        self.blockSignals(False)
        self._colour()

    def key(self) -> int | None:
        """Return the id of what is chosen."""
        found: int | None = self.currentData()
        return found

    def choose(self, key: int | None) -> None:
        self.setCurrentIndex(max(0, self.findData(key)) if self._things else -1)

    @Slot()
    def _colour(self) -> None:
        for place, each in enumerate(self._things):
            self.setItemData(place, None if each.active else app_theme().muted, Qt.ItemDataRole.ForegroundRole)


class ListChooser(ColumnsView):
    """All of them in a list with columns, in the order in which they come."""

    chosen = Signal()

    def __init__(self, columns: Sequence[Column[Any]], *, name: str) -> None:
        self._model: ColumnsModel[Any] = ColumnsModel(columns, _key)
        self._is_filling = False
        super().__init__(self._model, name=name)
        self._model.setParent(self)
        self.key_selected.connect(self._selected)

    def show_things(self, things: Sequence[Listed], wanted: int | None) -> None:
        """Offer these and choose one of them, the first where the wanted one is not there; tells nobody."""
        self._is_filling = True  # filling is no choice
        self._model.set_rows(things)
        self.choose(wanted)
        if self.key() is None:
            self.select_first()
        self._is_filling = False

    def key(self) -> int | None:
        """Return the id of what is chosen."""
        return self.selected_key()

    def choose(self, key: int | None) -> None:
        if key is not None:
            self.select_key(key)

    @Slot(object)
    def _selected(self, _key: object) -> None:
        if not self._is_filling:
            self.chosen.emit()


def _key(thing: Listed) -> int:
    return thing.id
