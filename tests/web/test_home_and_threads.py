"""The first page and the threads: appointments, promises, letters, answers, taking back, and who sees what (PP1, PP2, RE7)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Booking, Cancellation, Disposition, Reply, Wish, WishKind
from request_desk.domain.spans import Slot
from request_desk.domain.thanks import thanks_in
from request_desk.services.inbox import handling
from request_desk.services.inbox.view import open_request
from request_desk.services.schedule import scheduling
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema
from tests.builders import MEANT, TODAY, Practice, wall
from tests.web.conftest import Page, SignIn

DAY = timedelta(days=1)


def row(practice: Practice, request_id: RequestId) -> Any:
    with practice.database.read() as connection:
        return connection.execute(select(schema.request).where(schema.request.c.id == request_id)).one()


def link(practice: Practice, request_id: RequestId) -> str:
    return f"/requests/{row(practice, request_id).reference}"


def reply(
    practice: Practice, request_id: RequestId, text: str, disposition: Disposition = Disposition.COMPLETED
) -> None:
    practice.desk.perform(
        practice.maria,
        handling.resolve,
        request_id,
        None,
        reply=Reply(text),
        disposition=disposition,
        expect_version=row(practice, request_id).version,
    )


def answer_form(page: Page) -> str:
    return next(action for action in page.forms if action.endswith("/answer"))


def test_the_first_page_has_a_button_for_each_kind_that_is_on(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in(practice.amara).open("/")
    assert {page.links[text] for text in ("Ask for a visit", "Move a visit", "Cancel a visit")} == {
        "/ask/schedule",
        "/ask/reschedule",
        "/ask/cancel",
    }
    assert "No visit is booked." in page.words
    assert page.links["Call (206) 555-0100".removeprefix("Call ")] == "tel:+12065550100"


def test_appointments_are_shown_with_weekday_and_zone_past_ones_apart(sign_in: SignIn, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - 200 * DAY, "9:00", status="completed")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - 2 * DAY, "9:00", status="no_show")
    practice.an_appointment(
        practice.zuri,
        practice.mwangi,
        TODAY + 2 * DAY,
        "9:00",
        status="cancelled",
        cancel_code="pat",
        released_at=practice.desk.clock.now() - DAY,
    )
    page = sign_in(practice.amara).open("/")
    ahead, _sign, past = page.words.partition("Past and cancelled visits")
    assert "Thu, Dec 3, 8:30 AM PST Well visit · Zuri Okafor Dr. Lindqvist · Northside, 1 Northside, Seattle" in ahead
    assert "Fri, May 8, 9:00 AM PDT" in past
    assert "missed" in past
    assert "cancelled" in past


def test_an_appointment_is_seen_by_both_parents_a_request_by_its_sender(
    sign_in: SignIn, practice: Practice
) -> None:  # PP1
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30")
    request = practice.a_request(message="between us")
    mother, father = sign_in(practice.amara), sign_in(practice.father)
    assert "Thu, Dec 3" in father.open("/").words
    assert "New visit" not in father.page.words
    assert father.open(link(practice, request)).status == 404
    assert "between us" in mother.open(link(practice, request)).words


def test_an_ended_right_closes_the_thread(sign_in: SignIn, practice: Practice, clock: FixedClock) -> None:  # PP1
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    values = {"may_see_messages": False}
    with practice.database.write() as connection:
        connection.execute(
            schema.contact_patient.update()
            .where(schema.contact_patient.c.contact_id == practice.amara.id)
            .values(**values)
        )
    assert visitor.open(link(practice, request)).status == 404


def test_a_request_tells_by_when_it_is_answered(sign_in: SignIn, practice: Practice, clock: FixedClock) -> None:
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    assert "Answer promised by today 8:57 AM PST" in visitor.open("/").words
    clock.advance(timedelta(minutes=46))
    visitor = sign_in(practice.amara)
    assert "later than promised" in visitor.open("/").words
    assert (
        "We are sorry for the wait. If it cannot wait longer, please call us."
        in visitor.open(link(practice, request)).words
    )


def test_a_reply_is_read_after_the_grace_time_and_not_before(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:  # RE7
    request = practice.a_request(message="may we come?")
    visitor = sign_in(practice.amara)
    reply(practice, request, "Yes, come on Tuesday.\nMaria")
    page = visitor.open(link(practice, request))
    assert "come on Tuesday" not in page.words
    assert "The practice is just answering." in page.words
    assert "With us" in page.words
    clock.advance(practice.settings.grace + timedelta(seconds=1))
    page = visitor.open(link(practice, request))
    assert "Harbor Pediatrics today 8:12 AM PST Yes, come on Tuesday. Maria" in page.words
    assert "Answered" in page.words
    assert row(practice, request).state == "completed"


def test_an_answer_in_the_thread_reopens_the_request(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:  # RE7
    request = practice.a_request()
    reply(practice, request, "All is booked.")
    clock.advance(timedelta(minutes=1))
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    assert "Your letter opens this request again." in page.words
    page = visitor.send(answer_form(page), message="Could it be later?")
    assert (row(practice, request).state, page.status) == ("open", 200)
    assert "Could it be later?" in page.words
    assert "With us" in page.words


def test_an_answer_sent_twice_is_one_letter(sign_in: SignIn, practice: Practice) -> None:  # WEB-12
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    form = {**page.forms[answer_form(page)], "message": "only once"}
    for _ in range(2):
        visitor.client.post(answer_form(page), data=form)
    assert visitor.open(link(practice, request)).words.count("only once") == 1


def test_a_letter_changed_after_sending_is_not_lost_silently(sign_in: SignIn, practice: Practice) -> None:  # WEB-12
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    action, form = answer_form(page), dict(page.forms[answer_form(page)])
    visitor.send(action, message="first")
    visitor.page.forms[action] = form
    page = visitor.send(action, message="first, corrected")
    assert page.status == 422
    assert "You have already sent this letter." in page.words
    assert page.forms[action]["message"] == "first, corrected"
    assert page.forms[action]["submission"] != form["submission"]
    assert "first, corrected" in visitor.send(action).words


@pytest.mark.parametrize("message", ["", "   \n ", "\u200b", "x" * 4001])
def test_an_answer_that_does_not_fit_is_told_beside_its_field(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, message: str
) -> None:
    request = sqlite_practice.a_request()
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open(link(sqlite_practice, request))
    page = visitor.send(answer_form(page), message=message)
    assert page.status == 422
    assert "Your message is" in page.words
    assert page.forms[answer_form(page)]["message"] == message


def test_an_answer_while_the_practice_answers_is_refused_and_kept(sign_in: SignIn, practice: Practice) -> None:
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    reply(practice, request, "One moment.")
    page = visitor.send(answer_form(page), message="I typed this for minutes")
    assert page.status == 409
    assert "I typed this for minutes" in page.html
    assert "just answering" in page.words


def test_an_open_request_is_taken_back(sign_in: SignIn, practice: Practice) -> None:  # RE10
    request = practice.a_request()
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    page = visitor.send(next(action for action in page.forms if action.endswith("/withdraw")))
    assert row(practice, request).state == "withdrawn"
    assert "Taken back" in page.words
    assert not any(action.endswith(("/answer", "/withdraw")) for action in page.forms)


def test_wishes_are_told_with_weekday_and_zone(sign_in: SignIn, practice: Practice) -> None:
    wishes = [practice.wish(TODAY + DAY, "9:20"), Wish(2, WishKind.NEXT)]
    page = sign_in(practice.amara).open(link(practice, practice.a_request(wishes=wishes)))
    assert "Wed, Nov 25, 9:20 AM PST" in page.words
    assert "Next available" in page.words


def test_letters_are_shown_as_text_from_both_sides(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:  # WEB-09
    request = practice.a_request(message="<img src=x onerror=alert(1)>\n{{ 7*7 }} &amp;")
    reply(practice, request, "<script>alert(2)</script> javascript:alert(3)")
    clock.advance(timedelta(minutes=1))
    page = sign_in(practice.amara).open(link(practice, request))
    assert "<img" not in page.html
    assert "<script" not in page.html
    assert "&lt;img src=x onerror=alert(1)&gt;\n{{ 7*7 }} &amp;amp;" in page.html
    assert "&lt;script&gt;alert(2)&lt;/script&gt; javascript:alert(3)" in page.html


def test_a_name_is_shown_as_text_and_keeps_to_itself(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    child = sqlite_practice.a_patient("<b>Bobby</b>", 'Tables"; \u202etupni', TODAY - 900 * DAY)
    contact = sqlite_practice.a_contact("<i>Jo</i>", "O’Neil", "jo@example.org", {child: {"relation": "father"}})
    sqlite_practice.an_appointment(child, sqlite_practice.lindqvist, TODAY + DAY, "9:00")
    page = sqlite_sign_in(contact).open("/")
    assert "<b>Bobby" not in page.html
    assert "<i>Jo" not in page.html
    assert "<bdi>&lt;b&gt;Bobby&lt;/b&gt;" in page.html
    assert "\u202e" not in page.html


def test_a_long_history_shows_its_newest_part_first(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    for days in range(1, 15):
        sqlite_practice.an_appointment(
            sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY - days * DAY, "9:00", status="completed"
        )
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open("/")
    assert page.words.count("Well visit · Zuri Okafor") == 10
    assert visitor.follow("Show everything").words.count("Well visit · Zuri Okafor") == 14


def test_references_of_others_and_of_nobody_look_alike(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    request = sqlite_practice.a_request()
    visitor = sqlite_sign_in(sqlite_practice.father)
    there = visitor.open(link(sqlite_practice, request))
    not_there = visitor.open("/requests/6ad9ac54-fbc9-4a3f-a20f-7d0b3b3c5a10")
    assert (there.status, there.words.partition("name it")[0]) == (404, not_there.words.partition("name it")[0])
    assert visitor.open("/requests/1").status == 404


def test_a_contact_without_children_is_told_to_call(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    with sqlite_practice.database.write() as connection:
        connection.execute(schema.contact_patient.update().values(valid_until=TODAY))
    visitor = sqlite_sign_in(replace(sqlite_practice.amara))
    assert visitor.open("/").status == 200


def test_a_cancelled_appointment_says_why_in_the_words_for_the_parent(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:  # AP3
    practice = sqlite_practice
    for time, words in (("10:00", ""), ("11:00", "Dr. Lindqvist is <ill>.")):
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), time)
        practice.desk.perform(
            practice.maria, scheduling.cancel, appointment, code="prov-pers", text=words, expect_version=1
        )
    coded = "Your provider is not available at that time."
    unread = practice.a_contact(
        "Efua", "Owusu", "efua@example.org", {practice.zuri: {"relation": "aunt", "may_see_messages": False}}
    )
    assert coded not in sqlite_sign_in(practice.amara).open("/").words  # the grace time: nothing has happened yet
    clock.advance(timedelta(minutes=1))
    page = sqlite_sign_in(practice.amara).open("/")
    assert coded in page.words
    assert "Dr. Lindqvist is <ill>." in page.words
    assert "<ill>" not in page.html
    page = sqlite_sign_in(unread).open("/")
    assert (coded in page.words, "ill" in page.words.split()) == (True, False)
    assert "&lt;ill&gt;" not in page.html


def booked(practice: Practice, request_id: RequestId, act: Any) -> None:
    practice.desk.perform(
        practice.maria,
        handling.resolve,
        request_id,
        act,
        reply=Reply("Done."),
        disposition=Disposition.COMPLETED,
        expect_version=row(practice, request_id).version,
        assurance=MEANT,
    )


def test_every_page_tells_the_state_from_the_rows(sign_in: SignIn, practice: Practice, clock: FixedClock) -> None:
    start = wall(TODAY + 3 * DAY, "9:10")
    end = start + timedelta(minutes=40)
    schedule = practice.a_request()
    visitor = sign_in(practice.amara)
    assert "Nothing is booked until we answer here." in visitor.open(link(practice, schedule)).words
    booked(practice, schedule, Booking(Slot(practice.lindqvist, practice.northside, start, end, end), practice.well))
    assert "Nothing is booked until we answer here." in visitor.open(link(practice, schedule)).words  # grace
    clock.advance(timedelta(minutes=1))
    told = "Booked: Fri, Nov 27, 9:10 AM PST."
    assert told in visitor.open(link(practice, schedule)).words
    assert told in visitor.open("/").words
    (appointment,) = practice.desk.query(practice.maria, upcoming_of, [practice.zuri])
    move = practice.a_request("reschedule", appointment=appointment.id)
    assert (
        "You asked about Fri, Nov 27, 9:10 AM PST" in visitor.open(link(practice, move)).words
    )  # true after a move too
    cancel = practice.a_request("cancel", appointment=appointment.id)
    stays = "The visit on Fri, Nov 27, 9:10 AM PST stays booked until we answer here."
    assert stays in visitor.open(link(practice, cancel)).words
    booked(practice, cancel, Cancellation(appointment.id, appointment.version, "pat"))
    clock.advance(timedelta(minutes=1))
    for request in (cancel, schedule):
        words = visitor.open(link(practice, request)).words
        assert "Cancelled: Fri, Nov 27, 9:10 AM PST." in words
        assert "stays" not in words
        assert "Booked:" not in words


def test_thanks_below_a_reply_are_recorded_and_open_nothing(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:  # RE10
    request = practice.a_request()
    reply(practice, request, "All is booked.")
    clock.advance(timedelta(minutes=1))
    visitor = sign_in(practice.amara)
    page = visitor.open(link(practice, request))
    assert page.links["That doesn't work"].endswith("?w=no#message")
    assert page.links["Ask something"].endswith("?w=ask#message")
    before = row(practice, request)
    page = visitor.send(next(each for each in page.forms if each.endswith("/thanks")))
    assert thanks_in("en") in page.words
    after = row(practice, request)
    assert (after.state, after.version) == (before.state, before.version)
    assert not any(each.endswith("/thanks") for each in page.forms)  # once
    assert "What does not work for you?" in visitor.open(f"{link(practice, request)}?w=no").words


def test_a_reply_counts_as_seen_when_somebody_signed_in_looks_at_it(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:  # RE10
    request = practice.a_request()
    reply(practice, request, "Please bring the card.")
    visitor, stranger = sign_in(practice.amara), sign_in(practice.father)
    clock.advance(timedelta(seconds=21))
    visitor.client.head(link(practice, request))
    visitor.client.get(link(practice, request), headers={"sec-purpose": "prefetch"})
    stranger.open(link(practice, request))
    stranger.client.cookies.clear()
    stranger.open(link(practice, request))
    visitor.open("/")
    assert practice.desk.query(practice.maria, open_request, request).seen_at is None
    visitor.open(link(practice, request))
    assert practice.desk.query(practice.maria, open_request, request).seen_at == clock.now()


def test_a_mother_of_three_looks_at_one_of_them(sign_in: SignIn, practice: Practice) -> None:  # PP2
    kamal = practice.a_patient("كمال", "الزهراء", date(2019, 1, 15))
    jin = practice.a_patient("진", "김", date(2021, 1, 15))
    mother = practice.a_contact(
        "Ify", "Okafor", "ify@example.org", {each: {"relation": "mother"} for each in (practice.zuri, kamal, jin)}
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30")
    practice.an_appointment(kamal, practice.mwangi, TODAY + 8 * DAY, "15:20", place=practice.harbor)
    practice.a_request(by=mother, patient=kamal, message="soon?")
    for number in range(12):
        practice.an_appointment(kamal, practice.mwangi, TODAY - (20 + number) * DAY, "9:00", status="completed")
    visitor = sign_in(mother)
    page = visitor.open("/")
    assert [page.links[name] for name in ("All", "Zuri", "كمال", "진")] == [
        "/",
        *(f"/?child={each}" for each in (practice.zuri, kamal, jin)),
    ]
    page = visitor.follow("كمال")
    assert "Dec 2" in page.words
    assert "Dec 3" not in page.words
    assert "New visit" in page.words
    page = visitor.follow("Show everything")
    assert page.words.count("Dr. Mwangi") == 13
    page = visitor.open(f"/?child={jin}")
    assert "No visit of 진 is booked." in page.words
    assert "New visit" not in page.words
    assert "Dec 3" in visitor.open("/?child=1").words  # of nobody here: all are shown


def test_with_one_child_there_is_nothing_to_choose(sign_in: SignIn, practice: Practice) -> None:
    assert "All" not in sign_in(practice.amara).open("/").links
