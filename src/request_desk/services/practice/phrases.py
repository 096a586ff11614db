"""The phrase library: practice-wide and personal phrases, and the texts of the merge fields for one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import MOVED_ON
from request_desk.domain.careful import answering
from request_desk.domain.changes import Topic
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import Invalid, NotFound
from request_desk.domain.ids import AppointmentId, PatientId, PhraseId, RequestId, StaffId, TypeId
from request_desk.domain.phrases import FIELDS, Phrase, PhraseOutcome, Prompt, dump, parse
from request_desk.domain.requests import Act, Booking, Cancellation, Move, Offering, RequestKind
from request_desk.domain.text import parse_version
from request_desk.domain.words import Words, _, full_name, speaking
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.inbox.rows import wish_of
from request_desk.services.practice import text_history
from request_desk.services.practice.text_history import TextOf
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema

_MINUTE_SECONDS: Final = 60

phrase, appointment, provider, location = schema.phrase.c, schema.appointment.c, schema.provider.c, schema.location.c
_LIBRARY = (
    select(*phrase)
    .where(phrase.active, or_(phrase.staff_id.is_(None), phrase.staff_id == bindparam("staff")))
    .order_by(phrase.grouping, phrase.position, phrase.title, phrase.id)
)
_SHELF = (
    select(*phrase)
    .where(or_(phrase.staff_id.is_(None), phrase.staff_id == bindparam("staff")))
    .order_by(phrase.grouping, phrase.position, phrase.title, phrase.id)
)
_PRACTICE_WIDE = select(*phrase).where(phrase.staff_id.is_(None)).order_by(phrase.id)
_ONE = select(*phrase).where(phrase.id == bindparam("which"))
_SAME = select(phrase.id, phrase.active).where(
    phrase.slug == bindparam("slug"),
    phrase.language == bindparam("language"),
    or_(phrase.staff_id == bindparam("staff"), phrase.staff_id.is_(None) & (bindparam("staff") == 0)),
)
_REQUEST = (
    select(
        schema.request.c.kind,
        schema.request.c.appointment_id,
        schema.request.c.provider_id,
        schema.request.c.location_id,
        schema.request.c.type_id,
        schema.request.c.patient_id,
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        schema.patient.c.birth_day,
        schema.contact.c.given_name.label("contact_given_name"),
        schema.contact.c.family_name.label("contact_family_name"),
        schema.contact_patient.c.relation,
    )
    .select_from(
        schema.request.join(schema.patient, schema.patient.c.id == schema.request.c.patient_id)
        .join(schema.contact, schema.contact.c.id == schema.request.c.contact_id)
        .outerjoin(
            schema.contact_patient,
            (schema.contact_patient.c.contact_id == schema.request.c.contact_id)
            & (schema.contact_patient.c.patient_id == schema.request.c.patient_id),
        )
    )
    .where(schema.request.c.id == bindparam("which"))
)
_WISHES = (
    select(schema.request_wish)
    .where(schema.request_wish.c.request_id == bindparam("which"))
    .order_by(schema.request_wish.c.rank)
)
_APPOINTMENT = select(*appointment).where(appointment.id == bindparam("which"))
_SUCCESSOR = select(*appointment).where(appointment.replaces_id == bindparam("which"))
_PROVIDER = select(provider.name).where(provider.id == bindparam("which"))
_LOCATION = select(location.name, location.address, location.phone, location.zone).where(
    location.id == bindparam("which")
)
_TYPE = select(schema.appointment_type.c.name, schema.appointment_type.c.duration_minutes).where(
    schema.appointment_type.c.id == bindparam("which")
)


@dataclass(frozen=True, slots=True)
class KeptPhrase:
    """A phrase as the library keeps it; `staff_id` None is practice-wide, `shipped` came with the product and was not changed."""

    id: PhraseId
    version: int
    phrase: Phrase
    staff_id: StaffId | None
    shipped: bool
    active: bool


def library(unit: Unit) -> tuple[Phrase, ...]:
    """Return the phrases the actor can use, by group and order; an own one stands for the practice's of the same id."""
    unit.require(Permission.ANSWER_REQUESTS)
    chosen: dict[tuple[str, str], Row[Any]] = {}
    for row in unit.rows(_LIBRARY, {"staff": unit.actor.id}):
        key = (row.slug, row.language)
        if key not in chosen or row.staff_id is not None:
            chosen[key] = row
    return tuple(_phrase(row) for row in chosen.values())


def shelf(unit: Unit) -> tuple[KeptPhrase, ...]:
    """Return the practice's phrases and the own ones with their versions, retired ones too: for editing."""
    unit.require(Permission.OWN_PHRASES)
    return tuple(kept(row) for row in unit.rows(_SHELF, {"staff": unit.actor.id}))


def sync_shipped(unit: Unit, phrases: Sequence[Phrase]) -> int:
    """Bring the shipped phrases up to date; one that the practice changed stays as it is. Returns how many were written.

    Of a changed one the product's text is kept beside it, so that the way back leads to the newest.
    """
    unit.require(Permission.RUN_JOBS)
    known = {(row.slug, row.language): row for row in unit.rows(_PRACTICE_WIDE)}
    written = 0
    for each in phrases:
        row = known.pop((each.slug, each.language), None)
        if row is None:
            _insert(unit, each, staff_id=None, shipped=True)
            written += 1
        elif row.shipped and (_phrase(row) != each or not row.active):
            replace_phrase(unit, row, None, each, shipped=True)
            written += 1
        elif not row.shipped and not _is_beside(unit, row, each):
            text_history.keep(unit, TextOf.PHRASE, row.id, **_text(each), shipped=True)
    for row in known.values():
        if row.shipped and row.active:
            unit.change(schema.phrase, row.id, None, active=False)
            unit.record("retired_phrase", Topic.PHRASE, row.id)
            written += 1
    return written


def write_phrase(
    unit: Unit, new: Phrase, *, own: bool, phrase_id: PhraseId | None = None, expect_version: int | None = None
) -> Row[Any]:
    """Write a phrase, new or changed, after the check of every part, and return its row; part of a use case.

    What it said before is kept. Raises Invalid with line and reason (RE3).
    """
    checked = parse(dump(new))
    staff_id = unit.actor.staff_id if own else None
    same = unit.first(_SAME, {"slug": checked.slug, "language": checked.language, "staff": staff_id or 0})
    if same is not None and same.id != phrase_id and (same.active or phrase_id is not None):
        raise Invalid(_("There is a phrase with this id in this language. Choose another id."), field="id")
    if phrase_id is not None:
        row = row_of(unit, phrase_id)
        if row.staff_id != staff_id:
            raise NotFound(_("This phrase is not there any more. Reload the library."))
        return replace_phrase(unit, row, parse_version(expect_version), checked, shipped=False)
    if same is not None:  # it was retired
        return replace_phrase(unit, row_of(unit, PhraseId(same.id)), None, checked, shipped=False)
    return row_of(unit, _insert(unit, checked, staff_id=staff_id, shipped=False))


def replace_phrase(
    unit: Unit, row: Row[Any], expect_version: int | None, new: Phrase, *, shipped: bool, active: bool = True
) -> Row[Any]:
    """Write something else into a row that was read; part of a use case."""
    changed = unit.change(schema.phrase, row.id, expect_version, shipped=shipped, active=active, **_columns(new))
    before = _phrase(row)
    if _text(before) != _text(new) or (row.shipped and not shipped):
        text_history.keep(unit, TextOf.PHRASE, row.id, **_text(before), shipped=row.shipped)
    unit.record("changed_phrase" if active else "retired_phrase", Topic.PHRASE, row.id)
    return changed


def switch_phrase(unit: Unit, row: Row[Any], expect_version: int | None, *, active: bool) -> Row[Any]:
    """Take a phrase out of the library, or back into it; part of a use case. Sent replies keep their text.

    The practice's own decision outlasts updates of the product, unless the phrase says again what the product ships.
    """
    shipped = active and not row.shipped and _is_beside(unit, row, _phrase(row))
    return replace_phrase(unit, row, expect_version, _phrase(row), shipped=shipped, active=active)


def row_of(unit: Unit, phrase_id: PhraseId) -> Row[Any]:
    """Return the row of a phrase that the actor may change, retired ones too; part of a use case."""
    row = unit.first(_ONE, {"which": phrase_id})
    if row is not None and row.staff_id == unit.actor.id:
        unit.require(Permission.OWN_PHRASES)
    else:
        unit.require(Permission.MANAGE_PHRASES)
    if row is None or row.staff_id not in (None, unit.actor.id):
        raise NotFound(_("This phrase is not there any more. Reload the library."))
    return row


def kept(row: Row[Any]) -> KeptPhrase:
    """Return a row as the library keeps it."""
    owner = StaffId(row.staff_id) if row.staff_id is not None else None
    return KeptPhrase(PhraseId(row.id), row.version, _phrase(row), owner, row.shipped, row.active)


def prompts_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Prompt, ...]:
    """Return questions as they are stored."""
    return tuple(
        Prompt(each["name"], each["label"], each["type"], each["default"], tuple(each["choices"])) for each in stored
    )


def values_for(unit: Unit, request_id: RequestId, act: Act | None, *, language: str = "") -> Mapping[str, str]:
    """Return the texts of the merge fields for a request and what is about to be done; an unknown one is missing.

    Times are those of the place of the appointment. In another `language` than the practice's, days and times are written in
    the way of that language.
    """
    unit.require(Permission.ANSWER_REQUESTS)
    request_scope.seen(unit, request_id)
    row = unit.first(_REQUEST, {"which": request_id})
    if row is None:
        raise NotFound(_("This request is not there any more. Reload the list."))
    words = unit.words.on(unit.time.day_of(unit.now)).in_language(language)
    old = _present(unit, row.appointment_id)
    values = {
        "practice.name": unit.settings.practice_name,
        "practice.phone": unit.settings.practice_phone,
        "staff.name": unit.actor.name,
        "staff.first_name": _first_name(unit.actor.name),
        "contact.first_name": row.contact_given_name,
        "contact.name": full_name(row.contact_given_name, row.contact_family_name),
        "contact.relation": row.relation or "",
        "patient.first_name": row.given_name,
        "patient.name": full_name(row.given_name, row.family_name),
        "patient.birth_date": words.birth(row.birth_day),
        "request.kind": str(RequestKind(row.kind)),
    }
    values |= _old(unit, old, words)
    values |= _new(unit, act, words)
    values |= _appointment(unit, row, old, act)
    values |= _booked(unit, request_id, row, old, words)
    with speaking(language):
        values |= _reason(unit.settings, act)
        values |= _offered(unit, act, words)
    return {name: text for name, text in values.items() if text and name in FIELDS}


def values_in(
    unit: Unit, request_id: RequestId, act: Act | None, languages: Sequence[str]
) -> tuple[Mapping[str, str], ...]:
    """Return `values_for` in several languages: the parent's for the letter, the staff's own to read beside it."""
    unit.require(Permission.ANSWER_REQUESTS)
    return tuple(values_for(unit, request_id, act, language=each) for each in languages)


def _old(unit: Unit, old: Row[Any] | None, words: Words) -> dict[str, str]:
    if old is None:
        return {}
    place = unit.first(_LOCATION, {"which": old.location_id})
    return {
        "old.time": _there(words, place).moment(old.starts_at),
        "old.provider": _named(unit, old.provider_id),
        "old.location": place.name if place else "",
    }


def _new(unit: Unit, act: Act | None, words: Words) -> dict[str, str]:
    if not isinstance(act, Booking | Move):
        return {}
    place = unit.first(_LOCATION, {"which": act.slot.location_id})
    there = _there(words, place)
    return {
        "new.time": there.moment(act.slot.starts_at),
        "new.day": there.day(act.slot.starts_at),
        "new.clock": there.time(act.slot.starts_at),
        "new.provider": _named(unit, act.slot.provider_id),
        "new.location": place.name if place else "",
    }


def _offered(unit: Unit, act: Act | None, words: Words) -> dict[str, str]:
    """All offered times as one text, each with whom and where."""
    if not isinstance(act, Offering):
        return {}
    told, one = [], _("{time} with {provider} at {place}")
    for slot in act.slots:
        place = unit.first(_LOCATION, {"which": slot.location_id})
        told.append(
            one.format(
                time=_there(words, place).moment(slot.starts_at),
                provider=_named(unit, slot.provider_id),
                place=place.name if place else "",
            )
        )
    *before, last = told
    return {"offer.times": _("{before}; or {last}").format(before="; ".join(before), last=last) if before else last}


def _appointment(unit: Unit, row: Row[Any], old: Row[Any] | None, act: Act | None) -> dict[str, str]:
    """Provider, place and type of the new appointment, else of the present one, else as they were asked for."""
    source: Any = act.slot if isinstance(act, Booking | Move) else old if old is not None else row
    if isinstance(act, Offering) and len(act.slots) == 1:
        source = act.slots[0]
    place = unit.first(_LOCATION, {"which": source.location_id}) if source.location_id is not None else None
    type_id = act.type_id if isinstance(act, Booking | Offering) else old.type_id if old is not None else row.type_id
    kind = unit.first(_TYPE, {"which": type_id}) if type_id is not None else None
    minutes = kind.duration_minutes if kind is not None else 0
    if isinstance(act, Booking | Move):
        minutes = int((act.slot.ends_at - act.slot.starts_at).total_seconds()) // _MINUTE_SECONDS
    return {
        "provider.name": _named(unit, source.provider_id),
        "location.name": place.name if place else "",
        "location.address": place.address if place else "",
        "location.phone": place.phone if place else "",
        "type.name": kind.name if kind else "",
        "type.minutes": str(minutes) if minutes else "",
    }


def _booked(unit: Unit, request_id: RequestId, row: Row[Any], old: Row[Any] | None, words: Words) -> dict[str, str]:
    """The appointment that the patient has already: the one that the bar above the message names first (ACT13)."""
    patient_id = PatientId(row.patient_id)
    type_id = TypeId(row.type_id) if row.type_id is not None else None
    wishes = map(wish_of, unit.rows(_WISHES, {"which": request_id}))
    upcoming = upcoming_of(unit, (patient_id,))
    chain_id = AppointmentId(old.chain_id) if old is not None else None
    found = answering(RequestKind(row.kind), request_id, patient_id, type_id, wishes, upcoming, unit.time, chain_id)
    if not found:
        return {}
    first = found[0]
    place = unit.first(_LOCATION, {"which": first.location_id})
    there = _there(words, place)
    return {
        "booked.day": there.day(first.starts_at),
        "booked.clock": there.time(first.starts_at),
        "booked.provider": _named(unit, first.provider_id),
        "booked.location": first.location_name,
    }


def _reason(settings: PracticeSettings, act: Act | None) -> dict[str, str]:
    if not isinstance(act, Cancellation):
        return {}
    coded = next((each.parent_text for each in settings.cancel_reasons if each.code == act.code), "")
    return {"cancel.reason": act.text.strip() or (_(coded) if coded else "")}


def _present(unit: Unit, appointment_id: int | None) -> Row[Any] | None:
    """The appointment that a request is about now: the end of its chain of moves."""
    if appointment_id is None:
        return None
    row = unit.first(_APPOINTMENT, {"which": AppointmentId(appointment_id)})
    while row is not None and row.cancel_code in MOVED_ON:
        following = unit.first(_SUCCESSOR, {"which": row.id})
        if following is None:
            break
        row = following
    return row


def _named(unit: Unit, provider_id: int | None) -> str:
    row = unit.first(_PROVIDER, {"which": provider_id}) if provider_id is not None else None
    return str(row.name) if row is not None else ""


def _there(words: Words, place: Row[Any] | None) -> Words:
    return words if place is None else words.at(place.zone)


def _first_name(name: str) -> str:
    """The first word that is no title: "Dr. Astrid Lindqvist" signs as Astrid."""
    parts = [part for part in name.split() if not part.endswith(".")]
    return parts[0] if parts else name


def _insert(unit: Unit, new: Phrase, *, staff_id: StaffId | None, shipped: bool) -> PhraseId:
    phrase_id = PhraseId(unit.new_id())
    unit.insert(schema.phrase, id=phrase_id, staff_id=staff_id, shipped=shipped, **_columns(new))
    unit.record("added_phrase", Topic.PHRASE, phrase_id)
    return phrase_id


def _is_beside(unit: Unit, row: Row[Any], shipped: Phrase) -> bool:
    """Whether the newest text of the product that is kept for a changed phrase is this one."""
    kept_text = text_history.shipped_text(unit, TextOf.PHRASE, row.id)
    return kept_text is not None and _text(shipped) == {
        "subject": kept_text.subject,
        "body": kept_text.body,
        "prompts": kept_text.prompts or [],
    }


def _text(of: Phrase) -> dict[str, Any]:
    """What the history keeps of a phrase."""
    return {"subject": of.title, "body": of.body, "prompts": _stored(of.prompts)}


def _stored(prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "label": each.label,
            "type": each.type,
            "default": each.default,
            "choices": list(each.choices),
        }
        for each in prompts
    ]


def _columns(of: Phrase) -> dict[str, Any]:
    return {
        "slug": of.slug,
        "title": of.title,
        "kind": of.kind,
        "outcome": str(of.outcome),
        "language": of.language,
        "grouping": of.group,
        "position": of.order,
        "body": of.body,
        "prompts": _stored(of.prompts),
    }


def _phrase(row: Row[Any]) -> Phrase:
    return Phrase(
        row.slug,
        row.title,
        row.kind,
        PhraseOutcome(row.outcome),
        row.language,
        row.grouping,
        row.position,
        row.body,
        prompts_of(row.prompts),
    )
