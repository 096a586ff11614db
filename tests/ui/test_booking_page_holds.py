"""What the desktop says of a time that somebody holds on the booking page: nobody is named yet, and it can only be cancelled (BK5)."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from request_desk.domain.ids import AppointmentId
from request_desk.store import schema
from request_desk.ui.appointments.appointment_detail import AppointmentDetail
from request_desk.ui.appointments.appointments_page import AppointmentsPage
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.schedule_page import SchedulePage
from tests.builders import TODAY, Practice
from tests.online import Share
from tests.ui.page_desk import OpenPage, PageDesk
from tests.ui.test_appointments_page import cells, lines
from tests.ui.test_schedule_page import choose

Setup = Callable[[], AbstractContextManager[None]]
TOLD = "Held on the booking page until 8:27 AM; nobody is named yet."


@pytest.fixture
def held(practice: Practice, database_setup: Setup) -> AppointmentId:
    with database_setup():
        return Share(practice).hold("10:00", day=TODAY)


def shot(desk: PageDesk[Any], name: str) -> None:
    """Save a picture of the window for whoever looks at it."""
    folder = os.environ.get("DESK_BOOKING_SHOTS", "")
    if folder:
        desk.frame.grab().save(f"{folder}/{name}.png")


def test_the_schedule_says_that_nobody_is_named_and_offers_to_cancel(
    open_page: OpenPage, practice: Practice, database_setup: Setup, held: AppointmentId
) -> None:
    desk = open_page(SchedulePage)
    choose(desk, held)
    card = desk.page.card
    shot(desk, "desk-schedule")
    assert card._why.text() == TOLD
    assert [each.words() for each in card.acts()] == ["Cancel visit …"]
    assert (card.patient_button.isHidden(), card.print_button.isHidden(), card._born.text()) == (True, True, " ")
    assert card.family.lines() == ()
    desk.press("I")
    assert desk.went == []
    desk.press("C")
    dialog = desk.dialog()
    assert isinstance(dialog, CancelDialog)
    assert not dialog.words.isVisible()  # nobody reads them
    desk.press("1")
    desk.press("Ctrl+Return")
    with database_setup(), practice.database.read() as connection:
        row = connection.execute(schema.appointment.select().where(schema.appointment.c.id == held)).one()
    assert (row.status, row.cancel_code) == ("cancelled", "pat")


def test_the_list_says_so_too_and_opens_no_patient(open_page: OpenPage, held: AppointmentId) -> None:
    desk = open_page(AppointmentsPage)
    desk.page.take_focus()
    detail = desk.page.detail
    assert isinstance(detail, AppointmentDetail)
    shot(desk, "desk-list")
    assert detail.key == held
    assert detail.title.text() == "Online booking"
    assert TOLD.removesuffix(".") in dict(detail.appointment_facts.lines())["Status"]
    assert [text for _when, text in detail.happened.lines()] == ["A family online held the time"]
    assert cells(desk)[1] == "Online booking"
    assert "held online" in cells(desk)
    why_not = lines(desk)
    assert why_not["Open the patient"] == "nobody is named yet"
    assert why_not["Cancel visit …"] == ""
