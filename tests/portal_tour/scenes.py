"""The scenes: each makes what it needs, then goes through its pages by what a person sees and taps."""

from datetime import date, timedelta
from typing import Any, Final

from playwright.sync_api import Page

from request_desk.domain.access import Actor, Role
from request_desk.domain.ids import PatientId
from request_desk.services.schedule import meetings
from tests.builders import TODAY
from tests.portal_tour import booking_scenes, offer_scenes, visit_scenes
from tests.portal_tour.walk import Scene, Walk
from tests.web.conftest import mailed_code
from tests.web.test_asking import switch
from tests.web.test_home_and_threads import link, reply
from tests.web.test_meetings import with_server

_DAY: Final = timedelta(days=1)


def a_family(walk: Walk, name: str, *children: tuple[str, str], **rights: Any) -> tuple[Actor, list[PatientId]]:
    """A mother with children, who reads in the language of the walk."""
    found = [walk.practice.a_patient(given, family, date(2019, 1, 15)) for given, family in children]
    mother = walk.practice.a_contact(
        name,
        children[0][1],
        f"{name.lower()}@example.org",
        {child: {"relation": "mother", **rights} for child in found},
        language=walk.way.language,
    )
    return mother, found


def sign_in(walk: Walk) -> None:
    """Address, code, wrong code, signed in."""
    a_family(walk, "Selin", ("Deniz", "Yılmaz"))
    with walk.window() as page:
        walk.look(page, "sign-in", "empty", path="/sign-in")
        page.locator("#email").fill("no address")
        submit(page)
        walk.look(page, "sign-in", "no-address")
        page.locator("#email").fill("selin@example.org")
        submit(page)
        walk.look(page, "code", "empty")
        page.locator("#code").fill("12")
        submit(page)
        walk.look(page, "code", "no-code")
        page.locator("#code").fill(mailed_code(walk.practice))
        submit(page)
        walk.look(page, "home", "no-visit")


def home(walk: Walk) -> None:
    """A family with several children, names in three scripts, everything upcoming and past."""
    practice = walk.practice
    names = (("كمال", "الزهراء"), ("明美", "山田"), ("Maximiliana-Theodora", "Wolfeschlegelsteinhausenbergerdorff"))
    mother, children = a_family(walk, "Amal", *names)
    practice.an_appointment(children[0], practice.lindqvist, TODAY + 9 * _DAY, "8:30")
    practice.an_appointment(children[1], practice.mwangi, TODAY + 10 * _DAY, "15:20", place=practice.harbor)
    practice.an_appointment(children[2], practice.lindqvist, TODAY - 30 * _DAY, "9:00", status="completed")
    request = practice.a_request(by=mother, patient=children[0], wishes=[practice.wish(TODAY + _DAY, "9:20")])
    answered = practice.a_request(by=mother, patient=children[1], message="نحتاج موعداً في أقرب وقت")
    reply(practice, answered, "We have booked it. A long word: " + "x" * 300)
    with walk.window(mother) as page:
        walk.look(page, "home", "full", path="/")
        walk.look(page, "thread", "open", path=link(practice, request))
        walk.look(page, "thread", "sent", path=f"{link(practice, request)}?sent=1")
        walk.clock.advance(timedelta(minutes=1))
        walk.look(page, "thread", "answered", path=link(practice, answered))


def asking(walk: Walk) -> None:
    """A request from the first question to the last look before it is sent, with what goes wrong on the way."""
    practice = walk.practice
    mother, children = a_family(walk, "Ines", ("Alba", "Prieto"), ("Nuño", "Prieto"))
    practice.an_appointment(children[0], practice.lindqvist, TODAY + 12 * _DAY, "10:00")
    practice.an_appointment(children[1], practice.mwangi, TODAY + 13 * _DAY, "15:20")
    when = f"/ask/schedule?child={children[0]}&type={practice.well}"
    with walk.window(mother) as page:
        walk.look(page, "who", "several-children", path="/ask/schedule")
        walk.look(page, "what", "types", path=f"/ask/schedule?child={children[0]}")
        walk.look(page, "when", "week", path=when)
        walk.look(page, "when", "one-day", path=f"{when}&go=day-2026-11-25")
        walk.look(page, "when", "nothing-chosen", path=f"{when}&go=continue")
        walk.look(page, "when", "no-date", path=f"{when}&on=nonsense&part=morning&go=add")
        walk.look(page, "check", "wishes", path=f"{when}&w1=d2026-11-28-morning&w2=next&go=continue")
        walk.look(page, "which", "cancel", path="/ask/cancel")
        walk.look(page, "which", "reschedule", path="/ask/reschedule")


def video(walk: Walk) -> None:
    """The lobby: too early, to be told of, waiting, let in, closed."""
    practice = walk.practice
    kind = with_server(practice)
    mother, (child,) = a_family(walk, "Mara", ("Ruben", "Castillo"))
    doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    here: dict[str, Any] = {"arrived_at": practice.desk.clock.now()}
    states: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("early", "16:00", {}),
        ("open", "8:20", {}),
        ("waiting", "8:00", here),
        ("let-in", "7:40", here),
        ("closed", "6:00", {}),
    )
    visits = {
        state: practice.an_appointment(child, practice.lindqvist, TODAY, time, kind=kind, minutes=20, **values)
        for state, time, values in states
    }
    practice.desk.perform(doctor, meetings.let_in, visits["let-in"], expect_version=1)
    with walk.window(mother) as page:
        for state, visit in visits.items():
            walk.look(page, "meeting", state, path=f"/visits/{visit}")


def signed_out(walk: Walk) -> None:
    """The session ended while something was typed: the text is shown to be copied."""
    mother, (child,) = a_family(walk, "Noor", ("Idris", "Haddad"))
    request = walk.practice.a_request(by=mother, patient=child, message="Can he come on Friday?")
    with walk.window(mother) as page:
        page.goto(link(walk.practice, request))
        page.locator("#message").fill("One more thing: he is allergic to penicillin.")
        page.context.clear_cookies(name="session")
        page.locator("form[action$='/answer'] button").click()
        walk.look(page, "signed-out", "typed")


def switched_off(walk: Walk) -> None:
    """The practice takes no requests to cancel, for a while."""
    mother, _children = a_family(walk, "Bea", ("Teo", "Lind"))
    kinds = set(walk.practice.settings.kinds_on)
    switch(walk.practice, kinds - {"cancel"})
    with walk.window(mother) as page:
        walk.look(page, "closed", "cancel", path="/ask/cancel")
    switch(walk.practice, kinds)


def no_rights(walk: Walk) -> None:
    """Somebody who may look and not ask."""
    aunt, _children = a_family(walk, "Olga", ("Mia", "Sørensen"), may_book=False)
    with walk.window(aunt) as page:
        walk.look(page, "home", "may-not-book", path="/")
        walk.look(page, "no-right", "ask", path="/ask/schedule")


def errors(walk: Walk) -> None:
    """What is not there."""
    with walk.window() as page:
        walk.look(page, "error", "not-found", path="/nothing")


def submit(page: Page) -> None:
    """Press the main button of the page's form."""
    page.locator("main form button.main").first.click()


SCENES: Final[tuple[Scene, ...]] = (
    sign_in,
    home,
    asking,
    video,
    signed_out,
    switched_off,
    no_rights,
    errors,
    *visit_scenes.SCENES,
    *booking_scenes.SCENES,
    *offer_scenes.SCENES,
)
