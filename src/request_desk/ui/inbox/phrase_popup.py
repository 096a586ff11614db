"""Phrase Construction: type a few letters, see the reply as it would be read, Enter puts it in; the library is the service's."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.phrases import FIELDS, Outcome, Phrase, PhraseError, Rendered, order_for, render
from request_desk.domain.words import Words, _
from request_desk.ui.inbox.dialogs import Sheet
from request_desk.ui.painting import RIGHT, draw_text, fill_round
from request_desk.ui.plain_text import one_line
from request_desk.ui.theme import RADIUS_CONTROL, SPACE, TextRole, Tone, app_theme
from request_desk.ui.widgets import PlainLabel, PlainTextView, SearchField, primary

ENTRY = 34
LIST_WIDTH = 300
SIZE = (760, 460)
PREVIEW = 13  # lines before the preview scrolls
Index = QModelIndex | QPersistentModelIndex


class _Phrases(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._shown: tuple[Phrase, ...] = ()

    def show_phrases(self, phrases: Sequence[Phrase]) -> None:
        self.beginResetModel()
        self._shown = tuple(phrases)
        self.endResetModel()

    def phrase(self, place: int) -> Phrase | None:
        return self._shown[place] if 0 <= place < len(self._shown) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        one = self.phrase(index.row())
        if one is None or role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return None
        return one_line(f"{one.title}, {one.group}")


class _PhraseDelegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        one = model.phrase(index.row()) if isinstance(model, _Phrases) else None
        if one is None:
            return
        theme = app_theme()
        rect = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            fill_round(painter, rect, theme.selection, theme.px(RADIUS_CONTROL))
        inner = rect.adjusted(theme.px(10), 0, -theme.px(10), 0)
        group = min(theme.px(90), inner.width() // 3)
        right = QRect(inner.right() - group, inner.top(), group, inner.height())
        draw_text(painter, right, one_line(one.group), theme.small, theme.muted, RIGHT)
        left = QRect(inner.left(), inner.top(), inner.width() - group - theme.px(8), inner.height())
        draw_text(painter, left, one_line(one.title), theme.small, theme.ink)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, app_theme().px(ENTRY))


class PhrasePopup(Sheet):
    """The list at the left, ordered for the kind of request and what the reply tells; the reply itself at the right."""

    chosen = Signal(object, object)  # Phrase, Rendered

    def __init__(
        self,
        library: Sequence[Phrase],
        values: Mapping[str, str],
        *,
        kind: str,
        outcome: Outcome,
        language: str,
        words: Words,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(_("Phrase Construction"), parent=parent)
        self._library = tuple(library)
        self._values = values
        self._kind, self._outcome, self._language = kind, outcome, language
        self._words = words
        self._rendered: Rendered | None = None
        self._model = _Phrases(self)
        self._make_list()
        self._make_preview()
        self.yes = primary(_("Insert"), keys="Return", parent=self)
        self.finish_with(self.yes)
        self.accepted.connect(self._accepted)
        self.fit(*SIZE)
        self.list.setFixedWidth(min(app_theme().px(LIST_WIDTH), self.width() * 2 // 5))
        self._narrow("")
        self.search.setFocus()

    def _make_list(self) -> None:
        self.search = SearchField(_("Find a phrase by its words"), parent=self)
        self.search.textChanged.connect(self._narrow)
        self.search.installEventFilter(self)
        self.list = QListView(self)
        self.list.setAccessibleName(_("Phrases"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(_PhraseDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.doubleClicked.connect(self._double_clicked)

    def _make_preview(self) -> None:
        self.preview = PlainTextView(name=_("Preview of the reply"), max_lines=PREVIEW, parent=self)
        self.open_fields = PlainLabel("", tone=Tone.HELD, wrap=True, parent=self)
        self.language = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=self)
        right = QVBoxLayout()
        right.setSpacing(app_theme().px(2 * SPACE))
        right.addWidget(PlainLabel(_("Preview"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED, parent=self))
        right.addWidget(self.preview)
        right.addWidget(self.open_fields)
        right.addWidget(self.language)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(app_theme().px(5 * SPACE))
        both.addWidget(self.list)
        both.addLayout(right, 1)
        self.body.addWidget(self.search)
        self.body.addLayout(both, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            step = steps.get(Qt.Key(event.key()))
            if step is not None and self._model.rowCount():
                place = min(max(self.list.currentIndex().row() + step, 0), self._model.rowCount() - 1)
                self.list.setCurrentIndex(self._model.index(place))
                return True
        return False

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self._model.show_phrases(order_for(self._library, self._kind, self._outcome, self._language, text.strip()))
        self.list.setCurrentIndex(self._model.index(0))
        self._current_changed()

    @Slot()
    def _current_changed(self) -> None:
        phrase = self._model.phrase(self.list.currentIndex().row())
        self._rendered = None
        if phrase is None:
            self.preview.set_text("")
            self.open_fields.setText(_("No phrase has these words."))
            self.language.setText("")
            self.yes.setEnabled(False)
            return
        try:
            self._rendered = render(phrase, self._values, {}, self._kind, self._outcome)
        except PhraseError as error:
            self.preview.set_text(phrase.body)
            self.open_fields.setText(error.sentence)
            self.yes.setEnabled(False)
            return
        self.preview.set_text(self._rendered.text)
        self.open_fields.setText(self._open_words(phrase, self._rendered))
        other = phrase.language.partition("-")[0] != (self._language or "en").partition("-")[0]
        told = _("This phrase is in {language}; the parent reads {other}.")
        self.language.setText(
            told.format(language=self._words.language(phrase.language), other=self._words.language(self._language))
            if other
            else ""
        )
        self.yes.setEnabled(True)

    def _open_words(self, phrase: Phrase, rendered: Rendered) -> str:
        labels = {f"ask.{prompt.name}": prompt.label for prompt in phrase.prompts}
        named = [labels.get(name) or _(FIELDS.get(name, name)) for name in rendered.unresolved]
        return _("To be filled in: {fields}").format(fields="; ".join(named)) if named else ""

    @Slot(QModelIndex)
    def _double_clicked(self, _index: QModelIndex) -> None:
        if self.yes.isEnabled():
            self.accept()

    @Slot()
    def _accepted(self) -> None:
        phrase = self._model.phrase(self.list.currentIndex().row())
        if phrase is not None and self._rendered is not None:
            self.chosen.emit(phrase, self._rendered)
