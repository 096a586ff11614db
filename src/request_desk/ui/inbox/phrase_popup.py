"""Phrase Construction: type a few letters, see the reply as it would be read, Enter puts it in; the library is the service's."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QRect, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from request_desk.domain.phrase_order import order_for
from request_desk.domain.phrases import FIELDS, Phrase, PhraseError, PhraseOutcome, Rendered, render
from request_desk.domain.words import Words, _
from request_desk.ui.inbox.letters import Values
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.painting import RIGHT, draw_text, text_width
from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import PlainLabel, PlainTextView
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

ENTRY = 34
LIST_WIDTH = 340
SIZE = (760, 460)
PREVIEW = 13  # lines before the preview scrolls


class PhrasePopup(Sheet):
    """The list at the left, ordered for the kind of request and what the reply tells; the reply itself at the right."""

    chosen = Signal(object, object)  # Phrase, Rendered

    def __init__(
        self,
        library: Sequence[Phrase],
        values: Mapping[str, str] | None,
        *,
        kind: str,
        outcome: PhraseOutcome,
        language: str,
        words: Words,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(_("Phrase Construction"), primary(_("Insert")), parent, size=SIZE, by_enter=True)
        self._library = tuple(library)
        self._values = values
        self._kind, self._outcome, self._language = kind, outcome, language
        self._words = words
        self._rendered: Rendered | None = None
        self._waits = False  # *Insert* was pressed before the values were there
        self._make_list()
        self._make_preview()
        self.finish()
        self.button.clicked.connect(self.accept)
        self.accepted.connect(self._accepted)
        self.list.setFixedWidth(min(app_theme().px(LIST_WIDTH), self.width() * 9 // 20))
        self._narrow("")
        self.search.setFocus()

    @Slot(object)
    def take(self, values: Values) -> None:
        """Take the values of the fields, which may be read only after the sheet was opened."""
        self._fill(values.fields)

    @Slot()
    def do_without(self) -> None:
        """There will be no values: every field is open."""
        self._fill({})

    def _fill(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._current_changed()
        if self._waits:
            self.accept()

    def accept(self) -> None:
        """Insert the phrase, as soon as its fields have values: what is typed next belongs to the first open one."""
        self._waits = self._values is None
        if not self._waits:
            super().accept()

    def _make_list(self) -> None:
        self.search = SearchField(_("Find a phrase by its words"), parent=self)
        self.search.textChanged.connect(self._narrow)
        self.list: PickList[Phrase] = PickList(
            self.search, name=_("Phrases"), height=ENTRY, text_of=_spoken, paint_row=_paint, parent=self
        )
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

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self.list.show_rows(order_for(self._library, self._kind, self._outcome, self._language, text.strip()))
        self._current_changed()

    @Slot()
    def _current_changed(self) -> None:
        phrase = self.list.current()
        self._rendered = None
        if phrase is None:
            self.preview.set_text("")
            self.open_fields.setText(_("No phrase has these words."))
            self.language.setText("")
            self.button.setEnabled(False)
            return
        try:
            self._rendered = render(phrase, self._values or {}, {}, self._kind, self._outcome)
        except PhraseError as error:
            self.preview.set_text(phrase.body)
            self.open_fields.setText(error.sentence)
            self.button.setEnabled(False)
            return
        self.preview.set_text(self._rendered.text)
        self.open_fields.setText("" if self._values is None else self._open_words(phrase, self._rendered))
        self.language.setText(other_language(phrase, self._language, self._words))
        self.button.setEnabled(True)

    def _open_words(self, phrase: Phrase, rendered: Rendered) -> str:
        labels = {f"ask.{prompt.name}": prompt.label for prompt in phrase.prompts}
        named = [labels.get(name) or _(FIELDS.get(name, name)) for name in rendered.unresolved]
        return _("To be filled in: {fields}").format(fields="; ".join(named)) if named else ""

    @Slot(QModelIndex)
    def _double_clicked(self, _index: QModelIndex) -> None:
        if self.button.isEnabled():
            self.accept()

    @Slot()
    def _accepted(self) -> None:
        phrase = self.list.current()
        if phrase is not None and self._rendered is not None:
            self.chosen.emit(phrase, self._rendered)


def other_language(phrase: Phrase, language: str, words: Words) -> str:
    """Return the sentence that says that the parent reads another language than the phrase's, "" when not (RE2)."""
    if phrase.language.partition("-")[0] == (language or "en").partition("-")[0]:
        return ""
    told = _("This phrase is in {language}; the parent reads {other}.")
    return told.format(language=words.language(phrase.language), other=words.language(language))


def _spoken(one: Phrase) -> str:
    return f"{one.title}, {one.group}"


def _paint(painter: QPainter, rect: QRect, one: Phrase) -> None:
    theme = app_theme()
    inner = rect.adjusted(theme.px(10), 0, -theme.px(10), 0)
    title, group = one_line(one.title), one_line(one.group)
    draw_text(painter, inner, title, theme.small, theme.ink)
    if text_width(theme.small, title) + theme.px(16) + text_width(theme.small, group) <= inner.width():
        draw_text(painter, inner, group, theme.small, theme.muted, RIGHT)
