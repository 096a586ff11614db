"""A questionnaire as a family sees it on a phone, page by page, in either language; nothing can be filled in here."""

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QRadioButton, QVBoxLayout, QWidget

from request_desk.domain.questionnaires import FormQuestion, QuestionKind, Questionnaire, consent_hint, parts_of
from request_desk.domain.words import _, speaking
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card, column_scroll
from request_desk.ui.widgets.plain_text import body_text, breakable, one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE: Final = (440, 640)
_LINES: Final = 72  # pixels at 100 % of a longer answer
_ENGLISH, _SPANISH = "en", "es"


class FormPreview(Sheet):
    """Shows one questionnaire; its button changes the language."""

    def __init__(self, form: Questionnaire, parent: QWidget) -> None:
        super().__init__(_("As the family sees it"), primary(""), parent, size=_SIZE)
        self._form = form
        self.language = _ENGLISH
        self._inner = QWidget()
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(0, 0, app_theme().px(SPACE), 0)
        self._column.setSpacing(app_theme().px(3 * SPACE))
        scroll = column_scroll(self._inner)
        scroll.setMinimumHeight(app_theme().px(320))
        self.body.addWidget(scroll, 1)
        self.finish()
        self.button.clicked.connect(self._other_language)
        self._fill()

    @Slot()
    def _other_language(self) -> None:
        self.language = _SPANISH if self.language == _ENGLISH else _ENGLISH
        self._fill()

    def _fill(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.button.set_text(_("Show in Spanish") if self.language == _ENGLISH else _("Show in English"))
        with speaking(self.language):
            self._add_pages()
        self._column.addStretch(1)

    def _add_pages(self) -> None:
        self._add(PlainLabel(one_line(self._form.said(self.language)), role=TextRole.TITLE, wrap=True))
        pages, number = parts_of(self._form.asked), 0
        for place, page in enumerate(pages, 1):
            if len(pages) > 1:
                told = _("Page {part} of {parts}").format(part=place, parts=len(pages))
                self._add(PlainLabel(told, role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
            for question in page:
                number += 1
                self._add(_shown(question, number, self.language))

    def _add(self, part: QWidget) -> None:
        self._column.addWidget(part)


def _shown(question: FormQuestion, number: int, language: str) -> QWidget:
    """One question with the control that a family gets."""
    card = Card()
    mark = " *" if question.is_required else ""
    text = f"{number}. {breakable(body_text(question.said(language), 500))}{mark}"
    card.body.addWidget(PlainLabel(text, role=TextRole.SMALL_BOLD, wrap=True))
    if question.kind is QuestionKind.CONSENT:
        card.body.addWidget(PlainLabel(consent_hint(question), tone=Tone.MUTED, wrap=True))
    for control in _controls(question, language):
        control.setEnabled(False)
        control.setAccessibleName(one_line(question.said(language)))
        card.body.addWidget(control)
    return card


def _controls(question: FormQuestion, language: str) -> list[QWidget]:
    match question.kind:
        case QuestionKind.CHOICE:
            texts = [text for _value, text in question.said_options(language)]
        case QuestionKind.YES_NO:
            texts = [_("Yes"), _("No")]
        case QuestionKind.TEXT:
            area = QPlainTextEdit()
            area.setFixedHeight(app_theme().px(_LINES))
            return [area]
        case _:
            return [QLineEdit()]
    if not question.is_required:
        texts.append(_("No answer"))
    return [QRadioButton(one_line(text)) for text in texts]
