"""The booking page as a browser without scripts has it: from a share link to the page that confirms (BK4, BK5, WEB-10 to 13, PP1)."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Control, Flow
from request_desk.domain.ids import new_token, new_uuid
from request_desk.services.desk import Desk
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.online import TOMORROW, Share
from tests.services.form_parts import a_questionnaire
from tests.web.conftest import Page, SignIn, Visitor, mailed_code, portal

HOSTILE = "<script>alert(1)</script>\u202e\u2067 \"'&"


@pytest.fixture
def share(sqlite_practice: Practice) -> Share:
    return Share(sqlite_practice)


@pytest.fixture
def visitor(share: Share, sqlite_desk: Desk, clock: FixedClock) -> Visitor:
    return Visitor(portal(sqlite_desk, clock))


def choose(visitor: Visitor, path: str, time: str) -> Page:
    """Tap a time of the page that is open."""
    return tap(visitor, path, code_for(visitor.page, time))


def tap(visitor: Visitor, path: str, slot: str) -> Page:
    """Send the form of the times; the one with the choices has the same address and is another one."""
    fields = {name: visitor.page.forms[path][name] for name in ("csrftoken", "secret")}
    visitor.page.forms[path] = fields
    return visitor.send(path, slot=slot)


def look(visitor: Visitor, path: str, go: str, **chosen: str) -> Page:
    """Press a button of the form that chooses among the times."""
    mixed = visitor.page.forms[path]
    visitor.page.forms[path] = {name: value for name, value in mixed.items() if name not in {"csrftoken", "secret"}}
    return visitor.choose(path, go, **chosen)


def code_for(page: Page, time: str) -> str:
    """The code of the first button with this time."""
    part: str = page.html.partition(f"<b>{time}</b>")[0]
    return part.rpartition('value="')[2].partition('"')[0]


def held(visitor: Visitor, share: Share, time: str = "9:20 AM") -> Page:
    visitor.open(f"{share.path}?from={TOMORROW.isoformat()}&go=day-{TOMORROW.isoformat()}")
    return choose(visitor, share.path, time)


def sign_in_there(visitor: Visitor, practice: Practice, email: str) -> Page:
    visitor.send("/booking/email", email=email)
    return visitor.send("", code=mailed_code(practice))


def test_a_known_mother_books_by_a_code(visitor: Visitor, share: Share) -> None:  # BK4, BK5
    page = visitor.open(f"/book/{share.service_reference}")  # one variant: straight to its times
    assert page.title.startswith("Choose a time")
    assert "Bring the vaccination card." in page.words
    assert "PST" in page.words
    page = held(visitor, share)
    assert "Where do we reach you?" in page.words
    assert "Wednesday, November 25, 9:20 AM PST" in page.words
    assert "Kept for you until 8:27 AM PST" in page.words
    page = sign_in_there(visitor, share.practice, "amara@example.org")
    assert "Book this visit?" in page.words  # the only child: nobody is asked which
    assert "Zuri Okafor" in page.words
    page = visitor.send("/booking/confirm")
    assert "Your visit is booked" in page.words
    assert "Wednesday, November 25, 9:20 AM PST" in page.words
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1
    assert visitor.open("/booking").title == page.title  # the back button, and a reload
    page = visitor.open("/")
    assert "Well visit" in page.words


def test_a_second_visit_is_not_booked_unawares(share: Share, sqlite_sign_in: SignIn) -> None:  # ACT13
    practice = share.practice
    own = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW + timedelta(days=7), "8:00")
    mother = sqlite_sign_in(practice.amara)
    old = held(mother, share)
    assert "Zuri Okafor already has a visit: Wednesday, December 2, 8:00 AM PST with Dr. Mwangi." in old.words
    assert mother.page.links["Move that visit instead"] == f"/appointments/{own}/move"
    page = mother.send("/booking/confirm", another="")  # the button of a page that did not know yet
    assert page.status == 409
    assert "already has a visit" in page.words
    assert share.booked_at(wall(TOMORROW, "9:20")) == 0
    assert "Book a second visit" in page.words
    assert "Your visit is booked" in mother.send("/booking/confirm").words
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1


def test_a_new_family_books_by_a_code(visitor: Visitor, share: Share) -> None:
    held(visitor, share)
    page = sign_in_there(visitor, share.practice, "sami@example.org")
    assert "Who is it for?" in page.words
    typed = {"child_given": "Noor", "child_family": "Haddad", "birth": "2023-04-05", "relation": "father"}
    page = visitor.send("/booking/new", typed, given="Sami", family="Haddad", phone="12")
    assert page.status == 422
    assert "Nothing is booked yet." in page.words
    form = page.forms["/booking/new"]
    assert {name: form[name] for name in typed} == typed  # nothing typed is lost
    page = visitor.send("/booking/new", phone="206 555 0188")
    assert "Your visit is booked" in page.words
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1
    assert "Sami Haddad" in visitor.open("/").words  # signed in from then on


def test_both_addresses_see_the_same_pages(share: Share, sqlite_desk: Desk, clock: FixedClock) -> None:  # OTP-07
    seen: list[tuple[int, str, str]] = []
    for email in ("amara@example.org", "nobody@example.org"):
        one = Visitor(portal(sqlite_desk, clock), client=("192.0.2.7", 1))
        held(one, share, "9:20 AM" if not seen else "10:00 AM")
        page = one.send("/booking/email", email=email)
        seen.append((page.status, page.title, page.words.replace("10:00 AM", "9:20 AM")))
    assert seen[0] == seen[1]


def test_whoever_signs_out_leaves_nothing_of_the_booking_behind(
    visitor: Visitor, share: Share, sqlite_desk: Desk, clock: FixedClock
) -> None:
    """The next person at this computer sees neither what was booked nor a time that is kept."""
    held(visitor, share)
    sign_in_there(visitor, share.practice, "amara@example.org")
    visitor.send("/booking/confirm")
    booked = visitor.last
    assert visitor.page.status == 200
    assert visitor.send("/sign-out").title.startswith("Sign in")
    assert not {"session", "hold", "manage", "launch"} & set(visitor.client.cookies)
    assert visitor.open(booked).status == 404
    assert visitor.open("/booking").status == 404


def test_a_hold_that_ran_out_is_offered_again(visitor: Visitor, share: Share, clock: FixedClock) -> None:
    held(visitor, share)
    clock.advance(timedelta(minutes=16))
    page = visitor.open("/booking")
    assert "Your time ran out, but it is still free" in page.words
    page = visitor.send("/booking/again", slot=code_for(page, "Wed, Nov 25, 9:20 AM PST"))
    assert "Kept for you until" in page.words


def test_a_hold_that_was_taken_meanwhile_leads_to_the_next(visitor: Visitor, share: Share, clock: FixedClock) -> None:
    held(visitor, share)
    clock.advance(timedelta(minutes=16))
    share.hold("9:20", secret="other", client="elsewhere")
    page = visitor.open("/booking")
    assert "somebody else has it by now" in page.words
    page = visitor.send("/booking/again", slot=code_for(page, "Wed, Nov 25, 10:00 AM PST"))
    assert "10:00 AM" in page.words


def test_confirming_a_time_that_ran_out_books_it_while_it_is_free(
    share: Share, sqlite_sign_in: SignIn, clock: FixedClock
) -> None:
    mother = sqlite_sign_in(share.practice.amara)
    page = held(mother, share)
    assert "Book this visit?" in page.words
    clock.advance(timedelta(minutes=16))
    page = mother.send("/booking/confirm")
    assert "nobody had taken it: it is yours" in page.words
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1


def test_a_time_that_is_taken_while_a_family_types_keeps_what_it_typed(
    visitor: Visitor, share: Share, clock: FixedClock
) -> None:
    held(visitor, share)
    sign_in_there(visitor, share.practice, "sami@example.org")
    clock.advance(timedelta(minutes=16))
    share.hold("9:20", secret="other", client="elsewhere")
    typed = {"child_given": "Noor", "child_family": "Haddad", "birth": "2023-04-05", "relation": "father"}
    page = visitor.send("/booking/new", typed, given="Sami", family="Haddad", phone="206 555 0188")
    assert "What you typed stays." in page.words
    page = visitor.send("/booking/new", slot=code_for(page, "Wed, Nov 25, 10:00 AM PST"))
    assert page.forms["/booking/new"]["child_given"] == "Noor"
    page = visitor.send("/booking/new")
    assert "Your visit is booked" in page.words
    assert share.booked_at(wall(TOMORROW, "10:00")) == 1


def test_a_time_that_is_taken_is_said_on_the_page_of_times(visitor: Visitor, share: Share) -> None:
    visitor.open(share.path)
    visitor.open(f"{share.path}?from={TOMORROW.isoformat()}")
    slot = code_for(visitor.page, visitor.page.html.partition("<b>")[2].partition("</b>")[0])
    first = visitor.page
    other = Visitor(visitor.client.app, client=("198.51.100.9", 1))
    other.open(f"{share.path}?from={TOMORROW.isoformat()}")
    tap(other, share.path, slot)
    visitor.page = first
    page = tap(visitor, share.path, slot)
    assert page.status == 409
    assert "not free any more" in page.words


def test_a_released_time_is_free_and_three_clients_of_one_address_wait(visitor: Visitor, share: Share) -> None:
    held(visitor, share)
    page = visitor.send("/booking/release")
    assert page.title.startswith("Choose a time")
    assert visitor.open("/booking").status == 404
    app = visitor.client.app
    for time in ("9:20 AM", "10:00 AM"):
        held(Visitor(app), share, time)
    third = Visitor(app)
    assert held(third, share, "10:40 AM").status == 429  # WEB-10
    assert "kept for you already" in third.page.words


def test_the_child_is_asked_where_there_are_several(share: Share, sqlite_sign_in: SignIn) -> None:  # PP1
    practice = share.practice
    sister = practice.a_patient("Ada", "Okafor", date(2015, 1, 1), practice.amara_family)
    practice.insert(schema.contact_patient, contact_id=practice.amara.id, patient_id=sister, relation="mother")
    share.change(schema.appointment_type, practice.well, max_age_months=72)
    mother = sqlite_sign_in(practice.amara)
    page = held(mother, share)
    assert "Who is it for?" in page.words
    page = mother.follow("Ada Okafor")
    assert "under 6 years" in page.words  # said at once, with what to do
    assert "Book this visit" not in [each for each in page.words.split("  ") if each == "Book this visit"]
    assert "/booking/confirm" in page.forms
    page = mother.send("/booking/confirm")
    assert page.status == 409
    mother.follow("For somebody else")
    mother.follow("Zuri Okafor")
    assert "Your visit is booked" in mother.send("/booking/confirm").words


def test_whoever_may_not_book_is_told_to_call(share: Share, sqlite_sign_in: SignIn) -> None:
    grandmother = sqlite_sign_in(share.practice.grandmother)
    page = held(grandmother, share)
    assert "Our records do not let you ask for visits" in page.words
    assert grandmother.open(f"/booking?child={share.practice.zuri}").title.startswith("Who is it for?")


def test_links_that_lead_nowhere_are_one_page(visitor: Visitor, share: Share) -> None:  # BK3
    def seen(path: str) -> tuple[int, str]:
        page = visitor.open(path)
        return page.status, page.words.partition("name it:")[0]

    assert seen(share.path)[0] == 200
    paths = (
        f"/book/{new_uuid()}",
        f"/book/{new_uuid()}/{share.reference}",
        f"/book/{share.service_reference}/{new_uuid()}",
        "/book/x",
        "/book/1/2",
        "/booking",
        "/booking/new",
        "/booked/1",
        "/booked/1/visit.ics",
        "/booked/99999999999999999999",
    )
    assert {seen(path) for path in paths} == {seen("/no-such-page")}
    share.change(schema.service, share.service, visible=False)
    assert seen(share.path) == seen("/no-such-page")
    share.settings(self_booking=False)
    assert seen(share.path) == seen("/no-such-page")
    share.change(schema.service, share.service, visible=True)
    page = visitor.open(share.path)
    assert page.status == 403
    assert "(206) 555-0100" in page.words


def test_a_variant_is_chosen_where_there_are_several(visitor: Visitor, share: Share) -> None:
    practice = share.practice
    share.change(schema.appointment_type, practice.sick, is_video=True)
    share.a_variant("Sick visit by video", practice.sick, [practice.mwangi, practice.lindqvist], description="")
    page = visitor.open(f"/book/{share.service_reference}")
    assert "For healthy children." in page.words
    assert "Video visit" in page.words
    page = visitor.follow("Sick visit by video")
    assert "First available" in page.words
    assert "Dr. Mwangi" in page.words
    chosen = look(visitor, visitor.last, "show", provider=str(practice.mwangi))
    slots = [code_for(chosen, chosen.html.partition("<b>")[2].partition("</b>")[0])]
    assert all(slot.split("-")[1] == f"{practice.mwangi:x}" for slot in slots)


def test_weeks_are_leafed_through_within_what_may_be_booked(visitor: Visitor, share: Share) -> None:  # BK4, WEB-13
    page = visitor.open(share.path)
    page = look(visitor, share.path, "later")
    assert "Dec 1 to Dec 7" in page.words
    page = visitor.open(f"{share.path}?from=2026-01-01")
    assert "Nov 24" in page.words
    assert visitor.open(f"{share.path}?from=2027-12-31").status == 200
    for query in ("from=9999-12-31", "from=99999-01-01", "provider=x", "days=36500", "from=1&from=2"):
        assert visitor.open(f"{share.path}?{query}").status == 400
    share.practice.an_absence(
        share.practice.lindqvist, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=9), "0:00"), "Secret leave"
    )
    page = visitor.open(share.path)
    assert "No free time here in these days." in page.words
    assert "Go to Thu, Dec 3, the next free one" in page.words
    assert "Secret" not in page.html


def test_looking_changes_nothing(visitor: Visitor, share: Share) -> None:  # LINK-05
    held(visitor, share)
    before = len(share.rows(schema.journal)), share.rows(schema.appointment)
    for path in (share.path, "/booking", "/booking/new", f"/booking/code/{new_uuid()}", "/booking?who=1"):
        visitor.open(path)
    assert (len(share.rows(schema.journal)), share.rows(schema.appointment)) == before


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("", {"slot": "x"}),
        ("", {"slot": "fffffff-ffffffffffffffff-1"}),
        ("", {"secret": "short"}),
        ("", {"other": "field"}),
        ("/booking/again", {"slot": "x", "secret": new_token()}),
        ("/booking/confirm", {"submission": "x", "child": "1"}),
        ("/booking/confirm", {"submission": str(new_uuid()), "child": "-1"}),
        ("/booking/new", {"submission": str(new_uuid())}),
        ("/booking/release", {"submission": ""}),
    ],
)
def test_what_no_page_of_ours_sent_is_refused(
    share: Share, sqlite_sign_in: SignIn, path: str, fields: dict[str, str]
) -> None:
    mother = sqlite_sign_in(share.practice.amara)
    held(mother, share)
    token = mother.page.forms["/booking/release"]["csrftoken"]
    response = mother.client.post(path or share.path, data={"csrftoken": token, **fields})
    assert response.status_code == 400
    assert mother.client.post(path or share.path, data=fields).status_code == 403  # WEB-06


def test_a_time_is_chosen_by_the_body_of_a_form_alone(visitor: Visitor, share: Share) -> None:  # WEB-05, WEB-06
    page = visitor.open(f"{share.path}?from={TOMORROW.isoformat()}&go=day-{TOMORROW.isoformat()}")
    slot = code_for(page, "9:20 AM")
    form = {name: page.forms[share.path][name] for name in ("csrftoken", "secret")}
    send = visitor.client.post
    assert send(share.path, params={"slot": slot}, data=form).status_code == 400
    assert send(share.path, params={**form, "slot": slot}, data={}).status_code in {403, 415}
    twice = f"csrftoken={form['csrftoken']}&secret={form['secret']}&slot={slot}&slot={slot}"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert send(share.path, content=twice.encode(), headers=kind).status_code == 400
    assert visitor.client.get(share.path, params={**form, "slot": slot, "_method": "POST"}).status_code == 400
    assert share.rows(schema.booking_hold) == []


def test_hostile_text_stays_text(visitor: Visitor, share: Share) -> None:
    practice = share.practice
    share.change(schema.service, share.service, name=HOSTILE, description=HOSTILE)
    share.change(schema.service_variant, share.variant, name=HOSTILE, description=HOSTILE)
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).values(given_name=HOSTILE))
    pages = [visitor.open(share.path), held(visitor, share)]
    pages.append(sign_in_there(visitor, practice, "amara@example.org"))
    pages.append(visitor.send("/booking/confirm"))
    assert pages[-1].status == 200
    assert all("<script>alert" not in page.html for page in pages)
    response = visitor.client.get(next(link for text, link in visitor.page.links.items() if "calendar" in text))
    assert "\nSUMMARY" in response.text.replace("\r\n", "\n")
    assert not any(line.startswith(("ATTENDEE", "<script")) for line in response.text.splitlines())


def test_the_calendar_file_says_when_and_where_and_no_more(share: Share, sqlite_sign_in: SignIn) -> None:
    mother = sqlite_sign_in(share.practice.amara)
    held(mother, share)
    page = mother.send("/booking/confirm")
    link = page.links["Add to my calendar"]
    response = mother.client.get(link)
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="visit.ics"'
    lines = response.text.splitlines()
    assert "DTSTART:20261125T172000Z" in lines
    assert "SUMMARY:Zuri: visit at Harbor Pediatrics" in lines
    assert "LOCATION:Northside\\, 1 Northside\\, Seattle" in lines
    assert not any("Well" in line for line in lines)
    uid = next(line for line in lines if line.startswith("UID:"))
    assert mother.client.get(link).text.count(uid) == 1
    stranger = Visitor(mother.client.app)
    assert stranger.open(link).status == 404


def test_what_the_page_of_a_booking_offers_is_a_setting(share: Share, sqlite_sign_in: SignIn) -> None:  # BK6, BK8
    mother = sqlite_sign_in(share.practice.amara)
    held(mother, share)
    page = mother.send("/booking/confirm")
    assert "Move or cancel it" in page.words
    assert "Fill in the forms" not in page.words
    assert share.rows(schema.manage_link) == []
    manage = next(action for action in page.forms if action.endswith("/manage"))
    response = mother.client.post(manage, data=page.forms[manage], follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/m/")
    assert len(share.rows(schema.manage_link)) == 1
    a_questionnaire(share.practice, (share.practice.well,))
    where = mother.last
    page = mother.open(where)
    page = mother.send(next(action for action in page.forms if action.endswith("/forms")))
    assert re.fullmatch(r"/m/[\w-]{43}/forms", mother.last)
    assert "Intake" in page.links
    mother.open(where)
    every = frozenset({Control.CALENDAR, Control.FORMS, Control.CANCEL, Control.RESCHEDULE})
    share.settings(controls_off={Flow.BOOKING: every})
    page = mother.open(mother.last)
    assert not page.forms.keys() & {manage}
    assert "Add to my calendar" not in page.words
    assert "Fill in the forms" not in page.words
    assert mother.client.post(manage, data={"csrftoken": page.forms["/language"]["csrftoken"]}).status_code == 404


def test_pages_are_small_and_speak_spanish(visitor: Visitor, share: Share) -> None:
    visitor.client.headers["accept-language"] = "es"
    page = visitor.open(share.path)
    assert "Elija una hora" in page.words
    assert len(page.html.encode()) < 50_000
    page = held(visitor, share)
    assert len(page.html.encode()) < 50_000
    assert 'lang="es' in page.html
