"""The pages of the window in the order of the rail: a page is its folder and one line here."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _

if TYPE_CHECKING:
    from request_desk.domain.access import Actor
    from request_desk.ui.running.context import DeskContext
    from request_desk.ui.window.palette import PaletteDialog


class WindowPage(QWidget):
    """What the window asks of each of its pages; a page answers what concerns it.

    Made by steps (`at_once=False`) it is built by whoever takes the steps of `building` to their end; then it is seen and reads
    what it begins with, and what may come after that is loaded by `load_rest` in a worker and made by the steps of `rest`.
    """

    building: Iterator[None] = iter(())
    rest: Iterator[None] = iter(())

    def __init__(self, context: "DeskContext", parent: QWidget | None = None, *, at_once: bool = True) -> None:
        super().__init__(parent)
        self._context = context

    def load_rest(self) -> None:
        """Load the modules that `rest` needs."""

    def open(self, thing_id: int, *, to_write: bool = False) -> None:
        """Show one thing of the page by its id; `to_write` where something is to be written about it."""

    def take_focus(self) -> None:
        """Give the keys to what the page begins with."""

    def serve_palette(self, palette: "PaletteDialog") -> None:
        """Find what is typed into the palette among the things of the page, and open what is picked there."""

    def leave(self) -> None:
        """Let go of what is open: the window closes or another user signs in."""


class PageSpec(NamedTuple):
    """A page in the rail. Its class is named and loaded later: the first paint needs none of it.

    `is_for` tells whose page it is; who is nobody of those has neither its entry nor its commands. None: everybody's.
    """

    key: str
    title: str
    icon: str
    module: str
    name: str
    is_for: "Callable[[Actor], bool] | None" = None

    def is_offered(self, actor: "Actor | None") -> bool:
        """Tell whether the page is this user's; while nobody is signed in only everybody's pages are there."""
        return self.is_for is None or (actor is not None and self.is_for(actor))

    def load(self) -> type[WindowPage]:
        """Return the class of the page."""
        made: type[WindowPage] = getattr(import_module(f"request_desk.ui.{self.module}"), self.name)
        return made


def _sees_patients(actor: "Actor") -> bool:
    return actor.provider_id is not None


def _shares_links(actor: "Actor") -> bool:
    from request_desk.domain.access import Permission, may

    return may(actor, Permission.SHARE_LINKS)


PAGES = (
    PageSpec("messages", _("Message Center"), "inbox", "inbox.message_center", "MessageCenter"),
    PageSpec("schedule", _("Schedule"), "calendar-days", "schedule.schedule_page", "SchedulePage"),
    PageSpec("appointments", _("Appointments"), "calendar-check", "appointments.appointments_page", "AppointmentsPage"),
    PageSpec("patients", _("Patients"), "users", "patients.patients_page", "PatientsPage"),
    PageSpec("availability", _("Availability"), "clock", "availability.availability_page", "AvailabilityPage"),
    PageSpec("meeting", _("Meeting"), "video", "meeting.meeting_page", "MeetingPage", _sees_patients),
    PageSpec("services", _("Services & links"), "link", "services.services_page", "ServicesPage", _shares_links),
    PageSpec("phrases", _("Phrases"), "sticky-note", "phrases.phrases_page", "PhrasesPage"),
    PageSpec("settings", _("Settings"), "settings-2", "settings.settings_page", "SettingsPage"),
)
