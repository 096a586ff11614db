"""The questions that only the user can answer, with suggested answers in each language; saving them is the form's business."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field as made, replace
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.phrase_library import asked_in
from request_desk.domain.phrases import Phrase, Prompt
from request_desk.domain.words import _
from request_desk.ui.editor.editor import Editor
from request_desk.ui.editor.lines_editor import LinesEditor
from request_desk.ui.lists.columns import Column
from request_desk.ui.phrases.phrase_words import PROMPT_TYPES
from request_desk.ui.settings.list_acts import ListActs
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import show_if
from request_desk.ui.widgets.theme import SPACE, app_theme

_LIST: Final = 110  # pixels at 100 %: two questions without scrolling
_CHOICES: Final = 84
_CHOICE: Final = "choice"


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """A question of all languages as it is typed."""

    name: str
    label: str
    type: str = "text"
    defaults: Mapping[str, str] = made(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = made(default_factory=dict)

    def of_language(self, language: str) -> Prompt:
        """Return the question of one half."""
        choices = self.choices.get(language, ()) if self.type == _CHOICE else ()
        return Prompt(self.name, self.label, self.type, self.defaults.get(language, ""), choices)


@dataclass(frozen=True, slots=True)
class _Line:
    """A question as the list has it; its id is its place when it came."""

    id: int
    draft: PromptDraft
    active: bool = True

    @property
    def name(self) -> str:
        return self.draft.name


def drafts_of(halves: Sequence[Phrase]) -> list[PromptDraft]:
    """Return the questions of all halves, each once."""
    found: dict[str, PromptDraft] = {}
    for half in halves:
        for each in half.prompts:
            known = found.get(each.name, PromptDraft(each.name, each.label, each.type))
            found[each.name] = replace(
                known,
                defaults={**known.defaults, half.language: each.default},
                choices={**known.choices, half.language: each.choices},
            )
    return list(found.values())


def prompts_of_bodies(drafts: Sequence[PromptDraft], bodies: Mapping[str, str]) -> dict[str, tuple[Prompt, ...]]:
    """Return the questions of each half: those that it asks. One that none asks is left with the first, where the check finds it."""
    asked = {language: asked_in(body) for language, body in bodies.items()}
    everywhere = frozenset().union(*asked.values())
    return {
        language: tuple(
            each.of_language(language)
            for each in drafts
            if each.name in asked[language] or (each.name not in everywhere and place == 0)
        )
        for place, language in enumerate(bodies)
    }


class PromptLines(LinesEditor[_Line]):
    """What is typed into the fields is in the list at once; nothing is stored before the form is."""

    def __init__(self, form: Editor) -> None:
        columns: tuple[Column[_Line], ...] = (
            Column(_("Question"), _label),
            Column(_("Written as"), _written, 170),
            Column(_("Answer"), _type, 170),
        )
        super().__init__(form, columns, name=_("Questions of the phrase"))
        self._next = 1
        self.acts = ListActs(self.chooser, _("Add question"), height=_LIST)
        self.acts.off_button.set_text(_("Remove"))
        self.label, self.name, self.type = QLineEdit(), QLineEdit(), QComboBox()
        for kind, words in PROMPT_TYPES.items():
            self.type.addItem(words, kind)
        self.defaults: dict[str, QLineEdit] = {}
        self.choices: dict[str, QPlainTextEdit] = {}
        self._choice_fields: list[QWidget] = []
        self._fields = QWidget()
        self._grid = QGridLayout()
        self._lay_out()
        form.follow(self.type)
        self.chooser.chosen.connect(self._show_chosen)
        self.acts.add_button.clicked.connect(self.add)
        self.acts.moved.connect(self._move)
        self.acts.off_button.clicked.connect(self._remove)
        self.type.currentIndexChanged.connect(self._typed)
        for line in (self.label, self.name):
            line.textChanged.connect(self._typed)

    def _lay_out(self) -> None:
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(app_theme().px(3 * SPACE))
        self._grid.setHorizontalSpacing(app_theme().px(3 * SPACE))
        hint = _("The text uses it as {field}.").format(field="{{ ask.name }}")
        fields.addWidget(field(_("What is asked"), self.label))
        fields.addWidget(field(_("Name in the text"), self.name, hint=hint))
        fields.addWidget(field(_("How it is answered"), self.type))
        fields.addLayout(self._grid)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(3 * SPACE))
        body.addWidget(self.acts)
        body.addWidget(self._fields)

    def use_languages(self, languages: Sequence[tuple[str, str]]) -> None:
        """Offer answers in each of these (code, name)."""
        for code, name in languages:
            if code not in self.defaults:
                column = len(self.defaults)
                default, choices = QLineEdit(), QPlainTextEdit()
                choices.setTabChangesFocus(True)
                choices.setFixedHeight(app_theme().px(_CHOICES))
                self.defaults[code], self.choices[code] = default, choices
                several = field(_("Answers to choose from, {language}").format(language=name), choices)
                self._choice_fields.append(several)
                self._grid.addWidget(field(_("Suggested answer, {language}").format(language=name), default), 0, column)
                self._grid.addWidget(several, 1, column)
                default.textChanged.connect(self._typed)
                choices.textChanged.connect(self._typed)

    # What is shown and typed

    def show_drafts(self, drafts: Sequence[PromptDraft]) -> None:
        """Show these questions; the one that was chosen stays so."""
        chosen = self._chosen()
        kept = chosen.name if chosen is not None else ""
        self._lines = [_Line(place, each) for place, each in enumerate(drafts, self._next)]
        self._next += len(drafts)
        self._list(next((each.id for each in self._lines if each.name == kept), None))

    def drafts(self) -> tuple[PromptDraft, ...]:
        """Return the questions as they are typed."""
        return tuple(each.draft for each in self._lines)

    def show_ability(self) -> None:
        """Offer what can be done with the chosen question."""
        allowed, line = self._form.may_change(), self._chosen()
        self.acts.show_for(line, self._lines, allowed=allowed)
        self.acts.off_button.set_text(_("Remove"))
        show_if(self.acts.chooser_frame, bool(self._lines))
        show_if(self._fields, line is not None)
        for part in self._choice_fields:
            show_if(part, line is not None and line.draft.type == _CHOICE)
        self._form.lock(self.label, self.name, self.type, *self.defaults.values(), *self.choices.values())

    # Acts

    @Slot()
    def add(self) -> None:
        """Add a question at the end, and go to what it asks."""
        names = {each.name for each in self._lines}
        free = next(f"answer{number}" for number in range(1, len(names) + 2) if f"answer{number}" not in names)
        line = _Line(self._next, PromptDraft(free, ""))
        self._next += 1
        self._lines.append(line)
        self._list(line.id)
        self.label.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit()

    @Slot()
    def _remove(self) -> None:
        line = self._chosen()
        if line is None:
            return
        place = self._lines.index(line)
        del self._lines[place]
        self._list_near(place)
        self.acts.add_button.setFocus()
        self.edited.emit()

    # Inside

    @Slot()
    def _show_chosen(self) -> None:
        line = self._chosen()
        draft = line.draft if line is not None else PromptDraft("", "")
        self._is_filling = True
        self.label.setText(draft.label)
        self.name.setText(draft.name)
        self.type.setCurrentIndex(self.type.findData(draft.type))
        for code, default in self.defaults.items():
            default.setText(draft.defaults.get(code, ""))
            self.choices[code].setPlainText("\n".join(draft.choices.get(code, ())))
        self._is_filling = False
        self.show_ability()

    @Slot()
    def _typed(self) -> None:
        line = self._chosen()
        if self._is_filling or line is None:
            return
        draft = PromptDraft(
            self.name.text().strip(),
            self.label.text().strip(),
            str(self.type.currentData()),
            {code: each.text().strip() for code, each in self.defaults.items()},
            {
                code: tuple(text.strip() for text in each.toPlainText().splitlines() if text.strip())
                for code, each in self.choices.items()
            },
        )
        if draft != line.draft:
            self._lines[self._lines.index(line)] = replace(line, draft=draft)
            self.chooser.show_things(self._lines, line.id)
            self.show_ability()
            self.edited.emit()


def _label(line: _Line) -> str:
    return one_line(line.draft.label) or _("(nothing asked yet)")


def _written(line: _Line) -> str:
    return "{{ ask." + one_line(line.name) + " }}"


def _type(line: _Line) -> str:
    return PROMPT_TYPES[line.draft.type]
