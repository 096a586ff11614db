"""The page Phrases: the list, how a phrase reads, the form with its check, history, files, who may, keys and mouse."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton

from request_desk.domain.access import SYSTEM
from request_desk.domain.phrases import Phrase, PhraseOutcome, Prompt, dump, parse
from request_desk.paths import phrase_files
from request_desk.services.practice import phrase_pairs, phrases
from request_desk.services.practice.phrase_pairs import Half, PairsWanted, PhrasePair
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.phrases.field_sheet import FieldSheet
from request_desk.ui.phrases.history_sheet import HistorySheet
from request_desk.ui.phrases.phrase_detail import PhraseDetail
from request_desk.ui.phrases.phrase_files import ImportSheet, export_to
from request_desk.ui.phrases.phrase_form import PhraseForm
from request_desk.ui.phrases.phrases_page import PhrasesPage
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.theme import Look, app_theme
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Desk = PageDesk[PhrasesPage]
OpenDesk = Callable[..., Desk]
Allow = Callable[[], Any]
PICTURES = os.environ.get("PHRASE_PICTURES", "")  # a folder, where somebody wants to look

BOOKED = Phrase(
    "booked", "Booked", "schedule", PhraseOutcome.BOOKED, "en", "Booking", 10,
    "Hi {{ contact.first_name }},\n\n{{ patient.first_name }} is booked: {{ new.time }}.",
)  # fmt: skip
SPANISH = replace(BOOKED, language="es", body="Hola, {{ contact.first_name }}:\n\nLa cita es {{ new.time }}.")
ASKING = Phrase(
    "ask-form", "Ask for a form", "any", PhraseOutcome.NEED_INFO, "en", "Questions", 20, "Please bring {{ ask.form }}.",
    (Prompt("form", "Which form?", "choice", "the school form", ("the school form", "the camp form")),),
)  # fmt: skip


@pytest.fixture
def library(sqlite_practice: Practice, database_setup: Allow) -> Practice:
    with database_setup():
        sqlite_practice.desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, SPANISH, ASKING])
        sqlite_practice.a_request()
    return sqlite_practice


@pytest.fixture
def desk_at(open_page: OpenPage, library: Practice) -> OpenDesk:
    def open_desk(**values: Any) -> Desk:
        desk = open_page(PhrasesPage, **{"actor": library.admin, **values})
        desk.page.take_focus()
        return desk

    return open_desk


def picture(desk: Desk, name: str) -> None:
    if PICTURES:
        desk.frame.grab().save(f"{PICTURES}/{name}.png")
        if desk.has_dialog():
            desk.dialog().grab().save(f"{PICTURES}/{name}-sheet.png")


def lines(desk: Desk) -> list[tuple[str, ...]]:
    model = desk.page.model
    return [tuple(str(model.index(row, column).data()) for column in range(8)) for row in range(model.rowCount())]


def card(desk: Desk) -> PhraseDetail:
    assert isinstance(desk.page.detail, PhraseDetail)
    return desk.page.detail


def form(desk: Desk) -> PhraseForm:
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, PhraseForm)
    return window.form


def choose(desk: Desk, title: str) -> None:
    row = next(each for each in desk.page.model.rows() if each.first.title == title)
    desk.page.view.select_key(row.id)
    desk.settle()


def stored(practice: Practice, allow: Allow, title: str) -> PhrasePair:
    with allow():
        found = practice.desk.query(practice.admin, phrase_pairs.pairs, PairsWanted())
    return next(each for each in found if each.first.title == title)


def act(desk: Desk, text: str) -> QPushButton:
    return next(each for each in card(desk).acts.buttons if each.words() == text)


def test_the_list_says_what_each_phrase_is_and_does(desk_at: OpenDesk) -> None:  # RE3
    desk = desk_at()
    assert lines(desk) == [
        ("Booked", "Booking", "Schedule", "Booked", "Booked", "en es", "practice", "–"),
        ("Ask for a form", "Questions", "any", "", "Question back", "en · no es", "practice", "–"),
    ]
    assert nameless(desk.page) == []
    picture(desk, "list")


def test_a_phrase_reads_as_it_would_for_a_real_request_in_both_languages(desk_at: OpenDesk) -> None:  # RE3, RE2
    desk = desk_at()
    english, spanish = card(desk).halves
    assert (english.language.text(), spanish.language.text()) == ("English", "Spanish")
    assert card(desk).preview.box.currentText().startswith("Zuri Okafor: Schedule")
    assert english.reads.text().startswith("Hi Amara,\n\nZuri is booked: ")
    assert "AM" in english.reads.text()
    assert spanish.reads.text().startswith("Hola, Amara:")
    assert english.written.text() == BOOKED.body
    choose(desk, "Ask for a form")
    english, spanish = card(desk).halves
    assert english.reads.text() == "Please bring the school form."
    assert "There is no Spanish half." in card(desk).head.text()
    assert not spanish.reads.isVisible()


def test_without_any_request_fields_stay_open(desk_at: OpenDesk, library: Practice, database_setup: Allow) -> None:
    with database_setup():
        cancel = replace(BOOKED, slug="cancelled", title="Cancelled", kind="cancel", outcome=PhraseOutcome.CANCELLED)
        library.desk.perform(library.admin, phrase_pairs.save_pair, [Half(cancel)], own=False)
    desk = desk_at()
    choose(desk, "Cancelled")
    assert not card(desk).preview.box.isEnabled()
    assert "‹contact first name›" in card(desk).halves[0].reads.text()
    assert "First name of the person who asked" in card(desk).halves[0].open_fields.text()


def test_the_list_is_narrowed_by_typing_and_by_filters(desk_at: OpenDesk) -> None:  # RE3
    desk = desk_at()
    desk.press("Ctrl+F")
    desk.type("cita")
    desk.page.search.searched.emit("cita")
    desk.settle()
    assert [line[0] for line in lines(desk)] == ["Booked"]
    desk.page.search.empty()
    desk.settle()
    desk.page.filters.choose("kinds", ("any",))
    desk.settle()
    assert [line[0] for line in lines(desk)] == ["Ask for a form"]
    desk.page.filters.choose("kinds", ())
    desk.page.filters.choose("whose", ("mine",))
    desk.settle()
    assert lines(desk) == []


def test_a_phrase_is_changed_by_keys_with_the_check_while_it_is_typed(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # RE3
    desk = desk_at()
    desk.press("E")
    window = form(desk)
    assert window.title.hasFocus()
    english, spanish = window.halves["en"], window.halves["es"]
    assert english.reads.text().startswith("Hi Amara,")
    assert nameless(desk.dialog()) == []
    picture(desk, "form")
    english.edit.setFocus()
    desk.press("Ctrl+End")
    desk.press("Return")
    desk.type("See {{ patient.frist_name }}")
    assert english.problem.text().startswith("Line 4: There is no field “patient.frist_name”.")
    assert english.reads.text() == ""
    picture(desk, "form-wrong")
    desk.press("Ctrl+S")
    assert desk.has_dialog()
    assert window.said.text().startswith("English: Line 4: ")
    assert english.edit.hasFocus()
    assert english.edit.textCursor().blockNumber() == 3
    assert stored(library, database_setup, "Booked").shipped
    english.edit.setPlainText("Fine: {{ patient.first_name }}.")
    assert english.problem.text() == ""
    assert english.reads.text() == "Fine: Zuri."
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    pair = stored(library, database_setup, "Booked")
    assert [each.phrase.body for each in pair.halves] == ["Fine: {{ patient.first_name }}.", SPANISH.body]
    assert [each.shipped for each in pair.halves] == [False, True]  # the product still keeps the other one up to date
    assert card(desk).halves[0].written.text() == "Fine: {{ patient.first_name }}."
    desk.press("Ctrl+Shift+Z")
    assert stored(library, database_setup, "Booked").shipped
    assert spanish.language == "es"


def test_a_field_is_found_by_what_it_says_and_put_in_at_the_cursor(desk_at: OpenDesk) -> None:  # RE3
    desk = desk_at()
    desk.press("E")
    window = form(desk)
    spanish = window.halves["es"]
    spanish.edit.setFocus()
    desk.press("Ctrl+Home", "Ctrl+Space")
    sheet = desk.dialog()
    assert isinstance(sheet, FieldSheet)
    desk.type("length visit")
    assert [line.name for line in sheet.list.rows()] == ["type.minutes"]
    desk.press("Return")
    assert spanish.text().startswith("{{ type.minutes }}Hola")
    window.field_button.click()
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, FieldSheet)
    desk.type("no such thing")
    assert not sheet.button.isEnabled()
    sheet.reject()
    desk.settle()
    window.undo_changes()


def test_a_new_phrase_with_a_question_is_written_by_mouse(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # RE3
    desk = desk_at()
    desk.click(desk.page.new_button)
    window = form(desk)
    window.title.setText("Lab is closed")
    window.group.setText("Good to know")
    window.halves["en"].edit.setPlainText("The lab opens {{ ask.answer1 }}.")
    assert "There is no question “answer1” here." in window.halves["en"].problem.text()
    desk.click(window.prompts.acts.add_button)
    window.prompts.label.setText("When?")
    window.prompts.type.setCurrentIndex(window.prompts.type.findData("choice"))
    window.prompts.choices["en"].setPlainText("today\ntomorrow\n")
    window.prompts.defaults["en"].setText("today")
    assert window.halves["en"].problem.text() == ""
    assert window.halves["en"].reads.text() == "The lab opens today."
    picture(desk, "form-question")
    desk.click(window.save_button)
    assert not desk.has_dialog()
    pair = stored(library, database_setup, "Lab is closed")
    assert pair.first.slug == "lab-is-closed"
    assert pair.first.prompts == (Prompt("answer1", "When?", "choice", "today", ("today", "tomorrow")),)
    assert card(desk).title.text() == "Lab is closed"


def test_a_question_that_is_not_asked_is_refused_and_can_be_removed(desk_at: OpenDesk) -> None:  # RE3
    desk = desk_at()
    choose(desk, "Ask for a form")
    desk.press("E")
    window = form(desk)
    window.halves["en"].edit.setPlainText("Bring it.")
    desk.press("Ctrl+S")
    assert "The question “form” is not used in the text." in window.said.text()
    desk.click(window.prompts.acts.off_button)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert card(desk).halves[0].written.text() == "Bring it."


def test_what_is_typed_stays_when_somebody_else_saves(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:
    desk = desk_at()
    desk.press("E")
    window = form(desk)
    window.halves["en"].edit.setPlainText("Mine.")
    with database_setup():
        pair = stored(library, database_setup, "Booked")
        half = pair.halves[0]
        other = Half(replace(half.phrase, body="Theirs."), half.id, half.version)
        library.desk.perform(library.admin, phrase_pairs.save_pair, [other], own=False)
    desk.hear()
    assert window.halves["en"].text() == "Mine."
    assert "changed elsewhere" in window.said.text()
    window.undo_changes()
    desk.settle()
    assert window.halves["en"].text() == "Theirs."


def test_who_is_no_administrator_reads_and_copies(desk_at: OpenDesk, library: Practice) -> None:  # RE3
    desk = desk_at(actor=library.maria)
    assert not desk.page.new_button.isVisible()
    assert "an administrator changes it" in card(desk).head.text()
    assert not act(desk, "Change …").isEnabled()
    assert "changed by an administrator" in card(desk).acts.why_not.text()
    desk.press("E")
    assert not desk.has_dialog()
    assert "Change" in desk.said()
    desk.press("C")
    assert [(line[0], line[6]) for line in lines(desk)][:2] == [
        ("Booked (yours is used)", "practice"),
        ("Booked", "mine"),
    ]
    assert "nobody else sees it" in card(desk).head.text()
    desk.press("E")
    window = form(desk)
    assert window.may_change()
    window.halves["es"].edit.setPlainText("Mi texto.")
    desk.press("Ctrl+S")
    assert card(desk).halves[1].written.text() == "Mi texto."


def test_a_phrase_is_retired_and_brought_back(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # RE3
    desk = desk_at()
    desk.press("O")
    asked = desk.dialog()
    assert isinstance(asked, Question)
    desk.click(asked.yes)
    desk.hear()
    assert "It is retired" in card(desk).head.text()
    choose(desk, "Ask for a form")
    desk.hear()
    assert [line[0] for line in lines(desk)] == ["Ask for a form"]
    desk.page.filters.choose("state", ("retired",))
    desk.settle()
    assert [line[0] for line in lines(desk)] == ["Booked (retired)"]
    choose(desk, "Booked")
    desk.click(act(desk, "Bring back"))
    assert stored(library, database_setup, "Booked").active
    desk.press("Ctrl+Shift+Z")
    assert not stored(library, database_setup, "Booked").active


def test_history_tells_what_it_said_and_leads_back(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # TPL-08
    pair = stored(library, database_setup, "Booked")
    with database_setup():
        changed = [Half(replace(each.phrase, body="Ours."), each.id, each.version) for each in pair.halves]
        library.desk.perform(library.admin, phrase_pairs.save_pair, changed, own=False)
    desk = desk_at()
    desk.press("H")
    sheet = desk.dialog()
    assert isinstance(sheet, HistorySheet)
    assert nameless(sheet) == []
    assert sheet.text.text() == SPANISH.body
    picture(desk, "history")
    desk.press("Down")
    assert sheet.text.text() == BOOKED.body
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    assert [each.phrase.body for each in stored(library, database_setup, "Booked").halves] == [BOOKED.body, "Ours."]
    desk.press("B")
    asked = desk.dialog()
    assert isinstance(asked, Question)
    desk.click(asked.yes)
    assert stored(library, database_setup, "Booked").shipped


def test_history_of_who_may_not_change_it_is_read_only(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # RE3
    pair = stored(library, database_setup, "Booked")
    with database_setup():
        changed = [Half(replace(each.phrase, body="Ours."), each.id, each.version) for each in pair.halves]
        library.desk.perform(library.admin, phrase_pairs.save_pair, changed, own=False)
    desk = desk_at(actor=library.maria)
    desk.press("H")
    sheet = desk.dialog()
    assert isinstance(sheet, HistorySheet)
    assert not sheet.button.isEnabled()
    assert "administrator" in sheet.said.text()


def test_files_are_imported_and_each_says_what_became_of_it(
    desk_at: OpenDesk, library: Practice, database_setup: Allow, tmp_path: Path
) -> None:  # RE3
    (tmp_path / "fresh.toml").write_text(dump(replace(ASKING, slug="fresh", title="Fresh")), "utf-8")
    (tmp_path / "bad.toml").write_text(dump(replace(BOOKED, slug="bad")).replace("patient.first", "patient.frist"))
    (tmp_path / "latin.toml").write_bytes(b"id = 1\ntitle = '\xe9'\n")
    (tmp_path / "long.toml").write_bytes(b"#" * 70_000)
    desk = desk_at()
    desk.press("I")
    sheet = desk.dialog()
    assert isinstance(sheet, ImportSheet)
    names = ("bad", "fresh", "latin", "long", "missing")
    sheet.take([str(tmp_path / f"{name}.toml") for name in names])
    desk.settle()
    assert sheet.count.text() == "5 files"
    desk.press("Ctrl+Return")
    told = [line.told for line in sheet._lines]
    assert told[0].startswith("Line 11: There is no field “patient.frist_name”.")
    assert told[1] == "Fresh: added"
    assert told[2] == "Line 2: this is no text in UTF-8."
    assert told[3] == "It is too long for a phrase."
    assert told[4].startswith("It cannot be read: ")
    assert nameless(sheet) == []
    picture(desk, "import")
    desk.press("Esc")
    assert stored(library, database_setup, "Fresh").active
    desk.press("Ctrl+Shift+Z")
    assert not stored(library, database_setup, "Fresh").active


def test_what_the_list_shows_is_exported_into_a_folder(
    desk_at: OpenDesk, library: Practice, tmp_path: Path
) -> None:  # RE3
    desk = desk_at(actor=library.maria)
    desk.press("C")
    desk.press("Ctrl+E")
    asked = desk.dialog()
    assert isinstance(asked, QFileDialog)
    asked.fileSelected.emit(str(tmp_path))
    asked.reject()
    desk.settle()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.toml")) == [
        "ask-form.toml",
        "booked.es.toml",
        "booked.toml",
        "mine/booked.es.toml",
        "mine/booked.toml",
    ]
    assert parse((tmp_path / "booked.es.toml").read_text("utf-8")) == SPANISH
    assert "5 files" in desk.said()
    (tmp_path / "nowhere").write_text("no folder")
    export_to(desk.context, desk.page, [each.id for each in desk.page.model.rows()], str(tmp_path / "nowhere"))
    desk.settle()
    assert "cannot be written" in desk.said()


HOSTILE = (
    ("<b>bold</b> & <img src=x>", "<script>alert(1)</script>"),
    ("Everything", "{{ contact.first_name }} \u202eabc"),
    ("موعد محجوز", "مرحبا {{ contact.first_name }}،\nموعدك {{ new.time }}."),
    ("W" * 80, "wort" * 400),
    ("¡Señal!", "¿Cómo está, {{ contact.first_name }}?"),
)


def test_hostile_and_foreign_words_are_shown_as_they_are(
    desk_at: OpenDesk, library: Practice, database_setup: Allow
) -> None:  # TPL-08
    with database_setup():
        for title, body in HOSTILE:
            new = replace(BOOKED, slug="", title=title, body=body, group=title[:40])
            library.desk.perform(library.admin, phrase_pairs.save_pair, [Half(new)], own=False)
    desk = desk_at(size=(960, 680))
    assert len(lines(desk)) == 2 + len(HOSTILE)
    for row in desk.page.model.rows():
        desk.page.view.select_key(row.id)
        desk.settle()
        assert card(desk).halves[0].written.text() == row.first.body
    picture(desk, "hostile")


def test_two_hundred_phrases_are_one_page(desk_at: OpenDesk, library: Practice, database_setup: Allow) -> None:  # RE3
    shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
    many = [replace(BOOKED, slug=f"many-{number}", title=f"Many {number}") for number in range(200)]
    with database_setup():
        library.desk.perform(SYSTEM, phrases.sync_shipped, [*shipped, *many])
    desk = desk_at()
    assert desk.page.model.rowCount() == 200 + len({each.slug for each in shipped})
    picture(desk, "many")
    app_theme().choose(Look.DARK)
    desk.settle()
    picture(desk, "many-dark")
    desk.frame.resize(960, 680)
    desk.settle()
    picture(desk, "many-dark-960")
    app_theme().choose(Look.LIGHT)
    desk.settle()
    picture(desk, "many-960")
    desk.press("E")
    assert nameless(desk.dialog()) == []
    assert form(desk).halves["es"].reads.text()
    picture(desk, "form-960")
    app_theme().choose(Look.DARK)
    desk.settle()
    picture(desk, "form-dark-960")
