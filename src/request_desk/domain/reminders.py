"""When somebody is reminded of an appointment: a type's rules and what follows from them; whom exactly is the service's to find."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ProviderId, ReminderRuleId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import _, plural

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
SHORTEST: Final = _MINUTE
LONGEST: Final = timedelta(days=60)
_MOST: Final = 20  # rules of a type: nobody reads more letters about one appointment
_LATE_AT_LEAST: Final = timedelta(minutes=15)  # JOB-04
_LATE_SHARE: Final = 4
_FRIDAY: Final = 4
_SAMPLE_MINUTE: Final = 9 * 60 + 20
_UNITS: Final[Mapping[str, timedelta]] = {"m": _MINUTE, "h": _HOUR, "d": _DAY, "w": 7 * _DAY}
_PART: Final = re.compile(r"(\d{1,6})\s*(m|mins?|minutes?|h|hours?|hrs?|d|days?|w|weeks?)\b[\s,]*", re.IGNORECASE)


class ReminderGroup(StrEnum):
    """Who is reminded (RM1)."""

    PATIENT = "patient"  # the contacts who hear of the patient
    PROVIDER = "provider"  # whose appointment it is
    ADMINISTRATOR = "administrator"


class ReminderOutcome(StrEnum):
    """What was decided about one rule and one time of an appointment; it is decided once."""

    PUBLISHED = "published"
    TOO_LATE = "too_late"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """Reminds a group so long before the start, in elapsed time: a day is 24 hours, whatever the clocks do (RM1).

    With both channels off only the event is published.
    """

    id: ReminderRuleId
    group: ReminderGroup
    before: timedelta
    by_email: bool = True
    by_sms: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class ReminderAhead:
    """A reminder that will go out if nothing changes."""

    at: datetime
    rule: ReminderRule


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody of the practice who could be reminded: a provider, or an administrator where `provider_id` is None."""

    name: str
    provider_id: ProviderId | None
    has_email: bool
    has_mobile: bool


@dataclass(frozen=True, slots=True)
class Unreached:
    """Whom rules would remind over a channel for which nothing is known of them."""

    by_sms: bool  # else by e-mail
    names: tuple[str, ...]


def lateness(before: timedelta) -> timedelta:
    """Return how late a reminder may still go out: a quarter of its lead, 15 minutes at least (JOB-04)."""
    return max(_LATE_AT_LEAST, before / _LATE_SHARE)


def last_at(before: timedelta, starts_at: datetime) -> datetime:
    """Return when it is too late for the reminder of an appointment: never after its start."""
    return min(starts_at - before + lateness(before), starts_at)


def due_starts(before: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Return (after, until): starts after the one and not after the other have their reminder due now, and not too late."""
    return max(now, now + before - lateness(before)), now + before


def missed_starts(before: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Return (after, until): starts after the one and not after the other are to come, and it is too late to remind of them."""
    return now, max(now, now + before - lateness(before))


def outcome(before: timedelta, *, starts_at: datetime, booked_at: datetime, now: datetime) -> ReminderOutcome | None:
    """Return what becomes of a reminder now: None while it is not due, too late also when it was due before the booking."""
    due_at = starts_at - before
    if now < due_at:
        return None
    if due_at < booked_at or now >= last_at(before, starts_at):
        return ReminderOutcome.TOO_LATE
    return ReminderOutcome.PUBLISHED


def preview(rules: Iterable[ReminderRule], starts_at: datetime, booked_at: datetime) -> tuple[ReminderAhead, ...]:
    """Return what will go out for an appointment that is booked at `booked_at`, in the order of time."""
    ahead = [ReminderAhead(starts_at - rule.before, rule) for rule in rules if rule.active]
    order = list(ReminderGroup)
    return tuple(
        sorted(
            (each for each in ahead if each.at >= booked_at),
            key=lambda each: (each.at, order.index(each.rule.group)),
        )
    )


def sample_start(rules: Iterable[ReminderRule], now: datetime, zone: PracticeTime) -> datetime:
    """Return when a visit could start of which everybody is still reminded: 9:20 on a weekday far enough ahead."""
    longest = max((rule.before for rule in rules), default=timedelta(0))
    day = zone.day_of(now + longest) + 2 * _DAY  # the clocks may have changed meanwhile
    while day.weekday() > _FRIDAY:
        day += _DAY
    return zone.instant(day, _SAMPLE_MINUTE)


def unreached(
    rules: Iterable[ReminderRule], people: Iterable[Reachable], doing: Collection[ProviderId]
) -> tuple[Unreached, ...]:
    """Return of whom an address or a number is missing that the rules need; `doing` are who does the type, empty for all (AP9)."""
    active, everybody = [rule for rule in rules if rule.active], tuple(people)
    found = []
    for by_sms in (False, True):
        groups = {rule.group for rule in active if (rule.by_sms if by_sms else rule.by_email)}
        names = tuple(
            each.name
            for each in everybody
            if not (each.has_mobile if by_sms else each.has_email)
            and _is_of(each, groups)
            and (each.provider_id is None or not doing or each.provider_id in doing)
        )
        if names:
            found.append(Unreached(by_sms, names))
    return tuple(found)


def _is_of(each: Reachable, groups: Collection[ReminderGroup]) -> bool:
    return (ReminderGroup.ADMINISTRATOR if each.provider_id is None else ReminderGroup.PROVIDER) in groups


def check_rules(rules: Sequence[ReminderRule]) -> None:
    """Raise Invalid unless each rule says something of its own: several of a group differ in their time."""
    if len(rules) > _MOST:
        raise Invalid(_("At most {most} reminders for one type.").format(most=_MOST), field="Reminders")
    seen: set[tuple[ReminderGroup, timedelta]] = set()
    for rule in rules:
        if not SHORTEST <= rule.before <= LONGEST or rule.before % _MINUTE:
            raise Invalid(_("A reminder goes out between 1 minute and 60 days before the visit."), field="Reminders")
        if rule.active and (rule.group, rule.before) in seen:
            told = _("Two reminders go to the same people {time} before. Remove or switch off one of them.")
            raise Invalid(told.format(time=before_words(rule.before)), field="Reminders")
        if rule.active:
            seen.add((rule.group, rule.before))


def parse_before(text: str) -> timedelta:
    """Read how long before, such as "2 days", "3 hours", "1 day 6 hours" or "30 min"; raises Invalid for anything else."""
    found, place = timedelta(0), 0
    while part := _PART.match(text.strip(), place):
        found += int(part[1]) * _UNITS[part[2][0].lower()]
        place = part.end()
    if not place or place != len(text.strip()):
        raise Invalid(_("Type how long before, such as 2 days, 3 hours or 30 minutes."), field="Reminders")
    if not SHORTEST <= found <= LONGEST:
        raise Invalid(_("A reminder goes out between 1 minute and 60 days before the visit."), field="Reminders")
    return found


def before_words(before: timedelta) -> str:
    """Say how long before in the largest unit that says it whole: "2 days", "36 hours", "90 minutes"; `parse_before` reads it."""
    if not before % _DAY:
        return plural("{count} day", "{count} days", before // _DAY).format(count=before // _DAY)
    if not before % _HOUR:
        return plural("{count} hour", "{count} hours", before // _HOUR).format(count=before // _HOUR)
    return plural("{count} minute", "{count} minutes", before // _MINUTE).format(count=before // _MINUTE)
