"""Who may have a type of appointment when, and how long it takes then (AP7); notice and rebooking mode are in `schedule`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Limit, LimitCode
from request_desk.domain.ids import ProviderId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words, _, plural

LONGEST: Final = timedelta(hours=8)  # of an appointment, whatever makes it longer: a constraint of the table
_YEAR: Final = 12  # months
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What the rules of one type ask of a patient; `last_completed_at` is of the type's group.

    A new patient has no completed appointment of any type.
    """

    name: str
    birth_day: date
    is_new: bool
    needs_interpreter: bool
    last_completed_at: datetime | None = None


def duration_for(type_: AppointmentType, provider_id: ProviderId | None, patient: PatientFacts | None) -> timedelta:
    """Return how long an appointment takes with a provider; without a patient, for one who is known and needs no interpreter.

    Of the provider's own duration and that of new patients the longer one counts; the time of the interpreter is added.
    """
    rules = type_.booking_rules
    length = type_.duration if provider_id is None else rules.durations.get(provider_id, type_.duration)
    if patient is None:
        return length
    if patient.is_new and rules.new_patient is not None:
        length = max(length, rules.new_patient)
    if patient.needs_interpreter:
        length += rules.interpreter
    return min(length, LONGEST)


def age_in_months(birth_day: date, day: date) -> int:
    """Return the whole months from birth to a day, negative before it; who is born on the 31st is older on the 1st after a short month."""
    return (day.year - birth_day.year) * _YEAR + day.month - birth_day.month - (day.day < birth_day.day)


def possible_days(type_: AppointmentType, patient: PatientFacts, zone: PracticeTime) -> tuple[date | None, date | None]:
    """Return the first and the last day on which the patient may have the type; None is no bound. The last may lie before the first."""
    rules = type_.booking_rules
    firsts: list[date] = []
    if rules.min_age_months is not None:
        firsts.append(_turning(patient.birth_day, rules.min_age_months))
    if rules.rest and patient.last_completed_at is not None:
        firsts.append(zone.day_of(patient.last_completed_at) + rules.rest)
    last = None if rules.max_age_months is None else _turning(patient.birth_day, rules.max_age_months) - _DAY
    return max(firsts, default=None), last


def broken_rules(
    type_: AppointmentType, patient: PatientFacts | None, starts_at: datetime, words: Words
) -> tuple[Limit, ...]:
    """Return each rule that an appointment at this time breaks; staff may overrule them. `words` speak the zone of the place."""
    rules = type_.booking_rules
    if patient is None:
        return ()
    day = words.zone.day_of(starts_at)
    age = age_in_months(patient.birth_day, day)
    told = {
        "appointment": type_.name,
        "patient": patient.name,
        "age": age_words(max(0, age if age < 2 * _YEAR else age - age % _YEAR)),
        "day": words.day(day),
    }
    found: list[Limit] = []
    if rules.min_age_months is not None and age < rules.min_age_months:
        sentence = _("{appointment} is from {limit} of age on; {patient} is {age} old on {day}.")
        found.append(Limit(LimitCode.TOO_YOUNG, sentence, {**told, "limit": age_words(rules.min_age_months)}))
    if rules.max_age_months is not None and age >= rules.max_age_months:
        sentence = _("{appointment} is for patients under {limit}; {patient} is {age} old on {day}.")
        found.append(Limit(LimitCode.TOO_OLD, sentence, {**told, "limit": age_words(rules.max_age_months)}))
    last = patient.last_completed_at
    if rules.rest and last is not None and day < words.zone.day_of(last) + rules.rest:
        sentence = _(
            "{appointment} is possible again from {first} on, {days} after the last one; {patient} had that on {last}."
        )
        first, count = words.zone.day_of(last) + rules.rest, rules.rest.days
        days = plural("{count} day", "{count} days", count).format(count=count)
        params = {**told, "first": words.long_day(first), "last": words.long_day(last), "days": days}
        found.append(Limit(LimitCode.TOO_SOON_AGAIN, sentence, params))
    return tuple(found)


def length_notes(type_: AppointmentType, patient: PatientFacts | None, words: Words) -> tuple[str, ...]:
    """Return why an appointment takes longer for this patient than for others, in sentences."""
    rules = type_.booking_rules
    if patient is None:
        return ()
    notes: list[str] = []
    if patient.is_new and rules.new_patient is not None and rules.new_patient > type_.duration:
        notes.append(
            _("{patient} is new here: {appointment} takes {length}.").format(
                patient=patient.name, appointment=type_.name, length=words.minutes(rules.new_patient)
            )
        )
    if patient.needs_interpreter and rules.interpreter:
        notes.append(
            _("{patient} needs an interpreter: {length} more.").format(
                patient=patient.name, length=words.minutes(rules.interpreter)
            )
        )
    return tuple(notes)


def age_words(months: int) -> str:
    """Return "18 months" or "3 years" for a sentence; whole years from the second on."""
    if months % _YEAR or months < 2 * _YEAR:
        return plural("{count} month", "{count} months", months).format(count=months)
    years = months // _YEAR
    return plural("{count} year", "{count} years", years).format(count=years)


def _turning(birth_day: date, months: int) -> date:
    """The first day on which somebody is so many whole months old."""
    year, month = divmod(birth_day.year * _YEAR + birth_day.month - 1 + months, _YEAR)
    first = date(year, month + 1, 1)
    day = first + timedelta(days=birth_day.day - 1)
    if day.month == first.month:
        return day
    return date(first.year + first.month // _YEAR, first.month % _YEAR + 1, 1)
