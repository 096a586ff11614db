"""Where a request stands, over every kind, act, state and what became of the appointment: never a sentence that is not so."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.standing import Standing, standing_of, state_sentence
from request_desk.domain.words import Words
from tests.domain.appointment_parts import an_appointment

LA = PracticeTime("America/Los_Angeles")
NOW = LA.instant(date(2026, 11, 24), 600)
WORDS = Words("en_US", LA, date(2026, 11, 24))
REQUEST = RequestId(7)
AT = LA.instant(date(2026, 11, 27), 550)
TIME = "Fri, Nov 27, 9:10 AM PST"
Kind, State, Status = RequestKind, RequestState, AppointmentStatus


def appointment(
    status: AppointmentStatus = Status.CONFIRMED, *, ours: bool = False, moved: bool = False
) -> Appointment:
    return replace(
        an_appointment(starts_at=AT),
        status=status,
        request_id=REQUEST if ours else None,
        replaces_id=AppointmentId(1) if moved else None,
    )


@pytest.mark.parametrize(
    ("kind", "state", "made", "about", "sentence"),
    [
        (Kind.SCHEDULE, State.OPEN, None, None, "Nothing is booked until we answer here."),
        (Kind.SCHEDULE, State.COMPLETED, None, None, "Nothing is booked."),
        (Kind.SCHEDULE, State.WAITING, None, None, "Nothing is booked. We wait for your answer."),
        (Kind.SCHEDULE, State.WITHDRAWN, None, None, "Taken back. Nothing is booked."),
        (Kind.SCHEDULE, State.COMPLETED, appointment(ours=True), None, f"Booked: {TIME}."),
        (Kind.SCHEDULE, State.OPEN, appointment(ours=True), None, f"Booked: {TIME}."),
        (Kind.SCHEDULE, State.WAITING, appointment(ours=True), None, f"Booked: {TIME}. We wait for your answer."),
        (Kind.SCHEDULE, State.OPEN, appointment(Status.CANCELLED, ours=True), None, f"Cancelled: {TIME}."),
        (Kind.RESCHEDULE, State.OPEN, None, appointment(), f"The visit stays on {TIME} until we answer here."),
        (Kind.RESCHEDULE, State.COMPLETED, None, appointment(), f"The visit stays on {TIME}."),
        (
            Kind.RESCHEDULE,
            State.COMPLETED,
            appointment(ours=True, moved=True),
            appointment(moved=True),
            f"Moved to {TIME}.",
        ),
        (Kind.RESCHEDULE, State.OPEN, None, appointment(Status.CANCELLED), f"Cancelled: {TIME}."),
        (Kind.CANCEL, State.OPEN, None, appointment(), f"The visit on {TIME} stays booked until we answer here."),
        (Kind.CANCEL, State.COMPLETED, None, appointment(Status.CANCELLED), f"Cancelled: {TIME}."),
        (Kind.CANCEL, State.OPEN, None, appointment(Status.CANCELLED), f"Cancelled: {TIME}."),
        (Kind.CANCEL, State.COMPLETED, None, appointment(), f"The visit stays on {TIME}."),
        (Kind.CANCEL, State.WITHDRAWN, None, appointment(), f"Taken back. The visit stays on {TIME}."),
        (
            Kind.SCHEDULE,
            State.COMPLETED,
            appointment(Status.NO_SHOW, ours=True),
            None,
            f"The visit on {TIME} was missed.",
        ),
        (Kind.SCHEDULE, State.COMPLETED, appointment(Status.COMPLETED, ours=True), None, f"The visit was on {TIME}."),
    ],
)
def test_the_state_is_told_from_the_rows(
    kind: RequestKind, state: RequestState, made: Appointment | None, about: Appointment | None, sentence: str
) -> None:
    assert state_sentence(Standing(kind, state, made, about), WORDS, NOW) == sentence


def test_no_sentence_contradicts_the_rows() -> None:
    for kind, state, status, ours in product(RequestKind, RequestState, AppointmentStatus, (False, True)):
        seen = appointment(status, ours=ours)
        told = state_sentence(Standing(kind, state, seen if ours else None, None if ours else seen), WORDS, NOW)
        if status in (Status.CANCELLED, Status.EXPIRED):
            assert "Cancelled" in told
        if status is not Status.CONFIRMED:
            assert "stays" not in told
            assert "Booked" not in told
        if status is Status.CONFIRMED:
            assert "Cancelled" not in told
            assert "Nothing is booked" not in told
        if state is not State.OPEN:
            assert "until we answer" not in told
    past = replace(appointment(ours=True), starts_at=NOW - timedelta(hours=3), ends_at=NOW - timedelta(hours=2))
    assert state_sentence(Standing(Kind.SCHEDULE, State.COMPLETED, past), WORDS, NOW).startswith("The visit was on")


def test_what_was_made_for_a_request_is_its_confirmed_appointment() -> None:
    old, new = appointment(Status.CANCELLED, ours=True), replace(appointment(ours=True), id=AppointmentId(99))
    found = standing_of(Kind.SCHEDULE, State.COMPLETED, REQUEST, None, [new, old, appointment()])
    assert found.made == new
    assert standing_of(Kind.SCHEDULE, State.COMPLETED, RequestId(1), None, [new, old]).made is None
