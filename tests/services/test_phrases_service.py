"""The phrase library and the values of the merge fields (RE2, RE3)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from request_desk import paths
from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import RESCHEDULED
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from request_desk.domain.phrases import FIELDS, Phrase, PhraseOutcome, Prompt, parse, render
from request_desk.domain.requests import Booking, Cancellation, Move
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.practice import phrase_pairs, phrases
from request_desk.services.practice.phrase_pairs import Half
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

BOOKED = Phrase("booked", "Booked", "schedule", PhraseOutcome.BOOKED, "en", "Booking", 10, "See you on {{ new.time }}.")
ASKING = Phrase(
    "ask-form", "Ask for a form", "any", PhraseOutcome.NEED_INFO, "en", "Questions", 20, "Please bring {{ ask.form }}.",
    (Prompt("form", "Which form?", "choice", "the school form", ("the school form", "the camp form")),),
)  # fmt: skip


def slot(practice: Practice, day: date = TODAY + timedelta(days=1), time: str = "9:20") -> Slot:
    start = wall(day, time)
    end = start + timedelta(minutes=40)
    return Slot(practice.mwangi, practice.harbor, start, end, end)


def test_shipped_phrases_are_brought_up_to_date_once(desk: Desk, practice: Practice) -> None:  # RE3
    assert desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, ASKING]).value == 2
    assert desk.query(practice.maria, phrases.library) == (BOOKED, ASKING)
    assert desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, ASKING]).value == 0
    newer = replace(BOOKED, body="Until {{ new.time }}.")
    assert desk.perform(SYSTEM, phrases.sync_shipped, [newer]).value == 2
    assert desk.query(practice.maria, phrases.library) == (newer,)
    assert desk.perform(SYSTEM, phrases.sync_shipped, [newer, ASKING]).value == 1
    assert desk.query(practice.maria, phrases.library) == (newer, ASKING)


def test_the_real_library_is_stored_and_read_back_as_it_is(desk: Desk, practice: Practice) -> None:  # RE3
    shipped = [parse(path.read_text("utf-8")) for path in paths.phrase_files()]
    if not shipped:
        pytest.fail("the folder phrases/ is empty")
    desk.perform(SYSTEM, phrases.sync_shipped, shipped)
    assert sorted(desk.query(practice.maria, phrases.library), key=lambda each: each.slug) == sorted(
        shipped, key=lambda each: each.slug
    )


def test_what_the_practice_changed_or_retired_stays_so(desk: Desk, practice: Practice) -> None:  # RE3
    desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, ASKING])
    kept = {each.phrase.slug: each for each in desk.query(practice.admin, phrases.shelf)}
    ours = replace(BOOKED, body="We wait for you on {{ new.day }}.")
    desk.perform(practice.admin, phrase_pairs.save_pair, [Half(ours, kept["booked"].id, 1)], own=False)
    desk.perform(practice.admin, phrase_pairs.switch_pair, [(kept["ask-form"].id, 1)], active=False)
    assert desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, ASKING]).value == 0
    assert desk.query(practice.maria, phrases.library) == (ours,)


def test_an_own_phrase_stands_for_the_practices_only_for_its_owner(desk: Desk, practice: Practice) -> None:  # RE3
    desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED])
    mine = replace(BOOKED, body="Great, {{ new.time }} it is!")
    desk.perform(practice.maria, phrase_pairs.save_pair, [Half(mine)], own=True)
    assert desk.query(practice.maria, phrases.library) == (mine,)
    assert desk.query(practice.kofi, phrases.library) == (BOOKED,)
    with pytest.raises(Invalid):
        desk.perform(practice.maria, phrase_pairs.save_pair, [Half(mine)], own=True)


def test_only_administrators_change_the_practices_and_nobody_anothers(desk: Desk, practice: Practice) -> None:
    desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED])
    kept = desk.query(practice.maria, phrases.shelf)[0]
    own = desk.perform(practice.maria, phrase_pairs.save_pair, [Half(ASKING)], own=True).value
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, phrase_pairs.save_pair, [Half(ASKING)], own=False)
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, phrase_pairs.switch_pair, [(kept.id, 1)], active=False)
    with pytest.raises(NotAllowed):
        desk.perform(practice.kofi, phrase_pairs.switch_pair, [(own, 1)], active=False)
    with pytest.raises(NotFound):
        desk.perform(practice.admin, phrase_pairs.switch_pair, [(own, 1)], active=False)
    with pytest.raises(Conflict):
        desk.perform(practice.admin, phrase_pairs.switch_pair, [(kept.id, 7)], active=False)
    with pytest.raises(NotAllowed):
        desk.query(practice.amara, phrases.library)


@pytest.mark.parametrize(
    "body",
    [
        "{{ patient.__class__ }}",
        "{% for x in y %}{% endfor %}",
        "{{ nosuch.field }}",
        "{{ ask.unknown }}",
        "x" * 9_000,
        "  ",
    ],
)
def test_a_phrase_that_does_not_pass_the_check_is_not_saved(desk: Desk, practice: Practice, body: str) -> None:  # RE2
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.maria, phrase_pairs.save_pair, [Half(replace(BOOKED, body=body))], own=True)
    assert refused.value.sentence
    assert desk.query(practice.maria, phrases.library) == ()


def test_a_booking_fills_every_field_about_the_new_time(desk: Desk, practice: Practice) -> None:  # RE2
    request = practice.a_request()
    values = desk.query(practice.maria, phrases.values_for, request, Booking(slot(practice), practice.well))
    assert values["new.time"] == "Wed, Nov 25, 9:20 AM"
    assert values["new.day"] == "Wed, Nov 25"
    assert values["new.clock"] == "9:20 AM"
    assert values["new.provider"] == values["provider.name"] == "Dr. Joseph Mwangi"
    assert values["new.location"] == values["location.name"] == "Harbor St"
    assert values["type.name"] == "Well visit"
    assert values["type.minutes"] == "40"
    assert values["patient.name"] == "Zuri Okafor"
    assert values["patient.birth_date"] == "03/12/2022"
    assert values["contact.relation"] == "mother"
    assert values["staff.first_name"] == "Maria"
    assert values["practice.name"] == "Harbor Pediatrics"
    assert not {"old.time", "cancel.reason"} & set(values)
    assert render(BOOKED, values, {}, "schedule", PhraseOutcome.BOOKED).text == "See you on Wed, Nov 25, 9:20 AM."
    assert set(values) <= set(FIELDS)


def test_a_move_tells_the_old_time_and_the_new_one(desk: Desk, practice: Practice) -> None:  # RE2
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    request = practice.a_request("reschedule", appointment=appointment)
    values = desk.query(practice.maria, phrases.values_for, request, Move(appointment, 1, slot(practice)))
    assert values["old.time"] == "Tue, Nov 24, 10:00 AM"
    assert values["old.provider"] == "Dr. Astrid Lindqvist"
    assert values["old.location"] == "Northside"
    assert values["new.time"] == "Wed, Nov 25, 9:20 AM"
    assert values["provider.name"] == "Dr. Joseph Mwangi"


def test_after_a_move_the_present_appointment_is_the_old_one(desk: Desk, practice: Practice) -> None:
    first = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "10:00", status="cancelled", cancel_code=RESCHEDULED
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00", chain_id=first, replaces_id=first)
    request = practice.a_request()
    with practice.database.write() as connection:
        connection.execute(schema.request.update().values(appointment_id=first))
    values = desk.query(practice.maria, phrases.values_for, request, None)
    assert values["old.time"] == "Tue, Nov 24, 2:00 PM"


def test_a_cancellation_tells_the_reason_that_the_parent_reads(desk: Desk, practice: Practice) -> None:  # RE9
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    request = practice.a_request("cancel", appointment=appointment)
    coded = desk.query(practice.maria, phrases.values_for, request, Cancellation(appointment, 1, "oth-weath"))
    assert coded["cancel.reason"] == "The weather does not allow it."
    typed = desk.query(
        practice.maria, phrases.values_for, request, Cancellation(appointment, 1, "oth-weath", " The road is closed. ")
    )
    assert typed["cancel.reason"] == "The road is closed."
    assert typed["old.time"] == "Tue, Nov 24, 10:00 AM"


def test_times_are_those_of_the_place_of_the_appointment(desk: Desk, practice: Practice) -> None:  # AV5
    with practice.database.write() as connection:
        connection.execute(
            schema.location.update().where(schema.location.c.id == practice.harbor).values(zone="America/Denver")
        )
    request = practice.a_request()
    values = desk.query(practice.maria, phrases.values_for, request, Booking(slot(practice), practice.well))
    assert values["new.clock"] == "10:20 AM MST"


def test_another_language_writes_days_in_its_own_way(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    values = desk.query(
        practice.maria, phrases.values_for, request, Booking(slot(practice), practice.well), language="es"
    )
    assert "Nov" not in values["new.time"]
    assert "nov" in values["new.time"]
    unknown = desk.query(
        practice.maria, phrases.values_for, request, Booking(slot(practice), practice.well), language="qq"
    )
    assert unknown["new.time"] == "Wed, Nov 25, 9:20 AM"


def test_without_an_act_what_was_asked_for_is_told(desk: Desk, practice: Practice) -> None:
    request = practice.a_request(provider=practice.lindqvist, place=practice.northside)
    values = desk.query(practice.maria, phrases.values_for, request, None)
    assert values["provider.name"] == "Dr. Astrid Lindqvist"
    assert values["location.address"] == "1 Northside, Seattle"
    assert values["request.kind"] == "schedule"
    assert "new.time" not in values


def test_the_appointment_that_there_is_already_is_the_one_that_could_be_the_answer(
    desk: Desk, practice: Practice
) -> None:  # ACT13
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=2), "9:00", kind=practice.sick)
    request = practice.a_request(wishes=[practice.wish(TODAY + timedelta(days=4), "10:00")])
    assert "booked.day" not in desk.query(practice.maria, phrases.values_for, request, None)
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=9), "9:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=4), "15:00", kind=practice.sick)
    values = desk.query(practice.maria, phrases.values_for, request, None)
    assert (values["booked.day"], values["booked.clock"]) == ("Sat, Nov 28", "3:00 PM")


def test_values_are_not_told_to_whom_the_request_is_not_shown(desk: Desk, practice: Practice) -> None:  # AUTZ-04
    from request_desk.domain.access import Role

    stranger = practice.a_staff("other", "Dr. Other", [Role.PROVIDER])
    request = practice.a_request()
    with pytest.raises(NotFound):
        desk.query(stranger, phrases.values_for, request, None)
    with pytest.raises(NotAllowed):
        desk.query(practice.amara, phrases.values_for, request, None)
