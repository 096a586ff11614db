"""Forms and documents in the detail of a visit: how far they are, answers to read and print, documents to add, open and remove."""

import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog
from sqlalchemy import select

from request_desk.domain.access import Role
from request_desk.domain.attachments import CheckState
from request_desk.domain.ids import AppointmentId
from request_desk.domain.questionnaires import Questionnaire
from request_desk.store import schema
from request_desk.ui.appointments.answers_sheet import AnswersSheet
from request_desk.ui.appointments.appointment_detail import AppointmentDetail
from request_desk.ui.appointments.appointments_page import AppointmentsPage
from request_desk.ui.appointments.document_acts import DocumentActs, ReleaseSheet
from request_desk.ui.widgets.dialogs import Question
from tests.builders import TODAY, Practice
from tests.domain.test_attachments import PDF
from tests.services.form_parts import a_document, a_questionnaire, answer
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
Desk = PageDesk[AppointmentsPage]
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def given_(practice: Practice) -> tuple[AppointmentId, Questionnaire]:
    """Zuri's visit tomorrow with the intake form."""
    form = a_questionnaire(practice, (practice.well,))
    return practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00"), form


@pytest.fixture
def practice(sqlite_practice: Practice) -> Practice:
    return sqlite_practice


def opened(open_page: OpenPage, appointment: AppointmentId, **values: Any) -> tuple[Desk, AppointmentDetail]:
    desk = open_page(AppointmentsPage, **values)
    desk.page.open(appointment)
    desk.settle()
    detail = desk.page.detail
    assert isinstance(detail, AppointmentDetail)
    return desk, detail


def acts(desk: Desk, line: Any, text: str) -> None:
    desk.click(next(button for button in line.acts.buttons if button.text() == text))


def acting_of(detail: AppointmentDetail) -> DocumentActs:
    found = detail.findChild(DocumentActs)
    assert found is not None
    return found


def documents(practice: Practice, database_setup: Setup) -> list[Any]:
    table = schema.attachment.c
    with database_setup(), practice.database.read() as connection:
        return list(connection.execute(select(table.name, table.check_state, table.released_reason, table.removed_at)))


class Opener(QObject):
    """Takes the place of the program that would show a file."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Path] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        self.shown.append(Path(url.toLocalFile()))


@pytest.fixture
def opener() -> Any:
    made = Opener()
    QDesktopServices.setUrlHandler("file", made, "show")  # type: ignore[arg-type]  # its stub says bytes, it takes a str
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_the_detail_says_how_far_a_form_is_and_by_whom(
    open_page: OpenPage, practice: Practice, database_setup: Setup, given_: tuple[AppointmentId, Questionnaire]
) -> None:
    appointment, form = given_
    desk, detail = opened(open_page, appointment)
    (line,) = detail.forms.lines
    assert (line.name.text(), line.told.text()) == ("Intake", "0 of 7 questions answered")
    assert line.acts.buttons == ()
    with database_setup():
        answer(practice, practice.amara, appointment, form, {0: "Nuts", 1: "Mother"})
    desk.hear()
    assert line.told.text() == "2 of 7 questions answered · Amara Okafor, Tue, Nov 24, 8:12 AM"
    with database_setup():
        answer(practice, practice.father, appointment, form, {6: "Chidi Okafor"}, finish=True)
    desk.hear()
    assert line.told.text() == "Sent by Chidi Okafor, Tue, Nov 24, 8:12 AM"
    assert any("filled in and sent a form" in told for _when, told in detail.happened.lines())
    assert nameless(detail) == []


def test_answers_are_read_printed_and_given_back(
    open_page: OpenPage, practice: Practice, database_setup: Setup, given_: tuple[AppointmentId, Questionnaire]
) -> None:
    appointment, form = given_
    with database_setup():
        answer(
            practice,
            practice.amara,
            appointment,
            form,
            {0: "<b>Nuts</b>", 1: "Mother", 3: "yes", 6: "Amara Okafor"},
            finish=True,
        )
    desk, detail = opened(open_page, appointment)
    acts(desk, detail.forms.lines[0], "Show answers")
    sheet = desk.dialog()
    assert isinstance(sheet, AnswersSheet)
    assert sheet.document is not None
    text = sheet.document.toPlainText()
    for words in (
        "Zuri Okafor",
        "<b>Nuts</b>",
        "Yes",
        "Signed: Amara Okafor",
        "not answered",
        "Amara Okafor, Tue, Nov 24, 8:12 AM",
    ):
        assert words in text
    assert "Amara" not in sheet.file_name()
    desk.click(sheet.reopen_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert detail.forms.lines[0].told.text().startswith("3 of 7 questions answered")


def test_the_forms_link_is_sent_from_the_menu_and_says_why_it_cannot_be(
    open_page: OpenPage, practice: Practice, database_setup: Setup, given_: tuple[AppointmentId, Questionnaire]
) -> None:  # BK8
    appointment, _form = given_
    with database_setup():
        sick = practice.an_appointment(
            practice.zuri, practice.mwangi, TOMORROW, "14:00", kind=practice.sick, minutes=20
        )
    desk, detail = opened(open_page, appointment)
    acts(desk, detail, "Send forms link")
    assert desk.said() == "The link to the forms goes to 2 contacts."
    desk.page.open(sick)
    desk.settle()
    acts(desk, detail, "Send forms link")
    assert desk.said().startswith("Nothing is asked before Sick visit.")


def test_a_document_is_added_by_its_file_and_listed(
    open_page: OpenPage, practice: Practice, given_: tuple[AppointmentId, Questionnaire], tmp_path: Path
) -> None:
    file = tmp_path / "Plan of care.pdf"
    file.write_bytes(PDF)
    desk, detail = opened(open_page, given_[0])
    assert detail.documents.add_button.isVisible()
    desk.click(detail.documents.add_button)
    dialog = desk.dialog()
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(file))
    dialog.close()
    desk.settle()
    (line,) = detail.documents.lines
    assert line.name.text() == "Plan of care.pdf"
    assert "Maria Santos" in line.told.text()
    assert line.told.text().endswith("not checked for viruses")
    assert [button.text() for button in line.acts.buttons] == ["Open …", "Save as …", "Remove …"]


@pytest.mark.parametrize("name", ["x.pdf.exe", "gone.pdf", "page.png"])
def test_what_is_no_document_is_refused_in_a_sentence(
    open_page: OpenPage,
    practice: Practice,
    database_setup: Setup,
    given_: tuple[AppointmentId, Questionnaire],
    tmp_path: Path,
    name: str,
) -> None:
    if name != "gone.pdf":
        (tmp_path / name).write_bytes(b"<html>")
    desk, detail = opened(open_page, given_[0])
    acting_of(detail).add(given_[0], tmp_path / name)
    desk.settle()
    assert name in desk.said()
    assert desk.said().endswith(".")
    assert documents(practice, database_setup) == []


def test_a_document_is_opened_as_a_private_copy_once_somebody_says_so(
    open_page: OpenPage,
    practice: Practice,
    database_setup: Setup,
    given_: tuple[AppointmentId, Questionnaire],
    opener: Opener,
) -> None:  # UPL-04
    with database_setup():
        a_document(practice, given_[0], name="letter.pdf")
    desk, detail = opened(open_page, given_[0])
    acts(desk, detail.documents.lines[0], "Open …")
    assert opener.shown == []
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    (path,) = opener.shown
    assert (path.name, path.read_bytes()) == ("letter.pdf", PDF)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    desk.context.opened_documents.clear()
    assert not path.exists()


def test_a_document_is_saved_where_somebody_says(
    open_page: OpenPage,
    practice: Practice,
    database_setup: Setup,
    given_: tuple[AppointmentId, Questionnaire],
    tmp_path: Path,
) -> None:
    with database_setup():
        a_document(practice, given_[0], name="letter.pdf")
    desk, detail = opened(open_page, given_[0])
    acts(desk, detail.documents.lines[0], "Save as …")
    dialog = desk.dialog()
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "kept.pdf"))
    dialog.close()
    desk.settle()
    assert (tmp_path / "kept.pdf").read_bytes() == PDF
    assert desk.said() == "The document is in kept.pdf."


def test_a_document_is_removed_and_brought_back(
    open_page: OpenPage, practice: Practice, database_setup: Setup, given_: tuple[AppointmentId, Questionnaire]
) -> None:
    with database_setup():
        a_document(practice, given_[0])
    desk, detail = opened(open_page, given_[0])
    acts(desk, detail.documents.lines[0], "Remove …")
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert detail.documents.lines == ()
    desk.frame.undo_bar.ask_undo()
    desk.settle()
    assert len(detail.documents.lines) == 1


@pytest.mark.parametrize("state", [CheckState.INFECTED, CheckState.FAILED])
def test_what_the_scanner_does_not_find_clean_takes_a_reason(
    open_page: OpenPage,
    practice: Practice,
    database_setup: Setup,
    given_: tuple[AppointmentId, Questionnaire],
    opener: Opener,
    tmp_path: Path,
    state: CheckState,
) -> None:  # UPL-06
    file = tmp_path / "x.pdf"
    file.write_bytes(PDF)
    desk, detail = opened(open_page, given_[0])
    acting = acting_of(detail)
    acting._context = replace(acting._context, scan=lambda _content: state)
    acting.add(given_[0], file)
    desk.settle()
    assert desk.said().startswith("Added, but kept back")
    acts(desk, detail.documents.lines[0], "Open …")
    sheet = desk.dialog()
    assert isinstance(sheet, ReleaseSheet)
    assert not sheet.button.isEnabled()
    sheet.reason.setFocus()
    desk.type("Known sender")
    desk.click(sheet.button)
    assert opener.shown == []
    assert [(each.check_state, each.released_reason) for each in documents(practice, database_setup)] == [
        (state, "Known sender")
    ]
    assert "opened because: Known sender" in detail.documents.lines[0].told.text()


def test_a_provider_reads_and_neither_adds_nor_removes(
    open_page: OpenPage, practice: Practice, database_setup: Setup, given_: tuple[AppointmentId, Questionnaire]
) -> None:
    with database_setup():
        a_document(practice, given_[0])
        astrid = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    _desk, detail = opened(open_page, given_[0], actor=replace(astrid, provider_id=practice.lindqvist))
    assert detail.documents.add_button.isHidden()
    assert [button.text() for button in detail.documents.lines[0].acts.buttons] == ["Open …", "Save as …"]
