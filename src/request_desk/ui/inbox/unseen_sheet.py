"""The replies that nobody has read while the visit comes near: of whom, by when, and whom to call (RE10)."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.changes import Topic
from request_desk.domain.paging import Page
from request_desk.domain.requests import UnseenReply
from request_desk.domain.words import _, safe_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import letters_seen
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.sheet import Sheet

SIZE = (760, 420)


def _page(unit: Unit) -> Page[UnseenReply]:
    return Page(letters_seen.unseen_replies(unit), None)


class UnseenList(ListPage[UnseenReply]):
    """Replies that were not opened, the nearest visit first. One leaves as soon as it is read."""

    request_wanted = Signal(object)  # RequestId

    def __init__(self, context: DeskContext) -> None:
        spec = ListSpec[UnseenReply](
            key="unseen",
            name=_("Replies not seen"),
            columns=(
                Column(_("Visit"), self._when, 190),
                Column(_("Patient"), _patient, 150),
                Column(_("Sender"), _sender),
                Column(_("Phone"), _phone, 130),
            ),
            topics=(Topic.DELIVERY, Topic.REQUEST),
            reading=_("Reading the replies …"),
            empty=_("Every reply about a visit of the next 24 hours was seen."),
            empty_icon="check",
            menu=_("What can be done with the reply"),
            is_titled=False,
        )
        super().__init__(context, spec)

    def read_page(self, wanted: ListWanted, after: int | None) -> Pending[Page[UnseenReply]]:
        return self._context.runner.read(self, _page)

    def key_of(self, row: UnseenReply) -> int:
        return row.request_id

    def acts_of(self, row: UnseenReply) -> Sequence[ActSpec]:
        return (ActSpec(_("Show the request"), partial(self.request_wanted.emit, row.request_id)),)

    def _when(self, row: UnseenReply) -> str:
        return self._context.words().at(row.zone).near_moment(row.starts_at)


class UnseenSheet(Sheet):
    """The list over the window; its button opens the request of the selected row."""

    request_wanted = Signal(object)  # RequestId

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(
            _("Replies not seen, visit within 24 hours"),
            primary(_("Show the request")),
            parent,
            detail=_("Nobody has opened these replies in the portal. Call, if the visit hangs on it."),
            size=SIZE,
        )
        self.list = UnseenList(context)
        self.body.addWidget(self.list, 1)
        self.finish()
        self.list.selected.connect(self._selected)
        self.list.request_wanted.connect(self._show_request)
        self.button.clicked.connect(self._show)
        self._selected(None)

    @Slot(object)
    def _selected(self, _key: object) -> None:
        self.button.setEnabled(self.list.view.selected_key() is not None)

    @Slot()
    def _show(self) -> None:
        key = self.list.view.selected_key()
        if key is not None:
            self._show_request(key)

    @Slot(object)
    def _show_request(self, request_id: object) -> None:
        self.accept()
        self.request_wanted.emit(request_id)


def _patient(one: UnseenReply) -> str:
    return safe_name(one.patient_name)


def _sender(one: UnseenReply) -> str:
    return safe_name(one.contact_name)


def _phone(one: UnseenReply) -> str:
    return one.phone
