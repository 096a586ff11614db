"""The scenes of the booking page: from a share link or a partner's launch to the booked visit, with what goes wrong on the way."""

from datetime import date, timedelta
from typing import Final

from playwright.sync_api import Page

from request_desk.domain.ids import hashed, new_token
from request_desk.services.portal import booking_tokens
from request_desk.store import schema
from tests.online import TOMORROW, Share
from tests.portal_tour.walk import Scene, Walk
from tests.web.conftest import mailed_code

_MINUTE: Final = timedelta(minutes=1)
_COLOUR: Final = "#5b2a86"


def a_share(walk: Walk, name: str) -> Share:
    """A service with two variants; what other scenes have held is over."""
    walk.clock.advance(timedelta(hours=1))
    share = Share(walk.practice, name)
    share.a_variant(
        "Sick visit",
        walk.practice.sick,
        [walk.practice.lindqvist, walk.practice.mwangi],
        description="Today or tomorrow.",
    )
    return share


def hold(page: Page, share: Share, nth: int) -> None:
    """Tap one of tomorrow's times."""
    page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")
    page.locator("button.chip").nth(nth).click()


def tell_family(page: Page) -> None:
    """Fill in what a new family tells."""
    for name, typed in (
        ("child_given", "نور"),
        ("child_family", "حداد"),
        ("birth", "2023-04-05"),
        ("given", "Sami"),
        ("family", "Haddad"),
        ("phone", "206 555 0188"),
    ):
        page.locator(f"#{name}").fill(typed)
    page.locator("#relation").select_option("father")


def new_family(walk: Walk) -> None:
    """A family that nobody knows, from the service's link to the booked visit."""
    share = a_share(walk, "Check-ups")
    form = walk.practice.new_id()
    walk.practice.insert(schema.questionnaire, id=form, name="Intake")
    walk.practice.insert(schema.appointment_type_questionnaire, type_id=walk.practice.well, questionnaire_id=form)
    with walk.window() as page:
        walk.look(page, "book-variants", "several", path=f"/book/{share.service_reference}")
        walk.look(page, "book-times", "week", path=share.path)
        walk.look(page, "book-times", "one-day", path=f"{share.path}?go=day-{TOMORROW.isoformat()}")
        walk.look(page, "book-times", "empty-week", path=f"{share.path}?from=2027-12-31")
        hold(page, share, 3)
        walk.look(page, "book-email", "held")
        page.locator("main form button.main").click()
        walk.look(page, "book-email", "no-address")
        page.locator("#email").fill("sami@example.org")
        page.locator("main form button.main").click()
        walk.look(page, "book-code", "empty")
        page.locator("#code").fill("12")
        page.locator("main form button.main").click()
        walk.look(page, "book-code", "no-code")
        page.locator("#code").fill(mailed_code(walk.practice))
        page.locator("main form button.main").click()
        walk.look(page, "book-new", "empty")
        page.locator("main form button.main").last.click()
        walk.look(page, "book-new", "mistakes")
        tell_family(page)
        page.locator("main form button.main").last.click()
        walk.look(page, "booked", "new-family")


def known_family(walk: Walk) -> None:
    """A mother with several children: held, who, what stands against it, the time runs out, booked."""
    practice, share = walk.practice, a_share(walk, "Visits")
    child, sister = (
        practice.a_patient("Iker", "Vega", date(2021, 3, 2)),
        practice.a_patient("Alma", "Vega", date(2004, 1, 1)),
    )
    rights = {each: {"relation": "mother"} for each in (child, sister)}
    mother = practice.a_contact("Rosa", "Vega", "rosa@example.org", rights, language=walk.way.language)
    share.change(schema.appointment_type, practice.well, max_age_months=180)
    with walk.window(mother) as page:
        hold(page, share, 8)
        walk.look(page, "book-who", "several")
        walk.look(page, "book-check", "too-old", path=f"/booking?child={sister}")
        walk.look(page, "book-check", "ready", path=f"/booking?child={child}")
        walk.clock.advance(16 * _MINUTE)
        walk.look(page, "book-over", "still-free", path="/booking")
        starts_at = max(row.starts_at for row in share.rows(schema.appointment) if row.patient_id == 0)
        local = walk.practice.desk.time_of(practice.settings.zone).wall(starts_at)
        share.hold(f"{local:%H:%M}", secret=new_token(), client="elsewhere")
        walk.look(page, "book-over", "taken", path="/booking")
        page.locator("button.chip").first.click()
        page.goto(f"/booking?child={child}")
        page.locator("main form button.main").click()
        walk.look(page, "booked", "known")
    share.change(schema.appointment_type, practice.well, max_age_months=None)


def caps_and_closed(walk: Walk) -> None:
    """Too many times kept from one address; self-booking off; links that lead nowhere."""
    share = a_share(walk, "Short visits")
    for nth in (12, 16):
        with walk.window() as page:
            hold(page, share, nth)
    with walk.window() as page:
        hold(page, share, 20)
        walk.look(page, "book-times", "enough-held")
        share.settings(self_booking=False)
        walk.look(page, "book-off", "off", path=share.path)
        share.settings(self_booking=True)
        walk.look(page, "error", "unknown-link", path=f"/book/{share.service_reference}/{share.service_reference}")


def coloured(walk: Walk) -> None:
    """The practice's own colour."""
    share = a_share(walk, "Visits in colour")
    share.settings(colour=_COLOUR)
    with walk.window() as page:
        walk.look(page, "sign-in", "coloured", path="/sign-in")
        walk.look(page, "error", "coloured", path="/nothing")
    share.settings(colour="")


def launch(walk: Walk) -> None:
    """Whom a partner sends: the button, the kinds of visit, the times, the booked visit; used, and over."""
    practice = walk.practice
    walk.clock.advance(timedelta(hours=1))
    now, secret = walk.clock.now(), practice.new_id()
    practice.insert(
        schema.booking_secret,
        id=secret,
        key_id=new_token(),
        name="Sunrise School",
        sealed="",
        created_at=now,
        created_by_id=practice.admin.id,
    )

    def a_code(jti: str) -> str:
        code = new_token()
        practice.insert(
            schema.booking_launch,
            id=practice.new_id(),
            secret_id=secret,
            jti=jti,
            patient_id=practice.zuri,
            code_hash=hashed(code),
            created_at=now,
            expires_at=now + booking_tokens.CODE_LENGTH,
        )
        return code

    first, second = a_code("one"), a_code("one")
    with walk.window() as page, walk.window() as other:
        walk.look(page, "launch", "ask", path=f"/launch/{first}")
        other.goto(f"/launch/{second}")
        for each in (page, other):
            each.locator("main form button.main").click()
        walk.look(page, "book-variants", "by-token")
        page.locator("a.choice").first.click()
        walk.look(page, "book-times", "by-token")
        page.locator("button.chip").nth(9).click()
        walk.look(page, "book-check", "by-token")
        page.locator("main form button.main").click()
        walk.look(page, "booked", "by-token")
        walk.look(other, "launch", "used", path="/launch")
        walk.look(page, "launch", "over", path=f"/launch/{first}")


SCENES: Final[tuple[Scene, ...]] = (new_family, known_family, caps_and_closed, coloured, launch)
