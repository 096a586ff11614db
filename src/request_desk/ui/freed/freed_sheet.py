"""Times that became free, over the window: whom each is offered to until when, who waits and why, and what can be done."""

from datetime import date

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused
from request_desk.domain.freed_slots import FreedSlot
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId
from request_desk.domain.words import _
from request_desk.services.schedule import freed, slot_offers
from request_desk.ui.freed.freed_words import candidate_line, freed_words, offer_words, time_words
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.patients.lines import LinkLines
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import danger, primary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, column_scroll
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_SIZE = (820, 560)
_LIST = 150  # pixels at 100 %


class FreedSheet(Sheet):
    """The freed times of some days; below the list who waits for the chosen one, the first first."""

    def __init__(
        self,
        context: DeskContext,
        days: tuple[date, date],
        providers: tuple[ProviderId, ...],
        places: tuple[LocationId, ...],
        parent: QWidget | None,
    ) -> None:
        super().__init__(_("Times that became free"), primary("", icon="send"), parent, size=_SIZE)
        self._context = context
        self._days, self._providers, self._places = days, providers, places
        self._found: dict[AppointmentId, FreedSlot] = {}
        words = context.words
        columns: tuple[Column[FreedSlot], ...] = (
            Column(_("Time"), lambda each: time_words(each, words()), 270),
            Column(_("How it stands"), self._state),
        )
        self.model: ColumnsModel[FreedSlot] = ColumnsModel(columns, lambda each: each.freed.id, self)
        self.table = ColumnsView(self.model, name=_("Times that became free"))
        card = Card(padding=1)
        self.stack = StateStack(self.table)
        card.body.addWidget(self.stack)
        card.setMinimumHeight(app_theme().px(_LIST))
        self.heading = PlainLabel(_("Who waits for it"), role=TextRole.BOLD, wrap=True)
        self.waiting = LinkLines(_("Nobody else who waits fits this time."))
        self.withdraw_button = danger(_("Withdraw the offer …"), icon="x")
        self.body.addWidget(card, 1)
        self.body.addWidget(self.heading)
        self.body.addWidget(column_scroll(self.waiting), 2)
        self.body.addWidget(
            PlainLabel(
                _(
                    "First who asked with urgent words, then whose wish it meets, then who has no visit yet, then who asks for this provider,"
                    " then who has waited longest."
                ),
                tone=Tone.MUTED,
                role=TextRole.SMALL,
                wrap=True,
            )
        )
        self.finish(self.withdraw_button)
        self.table.key_selected.connect(self._selected)
        self.waiting.picked.connect(self._open_patient)
        self.button.clicked.connect(self._offer)
        self.withdraw_button.clicked.connect(self._ask_withdraw)
        context.hub.changed.connect(self._changed)
        self.stack.show_state(State.LOADING, _("Reading who waits …"))
        self._selected(None)
        self._read()

    def _state(self, each: FreedSlot) -> str:
        told = freed_words(each, self._context.words())
        return told.removeprefix(time_words(each, self._context.words())).strip()

    def _read(self) -> None:
        read = self._context.runner.read(
            self, freed.freed_slots, *self._days, provider_ids=self._providers, location_ids=self._places
        )
        read.done(self._show).refused(self._not_read)

    def _not_read(self, refused: Refused) -> None:
        if not self._found:
            self.stack.show_state(State.ERROR, refused.sentence)
        else:
            self.refuse(refused)

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(Topic.APPOINTMENT, Topic.WAITLIST, Topic.REQUEST, Topic.PATIENT):
            self._read()

    def _show(self, found: tuple[FreedSlot, ...]) -> None:
        self._found = {each.freed.id: each for each in found}
        self.model.set_rows(found)
        if found:
            self.stack.show_content()
        else:
            told = _("No time of these days is free for somebody who waits.")
            self.stack.show_state(State.EMPTY, told, icon="calendar-check")
        if self.table.selected_key() not in self._found:
            self.table.select_first()
        self._selected(self.table.selected_key())

    def chosen(self) -> FreedSlot | None:
        """Return the freed time that is chosen."""
        key = self.table.selected_key()
        return None if key is None else self._found.get(AppointmentId(key))

    @Slot(object)
    def _selected(self, _key: object) -> None:
        each = self.chosen()
        allowed = may(self._context.actor(), Permission.CHANGE_SCHEDULE)
        for part in (self.heading, self.waiting):
            part.setVisible(each is not None)
        verb = "" if each is None else offer_words(each)
        self.button.set_text(verb or _("Offer"))
        self.button.setEnabled(allowed and bool(verb))
        self.withdraw_button.setVisible(allowed and each is not None and each.offer is not None)
        if each is not None:
            words = self._context.words()
            self.waiting.show_lines([(one.patient_id, *candidate_line(one, words)) for one in each.waiting])

    @Slot(object)
    def _open_patient(self, patient_id: object) -> None:
        self.accept()
        self._context.open_thing("patients", int(str(patient_id)))

    @Slot()
    def _offer(self) -> None:
        each = self.chosen()
        if each is None or not each.waiting:
            return
        self.say("")
        to = each.waiting[0].patient_id
        runner = self._context.runner
        if each.offer is None:
            pending = runner.act(self, slot_offers.offer, each.freed.id, to, expect_version=each.freed.version)
        else:
            pending = runner.act(self, slot_offers.offer_next, each.offer.id, to, expect_version=each.offer.version)
        pending.refused(self.refuse)

    @Slot()
    def _ask_withdraw(self) -> None:
        each = self.chosen()
        if each is None or each.offer is None:
            return
        question = _("Withdraw the offer to {patient}?").format(patient=named(each.offer.patient_name, 60))
        detail = _("The family may have read it already. The same time is not offered to them again.")
        asked = ask(self, question, detail=detail, yes=_("Withdraw"), no=_("Keep it"), dangerous=True)
        asked.answered.connect(self._withdraw)

    @Slot(bool)
    def _withdraw(self, yes: bool) -> None:
        each = self.chosen()
        if yes and each is not None and each.offer is not None:
            act = slot_offers.withdraw
            pending = self._context.runner.act(self, act, each.offer.id, expect_version=each.offer.version)
            pending.refused(self.refuse)
