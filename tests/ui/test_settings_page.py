"""The Settings page at work: real keys and clicks on a real window over the real services and a real database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTime
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.directory import Department, OpeningHours, PracticeSettings, Staff
from request_desk.domain.ids import DepartmentId, StaffId
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.people import access
from request_desk.services.practice import administration, directory, settings as settings_service
from request_desk.store import schema
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.settings import settings_page
from request_desk.ui.settings.meeting_form import MeetingForm
from request_desk.ui.settings.people_forms import DepartmentsForm, StaffForm
from request_desk.ui.settings.place_form import LocationsForm
from request_desk.ui.settings.practice_forms import (
    HoursForm,
    IntakeForm,
    KindsForm,
    PracticeForm,
    TimesForm,
    UrgentWordsForm,
)
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.painting import text_width
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.theme import Theme, app_theme
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless
from tests.ui.settings_desk import go

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    """Open a desk with the Settings page, as the administrator unless said otherwise."""
    return partial(open_page, SettingsPage, actor=sqlite_practice.admin)


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], PracticeSettings]:
    """Read the settings from the database."""

    def read() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(SYSTEM, settings_service.settings)

    return read


@pytest.fixture
def people(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], directory.Directory]:
    """Read the directory from the database."""

    def read() -> directory.Directory:
        with database_setup():
            return sqlite_practice.desk.query(SYSTEM, directory.directory)

    return read


def retype(desk: PageDesk[SettingsPage], field: object, text: str) -> None:
    field.setFocus()  # type: ignore[attr-defined]
    field.selectAll()  # type: ignore[attr-defined]
    desk.type(text)


# Saving


def test_a_group_is_saved_by_ctrl_s_and_can_be_undone(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    assert form.name.text() == "Harbor Pediatrics"
    assert not form.save_button.isEnabled()
    retype(desk, form.name, "Harbor Kids")
    desk.press("Ctrl+S")
    assert stored().practice_name == "Harbor Kids"
    assert desk.said() == "Saved."
    assert not form.save_button.isEnabled()
    desk.press("Ctrl+Shift+Z")
    assert stored().practice_name == "Harbor Pediatrics"
    assert form.name.text() == "Harbor Pediatrics"


def test_no_name_of_a_group_is_cut_when_it_is_chosen(desk_at: OpenDesk) -> None:  # UI5
    desk = desk_at()
    groups, room = desk.page.groups, 40 + 24  # pixels at 100 % beside the name, for icon and mark
    names = [str(groups.model().index(place, 0).data()) for place in range(groups.model().rowCount())]
    width = groups.viewport().width() - app_theme().px(room)
    assert [name for name in names if text_width(app_theme().small_bold, name) > width] == []


def test_nothing_is_written_while_nothing_was_changed(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    version = stored().version
    form.card.setFocus()
    desk.press("Ctrl+S")
    assert stored().version == version


def test_what_was_typed_can_be_undone_before_it_is_saved(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.phone, "555")
    desk.click(form.again_button)
    assert form.phone.text() == "(206) 555-0100"


def test_a_value_that_is_refused_says_why_and_stays(desk_at: OpenDesk, stored: Callable[[], PracticeSettings]) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.url, "http://portal.example.org")
    desk.press("Ctrl+S")
    assert beside(form, form.url) == "Parents sign in at this address: it must begin with https://."
    assert form.said.isHidden()
    assert form.url.text() == "http://portal.example.org"
    assert stored().public_url == "http://127.0.0.1:8000"


def beside(form: Editor, control: QWidget) -> str:
    """What is said below a control, "" for nothing."""
    line = next(line for told, line in form._beside.values() if told is control)
    assert line.isVisible() == bool(line.text())
    return str(line.text())


def test_all_that_is_wrong_is_told_at_once_each_beside_its_field(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.url, "portal")
    retype(desk, form.phone, "abc")
    desk.press("Ctrl+S")
    assert "This is not a phone number" in beside(form, form.phone)
    assert "is written like https://" in beside(form, form.url)
    assert beside(form, form.name) == ""
    assert form.phone.hasFocus()
    assert stored().practice_phone == "(206) 555-0100"
    retype(desk, form.phone, "206.555.0123")
    retype(desk, form.url, "https://portal.example.org")
    desk.press("Ctrl+S")
    assert (stored().practice_phone, stored().public_url) == ("(206) 555-0123", "https://portal.example.org")
    assert (beside(form, form.phone), beside(form, form.url)) == ("", "")


def test_a_break_is_entered_and_hours_that_make_no_sense_are_told_at_their_days(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    form = go(desk, HoursForm)
    assert isinstance(form, HoursForm)
    monday, tuesday, friday = form.rows[0], form.rows[1], form.rows[4]
    for each in (monday, tuesday):
        desk.click(each.has_break, QPoint(8, each.has_break.height() // 2))
        assert each.break_start.isVisible()
    monday.break_end.setTime(QTime(12, 45))
    tuesday.break_end.setTime(QTime(11, 0))
    friday.end.setTime(QTime(7, 0))
    desk.click(form.save_button)
    assert beside(form, monday.start) == ""
    assert "a break lies between them" in beside(form, tuesday.start)
    assert "a break lies between them" in beside(form, friday.start)
    tuesday.break_end.setTime(QTime(13, 0))
    friday.end.setTime(QTime(15, 0))
    desk.click(form.save_button)
    hours = [each for each in stored().opening_hours if each.weekday in (0, 4)]
    assert hours == [
        OpeningHours(0, 8 * 60, 12 * 60),
        OpeningHours(0, 12 * 60 + 45, 17 * 60),
        OpeningHours(4, 8 * 60, 15 * 60),
    ]


def test_kinds_of_request_are_switched_on_and_off(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:  # MC1
    desk = desk_at()
    form = go(desk, KindsForm)
    assert isinstance(form, KindsForm)
    box = next(iter(form.boxes.values()))
    box.setFocus()
    desk.press("Space", "Ctrl+S")
    assert stored().kinds_on == frozenset({"cancel", "reschedule"})


def test_answer_times_are_saved(desk_at: OpenDesk, stored: Callable[[], PracticeSettings]) -> None:
    desk = desk_at()
    form = go(desk, TimesForm)
    assert isinstance(form, TimesForm)
    form.grace.setFocus()
    desk.press("Up", "Ctrl+S")
    assert stored().grace == timedelta(seconds=21)
    assert stored().target_age == timedelta(minutes=45)


def test_the_practices_own_urgent_words_are_entered(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:  # MC14
    desk = desk_at()
    form = go(desk, UrgentWordsForm)
    assert isinstance(form, UrgentWordsForm)
    form.own.setFocus()
    desk.type("insulin pump")
    desk.press("Return")
    desk.type("a")
    desk.press("Ctrl+S")
    assert "“a” is too short" in beside(form, form.own)
    assert stored().urgent_words == ()
    desk.press("Backspace", "Ctrl+S")
    assert stored().urgent_words == ("insulin pump",)
    assert form.own.toPlainText() == "insulin pump"
    desk.press("Ctrl+Shift+Z")
    assert stored().urgent_words == ()


def test_a_location_gets_its_zone_and_what_is_wrong_is_told_beside_the_fields(
    desk_at: OpenDesk, people: Callable[[], directory.Directory], practice: Practice
) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    assert isinstance(form, LocationsForm)
    which = form.chooser.key()
    assert which == practice.northside
    before = people().locations[practice.northside]
    retype(desk, form.zone, "Denver")
    retype(desk, form.phone, "abc")
    desk.press("Ctrl+S")
    assert "There is no time zone of this name" in beside(form, form.zone)
    assert "This is not a phone number" in beside(form, form.phone)
    assert people().locations[practice.northside] == before
    retype(desk, form.zone, "America/Denver")
    retype(desk, form.phone, "206.555.0123")
    form.chooser.setFocus()
    desk.press("Down")
    assert form.chooser.key() == which, "what is typed is not lost"
    desk.press("Ctrl+S")
    now = people().locations[practice.northside]
    assert (now.zone, now.phone, now.name) == ("America/Denver", "(206) 555-0123", before.name)
    assert form.phone.text() == "(206) 555-0123"
    desk.press("Ctrl+Shift+Z")
    assert people().locations[practice.northside].zone == before.zone
    assert form.zone.text() == before.zone


def test_opening_hours_are_saved_day_by_day(desk_at: OpenDesk, stored: Callable[[], PracticeSettings]) -> None:
    desk = desk_at()
    form = go(desk, HoursForm)
    assert isinstance(form, HoursForm)
    monday, saturday = form.rows[0], form.rows[5]
    assert not saturday.start.isVisible()
    monday.end.setTime(QTime(23, 59))
    desk.click(saturday.open, QPoint(8, saturday.open.height() // 2))
    assert saturday.start.isVisible()
    desk.click(form.save_button)
    hours = stored().opening_hours
    assert OpeningHours(0, 8 * 60, 24 * 60) in hours  # midnight at the end of the day
    assert OpeningHours(5, 8 * 60, 17 * 60) in hours


def test_the_days_are_whole_beside_their_hours_at_the_largest_text(desk_at: OpenDesk, theme: Theme) -> None:  # UI5
    theme.set_scale(130)
    desk = desk_at(size=(960, 680))
    form = go(desk, HoursForm)
    assert isinstance(form, HoursForm)
    wednesday = form.rows[2]
    wednesday.has_break.setChecked(True)
    desk.settle()
    assert wednesday.open.width() >= wednesday.open.sizeHint().width()
    end = wednesday.break_end
    assert end.visibleRegion().boundingRect() == end.rect()


def test_a_break_is_shown_and_a_third_stretch_of_a_day_is_told_and_kept(
    desk_at: OpenDesk,
    practice: Practice,
    stored: Callable[[], PracticeSettings],
    database_setup: Setup,
) -> None:
    with database_setup():
        split = (
            OpeningHours(0, 8 * 60, 12 * 60),
            OpeningHours(0, 13 * 60, 17 * 60),
            OpeningHours(0, 18 * 60, 19 * 60),
        )
        new = replace(practice.settings, opening_hours=split)
        practice.desk.perform(practice.admin, settings_service.save_settings, new, expect_version=stored().version)
    desk = desk_at()
    form = go(desk, HoursForm)
    assert isinstance(form, HoursForm)
    row = form.rows[0]
    assert (row.break_start.time(), row.break_end.time(), row.end.time()) == (QTime(12, 0), QTime(13, 0), QTime(17, 0))
    assert row._more.text() == "and 6:00 PM – 7:00 PM"
    row.start.setTime(QTime(7, 30))
    desk.click(form.save_button)
    assert stored().opening_hours == (OpeningHours(0, 7 * 60 + 30, 12 * 60), *split[1:])


def test_the_department_that_receives_requests_is_chosen(
    desk_at: OpenDesk, practice: Practice, stored: Callable[[], PracticeSettings], database_setup: Setup
) -> None:  # RT1
    other = practice.a_department("Nurses", [practice.kofi])
    desk = desk_at()
    form = go(desk, IntakeForm)
    assert isinstance(form, IntakeForm)
    assert form.department.currentData() == practice.intake
    form.department.setCurrentIndex(form.department.findData(other))
    desk.click(form.save_button)
    assert stored().intake_department_id == other
    form.department.setCurrentIndex(0)
    desk.click(form.save_button)
    assert stored().intake_department_id is None


# Changes elsewhere


def test_a_change_elsewhere_is_shown_at_once(
    desk_at: OpenDesk, practice: Practice, stored: Callable[[], PracticeSettings], database_setup: Setup
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    with database_setup():
        new = replace(stored(), practice_name="Bay Kids")
        practice.desk.perform(practice.admin, settings_service.save_settings, new, expect_version=new.version)
    desk.hear()
    assert form.name.text() == "Bay Kids"


def test_what_is_typed_survives_a_change_elsewhere_and_only_this_group_is_written(
    desk_at: OpenDesk, practice: Practice, stored: Callable[[], PracticeSettings], database_setup: Setup
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.phone, "(206) 555-0199")
    with database_setup():
        new = replace(stored(), grace=timedelta(seconds=30))
        practice.desk.perform(practice.admin, settings_service.save_settings, new, expect_version=new.version)
    desk.hear()
    assert form.phone.text() == "(206) 555-0199"
    assert form.said.text() == ""
    desk.press("Ctrl+S")
    assert (stored().practice_phone, stored().grace) == ("(206) 555-0199", timedelta(seconds=30))


def test_a_conflict_keeps_what_is_typed_and_says_so(
    desk_at: OpenDesk, practice: Practice, stored: Callable[[], PracticeSettings], database_setup: Setup
) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.phone, "(206) 555-0199")
    with database_setup():
        new = replace(stored(), practice_phone="(206) 555-0111")
        practice.desk.perform(practice.admin, settings_service.save_settings, new, expect_version=new.version)
    desk.press("Ctrl+S")
    assert stored().practice_phone == "(206) 555-0111"
    assert form.phone.text() == "(206) 555-0199"
    assert form.said.text() == CHANGED_ELSEWHERE
    desk.press("Ctrl+S")
    assert stored().practice_phone == "(206) 555-0199"


def test_a_group_with_typed_text_is_marked_and_keeps_it_while_others_are_seen(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    retype(desk, form.name, "Half written")
    go(desk, TimesForm)
    index = desk.page.groups.model().index(0, 0)
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Practice, not saved yet"
    assert go(desk, PracticeForm) is form
    assert form.name.text() == "Half written"


def test_the_wheel_scrolls_and_changes_no_field(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, TimesForm)
    assert isinstance(form, TimesForm)
    desk.page.groups.setFocus()
    before = form.grace.value()
    place = QPointF(form.grace.rect().center())
    wheel = QWheelEvent(
        place,
        form.grace.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(form.grace, wheel)
    assert form.grace.value() == before


# Roles


def test_schedulers_read_the_settings_and_cannot_change_them(
    desk_at: OpenDesk, practice: Practice, stored: Callable[[], PracticeSettings]
) -> None:  # AD1
    desk = desk_at(actor=practice.maria)
    form = go(desk, PracticeForm)
    assert isinstance(form, PracticeForm)
    assert form.name.text() == "Harbor Pediatrics"
    form.name.setFocus()
    desk.type("x")
    assert form.name.text() == "Harbor Pediatrics"
    assert form.locked.isVisible()
    for kind in (PracticeForm, KindsForm, TimesForm, HoursForm, IntakeForm, DepartmentsForm, StaffForm):
        shown = go(desk, kind)
        assert shown.stack.is_content_shown()
        assert not shown.save_button.isVisible()
    version = stored().version
    desk.press("Ctrl+S")
    assert stored().version == version


def test_schedulers_see_members_and_cannot_tick(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at(actor=practice.maria)
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    members = form.chosen_members()
    form.members.setFocus()
    desk.press("Space", "Down", "Space")
    assert form.chosen_members() == members == {practice.maria.id, practice.kofi.id}
    assert not form.add_button.isVisible()


# Departments


def department(people: Callable[[], directory.Directory], name: str) -> Department:
    return next(each for each in people().departments.values() if each.name == name)


def test_members_are_ticked_by_keys_and_the_requests_follow_at_once(
    desk_at: OpenDesk,
    practice: Practice,
    people: Callable[[], directory.Directory],
    database_setup: Setup,
) -> None:  # RT6
    rosa = practice.a_staff("rosa", "Rosa Delgado", [Role.SCHEDULER])
    practice.a_request()

    def unread(who: object) -> int:
        with database_setup():
            return practice.desk.query(who, inbox_queries.badge)  # type: ignore[arg-type]

    assert (unread(rosa), unread(practice.kofi)) == (0, 1)
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    QAbstractItemModelTester(form.members.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    lines = [form.members._ticks.line(place) for place in range(form.members.model().rowCount())]
    form.members.setFocus()
    for wanted in (practice.kofi.id, rosa.id):
        place = next(number for number, line in enumerate(lines) if line.key == wanted)
        while form.members.currentIndex().row() != place:
            desk.press("Down" if form.members.currentIndex().row() < place else "Up")
        desk.press("Space")
    desk.press("Ctrl+S")
    assert set(department(people, "IC-Appointment Request").member_ids) == {practice.maria.id, rosa.id}
    assert (unread(rosa), unread(practice.kofi)) == (1, 0)
    desk.press("Ctrl+Shift+Z")
    assert (unread(rosa), unread(practice.kofi)) == (0, 1)
    assert form.chosen_members() == {practice.maria.id, practice.kofi.id}


def test_a_click_ticks_a_member(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    index = form.members.model().index(0, 0)
    before = form.chosen_members()
    desk.click(form.members.viewport(), form.members.visualRect(index).center())
    assert form.chosen_members() != before
    assert form.save_button.isEnabled()


def test_name_and_members_are_saved_together(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    retype(desk, form.name, "Front desk")
    form.members.setFocus()
    desk.press("Space", "Ctrl+S")
    now = department(people, "Front desk")
    assert form.name.text() == "Front desk"
    assert frozenset(now.member_ids) == form.chosen_members()
    assert len(now.member_ids) != 2
    assert not form.save_button.isEnabled()
    desk.press("Ctrl+Shift+Z")  # one act: name and members go back together
    back = department(people, "IC-Appointment Request")
    assert set(back.member_ids) == {practice.maria.id, practice.kofi.id}
    assert form.name.text() == "IC-Appointment Request"


def test_of_a_name_and_members_that_are_refused_together_nothing_is_stored(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory]
) -> None:
    practice.a_department("Nurses", [practice.kofi])
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    retype(desk, form.name, "Nurses")
    form.members.setFocus()
    desk.press("Space", "Ctrl+S")
    assert "There is or was a department of this name" in beside(form, form.name)
    assert form.name.text() == "Nurses"
    assert set(department(people, "IC-Appointment Request").member_ids) == {practice.maria.id, practice.kofi.id}


def test_a_department_is_made_members_first_renamed_and_switched_off(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory]
) -> None:  # RT5
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    desk.click(form.add_button)
    assert form.which.text() == "New department"
    assert desk.focus() is form.members
    assert form.chosen_members() == frozenset()
    form.name.setFocus()
    desk.type("Nurses")
    desk.press("Ctrl+S")
    assert beside(form, form.members) == "Tick at least one person: nobody would see what comes here."
    assert desk.focus() is form.members
    assert form.name.text() == "Nurses"
    lines = [form.members._ticks.line(place).key for place in range(form.members.model().rowCount())]
    form.members.setCurrentIndex(form.members.model().index(lines.index(practice.kofi.id), 0))
    desk.press("Space", "Ctrl+S")
    assert department(people, "Nurses").member_ids == (practice.kofi.id,)
    assert form.chooser.currentText() == "Nurses"
    retype(desk, form.name, "Nurse line")
    desk.press("Ctrl+S")
    assert form.chooser.currentText() == "Nurse line"
    desk.click(form.off_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert not department(people, "Nurse line").active
    assert form.chooser.findText("Nurse line") == -1
    assert form.chooser.currentText() == "Nurse line (closed)"


Elsewhere = Callable[[Callable[..., object], int], None]


@pytest.fixture
def elsewhere(sqlite_practice: Practice, database_setup: Setup) -> Elsewhere:
    """Let the administrator act on a department from another desk."""

    def act(function: Callable[..., object], department_id: int) -> None:
        with database_setup():
            found = sqlite_practice.desk.query(SYSTEM, directory.directory).departments[DepartmentId(department_id)]
            sqlite_practice.desk.perform(sqlite_practice.admin, function, found.id, expect_version=found.version)

    return act


def shown_departments(form: DepartmentsForm) -> list[str]:
    return [form.chooser.itemText(place) for place in range(form.chooser.count())]


def test_a_closed_department_stands_muted_at_the_end_and_is_reopened(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory], elsewhere: Elsewhere
) -> None:  # RT5, RT6
    aides = practice.a_department("Aides", [practice.kofi])
    elsewhere(administration.deactivate_department, aides)
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    assert shown_departments(form) == ["IC-Appointment Request", "Aides (closed)"]
    muted = form.chooser.itemData(1, Qt.ItemDataRole.ForegroundRole)
    assert muted == app_theme().muted
    assert form.chooser.itemData(0, Qt.ItemDataRole.ForegroundRole) is None
    assert form.off_button.isVisible()
    assert not form.reopen_button.isVisible()
    form.chooser.setFocus()
    desk.press("Down")
    assert form.closed.isVisible()
    assert not form.off_button.isVisible()
    assert form.name.isReadOnly()
    members = form.chosen_members()
    assert members == {practice.kofi.id}
    form.members.setFocus()
    desk.press("Space")
    assert form.chosen_members() == members
    form.reopen_button.setFocus()
    desk.press("Space")
    assert desk.said() == "Aides is open again."
    assert desk.focus() is form.chooser  # the next key is not typed into the name
    assert department(people, "Aides").active
    assert shown_departments(form) == ["Aides", "IC-Appointment Request"]
    assert form.chooser.currentText() == "Aides"
    assert not form.closed.isVisible()
    assert not form.name.isReadOnly()
    assert form.off_button.isVisible()
    assert form.said.text() == ""


def test_a_reopening_is_refused_in_words_when_somebody_was_faster(
    desk_at: OpenDesk, practice: Practice, elsewhere: Elsewhere
) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    elsewhere(administration.deactivate_department, nurses)
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    form.chooser.setFocus()
    desk.press("Down")
    elsewhere(administration.reopen_department, nurses)
    desk.click(form.reopen_button)
    assert form.chooser.currentText() == "Nurses"
    assert form.off_button.isVisible()
    assert form.said.isVisible()
    assert form.said.text().startswith("Administrator has changed this since you opened it (reopened department).")
    form.chooser.setFocus()
    desk.press("Up")
    assert form.said.text() == ""


def test_what_is_typed_stays_when_the_department_is_closed_elsewhere_and_reopened_here(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory], elsewhere: Elsewhere
) -> None:
    nurses = practice.a_department("Aides", [practice.kofi])
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    retype(desk, form.name, "Nurse line")
    elsewhere(administration.deactivate_department, nurses)
    desk.hear()
    assert form.name.text() == "Nurse line"
    assert form.closed.isVisible()
    desk.press("Ctrl+S")
    assert form.said.text() == "This department is closed. Reopen it first, then change it."
    form.reopen_button.setFocus()
    desk.press("Space")
    assert form.name.text() == "Nurse line"
    assert form.said.text() == ""
    desk.press("Ctrl+S")
    assert department(people, "Nurse line").active


def test_schedulers_see_closed_departments_and_cannot_reopen_them(
    desk_at: OpenDesk, practice: Practice, elsewhere: Elsewhere
) -> None:
    elsewhere(administration.deactivate_department, practice.a_department("Nurses", [practice.kofi]))
    desk = desk_at(actor=practice.maria)
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    form.chooser.setFocus()
    desk.press("Down")
    assert form.closed.isVisible()
    assert not form.reopen_button.isVisible()


def test_the_department_that_receives_requests_is_not_switched_off(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    desk.click(form.off_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert "receives the appointment requests" in form.said.text()


def test_another_department_is_not_shown_while_something_is_typed(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_department("Nurses", [practice.kofi])
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    assert isinstance(form, DepartmentsForm)
    retype(desk, form.name, "Half written")
    form.chooser.setFocus()
    desk.press("Down")
    assert form.name.text() == "Half written"
    assert form.said.text() == "Save or undo what you typed first."
    assert form.chooser.currentData() == practice.intake


# Staff


def person(people: Callable[[], directory.Directory], login: str) -> Staff:
    return next(each for each in people().staff.values() if each.login == login)


def test_a_new_account_shows_its_code_once(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory], database_setup: Setup
) -> None:  # AD1
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    desk.click(form.add_button)
    assert desk.focus() is form.login
    desk.type("rosa")
    retype(desk, form.name, "Rosa Delgado")
    desk.press("Ctrl+S")
    assert form.said.text() == "Choose at least one role."
    form.roles[Role.SCHEDULER].setFocus()
    desk.press("Space", "Ctrl+S")
    told = desk.dialog()
    assert isinstance(told, Question)
    sentence = told.question.text()
    code = sentence.rpartition(" ")[2]
    assert sentence.startswith("One-time code of rosa: ")
    assert person(people, "rosa").roles == frozenset({Role.SCHEDULER})
    with database_setup():
        attempt = access.sign_in(practice.desk, "rosa", code, "test")
    assert attempt.signed_in is not None
    assert attempt.signed_in.must_change
    desk.click(told.yes)
    desk.settle()
    assert not desk.has_dialog()
    assert form.chooser.selected_key() == person(people, "rosa").id
    assert form.name.text() == "Rosa Delgado"
    for widget in QApplication.allWidgets():
        assert code not in str(widget.property("text") or "")


def test_a_new_code_ends_the_old_password(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    old = "violet otters paddle north 42"
    with database_setup():
        practice.desk.perform(SYSTEM, access.set_password, StaffId(practice.maria.id), old)
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.maria.id)
    desk.click(form.code_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    told = desk.dialog()
    assert isinstance(told, Question)
    assert "One-time code of maria: " in told.question.text()
    with database_setup():
        assert access.sign_in(practice.desk, "maria", old, "test").signed_in is None


def test_an_account_is_changed_switched_off_and_on(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory]
) -> None:  # AD1
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.maria.id)
    assert form.login.isReadOnly()
    retype(desk, form.name, "Maria Santos-Reyes")
    desk.press("Ctrl+S")
    assert person(people, "maria").name == "Maria Santos-Reyes"
    desk.click(form.off_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert not person(people, "maria").active
    assert form.off_button.words() == "Switch on …"
    assert not form.code_button.isEnabled()
    desk.click(form.off_button)
    assert person(people, "maria").active


def test_the_reserved_administrator_is_not_switched_off_and_keeps_the_role(
    desk_at: OpenDesk, practice: Practice, people: Callable[[], directory.Directory]
) -> None:  # AD1
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.admin.id)
    assert not form.off_button.isEnabled()
    form.roles[Role.SCHEDULER].setFocus()
    desk.press("Space")
    form.roles[Role.ADMINISTRATOR].setFocus()
    desk.press("Space", "Ctrl+S")
    assert "$AD is always an administrator" in form.said.text()
    assert Role.ADMINISTRATOR in person(people, "$AD").roles


def test_another_person_is_not_shown_while_something_is_typed(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.maria.id)
    retype(desk, form.name, "Half written")
    form.chooser.setFocus()
    desk.press("Up")
    assert form.name.text() == "Half written"
    assert form.chooser.selected_key() == practice.maria.id
    desk.click(form.again_button)
    assert form.name.text() == "Maria Santos"


def test_a_half_typed_account_stays_until_it_is_saved_or_undone(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, people: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.maria.id)
    desk.click(form.add_button)
    assert (form.who.text(), form.name.text()) == ("New account", "")
    desk.type("rosa")
    seen = person(people, "kofi")
    with database_setup():
        new = administration.NewStaff("kofi", "Kofi P.", seen.roles, seen.initials)
        practice.desk.perform(practice.admin, administration.change_staff, seen.id, new, expect_version=seen.version)
    desk.hear()
    form.chooser.setFocus()
    desk.press("Up")
    assert form.said.text() == "Save or undo what you typed first."
    assert form.login.text() == "rosa"
    desk.click(form.again_button)
    there = form.chosen()
    assert there is not None
    assert (form.login.text(), form.login.isReadOnly()) == (there.login, True)


def test_typed_changes_of_a_person_survive_a_change_elsewhere(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, people: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(practice.maria.id)
    retype(desk, form.name, "Half written")
    seen = person(people, "maria")
    with database_setup():
        new = administration.NewStaff("maria", "Maria S.", seen.roles, seen.initials)
        practice.desk.perform(practice.admin, administration.change_staff, seen.id, new, expect_version=seen.version)
    desk.hear()
    assert form.name.text() == "Half written"
    assert form.said.text() == CHANGED_ELSEWHERE
    desk.press("Ctrl+S")
    assert person(people, "maria").name == "Half written"


def test_a_hundred_accounts_are_listed(desk_at: OpenDesk, practice: Practice) -> None:
    for number in range(100):
        practice.a_staff(f"staff{number}", f"Person {number}", [Role.SCHEDULER])
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    assert form.chooser.model().rowCount() == 103
    form.chooser.setFocus()
    desk.press("End")
    members = go(desk, DepartmentsForm)
    assert isinstance(members, DepartmentsForm)
    assert members.members.model().rowCount() == 103


@pytest.mark.parametrize("name", ["<b>Rosa</b>", "\u202easoR", "نور الأحمد", "王小明", "R & D &amp;", "a" * 120])
def test_hostile_names_of_people_are_plain_text(desk_at: OpenDesk, practice: Practice, name: str) -> None:
    rosa = practice.a_staff("rosa", name, [Role.SCHEDULER])
    practice.a_department(f"Dept {name}", [rosa])
    desk = desk_at()
    form = go(desk, StaffForm)
    assert isinstance(form, StaffForm)
    form.chooser.select_key(rosa.id)
    assert form.who.textFormat() is Qt.TextFormat.PlainText
    assert "\u202e" not in form.who.text()
    desk.click(form.code_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    assert question.question.textFormat() is Qt.TextFormat.PlainText
    desk.press("Esc")
    members = go(desk, DepartmentsForm)
    assert isinstance(members, DepartmentsForm)
    members.members.viewport().grab()


# States


def test_settings_that_cannot_be_read_say_why_and_are_tried_again(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    engine = practice.database.engine

    def fail(*_arguments: object) -> None:
        raise OperationalError("select", {}, Exception("unable to open database file"))

    event.listen(engine, "before_cursor_execute", fail)
    form = go(desk, TimesForm)
    event.remove(engine, "before_cursor_execute", fail)
    assert form.stack.pane.state() is State.ERROR
    assert not form.save_button.isEnabled()
    desk.click(form.stack.pane._button)
    assert form.stack.is_content_shown()
    assert isinstance(form, TimesForm)
    assert form.target.value() == 45


def test_everything_that_takes_the_focus_has_a_name(desk_at: OpenDesk) -> None:
    desk = desk_at()
    for kind in (PracticeForm, KindsForm, TimesForm, HoursForm, IntakeForm, DepartmentsForm, StaffForm):
        go(desk, kind)
        assert nameless(desk.frame) == []


@pytest.mark.parametrize("scale", [100, 130])
def test_a_small_window_folds_the_list_and_nothing_is_cut(desk_at: OpenDesk, theme: object, scale: int) -> None:
    theme.set_scale(scale)  # type: ignore[attr-defined]
    desk = desk_at(size=(960, 680))
    for kind in (PracticeForm, HoursForm, DepartmentsForm, StaffForm):
        form = go(desk, kind)
        assert form.card.width() + form.card.mapTo(form, QPoint()).x() <= form.width(), kind


def test_keys_walk_the_list_of_groups(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.page.groups.setFocus()
    QTest.keyClicks(desk.page.groups, "s")
    assert desk.page.groups.current() == 0
    desk.press("Down")
    assert desk.page.groups.current() == 1
    assert isinstance(desk.page.form(), LocationsForm)
    shown = [desk.page.stack.currentWidget()]
    for _more in range(desk.page.groups.model().rowCount() - 2):
        desk.press("Down")
        shown.append(desk.page.stack.currentWidget())
    assert len(set(shown)) == len(shown) == len(settings_page._GROUPS) - 1


# Video meetings (VM1)


def test_the_address_of_the_meeting_server_is_checked_beside_its_field(
    desk_at: OpenDesk, stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    form = go(desk, MeetingForm)
    assert isinstance(form, MeetingForm)
    retype(desk, form.url, "http://meet.example.org")
    desk.press("Ctrl+S")
    assert "must begin with it" in form.url.accessibleDescription()
    assert form.url.text() == "http://meet.example.org"  # nothing typed is lost
    assert stored().meeting_url == ""
    retype(desk, form.url, "https://meet.example.org/")
    desk.press("Ctrl+S")
    assert stored().meeting_url == "https://meet.example.org"
    desk.press("Ctrl+Shift+Z")
    assert stored().meeting_url == ""


def test_a_new_room_is_made_after_a_warning_by_whoever_may_and_can_be_taken_back(
    desk_at: OpenDesk, practice: Practice, sqlite_practice: Practice, database_setup: Setup
) -> None:
    helen = practice.a_staff("helen", "Helen Park", [Role.SCHEDULER, Role.TYPES])

    def room() -> str:
        with database_setup(), sqlite_practice.database.read() as connection:
            wanted = select(schema.provider.c.room).where(schema.provider.c.id == practice.lindqvist)
            return str(connection.execute(wanted).scalar_one())

    desk = desk_at(actor=helen)
    form = go(desk, MeetingForm)
    assert isinstance(form, MeetingForm)
    assert form.url.isReadOnly()
    assert form.no_right.isHidden()
    desk.click(form.room_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    assert question.question.text() == "Give Dr. Lindqvist a new room?"
    assert "stays in the old room" in question.detail.text()
    desk.press("Return")  # a stray Enter does nothing
    assert room() == ""
    desk.click(form.room_button)
    again = desk.dialog()
    assert isinstance(again, Question)
    desk.click(again.yes)
    first = room()
    assert len(first) >= 40
    assert desk.said().startswith("Dr. Lindqvist has a new room.")
    desk.press("Ctrl+Shift+Z")
    assert room() == ""


def test_who_may_not_make_rooms_is_told_who_can(desk_at: OpenDesk) -> None:
    form = go(desk_at(), MeetingForm)
    assert isinstance(form, MeetingForm)
    assert form.room_button.isHidden()
    said = "Who has the role “types and rooms” can give a provider a new room. Ask them for a change above."
    assert form.no_right.text() == said
