"""Running late, location closed: who is told, in which words, once each, and the way back, on both engines (NT2)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.announcements import AnnouncementKind, News
from request_desk.domain.appointment_lists import AppointmentDetails
from request_desk.domain.careful import Doubt, Doubtful
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AnnouncementId, AppointmentId, LocationId, PatientId, ProviderId
from request_desk.domain.requests import Cancellation
from request_desk.domain.spans import Span
from request_desk.services.desk import Desk, Outcome, Unit
from request_desk.services.notices import announcements, outbox
from request_desk.services.notices.announcements import AnnouncementSituation, Telling
from request_desk.services.notices.outbox import DueNotice
from request_desk.services.schedule import acts, appointment_details
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

REST_OF_TODAY = Span(wall(TODAY, "8:12"), wall(TODAY + timedelta(days=1), "0:00"))
NONE: Mapping[str, str] = {}


def late(practice: Practice, minutes: int = 20, span: Span = REST_OF_TODAY) -> News:
    return News(AnnouncementKind.RUNNING_LATE, span, practice.mwangi, None, minutes)


def closed(practice: Practice) -> News:
    return News(AnnouncementKind.CLOSED, REST_OF_TODAY, None, practice.northside)


def a_visit(practice: Practice, given: str, time: str, language: str = "en", **values: Any) -> AppointmentId:
    child = practice.a_patient(given, "Ruiz", date(2021, 5, 4))
    practice.a_contact("Ana", "Ruiz", f"{given.lower()}@example.org", {child: {"relation": "mother"}}, language)
    return practice.an_appointment(child, practice.mwangi, TODAY, time, minutes=9, **values)


def seen(practice: Practice, news: News) -> AnnouncementSituation:
    return practice.desk.query(practice.maria, announcements.situation, news)


def announce(practice: Practice, news: News, texts: Mapping[str, str] = NONE) -> Outcome[AnnouncementId]:
    return practice.desk.perform(practice.maria, announcements.announce, news, texts)


def sent(practice: Practice, clock: FixedClock) -> tuple[DueNotice, ...]:
    clock.advance(timedelta(minutes=1))
    return practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value


def rows(practice: Practice, table: Any) -> list[Any]:
    with practice.database.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).all())


def unreached(practice: Practice, patient: PatientId) -> None:
    points, relations = schema.contact_point, schema.contact_patient
    theirs = select(relations.c.contact_id).where(relations.c.patient_id == patient)
    with practice.database.write() as connection:
        connection.execute(update(points).where(points.c.contact_id.in_(theirs)).values(verified_at=None))


def details(practice: Practice, visit: AppointmentId) -> AppointmentDetails:
    return practice.desk.query(practice.maria, appointment_details.details, visit)


def test_who_is_told_is_seen_with_channel_and_language_before_anybody_is(practice: Practice) -> None:  # NT2
    first, second = a_visit(practice, "Luz", "9:00", "es-MX"), a_visit(practice, "Teo", "9:20")
    a_visit(practice, "Over", "7:00")
    a_visit(practice, "Gone", "9:40", status="cancelled", cancel_code="pat")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    found = seen(practice, late(practice))
    assert [(each.appointment.id, each.telling) for each in found.appointments] == [
        (first, Telling.TOLD),
        (second, Telling.TOLD),
    ]
    told = [(one.name, one.channel, one.address, one.language) for each in found.appointments for one in each.people]
    assert told == [
        ("Ana Ruiz", Channel.EMAIL, "luz@example.org", "es"),
        ("Ana Ruiz", Channel.EMAIL, "teo@example.org", "en"),
    ]
    assert found.texts == {
        "en": "We are running late: please expect to wait about 20 minutes longer.",
        "es": "Llevamos retraso: cuente con esperar unos 20 minutos más.",
    }
    assert (found.letters, rows(practice, schema.outbox), rows(practice, schema.announcement)) == (2, [], [])


def test_each_family_gets_the_words_of_its_language_with_a_way_to_move(
    practice: Practice, clock: FixedClock
) -> None:  # NT2
    a_visit(practice, "Luz", "9:00", "es")
    a_visit(practice, "Teo", "9:20")
    announce(practice, late(practice), {"en": "Dr. Mwangi is later today.\nYou may wait in your car.", "es": ""})
    spanish, english = (each.composed(manage_url="https://p.example/m/x").body for each in sent(practice, clock))
    assert "cuente con esperar unos 20 minutos más" in spanish
    assert "Dr. Mwangi is later today.\nYou may wait in your car." in english
    assert all("https://p.example/m/x" in each for each in (spanish, english))


def test_a_letter_is_seen_as_its_reader_will_get_it(practice: Practice, clock: FixedClock) -> None:  # NT2
    visit = a_visit(practice, "Teo", "9:20")
    texts = {"en": "Dr. Mwangi is later today."}
    (shown,) = practice.desk.query(practice.maria, announcements.preview, late(practice), visit, texts)
    announce(practice, late(practice), texts)
    (notice,) = sent(practice, clock)
    assert notice.composed(manage_url="http://127.0.0.1:8000/m/...").body == shown.letter.body
    assert shown.letter.subject == "Harbor Pediatrics is running late"


def test_a_family_with_two_visits_hears_once_of_both(practice: Practice, clock: FixedClock) -> None:  # NT2
    first = a_visit(practice, "Luz", "9:00")
    mother = rows(practice, schema.contact)[-1].id
    brother = practice.a_patient("Teo", "Ruiz", date(2019, 5, 4))
    practice.insert(schema.contact_patient, contact_id=mother, patient_id=brother, relation="mother")
    second = practice.an_appointment(brother, practice.mwangi, TODAY, "9:20", minutes=20)
    found = seen(practice, closed(practice))
    assert [each.telling for each in found.appointments] == [Telling.TOLD, Telling.WITH_ANOTHER]
    assert found.appointments[0].together == (second,)
    (shown,) = practice.desk.query(practice.maria, announcements.preview, closed(practice), first, {}, (second,))
    announce(practice, closed(practice))
    (notice,) = sent(practice, clock)
    assert notice.composed(manage_url="http://127.0.0.1:8000/m/...").body == shown.letter.body
    assert "appointment of Luz and Teo:" in notice.composed().body
    for visit in (first, second):
        assert [each.kind for each in practice.desk.query(practice.maria, announcements.heard, visit)] == ["closed"]


def test_a_sister_whose_visit_was_cancelled_meanwhile_is_not_named(
    practice: Practice, clock: FixedClock
) -> None:  # NT1
    a_visit(practice, "Luz", "9:00")
    mother = rows(practice, schema.contact)[-1].id
    sister = practice.a_patient("Mia", "Ruiz", date(2019, 5, 4))
    practice.insert(schema.contact_patient, contact_id=mother, patient_id=sister, relation="mother")
    second = practice.an_appointment(sister, practice.mwangi, TODAY, "9:20", minutes=20)
    announce(practice, late(practice))
    practice.desk.perform(practice.maria, acts.act_alone, sister, Cancellation(second, 1, "pat", ""))
    (told,) = (each for each in sent(practice, clock) if each.spec.kind == "running_late")
    assert "appointment of Luz:" in told.composed().body


def test_where_the_first_visit_is_cancelled_meanwhile_the_family_hears_of_the_other(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-08
    first = a_visit(practice, "Luz", "9:00")
    patient, mother = rows(practice, schema.appointment)[-1].patient_id, rows(practice, schema.contact)[-1].id
    sister = practice.a_patient("Mia", "Ruiz", date(2019, 5, 4))
    practice.insert(schema.contact_patient, contact_id=mother, patient_id=sister, relation="mother")
    practice.an_appointment(sister, practice.mwangi, TODAY, "9:20", minutes=20)
    announce(practice, closed(practice))
    practice.desk.perform(practice.maria, acts.act_alone, patient, Cancellation(first, 1, "pat", ""))
    found = [*sent(practice, clock), *sent(practice, clock)]
    (told,) = (each for each in found if each.spec.kind == "closed")
    assert "appointment of Mia:" in told.composed().body
    assert "9:20" in told.composed().body


def test_the_same_is_never_told_twice_but_a_longer_delay_is(practice: Practice) -> None:  # NT2
    a_visit(practice, "Luz", "9:00")
    announce(practice, late(practice))
    with pytest.raises(Refused, match="told this already"):
        announce(practice, late(practice))
    later = replace(late(practice), span=Span(wall(TODAY, "8:30"), wall(TODAY, "12:00")))
    assert [each.telling for each in seen(practice, later).appointments] == [Telling.ALREADY]
    a_visit(practice, "Teo", "9:20")
    announce(practice, later)
    announce(practice, late(practice, 40))
    assert [row.kind for row in rows(practice, schema.outbox)] == ["running_late"] * 4
    assert len({row.dedupe_key for row in rows(practice, schema.outbox)}) == 4


def test_two_who_announce_the_same_at_one_moment_tell_everybody_once(practice: Practice) -> None:  # NT2
    for number in range(6):
        a_visit(practice, f"Child{number}", f"9:{number * 9:02}")

    def click(_number: int) -> str:
        try:
            announce(practice, late(practice))
        except Refused as refused:
            return refused.sentence
        return "told"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(click, range(4)))
    assert said == ["All of these families have been told this already, so nobody is told again."] * 3 + ["told"]
    assert len(rows(practice, schema.outbox)) == 6


def test_what_breaks_off_half_way_has_told_nobody_and_can_be_done_again(practice: Practice) -> None:  # JOB-01
    a_visit(practice, "Luz", "9:00")

    def breaks(unit: Unit) -> None:
        announcements.announce(unit, late(practice), NONE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        practice.desk.perform(practice.maria, breaks)
    assert (rows(practice, schema.announcement), rows(practice, schema.outbox)) == ([], [])
    announce(practice, late(practice))
    assert len(rows(practice, schema.outbox)) == 1


def test_it_is_taken_back_within_the_grace_time_and_can_be_told_anew(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # ACT8
    visit = a_visit(practice, "Luz", "9:00")
    done = announce(practice, late(practice))
    assert done.undo is not None
    assert done.undo.label == "Dr. Mwangi: 1 person told"
    desk.undo(practice.maria, done.undo)
    assert [row.state for row in rows(practice, schema.outbox)] == ["withdrawn"]
    assert desk.query(practice.maria, announcements.heard, visit) == ()
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, done.undo)
    announce(practice, late(practice))
    assert len(sent(practice, clock)) == 1


def test_what_has_left_is_not_taken_back(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # ACT8
    a_visit(practice, "Luz", "9:00")
    done = announce(practice, late(practice))
    sent(practice, clock)
    assert done.undo is not None
    with pytest.raises(UndoRefused, match="too late"):
        desk.undo(practice.maria, done.undo)


def test_a_visit_that_is_cancelled_meanwhile_or_over_is_not_told(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-08
    gone = a_visit(practice, "Luz", "9:00")
    a_visit(practice, "Teo", "9:20")
    announce(practice, late(practice))
    patient = rows(practice, schema.appointment)[0].patient_id
    practice.desk.perform(practice.maria, acts.act_alone, patient, Cancellation(gone, 1, "pat", ""))
    clock.advance(timedelta(hours=2))
    assert [each.spec.kind for each in sent(practice, clock)] == ["cancellation"]
    errors = {row.error for row in rows(practice, schema.outbox) if row.kind == "running_late"}
    assert errors == {"The visit is not booked any more.", "It is too late for this notice."}


def test_journal_and_timeline_show_what_was_told_and_what_was_taken_back(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # NT2
    visit = a_visit(practice, "Luz", "9:00")
    first = announce(practice, late(practice))
    assert first.undo is not None
    desk.undo(practice.maria, first.undo)
    announce(practice, late(practice, 30))
    assert [each.action for each in details(practice, visit).happened] == [
        "announced_running_late",
        "unannounced",
        "announced_running_late",
    ]
    (heard,) = desk.query(practice.maria, announcements.heard, visit)
    assert (heard.kind, heard.late_minutes, heard.at) == (AnnouncementKind.RUNNING_LATE, 30, clock.now())
    with practice.database.read() as connection:
        journal = schema.journal.c
        told = select(func.count()).where(journal.action == "announced", journal.topic == "delivery")
        assert connection.scalar(told) == 2


def test_whom_nobody_can_write_to_is_to_be_called(practice: Practice) -> None:  # NT2
    a_visit(practice, "Luz", "9:00")
    unreached(practice, rows(practice, schema.appointment)[0].patient_id)
    (row,) = seen(practice, late(practice)).appointments
    assert (row.telling, row.call) == (Telling.NOBODY, (("Ana Ruiz", "(206) 555-0147"),))
    with pytest.raises(Refused, match="None of these families can be written to"):
        announce(practice, late(practice))


def test_with_nobody_booked_nobody_is_told(practice: Practice) -> None:  # NT2
    with pytest.raises(Refused, match="No booked visit falls into this time"):
        announce(practice, late(practice))
    with pytest.raises(NotFound, match="Choose another one"):
        seen(practice, replace(late(practice), provider_id=ProviderId(999_999)))
    with pytest.raises(NotFound, match="Choose another one"):
        seen(practice, replace(closed(practice), location_id=LocationId(999_999)))


@pytest.mark.parametrize("text", ["Luz Ruiz comes later", "All well visits. The well visit is later"])
@pytest.mark.parametrize("is_meant", [False, True])
def test_a_text_that_tells_of_a_patient_is_refused(practice: Practice, text: str, *, is_meant: bool) -> None:  # NOTE-01
    a_visit(practice, "Luz", "9:00")
    with pytest.raises(Invalid, match="The text says"):
        practice.desk.perform(
            practice.maria, announcements.announce, late(practice), {"en": f"{text}, flu"}, is_meant=is_meant
        )
    assert rows(practice, schema.outbox) == []


def test_words_of_health_are_asked_about_once(practice: Practice) -> None:  # RE7, NT1
    a_visit(practice, "Luz", "9:00")
    texts = {"en": "Flu shots take longer today. We are sorry."}
    with pytest.raises(Doubtful, match="says “Flu” and “shots”, which may tell") as stopped:
        announce(practice, late(practice), texts)
    assert stopped.value.doubt is Doubt.HEALTH
    assert rows(practice, schema.outbox) == []
    practice.desk.perform(practice.maria, announcements.announce, late(practice), texts, is_meant=True)
    (row,) = rows(practice, schema.announcement)
    assert row.texts == texts


def test_only_who_may_change_the_schedule_announces(practice: Practice) -> None:  # AC1
    acts: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (announcements.situation, (late(practice),)),
        (announcements.announce, (late(practice), NONE)),
        (announcements.preview, (late(practice), AppointmentId(1), NONE)),
    )
    for act, values in acts:
        with pytest.raises(NotAllowed):
            practice.desk.perform(practice.amara, act, *values)
