"""The questions of one questionnaire in their order, and the fields of the one that is chosen; saving them is the form's business."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.ids import QuestionId
from request_desk.domain.questionnaires import KIND_WORDS, FormQuestion, Option, QuestionKind
from request_desk.domain.words import _
from request_desk.ui.editor.editor import Editor
from request_desk.ui.editor.lines_editor import LinesEditor
from request_desk.ui.lists.columns import Column
from request_desk.ui.settings.list_acts import ListActs
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

_LIST: Final = 190  # pixels at 100 %: four questions without scrolling
_TEXT, _OPTIONS = 64, 104
_BETWEEN: Final = "|"  # English | Spanish


@dataclass(frozen=True, slots=True)
class _Line:
    """A question as the list has it; a new one has a key below 0 until it is stored."""

    id: int
    question: FormQuestion
    is_translated: bool = False  # as it is stored

    @property
    def active(self) -> bool:
        return self.question.active


class QuestionLines(LinesEditor[_Line]):
    """What is typed into the fields is in the list at once; nothing is stored before the form is."""

    def __init__(self, form: Editor) -> None:
        columns: tuple[Column[_Line], ...] = (
            Column(_("Question"), _text, 0),
            Column(_("Answer"), _kind, 170),
            Column(_("Needed"), _needed, 80),
            Column(_("State"), _state, 90),
        )
        super().__init__(form, columns, name=_("Questions"))
        self._next = -1
        self.acts = ListActs(self.chooser, _("Add question"), height=_LIST)
        self.kind = QComboBox()
        for kind, words in KIND_WORDS.items():
            self.kind.addItem(_(words), kind)
        self.required = QCheckBox(_("It has to be answered before the form can be sent"))
        self.text, self.text_es, self.options = (_area(height) for height in (_TEXT, _TEXT, _OPTIONS))
        self.kept = PlainLabel(
            _("A family has answered it, so it stays as it is. To ask something else, switch it off and add another one."),
            tone=Tone.MUTED,
            wrap=True,
        )  # fmt: skip
        self._fields = QWidget()
        self._lay_out()
        self.chooser.chosen.connect(self._show_chosen)
        self.acts.add_button.clicked.connect(self.add)
        self.acts.moved.connect(self._move)
        self.acts.off_button.clicked.connect(self._take_out)
        self.kind.currentIndexChanged.connect(self._typed)
        self.required.toggled.connect(self._typed)
        for area in (self.text, self.text_es, self.options):
            area.textChanged.connect(self._typed)

    def _lay_out(self) -> None:
        hint = _("One answer in a line. Behind a bar its Spanish text: Mother | Madre")
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(app_theme().px(3 * SPACE))
        self._options = field(_("Answers to choose from"), self.options, hint=hint)
        for part in (
            self.kept,
            field(_("How it is answered"), self.kind),
            field(_("Question in English"), self.text),
            field(_("Question in Spanish"), self.text_es),
            self._options,
            self.required,
        ):
            fields.addWidget(part)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(3 * SPACE))
        body.addWidget(self.acts)
        body.addWidget(self._fields)

    # What is shown and typed

    def show_questions(self, questions: Sequence[FormQuestion]) -> None:
        """Show these questions; the one that was chosen stays so."""
        chosen = self._chosen()
        kept = chosen.question.text if chosen is not None else ""
        self._lines = [_Line(each.id, each, bool(each.text_es)) for each in questions]
        key = next((each.id for each in self._lines if each.question.text == kept), None)
        self._list(key)

    def questions(self) -> tuple[FormQuestion, ...]:
        """Return the questions as they are typed; id 0 where one is new."""
        return tuple(replace(each.question, id=QuestionId(max(0, each.id))) for each in self._lines)

    def show_ability(self) -> None:
        """Offer what can be done with the chosen question."""
        allowed, line = self._form.may_change(), self._chosen()
        self.acts.show_for(line, self._lines, allowed=allowed)
        place = None if line is None else self._lines.index(line)
        self.acts.up_button.setEnabled(place is not None and place > 0)
        self.acts.down_button.setEnabled(place is not None and place < len(self._lines) - 1)
        is_kept = line is not None and line.question.is_answered
        if line is not None and not is_kept:
            self.acts.off_button.set_text(_("Remove"))
        elif line is not None:
            self.acts.off_button.set_text(_("Ask it no more") if line.active else _("Ask it again"))
        show_if(self._fields, line is not None)
        show_if(self.kept, is_kept)
        show_if(self._options, line is not None and line.question.kind is QuestionKind.CHOICE)
        self._form.lock(self.kind, self.text, closed=is_kept)
        self._form.lock(self.text_es, closed=is_kept and line is not None and line.is_translated)
        self._form.lock(self.required, self.options)

    # Acts

    @Slot()
    def add(self) -> None:
        """Add an empty question at the end, and go to its text."""
        line = _Line(self._next, FormQuestion(QuestionId(0), QuestionKind.TEXT, ""))
        self._next -= 1
        self._lines.append(line)
        self._list(line.id)
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit()

    @Slot()
    def _take_out(self) -> None:
        """Remove a question that nobody has answered, else ask it no more, or again."""
        line = self._chosen()
        if line is None:
            return
        place = self._lines.index(line)
        if line.question.is_answered:
            self._lines[place] = replace(line, question=replace(line.question, active=not line.active))
        else:
            del self._lines[place]
        self._list_near(place)
        self.chooser.setFocus()
        self.edited.emit()

    # Inside

    @Slot()
    def _show_chosen(self) -> None:
        line = self._chosen()
        question = line.question if line is not None else FormQuestion(QuestionId(0), QuestionKind.TEXT, "")
        self._is_filling = True
        self.kind.setCurrentIndex(self.kind.findData(question.kind))
        self.required.setChecked(question.is_required)
        for area, text in (
            (self.text, question.text),
            (self.text_es, question.text_es),
            (self.options, _options_text(question.options)),
        ):
            area.setPlainText(text)
        self._is_filling = False
        self.show_ability()

    @Slot()
    def _typed(self) -> None:
        line = self._chosen()
        if self._is_filling or line is None:
            return
        kind = QuestionKind(self.kind.currentData())
        made = replace(
            line.question,
            kind=kind,
            text=self.text.toPlainText().strip(),
            text_es=self.text_es.toPlainText().strip(),
            options=_options_of(self.options.toPlainText()) if kind is QuestionKind.CHOICE else line.question.options,
            is_required=self.required.isChecked(),
        )
        if made != line.question:
            self._lines[self._lines.index(line)] = replace(line, question=made)
            self.chooser.show_things(self._lines, line.id)
            self.show_ability()
            self.edited.emit()


def _options_of(text: str) -> tuple[Option, ...]:
    """Read the answers to choose from, one in a line."""
    parts = (line.partition(_BETWEEN) for line in text.splitlines() if line.strip())
    return tuple(Option(english.strip(), spanish.strip()) for english, _bar, spanish in parts)


def _options_text(options: Sequence[Option]) -> str:
    return "\n".join(f"{each.text} {_BETWEEN} {each.text_es}" if each.text_es else each.text for each in options)


def _area(height: int) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setTabChangesFocus(True)
    made.setFixedHeight(app_theme().px(height))
    return made


def _text(line: _Line) -> str:
    return one_line(line.question.text) or _("(no text yet)")


def _kind(line: _Line) -> str:
    return _(KIND_WORDS[line.question.kind])


def _needed(line: _Line) -> str:
    return _("yes") if line.question.is_required else "–"


def _state(line: _Line) -> str:
    if not line.active:
        return _("not asked")
    return _("answered") if line.question.is_answered else _("asked")
