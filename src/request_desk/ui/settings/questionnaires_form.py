"""The group about questionnaires: what families fill in before a visit, in both languages, and how it looks to them (ML1)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType
from request_desk.domain.ids import QuestionnaireId, TypeId
from request_desk.domain.questionnaires import Questionnaire, untranslated
from request_desk.domain.words import _, plural
from request_desk.services.practice import questionnaires
from request_desk.services.practice.questionnaires import QuestionnairesWithTypes
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.form_preview import FormPreview
from request_desk.ui.settings.list_acts import OrderedEditor
from request_desk.ui.settings.question_lines import QuestionLines
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Card, Line, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_LIST, _TYPES = 150, 180  # pixels at 100 %
_NEW: Final = Questionnaire(QuestionnaireId(0), "", "", (), frozenset(), active=True, version=0)


class QuestionnairesForm(OrderedEditor[Questionnaire]):
    """The questionnaires in their order, one at a time with its questions; they are switched off, never deleted."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[Questionnaire], ...] = (
            Column(_("Name"), _name, 0),
            Column(_("Questions"), _count, 100, right=True),
            Column(_("Asked before"), self._before, 210),
            Column(_("State"), _state, 70),
        )
        super().__init__(
            context,
            _("Questionnaires"),
            _("Families fill them in on their page before a visit of the types that are ticked. What they answer stands beside the visit."),
            Permission.MANAGE_SERVICES,
            (Topic.DIRECTORY,),
            columns,
            new=_("New questionnaire"),
            height=_LIST,
            move=questionnaires.move_questionnaire,
            switch=questionnaires.switch_questionnaire,
        )  # fmt: skip
        self._types: tuple[AppointmentType, ...] = ()
        self.name, self.name_es = QLineEdit(), QLineEdit()
        self.types = TickList(name=_("Asked before these types"))
        self.types.setMinimumHeight(app_theme().px(_TYPES))
        self.questions = QuestionLines(self)
        self.warning = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.preview_button = secondary(_("Preview as the family sees it …"), icon="eye")
        self._lay_out()
        self.follow(self.name, self.name_es)
        self.types.ticked.connect(self.show_ability)
        self.questions.edited.connect(self.show_ability)
        self.preview_button.clicked.connect(self._preview)

    def _lay_out(self) -> None:
        for part in (Line(), self.which):
            self.fields.addWidget(part)
        self.add_field(_("Name"), self.name, name="Name")
        self.add_field(_("Name in Spanish"), self.name_es, name="Spanish name")
        frame = Card(padding=4)
        frame.body.addWidget(self.types)
        self.fields.addWidget(PlainLabel(_("Asked before these types"), tone=Tone.MUTED))
        self.fields.addWidget(frame)
        self.tell_beside("Types", self.types, self.fields)
        self.fields.addWidget(Line())
        self.fields.addWidget(PlainLabel(_("Questions"), role=TextRole.BOLD))
        self.fields.addWidget(self.questions)
        self.tell_beside("Questions", self.questions.chooser, self.fields)
        self.fields.addWidget(self.warning)
        self.fields.addLayout(row(self.preview_button, None))

    def read(self) -> None:
        found = self.context.runner.read(self, questionnaires.questionnaires_with_types)
        found.done(self._found).refused(self.unreadable)

    def _found(self, found: QuestionnairesWithTypes) -> None:
        self._types = found.types
        self.take(found.questionnaires)

    def fill_from(self, form: Questionnaire | None) -> None:
        seen = _NEW if form is None else form
        self.name.setText(seen.name)
        self.name_es.setText(seen.name_es)
        self.types.set_lines([Tick(each.id, each.name) for each in self._types], seen.type_ids)
        self.types.set_locked(locked=not self.may_change())
        self.questions.show_questions(seen.questions)
        self.lock(self.name, self.name_es)

    def first_field(self) -> QLineEdit:
        return self.name

    def _typed(self) -> Questionnaire:
        seen = _NEW if self._shown is None else self._shown
        return replace(
            seen,
            name=self.name.text().strip(),
            name_es=self.name_es.text().strip(),
            questions=self.questions.questions(),
            type_ids=frozenset(map(TypeId, self.types.chosen())),
        )

    def is_changed(self) -> bool:
        if self._shown is None and not self.is_new:
            return False
        return self._typed() != (_NEW if self._shown is None else self._shown)

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        typed = self._typed()
        self.questions.show_ability()
        missing = untranslated(typed) if typed.name or typed.questions else ()
        self.warning.setText(_warning(missing))
        show_if(self.warning, bool(missing))
        self.preview_button.setEnabled(bool(typed.asked))

    def save(self) -> None:
        new, seen, act = self._typed(), self._shown, self.context.runner.act
        if seen is None:
            self.send(act(self, questionnaires.add_questionnaire, new).done(self.added))
        else:
            save = questionnaires.save_questionnaire
            self.send(act(self, save, seen.id, new, expect_version=seen.version))

    def ask_off(self, _seen: Questionnaire) -> None:
        told = _("Families are not asked it any more. What they have answered stays beside their visits.")
        self.ask_to_switch_off(told)

    @Slot()
    def _preview(self) -> None:
        FormPreview(self._typed(), self.window()).open()

    def _before(self, form: Questionnaire) -> str:
        names = [one_line(each.name) for each in self._types if each.id in form.type_ids]
        return ", ".join(names) or _("no type")


def _warning(missing: Sequence[str]) -> str:
    """What families who read Spanish would find in English."""
    if not missing:
        return ""
    told = plural(
        "One text has no Spanish: “{first}”. Families who read Spanish get it in English.",
        "{count} texts have no Spanish, such as “{first}”. Families who read Spanish get them in English.",
        len(missing),
    )
    return told.format(count=len(missing), first=one_line(missing[0], 60) or _("(no text yet)"))


def _name(form: Questionnaire) -> str:
    return one_line(form.name)


def _count(form: Questionnaire) -> str:
    return str(len(form.asked))


def _state(form: Questionnaire) -> str:
    return _("active") if form.active else _("off")
