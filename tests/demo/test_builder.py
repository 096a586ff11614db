"""The demo practice as it is made: the same each time, as full as it says, and with every request of its files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.demo import builder, data
from request_desk.demo.builder import DemoPractice
from request_desk.demo.passwords import WORDS, four_words
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.appointments import NOBODY
from request_desk.domain.clock import Clock, FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import NotAllowed, NotFound, SlotTaken
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.passwords import accepted
from request_desk.domain.requests import RequestView, Tab, WishKind
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.people import access
from request_desk.services.practice import booking_secrets, directory, invariants, loading
from request_desk.services.schedule import meetings, queries as schedule_queries
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.conftest import created

EARLY = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)  # Tuesday, 3:30 in the night: the demo is of this Tuesday
BEFORE_SPRING = datetime(2027, 3, 12, 4, 0, tzinfo=UTC)  # Thursday evening; the clocks change two days later
pytestmark = pytest.mark.timeout(300)  # makes whole practices, on a machine that may be busy
_UNLIKE = {
    "password_hash",
    "reference",
    "submission_id",
    "command_id",
    "dedupe_key",
    "detail",
    "scope",
    "answer",
    "key_id",
    "sealed",
    "jti",
    "code_hash",
}


@dataclass(frozen=True)
class Made:
    """A built practice and a desk on it at the moment at which it opens."""

    practice: DemoPractice
    desk: Desk
    database: Database

    def staff(self, login: str) -> Actor:
        who = next(each for each in self.desk.query(SYSTEM, directory.staff_list) if each.login == login)
        return Actor(ActorKind.STAFF, who.id, who.name, who.roles, who.provider_id)

    def open_views(self) -> dict[str, RequestView]:
        """The open requests by their keys in the file, found by who sent what when."""
        maria = self.staff("maria")
        keys = self.desk.query(maria, inbox_queries.open_keys, Tab.OPEN)
        views = [self.desk.query(maria, request_view.open_request, key.id) for key in keys]
        calendar = data.calendar(EARLY)
        wanted = {
            (each.text.strip(), calendar.instant(each.arrived.day, each.arrived.at)): each
            for each in data.requests().request
        }
        found: dict[str, RequestView] = {}
        for view in views:
            key = wanted[view.thread[0].body, view.thread[0].created_at].key
            found[
                "kim-second"
                if key == "kim-second" and key not in found
                else "kim-first"
                if key == "kim-second"
                else key
            ] = view
        return found


def build(url: str, now: datetime, keys: Path) -> Made:
    database = Database(url)

    def desk_at(clock: Clock) -> Desk:
        return Desk(Database(url), clock, sealer=KeptSealer(FileStore(keys)))

    practice = builder.build(desk_at, now)
    return Made(practice, Desk(database, FixedClock(practice.opens_at)), database)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    created(url)
    found = build(url, EARLY, tmp_path_factory.mktemp("keys"))
    yield found
    found.desk.close()


@pytest.fixture(scope="module")
def views(made: Made) -> dict[str, RequestView]:
    return made.open_views()


# what families did by themselves


def test_one_family_moved_and_one_cancelled_by_themselves(made: Made) -> None:  # ML3, ML4
    with made.database.read() as connection:
        table = schema.appointment.c
        cancelled = connection.execute(
            select(schema.journal.c.entity_id).where(
                schema.journal.c.actor_kind == "contact", schema.journal.c.action == "cancelled"
            )
        ).all()
        moved = connection.execute(
            select(table.status).where(table.booked_by_kind == "contact", table.replaces_id.is_not(None))
        ).all()
    assert len(cancelled) == 1
    assert [row.status for row in moved] == ["confirmed"]


# the day


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 24, 8, 1, tzinfo=UTC), date(2026, 11, 24)),  # one past midnight on Tuesday
        (datetime(2026, 11, 24, 16, 12, tzinfo=UTC), date(2026, 11, 24)),  # 8:12 itself
        (datetime(2026, 11, 24, 16, 13, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 25, 7, 59, tzinfo=UTC), date(2026, 11, 25)),  # still Tuesday evening there
        (datetime(2026, 11, 27, 20, 0, tzinfo=UTC), date(2026, 11, 30)),  # Friday noon: Monday
        (datetime(2026, 11, 28, 20, 0, tzinfo=UTC), date(2026, 11, 30)),
    ],
)
def test_the_demo_opens_at_twelve_past_eight_on_the_next_working_day_whatever_the_hour(
    now: datetime, day: date
) -> None:
    calendar = data.calendar(now)
    assert calendar.today == day
    local = calendar.zone.wall(calendar.opens_at)
    assert (local.date(), local.hour, local.minute) == (day, 8, 12)
    assert calendar.opens_at >= now


@pytest.mark.parametrize("weekday", range(5))
def test_the_day_of_the_demo_is_like_a_tuesday_on_every_weekday(weekday: int) -> None:
    calendar = data.Calendar(date(2026, 11, 23) + timedelta(days=weekday), data.calendar(EARLY).zone)
    assert calendar.weekday("Tue") == weekday
    assert [calendar.written(number) for number in range(-1, 5)] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]
    assert {calendar.day(number).weekday() for number in range(-20, 20)} == set(range(5))
    assert calendar.day(5) == calendar.today + timedelta(days=7)
    assert calendar.day(-1) < calendar.today < calendar.day(1)
    assert calendar.today < calendar.after("Sat") <= calendar.today + timedelta(days=7)


# the whole


@pytest.mark.slow
def test_two_makings_at_the_same_moment_are_the_same_apart_from_ids(made: Made, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'again.db'}"
    created(url)
    again = build(url, EARLY, tmp_path)
    try:
        one, other = contents(made.database), contents(again.database)
        for name, rows in one.items():
            assert other[name] == rows, name
    finally:
        again.desk.close()


def is_id(value: Any) -> bool:
    return isinstance(value, int) and value > 2**40


def contents(database: Database) -> dict[str, list[Any]]:
    """All rows, each id by its rank: ids differ, but are given in the same order."""
    tables = [table for table in schema.metadata.sorted_tables if table.name != "command"]
    with database.read() as connection:
        raw = {table.name: [row._asdict() for row in connection.execute(select(table))] for table in tables}
    ids = sorted({value for rows in raw.values() for row in rows for value in row.values() if is_id(value)})
    ranks = {each: f"#{rank}" for rank, each in enumerate(ids)}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return ranks[value] if is_id(value) else value

    return {
        name: sorted(repr({key: plain(value) for key, value in row.items() if key not in _UNLIKE}) for row in rows)
        for name, rows in raw.items()
    }


@pytest.mark.slow
@pytest.mark.postgres
def test_it_is_made_on_postgresql_too_around_a_change_of_the_clocks(postgres_url: str, tmp_path: Path) -> None:
    found = build(postgres_url, BEFORE_SPRING, tmp_path)
    try:
        assert found.practice.day == date(2027, 3, 12)
        counts = found.desk.query(found.staff("maria"), inbox_queries.counts)
        assert counts[Tab.OPEN] == 60
        assert found.desk.query(SYSTEM, invariants.inconsistencies) == ()
    finally:
        found.desk.close()


def test_nothing_contradicts_itself_and_no_two_appointments_overlap(made: Made) -> None:
    assert made.desk.query(SYSTEM, invariants.inconsistencies) == ()


def test_nothing_happened_after_the_demo_opens_and_no_mail_waits(made: Made) -> None:
    latest = made.desk.query(SYSTEM, loading.latest_instant)
    assert latest is not None
    assert timedelta(0) <= made.practice.opens_at - latest <= timedelta(minutes=5)
    assert made.desk.query(SYSTEM, outbox.next_due, tuple(Channel)) is None
    assert made.desk.query(SYSTEM, loading.newest_line) == made.practice.last_line


# people


def test_eight_thousand_patients_live_in_families_of_one_to_five(made: Made) -> None:
    with made.database.read() as connection:
        patients = connection.execute(select(schema.patient).where(schema.patient.c.id != NOBODY)).all()
        relations = connection.execute(select(schema.contact_patient)).all()
    assert len(patients) == 8000
    assert set(Counter(Counter(row.household_id for row in patients).values())) == {1, 2, 3, 4, 5}
    oldest = made.practice.day.replace(year=made.practice.day.year - 22)
    assert all(oldest < row.birth_day <= made.practice.day for row in patients)
    assert {name for name, _times in Counter(row.family_name for row in patients).most_common(2)} == {
        "Garcia",
        "Nguyen",
    }
    assert {row.id for row in patients} == {row.patient_id for row in relations}
    assert {"mother", "father", "grandmother", "grandfather", "self"} <= {row.relation for row in relations}
    assert any(not row.may_book for row in relations)


def test_names_are_written_in_many_scripts(made: Made) -> None:
    with made.database.read() as connection:
        names = {row.family_name for row in connection.execute(select(schema.patient.c.family_name))}
    for first, last in (
        ("\u0400", "\u04ff"),
        ("\u0600", "\u06ff"),
        ("\u4e00", "\u9fff"),
        ("\uac00", "\ud7a3"),
        ("\u0900", "\u097f"),
    ):
        assert any(first <= name[0] <= last for name in names)


def test_every_address_is_somebody_s_own_and_invented(made: Made) -> None:
    with made.database.read() as connection:
        points = connection.execute(select(schema.contact_point)).all()
    emails = [row.lookup for row in points if row.channel == "email"]
    assert len(set(emails)) == len(emails) > 7000
    assert all(email.endswith("@example.org") for email in emails)
    assert all(" 555-01" in row.value for row in points if row.channel == "phone")


def test_relatives_of_grown_up_patients_have_no_rights_any_more(made: Made) -> None:
    with made.database.read() as connection:
        joined = schema.contact_patient.join(schema.patient, schema.patient.c.id == schema.contact_patient.c.patient_id)
        rows = connection.execute(select(schema.contact_patient, schema.patient.c.birth_day).select_from(joined)).all()
    grown = [row for row in rows if (made.practice.day - row.birth_day).days / 365.2425 > 18.01]
    assert grown
    for row in grown:
        assert (row.valid_until is None) == (row.relation == "self")


# the schedule


def share(made: Made, day: date) -> float:
    """How much of the bookable time of a day is taken, as the day view shows it."""
    shown = made.desk.query(made.staff("maria"), schedule_queries.day, day)
    bookable = taken = timedelta(0)
    for column in shown.columns:
        for span in column.open:
            away = sum(
                (
                    max(timedelta(0), min(span.ends_at, each.ends_at) - max(span.starts_at, each.starts_at))
                    for each in column.absences
                ),
                timedelta(0),
            )
            bookable += span.ends_at - span.starts_at - away
        taken += sum((entry.ends_at - entry.starts_at for entry in column.entries), timedelta(0))
        taken += sum(
            (timedelta(minutes=10) for entry in column.entries if entry.type_name == "Asthma follow-up"), timedelta(0)
        )
    return taken / bookable


def test_today_is_nearly_full_tomorrow_less_and_week_four_half(made: Made) -> None:
    calendar = data.calendar(EARLY)
    assert share(made, calendar.day(0)) == pytest.approx(0.95, abs=0.015)
    assert share(made, calendar.day(1)) == pytest.approx(0.85, abs=0.02)
    week_four = [share(made, calendar.day(number)) for number in range(15, 20)]
    assert sum(week_four) / 5 == pytest.approx(0.45, abs=0.025)
    assert share(made, calendar.day(4)) > share(made, calendar.day(3))  # Mondays are heavy


def test_the_last_year_has_completed_missed_and_late_cancelled_appointments(made: Made) -> None:
    table = schema.appointment
    opens_at = made.practice.opens_at
    with made.database.read() as connection:
        rows = connection.execute(
            select(table.c.status, table.c.late_cancel, table.c.starts_at).where(table.c.starts_at < opens_at)
        ).all()
    by_status = Counter(row.status for row in rows)
    assert by_status["completed"] > 20_000
    assert by_status["no_show"] > 300
    assert sum(row.late_cancel for row in rows) > 300
    assert min(row.starts_at for row in rows) < opens_at - timedelta(days=360)
    assert max(row.starts_at for row in rows if row.status == "completed") < opens_at
    late = [row for row in rows if row.status == "confirmed"]
    assert {row.starts_at > opens_at - timedelta(hours=24) for row in late} == {
        True
    }  # the 8:00 ones, and a forgotten one


def test_nobody_is_seen_before_birth_or_twice_at_once(made: Made) -> None:
    table = schema.appointment
    with made.database.read() as connection:
        joined = table.join(schema.patient, schema.patient.c.id == table.c.patient_id)
        rows = connection.execute(
            select(table.c.patient_id, table.c.starts_at, table.c.status, schema.patient.c.birth_day).select_from(
                joined
            )
        ).all()
    zone = data.calendar(EARLY).zone
    assert all(row.birth_day <= zone.day_of(row.starts_at) for row in rows)
    confirmed = Counter((row.patient_id, row.starts_at) for row in rows if row.status == "confirmed")
    assert max(confirmed.values()) == 1


def test_somebody_is_just_booking_by_themselves(made: Made) -> None:  # BK5
    with made.database.read() as connection:
        held = connection.execute(select(schema.appointment).where(schema.appointment.c.patient_id == NOBODY)).one()
    assert held.status == "held"
    assert held.hold_expires_at > made.practice.opens_at


def test_some_of_today_s_visits_are_by_video_and_there_is_a_server_for_them(made: Made) -> None:  # VM1
    who = made.staff("lindqvist")
    day = made.desk.query(who, meetings.own_day)
    assert day.has_server
    assert 2 <= len(day.meetings) <= 3
    assert all(each.appointment.starts_at > data.calendar(EARLY).opens_at for each in day.meetings)


# the requests


def test_exactly_the_sixty_requests_of_the_file_are_open(made: Made, views: dict[str, RequestView]) -> None:
    assert set(views) == {each.key for each in data.requests().request}
    assert made.desk.query(made.staff("maria"), inbox_queries.counts)[Tab.OPEN] == 60


def test_every_open_request_is_in_somebody_s_unread_tab(made: Made, views: dict[str, RequestView]) -> None:
    seen: set[int] = set()
    for who in data.practice().staff:
        seen |= {key.id for key in made.desk.query(made.staff(who.login), inbox_queries.open_keys, Tab.UNREAD)}
    assert seen == {view.id for view in views.values()}


def test_every_tab_has_life(made: Made) -> None:
    maria = made.staff("maria")
    counts = made.desk.query(maria, inbox_queries.counts)
    assert (counts[Tab.UNREAD], counts[Tab.WAITING], counts[Tab.FORWARDED]) == (58, 4, 2)
    completed = made.desk.query(maria, inbox_queries.list_page, Tab.COMPLETED).rows
    assert len(completed) == 21
    assert sum(row.delivery_failed for row in completed) == 1
    assert len(made.desk.query(maria, inbox_queries.deliveries).rows) == 1


@pytest.mark.parametrize("asked", data.requests().request, ids=lambda asked: asked.key)
def test_a_request_is_as_its_file_says(views: dict[str, RequestView], asked: data.FileRequest) -> None:
    view = views[asked.key]
    assert view.kind == asked.kind
    assert [str(wish.state) for wish in view.wishes if wish.wish.kind is WishKind.SLOT] == [
        wish.state for wish in asked.wishes if wish.kind == "slot"
    ]
    assert [wish.wish.kind for wish in view.wishes] == [wish.kind for wish in asked.wishes]
    assert (view.appointment is not None) == (asked.appointment is not None)
    assert (view.claim is not None) == bool(asked.claimed_by)
    assert bool(view.forwards) == (asked.forwarded is not None)
    if isinstance(asked.child, data.AnyChild):
        assert asked.child.family in ("", view.patient.family_name)
        assert view.sender.relation == asked.from_


def test_the_special_cases_are_what_they_claim(made: Made, views: dict[str, RequestView]) -> None:
    day = made.practice.day
    wren = views["wren-twelve-months"]
    wished = wren.wishes[0].wish.starts_at
    assert wished is not None
    first_birthday = wren.patient.birth_day.replace(year=wren.patient.birth_day.year + 1)
    assert (first_birthday - data.calendar(EARLY).zone.day_of(wished)).days == 9
    assert not views["grandmother"].sender.may_book
    assert (day - views["sixteen"].patient.birth_day).days // 365 == 16
    assert views["sixteen"].sender.relation == "self"
    assert [letter.body for letter in views["thanks"].thread][-1] == "thank you!!"
    assert len(views["thanks"].thread) == 3
    cancelled = views["nair-ear"].appointment
    assert cancelled is not None
    assert cancelled.starts_at == data.calendar(EARLY).instant(0, "10:00")
    over = views["cancel-over"].appointment
    assert over is not None
    assert over.ends_at < made.practice.opens_at
    assert any(other.opposite for other in views["brooks-mother"].related)
    assert views["twin-girl"].patient.birth_day == views["twin-boy"].patient.birth_day
    assert views["lookalike-noah"].patient.look_alikes
    of_family = {appointment.patient_name for appointment in views["cancel-both"].upcoming}
    assert len(of_family) == 2
    assert views["nurse-question"].target_name == "Nurse line"
    claim = views["reyes-asthma"].claim
    assert claim is not None
    assert claim.initials == "KP"


def test_the_answers_of_the_days_before_name_the_times_that_they_gave(made: Made) -> None:
    maria = made.staff("maria")
    answered = made.desk.query(maria, inbox_queries.list_page, Tab.COMPLETED).rows
    assert answered
    for row in answered:
        view = made.desk.query(maria, request_view.open_request, row.id)
        assert view.completed_by
        assert "{" not in view.thread[-1].body
        assert len(view.thread) == 2 or view.completion_reason


# signing in


def test_everybody_has_a_password_of_four_words(made: Made) -> None:
    assert {each.login for each in made.practice.staff} == {each.login for each in data.practice().staff}
    assert len({each.password for each in made.practice.staff}) == len(made.practice.staff)
    maria = next(each for each in made.practice.staff if each.login == made.practice.sign_in_as)
    assert (maria.login, made.practice.colleague) == ("maria", "kofi")
    attempt = access.sign_in(made.desk, maria.login, maria.password, "here")
    assert attempt.signed_in is not None
    assert not attempt.signed_in.must_change


def test_passwords_of_four_words_are_acceptable_ones() -> None:
    assert len(set(WORDS)) == len(WORDS) >= 256
    random = SystemRandom()
    for _each in range(200):
        password = four_words(random)
        assert accepted(password, personal=("maria", "Maria Santos", "Harbor Pediatrics", "Request Desk")) == password
        assert len(password.split("-")) == 4


# loading


def test_only_the_program_loads_and_only_what_has_no_life_of_its_own(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.perform(practice.admin, loading.load, {})
    with pytest.raises(ValueError, match="request"):
        practice.desk.perform(SYSTEM, loading.load, {"request": [{"id": 1}]})
    with pytest.raises(NotFound):
        practice.desk.perform(SYSTEM, loading.set_may_book, ContactId(1), PatientId(practice.zuri), may_book=True)


def test_loading_writes_one_line_a_table_and_all_or_nothing(practice: Practice) -> None:
    def appointment(number: int, time: str) -> dict[str, Any]:
        start = wall(TODAY, time)
        return {
            "id": number,
            "chain_id": number,
            "patient_id": practice.zuri,
            "provider_id": practice.lindqvist,
            "location_id": practice.northside,
            "type_id": practice.sick,
            "status": "confirmed",
            "starts_at": start,
            "ends_at": start + timedelta(minutes=20),
            "blocks_from": start,
            "blocks_until": start + timedelta(minutes=20),
            "booked_by_kind": "staff",
            "booked_by_id": practice.maria.id,
            "created_at": start,
            "visible_at": start,
            "zone": "America/Los_Angeles",
            "wall_time": f"{TODAY} {time}",
        }

    location = {"id": 7, "name": "Annex", "zone": "America/Los_Angeles"}
    before = practice.desk.query(SYSTEM, loading.newest_line)
    with pytest.raises(SlotTaken):
        practice.desk.perform(
            SYSTEM,
            loading.load,
            {"location": [location], "appointment": [appointment(101, "9:00"), appointment(102, "9:10")]},
        )
    assert practice.desk.query(SYSTEM, loading.newest_line) == before
    outcome = practice.desk.perform(
        SYSTEM,
        loading.load,
        {"appointment": [appointment(101, "9:00"), appointment(102, "9:20")], "location": [location]},
    )
    assert outcome.value == 3
    assert [(entry.action, entry.topic) for entry in outcome.changes.entries] == [
        ("loaded", "directory"),
        ("loaded", "appointment"),
    ]


def test_looking_and_claiming_do_not_count_as_use(practice: Practice) -> None:
    from request_desk.services.inbox import marks as inbox_marks

    request_id = practice.a_request()
    before = practice.desk.query(SYSTEM, loading.newest_line)
    practice.desk.perform(practice.kofi, inbox_marks.claim, request_id)
    practice.desk.perform(practice.kofi, inbox_marks.mark_read, (request_id,))
    assert not practice.desk.query(SYSTEM, loading.has_been_used, before)
    practice.desk.perform(practice.maria, inbox_marks.add_note, request_id, "called them")
    assert practice.desk.query(SYSTEM, loading.has_been_used, before)


def test_partners_have_secrets(made: Made) -> None:  # BS1
    helen = next(each for each in made.desk.query(SYSTEM, directory.staff_list) if each.login == "helen")
    actor = Actor(ActorKind.STAFF, helen.id, helen.name, helen.roles)
    found = made.desk.query(actor, booking_secrets.booking_secrets)
    assert [(each.name, each.last_used_at is not None) for each in found] == [
        ("Harbor Bay Urgent Care", False),
        ("Sunrise Elementary School", True),
        ("Sunrise Elementary School", False),
    ]


def test_somebody_is_squeezed_in_today_beside_another_visit(made: Made) -> None:  # AV6
    table = schema.appointment.c
    with made.database.read() as connection:
        (squeezed,) = connection.execute(select(schema.appointment).where(table.lane > 0)).all()
        beside = connection.execute(
            select(table.status).where(
                table.provider_id == squeezed.provider_id, table.starts_at == squeezed.starts_at, table.lane == 0
            )
        ).scalar_one()
        lanes = connection.execute(
            select(schema.availability_window.c.provider_id)
            .where(schema.availability_window.c.work_in_lanes > 0)
            .distinct()
        ).scalars()
        assert list(lanes) == [squeezed.provider_id]
    assert (squeezed.status, beside) == ("confirmed", "confirmed")
    assert squeezed.overrule
