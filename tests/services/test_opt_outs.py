"""STOP and START change what every owner of a number gets, on both engines; staff see and set it per channel (NOTE-05)."""

from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.directory import Channel, OptOutSource
from request_desk.domain.errors import NotAllowed
from request_desk.domain.ids import ContactId
from request_desk.services.desk import Desk
from request_desk.services.notices import opt_outs
from request_desk.services.people import patients
from request_desk.store import schema
from tests.builders import Practice

NUMBER = "+12065550147"


def confirm(practice: Practice, *contacts: Any) -> None:
    """All contacts of the practice have one number; it is confirmed for these."""
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_point)
            .where(
                schema.contact_point.c.contact_id.in_([each.id for each in contacts]),
                schema.contact_point.c.channel == "phone",
            )
            .values(takes_texts=True, verified_at=practice.desk.clock.now())
        )


def outs(desk: Desk, practice: Practice, who: Any) -> dict[Channel, OptOutSource]:
    found = desk.query(practice.maria, patients.contact_of, ContactId(who.id)).opt_outs
    return {each.channel: each.source for each in found}


def answers(desk: Desk, number: str, text: str) -> int:
    return desk.perform(SYSTEM, opt_outs.stop_by_text, number, text).value


def journal(practice: Practice) -> list[tuple[str, int]]:
    with practice.database.read() as connection:
        rows = connection.execute(select(schema.journal).order_by(schema.journal.c.seq))
        return [(row.action, row.entity_id) for row in rows if row.action in ("opted_out", "opted_in")]


def test_stop_holds_for_every_owner_of_the_number_and_start_takes_it_back(desk: Desk, practice: Practice) -> None:
    confirm(practice, practice.amara, practice.father)
    assert answers(desk, NUMBER, " Stop. ") == 2
    assert outs(desk, practice, practice.amara) == {Channel.SMS: OptOutSource.STOP}
    assert outs(desk, practice, practice.father) == {Channel.SMS: OptOutSource.STOP}
    assert outs(desk, practice, practice.grandmother) == {}  # the same number, but nobody confirmed it
    assert answers(desk, NUMBER, "STOP") == 0  # again
    assert answers(desk, NUMBER.removeprefix("+"), "start") == 2
    assert outs(desk, practice, practice.amara) == {}
    ids = sorted((practice.amara.id, practice.father.id))
    assert journal(practice) == [("opted_out", each) for each in ids] + [("opted_in", each) for each in ids]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (NUMBER, "Please stop by at nine"),
        (NUMBER, ""),
        (NUMBER, "START"),
        ("+12065550148", "STOP"),
        ("", "STOP"),
        ("' OR 1=1", "STOP"),
        ("+", "STOP"),
        ("Harbor", "STOP"),
        ("9" * 500, "STOP"),
    ],
)
def test_any_other_answer_and_any_other_number_changes_nothing(
    desk: Desk, practice: Practice, number: str, text: str
) -> None:
    confirm(practice, practice.amara)
    assert answers(desk, number, text) == 0
    assert outs(desk, practice, practice.amara) == {}
    assert journal(practice) == []


def test_staff_set_it_per_channel_and_what_the_family_said_keeps_its_source(desk: Desk, practice: Practice) -> None:
    confirm(practice, practice.amara)
    who = ContactId(practice.amara.id)
    answers(desk, NUMBER, "BAJA")
    desk.perform(practice.maria, opt_outs.set_by_staff, who, [Channel.SMS, Channel.EMAIL])
    assert outs(desk, practice, practice.amara) == {
        Channel.EMAIL: OptOutSource.STAFF,
        Channel.SMS: OptOutSource.STOP,
    }
    desk.perform(practice.maria, opt_outs.set_by_staff, who, [Channel.EMAIL])
    assert outs(desk, practice, practice.amara) == {Channel.EMAIL: OptOutSource.STAFF}
    desk.perform(practice.maria, opt_outs.set_by_staff, who, [])
    assert outs(desk, practice, practice.amara) == {}


def test_only_the_service_answers_for_a_family_and_only_staff_for_staff(desk: Desk, practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, opt_outs.stop_by_text, NUMBER, "STOP")
    with pytest.raises(NotAllowed):
        desk.perform(practice.amara, opt_outs.set_by_staff, ContactId(practice.amara.id), [])
