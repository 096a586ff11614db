"""The commands of the Message Center besides the acts on a request: words, keys and permission; what they do is the page's business."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from request_desk.domain.access import Permission
from request_desk.domain.words import _
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.window.commands import Command, Scope, keys_text

_HERE = Scope.REQUEST
_ANSWER = Permission.ANSWER_REQUESTS
NARROW = 580  # pixels at 100 %, below which the rarer acts are in the menu
TINY = 400
DIGITS = tuple(str(digit) for digit in range(1, 10))

T = TypeVar("T")


def always(_now: Handling) -> bool:
    """Say yes, whatever the request."""
    return True


def unanswered(now: Handling) -> bool:
    """Whether nothing was sent yet, and nothing is on its way."""
    return not now.sending and not now.is_answered


@dataclass(frozen=True, slots=True)
class RequestAct(Generic[T]):
    """An act on the open request, done by a `T`. `button` is its word below the message, "" for none.

    Where the message is narrower than `room` it stands in the menu. `is_offered` decides whether it is there, `is_able` whether
    it can be pressed.
    """

    command: Command
    run: Callable[[T], object]
    button: str = ""
    room: int = 0
    is_quiet: bool = False  # a button without a frame
    is_offered: Callable[[Handling], bool] = always
    is_able: Callable[[Handling], bool] = unanswered


def going() -> tuple[Command, ...]:
    """Return the commands that only go somewhere or show something."""
    return (
        Command("inbox.next", _("Next request"), ("J",), _HERE, sheet_keys="J / ↓"),
        Command("inbox.previous", _("Previous request"), ("K",), _HERE, sheet_keys="K / ↑"),
        Command("inbox.open", _("Into the message"), ("Return",), _HERE),
        Command("inbox.next_slot", _("Next available time"), ("N",), _HERE, icon="skip-forward"),
        Command("inbox.own_words", _("Leave out what was read in the message"), ("X",), _HERE, icon="x"),
        Command("inbox.search", _("Search the requests"), ("/", "Ctrl+F"), _HERE, icon="search"),
        Command(
            "inbox.phrases", _("Phrase Construction"), ("P", "Ctrl+P"), _HERE, icon="list-tree", permission=_ANSWER
        ),
        Command("inbox.note", _("Add a staff note"), (), _HERE, icon="sticky-note"),
        Command("inbox.more", _("More about the request, or less"), ("M",), _HERE, icon="info"),
        Command("inbox.deliveries", _("Notices: delivered or not"), (), _HERE, icon="circle-alert"),
        Command("inbox.unseen", _("Replies not seen, visit within 24 hours"), (), _HERE, icon="mail"),
        Command("inbox.all_locations", _("Show all locations"), ("Alt+0",), _HERE, icon="map-pin"),
    )


def sending() -> Command:
    """Return the command that does what was chosen."""
    return Command(
        "inbox.send",
        _("Do it: act, send, complete"),
        ("Ctrl+Return", "Ctrl+Enter"),
        _HERE,
        changing=True,
        icon="check",
        permission=_ANSWER,
        sheet_keys=keys_text("Ctrl+Return"),
    )


def choosing_offer() -> Command:
    """Return the command of the nine digits."""
    return Command(
        "inbox.offer",
        _("Choose the time with that digit"),
        DIGITS,
        _HERE,
        changing=True,
        permission=_ANSWER,
        in_palette=False,
        sheet_keys="1 … 9",
    )


def choosing_location() -> Command:
    """Return the command of Alt and a digit."""
    return Command(
        "inbox.location",
        _("Show one location"),
        tuple(f"Alt+{digit}" for digit in DIGITS),
        _HERE,
        in_palette=False,
        sheet_keys="Alt 1 … 9",
    )
