"""The form of a phrase: its languages beside each other, checked and looked at for a real request while they are written (RE3)."""

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import PhraseId
from request_desk.domain.phrase_library import language_order, missing_languages
from request_desk.domain.phrases import ANY_KIND, Phrase, PhraseOutcome
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import _, languages
from request_desk.services.desk import Unit
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import Half, PhrasePair
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.phrases.field_sheet import FieldSheet
from request_desk.ui.phrases.half_edit import HalfEdit
from request_desk.ui.phrases.phrase_words import OUTCOMES, kind_words
from request_desk.ui.phrases.preview_with import PreviewWith
from request_desk.ui.phrases.prompt_lines import PromptLines, drafts_of, prompts_of_bodies
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Line, field
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_ORDER: Final = 500  # of a new phrase: behind the shipped ones
_BESIDE: Final = 2  # languages beside each other
_MOST_GROUPS: Final = 8  # that are named as examples


def _read_for_form(unit: Unit, phrase_id: PhraseId | None) -> tuple[PhrasePair | None, tuple[str, ...]]:
    return (None if phrase_id is None else phrase_pairs.pair(unit, phrase_id)), phrase_pairs.groups(unit)


class PhraseForm(Editor):
    """One pair, of the practice or an own one. Nothing is saved that does not pass the check."""

    def __init__(self, context: DeskContext, phrase_id: PhraseId | None, *, own: bool) -> None:
        super().__init__(
            context,
            _title(is_new=phrase_id is None, own=own),
            _("A prepared reply. Fields in curly brackets fill themselves; questions are asked when somebody answers."),
            Permission.OWN_PHRASES if own else Permission.MANAGE_PHRASES,
            (Topic.PHRASE,),
            reading=_("Reading the phrase …"),
        )
        self._phrase_id, self._own = phrase_id, own
        self._seen: PhrasePair | None = None
        self._filled: tuple[Half, ...] | None = None  # what the fields said when they were filled
        self.title, self.group = QLineEdit(), QLineEdit()
        self.kind, self.outcome = QComboBox(), QComboBox()
        self.halves: dict[str, HalfEdit] = {}
        self.preview = PreviewWith(context)
        self.prompts = PromptLines(self)
        self.field_button = secondary(_("Insert a field …"), icon="plus", keys="Ctrl+Space")
        self.groups = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self._written_last: HalfEdit | None = None
        self._texts = QGridLayout()
        self._lay_out()
        self.follow(self.title, self.group, self.kind, self.outcome)
        self.prompts.edited.connect(self.show_ability)
        self.preview.changed.connect(self._look)
        self.field_button.clicked.connect(self.ask_field)
        QShortcut(QKeySequence("Ctrl+Space"), self).activated.connect(self.ask_field)

    def _lay_out(self) -> None:
        for kind in (*map(str, RequestKind), ANY_KIND):
            self.kind.addItem(kind_words(kind), kind)
        for outcome, words in OUTCOMES.items():
            self.outcome.addItem(words, outcome)
        heads, acts, group, top = QGridLayout(), QGridLayout(), QVBoxLayout(), Qt.AlignmentFlag.AlignTop
        group.setSpacing(app_theme().px(SPACE))
        group.addWidget(field(_("Group"), self.group))
        group.addWidget(self.groups)
        hint = _("Staff find it by this; parents never read it.")
        heads.addWidget(field(_("Title"), self.title, hint=hint), 0, 0, top)
        heads.addLayout(group, 0, 1, top)
        acts.addWidget(field(_("For requests of the kind"), self.kind), 0, 0)
        acts.addWidget(field(_("It tells"), self.outcome), 0, 1)
        for grid in (heads, acts):
            grid.setHorizontalSpacing(app_theme().px(4 * SPACE))
            for column in range(_BESIDE):
                grid.setColumnStretch(column, 1)
            self.fields.addLayout(grid)
        self.tell_beside("title", self.title, self.fields)
        self.tell_beside("group", self.group, self.fields)
        self.fields.addWidget(Line())
        with_field = QHBoxLayout()
        with_field.addWidget(self.preview, 1)
        with_field.addWidget(self.field_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.fields.addLayout(with_field)
        self._texts.setHorizontalSpacing(app_theme().px(4 * SPACE))
        self.fields.addLayout(self._texts)
        self.fields.addWidget(Line())
        self.fields.addWidget(PlainLabel(_("Questions"), role=TextRole.BOLD))
        self.fields.addWidget(self.prompts)

    # Reading

    def read(self) -> None:
        read = self.context.runner.read(self, _read_for_form, self._phrase_id)
        read.done(self._found).refused(self.unreadable)

    def _found(self, found: tuple[PhrasePair | None, tuple[str, ...]]) -> None:
        before, (self._seen, groups) = self._seen, found
        is_first, is_kept = self._filled is None, self._filled is not None and self.is_changed()
        names = ", ".join(one_line(each, 40) for each in groups[:_MOST_GROUPS])
        self.groups.setText(_("There are: {names}").format(names=names) if names else "")
        self._use_languages()
        self.shown(refill=not is_kept)
        if is_first:
            self.title.setFocus(Qt.FocusReason.OtherFocusReason)
        elif is_kept and self._seen is not None and before is not None and self._seen.seen != before.seen:
            self.say(CHANGED_ELSEWHERE)

    def _stored_halves(self) -> dict[str, Half]:
        halves = () if self._seen is None else self._seen.halves
        return {each.phrase.language: Half(each.phrase, each.id, each.version) for each in halves}

    def _use_languages(self) -> None:
        present = list(self._stored_halves())
        wanted = sorted((*present, *missing_languages(present, languages())), key=language_order)
        named = [(code, self.context.words().language(code)) for code in wanted]
        self.prompts.use_languages(named)
        for code, name in named:
            if code not in self.halves:
                place = len(self.halves)
                half = self.halves[code] = HalfEdit(code, name)
                self._texts.addWidget(half, place // _BESIDE, place % _BESIDE)
                self._texts.setColumnStretch(place % _BESIDE, 1)
                self.follow(half.edit)
                half.edit.entered.connect(self._entered)

    @Slot()
    def _entered(self) -> None:
        sender = self.sender()
        self._written_last = next((half for half in self.halves.values() if half.edit is sender), None)

    def fill(self) -> None:
        self._filled = None  # while they are filled, fields say what nobody typed
        stored = self._stored_halves()
        first = next(iter(stored.values())).phrase if stored else None
        self.title.setText("" if first is None else first.title)
        self.group.setText("" if first is None else first.group)
        self.kind.setCurrentIndex(self.kind.findData(ANY_KIND if first is None else first.kind))
        self.outcome.setCurrentIndex(self.outcome.findData(PhraseOutcome.ANY if first is None else first.outcome))
        for code, half in self.halves.items():
            half.show_text(stored[code].phrase.body if code in stored else "")
        self.prompts.show_drafts(drafts_of([each.phrase for each in stored.values()]))
        self.lock(self.title, self.group, self.kind, self.outcome, *(half.edit for half in self.halves.values()))
        self._filled = self.typed()

    # Typing

    def _phrases(self) -> list[Phrase]:
        """What is typed in each language, empty ones too."""
        stored = self._stored_halves()
        first = next(iter(stored.values())).phrase if stored else None
        bodies = {code: half.text() for code, half in self.halves.items()}
        prompts = prompts_of_bodies(self.prompts.drafts(), {code: body for code, body in bodies.items() if body})
        return [
            Phrase(
                slug="" if first is None else first.slug,
                title=self.title.text().strip(),
                kind=str(self.kind.currentData()),
                outcome=PhraseOutcome(self.outcome.currentData()),
                language=code,
                group=self.group.text().strip(),
                order=_ORDER if first is None else first.order,
                body=body,
                prompts=prompts.get(code, ()),
            )
            for code, body in bodies.items()
        ]

    def typed(self) -> tuple[Half, ...]:
        """Return what is to be stored: the languages that have a text, or had one."""
        stored = self._stored_halves()
        return tuple(
            Half(each, stored[each.language].id, stored[each.language].version)
            if each.language in stored
            else Half(each)
            for each in self._phrases()
            if each.body or each.language in stored
        )

    def is_changed(self) -> bool:
        if self._filled is None:
            return False
        now = [each.phrase for each in self.typed()]
        typed = self._seen is not None or any((self.title.text(), self.group.text(), now))
        return typed and now != [each.phrase for each in self._filled]

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        self.prompts.show_ability()
        self.field_button.setEnabled(self.may_change())
        self._look()

    @Slot()
    def _look(self) -> None:
        """Check and show what is typed."""
        phrases = self._phrases()
        if phrases:
            self.preview.show_for(phrases[0].kind, phrases[0].outcome, [each.language for each in phrases])
        for phrase in phrases:
            self.halves[phrase.language].look(phrase, self.preview)

    @Slot()
    def ask_field(self) -> None:
        """Ask for a field, and put it where the cursor was last."""
        if not self.may_change() or not self.halves:
            return
        half = self._written_last or next(iter(self.halves.values()))
        prompts = [each.of_language(half.language) for each in self.prompts.drafts()]
        sheet = FieldSheet(prompts, self.window())
        sheet.chosen.connect(half.insert_field)
        sheet.open()

    # Saving

    def save(self) -> None:
        wrong = next((half for half in self.halves.values() if half.error is not None), None)
        if wrong is not None and wrong.error is not None:
            self.refuse(Invalid(wrong.error.sentence, field=f"body.{wrong.language}"))
            wrong.go_to_problem()
        else:
            self.send(self.context.runner.act(self, phrase_pairs.save_pair, self.typed(), own=self._own))

    def refuse(self, refused: Refused) -> None:
        """Say what is wrong, and in which language."""
        super().refuse(refused)
        if not isinstance(refused, Invalid):
            return
        part, _dot, language = refused.field.rpartition(".")
        if language in self.halves and part:
            name = self.context.words().language(language)
            self.say(_("{language}: {sentence}").format(language=name, sentence=refused.sentence))
            place: QWidget = self.halves[language].edit if part == "body" else self.prompts.label
            place.setFocus(Qt.FocusReason.OtherFocusReason)


def _title(*, is_new: bool, own: bool) -> str:
    if is_new:
        return _("New phrase of my own") if own else _("New phrase of the practice")
    return _("Change my own phrase") if own else _("Change the practice's phrase")
