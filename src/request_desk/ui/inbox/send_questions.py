"""The questions between the button and the sent letter: each asks for one thing that is missing, then sending goes on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from request_desk.domain.careful import Agreement, has_words, second_of
from request_desk.domain.words import _
from request_desk.services.people import patients
from request_desk.services.people.patients import Agreeing
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.careful_sheets import AgreementSheet, DifferenceSheet
from request_desk.ui.inbox.dialogs import ReasonDialog
from request_desk.ui.inbox.flow import Handling, Need
from request_desk.ui.inbox.request_controller import RequestController
from request_desk.ui.inbox.request_words import why_agreement
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.dialogs import ask


class SendQuestions(QObject):
    """Asks what an act still needs (`flow.need_of`); what was answered is said to the handler before `answered`."""

    answered = Signal(bool)  # go on sending, with the act or without
    text_meant = Signal(bool)  # the response is meant as it is, though it differs: with the act or without
    text_wanted = Signal()  # the response is to be changed
    nobody_agreed = Signal()  # only a reply
    no_reply_told = Signal(str)  # why nothing is written

    def __init__(self, context: DeskContext, handler: RequestController, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._handler = handler
        self._window = window

    def ask(self, need: Need, now: Handling, differences: Sequence[str], *, with_act: bool) -> None:
        """Ask for one thing; `differences` are those of text and act."""
        match need:
            case Need.AGREED:
                people = self._context.runner.read(self, patients.may_agree, now.view.patient.id)
                people.done(partial(self._ask_who_agreed, now, with_act))
            case Need.ANOTHER:
                self._ask_another(now, with_act)
            case Need.TEXT:
                sheet = DifferenceSheet(differences, parent=self._window)
                sheet.sent.connect(partial(self._text_meant, with_act))
                sheet.changed.connect(self.text_wanted)
                sheet.open()
            case Need.TOOK_OVER:
                self._ask_took_over(now, with_act)
            case Need.NO_REPLY_REASON:
                self._ask_no_reply(now, with_act)
            case Need.OVERRULE_REASON:
                self._ask_overrule(now, with_act)

    def _ask_who_agreed(self, now: Handling, with_act: bool, people: tuple[Agreeing, ...]) -> None:
        reply = _("Only reply") if now.view.sender.may_book else _("Only reply: a parent must ask")
        sheet = AgreementSheet(why_agreement(now.view), people, reply=reply, parent=self._window)
        sheet.agreed.connect(partial(self._agreed, with_act))
        sheet.replied.connect(self.nobody_agreed)
        sheet.open()

    def _agreed(self, with_act: bool, agreement: Agreement) -> None:
        self._assure(with_act, agreed=agreement)

    def _assure(self, with_act: bool, **said: object) -> None:
        now = self._handler.now
        if now is not None:
            self._handler.assure(replace(now.assurance, **said))  # type: ignore[arg-type]
            self.answered.emit(with_act)

    def _ask_another(self, now: Handling, with_act: bool) -> None:
        words = self._context.words()
        second = second_of(flow.act_of(now), now.view.patient.id, now.view.upcoming, words.zone, now.view.id)
        if second is None:
            return
        told = _("{line}. Book another one all the same?").format(
            line=has_words((second,), now.view.patient.given_name, words)
        )
        question = ask(
            self._window, _("Another visit?"), detail=told, yes=_("Book another"), no=_("Leave it"), dangerous=True
        )
        question.accepted.connect(partial(self._assure, with_act, another=True))

    def _text_meant(self, with_act: bool) -> None:
        self.text_meant.emit(with_act)
        self.answered.emit(with_act)

    def _ask_took_over(self, now: Handling, with_act: bool) -> None:
        dialog = ReasonDialog(
            _("Who took it over?"),
            _("The message of {name} has urgent words. Say who cares for it now; it stays with the request.").format(
                name=now.view.sender.name
            ),
            (_("A nurse has called the family"), _("Sent to emergency care (911)"), _("The provider has taken over")),
            _("Go on"),
            parent=self._window,
        )
        dialog.told.connect(partial(self._took_over, with_act))
        dialog.open()

    def _took_over(self, with_act: bool, who: str) -> None:
        self._assure(with_act, took_over=who)

    def _ask_no_reply(self, now: Handling, with_act: bool) -> None:
        dialog = ReasonDialog(
            _("Complete without a reply?"),
            _("Nothing is written to {name}. Say why; it stays with the request.").format(name=now.view.sender.name),
            (_("Answered by phone"), _("The parent wrote “thank you”"), _("Sent twice")),
            _("Complete without reply"),
            parent=self._window,
        )
        dialog.told.connect(partial(self._no_reply, with_act))
        dialog.open()

    def _no_reply(self, with_act: bool, reason: str) -> None:
        self.no_reply_told.emit(reason)
        self.answered.emit(with_act)

    def _ask_overrule(self, now: Handling, with_act: bool) -> None:
        warning = now.chosen.offer.warning if now.chosen is not None else ""
        forbids = now.chosen is not None and now.chosen.offer.forbids
        told = (
            _(
                "{warning} So the visit is cancelled and a new one booked, as one act. The reason stays with the new visit."
            )
            if forbids
            else _("{warning} Staff may overrule this; the reason stays with the appointment.")
        )
        dialog = ReasonDialog(
            _("Cancel and book new?") if forbids else _("Book it all the same?"),
            told.format(warning=warning),
            (_("Agreed with the provider"), _("The parent could not know"), _("Medical reason")),
            _("Cancel and book new") if forbids else _("Go on"),
            parent=self._window,
        )
        dialog.told.connect(partial(self._overrule, with_act))
        dialog.open()

    def _overrule(self, with_act: bool, reason: str) -> None:
        self._handler.overrule(reason)
        self.answered.emit(with_act)
