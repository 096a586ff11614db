"""Letters that are not written yet, each as its reader would get it (NT1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from request_desk.domain.access import Permission
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.notices import Absent, Composed, NoticeFacts, NoticeSpec, planned
from request_desk.services.desk import Unit
from request_desk.services.notices import letter_facts, outbox, templates
from request_desk.services.notices.templates import Texts

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """A letter that is not written yet: to whom, where to, in which language, and what it says."""

    contact_id: ContactId
    channel: Channel
    address: str
    language: str
    letter: Composed


def previews(
    unit: Unit,
    spec: NoticeSpec,
    patient_id: PatientId,
    *,
    first_name: str,
    starts_at: datetime,
    place: str,
    zone: str,
    absent: Absent | None = None,
    late_minutes: int = 0,
    announced: Mapping[str, str] = _NOTHING,
    with_names: Sequence[str] = (),
) -> tuple[LetterPreview, ...]:
    """Return the letters that an act on an appointment would have sent now, each as its reader would get it.

    `announced` is what staff would announce, by language, with a wait of `late_minutes`; `with_names` are other patients
    that it tells of.
    """
    unit.require(Permission.VIEW_PATIENTS)
    people = outbox.ask_people(unit, patient_id)
    language_of = {row.contact_id: row.language for row in people.rows}
    texts = templates.texts_of(unit, (spec.kind,))
    found: list[LetterPreview] = []
    for each in planned(spec, replied=False, sender_id=None, to=outbox.reached(unit, spec, people)):
        to = each.recipient
        language = language_of[to.contact_id]
        facts = replace(
            letter_facts.facts_of(unit, spec, to.channel, language, zone, late_minutes=late_minutes),
            first_name=first_name,
            starts_at=starts_at,
            place=place,
            readers=letter_facts.readers(unit, each.also, to.contact_id, patient_id),
            manage_url=_link_to_come(unit) if spec.has_link else "",
        )
        if with_names:
            facts = replace(facts, first_name=facts.words.list_of([first_name, *with_names]))
        if absent is not None:
            facts = letter_facts.caused(unit, facts, absent)
        letter = _previewed(texts, spec, to.channel, language, facts, announced)
        found.append(LetterPreview(to.contact_id, to.channel, to.address, language, letter))
    return tuple(found)


def _previewed(
    texts: Texts,
    spec: NoticeSpec,
    channel: Channel,
    language: str,
    facts: NoticeFacts,
    announced: Mapping[str, str],
) -> Composed:
    """The letter, or in its place why it could not be written: nothing else waits for that."""
    try:
        template = templates.text_for(texts, spec, channel, language)
        words, told = facts.words.in_language(template.language), announced.get(template.language, "")
        return templates.written(template, replace(facts, words=words, announced=told))
    except Invalid as broken:
        return Composed("", broken.sentence)


def _link_to_come(unit: Unit) -> str:
    """What stands in a preview for the link, which is made when the letter is sent."""
    return f"{unit.settings.public_url.rstrip('/')}/m/..." if unit.settings.public_url else ""
