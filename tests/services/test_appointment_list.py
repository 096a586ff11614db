"""The overview of appointments: filters, orders, pages that stand whatever changes, who sees what, one in full (AP1, AP2)."""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from request_desk.domain.access import Actor, Role
from request_desk.domain.appointment_lists import AppointmentDetails, AppointmentFilters, AppointmentOrder, meeting_uid
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotAllowed
from request_desk.domain.ids import AppointmentId
from request_desk.domain.paging import Page
from request_desk.domain.requests import Cancellation
from request_desk.services.schedule import acts, appointment_details, appointment_list
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.services.test_holds import hold
from tests.services.test_scheduling import move

TOMORROW = TODAY + timedelta(days=1)
ORDERS = list(itertools.product(AppointmentOrder, (False, True)))
Status = AppointmentStatus


def pages(practice: Practice, limit: int = 3, by: Actor | None = None, **values: Any) -> list[Appointment]:
    """Every row, read page by page."""
    found: list[Appointment] = []
    after = None
    while True:
        page: Page[Appointment] = practice.desk.query(
            by or practice.maria, appointment_list.list_page, after=after, limit=limit, **values
        )
        assert len(page.rows) <= limit
        found += page.rows
        after = page.after
        if after is None:
            return found


def ids(rows: Sequence[Appointment]) -> list[AppointmentId]:
    return [row.id for row in rows]


def a_provider(practice: Practice) -> Actor:
    return replace(
        practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist),
        provider_id=practice.lindqvist,
    )


@pytest.fixture
def many(practice: Practice) -> list[AppointmentId]:
    """Thirty appointments of four patients, two providers and every status, many at the same time."""
    pick = random.Random(7)
    patients = [
        practice.zuri,
        *(practice.a_patient(*name, date(2021, 5, 1)) for name in (("Ada", "Okafor"), ("Bo", "Lee"), ("李", "王"))),
    ]
    found = []
    for number in range(30):
        status = pick.choice(list(Status))
        until = practice.desk.clock.now() + timedelta(minutes=pick.choice([-5, 5]))
        values: dict[str, Any] = {"hold_expires_at": until} if status is Status.HELD else {}
        if status is Status.CANCELLED:
            values["cancel_code"] = pick.choice(["pat", "dropped", "undone"])
        day = TODAY + timedelta(days=number // 3 - 5)
        provider = pick.choice([practice.lindqvist, practice.mwangi])
        values["lane"] = number  # side by side: the list asks no provider to be at one place only
        place = pick.choice([practice.northside, practice.harbor])
        patient = pick.choice(patients)
        found.append(practice.an_appointment(patient, provider, day, "9:00", status=status, place=place, **values))
    return found


def keys(practice: Practice, order: AppointmentOrder) -> Callable[[Appointment], tuple[Any, ...]]:
    names = {practice.lindqvist: 0, practice.mwangi: 1}

    def key(row: Appointment) -> tuple[Any, ...]:
        given, _space, family = row.patient_name.rpartition(" ")
        first = {
            AppointmentOrder.START: (),
            AppointmentOrder.PATIENT: (family, given, row.patient_id),
            AppointmentOrder.PROVIDER: (names[row.provider_id],),
            AppointmentOrder.STATUS: (appointment_list.STATUS_ORDER.index(row.status),),
        }[order]
        return (*first, row.starts_at, row.id)

    return key


@pytest.mark.parametrize(("order", "descending"), ORDERS)
def test_pages_in_any_order_are_the_whole_list(
    practice: Practice, many: list[AppointmentId], order: AppointmentOrder, descending: bool
) -> None:
    rows = pages(practice, order=order, descending=descending)
    assert ids(rows) == ids(sorted(rows, key=keys(practice, order), reverse=descending))
    assert sorted(ids(rows)) == sorted(many)


@pytest.mark.parametrize(("order", "descending"), ORDERS)
@pytest.mark.parametrize(
    "narrow",
    [
        lambda practice: {"statuses": (Status.HELD, Status.CONFIRMED)},
        lambda practice: {"statuses": (Status.EXPIRED,), "provider_ids": (practice.lindqvist, practice.mwangi)},
        lambda practice: {"statuses": (Status.CANCELLED, Status.EXPIRED, Status.NO_SHOW)},
        lambda practice: {"provider_ids": (practice.mwangi,), "location_ids": (practice.harbor,)},
        lambda practice: {"patient_id": practice.zuri, "statuses": tuple(Status)},
        lambda practice: {"since": wall(TODAY, "9:00"), "until": wall(TODAY + timedelta(days=2), "9:00")},
    ],
)
def test_filters_leave_out_what_they_say(
    practice: Practice,
    many: list[AppointmentId],
    order: AppointmentOrder,
    descending: bool,
    narrow: Callable[[Practice], dict[str, Any]],
) -> None:
    filters = AppointmentFilters(**narrow(practice))
    everything = pages(practice, 50)
    assert len(everything) == len(many)
    fitting = {
        row.id
        for row in everything
        if (not filters.provider_ids or row.provider_id in filters.provider_ids)
        and (not filters.location_ids or row.location_id in filters.location_ids)
        and (not filters.statuses or row.status in filters.statuses)
        and filters.patient_id in (None, row.patient_id)
        and (filters.since is None or row.starts_at >= filters.since)
        and (filters.until is None or row.starts_at < filters.until)
    }
    rows = pages(practice, order=order, descending=descending, filters=filters)
    assert ids(rows) == ids(sorted(rows, key=keys(practice, order), reverse=descending))
    assert set(ids(rows)) == fitting
    assert fitting


def test_a_hold_that_ran_out_is_not_held_whether_that_was_written_or_not(practice: Practice, clock: FixedClock) -> None:
    held = hold(practice, "15:00")
    active = AppointmentFilters(statuses=(Status.HELD,))
    assert ids(pages(practice, filters=active)) == [held.id]
    assert practice.desk.query(practice.maria, appointment_list.holds_under_way) == 1
    clock.advance(timedelta(hours=1))
    assert pages(practice, filters=active) == []
    assert practice.desk.query(practice.maria, appointment_list.holds_under_way) == 0
    (row,) = pages(practice, filters=AppointmentFilters(statuses=(Status.EXPIRED,)))
    assert row.status is Status.EXPIRED


@pytest.mark.parametrize(("order", "descending"), ORDERS)
def test_the_place_behind_a_page_stands_when_its_row_leaves(
    practice: Practice, many: list[AppointmentId], order: AppointmentOrder, descending: bool
) -> None:
    values: dict[str, Any] = {
        "order": order,
        "descending": descending,
        "filters": AppointmentFilters(statuses=(Status.CONFIRMED, Status.COMPLETED)),
    }
    whole = ids(pages(practice, **values))
    first = practice.desk.query(practice.maria, appointment_list.list_page, limit=3, **values)
    with practice.database.write() as connection:
        gone = schema.appointment.c.id == first.rows[-1].id
        connection.execute(update(schema.appointment).where(gone).values(status="cancelled", cancel_code="pat"))
    rest: list[AppointmentId] = []
    after = first.after
    while after is not None:
        page = practice.desk.query(practice.maria, appointment_list.list_page, limit=3, after=after, **values)
        rest += ids(page.rows)
        after = page.after
    assert [*ids(first.rows), *rest] == whole


def test_a_provider_sees_the_own_alone(practice: Practice) -> None:  # AP1
    own = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    other = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "10:00")
    astrid = a_provider(practice)
    assert ids(pages(practice, by=astrid)) == [own]
    for order in AppointmentOrder:
        assert ids(pages(practice, by=astrid, order=order)) == [own]
    assert pages(practice, by=astrid, filters=AppointmentFilters(provider_ids=(practice.mwangi,))) == []
    assert details(practice, own, astrid).appointment.id == own
    with pytest.raises(NotAllowed, match=r"Dr\. Mwangi"):
        details(practice, other, astrid)
    assert pages(practice, by=replace(astrid, provider_id=None)) == []


def test_a_provider_counts_the_own_holds(practice: Practice) -> None:  # AP1
    hold(practice, "15:00")
    astrid = a_provider(practice)
    assert practice.desk.query(astrid, appointment_list.holds_under_way) == 1
    assert practice.desk.query(replace(astrid, provider_id=practice.mwangi), appointment_list.holds_under_way) == 0


def details(practice: Practice, appointment: AppointmentId, by: Actor | None = None) -> AppointmentDetails:
    return practice.desk.query(by or practice.maria, appointment_details.details, appointment)


def test_the_detail_has_the_chain_in_both_directions(practice: Practice) -> None:  # AP2, AP4
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    seen = details(practice, first)
    assert ids(seen.chain) == [first]
    second = move(practice, seen.appointment, "11:00", day=TOMORROW).value
    third = move(practice, second, "13:00", day=TOMORROW).value
    for each in (first, second.id, third.id):
        assert ids(details(practice, each).chain) == [first, second.id, third.id]
    assert details(practice, third.id).appointment.replaces_id == second.id


def test_the_detail_tells_patient_contacts_and_the_visits_around(practice: Practice) -> None:  # AP2
    before = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY - timedelta(days=9), "9:00", status="completed"
    )
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - timedelta(days=3), "9:00", status="no_show")
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", overrule="Twins together")
    behind = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=9), "9:00")
    found = details(practice, seen)
    assert (found.last and found.last.id, found.coming and found.coming.id) == (before, behind)
    assert found.missed.no_shows == 1
    assert found.patient.birth_day == date(2022, 3, 12)
    assert [contact.name for contact, _relation in found.contacts] == ["Amara Okafor", "Chidi Okafor", "Ngozi Okafor"]
    assert [relation.may_book for _contact, relation in found.contacts] == [True, True, False]
    assert (found.overrule, found.address) == ("Twins together", "1 Northside, Seattle")


def test_what_happened_is_told_with_who_did_it(practice: Practice) -> None:  # AP2
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    act = Cancellation(seen, 1, "pat", "Moving away")
    practice.desk.perform(practice.kofi, acts.act_alone, practice.zuri, act)
    found = details(practice, seen)
    assert [(each.action, each.who) for each in found.happened] == [("cancelled", "Kofi Prah")]
    assert {each.contact_name for each in found.deliveries} == {"Amara Okafor", "Chidi Okafor", "Ngozi Okafor"}
    assert found.appointment.cancel_text == "Moving away"


def test_a_hold_that_is_cancelled_is_told_to_nobody(practice: Practice) -> None:  # AP3
    held = hold(practice, "15:00")
    done = practice.desk.perform(
        practice.maria, acts.act_alone, practice.zuri, Cancellation(held.id, held.version, "pat", "")
    )
    assert done.undo is None
    found = details(practice, held.id)
    assert (found.appointment.status, found.appointment.cancel_code) == (Status.CANCELLED, "pat")
    assert found.deliveries == ()


def test_the_notes_of_a_request_are_for_those_who_may_see_it(practice: Practice) -> None:
    request = practice.a_request()
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", request_id=request)
    found = details(practice, seen)
    assert [each.action for each in found.happened] == ["submitted"]
    assert details(practice, seen, a_provider(practice)).happened == ()


def test_the_export_names_the_appointment_before(practice: Practice) -> None:  # AP4
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    second = move(practice, details(practice, first).appointment, "11:00", day=TOMORROW).value
    page = practice.desk.query(
        practice.maria,
        appointment_list.export_page,
        AppointmentFilters(statuses=(Status.CONFIRMED,)),
        AppointmentOrder.START,
        descending=False,
    )
    line = dict(zip(appointment_list.export_headings(), page.rows[0], strict=True))
    assert (line["meeting_uid"], line["previous_meeting_uid"]) == (meeting_uid(second.id), meeting_uid(first))
    assert line["starts_at"] == "2026-11-25T11:00-08:00"
    assert (line["patient"], line["birth_date"], line["status"]) == ("Zuri Okafor", "2022-03-12", "confirmed")
