"""The page of one appointment, from a manage link and signed in, in a browser without scripts (ML1 to ML7, LINK-*, OTP-*)."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel, Control, Flow
from request_desk.domain.ids import AppointmentId, new_token
from request_desk.domain.requests import Booking
from request_desk.gateways.letters import Letter, Result, Sent
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.portal import manage_links
from request_desk.services.schedule import acts, meetings
from request_desk.store import schema
from request_desk.web.guards import Rates
from tests.builders import TODAY, Practice, wall
from tests.services.test_family_acts import change_settings, change_type
from tests.services.test_holds import slot
from tests.services.test_manage_links import IN_A_WEEK, minted
from tests.web.conftest import ADDRESS, Page, SignIn, Visitor, mailed_code, portal
from tests.web.test_meetings import SERVER, with_server

DAY = timedelta(days=1)
Comes = Callable[..., tuple[Visitor, str]]


@pytest.fixture
def visit(sqlite_practice: Practice) -> AppointmentId:
    return sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, IN_A_WEEK, "9:20")


@pytest.fixture
def comes(sqlite_desk: Desk, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock) -> Comes:
    """Lets somebody come with a new link, in a new browser; returns them and where they are."""
    app = portal(sqlite_desk, clock)

    def come(contact: Actor | None = sqlite_practice.amara, which: AppointmentId = visit) -> tuple[Visitor, str]:
        base = f"/m/{minted(sqlite_practice, which, contact, channel=Channel.EMAIL)}"
        family = Visitor(app)
        family.open(base)
        return family, base

    return come


def status(practice: Practice, which: AppointmentId) -> str:
    with practice.database.read() as connection:
        return str(
            connection.execute(select(schema.appointment.c.status).where(schema.appointment.c.id == which)).scalar_one()
        )


def booked(practice: Practice) -> list[Any]:
    with practice.database.read() as connection:
        found = select(schema.appointment).where(schema.appointment.c.status == "confirmed")
        return list(connection.execute(found).all())


def everything(practice: Practice) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with practice.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in schema.metadata.sorted_tables
        }


def test_a_mother_moves_the_visit_from_the_link(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # ML3
    family, base = comes()
    assert "Tuesday, December 1, 9:20 AM PST" in family.page.words
    family.follow("Move to another time")
    assert "Now it is Tue, Dec 1, 9:20 AM PST with Dr. Lindqvist." in family.page.words
    assert "With anybody" in family.page.links
    family.follow("With Dr. Lindqvist")
    assert "Dr. Joseph Mwangi" not in family.page.words
    family.follow("Later")
    page = family.follow("8:00 AM")
    assert "Move to this time?" in page.words
    assert "New time Tuesday, December 1, 8:00 AM PST" in page.words
    assert status(sqlite_practice, visit) == "confirmed"
    page = family.send(f"{base}/move")
    assert "Moved. This is the new time." in page.words
    assert "Tuesday, December 1, 8:00 AM PST" in page.words
    assert status(sqlite_practice, visit) == "cancelled"
    (new,) = booked(sqlite_practice)
    assert (new.starts_at, new.chain_id, new.booked_by_kind) == (wall(IN_A_WEEK, "8:00"), visit, "link")
    assert "8:00 AM PST" in family.open(base).words  # the same link leads to the successor (ML6)


def test_a_mother_cancels_from_the_link_and_is_asked_before(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # ML4
    family, base = comes()
    page = family.follow("Cancel this visit")
    assert "This cannot be undone." in page.words
    assert "late cancellation" not in page.words
    clock.advance(wall(IN_A_WEEK, "9:20") - timedelta(hours=3) - clock.now())
    family, base = comes()
    page = family.follow("Cancel this visit")
    assert "the practice notes it as a late cancellation" in page.words
    assert status(sqlite_practice, visit) == "confirmed"
    page = family.send(f"{base}/cancel")
    assert "Cancelled. The time is free for others now." in page.words
    assert "This visit was cancelled." in page.words
    assert not {"Move to another time", "Cancel this visit"} & set(page.links)
    assert status(sqlite_practice, visit) == "cancelled"


def test_signed_in_the_same_page_without_a_token(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # ML2
    mother = sqlite_sign_in(sqlite_practice.amara)
    mother.open("/")
    page = mother.follow("Manage appointment")
    assert mother.last == f"/appointments/{visit}"
    assert {"Move to another time", "Cancel this visit"} <= set(page.links)
    mother.follow("Move to another time")
    mother.follow("8:00 AM")
    page = mother.send(f"/appointments/{visit}/move")
    assert "Moved." in page.words
    (new,) = booked(sqlite_practice)
    assert (new.booked_by_kind, new.booked_by_id) == ("contact", sqlite_practice.amara.id)
    mother.open(f"/appointments/{visit}")  # followed to the new one
    mother.follow("Cancel this visit")
    assert "Cancelled." in mother.send(f"/appointments/{new.id}/cancel").words
    hers = sqlite_practice.a_patient("Ida", "Adler", date(2020, 2, 2))
    stranger = sqlite_sign_in(
        sqlite_practice.a_contact("Eve", "Adler", "eve@example.org", {hers: {"relation": "mother"}})
    )
    for path in ("", "/move", "/cancel"):
        assert stranger.open(f"/appointments/{visit}{path}").status == 404
    grandmother = sqlite_sign_in(sqlite_practice.grandmother)
    assert "Manage appointment" not in grandmother.open("/").links


def test_in_spanish_for_whom_it_was_sent_to(comes: Comes, sqlite_practice: Practice) -> None:  # RE2
    rosa = sqlite_practice.a_contact(
        "Rosa", "Okafor", "rosa@example.org", {sqlite_practice.zuri: {"relation": "mother"}}, language="es"
    )
    family, base = comes(rosa)
    assert "Su cita" in family.page.words
    family.follow("Cambiar a otra hora")
    assert "Elegir otra hora" in family.page.words
    family.open(base)
    assert "Esto no se puede deshacer." in family.follow("Cancelar esta cita").words


def test_without_verification_the_page_tells_the_bare_appointment(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # ML7, LINK-12
    with sqlite_practice.database.write() as connection:
        connection.execute(update(schema.patient).values(custody_note="canary-custody"))
        connection.execute(update(schema.appointment).values(overrule="canary-overrule"))
    sqlite_practice.an_appointment(
        sqlite_practice.zuri, sqlite_practice.mwangi, IN_A_WEEK, "15:00", place=sqlite_practice.harbor
    )
    for kind in ("none", "birth_day", "code"):
        change_type(sqlite_practice, verification=kind)
        family, base = comes()
        pages = [family.open(base + path).html for path in ("", "/move", "/cancel", "/ask/move")]
        pages[1] = re.sub(r'class="chip".*?</a>', "", pages[1], flags=re.DOTALL)  # free times are nobody's
        pages = [re.sub(r"[\w.-]{20,}", "", html) for html in pages]  # tokens and proofs may hold any four digits
        for word in (
            "canary", "Okafor", "2022", "March 12", "amara@", "0147", "3:00 PM", "Dr. Mwangi", str(sqlite_practice.zuri) + '"',
        ):  # fmt: skip
            assert all(word not in html for html in pages), (word, kind)


@pytest.mark.parametrize(
    ("typed", "is_right"), [(("3", "12", "2022"), True), (("03", "12", "2022"), True), (("12", "3", "2022"), False)]
)
def test_the_date_of_birth_opens_it(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId, typed: tuple[str, str, str], is_right: bool
) -> None:  # OTP-09
    change_type(sqlite_practice, verification="birth_day")
    family, base = comes()
    assert "when was Zuri born?" in family.page.words
    assert "Cancel this visit" not in family.page.links
    assert "Your visit" in family.open(f"{base}/cancel").words
    assert f"{base}/cancel" not in family.page.forms
    page = family.send(f"{base}/birth-day", dict(zip(("month", "day", "year"), typed, strict=True)))
    assert ("Cancel this visit" in page.links) is is_right
    assert ("This is not the date of birth that we have." in page.words) is not is_right
    if not is_right:  # what was typed stays
        form = page.forms[f"{base}/birth-day"]
        assert (form["month"], form["day"], form["year"]) == typed


@pytest.mark.parametrize(
    "typed",
    [("2", "30", "2022"), ("1", "1", "0000"), ("W", "1", "2024"), ("", "", ""), ("٣", "12", "2022"), ("3", "12", "20220"), ("+3", "1", "2022")],
)  # fmt: skip
def test_what_is_no_date_is_refused_and_not_counted(
    comes: Comes, sqlite_practice: Practice, typed: tuple[str, str, str]
) -> None:  # OTP-09
    change_type(sqlite_practice, verification="birth_day")
    family, base = comes()
    for _each in range(7):
        page = family.send(f"{base}/birth-day", dict(zip(("month", "day", "year"), typed, strict=True)))
        assert page.status == 422
    right = {"month": "3", "day": "12", "year": "2022"}
    assert "Cancel this visit" in family.send(f"{base}/birth-day", right).links


def test_birth_days_are_counted_for_the_chain_by_day_and_for_ever(
    comes: Comes, sqlite_practice: Practice, clock: FixedClock
) -> None:  # OTP-09
    change_type(sqlite_practice, verification="birth_day")
    right, wrong = ({"month": "3", "day": day, "year": "2022"} for day in ("12", "13"))
    for _day in range(3):
        for nth in range(5):
            family, base = comes()  # another link of the chain, another browser
            words = family.send(f"{base}/birth-day", wrong).words
            assert ("This has failed too often." in words) is (nth == 4)
        family, base = comes()
        assert "Cancel this visit" not in family.send(f"{base}/birth-day", right).links
        clock.advance(DAY + timedelta(seconds=1))
    family, base = comes()
    page = family.send(f"{base}/birth-day", right)
    assert "This has failed too often. Please call the practice: (206) 555-0100." in page.words
    with sqlite_practice.database.read() as connection:
        told = connection.execute(select(schema.journal.c.seq).where(schema.journal.c.action == "link_locked"))
        assert len(told.all()) == 3  # the desk reads of it


def test_a_code_opens_it_in_the_browser_that_asked(
    comes: Comes, sqlite_practice: Practice, clock: FixedClock
) -> None:  # OTP-03, OTP-07, LINK-11
    change_type(sqlite_practice, verification="code")
    family, base = comes()
    assert "It goes to a•••@e•••.org" in family.page.words
    assert "amara" not in family.page.html
    before = family.page.forms[f"{base}/code"]
    page = Page(family.client.post(f"{base}/code", data={**before, "to": "eve@example.org"}))
    assert page.status == 400  # where it goes is not the form's to say
    family.open(base)
    page = family.send(f"{base}/code")
    assert "A message with six digits is on its way to a•••@e•••.org." in page.words
    code, place = mailed_code(sqlite_practice), family.last
    other, _base = comes()
    other.open(place)
    assert "This code cannot be used any more." in other.send("", code=code).words  # another browser (OTP-03)
    for wrong in ("１２３４５６", "+12345", "1_2345", "1e5", "12345"):  # OTP-06
        assert family.send("", code=wrong).status == 422
    page = family.send("", code=f" {code[:3]} {code[3:]} ")
    assert "Cancel this visit" in page.links
    cookie = next(each for each in family.client.cookies.jar if each.name == "manage")
    assert cookie.has_nonstandard_attr("HttpOnly")
    second = f"/m/{minted(sqlite_practice, AppointmentId(booked(sqlite_practice)[0].id), sqlite_practice.amara)}"
    assert "we send you a code" in family.open(second).words  # the cookie of one link on another: asked again
    assert "Cancel this visit" in family.open(base).links
    clock.advance(timedelta(minutes=14))
    assert "Cancel this visit" in family.open(base).links
    clock.advance(timedelta(minutes=14))
    assert "Cancel this visit" in family.open(base).links
    clock.advance(timedelta(minutes=15))
    assert "we send you a code" in family.open(base).words


def test_the_code_of_a_link_signs_nobody_in_and_the_other_way_round(comes: Comes, sqlite_practice: Practice) -> None:
    change_type(sqlite_practice, verification="code")
    family, base = comes()
    family.send(f"{base}/code")
    reference, code = family.last.rpartition("/")[2], mailed_code(sqlite_practice)
    family.open(f"/sign-in/{reference}")
    assert "This code cannot be used any more." in family.send("", code=code).words
    family.open("/sign-in")
    family.send("/sign-in", email="amara@example.org")
    reference, code = family.last.rpartition("/")[2], mailed_code(sqlite_practice)
    family.open(f"{base}/code/{reference}")
    assert "This code cannot be used any more." in family.send("", code=code).words


def test_codes_are_counted_for_the_chain(comes: Comes, sqlite_practice: Practice, clock: FixedClock) -> None:  # OTP-04
    change_type(sqlite_practice, verification="code")
    wrong = 0
    for _nth in range(3):
        family, base = comes()
        family.send(f"{base}/code")
        for _guess in range(5):
            words = family.send("", code="000000").words
            wrong += 1
            assert ("This has failed too often." in words) is (wrong == 15)
    family, base = comes()
    page = family.send(f"{base}/code")
    assert page.status == 429
    assert "This has failed too often." in page.words
    clock.advance(DAY + timedelta(minutes=1))
    family, base = comes()
    family.send(f"{base}/code")
    assert "Cancel this visit" in family.send("", code=mailed_code(sqlite_practice)).links


def test_nobody_is_known_by_what_a_browser_says(comes: Comes, sqlite_practice: Practice) -> None:  # OTP-11
    change_type(sqlite_practice, verification="birth_day")
    family, base = comes()
    for value in ("1", new_token(), "true"):
        family.client.cookies.set("manage", value)
        assert "when was Zuri born?" in family.open(base).words


def test_without_an_address_they_call(comes: Comes, sqlite_practice: Practice) -> None:
    change_type(sqlite_practice, verification="code")
    with sqlite_practice.database.write() as connection:
        connection.execute(update(schema.contact_point).values(verified_at=None))
    family, base = comes()
    assert "there is no address on file" in family.page.words
    assert f"{base}/code" not in family.page.forms


def links_in(page: Page) -> set[str]:
    found = set(re.findall(r'(?:href|src|action)="([^"]+)"', page.html))
    return {link.replace("&amp;", "&") for link in found if link.startswith(("/", ADDRESS))}


def test_a_scanner_that_follows_every_link_of_every_mail_changes_nothing(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:  # LINK-05, ML6
    letters: list[Letter] = []

    def send(letter: Letter) -> Result:
        letters.append(letter)
        return Sent()

    for time, kind in (("9:20", "none"), ("10:20", "birth_day"), ("11:20", "code")):
        type_ = sqlite_practice.a_type(f"Kind {kind}", 20, verification=kind)
        sqlite_desk.perform(
            sqlite_practice.maria, acts.act_alone, sqlite_practice.zuri,
            Booking(slot(sqlite_practice, time, IN_A_WEEK), type_), another=True,
        )  # fmt: skip
    clock.advance(timedelta(seconds=21))
    tasks.deliver(sqlite_desk, {Channel.EMAIL: send}, "worker")
    mailed = {link for letter in letters for link in re.findall(r"http://\S+", letter.body)}
    assert sum("/m/" in link for link in mailed) == 9  # three of the family hear of each, each with a link of their own
    before = everything(sqlite_practice)
    scanner = Visitor(portal(sqlite_desk, clock))
    waiting, seen = list(mailed), set[str]()
    while waiting:
        link = urlsplit(waiting.pop(0))._replace(scheme="", netloc="").geturl()
        if link in seen or len(seen) > 200:
            continue
        seen.add(link)
        for method, headers in (
            ("GET", {}), ("HEAD", {}), ("OPTIONS", {}), ("GET", {"Sec-Purpose": "prefetch"}), ("GET", {"Purpose": "prefetch"}),
        ):  # fmt: skip
            scanner.client.cookies.clear()
            response = scanner.client.request(method, link, headers=headers)
            assert response.status_code < 500
        waiting += links_in(Page(scanner.client.get(link, params={"utm": "x"} if "?" not in link else None))) - seen
        waiting += links_in(Page(scanner.client.get(link))) - seen
    assert any(link.endswith("/cancel") for link in seen)
    assert any("/move?at=" in link for link in seen)
    assert everything(sqlite_practice) == before


def test_every_link_that_opens_nothing_gets_the_same_answer(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # LINK-07
    family, base = comes()
    gone = minted(sqlite_practice, visit)
    sqlite_practice.desk.perform(sqlite_practice.maria, manage_links.revoke_all, visit)
    old = minted(
        sqlite_practice,
        sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY - 3 * DAY, "9:00"),
    )
    token = new_token()
    answers = []
    for path in (
        gone, old, token, token[:-1], token + "A", base[3:].swapcase(), token + "/", "%2e", "%00", token + "%0A", "a%0Ab/c",
        "", "x/y/z", token + "/move", token + "/cancel", token + "/ask/move", token + "/join", token + "/nonsense", "%ff",
    ):  # fmt: skip
        family.client.cookies.clear()
        answers.append(family.client.get(f"/m/{path}"))
    assert {response.status_code for response in answers} == {404}
    assert len({response.content for response in answers}) == 1
    kept = [{name: value for name, value in response.headers.items() if name != "date"} for response in answers]
    assert all(each == kept[0] for each in kept)
    assert "set-cookie" not in kept[0]
    assert "This link does not work any more" in answers[0].text


def test_headers_keep_the_token_to_the_page(comes: Comes) -> None:  # LINK-09
    family, base = comes()
    for path in ("", "/move", "/cancel", "/nonsense", "/birth-day"):
        headers = family.client.get(base + path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert "default-src 'none'" in headers["content-security-policy"]
    for link in re.findall(r'(?:href|src|action)="([^"]+)"', family.open(base).html):
        assert link.startswith(("/", "tel:", "#")), link


def test_tries_are_slowed_down_and_others_are_not(
    sqlite_desk: Desk, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # LINK-08
    app = portal(sqlite_desk, clock, rates=Rates())
    token = minted(sqlite_practice, visit)
    guesser = Visitor(app, client=("2001:db8::1", 5000))
    for _each in range(20):
        assert guesser.client.get(f"/m/{new_token()}").status_code == 404
    neighbour = Visitor(app, client=("2001:db8::ffff", 5000))  # the same /64
    answer = neighbour.client.get(f"/m/{token}")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 600
    family = Visitor(app, client=("203.0.113.9", 5000))
    for nth in range(61):
        assert family.client.get(f"/m/{token}").status_code == (200 if nth < 60 else 429)


def test_the_log_holds_no_token(
    comes: Comes, caplog: pytest.LogCaptureFixture, sqlite_practice: Practice
) -> None:  # LINK-10
    with caplog.at_level("INFO", logger="request_desk"):
        family, base = comes()
        family.follow("Cancel this visit")
        family.client.get(f"{base}/nonsense")
        family.client.get(f"{base[:-1]}")
    lines = [record.getMessage() for record in caplog.records if record.name == "request_desk.web.guards"]
    assert any("/m/{token}/cancel" in line for line in lines)
    assert all(base[3:12] not in line for line in lines)


@pytest.mark.parametrize("spoil", ["none", "of another link", "of another act", "too old", "made up"])
def test_a_form_without_its_own_proof_does_nothing(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock, spoil: str
) -> None:  # LINK-06
    family, base = comes()
    other, other_base = comes()
    other.follow("Cancel this visit")
    family.follow("Cancel this visit")
    fields = dict(family.page.forms[f"{base}/cancel"])
    match spoil:
        case "none":
            del fields["proof"]
        case "of another link":
            fields["proof"] = other.page.forms[f"{other_base}/cancel"]["proof"]
        case "of another act":
            family.open(base)
            family.follow("Move to another time")
            family.follow("8:00 AM")
            fields["proof"] = family.page.forms[f"{base}/move"]["proof"]
        case "too old":
            clock.advance(timedelta(minutes=30, seconds=1))
        case "made up":
            fields["proof"] = "1." + "0" * 32 + "." + "0" * 64
    response = family.client.post(f"{base}/cancel", data=fields)
    assert response.status_code == 403
    assert status(sqlite_practice, visit) == "confirmed"


def test_a_form_of_another_site_does_nothing(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # LINK-06
    family, base = comes()
    family.follow("Cancel this visit")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = family.client.post(f"{base}/cancel", data=family.page.forms[f"{base}/cancel"], headers=headers)
        assert answer.status_code == 403
    assert status(sqlite_practice, visit) == "confirmed"


def test_sent_twice_is_done_once_and_a_second_act_is_told_why_not(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # LINK-13, WEB-12
    family, base = comes()
    family.open(f"{base}/move")
    family.follow("8:00 AM")
    fields = family.page.forms[f"{base}/move"]
    answers = [family.client.post(f"{base}/move", data=fields) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    (new,) = booked(sqlite_practice)
    family.open(f"{base}/cancel")
    cancelling = family.page.forms[f"{base}/cancel"]
    family.open(f"{base}/cancel")
    again = family.page.forms[f"{base}/cancel"]
    assert family.client.post(f"{base}/cancel", data=cancelling).status_code == 200
    answer = Page(family.client.post(f"{base}/cancel", data=again))
    assert answer.status == 409
    assert "It was cancelled, so there is nothing to change." in answer.words
    assert status(sqlite_practice, AppointmentId(new.id)) == "cancelled"


def test_a_time_that_somebody_else_took_leads_back_to_the_times(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:
    family, base = comes()
    family.open(f"{base}/move?with=same")
    chosen = family.page.links["10:00 AM"]
    family.open(chosen)
    form = family.page.forms[f"{base}/move"]
    kamal = sqlite_practice.a_patient("Kamal", "Haddad", date(2019, 1, 15))
    sqlite_practice.an_appointment(kamal, sqlite_practice.lindqvist, TODAY, "10:00")
    answer = Page(family.client.post(f"{base}/move", data=form))
    assert (answer.status, "10:00 AM is not free any more. Choose another time." in answer.words) == (409, True)
    assert "Haddad" not in answer.html
    assert "Choose another time" in answer.words
    page = family.open(chosen)
    assert page.status == 409
    assert "This time is not free any more." in page.words
    assert status(sqlite_practice, visit) == "confirmed"


def test_a_kind_that_stays_with_its_provider_offers_nobody_else(comes: Comes, sqlite_practice: Practice) -> None:  # ML3
    change_type(sqlite_practice, rebooking_mode="same_provider")
    family, base = comes()
    page = family.follow("Move to another time")
    assert "This kind of visit stays with Dr. Lindqvist." in page.words
    assert "With anybody" not in page.links
    assert "Mwangi" not in family.open(f"{base}/move?with=any").words


def test_too_late_to_move_says_why_and_asks_the_practice_instead(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # ML3, ACT7
    change_type(sqlite_practice, reschedule_notice_minutes=30 * 1440)
    family, base = comes()
    assert "It could be moved here until" in family.page.words
    assert "Move to another time" not in family.page.links
    assert family.open(f"{base}/move").words == family.open(base).words
    page = family.follow("Ask us to move it")
    assert "Which days and times would suit you?" in page.words
    page = family.send(f"{base}/ask/move", message="any morning <b>please</b>")
    assert "Sent. We have your request" in page.words
    with sqlite_practice.database.read() as connection:
        (request,) = connection.execute(select(schema.request)).all()
        (letter,) = connection.execute(select(schema.message)).all()
    assert (request.kind, request.contact_id, request.appointment_id) == ("reschedule", sqlite_practice.amara.id, visit)
    assert letter.body == "any morning <b>please</b>"
    family.open(f"{base}/ask/move")
    page = family.send(f"{base}/ask/move", message="once more")
    assert "You already asked for this" in page.words
    assert page.forms[f"{base}/ask/move"]["message"] == "once more"  # nothing typed is lost
    assert "Add to my request" in page.words  # and the question can be answered
    page = family.send(f"{base}/ask/move", message="once more", twice="add")
    assert "Sent. We have your request" in page.words
    with sqlite_practice.database.read() as connection:
        assert len(connection.execute(select(schema.request)).all()) == 1
        letters = connection.execute(select(schema.message.c.body).order_by(schema.message.c.id)).scalars().all()
    assert letters == ["any morning <b>please</b>", "once more"]
    copied, copied_base = comes(None)
    assert "Ask us to move it" not in copied.page.links  # nobody knows who has it: they call
    assert "Please call us:" in copied.page.words
    assert "Your visit" in copied.open(f"{copied_base}/ask/move").words


def test_what_is_switched_off_is_not_shown(
    comes: Comes, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # BK6
    change_settings(sqlite_practice, controls_off={Flow.MANAGE: frozenset({Control.CANCEL, Control.MESSAGE})})
    family, base = comes()
    family.open(f"{base}/move")
    family.follow("8:00 AM")
    family.open(base)
    assert "Cancel this visit" not in family.page.words
    assert "Move to another time" in family.page.links
    assert family.open(f"{base}/cancel").words == family.open(base).words


def test_a_video_visit_is_joined_from_the_link(
    comes: Comes, sqlite_practice: Practice, clock: FixedClock
) -> None:  # ML1, LINK-17
    video = with_server(sqlite_practice)
    which = sqlite_practice.an_appointment(
        sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY, "9:20", kind=video, minutes=20
    )
    family, base = comes(sqlite_practice.amara, which)
    assert "The meeting opens at 9:10 AM. You join here." in family.page.words
    assert "Your visit" in family.open(f"{base}/join").words
    clock.advance(wall(TODAY, "9:10") - clock.now())
    family.open(base)
    page = family.follow("Join the video visit")
    assert "For Zuri" in page.words
    assert "Okafor" not in page.html
    page = family.send(f"{base}/join/here")
    assert "You are in the lobby since 9:10 AM." in page.words
    assert SERVER not in page.html
    doctor = sqlite_practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], sqlite_practice.lindqvist)
    sqlite_practice.desk.perform(doctor, meetings.let_in, which, expect_version=2)
    page = family.open(f"{base}/join")
    assert "has let you in." in page.words
    assert SERVER not in page.html
    assert f"form-action 'self' {SERVER}" in page.headers["content-security-policy"]
    family.client.follow_redirects = False
    form = page.forms[f"{base}/join"]
    for broken in ({"proof": ""}, {"proof": form["proof"][:-1]}):
        assert family.client.post(f"{base}/join", data={**form, **broken}).status_code == 403
    answer = family.client.post(f"{base}/join", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{SERVER}/")
    assert answer.headers["referrer-policy"] == "no-referrer"
    other, other_base = comes()
    assert other.open(f"{other_base}/join").words == other.open(other_base).words


def test_a_visit_is_put_into_the_family_s_own_calendar(
    comes: Comes, sqlite_sign_in: SignIn, sqlite_practice: Practice, visit: AppointmentId
) -> None:  # ML1, ML6
    family, base = comes()
    first = family.client.get(family.page.links["Add to my calendar"])
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert f"UID:appointment-{visit}@request-desk" in first.text
    assert "SEQUENCE:0" in first.text
    for word in ("Okafor", "Well visit", "/m/"):
        assert word not in first.text
    mother = sqlite_sign_in(sqlite_practice.amara)
    assert mother.client.get(mother.open(f"/appointments/{visit}").links["Add to my calendar"]).text == first.text
    family.open(f"{base}/move")
    family.follow("8:00 AM")
    family.send(f"{base}/move")
    moved = family.client.get(f"{base}/visit.ics").text
    assert f"UID:appointment-{visit}@request-desk" in moved
    assert "SEQUENCE:1" in moved
    family.open(f"{base}/cancel")
    page = family.send(f"{base}/cancel")
    assert "Add to my calendar" not in page.links
    assert "STATUS:CANCELLED" in family.client.get(f"{base}/visit.ics").text


def test_the_calendar_file_asks_first_where_the_type_does(comes: Comes, sqlite_practice: Practice) -> None:  # ML7
    change_type(sqlite_practice, verification="birth_day")
    family, base = comes()
    assert "Add to my calendar" not in family.page.links
    assert "when was Zuri born?" in family.open(f"{base}/visit.ics").words


def test_a_link_of_a_visit_that_staff_may_still_take_back_says_so(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:  # LINK-07
    act = Booking(slot(sqlite_practice, "9:20", IN_A_WEEK), sqlite_practice.well)
    done = sqlite_desk.perform(sqlite_practice.maria, acts.act_alone, sqlite_practice.zuri, act, another=True)
    (new,) = booked(sqlite_practice)
    token = minted(sqlite_practice, AppointmentId(new.id), sqlite_practice.amara)
    family = Visitor(portal(sqlite_desk, clock))
    page = family.open(f"/m/{token}")
    assert page.status == 409
    assert "The practice is just making this visit. Look again in a minute." in page.words
    for word in ("Zuri", "9:20", "Lindqvist"):
        assert word not in page.html
    assert "just making" not in family.open(f"/m/{new_token()}").words
    assert done.undo is not None
    sqlite_desk.undo(sqlite_practice.maria, done.undo)
    assert family.open(f"/m/{token}").status == 404
