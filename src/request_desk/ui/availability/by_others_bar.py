"""The bar that tells a provider what others changed of their times since they last looked (AV2)."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _
from request_desk.services.practice.changes_for_me import ChangeForMe
from request_desk.ui.availability.availability_words import by_other_words
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import Banner, BannerKind

_KEY: Final = "availability.seen"
_LINES: Final = 2  # in the bar; a list has the rest, so that the week keeps its room
_SIZE: Final = (760, 380)


class ByOthersBar(Banner):
    """There until the provider says that it is seen; what was seen is remembered by its number in the journal."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._told: Sequence[ChangeForMe] = ()
        self.acted.connect(self._acted)

    def seen(self) -> int:
        """Return the number in the journal up to which the provider has seen what others did."""
        kept = self._context.preferences.get(_KEY)
        return kept if isinstance(kept, int) else 0

    def tell(self, changes: Sequence[ChangeForMe]) -> None:
        """Tell of changes, newest first; what was seen while they were read is left out."""
        seen = self.seen()
        self._told = [each for each in changes if each.seq > seen]
        if not self._told:
            self.clear()
            return
        count, words = len(self._told), self._context.words()
        lines = [by_other_words(each, words) for each in self._told[:_LINES]]
        if count > 1:
            told = _("Others have changed {count} things of yours since you last looked.").format(count=count)
            lines = [told, *lines] if count <= _LINES else [told, _("The newest: {line}").format(line=lines[0])]
        action = _("Seen") if count <= _LINES else _("Show them …")
        self.say(BannerKind.INFO, "\n".join(lines), action=action)

    @Slot()
    def _acted(self) -> None:
        told = self._told
        if len(told) <= _LINES:
            self._set_seen(told[0].seq)
            return
        sheet = ByOthersSheet(self._context, told)
        sheet.accepted.connect(partial(self._set_seen, told[0].seq))  # what came while it was open is told after it
        sheet.open()

    def _set_seen(self, seq: int) -> None:
        self._context.preferences.put(_KEY, seq)
        self.tell(self._told)


class ByOthersSheet(Sheet):
    """All of it, newest first; Enter says that it is seen."""

    def __init__(self, context: DeskContext, told: Sequence[ChangeForMe]) -> None:
        title = _("What others have changed of yours")
        detail = _("Since you last looked, newest first.")
        window = context.messages.window()
        super().__init__(title, primary(_("Seen")), window, detail=detail, size=_SIZE, by_enter=True)
        words = context.words()
        columns: tuple[Column[ChangeForMe], ...] = (Column(_("Change"), lambda each: by_other_words(each, words)),)
        self.model: ColumnsModel[ChangeForMe] = ColumnsModel(columns, lambda each: each.seq, self)
        view = ColumnsView(self.model, name=title)
        self.model.set_rows(told)
        card = Card(padding=1)
        card.body.addWidget(view)
        self.body.addWidget(card, 1)
        self.finish()
        view.select_first()
        view.setFocus()
        view.opened.connect(self.accept)
        self.button.clicked.connect(self.accept)
