"""Scenes of the page of one appointment: by a manage link, by a link for forms, and signed in; its forms and documents."""

from datetime import timedelta
from typing import Any, Final

from playwright.sync_api import Page
from sqlalchemy import select

from request_desk.domain.access import Actor, Role
from request_desk.domain.directory import Channel
from request_desk.domain.ids import AppointmentId, PatientId, TypeId
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.requests import Booking
from request_desk.services.schedule import acts, meetings
from request_desk.store import schema
from tests.builders import TODAY
from tests.portal_tour.walk import Scene, Walk
from tests.services.form_parts import a_document, a_questionnaire, a_slot, answer
from tests.services.test_family_acts import change_settings
from tests.services.test_manage_links import minted
from tests.web.conftest import mailed_code
from tests.web.test_meetings import SERVER

_DAY: Final = timedelta(days=1)
_SOON: Final = TODAY + 7 * _DAY


def a_family(walk: Walk, name: str, child: str) -> tuple[Actor, PatientId]:
    """A mother and a child born on January 15, 2019, who read in the language of the walk."""
    practice, born = walk.practice, TODAY.replace(year=2019, month=1, day=15)
    patient = practice.a_patient(child, "Vargas", born)
    relation = {patient: {"relation": "mother"}}
    address = f"{name.lower()}@example.org"
    return practice.a_contact(name, "Vargas", address, relation, language=walk.way.language), patient


def link(walk: Walk, visit: AppointmentId, to: Actor | None, purpose: LinkPurpose = LinkPurpose.MANAGE) -> str:
    """The address of a new link."""
    return f"/m/{minted(walk.practice, visit, to, channel=Channel.EMAIL, purpose=purpose)}"


def managed(walk: Walk) -> None:
    """Moved to another time and cancelled, with what goes wrong on the way."""
    practice = walk.practice
    mother, child = a_family(walk, "Lucia", "Mateo")
    visit = practice.an_appointment(child, practice.lindqvist, _SOON, "9:20")
    base = link(walk, visit, mother)
    with walk.window() as page:
        walk.look(page, "manage", "confirmed", path=base)
        walk.look(page, "manage-times", "anybody", path=f"{base}/move")
        walk.look(page, "manage-times", "one-provider", path=f"{base}/move?with=same")
        walk.look(page, "manage-times", "none", path=f"{base}/move?from={TODAY + 200 * _DAY}")
        walk.look(page, "manage-times", "one-day", path=f"{base}/move?with=same&go=day-{_SOON}")
        page.locator("main a.chip").first.click()
        walk.look(page, "manage-move", "confirm")
        chosen = page.url
        submit(page)
        walk.look(page, "manage", "moved")
        page.goto(chosen)
        walk.look(page, "manage-times", "taken")
        walk.look(page, "manage-cancel", "confirm", path=f"{base}/cancel")
        submit(page)
        walk.look(page, "manage", "cancelled")


def late(walk: Walk) -> None:
    """Too late to move or cancel: why, and what to ask instead; late to cancel; over."""
    practice = walk.practice
    mother, child = a_family(walk, "Ramona", "Inés")
    strict = practice.a_type("Long visit", 40, reschedule_notice_minutes=30 * 1440, cancel_notice_minutes=30 * 1440)
    visit = practice.an_appointment(child, practice.lindqvist, TODAY + 2 * _DAY, "9:20", kind=strict)
    by_hand = practice.an_appointment(child, practice.mwangi, TODAY + 3 * _DAY, "14:00", kind=strict)
    today = practice.an_appointment(child, practice.mwangi, TODAY, "16:40")
    over = practice.an_appointment(child, practice.mwangi, TODAY, "7:20")
    base = link(walk, visit, mother)
    with walk.window() as page:
        walk.look(page, "manage", "too-late", path=base)
        walk.look(page, "manage", "too-late-without-contact", path=link(walk, by_hand, None))
        walk.look(page, "manage-ask", "move", path=f"{base}/ask/move")
        page.locator("textarea").fill("Por favor, por la mañana. " * 20)
        submit(page)
        walk.look(page, "manage", "asked")
        page.goto(f"{base}/ask/move")
        submit(page)
        walk.look(page, "manage-ask", "already-asked")
        walk.look(page, "manage-ask", "cancel", path=f"{base}/ask/cancel")
        walk.look(page, "manage-cancel", "late", path=f"{link(walk, today, mother)}/cancel")
        walk.look(page, "manage", "over", path=link(walk, over, mother))


def by_video(walk: Walk) -> None:
    """A video visit from a link: too early, open, in the lobby, let in."""
    practice = walk.practice
    change_settings(practice, meeting_url=SERVER)
    kind = practice.a_type("Video check-in", 20, is_video=True)
    mother, child = a_family(walk, "Irene", "Bruno")
    doctor = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    early = practice.an_appointment(child, practice.mwangi, TODAY, "15:00", kind=kind, minutes=20)
    visit = practice.an_appointment(child, practice.mwangi, TODAY, "8:20", kind=kind, minutes=20)
    base = link(walk, visit, mother)
    with walk.window() as page:
        walk.look(page, "manage", "video-early", path=link(walk, early, mother))
        walk.look(page, "manage", "video-open", path=base)
        walk.look(page, "meeting", "link-open", path=f"{base}/join")
        submit(page)
        walk.look(page, "meeting", "link-waiting")
        practice.desk.perform(doctor, meetings.let_in, visit, expect_version=2)
        walk.look(page, "meeting", "link-let-in", path=f"{base}/join")


def verified(walk: Walk) -> None:
    """Links that ask first: the date of birth and a code, wrong and right; nobody to send one to."""
    practice = walk.practice
    mother, child = a_family(walk, "Elena", "Tomás")
    kinds = {
        asks: practice.a_type(name, 20, verification=asks)
        for asks, name in (("birth_day", "Teen visit"), ("code", "Travel advice"))
    }
    visits = {
        asks: practice.an_appointment(child, practice.lindqvist, _SOON, time, kind=kinds[asks], minutes=20)
        for asks, time in (("birth_day", "13:00"), ("code", "14:00"))
    }
    alone = practice.a_patient("Aylin", "Öztürk", TODAY.replace(year=2020))
    nobody = practice.an_appointment(alone, practice.mwangi, _SOON, "13:00", kind=kinds["code"], minutes=20)
    with walk.window() as page:
        walk.look(page, "manage", "birth-day", path=link(walk, visits["birth_day"], mother))
        born(page, "15", "2018")
        walk.look(page, "manage", "birth-day-wrong")
        born(page, "", "")
        walk.look(page, "manage", "birth-day-empty")
        born(page, "15", "2019")
        walk.look(page, "manage", "birth-day-right")
        walk.look(page, "manage", "code", path=link(walk, visits["code"], mother))
        submit(page)
        walk.look(page, "manage-code", "empty")
        page.locator("#code").fill("000000")
        submit(page)
        walk.look(page, "manage-code", "wrong")
        page.locator("#code").fill(mailed_code(practice))
        submit(page)
        walk.look(page, "manage", "code-right")
        walk.look(page, "manage", "code-to-nobody", path=link(walk, nobody, None))
    with walk.window() as page:
        page.goto(link(walk, visits["birth_day"], mother))
        for _nth in range(4):
            born(page, "16", "2019")
        walk.look(page, "manage", "birth-day-too-often")


def born(page: Page, day: str, year: str) -> None:
    """Fill in a date of birth in January."""
    for name, typed in (("month", "1"), ("day", day), ("year", year)):
        page.locator(f"#{name}").fill(typed)
    submit(page)


def papers(walk: Walk) -> None:
    """Forms page by page with mistakes, documents, sent, closed; by both links and signed in."""
    practice = walk.practice
    mother, child = a_family(walk, "Paloma", "Nicolás")
    kind = practice.a_type("New patient visit", 40)
    form = a_questionnaire(practice, (kind,), name="Intake", name_es="Ingreso")
    older = a_questionnaire(practice, (kind,), name="Consent to treatment and to the sharing of records", name_es="")
    visit = practice.an_appointment(child, practice.lindqvist, _SOON, "10:40", kind=kind, minutes=40)
    over = practice.an_appointment(child, practice.mwangi, TODAY, "6:00", kind=kind, minutes=40)
    none = practice.an_appointment(child, practice.mwangi, _SOON, "15:00", kind=practice.sick, minutes=20)
    answer(practice, mother, visit, older, {1: "Mother", 6: "Paloma Vargas", 0: "x" * 200}, finish=True)
    a_document(practice, visit, name="Plan de atención para la familia Vargas, noviembre de 2026.pdf")
    a_document(practice, visit, name="تعليمات.pdf")
    base, forms = link(walk, visit, mother), link(walk, visit, mother, LinkPurpose.FORMS)
    with walk.window() as page:
        walk.look(page, "manage", "forms-and-documents", path=base)
        walk.look(page, "papers", "link", path=f"{base}/forms")
        walk.look(page, "papers", "forms-link", path=forms)
        walk.look(page, "form", "empty", path=f"{forms}/forms/{form.id}")
        page.locator("input[inputmode=decimal]").fill("three")
        submit(page)
        walk.look(page, "form", "wrong")
        page.locator("input[inputmode=decimal]").fill("3.2")
        submit(page)
        walk.look(page, "form", "last-page")
        submit(page)
        walk.look(page, "form", "missing")
        page.locator(f"#q{form.asked[6].id}").fill("Paloma Vargas")
        submit(page)
        walk.look(page, "form", "missing-elsewhere")
        page.goto(f"{forms}/forms/{form.id}")
        page.locator("input[type=radio]").first.check()
        page.locator("button[value=stay]").last.click()
        walk.look(page, "form", "saved")
        page.goto(f"{forms}/forms/{form.id}?part=2")
        submit(page)
        walk.look(page, "papers", "sent")
        walk.look(page, "form", "sent", path=f"{forms}/forms/{form.id}")
        walk.look(page, "manage", "forms-done", path=base)
        walk.look(page, "papers", "over", path=f"{link(walk, over, mother)}/forms")
        walk.look(page, "form", "over", path=f"{link(walk, over, mother)}/forms/{form.id}")
        walk.look(page, "papers", "none", path=f"{link(walk, none, mother)}/forms")
    with walk.window(mother) as page:
        walk.look(page, "manage", "account", path=f"/appointments/{visit}")
        walk.look(page, "manage-times", "account", path=f"/appointments/{visit}/move")
        walk.look(page, "manage-cancel", "account", path=f"/appointments/{visit}/cancel")
        walk.look(page, "papers", "account", path=f"/appointments/{visit}/forms")
        walk.look(page, "manage", "account-over", path=f"/appointments/{over}")


def no_link(walk: Walk) -> None:
    """A link that opens nothing, and one whose visit staff have just booked."""
    practice, kind = walk.practice, walk.practice.a_type("Short visit", 20)
    _mother, child = a_family(walk, "Nadia", "Omar")
    time = a_slot(practice, _SOON, "16:00", 20)
    made: Any = practice.desk.perform(practice.maria, acts.act_alone, child, Booking(time, kind), another=True)
    with walk.window() as page:
        walk.look(page, "no-link", "unknown", path="/m/nothing")
        walk.look(page, "settling", "just-booked", path=link(walk, _booked(walk, kind), None))
    assert made.undo is not None


def _booked(walk: Walk, kind: TypeId) -> AppointmentId:
    """The one appointment of a type."""
    with walk.practice.database.read() as connection:
        table = schema.appointment.c
        return AppointmentId(connection.execute(select(table.id).where(table.type_id == kind)).scalar_one())


def submit(page: Page) -> None:
    """Press the main button of the page's form."""
    page.locator("main form button.main, main form button.danger").first.click()


SCENES: Final[tuple[Scene, ...]] = (managed, late, by_video, verified, papers, no_link)
