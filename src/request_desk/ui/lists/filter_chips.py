"""Filters as chips with a menu, remembered for the user; where the chips stand and what they narrow is decided elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from request_desk.ui.running.context import Preferences
from request_desk.ui.widgets.buttons import Chip


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """A filter: its choices are values of plain JSON with their texts; those that are read later are given to `offer`.

    `default` is chosen until the user has chosen something. `ask` is a last line of the menu for values that are too many
    for one: what answers it offers what was picked, and chooses it.
    """

    key: str
    label: str
    choices: tuple[tuple[object, str], ...] = ()
    multiple: bool = False
    default: tuple[object, ...] = ()
    ask: str = ""


class FilterChips(QObject):
    """The chips of a list's filters; `changed` comes when the user chose something else."""

    changed = Signal()
    asked = Signal(str)  # the key of the filter whose last line was picked

    def __init__(self, specs: Iterable[FilterSpec], preferences: Preferences, kept_under: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._kept_under = kept_under
        kept = preferences.get(kept_under)
        self._kept: dict[str, object] = dict(kept) if isinstance(kept, Mapping) else {}
        self._specs = {spec.key: spec for spec in specs}
        self._chips: dict[str, Chip] = {}
        for key, spec in self._specs.items():
            chip = self._chips[key] = Chip(spec.label, multiple=spec.multiple, ask=spec.ask, parent=parent)
            self.offer(key, spec.choices)
            chip.changed.connect(partial(self._chip_changed, key))
            chip.asked.connect(partial(self.asked.emit, key))

    def chips(self) -> tuple[Chip, ...]:
        """Return the chips in the order of their specs."""
        return tuple(self._chips.values())

    def chosen(self) -> Mapping[str, tuple[object, ...]]:
        """Return the chosen values of each filter, () where it leaves nothing out."""
        return {key: chip.chosen() for key, chip in self._chips.items()}

    def is_narrow(self) -> bool:
        """Whether any filter leaves something out."""
        return any(chip.chosen() for chip in self._chips.values())

    def is_default(self) -> bool:
        """Whether the filters are what they are before the user has chosen anything."""
        return all(set(chip.chosen()) == set(self._specs[key].default) for key, chip in self._chips.items())

    def offer(self, key: str, choices: Sequence[tuple[object, str]]) -> None:
        """Offer these choices; what was remembered is chosen as far as it is among them."""
        self._chips[key].set_options(choices)
        kept = self._kept.get(key, self._specs[key].default)
        self._chips[key].choose(kept if isinstance(kept, list | tuple) else (kept,))

    def choose(self, key: str, values: Iterable[object]) -> None:
        """Choose for the user."""
        self._chips[key].choose(values)
        self._chip_changed(key)

    def clear(self) -> None:
        """Take every filter away; the list is told by whoever does it."""
        for key, chip in self._chips.items():
            chip.choose(())
            self._remember(key)

    def _remember(self, key: str) -> None:
        chosen = self._chips[key].chosen()
        kept = list(chosen) if self._specs[key].multiple else next(iter(chosen), None)
        self._kept = {**self._kept, key: kept}
        self._preferences.put(self._kept_under, self._kept)

    def _chip_changed(self, key: str, _chosen: object = ()) -> None:
        self._remember(key)
        self.changed.emit()
