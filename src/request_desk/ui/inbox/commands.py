"""The commands of the Message Center: words, keys and permission of each; what they do is the page's business."""

from request_desk.domain.access import Permission
from request_desk.domain.words import _
from request_desk.ui.window.commands import Command, Scope, keys_text

_HERE = Scope.REQUEST
_ANSWER = Permission.ANSWER_REQUESTS.value
_FORWARD = Permission.FORWARD_REQUESTS.value
DIGITS = tuple(str(digit) for digit in range(1, 10))


def going() -> tuple[Command, ...]:
    """Return the commands that only go somewhere or show something."""
    return (
        Command("inbox.next", _("Next request"), ("J",), _HERE, sheet_keys="J / ↓"),
        Command("inbox.previous", _("Previous request"), ("K",), _HERE, sheet_keys="K / ↑"),
        Command("inbox.open", _("Into the message"), ("Return",), _HERE),
        Command("inbox.reply", _("Write the response"), ("R",), _HERE, icon="reply", permission=_ANSWER),
        Command("inbox.next_slot", _("Next available time"), ("N",), _HERE, icon="skip-forward"),
        Command("inbox.own_words", _("Leave out what was read in the message"), ("X",), _HERE, icon="x"),
        Command("inbox.search", _("Search the requests"), ("/", "Ctrl+F"), _HERE, icon="search"),
        Command(
            "inbox.phrases", _("Phrase Construction"), ("P", "Ctrl+P"), _HERE, icon="list-tree", permission=_ANSWER
        ),
        Command("inbox.note", _("Add a staff note"), (), _HERE, icon="sticky-note"),
        Command("inbox.deliveries", _("Failed notices"), (), _HERE, icon="circle-alert"),
        Command("inbox.all_locations", _("Show all locations"), ("Alt+0",), _HERE, icon="map-pin"),
    )


def acting() -> tuple[Command, ...]:
    """Return the commands that change something; their plain keys wait for what follows them."""
    return (
        _changing("inbox.cancel", _("Cancel the appointment"), ("C",), "calendar-x"),
        _changing("inbox.forward", _("Forward the request"), ("F",), "forward", _FORWARD),
        _changing("inbox.wait", _("Waiting for parent until …"), ("S",), "clock"),
        _changing("inbox.unread", _("Mark unread"), ("U",), "mail", ""),
        _changing("inbox.take", _("Take the request, take it over"), ("T",), "hand"),
        _changing("inbox.another", _("Another visit is wanted"), ("A",), "plus"),
        _changing("inbox.patient", _("Change the patient of the request"), ("Ctrl+Shift+P",), "user"),
        _changing("inbox.no_reply", _("Complete without a reply"), ("D",), "check"),
        _changing("inbox.not_mine", _("Remove from my inbox (not mine)"), (), "x"),
        Command(
            "inbox.send",
            _("Do it: act, send, complete"),
            ("Ctrl+Return", "Ctrl+Enter"),
            _HERE,
            changing=True,
            icon="check",
            permission=_ANSWER,
            sheet_keys=keys_text("Ctrl+Return"),
        ),
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


def _changing(name: str, text: str, keys: tuple[str, ...], icon: str, permission: str = _ANSWER) -> Command:
    return Command(name, text, keys, _HERE, changing=True, icon=icon, permission=permission)
