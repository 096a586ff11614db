"""What can be done with a phrase, and why the rest cannot; the services decide."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.words import _
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import PhrasePair
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.phrases.history_sheet import HistorySheet
from request_desk.ui.phrases.phrase_files import ask_folder
from request_desk.ui.phrases.phrase_form import PhraseForm
from request_desk.ui.phrases.phrase_words import shown_title
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.dialogs import ask

_FORM = (812, 760)  # pixels at 100 %


class PhraseAct(IntEnum):
    """The places of the acts."""

    CHANGE = 0
    COPY = 1
    HISTORY = 2
    RESTORE = 3
    EXPORT = 4
    RETIRE = 5


def not_managing(context: DeskContext) -> str:
    """Return why the user cannot change phrases of the practice, "" when they can."""
    may_manage = may(context.actor(), Permission.MANAGE_PHRASES)
    return "" if may_manage else _("phrases of the practice are changed by an administrator")


def phrase_acts(
    context: DeskContext, owner: QWidget, pair: PhrasePair, made: Callable[[int], object]
) -> Sequence[ActSpec]:
    """Return every act with a pair; `made` is told the id of a copy."""
    not_mine = not_managing(context) if pair.owner is None else ""
    not_copied = _("it is your own already") if pair.owner is not None else ""
    not_copied = not_copied or (_("you have your own already") if pair.is_covered else "")
    not_copied = not_copied or ("" if pair.active else _("it is retired"))
    not_back = _("it says what the program ships") if pair.shipped else ""
    not_back = _("the program ships none of your own") if pair.owner is not None else not_mine or not_back
    switch = _("Retire …") if pair.active else _("Bring back")
    return (
        ActSpec(_("Change …"), partial(change, context, owner, pair), not_mine, "pencil"),
        ActSpec(_("Copy as my own"), partial(_copy, context, owner, pair, made), not_copied, "copy"),
        ActSpec(_("History …"), partial(_history, context, owner, pair), "", "history"),
        ActSpec(
            _("Back to the program's text …"),
            partial(_ask_restore, context, owner, pair),
            not_back,
            "undo-2",
            is_seldom=True,
        ),
        ActSpec(_("Export …"), partial(ask_folder, context, owner, (pair.id,)), "", "file-text", is_seldom=True),
        ActSpec(switch, partial(_ask_switch, context, owner, pair), not_mine, "", is_grave=pair.active),
    )


def change(context: DeskContext, owner: QWidget, pair: PhrasePair) -> None:
    """Open the form of a pair."""
    form = PhraseForm(context, pair.id, own=pair.owner is not None)
    width, height = _FORM
    FormWindow(form, owner.window(), width=width, height=height).open()


def add(context: DeskContext, owner: QWidget, made: Callable[[int], object], *, own: bool) -> None:
    """Open the form of a new phrase; `made` is told its id."""
    form = PhraseForm(context, None, own=own)
    form.stored.connect(made)
    width, height = _FORM
    FormWindow(form, owner.window(), width=width, height=height).open()


def _copy(context: DeskContext, owner: QWidget, pair: PhrasePair, made: Callable[[int], object]) -> None:
    context.runner.act(owner, phrase_pairs.copy_as_own, pair.id).done(made)


def _history(context: DeskContext, owner: QWidget, pair: PhrasePair) -> None:
    not_mine = not_managing(context) if pair.owner is None else ""
    HistorySheet(context, pair, not_mine, owner.window()).open()


def _ask_restore(context: DeskContext, owner: QWidget, pair: PhrasePair) -> None:
    question = _("Have {title} say again what the program ships?").format(title=shown_title(pair, 60))
    detail = _("What the practice wrote stays in its history.")
    asked = ask(owner.window(), question, detail=detail, yes=_("Back to the program's text"))
    asked.answered.connect(partial(_restore, context, owner, pair))


def _restore(context: DeskContext, owner: QWidget, pair: PhrasePair, yes: bool) -> None:
    if yes:
        context.runner.act(owner, phrase_pairs.restore_shipped, pair.seen)


def _ask_switch(context: DeskContext, owner: QWidget, pair: PhrasePair) -> None:
    if not pair.active:
        _switch(context, owner, pair, True)
        return
    question = _("Retire {title}?").format(title=shown_title(pair, 60))
    detail = _("Nobody finds it any more when they answer. Replies that were sent keep their text.")
    asked = ask(owner.window(), question, detail=detail, yes=_("Retire"), dangerous=True)
    asked.answered.connect(partial(_switch, context, owner, pair))


def _switch(context: DeskContext, owner: QWidget, pair: PhrasePair, is_meant: bool) -> None:
    if is_meant:
        context.runner.act(owner, phrase_pairs.switch_pair, pair.seen, active=not pair.active)
