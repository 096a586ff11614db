"""Two keys never do what a careful person would not: answered already, no right, urgent, the wrong child, Enter (ACT13 … ACT16, MC14, MC17)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PySide6.QtWidgets import QApplication, QRadioButton
from sqlalchemy import select, update

from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Disposition, Reply, RequestState, RequestView
from request_desk.domain.spans import Slot
from request_desk.services.inbox import handling
from request_desk.services.schedule import scheduling
from request_desk.services.schedule.views import held_for, upcoming_of
from request_desk.store import schema
from request_desk.ui.inbox.careful_sheets import AgreementSheet, DifferenceSheet, PatientDialog
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.inbox.dialogs import ForwardDialog, ReasonDialog
from request_desk.ui.inbox.request_words import ItemState, wished_items
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY, Practice, wall
from tests.ui.inbox_desk import DeskWindow
from tests.ui.test_inbox_page import Setup, a_schedule, desks, practice, view  # noqa: F401  # fixtures

TOMORROW = TODAY + timedelta(days=1)
View = Callable[[RequestId], RequestView]


def test_the_same_need_again_says_so_first_and_arms_no_digit(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13
    with database_setup():
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "10:00")])
    desk = desks()
    desk.look()
    assert "Zuri already has Wed, Nov 25, 10:00 AM, Dr. Lindqvist" in desk.page.message.answered_bar.text()
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert [one.digit for one in now.offers] == [0] * len(now.offers)
    own = wished_items(now, desk.context.words())[0]
    assert (own.word, own.state) == ("booked for Zuri", ItemState.HELD)
    desk.press("1")
    assert desk.page.response_controller.request_controller.now.chosen is None  # type: ignore[union-attr]
    assert desk.response.send.words() == "Complete: already answered"
    desk.press("Ctrl+Return")
    assert "already has a visit on Wed, Nov 25, 10:00 AM" in desk.text
    assert view(request).state is RequestState.OPEN
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    with database_setup():
        assert len(practice.desk.query(practice.maria, upcoming_of, [practice.zuri])) == 1


def test_a_letter_about_an_appointment_that_is_gone_is_not_sent(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13, RE11
    with database_setup():
        practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=9), "9:00", kind=practice.sick)
        there = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("Ctrl+Return")
    assert "already has a visit on Wed, Nov 25, 10:00 AM" in desk.text
    with database_setup():
        practice.desk.perform(practice.kofi, scheduling.cancel, there, code="pat", expect_version=1)
    desk.hear()
    assert desk.text == ""
    assert desk.page.message.answered_bar.isHidden()
    assert desk.response.send.words() == "Choose a time"
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.OPEN
    desk.look()
    desk.press("1")  # nothing answers it any more: the times have their digits
    assert desk.page.response_controller.request_controller.now.chosen is not None  # type: ignore[union-attr]


def test_a_changed_letter_about_an_appointment_that_is_gone_says_what_is_open(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13, RE2
    with database_setup():
        there = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("Ctrl+Return")
    desk.response.editor.setFocus()
    desk.press("Ctrl+End")
    desk.type("Bye!")
    with database_setup():
        practice.desk.perform(practice.kofi, scheduling.cancel, there, code="pat", expect_version=1)
    desk.hear()
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.OPEN
    assert "Day of the appointment that the patient has already" in desk.response.refusal_bar.text()


def test_a_second_key_waits_for_the_letter_that_the_first_one_writes(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # RE6, RE11
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "10:00")])
    desk = desks()
    desk.look()
    answering = desk.page.response_controller
    answering.choose_digit(1)
    answering.send()  # before the text is there: it is neither left out nor asked about
    answering.send()
    desk.settle()
    assert QApplication.activeModalWidget() is None
    assert view(request).state is RequestState.COMPLETED
    assert "is booked for Wed, Nov 25, 10:00 AM" in view(request).thread[-1].body


def test_the_same_move_asked_for_twice_is_done_once(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13
    with database_setup():
        there = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=9), "8:30")
        wishes = [practice.wish(TOMORROW, "14:00"), practice.wish(TOMORROW, "15:00")]
        first, second = (practice.a_request("reschedule", appointment=there, wishes=wishes) for _each in range(2))
    desk = desks()
    desk.show(first)
    desk.press("1", "Ctrl+Return")
    assert view(first).state is RequestState.COMPLETED
    desk.show(second)
    assert "Zuri already has Wed, Nov 25, 2:00 PM, Dr. Lindqvist" in desk.page.message.answered_bar.text()
    desk.press("2")
    assert desk.page.response_controller.request_controller.now.chosen is None  # type: ignore[union-attr]
    assert desk.response.send.words() == "Complete: already answered"
    desk.press("A")
    desk.look()
    desk.press("2", "Ctrl+Return")
    assert view(second).state is RequestState.COMPLETED
    with database_setup():
        (left,) = practice.desk.query(practice.maria, upcoming_of, [practice.zuri])
    assert left.starts_at != wall(TOMORROW, "14:00")


@pytest.mark.parametrize("kind", ["schedule", "reschedule", "cancel"])
def test_a_letter_of_an_act_does_not_go_alone(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup, kind: str
) -> None:  # RE11
    with database_setup():
        there = None
        if kind != "schedule":
            there = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=9), "8:30")
        wishes = [] if kind == "cancel" else [practice.wish(TOMORROW, "14:00")]
        request = practice.a_request(kind, appointment=there, wishes=wishes)
    desk = desks()
    desk.look()
    desk.press("Ctrl+Return" if kind == "cancel" else "1")
    assert desk.text
    desk.response.reply_only.click()
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, DifferenceSheet)
    desk.press("Return")  # the safe way
    assert view(request).state is RequestState.OPEN
    desk.response.reply_only.click()
    desk.settle()
    desk.dialog().all_the_same.click()  # type: ignore[attr-defined]
    desk.settle()
    assert view(request).state is RequestState.COMPLETED
    with database_setup():
        left = [each.id for each in practice.desk.query(practice.maria, upcoming_of, [practice.zuri])]
        assert left == ([] if there is None else [there])


def test_a_typed_time_that_was_let_go_is_stopped_once(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # RE11
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("1")
    with database_setup():
        held = practice.desk.query(practice.maria, held_for, request)
        assert held is not None
        practice.desk.perform(practice.maria, scheduling.drop_hold, held.id)
        other = practice.a_patient("Sofia", "Nowak", date(2021, 1, 1), practice.amara_family)
        practice.an_appointment(other, practice.lindqvist, TOMORROW, "14:00")
    desk.response.editor.setFocus()
    desk.press("Ctrl+A")
    desk.type("See you Wednesday at 2 PM.")
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.OPEN  # the time was lost
    desk.press("Ctrl+Return")
    assert isinstance(desk.dialog(), DifferenceSheet)


def test_a_time_that_a_colleague_holds_for_the_request_is_asked_about_and_can_be_meant(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # RE11, MC8
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
        start = wall(TOMORROW, "14:00")
        slot = Slot(
            practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start + timedelta(minutes=40)
        )
        practice.desk.perform(
            practice.kofi, scheduling.hold, slot,
            type_id=practice.well, patient_id=practice.zuri, request_id=request,
        )  # fmt: skip
    desk = desks()
    desk.look()
    desk.press("R")
    desk.type("See you Wednesday at 2 PM.")
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, DifferenceSheet)
    assert view(request).state is RequestState.OPEN
    sheet.all_the_same.click()
    desk.settle()
    assert view(request).state is RequestState.COMPLETED


def test_a_day_that_nobody_booked_is_promised_only_when_it_is_meant(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # RE11
    with database_setup():
        request = practice.a_request()
    desk = desks()
    desk.look()
    desk.press("R")
    desk.type("See you Monday!")
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, DifferenceSheet)
    assert "says Monday, but nothing is booked then" in " ".join(
        label.text() for label in sheet.findChildren(PlainLabel)
    )
    sheet.all_the_same.click()
    desk.settle()
    assert view(request).state is RequestState.COMPLETED


def test_a_letter_of_an_act_is_no_follow_up_of_what_a_colleague_did(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # RE11, MC9
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("1")
    with database_setup():
        practice.desk.perform(
            practice.kofi, handling.resolve, request, None, reply=Reply("We will call you."),
            disposition=Disposition.COMPLETED, expect_version=1,
        )  # fmt: skip
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, ConflictSheet)
    sheet.follow.click()
    desk.settle()
    assert isinstance(desk.dialog(), DifferenceSheet)
    assert [letter.body for letter in view(request).thread][-1] == "We will call you."


def test_another_appointment_is_said_by_a_key_and_books(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13
    with database_setup():
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("A")
    desk.look()
    assert desk.page.message.answered_bar.isHidden()
    desk.press("1")
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    with database_setup():
        assert len(practice.desk.query(practice.maria, upcoming_of, [practice.zuri])) == 2


def test_a_letter_of_thanks_is_closed_with_one_key(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # MC17
    with database_setup():
        request = a_schedule(practice)
        practice.desk.perform(
            practice.maria,
            handling.resolve,
            request,
            None,
            reply=Reply("We will see."),
            disposition=Disposition.COMPLETED,
            expect_version=1,
        )
    desk = desks()
    desk.hand.clock.advance(timedelta(seconds=30))
    with database_setup():
        practice.desk.perform(practice.amara, handling.answer, request, "Thank you!!")
    desk.hear()
    desk.show(request)
    assert "Amara says thanks" in desk.page.message.answered_bar.text()
    assert desk.response.send.words() == "Complete: says thanks"
    desk.press("1", "Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    assert view(request).completion_reason == "The parent only said thanks"
    with database_setup():
        assert practice.desk.query(practice.maria, upcoming_of, [practice.zuri]) == ()


def test_what_is_booked_does_not_answer_a_letter_about_it(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13, RE10
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("1", "Ctrl+Return")
    desk.hand.clock.advance(timedelta(seconds=30))
    with database_setup():
        practice.desk.perform(practice.amara, handling.answer, request, "That day does not work, can we have another?")
    desk.hear()
    desk.show(request)
    assert "Zuri already has Wed, Nov 25, 2:00 PM" in desk.page.message.answered_bar.text()
    assert desk.response.send.words() == "Write a reply"
    desk.press("1", "Ctrl+Return", "Ctrl+Return")
    assert desk.text == ""
    assert view(request).state is RequestState.OPEN


def test_the_second_click_of_two_does_nothing_to_the_next_request(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13, MC17
    with database_setup():
        requests = [a_schedule(practice) for _each in range(2)]
        for request in requests:
            practice.desk.perform(
                practice.maria, handling.resolve, request, None, reply=Reply("We will see."),
                disposition=Disposition.COMPLETED, expect_version=1,
            )  # fmt: skip
    desk = desks()
    desk.hand.clock.advance(timedelta(seconds=30))
    with database_setup():
        for request in requests:
            practice.desk.perform(practice.amara, handling.answer, request, "Thank you!!")
    desk.hear()
    desk.look()
    assert desk.response.send.words() == "Complete: says thanks"
    desk.response.send.click()
    desk.settle()
    assert desk.response.send.words() == "Complete: says thanks"
    desk.hand.advance(0.3)
    desk.response.send.click()
    desk.settle()
    assert sorted(view(request).state for request in requests) == [RequestState.COMPLETED, RequestState.OPEN]
    desk.look()
    desk.response.send.click()
    desk.settle()
    assert all(view(request).state is RequestState.COMPLETED for request in requests)


def without_right(practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.father.id)
            .values(may_book=False)
        )


def test_who_may_not_book_is_not_booked_before_somebody_agreed(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT14
    with database_setup():
        request = practice.a_request(by=practice.father, wishes=[practice.wish(TOMORROW, "9:20")])
        without_right(practice)
    desk = desks()
    desk.look()
    assert desk.response.send.words() == "Write a reply"
    desk.press("1", "Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, AgreementSheet)
    desk.press("Return")  # nothing is chosen: Enter does nothing
    assert view(request).state is RequestState.OPEN
    names = [one.text() for one in sheet.findChildren(QRadioButton)]
    assert any("Amara Okafor" in name for name in names)
    assert not any("Chidi" in name for name in names)
    for option in (sheet._who.button(0), sheet._how.button(0)):
        option.click()
    sheet.button.click()
    desk.settle()
    assert view(request).state is RequestState.COMPLETED
    assert [note.body for note in view(request).notes] == ["Amara Okafor agreed, by phone"]


def test_a_custody_note_is_quoted_and_asks_without_calling_a_parent_none(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT14
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "9:20")])
        with practice.database.write() as connection:
            connection.execute(
                update(schema.patient)
                .where(schema.patient.c.id == practice.zuri)
                .values(custody_note="Both parents must agree.")
            )
    desk = desks()
    desk.look()
    assert "Custody note: “Both parents must agree”. Ask who agreed" in desk.page.message.safety_bar.text()
    desk.press("1", "Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, AgreementSheet)
    assert view(request).state is RequestState.OPEN
    assert sheet.reply.words() == "Only reply"
    sheet.reply.click()
    desk.settle()
    assert "parent" not in desk.text.lower()
    assert view(request).state is RequestState.OPEN
    assert desk.page.response_controller.request_controller.now is not None
    assert desk.page.response_controller.request_controller.now.hold is None


def test_without_agreement_the_answer_says_that_a_parent_must_ask(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT14
    with database_setup():
        request = practice.a_request(by=practice.father, wishes=[practice.wish(TOMORROW, "9:20")])
        without_right(practice)
    desk = desks()
    desk.look()
    desk.press("1", "Ctrl+Return")
    desk.dialog().reply.click()  # type: ignore[attr-defined]
    desk.settle()
    assert "can be booked only by the parent or guardian" in desk.text
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.COMPLETED
    with database_setup():
        assert practice.desk.query(practice.maria, upcoming_of, [practice.zuri]) == ()


def test_urgent_words_stand_on_top_and_two_keys_do_not_complete(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # MC14
    with database_setup():
        request = practice.a_request(message="Trouble breathing tonight", wishes=[practice.wish(TOMORROW, "9:20")])
    desk = desks()
    desk.look()
    assert "“Trouble breathing”" in desk.page.message.urgent_bar.text()
    desk.press("1", "Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, ReasonDialog)
    assert view(request).state is RequestState.OPEN
    desk.type("Nurse Ada")
    desk.press("Return")
    assert view(request).state is RequestState.COMPLETED
    assert [note.body for note in view(request).notes] == ["Urgent words: taken over by Nurse Ada"]


def test_the_patient_can_be_changed_to_another_child_of_the_household(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT16
    with database_setup():
        brother = practice.a_patient("Kele", "Okafor", date(2020, 5, 4), practice.amara_family)
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "9:20")])
    desk = desks()
    desk.look()
    desk.press("1")
    assert "Zuri" in desk.text
    desk.press("Ctrl+Shift+P")
    sheet = desk.dialog()
    assert isinstance(sheet, PatientDialog)
    desk.press("Return")  # nobody is chosen
    assert view(request).patient.id == practice.zuri
    desk.press("Down", "Return")
    assert view(request).patient.id == brother
    assert view(request).hold is None
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert now.chosen is None
    assert now.view.patient.given_name == "Kele"
    assert "Zuri" not in desk.text


def test_what_was_said_about_one_child_is_not_said_about_the_other(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13, ACT16
    with database_setup():
        brother = practice.a_patient("Kele", "Okafor", date(2020, 5, 4), practice.amara_family)
        for child in (practice.zuri, brother):
            practice.an_appointment(child, practice.lindqvist, TODAY + timedelta(days=9), "9:00")
            practice.lindqvist, practice.mwangi = practice.mwangi, practice.lindqvist
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("A")  # another visit of Zuri
    with database_setup():
        practice.desk.perform(practice.maria, handling.change_patient, request, brother, expect_version=1)
    desk.hear()
    desk.page.response_controller.request_controller.show_news()
    desk.look()
    assert "Kele already has" in desk.page.message.answered_bar.text()
    desk.press("1")
    assert desk.page.response_controller.request_controller.now.chosen is None  # type: ignore[union-attr]


def test_forward_preselects_nobody(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:
    with database_setup():
        request = a_schedule(practice)
    desk = desks()
    desk.look()
    before = view(request).target
    desk.press("F")
    sheet = desk.dialog()
    assert isinstance(sheet, ForwardDialog)
    desk.press("Return")
    assert not sheet.isHidden()
    assert view(request).target == before


def test_a_second_appointment_that_appears_meanwhile_asks_once(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT13
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    desk.press("1")
    with database_setup():
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    desk.page.response_controller.request_controller._reread()
    desk.settle()
    desk.press("Ctrl+Return")
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.press("Return")  # the safe way
    assert view(request).state is RequestState.OPEN
    desk.press("Ctrl+Return")
    desk.dialog().yes.click()  # type: ignore[attr-defined]
    desk.settle()
    assert view(request).state is RequestState.COMPLETED


@pytest.mark.parametrize("kind", ["schedule", "reschedule"])
def test_ctrl_enter_on_an_untouched_request_writes_nothing(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup, kind: str
) -> None:
    with database_setup():
        appointment = (
            practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
            if kind != "schedule"
            else None
        )
        request = practice.a_request(kind, appointment=appointment, wishes=[practice.wish(TOMORROW, "14:00")])
    desk = desks()
    desk.look()
    assert desk.response.send.words() == "Choose a time"
    desk.press("Ctrl+Return", "Ctrl+Return", "Return")
    assert view(request).state is RequestState.OPEN


def kept_with(practice: Practice) -> list[tuple[str, str]]:
    """The state and the reason of every appointment of Zuri, oldest first."""
    table = schema.appointment.c
    with practice.database.read() as connection:
        rows = connection.execute(select(table.cancel_code, table.overrule).order_by(table.created_at, table.id)).all()
    return [(row.cancel_code, row.overrule) for row in rows]


def test_a_move_that_a_rule_forbids_is_cancelled_and_booked_anew_with_a_reason(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT7
    with database_setup():
        with practice.database.write() as connection:
            connection.execute(update(schema.appointment_type).values(rebooking_mode="same_provider"))
        seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        wish = practice.wish(TOMORROW, "14:00", practice.mwangi)
        request = practice.a_request("reschedule", appointment=seen, wishes=[wish])
    desk = desks()
    desk.look()
    desk.press("1")
    assert desk.response.send.words().startswith("Cancel, book new")
    desk.press("Ctrl+Return")
    dialog = desk.dialog()
    assert isinstance(dialog, ReasonDialog)
    assert dialog.windowTitle() == "Cancel and book new?"
    assert dialog.button.words() == "Cancel and book new"
    assert view(request).state is RequestState.OPEN
    desk.type("The parent asked for Dr. Mwangi")
    desk.press("Return")
    assert view(request).state is RequestState.COMPLETED
    with database_setup():
        assert kept_with(practice) == [("replaced", ""), ("", "The parent asked for Dr. Mwangi")]


def test_a_time_whose_limit_nobody_had_looked_at_asks_for_the_reason_at_the_second_try(
    desks: Callable[..., DeskWindow], practice: Practice, view: View, database_setup: Setup
) -> None:  # ACT7
    with database_setup():
        seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
        wish = practice.wish(TOMORROW, "14:00", practice.mwangi)
        request = practice.a_request("reschedule", appointment=seen, wishes=[wish])
    desk = desks()
    desk.look()
    desk.press("1")
    with database_setup(), practice.database.write() as connection:  # after the offers were read
        connection.execute(update(schema.appointment_type).values(rebooking_mode="same_provider"))
    desk.press("Ctrl+Return")
    assert view(request).state is RequestState.OPEN
    desk.look()
    desk.press("Ctrl+Return")
    dialog = desk.dialog()
    assert isinstance(dialog, ReasonDialog)
    assert dialog.windowTitle() == "Cancel and book new?"
    desk.type("Agreed")
    desk.press("Return")
    assert view(request).state is RequestState.COMPLETED
