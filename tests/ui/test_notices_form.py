"""The group Notices: texts edited by keyboard, checked and shown while typed, tested, put back; what a channel may say (AD5, NT1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select, update

from request_desk.domain.directory import Channel, Content, PracticeSettings
from request_desk.domain.notice_templates import NoticeTemplate
from request_desk.domain.notices import NOTICES
from request_desk.services.notices import templates
from request_desk.services.notices.templates import KeptTemplate
from request_desk.services.practice import settings
from request_desk.store import schema
from request_desk.ui.settings import notice_words
from request_desk.ui.settings.notice_contents import ContentsSheet
from request_desk.ui.settings.notice_fields import FieldsSheet
from request_desk.ui.settings.notice_history import NoticeHistorySheet
from request_desk.ui.settings.notices_form import NoticesForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.dialogs import Question
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless
from tests.ui.settings_desk import go
from tests.ui.test_settings_places import beside

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    return partial(open_page, SettingsPage, actor=sqlite_practice.admin)


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], PracticeSettings]:
    def read() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(sqlite_practice.admin, settings.settings)

    return read


@pytest.fixture
def kept(sqlite_practice: Practice, database_setup: Setup) -> Callable[..., KeptTemplate]:
    def read(kind: str = "booking", channel: Channel = Channel.EMAIL, language: str = "en") -> KeptTemplate:
        with database_setup():
            found = sqlite_practice.desk.query(sqlite_practice.admin, templates.shelf)
        wanted = (kind, channel, language)
        return next(
            each for each in found if (each.template.kind, each.template.channel, each.template.language) == wanted
        )

    return read


@pytest.fixture
def change(sqlite_practice: Practice, database_setup: Setup) -> Callable[[Any], Any]:
    def run(statement: Any) -> Any:
        with database_setup(), sqlite_practice.database.write() as connection:
            done = connection.execute(statement)
            return done.all() if done.returns_rows else None

    return run


def show(desk: PageDesk[SettingsPage], form: NoticesForm, found: KeptTemplate) -> None:
    form.chooser.choose(found.id)
    desk.settle()
    assert form.chooser.key() == found.id


def retype(desk: PageDesk[SettingsPage], form: NoticesForm, text: str) -> None:
    form.body.setFocus()
    desk.press("Ctrl+A")
    desk.type(text)


def row_of(form: NoticesForm, found: KeptTemplate) -> list[str]:
    model = form.chooser.model()
    for row in range(model.rowCount()):
        cells = [str(model.index(row, column).data()) for column in range(model.columnCount())]
        channel = notice_words.CHANNELS[found.template.channel]
        language = {"en": "English", "es": "Spanish", "vi": "Vietnamese"}[found.template.language]
        if cells[:3] == [notice_words.KINDS[found.template.kind], channel, language]:
            return cells
    raise AssertionError("not in the list")


def test_every_kind_is_listed_with_its_channel_language_and_state(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    assert form.chooser.model().rowCount() == 4 * len(NOTICES)
    assert set(notice_words.KINDS) == {spec.kind for spec in NOTICES}
    cells = row_of(form, kept("move", Channel.SMS, "es"))
    assert cells == ["A visit has a new time", "Text message", "Spanish", "shipped", "nothing"]
    assert nameless(form) == []


def test_a_text_is_changed_shown_at_once_stored_and_undone(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:
    with database_setup():
        sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TOMORROW, "9:20")
    before = kept()
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, before)
    assert form.which.text() == "A visit is booked: E-mail, English"
    assert form.preview.subject.text() == "Your appointment with Harbor Pediatrics"
    assert "Zuri has an appointment" in form.preview.text.text()
    assert form.preview.whose.text().startswith("On the visit of Zuri Okafor, ")
    retype(desk, form, "Dear {{ patient.first_name }}, come at {{ appointment.clock }}.")
    assert " ".join(form.preview.text.text().split()) == "Dear Zuri, come at 9:20 AM."
    assert form.warning.text().startswith("The manage link is missing")
    assert beside(form, "body") == ""
    desk.press("Ctrl+S")
    assert desk.said() == "Saved."
    assert kept().template.body == "Dear {{ patient.first_name }}, come at {{ appointment.clock }}."
    assert row_of(form, before)[3:] == ["changed", "no manage link"]
    desk.press("Ctrl+Shift+Z")
    assert kept().template == before.template
    assert kept().shipped
    assert form.body.toPlainText() == before.template.body


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("Hello\n\n{{ reason }}", "Line 3: "),
        ("{% if manage.link %}", "Line 1: "),
        ("{{ ''.__class__ }}", "Line 1: "),
        ("", "The notice has no text."),
    ],
)
def test_what_is_wrong_is_said_while_typing_and_refused_at_saving(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate], body: str, told: str
) -> None:  # TPL-02, TPL-07
    before = kept()
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, before)
    form.body.setPlainText(body)
    assert beside(form, "body").startswith(told)
    assert form.preview.text.text() == "This text cannot be used yet."
    form.subject.setFocus()
    desk.press("Ctrl+S")
    assert desk.focus() is form.body
    assert form.body.textCursor().blockNumber() == (2 if told.startswith("Line 3") else 0)
    assert beside(form, "body").startswith(told)
    assert not form._beside["body"][1].visibleRegion().isEmpty()  # and not below what is seen
    assert form.body.toPlainText() == body
    assert kept() == before


def test_a_subject_that_tells_of_somebody_is_refused_at_its_own_field(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:  # TPL-06
    before = kept()
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, before)
    form.subject.setText("News of {{ patient.first_name }}")
    assert "patient.first_name" in beside(form, "subject")
    assert beside(form, "body") == ""
    form.subject.setText("Come!")
    assert beside(form, "subject") == ""
    form.again_button.click()
    assert form.subject.text() == before.template.subject


def test_a_text_message_has_no_subject_and_counts_its_signs(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:  # NOTE-04
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept(channel=Channel.SMS))
    assert form.subject.isHidden() or not form.subject.isVisible()
    form.body.setPlainText("a" * 142)
    assert form.preview.size_line.text() == "142 of 160 signs, 1 part"
    form.body.setPlainText("a" * 161)
    assert form.preview.size_line.text() == "161 of 306 signs, 2 parts"
    form.body.setPlainText("☺" + "a" * 70)
    assert form.preview.size_line.text().startswith("71 of 134 signs, 2 parts. A letter or sign")
    form.body.setPlainText("word " * 80)
    assert "longer than 2 parts" in form.warning.text()
    assert len(form.preview.text.text()) <= 306
    form.body.setPlainText("b" * 140 + " {{ manage.link }}")
    shown = form.preview.text.text()
    assert shown[:153].rstrip() == "b" * 140  # the link begins in the second part
    assert shown[153:].startswith("http")


def test_hostile_words_of_a_patient_stay_words(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:  # TPL-05
    with database_setup():
        born = TODAY - timedelta(days=900)
        patient = sqlite_practice.a_patient("<b>{{7*7}}</b>\u202eevil", "=?utf-8?b?x?=", born)
        sqlite_practice.an_appointment(patient, sqlite_practice.lindqvist, TOMORROW, "8:00")
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    shown = form.preview.text.toPlainText()
    assert "b b evil has an appointment" in shown  # what could be code is no part of a name
    assert not any(sign in shown + form.preview.whose.text() for sign in ("49", "\u202e"))
    assert "<b>{{7*7}}</b>" in form.preview.whose.text()


def test_the_preview_goes_to_the_visit_of_a_patient_who_is_searched_and_back(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:
    with database_setup():
        other = sqlite_practice.a_patient("Tavi", "Aurelio", TODAY - timedelta(days=900))
        sqlite_practice.an_appointment(other, sqlite_practice.lindqvist, TOMORROW, "8:00")
        sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TOMORROW, "9:20")
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    assert "Tavi has an appointment" in form.preview.text.text()
    form.preview.finder.setFocus()
    desk.type("okaf")
    desk.press("Return")
    desk.settle()
    desk.press("Return")
    assert "Zuri has an appointment" in form.preview.text.text()
    assert form.preview.next_button.isEnabled()
    form.preview.next_button.setFocus()
    desk.press("Space")
    assert "Tavi has an appointment" in form.preview.text.text()
    assert not form.preview.next_button.isEnabled()


def test_a_text_with_signs_that_a_field_shows_otherwise_counts_as_changed_only_when_somebody_types(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate], change: Callable[[Any], Any]
) -> None:
    body = "Come at\u00a09.\r\nSoon.\u2028{{ manage.link }}"
    of = schema.notice_template.c
    change(update(schema.notice_template).where(of.kind == "booking", of.channel == "email").values(body=body))
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    assert not form.is_changed()
    form.body.setFocus()
    desk.press("Ctrl+End")
    desk.type("!")
    assert form.is_changed()
    desk.press("Ctrl+S")
    assert kept().template.body == "Come at 9.\nSoon.\n{{ manage.link }}!"
    assert not form.is_changed()


def test_the_preview_is_of_the_text_that_was_chosen_last(desk_at: OpenDesk, kept: Callable[..., KeptTemplate]) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    form.chooser.choose(kept("code").id)
    form.chooser.choose(kept("move", language="es").id)
    assert form.preview.text.text() == ""
    desk.settle()
    assert form.preview.subject.text() == kept("move", language="es").template.subject.replace(
        "{{ practice.name }}", "Harbor Pediatrics"
    )
    assert "Alex" in form.preview.text.text()


def test_a_field_that_the_channel_does_not_say_at_present_is_marked(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:  # NT1
    with database_setup():
        before = sqlite_practice.desk.query(sqlite_practice.admin, settings.settings)
        bare = replace(before, notice_contents={Channel.EMAIL: Content.BARE})
        sqlite_practice.desk.perform(sqlite_practice.admin, settings.save_settings, bare, expect_version=before.version)
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    form.field_button.click()
    sheet = desk.dialog()
    assert isinstance(sheet, FieldsSheet)
    model = sheet.list.model()
    given_away = {str(model.index(row, 0).data()): str(model.index(row, 2).data()) for row in range(model.rowCount())}
    assert given_away["appointment.moment"] == "not said at present"
    assert given_away["manage.link"] == "a way in"


def test_a_field_is_put_in_by_keys_with_what_it_gives_away(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:  # NOTE-02
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    retype(desk, form, "From ")
    form.field_button.setFocus()
    desk.press("Space")
    sheet = desk.dialog()
    assert isinstance(sheet, FieldsSheet)
    model = sheet.list.model()
    rows = [[str(model.index(row, column).data()) for column in range(3)] for row in range(model.rowCount())]
    assert ["patient.first_name", "The patient's first name", "whom it is about"] in rows
    assert not any("reason" in cells[0] or "type" in cells[0] for cells in rows)
    assert nameless(sheet) == []
    desk.press("Return")
    assert not desk.has_dialog()
    assert form.body.toPlainText() == "From {{ practice.name }}"
    assert desk.focus() is form.body


def test_a_test_to_myself_says_what_is_missing_or_goes_out(
    desk_at: OpenDesk, sqlite_practice: Practice, kept: Callable[..., KeptTemplate], change: Callable[[Any], Any]
) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    form.test_button.setFocus()
    desk.press("Space")
    assert beside(form, "test").startswith("No e-mail address is entered for you.")
    assert desk.focus() is form.test_button
    who = schema.staff.c.id == sqlite_practice.admin.id
    change(update(schema.staff).where(who).values(email="admin@harbor.example"))
    desk.press("Space")
    assert desk.said().startswith("A test is on its way to you")
    assert beside(form, "test") == ""
    (row,) = change(select(schema.outbox.c.kind, schema.outbox.c.staff_id))
    assert tuple(row) == ("test", sqlite_practice.admin.id)
    form.body.setPlainText("Something new")
    desk.press("Space")
    assert form.said.text() == "Save or undo what you typed first."


def test_a_changed_text_goes_back_to_the_shipped_one_and_its_history_brings_it_again(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:  # TPL-08
    before = kept()
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, before)
    assert not form.shipped_button.isEnabled()
    form.body.setPlainText("Ours. {{ manage.link }}")
    desk.press("Ctrl+S")
    form.shipped_button.setFocus()
    desk.press("Space")
    asked = desk.dialog()
    assert isinstance(asked, Question)
    desk.press("Return")
    assert kept().template == before.template
    assert form.body.toPlainText() == before.template.body
    form.history_button.setFocus()
    desk.press("Space")
    sheet = desk.dialog()
    assert isinstance(sheet, NoticeHistorySheet)
    assert sheet.list.model().rowCount() == 2
    assert sheet.text.text() == "Ours. {{ manage.link }}"
    assert str(sheet.list.model().index(0, 1).data()) == "Administrator"
    assert nameless(sheet) == []
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    assert kept().template.body == "Ours. {{ manage.link }}"
    assert form.body.toPlainText() == "Ours. {{ manage.link }}"


def test_what_was_typed_stays_when_somebody_else_changes_the_text(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    found = kept()
    show(desk, form, found)
    form.body.setPlainText("Mine. {{ manage.link }}")
    with database_setup():
        theirs = replace(found.template, body="Theirs. {{ manage.link }}")
        sqlite_practice.desk.perform(sqlite_practice.admin, templates.save, theirs, expect_version=found.version)
    desk.hear()
    desk.settle()
    assert form.body.toPlainText() == "Mine. {{ manage.link }}"
    assert "changed elsewhere" in form.said.text()


# Finding one, and other languages


def listed(form: NoticesForm) -> list[tuple[str, str, str]]:
    model = form.chooser.model()
    cells = [[str(model.index(row, column).data()) for column in range(3)] for row in range(model.rowCount())]
    return [(notice, channel, language) for notice, channel, language in cells]


def test_the_list_is_narrowed_by_kind_channel_language_and_words(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    for key, value in (("kind", "move"), ("channel", "sms"), ("language", "es")):
        form.filter.chips.choose(key, (value,))
    desk.settle()
    assert listed(form) == [("A visit has a new time", "Text message", "Spanish")]
    assert form.chooser.key() == kept("move", Channel.SMS, "es").id
    assert form.which.text() == "A visit has a new time: Text message, Spanish"
    desk.press("Ctrl+F")
    desk.type("nonsense")
    desk.press("Return")
    assert not form.list_stack.is_content_shown()
    assert form.body.isReadOnly()
    form.filter.clear()
    desk.settle()
    assert len(listed(form)) == 4 * len(NOTICES)
    desk.type("running late spanish")
    desk.press("Return")
    assert {each[0] for each in listed(form)} == {"We are running late"}


def test_the_filters_of_the_list_follow_the_user(desk_at: OpenDesk) -> None:
    desk = desk_at(preferences={"notices.filters": {"kind": "code", "channel": "email"}})
    form = go(desk, NoticesForm)
    assert listed(form) == [("Code to sign in", "E-mail", "English"), ("Code to sign in", "E-mail", "Spanish")]


def test_what_is_typed_stays_in_the_list_whatever_the_filter_says(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    form.body.setPlainText("Ours. {{ manage.link }}")
    form.filter.chips.choose("kind", ("move",))
    desk.settle()
    assert form.body.toPlainText() == "Ours. {{ manage.link }}"
    assert {each[0] for each in listed(form)} == {"A visit is booked", "A visit has a new time"}
    desk.press("Ctrl+S")
    assert kept().template.body == "Ours. {{ manage.link }}"


def choose_language(desk: PageDesk[SettingsPage], form: NoticesForm, name: str) -> list[str]:
    """Choose a new language by its name; return all that were offered."""
    form.language_button.setFocus()
    desk.press("Space")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ActsMenu)
    offered = [each.text() for each in menu.actions()]
    menu.actions()[offered.index(name)].trigger()
    menu.close()
    desk.settle()
    return offered


def test_a_language_is_added_on_the_page_tried_undone_and_removed(
    desk_at: OpenDesk, kept: Callable[..., KeptTemplate]
) -> None:  # AD5
    desk = desk_at()
    form = go(desk, NoticesForm)
    english = kept()
    show(desk, form, english)
    form.filter.chips.choose("language", ("en",))
    desk.settle()
    assert not {"English", "Spanish"} & set(choose_language(desk, form, "Vietnamese"))
    assert form.which.text() == "A visit is booked: E-mail, Vietnamese"
    assert form.body.toPlainText() == english.template.body  # to be translated
    assert not form.save_button.isEnabled()
    form.body.setPlainText("Xin chao {{ nobody }}")
    assert beside(form, "body").startswith("Line 1: ")
    form.subject.setText("Lich hen")
    form.body.setPlainText("Xin chao {{ patient.first_name }}. {{ manage.link }}")
    desk.settle()
    assert form.preview.subject.text() == "Lich hen"
    assert "Xin chao" in form.preview.text.text()
    desk.press("Ctrl+S")
    made = kept(language="vi")
    assert form.chooser.key() == made.id  # in sight, whatever the filter says
    assert row_of(form, made)[3:] == ["own", "nothing"]
    assert not form.shipped_button.isVisible()
    assert form.remove_button.isVisible()
    desk.press("Ctrl+Shift+Z")
    with pytest.raises(StopIteration):
        kept(language="vi")


def test_a_text_of_the_practice_s_own_language_is_removed_after_a_question(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, kept: Callable[..., KeptTemplate]
) -> None:
    text = NoticeTemplate("booking", Channel.EMAIL, "vi", "Lich hen", "Xin chao. {{ manage.link }}")
    with database_setup():
        sqlite_practice.desk.perform(sqlite_practice.admin, templates.save, text)
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept(language="vi"))
    form.remove_button.setFocus()
    desk.press("Space")
    asked = desk.dialog()
    assert isinstance(asked, Question)
    desk.click(asked.yes)
    assert len(listed(form)) == 4 * len(NOTICES)
    desk.press("Ctrl+Shift+Z")
    assert kept(language="vi").template == text


# What a channel may say


def test_a_channel_is_made_bare_and_tells_the_time_again(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings], kept: Callable[..., KeptTemplate]
) -> None:  # NT1
    desk = desk_at()
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    assert form.contents.text().startswith("E-mails say for whom, when and where.")
    form.contents_button.setFocus()
    desk.press("Space")
    sheet = desk.dialog()
    assert isinstance(sheet, ContentsSheet)
    assert all(box.isChecked() for box in sheet.boxes.values())
    assert nameless(sheet) == []
    desk.press("Space")
    assert not sheet.calendar.isEnabled()
    desk.press("Ctrl+Return")
    assert stored().notice_contents == {Channel.EMAIL: Content.BARE}
    assert "has an appointment" not in form.preview.text.text()
    assert form.contents.text().startswith("E-mails say only that there is news.")
    desk.press("Ctrl+Shift+Z")
    assert stored().notice_contents == {}


def test_a_practice_may_send_letters_without_calendar_files(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:  # NT1
    desk = desk_at()
    form = go(desk, NoticesForm)
    form.contents_button.setFocus()
    desk.press("Space")
    sheet = desk.dialog()
    assert isinstance(sheet, ContentsSheet)
    assert sheet.calendar.isChecked()
    sheet.calendar.setFocus()
    desk.press("Space", "Ctrl+Return")
    assert not stored().calendar_in_letters
    desk.press("Ctrl+Shift+Z")
    assert stored().calendar_in_letters


def test_who_may_not_change_texts_reads_them(
    open_page: OpenPage, sqlite_practice: Practice, kept: Callable[..., KeptTemplate]
) -> None:
    desk = open_page(SettingsPage, actor=sqlite_practice.maria)
    form = go(desk, NoticesForm)
    show(desk, form, kept())
    assert form.body.isReadOnly()
    assert form.subject.isReadOnly()
    for button in (form.test_button, form.shipped_button, form.field_button, form.contents_button, form.save_button):
        assert not button.isVisible()
    assert "has an appointment" in form.preview.text.text()
    form.history_button.setFocus()
    desk.press("Space")
    sheet = desk.dialog()
    assert isinstance(sheet, NoticeHistorySheet)
    assert not sheet.button.isVisible()
    assert sheet.nothing.isVisible()
