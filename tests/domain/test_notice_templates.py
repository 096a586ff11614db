"""The texts of notices: what may be told is decided by field, kind, channel and content; every shipped text can be used (AD5, NOTE-*, TPL-*)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given, strategies as st

from request_desk import paths
from request_desk.domain.directory import Channel, Content
from request_desk.domain.errors import Invalid
from request_desk.domain.notice_templates import (
    CHANNELS,
    FIELDS,
    SUBJECT_LIMIT,
    NoticeTemplate,
    Tells,
    best,
    check,
    lacks_link,
    parse,
    values_of,
    vocabulary_of,
    write,
)
from request_desk.domain.notices import BOOKING, CODE, LINK_CODE, NOTICES, REPLY, RUNNING_LATE, SPEC_OF, NoticeFacts
from request_desk.domain.phrases import MARKS
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words, speaking
from tests.builders import shipped_notices

LA = PracticeTime("America/Los_Angeles")
WORDS = Words("en_US", LA, date(2026, 11, 20))
STARTS = LA.instant(date(2026, 11, 24), 560)
UNTIL = LA.instant(date(2026, 11, 23), 600)
# What everybody knows who writes text messages: GSM 03.38 without what takes two places.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_SEGMENTS = 306
GAPS = r"\n{3}| \n|  |\.\.|\(\)| [.,:]"  # what a field without a value could leave
FACTS = NoticeFacts(
    content=Content.TIME,
    practice_name="Harbor Pediatrics",
    practice_phone="(206) 555-0100",
    portal_url="https://portal.example.org/",
    words=WORDS,
    replied=True,
    first_name="Zuri",
    starts_at=STARTS,
    place="Northside",
    absent_name="Dr. Mwangi",
    absent_on=date(2026, 11, 24),
    readers=("Amara", "Chidi"),
    code="012345",
    code_until=UNTIL,
    answer_by=UNTIL,
    offered=2,
    manage_url="https://portal.example.org/m/" + "a" * 43,
    provider_name="Dr. Lindqvist",
    late_minutes=30,
    announced="",
)
TEXTS = shipped_notices()


def a_text(body: str, **changes: str) -> NoticeTemplate:
    values: dict[str, str] = {"kind": BOOKING.kind, "channel": "email", "language": "en", "subject": "News", **changes}
    return NoticeTemplate(values["kind"], Channel(values["channel"]), values["language"], values["subject"], body)


def named(text: NoticeTemplate) -> str:
    return f"{text.kind}.{text.channel}.{text.language}"


# What is shipped


def test_there_is_a_text_for_every_kind_channel_and_language() -> None:  # AD5, NT2
    every = {f"{spec.kind}.{way}.{language}" for spec in NOTICES for way in spec.channels for language in ("en", "es")}
    assert {path.stem for path in paths.notice_files()} == every
    assert [named(text) for text in TEXTS] == [path.stem for path in paths.notice_files()]


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_a_shipped_text_is_written_whole_with_each_content(text: NoticeTemplate) -> None:
    for content in Content:
        assert check(text, content) == ()  # nothing stays empty, no link is missing
        told = write(text, values_of(replace(FACTS, content=content)))
        assert bool(told.subject) is (text.channel is Channel.EMAIL)
        assert not any(mark in told.subject + told.body for mark in MARKS)
        assert all(sign.isprintable() or sign == "\n" for sign in told.body)
        assert not re.search(GAPS, told.body.replace("\n    ", "\n"))


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_a_shipped_text_is_whole_when_little_is_known(text: NoticeTemplate) -> None:
    bare = NoticeFacts(Content.TIME, "", "", "", WORDS, code="012345", code_until=UNTIL)
    with speaking(text.language):
        told = write(text, values_of(bare))
    assert ("your practice" if text.language == "en" else "su consultorio") in told.subject + told.body
    assert not re.search(GAPS, told.body.replace("\n    ", "\n"))
    assert "‹" not in told.subject + told.body


@pytest.mark.parametrize("text", [text for text in TEXTS if text.channel is Channel.SMS], ids=named)
def test_a_shipped_text_message_is_short_and_of_plain_signs(text: NoticeTemplate) -> None:  # NOTE-04
    told = write(text, values_of(replace(FACTS, words=WORDS.in_language(text.language)))).body
    assert len(told) <= TWO_SEGMENTS
    assert set(told) <= GSM
    is_family = "practice" in SPEC_OF[text.kind].fields and "portal" in SPEC_OF[text.kind].fields
    assert told.endswith(("Reply STOP to end.", "Responda BAJA para terminar.")) is is_family


# What may be told


def test_each_field_says_what_it_tells_and_none_tells_of_health() -> None:  # NOTE-01, NOTE-02
    assert {field.tells for field in FIELDS.values()} == set(Tells)
    for word in ("reason", "type", "message", "note", "birth", "name", "urgent", "custody"):
        found = {name for name in FIELDS if word in name.replace("first_name", "").replace("_", ".").split(".")}
        assert found <= {"practice.name", "provider.name"}


@pytest.mark.parametrize("field", ["patient.name", "patient.birth_date", "type.name", "request.kind", "cancel.reason"])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_what_may_never_leave_cannot_be_typed(field: str, channel: str) -> None:  # NOTE-02
    subject = "News" if channel == "email" else ""
    with pytest.raises(Invalid, match="Line 2: There is no field") as refused:
        check(a_text(f"Hello\n{{{{ {field} }}}}", channel=channel, subject=subject))
    assert refused.value.field == "body"


def test_less_may_be_told_over_a_text_message_and_with_bare_content() -> None:
    for spec in NOTICES:
        for channel in CHANNELS:
            time, bare = (vocabulary_of(spec, channel, content) for content in (Content.TIME, Content.BARE))
            assert set(bare.fields) <= set(time.fields) <= set(vocabulary_of(spec, Channel.EMAIL).fields)
            told = {FIELDS[name].tells for name in bare.fields}
            assert not told & {Tells.NAME, Tells.TIME, Tells.PROVIDER, Tells.ANNOUNCED}
            assert channel is Channel.EMAIL or not {FIELDS[name].tells for name in time.fields} & {Tells.PROVIDER}


def test_a_code_is_told_by_its_own_kinds_alone() -> None:  # OTP-02
    with_code = {spec for spec in NOTICES if "code.value" in vocabulary_of(spec, Channel.EMAIL).fields}
    assert with_code == {CODE, LINK_CODE}
    with pytest.raises(Invalid, match="Without the code"):
        check(a_text("Hello", kind="code"))


_pieces = st.one_of(
    st.sampled_from(sorted(FIELDS)).map(lambda name: f"{{{{ {name} }}}}"),
    st.sampled_from(sorted(FIELDS)).map(lambda name: f"{{% if {name} %}}yes{{% else %}}no{{% endif %}}"),
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{", "}", "\n", "{{ reply }}", "{% if reply %}r{% endif %}", "\u202e", "\0"]
    ),
    st.text("abc .é{}%\n", max_size=8),
)
_hostile = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["x\r\nBcc: evil@example.org", "\u202eevil", "{{ code.value }}", "{% if %}", "=?utf-8?q?x?=", "a\0b"]
    ),
)
_channels_and_specs = st.sampled_from([(spec, channel) for spec, channel in product(NOTICES, CHANNELS)])


@given(_channels_and_specs, st.sampled_from(Content), st.lists(_pieces, max_size=8).map("".join))
def test_whatever_is_accepted_tells_only_what_kind_channel_and_content_let_through(
    where: tuple[object, Channel], content: Content, body: str
) -> None:  # NOTE-02, TPL-02
    spec, channel = where
    assert spec in NOTICES
    kind = next(each for each in NOTICES if each == spec)
    text = a_text(body, kind=kind.kind, channel=channel, subject="News" if channel is Channel.EMAIL else "")
    try:
        check(text, content)
    except Invalid:
        return
    secrets: Mapping[str, str] = {name: f"‡{name}‡" for name in FIELDS}
    let_through = vocabulary_of(kind, channel, content).fields
    told = write(text, {name: secrets[name] for name in values_of(replace(FACTS, content=content)) if name in FIELDS})
    assert {name for name, secret in secrets.items() if secret in told.body} <= set(let_through)
    assert not any(mark in told.body for mark in MARKS)


@given(st.sampled_from(TEXTS), st.sampled_from(Content), _hostile, _hostile, _hostile, _hostile, _hostile)
def test_nothing_from_outside_is_read_as_a_text_or_gets_a_line_of_its_own(
    text: NoticeTemplate, content: Content, practice: str, name: str, place: str, other: str, url: str
) -> None:  # TPL-05, TPL-06
    facts = replace(
        FACTS,
        content=content,
        practice_name=practice,
        first_name=name,
        place=place,
        readers=(name, other),
        absent_name=other,
        provider_name=other,
        portal_url=url,
    )
    told, plain = write(text, values_of(facts)), write(text, values_of(replace(FACTS, content=content)))
    assert len(told.subject.splitlines()) == bool(told.subject)
    assert len(told.subject) <= SUBJECT_LIMIT
    assert told.subject.isprintable()
    assert len(told.body.splitlines()) <= len(plain.body.splitlines()) + 2  # a link that is left out is told in words
    assert all(sign.isprintable() or sign == "\n" for sign in told.body)
    assert FACTS.code not in told.body or "code" in SPEC_OF[text.kind].fields


@given(_hostile)
def test_what_staff_announce_is_told_as_they_wrote_it_and_never_read(written: str) -> None:  # TPL-05
    told = write(
        a_text("{{ announcement.text }}", kind=RUNNING_LATE.kind), values_of(replace(FACTS, announced=written))
    )
    assert all(sign.isprintable() or sign == "\n" for sign in told.body)
    assert FACTS.code not in told.body
    assert not written.isprintable() or told.body == f"{written.strip()}\n" or not written.isascii()


# The check


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("", "has a subject"),
        ("a\nBcc: x", "one line"),
        ("=?utf-8?q?x?=", "one line"),
        ("x" * (SUBJECT_LIMIT + 1), "too long"),
        ("{{ patient.first_name }}", "no field"),
        ("{{ appointment.moment }}", "no field"),
        ("{{ manage.link }}", "no field"),
        ("{% if reply %}x{% endif %}", "no field"),
        ("a }} b", "stands alone"),
    ],
)
def test_a_subject_is_one_line_of_the_practice_s_own_things(subject: str, why: str) -> None:  # TPL-06
    with pytest.raises(Invalid, match=why) as refused:
        check(a_text("Hello {{ manage.link }}", subject=subject))
    assert refused.value.field == "subject"


def test_a_text_without_the_manage_link_is_warned_of() -> None:  # ML2
    told = "An appointment was made."
    assert lacks_link(a_text(told))
    assert lacks_link(a_text(told + "{% if manage.link %}There is a link.{% endif %}"))
    assert "manage link is missing" in " ".join(check(a_text(told)))
    assert check(a_text(told + " {{ manage.link }}")) == ()
    assert check(a_text("You have a reply.", kind=REPLY.kind)) == ()  # there is none to carry


def test_a_field_that_stays_empty_with_the_chosen_content_is_warned_of() -> None:
    text = a_text(
        "{{ manage.link }} on {{ appointment.day }}{% if appointment.place %} at {{ appointment.place }}{% endif %}"
    )
    assert check(text, Content.TIME) == ()
    (warning,) = check(text, Content.BARE)
    assert "appointment.day" in warning
    assert "appointment.place" not in warning


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "newsletter"}, "kind"),
        ({"language": "english"}, "language"),
        ({"channel": "sms"}, "subject"),  # it has one
        ({"channel": "phone"}, "kind"),
    ],
)
def test_what_is_of_no_known_kind_channel_or_language_is_refused(change: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(a_text("Hello", **change))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("kind = ", "file"),
        ('kind = "reply"\nsecret = "x"', "secret"),
        ("kind = 3", "kind"),
        ('kind = "reply"\nchannel = "fax"', "channel"),
        ('kind = "reply"\nchannel = "email"\nlanguage = "en"\nsubject = "x"\nbody = ""', "body"),
    ],
)
def test_a_file_that_is_wrong_names_the_entry(file: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(file)
    assert refused.value.field == field


def test_the_text_nearest_to_the_reader_s_language_is_taken() -> None:  # NT2
    en, es, mx, fr = (a_text("x", language=code) for code in ("en", "es", "es-MX", "fr"))
    assert best((en, es, mx), "es") is es
    assert best((en, es, mx), "es_MX") is mx
    assert best((en, es), "es-US") is es
    assert best((fr, en), "vi") is en
    assert best((fr,), "vi") is fr
    assert best((), "en") is None
