"""What the facts of a notice are read from, for those that are sent and those that are only looked at, and what stands in for them (NT1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.directory import Channel, Content
from request_desk.domain.ids import new_token
from request_desk.domain.notices import Absent, NoticeFacts, NoticeSpec
from request_desk.domain.words import _, speaking
from request_desk.services.desk import Unit
from request_desk.store import schema

_MORNING: Final = time(9, 20)
_CODE: Final = "123456"
_LINK: Final = "example"
_REQUEST: Final = UUID(int=0)
_CODE_LASTS: Final = timedelta(minutes=10)
_OFFERED, _LATE = 2, 20  # times of a reply, minutes
_contact, _relation, _provider = schema.contact, schema.contact_patient, schema.provider
_appointment, _patient = schema.appointment, schema.patient
_FIRST_NAMES: Final = (
    select(_contact.c.given_name)
    .select_from(_contact.join(_relation, _relation.c.contact_id == _contact.c.id))
    .where(
        _contact.c.id.in_(bindparam("ids", expanding=True)),
        _relation.c.patient_id == bindparam("patient_id"),
        _relation.c.gets_notices,
        or_(_relation.c.valid_until.is_(None), _relation.c.valid_until >= bindparam("today")),
        _contact.c.active,
        ~_contact.c.opted_out,
    )
    .order_by(_contact.c.id)
)
_PATIENT_NAMES: Final = (
    select(_patient.c.given_name)
    .select_from(
        _appointment.join(_patient, _patient.c.id == _appointment.c.patient_id).join(
            _relation, _relation.c.patient_id == _patient.c.id
        )
    )
    .where(
        _appointment.c.id.in_(bindparam("ids", expanding=True)),
        _appointment.c.status == AppointmentStatus.CONFIRMED,
        _relation.c.contact_id == bindparam("contact_id"),
        _relation.c.gets_notices,
        or_(_relation.c.valid_until.is_(None), _relation.c.valid_until >= bindparam("today")),
        _patient.c.active,
        ~_patient.c.deceased,
    )
    .order_by(_appointment.c.starts_at, _appointment.c.id)
)
_PROVIDER_NAME: Final = select(_provider.c.short_name).where(_provider.c.id == bindparam("id"))
_ANNOUNCED: Final = select(schema.announcement.c.texts, schema.announcement.c.late_minutes).where(
    schema.announcement.c.id == bindparam("id")
)


def facts_of(
    unit: Unit,
    spec: NoticeSpec,
    channel: Channel,
    language: str,
    zone: str,
    *,
    request_reference: UUID | None = None,
    late_minutes: int = 0,
) -> NoticeFacts:
    """What every notice is made of, in the language of whom it goes to."""
    base = unit.settings.public_url.rstrip("/")
    path = f"/requests/{request_reference}" if request_reference else "/"
    return NoticeFacts(
        content=unit.settings.content_of(channel) if spec.of_appointment else Content.BARE,
        practice_name=unit.settings.practice_name,
        practice_phone=unit.settings.practice_phone,
        portal_url=f"{base}{path}" if base else "",
        words=unit.words.on(unit.time.day_of(unit.now)).at(zone).in_language(language),
        late_minutes=late_minutes,
    )


def caused(unit: Unit, facts: NoticeFacts, absent: Absent) -> NoticeFacts:
    """Add who is not in, which is why the practice acts."""
    name = unit.value(_PROVIDER_NAME, {"id": absent.provider_id})
    return replace(facts, absent_name=name or "", absent_on=absent.day)


def announced(unit: Unit, facts: NoticeFacts, announcement_id: int, language: str) -> NoticeFacts:
    """What staff wrote to all, in the reader's language or not at all: the shipped words stand in for it."""
    row = unit.first(_ANNOUNCED, {"id": announcement_id})
    if row is None:
        return facts
    return replace(facts, announced=row.texts.get(language, ""), late_minutes=row.late_minutes or 0)


def readers(unit: Unit, also: Sequence[int] | None, contact_id: int, patient_id: int) -> list[str]:
    """The first names of all who read the address of a notice and may hear of its patient; nothing for one alone."""
    if not also:
        return []
    asked = {"ids": [contact_id, *also], "patient_id": patient_id, "today": unit.time.day_of(unit.now)}
    return [name for (name,) in unit.rows(_FIRST_NAMES, asked)]


def first_names_of(unit: Unit, appointment_ids: Sequence[int], contact_id: int) -> list[str]:
    """Return whose appointments these are, as far as they still stand and the contact may hear of the patient now."""
    asked = {"ids": list(appointment_ids), "contact_id": contact_id, "today": unit.time.day_of(unit.now)}
    return [name for (name,) in unit.rows(_PATIENT_NAMES, asked)]


def sample_facts(unit: Unit, spec: NoticeSpec, channel: Channel, language: str) -> NoticeFacts:
    """Return made-up facts: nobody's visit tomorrow morning, a code that opens nothing, links that lead nowhere.

    Links are as long as real ones, so that a text message has its size.
    """
    tomorrow = unit.time.day_of(unit.now) + timedelta(days=1)
    base = unit.settings.public_url.rstrip("/")
    with speaking(language):
        first_name, place, provider = _("Alex"), _("Main office"), _("Dr. Example")
    return replace(
        facts_of(unit, spec, channel, language, "", request_reference=_REQUEST),
        first_name=first_name,
        starts_at=unit.time.instant(tomorrow, _MORNING.hour * 60 + _MORNING.minute),
        place=place,
        provider_name=provider,
        code=_CODE,
        code_until=unit.now + _CODE_LASTS,
        answer_by=unit.now + timedelta(days=1) if "offer" in spec.fields else None,
        offered=_OFFERED,
        late_minutes=_LATE,
        manage_url=f"{base}/m/{_LINK.ljust(len(new_token()), 'x')}" if spec.has_link and base else "",
    )
