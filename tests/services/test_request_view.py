"""The whole content of one request (MC3, MC5, MC11, MC13, AP5)."""

from datetime import timedelta

from sqlalchemy import select, update

from request_desk.domain.clock import FixedClock
from request_desk.domain.requests import WishState
from request_desk.services.desk import Desk
from request_desk.services.inbox import view as request_view
from request_desk.store import schema
from tests.builders import TODAY, Practice

TOMORROW = TODAY + timedelta(days=1)


def test_everything_that_was_asked_is_shown(desk: Desk, practice: Practice) -> None:  # MC3
    request = practice.a_request(
        provider=practice.lindqvist,
        place=practice.northside,
        wishes=[practice.wish(TOMORROW, "9:20")],
        message="hi can we come\nthx",
    )
    view = desk.query(practice.maria, request_view.open_request, request)
    assert (view.patient.name, view.sender.name, view.sender.relation) == ("Zuri Okafor", "Amara Okafor", "mother")
    assert (view.sender.email, view.sender.may_book, view.sender.gets_notices) == ("amara@example.org", True, True)
    assert view.sender.phone == "(206) 555-0147"
    assert (view.type_name, view.provider_name, view.location_name) == ("Well visit", "Dr. Lindqvist", "Northside")
    assert [message.body for message in view.thread] == ["hi can we come\nthx"]
    assert [(shown.state, shown.provider_name) for shown in view.wishes] == [(WishState.FREE, "Dr. Lindqvist")]
    assert view.rules == ("No missed visit in 12 months",)


def test_who_hears_of_an_act_is_who_gets_the_notices(desk: Desk, practice: Practice) -> None:  # ACT4, NT1
    aunt = practice.a_contact(
        "Ife", "Bello", "ife@example.org", {practice.zuri: {"relation": "aunt", "gets_notices": False}}
    )
    hers, theirs = practice.a_request(), practice.a_request(by=aunt)
    view = desk.query(practice.maria, request_view.open_request, theirs)
    assert not view.sender.gets_notices
    assert view.others_told == ("Amara Okafor", "Chidi Okafor", "Ngozi Okafor")
    view = desk.query(practice.maria, request_view.open_request, hers)
    assert view.sender.gets_notices
    assert view.others_told == ("Chidi", "Ngozi")
    points, contacts = schema.contact_point.c, schema.contact.c
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_point).where(points.contact_id == practice.amara.id).values(verified_at=None)
        )
        connection.execute(update(schema.contact).where(contacts.id == practice.father.id).values(opted_out=True))
    view = desk.query(practice.maria, request_view.open_request, hers)
    assert not view.sender.gets_notices  # an address that was never confirmed gets no mail
    assert view.others_told == ("Ngozi",)


def test_reading_is_journalled_and_tells_no_other_desk(desk: Desk, practice: Practice) -> None:  # AD3
    request = practice.a_request()
    done = desk.perform(practice.maria, request_view.viewed, request)
    assert not done.changes
    with practice.database.read() as connection:
        row = connection.execute(select(schema.journal).order_by(schema.journal.c.seq.desc()).limit(1)).one()
    assert (row.action, row.actor_id, row.entity_id, row.broadcast) == ("viewed", practice.maria.id, request, False)


def test_opposite_wishes_of_two_parents_are_flagged(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # MC11
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    hers = practice.a_request("reschedule", appointment=appointment, message="later please")
    clock.advance(timedelta(hours=1))
    his = practice.a_request("cancel", by=practice.father, appointment=appointment, message="Later,  please")
    view = desk.query(practice.maria, request_view.open_request, hers)
    assert [(each.id, each.contact_name, each.opposite) for each in view.related] == [(his, "Chidi Okafor", True)]
    same = practice.a_request("reschedule", appointment=appointment, message="Later  PLEASE")
    view = desk.query(practice.maria, request_view.open_request, hers)
    assert [(each.id, each.opposite, each.same_text) for each in view.related] == [
        (his, True, False),
        (same, False, True),
    ]


def test_what_is_older_than_three_days_is_not_related(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC11
    practice.a_request()
    clock.advance(timedelta(hours=73))
    later = practice.a_request()
    assert desk.query(practice.maria, request_view.open_request, later).related == ()


def test_appointments_of_the_child_come_before_those_of_the_household(desk: Desk, practice: Practice) -> None:  # MC13
    sister = practice.a_patient("Adaeze", "Okafor", TODAY - timedelta(days=900), practice.amara_family)
    hers = practice.an_appointment(sister, practice.lindqvist, TOMORROW, "9:00")
    late = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "15:00")
    view = desk.query(practice.maria, request_view.open_request, practice.a_request())
    assert [(each.id, each.booked_by) for each in view.upcoming] == [(late, "Maria Santos"), (hers, "Maria Santos")]


def test_the_rules_that_bear_on_an_appointment_are_told(desk: Desk, practice: Practice) -> None:  # AP5, ACT7
    with practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type)
            .where(schema.appointment_type.c.id == practice.well)
            .values(reschedule_notice_minutes=48 * 60, rebooking_mode="same_provider", late_cancel_minutes=24 * 60)
        )
    for days, status in ((30, "no_show"), (60, "no_show"), (400, "no_show")):
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=days), "9:00", status=status)
    practice.an_appointment(
        practice.zuri,
        practice.lindqvist,
        TODAY - timedelta(days=10),
        "9:00",
        status="cancelled",
        cancel_code="pat",
        late_cancel=True,
    )
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    move = desk.query(
        practice.maria, request_view.open_request, practice.a_request("reschedule", appointment=appointment)
    )
    assert move.limits == ("Notice of 48 hours is not met",)
    assert move.rules == (
        "Moves stay with Dr. Lindqvist",
        "2 no-shows and 1 late cancellation in 12 months",
    )
    cancel = desk.query(
        practice.maria, request_view.open_request, practice.a_request("cancel", appointment=appointment)
    )
    assert cancel.limits == ("Late cancellation: less than 24 hours before the visit",)
    assert cancel.rules == ("2 no-shows and 1 late cancellation in 12 months",)


def test_twins_are_told_apart(desk: Desk, practice: Practice) -> None:  # ACT4
    from datetime import date

    practice.a_patient("Zuriel", "Okafor", date(2022, 3, 12), practice.amara_family)
    view = desk.query(practice.maria, request_view.open_request, practice.a_request())
    assert view.patient.look_alikes == ("Zuriel Okafor, 03/12/2022",)


def test_the_grandmother_who_may_not_book_is_shown_so(desk: Desk, practice: Practice) -> None:  # PP1
    request = practice.a_request()
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.amara.id)
            .values(valid_until=TODAY - timedelta(days=1))
        )
    sender = desk.query(practice.maria, request_view.open_request, request).sender
    assert (sender.relation, sender.may_book, sender.may_see_messages, sender.gets_notices) == (
        "mother",
        False,
        False,
        False,
    )
