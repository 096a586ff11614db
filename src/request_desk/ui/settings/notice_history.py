"""What a notice said before: when it was replaced, by whom, and putting one back (TPL-08)."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.words import _
from request_desk.services.notices import templates
from request_desk.services.notices.templates import KeptTemplate
from request_desk.services.practice.text_history import EarlierText
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card, column_scroll
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, show_if
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_SIZE = (720, 560)
_LIST, _TEXT = 150, 150  # pixels at 100 %


class NoticeHistorySheet(Sheet):
    """The last first; what is chosen is read below it."""

    def __init__(self, context: DeskContext, kept: KeptTemplate, title: str, parent: QWidget | None) -> None:
        super().__init__(title, primary(_("Put this text back"), icon="undo-2"), parent, size=_SIZE)
        self._context = context
        self._kept = kept
        self._earlier: dict[int, EarlierText] = {}
        words = context.words()
        columns: tuple[Column[EarlierText], ...] = (
            Column(_("Said until"), lambda each: words.moment(each.replaced_at), 220),
            Column(_("Replaced by"), _who, 0),
            Column(_("Text"), _whose, 120),
        )
        self._model: ColumnsModel[EarlierText] = ColumnsModel(columns, lambda each: each.id, self)
        self.list = ColumnsView(self._model, name=_("Earlier texts"))
        self.nothing = PlainLabel(_("This text was never changed."), tone=Tone.MUTED)
        self.nothing.hide()
        self.subject = PlainLabel("", role=TextRole.BOLD, wrap=True, selectable=True)
        self.text = PlainTextView(name=_("What it said"))
        frame = Card(padding=1)
        frame.body.addWidget(self.list)
        frame.setMinimumHeight(app_theme().px(_LIST))
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.subject, self.text):
            column.addWidget(part)
        column.addStretch(1)
        scroll = column_scroll(below)
        scroll.setMinimumHeight(app_theme().px(_TEXT))
        self.body.addWidget(frame, 1)
        self.body.addWidget(self.nothing)
        self.body.addWidget(scroll, 2)
        self.finish()
        self.list.key_selected.connect(self._selected)
        self.button.clicked.connect(self._put_back)
        self._selected(None)
        context.runner.read(self, templates.earlier, kept.id).done(self._found).refused(self.refuse)
        self.list.setFocus()

    def _found(self, found: Sequence[EarlierText]) -> None:
        self._earlier = {each.id: each for each in found}
        self._model.set_rows(found)
        show_if(self.nothing, not found)
        self.list.select_first()

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        seen = None if key is None else self._earlier.get(key)
        self.button.setVisible(may(self._context.actor(), Permission.MANAGE_NOTICES))
        self.button.setEnabled(seen is not None)
        self.subject.setText("" if seen is None else one_line(seen.subject))
        show_if(self.subject, seen is not None and bool(seen.subject))
        self.text.set_text("" if seen is None else seen.body)

    @Slot()
    def _put_back(self) -> None:
        key = self.list.selected_key()
        seen = None if key is None else self._earlier.get(key)
        if seen is not None:
            self.say("")
            put_back, version = templates.put_back, self._kept.version
            act = self._context.runner.act(self, put_back, seen.id, expect_version=version)
            act.done(self._was_put_back).refused(self.refuse)

    def _was_put_back(self, _nothing: object) -> None:
        self.accept()


def _who(each: EarlierText) -> str:
    return one_line(each.replaced_by) or _("an update of the program")


def _whose(each: EarlierText) -> str:
    return _("shipped") if each.shipped else _("your own")
