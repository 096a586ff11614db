"""An appointment is told in the zone of its place, everywhere, with the zone named where it is not the reader's."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from request_desk.domain.access import SYSTEM
from request_desk.domain.careful import Doubtful
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Booking, Disposition, Reply
from request_desk.domain.spans import Slot, Span
from request_desk.domain.standing import state_sentence
from request_desk.domain.words import Words
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.portal import queries as portal_queries
from request_desk.services.practice import phrases
from request_desk.services.schedule import portal_schedule, queries as schedule_queries
from request_desk.store import schema
from tests.builders import MEANT, TODAY, ZONE, Practice

DENVER = PracticeTime("America/Denver")
TOMORROW = TODAY + timedelta(days=1)
EIGHT = DENVER.instant(TOMORROW, 8 * 60)  # 7:00 AM at the practice


def test_a_place_elsewhere_is_told_by_its_own_clock(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.location).where(schema.location.c.id == practice.harbor).values(zone="America/Denver")
        )
    request = practice.a_request()
    free = desk.query(
        practice.maria,
        schedule_queries.find_slots,
        type_id=practice.well,
        span=Span(EIGHT, EIGHT + timedelta(hours=1)),
        provider_ids=(practice.mwangi,),
    )
    assert free[0].starts_at == EIGHT  # the window is read in the zone of its place
    slot = Slot(practice.mwangi, practice.harbor, EIGHT, free[0].ends_at, free[0].blocked_until)
    act = Booking(slot, practice.well)
    told = desk.query(practice.maria, phrases.values_for, request, act)
    assert told["new.clock"] == "8:00 AM MST"  # in the letter too: who reads it may be elsewhere
    assert told["new.time"] == "Wed, Nov 25, 8:00 AM MST"
    done = desk.perform(
        practice.maria,
        handling.resolve,
        request,
        act,
        reply=Reply("See you."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
        assurance=MEANT,
    )
    assert done.value.summary == "Booked Zuri Okafor for Wed, Nov 25, 8:00 AM MST"
    clock.advance(timedelta(minutes=1))
    due = desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    mail = next(each for each in (notice.composed() for notice in due) if "appointment" in each.subject)
    assert "Wednesday, November 25, 8:00 AM MST" in mail.body
    assert "7:00" not in mail.body
    thread = desk.query(practice.amara, portal_queries.portal_thread, request)
    words = Words("en_US", ZONE, TODAY)
    assert state_sentence(thread.request.standing, words, clock.now()) == "Booked: Wed, Nov 25, 8:00 AM MST."
    (appointment,) = desk.query(practice.amara, portal_schedule.portal_appointments)
    assert words.at(appointment.zone).moment_with_zone(appointment.starts_at) == "Wed, Nov 25, 8:00 AM MST"
    again = practice.a_request()
    view = desk.query(practice.maria, request_view.open_request, again)
    assert words.at(view.upcoming[0].zone).moment(view.upcoming[0].starts_at) == "Wed, Nov 25, 8:00 AM MST"
    with pytest.raises(Doubtful, match="8:00 AM MST"):
        desk.perform(
            practice.maria,
            handling.resolve,
            again,
            act,
            reply=None,
            disposition=Disposition.OPEN,
            expect_version=1,
            assurance=MEANT,
        )


def test_a_visit_of_before_its_place_got_another_zone_is_told_by_the_clock_it_was_agreed_by(
    desk: Desk, practice: Practice
) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "9:20", place=practice.harbor)
    with practice.database.write() as connection:
        connection.execute(
            update(schema.location).where(schema.location.c.id == practice.harbor).values(zone="America/Denver")
        )
    (seen,) = desk.query(practice.amara, portal_schedule.portal_appointments)
    told = Words("en_US", ZONE, TODAY).at(seen.zone).moment_with_zone(seen.starts_at)
    assert told == "Wed, Nov 25, 9:20 AM PST"  # the moment that the family knows, and the zone it was said in


def test_the_readers_own_zone_is_not_named_beside_every_time() -> None:
    words = Words("en_US", ZONE, date(2026, 11, 24))
    at = ZONE.instant(date(2026, 11, 27), 550)
    assert words.at(ZONE.zone) is words
    assert words.at("") is words
    assert words.moment(at) == "Fri, Nov 27, 9:10 AM"
    assert words.at("America/Denver").moment(at) == "Fri, Nov 27, 10:10 AM MST"
    assert words.at("America/Denver").moment_with_zone(at) == "Fri, Nov 27, 10:10 AM MST"
    assert words.at("America/Denver").on(date(2026, 11, 27)).near_moment(at) == "today 10:10 AM MST"
