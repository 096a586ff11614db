"""Running late, location closed (NT2): who is told, what it says, told once to each family, and taken back within the grace time.

The announcement, its notices and the journal's lines are one transaction: after a crash all of it is there, or nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.announcements import (
    LONGEST,
    SPEC_OF_KIND,
    AnnouncementKind,
    News,
    OneLetter,
    check,
    checked_text,
    concerns,
    health_words,
    is_same,
    letters,
)
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.careful import Doubt, Doubtful
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AnnouncementId, AppointmentId, ContactId, LocationId, OutboxId, ProviderId
from request_desk.domain.notice_templates import words_without
from request_desk.domain.notices import Planned, planned
from request_desk.domain.spans import Span
from request_desk.domain.words import Words, _, full_name, plural, speaking
from request_desk.services.desk import Unit
from request_desk.services.notices import letter_facts, outbox, previews, templates
from request_desk.services.people import patients
from request_desk.services.schedule.views import VIEW, load, load_many, view
from request_desk.store import schema

MOST_APPOINTMENTS: Final = 500
_ANNOUNCED: Final = {
    AnnouncementKind.RUNNING_LATE: "announced_running_late",
    AnnouncementKind.CLOSED: "announced_closed",
}
_TAKEN_BACK: Final = "unannounced"

_table, _announcement, _outbox, _journal = schema.appointment, schema.announcement, schema.outbox, schema.journal
_IN_SPAN: Final = VIEW.where(
    _table.c.status == AppointmentStatus.CONFIRMED,
    _table.c.starts_at < bindparam("until"),
    _table.c.ends_at > bindparam("since"),
).order_by(_table.c.starts_at, _table.c.id)
_LATELY: Final = select(*_announcement.c).where(
    _announcement.c.kind == bindparam("kind"),
    _announcement.c.starts_at > bindparam("first"),
    _announcement.c.starts_at < bindparam("until"),
    func.coalesce(_announcement.c.late_minutes, 0) == bindparam("late"),
)
_TOLD: Final = (
    select(_outbox.c.contact_id, _outbox.c.appointment_id, _outbox.c.payload)
    .select_from(_outbox.join(_table, _table.c.id == _outbox.c.appointment_id))
    .where(
        _outbox.c.request_id.is_(None),
        _outbox.c.kind == bindparam("kind"),
        _outbox.c.state != "withdrawn",
        _table.c.starts_at < bindparam("until"),
        _table.c.ends_at > bindparam("since"),
    )
)
_OF_IDS: Final = select(_outbox.c.appointment_id, _outbox.c.payload).where(
    _outbox.c.id.in_(bindparam("ids", expanding=True))
)
_NAMES: Final = select(schema.contact.c.id, schema.contact.c.given_name, schema.contact.c.family_name).where(
    schema.contact.c.id.in_(bindparam("ids", expanding=True))
)
_TYPE_NAMES: Final = select(schema.appointment_type.c.name)
_PROVIDER: Final = select(schema.provider.c.short_name).where(schema.provider.c.id == bindparam("id"))
_LOCATION: Final = select(schema.location.c.name).where(schema.location.c.id == bindparam("id"))
# Two who announce the same at one moment wait for each other; bookings with the provider go on.
_LOCKED_PROVIDER: Final = _PROVIDER.with_for_update(key_share=True)
_LOCKED_LOCATION: Final = _LOCATION.with_for_update(key_share=True)
_HEARD: Final = (
    select(_journal.c.at, _journal.c.action, _journal.c.detail)
    .where(
        _journal.c.entity_id == bindparam("id"),
        _journal.c.topic == Topic.APPOINTMENT,
        or_(_journal.c.action.in_(tuple(_ANNOUNCED.values())), _journal.c.action == _TAKEN_BACK),
    )
    .order_by(_journal.c.seq)
)


class Telling(StrEnum):
    """Whether the family of a visit is told."""

    TOLD = "told"
    WITH_ANOTHER = "with_another"  # in the letter about another visit of theirs
    ALREADY = "already"
    NOBODY = "nobody"  # nobody can be written to


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """Who gets a letter: over which channel, where, in which language the text is."""

    contact_id: ContactId
    name: str
    channel: Channel
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A visit in the span, whether its family is told, and who of it; whom to call where nobody can be written to, with the number."""

    appointment: Appointment
    telling: Telling
    people: tuple[ToldPerson, ...] = ()
    together: tuple[AppointmentId, ...] = ()  # others of the family that the letter tells of
    call: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AnnouncementSituation:
    """Who would be told, by start of the visits, and the text of each language as the templates have it."""

    news: News
    name: str  # of the provider or location
    appointments: tuple[Concerned, ...]
    texts: Mapping[str, str]

    @property
    def letters(self) -> int:
        """How many letters go out."""
        return sum(len(each.people) for each in self.appointments)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the family of a visit was told, and when."""

    kind: AnnouncementKind
    late_minutes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Plan:
    entries: tuple[Appointment, ...]
    letters: tuple[OneLetter, ...]
    reached: frozenset[AppointmentId]
    languages: Mapping[ContactId, str]


def situation(unit: Unit, news: News) -> AnnouncementSituation:
    """Return who would be told, over which channel and in which language, with the texts as they would be; nothing is written.

    Raises Invalid for what cannot be announced.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    check(news, unit.now)
    name = _name(unit, news)
    plan = _plan(unit, news)
    spec = SPEC_OF_KIND[news.kind]
    texts = templates.texts_of(unit, (spec.kind,))
    people = _people(unit, plan, lambda channel, code: _language(texts, news, channel, code))
    with_another = {other for letter in plan.letters for other in letter.appointments[1:]}
    appointments = tuple(
        _concerned(unit, entry, people.get(entry.id, ()), plan, is_with=entry.id in with_another)
        for entry in plan.entries
    )
    languages = sorted({each.language for appointment in appointments for each in appointment.people})
    return AnnouncementSituation(news, name, appointments, _default_texts(unit, news, texts, languages))


def preview(
    unit: Unit,
    news: News,
    appointment_id: AppointmentId,
    texts: Mapping[str, str],
    together: Sequence[AppointmentId] = (),
) -> tuple[previews.LetterPreview, ...]:
    """Return the letters about one visit, and those `together` with it, with these texts, each as its reader would get it."""
    unit.require(Permission.CHANGE_SCHEDULE)
    check(news, unit.now)
    entry = load(unit, appointment_id)
    patient_ids = [entry.patient_id, *(each.patient_id for each in load_many(unit, together).values())]
    first_name, *others = (patients.patient_of(unit, each).given_name for each in dict.fromkeys(patient_ids))
    return previews.previews(
        unit,
        SPEC_OF_KIND[news.kind],
        entry.patient_id,
        first_name=first_name,
        with_names=others,
        starts_at=entry.starts_at,
        place=entry.location_name,
        zone=entry.zone,
        late_minutes=news.late_minutes,
        announced=texts,
    )


def announce(unit: Unit, news: News, texts: Mapping[str, str], *, is_meant: bool = False) -> AnnouncementId:
    """Tell the families of all visits in the span, each once; who has heard the same of this time is not told again.

    `texts` is what staff wrote, by language; where there is none the template says it in its own words. Raises Invalid for a text
    that names a patient or a type of visit, Doubtful for words that may tell of anybody's health unless the text `is_meant` so,
    Refused when nobody is left to be told.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    check(news, unit.now)
    name = _name(unit, news, lock=True)
    plan = _plan(unit, news)
    if not plan.letters:
        raise Refused(_nobody(plan))
    checked = _checked_texts(unit, news, texts, plan)
    if not is_meant and (words := health_words(checked.values())):
        raise Doubtful(_asked(words, unit.words), Doubt.HEALTH)
    announcement_id = AnnouncementId(unit.new_id())
    unit.insert(
        _announcement,
        id=announcement_id,
        kind=news.kind.value,
        provider_id=news.provider_id,
        location_id=news.location_id,
        starts_at=news.span.starts_at,
        ends_at=news.span.ends_at,
        late_minutes=news.late_minutes or None,
        texts=checked,
        created_at=unit.now,
        staff_id=unit.actor.id,
    )
    starts = {each.id: each.starts_at for each in plan.entries}
    notices = tuple(_queued(unit, news, announcement_id, letter, starts) for letter in plan.letters)
    for appointment in dict.fromkeys(appointment for letter in plan.letters for appointment in letter.appointments):
        unit.record(
            _ANNOUNCED[news.kind],
            Topic.APPOINTMENT,
            appointment,
            announcement_id=announcement_id,
            late_minutes=news.late_minutes,
        )
    unit.record("announced", Topic.DELIVERY, announcement_id, kind=news.kind.value, count=len(notices))
    told = plural("{name}: {count} person told", "{name}: {count} people told", len(notices))
    label = told.format(name=name, count=len(notices))
    unit.offer_undo(label, take_back, announcement_id, notices=notices, until=unit.now + unit.grace)
    return announcement_id


def take_back(unit: Unit, announcement_id: AnnouncementId, *, notices: Sequence[OutboxId], until: datetime) -> None:
    """Take an announcement back: nobody is told. Raises UndoRefused when the grace time is over or a notice has left."""
    unit.require(Permission.CHANGE_SCHEDULE)
    if unit.now > until:
        raise UndoRefused(_("It is too late to take this back: the families have been told already."))
    rows = unit.rows(_OF_IDS, {"ids": list(notices)})
    outbox.withdraw(unit, notices)
    for appointment in dict.fromkeys(appointment for row in rows for appointment in _appointments_of(row)):
        unit.record(_TAKEN_BACK, Topic.APPOINTMENT, appointment, announcement_id=announcement_id)
    unit.record("took_back_announcement", Topic.DELIVERY, announcement_id)


def heard(unit: Unit, appointment_id: AppointmentId) -> tuple[Heard, ...]:
    """Return what the family of a visit was told of it, oldest first, without what was taken back."""
    unit.require(Permission.VIEW_SCHEDULE)
    rows = unit.rows(_HEARD, {"id": appointment_id})
    kinds = {action: kind for kind, action in _ANNOUNCED.items()}
    undone = {(row.detail or {}).get("announcement_id") for row in rows if row.action == _TAKEN_BACK}
    return tuple(
        Heard(kinds[row.action], int(row.detail.get("late_minutes", 0)), row.at)
        for row in rows
        if row.action in kinds and row.detail and row.detail.get("announcement_id") not in undone
    )


# Who is told


def _name(unit: Unit, news: News, *, lock: bool = False) -> str:
    """The name of whom it is about; `lock` makes another one who announces something of them wait."""
    if news.provider_id is not None:
        name = unit.value(_LOCKED_PROVIDER if lock else _PROVIDER, {"id": news.provider_id})
    else:
        name = unit.value(_LOCKED_LOCATION if lock else _LOCATION, {"id": news.location_id})
    if name is None:
        raise NotFound(_("This provider or location is not there any more. Choose another one."))
    return str(name)


def _of_target(statement: Select[Any], news: News) -> Select[Any]:
    if news.provider_id is not None:
        return statement.where(_table.c.provider_id == news.provider_id)
    return statement.where(_table.c.location_id == news.location_id)


def _plan(unit: Unit, news: News) -> _Plan:
    """The letters as they would go out now."""
    asked = {"since": news.span.starts_at, "until": news.span.ends_at}
    found = [view(row) for row in unit.rows(_of_target(_IN_SPAN, news), asked)]
    entries = tuple(each for each in found if concerns(news, Span(each.starts_at, each.ends_at), unit.now))
    if len(entries) > MOST_APPOINTMENTS:
        told = _("{count} visits are too many to be told at once. Choose a shorter time.")
        raise Invalid(told.format(count=len(entries)), field=_("Until"))
    spec = SPEC_OF_KIND[news.kind]
    people = {each.patient_id: outbox.ask_people(unit, each.patient_id) for each in entries}
    planned_of: dict[int, tuple[Planned, ...]] = {
        patient: planned(spec, replied=False, sender_id=None, to=outbox.reached(unit, spec, asked_people))
        for patient, asked_people in people.items()
    }
    languages = {ContactId(row.contact_id): str(row.language) for each in people.values() for row in each.rows}
    appointments = [(each.id, planned_of[each.patient_id]) for each in entries]
    reached = frozenset(appointment_id for appointment_id, plans in appointments if plans)
    return _Plan(entries, letters(appointments, _told(unit, news)), reached, languages)


def _told(unit: Unit, news: News) -> Collection[tuple[ContactId, AppointmentId]]:
    """Who has heard the same of which visit."""
    asked = {
        "kind": news.kind.value,
        "first": news.span.starts_at - LONGEST - timedelta(days=1),
        "until": news.span.ends_at,
        "late": news.late_minutes,
    }
    same = {row.id: row for row in unit.rows(_LATELY, asked) if is_same(_news_of(row), news)}
    if not same:
        return ()
    span = {
        "kind": news.kind.value,
        "since": min(row.starts_at for row in same.values()),
        "until": max(row.ends_at for row in same.values()),
    }
    return {
        (ContactId(contact), appointment)
        for row in unit.rows(_of_target(_TOLD, news), span)
        if row.payload.get("announcement") in same
        for appointment in _appointments_of(row)
        for contact in (row.contact_id, *row.payload.get("also", ()))
    }


def _news_of(row: Row[Any]) -> News:
    return News(
        AnnouncementKind(row.kind),
        Span(row.starts_at, row.ends_at),
        None if row.provider_id is None else ProviderId(row.provider_id),
        None if row.location_id is None else LocationId(row.location_id),
        row.late_minutes or 0,
    )


def _appointments_of(row: Row[Any]) -> tuple[AppointmentId, ...]:
    return (AppointmentId(row.appointment_id), *(AppointmentId(each) for each in row.payload.get("with", ())))


def _queued(
    unit: Unit,
    news: News,
    announcement_id: AnnouncementId,
    letter: OneLetter,
    starts: Mapping[AppointmentId, datetime],
) -> OutboxId:
    spec, contact_id = SPEC_OF_KIND[news.kind], letter.recipient.contact_id
    first, *others = letter.appointments
    return outbox.enqueue_reminder(
        unit,
        spec,
        appointment_id=first,
        channel=letter.recipient.channel,
        dedupe_key=f"{spec.kind}:{announcement_id}:{contact_id}",
        contact_id=contact_id,
        also=letter.also,
        announcement_id=announcement_id,
        with_appointments=others,
        until=max(starts[each] for each in letter.appointments) + timedelta(minutes=news.late_minutes),
    )


def _nobody(plan: _Plan) -> str:
    if not plan.entries:
        return _("No booked visit falls into this time, so nobody is told.")
    if plan.reached:
        return _("All of these families have been told this already, so nobody is told again.")
    return _("None of these families can be written to. Call them; their numbers stand in the list.")


def _asked(found: Sequence[str], words: Words) -> str:
    quoted = words.list_of([f"“{each}”" for each in found])
    return _("The text says {words}, which may tell of somebody's health.").format(words=quoted)


def _checked_texts(unit: Unit, news: News, texts: Mapping[str, str], plan: _Plan) -> Mapping[str, str]:
    """What staff wrote; what the templates say anyway is left to them."""
    shipped = templates.texts_of(unit, (news.kind.value,))
    own_words = _default_texts(unit, news, shipped, sorted(texts))
    names = [each.patient_name for each in plan.entries if not each.is_nameless]
    names += [row.name for row in unit.rows(_TYPE_NAMES)]
    return {
        language: checked_text(text, names)
        for language, text in texts.items()
        if text.strip() and text.strip() != own_words[language]
    }


# As it is shown


def _concerned(
    unit: Unit, entry: Appointment, people: tuple[ToldPerson, ...], plan: _Plan, *, is_with: bool
) -> Concerned:
    if people:
        mine = [letter for letter in plan.letters if letter.appointments[0] == entry.id]
        together = dict.fromkeys(each for letter in mine for each in letter.appointments[1:])
        return Concerned(entry, Telling.TOLD, people, tuple(together))
    if is_with:
        return Concerned(entry, Telling.WITH_ANOTHER)
    if entry.id in plan.reached:
        return Concerned(entry, Telling.ALREADY)
    return Concerned(entry, Telling.NOBODY, call=patients.to_call(unit, entry.patient_id))


def _people(
    unit: Unit, plan: _Plan, language: Callable[[Channel, str], str]
) -> dict[AppointmentId, tuple[ToldPerson, ...]]:
    readers = sorted({each for letter in plan.letters for each in letter.readers})
    rows = unit.rows(_NAMES, {"ids": readers}) if readers else ()
    names = {row.id: full_name(row.given_name, row.family_name) for row in rows}
    found: dict[AppointmentId, list[ToldPerson]] = {}
    for letter in plan.letters:
        to = letter.recipient
        told = ", ".join(names.get(each, "") for each in letter.readers)
        code = language(to.channel, plan.languages[to.contact_id])
        found.setdefault(letter.appointments[0], []).append(
            ToldPerson(to.contact_id, told, to.channel, to.address, code)
        )
    return {appointment: tuple(each) for appointment, each in found.items()}


def _language(texts: templates.Texts, news: News, channel: Channel, code: str) -> str:
    return templates.text_for(texts, SPEC_OF_KIND[news.kind], channel, code).language


def _default_texts(unit: Unit, news: News, texts: templates.Texts, languages: Sequence[str]) -> Mapping[str, str]:
    """What the letter itself says, so that it can be changed; nothing for one that cannot be used, which is told when it is sent."""
    spec = SPEC_OF_KIND[news.kind]
    found: dict[str, str] = {}
    for language in languages:
        facts = letter_facts.facts_of(unit, spec, Channel.EMAIL, language, "", late_minutes=news.late_minutes)
        try:
            template = templates.text_for(texts, spec, Channel.EMAIL, language)
            with speaking(template.language):
                found[language] = words_without(template, facts)
        except Invalid:
            found[language] = ""
    return found
