"""The page Services & links: what families book by themselves with its variants, their links, and what these still need (BK1–BK3)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission
from request_desk.domain.paging import Page
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import services
from request_desk.services.practice.services import Shared
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.list_page import FOLD, ListPage, ListSpec, ListWanted
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.services import share_acts
from request_desk.ui.services.service_words import kind_words, link_words, row_name, state_words
from request_desk.ui.services.share_acts import ShareAct, not_managing, shared_acts
from request_desk.ui.services.shared_detail import TOPICS, SharedDetail
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope

_BELOW = (2, 3)  # shares of the height, of the list and of a service below it
_MANAGE = Permission.MANAGE_SERVICES


def read_shared(unit: Unit) -> Page[Shared]:
    """Read all services with their variants: a practice has no more than one page of them."""
    return Page(services.all_shared(unit), None)


class ServicesPage(ListPage[Shared]):
    """Services, each with its variants below it, in the order in which families see them; what is switched off is at the end."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        spec = ListSpec[Shared](
            key="services",
            name=_("Services & links"),
            columns=(
                Column(_("Service or variant"), row_name),
                Column(_("Type"), kind_words, 130, from_width=420),
                Column(_("Families"), state_words, 92),
                Column(_("Link"), link_words, 84),
            ),
            topics=TOPICS,
            reading=_("Reading the services …"),
            empty=_("Families can book nothing by themselves yet. Begin with New service."),
            empty_icon="link",
            menu=_("What can be done with the service"),
            shares=(1, 1),
        )
        self._card = SharedDetail(context)
        super().__init__(context, spec, parent, detail=self._card)
        self.new_button = primary(_("New service"), icon="plus", keys="Ctrl+N")
        self.tools.addWidget(self.new_button)
        self.new_button.setVisible(not not_managing(context))
        self.new_button.clicked.connect(self.new_service)
        self._card.thing_wanted.connect(self.open)
        self._add_commands()

    def _add_commands(self) -> None:
        self._context.gate.watch(self, Scope.SERVICES)
        do = self._card.do_act
        for name, text, keys, permission, icon, handler in (
            ("copy", _("Copy the Patient App URL"), ("C",), None, "copy", partial(do, ShareAct.COPY)),
            ("preview", _("Preview as patient"), ("P",), None, "eye", partial(do, ShareAct.PREVIEW)),
            ("new", _("New service"), ("Ctrl+N",), _MANAGE, "plus", self.new_service),
            ("variant", _("New variant"), ("N",), _MANAGE, "plus", partial(do, ShareAct.NEW_VARIANT)),
            ("change", _("Change the service or variant"), ("E",), _MANAGE, "pencil", partial(do, ShareAct.CHANGE)),
            ("up", _("Move up"), ("Alt+Up",), _MANAGE, "chevron-up", partial(do, ShareAct.UP)),
            ("down", _("Move down"), ("Alt+Down",), _MANAGE, "chevron-down", partial(do, ShareAct.DOWN)),
            ("switch", _("Switch off or on"), ("O",), _MANAGE, "", partial(do, ShareAct.SWITCH)),
        ):
            command = Command(f"services.{name}", text, keys, Scope.SERVICES, permission is not None, permission, icon)
            self._context.commands.add(command, handler, owner=self)

    def _share(self) -> None:
        """Below the list, a service needs the room more than the others do."""
        super()._share()
        if self.splitter.orientation() is Qt.Orientation.Vertical:
            self.splitter.setSizes([share * FOLD for share in _BELOW])

    # what the list asks

    def read_page(self, wanted: ListWanted, after: Any) -> Pending[Page[Shared]]:
        return self._context.runner.read(self, read_shared)

    def key_of(self, row: Shared) -> int:
        return row.id

    def acts_of(self, row: Shared) -> Sequence[ActSpec]:
        return shared_acts(self._context, self, row, self.open)

    # what is done

    @Slot()
    def new_service(self) -> None:
        """Write a new service down, and show it."""
        share_acts.add_service(self._context, self, self.open)
