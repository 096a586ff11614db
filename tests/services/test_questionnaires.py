"""Questionnaires built by an administrator, filled in by families, read by staff: on both engines (ML1, ML7, BK8, UPL-07)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, NotVerified, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, TypeId
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.questionnaires import QuestionKind, Questionnaire, seen_of
from request_desk.domain.requests import Booking
from request_desk.services.desk import Desk
from request_desk.services.notices import outbox
from request_desk.services.portal import manage_links, questionnaires as portal_forms
from request_desk.services.practice import questionnaires
from request_desk.services.schedule import acts, appointment_details, filled_forms, scheduling
from request_desk.store import schema
from tests.builders import TODAY, Practice
from tests.services.form_parts import a_link, a_questionnaire, a_slot, answer, filled, stored

DAY = timedelta(days=1)
Given = tuple[AppointmentId, Questionnaire]


@pytest.fixture
def given_(practice: Practice) -> Given:
    """Zuri's well visit tomorrow, with the intake form before it."""
    form = a_questionnaire(practice, (practice.well,))
    return practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00"), form


def save(practice: Practice, form: Questionnaire, **values: Any) -> Any:
    new = replace(form, **values)
    return practice.desk.perform(
        practice.admin, questionnaires.save_questionnaire, form.id, new, expect_version=form.version
    )


# The administrator


def test_a_questionnaire_is_made_changed_and_taken_back(practice: Practice, desk: Desk) -> None:
    form = a_questionnaire(practice, (practice.well,))
    assert {each.kind for each in form.questions} == set(QuestionKind)
    assert form.type_ids == {practice.well}
    dropped = save(
        practice, form, questions=form.questions[1:], name="First visit", type_ids=frozenset({practice.sick})
    )
    changed = stored(practice, form.id)
    assert (changed.name, changed.questions, changed.type_ids) == (
        "First visit",
        form.questions[1:],
        frozenset({practice.sick}),
    )
    assert dropped.undo is not None
    desk.undo(practice.admin, dropped.undo)
    again = stored(practice, form.id)
    assert replace(again, version=form.version) == form  # the dropped question is back under its own id


def test_the_order_and_the_switch(practice: Practice, desk: Desk) -> None:
    first, second = (a_questionnaire(practice, (), name=name) for name in ("One", "Two"))
    desk.perform(practice.admin, questionnaires.move_questionnaire, second.id, up=True, expect_version=second.version)
    found = desk.query(practice.admin, questionnaires.questionnaires_with_types)
    assert [each.id for each in found.questionnaires] == [second.id, first.id]
    switched = desk.perform(
        practice.admin, questionnaires.switch_questionnaire, first.id, active=False, expect_version=first.version
    )
    assert not stored(practice, first.id).active
    assert switched.undo is not None
    desk.undo(practice.admin, switched.undo)
    assert stored(practice, first.id).active


def test_a_name_stands_once_and_types_have_to_be_there(practice: Practice) -> None:
    a_questionnaire(practice, ())
    with pytest.raises(Invalid, match="of this name"):
        a_questionnaire(practice, ())
    with pytest.raises(Invalid, match="types is not there"):
        a_questionnaire(practice, (TypeId(424242),), name="Other")


def test_two_administrators_do_not_overwrite_each_other(practice: Practice) -> None:
    form = a_questionnaire(practice, ())
    save(practice, form, name="First")
    with pytest.raises(Conflict):
        save(practice, form, name="Second")


def test_only_administrators_change_questionnaires(practice: Practice, desk: Desk) -> None:
    form = a_questionnaire(practice, ())
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, questionnaires.save_questionnaire, form.id, form, expect_version=form.version)


def test_a_question_that_a_family_has_answered_stays_as_it_is(practice: Practice, given_: Given) -> None:
    appointment, form = given_
    answer(practice, practice.amara, appointment, form, {0: "Nuts"})
    now = stored(practice, form.id)
    assert [each.is_answered for each in now.questions][:2] == [True, False]
    changed = (replace(now.questions[0], text="Anything else?", is_answered=False), *now.questions[1:])
    with pytest.raises(Invalid, match="it was answered"):
        save(practice, now, questions=changed)
    with pytest.raises(Invalid, match="cannot be removed"):
        save(practice, now, questions=now.questions[1:])
    save(practice, now, questions=(replace(now.questions[0], active=False), *now.questions[1:]))
    assert practice.desk.query(practice.maria, filled_forms.filled_form, appointment, form.id).answers


# Families


def test_answers_are_kept_page_by_page_and_sent_at_the_end(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    saved = answer(practice, practice.amara, appointment, form, {0: "Nuts", 1: "Mother", 4: "3,2"}).value
    assert (saved.problems, saved.missing, saved.is_complete) == ({}, (), False)
    kept = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert [each.value for each in kept.answers.values()] == ["Nuts", "Mother", "3.2"]
    assert {each.by for each in kept.answers.values()} == {"Amara Okafor"}
    early = answer(practice, practice.amara, appointment, form, {3: "yes", 6: ""}, finish=True).value
    assert (early.is_complete, early.missing) == (False, (form.asked[6].id,))
    done = answer(practice, practice.amara, appointment, form, {6: "Amara Okafor"}, finish=True).value
    assert done.is_complete
    sent = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert (sent.answered, sent.completed_by) == (5, "Amara Okafor")
    assert sent.completed_at is not None
    with pytest.raises(Refused, match="sent already"):
        answer(practice, practice.amara, appointment, form, {0: "Other"})


def test_what_fits_is_kept_beside_what_does_not(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    saved = answer(practice, practice.amara, appointment, form, {0: "Nuts", 1: "Uncle", 4: "heavy"}, finish=True).value
    assert sorted(saved.problems) == sorted(str(form.asked[place].id) for place in (1, 4))
    assert not saved.is_complete
    kept = filled(practice, practice.amara, appointment, form)
    assert kept.values == {form.asked[0].id: "Nuts"}


def test_an_answer_can_be_taken_out(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    answer(practice, practice.amara, appointment, form, {0: "Nuts"})
    answer(practice, practice.amara, appointment, form, {0: "  "})
    kept = filled(practice, practice.amara, appointment, form)
    assert kept.values == {}


def test_two_parents_do_not_overwrite_each_other(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    stale = answer(practice, practice.amara, appointment, form, {5: ""}).value
    assert stale.problems == {}
    blank = seen_of([form.asked[0]], {})
    answer(practice, practice.amara, appointment, form, {0: "Nuts"})
    with pytest.raises(Conflict, match="Somebody else"):
        answer(practice, practice.father, appointment, form, {0: ""}, seen=blank)
    answer(practice, practice.father, appointment, form, {2: "2026-01-05"}, seen=seen_of([form.asked[2]], {}))
    kept = filled(practice, practice.amara, appointment, form)
    assert {each.value: each.by for each in kept.answers.values()} == {
        "Nuts": "Amara Okafor",
        "2026-01-05": "Chidi Okafor",
    }


def test_answers_follow_a_move(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    answer(practice, practice.amara, appointment, form, {0: "Nuts"})
    slot = a_slot(practice, TODAY + 2 * DAY, "10:00", 40)
    moved = desk.perform(
        practice.maria, scheduling.reschedule, appointment, slot, expect_version=1, overrule="asked"
    ).value
    for which in (appointment, moved.id):
        found = desk.query(practice.maria, filled_forms.filled_form, which, form.id)
        assert found.appointment_id == moved.id
        assert found.values == {form.asked[0].id: "Nuts"}


def test_who_may_not_book_or_is_nobody_sees_no_form(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    stranger = practice.a_contact("Eve", "Other", "eve@example.org", {})
    with pytest.raises(NotFound):
        desk.query(stranger, portal_forms.papers, appointment, is_verified=True)
    with pytest.raises(NotFound):
        answer(practice, stranger, appointment, form, {0: "x"}, seen="")
    assert desk.query(practice.grandmother, portal_forms.papers, appointment, is_verified=True).forms == ()
    with pytest.raises(NotFound):
        answer(practice, practice.grandmother, appointment, form, {0: "x"}, seen="")


def test_a_link_opens_its_own_appointment_alone(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    other = practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY + DAY, "14:00", kind=practice.sick, minutes=20
    )
    link = a_link(practice, appointment, contact=practice.amara)
    answer(practice, link, None, form, {0: "Nuts"})
    answer(practice, link, other, form, {5: "None"})  # whatever number comes with it
    found = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert {each.by for each in found.answers.values()} == {"Amara Okafor"}
    assert found.answered == 2
    elsewhere = a_link(practice, other)
    with pytest.raises(NotFound):
        answer(practice, elsewhere, None, form, {0: "x"}, seen="")
    revoked = a_link(practice, appointment, revoked_at=desk.clock.now())
    with pytest.raises(NotFound):
        desk.query(revoked, portal_forms.papers, None, is_verified=True)


def test_a_link_ends_with_the_right_of_whom_it_was_sent_to(
    practice: Practice, desk: Desk, given_: Given
) -> None:  # PP1
    appointment, form = given_
    link = a_link(practice, appointment, contact=practice.father)
    assert desk.query(link, portal_forms.papers, None, is_verified=True).forms
    relation = schema.contact_patient
    with practice.database.write() as connection:
        connection.execute(
            relation.update().where(relation.c.contact_id == practice.father.id).values(valid_until=TODAY - DAY)
        )
    with pytest.raises(NotFound):
        desk.query(link, portal_forms.papers, None, is_verified=True)
    with pytest.raises(NotFound):
        answer(practice, link, None, form, {0: "x"}, seen="")
    weak = a_link(practice, appointment, contact=practice.grandmother)
    assert desk.query(weak, portal_forms.papers, None, is_verified=True).forms == ()


def test_who_came_by_a_copied_link_has_no_name(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    answer(practice, a_link(practice, appointment), None, form, {0: "Nuts"})
    found = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert [each.by for each in found.answers.values()] == ["Somebody with the link"]


def test_a_type_may_ask_first_who_somebody_is(practice: Practice, desk: Desk) -> None:  # ML7
    careful = practice.a_type("Teen visit", 40, buffer_minutes=0, verification="birth_day")
    form = a_questionnaire(practice, (careful,))
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00", kind=careful)
    link = a_link(practice, appointment)
    with pytest.raises(NotVerified):
        desk.query(link, portal_forms.papers, None, is_verified=False)
    with pytest.raises(NotVerified):
        answer(practice, link, None, form, {0: "x"}, seen="", is_verified=False)
    assert desk.query(link, portal_forms.papers, None, is_verified=True).forms


def test_forms_close_with_the_appointment(practice: Practice, clock: FixedClock, given_: Given) -> None:
    appointment, form = given_
    clock.advance(2 * DAY)
    with pytest.raises(Refused, match="over or not booked"):
        answer(practice, practice.amara, appointment, form, {0: "late"})


def test_a_form_that_is_switched_off_is_asked_no_more_and_what_was_answered_stays(
    practice: Practice, desk: Desk, given_: Given
) -> None:
    appointment, form = given_
    empty = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + DAY, "14:00")
    answer(practice, practice.amara, appointment, form, {0: "Nuts"})
    desk.perform(practice.admin, questionnaires.switch_questionnaire, form.id, active=False, expect_version=1)
    assert desk.query(practice.amara, portal_forms.papers, empty, is_verified=True).forms == ()
    assert desk.query(practice.maria, appointment_details.details, appointment).forms[0].answered == 1


def test_questions_that_changed_meanwhile_are_not_answered_by_mistake(practice: Practice, given_: Given) -> None:
    appointment, form = given_
    save(practice, form, questions=form.questions[1:])
    with pytest.raises(Conflict, match="questions were changed"):
        answer(practice, practice.amara, appointment, form, {0: "Nuts"}, seen="")


HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE questionnaire_answer;--",
    "{{ 7*7 }}",
    "\u202eevil",
    "a" * 1000,
    "😀" * 500,
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_answers_are_kept_as_text(practice: Practice, desk: Desk, given_: Given, typed: str) -> None:  # UPL-07
    appointment, form = given_
    assert answer(practice, practice.amara, appointment, form, {0: typed}).value.problems == {}
    kept = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert [each.value for each in kept.answers.values()] == [typed.replace("\u202e", "")]


# Staff


def test_staff_let_a_family_change_what_it_has_sent_and_sign_anew(
    practice: Practice, desk: Desk, given_: Given
) -> None:
    appointment, form = given_
    answer(practice, practice.amara, appointment, form, {0: "Nuts", 1: "Mother", 6: "Amara Okafor"}, finish=True)
    sent = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    reopen: Callable[..., Any] = filled_forms.reopen_form
    desk.perform(practice.maria, reopen, appointment, form.id, expect_version=sent.version)
    now = desk.query(practice.maria, filled_forms.filled_form, appointment, form.id)
    assert now.completed_at is None
    assert sorted(now.values.values()) == ["Mother", "Nuts"]
    with pytest.raises(Refused, match="not finished yet"):
        desk.perform(practice.maria, reopen, appointment, form.id, expect_version=now.version)


def test_a_provider_reads_forms_of_the_own_appointments_alone(practice: Practice, desk: Desk, given_: Given) -> None:
    appointment, form = given_
    other = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    own = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    assert desk.query(own, filled_forms.filled_form, appointment, form.id).answered == 0
    with pytest.raises(NotAllowed):
        desk.query(other, filled_forms.filled_form, appointment, form.id)


def letters(practice: Practice) -> list[tuple[str, int]]:
    with practice.database.read() as connection:
        table = schema.outbox.c
        rows = connection.execute(select(table.kind, table.contact_id, table.state).order_by(table.id)).all()
    return [(row.kind, row.contact_id) for row in rows if row.state == "pending"]


def test_the_forms_link_goes_to_who_may_book_and_can_be_taken_back(
    practice: Practice, desk: Desk, given_: Given
) -> None:  # BK8
    appointment, _form = given_
    sent = desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    assert sent.value == 2
    assert letters(practice) == [("forms", practice.amara.id), ("forms", practice.father.id)]
    assert sent.undo is not None
    desk.undo(practice.maria, sent.undo)
    assert letters(practice) == []
    desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    assert len(letters(practice)) == 4


def test_the_letter_names_the_page_and_nothing_of_the_questions(
    practice: Practice, desk: Desk, clock: FixedClock, given_: Given
) -> None:
    appointment, _form = given_
    desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    clock.advance(timedelta(minutes=1))
    due = desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,), 4).value
    address = desk.perform(SYSTEM, manage_links.mint_for_notice, due[0].id).value
    letter = due[0].composed(manage_url=address)
    assert letter.subject == "Forms for your appointment with Harbor Pediatrics"
    assert f"Fill them in, without signing in: {address}\n" in letter.body
    link = desk.query(SYSTEM, manage_links.of_token, address.removeprefix("http://127.0.0.1:8000/m/"))
    assert (link.purpose, link.contact) == (LinkPurpose.FORMS, replace(practice.amara, desk="portal"))
    assert "Zuri" in letter.body
    assert "Intake" not in letter.body


def test_it_is_not_sent_for_nothing(practice: Practice, desk: Desk, clock: FixedClock, given_: Given) -> None:
    appointment, form = given_
    sick = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + DAY, "14:00", kind=practice.sick, minutes=20)
    with pytest.raises(Refused, match="Nothing is asked before Sick visit"):
        desk.perform(practice.maria, filled_forms.send_forms_link, sick)
    answer(practice, practice.amara, appointment, form, {1: "Mother", 6: "Amara Okafor"}, finish=True)
    with pytest.raises(Refused, match="filled in everything"):
        desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    clock.advance(3 * DAY)
    with pytest.raises(Refused, match="over or not booked"):
        desk.perform(practice.maria, filled_forms.send_forms_link, appointment)


def test_a_letter_about_a_cancelled_appointment_is_not_sent(
    practice: Practice, desk: Desk, clock: FixedClock, given_: Given
) -> None:
    appointment, _form = given_
    desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    desk.perform(practice.maria, scheduling.cancel, appointment, code="pat", text="", expect_version=1)
    clock.advance(timedelta(minutes=1))
    due = desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,), 9).value
    assert [each.spec.kind for each in due] == []


def test_a_booking_asks_for_the_forms_while_intake_is_incomplete(
    practice: Practice, desk: Desk, given_: Given
) -> None:  # BK8
    _appointment, _form = given_
    patient = practice.a_patient("Ben", "Short", TODAY - 900 * DAY)
    parent = practice.a_contact("Ada", "Short", "ada@example.org", {patient: {"relation": "mother"}})

    def book(day: int, kind: TypeId, minutes: int) -> Any:
        slot = a_slot(practice, TODAY + day * DAY, "11:00", minutes)
        return desk.perform(practice.maria, acts.act_alone, patient, Booking(slot, kind), another=True)

    book(3, practice.sick, 20)
    assert letters(practice) == [("booking", parent.id)]
    done = book(1, practice.well, 40)
    assert letters(practice)[1:] == [("booking", parent.id), ("forms", parent.id)]
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    assert letters(practice) == [("booking", parent.id)]


def test_undoing_a_sent_link_after_the_grace_time_is_refused(
    practice: Practice, desk: Desk, clock: FixedClock, given_: Given
) -> None:
    appointment, _form = given_
    sent = desk.perform(practice.maria, filled_forms.send_forms_link, appointment)
    clock.advance(timedelta(minutes=5))
    assert sent.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, sent.undo)
