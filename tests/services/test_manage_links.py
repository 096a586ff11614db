"""Manage links on both engines: minted, hashed, followed, expired, withdrawn; who a link is nobody's any more (LINK-01 to LINK-04, ML6)."""

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, ContactId, hashed, new_token
from request_desk.domain.manage_links import LinkPurpose, OpenLink
from request_desk.domain.notices import BOOKING, CANCELLATION, MOVE, Absent, NoticeSpec
from request_desk.services.desk import Desk, Unit
from request_desk.services.notices import outbox, previews
from request_desk.services.people import registration
from request_desk.services.people.registration import ContactDetails, RelationDetails
from request_desk.services.portal import family_acts, manage_links
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice, wall
from tests.services.test_holds import slot

DAY, GRACE = timedelta(days=1), timedelta(seconds=20)
IN_A_WEEK = TODAY + 7 * DAY


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "9:20")


def minted(practice: Practice, visit: AppointmentId, contact: Actor | None = None, **values: Any) -> str:
    contact_id = None if contact is None else ContactId(contact.id)
    return practice.desk.perform(SYSTEM, manage_links.mint, visit, contact_id=contact_id, **values).value


def opened(practice: Practice, token: str) -> OpenLink:
    return practice.desk.query(SYSTEM, manage_links.of_token, token)


def works(practice: Practice, token: str) -> bool:
    try:
        opened(practice, token)
    except NotFound:
        return False
    return True


def stored(practice: Practice) -> list[Any]:
    with practice.database.read() as connection:
        return list(connection.execute(select(schema.manage_link).order_by(schema.manage_link.c.id)).all())


def dump(practice: Practice) -> str:
    """Everything that the database holds, as text."""
    with practice.database.read() as connection:
        return "\n".join(
            repr(tuple(row)) for table in schema.metadata.sorted_tables for row in connection.execute(select(table))
        )


def test_a_token_is_43_letters_that_nobody_guesses() -> None:  # LINK-01
    tokens = [new_token() for _each in range(20_000)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert len(set(tokens)) == len(tokens)
    signs = Counter("".join(token[:42] for token in tokens))
    expected = 20_000 * 42 / 64
    assert sum((signs[sign] - expected) ** 2 / expected for sign in signs) < 118  # chi-square, 63 degrees, p > 0.00003


def test_the_hash_alone_is_kept_anywhere(practice: Practice, visit: AppointmentId) -> None:  # LINK-02
    token = minted(practice, visit)
    copied = practice.desk.perform(practice.maria, manage_links.copy_link, visit).value.rpartition("/")[2]
    held = dump(practice)
    assert token not in held
    assert copied not in held
    assert hashed(token) in held
    assert [row.created_by_kind for row in stored(practice)] == ["system", "staff"]


def test_a_link_leads_to_its_appointment_and_after_moves_to_the_newest(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # ML6
    token = minted(practice, visit, practice.amara)
    found = opened(practice, token)
    assert found.appointment_id == visit
    assert found.contact is not None
    assert (found.contact.id, found.contact.name) == (practice.amara.id, "Amara Okafor")
    moved = practice.desk.perform(
        practice.maria, scheduling.reschedule, visit, slot(practice, "11:20", IN_A_WEEK), expect_version=1
    ).value
    assert opened(practice, token).appointment_id == visit  # staff may still take it back
    shown = practice.desk.query(found.actor, family_acts.appointment, visit)
    assert shown.moving == "The practice is just changing this visit. Look again in a minute."
    clock.advance(GRACE)
    assert opened(practice, token).appointment_id == moved.id
    assert minted(practice, moved.id) != token
    assert {row.chain_id for row in stored(practice)} == {visit}


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(seconds=1)])
def test_a_link_ends_a_day_after_the_appointment(
    practice: Practice, visit: AppointmentId, clock: FixedClock, offset: timedelta
) -> None:  # LINK-04
    token = minted(practice, visit)
    with practice.database.read() as connection:
        ends_at = connection.execute(select(schema.appointment.c.ends_at)).scalar_one()
    clock.advance(ends_at + DAY + offset - clock.now())
    assert works(practice, token) == (not offset)


def test_at_most_twenty_live_of_a_chain_the_oldest_go(practice: Practice, visit: AppointmentId) -> None:  # LINK-04
    other = practice.an_appointment(practice.zuri, practice.mwangi, IN_A_WEEK, "14:00")
    apart = minted(practice, other)
    tokens = [minted(practice, visit) for _each in range(22)]
    assert [works(practice, token) for token in tokens] == [False] * 2 + [True] * 20
    assert works(practice, apart)


def test_staff_withdraw_every_link_and_take_that_back(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:
    first, second = minted(practice, visit, practice.amara), minted(practice, visit)
    done = practice.desk.perform(practice.maria, manage_links.revoke_all, visit)
    assert done.value == 2
    assert not works(practice, first)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert works(practice, first)
    assert works(practice, second)
    done = practice.desk.perform(practice.maria, manage_links.revoke_all, visit)
    clock.advance(GRACE + timedelta(seconds=1))
    assert done.undo is not None
    with pytest.raises(UndoRefused):
        practice.desk.undo(practice.maria, done.undo)
    assert practice.desk.perform(practice.maria, manage_links.revoke_all, visit).value == 0


def save_amara(practice: Practice, **changed: Any) -> None:
    values: dict[str, Any] = {
        "given_name": "Amara", "family_name": "Okafor", "phones": ("(206) 555-0147",), "email": "amara@example.org",
        "is_confirmed": True, **changed,
    }  # fmt: skip
    practice.desk.perform(
        practice.maria,
        registration.save_contact,
        ContactId(practice.amara.id),
        ContactDetails(**values),
        practice.zuri,
        RelationDetails("mother"),
        expect_version=1,
    )


def waiting(practice: Practice) -> list[tuple[str, AppointmentId, ContactId]]:
    """Which letters wait to be sent, about which visit and to whom."""
    row = schema.outbox.c
    with practice.database.read() as connection:
        found = connection.execute(select(row.kind, row.appointment_id, row.contact_id).order_by(row.id)).all()
    return [(each.kind, each.appointment_id, each.contact_id) for each in found]


CHANGES: dict[str, dict[str, Any]] = {
    "phone": {"phones": ("(206) 555-0199",)},
    "e-mail": {"email": "new@example.org"},
    "name": {"given_name": "Amarachi"},
    "another phone": {"phones": ("(206) 555-0147", "(206) 555-0199")},
}


@pytest.mark.parametrize(
    ("change", "stays"), [("phone", False), ("e-mail", False), ("name", True), ("another phone", True)]
)
def test_who_is_reached_elsewhere_has_no_link_any_more(
    practice: Practice, visit: AppointmentId, change: str, stays: bool
) -> None:  # LINK-04
    hers, copied = minted(practice, visit, practice.amara), minted(practice, visit)
    his = minted(practice, visit, practice.father)
    save_amara(practice, **CHANGES[change])
    assert [works(practice, token) for token in (hers, copied, his)] == [stays, stays, True]
    told = [] if stays else [(BOOKING.kind, visit, practice.amara.id)]
    assert waiting(practice) == told  # once, though two links of hers went; and not to the father


def test_a_new_link_goes_where_somebody_is_reached_now(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # LINK-04
    over = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - DAY, "9:20")
    gone = practice.an_appointment(
        practice.zuri, practice.lindqvist, IN_A_WEEK, "10:20", status="cancelled", cancel_code="pat"
    )
    for each in (visit, over, gone):
        minted(practice, each, practice.amara)
    save_amara(practice, email="new@example.org")
    assert waiting(practice) == [(BOOKING.kind, visit, practice.amara.id)]
    clock.advance(GRACE)
    due = practice.desk.perform(SYSTEM, outbox.claim_due, "test", [Channel.EMAIL]).value
    assert [each.address for each in due] == ["new@example.org"]
    assert works(practice, practice.desk.perform(SYSTEM, manage_links.mint_for_notice, due[0].id).value[-43:])


def test_an_address_that_nobody_has_confirmed_gets_no_link(practice: Practice, visit: AppointmentId) -> None:  # LINK-04
    token = minted(practice, visit, practice.amara)
    save_amara(practice, email="new@example.org", is_confirmed=False)
    assert not works(practice, token)
    assert waiting(practice) == []


def test_a_right_that_ends_takes_its_links_with_it(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # LINK-04
    hers, his = minted(practice, visit, practice.amara), minted(practice, visit, practice.father)
    practice.desk.perform(
        practice.maria, registration.end_relation, ContactId(practice.amara.id), practice.zuri, expect_version=1
    )
    assert [works(practice, token) for token in (hers, his)] == [False, True]
    assert waiting(practice) == []
    with practice.database.write() as connection:  # a day that was written long ago passes
        rights = update(schema.contact_patient).where(schema.contact_patient.c.contact_id == practice.father.id)
        connection.execute(rights.values(valid_until=TODAY))
    assert works(practice, his)
    clock.advance(DAY)
    assert not works(practice, his)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token.swapcase(),
        lambda token: f"{token}/",
        lambda token: f"{token}A",
        lambda token: f"{token}\n",
        lambda token: f"{token}\x00",
        lambda token: token[:42],
        lambda token: f"{token[:20]}%{token[21:]}",
        lambda _token: "",
        lambda _token: "\ud800",
    ],
)
def test_nothing_but_the_very_token_opens(practice: Practice, visit: AppointmentId, spoil: Any) -> None:  # LINK-15
    assert not works(practice, spoil(minted(practice, visit)))


def test_only_who_shares_links_copies_one_and_only_of_what_is_to_come(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # ML2
    address = practice.desk.perform(practice.maria, manage_links.copy_link, visit).value
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/m/[A-Za-z0-9_-]{43}", address)
    for who in (practice.amara, opened(practice, address.rpartition("/")[2]).actor):
        with pytest.raises(NotAllowed):
            practice.desk.perform(who, manage_links.copy_link, visit)
        with pytest.raises(NotAllowed):
            practice.desk.perform(who, manage_links.revoke_all, visit)
    gone = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "9:00", status="cancelled", cancel_code="pat"
    )
    old = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - 9 * DAY, "9:00")
    for which in (gone, old):
        with pytest.raises(Refused, match="Only a confirmed visit that is not over"):
            practice.desk.perform(practice.maria, manage_links.copy_link, which)
    with pytest.raises(NotFound):
        practice.desk.perform(practice.maria, manage_links.copy_link, AppointmentId(987))


def test_without_an_address_of_the_portal_there_is_no_link(desk: Desk, database: Any) -> None:
    practice = Practice(desk, database, public_url="")
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "9:20")
    with pytest.raises(Refused, match="The portal has no address yet"):
        desk.perform(practice.maria, manage_links.copy_link, visit)


def test_a_link_opens_one_chain_and_no_other(practice: Practice, visit: AppointmentId) -> None:  # LINK-03
    sibling = practice.a_patient("Kamal", "Okafor", date(2019, 1, 15), practice.amara_family)
    other = practice.an_appointment(sibling, practice.mwangi, IN_A_WEEK, "10:00")
    actor = opened(practice, minted(practice, visit)).actor
    for which in (other, AppointmentId(987)):
        with pytest.raises(NotFound, match="does not work"):
            practice.desk.query(actor, family_acts.appointment, which)
        with pytest.raises(NotFound, match="does not work"):
            practice.desk.perform(actor, family_acts.cancel, which, expect_version=1)


def test_a_link_for_forms_changes_nothing(practice: Practice, visit: AppointmentId) -> None:  # BK8
    actor = opened(practice, minted(practice, visit, purpose=LinkPurpose.FORMS)).actor
    assert practice.desk.query(actor, family_acts.appointment, visit).first_name == "Zuri"
    with pytest.raises(Refused):
        practice.desk.perform(actor, family_acts.cancel, visit, expect_version=1)


@pytest.mark.parametrize(("spec", "has_link"), [(BOOKING, True), (MOVE, True), (CANCELLATION, False)])
def test_a_preview_of_a_letter_shows_where_the_link_will_be(
    practice: Practice, visit: AppointmentId, spec: NoticeSpec, has_link: bool
) -> None:  # ML2
    absent = Absent(practice.lindqvist, TODAY)
    about: dict[str, Any] = {"first_name": "Zuri", "place": "Northside", "zone": ZONE.zone, "absent": absent}
    shown = practice.desk.query(
        practice.maria, previews.previews, spec, practice.zuri, starts_at=wall(IN_A_WEEK, "9:20"), **about
    )
    assert len(shown) == 3
    assert all(("http://127.0.0.1:8000/m/..." in each.letter.body) is has_link for each in shown)
    assert stored(practice) == []


def test_the_journal_tells_who_made_a_link_and_never_the_link(practice: Practice, visit: AppointmentId) -> None:
    def lines(unit: Unit) -> list[tuple[Any, ...]]:
        columns = (schema.journal.c.action, schema.journal.c.actor_kind, schema.journal.c.broadcast)
        return [tuple(row) for row in unit.rows(select(*columns).order_by(schema.journal.c.seq))]

    minted(practice, visit)
    practice.desk.perform(practice.maria, manage_links.copy_link, visit)
    assert practice.desk.query(SYSTEM, lines) == [("made_link", "system", False), ("copied_link", "staff", True)]
