"""Documents beside an appointment: added, listed, opened, withheld, removed; and who outside gets them (UPL-01 … UPL-06, ML1)."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from request_desk.domain.access import Role
from request_desk.domain.attachments import CheckState
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, NotVerified, Refused
from request_desk.domain.ids import AppointmentId
from request_desk.services.desk import Desk
from request_desk.services.portal import questionnaires as portal_forms
from request_desk.services.schedule import appointment_details, attachments, scheduling
from request_desk.store import schema
from tests.builders import TODAY, Practice
from tests.domain.test_attachments import PDF, a_png
from tests.services.form_parts import a_document, a_link, a_slot

DAY = timedelta(days=1)


@pytest.fixture
def appointment(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00")


def names(practice: Practice, who: Any, which: AppointmentId | None) -> list[str]:
    """What somebody outside finds to download."""
    found = practice.desk.query(who, portal_forms.papers, which, is_verified=True)
    return [each.name for each in found.documents]


def test_a_document_is_kept_as_it_came(practice: Practice, desk: Desk, appointment: AppointmentId) -> None:
    content = a_png()
    which = a_document(practice, appointment, name="../../X ray.PNG", content=content, state=CheckState.CLEAN)
    listed = desk.query(practice.maria, appointment_details.details, appointment).documents
    assert [(each.name, each.size, each.added_by) for each in listed] == [("X ray.PNG", len(content), "Maria Santos")]
    found = desk.query(practice.maria, attachments.attachment_file, appointment, which)
    assert (found.name, found.media_type, found.content) == ("X ray.PNG", "image/png", content)


def test_what_is_no_document_is_refused_and_nothing_is_kept(
    practice: Practice, desk: Desk, appointment: AppointmentId
) -> None:
    with pytest.raises(Invalid, match="documents are PDF, PNG or JPEG"):
        a_document(practice, appointment, name="x.pdf.exe")
    assert desk.query(practice.maria, appointment_details.details, appointment).documents == ()


def test_adding_and_removing_can_be_taken_back(practice: Practice, desk: Desk, appointment: AppointmentId) -> None:
    added = desk.perform(
        practice.maria,
        attachments.add_attachment,
        appointment,
        name="a.pdf",
        content=PDF,
        check_state=CheckState.UNCHECKED,
    )
    assert added.undo is not None
    desk.undo(practice.maria, added.undo)
    assert names(practice, practice.amara, appointment) == []
    which = a_document(practice, appointment, name="b.pdf")
    removed = desk.perform(practice.maria, attachments.remove_attachment, appointment, which, expect_version=1)
    with pytest.raises(NotFound):
        desk.query(practice.maria, attachments.attachment_file, appointment, which)
    assert removed.undo is not None
    desk.undo(practice.maria, removed.undo)
    assert names(practice, practice.amara, appointment) == ["b.pdf"]


def test_two_desks_do_not_remove_what_the_other_has_changed(
    practice: Practice, desk: Desk, appointment: AppointmentId
) -> None:
    which = a_document(practice, appointment)
    desk.perform(practice.maria, attachments.remove_attachment, appointment, which, expect_version=1)
    with pytest.raises((Conflict, NotFound)):
        desk.perform(practice.kofi, attachments.remove_attachment, appointment, which, expect_version=1)


def test_there_is_room_for_five(practice: Practice, appointment: AppointmentId) -> None:
    for number in range(5):
        a_document(practice, appointment, name=f"{number}.pdf")
    with pytest.raises(Refused, match="five documents"):
        a_document(practice, appointment)


def test_documents_follow_a_move(practice: Practice, desk: Desk, appointment: AppointmentId) -> None:
    a_document(practice, appointment)
    slot = a_slot(practice, TODAY + 2 * DAY, "10:00", 40)
    moved = desk.perform(
        practice.maria, scheduling.reschedule, appointment, slot, expect_version=1, overrule="asked"
    ).value
    assert len(desk.query(practice.maria, appointment_details.details, moved.id).documents) == 1


def test_a_link_shows_what_was_there_when_it_was_sent(
    practice: Practice, desk: Desk, clock: FixedClock, appointment: AppointmentId
) -> None:  # ML1
    a_document(practice, appointment, name="before.pdf")
    clock.advance(timedelta(minutes=1))
    link = a_link(practice, appointment)
    clock.advance(timedelta(minutes=1))
    late = a_document(practice, appointment, name="after.pdf")
    assert names(practice, link, None) == ["before.pdf"]
    assert names(practice, a_link(practice, appointment), None) == ["before.pdf", "after.pdf"]
    assert names(practice, practice.amara, appointment) == ["before.pdf", "after.pdf"]
    with pytest.raises(NotFound):
        desk.query(link, portal_forms.portal_document, None, late, is_verified=True)
    assert names(practice, a_link(practice, appointment, purpose="forms"), None) == []  # BK8: the forms alone


def test_a_document_of_another_appointment_is_not_there(
    practice: Practice, desk: Desk, appointment: AppointmentId
) -> None:  # UPL-03
    other = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + DAY, "14:00")
    which = a_document(practice, other)
    link = a_link(practice, appointment)
    for who, where in ((link, None), (link, other), (practice.amara, appointment)):
        with pytest.raises(NotFound):
            desk.query(who, portal_forms.portal_document, where, which, is_verified=True)
    assert desk.query(practice.amara, portal_forms.portal_document, other, which, is_verified=True).content == PDF


def test_documents_ask_first_where_the_type_does(practice: Practice, desk: Desk) -> None:  # ML7
    careful = practice.a_type("Teen visit", 40, buffer_minutes=0, verification="code")
    where = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00", kind=careful)
    which = a_document(practice, where)
    link = a_link(practice, where)
    with pytest.raises(NotVerified):
        desk.query(link, portal_forms.portal_document, None, which, is_verified=False)
    assert desk.query(link, portal_forms.portal_document, None, which, is_verified=True).content == PDF


@pytest.mark.parametrize(("state", "for_families"), [(CheckState.INFECTED, False), (CheckState.FAILED, True)])
def test_what_is_not_clean_is_opened_with_a_reason_alone(
    practice: Practice, desk: Desk, appointment: AppointmentId, state: CheckState, *, for_families: bool
) -> None:  # UPL-06
    which = a_document(practice, appointment, state=state)
    assert names(practice, practice.amara, appointment) == []
    with pytest.raises(Refused, match="did not find it clean"):
        desk.query(practice.maria, attachments.attachment_file, appointment, which)
    with pytest.raises(Invalid, match="reason"):
        desk.perform(practice.maria, attachments.release_attachment, appointment, which, reason=" ", expect_version=1)
    release = attachments.release_attachment
    desk.perform(practice.maria, release, appointment, which, reason="known sender", expect_version=1)
    assert desk.query(practice.maria, attachments.attachment_file, appointment, which).content == PDF
    assert bool(names(practice, practice.amara, appointment)) is for_families


def test_a_provider_reads_and_adds_nothing(practice: Practice, desk: Desk, appointment: AppointmentId) -> None:
    which = a_document(practice, appointment)
    own = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    other = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    assert desk.query(own, attachments.attachment_file, appointment, which).content == PDF
    with pytest.raises(NotAllowed):
        desk.perform(own, attachments.remove_attachment, appointment, which, expect_version=1)
    with pytest.raises(NotAllowed):
        desk.query(other, attachments.attachment_file, appointment, which)


_ADD = """
import sys
from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.attachments import CheckState
from request_desk.services.desk import Desk
from request_desk.services.schedule import attachments
from request_desk.store.database import Database

url, who, where, path = sys.argv[1:]
desk = Desk(Database(url))
maria = Actor(ActorKind.STAFF, int(who), "Maria", frozenset({Role.SCHEDULER}))

def slowly(unit):
    with open(path, "rb") as file:
        attachments.add_attachment(unit, int(where), name="x.pdf", content=file.read(), check_state=CheckState.CLEAN)
    unit.flush()
    print("written", flush=True)
    sys.stdin.read()

desk.perform(maria, slowly)
"""


def test_an_upload_that_is_killed_leaves_nothing(
    practice: Practice, desk: Desk, database_url: str, appointment: AppointmentId, tmp_path: Path
) -> None:  # UPL-05
    file = tmp_path / "x.pdf"
    file.write_bytes(PDF[:20] + b"\n" * 2_000_000 + PDF[20:])
    command = [sys.executable, "-c", _ADD, database_url, str(practice.maria.id), str(appointment), str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    with practice.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.attachment)).scalar() == 0
    a_document(practice, appointment)
    assert names(practice, practice.amara, appointment) == ["letter.pdf"]
