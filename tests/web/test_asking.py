"""Asking to schedule, move or cancel: the questions, the rights, the times, and that a form is sent once (PP1, PP2, MC1)."""

from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update

from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Control, Flow
from request_desk.domain.ids import ProviderId
from request_desk.domain.requests import DayPart, Wish, WishKind
from request_desk.services.desk import Desk
from request_desk.store import schema
from request_desk.web.forms import wish_code
from tests.builders import TODAY, Practice, wall
from tests.services.test_family_acts import change_settings
from tests.web.conftest import Page, SignIn, Visitor, portal, token_for

DAY = timedelta(days=1)
TOMORROW = TODAY + DAY


def slot(day: date, time: str, provider: ProviderId | None = None) -> str:
    return wish_code(Wish(1, WishKind.SLOT, provider, wall(day, time)))


def stored(practice: Practice) -> list[Any]:
    with practice.database.read() as connection:
        return list(connection.execute(select(schema.request).order_by(schema.request.c.id)).all())


def wishes(practice: Practice) -> list[tuple[Any, ...]]:
    wish = schema.request_wish.c
    with practice.database.read() as connection:
        rows = connection.execute(
            select(wish.rank, wish.kind, wish.provider_id, wish.starts_at, wish.day, wish.part).order_by(wish.rank)
        ).all()
    return [tuple(row) for row in rows]


def first_letter(practice: Practice) -> str:
    with practice.database.read() as connection:
        return str(connection.execute(select(schema.message.c.body).order_by(schema.message.c.id)).scalar())


def test_times_at_a_place_elsewhere_are_told_by_its_clock_from_the_choice_to_the_thread(
    sign_in: SignIn, practice: Practice
) -> None:
    with practice.database.write() as connection:
        there = schema.location.c.id == practice.harbor
        connection.execute(update(schema.location).where(there).values(zone="America/Denver"))
    visitor = sign_in(practice.amara)
    visitor.open("/ask/schedule")
    visitor.follow("Well visit")
    visitor.choose("/ask/schedule", "show", provider=str(practice.mwangi), location=str(practice.harbor))
    assert "MST" in visitor.page.words
    assert "PST" not in visitor.page.words
    page = visitor.choose("/ask/schedule", "continue", c1=visitor.page.times[0])
    assert "Tue, Nov 24, 9:20 AM MST, Dr. Mwangi, Harbor St" in page.words
    page = visitor.send("/ask/schedule", message="Please")
    assert "Tue, Nov 24, 9:20 AM MST" in page.words
    assert "8:20 AM" not in page.words


def test_a_parent_asks_for_an_appointment_at_times_of_choice(sign_in: SignIn, practice: Practice) -> None:  # PP2
    visitor = sign_in(practice.amara)
    visitor.open("/")
    assert visitor.follow("Ask for a visit").title.startswith("What kind of visit?")
    assert visitor.follow("Well visit").title.startswith("When would suit you?")
    visitor.choose("/ask/schedule", "show", provider=str(practice.lindqvist))
    first, second = visitor.page.times[2], slot(TOMORROW, "9:20", practice.lindqvist)
    visitor.choose("/ask/schedule", "add", c1=first, w1=second, on="11/28/2026", part="morning")
    page = visitor.choose("/ask/schedule", "continue")
    assert page.title.startswith("Ask for a visit")
    assert "Wed, Nov 25, 9:20 AM PST, Dr. Lindqvist" in page.words
    assert "Sat, Nov 28, morning" in page.words
    page = visitor.send("/ask/schedule", message="Ist vor Schulbeginn möglich?\r\nDanke", best=second)
    assert "Sent." in page.words
    assert "Nothing is booked until we answer here." in page.words
    assert "Answer promised by today 8:57 AM PST" in page.words
    (request,) = stored(practice)
    assert (request.kind, request.patient_id, request.type_id) == ("schedule", practice.zuri, practice.well)
    assert (request.provider_id, request.location_id) == (practice.lindqvist, None)
    assert first_letter(practice) == "Ist vor Schulbeginn möglich?\nDanke"
    assert [row[:2] for row in wishes(practice)] == [(1, "slot"), (2, "slot"), (3, "day_part")]
    assert wishes(practice)[0][2:4] == (practice.lindqvist, wall(TOMORROW, "9:20"))
    assert wishes(practice)[2][4:] == (date(2026, 11, 28), "morning")


def test_the_next_available_time_needs_no_choice(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.sick}")
    page = visitor.choose("/ask/schedule", "next")
    assert "The next available time" in page.words
    visitor.send("/ask/schedule")
    assert [row[:2] for row in wishes(practice)] == [(1, "next")]


def test_who_is_not_sure_of_the_kind_names_days_and_tells_about_it(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}")
    page = visitor.follow("I am not sure")
    assert page.times == []
    page = visitor.choose("/ask/schedule", "continue", on="2026-11-30", part="afternoon")
    assert "What is it about?" in page.words
    visitor.send("/ask/schedule", message="He limps.")
    assert stored(practice)[0].type_id is None
    assert wishes(practice)[0][4:] == (date(2026, 11, 30), "afternoon")


def test_an_appointment_is_asked_to_be_moved_from_its_card(sign_in: SignIn, practice: Practice) -> None:
    change_settings(
        practice, controls_off={Flow.ACCOUNT: frozenset({Control.RESCHEDULE})}
    )  # else they move it themselves
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30")
    visitor = sign_in(practice.amara)
    page = visitor.open("/")
    assert "Thu, Dec 3, 8:30 AM PST" in page.words
    page = visitor.open(next(link for text, link in page.links.items() if text.startswith("Move") and "?" in link))
    assert "Now it is Thu, Dec 3, 8:30 AM PST, and it stays so until we answer." in page.words
    assert page.forms["/ask/reschedule"]["provider"] == str(practice.lindqvist)
    visitor.choose("/ask/reschedule", "continue", c1=page.times[0])
    page = visitor.send("/ask/reschedule")
    assert "The visit stays on Thu, Dec 3, 8:30 AM PST until we answer here." in page.words
    (request,) = stored(practice)
    assert (request.kind, request.appointment_id, request.type_id) == ("reschedule", appointment, practice.well)


def test_a_move_of_a_type_that_stays_with_its_provider_offers_no_other(
    sign_in: SignIn, practice: Practice
) -> None:  # AP4
    therapy = practice.a_type("Therapy", 40, rebooking_mode="same_provider")
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30", kind=therapy)
    visitor = sign_in(practice.amara)
    page = visitor.open(f"/ask/reschedule?appointment={appointment}&provider={practice.mwangi}")
    assert "Any provider" not in page.words
    assert page.forms["/ask/reschedule"]["provider"] == str(practice.lindqvist)


def test_an_appointment_is_asked_to_be_cancelled_with_a_reason(sign_in: SignIn, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:20", place=practice.harbor)
    visitor = sign_in(practice.amara)
    page = visitor.open("/ask/cancel")
    assert "Ask us to cancel this visit?" in page.words
    assert "This visit is today: please call us as well" in page.words
    page = visitor.send("/ask/cancel", message="fever")
    assert "The visit on Tue, Nov 24, 3:20 PM PST stays booked until we answer here." in page.words
    (request,) = stored(practice)
    assert (request.kind, request.appointment_id) == ("cancel", appointment)


def test_several_appointments_are_told_apart(sign_in: SignIn, practice: Practice) -> None:
    for days in (5, 6):
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + days * DAY, "9:00")
    visitor = sign_in(practice.amara)
    assert visitor.open("/ask/cancel").title.startswith("Which visit?")
    assert "Mon, Nov 30, 9:00 AM PST" in visitor.follow("Mon, Nov 30").words


def test_without_an_appointment_ahead_there_is_nothing_to_cancel(sign_in: SignIn, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - DAY, "9:00")
    page = sign_in(practice.amara).open("/ask/cancel")
    assert "There is no visit ahead" in page.words
    assert "(206) 555-0100" in page.words


def test_a_parent_of_several_children_is_asked_for_whom(sign_in: SignIn, practice: Practice) -> None:  # PP1
    ada = practice.a_patient("Ada", "Okafor", date(2020, 5, 4), practice.amara_family)
    contact = practice.a_contact(
        "Ify", "Okafor", "ify@example.org", {practice.zuri: {"relation": "mother"}, ada: {"relation": "mother"}}
    )
    visitor = sign_in(contact)
    page = visitor.open("/ask/schedule")
    assert page.title.startswith("Who is it for?")
    assert {"Ada Okafor", "Zuri Okafor"} <= set(page.links)
    assert "born 05/04/2020" in page.words
    assert f"child={ada}" in visitor.page.links["Ada Okafor"]


# Rights and kinds


def test_a_grandmother_without_the_right_to_book_is_told_so_with_the_phone(
    sign_in: SignIn, practice: Practice
) -> None:  # PP1
    visitor = sign_in(practice.grandmother)
    home = visitor.open("/")
    assert "Our records do not let you ask for any" in home.words
    assert "Ask for a visit" not in home.links
    page = visitor.open("/ask/schedule")
    assert page.status == 403
    assert "Zuri Okafor" in page.words
    assert "(206) 555-0100" in page.words


@pytest.mark.parametrize("kind", ["schedule", "cancel", "reschedule"])
def test_a_kind_that_is_off_is_neither_offered_nor_accepted(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock, kind: str
) -> None:  # MC1
    appointment = sqlite_practice.an_appointment(
        sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY + 9 * DAY, "8:30"
    )
    visitor = Visitor(portal(sqlite_desk, clock))
    visitor.client.cookies.set("session", token_for(sqlite_practice, sqlite_practice.amara))
    where = (
        f"child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next"
        if kind == "schedule"
        else f"appointment={appointment}&go=next"
    )
    visitor.open(f"/ask/{kind}?{where}")
    form = visitor.page.forms[f"/ask/{kind}"]
    switch(sqlite_practice, {"schedule", "cancel", "reschedule"} - {kind})
    assert not any(link.startswith(f"/ask/{kind}") for link in visitor.open("/").links.values())
    page = visitor.open(f"/ask/{kind}")
    assert (page.status, "Please call us: (206) 555-0100" in page.words) == (403, True)
    assert visitor.client.post(f"/ask/{kind}", data=form).status_code == 403
    assert stored(sqlite_practice) == []


def switch(practice: Practice, kinds: set[str]) -> None:
    settings = practice.settings
    from dataclasses import replace

    import msgspec

    value = msgspec.to_builtins(replace(settings, kinds_on=frozenset(kinds)))
    with practice.database.write() as connection:
        connection.execute(schema.practice.update().values(settings=value, version=schema.practice.c.version + 1))


def test_with_everything_off_the_first_page_says_to_call(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:  # MC1
    visitor = sqlite_sign_in(sqlite_practice.amara)
    switch(sqlite_practice, set())
    assert "We do not take requests online at present. Please call us: (206) 555-0100" in visitor.open("/").words


@pytest.mark.parametrize("kind", ["delete", "SCHEDULE", "schedule%00", "../schedule"])
def test_other_kinds_do_not_exist(sqlite_sign_in: SignIn, sqlite_practice: Practice, kind: str) -> None:
    assert sqlite_sign_in(sqlite_practice.amara).open(f"/ask/{kind}").status == 404


def test_nobody_asks_for_somebody_elses_child_or_appointment(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:  # PP1
    other = sqlite_practice.a_patient("Leo", "Weiss", date(2020, 11, 2))
    appointment = sqlite_practice.an_appointment(other, sqlite_practice.lindqvist, TODAY + 9 * DAY, "8:30")
    visitor = sqlite_sign_in(sqlite_practice.amara)
    well = sqlite_practice.well
    for path in (
        f"/ask/schedule?child={other}",
        f"/ask/cancel?appointment={appointment}",
        f"/ask/reschedule?appointment={appointment}",
    ):
        page = visitor.open(path)
        assert (page.status, "Leo" in page.words) == (404, False)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={well}&go=next")
    assert visitor.send("/ask/schedule", child=str(other)).status == 404
    assert stored(sqlite_practice) == []


def test_the_form_chooses_neither_sender_nor_patient_by_extra_fields(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:  # INP-04
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next")
    assert visitor.send("/ask/schedule", {"contact_id": "1"}).status == 400
    assert stored(sqlite_practice) == []


# Times


def test_weeks_are_leafed_through_and_choices_come_along(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open(
        f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&provider={sqlite_practice.lindqvist}"
    )
    assert "Tuesday, November 24 PST" in page.words
    chosen = page.times[1]
    page = visitor.choose("/ask/schedule", "later", c1=chosen)
    assert "Dec 1 to Dec 7" in page.words
    assert page.forms["/ask/schedule"]["w1"] == chosen
    page = visitor.choose("/ask/schedule", "earlier")
    assert "Nov 24 to Nov 30" in page.words
    assert chosen in [value for name, value in page.forms["/ask/schedule"].items() if name.startswith("c")]


def test_a_day_shows_a_few_times_and_all_on_demand(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(
        f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&provider={sqlite_practice.lindqvist}"
    )
    assert sum(code == slot(TOMORROW, "9:30", sqlite_practice.lindqvist) for code in visitor.page.times) == 0
    page = visitor.choose("/ask/schedule", "day-2026-11-25")
    assert slot(TOMORROW, "9:30", sqlite_practice.lindqvist) in page.times
    assert len(page.times) == 51


def test_only_free_times_are_offered(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TOMORROW, "9:20")
    visitor = sqlite_sign_in(sqlite_practice.amara)
    where = f"child={sqlite_practice.zuri}&type={sqlite_practice.well}&provider={sqlite_practice.lindqvist}"
    page = visitor.open(f"/ask/schedule?{where}&go=day-2026-11-25")
    offered = set(page.times)
    assert not offered & {slot(TOMORROW, time, sqlite_practice.lindqvist) for time in ("8:50", "9:20", "9:50")}
    assert {slot(TOMORROW, time, sqlite_practice.lindqvist) for time in ("8:40", "10:00")} <= offered


def test_a_full_week_leads_to_the_next_free_day(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    for provider in (sqlite_practice.lindqvist, sqlite_practice.mwangi):
        sqlite_practice.an_absence(provider, wall(TODAY, "0:00"), wall(TODAY + 9 * DAY, "0:00"))
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}")
    assert "No free time here in these days." in page.words
    assert "Go to Thu, Dec 3, the next free one" in page.words
    assert "Thursday, December 3 PST" in visitor.choose("/ask/schedule", "to-2026-12-03").words


def test_times_in_winter_and_summer_carry_their_zone(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    where = f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}"
    assert "Monday, March 15 PDT" in visitor.open(f"{where}&from=2027-03-12").words
    assert "Friday, March 12 PST" in visitor.page.words


def test_without_a_choice_nobody_goes_on(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}")
    page = visitor.choose("/ask/schedule", "continue")
    assert page.status == 422
    assert "Choose at least one time, or take the next available one." in page.words


def test_more_than_five_times_are_told_and_kept(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}")
    ticked = {f"c{index}": code for index, code in enumerate(visitor.page.times[:6], start=1)}
    page = visitor.choose("/ask/schedule", "continue", **ticked)
    assert "You have chosen 6 times; we can look at 5." in page.words
    assert set(ticked.values()) <= set(page.forms["/ask/schedule"].values())
    where = f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next"
    visitor.open(where)
    assert (
        visitor.send("/ask/schedule", {f"w{index}": code for index, code in enumerate(ticked.values(), 1)}).status
        == 422
    )
    assert stored(sqlite_practice) == []


@pytest.mark.parametrize(
    ("on", "part", "sentence"),
    [
        ("31.11.2026", "morning", "This is not a date."),
        ("2026-02-30", "morning", "This is not a date."),
        ("2026-11-23", "morning", "This time is over."),
        ("2027-11-24", "", "Please say when on that day."),
        ("2126-11-24", "morning", "That is too far away."),
    ],
)
def test_a_day_that_cannot_be_is_told_beside_its_field(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, on: str, part: str, sentence: str
) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}")
    page = visitor.choose("/ask/schedule", "add", on=on, part=part)
    assert page.status == 422
    assert sentence in page.words
    assert page.forms["/ask/schedule"]["on"] == on


def test_a_time_that_is_over_is_not_sent(sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    today = slot(TODAY, "8:30", sqlite_practice.lindqvist)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&w1={today}&go=continue")
    clock.advance(timedelta(minutes=20))
    page = visitor.send("/ask/schedule")
    assert "One of your times is over by now." in page.words
    assert stored(sqlite_practice) == []


def test_a_time_taken_meanwhile_may_still_be_asked_for_and_the_page_says_so(
    sign_in: SignIn, practice: Practice
) -> None:
    visitor = sign_in(practice.amara)
    wished = slot(TOMORROW, "9:20", practice.lindqvist)
    page = visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&w1={wished}&go=continue")
    assert "Not free any more" not in page.words
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    page = visitor.send("/ask/schedule")
    assert "Sent." in page.words
    assert "Taken by now: we look for the nearest one." in page.words
    page = visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&w1={wished}&go=continue")
    assert "Not free any more. You can still ask for it." in page.words


def test_a_wish_holds_nothing(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&w1={slot(TOMORROW, '9:20')}&go=continue")
    visitor.send("/ask/schedule")
    with practice.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.appointment)).scalar() == 0


# Sent once


def test_the_same_form_sent_twice_is_one_request_and_one_page(sign_in: SignIn, practice: Practice) -> None:  # WEB-12
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&go=next")
    form = {**visitor.page.forms["/ask/schedule"], "message": "twice"}
    answers = [visitor.client.post("/ask/schedule", data=form, follow_redirects=False) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(stored(practice)) == 1


def test_many_clicks_at_once_are_one_request(practice: Practice, desk: Desk, clock: FixedClock) -> None:  # WEB-12
    app = portal(desk, clock)
    token = token_for(practice, practice.amara)
    visitor = Visitor(app)
    visitor.client.cookies.set("session", token)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&go=next")
    form, cookies = visitor.page.forms["/ask/schedule"], dict(visitor.client.cookies)
    locations: list[str] = []

    def click() -> None:
        other = Visitor(app)
        other.client.cookies.update(cookies)
        locations.append(other.client.post("/ask/schedule", data=form, follow_redirects=False).headers["location"])

    clicks = [Thread(target=click) for _ in range(12)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(locations) == 12
    assert len(set(locations)) == 1
    assert len(stored(practice)) == 1


def test_what_was_changed_after_sending_is_not_lost_silently(sign_in: SignIn, practice: Practice) -> None:  # WEB-12
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&go=next")
    form = dict(visitor.page.forms["/ask/schedule"])
    visitor.send("/ask/schedule", message="first")
    visitor.page.forms["/ask/schedule"] = form
    page = visitor.send("/ask/schedule", message="first, and she has a rash")
    assert page.status == 422
    assert "You have already sent this request." in page.words
    answer = next(fields for action, fields in page.forms.items() if action.endswith("/answer"))
    assert answer["message"] == "first, and she has a rash"
    assert len(stored(practice)) == 1


@pytest.mark.parametrize("message", ["x" * 4001, "\udbff".encode("utf-8", "replace").decode() * 4001, "null \0 byte"])
def test_a_text_that_does_not_fit_is_told_and_kept(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, message: str
) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next")
    submission = visitor.page.forms["/ask/schedule"]["submission"]
    page = visitor.send("/ask/schedule", message=message)
    assert page.status == 422
    assert "Nothing was sent yet." in page.words
    kept = page.forms["/ask/schedule"]
    assert kept["message"].replace("\ufffd", "\0") == message.replace("\ufffd", "\0")
    assert kept["submission"] == submission
    assert stored(sqlite_practice) == []


def test_four_thousand_signs_fit_also_with_line_ends_of_the_browser(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&go=next")
    visitor.send("/ask/schedule", message="😀\r\n" * 1999 + "ab")
    assert len(first_letter(practice)) == 4000


def test_a_contact_who_may_book_but_not_read_messages_ends_on_the_first_page(
    sign_in: SignIn, practice: Practice
) -> None:
    aunt = practice.a_contact(
        "Ada", "Obi", "ada@example.org", {practice.zuri: {"relation": "aunt", "may_see_messages": False}}
    )
    visitor = sign_in(aunt)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}&go=next")
    page = visitor.send("/ask/schedule")
    assert page.title.startswith("Visits and requests")
    assert "Sent." in page.words
    assert len(stored(practice)) == 1


def test_parts_of_a_day_are_offered_as_the_practice_means_them(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:
    page: Page = sqlite_sign_in(sqlite_practice.amara).open(f"/ask/schedule?child={sqlite_practice.zuri}&type=any")
    for part in DayPart:
        assert f'value="{part.value}"' in page.html


@pytest.mark.parametrize("kind", ["cancel", "reschedule"])
def test_an_appointment_whose_provider_left_and_whose_type_is_off_can_still_be_asked_about(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, kind: str
) -> None:  # RT3
    practice = sqlite_practice
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    with practice.database.write() as connection:
        connection.execute(
            update(schema.provider).where(schema.provider.c.id == practice.lindqvist).values(active=False)
        )
        connection.execute(
            update(schema.appointment_type).where(schema.appointment_type.c.id == practice.well).values(active=False)
        )
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(f"/ask/{kind}?appointment={appointment}")
    assert visitor.page.status == 200
    if kind == "reschedule":
        visitor.choose(f"/ask/{kind}", "next")
    assert "Sent." in visitor.send(f"/ask/{kind}", message="please").words
    (request,) = stored(practice)
    assert (request.kind, request.appointment_id, request.type_id) == (kind, appointment, practice.well)


def test_a_time_with_a_provider_who_does_not_exist_is_refused_in_words(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:  # INP-04
    visitor = sqlite_sign_in(sqlite_practice.amara)
    made_up = slot(TOMORROW, "9:20", ProviderId(424242))
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&w1={made_up}&go=continue")
    page = visitor.send("/ask/schedule", message="hello", best=made_up)
    assert page.status in {404, 409, 422}
    assert stored(sqlite_practice) == []


def test_the_same_need_again_is_asked_about(sign_in: SignIn, practice: Practice) -> None:  # RE10, ACT13
    practice.a_request(message="the first")
    visitor = sign_in(practice.amara)
    visitor.open("/ask/schedule")
    visitor.follow("Well visit")
    page = visitor.choose("/ask/schedule", "next")
    page = visitor.send("/ask/schedule", message="are you there?")
    assert page.status == 409
    assert "You already asked for this, and we have not finished with it. Add to it?" in page.words
    assert "are you there?" in page.html
    assert len(stored(practice)) == 1
    page = visitor.send("/ask/schedule", message="are you there?", twice="add")
    assert "are you there?" in page.words
    assert len(stored(practice)) == 1


def test_what_to_do_in_an_emergency_stands_beside_every_box_for_text(
    sign_in: SignIn, practice: Practice
) -> None:  # MC14
    visitor = sign_in(practice.amara)
    visitor.open("/ask/schedule")
    visitor.follow("Well visit")
    told = "In an emergency call 911"
    page = visitor.choose("/ask/schedule", "next")
    assert told in page.html.partition("<textarea")[0]
    page = visitor.send("/ask/schedule", message="trouble breathing tonight")
    assert told in page.html.partition("<textarea")[0]


def test_another_type_or_another_appointment_is_not_asked_about(sign_in: SignIn, practice: Practice) -> None:  # PP5
    practice.a_request(message="the first")
    first, second = (
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, at) for at in ("9:00", "10:00")
    )
    practice.a_request("cancel", appointment=first)
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.sick}")
    visitor.choose("/ask/schedule", "next")
    assert "Sent." in visitor.send("/ask/schedule", message="he is ill").words
    visitor.open(f"/ask/cancel?appointment={second}")
    assert "Sent." in visitor.send("/ask/cancel", message="that one too").words
    visitor.open(f"/ask/cancel?appointment={first}")
    assert "You already asked for this" in visitor.send("/ask/cancel", message="hello?").words
    assert len(stored(practice)) == 4


def test_another_request_of_the_same_kind_is_sent_when_that_is_meant(sign_in: SignIn, practice: Practice) -> None:
    practice.a_request(message="the first")
    visitor = sign_in(practice.amara)
    visitor.open("/ask/schedule")
    visitor.follow("Well visit")
    visitor.choose("/ask/schedule", "next")
    visitor.send("/ask/schedule", message="for school")
    page = visitor.send("/ask/schedule", message="for school", twice="again")
    assert "Sent." in page.words
    assert len(stored(practice)) == 2


def test_a_kind_follows_the_child_and_one_it_cannot_have_is_neither_shown_nor_taken(
    sign_in: SignIn, practice: Practice
) -> None:  # AP7
    kind = schema.appointment_type
    with practice.database.write() as connection:
        connection.execute(update(kind).where(kind.c.id == practice.sick).values(new_patient_minutes=30))
        connection.execute(update(kind).where(kind.c.id == practice.well).values(max_age_months=24))
    visitor = sign_in(practice.amara)
    page = visitor.open(f"/ask/schedule?child={practice.zuri}")
    assert not any(text.startswith("Well visit") for text in page.links)
    page = visitor.follow("Sick visit")
    assert "Sick visit, 30 min" in page.words
    visitor.open(f"/ask/schedule?child={practice.zuri}&type={practice.well}")
    visitor.choose("/ask/schedule", "next")
    page = visitor.send("/ask/schedule")
    assert "Well visit is for patients under 2 years; Zuri Okafor is 4 years old on Tue, Nov 24." in page.words
    assert stored(practice) == []
