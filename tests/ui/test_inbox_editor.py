"""The reply editor: what is typed stays, what is merged is locked and follows the act."""

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from request_desk.domain.phrases import PhraseOutcome, Prompt, Rendered, render
from request_desk.ui.inbox.reply_editor import ReplyEditor

BODY = "Hi {{ contact.first_name }}, the {{ type.name|lower }} is on {{ new.time }}. Bye"
VALUES = {"contact.first_name": "Amara", "type.name": "Well visit", "new.time": "Tue, Nov 24, 9:20 AM"}
OTHER = {**VALUES, "new.time": "Wed, Nov 25, 10:00 AM", "type.name": "Sick visit"}


def rendered(body: str = BODY, values: dict[str, str] = VALUES) -> Rendered:
    return render(body, values, {}, "schedule", PhraseOutcome.BOOKED)


@pytest.fixture
def editor(qtbot: QtBot) -> ReplyEditor:
    made = ReplyEditor(name="Response")
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


def put_cursor(editor: ReplyEditor, text: str, offset: int = 0, *, select: int = 0) -> None:
    cursor = editor.textCursor()
    cursor.setPosition(editor.text().index(text) + offset)
    cursor.setPosition(cursor.position() + select, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)


def test_a_phrase_counts_as_untouched_until_something_is_typed(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    assert editor.is_untouched()
    QTest.keyClicks(editor, "!")
    assert not editor.is_untouched()
    assert editor.text() == "Hi Amara, the well visit is on Tue, Nov 24, 9:20 AM. Bye!"


def test_fields_follow_other_values_and_typed_words_stay(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    QTest.keyClicks(editor, "!")
    editor.refresh(OTHER)
    assert editor.text() == "Hi Amara, the sick visit is on Wed, Nov 25, 10:00 AM. Bye!"


def test_typing_behind_a_field_is_not_part_of_it(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    put_cursor(editor, "AM", 2)
    QTest.keyClicks(editor, " sharp")
    editor.refresh(OTHER)
    assert "10:00 AM sharp. Bye" in editor.text()


def test_typing_inside_a_field_goes_behind_it(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    put_cursor(editor, "9:20", 1)
    QTest.keyClicks(editor, "X")
    assert "9:20 AMX." in editor.text()


def test_a_field_is_deleted_as_a_whole(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    put_cursor(editor, "AM. Bye", 2)
    QTest.keyClick(editor, Qt.Key.Key_Backspace)
    assert editor.text() == "Hi Amara, the well visit is on . Bye"
    put_cursor(editor, "well")
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.text() == "Hi Amara, the  is on . Bye"


def test_a_selection_that_touches_a_field_takes_all_of_it(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    put_cursor(editor, "on Tue", 0, select=5)
    QTest.keyClicks(editor, "to")
    assert editor.text() == "Hi Amara, the well visit is to. Bye"


def test_undo_takes_text_back_and_fields_stay_true(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    QTest.keyClicks(editor, " now")
    editor.refresh(OTHER)
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "9:20" not in editor.text()
    assert "Wed, Nov 25, 10:00 AM" in editor.text()


def test_an_open_field_is_named_and_reached_with_tab(editor: ReplyEditor) -> None:  # RE2
    prompts = (Prompt("form", "Which form?"),)
    made = render("Please bring {{ new.time }} and {{ ask.form }} today.", {}, {}, "schedule", PhraseOutcome.BOOKED)
    editor.put(made, {}, prompts)
    assert editor.rendered().unresolved == ("new.time", "ask.form")
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.textCursor().selectedText() == "‹new time›"
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.textCursor().selectedText() == "‹form›"
    QTest.keyClicks(editor, "the blue one")
    assert editor.rendered().unresolved == ("new.time",)
    assert editor.text() == "Please bring ‹new time› and the blue one today."
    editor.refresh(VALUES)
    assert editor.rendered().unresolved == ()


def test_tab_leaves_when_no_field_is_open(editor: ReplyEditor, qtbot: QtBot) -> None:
    other = ReplyEditor(name="Other", parent=editor.parentWidget())
    qtbot.addWidget(other)
    editor.put(rendered(), VALUES)
    assert not editor.go_to_open()


def test_pasting_brings_plain_text_only(editor: ReplyEditor) -> None:  # QT-06
    data = QMimeData()
    data.setHtml("<b>bold</b> <img src='http://example.org/x.png'>")
    data.setText("bold\r\nplain\u2029end\x00\ufffc")
    editor.insertFromMimeData(data)
    assert editor.text() == "bold\nplain\nend"
    assert not editor.rendered().unresolved


def test_what_an_input_method_composes_does_not_take_over_the_lock(editor: ReplyEditor) -> None:
    editor.put(rendered(), VALUES)
    put_cursor(editor, "AM. Bye", 2)
    event = QInputMethodEvent()
    event.setCommitString("ñ")
    QApplication.sendEvent(editor, event)
    editor.refresh(OTHER)
    assert "10:00 AMñ. Bye" in editor.text()


@pytest.mark.parametrize("name", ["Zoë 🦄", "محمد", "O'Brien\u2019s", "李小龍"])
def test_names_in_any_script_keep_the_fields_apart(editor: ReplyEditor, name: str) -> None:
    values = {**VALUES, "contact.first_name": name}
    editor.put(rendered(values=values), values)
    QTest.keyClicks(editor, "!")
    assert editor.rendered().text == editor.text()
    editor.refresh({**OTHER, "contact.first_name": name})
    assert editor.text() == f"Hi {name}, the sick visit is on Wed, Nov 25, 10:00 AM. Bye!"


def test_a_field_of_several_lines_is_one_piece(editor: ReplyEditor) -> None:
    values = {"location.address": "1 Pier\nSeattle"}
    editor.put(rendered("Come to\n{{ location.address }}\n\nBye", values), values)
    spans = editor.rendered().spans
    assert [span.text for span in spans] == ["Come to\n", "1 Pier\nSeattle", "\n\nBye"]
    editor.refresh({"location.address": "2 Dock"})
    assert editor.text() == "Come to\n2 Dock\n\nBye"


def test_a_draft_comes_back_with_its_fields(editor: ReplyEditor) -> None:  # MC10
    editor.put(rendered(), VALUES)
    QTest.keyClicks(editor, " soon")
    editor.put_text("\n🦄")
    kept = editor.remembered()
    text = editor.text()
    editor.reset()
    assert editor.is_empty()
    editor.restore(kept)
    assert editor.text() == text
    editor.refresh(OTHER)
    assert editor.text() == text.replace("Tue, Nov 24, 9:20 AM", "Wed, Nov 25, 10:00 AM").replace("well", "sick")


def test_inserting_a_phrase_keeps_what_was_typed(editor: ReplyEditor) -> None:  # RE1
    QTest.keyClicks(editor, "First this.")
    editor.add(rendered("Then {{ new.time }}."), VALUES)
    assert editor.text() == "First this.\n\nThen Tue, Nov 24, 9:20 AM."


def test_escape_leaves_the_text(editor: ReplyEditor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.left):
        QTest.keyClick(editor, Qt.Key.Key_Escape)
