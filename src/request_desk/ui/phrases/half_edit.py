"""One language of a phrase while it is written: the text, what the check says with its line, and how it would read."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.phrases import Phrase, PhraseError, check
from request_desk.domain.words import _
from request_desk.ui.phrases.phrase_words import open_words
from request_desk.ui.phrases.preview_with import PreviewWith, looked_at
from request_desk.ui.widgets.layout import Card, field
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_TEXT: Final = 150  # pixels at 100 %


class BodyEdit(QPlainTextEdit):
    """The text with its marks; `entered` when it gets the focus."""

    entered = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setFixedHeight(app_theme().px(_TEXT))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()


class HalfEdit(QWidget):
    """Checks while it is typed; nothing is stored here."""

    def __init__(self, language: str, name: str) -> None:
        super().__init__()
        self.language = language
        self.edit = BodyEdit(name)
        self.problem = PlainLabel("", tone=Tone.DANGER, wrap=True, name=_("Check"))
        self.reads = PlainTextView(name=_("As it reads, {language}").format(language=name))
        self.open_fields = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.error: PhraseError | None = None
        paper = Card(padding=12, name=_("As it reads, {language}").format(language=name))
        paper.body.addWidget(PlainLabel(_("As it reads"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
        paper.body.addWidget(self.reads)
        paper.body.addWidget(self.open_fields)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        for part in (field(name, self.edit), self.problem, paper):
            body.addWidget(part)
        body.addStretch(1)

    def text(self) -> str:
        return self.edit.toPlainText().strip()

    def show_text(self, text: str) -> None:
        if text != self.edit.toPlainText():
            self.edit.setPlainText(text)

    def insert_field(self, name: str) -> None:
        """Put a field where the cursor is."""
        self.edit.insertPlainText("{{ " + name + " }}")
        self.edit.setFocus()

    def go_to_problem(self) -> None:
        """Put the cursor into the line that does not pass the check."""
        if self.error is not None and self.error.line:
            block = self.edit.document().findBlockByNumber(self.error.line - 1)
            self.edit.setTextCursor(QTextCursor(block))
        self.edit.setFocus()

    def look(self, phrase: Phrase, preview: PreviewWith) -> None:
        """Check what is typed, and show how it reads."""
        rendered = None
        self.error = _error_of(phrase) if phrase.body else None
        if phrase.body and self.error is None:
            rendered, self.error = looked_at(preview, phrase)
        self.problem.setText("" if self.error is None else self.error.sentence)
        self.reads.set_text("" if rendered is None else rendered.text)
        self.open_fields.setText("" if rendered is None else open_words(phrase.prompts, rendered))
        self.edit.setAccessibleDescription(self.problem.text())
        for part in (self.problem, self.open_fields):
            show_if(part, bool(part.text()))


def _error_of(phrase: Phrase) -> PhraseError | None:
    try:
        check(phrase.body, phrase.prompts)
    except PhraseError as error:
        return error
    return None
