"""The table of commands: text, keys and permission of each, and the actions made of it; what they do is the pages' business."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission
from request_desk.domain.words import _
from request_desk.ui.window.key_gate import KeyAction, KeyGate, Scope
from request_desk.ui.window.keys import keys_text

__all__ = ["Command", "CommandRegistry", "Scope", "application_commands", "keys_text"]

BETWEEN: Final = "  ·  "  # two ways to the same command
PLAIN_NAMES: Final = frozenset({"Return"})


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can have done: `id` is its name for settings, `text` its verb."""

    id: str
    text: str
    keys: tuple[str, ...] = ()
    scope: Scope = Scope.APPLICATION
    changing: bool = False
    permission: Permission | None = None
    icon: str = ""
    in_palette: bool = True
    sheet_keys: str = ""

    def shown_keys(self) -> str:
        """Return the keys as the sheet and the palette show them."""
        return self.sheet_keys or BETWEEN.join(keys_text(each) for each in self.keys)


def is_plain(keys: str) -> bool:
    """Whether `keys` is one key without modifiers that would be text elsewhere."""
    return len(keys) == 1 or keys in PLAIN_NAMES


class _Entry(QObject):
    """A command with its action and what it does."""

    ran = Signal(str)

    def __init__(self, command: Command, action: QAction, handler: Callable[[str], object], parent: QObject) -> None:
        super().__init__(parent)
        self.command = command
        self.action = action
        self.enabled = True
        self.allowed = True
        self.extra: list[QAction] = []
        self._handler = handler
        action.triggered.connect(self._triggered)

    def run(self, key: str = "") -> bool:
        if not (self.enabled and self.allowed):
            return False
        self._handler(key)
        self.ran.emit(self.command.id)
        return True

    def show_ability(self) -> None:
        for action in (self.action, *self.extra):
            action.setEnabled(self.enabled and self.allowed)

    @Slot()
    def _triggered(self) -> None:
        self.run(self.command.keys[0] if self.command.keys else "")

    @Slot()
    def extra_triggered(self) -> None:
        sender = self.sender()
        if isinstance(sender, QAction):
            self.run(str(sender.data()))


class CommandRegistry(QObject):
    """Makes one action of each command, gives its keys a place and tells the palette and the sheet what there is."""

    ran = Signal(str)
    changed = Signal()

    def __init__(self, window: QWidget, gate: KeyGate) -> None:
        super().__init__(window)
        self._window = window
        self._entries: dict[str, _Entry] = {}
        self._letters = True
        self._may: Callable[[Permission], bool] = _everything
        gate.use(self._plain_key, self._is_shortcut)

    def add(self, command: Command, handler: Callable[[], object], *, owner: QWidget | None = None) -> QAction:
        """Add a command; keys with modifiers work inside `owner`, or in the whole window without one."""
        entry = self._added(command, partial(_without_key, handler), owner)
        entry.action.setShortcuts([QKeySequence(keys) for keys in command.keys if not is_plain(keys)])
        return entry.action

    def add_each(self, command: Command, handler: Callable[[str], object], *, owner: QWidget | None = None) -> QAction:
        """Add a command whose handler is told the key: "3" of 1 … 9, "Alt+3"."""
        entry = self._added(command, handler, owner)
        place = owner or self._window
        for keys in command.keys:
            if not is_plain(keys):
                action = QAction(command.text, place)
                action.setData(keys)
                action.setShortcut(QKeySequence(keys))
                action.setShortcutContext(_context(owner))
                action.setAutoRepeat(not command.changing)
                action.triggered.connect(entry.extra_triggered)
                place.addAction(action)
                entry.extra.append(action)
        entry.show_ability()
        return entry.action

    def action(self, command_id: str) -> QAction:
        return self._entries[command_id].action

    def run(self, command_id: str) -> bool:
        """Run a command by its name; False if it is switched off just now."""
        return self._entries[command_id].run()

    def set_enabled(self, command_id: str, enabled: bool) -> None:
        entry = self._entries[command_id]
        if entry.enabled != enabled:
            entry.enabled = enabled
            entry.show_ability()

    def commands(self) -> tuple[Command, ...]:
        """Return every command this user may use, for the sheet, in the order they were added."""
        return tuple(entry.command for entry in self._live().values() if entry.allowed)

    def available(self) -> tuple[Command, ...]:
        """Return the commands that can be run by name now."""
        return tuple(
            entry.command
            for entry in self._live().values()
            if entry.allowed and entry.enabled and entry.command.in_palette
        )

    def allow(self, may: Callable[[Permission], bool]) -> None:
        """Ask `may` for each command's permission, now and for those added later."""
        self._may = may
        for entry in self._live().values():
            entry.allowed = self._allowed(entry.command)
            entry.show_ability()
        self.changed.emit()

    def set_letters(self, on: bool) -> None:
        """Switch single letters and digits on or off; the palette and the other keys stay."""
        self._letters = on

    def _added(self, command: Command, handler: Callable[[str], object], owner: QWidget | None) -> _Entry:
        if command.id in self._live():
            raise ValueError(f"two commands are called {command.id}")
        place = owner or self._window
        action = QAction(command.text.replace("&", "&&"), place)
        action.setObjectName(command.id)
        action.setShortcutContext(_context(owner))
        action.setAutoRepeat(not command.changing)
        place.addAction(action)
        entry = _Entry(command, action, handler, self)
        entry.allowed = self._allowed(command)
        entry.show_ability()
        entry.ran.connect(self.ran)
        self._entries[command.id] = entry
        self.changed.emit()
        return entry

    def _allowed(self, command: Command) -> bool:
        return command.permission is None or self._may(command.permission)

    def _plain_key(self, key: str, scope: Scope) -> KeyAction | None:
        if not self._letters and key.isalnum() and len(key) == 1:
            return None
        for entry in self._live().values():
            if entry.command.scope is scope and entry.enabled and entry.allowed and key in entry.command.keys:
                offer = int(key) if scope is Scope.REQUEST and key.isascii() and key.isdigit() else 0
                return KeyAction(partial(entry.run, key), entry.command.changing, offer)
        return None

    def _is_shortcut(self, keys: QKeySequence) -> bool:
        for entry in self._live().values():
            if any(keys == own for action in (entry.action, *entry.extra) for own in action.shortcuts()):
                return True
        return False

    def _live(self) -> dict[str, _Entry]:
        """The commands whose page still is: actions go with their owner."""
        gone = [name for name, entry in self._entries.items() if not shiboken6.isValid(entry.action)]
        for name in gone:
            self._entries.pop(name).deleteLater()
        return self._entries


def application_commands() -> tuple[Command, ...]:
    """Return the commands that every window has."""
    return (
        Command("app.palette", _("Search and commands"), ("/", "Ctrl+K"), icon="search", in_palette=False),
        Command("app.keys", _("Keyboard sheet"), ("?",), icon="keyboard"),
        Command("app.undo", _("Undo the last act"), ("Ctrl+Shift+Z",), changing=True, icon="undo-2"),
        Command(
            "app.offer",
            _("Offer the time that became free"),
            ("F8",),
            changing=True,
            permission=Permission.CHANGE_SCHEDULE,
            icon="send",
        ),
        Command("app.lock", _("Lock, switch user"), ("Ctrl+L",), changing=True, icon="lock"),
        Command("app.back", _("Back to the page before"), ("Alt+Left",), icon="chevron-left"),
        Command("app.refresh", _("Read everything again"), ("F5",), icon="refresh-cw"),
        Command("app.rail", _("Fold or unfold the rail"), ("Ctrl+B",), icon="panel-left"),
        Command("app.look.light", _("Light look"), icon="sun"),
        Command("app.look.dark", _("Dark look"), icon="moon"),
        Command("app.look.system", _("Look of the system"), icon="monitor"),
        Command("app.text.100", _("Text size 100 %"), icon="eye"),
        Command("app.text.115", _("Text size 115 %"), icon="eye"),
        Command("app.text.130", _("Text size 130 %"), icon="eye"),
        Command("app.letters.off", _("Single keys off: letters and digits do nothing"), icon="keyboard"),
        Command("app.letters.on", _("Single keys on: letters and digits act"), icon="keyboard"),
        Command("app.quit", _("Quit"), ("Ctrl+Q",), changing=True, icon="log-out"),
    )


def _context(owner: QWidget | None) -> Qt.ShortcutContext:
    contexts = Qt.ShortcutContext
    return contexts.WindowShortcut if owner is None else contexts.WidgetWithChildrenShortcut


def _without_key(handler: Callable[[], object], _key: str) -> object:
    return handler()


def _everything(_permission: Permission) -> bool:
    return True
