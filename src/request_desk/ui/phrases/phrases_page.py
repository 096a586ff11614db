"""The page Phrases: the practice's and the own prepared replies as language pairs, by group, with what they are used for (RE3)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission
from request_desk.domain.paging import Page
from request_desk.domain.phrases import ANY_KIND
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import PairsWanted, PhrasePair
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import FOLD, ListPage, ListSpec, ListWanted
from request_desk.ui.phrases import phrase_acts as acts
from request_desk.ui.phrases.phrase_acts import PhraseAct, not_managing, phrase_acts
from request_desk.ui.phrases.phrase_detail import TOPICS, PhraseDetail
from request_desk.ui.phrases.phrase_files import ImportSheet, ask_folder
from request_desk.ui.phrases.phrase_words import (
    OUTCOMES,
    kind_words,
    language_codes,
    row_title,
    suggested_words,
    whose_words,
)
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope

_BELOW = (2, 3)  # shares of the height, of the list and of a phrase below it
_IN_USE, _RETIRED = "active", "retired"


def read_pairs(unit: Unit, wanted: PairsWanted) -> Page[PhrasePair]:
    """Read the wanted pairs: a library has no more than one page of them."""
    return Page(phrase_pairs.pairs(unit, wanted), None)


class PhrasesPage(ListPage[PhrasePair]):
    """Phrases by group; what is retired is seen when it is asked for."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        kinds = (*map(str, RequestKind), ANY_KIND)
        spec = ListSpec[PhrasePair](
            key="phrases",
            name=_("Phrases"),
            columns=(
                Column(_("Phrase"), row_title),
                Column(_("Group"), _group, 118, from_width=420),
                Column(_("Request"), _kind, 94, from_width=480),
                Column(_("Suggested for"), suggested_words, 112, from_width=560),
                Column(_("It tells"), _outcome, 104, from_width=860),
                Column(_("Languages"), language_codes, 88),
                Column(_("Whose"), whose_words, 72, from_width=720),
                Column(_("Used"), _used, 52, right=True),
            ),
            topics=TOPICS,
            reading=_("Reading the phrases …"),
            empty=_("There is no phrase yet. Begin with New phrase, or import files."),
            empty_icon="sticky-note",
            filters=(
                FilterSpec("kinds", _("Request"), tuple((kind, kind_words(kind)) for kind in kinds), multiple=True),
                FilterSpec("whose", _("Whose"), (("mine", _("mine")), ("practice", _("practice")))),
                FilterSpec("state", _("State"), ((_IN_USE, _("in use")), (_RETIRED, _("retired"))), default=(_IN_USE,)),
            ),
            menu=_("What can be done with the phrase"),
            search=_("Find a phrase by its words"),
        )
        self._card = PhraseDetail(context)
        super().__init__(context, spec, parent, detail=self._card)
        self.import_button = secondary(_("Import …"), icon="file-text")
        self.export_button = secondary(_("Export all …"), icon="file-text")
        self.own_button = secondary(_("New phrase of my own"), icon="plus", keys="N")
        self.new_button = primary(_("New phrase"), icon="plus", keys="Ctrl+N")
        for button in (self.import_button, self.export_button, self.own_button, self.new_button):
            self.tools.addWidget(button)
        self.new_button.setVisible(not not_managing(context))
        self.import_button.clicked.connect(self.import_files)
        self.export_button.clicked.connect(self.export_all)
        self.own_button.clicked.connect(self.new_own)
        self.new_button.clicked.connect(self.new_phrase)
        self._card.thing_wanted.connect(self.open)
        self._add_commands()

    def _add_commands(self) -> None:
        self._context.gate.watch(self, Scope.PHRASES)
        do = self._card.do_act
        manage = Permission.MANAGE_PHRASES
        for name, text, keys, permission, icon, handler in (
            ("search", _("Find a phrase"), ("/", "Ctrl+F"), None, "search", self.focus_search),
            ("change", _("Change the phrase"), ("E",), None, "pencil", partial(do, PhraseAct.CHANGE)),
            ("copy", _("Copy the phrase as my own"), ("C",), None, "copy", partial(do, PhraseAct.COPY)),
            ("history", _("History of the phrase"), ("H",), None, "history", partial(do, PhraseAct.HISTORY)),
            ("restore", _("Back to the program's text"), ("B",), manage, "undo-2", partial(do, PhraseAct.RESTORE)),
            ("export", _("Export the phrase"), ("X",), None, "", partial(do, PhraseAct.EXPORT)),
            ("switch", _("Retire the phrase or bring it back"), ("O",), None, "", partial(do, PhraseAct.RETIRE)),
            ("own", _("New phrase of my own"), ("N",), None, "plus", self.new_own),
            ("new", _("New phrase of the practice"), ("Ctrl+N",), manage, "plus", self.new_phrase),
            ("import", _("Import phrases"), ("I",), None, "", self.import_files),
            ("export_all", _("Export all phrases"), ("Ctrl+E",), None, "", self.export_all),
        ):
            command = Command(f"phrases.{name}", text, keys, Scope.PHRASES, True, permission, icon)
            self._context.commands.add(command, handler, owner=self)

    def _share(self) -> None:
        """Below the list, a phrase needs the room more than the others do."""
        super()._share()
        if self.splitter.orientation() is Qt.Orientation.Vertical:
            self.splitter.setSizes([share * FOLD for share in _BELOW])

    # what the list asks

    def read_page(self, wanted: ListWanted, after: Any) -> Pending[Page[PhrasePair]]:
        chosen = wanted.filters
        asked = PairsWanted(
            wanted.text,
            tuple(map(str, chosen["kinds"])),
            str(next(iter(chosen["whose"]), "")),
            str(next(iter(chosen["state"]), "")),
        )
        return self._context.runner.read(self, read_pairs, asked)

    def key_of(self, row: PhrasePair) -> int:
        return row.id

    def acts_of(self, row: PhrasePair) -> Sequence[ActSpec]:
        return phrase_acts(self._context, self, row, self.open)

    # what is done

    @Slot()
    def new_phrase(self) -> None:
        """Write a phrase for the practice, and show it."""
        acts.add(self._context, self, self.open, own=False)

    @Slot()
    def new_own(self) -> None:
        """Write a phrase of the user's own, and show it."""
        acts.add(self._context, self, self.open, own=True)

    @Slot()
    def import_files(self) -> None:
        """Take phrases from files."""
        ImportSheet(self._context, self.window()).open()

    @Slot()
    def export_all(self) -> None:
        """Put what the list shows into a folder."""
        ask_folder(self._context, self, [each.id for each in self.model.rows()])


def _group(pair: PhrasePair) -> str:
    return one_line(pair.first.group)


def _kind(pair: PhrasePair) -> str:
    return kind_words(pair.first.kind)


def _outcome(pair: PhrasePair) -> str:
    return OUTCOMES[pair.first.outcome]


def _used(pair: PhrasePair) -> str:
    return str(pair.used) if pair.used else "–"
