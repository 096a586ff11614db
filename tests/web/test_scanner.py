"""Mail scanners and previews: whatever mail we send, following all that is in it changes nothing (LINK-05). And no secret is kept (LINK-02)."""

import logging
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.ids import AppointmentId, ContactId, StaffId
from request_desk.domain.notices import CLOSED, NOTICES, REMINDER, RUNNING_LATE, STAFF_REMINDER
from request_desk.domain.requests import Booking, Disposition, Move, Offering, Reply
from request_desk.gateways.letters import Letter, Result, Sent
from request_desk.jobs import tasks
from request_desk.services.desk import Desk, Unit
from request_desk.services.inbox import handling
from request_desk.services.notices import outbox
from request_desk.services.practice import booking_secrets
from request_desk.services.schedule import acts, filled_forms
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice
from tests.online import Share
from tests.partners import Partner, sealing_desk
from tests.services.form_parts import a_document, a_questionnaire
from tests.services.test_freed_times import Front
from tests.services.test_holds import slot
from tests.services.test_manage_links import IN_A_WEEK, dump, minted
from tests.tables import changed_tables, snapshot
from tests.web.conftest import Page, Visitor, portal
from tests.web.test_booking import held, sign_in_there
from tests.web.test_manage import links_in

GRACE = timedelta(seconds=21)
LOOKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {}), ("HEAD", {}), ("OPTIONS", {}), ("GET", {"Sec-Purpose": "prefetch"}), ("GET", {"Purpose": "prefetch"}),
    ("GET", {"User-Agent": "Mozilla/5.0 (compatible; MailScanner)", "Cookie": "session=x; hold=x"}),
)  # fmt: skip
ALIKE = 2  # addresses that differ only in what they ask of one page


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Desk:
    """The portal's desk, with keys for booking tokens."""
    return sealing_desk(Database(sqlite_url), clock, tmp_path / "keys")


class Mail:
    """Takes in what is sent."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.letters: list[Letter] = []
        self.kinds: set[str] = set()

    def deliver(self) -> None:
        def send(letter: Letter) -> Result:
            self.letters.append(letter)
            return Sent()

        tasks.deliver(self.desk, {Channel.EMAIL: send}, "worker")

    @property
    def links(self) -> set[str]:
        return {link.rstrip(".,") for letter in self.letters for link in re.findall(r"https?://\S+", letter.body)}


def every_mail(practice: Practice, desk: Desk, clock: FixedClock, mail: Mail) -> None:
    """Do what makes each kind of mail there is, and send them."""
    maria, zuri = practice.maria, practice.zuri
    asked = practice.a_request()  # acknowledgement
    friday = slot(practice, "14:00", TODAY + timedelta(days=3))
    desk.perform(
        maria, handling.resolve, asked, Offering((friday,), practice.well),
        reply=Reply("Hi Amara, we can offer Fri, Nov 27, 2:00 PM."), disposition=Disposition.WAITING, expect_version=1,
    )  # fmt: skip  # counter_offer
    front = Front(desk, practice, clock)
    luke, _parent = front.a_family("Luke", "Stone")
    front.waits(luke)
    front.cancel()  # cancellation
    clock.advance(GRACE)
    front.offer(luke)  # slot_offer
    visits = []
    for time, kind in (("9:20", "none"), ("10:20", "birth_day"), ("11:20", "code")):
        type_ = practice.a_type(f"Kind {kind}", 20, verification=kind)
        a_questionnaire(practice, (type_,), name=f"Intake {kind}")
        act = Booking(slot(practice, time, IN_A_WEEK), type_)
        visits.append(desk.perform(maria, acts.act_alone, zuri, act, another=True).value)  # booking
        a_document(practice, visits[-1])
    clock.advance(GRACE)
    mail.deliver()
    desk.perform(maria, acts.act_alone, zuri, Move(visits[0], 1, slot(practice, "14:20", IN_A_WEEK)))  # move
    for visit in visits[1:]:
        desk.perform(maria, filled_forms.send_forms_link, visit)  # forms
    told_by_rule_or_to_all(practice, desk, visits[1])
    asked = practice.a_request()
    desk.perform(
        maria, handling.resolve, asked, None,
        reply=Reply("Hi Amara, please call us about this."), disposition=Disposition.WAITING, expect_version=1,
    )  # fmt: skip  # reply
    app = portal(desk, clock)
    person = Visitor(app)
    person.open("/sign-in")
    person.send("/sign-in", email="amara@example.org")  # code
    person.open(f"/m/{minted(practice, visits[2], practice.amara)}")
    person.send(next(action for action in person.page.forms if action.endswith("/code")))  # link_code
    clock.advance(GRACE)
    mail.deliver()
    with practice.database.read() as connection:
        sent = connection.execute(select(schema.outbox.c.kind).where(schema.outbox.c.state == "sent"))
        mail.kinds = set(sent.scalars())


def told_by_rule_or_to_all(practice: Practice, desk: Desk, visit: AppointmentId) -> None:
    """Queue the kinds of notice that no single act makes: reminders, and what is told to all families of a span."""
    admin = StaffId(practice.admin.id)
    with practice.database.write() as connection:
        connection.execute(update(schema.staff).where(schema.staff.c.id == admin).values(email="office@example.org"))

    def ask(unit: Unit) -> None:
        about: dict[str, Any] = {"appointment_id": visit, "channel": Channel.EMAIL}
        for spec in (REMINDER, RUNNING_LATE, CLOSED):
            amara = ContactId(practice.amara.id)
            outbox.enqueue_reminder(unit, spec, **about, contact_id=amara, dedupe_key=spec.kind)
        outbox.enqueue_reminder(unit, STAFF_REMINDER, **about, staff_id=admin, dedupe_key=STAFF_REMINDER.kind)

    desk.perform(SYSTEM, ask)


def test_following_all_of_every_mail_changes_nothing(
    sqlite_practice: Practice, sqlite_desk: Desk, clock: FixedClock
) -> None:  # LINK-05
    share = Share(sqlite_practice)
    mail = Mail(sqlite_desk)
    every_mail(sqlite_practice, sqlite_desk, clock, mail)
    assert mail.kinds == {spec.kind for spec in NOTICES}
    partner = Partner(sqlite_practice)
    handed_on = {f"/launch/{partner.code(partner.token())}", share.path, f"/book/{share.service_reference}"}
    before = snapshot(sqlite_practice.database)
    scanner = Visitor(portal(sqlite_desk, clock))
    waiting, seen, alike = sorted(mail.links | handed_on), set[str](), Counter[tuple[str, ...]]()
    while waiting:
        parts = urlsplit(waiting.pop(0))._replace(scheme="", netloc="", fragment="")
        link, kind = parts.geturl(), (parts.path, *sorted(parse_qs(parts.query)))
        if link in seen or alike[kind] >= ALIKE:
            continue
        seen.add(link)
        alike[kind] += 1
        for method, headers in LOOKS:
            scanner.client.cookies.clear()
            answer = scanner.client.request(method, link, headers=headers)
            assert answer.status_code < 500, (method, link)
        marked = f"{link}{'&' if '?' in link else '?'}utm=x"
        assert scanner.client.get(marked).status_code < 500
        found = links_in(Page(scanner.client.get(link)))
        waiting += sorted(found - seen)
    assert sum(link.startswith("/m/") for link in seen) > 20
    for part in ("/launch/", "/book/", "/forms", "/cancel", "/move?at=", "/code", "/requests/"):
        assert any(part in link for link in seen), part
    assert changed_tables(before, snapshot(sqlite_practice.database)) == set()


def test_no_secret_of_a_full_run_is_kept_or_logged(
    sqlite_practice: Practice, sqlite_desk: Desk, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:  # LINK-02, LINK-10, OTP-02, SEC-02
    """Whatever opens something: links, codes, cookies, launch codes, booking tokens and their secrets are nowhere in the database or the log."""
    practice, share, app = sqlite_practice, Share(sqlite_practice), portal(sqlite_desk, clock)
    mail, secrets = Mail(sqlite_desk), set[str]()
    with caplog.at_level(logging.DEBUG):
        every_mail(practice, sqlite_desk, clock, mail)
        partner = Partner(practice)
        secrets |= {partner.secret.value.text, partner.token(), partner.token(jti="another-token-of-the-school")}
        shown = sqlite_desk.query(practice.admin, booking_secrets.booking_secrets)
        assert all(partner.secret.value.text not in repr(each) for each in shown)
        code = partner.code(partner.token())
        family = Visitor(app)
        family.open(f"/launch/{code}")
        family.send(f"/launch/{code}" if f"/launch/{code}" in family.page.forms else "")
        mother = Visitor(app)
        held(mother, share)
        sign_in_there(mother, practice, "amara@example.org")
        mother.send("/booking/confirm")
        assert "/booked/" in mother.last
        mother.send(f"{mother.last}/manage")
        manage = mother.last
        father = Visitor(app)
        held(father, share, "10:20 AM")
        typed = sign_in_there(father, practice, "new@example.org")
        assert typed.status == 200
        father.send(
            "/booking/new", child_given="Noor", child_family="Haddad", birth="2023-04-05", relation="father", given="Sami",
            family="Haddad", phone="(206) 555-0188",
        )  # fmt: skip
        assert "/booked/" in father.last
        clock.advance(GRACE)
        mail.deliver()
        for visitor in (family, mother, father):
            secrets |= {
                cookie.value for cookie in visitor.client.cookies.jar if cookie.name != "language" and cookie.value
            }
    assert manage.startswith("/m/")
    secrets |= {manage.removeprefix("/m/").partition("/")[0], code}
    secrets |= {link.partition("/m/")[2] for link in mail.links if "/m/" in link}
    codes = {found for letter in mail.letters for found in re.findall(r"^    (\d{6})$", letter.body, re.MULTILINE)}
    assert len(secrets) > 20
    assert len(codes) >= 2
    ours = "\n".join(
        each.getMessage() for each in caplog.records if not each.name.startswith("httpx")
    )  # the browser's log is the test's
    for where in (dump(practice), ours):
        assert [secret for secret in secrets if secret in where] == []
        assert [each for each in codes if re.search(rf"(?<!\d){each}(?!\d)", where)] == []
