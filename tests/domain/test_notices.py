"""Who gets a notice, and that none carries health information (NT1, RE7, NOTE-01, NOTE-03, NOTE-07)."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from request_desk.domain import notices
from request_desk.domain.directory import Channel, Contact, ContactPoint, Content, Relation
from request_desk.domain.ids import AppointmentId, ContactId, LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.notice_templates import best, values_of, write
from request_desk.domain.notices import (
    ACKNOWLEDGEMENT,
    BOOKING,
    CANCELLATION,
    CODE,
    LINK_CODE,
    MOVE,
    NOTICES,
    REPLY,
    SPEC_OF,
    STAFF_REMINDER,
    TEST,
    Composed,
    NoticeFacts,
    NoticeSpec,
    Planned,
    Recipient,
    notice_of,
    planned,
    recipients,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Booking, Cancellation, Move
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words, speaking, spoken
from tests.builders import shipped_notices

LA = PracticeTime("America/Los_Angeles")
TODAY = date(2026, 11, 20)
APPOINTMENT = LA.instant(date(2026, 11, 24), 560)
WORDS = Words("en_US", LA, TODAY)
ZURI, AMARA, DANIEL = PatientId(1), ContactId(2), ContactId(3)


def a_contact(number: ContactId, *points: ContactPoint, active: bool = True) -> Contact:
    given_points = points or (ContactPoint(1, Channel.EMAIL, f"c{number}@example.org", verified=True),)
    return Contact(number, "Amara", "Okafor", "en", given_points, active, 1)


def a_relation(number: ContactId, *, notices: bool = True, until: date | None = None) -> Relation:
    return Relation(number, ZURI, "mother", True, True, notices, until)


def who(
    relations: list[Relation], *contacts: Contact, patient_active: bool = True, spec: NoticeSpec = MOVE
) -> list[str]:
    by_id = {each.id: each for each in contacts}
    found = recipients(spec, relations, by_id, patient_active=patient_active, today=TODAY)
    return [each.address for each in found]


def test_contacts_that_get_notices_are_told_once() -> None:
    relations = [a_relation(AMARA), a_relation(DANIEL), a_relation(AMARA)]
    assert who(relations, a_contact(AMARA), a_contact(DANIEL)) == ["c2@example.org", "c3@example.org"]


def test_nobody_is_told_who_must_not_or_cannot_be() -> None:  # NT1, PP1
    assert who([a_relation(AMARA)], a_contact(AMARA), patient_active=False) == []
    assert who([a_relation(AMARA, notices=False)], a_contact(AMARA)) == []
    assert who([a_relation(AMARA)], a_contact(AMARA, active=False)) == []
    assert who([a_relation(AMARA, until=date(2026, 11, 19))], a_contact(AMARA)) == []
    assert who([a_relation(AMARA, until=TODAY)], a_contact(AMARA)) == ["c2@example.org"]
    assert who([a_relation(AMARA)]) == []


def test_only_the_first_verified_address_is_used() -> None:
    points = (
        ContactPoint(1, Channel.PHONE, "+12065550147", verified=True),
        ContactPoint(2, Channel.EMAIL, "old@example.org", verified=False),
        ContactPoint(3, Channel.EMAIL, "new@example.org", verified=True),
        ContactPoint(4, Channel.EMAIL, "other@example.org", verified=True),
    )
    assert who([a_relation(AMARA)], a_contact(AMARA, *points)) == ["new@example.org"]
    assert who([a_relation(AMARA)], a_contact(AMARA, *points[:2])) == []


def test_a_notice_goes_over_the_first_of_its_channels_by_which_somebody_is_reached() -> None:
    phone = ContactPoint(1, Channel.PHONE, "+12065550147", verified=True, takes_texts=True)
    email = ContactPoint(2, Channel.EMAIL, "a@example.org", verified=True)
    unread = replace(email, verified=False)
    assert who([a_relation(AMARA)], a_contact(AMARA, phone, email)) == [email.value]
    assert who([a_relation(AMARA)], a_contact(AMARA, phone, unread)) == [phone.value]
    for other in (replace(phone, verified=False), replace(phone, takes_texts=False)):  # nobody is texted unasked
        assert who([a_relation(AMARA)], a_contact(AMARA, other, unread)) == []
    texted = replace(MOVE, channels=(Channel.SMS,))
    assert who([a_relation(AMARA)], a_contact(AMARA, phone, email), spec=texted) == [phone.value]


def test_each_kind_goes_to_whom_its_line_names() -> None:
    quiet = a_relation(AMARA, notices=False)
    unread = replace(a_relation(AMARA), may_see_messages=False)
    ended = a_relation(AMARA, until=date(2026, 11, 19))
    told = {
        spec.kind: [bool(who([relation], a_contact(AMARA), spec=spec)) for relation in (quiet, unread, ended)]
        for spec in NOTICES
    }
    acts = [False, True, False]
    assert told == {
        "reply": [False, False, False],
        "booking": acts,
        "move": acts,
        "cancellation": acts,
        "slot_offer": acts,
        "counter_offer": [False, False, False],
        "forms": acts,
        "reminder": acts,
        "staff_reminder": [True, True, True],
        "running_late": acts,
        "closed": acts,
        "acknowledgement": [True, True, False],
        "code": [True, True, True],
        "link_code": [True, True, True],
    }


def test_each_kind_stands_in_the_table_once() -> None:
    named = [each for each in vars(notices).values() if isinstance(each, NoticeSpec)]
    assert sorted(named, key=[*NOTICES, TEST].index) == [*NOTICES, TEST] == list(SPEC_OF.values())
    assert all(spec.channels for spec in NOTICES)
    assert len({a_notice(spec).subject for spec in NOTICES}) == len(NOTICES)


SLOT = Slot(ProviderId(1), LocationId(1), APPOINTMENT, APPOINTMENT, APPOINTMENT)


def test_an_act_asks_for_its_notice() -> None:
    acts = (Booking(SLOT, TypeId(1)), Move(AppointmentId(1), 1, SLOT), Cancellation(AppointmentId(1), 1, "pat"))
    assert {notice_of(act) for act in acts} == {BOOKING, MOVE, CANCELLATION}
    assert notice_of(None) is None
    assert notice_of(Booking(SLOT, TypeId(1))) is BOOKING
    assert notice_of(Move(AppointmentId(1), 1, SLOT)) is MOVE
    assert notice_of(Cancellation(AppointmentId(1), 1, "pat")) is CANCELLATION


def test_the_reply_is_merged_for_the_sender_and_unknown_to_others() -> None:
    mother, father = Recipient(AMARA, Channel.EMAIL, "a@example.org"), Recipient(DANIEL, Channel.EMAIL, "d@example.org")
    both = (mother, father)
    assert planned(MOVE, replied=True, sender_id=AMARA, to=both) == (
        Planned(mother, True),
        Planned(father, False),
    )
    assert planned(REPLY, replied=True, sender_id=AMARA, to=both) == (Planned(mother, False),)
    assert planned(MOVE, replied=True, sender_id=ContactId(9), to=()) == ()


def test_people_with_one_address_get_one_letter() -> None:  # NT1
    mother, father = (
        Recipient(AMARA, Channel.EMAIL, "Family@example.org"),
        Recipient(DANIEL, Channel.EMAIL, "family@Example.org"),
    )
    assert planned(MOVE, replied=True, sender_id=DANIEL, to=(mother, father)) == (Planned(father, True, (AMARA,)),)
    assert planned(MOVE, replied=False, sender_id=ContactId(9), to=(mother, father)) == (
        Planned(mother, False, (DANIEL,)),
    )


def test_a_letter_to_two_people_names_both_and_one_to_one_nobody() -> None:
    assert a_notice(readers=("Amara", "Chidi")).body.startswith("For Amara and Chidi\n\nThe appointment of Zuri")
    assert a_notice(readers=("Amara",)).body.startswith("The appointment of Zuri")
    assert "http://" not in a_notice(readers=("Amara", "http://evil.example")).body.partition("The appointment")[0]


def test_a_letter_says_who_is_not_in_where_that_is_the_cause() -> None:  # ACT9, NOTE-01
    for spec in (MOVE, CANCELLATION):
        letter = a_notice(spec, replied=False, absent="Dr. Mwangi")
        assert "Pediatrics\n\nDr. Mwangi is not in on Tuesday, November 24.\n\nSign in" in letter.body
        assert "Mwangi" not in letter.subject
        assert "Mwangi" not in a_notice(spec, absent="Dr. Mwangi", content=Content.BARE).body
    others = [spec for spec in NOTICES if "Mwangi" in a_notice(spec, absent="Dr. Mwangi").body]
    assert others == [MOVE, CANCELLATION]
    assert "is not in" not in a_notice().body
    assert "evil.example" not in a_notice(absent="http://evil.example/x").body


def a_notice(
    spec: NoticeSpec = MOVE,
    *,
    content: Content = Content.TIME,
    practice: str = "Harbor Pediatrics",
    name: str = "Zuri",
    replied: bool = True,
    place: str = "Northside",
    url: str = "https://portal.example.org/",
    readers: tuple[str, ...] = (),
    absent: str = "",
    manage_url: str = "",
    channel: Channel = Channel.EMAIL,
) -> Composed:
    facts = NoticeFacts(
        content=content,
        practice_name=practice,
        practice_phone="(206) 555-0100",
        portal_url=url,
        words=WORDS,
        replied=replied,
        first_name=name,
        starts_at=APPOINTMENT,
        place=place,
        readers=readers,
        absent_name=absent,
        absent_on=date(2026, 11, 24) if absent else None,
        code="012345",
        code_until=APPOINTMENT,
        manage_url=manage_url,
        provider_name="Dr. Lindqvist",
    )
    assert "012345" not in repr(facts)
    texts = [each for each in shipped_notices() if (each.kind, each.channel) == (spec.kind, channel)]
    text = best(texts, spoken())
    assert text is not None
    return write(text, values_of(replace(facts, words=WORDS.in_language(text.language))))


def test_a_timed_notice_says_practice_first_name_time_and_place() -> None:
    notice = a_notice()
    assert notice.subject == "New time for your appointment with Harbor Pediatrics"
    assert notice.body == (
        "The appointment of Zuri has a new time:\n\n"
        "    Tuesday, November 24, 9:20 AM PST\n"
        "    Northside, Harbor Pediatrics\n\n"
        "You also have a reply from us.\n\n"
        "Sign in to read it and to answer: https://portal.example.org/\n\n"
        "Questions? Call Harbor Pediatrics: (206) 555-0100\n\n"
        "Please do not answer this e-mail: nobody reads it. In an emergency call 911.\n"
    )


def test_only_a_code_s_letter_has_the_code() -> None:  # OTP-02
    assert [spec for spec in NOTICES if "012345" in (letter := a_notice(spec)).subject + letter.body] == [
        CODE,
        LINK_CODE,
    ]
    letter = a_notice(CODE)
    assert letter.subject == "Harbor Pediatrics: your code to sign in"
    assert letter.body.startswith(
        "Your code to sign in at Harbor Pediatrics is:\n\n    012345\n\nIt works once, until 9:20 AM"
    )
    assert "012345" not in repr(letter)


@pytest.mark.parametrize(
    "spec", [spec for spec in NOTICES if spec not in (CODE, LINK_CODE)], ids=lambda spec: spec.kind
)
@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_a_bare_notice_says_only_that_there_is_news(spec: NoticeSpec, channel: Channel) -> None:
    notice = a_notice(spec, content=Content.BARE, channel=channel)
    for secret in ("Zuri", "Nov", "9:20", "Northside", "Lindqvist"):
        assert secret not in notice.subject + notice.body
    assert ("https://portal.example.org/" in notice.body) is (spec is not STAFF_REMINDER)  # who has a desk


@pytest.mark.parametrize(
    ("language", "told"), [("en", "See, move or cancel it"), ("es", "Para verla, moverla o cancelarla")]
)
def test_a_letter_of_an_appointment_carries_its_manage_link(language: str, told: str) -> None:  # ML2
    link = "https://portal.example.org/m/" + "a" * 43
    with speaking(language):
        letters = {spec.kind: a_notice(spec, manage_url=link if spec.has_link else "") for spec in NOTICES}
    assert {kind for kind, letter in letters.items() if link in letter.body} == {
        spec.kind for spec in NOTICES if spec.has_link
    }
    assert told in letters["booking"].body
    assert told not in letters["forms"].body
    assert "without signing in" in letters["forms"].body or language != "en"
    assert link not in repr(letters["booking"])
    assert "/m/" not in a_notice(BOOKING, manage_url="").body


@pytest.mark.parametrize("spec", [REPLY, ACKNOWLEDGEMENT], ids=lambda spec: spec.kind)
def test_a_reply_is_only_announced(spec: NoticeSpec) -> None:  # NOTE-07
    notice = a_notice(spec, replied=False)
    for secret in ("Zuri", "November", "9:20", "Northside"):
        assert secret not in notice.subject + notice.body
    assert ("You have a reply" in notice.body) is (spec is REPLY)


hostile = st.one_of(
    st.text(max_size=120),
    st.sampled_from(
        [
            "x\r\nBcc: evil@example.org",
            "\u202eevil",
            "=?utf-8?q?x?=",
            "{practice}{url}",
            "a\0b",
            "%s",
            "http://evil.example",
        ]
    ),
)


@given(st.sampled_from(NOTICES), st.sampled_from(Content), hostile, hostile, hostile, hostile, hostile)
def test_nothing_from_outside_breaks_a_header_or_hides(
    spec: NoticeSpec, content: Content, practice: str, name: str, place: str, url: str, absent: str
) -> None:
    notice = a_notice(spec, content=content, practice=practice, name=name, place=place, url=url, absent=absent)
    assert len(notice.subject.splitlines()) == 1
    assert all(sign.isprintable() for sign in notice.subject)
    assert all(sign.isprintable() or sign == "\n" for sign in notice.body)
    assert not any(line.startswith("Bcc:") for line in notice.body.splitlines())
    notice.body.encode("utf-8")


def test_no_address_hides_in_a_name() -> None:
    assert "evil.example" not in a_notice(name="http://evil.example/x").body
    assert "Anne-Marie O’Neil" in a_notice(name="Anne-Marie O’Neil").body
    assert "javascript" not in a_notice(url="javascript:alert(1)").body
