"""The stored texts of notices: edited, restored, kept, written when something is sent, over each channel to each kind of reader (AD5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel, Content
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from request_desk.domain.ids import (
    AnnouncementId,
    AppointmentId,
    ContactId,
    OutboxId,
    ProviderId,
    StaffId,
    TemplateId,
    TemplateVersionId,
)
from request_desk.domain.notice_templates import NoticeTemplate
from request_desk.domain.notices import (
    BOOKING,
    CANCELLATION,
    CODE,
    LINK_CODE,
    NOTICES,
    REMINDER,
    RUNNING_LATE,
    SPEC_OF,
    STAFF_REMINDER,
    Absent,
    NoticeSpec,
)
from request_desk.services.desk import Desk, Unit
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.notices import outbox, previews, templates
from request_desk.services.notices.outbox import Delivered, DueNotice
from request_desk.services.notices.templates import KeptTemplate
from request_desk.services.practice import settings
from request_desk.store import schema
from tests.builders import TODAY, Practice, shipped_notices, wall

TOMORROW = TODAY + timedelta(days=1)
FAMILIES = [spec for spec in NOTICES if spec not in (CODE, LINK_CODE, STAFF_REMINDER)]
OWN_WORDS = "A text of our own. {{ manage.link }}"


def change(practice: Practice, statement: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(statement)


def the_text(desk: Desk, practice: Practice, kind: str, channel: Channel, language: str = "en") -> KeptTemplate:
    (found,) = (
        each
        for each in desk.query(practice.admin, templates.shelf)
        if (each.template.kind, each.template.channel, each.template.language) == (kind, channel, language)
    )
    return found


def rewritten(desk: Desk, practice: Practice, body: str = OWN_WORDS) -> KeptTemplate:
    """The letter of a booking, with a text of the practice."""
    kept = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    new = replace(kept.template, body=body)
    desk.perform(practice.admin, templates.save, new, expect_version=kept.version)
    return the_text(desk, practice, BOOKING.kind, Channel.EMAIL)


def queued(
    desk: Desk, spec: NoticeSpec, appointment: AppointmentId, channel: Channel = Channel.EMAIL, **to: Any
) -> OutboxId:
    def ask(unit: Unit) -> int:
        key = f"{spec.kind}:{channel}:{appointment}:{to}"
        return outbox.enqueue_reminder(unit, spec, appointment_id=appointment, channel=channel, dedupe_key=key, **to)

    return OutboxId(desk.perform(SYSTEM, ask).value)


def due(desk: Desk) -> tuple[DueNotice, ...]:
    return desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value


def stored(practice: Practice, notice: OutboxId) -> Any:
    with practice.database.read() as connection:
        return connection.execute(select(schema.outbox).where(schema.outbox.c.id == notice)).one()


def take_texts(practice: Practice, *contacts: Any) -> None:
    """Let the telephones of some contacts be confirmed and take text messages."""
    points = schema.contact_point
    mine = points.c.contact_id.in_([each.id for each in contacts]) & (points.c.channel == "phone")
    change(practice, update(points).where(mine).values(verified_at=practice.desk.clock.now(), takes_texts=True))


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")


# Keeping


def test_the_shipped_texts_come_once_and_are_renewed_until_somebody_changes_one(desk: Desk, practice: Practice) -> None:
    change(practice, delete(schema.notice_template))
    library = shipped_notices()
    assert desk.perform(SYSTEM, templates.sync_shipped, library).value == len(library)
    assert desk.perform(SYSTEM, templates.sync_shipped, library).value == 0
    first, *rest = library
    newer = [replace(first, body=first.body + "\n\nNew."), *rest]
    assert desk.perform(SYSTEM, templates.sync_shipped, newer).value == 1
    kept = the_text(desk, practice, first.kind, first.channel, first.language)
    assert (kept.template, kept.shipped, kept.version) == (newer[0], True, 2)
    (before,) = desk.query(practice.admin, templates.earlier, kept.id)
    assert (before.body, before.shipped, before.replaced_by) == (first.body, True, "")


def test_a_text_of_the_practice_survives_an_update_and_can_go_to_the_newest_shipped(
    desk: Desk, practice: Practice
) -> None:
    own = rewritten(desk, practice)
    newer = [
        replace(each, body=each.body + "\n\nNew.") if each.kind == BOOKING.kind else each for each in shipped_notices()
    ]
    assert desk.perform(SYSTEM, templates.sync_shipped, newer).value == 4
    assert desk.perform(SYSTEM, templates.sync_shipped, newer).value == 0
    kept = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    assert (kept.template.body, kept.shipped) == (OWN_WORDS, False)
    desk.perform(practice.admin, templates.restore, kept.id, expect_version=own.version)
    back = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    assert back.shipped
    assert back.template.body.endswith("New.")
    desk.perform(practice.admin, templates.restore, back.id, expect_version=back.version)  # it is there already
    assert the_text(desk, practice, BOOKING.kind, Channel.EMAIL) == back


def test_what_a_text_said_before_is_kept_with_who_replaced_it_and_can_come_back(
    desk: Desk, practice: Practice
) -> None:  # TPL-08
    shipped = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    rewritten(desk, practice)
    own = rewritten(desk, practice, "Another one. {{ manage.link }}")
    newer, older = desk.query(practice.admin, templates.earlier, own.id)
    assert (newer.body, newer.shipped, newer.replaced_by) == (OWN_WORDS, False, "Administrator")
    assert (older.body, older.shipped) == (shipped.template.body, True)
    done = desk.perform(practice.admin, templates.put_back, newer.id, expect_version=own.version)
    assert done.changes[Topic.SETTINGS] == {own.id}
    assert the_text(desk, practice, BOOKING.kind, Channel.EMAIL).template.body == OWN_WORDS
    desk.perform(practice.admin, templates.put_back, older.id, expect_version=own.version + 1)
    assert the_text(desk, practice, BOOKING.kind, Channel.EMAIL).shipped
    with pytest.raises(NotFound):
        desk.perform(practice.admin, templates.put_back, TemplateVersionId(1), expect_version=1)


def test_a_text_that_cannot_be_used_is_refused_with_its_line_and_nothing_changes(
    desk: Desk, practice: Practice
) -> None:  # NOTE-02
    before = desk.query(practice.admin, templates.shelf)
    with pytest.raises(Invalid, match="Line 2") as refused:
        rewritten(desk, practice, "Hello\n{{ type.name }}")
    assert refused.value.field == "body"
    assert desk.query(practice.admin, templates.shelf) == before


def test_two_who_change_a_text_are_told_apart(desk: Desk, practice: Practice) -> None:
    seen = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    rewritten(desk, practice)
    with pytest.raises(Conflict):
        desk.perform(practice.admin, templates.save, replace(seen.template, body="Mine."), expect_version=seen.version)
    with pytest.raises(Conflict, match="already"):
        desk.perform(practice.admin, templates.save, replace(seen.template, body="Mine."))
    again = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    desk.perform(practice.admin, templates.save, again.template, expect_version=again.version)
    assert the_text(desk, practice, BOOKING.kind, Channel.EMAIL) == again  # saved as it was


def test_a_language_of_the_practice_s_own_has_no_shipped_text_to_go_back_to(desk: Desk, practice: Practice) -> None:
    new = NoticeTemplate(BOOKING.kind, Channel.EMAIL, "vi", "Tin nhan", "Xin chao. {{ manage.link }}")
    made: TemplateId = desk.perform(practice.admin, templates.save, new).value
    with pytest.raises(Refused, match="ships no text"):
        desk.perform(practice.admin, templates.restore, made, expect_version=1)
    with pytest.raises(NotFound):
        desk.perform(practice.admin, templates.save, replace(new, language="fr"), expect_version=1)


def test_a_language_is_added_removed_with_its_history_and_brought_back(desk: Desk, practice: Practice) -> None:  # AD5
    new = NoticeTemplate(BOOKING.kind, Channel.EMAIL, "vi", "Tin nhan", "Xin chao. {{ manage.link }}")
    added = desk.perform(practice.admin, templates.save, new)
    assert added.undo is not None
    desk.perform(practice.admin, templates.save, replace(new, body="Chao. {{ manage.link }}"), expect_version=1)
    assert the_text(desk, practice, BOOKING.kind, Channel.EMAIL, "vi").is_own
    with pytest.raises(Conflict):
        desk.perform(practice.admin, templates.remove, added.value, expect_version=1)
    removed = desk.perform(practice.admin, templates.remove, added.value, expect_version=2).undo
    assert all(each.template.language != "vi" for each in desk.query(practice.admin, templates.shelf))
    with practice.database.read() as connection:
        of_it = schema.template_version.c.template_id == added.value
        assert connection.execute(select(schema.template_version).where(of_it)).all() == []
    assert removed is not None
    desk.perform(practice.admin, removed.function, *removed.args, **removed.kwargs)
    back = the_text(desk, practice, BOOKING.kind, Channel.EMAIL, "vi")
    assert (back.id, back.template.body) == (added.value, "Chao. {{ manage.link }}")
    assert [each.body for each in desk.query(practice.admin, templates.earlier, back.id)] == [new.body]
    with pytest.raises(Conflict, match="already"):
        desk.perform(practice.admin, removed.function, *removed.args, **removed.kwargs)


def test_a_text_that_the_product_ships_is_not_removed(desk: Desk, practice: Practice) -> None:
    shipped = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    assert not shipped.is_own
    changed = rewritten(desk, practice)
    assert not changed.is_own
    for each in (shipped, changed):
        with pytest.raises(Refused, match="can be changed, not removed"):
            desk.perform(practice.admin, templates.remove, each.id, expect_version=each.version)


def test_texts_are_the_administrators_business(desk: Desk, practice: Practice) -> None:
    kept = the_text(desk, practice, BOOKING.kind, Channel.EMAIL)
    acts: tuple[tuple[Any, dict[str, Any]], ...] = (
        (templates.save, {"new": kept.template, "expect_version": 1}),
        (templates.restore, {"template_id": kept.id, "expect_version": 1}),
        (templates.remove, {"template_id": kept.id, "expect_version": 1}),
    )
    for act, values in acts:
        with pytest.raises(NotAllowed):
            desk.perform(practice.maria, act, **values)


# Writing


def test_a_letter_says_what_the_practice_wrote(
    desk: Desk, practice: Practice, clock: FixedClock, visit: AppointmentId
) -> None:  # AD5
    rewritten(desk, practice, "Hello {{ patient.first_name }}.\n{{ manage.link }}")
    queued(desk, BOOKING, visit, contact_id=ContactId(practice.amara.id))
    clock.advance(timedelta(minutes=1))
    (notice,) = due(desk)
    assert notice.composed(manage_url="https://p.example/m/x").body == "Hello Zuri.\nhttps://p.example/m/x\n"
    (shown, *_rest) = desk.query(
        practice.maria,
        previews.previews,
        BOOKING,
        practice.zuri,
        first_name="Zuri",
        starts_at=wall(TOMORROW, "9:20"),
        place="Northside",
        zone="",
        absent=Absent(practice.lindqvist, TOMORROW),
    )
    assert shown.letter.body == "Hello Zuri.\nhttp://127.0.0.1:8000/m/...\n"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"body": "Hi\n{{ type.name }}"}, "“booking” (email, en) cannot be used. Line 2: There is no field"),
        ({"body": "{% if %}"}, "cannot be used. Line 1"),
        ({"subject": "a\nBcc: x@example.org"}, "one line"),
        (None, "There is no text for “booking” over email. Run `request-desk migrate`"),
    ],
)
def test_a_text_that_was_broken_by_hand_parks_its_notice_and_lets_the_others_flow(
    desk: Desk, practice: Practice, clock: FixedClock, visit: AppointmentId, broken: dict[str, str] | None, why: str
) -> None:  # TPL-07
    texts = schema.notice_template
    mine = (texts.c.kind == BOOKING.kind) & (texts.c.channel == "email")
    change(practice, delete(texts).where(mine) if broken is None else update(texts).where(mine).values(**broken))
    amara = ContactId(practice.amara.id)
    parked = queued(desk, BOOKING, visit, contact_id=amara)
    queued(desk, CANCELLATION, visit, contact_id=amara)
    clock.advance(timedelta(minutes=1))
    assert [notice.spec for notice in due(desk)] == [CANCELLATION]
    assert stored(practice, parked).state == "failed"
    assert why in stored(practice, parked).error
    (failed,) = desk.query(practice.maria, inbox_queries.deliveries, "failed").rows
    assert why in failed.error
    change(practice, delete(texts))
    desk.perform(SYSTEM, templates.sync_shipped, shipped_notices())
    desk.perform(practice.maria, outbox.retry, parked)
    assert [notice.id for notice in due(desk)] == [parked]


def test_a_reader_gets_the_nearest_language_there_is(
    desk: Desk, practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # NT2
    texts = schema.notice_template
    change(practice, update(schema.contact).where(schema.contact.c.id == practice.amara.id).values(language="es-US"))
    queued(desk, REMINDER, visit, contact_id=ContactId(practice.amara.id))
    (notice,) = due(desk)
    assert (notice.language, notice.composed().subject) == ("es", "Recordatorio de su cita con Harbor Pediatrics")
    assert "miércoles, 25 de noviembre" in notice.composed().body
    change(practice, delete(texts).where(texts.c.language == "es"))
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    (again,) = due(desk)
    assert (again.language, "Wednesday, November 25" in again.composed().body) == ("en", True)


def test_the_practice_chooses_for_each_channel_how_much_is_said(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:  # NT1
    take_texts(practice, practice.amara)
    known = desk.query(practice.admin, settings.settings)
    new = replace(known, notice_contents={Channel.SMS: Content.BARE})
    desk.perform(practice.admin, settings.save_settings, new, expect_version=known.version)
    assert desk.query(practice.admin, settings.settings).notice_contents == {Channel.SMS: Content.BARE}
    for channel in (Channel.EMAIL, Channel.SMS):
        queued(desk, REMINDER, visit, channel, contact_id=ContactId(practice.amara.id))
    told = {notice.channel: notice.composed().body for notice in due(desk)}
    assert "9:20" in told[Channel.EMAIL]
    assert not {"9:20", "Nov", "Northside", "Zuri"} & set(told[Channel.SMS].replace(",", "").split())


# To whom


def test_who_has_no_e_mail_is_told_by_text_message_where_they_take_them(
    desk: Desk, practice: Practice, clock: FixedClock, visit: AppointmentId
) -> None:  # NT1
    points = schema.contact_point
    emails = (points.c.channel == "email") & points.c.contact_id.in_([practice.amara.id, practice.father.id])
    change(practice, update(points).where(emails).values(verified_at=None))
    take_texts(practice, practice.amara)  # the father was not asked

    def tell(unit: Unit) -> None:
        people = outbox.ask_people(unit, practice.zuri)
        outbox.notify(unit, BOOKING, people=people, replied=False, sender_id=None, appointment_id=visit, version=1)

    desk.perform(SYSTEM, tell)
    clock.advance(timedelta(minutes=1))
    told = {notice.address: notice for notice in due(desk)}
    assert set(told) == {"+12065550147", "ngozi@example.org"}
    text = told["+12065550147"]
    assert (text.channel, text.composed().subject) == (Channel.SMS, "")
    assert text.composed(manage_url="https://p.example/m/x").body == (
        "Harbor Pediatrics: an appointment was made: Wed, Nov 25, 9:20 AM PST, Northside."
        " See or change it: https://p.example/m/x Reply STOP to end."
    )


def test_an_opt_out_of_one_channel_is_honoured_when_something_is_sent_but_not_for_codes(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:  # NOTE-05
    take_texts(practice, practice.amara)
    amara = ContactId(practice.amara.id)
    text, letter = (
        queued(desk, REMINDER, visit, channel, contact_id=amara) for channel in (Channel.SMS, Channel.EMAIL)
    )
    with practice.database.read() as connection:
        points = connection.execute(select(schema.contact_point).where(schema.contact_point.c.contact_id == amara))
        phone = next(each.id for each in points if each.channel == "phone")

    def ask_code(unit: Unit) -> int:
        return outbox.enqueue_code(unit, challenge_id=7, contact_id=amara, channel=Channel.SMS, contact_point_id=phone)

    code = desk.perform(SYSTEM, ask_code).value
    opted = {"contact_id": amara, "channel": "sms", "source": "stop", "at": desk.clock.now()}
    change(practice, insert(schema.opt_out).values(**opted))
    assert {notice.id for notice in due(desk)} == {letter, code}
    assert (stored(practice, text).state, stored(practice, text).error) == (
        "withdrawn",
        "The contact wants nothing over this channel.",
    )


def test_who_wants_no_e_mail_is_told_over_the_other_channel_from_then_on(desk: Desk, practice: Practice) -> None:
    take_texts(practice, practice.amara)
    opted = {"contact_id": practice.amara.id, "channel": "email", "source": "portal", "at": desk.clock.now()}
    change(practice, insert(schema.opt_out).values(**opted))
    assert practice.amara.id in desk.query(practice.maria, outbox.may_be_told, BOOKING, practice.zuri)
    by_mail = replace(BOOKING, channels=(Channel.EMAIL,))
    assert practice.amara.id not in desk.query(practice.maria, outbox.may_be_told, by_mail, practice.zuri)


def test_the_practice_s_own_people_are_reminded_where_they_are_reached(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:  # RM1, RM3
    providers, staff = schema.provider, schema.staff
    lindqvist, admin = ProviderId(practice.lindqvist), StaffId(practice.admin.id)
    change(
        practice,
        update(providers)
        .where(providers.c.id == lindqvist)
        .values(email="astrid@example.org", mobile_phone="(425) 555-0101"),
    )
    change(practice, update(staff).where(staff.c.id == admin).values(email="office@example.org"))
    for channel in (Channel.EMAIL, Channel.SMS):
        queued(desk, STAFF_REMINDER, visit, channel, provider_id=lindqvist)
        queued(desk, STAFF_REMINDER, visit, channel, staff_id=admin)
    notices = {notice.address: notice for notice in due(desk)}
    assert set(notices) == {"astrid@example.org", "+14255550101", "office@example.org"}
    letter, text = notices["astrid@example.org"].composed(), notices["+14255550101"].composed()
    for told in ("Wednesday, November 25, 9:20 AM PST", "Northside", "Dr. Lindqvist", "Zuri"):
        assert told in letter.body
    assert text.body == "Harbor Pediatrics: reminder of an appointment: Wed, Nov 25, 9:20 AM PST, Northside."
    (withdrawn,) = desk.query(practice.maria, inbox_queries.deliveries, "withdrawn").rows
    assert (withdrawn.contact_name, withdrawn.error) == ("Administrator", "No address is entered for this person.")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("cancelled", "not booked any more"),
        ("begun", "begun already"),
        ("late", "too late for this notice"),
        ("provider off", "switched off"),
    ],
)
def test_a_reminder_that_is_no_news_any_more_is_not_sent(
    desk: Desk, practice: Practice, clock: FixedClock, visit: AppointmentId, what: str, reason: str
) -> None:  # RM2, JOB-08
    providers, appointments = schema.provider, schema.appointment
    lindqvist = ProviderId(practice.lindqvist)
    change(practice, update(providers).where(providers.c.id == lindqvist).values(email="astrid@example.org"))
    until = wall(TOMORROW, "8:00")
    notice = queued(desk, STAFF_REMINDER, visit, provider_id=lindqvist, until=until if what == "late" else None)
    if what == "late":
        clock.advance(until - clock.now())
    elif what == "begun":
        clock.advance(wall(TOMORROW, "9:20") - clock.now())
    elif what == "cancelled":
        change(
            practice,
            update(appointments).where(appointments.c.id == visit).values(status="cancelled", cancel_code="pat"),
        )
    else:
        change(practice, update(providers).where(providers.c.id == lindqvist).values(active=False))
    assert due(desk) == ()
    assert stored(practice, notice).state == "withdrawn"
    assert reason in stored(practice, notice).error


def test_a_failed_reminder_of_the_practice_s_own_people_is_seen_by_staff(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:  # RE8
    providers, lindqvist = schema.provider, ProviderId(practice.lindqvist)
    change(practice, update(providers).where(providers.c.id == lindqvist).values(email="astrid@example.org"))
    notice = queued(desk, STAFF_REMINDER, visit, provider_id=lindqvist)
    due(desk)
    desk.perform(SYSTEM, outbox.settle, notice, "worker", Delivered.REFUSED, "550")
    (failed,) = desk.query(practice.maria, inbox_queries.deliveries, "failed").rows
    assert (failed.id, failed.contact_name) == (notice, "Dr. Astrid Lindqvist")


def test_what_staff_announce_stands_in_the_notice_in_the_reader_s_language(
    desk: Desk, practice: Practice, clock: FixedClock, visit: AppointmentId
) -> None:  # NT2
    announced = {
        "id": 700_001,
        "kind": RUNNING_LATE.kind,
        "provider_id": practice.lindqvist,
        "starts_at": wall(TOMORROW, "8:00"),
        "ends_at": wall(TOMORROW, "12:00"),
        "late_minutes": 40,
        "texts": {"en": "We are sorry: {{ it }} takes longer."},
        "created_at": clock.now(),
        "staff_id": practice.maria.id,
    }
    change(practice, insert(schema.announcement).values(**announced))
    change(practice, update(schema.contact).where(schema.contact.c.id == practice.father.id).values(language="es"))
    for contact in (practice.amara, practice.father):
        queued(
            desk,
            RUNNING_LATE,
            visit,
            contact_id=ContactId(contact.id),
            announcement_id=AnnouncementId(700_001),
        )
    clock.advance(timedelta(minutes=1))
    told = {notice.address: notice.composed().body for notice in due(desk)}
    assert told["amara@example.org"].startswith("We are sorry: {{ it }} takes longer.\n\nThis is about the appointment")
    assert told["chidi@example.org"].startswith("Llevamos retraso: cuente con esperar unos 40 minutos más.")


CANARIES = ("Wetting clinic", "mattress", "Okafor", "2022", "custody", "suicide", "hi, could we")


@pytest.mark.parametrize("spec", FAMILIES, ids=lambda spec: spec.kind)
def test_no_channel_tells_of_health_in_any_language_or_content(
    desk: Desk, practice: Practice, clock: FixedClock, spec: NoticeSpec
) -> None:  # NOTE-01: canaries in all that a notice could take from
    take_texts(practice, practice.amara)
    amara = ContactId(practice.amara.id)
    kind = practice.a_type("Wetting clinic", 40)
    change(
        practice,
        update(schema.patient).where(schema.patient.c.id == practice.zuri).values(custody_note="custody: ask first"),
    )
    request = practice.a_request(message="hi, could we come? suicide, wets the mattress", type_=kind)
    until = clock.now() + timedelta(hours=1)
    state: dict[str, Any] = {"status": "held", "hold_expires_at": until} if spec.while_held else {}
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20", kind=kind, **state)
    change(practice, update(schema.outbox).values(state="sent", sent_at=clock.now()))
    for channel in spec.channels:
        queued(desk, spec, visit, channel, contact_id=amara)
    change(practice, update(schema.outbox).where(schema.outbox.c.state == "pending").values(request_id=request))
    clock.advance(timedelta(minutes=1))
    for language in ("en", "es"):
        change(practice, update(schema.contact).where(schema.contact.c.id == amara).values(language=language))
        clock.advance(outbox.LEASE + timedelta(seconds=1))
        notices = due(desk)
        assert {notice.channel for notice in notices} == {Channel.EMAIL, Channel.SMS}
        for notice in notices:
            assert SPEC_OF[notice.spec.kind] is spec
            letter = notice.composed(manage_url="https://p.example/m/x")
            assert not [word for word in CANARIES if word.lower() in (letter.subject + letter.body).lower()]
