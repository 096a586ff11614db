"""From a message to its patient, from there to the day of a visit, and back by one key; what was open still is."""

from PySide6.QtWidgets import QWidget

from request_desk.ui.patients.patients_page import PatientsPage
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.buttons import Link
from tests.builders import TODAY
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk


def page(desk: RunningDesk, key: str) -> QWidget | None:
    return desk.desktop.frame.page(key)


def test_a_key_goes_to_the_patient_and_another_one_back(house: House, open_desk: OpenDesk) -> None:
    practice = house.practice
    with house.allowed():
        request = practice.a_request("schedule", wishes=[practice.wish(TODAY, "10:00")])
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    desk = open_desk()
    desk.until(lambda: desk.is_open(request), "the request is open")
    desk.until(lambda: isinstance(page(desk, "settings"), QWidget), "all pages are there")
    desk.press("I")
    patients = page(desk, "patients")
    assert isinstance(patients, PatientsPage)
    detail = patients.detail
    assert detail is not None
    desk.until(lambda: detail.title.text() == "Zuri Okafor" and bool(detail.acts.buttons), "the patient is open")
    assert desk.desktop.frame.current_page() == "patients"
    link = next(each for each in detail.findChildren(Link) if "3:00 PM" in each.text())
    link.click()
    schedule = page(desk, "schedule")
    assert isinstance(schedule, SchedulePage)
    desk.until(lambda: not schedule.card.isHidden(), "the card of the visit is shown")
    assert schedule.panel.shown_day() == TODAY
    schedule.card.patient_button.click()
    assert desk.desktop.frame.current_page() == "patients"
    for key in ("schedule", "patients", "messages"):
        desk.press("Alt+Left")
        assert desk.desktop.frame.current_page() == key
    assert desk.is_open(request)
