"""The merge fields of one notice: each with what it says and what it gives away; Enter puts one into the text (NOTE-02)."""

from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.directory import Content
from request_desk.domain.notice_templates import FIELDS, NoticeTemplate, vocabulary_of
from request_desk.domain.notices import SPEC_OF
from request_desk.domain.words import _
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.settings.notice_words import TELLS
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.theme import app_theme

_SIZE = (720, 480)
_LEAST = 220  # pixels at 100 % of the list


@dataclass(frozen=True, slots=True)
class _Field:
    id: int
    name: str
    is_told: bool  # with what may be said over the channel now


class FieldsSheet(Sheet):
    """What a text of this kind may tell over its channel; a reason, a type of visit or a message is not among it (NOTE-01)."""

    chosen = Signal(str)  # the name of the field

    def __init__(self, template: NoticeTemplate, content: Content, parent: QWidget | None) -> None:
        super().__init__(
            _("Merge fields"),
            primary(_("Insert")),
            parent,
            size=_SIZE,
            by_enter=True,
            detail=_(
                "They are filled in when the notice is sent. There is none for a reason, a kind of visit or a message: that never "
                "leaves the practice."
            ),
        )
        spec = SPEC_OF[template.kind]
        told = vocabulary_of(spec, template.channel, content).fields
        names = vocabulary_of(spec, template.channel).fields
        self._fields = {place: _Field(place, name, name in told) for place, name in enumerate(names)}
        columns: tuple[Column[_Field], ...] = (
            Column(_("Field"), lambda each: each.name, 200),
            Column(_("What it says"), _told, 0),
            Column(_("Gives away"), _gives_away, 160),
        )
        model: ColumnsModel[_Field] = ColumnsModel(columns, lambda each: each.id, self)
        model.set_rows(self._fields.values())
        self.list = ColumnsView(model, name=_("Merge fields"))
        frame = Card(padding=1)
        frame.setMinimumHeight(app_theme().px(_LEAST))
        frame.body.addWidget(self.list)
        self.body.addWidget(frame, 1)
        self.finish()
        self.list.select_first()
        self.list.opened.connect(self._opened)
        self.button.clicked.connect(self._insert)
        self.list.setFocus()

    @Slot(object)
    def _opened(self, _key: object) -> None:
        self._insert()

    @Slot()
    def _insert(self) -> None:
        key = self.list.selected_key()
        if key is not None:
            self.chosen.emit(self._fields[key].name)
            self.accept()


def _told(each: _Field) -> str:
    return _(FIELDS[each.name].told)


def _gives_away(each: _Field) -> str:
    return TELLS[FIELDS[each.name].tells] if each.is_told else _("not said at present")
