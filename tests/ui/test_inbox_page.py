"""The Message Center at work: real keys on a real window over a real database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.phrases import parse
from request_desk.domain.requests import (
    Disposition,
    Reply,
    RequestState,
    RequestView,
    Target,
    TargetKind,
    Wish,
    WishKind,
)
from request_desk.domain.spans import Slot
from request_desk.paths import phrase_files
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, marks as inbox_marks, view as request_view
from request_desk.services.practice import phrases
from request_desk.services.schedule import queries as schedule_queries, scheduling
from request_desk.store import schema
from request_desk.ui.inbox.careful_sheets import DifferenceSheet
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.inbox.deliveries import DeliveriesSheet
from request_desk.ui.inbox.dialogs import ForwardDialog, ReasonDialog, WaitingDialog
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.inbox.offer_schedule import painted
from request_desk.ui.inbox.phrase_popup import PhrasePopup
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.grid_layout import OfferState
from request_desk.ui.widgets.buttons import ButtonKind
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.inbox_desk import DeskWindow

Setup = Callable[[], AbstractContextManager[None]]
TOMORROW = TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=9)


@pytest.fixture
def desks(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, tmp_path: Path, database_setup: Setup
) -> Iterator[Callable[..., DeskWindow]]:
    """Open desks on the practice; they are closed after the test."""
    opened: list[DeskWindow] = []
    with database_setup():
        shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
        sqlite_practice.desk.perform(SYSTEM, phrases.sync_shipped, shipped)

    def open_desk(**values: object) -> DeskWindow:
        window = DeskWindow(qtbot, sqlite_practice, hand, tmp_path / "drafts", **values)  # type: ignore[arg-type]
        opened.append(window)
        return window

    yield open_desk
    for window in opened:
        window.close()


@pytest.fixture
def practice(sqlite_practice: Practice) -> Practice:
    return sqlite_practice


@pytest.fixture
def view(sqlite_desk: Desk, practice: Practice, database_setup: Setup) -> Callable[[RequestId], RequestView]:
    """Read a request as the database has it."""

    def read(request_id: RequestId) -> RequestView:
        with database_setup():
            return sqlite_desk.query(practice.admin, request_view.open_request, request_id)

    return read


def a_move(practice: Practice) -> tuple[RequestId, AppointmentId]:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, LATER, "8:30")
    wishes = [practice.wish(TODAY, "9:20"), practice.wish(TODAY, "11:30", rank=2)]
    message = "hi, picture day got moved, either of the two times below would be perfect thx!"
    return practice.a_request("reschedule", appointment=appointment, wishes=wishes, message=message), appointment


def a_schedule(practice: Practice, time: str = "10:00") -> RequestId:
    return practice.a_request("schedule", wishes=[practice.wish(TODAY, time)])


def seen(practice: Practice, database_setup: Setup, appointment: AppointmentId) -> AppointmentStatus:
    with database_setup():
        return practice.desk.query(practice.admin, schedule_queries.appointment, appointment).status


# the main job: three keys


def test_a_reschedule_request_takes_a_digit_and_ctrl_enter(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC12, ACT3, ACT4
    with database_setup():
        request, appointment = a_move(practice)
    desk = desks()
    desk.look()
    assert desk.shown == request
    desk.press("1")
    assert "Tue, Nov 24, 9:20 AM" in desk.text
    assert desk.response.lines.text().startswith(
        "MOVE Zuri Okafor, born 03/12/2022, from Thu, Dec 3, 8:30 AM to Tue, Nov 24, 9:20 AM"
    )
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    assert seen(practice, database_setup, appointment) is AppointmentStatus.CANCELLED
    assert desk.rows() == []
    assert desk.page.list_stack.pane.sentence() == "Nothing is waiting for you."


def test_with_no_request_at_all_nothing_can_be_sent_and_today_is_shown(desks: Callable[..., DeskWindow]) -> None:
    desk = desks()
    desk.look()
    response = desk.page.response
    assert response.send.text()
    for part in (response.send, response.reply_only, response.phrase_button, response.dispositions):
        assert not part.isEnabled()
    assert response.editor.isReadOnly()
    assert desk.page.schedule.shown_day() == TODAY


def test_a_schedule_request_is_booked_and_the_next_row_is_selected(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # ACT3
    with database_setup():
        first, second = a_schedule(practice), a_schedule(practice, "14:00")
    desk = desks()
    desk.show(first)
    desk.press("1", "Ctrl+Return")
    assert view(first).state is RequestState.COMPLETED
    assert desk.shown == second
    assert desk.page.list.selected_key() == second
    assert desk.text == ""
    assert desk.page.list.hasFocus()


def test_a_cancel_request_takes_c_and_ctrl_enter(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # ACT3
    with database_setup():
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:30")
        request = practice.a_request("cancel", appointment=appointment)
    desk = desks()
    desk.look()
    desk.press("C")
    assert desk.response.lines.text().startswith("CANCEL Zuri Okafor, born 03/12/2022")
    assert desk.response.send.kind is ButtonKind.DANGER
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    assert seen(practice, database_setup, appointment) is AppointmentStatus.CANCELLED


def test_cancelling_another_kind_of_request_asks_the_reason(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_move(practice)
    desk = desks()
    desk.look()
    desk.press("C")
    sheet = desk.dialog()
    assert isinstance(sheet, CancelDialog)
    desk.press("3", "Return")
    assert "Provider not available" in desk.response.lines.text()
    assert desk.response.send.words() == "Cancel visit, send & complete"


def test_the_primary_button_never_changes_its_width_or_place(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_move(practice)
    desk = desks()
    desk.look()
    before = desk.response.send.geometry()
    lines = desk.response.lines.geometry()
    desk.press("1")
    assert desk.response.send.geometry() == before
    for disposition in Disposition:
        if disposition is not Disposition.WAITING:
            desk.response.dispositions.choose(disposition)
            desk.settle()
            assert desk.response.send.geometry() == before
            assert desk.response.lines.geometry() == lines


# gates


def test_ctrl_enter_does_nothing_before_the_request_was_painted_for_half_a_second(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look(0.3)
    desk.press("1")
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.OPEN
    desk.look(0.3)
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED


def test_previewing_neither_claims_nor_holds_and_reads_after_700_ms(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC4, MC8
    with database_setup():
        request, _appointment = a_move(practice)
    desk = desks()
    desk.look(0.5)
    row = desk.page.feed.model.cached(request)
    assert row is not None
    assert row.unread
    desk.look(0.3)
    row = desk.page.feed.model.cached(request)
    assert row is not None
    assert not row.unread
    assert view(request).claim is None
    assert view(request).hold is None
    desk.press("U")
    row = desk.page.feed.model.cached(request)
    assert row is not None
    assert row.unread


def test_the_first_key_in_the_response_claims_and_leaving_releases(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC8
    with database_setup():
        request, other = a_schedule(practice), a_schedule(practice, "14:00")
    desk = desks()
    desk.show(request)
    desk.press("R")
    assert desk.response.editor.hasFocus()
    desk.type("Hello")
    claim = view(request).claim
    assert claim is not None
    assert claim.name == "Maria Santos"
    desk.show(other)
    assert view(request).claim is None


def test_a_colleagues_claim_is_shown_and_can_be_taken_over(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC8
    with database_setup():
        request = a_schedule(practice)
        practice.desk.perform(practice.kofi, inbox_marks.claim, request)
    desk = desks()
    desk.look()
    assert "Kofi Prah is on this request" in desk.page.message.claim_bar.text()
    desk.press("T")
    claim = view(request).claim
    assert claim is not None
    assert claim.name == "Maria Santos"
    assert desk.page.message.claim_bar.isHidden()


# races


def test_the_loser_of_a_race_gets_the_next_slots_and_the_digit_stays_dead(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # ACT6
    with database_setup():
        request, _appointment = a_move(practice)
        other = practice.a_patient("Leo", "Weiss", TODAY - timedelta(days=900))
    desk = desks()
    desk.look()
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    before = {one.digit: one.key for one in now.offers}
    with database_setup():
        practice.an_appointment(other, practice.lindqvist, TODAY, "9:20")
    desk.press("1")
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert now.chosen is None
    after = {one.digit: one.key for one in now.offers}
    assert all(after[digit] == key for digit, key in before.items())
    first = next(one for one in now.offers if one.digit == 1)
    assert first.is_gone
    assert any(not one.is_gone for one in now.offers)
    desk.look()
    desk.press("1")
    assert desk.page.response_controller.request_controller.now is not None
    assert desk.page.response_controller.request_controller.now.chosen is None
    assert desk.shown == request


def test_ctrl_enter_right_after_the_digit_waits_for_the_hold(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    answering = desk.page.response_controller
    answering.choose_digit(1)
    now = answering.request_controller.now
    assert now is not None
    assert now.holding
    desk.response.editor.put_text("See you on Tue, Nov 24 at 10:00 AM.")
    answering.send()
    desk.settle()
    assert view(request).state is RequestState.COMPLETED


# second answers


def test_a_second_answer_is_stopped_and_the_draft_kept(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC9, MC10
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("R")
    desk.type("We will look")
    with database_setup():
        version = practice.desk.query(practice.kofi, request_view.open_request, request).version
        practice.desk.perform(
            practice.kofi, handling.resolve, request, None, reply=Reply("Done by phone."), disposition=Disposition.COMPLETED,
            expect_version=version,
        )  # fmt: skip
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, ConflictSheet)
    assert desk.drafts.of(request) is not None
    sheet.button.click()
    desk.settle()
    assert desk.text == "We will look"
    assert desk.response.send.words() == "Send as follow-up"
    desk.press("Ctrl+Return")
    assert [message.body for message in view(request).thread][-1] == "We will look"


def test_what_a_colleague_does_meanwhile_is_a_bar_and_the_text_stays(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC9, architecture 5
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("R")
    desk.type("We will look")
    with database_setup():
        practice.desk.perform(practice.amara, handling.answer, request, "or thursday?")
    desk.hear()
    assert "wrote again" in desk.page.message.news_bar.text()
    assert desk.text == "We will look"


def test_a_request_that_a_colleague_completes_stays_in_its_place_while_it_is_selected(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC7, RE5
    with database_setup():
        first, second, third = a_schedule(practice), a_schedule(practice, "14:00"), a_schedule(practice, "15:00")
    desk = desks()
    desk.show(second)
    order = desk.rows()
    with database_setup():
        version = practice.desk.query(practice.kofi, request_view.open_request, second).version
        practice.desk.perform(
            practice.kofi, handling.resolve, second, None, reply=Reply("Done."), disposition=Disposition.COMPLETED, expect_version=version
        )  # fmt: skip
    desk.hear()
    assert desk.rows() == order
    assert desk.shown == second
    desk.press("J")
    assert second not in desk.rows()
    assert set(desk.rows()) == {first, third}


def test_a_new_request_enters_without_moving_the_selected_one(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC2, MC7
    with database_setup():
        first = a_schedule(practice)
    desk = desks()
    desk.show(first)
    with database_setup():
        second = a_schedule(practice, "8:30")
    desk.hear()
    assert desk.page.list.selected_key() == first
    assert set(desk.rows()) == {first, second}
    assert desk.page.filters.tabs.tabText(0).endswith("2")


# the text


def test_moving_to_another_slot_writes_an_untouched_text_anew(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # RE2
    with database_setup():
        a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1")
    desk.look()
    desk.press("2")
    assert "11:30 AM" in desk.text
    assert "9:20" not in desk.text


def test_typed_words_stay_when_the_slot_changes(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # RE2
    with database_setup():
        a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1", "R")
    desk.type(" See you soon!")
    desk.page.focus_list()
    desk.look()
    desk.press("2")
    assert desk.text.endswith(" See you soon!")
    assert "11:30 AM" in desk.text
    assert "9:20" not in desk.text


def test_a_text_that_names_another_time_is_stopped_once_with_two_ways_on(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE11
    with database_setup():
        request, _appointment = a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1", "R")
    desk.type(" Or at 11:30 AM?")
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, DifferenceSheet)
    told = " ".join(label.text() for label in sheet.findChildren(PlainLabel))
    assert "The response says 11:30 AM" in told
    assert "asks a question while something is booked" in told
    desk.press("Return")  # back to the text: nothing was sent
    assert view(request).state is RequestState.OPEN
    desk.press("Ctrl+Return")
    desk.dialog().all_the_same.click()  # type: ignore[attr-defined]
    desk.settle()
    assert view(request).state is RequestState.COMPLETED


def test_an_open_question_of_a_phrase_stops_sending_and_is_named(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE2
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("Ctrl+P")
    popup = desk.dialog()
    assert isinstance(popup, PhrasePopup)
    desk.type("name other times")
    assert "‹Which times can you offer?›" in popup.preview.text()
    desk.press("Return")
    assert desk.response.editor.textCursor().selectedText() == "‹Which times can you offer?›"
    desk.press("Ctrl+Return")
    assert "Which times can you offer?" in desk.response.refusal_bar.text()
    assert view(request).state is RequestState.OPEN
    desk.type("Friday at 9")
    assert "we still have Friday at 9." in desk.text
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED


def test_completing_without_a_reply_asks_for_a_reason(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE6
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    assert desk.response.send.words() == "Choose a time"
    desk.press("Ctrl+Return")  # Enter is safe: nothing was chosen, so nothing is completed
    assert view(request).state is RequestState.OPEN
    desk.response.reply_only.click()
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, ReasonDialog)
    desk.type("Answered by phone")
    desk.press("Return")
    assert view(request).state is RequestState.COMPLETED
    assert view(request).completion_reason == "Answered by phone"


# other ways on


def test_waiting_for_the_parent_proposes_three_business_days(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE4
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("S")
    sheet = desk.dialog()
    assert isinstance(sheet, WaitingDialog)
    assert sheet.day.date().toPython() == TODAY + timedelta(days=3)
    desk.press("Return")
    assert "Waits for the parent until Fri, Nov 27" in desk.response.lines.text()
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.WAITING
    assert view(request).waiting_until == wall(TODAY + timedelta(days=3), "8:00")


def test_forwarding_by_keyboard_hands_the_request_on_with_its_note(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RT5
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("F")
    sheet = desk.dialog()
    assert isinstance(sheet, ForwardDialog)
    desk.type("kofi")
    sheet.note.setPlainText("You know the family.")
    desk.press("Return")
    found = view(request)
    assert found.target == Target(TargetKind.STAFF, practice.kofi.id)  # type: ignore[arg-type]
    assert found.forwards[-1].note == "You know the family."
    assert request not in desk.rows()


def test_undo_restores_request_schedule_and_text(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # ACT5
    with database_setup():
        request, appointment = a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1", "R")
    desk.type(" Bye!")
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    label = desk.undos[-1].undo
    assert label is not None
    assert "Zuri Okafor" in label.label
    desk.undo()
    assert view(request).state is RequestState.OPEN
    assert seen(practice, database_setup, appointment) is AppointmentStatus.CONFIRMED
    assert desk.shown == request
    assert desk.text.endswith(" Bye!")
    held = view(request).hold
    assert held is not None  # what is drawn is what is held: the time is kept again
    assert desk.page.response_controller.request_controller.now is not None
    assert desk.page.response_controller.request_controller.now.hold == held
    assert painted_states(desk) == [OfferState.HELD]


def test_a_time_that_went_to_another_child_is_not_drawn_as_held_after_an_undo(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # ACT5
    with database_setup():
        request = a_schedule(practice)
        luke = practice.a_patient("Luke", "Banner", TODAY - timedelta(days=900))
    desk = desks()
    desk.show(request)
    desk.press("1", "R", "Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    undo = desk.undos[-1].undo
    assert undo is not None
    with database_setup():  # committed; this desk hears of it later
        practice.desk.undo(practice.maria, undo)
        ten = wall(TODAY, "10:00")
        slot = Slot(practice.lindqvist, practice.northside, ten, ten, ten)
        practice.desk.perform(practice.kofi, scheduling.hold, slot, type_id=practice.well, patient_id=luke)
    desk.hear()
    assert desk.shown == request
    assert view(request).hold is None
    assert OfferState.HELD not in painted_states(desk)
    assert "Kofi Prah" in desk.response.refusal_bar.text()


def painted_states(desk: DeskWindow) -> list[OfferState]:
    """How the schedule draws what is chosen."""
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    drawn = painted(now, desk.hand.clock.now())
    return [one.state for one in drawn if one.state in (OfferState.HELD, OfferState.CHOSEN)]


def test_the_age_of_a_row_is_painted_anew_each_minute(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC7
    with database_setup():
        a_schedule(practice)
    desk = desks()
    desk.look()
    told: list[str] = []
    model = desk.page.feed.model
    model.dataChanged.connect(lambda first, _last: told.append(str(model.data(first, Qt.ItemDataRole.DisplayRole))))
    desk.hand.advance(61)
    desk.settle()
    assert told
    assert ", 1 min, " in told[-1]


def test_own_words_are_shown_rank_the_times_and_are_left_out_by_one_key(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC16
    with database_setup():
        practice.a_request("schedule", message="after 3 please, can't leave work. not Wednesdays")
    desk = desks()
    desk.look()

    def shown() -> list[tuple[str, str]]:
        return [(item.text, item.word) for item in desk.page.message.own.items()]

    def first() -> tuple[int, int]:
        now = desk.page.response_controller.request_controller.now
        assert now is not None
        start = desk.context.words().zone.wall(now.offers[0].offer.slot.starts_at)
        return start.hour, start.minute

    assert shown() == [("after 3:00 PM", "“after 3” ×"), ("not Wed", "“Wednesdays” ×")]
    assert first() == (15, 0)
    desk.press("X")
    assert shown() == [("not Wed", "“Wednesdays” ×")]
    assert first() < (15, 0)
    line = desk.page.message.own
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(10, line.height() // 2))
    desk.settle()
    assert shown() == []
    assert desk.page.message.own.isHidden()
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert (now.chosen, now.hold) == (None, None)  # nothing is done by what was read


def test_reply_only_lets_the_held_time_go(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE1
    with database_setup():
        request, appointment = a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1")
    desk.press("R", "Ctrl+A")
    desk.type("We will call you.")
    assert view(request).hold is not None
    desk.response.reply_only.click()
    desk.settle()
    assert view(request).hold is None
    assert view(request).state is RequestState.COMPLETED
    assert seen(practice, database_setup, appointment) is AppointmentStatus.CONFIRMED


def test_a_request_without_slots_says_next_available_and_n_finds_more(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC5, ACT2
    with database_setup():
        practice.a_request("schedule", wishes=[Wish(1, WishKind.NEXT)])
    desk = desks()
    desk.look()
    assert [item.text for item in desk.page.message.wished.items()] == ["Next available"]
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert now.offers
    count = len(now.offers)
    desk.press("N")
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert len(now.offers) >= count


def test_a_sender_without_the_right_to_book_is_said_clearly(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC3
    relation = schema.contact_patient
    with database_setup():
        a_schedule(practice)
        with practice.database.write() as connection:
            connection.execute(
                update(relation).where(relation.c.contact_id == practice.amara.id).values(may_book=False)
            )
    desk = desks()
    desk.look()
    assert desk.page.message.rights.text() == "may not book"
    assert "has no right to book for Zuri Okafor" in desk.page.message.safety_bar.text()


def test_a_request_without_a_type_is_booked_after_its_type_was_chosen(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:
    with database_setup():
        request = practice.a_request("schedule", message="appointment")
        with practice.database.write() as connection:
            connection.execute(update(schema.request).values(type_id=None))
    desk = desks()
    desk.look()
    assert not desk.page.message.type_chip.isHidden()
    assert desk.page.message.others.items() == ()
    desk.page.message.type_chosen.emit(practice.sick)
    desk.look()
    desk.press("1", "Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    booked = view(request).upcoming
    assert [appointment.type_name for appointment in booked] == ["Sick visit"]


def test_a_limit_that_shows_only_when_it_is_sent_asks_for_a_reason_the_next_time(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # AP7, ACT7
    with database_setup():
        request = practice.a_request("schedule", message="appointment")
        kind = schema.appointment_type
        with practice.database.write() as connection:
            connection.execute(update(schema.request).values(type_id=None))
            connection.execute(update(kind).where(kind.c.id == practice.sick).values(max_age_months=24))
    desk = desks()
    desk.look()
    desk.page.message.type_chosen.emit(practice.sick)
    desk.look()
    desk.press("1", "Ctrl+Return")
    assert view(request).state is RequestState.OPEN
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, ReasonDialog)
    desk.type("Small for her age")
    desk.press("Return")
    assert view(request).state is RequestState.COMPLETED
    assert [appointment.type_name for appointment in view(request).upcoming] == ["Sick visit"]


# what is folded


def test_rules_phone_and_why_here_are_folded_and_opened_by_a_key(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # UI5
    with database_setup():
        request, _appointment = a_move(practice)
    kept: dict[str, object] = {}
    desk = desks(preferences=kept)
    desk.show(request)
    message = desk.page.message
    folded = (message.rules, message.phone, message.why_here)
    assert message.more.accessibleName() == "More: rules, phone, why here"
    assert [part.isVisible() for part in folded] == [False, False, False]
    desk.press("M")
    assert [part.isVisible() for part in folded] == [True, True, True]
    assert message.phone.text() == "(206) 555-0147"
    assert "department: " in message.why_here.text()
    again = desks(preferences=kept)
    again.show(request)
    assert again.page.message.phone.isVisible()
    again.page.message.more.setFocus()
    again.press("Space")
    assert not again.page.message.phone.isVisible()
    assert not again.page.message.more.isChecked()


def test_a_rule_that_stands_against_the_request_stays_in_sight(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # UI5, ACT7
    with database_setup(), practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type)
            .where(schema.appointment_type.c.id == practice.well)
            .values(reschedule_notice_minutes=48 * 60)
        )
    with database_setup():
        soon = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
        request = practice.a_request("reschedule", appointment=soon, wishes=[practice.wish(TOMORROW, "9:20")])
        met, _appointment = a_move(practice)
    desk = desks()
    desk.show(request)
    message = desk.page.message
    assert message.limits.text() == "Notice of 48 hours is not met"
    assert message.limits.isVisible()
    assert not message.rules.isVisible()
    desk.show(met)
    assert not message.limits.isVisible()
    assert "Notice of 48 hours is met" in message.rules.text()


# the list around it


def test_filters_are_remembered_for_the_user(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC6
    with database_setup():
        here = practice.a_request("schedule", wishes=[practice.wish(TODAY, "10:00")], place=practice.northside)
        there = practice.a_request("schedule", wishes=[practice.wish(TODAY, "11:00")], place=practice.harbor)
        anywhere = a_schedule(practice, "14:00")
    kept: dict[str, object] = {}
    desk = desks(preferences=kept)
    desk.look()
    desk.press("Alt+1")
    assert set(desk.rows()) == {here, anywhere}
    again = desks(preferences=kept)
    assert set(again.rows()) == {here, anywhere}
    again.press("Alt+0")
    assert set(again.rows()) == {here, there, anywhere}


def test_slash_searches_and_enter_goes_back_to_the_list(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC6
    with database_setup():
        found = practice.a_request("schedule", message="we moved to the purple house")
        a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("/")
    assert desk.page.filters.search.hasFocus()
    desk.type("purple")
    desk.press("Return")
    assert desk.rows() == [found]
    assert desk.page.list.hasFocus()


def test_escape_closes_what_was_opened_last(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # UI4
    with database_setup():
        request = a_schedule(practice)
        found = practice.a_request("schedule", message="we moved to the purple house")
    desk = desks()
    desk.look()
    page = desk.page
    page.focus_notes()
    assert page.message.notes.line.hasFocus()
    desk.press("Escape")
    assert page.list.hasFocus()
    desk.press("/")
    desk.type("purple")
    desk.press("Return")
    assert desk.rows() == [found]
    page.open_request(request)  # beside a list that has other rows
    desk.settle()
    assert page.response_controller.request_controller.request_id == request
    desk.press("Escape")
    assert page.response_controller.request_controller.request_id == found
    desk.press("/")
    desk.press("Escape")  # what is searched
    desk.press("Escape")  # the field
    assert page.list.hasFocus()
    assert set(desk.rows()) == {request, found}
    desk.press("/")
    desk.type("zebra")
    desk.press("Return")
    assert desk.rows() == []
    desk.press("Escape")
    desk.press("Escape")
    assert set(desk.rows()) == {request, found}, "an empty search is left like any other"


def test_an_empty_search_offers_a_way_on(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.press("/")
    desk.type("zebra")
    desk.press("Return")
    pane = desk.page.list_stack.pane
    assert pane.state() is State.EMPTY
    assert "zebra" in pane.sentence()
    desk.page.filters.clear()
    desk.settle()
    assert desk.rows() == [request]


def test_the_list_runs_under_the_model_tester(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        requests = [a_schedule(practice, f"{hour}:00") for hour in range(8, 16)]
    desk = desks()
    tester = QAbstractItemModelTester(desk.page.feed.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    desk.show(requests[3])
    for _turn in range(4):
        desk.look()
        desk.press("1", "Ctrl+Return")
    with database_setup():
        a_schedule(practice, "16:00")
    desk.hear()
    for tab in ("open", "waiting", "forwarded", "completed", "unread"):
        desk.page.filters.tabs.choose(tab)
        desk.settle()
    assert tester is not None


def test_half_done_work_survives_a_kill(
    desks: Callable[..., DeskWindow], practice: Practice, hand: HandTimers, database_setup: Setup
) -> None:  # MC10
    with database_setup():
        request, _appointment = a_move(practice)
    desk = desks()
    desk.look()
    desk.press("1", "R")
    desk.type(" and thank you")
    hand.advance(1.1)
    desk.settle()
    desk.die()
    again = desks()
    again.look()
    assert again.shown == request
    assert again.text.endswith(" and thank you")
    now = again.page.response_controller.request_controller.now
    assert now is not None
    assert now.chosen is not None
    again.press("Ctrl+Return")
    assert again.page.list_stack.pane.sentence() == "Nothing is waiting for you."


def test_notes_and_calls_stay_away_from_the_reply(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE9
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.page.focus_notes()
    desk.type("mother sounded worried")
    desk.press("Return")
    assert [note.body for note in view(request).notes] == ["mother sounded worried"]
    assert desk.text == ""
    assert len(view(request).thread) == 1


def test_below_1200_pixels_the_schedule_is_a_strip_of_offers(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_move(practice)
    desk = desks(size=(960, 680))
    desk.look()
    assert desk.page.schedule.isHidden()
    assert not desk.page.strip.isHidden()
    assert desk.response.lines.isVisible()
    desk.press("1")
    assert "Tue, Nov 24, 9:20 AM" in desk.text
    desk.frame.resize(1366, 768)
    desk.settle()
    assert not desk.page.schedule.isHidden()


def test_the_last_one_who_would_see_it_cannot_remove_it(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC4
    with database_setup():
        request = a_schedule(practice)
        practice.desk.perform(practice.kofi, inbox_marks.not_mine, request)
    desk = desks()
    desk.look()
    desk.page.message.button("inbox.not_mine").click()
    desk.settle()
    assert "Nobody else would see this request" in desk.response.refusal_bar.text()
    assert request in desk.rows()


def test_without_the_database_typing_goes_on_and_sending_waits(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # MC10
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    practice.database._closed = True
    desk.hear()
    assert desk.page.live_bar.isVisible()
    assert not desk.response.send.isEnabled()
    desk.press("R")
    desk.type("We will call you.")
    desk.press("Ctrl+Return")
    assert desk.text == "We will call you."
    assert "kept" in desk.response.refusal_bar.text()
    practice.database._closed = False
    desk.hear()
    assert desk.page.live_bar.isHidden()
    desk.look()
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED


def test_a_failed_notice_is_shown_and_can_be_sent_again(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:  # RE8
    with database_setup():
        request = a_schedule(practice)
        with practice.database.write() as connection:
            connection.execute(update(schema.outbox).values(state="failed", error="mailbox full", attempts=6))
    desk = desks()
    desk.look()
    mark = desk.page.filters.failed
    assert mark.isVisible()
    assert (mark.accessibleName(), desk.page.filters.failed_count.text()) == ("1 notice could not be delivered.", "1")
    QTest.mouseClick(mark, Qt.MouseButton.LeftButton)
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, DeliveriesSheet)
    sheet.button.click()
    desk.settle()
    assert [one.state for one in view(request).deliveries] == ["pending"]
    assert mark.isHidden()
    assert desk.page.filters.failed_count.isHidden()


def test_scanned_keys_do_nothing_and_can_be_put_into_the_response(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: Callable[[RequestId], RequestView],
    database_setup: Setup,
) -> None:
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    desk.type("1234")
    desk.hand.advance(0.2)
    desk.settle()
    assert view(request).hold is None
    assert "Keys came too fast" in desk.frame.messages.text()


def test_the_key_sheet_lists_only_what_exists(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # MC12
    desk = desks()
    keys = {key for command in desk.frame.commands.commands() for key in command.keys}
    assert {"J", "K", "Return", "R", "C", "F", "U", "N", "O", "P", "S", "T", "1", "9", "/"} <= keys
    assert not {"B", "F2"} & keys


def test_every_control_of_the_page_has_a_name(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        a_move(practice)
    desk = desks()
    desk.look()
    nameless = [
        type(widget).__name__
        for widget in desk.page.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and widget.isVisible()
        and not widget.objectName().startswith("qt_")
        and not widget.accessibleName()
    ]
    assert [name for name in nameless if name != "QSplitter"] == []


def test_the_next_user_gets_a_page_of_their_own(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:  # LOCK-03
    with database_setup():
        a_schedule(practice)
    desk = desks()
    desk.look()
    desk.page.leave()
    desk.frame.clear_pages()
    desk.settle()
    desk.page = MessageCenter(desk.context)
    desk.frame.set_page("messages", desk.page)
    desk.settle()
    assert desk.shown is not None
    assert desk.page.list.hasFocus()
