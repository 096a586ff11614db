"""Trying texts of notices: with the warnings about each, on a real visit while somebody types, and as a test to themselves (AD5)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, literal_column, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, NotFound
from request_desk.domain.ids import OutboxId, PatientId, TemplateId
from request_desk.domain.notice_templates import Tried, tried
from request_desk.domain.notices import NOTICES, NoticeFacts
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.notices import outbox, templates
from request_desk.services.notices.letter_facts import facts_of, sample_facts
from request_desk.services.notices.templates import KeptTemplate
from request_desk.store import schema

_SPECS: Final = {spec.kind: spec for spec in NOTICES}
_appointment, _patient = schema.appointment.c, schema.patient.c
_NEXT: Final[Select[Any]] = (
    select(
        _appointment.starts_at,
        _appointment.zone,
        _patient.given_name,
        _patient.family_name,
        schema.location.c.name.label("place"),
        schema.provider.c.short_name.label("provider_name"),
    )
    .select_from(
        schema.appointment.join(schema.patient, _patient.id == _appointment.patient_id)
        .join(schema.location, schema.location.c.id == _appointment.location_id)
        .join(schema.provider, schema.provider.c.id == _appointment.provider_id)
    )
    .where(_appointment.status == literal_column("'confirmed'"), _appointment.starts_at >= bindparam("now"))
    .order_by(_appointment.starts_at, _appointment.id)
    .limit(1)
)
_NEXT_OF: Final = _NEXT.where(_appointment.patient_id == bindparam("patient_id"))
_MY_ADDRESSES: Final = select(schema.staff.c.email, schema.staff.c.mobile_phone).where(
    schema.staff.c.id == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class ListedText:
    """A text as it is kept, and what it comes to with made-up facts."""

    kept: KeptTemplate
    tried: Tried


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """What a text is tried on: the next visit of `patient_name`, or nobody's where `starts_at` is None."""

    facts: NoticeFacts
    patient_name: str
    starts_at: datetime | None
    zone: str


def listed(unit: Unit) -> tuple[ListedText, ...]:
    """Return every text with what is wrong with it, in the order of the kinds, by channel and language."""
    unit.require(Permission.VIEW_SETTINGS)
    order = {kind: place for place, kind in enumerate(_SPECS)}
    known = [each for each in templates.shelf(unit) if each.template.kind in order]
    known.sort(key=lambda each: (order[each.template.kind], each.template.channel, each.template.language))
    return tuple(ListedText(each, _tried(unit, each)) for each in known)


def _tried(unit: Unit, kept: KeptTemplate) -> Tried:
    text = kept.template
    return tried(text, sample_facts(unit, _SPECS[text.kind], text.channel, text.language))


def trial_facts(
    unit: Unit, kind: str, channel: Channel, language: str, patient_id: PatientId | None = None
) -> TrialFacts:
    """Return the facts of the next visit, of one patient's next one, or made-up ones where there is none.

    Links and codes are made up: looking at a text opens no door.
    """
    unit.require(Permission.VIEW_PATIENTS)
    spec = _SPECS.get(kind)
    if spec is None:
        raise Invalid(_("There is no such kind of notice."), field="kind")
    values = {"now": unit.now} if patient_id is None else {"now": unit.now, "patient_id": patient_id}
    row: Row[Any] | None = unit.first(_NEXT if patient_id is None else _NEXT_OF, values)
    sample = sample_facts(unit, spec, channel, language)
    if row is None:
        return TrialFacts(sample, "", None, "")
    zone = row.zone if spec.of_appointment else ""
    facts = replace(
        sample,
        words=facts_of(unit, spec, channel, language, zone).words,
        first_name=row.given_name,
        starts_at=row.starts_at,
        place=row.place,
        provider_name=row.provider_name,
    )
    return TrialFacts(facts, full_name(row.given_name, row.family_name), row.starts_at, row.zone)


def send_test(unit: Unit, template_id: TemplateId) -> OutboxId:
    """Send a stored text to the person who acts, with made-up facts; raises Invalid saying which address is missing."""
    unit.require(Permission.MANAGE_NOTICES)
    kept = next((each for each in templates.shelf(unit) if each.id == template_id), None)
    if kept is None:
        raise NotFound(_("This text is not there any more. Reload the list."))
    is_text = kept.template.channel is Channel.SMS
    mine = unit.first(_MY_ADDRESSES, {"id": unit.actor.staff_id})
    if mine is None or not (mine.mobile_phone if is_text else mine.email):
        missing = (
            _("No mobile phone number is entered for you. Enter it in Settings, Staff; then send the test again.")
            if is_text
            else _("No e-mail address is entered for you. Enter it in Settings, Staff; then send the test again.")
        )
        raise Invalid(missing, field="test")
    problem = _tried(unit, kept).problem
    if problem:
        raise Invalid(problem, field="test")
    notice_id = outbox.enqueue_test(unit, kept.template)
    unit.record("tested_notice_text", Topic.SETTINGS, template_id, notice_id=notice_id)
    return notice_id
