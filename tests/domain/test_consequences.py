"""The two lines above the button say exactly what will be written (ACT4, RE4)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.consequences import Piece, button_text, consequence_lines, plain, summary
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    PatientId,
    ProviderId,
    RequestId,
    TargetId,
    TypeId,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import (
    Act,
    Booking,
    Cancellation,
    Disposition,
    Move,
    PatientCard,
    Reply,
    RequestKind,
    RequestState,
    RequestView,
    SenderCard,
    Target,
    TargetKind,
    TargetOrigin,
)
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words

LA = PracticeTime("America/Los_Angeles")
WORDS = Words("en_US", LA, date(2026, 11, 20))
COMPLETED, DISMISSED, OPEN, WAITING = Disposition


def at(month: int, day: int, hour: int, minute: int) -> datetime:
    return LA.instant(date(2026, month, day), hour * 60 + minute)


NEW = at(11, 24, 9, 20)
SLOT = Slot(ProviderId(1), LocationId(1), NEW, NEW + timedelta(minutes=40), NEW + timedelta(minutes=45))


def an_appointment(number: int, starts_at: datetime) -> Appointment:
    return Appointment(
        id=AppointmentId(number), version=1, chain_id=AppointmentId(number), replaces_id=None, status=AppointmentStatus.CONFIRMED,
        patient_id=PatientId(1), patient_name="Zuri Okafor", provider_id=ProviderId(1), provider_name="Dr. Mwangi",
        location_id=LocationId(1), location_name="Northside", type_id=TypeId(1), type_name="Well visit", lane=0,
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=20), hold_expires_at=None, released_at=None, request_id=None,
        cancel_code="", cancel_text="", is_late_cancel=False, booked_by="Maria Santos",
    )  # fmt: skip


VIEW = RequestView(
    id=RequestId(1), version=3, kind=RequestKind.RESCHEDULE, state=RequestState.OPEN,
    patient=PatientCard(PatientId(1), "Zuri", "Okafor", date(2022, 3, 12), 1, ()),
    sender=SenderCard(ContactId(1), "Amara", "Okafor", "mother", True, True, True, "+12065550147", "amara@example.org", "en"),
    type_id=TypeId(1), type_name="Well visit", provider_id=None, provider_name="", location_id=None,
    location_name="", arrived_at=NEW, needed_at=None, urgent=False,
    target=Target(TargetKind.DEPARTMENT, TargetId(1)), target_name="IC-Appointment Request", origin=TargetOrigin.AUTO,
    routing_reason="Department IC-Appointment Request", appointment=an_appointment(7, at(12, 3, 8, 30)), hold=None, wishes=(), thread=(),
    notes=(), forwards=(), related=(), upcoming=(an_appointment(8, at(11, 24, 10, 0)),), limits=(), rules=(), claim=None, deliveries=(),
    inboxes=6, waiting_until=None, completed_at=None, completed_by="", completion_reason="",
)  # fmt: skip
REPLY = Reply("Hi Amara, …")
MOVE = Move(AppointmentId(7), 1, SLOT)
BOOK = Booking(SLOT, TypeId(1))
CANCEL = Cancellation(AppointmentId(8), 1, "pat")


def lines(
    act: Act | None = None,
    *,
    view: RequestView = VIEW,
    reply: Reply | None = REPLY,
    disposition: Disposition = COMPLETED,
    reason: str = "",
    until: datetime | None = None,
) -> tuple[str, str]:
    first, second = consequence_lines(
        view,
        act,
        reply=reply,
        disposition=disposition,
        words=WORDS,
        provider_name="Dr. Lindqvist",
        location_name="Northside",
        reason=reason,
        waiting_until=until,
    )
    return plain(first), plain(second)


def test_a_move_says_old_and_new_time() -> None:
    assert lines(MOVE) == (
        "MOVE Zuri Okafor, born 03/12/2022, from Thu, Dec 3, 8:30 AM to Tue, Nov 24, 9:20 AM",
        "40 min, Dr. Lindqvist, Northside. To Amara Okafor (mother), portal + e-mail, English. Closes in 6 inboxes.",
    )


def test_what_must_not_be_mistaken_is_strong() -> None:
    first, _ = consequence_lines(VIEW, MOVE, reply=REPLY, disposition=COMPLETED, words=WORDS)
    assert first == (
        Piece("MOVE Zuri Okafor, born 03/12/2022", strong=True),
        Piece(", from Thu, Dec 3, 8:30 AM to "),
        Piece("Tue, Nov 24, 9:20 AM", strong=True),
    )


def test_a_booking_says_whom_and_when() -> None:
    first, second = lines(BOOK)
    assert first == "BOOK Zuri Okafor, born 03/12/2022, Tue, Nov 24, 9:20 AM"
    assert second.startswith("40 min, Dr. Lindqvist, Northside. To Amara Okafor (mother)")


def test_a_cancellation_says_the_reason_that_the_parent_reads() -> None:
    assert lines(CANCEL, reason="At your request.")[0] == (
        "CANCEL Zuri Okafor, born 03/12/2022, Tue, Nov 24, 10:00 AM. Reason: At your request."
    )
    told = replace(CANCEL, text="Get well soon")
    assert lines(told, reason="At your request.")[0].endswith("Reason: At your request. Get well soon.")
    assert lines(CANCEL)[0].endswith("10:00 AM.")
    assert lines(CANCEL)[1].startswith("20 min, Dr. Mwangi, Northside. ")


def test_a_reply_alone_changes_nothing_on_the_schedule() -> None:
    assert lines() == (
        "REPLY about Zuri Okafor, born 03/12/2022. Nothing changes on the schedule.",
        "To Amara Okafor (mother), portal + e-mail, English. Closes in 6 inboxes.",
    )
    holding = replace(VIEW, hold=VIEW.appointment)
    assert lines(view=holding)[0].endswith("Nothing changes on the schedule; the held time is let go.")


@pytest.mark.parametrize(
    ("disposition", "until", "ending"),
    [
        (COMPLETED, None, "Closes in 6 inboxes."),
        (DISMISSED, None, "Leaves your inbox only."),
        (OPEN, None, "Stays open."),
        (WAITING, None, "Waits for the parent."),
        (WAITING, at(11, 27, 17, 0), "Waits for the parent until Fri, Nov 27."),
    ],
)
def test_the_disposition_is_said_last(disposition: Disposition, until: datetime | None, ending: str) -> None:
    assert lines(MOVE, disposition=disposition, until=until)[1].endswith(f" English. {ending}")


def test_one_inbox_is_one_inbox() -> None:
    assert lines(view=replace(VIEW, inboxes=1))[1].endswith("Closes in 1 inbox.")


def test_without_a_reply_only_the_notice_goes() -> None:
    assert lines(MOVE, reply=None)[1].endswith(
        "Notice to Amara Okafor (mother), e-mail. No reply is sent. Closes in 6 inboxes."
    )
    assert lines(reply=None) == (
        "COMPLETE WITHOUT REPLY Zuri Okafor, born 03/12/2022. Nothing changes on the schedule.",
        "Nothing is sent. Closes in 6 inboxes.",
    )
    assert lines(reply=None, disposition=DISMISSED)[0].startswith("REMOVE FROM MY INBOX Zuri Okafor")


def test_who_gets_no_mail_is_answered_in_the_portal_alone() -> None:
    silent = replace(VIEW, sender=replace(VIEW.sender, gets_notices=False, relation=""))
    assert "To Amara Okafor, portal, English." in lines(MOVE, view=silent)[1]
    assert "Nothing is sent." in lines(MOVE, view=silent, reply=None)[1]


def test_everybody_who_hears_of_an_act_is_named() -> None:  # ACT4, NT1
    family = replace(VIEW, others_told=("Chidi", "Ngozi"))
    assert lines(MOVE, view=family)[1].endswith(
        "portal + e-mail, English. Closes in 6 inboxes. Notice to Chidi and Ngozi too."
    )
    assert (
        "Notice to Amara Okafor (mother), Chidi and Ngozi, e-mail. No reply is sent."
        in lines(MOVE, view=family, reply=None)[1]
    )
    silent = replace(family, sender=replace(VIEW.sender, gets_notices=False))
    assert "Notice to Chidi and Ngozi, e-mail. No reply is sent." in lines(MOVE, view=silent, reply=None)[1]
    assert "Chidi" not in lines(view=family)[1]  # of a reply alone only the sender hears
    assert lines(view=family, reply=None)[1].startswith("Nothing is sent.")


def test_a_reply_that_its_reader_may_not_see_is_said() -> None:  # ACT4, PP1
    blind = replace(VIEW, sender=replace(VIEW.sender, may_see_messages=False))
    unread = "Amara Okafor (mother) may not see messages, so nobody reads the reply."
    assert lines(view=blind)[1] == f"{unread} Closes in 6 inboxes."
    assert f"{unread} Notice to Amara Okafor (mother), e-mail. Closes" in lines(MOVE, view=blind)[1]


def test_an_overruled_rule_is_said() -> None:
    assert "Recorded as an exception." in lines(replace(MOVE, overrule="no other time this month"))[1]


def test_cancel_and_book_new_is_called_so_everywhere() -> None:  # ACT7
    anew = replace(MOVE, overrule="no other time this month", as_new=True)
    assert lines(anew)[0].startswith("CANCEL Zuri Okafor, born")
    assert ", and book new " in lines(anew)[0]
    assert "Recorded as an exception." in lines(anew)[1]
    assert button_text(anew, True, Disposition.COMPLETED) == "Cancel, book new, send & complete"
    told = summary("Zuri Okafor", anew, WORDS, disposition=Disposition.OPEN)
    assert told.startswith("Cancelled the visit of Zuri Okafor and booked ")


def test_a_name_cannot_turn_the_line_around() -> None:  # QT-05
    hostile = replace(VIEW, patient=replace(VIEW.patient, given_name="Jo\u202eanna"))
    assert "\u2068Jo\u202eanna Okafor\u2069, born" in lines(MOVE, view=hostile)[0]


@pytest.mark.parametrize(
    ("act", "has_reply", "disposition", "text"),
    [
        (MOVE, True, COMPLETED, "Move, send & complete"),
        (BOOK, True, COMPLETED, "Book, send & complete"),
        (CANCEL, True, COMPLETED, "Cancel visit, send & complete"),
        (CANCEL, False, COMPLETED, "Cancel visit & complete"),
        (BOOK, True, OPEN, "Book, send & keep open"),
        (None, True, COMPLETED, "Send & complete"),
        (None, True, OPEN, "Send & keep open"),
        (None, True, WAITING, "Send & wait for parent"),
        (None, False, COMPLETED, "Complete without reply"),
        (None, False, OPEN, "Keep open"),
        (None, False, DISMISSED, "Remove from my inbox"),
    ],
)
def test_the_button_says_what_it_does(act: Act | None, has_reply: bool, disposition: Disposition, text: str) -> None:
    assert button_text(act, has_reply, disposition) == text


@pytest.mark.parametrize(
    ("act", "disposition", "replied", "text"),
    [
        (MOVE, COMPLETED, True, "Moved Zuri Okafor to Tue, Nov 24, 9:20 AM"),
        (BOOK, COMPLETED, True, "Booked Zuri Okafor for Tue, Nov 24, 9:20 AM"),
        (CANCEL, COMPLETED, True, "Cancelled Zuri Okafor, Tue, Nov 24, 10:00 AM"),
        (None, COMPLETED, True, "Answered the request of Zuri Okafor"),
        (None, COMPLETED, False, "Completed the request of Zuri Okafor"),
        (None, OPEN, False, "Kept the request of Zuri Okafor open"),
    ],
)
def test_the_undo_bar_says_what_was_done(act: Act | None, disposition: Disposition, replied: bool, text: str) -> None:
    done = summary(
        "Zuri Okafor", act, WORDS, disposition=disposition, appointment_at=at(11, 24, 10, 0), replied=replied
    )
    assert done == text
