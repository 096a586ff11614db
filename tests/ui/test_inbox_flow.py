"""One request at the desk as plain values: digits, choices, refusals, and what a draft remembers."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import ScheduleScope
from request_desk.domain.directory import CancelReason, OpeningHours
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    PatientId,
    ProviderId,
    RequestId,
    StaffId,
    TargetId,
    TypeId,
)
from request_desk.domain.phrases import PhraseOutcome, Rendered, TextSpan
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import (
    Booking,
    Cancellation,
    Disposition,
    Fit,
    Move,
    Offer,
    PatientCard,
    RequestKind,
    RequestState,
    RequestView,
    SenderCard,
    ShownWish,
    Target,
    TargetKind,
    TargetOrigin,
    Wish,
    WishKind,
    WishState,
)
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.flow import CancelChoice, Handling, Need, ShownOffer
from request_desk.ui.inbox.offer_schedule import painted
from request_desk.ui.schedule.grid_layout import OfferState

WORDS = Words("en_US", PracticeTime("America/Los_Angeles"), date(2026, 11, 24))
NINE_TWENTY = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)
REASON = CancelReason("pat", "Parent asked", "At your request.")


def a_slot(start: datetime = NINE_TWENTY, provider: int = 1) -> Slot:
    end = start + timedelta(minutes=40)
    return Slot(ProviderId(provider), LocationId(1), start, end, end)


def an_offer(start: datetime = NINE_TWENTY, *, rank: int = 1, provider: int = 1, warning: str = "") -> Offer:
    return Offer(a_slot(start, provider), Fit.EXACT, rank, "Dr. Lindqvist", "Northside", warning)


def an_appointment(status: AppointmentStatus = AppointmentStatus.CONFIRMED, **changes: object) -> Appointment:
    start = datetime(2026, 12, 3, 16, 30, tzinfo=UTC)
    values: dict[str, object] = {
        "id": AppointmentId(70), "version": 3, "chain_id": AppointmentId(70), "replaces_id": None, "status": status,
        "patient_id": PatientId(5), "patient_name": "Zuri Okafor", "provider_id": ProviderId(1),
        "provider_name": "Dr. Lindqvist", "location_id": LocationId(1), "location_name": "Northside", "type_id": TypeId(9),
        "type_name": "Well visit", "lane": 0, "starts_at": start, "ends_at": start + timedelta(minutes=40),
        "hold_expires_at": None, "released_at": None, "request_id": None, "cancel_code": "", "cancel_text": "",
        "is_late_cancel": False, "booked_by": "Maria Santos",
    }  # fmt: skip
    return Appointment(**{**values, **changes})  # type: ignore[arg-type]


def a_hold(slot: Slot) -> Appointment:
    return an_appointment(
        AppointmentStatus.HELD, id=AppointmentId(80), starts_at=slot.starts_at, ends_at=slot.ends_at,
        provider_id=slot.provider_id, hold_expires_at=NINE_TWENTY + timedelta(minutes=15),
    )  # fmt: skip


def a_view(
    kind: RequestKind = RequestKind.RESCHEDULE, appointment: Appointment | None = None, **changes: object
) -> RequestView:
    at = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    values: dict[str, object] = {
        "id": RequestId(1), "version": 4, "kind": kind, "state": RequestState.OPEN,
        "patient": PatientCard(PatientId(5), "Zuri", "Okafor", date(2022, 3, 12), 1, ()),
        "sender": SenderCard(ContactId(6), "Amara", "Okafor", "mother", True, True, True, "", "amara@example.org", "en"),
        "type_id": TypeId(9), "type_name": "Well visit", "provider_id": None, "provider_name": "",
        "location_id": None, "location_name": "", "arrived_at": at, "needed_at": None, "urgent": False,
        "target": Target(TargetKind.STAFF, TargetId(3)), "target_name": "Maria", "origin": TargetOrigin.AUTO, "routing_reason": "",
        "appointment": appointment, "hold": None, "wishes": (), "thread": (), "notes": (), "forwards": (), "related": (),
        "upcoming": (), "limits": (), "rules": (), "claim": None, "deliveries": (), "inboxes": 2, "waiting_until": None,
        "completed_at": None, "completed_by": "", "completion_reason": "",
    }  # fmt: skip
    return RequestView(**{**values, **changes})  # type: ignore[arg-type]


def handling(
    *offers: Offer, kind: RequestKind = RequestKind.RESCHEDULE, appointment: Appointment | None = None
) -> Handling:
    return flow.with_offers(Handling(a_view(kind, appointment)), offers)


def later(minutes: int) -> datetime:
    return NINE_TWENTY + timedelta(minutes=minutes)


# digits


def test_a_taken_offer_keeps_its_digit_and_new_ones_append() -> None:  # ACT6
    now = handling(an_offer(), an_offer(later(40)))
    now = flow.with_offers(now, [an_offer(later(40)), an_offer(later(80))])
    assert [(one.digit, one.is_gone) for one in now.offers] == [(1, True), (2, False), (3, False)]
    assert flow.by_digit(now, 1) is None
    assert flow.by_digit(now, 3) is not None


@pytest.mark.parametrize("state", [RequestState.COMPLETED, RequestState.WITHDRAWN])
def test_an_answered_request_is_offered_nothing(state: RequestState) -> None:  # a digit there would do nothing
    now = handling(an_offer())
    assert flow.by_digit(now, 1) is not None
    now = flow.with_offers(replace(now, view=a_view(state=state)), [an_offer(), an_offer(later(40))])
    assert now.offers == ()
    assert flow.by_digit(now, 1) is None


def test_an_offer_that_is_free_again_lives_under_its_old_digit() -> None:
    now = handling(an_offer(), an_offer(later(40)))
    now = flow.with_offers(now, [an_offer(later(40))])
    now = flow.with_offers(now, [an_offer(), an_offer(later(40))])
    assert [(one.digit, one.is_gone) for one in now.offers] == [(1, False), (2, False)]


@given(st.lists(st.lists(st.integers(0, 14), max_size=9, unique=True), min_size=1, max_size=6))
def test_digits_never_shift_and_never_repeat(readings: list[list[int]]) -> None:
    now = Handling(a_view())
    known: dict[flow.OfferKey, int] = {}
    for reading in readings:
        now = flow.with_offers(now, [an_offer(later(40 * place)) for place in reading])
        for one in now.offers:
            assert known.setdefault(one.key, one.digit) == one.digit
        digits = [one.digit for one in now.offers if one.digit]
        assert len(digits) == len(set(digits))
        assert all(1 <= digit <= 9 for digit in digits)
        assert sum(not one.is_gone for one in now.offers) <= flow.MOST_OFFERS


def test_the_slot_that_we_hold_ourselves_is_not_gone() -> None:
    now = handling(an_offer(), an_offer(later(40)))
    now = flow.choosing(now, now.offers[0])
    now = flow.held(now, a_hold(a_slot()))
    now = flow.with_offers(now, [an_offer(later(40))])
    assert not now.offers[0].is_gone
    assert now.chosen is not None


def test_a_lost_race_strikes_the_slot_and_appends_the_next_ones() -> None:  # ACT6
    now = handling(an_offer(), an_offer(later(40)))
    now = flow.choosing(now, now.offers[0])
    offers = flow.alternatives(now, {a_slot(later(120)): ("Dr. Lindqvist", "Northside")})
    now = flow.lost(now, now.offers[0].key, offers)
    assert now.chosen is None
    assert not now.holding
    assert [(one.digit, one.is_gone) for one in now.offers] == [(1, True), (2, False), (3, False)]
    now = flow.with_offers(now, [an_offer(later(40))])
    assert not now.offers[2].is_gone, "what the race brought is in no reading of the offers, and still offered"


def test_a_late_answer_for_another_slot_changes_nothing() -> None:
    now = handling(an_offer(), an_offer(later(40)))
    now = flow.choosing(now, now.offers[0])
    now = flow.choosing(now, now.offers[1])
    assert flow.held(now, a_hold(a_slot())) == now


# acts


def test_a_slot_books_for_a_schedule_request_and_moves_for_a_reschedule_request() -> None:
    now = handling(an_offer(), kind=RequestKind.SCHEDULE)
    assert flow.act_of(flow.choosing(now, now.offers[0])) == Booking(a_slot(), TypeId(9))
    now = handling(an_offer(), appointment=an_appointment())
    chosen = flow.held(flow.choosing(now, now.offers[0]), a_hold(a_slot()))
    assert flow.act_of(chosen) == Move(AppointmentId(70), 3, a_slot(), AppointmentId(80))
    assert flow.outcome_of(chosen) is PhraseOutcome.MOVED


def test_a_cancelled_appointment_cannot_be_cancelled_again() -> None:
    now = flow.cancelling(handling(appointment=an_appointment()), CancelChoice(REASON))
    assert flow.act_of(now) == Cancellation(AppointmentId(70), 3, "pat", "")
    gone = flow.with_view(now, a_view(appointment=an_appointment(AppointmentStatus.CANCELLED)), WORDS.zone)
    assert gone.cancel is None
    assert flow.act_of(gone) is None


def test_choosing_a_slot_ends_waiting() -> None:
    now = flow.disposing(handling(an_offer()), Disposition.WAITING, later(60))
    now = flow.choosing(now, now.offers[0])
    assert now.disposition is Disposition.COMPLETED


# refusals


def text(*spans: TextSpan | str) -> Rendered:
    return Rendered(tuple(span if isinstance(span, TextSpan) else TextSpan(span) for span in spans))


def moved() -> Handling:
    now = handling(an_offer(), an_offer(later(130)), appointment=an_appointment())
    return flow.held(flow.choosing(now, now.offers[0]), a_hold(a_slot()))


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (("See you Tuesday at 9:20 AM",), ""),
        ((TextSpan("Thu, Dec 3, 8:30 AM", "old.time"), " is now ", TextSpan("Tue, Nov 24, 9:20 AM", "new.time")), ""),
        ((TextSpan("‹new time›", "new.time", unresolved=True),), "still open"),
        (("Hi {{ name }}",), "curly brackets"),
    ],
)
def test_a_text_with_open_places_is_not_sent(spans: tuple[TextSpan | str, ...], said: str) -> None:  # RE2
    sentence = flow.refusal(moved(), text(*spans))
    assert (said in sentence) if said else sentence == ""


def test_what_the_text_must_agree_with_is_the_chosen_time_and_the_one_that_is_moved() -> None:  # RE11
    told = flow.told_of(moved(), {}, {})
    assert told is not None
    assert (told.starts_at, told.old_at) == (a_slot().starts_at, an_appointment().starts_at)
    assert flow.told_of(handling(an_offer(), appointment=an_appointment()), {}, {}) is None


def test_completing_without_a_reply_needs_a_reason_and_a_warning_its_own() -> None:  # RE6, ACT7
    now = handling(an_offer(warning="Less than 24 hours ahead."), appointment=an_appointment())
    assert flow.need_of(now, has_text=False, zone=WORDS.zone) is Need.NO_REPLY_REASON
    assert flow.need_of(now, has_text=False, zone=WORDS.zone, no_reply_reason="by phone") is None
    chosen = flow.choosing(now, now.offers[0])
    assert flow.need_of(chosen, has_text=True, zone=WORDS.zone) is Need.OVERRULE_REASON


# days


def test_the_schedule_opens_at_the_first_free_wish() -> None:  # ACT1
    wish = Wish(1, WishKind.SLOT, ProviderId(1), later(24 * 60))
    taken = ShownWish(Wish(1, WishKind.SLOT, ProviderId(1), NINE_TWENTY), WishState.TAKEN, "")
    now = Handling(a_view(appointment=an_appointment(), wishes=(taken, ShownWish(wish, WishState.FREE, ""))))
    assert flow.wanted_day(now, WORDS) == date(2026, 11, 25)
    assert flow.wanted_day(Handling(a_view(RequestKind.CANCEL, an_appointment())), WORDS) == date(2026, 12, 3)


def test_waiting_counts_days_on_which_the_practice_is_open() -> None:
    hours = [OpeningHours(weekday, 480, 1020) for weekday in range(5)]
    thanksgiving = date(2026, 11, 26)
    assert flow.waiting_day(date(2026, 11, 24), hours, [thanksgiving]) == date(2026, 11, 30)
    assert flow.waiting_day(date(2026, 11, 24), (), ()) == date(2026, 11, 27)


# drafts


def test_a_draft_remembers_slot_cancellation_and_disposition() -> None:  # MC10
    now = flow.disposing(moved(), Disposition.OPEN)
    state = json.dumps(flow.remembered(now))
    again = flow.recalled(handling(an_offer(), appointment=an_appointment()), state, (REASON,))
    assert again.chosen is not None
    assert again.chosen.key == now.offers[0].key
    assert again.disposition is Disposition.OPEN
    cancelled = flow.cancelling(handling(appointment=an_appointment()), CancelChoice(REASON, "sorry"))
    again = flow.recalled(handling(appointment=an_appointment()), json.dumps(flow.remembered(cancelled)), (REASON,))
    assert again.cancel == CancelChoice(REASON, "sorry")


@pytest.mark.parametrize(
    "state", ["", "{", "[]", '{"disposition": "x"}', '{"slot": {}}', '{"slot": 5}', '{"cancel": 1}', "null"]
)
def test_a_draft_that_cannot_be_read_changes_nothing(state: str) -> None:
    now = handling(an_offer(), appointment=an_appointment())
    assert flow.recalled(now, state, (REASON,)).chosen is None


def test_a_picked_place_is_an_offer_without_a_digit() -> None:
    now = handling(an_offer())
    one = flow.named(now, a_slot(later(300), provider=2), "Dr. Mwangi", "Harbor St")
    assert one == ShownOffer(0, Offer(a_slot(later(300), 2), Fit.EXACT, 0, "Dr. Mwangi", "Harbor St"))
    chosen = flow.choosing(now, one)
    assert chosen.offers[-1] == one
    assert StaffId(1)


def test_a_list_that_was_complete_does_not_grow_by_reading_it_again() -> None:
    now = handling(an_offer(), an_offer(later(40)), an_offer(later(80)))
    now = flow.with_offers(now, [an_offer(later(40 * place)) for place in range(8)])
    assert [one.digit for one in now.offers] == [1, 2, 3]
    now = flow.with_offers(now, [an_offer(later(40 * place)) for place in range(1, 8)])
    assert [(one.digit, one.is_gone) for one in now.offers] == [(1, True), (2, False), (3, False), (4, False)]


def test_the_first_times_of_a_type_are_spread_over_providers_and_days() -> None:
    slots = [a_slot(later(10 * place), provider) for provider in (1, 2) for place in range(4)]
    slots += [a_slot(later(24 * 60 + 10 * place)) for place in range(4)]
    assert flow.spread(slots, WORDS.zone) == [a_slot(NINE_TWENTY, 1), a_slot(NINE_TWENTY, 2), a_slot(later(24 * 60))]


def test_choosing_what_the_appointment_is_for_forgets_the_offers_of_another_type() -> None:
    now = flow.typing(moved(), TypeId(12))
    assert now.offers == ()
    assert now.chosen is None
    assert flow.type_of(now) == TypeId(12)
    assert flow.recalled(handling(), json.dumps(flow.remembered(now)), ()).type_id == TypeId(12)


def test_the_schedule_draws_as_held_only_what_was_read_and_still_runs() -> None:  # ACT3, ACT5
    now = handling(an_offer(), an_offer(later(40)))
    one = flow.by_digit(now, 1)
    assert one is not None
    chosen = flow.choosing(now, one)
    held = flow.held(chosen, a_hold(one.offer.slot))
    at = NINE_TWENTY
    assert [each.state for each in painted(chosen, at)] == [OfferState.CHOSEN, OfferState.FREE]
    assert [each.state for each in painted(held, at)] == [OfferState.HELD, OfferState.FREE]
    assert [each.state for each in painted(held, at + timedelta(minutes=15))] == [OfferState.CHOSEN, OfferState.FREE]


def test_a_text_that_was_meant_for_one_time_is_asked_about_again_with_another() -> None:  # RE11
    now = handling(an_offer(), an_offer(later(40)), appointment=an_appointment())
    first, second = now.offers
    meant = replace(flow.choosing(now, first), text_meant="see you then")
    assert flow.choosing(meant, second).text_meant == ""
    assert flow.letting_go(meant).text_meant == ""
    assert flow.cancelling(meant, CancelChoice(CancelReason("pat", "Parent asked", ""))).text_meant == ""


@pytest.mark.parametrize(
    ("minutes", "patient", "request_id", "seen"),
    [
        (0, 99, None, True),  # the time that is offered
        (-60, 99, None, True),  # one before it may be free now
        (60 * 24 * 20, 99, None, False),  # three weeks later
        (60 * 24 * 20, 5, None, True),  # the patient's own
        (60 * 24 * 20, 99, 1, True),  # held for this request
    ],
)
def test_only_changes_that_may_be_seen_at_a_request_search_its_times_anew(
    minutes: int, patient: int, request_id: int | None, seen: bool
) -> None:
    now = handling(an_offer())
    assert (now.view.patient.id, now.view.id) == (5, 1)
    scope = ScheduleScope(NINE_TWENTY + timedelta(minutes=minutes), 1, patient, request_id)
    assert flow.is_seen(now, scope) is seen
    assert flow.is_seen(handling(), scope), "without a time that fits, any change may bring one"


def test_a_custody_note_asks_who_agreed_before_an_act_and_not_before_a_reply() -> None:  # ACT14
    now = handling(an_offer())
    noted = replace(now, view=replace(now.view, patient=replace(now.view.patient, custody_note="Both parents decide.")))
    chosen = replace(noted, chosen=noted.offers[0])
    assert flow.need_of(chosen, has_text=True, zone=WORDS.zone) is Need.AGREED
    assert flow.need_of(noted, has_text=True, zone=WORDS.zone) is None
