"""Locking and switching users at one desk: what was claimed there is free at once, and is taken again by whoever comes back."""

from PySide6.QtWidgets import QApplication, QLineEdit

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.attachments import DocumentFile, MediaType
from request_desk.domain.changes import Topic
from request_desk.domain.ids import RequestId
from request_desk.services.inbox import marks as inbox_marks
from request_desk.services.people import access
from request_desk.services.people.access import Attempt
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.patients.patients_page import PatientsPage
from tests.builders import TODAY
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk

PASSWORD = "lantern orbit velvet quarry"
OTHER = "thistle compass ribbon anchor"


def begun(house: House, open_desk: OpenDesk) -> tuple[RequestId, RunningDesk]:
    """Maria has begun an answer; everybody has a password. Kofi sits elsewhere: a lock closes every window of its process."""
    practice = house.practice
    with house.allowed():
        request = practice.a_request("schedule", wishes=[practice.wish(TODAY, "10:00")])
    for staff in (practice.maria, practice.kofi, practice.admin):
        house.do(SYSTEM, access.set_password, staff.staff_id, PASSWORD)
    maria = open_desk()
    maria.until(lambda: maria.is_open(request), "she looks at it")
    maria.press("R")
    maria.until(maria.center.response.editor.hasFocus, "the response has the focus")
    maria.type("Dear Amara")
    maria.until(lambda: holder(house, request) == house.practice.maria.id, "she is on it")
    return request, maria


def holder(house: House, request: RequestId) -> int | None:
    claim = house.view(request).claim
    return None if claim is None else claim.staff_id


def lock(desk: RunningDesk) -> None:
    desk.sit_down()
    desk.press("Ctrl+L")
    desk.until(lambda: desk.shell.is_covered, "it is locked")


def sign_in(desk: RunningDesk, login: str, password: str = PASSWORD) -> None:
    desk.sit_down()
    desk.shell.cover.login.setFocus()
    desk.shell.cover.login.selectAll()
    desk.type(login)
    desk.press("Tab")
    desk.type(password)
    desk.press("Return")
    desk.until(lambda: not desk.shell.is_covered and desk.is_whole, f"{login} is in")


def test_who_locks_is_on_nothing_any_more_and_back_on_it_after_coming_back(
    house: House, open_desk: OpenDesk
) -> None:  # MC8, LOCK-03
    request, maria = begun(house, open_desk)
    with house.allowed():
        seen = house.practice.desk.last_seq()
    lock(maria)
    maria.until(lambda: holder(house, request) is None, "it is free")
    with house.allowed():
        changes, _newest = house.practice.desk.tail(seen)
    assert [entry.action for entry in changes.of(Topic.CLAIM, request)] == ["released"]  # the other desks hear it
    sign_in(maria, "maria")
    assert maria.center.response.editor.hasFocus()  # where she was typing
    assert maria.text == "Dear Amara"
    maria.until(lambda: holder(house, request) == house.practice.maria.id, "she is on it again by herself")
    assert maria.center.message.claim_bar.text() == ""


def test_a_lock_removes_the_documents_that_were_opened(house: House, open_desk: OpenDesk) -> None:  # UPL-04
    _request, maria = begun(house, open_desk)
    context = maria.shell.context
    assert context is not None
    found = DocumentFile("letter.pdf", MediaType.PDF, b"%PDF-")
    opened = context.opened_documents.copy(found)
    lock(maria)
    assert not opened.exists()
    sign_in(maria, "maria")
    maria.settle()


def test_somebody_else_at_the_same_desk_leaves_it_free_and_the_draft_alone(
    house: House, open_desk: OpenDesk
) -> None:  # MC8, LOCK-03, MC10
    request, maria = begun(house, open_desk)
    lock(maria)
    sign_in(maria, "$AD")
    maria.settle()
    assert holder(house, request) is None
    house.do(house.practice.kofi, inbox_marks.claim, request)  # not refused
    assert maria.text == ""
    lock(maria)
    sign_in(maria, "maria")
    maria.until(lambda: maria.is_open(request) and maria.text == "Dear Amara", "her draft is there")
    maria.settle()
    assert holder(house, request) == house.practice.kofi.id


def test_what_a_colleague_took_meanwhile_stays_with_the_colleague(house: House, open_desk: OpenDesk) -> None:  # MC8
    request, maria = begun(house, open_desk)
    lock(maria)
    maria.until(lambda: holder(house, request) is None, "it is free")
    house.do(house.practice.kofi, inbox_marks.claim, request)
    sign_in(maria, "maria")
    maria.until(lambda: "Kofi Prah" in maria.center.message.claim_bar.text(), "she sees it when she is back")
    maria.settle()
    assert holder(house, request) == house.practice.kofi.id
    assert maria.text == "Dear Amara"


def test_a_change_while_somebody_signs_in_breaks_nothing(house: House, open_desk: OpenDesk) -> None:
    """What is heard behind the cover is read for nobody: neither for the one who left nor for the program."""
    _request, maria = begun(house, open_desk)
    lock(maria)
    shell = maria.shell
    answers: list[Attempt] = []
    shell.runner.call(shell, access.sign_in, shell._opened.desk, "maria", "wrong", "front").done(answers.append)
    with house.allowed():
        newer = house.practice.a_request("schedule", wishes=[house.practice.wish(TODAY, "11:00")])
    maria.until(lambda: bool(answers), "it is answered")
    maria.settle()
    sign_in(maria, "maria")
    maria.until(lambda: newer in maria.rows(), "what came meanwhile is in the list")


def test_a_session_that_ends_elsewhere_covers_its_window_by_itself(
    house: House, open_desk: OpenDesk
) -> None:  # AUTH-09, LOCK-03
    request, maria = begun(house, open_desk)
    with house.allowed():
        desk = house.practice.desk
        elsewhere = access.sign_in(desk, "maria", PASSWORD, "home").signed_in
        assert elsewhere is not None
        assert access.change_password(desk, elsewhere.actor, PASSWORD, OTHER).signed_in is not None
    maria.until(lambda: maria.shell.is_covered, "the window is covered")
    assert holder(house, request) is None
    sign_in(maria, "maria", OTHER)
    assert maria.text == "Dear Amara"


def test_no_sheet_stays_over_the_cover_when_a_session_ends_elsewhere(
    house: House, open_desk: OpenDesk
) -> None:  # AUTH-09, LOCK-02
    _request, maria = begun(house, open_desk)
    maria.center.focus_list()
    maria.press("F")
    maria.until(lambda: maria.dialog() is not None, "a sheet names the patient")
    with house.allowed():
        desk = house.practice.desk
        elsewhere = access.sign_in(desk, "maria", PASSWORD, "home").signed_in
        assert elsewhere is not None
        assert access.change_password(desk, elsewhere.actor, PASSWORD, OTHER).signed_in is not None
    maria.until(lambda: maria.shell.is_covered, "the window is covered")
    assert QApplication.activeModalWidget() is None
    sign_in(maria, "maria", OTHER)


def test_another_user_begins_on_the_message_center_with_the_list_focused(
    house: House, open_desk: OpenDesk
) -> None:  # UI4
    request, maria = begun(house, open_desk)
    maria.shell.frame.show_page("schedule")
    lock(maria)
    sign_in(maria, "$AD")
    maria.until(lambda: maria.shell.frame.page("messages") is not None, "the page is built")
    assert maria.shell.frame.current_page() == "messages"
    maria.until(lambda: maria.center.list.hasFocus() or maria.center.list_stack.hasFocus(), "the list has the focus")
    lock(maria)
    sign_in(maria, "maria")
    maria.until(lambda: maria.is_open(request), "her row is open")


def test_a_form_that_was_open_is_there_again_for_who_comes_back_and_for_nobody_else(
    house: House, open_desk: OpenDesk
) -> None:  # LOCK-03
    practice = house.practice
    for staff in (practice.maria, practice.admin):
        house.do(SYSTEM, access.set_password, staff.staff_id, PASSWORD)
    maria = open_desk()
    page = maria.frame.page("patients")
    assert isinstance(page, PatientsPage)
    maria.frame.show_page("patients")
    page.new_patient()
    form = maria.shell.frame.findChild(FormWindow)
    assert form is not None
    maria.until(form.isVisible, "the form is there")
    field = form.findChildren(QLineEdit)[0]
    field.setFocus()
    maria.until(field.hasFocus, "it is written into")
    maria.type("Okonkwo")
    maria.shell.lock()  # nobody has touched the desk for a while
    maria.until(lambda: maria.shell.is_covered, "it is locked")
    assert not form.isVisible()
    sign_in(maria, "maria")
    maria.until(form.isVisible, "the form is there again")
    assert field.text() == "Okonkwo"
    maria.shell.lock()
    maria.until(lambda: maria.shell.is_covered, "it is locked again")
    sign_in(maria, "$AD")
    maria.settle()
    maria.until(lambda: maria.shell.frame.findChild(FormWindow) is None, "nothing of hers is there")


def test_the_rail_follows_the_role_of_whoever_signs_in(house: House, open_desk: OpenDesk) -> None:  # VM2
    practice = house.practice
    with house.allowed():
        doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    for staff in (practice.maria, doctor):
        house.do(SYSTEM, access.set_password, staff.staff_id, PASSWORD)
    desk = open_desk()
    desk.until(lambda: desk.frame.page("settings") is not None, "every page is built")
    entry = desk.frame.rail.entry("meeting")
    assert not entry.isVisible()
    assert desk.frame.page("meeting") is None
    lock(desk)
    sign_in(desk, "lindqvist")
    desk.until(lambda: desk.frame.page("meeting") is not None, "the meetings are there")
    assert entry.isVisible()
    entry.click()
    assert desk.frame.current_page() == "meeting"
    lock(desk)
    sign_in(desk, "maria")
    desk.until(lambda: desk.frame.page("settings") is not None, "every page is built")
    assert not entry.isVisible()
    assert desk.frame.page("meeting") is None
    assert desk.frame.current_page() == "messages"
