"""The log of one subscription: each webhook with its tries, and sending one again (WH2)."""

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.changes import Changes, Topic
from request_desk.domain.ids import WebhookDeliveryId
from request_desk.domain.words import _
from request_desk.services.notices import webhook_log
from request_desk.services.notices.subscriptions import Subscription
from request_desk.services.notices.webhook_log import LoggedWebhook, WebhookLog, WebhookTry
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, column_scroll
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Tone, app_theme

_SIZE = (820, 620)
_TABLE, _TRIES = 220, 150  # pixels at 100 %
_STATES: Final = {
    "pending": _("waiting"),
    "sending": _("on its way"),
    "sent": _("taken"),
    "failed": _("given up"),
    "withdrawn": _("taken back"),
}


class WebhookLogSheet(Sheet):
    """The newest first, page after page; what is chosen says its tries below."""

    def __init__(self, context: DeskContext, subscription: Subscription, parent: QWidget | None) -> None:
        name = isolated_if_needed(one_line(subscription.name, 60))
        super().__init__(
            _("Messages to {name}").format(name=name),
            primary(_("Send again"), icon="send"),
            parent,
            size=_SIZE,
            detail=_(
                "They are kept for a month. One that is sent again has the same id, so a receiver that has it takes it once."
            ),
        )
        self._context = context
        self._subscription = subscription
        self._shown: dict[int, LoggedWebhook] = {}
        self._before: WebhookDeliveryId | None = None
        words = context.words()
        columns: tuple[Column[LoggedWebhook], ...] = (
            Column(_("Event"), lambda each: each.event_type),
            Column(_("Happened"), lambda each: words.moment(each.occurred_at), 190),
            Column(_("Tries"), lambda each: str(len(each.tries)), 60, right=True),
            Column(_("State"), lambda each: _STATES[each.state], 100),
        )
        self.model: ColumnsModel[LoggedWebhook] = ColumnsModel(columns, _key, self)
        self.table = ColumnsView(self.model, name=_("Messages"))
        self.nothing = PlainLabel(_("Nothing was sent yet."), tone=Tone.MUTED)
        self.facts = FactLines(150)
        self.more_button = secondary(_("Show older ones"), icon="chevron-down")
        frame = Card(padding=1)
        frame.body.addWidget(self.table)
        frame.setMinimumHeight(app_theme().px(_TABLE))
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.facts)
        column.addStretch(1)
        scroll = column_scroll(below)
        scroll.setMinimumHeight(app_theme().px(_TRIES))
        self.body.addWidget(frame, 2)
        self.body.addWidget(self.nothing)
        self.body.addWidget(scroll, 1)
        self.nothing.hide()
        self.finish(self.more_button)
        self.table.key_selected.connect(self._selected)
        self.more_button.clicked.connect(self._read_more)
        self.button.clicked.connect(self._send_again)
        context.hub.changed.connect(self._heard)
        self._selected(None)
        self._read()
        self.table.setFocus()

    def _read(self) -> None:
        read = self._context.runner.read(self, webhook_log.webhook_log, self._subscription.id)
        read.done(self._found).refused(self.refuse)

    @Slot()
    def _read_more(self) -> None:
        log = webhook_log.webhook_log
        read = self._context.runner.read(self, log, self._subscription.id, before=self._before)
        read.done(self._found_more).refused(self.refuse)

    def _found(self, log: WebhookLog) -> None:
        """The newest page; older ones that are shown already stay below it."""
        is_first = not self._shown
        self._add(log)
        if is_first:
            self._before = log.before
        self.more_button.setEnabled(self._before is not None)

    def _found_more(self, log: WebhookLog) -> None:
        self._before = log.before
        self._add(log)
        self.more_button.setEnabled(self._before is not None)

    def _add(self, log: WebhookLog) -> None:
        self._shown |= {each.id: each for each in log.webhooks}
        self.model.set_rows(self._shown[key] for key in sorted(self._shown, reverse=True))
        self.nothing.setVisible(not self._shown)
        if self.table.selected_key() is None:
            self.table.select_first()
        self._selected(self.table.selected_key())

    @Slot(object)
    def _heard(self, changes: Changes) -> None:
        if changes.touches(Topic.DELIVERY):
            self._read()

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        seen = None if key is None else self._shown.get(key)
        self.button.setEnabled(seen is not None and seen.can_be_sent_again)
        self.facts.show_lines(() if seen is None else self._lines(seen))

    def _lines(self, seen: LoggedWebhook) -> list[tuple[str, str]]:
        words = self._context.words()
        waits = words.moment(seen.not_before) if seen.state == "pending" else ""
        tries = [(words.moment(each.at), _told(each)) for each in seen.tries]
        return [(_("Id"), seen.webhook_id), (_("Sent next"), waits), (_("Trouble"), one_line(seen.error)), *tries]

    @Slot()
    def _send_again(self) -> None:
        key = self.table.selected_key()
        if key is not None:
            self.say("")
            act = self._context.runner.act(self, webhook_log.send_again, WebhookDeliveryId(key))
            act.done(self._queued).refused(self.refuse)

    def _queued(self, _nothing: object) -> None:
        self._context.messages.say(_("It is sent again."))
        self._read()


def _key(webhook: LoggedWebhook) -> int:
    return webhook.id


def _told(each: WebhookTry) -> str:
    """One try in a line: the answer's status, how long it took, and its first words."""
    status = str(each.status) if each.status is not None else _("no answer")
    told = _("{status}, {milliseconds} ms").format(status=status, milliseconds=each.elapsed_ms)
    rest = [one_line(text, 200) for text in (each.error, each.answer) if text]
    return isolated_if_needed(" · ".join((told, *rest)))
