"""What every page of the desktop is given: workers, feed, clock, settings, preferences, drafts, the actor; nothing is decided here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from request_desk.domain.access import Actor
from request_desk.domain.clock import Clock
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.words import Words
from request_desk.ui.running.changes import ChangeHub
from request_desk.ui.running.drafts import DraftKeeper
from request_desk.ui.running.opened_documents import OpenedDocuments
from request_desk.ui.running.runner import Runner
from request_desk.ui.running.timing import TimerFactory
from request_desk.ui.window.commands import CommandRegistry
from request_desk.ui.window.frame import Memory
from request_desk.ui.window.key_gate import KeyGate
from request_desk.ui.window.messages import MessageBar
from request_desk.ui.window.undo import UndoBar

if TYPE_CHECKING:
    from request_desk.domain.attachments import CheckState
    from request_desk.domain.day_list import DayList

Scan = Callable[[bytes], "CheckState"]


class Keep(Protocol):
    """Writes one preference where it follows the user (a service function performed in the act worker)."""

    def __call__(self, key: str, value: object, /) -> object: ...


class OpenThing(Protocol):
    """Goes to a page by its key in `ui/window/pages.py`, and opens a thing there by its id."""

    def __call__(self, page: str, thing_id: int, /, *, to_write: bool = False) -> object: ...


class Preferences(QObject):
    """The signed-in user's own settings: filters, orders, text size. Read once at sign-in, written as they change."""

    changed = Signal(str)  # the key

    def __init__(self, values: Mapping[str, object], keep: Keep, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values = dict(values)
        self._keep = keep

    def get(self, key: str, default: object = None) -> object:
        return self._values.get(key, default)

    def put(self, key: str, value: object) -> None:
        """Remember a value of plain JSON; written only when it is another one."""
        if self._values.get(key) == value:
            return
        self._values[key] = value
        self._keep(key, value)
        self.changed.emit(key)


@dataclass(frozen=True, slots=True)
class DeskContext:
    """The things that pages share. `words`, `settings` and `actor` are asked each time: they change while the desk is open."""

    runner: Runner
    hub: ChangeHub
    commands: CommandRegistry
    gate: KeyGate
    clock: Clock
    timers: TimerFactory
    words: Callable[[], Words]
    settings: Callable[[], PracticeSettings]
    actor: Callable[[], Actor]
    preferences: Preferences
    drafts: DraftKeeper
    undo_bar: UndoBar
    messages: MessageBar
    memory: Memory
    open_thing: OpenThing
    sends_mail: bool = False  # a mail server is set on this computer
    # What this computer keeps of the next days; blocks on the disk.
    kept_days: Callable[[], "tuple[DayList, ...]"] = tuple
    scan: Scan | None = None  # asks the virus scanner of this computer; blocks. None: there is none
    opened_documents: OpenedDocuments = field(default_factory=OpenedDocuments)

    def today(self) -> date:
        """Return the day that it is in the practice."""
        return self.words().zone.day_of(self.clock.now())
