"""The report by provider and period: every appointment counts once, where and as it is now (AP5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from request_desk.domain.access import Role
from request_desk.domain.appointment_reports import AppointmentReport, Lead, lead_of, total
from request_desk.domain.appointments import Appointment
from request_desk.domain.errors import Invalid
from request_desk.services.schedule import appointment_report
from request_desk.services.schedule.views import load
from tests.builders import TODAY, Practice, wall
from tests.services.test_holds import hold
from tests.services.test_scheduling import book, cancel, move

TOMORROW = TODAY + timedelta(days=1)
WEEK = TODAY - timedelta(days=TODAY.weekday())


def report(practice: Practice, **values: Any) -> dict[str, AppointmentReport]:
    span = values.pop("span", (WEEK, WEEK + timedelta(days=4)))
    found = practice.desk.query(values.pop("by", practice.maria), appointment_report.report, *span)
    return {each.provider_name: each for each in found}


@pytest.fixture
def seen(practice: Practice) -> Callable[..., Appointment]:
    def arrange(time: str, **values: Any) -> Appointment:
        day = values.pop("day", TOMORROW)
        made = practice.an_appointment(practice.zuri, practice.lindqvist, day, time, **values)
        return practice.desk.query(practice.maria, load, made)

    return arrange


def test_what_stands_is_counted_by_status(practice: Practice, seen: Callable[..., Appointment]) -> None:
    for time, status in (("8:00", "completed"), ("9:00", "completed"), ("10:00", "no_show"), ("11:00", "confirmed")):
        seen(time, status=status, day=TODAY)
    seen("9:00", day=WEEK - timedelta(days=1))
    seen("9:00", day=WEEK + timedelta(days=5))
    found = report(practice)
    line = found["Dr. Lindqvist"]
    assert (line.booked, line.completed, line.no_shows, line.ahead, line.cancelled) == (4, 2, 1, 1, 0)
    assert line.booked_time == timedelta(minutes=160)
    assert line.open_time == timedelta(hours=45)
    assert line.fill == pytest.approx(160 / 2700)
    assert found["Dr. Mwangi"].booked == 0


def test_cancellations_are_told_by_reason_lead_time_and_lateness(
    practice: Practice, seen: Callable[..., Appointment]
) -> None:
    cancel(practice, seen("8:00"), "pat")  # it is 8:12 the day before
    cancel(practice, seen("9:00"), "oth-weath")
    cancel(practice, seen("9:00", day=WEEK + timedelta(days=4)), "pat")
    line = report(practice)["Dr. Lindqvist"]
    assert line.reasons == {"pat": 2, "oth-weath": 1}
    assert line.leads == {Lead.UNDER_A_DAY: 1, Lead.UNDER_TWO_DAYS: 1, Lead.UNDER_A_WEEK: 1}
    assert (line.booked, line.cancelled, line.late_cancels) == (3, 3, 1)


def test_a_moved_one_counts_once_and_holds_never(practice: Practice, seen: Callable[..., Appointment]) -> None:
    move(practice, seen("9:00"), "13:00", day=TOMORROW)
    cancel(practice, hold(practice, "15:00"))
    hold(practice, "16:00")
    booked = book(practice, "10:00")
    assert booked.undo is not None
    practice.desk.undo(practice.maria, booked.undo)
    line = report(practice)["Dr. Lindqvist"]
    assert (line.booked, line.ahead, line.cancelled) == (1, 1, 0)


def test_a_provider_sees_the_own_line(practice: Practice, seen: Callable[..., Appointment]) -> None:
    seen("9:00")
    astrid = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    assert list(report(practice, by=replace(astrid, provider_id=practice.lindqvist))) == ["Dr. Lindqvist"]


def test_a_period_has_at_most_400_days(practice: Practice) -> None:
    report(practice, span=(TODAY, TODAY + timedelta(days=399)))
    for span in ((TODAY, TODAY + timedelta(days=400)), (TODAY, TODAY - timedelta(days=1))):
        with pytest.raises(Invalid):
            report(practice, span=span)


def test_the_lines_of_the_file_hold_the_counts(practice: Practice, seen: Callable[..., Appointment]) -> None:
    cancel(practice, seen("9:00"), "pat")
    page = practice.desk.query(
        practice.maria, appointment_report.report_lines, WEEK, WEEK + timedelta(days=4), ("pat",)
    )
    assert page.rows[0] == ("Dr. Lindqvist", "1", "0", "0", "0", "1", "0", "0", "2700", "1", "0", "1", "0", "0")


def test_the_total_is_the_sum_of_the_lines(practice: Practice, seen: Callable[..., Appointment]) -> None:
    cancel(practice, seen("9:00"), "pat")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "9:00", status="no_show")
    whole = total(report(practice).values(), "All")
    assert (whole.booked, whole.cancelled, whole.no_shows, whole.reasons) == (2, 1, 1, {"pat": 1})
    assert whole.open_time == timedelta(hours=90)


def test_a_lead_time_equal_to_a_limit_is_beyond_it() -> None:
    start = wall(TODAY, "9:00")
    for ahead, lead in (
        (timedelta(hours=24, microseconds=-1), Lead.UNDER_A_DAY),
        (timedelta(hours=24), Lead.UNDER_TWO_DAYS),
        (timedelta(days=2), Lead.UNDER_A_WEEK),
        (timedelta(days=7), Lead.A_WEEK),
    ):
        assert lead_of(start - (start - ahead)) is lead
