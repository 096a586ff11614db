"""What notices are made of: what all of them share, and what stands in where a text is only tried."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

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
_PROVIDER_NAME: Final = select(schema.provider.c.short_name).where(schema.provider.c.id == bindparam("id"))
_ANNOUNCED: Final = select(schema.announcement.c.texts, schema.announcement.c.late_minutes).where(
    schema.announcement.c.id == bindparam("id")
)
_OFFERED, _LATE = 2, 20  # times of a reply, minutes


def facts_of(
    unit: Unit,
    spec: NoticeSpec,
    channel: Channel,
    language: str,
    zone: str,
    *,
    request_reference: UUID | None = None,
) -> NoticeFacts:
    """Return what every notice is made of, in the language of whom it goes to."""
    base = unit.settings.public_url.rstrip("/")
    path = f"/requests/{request_reference}" if request_reference else "/"
    return NoticeFacts(
        content=unit.settings.content_of(channel) if spec.of_appointment else Content.BARE,
        practice_name=unit.settings.practice_name,
        practice_phone=unit.settings.practice_phone,
        portal_url=f"{base}{path}" if base else "",
        words=unit.words.on(unit.time.day_of(unit.now)).at(zone).in_language(language),
    )


def caused(unit: Unit, facts: NoticeFacts, absent: Absent) -> NoticeFacts:
    """Return facts with who is not in, where that is why the practice acts."""
    name = unit.value(_PROVIDER_NAME, {"id": absent.provider_id})
    return replace(facts, absent_name=name or "", absent_on=absent.day)


def announced(unit: Unit, facts: NoticeFacts, announcement_id: int, language: str) -> NoticeFacts:
    """Return facts with what staff wrote to all, in the reader's language or not at all: the shipped words stand in for it."""
    row = unit.first(_ANNOUNCED, {"id": announcement_id})
    if row is None:
        return facts
    return replace(facts, announced=row.texts.get(language, ""), late_minutes=row.late_minutes or 0)


def link_placeholder(unit: Unit) -> str:
    """Return what stands in for the manage link, which is made when a notice is sent."""
    return f"{unit.settings.public_url.rstrip('/')}/m/..." if unit.settings.public_url else ""


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
