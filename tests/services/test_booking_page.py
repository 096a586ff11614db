"""Times on the booking page: held for nobody yet, capped, booked for one patient once, whatever races (BK4, BK5, BK7, WEB-10 to 13)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from request_desk.domain.access import SYSTEM, VISITOR, Actor
from request_desk.domain.appointments import NOBODY
from request_desk.domain.careful import Doubtful
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, Limited, NotAllowed, NotFound, Refused, SlotTaken, Throttled
from request_desk.domain.ids import AppointmentId, hashed, new_uuid
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.online_booking import HoldState
from request_desk.domain.requests import Cancellation, Move
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.people import patients, registration
from request_desk.services.portal import access as portal_access, booking, booking_choices
from request_desk.services.practice import housekeeping, services
from request_desk.services.schedule import acts, scheduling
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.online import FAMILY, TOMORROW, Share
from tests.services.form_parts import a_questionnaire

MINUTE = timedelta(minutes=1)


@pytest.fixture
def share(practice: Practice) -> Share:
    return Share(practice)


@pytest.fixture
def sqlite_share(sqlite_practice: Practice) -> Share:
    return Share(sqlite_practice)


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What became of many who act at once: a value or the refusal."""

    def tried(number: int) -> Any:
        try:
            return act(number)
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(tried, range(count)))


# holding


def test_a_hold_is_nobodys_and_ends_by_itself(share: Share, clock: FixedClock) -> None:  # BK5
    hold_id = share.hold("9:20")
    row = share.appointment(hold_id)
    assert (row.patient_id, row.status, row.booked_by_kind, row.held_by_id) == (NOBODY, "held", "visitor", None)
    assert row.hold_expires_at == clock.now() + 15 * MINUTE
    with pytest.raises(SlotTaken, match="not free any more"):
        share.hold("9:20", secret="b", client="elsewhere")
    clock.advance(16 * MINUTE)
    assert share.held().state is HoldState.OVER
    assert share.hold("9:20", secret="b", client="elsewhere") != hold_id
    assert share.appointment(hold_id).status == "expired"


def test_the_patient_of_nobody_is_found_nowhere(share: Share, desk: Desk) -> None:
    share.hold("9:20")
    share.hold("10:00", secret="b")
    maria = share.practice.maria
    assert [row.id for row in share.rows(schema.patient) if row.id == NOBODY] == [NOBODY]
    assert all(hit.id != NOBODY for hit in desk.query(maria, patients.list_page).rows)
    assert desk.query(maria, patients.find, "Online booking") == ()
    assert desk.query(maria, patients.alike, "", "Online booking", date(1900, 1, 1)) == ()
    details = registration.PatientDetails("A", "B", "2020-01-01")
    with pytest.raises(NotFound):
        desk.perform(maria, registration.save_patient, NOBODY, details, expect_version=1)


def test_the_same_form_sent_twice_is_one_hold(share: Share) -> None:  # WEB-12
    assert share.hold("9:20") == share.hold("9:20")
    assert len(share.rows(schema.booking_hold)) == 1


def test_another_time_lets_the_earlier_one_go(share: Share) -> None:
    first = share.hold("9:20")
    share.hold("10:00", secret="b", replaces="a")
    assert share.appointment(first).cancel_code == "dropped"
    share.hold("10:40", secret="b")  # the back button, and another time of the same page
    assert share.held("b").starts_at == wall(TOMORROW, "10:40")
    assert share.desk.query(VISITOR, booking.held_online, hashed("a")) is None


def test_staff_cancel_what_nobody_has_confirmed(share: Share) -> None:
    hold_id = share.hold("9:20")
    act = Cancellation(hold_id, 1, "pat")
    share.desk.perform(share.practice.maria, acts.act_alone, NOBODY, act)
    assert share.appointment(hold_id).status == "cancelled"
    assert share.held().state is HoldState.OVER
    assert share.rows(schema.outbox) == []


def test_only_what_is_offered_is_held(share: Share) -> None:  # BK4
    for day, time in ((TOMORROW, "7:00"), (TODAY, "7:40"), (TODAY + timedelta(days=4), "9:20")):
        with pytest.raises(SlotTaken):
            share.hold(time, day=day)
    with pytest.raises(NotFound):
        share.hold("9:20", provider=share.practice.mwangi)
    share.settings(self_booking=False)
    with pytest.raises(Refused, match="cannot be booked online"):
        share.hold("9:20")


def test_one_client_holds_two_times_and_six_an_hour(share: Share, clock: FixedClock) -> None:  # WEB-10
    for number, time in enumerate(("8:40", "9:20")):
        share.hold(time, secret=str(number))
    with pytest.raises(Throttled, match="kept for you already") as refused:
        share.hold("10:00", secret="third")
    assert 0 < refused.value.seconds <= 15 * 60
    share.hold("10:00", secret="honest", client="another house")
    for number in range(2, 6):
        share.desk.perform(VISITOR, booking.release, hashed(str(number - 1)))
        share.hold("9:20", secret=str(number))
    share.desk.perform(VISITOR, booking.release, hashed("5"))
    with pytest.raises(Throttled, match="within the hour"):
        share.hold("9:20", secret="seventh")
    clock.advance(timedelta(minutes=61))
    share.hold("9:20", secret="seventh")


def test_a_crowd_of_strangers_keeps_a_fifth_of_a_day(share: Share) -> None:  # WEB-10
    for number in range(3):  # of 9 hours a fifth is 108 minutes, two visits; three are always allowed
        share.hold(f"{8 + number}:00", secret=str(number), client=str(number))
    for number in range(3, 8):
        with pytest.raises(Throttled, match="another day"):
            share.hold(f"{8 + number}:00", secret=str(number), client=str(number))
    share.hold("9:20", secret="x", client="x", day=TOMORROW + timedelta(days=1))


def test_the_caps_hold_when_many_ask_at_once(share: Share) -> None:  # WEB-10
    times = [f"{8 + n // 3}:{(n % 3) * 20:02}" for n in range(12)]
    scope = replace(share.scope, type_id=share.practice.sick, variant_id=share.variant)
    found = at_once(12, lambda n: share.hold(times[n], secret=str(n), client="one house", scope=scope))
    assert sum(not isinstance(each, Refused) for each in found) == 2
    assert {type(each) for each in found if isinstance(each, Refused)} == {Throttled}


def test_of_two_browsers_one_gets_the_time(share: Share) -> None:
    found = at_once(8, lambda n: share.hold("9:20", secret=str(n), client=str(n)))
    assert sum(not isinstance(each, Refused) for each in found) == 1
    lost = [each for each in found if isinstance(each, Refused)]
    assert {type(each) for each in lost} == {SlotTaken}
    assert not any("Online" in each.sentence or "Santos" in each.sentence for each in lost)  # WEB-13


def test_who_has_a_time_is_told_to_nobody(share: Share) -> None:  # WEB-13
    practice = share.practice
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    with pytest.raises(SlotTaken) as refused:
        share.hold("9:20")
    assert "Zuri" not in refused.value.sentence
    assert "Maria" not in refused.value.sentence


# confirming


def test_a_known_family_books_what_it_holds(share: Share, desk: Desk) -> None:  # BK5, BK7
    practice, hold_id = share.practice, share.hold("9:20")
    outcome = desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
    assert outcome.value == hold_id
    assert [entry.action for entry in outcome.changes.entries] == ["booked"]
    row = share.appointment(hold_id)
    assert (row.patient_id, row.status, row.booked_by_kind, row.booked_by_id) == (
        practice.zuri,
        "confirmed",
        "contact",
        practice.amara.id,
    )
    told = [(each.kind, each.contact_id) for each in share.rows(schema.outbox)]
    assert ("booking", practice.amara.id) in told
    assert ("booking", practice.father.id) in told
    assert share.held().state is HoldState.BOOKED


def test_confirming_again_is_the_same_booking(share: Share, desk: Desk) -> None:  # WEB-12
    practice, hold_id = share.practice, share.hold("9:20")
    for _time in range(2):
        assert desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri).value == hold_id
    share.hold("10:00", secret="b", replaces="a")
    assert share.appointment(hold_id).status == "confirmed"
    share.hold("10:40", secret="a", client="elsewhere")  # an old page, used once more
    assert share.held().starts_at == wall(TOMORROW, "10:40")
    assert share.appointment(hold_id).status == "confirmed"


def test_sixty_four_confirms_book_once(share: Share, desk: Desk) -> None:  # WEB-12
    practice, hold_id, form = share.practice, share.hold("9:20"), new_uuid()

    def confirm(number: int) -> AppointmentId:
        submission = form if number % 2 else new_uuid()
        return desk.perform_idempotent(submission, practice.amara, booking.confirm, hashed("a"), practice.zuri).value

    found = at_once(64, confirm)
    assert {each for each in found if not isinstance(each, Refused)} == {hold_id}
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1
    assert (
        sum(each.kind == "booking" and each.contact_id == practice.amara.id for each in share.rows(schema.outbox)) == 1
    )


def test_a_time_that_ran_out_is_booked_by_its_family_or_by_the_next_one_and_never_by_both(
    share: Share, clock: FixedClock
) -> None:  # CONC-04: the confirmation and another family's hold meet in the moment after the end
    practice = share.practice
    luke = practice.a_patient("Luke", "Stone", date(2021, 5, 4))
    parent = practice.a_contact("Pat", "Stone", "pat@example.org", {luke: {"relation": "mother"}})
    for round_, time in enumerate(("8:40", "9:20", "10:00", "10:40", "11:20")):
        ours, theirs = f"ours {round_}", f"theirs {round_}"
        share.hold(time, secret=ours, client=ours)
        clock.advance(15 * MINUTE)

        def act(number: int, ours: str = ours, theirs: str = theirs, time: str = time) -> Any:
            if number == 0:
                return share.desk.perform(
                    practice.amara, booking.confirm, hashed(ours), practice.zuri, another=True
                ).value
            share.hold(time, secret=theirs, client=theirs)
            return share.desk.perform(parent, booking.confirm, hashed(theirs), luke, another=True).value

        told_before = {row.appointment_id for row in share.rows(schema.outbox)}
        found = at_once(2, act)
        won = [each for each in found if not isinstance(each, Refused)]
        assert len(won) == 1, found
        assert share.booked_at(wall(TOMORROW, time)) == 1
        assert {row.appointment_id for row in share.rows(schema.outbox)} - told_before == set(won)


def test_the_id_of_a_hold_is_worth_nothing(share: Share, desk: Desk) -> None:  # WEB-11
    practice, hold_id = share.practice, share.hold("9:20")
    for secret in ("", str(hold_id), hashed(str(hold_id)), hashed("b")):
        with pytest.raises(NotFound):
            desk.perform(practice.amara, booking.confirm, secret, practice.zuri)
        desk.perform(VISITOR, booking.release, secret)
    assert share.held().state is HoldState.HELD


def test_a_hold_that_ran_out_is_no_obstacle_while_its_time_is_free(share: Share, desk: Desk, clock: FixedClock) -> None:
    practice, hold_id = share.practice, share.hold("9:20")
    clock.advance(20 * MINUTE)
    assert [each.starts_at for each in desk.query(VISITOR, booking.free_near, share.held())] == [wall(TOMORROW, "9:20")]
    booked = desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri).value
    assert booked != hold_id
    assert share.appointment(booked).status == "confirmed"
    assert share.held().id == booked


def test_a_hold_that_ran_out_and_was_taken_leads_to_the_next_times(share: Share, desk: Desk, clock: FixedClock) -> None:
    practice = share.practice
    share.hold("9:20")
    clock.advance(20 * MINUTE)
    share.hold("9:20", secret="b", client="elsewhere")
    with pytest.raises(SlotTaken):
        desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
    found = desk.query(VISITOR, booking.free_near, share.held())
    assert len(found) == 3
    assert all(each.starts_at >= wall(TOMORROW, "10:00") for each in found)


def test_only_who_may_book_for_a_child_does(share: Share, desk: Desk) -> None:  # PP1
    practice = share.practice
    share.hold("9:20")
    stranger = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
    with pytest.raises(NotAllowed, match="not registered to book"):
        desk.perform(practice.grandmother, booking.confirm, hashed("a"), practice.zuri)
    for actor, patient in ((practice.amara, stranger), (practice.amara, NOBODY), (VISITOR, practice.zuri)):
        with pytest.raises(NotFound, match="not registered with you"):
            desk.perform(actor, booking.confirm, hashed("a"), patient)
    assert share.held().state is HoldState.HELD


def test_the_rules_of_a_type_are_told_at_once(share: Share, desk: Desk) -> None:  # AP7
    practice = share.practice
    share.change(schema.appointment_type, practice.well, max_age_months=24)
    share.hold("9:20")
    told = desk.query(practice.amara, booking.why_not, share.held(), practice.zuri)
    assert "under 2 years" in told
    assert "call us" in told
    with pytest.raises(Limited, match="under 2 years"):
        desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
    assert share.held().state is HoldState.HELD


def test_a_child_is_not_booked_at_two_places(share: Share, desk: Desk) -> None:
    practice = share.practice
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "9:30", place=practice.harbor)
    share.hold("9:20")
    with pytest.raises(Limited, match="Please choose another time"):
        desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)


@pytest.mark.parametrize(
    ("days", "time", "kind", "is_asked"),
    [(8, "14:00", "well", True), (0, "14:00", "sick", True), (14, "9:20", "well", True), (15, "9:20", "well", False), (3, "9:20", "sick", False)],
)  # fmt: skip
def test_a_second_visit_is_asked_for_once(
    share: Share, desk: Desk, days: int, time: str, kind: str, is_asked: bool
) -> None:  # ACT13: one of the same type within two weeks, or of the same day
    practice = share.practice
    there = TOMORROW + timedelta(days=days)
    practice.an_appointment(practice.zuri, practice.mwangi, there, time, kind=getattr(practice, kind))
    hold_id = share.hold("9:20")
    found = desk.query(practice.amara, booking.already_booked, share.held(), practice.zuri)
    assert (found is not None) is is_asked
    if found is not None:
        assert "Zuri Okafor already has a visit:" in found.sentence
        assert "with Dr. Mwangi." in found.sentence
        with pytest.raises(Doubtful):
            desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
        assert share.appointment(hold_id).status == "held"
    booked = desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri, another=is_asked).value
    assert share.appointment(booked).status == "confirmed"


def test_whoever_needs_longer_gets_longer_or_another_time(share: Share, desk: Desk) -> None:  # AP7
    practice = share.practice
    share.change(schema.appointment_type, practice.well, new_patient_minutes=60)
    share.hold("9:20")
    assert desk.query(practice.amara, booking.why_not, share.held("a"), practice.zuri) == ""
    booked = desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri).value
    row = share.appointment(booked)
    assert row.ends_at - row.starts_at == timedelta(minutes=60)
    other = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
    practice.an_appointment(other, practice.lindqvist, TOMORROW, "14:00")
    share.hold("13:20", secret="b")
    against = desk.query(practice.amara, booking.why_not, share.held("b"), practice.zuri)
    assert against == "This visit takes 60 min, and less than that is free at this time. Please choose another time."
    with pytest.raises(SlotTaken):
        desk.perform(practice.amara, booking.confirm, hashed("b"), practice.zuri, another=True)
    found = desk.query(VISITOR, booking.free_near, share.held("b"), practice.zuri)
    assert found[0].starts_at == wall(TOMORROW, "14:40")
    assert found[0].ends_at - found[0].starts_at == timedelta(minutes=60)


# new families


def test_a_new_family_is_registered_with_its_booking(share: Share, desk: Desk) -> None:
    hold_id = share.hold("9:20")
    checked = share.prove("Sami@Example.org")
    assert checked.ok
    assert checked.is_new
    assert not checked.token.text
    assert share.confirm_new() == hold_id
    row = share.appointment(hold_id)
    contact = next(each for each in share.rows(schema.contact) if each.id == row.booked_by_id)
    assert (contact.given_name, contact.family_name, contact.active) == ("Sami", "Haddad", True)
    child = next(each for each in share.rows(schema.patient) if each.id == row.patient_id)
    assert (child.given_name, child.birth_day, child.active) == ("Noor", date(2023, 4, 5), True)
    assert desk.query(SYSTEM, portal_access.portal_session, "a session").actor.id == contact.id
    assert [each.contact_id for each in share.rows(schema.outbox) if each.kind == "booking"] == [contact.id]
    known = desk.query(share.practice.maria, patients.contact_of, contact.id)
    assert known.email is not None
    assert known.email.verified
    assert known.phones == ("+12065550188",) or known.phones == ("(206) 555-0188",)


def test_nobody_is_registered_without_a_code_of_this_browser(share: Share) -> None:
    share.hold("9:20")
    with pytest.raises(NotFound, match="code"):
        share.confirm_new()
    share.prove("sami@example.org")
    with pytest.raises(NotFound, match="code"):
        share.confirm_new(browser=hashed("another browser"))
    assert all(row.family_name != "Haddad" for row in share.rows(schema.patient))


def test_a_proof_is_used_once_and_ends(share: Share, clock: FixedClock) -> None:
    share.hold("9:20")
    share.prove("sami@example.org")
    clock.advance(timedelta(minutes=61))
    with pytest.raises(NotFound, match="code"):
        share.confirm_new()
    share.prove("sami@example.org")
    share.hold("9:20", secret="b")
    share.confirm_new(secret="b")
    share.hold("10:00", secret="c")
    with pytest.raises(NotFound, match="code"):
        share.confirm_new(secret="c")


def test_every_problem_of_a_new_family_is_told_at_once_and_nothing_is_kept(share: Share) -> None:
    share.hold("9:20")
    share.prove("sami@example.org")
    wrong = replace(
        FAMILY,
        relation="",
        birth_day="2031-01-01",
        phone="",
        child_family_name="",
        child_given_name="",
        given_name="",
        family_name="",
    )
    with pytest.raises(Invalid) as refused:
        share.confirm_new(wrong)
    fields = {refused.value.field, *(each.field for each in refused.value.others)}
    assert fields == {"Relation", "Date of birth", "Phones", "Family name", "Contact's family name"}
    assert share.held().state is HoldState.HELD
    share.change(schema.appointment_type, share.practice.well, max_age_months=12)
    with pytest.raises(Limited):
        share.confirm_new()
    assert all(row.family_name != "Haddad" for row in share.rows(schema.patient))
    assert all(row.family_name != "Haddad" for row in share.rows(schema.contact))


def test_a_stranger_does_not_learn_who_is_known(share: Share, desk: Desk) -> None:
    share.hold("9:20")
    share.prove("sami@example.org")
    twin = replace(FAMILY, child_given_name="Zuri", child_family_name="Okafor", birth_day="2022-03-12")
    booked = share.confirm_new(twin)
    card = desk.query(share.practice.maria, patients.card, share.appointment(booked).patient_id)
    assert any("Zuri Okafor" in each for each in card.look_alikes)  # staff are warned (ACT4)


def test_a_known_address_signs_in_and_an_unknown_one_does_not(share: Share, desk: Desk) -> None:
    known = share.prove("amara@example.org")
    assert (known.contact_id, known.is_new) == (share.practice.amara.id, False)
    assert desk.query(SYSTEM, portal_access.portal_session, known.token.text).actor.id == share.practice.amara.id
    asked = desk.perform(SYSTEM, portal_access.ask_code, "new@example.org", hashed("b"), with_new=True).value
    assert asked.reference is not None
    newest = max(row.id for row in share.rows(schema.challenge))
    letter = portal_access.mint_code(desk, newest)
    assert letter is not None
    # On the sign-in page of the portal the same code opens nothing.
    refused = portal_access.check_code(desk, asked.reference, letter.code.text, hashed("b"))
    assert not refused.ok


def test_a_known_contact_brings_a_new_child(share: Share, desk: Desk) -> None:
    practice, hold_id = share.practice, share.hold("9:20")
    child = replace(FAMILY, child_family_name="Okafor", given_name="", family_name="", phone="")
    booked = desk.perform(
        practice.amara, booking.confirm_new, hashed("a"), child, browser_hash="", session_hash=""
    ).value
    assert booked == hold_id
    patient = next(row for row in share.rows(schema.patient) if row.given_name == "Noor")
    assert patient.household_id == practice.amara_family
    assert share.appointment(booked).patient_id == patient.id


def test_one_mailbox_does_not_book_a_whole_schedule(share: Share, desk: Desk, clock: FixedClock) -> None:  # WEB-10
    """A script that has proved one address makes up child after child; each booking sets it free to hold again."""
    practice = share.practice

    def book(number: int, contact: Actor) -> AppointmentId:
        day, at = divmod(number, 6)
        share.hold(f"{9 + at}:20", secret=str(number), client=f"house {number}", day=TOMORROW + timedelta(days=7 * day))
        child = replace(FAMILY, child_given_name=f"Child {'abcdefghijklmnop'[number]}", given_name="", phone="")
        return desk.perform(
            contact, booking.confirm_new, hashed(str(number)), child, browser_hash="", session_hash=""
        ).value

    for number in range(10):
        book(number, practice.amara)
    patients_before = len(share.rows(schema.patient))
    with pytest.raises(Throttled, match="please call us") as refused:
        book(10, practice.amara)
    assert 0 < refused.value.seconds <= 24 * 3600
    assert len(share.rows(schema.patient)) == patients_before
    with pytest.raises(Throttled):
        desk.perform(practice.amara, booking.confirm, hashed("10"), practice.zuri)
    desk.perform(practice.father, booking.confirm, hashed("10"), practice.zuri)  # somebody else is not held up
    clock.advance(timedelta(days=1, seconds=1))
    book(11, practice.amara)


def test_new_families_can_be_left_out(share: Share) -> None:
    share.hold("9:20")
    share.prove("sami@example.org")
    share.settings(new_families=False)
    with pytest.raises(NotAllowed, match="call the practice"):
        share.confirm_new()


def test_an_address_that_booked_nothing_is_forgotten(share: Share, desk: Desk, clock: FixedClock) -> None:
    share.prove("sami@example.org")
    desk.perform(SYSTEM, portal_access.ask_code, "sami@example.org", hashed("b"), with_new=True)
    assert sum(row.given_name == "" for row in share.rows(schema.contact)) == 1
    before = len(share.rows(schema.contact))
    clock.advance(timedelta(hours=24))
    desk.perform(SYSTEM, housekeeping.sweep)
    assert len(share.rows(schema.contact)) == before
    clock.advance(timedelta(hours=2))
    desk.perform(SYSTEM, housekeeping.sweep)
    assert all(row.given_name for row in share.rows(schema.contact))
    assert all(row.value != "sami@example.org" for row in share.rows(schema.contact_point))


# what there is to choose, and what was booked


def test_a_link_leads_nowhere_when_anything_of_it_is_hidden_or_off(share: Share, desk: Desk) -> None:  # BK3
    read = (share.service_reference, share.reference)
    found = desk.query(VISITOR, booking_choices.offered, *read)
    assert found is not None
    assert [each.name for each in found.providers] == ["Dr. Lindqvist"]
    assert [each.name for each in found.locations] == ["Northside"]
    assert found.scope == share.scope
    assert desk.query(VISITOR, booking_choices.offered, new_uuid(), share.reference) is None
    assert desk.query(VISITOR, booking_choices.offered, share.service_reference, new_uuid()) is None
    for table, row_id, column in (
        (schema.service, share.service, "visible"),
        (schema.service, share.service, "active"),
        (schema.service_variant, share.variant, "visible"),
        (schema.service_variant, share.variant, "active"),
        (schema.appointment_type, share.practice.well, "active"),
    ):
        share.change(table, row_id, **{column: False})
        assert desk.query(VISITOR, booking_choices.offered, *read) is None
        assert desk.query(VISITOR, booking_choices.service_choice, share.service_reference) is None
        share.change(table, row_id, **{column: True})


def test_the_preview_shows_the_variants_that_the_page_shows(share: Share, desk: Desk) -> None:  # BK2, BK6
    practice = share.practice
    share.a_variant("Sick visit", practice.sick, [practice.lindqvist, practice.mwangi])
    share.a_variant("With nobody", practice.well, [practice.mwangi])

    def shown() -> tuple[list[str], str]:
        page = desk.query(VISITOR, booking_choices.service_choice, share.service_reference)
        staff = desk.query(practice.maria, services.one_shared, share.service)
        return [] if page is None else [each.name for each in page.variants], staff.preview.steps[0].told

    assert shown() == (
        ["Sick visit", "Well visit in person", "With nobody"],
        "They choose Sick visit, Well visit in person or With nobody.",
    )
    share.change(schema.provider, practice.mwangi, active=False)
    assert shown() == (["Sick visit", "Well visit in person"], "They choose Sick visit or Well visit in person.")
    share.change(schema.provider, practice.lindqvist, active=False)
    assert shown() == ([], "There is nothing to choose yet.")


def test_times_are_those_of_the_scope_and_an_empty_week_names_the_next(share: Share, desk: Desk) -> None:  # BK4
    practice = share.practice
    looked: dict[str, Any] = {"provider_id": None, "location_id": None, "days": 7}
    found, later = desk.query(VISITOR, booking_choices.online_times, share.scope, from_day=TODAY, **looked)
    assert later is None
    assert {each.provider_id for each in found} == {practice.lindqvist}
    practice.an_absence(practice.lindqvist, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=9), "0:00"))
    found, later = desk.query(VISITOR, booking_choices.online_times, share.scope, from_day=TODAY, **looked)
    assert (found, later) == ((), TODAY + timedelta(days=9))
    foreign = {**looked, "provider_id": practice.mwangi}
    assert desk.query(VISITOR, booking_choices.online_times, share.scope, from_day=TODAY, **foreign)[0] == ()
    with pytest.raises(Invalid):  # WEB-13
        desk.query(VISITOR, booking_choices.online_times, share.scope, from_day=TODAY, **{**looked, "days": 36_500})


def test_what_was_booked_is_shown_to_its_browser_alone(share: Share, desk: Desk) -> None:  # WEB-11, BK8
    practice, hold_id = share.practice, share.hold("9:20")
    assert desk.query(VISITOR, booking.booked_online, hold_id, hashed("a")) is None
    desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
    found = desk.query(VISITOR, booking.booked_online, hold_id, hashed("a"))
    assert found is not None
    assert (found.first_name, found.description, found.needs_forms, found.sequence) == (
        "Zuri",
        "Bring the vaccination card.",
        False,
        0,
    )
    assert desk.query(VISITOR, booking.booked_online, hold_id, hashed("b")) is None
    with pytest.raises(NotFound):  # nothing is to be filled in
        desk.perform(VISITOR, booking.link_to_booked, hold_id, hashed("a"), LinkPurpose.FORMS)
    form = a_questionnaire(practice, (practice.well,)).id
    token = desk.perform(practice.amara, booking.link_to_booked, hold_id, hashed("a"), LinkPurpose.FORMS).value
    link = share.rows(schema.manage_link)[0]
    assert (link.token_hash, link.purpose, link.contact_id) == (hashed(token), "forms", practice.amara.id)
    practice.insert(
        schema.questionnaire_response,
        id=practice.new_id(),
        chain_id=hold_id,
        questionnaire_id=form,
        started_at=desk.clock.now(),
        completed_at=desk.clock.now(),
    )
    found = desk.query(VISITOR, booking.booked_online, hold_id, hashed("a"))
    assert found is not None
    assert not found.needs_forms


def test_the_page_follows_a_booking_that_staff_move_or_cancel(share: Share, desk: Desk) -> None:  # BK7
    practice, hold_id = share.practice, share.hold("9:20")
    desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)
    start = wall(TOMORROW, "11:20")
    slot = Slot(practice.lindqvist, practice.northside, start, start + 40 * MINUTE, start + 40 * MINUTE)
    moved = desk.perform(practice.maria, acts.act_alone, practice.zuri, Move(hold_id, 2, slot)).value
    found = desk.query(VISITOR, booking.booked_online, hold_id, hashed("a"))
    assert found is not None
    assert (found.starts_at, found.chain_id, found.sequence) == (start, hold_id, 1)  # the same entry of a calendar
    desk.perform(practice.maria, acts.act_alone, practice.zuri, Cancellation(moved, 1, "pat"))
    found = desk.query(VISITOR, booking.booked_online, hold_id, hashed("a"))
    assert found is not None
    assert found.is_cancelled


def test_staff_cannot_book_for_nobody(sqlite_share: Share) -> None:
    sqlite_share.hold("9:20")
    practice = sqlite_share.practice
    start = wall(TOMORROW, "11:20")
    slot = Slot(practice.lindqvist, practice.northside, start, start + 40 * MINUTE, start + 40 * MINUTE)
    with pytest.raises(Refused):
        sqlite_share.desk.perform(practice.maria, scheduling.hold, slot, type_id=practice.well, patient_id=NOBODY)
