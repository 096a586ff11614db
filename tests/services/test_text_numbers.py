"""Which phone of a contact takes text messages, and what they want none over, as staff set it on the patient's page (NOTE-05, INP-07)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.domain.access import SYSTEM
from request_desk.domain.directory import Channel, Contact, OptOutSource
from request_desk.domain.errors import Conflict, Invalid
from request_desk.domain.ids import ContactId
from request_desk.services.desk import Desk
from request_desk.services.notices import opt_outs
from request_desk.services.people import patients, registration
from request_desk.services.people.registration import ContactDetails, RelationDetails
from request_desk.services.practice import settings as settings_service
from request_desk.store import schema
from tests.builders import Practice

AMARA = ContactDetails("Amara", "Okafor", "en", ("(206) 555-0147",), "amara@example.org", is_confirmed=True)
MOTHER = RelationDetails("mother")


def save(desk: Desk, practice: Practice, *, version: int, **values: Any) -> Any:
    who, typed = ContactId(practice.amara.id), replace(AMARA, **values)
    return desk.perform(
        practice.maria, registration.save_contact, who, typed, practice.zuri, MOTHER, expect_version=version
    )


def seen(desk: Desk, practice: Practice) -> Contact:
    return desk.query(practice.maria, patients.contact_of, ContactId(practice.amara.id))


def phones(practice: Practice) -> dict[str, tuple[bool, bool]]:
    point = schema.contact_point.c
    with practice.database.read() as connection:
        found = connection.execute(
            select(schema.contact_point).where(point.contact_id == practice.amara.id, point.channel == "phone")
        )
        return {row.lookup: (row.takes_texts, row.verified_at is not None) for row in found}


def test_a_phone_is_marked_moved_and_unmarked_and_it_can_be_undone(desk: Desk, practice: Practice) -> None:
    save(desk, practice, version=1, texts_to="206 555 0147")
    assert phones(practice) == {"+12065550147": (True, True)}
    assert seen(desk, practice).mobile == "(206) 555-0147"
    saved = save(desk, practice, version=2, texts_to="(206) 555-0199")  # another one, which is added
    assert phones(practice) == {"+12065550147": (False, False), "+12065550199": (True, True)}
    desk.undo(practice.maria, saved.undo)
    assert phones(practice) == {"+12065550147": (True, True)}
    save(desk, practice, version=4)
    assert (phones(practice), seen(desk, practice).mobile) == ({"+12065550147": (False, False)}, "")


def test_what_takes_no_texts_is_refused_beside_its_field(desk: Desk, practice: Practice) -> None:
    for wrong in ("12", "+44 20 7946 0018", "+44 7400 123456", "amara@example.org"):
        with pytest.raises(Invalid) as refusal:
            save(desk, practice, version=1, texts_to=wrong)
        assert refusal.value.field == registration.MOBILE


def test_a_stored_number_stays_when_its_country_is_taken_out(desk: Desk, practice: Practice) -> None:
    save(desk, practice, version=1, texts_to="(206) 555-0147")
    now = desk.query(SYSTEM, settings_service.settings)
    desk.perform(SYSTEM, settings_service.first_settings, replace(now, sms_countries=("MX",)))
    save(desk, practice, version=2, texts_to="(206) 555-0147", given_name="Ama")
    with pytest.raises(Invalid):
        save(desk, practice, version=3, texts_to="(206) 555-0199")


def test_channels_that_are_off_are_seen_with_who_said_so(desk: Desk, practice: Practice) -> None:
    save(desk, practice, version=1, texts_to="(206) 555-0147", off=frozenset({Channel.EMAIL}))
    assert [(each.channel, each.source) for each in seen(desk, practice).opt_outs] == [
        (Channel.EMAIL, OptOutSource.STAFF)
    ]
    assert desk.perform(SYSTEM, opt_outs.stop_by_text, "+12065550147", "STOP").value == 1
    assert {each.channel for each in seen(desk, practice).opt_outs} == {Channel.EMAIL, Channel.SMS}


def test_a_form_that_was_opened_before_a_stop_does_not_take_it_back(desk: Desk, practice: Practice) -> None:
    save(desk, practice, version=1, texts_to="(206) 555-0147")
    version = seen(desk, practice).version
    desk.perform(SYSTEM, opt_outs.stop_by_text, "+12065550147", "STOP")
    with pytest.raises(Conflict):
        save(desk, practice, version=version, texts_to="(206) 555-0147")
    assert [each.source for each in seen(desk, practice).opt_outs] == [OptOutSource.STOP]


def test_a_new_contact_may_have_both_at_once(desk: Desk, practice: Practice) -> None:
    new = ContactDetails("June", "Lovell", "es", texts_to="206 555 0123", off=frozenset({Channel.EMAIL}))
    made = desk.perform(practice.maria, registration.add_contact, practice.zuri, new, RelationDetails("aunt")).value
    found = desk.query(practice.maria, patients.contact_of, made)
    assert (found.mobile, found.phones) == ("(206) 555-0123", ("(206) 555-0123",))
    assert [each.channel for each in found.opt_outs] == [Channel.EMAIL]
