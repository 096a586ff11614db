"""The house's widgets: plain text only, named for every reader, usable by keyboard (requirements UX1; QT-01 … QT-06)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QDateEdit, QLabel, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.widgets.buttons import (
    Button,
    Chip,
    IconButton,
    Link,
    RadioRow,
    TabStrip,
    ToggleChip,
    danger,
    ghost,
    primary,
    secondary,
)
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, FlowLayout, Line, field, paint_later
from request_desk.ui.widgets.plain_text import BODY, CELL, MARKS, body_text, isolated, one_line, tip_text
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.skeleton import Skeleton
from request_desk.ui.widgets.states import Banner, BannerKind, SearchField, State, StatePane, StateStack
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, set_tip
from request_desk.ui.widgets.theme import CONTROL, TARGET, Look, TextRole, Theme, Tone

HOSTILE = (
    "<b>bold</b><img src=x onerror=alert(1)>",
    '<a href="file:///etc/passwd">click</a>',
    "Jo\u202eanna",
    "\u2066\u2067\u2068 isolates",
    "a" + "\u0301" * 5_000,
    "x" * 100_000,
    "nul\x00bell\x07esc\x1b[31m",
    "مرحبا 9:20 AM شكرا",
    "line\r\nline\u2028line\u2029line",
    "\ud83d\ude00 😀👨‍👩‍👧",
    "a&b && <i>",
    "\ufeff\u200b\u00ad",
    "",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_one_short_visible_line(text: str) -> None:  # QT-04, QT-05
    shown = one_line(text)
    assert len(shown) <= CELL
    assert all(char.isprintable() or char in "\u200c\u200d" for char in shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_body_is_capped_and_keeps_its_lines(text: str) -> None:  # QT-04
    shown = body_text(text)
    assert len(shown.replace("\n", "")) <= BODY
    assert all(len(line) <= 1_000 for line in shown.split("\n"))
    assert all(char.isprintable() or char in "\n\t\u200c\u200d" for char in shown)


def test_a_tower_of_marks_is_cut(qapp: object) -> None:
    assert one_line("a" + "\u0301" * 50 + "b") == "a" + "\u0301" * MARKS + "b"


def test_a_body_keeps_what_was_written() -> None:
    assert body_text("hi,\r\n\r\npicture day\tmoved") == "hi,\n\npicture day\tmoved"


def test_an_isolated_text_cannot_reorder_its_sentence() -> None:
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("") == ""


def test_a_tooltip_is_escaped(qtbot: QtBot) -> None:  # QT-03
    button = QPushButton("x")
    qtbot.addWidget(button)
    set_tip(button, "<b>a</b>\nb")
    assert button.toolTip() == "<qt>&lt;b&gt;a&lt;/b&gt;<br>b</qt>"
    assert tip_text("") == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_is_always_plain_text(qtbot: QtBot, text: str) -> None:  # QT-01, QT-02
    for label in (
        PlainLabel(text, elide=True),
        PlainLabel(text, wrap=True, selectable=True),
        PlainLabel(text, name="Message"),
    ):
        qtbot.addWidget(label)
        label.resize(200, 40)
        label.show()
        assert label.textFormat() is Qt.TextFormat.PlainText
        assert not label.openExternalLinks()
        assert label.text() == text
        assert "\u202e" not in QLabel.text(label)


def test_an_elided_label_shows_the_whole_text_as_its_tip(qtbot: QtBot) -> None:
    label = PlainLabel("A rather long sentence that has no room here", elide=True)
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert "rather long" in label.toolTip()
    label.resize(800, 20)
    assert label.toolTip() == ""
    assert label.minimumSizeHint().width() <= 40


def test_a_label_changes_its_colour_with_its_tone(qtbot: QtBot, theme: Theme) -> None:
    label = PlainLabel("late", role=TextRole.BOLD)
    qtbot.addWidget(label)
    label.show()
    label.set_tone(Tone.DANGER)
    assert label.palette().windowText().color() == theme.danger
    assert label.font().pixelSize() == 14
    label.set_role(TextRole.TITLE)
    assert label.font().pixelSize() == 17


@pytest.mark.parametrize("text", HOSTILE)
def test_a_message_is_shown_as_written_and_grows_with_its_lines(qtbot: QtBot, text: str) -> None:
    view = PlainTextView(name="Message", max_lines=12)
    qtbot.addWidget(view)
    view.resize(300, 10)
    view.show()
    view.set_text(text)
    assert view.text() == text
    assert view.isReadOnly()
    assert view.height() <= 12 * view.fontMetrics().lineSpacing() + 4


def test_a_message_is_as_high_as_its_lines(qtbot: QtBot) -> None:
    view = PlainTextView(name="Message")
    qtbot.addWidget(view)
    view.resize(600, 10)
    view.show()
    view.set_text("one\ntwo\nthree")
    assert view.height() == 3 * view.fontMetrics().lineSpacing() + 4


def everything() -> list[Callable[[], QWidget]]:
    return [
        lambda: PlainLabel("words"),
        lambda: primary("Send", icon="check", keys="Ctrl+Return"),
        lambda: secondary("Reply", icon="reply"),
        lambda: danger("Cancel the appointment", keys="C"),
        lambda: ghost("More"),
        lambda: IconButton("x", "Close"),
        lambda: Chip("Location", [(1, "Northside"), (2, "Harbor St")], multiple=True),
        lambda: ToggleChip("Needs me first"),
        lambda: TabStrip([("a", "Unread"), ("b", "All")], name="Tabs"),
        lambda: SearchField("Search", keys="Ctrl+K"),
        lambda: RadioRow([(1, "Completed"), (2, "Keep open")], name="Then"),
        lambda: PlainTextView(name="Message"),
        Banner,
        lambda: Skeleton(),
        StatePane,
        lambda: Card(name="Response"),
        Line,
        lambda: field("Minutes", QSpinBox(), hint="In tens."),
        lambda: field("Day", QDateEdit()),
        lambda: field("Name", QLineEdit()),
    ]


@pytest.mark.parametrize("look", [Look.LIGHT, Look.DARK])
@pytest.mark.parametrize("scale", [100, 130])
def test_everything_is_painted_and_every_control_has_a_name(qtbot: QtBot, theme: Theme, look: Look, scale: int) -> None:
    theme.choose(look)
    theme.set_scale(scale)
    window = QWidget()
    qtbot.addWidget(window)
    body = QVBoxLayout(window)
    for make in everything():
        body.addWidget(make())
    window.show()
    assert not window.grab().isNull()
    for widget in window.findChildren(QWidget):
        if (
            widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and widget.isVisible()
            and widget.objectName() != "qt_spinbox_lineedit"
        ):
            reader = QAccessible.queryAccessibleInterface(widget)
            assert reader.text(QAccessible.Text.Name), widget


@pytest.mark.parametrize("scale", [100, 115, 130])
def test_targets_are_high_enough(qtbot: QtBot, theme: Theme, scale: int) -> None:  # design/ui.md: at least 32 px
    theme.set_scale(scale)
    for make in (
        lambda: primary("Send"),
        lambda: IconButton("x", "Close"),
        lambda: ToggleChip("First"),
        lambda: SearchField("Find"),
    ):
        widget = make()
        qtbot.addWidget(widget)
        widget.show()
        assert widget.sizeHint().height() >= TARGET * scale // 100 - 1


def test_a_button_keeps_its_width_for_all_its_texts(qtbot: QtBot) -> None:
    button = primary("Send", keys="Ctrl+Return")
    qtbot.addWidget(button)
    button.hold_width(["Send & complete", "Move, send & complete"])
    width = button.sizeHint().width()
    button.set_text("Move, send & complete")
    assert button.sizeHint().width() == width
    assert button.words() == "Move, send & complete"
    assert button.sizeHint().height() == CONTROL


def test_a_click_on_a_button_leaves_the_focus_where_it_is(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    body = QVBoxLayout(window)
    line, button = QLineEdit(), secondary("Reply")
    body.addWidget(line)
    body.addWidget(button)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    line.setFocus()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert line.hasFocus()


def test_a_chip_names_what_is_chosen(qtbot: QtBot) -> None:
    chip = Chip("Location", [(1, "Northside"), (2, "Harbor St"), (3, "Bay & Co")], multiple=True)
    qtbot.addWidget(chip)
    assert chip.words() == "Location: all"
    everything, _line, north, harbor, bay = chip.menu_open().actions()
    with qtbot.waitSignal(chip.changed) as changed:
        harbor.trigger()
    assert changed.args == [(2,)]
    north.trigger()
    assert chip.words() == chip.accessibleName() == "Location: Northside, Harbor St"
    bay.trigger()
    assert chip.chosen() == ()
    harbor.trigger()
    everything.trigger()
    assert chip.words() == "Location: all"


def test_a_link_without_room_says_a_shorter_text(qtbot: QtBot) -> None:  # UI5
    link = Link("Cancel, Zuri Okafor · from Amara · opposite wish", 1, shorter=("Cancel, Zuri Okafor · opposite wish",))
    qtbot.addWidget(link)
    link.resize(link.sizeHint())
    assert link.fitting() == link.accessibleName() == "Cancel, Zuri Okafor · from Amara · opposite wish"
    link.resize(link.width() - 20, link.height())
    assert link.fitting() == "Cancel, Zuri Okafor · opposite wish"


def test_a_chip_without_room_says_fewer_words_and_none_in_part(qtbot: QtBot) -> None:  # UI5
    chip = Chip("Location", [(1, "Northside"), (2, "Harbor St")], multiple=True)
    qtbot.addWidget(chip)
    said = set()
    chip.choose([1, 2])
    for width in range(400, 60, -1):
        chip.resize(width, 32)
        said.add(chip.fitting())
    assert said == {"Location: Northside, Harbor St", "Northside, Harbor St", "Location: 2"}
    assert chip.accessibleName() == "Location: Northside, Harbor St"


def test_choosing_by_program_is_not_told(qtbot: QtBot) -> None:
    chip = Chip("Kind", [("schedule", "Schedule"), ("cancel", "Cancel")])
    qtbot.addWidget(chip)
    with qtbot.assertNotEmitted(chip.changed):
        chip.choose(["cancel"])
    assert chip.chosen() == ("cancel",)
    chip.set_options([("schedule", "Schedule")])
    assert chip.chosen() == ()


def test_a_chip_without_a_label_always_has_a_choice(qtbot: QtBot) -> None:
    chip = Chip("", [("needs", "Needs me first"), ("new", "Newest first")])
    qtbot.addWidget(chip)
    assert chip.chosen() == ("needs",)
    chip.menu_open().actions()[1].trigger()
    assert (chip.words(), chip.chosen()) == ("Newest first", ("new",))


def test_tabs_tell_their_key_and_show_counts(qtbot: QtBot) -> None:
    tabs = TabStrip([("unread", "Unread Portal"), ("open", "All open")], name="Tabs")
    qtbot.addWidget(tabs)
    tabs.show()
    tabs.set_count("unread", 12)
    tabs.set_count("open", 31)
    assert [tabs.tabText(0), tabs.tabText(1)] == ["Unread Portal 12", "All open 31"]
    with qtbot.waitSignal(tabs.chosen) as chosen:
        qtbot.keyClick(tabs, Qt.Key.Key_Right)
    assert chosen.args == ["open"]
    assert tabs.current_key() == "open"
    tabs.set_count("open", None)
    assert tabs.tabText(1) == "All open"


def test_one_of_a_radio_row_is_chosen(qtbot: QtBot) -> None:
    row = RadioRow([("done", "Completed"), ("mine", "Remove from my inbox only"), ("open", "Keep open")], name="Then")
    qtbot.addWidget(row)
    row.resize(900, 40)
    row.show()
    assert row.value() is None
    row.choose("done")
    buttons = row.findChildren(QAbstractButton)
    with qtbot.waitSignal(row.chosen) as chosen:
        qtbot.mouseClick(buttons[2], Qt.MouseButton.LeftButton, pos=QPoint(buttons[2].width() - 4, 8))
    assert chosen.args == ["open"]
    assert row.value() == "open"


def test_a_row_that_has_no_room_wraps(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    flow = FlowLayout(window)
    for number in range(6):
        flow.addWidget(secondary(f"Number {number}"))
    wide, narrow = flow.heightForWidth(2_000), flow.heightForWidth(250)
    assert wide == CONTROL
    assert narrow > 2 * wide
    assert flow.sizeHint().height() == CONTROL
    assert flow.itemAt(99) is None


def test_a_search_is_told_when_typing_pauses_and_at_once_by_enter(qtbot: QtBot) -> None:
    search = SearchField("Search")
    qtbot.addWidget(search)
    search.show()
    with qtbot.waitSignal(search.searched) as searched:
        qtbot.keyClicks(search, "okafor")
    assert searched.args == ["okafor"]
    search.setText("")
    qtbot.keyClicks(search, "x")
    with qtbot.waitSignal(search.searched) as searched:
        qtbot.keyClick(search, Qt.Key.Key_Return)
    assert searched.args == ["x"]
    with qtbot.waitSignal(search.searched) as searched:
        qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert searched.args == [""]


@pytest.mark.parametrize("state", State)
def test_each_state_says_one_sentence_and_one_way_on(qtbot: QtBot, state: State) -> None:
    stack = StateStack(QLabel("content"))
    qtbot.addWidget(stack)
    stack.resize(500, 400)
    stack.show()
    stack.show_state(state, "The database cannot be reached.", action="Try again")
    assert not stack.is_content_shown()
    assert stack.pane.accessibleName() == stack.pane.sentence() == "The database cannot be reached."
    button = stack.pane.findChild(Button)
    assert button is not None
    with qtbot.waitSignal(stack.pane.acted) as acted:
        button.click()
    assert acted.args == [state]
    stack.show_state(state, "Nothing here.")
    assert not button.isVisible()
    stack.show_content()
    assert stack.is_content_shown()


def test_a_banner_shows_only_while_it_has_something_to_say(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    banner = Banner(window)
    window.show()
    assert not banner.isVisible()
    banner.say(BannerKind.WARNING, "<b>Maria</b> replied.", action="Show", dismissible=True)
    assert banner.isVisible()
    assert banner.accessibleName() == "<b>Maria</b> replied."
    show, close = banner.findChild(Button), banner.findChild(IconButton)
    assert show is not None
    assert close is not None
    with qtbot.waitSignal(banner.acted):
        show.click()
    with qtbot.waitSignal(banner.dismissed):
        close.click()
    assert not banner.isVisible()


@pytest.mark.parametrize(("dangerous", "default"), [(False, "Do it"), (True, "Keep it")])
def test_a_question_never_has_danger_as_its_default(qtbot: QtBot, dangerous: bool, default: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    question = ask(window, "Cancel <b>Zuri</b>?", yes="Do it", no="Keep it", dangerous=dangerous)
    assert [button.words() for button in (question.yes, question.no) if button.isDefault()] == [default]
    assert question.question.textFormat() is Qt.TextFormat.PlainText
    with qtbot.waitSignal(question.answered) as answered:
        qtbot.keyClick(question, Qt.Key.Key_Escape)
    assert answered.args == [False]


def test_a_question_tells_yes(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    question = ask(window, "Sure?", yes="Do it")
    with qtbot.waitSignal(question.answered) as answered:
        question.yes.click()
    assert answered.args == [True]


@pytest.mark.parametrize("by_enter", [False, True])
def test_enter_in_a_sheet_acts_only_where_nothing_grave_follows(qtbot: QtBot, by_enter: bool) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    button = primary("Do it")
    sheet = Sheet("What?", button, window, by_enter=by_enter)
    line = QLineEdit()
    sheet.body.addWidget(line)
    sheet.finish()
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    with qtbot.waitActive(sheet):
        sheet.open()
        sheet.activateWindow()
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert len(pressed) == by_enter
    pressed.clear()
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == [True]
    button.setEnabled(False)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == [True]


def test_enter_on_another_button_of_a_sheet_presses_that_one(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    button = primary("Do it")
    sheet = Sheet("What?", button, window, by_enter=True)
    sheet.finish()
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    sheet.open()
    with qtbot.waitSignal(sheet.rejected):
        qtbot.keyClick(sheet.close_button, Qt.Key.Key_Return)
    assert pressed == []


def test_no_widget_of_the_desktop_writes_a_colour_or_rich_text() -> None:  # design/ui.md, Tokens; QT-01
    import re

    import request_desk.ui

    folder = Path(str(request_desk.ui.__file__)).parent
    banned = re.compile(
        r"#[0-9A-Fa-f]{6}\b|setHtml\(|setMarkdown\(|QTextBrowser|QErrorMessage|QMessageBox\.|setStyleSheet\("
    )
    found = [
        f"{path.relative_to(folder)}:{number}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != "theme.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if banned.search(line)
    ]
    assert found == []


def test_what_is_painted_later_is_painted_a_turn_or_more_later(qtbot: QtBot, theme: Theme) -> None:
    label = QLabel("seen")
    qtbot.addWidget(label)
    label.show()
    paint_later(label, 2)
    paint_later(label)  # it waits already
    assert not label.updatesEnabled()
    qtbot.waitUntil(label.updatesEnabled)
    qtbot.waitUntil(lambda: not label.findChildren(QTimer))
