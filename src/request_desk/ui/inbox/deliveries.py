"""Everything that goes out, first of all what could not be delivered: what, to whom, why, and one key to send it again (RE8)."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.events import EventType
from request_desk.domain.notices import BY_HAND
from request_desk.domain.paging import Page
from request_desk.domain.requests import Delivery, DeliveryFilter
from request_desk.domain.words import _, plural, safe_name
from request_desk.services.notices import deliveries
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Tone

SIZE = (1100, 560)
_FAILED: Final = "failed"
STATES: Final = {
    "failed": _("failed"),
    "pending": _("waiting"),
    "sending": _("on its way"),
    "sent": _("sent"),
    "withdrawn": _("not sent"),
}
CHANNELS: Final = {"email": _("e-mail"), "sms": _("text message"), deliveries.WEBHOOK: _("webhook")}
KINDS: Final = {
    "reply": _("reply"),
    "booking": _("booked"),
    "move": _("moved"),
    "cancellation": _("cancelled"),
    "slot_offer": _("time offered"),
    "counter_offer": _("times offered"),
    "forms": _("forms to fill in"),
    "reminder": _("reminder"),
    "staff_reminder": _("reminder to staff"),
    "test": _("test of a text"),
    "running_late": _("running late"),
    "closed": _("closed"),
    "acknowledgement": _("request received"),
}


class DeliveriesList(ListPage[Delivery]):
    """Notices and webhooks, the failed ones first of all. Sending one again takes its row away as soon as the database says so."""

    request_wanted = Signal(object)  # RequestId
    appointment_wanted = Signal(object)  # AppointmentId

    def __init__(self, context: DeskContext) -> None:
        sees_webhooks = may(context.actor(), Permission.MANAGE_SUBSCRIPTIONS)
        channels = [pair for pair in CHANNELS.items() if sees_webhooks or pair[0] != deliveries.WEBHOOK]
        kinds: list[tuple[object, str]] = [(kind, kind_words(kind)) for kind in BY_HAND]
        if sees_webhooks:
            kinds += [(each.value, each.value) for each in EventType]
        spec = ListSpec[Delivery](
            key="deliveries",
            name=_("Notices"),
            columns=(
                Column(_("Made"), self._made, 124),
                Column(_("What"), lambda one: kind_words(one.kind), 124),
                Column(_("To"), _to, 150),
                Column(_("By"), _by, 96, from_width=700),
                Column(_("Patient"), _patient, 140, from_width=1000),
                Column(_("State"), _state, 80),
                Column(_("Why"), _why),
                Column(_("Tried"), _tried, 56, right=True, from_width=800),
            ),
            topics=(Topic.DELIVERY,),
            reading=_("Reading the notices …"),
            empty=_("Every notice was delivered or is on its way."),
            empty_icon="check",
            filters=(
                FilterSpec("state", _("State"), tuple(STATES.items()), default=(_FAILED,)),
                FilterSpec("channel", _("Channel"), tuple(channels)),
                FilterSpec("kind", _("What"), tuple(kinds)),
            ),
            menu=_("What can be done with the notice"),
            search=_("Name or reason"),
            is_titled=False,
        )
        super().__init__(context, spec)

    def read_page(self, wanted: ListWanted, after: int | None) -> Pending[Page[Delivery]]:
        chosen = {key: str(next(iter(values), "")) for key, values in wanted.filters.items()}
        narrowed = DeliveryFilter(**chosen, text=wanted.text)
        return self._context.runner.read(self, deliveries.page, narrowed, after=after, limit=PAGE)

    def key_of(self, row: Delivery) -> int:
        return row.id

    def acts_of(self, row: Delivery) -> Sequence[ActSpec]:
        not_failed = "" if row.state == _FAILED else _("it has not failed")
        no_request = "" if row.request_id is not None else _("it belongs to none")
        no_appointment = "" if row.appointment_id is not None else _("it is about none")
        again = partial(self._send, row.channel, row.id)
        return (
            ActSpec(_("Send again"), again, self.not_allowed() or not_failed, "refresh-cw"),
            ActSpec(_("Show the request"), partial(self.request_wanted.emit, row.request_id), no_request),
            ActSpec(_("Show the visit"), partial(self.appointment_wanted.emit, row.appointment_id), no_appointment),
        )

    def not_allowed(self) -> str:
        """Return why the user may not send again; "" for who may."""
        is_allowed = may(self._context.actor(), Permission.RETRY_DELIVERIES)
        return "" if is_allowed else _("your role does not cover it")

    def shown_failed(self) -> tuple[tuple[str, int], ...]:
        """Return channel and id of what is shown and has failed."""
        return tuple((row.channel, row.id) for row in self.model.rows() if row.state == _FAILED)

    def send_all(self) -> None:
        """Send all again that are shown and have failed, at most as many as go at once."""
        failed = self.shown_failed()[: deliveries.MOST]
        if failed:
            self._context.runner.act(self, deliveries.retry_all, failed).done(self._all_sent)

    def _all_sent(self, count: int) -> None:
        told = plural("{count} notice is sent again.", "{count} notices are sent again.", count)
        self._context.messages.say(told.format(count=count))

    def _send(self, channel: str, delivery_id: int) -> None:
        self._context.runner.act(self, deliveries.retry, channel, delivery_id)

    def _made(self, one: Delivery) -> str:
        return self._context.words().near_moment(one.created_at)


class DeliveriesSheet(Sheet):
    """The list over the window; its buttons do what the menu of the selected row offers, Enter opens what it is about."""

    request_wanted = Signal(object)  # RequestId
    appointment_wanted = Signal(object)  # AppointmentId

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(
            _("Notices: delivered or not"),
            primary(_("Send again"), icon="refresh-cw"),
            parent,
            detail=_("A reply itself stands in the portal; a failed notice says only that nobody was told of it."),
            size=SIZE,
        )
        self.list = DeliveriesList(context)
        self.body.addWidget(self.list, 1)
        self.why = PlainLabel("", tone=Tone.MUTED, wrap=True, selectable=True, name=_("Why"))
        self.body.addWidget(self.why)
        self.all_button = secondary(_("Send all shown again"), parent=self)
        self.show_request = secondary(_("Show the request"), parent=self)
        self.show_appointment = secondary(_("Show the visit"), parent=self)
        self.finish(self.show_request, self.show_appointment, self.all_button)
        self.list.selected.connect(self._selected)
        self.list.opened.connect(self._opened)
        self.list.feed.loaded.connect(self._loaded)
        self.list.request_wanted.connect(self._show_request)
        self.list.appointment_wanted.connect(self._show_appointment)
        self.button.clicked.connect(partial(self._do, 0))
        self.show_request.clicked.connect(partial(self._do, 1))
        self.show_appointment.clicked.connect(partial(self._do, 2))
        self.all_button.clicked.connect(self.list.send_all)
        self._selected(None)
        self._loaded()
        self.list.take_focus()

    def _acts(self) -> Sequence[ActSpec]:
        key = self.list.view.selected_key()
        shown = self.list.model.cached(key) if key is not None else None
        return self.list.acts_of(shown) if shown is not None else ()

    @Slot(object)
    def _selected(self, _key: object) -> None:
        acts = self._acts()
        for place, button in enumerate((self.button, self.show_request, self.show_appointment)):
            button.setEnabled(bool(acts) and not acts[place].why_not)
        key = self.list.view.selected_key()
        shown = self.list.model.cached(key) if key is not None else None
        self.why.setText("" if shown is None else one_line(shown.error, 500))
        self.why.setVisible(bool(self.why.text()))

    @Slot()
    def _loaded(self) -> None:
        """The row that is selected may say something else now."""
        self.all_button.setEnabled(not self.list.not_allowed() and bool(self.list.shown_failed()))
        self._selected(None)

    def _do(self, place: int, _checked: bool = False) -> None:
        acts = self._acts()
        if acts and not acts[place].why_not:
            acts[place].run()

    @Slot(object)
    def _opened(self, _key: object) -> None:
        """What it is about: the request where there is one."""
        acts = self._acts()
        about = next((place for place in (1, 2) if acts and not acts[place].why_not), None)
        if about is not None:
            self._do(about)

    @Slot(object)
    def _show_request(self, request_id: object) -> None:
        self.accept()
        self.request_wanted.emit(request_id)

    @Slot(object)
    def _show_appointment(self, appointment_id: object) -> None:
        self.accept()
        self.appointment_wanted.emit(appointment_id)


def kind_words(kind: str) -> str:
    """Return what a notice tells, in a word; a webhook's type of event stays as other programs have it."""
    return KINDS.get(kind, kind)


def _to(one: Delivery) -> str:
    return safe_name(one.contact_name)


def _by(one: Delivery) -> str:
    return CHANNELS.get(one.channel, one.channel)


def _state(one: Delivery) -> str:
    return STATES.get(one.state, one.state)


def _patient(one: Delivery) -> str:
    return safe_name(one.patient_name)


def _why(one: Delivery) -> str:
    return one_line(one.error, 300)


def _tried(one: Delivery) -> str:
    return str(one.attempts)
