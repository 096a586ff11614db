"""Trying texts of notices: what is wrong with each, on a real visit, and as a test to the own address (AD5, NOTE-01, ML2)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel, Content
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, UndoRefused
from request_desk.domain.ids import AppointmentId, OutboxId, TemplateId
from request_desk.domain.notice_templates import as_test, tried
from request_desk.domain.notices import BOOKING, CODE, COUNTER_OFFER, NOTICES, REMINDER, TEST, Composed
from request_desk.gateways.letters import Sent
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.notices import outbox, templates, trials
from request_desk.services.notices.outbox import DueNotice
from request_desk.services.notices.trials import ListedText, TrialFacts
from request_desk.services.practice import settings
from request_desk.store import schema
from tests.builders import TODAY, Practice

TOMORROW = TODAY + timedelta(days=1)


def change(practice: Practice, statement: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(statement)


def the_text(
    desk: Desk, practice: Practice, kind: str = "booking", channel: Channel = Channel.EMAIL, language: str = "en"
) -> ListedText:
    (found,) = (
        each
        for each in desk.query(practice.admin, trials.listed)
        if (each.kept.template.kind, each.kept.template.channel, each.kept.template.language)
        == (kind, channel, language)
    )
    return found


def facts(desk: Desk, actor: Actor, kind: str = "booking", channel: Channel = Channel.EMAIL, **of: Any) -> TrialFacts:
    return desk.query(actor, trials.trial_facts, kind, channel, "en", **of)


def enter(practice: Practice, *, email: str = "", mobile: str = "") -> None:
    who = schema.staff.c.id == practice.admin.id
    change(practice, update(schema.staff).where(who).values(email=email, mobile_phone=mobile))


def due(desk: Desk) -> tuple[DueNotice, ...]:
    return desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value


def stored(practice: Practice, notice: OutboxId) -> Any:
    with practice.database.read() as connection:
        return connection.execute(select(schema.outbox).where(schema.outbox.c.id == notice)).one()


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")


# What is wrong with each


def test_every_shipped_text_can_be_used_and_nothing_is_wrong_with_it(desk: Desk, practice: Practice) -> None:
    found = desk.query(practice.maria, trials.listed)
    assert {each.kept.template.kind for each in found} == {spec.kind for spec in NOTICES}
    assert [each.kept.template.kind for each in found[:4]] == [NOTICES[0].kind] * 4
    for each in found:
        assert each.tried.letter is not None, each
        assert each.tried.problem == ""
        assert all("parts" not in told for told in each.tried.warnings), each


def test_a_text_without_the_manage_link_and_one_that_is_too_long_are_told_apart(
    desk: Desk, practice: Practice
) -> None:  # ML2, NOTE-04
    kept = the_text(desk, practice, channel=Channel.SMS).kept
    desk.perform(
        practice.admin, templates.save, replace(kept.template, body="Come early. " * 40), expect_version=kept.version
    )
    found = the_text(desk, practice, channel=Channel.SMS)
    assert [told.split(":")[0].split(".")[0] for told in found.tried.warnings] == [
        "The manage link is missing",
        "It is longer than 2 parts",
    ]
    assert found.tried.size is not None
    assert found.tried.size.segments == 4
    assert found.tried.letter is not None
    assert len(found.tried.letter.body) <= 306


def test_a_text_that_was_broken_by_hand_is_listed_with_its_line(desk: Desk, practice: Practice) -> None:  # TPL-07
    change(
        practice,
        update(schema.notice_template)
        .where(schema.notice_template.c.kind == "booking", schema.notice_template.c.language == "en")
        .values(body="Hello\n{{ reason }}"),
    )
    found = the_text(desk, practice)
    assert found.tried.letter is None
    assert found.tried.field == "body"
    assert found.tried.problem.startswith("Line 2: ")
    assert the_text(desk, practice, "move").tried.letter is not None


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__ }}",
        "{% for x in manage.link %}{% endfor %}",
        "{{ patient.metadata }}",
        "{{ 7*7 }}",
        "{% if",
        "\u202e{{ reason }}",
        "\x00",
        "((((" * 5_000 + "{{" * 2_000,
    ],
)
def test_hostile_texts_come_to_a_sentence(desk: Desk, practice: Practice, body: str) -> None:  # TPL-02
    known = facts(desk, practice.admin).facts
    found = tried(replace(the_text(desk, practice).kept.template, body=body), known)
    assert found.letter is None
    assert found.problem
    assert found.field == "body"


def test_with_bare_content_fields_stay_empty_and_a_warning_says_so(desk: Desk, practice: Practice) -> None:  # NT1
    before = desk.query(practice.admin, settings.settings)
    bare = replace(before, notice_contents={Channel.EMAIL: Content.BARE})
    desk.perform(practice.admin, settings.save_settings, bare, expect_version=before.version)
    template = replace(the_text(desk, practice).kept.template, body="For {{ patient.first_name }}. {{ manage.link }}")
    found = tried(template, facts(desk, practice.admin).facts)
    assert found.letter is not None
    assert "Alex" not in found.letter.body
    assert any("patient.first_name" in told for told in found.warnings)


# A real visit


def test_a_text_is_tried_on_the_next_visit_or_on_that_of_one_patient(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:
    tavi = practice.a_patient("Tavi", "Aurelio", date(2019, 1, 2))
    practice.an_appointment(tavi, practice.lindqvist, TOMORROW, "8:00")
    first = facts(desk, practice.admin)
    assert first.patient_name.startswith("Tavi")
    found = facts(desk, practice.maria, patient_id=practice.zuri)
    assert found.facts.first_name == "Zuri"
    written = tried(the_text(desk, practice).kept.template, found.facts)
    assert written.letter is not None
    assert "Zuri has an appointment" in written.letter.body
    assert "9:20" in written.letter.body
    assert "/m/example" in written.letter.body


def test_without_any_visit_a_text_is_tried_on_nobody_s(desk: Desk, practice: Practice) -> None:
    found = facts(desk, practice.admin, patient_id=practice.zuri)
    assert (found.patient_name, found.starts_at, found.facts.first_name) == ("", None, "Alex")


def test_an_offer_says_until_when_it_is_kept_and_a_code_opens_nothing(desk: Desk, practice: Practice) -> None:
    offered = facts(desk, practice.admin, COUNTER_OFFER.kind).facts
    assert offered.answer_by is not None
    assert offered.offered == 2
    assert "/requests/00000000-" in offered.portal_url
    assert facts(desk, practice.admin, CODE.kind).facts.code == "123456"
    assert facts(desk, practice.admin, REMINDER.kind).facts.manage_url.startswith("http://127.0.0.1:8000/m/example")
    with pytest.raises(Invalid):
        facts(desk, practice.admin, TEST.kind)


# A test to the own address


def test_a_test_goes_to_whoever_sends_it_through_the_outbox_and_tells_of_nobody(
    desk: Desk, practice: Practice, visit: AppointmentId
) -> None:  # NOTE-01
    enter(practice, email="admin@harbor.example")
    text = the_text(desk, practice)
    notice = OutboxId(desk.perform(practice.admin, trials.send_test, text.kept.id).value)
    row = stored(practice, notice)
    assert (row.kind, row.staff_id, row.appointment_id) == ("test", practice.admin.id, None)
    assert row.payload == {"kind": "booking", "language": "en"}
    letters: list[Any] = []

    def send(letter: Any) -> Sent:
        letters.append(letter)
        return Sent()

    assert tasks.deliver(desk, {Channel.EMAIL: send}, "worker") == 1
    (letter,) = letters
    assert letter.to == "admin@harbor.example"
    assert letter.subject == "Test: Your appointment with Harbor Pediatrics"
    assert "Alex has an appointment" in letter.body
    assert "Zuri" not in letter.body
    assert letter.calendar is None
    assert stored(practice, notice).state == "sent"


def test_a_test_of_a_text_message_says_so_and_goes_to_the_own_mobile(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    enter(practice, mobile="(415) 555-0199")
    text = the_text(desk, practice, channel=Channel.SMS, language="es")
    desk.perform(practice.admin, trials.send_test, text.kept.id)
    (notice,) = due(desk)
    assert notice.address == "+14155550199"
    assert notice.composed().body.startswith("Test: ")
    assert notice.language == "es"


@pytest.mark.parametrize("kind", [spec.kind for spec in NOTICES])
def test_every_kind_can_be_tested(desk: Desk, practice: Practice, kind: str) -> None:
    enter(practice, email="admin@harbor.example")
    text = the_text(desk, practice, kind)
    desk.perform(practice.admin, trials.send_test, text.kept.id)
    (notice,) = due(desk)
    assert notice.spec is TEST
    assert notice.challenge_id is None
    found = notice.composed()
    assert found.subject.startswith("Test: ")
    assert found.body


@pytest.mark.parametrize(
    ("channel", "missing"), [(Channel.EMAIL, "No e-mail address"), (Channel.SMS, "No mobile phone number")]
)
def test_a_test_without_an_address_says_what_is_missing(
    desk: Desk, practice: Practice, channel: Channel, missing: str
) -> None:
    text = the_text(desk, practice, channel=channel)
    with pytest.raises(Invalid, match=missing):
        desk.perform(practice.admin, trials.send_test, text.kept.id)
    assert due(desk) == ()


def test_a_text_that_breaks_after_its_test_was_queued_parks_the_test_alone(desk: Desk, practice: Practice) -> None:
    enter(practice, email="admin@harbor.example")
    broken = OutboxId(desk.perform(practice.admin, trials.send_test, the_text(desk, practice).kept.id).value)
    desk.perform(practice.admin, trials.send_test, the_text(desk, practice, "move").kept.id)
    change(
        practice,
        update(schema.notice_template).where(schema.notice_template.c.kind == "booking").values(body="{{ reason }}"),
    )
    (notice,) = due(desk)
    assert notice.template.kind == "move"
    assert stored(practice, broken).state == "failed"
    desk.perform(practice.admin, outbox.retry, broken)
    assert stored(practice, broken).state == "pending"
    with pytest.raises(Invalid, match="Line 1"):
        desk.perform(practice.admin, trials.send_test, the_text(desk, practice).kept.id)


def test_tests_are_the_administrator_s_business(desk: Desk, practice: Practice) -> None:
    text = the_text(desk, practice)
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, trials.send_test, text.kept.id)
    with pytest.raises(NotFound):
        desk.perform(practice.admin, trials.send_test, TemplateId(4_242))


def test_a_long_subject_of_a_test_stays_within_its_limit() -> None:  # TPL-06
    assert len(as_test(Composed("s" * 120, "x"), Channel.EMAIL).subject) == 120


# Undo


def test_a_change_of_a_text_is_undone_and_no_later_one_with_it(desk: Desk, practice: Practice) -> None:
    kept = the_text(desk, practice).kept
    new = replace(kept.template, body="Ours. {{ manage.link }}")
    saved = desk.perform(practice.admin, templates.save, new, expect_version=kept.version)
    assert saved.undo is not None
    desk.undo(practice.admin, saved.undo)
    back = the_text(desk, practice).kept
    assert (back.template, back.shipped, back.version) == (kept.template, True, 3)

    saved = desk.perform(practice.admin, templates.save, new, expect_version=3)
    restored = desk.perform(practice.admin, templates.restore, kept.id, expect_version=4)
    assert saved.undo is not None
    with pytest.raises((Conflict, UndoRefused)):
        desk.undo(practice.admin, saved.undo)
    assert restored.undo is not None
    desk.undo(practice.admin, restored.undo)
    assert the_text(desk, practice).kept.template == new


def test_the_text_of_a_kind_that_this_program_does_not_know_is_not_listed(desk: Desk, practice: Practice) -> None:
    values = {"id": 77, "version": 1, "kind": "from_tomorrow", "channel": "email", "language": "en", "body": "x"}
    change(practice, insert(schema.notice_template).values(**values))
    assert "from_tomorrow" not in {each.kept.template.kind for each in desk.query(practice.admin, trials.listed)}
    assert BOOKING.kind in {each.kept.template.kind for each in desk.query(practice.admin, trials.listed)}
