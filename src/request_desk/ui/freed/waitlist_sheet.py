"""Who waits for a time, over the window: all of them, for what, since when, and what can be done."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.freed_slots import BY_STAFF, CloseReason, WaitlistEntry
from request_desk.domain.ids import WaitlistEntryId
from request_desk.domain.paging import Page
from request_desk.domain.words import _
from request_desk.services.people.patients import PatientHit
from request_desk.services.schedule import waitlist
from request_desk.ui.appointments.patient_sheet import PatientSheet
from request_desk.ui.freed.freed_words import CLOSED, days_of, where_of, wish_of
from request_desk.ui.freed.waitlist_form import WaitlistForm
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.sheet import Sheet

_SIZE = (1000, 560)
_OPEN, _CLOSED = "open", "closed"


class WaitlistPage(ListPage[WaitlistEntry]):
    """Those who wait, the longest first."""

    went = Signal()  # to another page

    def __init__(self, context: DeskContext) -> None:
        spec = ListSpec[WaitlistEntry](
            key="waitlist",
            name=_("Waiting list"),
            columns=(
                Column(_("Patient"), self._who),
                Column(_("Waits for"), lambda row: wish_of(row, self._context.words()), 236),
                Column(_("With, where"), where_of, 160),
                Column(_("Days"), lambda row: days_of(row, self._context.words()), 104, from_width=900),
                Column(_("Since"), self._since, 96),
                Column(_("Note"), self._note, 124, from_width=780),
            ),
            topics=(Topic.WAITLIST, Topic.APPOINTMENT, Topic.PATIENT),
            reading=_("Reading the waiting list …"),
            empty=_("Nobody waits for a time."),
            empty_icon="clock",
            filters=(
                FilterSpec("state", _("State"), ((_OPEN, _("waiting")), (_CLOSED, _("closed"))), default=(_OPEN,)),
            ),
            menu=_("What can be done"),
            is_titled=False,
        )
        super().__init__(context, spec)

    def read_page(self, wanted: ListWanted, after: WaitlistEntryId | None) -> Pending[Page[WaitlistEntry]]:
        closed = _CLOSED in wanted.filters["state"]
        return self._context.runner.read(self, waitlist.list_page, closed=closed, after=after, limit=PAGE)

    def key_of(self, row: WaitlistEntry) -> int:
        return row.id

    def acts_of(self, row: WaitlistEntry) -> Sequence[ActSpec]:
        is_allowed = may(self._context.actor(), Permission.CHANGE_SCHEDULE)
        not_allowed = "" if is_allowed else _("your role does not cover it")
        closed = "" if row.closed_at is None else _("it is closed already")
        none = "" if row.appointment_id is not None else _("none is booked")
        texts = {
            CloseReason.NOT_NEEDED: _("Close: not needed any more"),
            CloseReason.NOT_REACHED: _("Close: could not be reached"),
            CloseReason.MISTAKE: _("Close: written down by mistake"),
        }
        return (
            ActSpec(_("Open the patient"), partial(self._go, "patients", row.patient_id), icon="user"),
            ActSpec(
                _("Show the visit on the schedule"),
                partial(self._go, "schedule", row.appointment_id or 0),
                none,
                "calendar-days",
            ),
            *(
                ActSpec(texts[reason], partial(self._close, row, reason), not_allowed or closed, "x")
                for reason in BY_STAFF
            ),
        )

    def _go(self, page: str, thing_id: int) -> None:
        self.went.emit()
        self._context.open_thing(page, thing_id)

    def _close(self, row: WaitlistEntry, reason: CloseReason) -> None:
        self._context.runner.act(self, waitlist.close, row.id, reason, expect_version=row.version)

    def _who(self, row: WaitlistEntry) -> str:
        return f"{named(row.patient_name)}, {self._context.words().birth_short(row.birth_day)}"

    def _since(self, row: WaitlistEntry) -> str:
        return self._context.words().day(row.created_at)

    def _note(self, row: WaitlistEntry) -> str:
        return CLOSED[row.closed_reason] if row.closed_reason is not None else named(row.note, 200)


class WaitlistSheet(Sheet):
    """The list over the window; its button puts somebody on it."""

    def __init__(self, context: DeskContext, parent: QWidget | None) -> None:
        super().__init__(
            _("Waiting list"),
            primary(_("Put a patient on the list …"), icon="plus"),
            parent,
            detail=_(
                "Who would like a time that is not there yet, or an earlier one. A time that becomes free can be offered to them on the schedule."
            ),
            size=_SIZE,
        )
        self._context = context
        self.list = WaitlistPage(context)
        self.body.addWidget(self.list, 1)
        self.finish()
        self.button.setVisible(may(context.actor(), Permission.CHANGE_SCHEDULE))
        self.list.went.connect(self.accept)
        self.button.clicked.connect(self._ask_patient)
        self.list.take_focus()

    @Slot()
    def _ask_patient(self) -> None:
        asked = PatientSheet(self._context, self)
        asked.button.set_text(_("Go on"))
        asked.chosen.connect(self._patient_chosen)
        asked.open()

    @Slot(object)
    def _patient_chosen(self, hit: PatientHit) -> None:
        FormWindow(WaitlistForm(self._context, hit.id), self).open()
