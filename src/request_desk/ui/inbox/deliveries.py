"""The place of notices that could not be delivered: what, to whom, why, and one key to send them again (RE8)."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.paging import Page
from request_desk.domain.requests import Delivery
from request_desk.domain.words import _, safe_name
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.notices import outbox
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.sheet import Sheet

SIZE = (720, 420)


class DeliveriesList(ListPage[Delivery]):
    """Failed notices. Sending one again takes its row away as soon as the database says so."""

    request_wanted = Signal(object)  # RequestId

    def __init__(self, context: DeskContext) -> None:
        spec = ListSpec[Delivery](
            key="deliveries",
            name=_("Failed notices"),
            columns=(
                Column(_("To"), _to, 170),
                Column(_("Patient"), _patient, 150),
                Column(_("Why"), _why),
                Column(_("Tried"), _tried, 70, right=True),
            ),
            topics=(Topic.DELIVERY,),
            reading=_("Reading the notices …"),
            empty=_("Every notice was delivered or is on its way."),
            empty_icon="check",
            menu=_("What can be done with the notice"),
            is_titled=False,
        )
        super().__init__(context, spec)

    def read_page(self, wanted: ListWanted, after: int | None) -> Pending[Page[Delivery]]:
        return self._context.runner.read(self, inbox_queries.deliveries, "failed", after=after, limit=PAGE)

    def key_of(self, row: Delivery) -> int:
        return row.id

    def acts_of(self, row: Delivery) -> Sequence[ActSpec]:
        is_allowed = may(self._context.actor(), Permission.RETRY_DELIVERIES)
        not_allowed = "" if is_allowed else _("your role does not cover it")
        no_request = "" if row.request_id is not None else _("it belongs to none")
        return (
            ActSpec(_("Send again"), partial(self._send, row.id), not_allowed, "refresh-cw"),
            ActSpec(_("Show the request"), partial(self.request_wanted.emit, row.request_id), no_request),
        )

    def _send(self, delivery_id: int) -> None:
        self._context.runner.act(self, outbox.retry, delivery_id)


class DeliveriesSheet(Sheet):
    """The list over the window; its buttons do what the menu of the selected row offers."""

    request_wanted = Signal(object)  # RequestId

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(
            _("Notices that could not be delivered"),
            primary(_("Send again"), icon="refresh-cw"),
            parent,
            detail=_("The reply itself stands in the portal; only the notice by e-mail failed."),
            size=SIZE,
        )
        self.list = DeliveriesList(context)
        self.body.addWidget(self.list, 1)
        self.show_request = secondary(_("Show the request"), parent=self)
        self.finish(self.show_request)
        self.list.selected.connect(self._selected)
        self.list.request_wanted.connect(self._show_request)
        self.button.clicked.connect(self._again)
        self.show_request.clicked.connect(self._show)
        self._selected(None)

    def _acts(self) -> Sequence[ActSpec]:
        key = self.list.view.selected_key()
        shown = self.list.model.cached(key) if key is not None else None
        return self.list.acts_of(shown) if shown is not None else ()

    @Slot(object)
    def _selected(self, _key: object) -> None:
        acts = self._acts()
        for place, button in enumerate((self.button, self.show_request)):
            button.setEnabled(bool(acts) and not acts[place].why_not)

    @Slot()
    def _again(self) -> None:
        self._acts()[0].run()

    @Slot()
    def _show(self) -> None:
        self._acts()[1].run()

    @Slot(object)
    def _show_request(self, request_id: object) -> None:
        self.accept()
        self.request_wanted.emit(request_id)


def _to(one: Delivery) -> str:
    return f"{safe_name(one.contact_name)}, {_('e-mail') if one.channel == 'email' else one.channel}"


def _patient(one: Delivery) -> str:
    return safe_name(one.patient_name)


def _why(one: Delivery) -> str:
    return one.error


def _tried(one: Delivery) -> str:
    return str(one.attempts)
