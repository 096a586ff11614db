"""Acts that can be done with one thing, as a menu or as a row of buttons; what they do and why not is decided elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.buttons import Button, ButtonKind
from request_desk.ui.widgets.layout import FlowBox
from request_desk.ui.widgets.text import PlainLabel, no_mnemonic
from request_desk.ui.widgets.theme import Tone


@dataclass(frozen=True, slots=True)
class ActSpec:
    """Its verb and what it does; one that has a `why_not` can be read but not done. In a menu those of one `group` are a menu of theirs.

    What is done seldom has its line in the menu, and no button where room is dear.
    """

    text: str
    run: Callable[[], object]
    why_not: str = ""
    icon: str = ""
    is_grave: bool = False
    group: str = ""
    is_seldom: bool = False


class ActsMenu(QMenu):
    """A menu of acts; a line that cannot be chosen says why."""

    def __init__(self, acts: Sequence[ActSpec], *, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._acts = tuple(acts)
        self.setAccessibleName(name)
        groups: dict[str, QMenu] = {}
        for place, act in enumerate(self._acts):
            words = _("{act} – {why_not}").format(act=act.text, why_not=act.why_not) if act.why_not else act.text
            if act.group and act.group not in groups:
                groups[act.group] = self.addMenu(no_mnemonic(act.group))
            action = groups.get(act.group, self).addAction(no_mnemonic(words))
            action.setEnabled(not act.why_not)
            action.setData(place)
        self.triggered.connect(self._chosen)

    @Slot(QAction)
    def _chosen(self, action: QAction) -> None:
        self._acts[action.data()].run()


class ActsBar(QWidget):
    """A row of buttons for acts, and below it why some of them cannot be done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._acts: tuple[ActSpec, ...] = ()
        self._row = FlowBox(self)
        self.why_not = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=self)
        self.buttons: tuple[Button, ...] = ()
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self._row)
        body.addWidget(self.why_not)
        self.show_acts(())

    def show_acts(self, acts: Sequence[ActSpec]) -> None:
        """Offer these acts; a button whose act is merely a newer one keeps the focus."""
        self._acts = tuple(acts)
        for button in self.buttons[len(self._acts) :]:
            self._row.flow.removeWidget(button)
            button.deleteLater()
        self.buttons = (*self.buttons[: len(self._acts)], *map(self._made, self._acts[len(self.buttons) :]))
        for button, act in zip(self.buttons, self._acts, strict=True):
            button.set_text(act.text)
            button.set_icon_name(act.icon)
            button.set_kind(ButtonKind.DANGER if act.is_grave else ButtonKind.SECONDARY)
            button.setEnabled(not act.why_not)
            button.setAccessibleDescription(act.why_not)
        reasons = (f"{act.text}: {act.why_not}" for act in self._acts if act.why_not)
        self.why_not.setText("\n".join(reasons))
        self.why_not.setVisible(bool(self.why_not.text()))
        self.setVisible(bool(self._acts))
        self._row.fit()

    def _made(self, act: ActSpec) -> Button:
        button = Button(act.text, parent=self._row)
        button.clicked.connect(self._pressed)
        self._row.flow.addWidget(button)
        button.show()
        return button

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        for button, act in zip(self.buttons, self._acts, strict=True):
            if button is pressed:
                act.run()
                return
