"""Times in a reply, by real keys: O offers the first three, digits change them, one press sends; what then stands where (ACT10)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Disposition, Offering, Reply, RequestState, RequestView
from request_desk.domain.spans import Slot
from request_desk.services.inbox import counter_offers, handling
from request_desk.store import schema
from request_desk.ui.inbox import flow, request_words
from request_desk.ui.inbox.offer_schedule import painted
from request_desk.ui.schedule.grid_layout import OfferState
from request_desk.ui.schedule.schedule_page import SchedulePage
from tests.builders import MEANT, TODAY, Practice, wall
from tests.ui.inbox_desk import DeskWindow
from tests.ui.page_desk import OpenPage, nameless
from tests.ui.test_inbox_page import Setup, desks, practice, view  # noqa: F401  # fixtures

FRIDAY = TODAY + timedelta(days=3)
View = Callable[[RequestId], RequestView]


@pytest.fixture
def request_id(practice: Practice, database_setup: Setup) -> RequestId:
    with database_setup():
        times = ("9:20", "10:40", "14:00", "15:20")
        wishes = [practice.wish(FRIDAY, time, rank=rank) for rank, time in enumerate(times, start=1)]
        return practice.a_request(wishes=wishes)


def handling_of(desk: DeskWindow) -> flow.Handling:
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    return now


def states(practice: Practice, database_setup: Setup) -> list[str]:
    with database_setup(), practice.database.read() as connection:
        return list(connection.execute(select(schema.counter_offer.c.state)).scalars())


def test_two_keys_offer_three_times_and_the_request_waits(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: View,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O")
    now = handling_of(desk)
    assert [one.digit for one in now.offered] == [1, 2, 3]
    assert now.hold is None
    assert now.disposition is Disposition.WAITING
    assert desk.response.send.words() == "Offer 3 times, send & wait for parent"
    assert "Fri, Nov 27, 9:20 AM with Dr. Astrid Lindqvist at Northside" in desk.text
    assert not desk.response.reply_only.isEnabled()
    assert not desk.response.dispositions.isEnabled()
    desk.frame.grab().save("/tmp/c8/desk_offering.png")
    desk.press("Ctrl+Return")
    seen = view(request_id)
    assert desk.refusals == []
    assert seen.state is RequestState.WAITING
    assert seen.offer is not None
    assert [each.starts_at for each in seen.offer.times] == [wall(FRIDAY, time) for time in ("9:20", "10:40", "14:00")]


def test_digits_put_a_time_in_and_take_it_out(
    desks: Callable[..., DeskWindow],
    view: View,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O", "4")
    assert "Three times are offered already" in desk.response.refusal_bar.text()
    desk.press("2", "4")
    assert [one.digit for one in handling_of(desk).offered] == [1, 3, 4]
    assert "10:40" not in desk.text
    assert "3:20 PM" in desk.text
    desk.press("1", "3", "4")
    assert handling_of(desk).offered == ()
    assert handling_of(desk).disposition is Disposition.COMPLETED
    assert desk.text == ""
    desk.press("O", "O")
    assert not handling_of(desk).has_act


def test_a_chosen_time_is_the_first_that_is_offered_and_not_held_any_more(
    desks: Callable[..., DeskWindow],
    view: View,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("3")
    assert handling_of(desk).hold is not None
    desk.press("O")
    assert [one.digit for one in handling_of(desk).offered] == [3]
    assert view(request_id).hold is None
    shown = {one.digit: one.state for one in painted(handling_of(desk), desk.hand.clock.now())}
    assert shown[3] is OfferState.OFFERED
    desk.press("Ctrl+Return")
    assert desk.refusals == []
    assert view(request_id).offer is not None


def test_what_is_offered_stands_on_the_request_and_is_withdrawn_there(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: View,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O", "Ctrl+Return")
    desk.show(request_id)
    bar = desk.page.message.offer_bar
    assert bar.text().startswith("We offered three times until Wed, Nov 25")
    assert bar.text().endswith("To Amara Okafor.")
    told = request_words.offered_lines(handling_of(desk).view, desk.context.words())
    assert told[0] == "Fri, Nov 27, 9:20 AM · Well visit, 40 min · Dr. Lindqvist · Northside"
    assert [item.word for item in request_words.wished_items(handling_of(desk), desk.context.words())[:3]] == [
        "offered"
    ] * 3
    assert nameless(desk.page.message) == []
    desk.frame.grab().save("/tmp/c8/desk_offered.png")
    desk.page.message.act_wanted.emit("inbox.withdraw_offer")
    desk.settle()
    assert states(practice, database_setup) == ["withdrawn"]
    assert view(request_id).state is RequestState.OPEN
    assert bar.text() == "The times that we offered are not kept any more."
    desk.look()
    desk.press("O", "Ctrl+Return")
    assert states(practice, database_setup) == ["withdrawn", "open"]


def test_the_undo_takes_the_reply_and_the_times_back(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: View,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O", "Ctrl+Return")
    desk.undo()
    desk.hear()
    assert states(practice, database_setup) == ["withdrawn"]
    assert view(request_id).state is RequestState.OPEN
    desk.look()
    assert len(handling_of(desk).offered) == 3  # as it was before it was sent
    assert "Fri, Nov 27, 9:20 AM" in desk.text
    desk.press("Ctrl+Return")
    assert states(practice, database_setup) == ["withdrawn", "open"]


def test_a_time_that_somebody_took_meanwhile_is_not_offered(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    view: View,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O")
    with database_setup():
        other = practice.a_patient("Emma", "Stone", TODAY.replace(year=2021))
        practice.an_appointment(other, practice.lindqvist, FRIDAY, "10:40")
    desk.press("Ctrl+Return")
    assert "10:40 AM is taken" in desk.response.refusal_bar.text()
    assert view(request_id).state is RequestState.OPEN
    assert [one.offer.slot.starts_at for one in handling_of(desk).offered] == [
        wall(FRIDAY, "9:20"),
        wall(FRIDAY, "14:00"),
    ]
    desk.press("Ctrl+Return")
    assert view(request_id).state is RequestState.WAITING


def test_who_may_not_book_is_offered_nothing(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    with database_setup(), practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.amara.id)
            .values(may_book=False)
        )
    desk = desks()
    desk.look()
    desk.press("O")
    assert "may not book in the portal" in desk.response.refusal_bar.text()
    assert handling_of(desk).offered == ()


def test_a_request_whose_times_nobody_took_says_so_in_its_row(
    desks: Callable[..., DeskWindow],
    practice: Practice,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    desk = desks()
    desk.look()
    desk.press("O", "Ctrl+Return")
    with database_setup(), practice.database.write() as connection:
        connection.execute(update(schema.counter_offer).values(expires_at=practice.desk.clock.now()))
    with database_setup():
        practice.desk.perform(SYSTEM, counter_offers.expire)
    desk.hear()
    desk.show(request_id)
    row = desk.page.feed.model.cached(request_id)
    assert row is not None
    assert row.offered is not None
    assert row.offered.state is CounterOfferState.EXPIRED
    assert "and none was taken." in desk.page.message.offer_bar.text()


def test_on_the_schedule_its_card_tells_to_whom_and_withdraws(
    open_page: OpenPage,
    practice: Practice,
    database_setup: Setup,
    request_id: RequestId,
) -> None:
    start = wall(TODAY, "15:00")
    slots = (Slot(practice.lindqvist, practice.northside, start, start, start),)
    with database_setup():
        practice.desk.perform(
            practice.maria,
            handling.resolve,
            request_id,
            Offering(slots, practice.well),
            reply=Reply("We have 3 PM."),
            disposition=Disposition.WAITING,
            expect_version=1,
            assurance=MEANT,
        )
    desk = open_page(SchedulePage)
    shown = desk.page.panel.view.shown()
    assert shown is not None
    entry = next(each for column in shown.columns for each in column.entries if each.is_offered)
    desk.page.panel.view.entry_chosen.emit(entry)
    desk.settle()
    assert not desk.page.card.withdraw_button.isHidden()
    assert "We offered one time until Tue, Nov 24, 2:30 PM PST. To Amara Okafor" in desk.page.card._why.text()
    desk.frame.grab().save("/tmp/c8/schedule_offered.png")
    desk.page.card.withdraw_button.click()
    desk.settle()
    assert states(practice, database_setup) == ["withdrawn"]
