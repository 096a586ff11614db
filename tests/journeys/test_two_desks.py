"""Two people at two desks on one practice: what one does, the other sees by itself, and neither can spoil the other's work."""

from datetime import timedelta

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import RequestState
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.practice import administration, directory
from request_desk.services.schedule import queries as schedule_queries
from request_desk.store import schema
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk


def a_schedule(house: House, time: str = "10:00") -> RequestId:
    with house.allowed():
        return house.practice.a_request("schedule", wishes=[house.practice.wish(TODAY, time)])


def two(house: House, open_desk: OpenDesk) -> tuple[RunningDesk, RunningDesk]:
    """Maria at the front, Kofi at the back."""
    maria = open_desk(name="front")
    kofi = open_desk(name="back", staff=house.practice.kofi)
    return maria, kofi


def write(desk: RunningDesk, text: str) -> None:
    desk.sit_down()
    desk.press("R")
    desk.until(desk.center.response.editor.hasFocus, "the response has the focus")
    desk.type(text)


def test_a_second_answer_is_stopped_with_who_and_what_and_can_follow(house: House, open_desk: OpenDesk) -> None:
    # MC9, MC10
    request = a_schedule(house)
    maria, kofi = two(house, open_desk)
    for desk in (maria, kofi):
        desk.until(lambda desk=desk: desk.is_open(request), "both look at it")  # type: ignore[misc]
    write(maria, "We will look")
    write(kofi, "Answered by Kofi.")
    kofi.send()
    kofi.until(lambda: request not in kofi.rows(), "Kofi is faster")
    maria.until(lambda: "Kofi Prah" in maria.center.message.news_bar.text(), "Maria reads it while she types")
    assert maria.text == "We will look"

    maria.sit_down()
    maria.send()
    maria.until(lambda: isinstance(maria.dialog(), ConflictSheet), "her answer is stopped")
    sheet = maria.dialog()
    assert isinstance(sheet, ConflictSheet)
    said = " ".join(label.text() for label in sheet.findChildren(PlainLabel))
    assert "Kofi Prah" in said
    assert "Nothing was sent" in said
    assert [message.body for message in house.view(request).thread[1:]] == ["Answered by Kofi."]

    maria.press("Return")  # look at it
    maria.until(lambda: maria.asks_nothing, "the sheet has closed")
    maria.until(lambda: maria.center.response.send.words() == "Send as follow-up", "a follow-up is possible")
    assert maria.text == "We will look"
    maria.send()
    maria.until(lambda: len(house.view(request).thread) == 3, "it follows")
    assert house.view(request).thread[-1].body == "We will look"
    assert house.view(request).state is RequestState.COMPLETED


def test_a_claim_is_seen_at_the_other_desk_and_can_be_taken_over(house: House, open_desk: OpenDesk) -> None:  # MC8
    request = a_schedule(house)
    maria, kofi = two(house, open_desk)
    for desk in (maria, kofi):
        desk.until(lambda desk=desk: desk.is_open(request), "both look at it")  # type: ignore[misc]
    assert house.view(request).claim is None
    write(maria, "Dear")
    kofi.until(lambda: "Maria Santos" in kofi.center.message.claim_bar.text(), "Kofi sees who is on it")
    kofi.sit_down()
    kofi.press("T")
    maria.until(lambda: "Kofi Prah" in maria.center.message.claim_bar.text(), "Maria sees that it was taken over")
    assert maria.text == "Dear"
    claim = house.view(request).claim
    assert claim is not None
    assert claim.staff_id == house.practice.kofi.id


def test_completing_removes_it_from_the_other_desk_at_once(house: House, open_desk: OpenDesk) -> None:  # RE5, MC7
    first, second = a_schedule(house), a_schedule(house, "14:00")
    maria, kofi = two(house, open_desk)
    kofi.sit_down()
    kofi.go_to(second)
    maria.sit_down()
    maria.go_to(first)
    maria.choose(1)
    maria.send()
    maria.until(lambda: maria.rows() == [second], "it is gone where it was done")
    kofi.until(lambda: kofi.rows() == [second], "and at the other desk")
    assert kofi.selected() == second
    assert kofi.is_open(second)
    kofi.until(lambda: kofi.center.filters.tabs.tabText(0).endswith(" 1"), "the tab counts one")


def test_the_loser_of_a_race_for_a_slot_gets_the_next_ones(house: House, open_desk: OpenDesk) -> None:  # ACT6
    with house.allowed():
        practice = house.practice
        other = practice.a_patient("Leo", "Weiss", TODAY - timedelta(days=900))
        parent = practice.a_contact("Ruth", "Weiss", "ruth@example.org", {other: {"relation": "mother"}})
        ours = practice.a_request("schedule", wishes=[practice.wish(TODAY, "10:00")])
        theirs = practice.a_request("schedule", by=parent, patient=other, wishes=[practice.wish(TODAY, "10:00")])
    maria, kofi = two(house, open_desk)
    kofi.sit_down()
    kofi.go_to(theirs)
    maria.sit_down()
    maria.go_to(ours)
    for desk in (maria, kofi):
        desk.until(lambda desk=desk: desk.frame.gate.may_choose(1), "both see the same time")  # type: ignore[misc]
    # In one turn of the event loop: neither can have heard of the other.
    for desk in (maria, kofi):
        desk.center.response_controller.choose_digit(1)
    for desk in (maria, kofi):
        desk.until(lambda desk=desk: is_decided(desk), "both have an answer")  # type: ignore[misc]
    (winner,) = [desk for desk in (maria, kofi) if desk.has_hold()]
    loser = kofi if winner is maria else maria
    assert loser.now is not None
    assert next(one for one in loser.now.offers if one.digit == 1).is_gone
    live = [one for one in loser.now.offers if not one.is_gone]
    assert live
    assert loser.asks_nothing
    assert loser.refusal != ""
    loser.sit_down()
    loser.choose(live[0].digit)
    loser.send()
    winner.sit_down()
    winner.send()
    for request in (ours, theirs):
        maria.until(lambda one=request: house.view(one).state is RequestState.COMPLETED, "both are done")  # type: ignore[misc]
    appointment = schema.appointment.c
    booked = house.rows(appointment.id, appointment.provider_id, appointment.starts_at, status="confirmed")
    assert len({(row.provider_id, row.starts_at) for row in booked}) == 2


def is_decided(desk: RunningDesk) -> bool:
    now = desk.now
    return now is not None and not now.holding and (now.hold is not None or any(one.is_gone for one in now.offers))


def test_reading_at_one_desk_leaves_it_bold_at_the_other(house: House, open_desk: OpenDesk) -> None:  # MC4
    first, second = a_schedule(house), a_schedule(house, "14:00")
    maria, kofi = two(house, open_desk)
    kofi.sit_down()
    kofi.go_to(first)
    maria.sit_down()
    maria.go_to(second)
    maria.until(lambda: not maria.is_bold(second), "she has read it")
    kofi.until(lambda: not kofi.is_bold(first), "he has read the other")
    # What each has not read was told to both desks by now.
    maria.settle()
    kofi.settle()
    seen_by_kofi = {row.id: row.unread for row in house.ask(house.practice.kofi, inbox_queries.rows, (first, second))}
    assert seen_by_kofi[second]
    assert kofi.is_bold(second)
    maria.press("U")
    maria.until(lambda: maria.is_bold(second), "it can be marked unread again")


def test_a_change_of_members_acts_on_both_desks_at_once(house: House, open_desk: OpenDesk) -> None:  # RT6, RT4
    request = a_schedule(house)
    practice = house.practice
    maria, kofi = two(house, open_desk)
    for desk in (maria, kofi):
        desk.until(lambda desk=desk: desk.rows() == [request], "both have it")  # type: ignore[misc]
    intake = next(one for one in house.ask(practice.admin, directory.departments) if one.id == practice.intake)
    house.do(
        practice.admin,
        administration.save_department,
        practice.intake,
        intake.name,
        (practice.kofi.staff_id,),
        expect_version=intake.version,
    )
    # The row that somebody looks at stays in its place; the tab tells the truth at once.
    maria.until(lambda: maria.center.filters.tabs.tabText(0).endswith(" 0"), "Maria does not have it any more")
    kofi.settle()
    assert kofi.rows() == [request]
    assert kofi.center.filters.tabs.tabText(0).endswith(" 1")


def test_an_appointment_booked_at_one_desk_strikes_the_offer_at_the_other(house: House, open_desk: OpenDesk) -> None:
    # ACT1, MC5
    first, second = a_schedule(house), a_schedule(house)
    maria, kofi = two(house, open_desk)
    kofi.sit_down()
    kofi.go_to(second)
    maria.sit_down()
    maria.go_to(first)
    maria.choose(1)
    kofi.until(lambda: kofi.now is not None and any(one.is_gone for one in kofi.now.offers), "the held time is struck")
    maria.send()
    maria.until(lambda: first not in maria.rows(), "it is booked")
    assert kofi.now is not None
    (booked,) = house.rows(schema.appointment.c.id, status="confirmed")
    appointment = house.ask(house.practice.admin, schedule_queries.appointment, booked.id)
    assert appointment.status is AppointmentStatus.CONFIRMED
