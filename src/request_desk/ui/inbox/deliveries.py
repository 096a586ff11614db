"""The place of notices that could not be delivered: what, to whom, why, and one key to send them again (RE8)."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.requests import Delivery
from request_desk.domain.words import Words, _, safe_name
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack

SIZE = (720, 420)


class DeliveriesSheet(Sheet):
    """A table of failed notices. Sending again changes their row as soon as the database says so."""

    retry_wanted = Signal(object)  # delivery id
    request_wanted = Signal(object)  # RequestId

    def __init__(self, words: Words, *, may_retry: bool, parent: QWidget | None = None) -> None:
        super().__init__(
            _("Notices that could not be delivered"),
            primary(_("Send again"), icon="refresh-cw"),
            parent,
            detail=_("The reply itself stands in the portal; only the notice by e-mail failed."),
            size=SIZE,
        )
        self._model: ColumnsModel[Delivery] = ColumnsModel(
            (
                Column(_("To"), _to, 170),
                Column(_("Patient"), _patient, 150),
                Column(_("Why"), _why),
                Column(_("Tried"), _tried, 70, right=True),
            ),
            _key,
            self,
        )
        self.view = ColumnsView(self._model, name=_("Failed notices"), parent=self)
        self.view.key_selected.connect(self._selected)
        self.stack = StateStack(self.view, self)
        self.body.addWidget(self.stack, 1)
        self._may_retry = may_retry
        self.button.clicked.connect(self._again)
        self.show_request = secondary(_("Show the request"), parent=self)
        self.show_request.clicked.connect(self._show_request)
        self.finish(self.show_request)
        self.stack.show_state(State.LOADING, _("Reading the notices …"))
        self._selected(None)

    def show_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Show what is failed now."""
        self._model.set_rows(deliveries)
        if not deliveries:
            self.stack.show_state(State.EMPTY, _("Every notice was delivered or is on its way."), icon="check")
            return
        self.stack.show_content()
        if self.view.selected_key() is None:
            self.view.select_key(deliveries[0].id)

    @Slot(object)
    def _selected(self, key: object) -> None:
        self.button.setEnabled(key is not None and self._may_retry)
        one = self._model.cached(int(str(key))) if key is not None else None
        self.show_request.setEnabled(one is not None and one.request_id is not None)

    @Slot()
    def _again(self) -> None:
        key = self.view.selected_key()
        if key is not None:
            self.retry_wanted.emit(key)

    @Slot()
    def _show_request(self) -> None:
        key = self.view.selected_key()
        one = self._model.cached(key) if key is not None else None
        if one is not None and one.request_id is not None:
            self.accept()
            self.request_wanted.emit(one.request_id)


def _key(one: Delivery) -> int:
    return one.id


def _to(one: Delivery) -> str:
    return f"{safe_name(one.contact_name)}, {_('e-mail') if one.channel == 'email' else one.channel}"


def _patient(one: Delivery) -> str:
    return safe_name(one.patient_name)


def _why(one: Delivery) -> str:
    return one.error


def _tried(one: Delivery) -> str:
    return str(one.attempts)
