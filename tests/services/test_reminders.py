"""Reminders of appointments: decided once, from the state at that moment, for whom a rule names, on both engines (RM1, RM2, JOB-02, JOB-04)."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import AppointmentType, Channel
from request_desk.domain.errors import Conflict, Invalid, NotAllowed
from request_desk.domain.ids import AppointmentId, CountingIds, ProviderId, ReminderRuleId, TypeId
from request_desk.domain.reminders import ReminderGroup, ReminderRule
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.notices import outbox, reminders
from request_desk.services.notices.reminders import Looked
from request_desk.services.practice import appointment_types, availability, directory
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.services.test_act_failures import Broken, broken_at, failing_everywhere

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOMORROW = TODAY + DAY
GROUPS = tuple(ReminderGroup)


def a_rule(practice: Practice, group: str = "patient", before: timedelta = DAY, **values: Any) -> int:
    rule = practice.new_id()
    minutes = before // MINUTE
    row = {"type_id": practice.well, "recipients": group, "minutes_before": minutes, "by_email": True, "by_sms": False}
    practice.insert(schema.reminder_rule, id=rule, **{**row, **values})
    return rule


def reached_by_everything(practice: Practice) -> None:
    """Everybody of the practice and of the family has an address and a telephone for text messages."""
    with practice.database.write() as connection:
        phones = schema.contact_point.c.channel == "phone"
        now = practice.desk.clock.now()
        connection.execute(update(schema.contact_point).where(phones).values(takes_texts=True, verified_at=now))
        for table, word in ((schema.provider, "doctor"), (schema.staff, "staff")):
            connection.execute(update(table).values(email=f"{word}@example.org", mobile_phone="+12065550148"))
        # Each contact has a telephone of its own: one that two share gets one message.
        for place, row in enumerate(connection.execute(select(schema.contact_point.c.id).where(phones)).all()):
            number = f"(206) 555-01{place:02}"
            connection.execute(
                update(schema.contact_point).where(schema.contact_point.c.id == row.id).values(value=number)
            )


def told(practice: Practice) -> list[tuple[int, int, str, str]]:
    """What was decided: (appointment, rule, recipient, outcome)."""
    table = schema.appointment_reminder.c
    with practice.database.read() as connection:
        found = select(table.appointment_id, table.rule_id, table.recipient, table.outcome)
        return [tuple(row) for row in connection.execute(found.order_by(*found.selected_columns))]


def lines(practice: Practice) -> list[tuple[int, dict[str, Any]]]:
    table = schema.journal.c
    with practice.database.read() as connection:
        found = select(table.entity_id, table.detail).where(table.action == "reminder_due").order_by(table.seq)
        return [(row.entity_id, row.detail) for row in connection.execute(found)]


def letters(practice: Practice, *states: str) -> list[Any]:
    table = schema.outbox
    with practice.database.read() as connection:
        found = select(table).where(table.c.kind.in_(("reminder", "staff_reminder"))).order_by(table.c.not_before)
        return [row for row in connection.execute(found) if not states or row.state in states]


def remind(practice: Practice) -> int:
    return tasks.remind(practice.desk).decided


def everybody(practice: Practice) -> set[str]:
    return {f"contact:{each.id}" for each in (practice.amara, practice.father, practice.grandmother)}


def test_each_who_hears_of_the_patient_is_told_once(practice: Practice, clock: FixedClock) -> None:  # RM2
    rule = a_rule(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    assert remind(practice) == 0  # it is 8:12
    clock.advance(68 * MINUTE)
    assert remind(practice) == 1
    assert told(practice) == sorted((visit, rule, who, "published") for who in everybody(practice))
    assert [line for line, _detail in lines(practice)] == [visit] * 3
    assert {detail["recipient"] for _line, detail in lines(practice)} == everybody(practice)
    assert lines(practice)[0][1] == {
        "rule_id": rule, "minutes_before": 1440, "group": "patient", "recipient": f"contact:{practice.amara.id}"
    }  # fmt: skip
    assert len(letters(practice)) == 3
    for _minute in range(3):
        clock.advance(MINUTE)
        assert remind(practice) == 0
    assert len(letters(practice)) == 3


def test_the_letter_tells_the_visit_and_goes_once(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    clock.advance(MINUTE)
    due = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    assert sorted(each.address for each in due) == ["amara@example.org", "chidi@example.org", "ngozi@example.org"]
    letter = due[0].composed(manage_url="http://127.0.0.1:8000/m/x")
    assert letter.subject == "Reminder of your appointment with Harbor Pediatrics"
    assert "Wednesday, November 25, 9:20 AM" in letter.body
    assert "Well visit" not in letter.body


def test_a_rule_without_channels_publishes_the_event_alone(
    practice: Practice, clock: FixedClock
) -> None:  # RM2, JOB-09
    a_rule(practice, by_email=False)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    assert len(lines(practice)) == 3
    assert letters(practice) == []


def test_a_contact_without_an_address_is_told_of_by_the_event(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice, by_email=False, by_sms=True)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)  # their telephones are not confirmed, and nobody wants text messages on them
    assert len(lines(practice)) == 3
    assert letters(practice) == []


def test_two_who_read_one_address_get_one_letter_for_both(practice: Practice, clock: FixedClock) -> None:
    with practice.database.write() as connection:
        points = schema.contact_point
        shared = points.c.contact_id.in_([practice.amara.id, practice.father.id]) & (points.c.channel == "email")
        connection.execute(update(points).where(shared).values(value="Okafor@example.org"))
    a_rule(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    assert len(lines(practice)) == 3
    first, second = letters(practice)
    assert (first.contact_id, first.payload["also"]) == (practice.amara.id, [practice.father.id])
    assert second.contact_id == practice.grandmother.id


@pytest.mark.parametrize(
    "values", [{"gets_notices": False}, {"valid_until": TODAY - DAY}], ids=["no notices", "right is over"]
)
def test_who_may_not_hear_is_not_told(practice: Practice, clock: FixedClock, values: dict[str, Any]) -> None:
    rule = a_rule(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    with practice.database.write() as connection:
        connection.execute(update(schema.contact_patient).values(**values))
    clock.advance(68 * MINUTE)
    assert remind(practice) == 1
    assert told(practice) == [(visit, rule, "", "nobody")]
    assert lines(practice) == []


@pytest.mark.parametrize("values", [{"deceased": True}, {"active": False}], ids=["deceased", "inactive"])
def test_nobody_is_reminded_of_a_patient_who_is_gone(
    practice: Practice, clock: FixedClock, values: dict[str, Any]
) -> None:
    a_rule(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).values(**values))
    clock.advance(68 * MINUTE)
    remind(practice)
    assert [row[3] for row in told(practice)] == ["nobody"]
    assert letters(practice) == []


@pytest.mark.parametrize("values", [{"opted_out": True}, {"active": False}], ids=["opted out", "switched off"])
def test_contacts_who_want_or_get_nothing_are_left_out(
    practice: Practice, clock: FixedClock, values: dict[str, Any]
) -> None:
    a_rule(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    with practice.database.write() as connection:
        connection.execute(update(schema.contact).where(schema.contact.c.id != practice.amara.id).values(**values))
    clock.advance(68 * MINUTE)
    remind(practice)
    assert [row[2] for row in told(practice)] == [f"contact:{practice.amara.id}"]


def test_providers_and_administrators_are_told_over_each_channel(practice: Practice, clock: FixedClock) -> None:  # RM1
    reached_by_everything(practice)
    a_rule(practice, "provider", by_sms=True)
    a_rule(practice, "administrator", by_sms=True)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    practice.a_staff("gone", "Gone", [Role.ADMINISTRATOR], active=False)
    clock.advance(68 * MINUTE)
    assert remind(practice) == 2
    assert {row[2] for row in told(practice)} == {f"provider:{practice.lindqvist}", f"staff:{practice.admin.id}"}
    found = {(row.provider_id, row.staff_id, row.channel) for row in letters(practice)}
    assert found == {
        (practice.lindqvist, None, "email"),
        (practice.lindqvist, None, "sms"),
        (None, practice.admin.id, "email"),
        (None, practice.admin.id, "sms"),
    }
    clock.advance(MINUTE)
    due = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL, Channel.SMS)).value
    assert sorted(each.address for each in due) == [
        "+12065550148", "+12065550148", "doctor@example.org", "staff@example.org"
    ]  # fmt: skip
    assert {each.spec.kind for each in due} == {"staff_reminder"}
    for each in due:
        body = each.composed().body
        assert "Nov" in body
        assert "Well visit" not in body


@pytest.mark.parametrize("status", ["held", "cancelled", "expired", "completed", "no_show"])
def test_only_what_is_booked_is_reminded_of(practice: Practice, clock: FixedClock, status: str) -> None:  # RM2
    a_rule(practice)
    values: dict[str, Any] = {"cancel_code": "pat"} if status == "cancelled" else {}
    if status == "held":
        values["hold_expires_at"] = clock.now() + 9 * DAY
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20", status=status, **values)
    clock.advance(68 * MINUTE)
    assert remind(practice) == 0
    assert told(practice) == []


def test_a_visit_of_another_type_or_a_rule_that_is_off_is_nothing(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice, active=False)
    a_rule(practice, type_id=practice.sick)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    assert remind(practice) == 0


def test_what_is_booked_after_its_reminder_was_due_gets_none(practice: Practice, clock: FixedClock) -> None:
    rule = a_rule(practice)
    now = clock.now()
    visit = practice.an_appointment(
        practice.zuri, practice.lindqvist, TOMORROW, "8:00", created_at=now, visible_at=now + 20 * MINUTE / 60
    )
    assert remind(practice) == 0  # what can be undone is nobody's to hear
    clock.advance(MINUTE)
    assert remind(practice) == 1
    assert told(practice) == [(visit, rule, "", "too_late")]
    assert letters(practice) == []


def test_what_was_cancelled_and_taken_back_is_still_reminded_of(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE - 10 * MINUTE / 60)
    done = practice.desk.perform(practice.maria, scheduling.cancel, visit, code="pat", expect_version=1)
    assert done.undo is not None
    clock.advance(15 * MINUTE / 60)  # its reminder was due meanwhile
    assert remind(practice) == 0
    practice.desk.undo(practice.maria, done.undo)
    assert remind(practice) == 1
    assert len(letters(practice)) == 3


def test_a_visit_that_was_cancelled_or_moved_after_its_letter_was_queued_is_not_told(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-08
    a_rule(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    practice.desk.perform(practice.maria, scheduling.cancel, visit, code="pat", expect_version=1)
    clock.advance(MINUTE)
    claimed = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    assert [each for each in claimed if each.spec.kind == "reminder"] == []
    assert {row.state for row in letters(practice)} == {"withdrawn"}
    assert {row.error for row in letters(practice)} == {"The visit is not booked any more."}


def test_a_letter_that_lay_too_long_is_not_sent(practice: Practice, clock: FixedClock) -> None:  # JOB-04
    a_rule(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    clock.advance(6 * HOUR)
    assert practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value == ()
    assert {row.error for row in letters(practice)} == {"It is too late for this notice."}


def test_after_hours_without_a_worker_nothing_is_lost_that_is_still_worth_sending(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-04
    rule = a_rule(practice)
    visits = [
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, f"{hour}:00", minutes=20)
        for hour in range(8, 17)
    ]
    clock.advance(8 * HOUR)  # it is 16:12: due were those until 16:00, the reminders of those before 10:12 are late
    assert remind(practice) == 6
    assert [row[0] for row in told(practice) if row[2] == f"contact:{practice.amara.id}"] == visits[3:]
    tasks.sweep(practice.desk)
    missed = [row for row in told(practice) if row[3] == "too_late"]
    assert missed == [(visit, rule, "", "too_late") for visit in visits[:3]]
    assert len(letters(practice)) == 18
    tasks.sweep(practice.desk)
    assert remind(practice) == 0
    clock.advance(2 * DAY)
    assert remind(practice) == 0
    assert len(letters(practice)) == 18


def test_after_two_days_without_a_worker_nobody_is_reminded_of_the_past(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-04
    a_rule(practice)
    a_rule(practice, before=HOUR)
    for hour in range(8, 17):
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, f"{hour}:00", minutes=20)
    clock.advance(2 * DAY)
    assert remind(practice) == 0
    tasks.sweep(practice.desk)
    assert told(practice) == []
    assert letters(practice) == []


def many(practice: Practice, count: int) -> None:
    """So many visits that start at the same moment, tomorrow at 9:20."""
    start = wall(TOMORROW, "9:20")
    with practice.database.write() as connection:
        providers = [
            {"id": 100_000 + place, "name": f"Dr. {place}", "short_name": f"Dr. {place}", "position": place}
            for place in range(count)
        ]
        connection.execute(insert(schema.provider), providers)
        rows = [
            {
                "id": 200_000 + place, "chain_id": 200_000 + place, "patient_id": practice.zuri,
                "provider_id": 100_000 + place, "location_id": practice.northside, "type_id": practice.well,
                "status": "confirmed", "starts_at": start, "ends_at": start + HOUR, "blocks_from": start,
                "blocks_until": start + HOUR, "booked_by_kind": "staff", "booked_by_id": practice.maria.id,
                "created_at": start - 9 * DAY, "visible_at": start - 9 * DAY, "zone": "America/Los_Angeles",
                "wall_time": "9:20",
            }
            for place in range(count)
        ]  # fmt: skip
        connection.execute(insert(schema.appointment), rows)


def test_many_at_once_come_in_batches_and_let_others_letters_through(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-04
    a_rule(practice)
    many(practice, 120)
    clock.advance(68 * MINUTE)
    first = practice.desk.perform(SYSTEM, reminders.sweep).value
    assert first == reminders.BATCH
    assert remind(practice) == 120 - first
    queued = letters(practice)
    assert len(queued) == 360
    due_now = [row for row in queued if row.not_before <= clock.now() + timedelta(seconds=1)]
    assert len(due_now) < 60
    assert max(row.not_before for row in queued) < clock.now() + 5 * MINUTE
    assert remind(practice) == 0


# What a worker remembers only saves work


def test_a_look_goes_on_from_the_last_one_and_misses_nothing(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice)
    for time in ("8:20", "9:20"):
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, time)
    last = tasks.remind(practice.desk).looked
    clock.advance(8 * MINUTE)
    at_8_20 = tasks.remind(practice.desk, last)
    clock.advance(3 * HOUR)  # nobody could look meanwhile
    at_11_20 = tasks.remind(practice.desk, at_8_20.looked)
    assert (at_8_20.decided, at_11_20.decided) == (1, 1)


def test_a_new_rule_counts_for_what_is_due_already(practice: Practice, clock: FixedClock) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:20")
    clock.advance(HOUR)
    last = tasks.remind(practice.desk).looked
    rule = a_rule(practice)
    first = tasks.remind(practice.desk, last)
    with practice.database.write() as connection:
        own = schema.reminder_rule.c.id == rule
        connection.execute(update(schema.reminder_rule).where(own).values(active=False, version=2))
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "8:40")
    off = tasks.remind(practice.desk, first.looked)
    with practice.database.write() as connection:
        connection.execute(update(schema.reminder_rule).where(own).values(active=True, version=3))
    on = tasks.remind(practice.desk, off.looked)
    assert (first.decided, off.decided, on.decided) == (1, 0, 1)


def test_a_clock_that_was_set_back_is_looked_at_anew(practice: Practice, clock: FixedClock) -> None:
    a_rule(practice)
    clock.advance(3 * HOUR)
    last = tasks.remind(practice.desk).looked
    clock.advance(-2 * HOUR)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:20")
    assert tasks.remind(practice.desk, last).decided == 1


# Exactly once, whatever happens


def rules_for_everybody(practice: Practice) -> dict[int, str]:
    """Three rules for each group over both channels, with their group."""
    reached_by_everything(practice)
    return {
        a_rule(practice, group, before, by_sms=True): group for group in GROUPS for before in (2 * DAY, DAY, 2 * HOUR)
    }


def another(practice: Practice, database_url: str, by: timedelta) -> tuple[Desk, FixedClock]:
    """Another worker on the same database, whose clock is that much ahead."""
    clock = FixedClock(practice.desk.clock.now() + by)
    return Desk(Database(database_url), clock, CountingIds(900_000)), clock


def test_each_rule_is_told_once_to_each_over_each_channel_of_what_stands(
    practice: Practice, clock: FixedClock, database_url: str
) -> None:  # RM2, JOB-02
    rules = rules_for_everybody(practice)
    other, fast = another(practice, database_url, 10 * MINUTE)
    now = clock.now() - 3 * DAY
    first = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY + 3 * DAY, "9:20", created_at=now, visible_at=now
    )
    visits: list[AppointmentId] = [first]
    looked: dict[Desk, Looked | None] = {}

    def tick(minutes: int) -> None:
        """Let time pass; each time one of the workers ends in the middle of its turn, at another statement, and begins anew."""
        for place in range(minutes // 20):
            for each in (clock, fast):
                each.advance(20 * MINUTE)
            worker = (practice.desk, other)[place % 2]
            with broken_at(worker.database, place % 60 + 1), suppress(Broken):
                tasks.remind(worker)
            for worker in (other, practice.desk):
                looked[worker] = tasks.remind(worker, looked.get(worker)).looked

    def replaced(day: Any, time: str) -> None:
        with practice.database.write() as connection:
            old = schema.appointment.c.id == visits[-1]
            connection.execute(update(schema.appointment).where(old).values(status="cancelled", cancel_code="moved"))
        made: dict[str, Any] = {
            "created_at": clock.now(),
            "visible_at": clock.now(),
            "replaces_id": visits[-1],
            "chain_id": first,
        }
        visits.append(practice.an_appointment(practice.zuri, practice.lindqvist, day, time, **made))

    tick(26 * 60)  # until 10:12 tomorrow: two days before 9:20 have come
    replaced(TODAY + 4 * DAY, "11:00")
    tick(26 * 60)  # two days before the new time, too
    replaced(TODAY + 5 * DAY, "14:00")
    with practice.database.write() as connection:  # cancelled, and made again at once
        standing = schema.appointment.c.id == visits[-1]
        connection.execute(update(schema.appointment).where(standing).values(status="cancelled", cancel_code="pat"))
    made: dict[str, Any] = {"created_at": clock.now(), "visible_at": clock.now()}
    visits.append(practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 5 * DAY, "15:00", **made))
    tick(3 * 24 * 60 + 4 * 60)
    other.close()

    people = {
        "patient": everybody(practice),
        "provider": {f"provider:{practice.lindqvist}"},
        "administrator": {f"staff:{practice.admin.id}"},
    }
    early = [rule for rule, place in zip(rules, range(9), strict=True) if place % 3 == 0]
    expected = Counter(
        (visit, rule, who, channel)
        for visit, passed in ((visits[0], early), (visits[1], early), (visits[3], list(rules)))
        for rule in passed
        for who in people[rules[rule]]
        for channel in ("email", "sms")
    )
    assert Counter((row[0], row[1], row[2]) for row in told(practice) if row[3] == "published") == Counter(
        {key[:3]: 1 for key in expected}
    )
    assert Counter((line, detail["rule_id"], detail["recipient"]) for line, detail in lines(practice)) == Counter(
        {key[:3]: 1 for key in expected}
    )
    sent: Counter[tuple[int, int, str, str]] = Counter()
    for row in letters(practice):
        who = (
            f"contact:{row.contact_id}" if row.contact_id else
            f"provider:{row.provider_id}" if row.provider_id else f"staff:{row.staff_id}"
        )  # fmt: skip
        sent[row.appointment_id, int(row.dedupe_key.split(":")[2]), who, row.channel] += 1
    assert sent == expected


def test_a_turn_that_fails_anywhere_leaves_nothing_behind(practice: Practice, clock: FixedClock) -> None:  # JOB-02
    rules_for_everybody(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    assert failing_everywhere(practice.database, lambda: practice.desk.perform(SYSTEM, reminders.sweep)) > 10
    assert len(letters(practice)) == 10


def test_two_workers_at_the_same_moment_tell_each_once(
    practice: Practice, clock: FixedClock, database_url: str
) -> None:  # JOB-02
    a_rule(practice)
    many(practice, 120)
    clock.advance(68 * MINUTE)
    workers = [practice.desk, *(Desk(Database(database_url), clock) for _each in range(2))]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(tasks.remind, workers))
    assert sum(each.decided for each in done) >= 120
    assert len(told(practice)) == len(lines(practice)) == len(letters(practice)) == 360
    for each in workers[1:]:
        each.close()


@pytest.mark.postgres
def test_a_server_s_clock_decides_and_not_that_of_a_desk(postgres_url: str, clock: FixedClock) -> None:  # JOB-02
    """One desk's clock is ten minutes fast: nothing is told early, and nothing counts as late."""

    class Fast(FixedClock):
        def by_server(self, _told: Any) -> Any:
            return clock.now()

    right = Desk(Database(postgres_url), clock, CountingIds(1000))
    practice = Practice(right, right.database)
    wrong = Desk(Database(postgres_url), Fast(clock.now() + 10 * MINUTE), CountingIds(900_000))
    a_rule(practice, before=5 * MINUTE)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:20")
    assert tasks.remind(wrong).decided == 0
    clock.advance(3 * MINUTE)
    assert tasks.remind(wrong).decided == 1
    assert tasks.remind(right).decided == 0
    assert {row.not_before >= clock.now() for row in letters(practice)} == {True}
    due = wrong.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    assert len(due) == 3
    right.close()
    wrong.close()


# Rules of a type


def of_type(practice: Practice) -> AppointmentType:
    types = practice.desk.query(practice.admin, directory.appointment_types)
    return next(each for each in types if each.id == practice.well)


def new_rule(group: ReminderGroup = ReminderGroup.PATIENT, before: timedelta = DAY, **values: Any) -> ReminderRule:
    return ReminderRule(ReminderRuleId(0), group, before, **values)


def rules(practice: Practice, type_id: TypeId | None = None) -> Sequence[ReminderRule]:
    found = practice.desk.query(practice.maria, reminders.rules_by_type)
    return found.get(type_id or practice.well, ())


def save(practice: Practice, version: int, *wanted: ReminderRule) -> Any:
    ruth = replace(practice.maria, roles=frozenset({Role.SCHEDULER, Role.TYPES}))
    return practice.desk.perform(
        ruth,
        appointment_types.save_type,
        practice.well,
        of_type(practice),
        reminders=wanted,
        expect_version=version,
    )


def test_rules_are_kept_with_their_type_and_undone_with_it(practice: Practice) -> None:  # RM1
    done = save(practice, 1, new_rule(before=2 * DAY), new_rule(), new_rule(ReminderGroup.PROVIDER, by_sms=True))
    first = rules(practice)
    assert [(each.group, each.before, each.by_sms) for each in first] == [
        (ReminderGroup.PATIENT, 2 * DAY, False),
        (ReminderGroup.PATIENT, DAY, False),
        (ReminderGroup.PROVIDER, DAY, True),
    ]
    assert done.value == 2
    second = save(practice, 2, first[0], ReminderRule(first[1].id, ReminderGroup.PATIENT, 3 * HOUR, active=False))
    assert [(each.id, each.before, each.active) for each in rules(practice)] == [
        (first[0].id, 2 * DAY, True),
        (first[1].id, 3 * HOUR, False),
    ]
    assert second.undo is not None
    practice.desk.undo(SYSTEM, second.undo)
    assert rules(practice) == first


def test_saving_a_type_alone_leaves_its_rules(practice: Practice) -> None:
    a_rule(practice)
    before = rules(practice)
    practice.desk.perform(SYSTEM, appointment_types.save_type, practice.well, of_type(practice), expect_version=1)
    assert rules(practice) == before


def test_a_rule_that_has_decided_is_switched_off_instead_of_deleted(practice: Practice, clock: FixedClock) -> None:
    rule = a_rule(practice)
    unused = a_rule(practice, before=2 * HOUR)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    clock.advance(68 * MINUTE)
    remind(practice)
    save(practice, 1)
    assert [(each.id, each.active) for each in rules(practice)] == [(rule, False)]
    assert unused not in [each.id for each in rules(practice)]


def test_a_change_of_a_type_that_somebody_else_changed_is_refused_whole(practice: Practice) -> None:
    save(practice, 1, new_rule())
    with pytest.raises(Conflict):
        save(practice, 1, new_rule(before=HOUR))
    assert [each.before for each in rules(practice)] == [DAY]


def test_rules_that_say_nothing_of_their_own_are_refused(practice: Practice) -> None:
    with pytest.raises(Invalid) as refused:
        save(practice, 1, new_rule(), new_rule(by_sms=True))
    assert "same people 1 day before" in refused.value.sentence
    assert rules(practice) == ()


def test_who_may_not_change_types_changes_no_rules(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.perform(
            practice.admin,
            appointment_types.save_type,
            practice.well,
            of_type(practice),
            reminders=[new_rule()],
            expect_version=1,
        )


def test_a_new_type_begins_with_its_rules(practice: Practice) -> None:
    made = practice.desk.perform(
        SYSTEM,
        appointment_types.add_type,
        replace(of_type(practice), name="New"),
        reminders=[new_rule()],
    ).value
    assert [each.before for each in rules(practice, made)] == [DAY]


def test_who_can_be_reached_is_told_to_whom_edits_types(practice: Practice) -> None:  # AP9
    with practice.database.write() as connection:
        own = schema.provider.c.id == practice.mwangi
        connection.execute(update(schema.provider).where(own).values(mobile_phone="+12065550148"))
    found = practice.desk.query(practice.maria, reminders.reachable)
    assert [(each.name, each.has_email, each.has_mobile) for each in found] == [
        ("Dr. Lindqvist", False, False),
        ("Dr. Mwangi", False, True),
        ("Administrator", False, False),
    ]


def test_a_provider_s_page_knows_whether_a_rule_needs_the_number(practice: Practice) -> None:  # AP9
    def is_texted(provider: ProviderId) -> bool:
        return practice.desk.query(practice.maria, availability.provider_week, provider, TODAY - DAY).is_texted

    rule = a_rule(practice, "provider")
    assert not is_texted(practice.mwangi)
    with practice.database.write() as connection:
        own = schema.reminder_rule.c.id == rule
        connection.execute(update(schema.reminder_rule).where(own).values(by_sms=True))
    assert is_texted(practice.mwangi)
    practice.insert(schema.appointment_type_provider, type_id=practice.well, provider_id=practice.lindqvist)
    assert not is_texted(practice.mwangi)
    assert is_texted(practice.lindqvist)
