"""What a careful person asks first: whether the need is answered already, so that nothing is booked twice (ACT13)."""

from datetime import date, timedelta

from hypothesis import given, strategies as st

from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import USUAL_SPAN, answering, has_words, is_same_need, second_of
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, RequestId, TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Booking, Cancellation, RequestKind, Wish, WishKind
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words
from tests.domain.appointment_parts import an_appointment
from tests.domain.test_schedule import NOW

LA = PracticeTime("America/Los_Angeles")
CHILD, SIBLING = PatientId(5), PatientId(6)
WELL, SICK = TypeId(1), TypeId(2)
HOUR = timedelta(hours=1)
REQUEST = RequestId(77)


def found(kind: RequestKind, type_id: TypeId | None, wishes: list[Wish], *upcoming: Appointment) -> int:
    return len(answering(kind, REQUEST, CHILD, type_id, wishes, upcoming, LA))


def test_an_appointment_of_the_same_type_or_day_or_request_may_be_the_answer() -> None:
    well = an_appointment(starts_at=NOW + 48 * HOUR)
    same_day = Wish(1, WishKind.SLOT, None, well.starts_at + HOUR)
    other_day = Wish(1, WishKind.SLOT, None, well.starts_at + 48 * HOUR)
    assert found(RequestKind.SCHEDULE, WELL, [], well) == 1
    assert found(RequestKind.SCHEDULE, SICK, [], well) == 0
    assert found(RequestKind.SCHEDULE, SICK, [same_day], well) == 1
    assert found(RequestKind.SCHEDULE, SICK, [other_day], well) == 0
    assert found(RequestKind.SCHEDULE, SICK, [Wish(1, WishKind.DAY_PART, day=LA.day_of(well.starts_at))], well) == 1


def test_a_cancellation_is_never_answered_by_an_appointment_and_a_move_only_by_its_own() -> None:
    well = an_appointment(starts_at=NOW + 48 * HOUR)
    assert found(RequestKind.CANCEL, WELL, [], well) == 0
    assert found(RequestKind.RESCHEDULE, WELL, [], well) == 0


def test_a_move_is_answered_by_what_was_moved_since_and_by_what_stands_at_a_wished_time() -> None:
    def moves(wishes: list[Wish], *upcoming: Appointment, chain: int = 9) -> int:
        chain_id = AppointmentId(chain)
        return len(answering(RequestKind.RESCHEDULE, REQUEST, CHILD, WELL, wishes, upcoming, LA, chain_id))

    since = an_appointment(id=80, chain_id=9, replaces_id=9, starts_at=NOW + 48 * HOUR)
    before = an_appointment(id=60, chain_id=9, replaces_id=9, starts_at=NOW + 48 * HOUR)
    assert moves([], since) == 1
    assert moves([], since, chain=8) == 0
    assert moves([], before) == 0
    assert moves([Wish(1, WishKind.SLOT, None, before.starts_at)], before) == 1
    assert moves([Wish(1, WishKind.SLOT, None, before.starts_at + HOUR)], before) == 0


def test_another_type_or_another_appointment_is_another_need() -> None:  # PP5
    first, second = AppointmentId(1), AppointmentId(2)
    assert is_same_need(RequestKind.SCHEDULE, (WELL, None), (WELL, None))
    assert is_same_need(RequestKind.SCHEDULE, (None, None), (WELL, None))
    assert not is_same_need(RequestKind.SCHEDULE, (SICK, None), (WELL, None))
    for kind in (RequestKind.CANCEL, RequestKind.RESCHEDULE):
        assert is_same_need(kind, (WELL, first), (None, first))
        assert not is_same_need(kind, (WELL, first), (WELL, second))


@given(st.integers(-40 * 24, 40 * 24), st.booleans())
def test_a_second_one_is_near_in_time_or_of_the_same_day(hours: int, same_type: bool) -> None:
    first = an_appointment(starts_at=NOW + 50 * 24 * HOUR)
    start = first.starts_at + hours * HOUR
    slot = Slot(ProviderId(3), LocationId(6), start, start + HOUR, start + HOUR)
    second = second_of(Booking(slot, WELL if same_type else SICK), CHILD, [first], LA)
    is_same_day = LA.day_of(start) == LA.day_of(first.starts_at)
    assert (second is not None) == (is_same_day or (same_type and abs(hours * HOUR) <= USUAL_SPAN))
    assert second_of(Booking(slot, WELL), SIBLING, [first], LA) is None
    assert second_of(Cancellation(first.id, 1, "pat"), CHILD, [first], LA) is None
    assert second_of(None, CHILD, [first], LA) is None


def test_what_there_is_is_told_first() -> None:
    first, later = (
        an_appointment(starts_at=LA.instant(date(2026, 11, 27), 550)),
        an_appointment(starts_at=NOW + 300 * HOUR),
    )
    words = Words("en_US", LA, date(2026, 11, 24))
    assert has_words((first,), "Luke", words) == "Luke already has Fri, Nov 27, 9:10 AM, Dr. Lindqvist"
    assert has_words((first, later), "Luke", words).endswith(", and 1 more")
