"""Questionnaires in Settings: built, put in order, warned about, previewed, kept where a family has answered (ML1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QRadioButton

from request_desk.domain.questionnaires import QuestionKind, Questionnaire
from request_desk.services.practice import questionnaires
from request_desk.ui.settings.form_preview import FormPreview
from request_desk.ui.settings.questionnaires_form import QuestionnairesForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY, Practice
from tests.services.form_parts import a_questionnaire, answer
from tests.ui.page_desk import OpenPage, PageDesk, nameless
from tests.ui.settings_desk import go
from tests.ui.test_settings_places import beside, listed

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    return partial(open_page, SettingsPage, actor=sqlite_practice.admin)


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], list[Questionnaire]]:
    def read() -> list[Questionnaire]:
        with database_setup():
            return list(sqlite_practice.desk.query(sqlite_practice.admin, questionnaires.questionnaires))

    return read


def retype(desk: PageDesk[SettingsPage], area: QPlainTextEdit, text: str) -> None:
    area.setFocus()
    desk.press("Ctrl+A")
    desk.type(text)


def test_a_questionnaire_is_built_by_keys_and_stored(
    desk_at: OpenDesk, stored: Callable[[], list[Questionnaire]]
) -> None:
    desk = desk_at()
    form = go(desk, QuestionnairesForm)
    assert form.which.text() == "New questionnaire"  # where there is nothing yet, the first one is made
    form.name.setFocus()
    desk.type("New patients")
    form.types.setFocus()
    desk.press("Space")
    lines = form.questions
    desk.click(lines.acts.add_button)
    assert desk.focus() is lines.text
    desk.type("Who looks after the child?")
    lines.kind.setCurrentIndex(lines.kind.findData(QuestionKind.CHOICE))
    lines.options.setFocus()
    lines.options.setPlainText("Mother | Madre\n\nFather|Padre\nSomebody else")
    lines.required.setChecked(True)
    desk.settle()
    desk.click(lines.acts.add_button)
    desk.type("Born early?")
    lines.kind.setCurrentIndex(lines.kind.findData(QuestionKind.YES_NO))
    desk.settle()
    assert listed(lines.chooser) == ["Who looks after the child?", "Born early?"]
    desk.click(lines.acts.up_button)
    assert listed(lines.chooser) == ["Born early?", "Who looks after the child?"]
    desk.press("Ctrl+S")
    assert desk.said() == "Saved."
    (made,) = stored()
    assert (made.name, len(made.type_ids)) == ("New patients", 1)
    assert [each.kind for each in made.questions] == [QuestionKind.YES_NO, QuestionKind.CHOICE]
    assert [(each.text, each.text_es) for each in made.questions[1].options] == [
        ("Mother", "Madre"),
        ("Father", "Padre"),
        ("Somebody else", ""),
    ]
    assert made.questions[1].is_required
    assert not form.save_button.isEnabled()


def test_what_is_wrong_is_told_beside_and_nothing_typed_is_lost(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, QuestionnairesForm)
    desk.click(form.questions.acts.add_button)
    form.questions.kind.setCurrentIndex(form.questions.kind.findData(QuestionKind.CHOICE))
    form.questions.options.setPlainText("Only one")
    desk.press("Ctrl+S")
    assert beside(form, "Name") == "Name is empty. Please fill it in."
    assert beside(form, "Questions").startswith("Question 1: ")
    assert form.questions.options.toPlainText() == "Only one"


def test_a_missing_spanish_text_is_a_warning(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_questionnaire(sqlite_practice, ())
    desk = desk_at()
    form = go(desk, QuestionnairesForm)
    assert form.warning.text().startswith("2 texts have no Spanish, such as “Who looks after the child?”.")
    form.questions.chooser.select_key(form.chosen().questions[1].id)  # type: ignore[union-attr]
    desk.settle()
    retype(desk, form.questions.text_es, "Quien cuida?")
    form.questions.options.setPlainText("Mother | Madre\nFather | Padre")
    desk.settle()
    assert form.warning.isHidden()


def test_an_answered_question_is_kept_and_can_be_switched_off(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, stored: Callable[[], list[Questionnaire]]
) -> None:
    practice = sqlite_practice
    with database_setup():
        made = a_questionnaire(practice, (practice.well,))
        where = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "9:00")
        answer(practice, practice.amara, where, made, {0: "Nuts", 1: "Mother"})
    desk = desk_at()
    form = go(desk, QuestionnairesForm)
    lines = form.questions
    assert lines.text.isReadOnly()
    assert lines.text_es.isReadOnly()
    assert not lines.kind.isEnabled()
    assert lines.kept.isVisible()
    assert lines.acts.off_button.text() == "Ask it no more"
    desk.click(lines.acts.off_button)
    lines.chooser.select_key(made.questions[1].id)
    desk.settle()
    assert not lines.text_es.isReadOnly()  # it has no Spanish text yet
    lines.chooser.select_key(made.questions[2].id)
    desk.settle()
    assert not lines.text.isReadOnly()
    assert lines.acts.off_button.text() == "Remove"
    desk.click(lines.acts.off_button)
    desk.press("Ctrl+S")
    (now,) = stored()
    assert [each.id for each in now.questions] == [each.id for each in made.questions if each != made.questions[2]]
    assert [each.active for each in now.questions][:2] == [False, True]


def test_the_preview_shows_every_kind_in_both_languages(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_questionnaire(sqlite_practice, ())
    desk = desk_at()
    form = go(desk, QuestionnairesForm)
    desk.click(form.preview_button)
    shown = desk.dialog()
    assert isinstance(shown, FormPreview)
    texts = [each.text() for each in shown.findChildren(PlainLabel)]
    assert "Page 1 of 2" in texts
    assert "7. I agree to treatment. *" in texts
    assert {each.text() for each in shown.findChildren(QRadioButton)} == {"Mother", "Father", "Yes", "No", "No answer"}
    desk.click(shown.button)
    desk.settle()
    texts = [each.text() for each in shown.findChildren(PlainLabel) if each.isVisible()]
    assert "Página 1 de 2" in texts
    assert "1. ¿Alergias?" in texts
    assert "2. Who looks after the child? *" in texts  # not translated: in English
    desk.press("Esc")


def test_who_may_not_change_them_can_read_them(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_questionnaire(sqlite_practice, ())
    desk = desk_at(actor=sqlite_practice.maria)
    form = go(desk, QuestionnairesForm)
    assert form.questions.text.isReadOnly()
    assert form.questions.acts.add_button.isHidden()
    assert form.save_button.isHidden()
    assert form.preview_button.isEnabled()
    assert nameless(form) == []
