"""How windows, absences and what is around them are put into words; rules live elsewhere."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.directory import LeadTime, Location
from request_desk.domain.practice_time import DAY_MINUTES
from request_desk.domain.schedule import lead_words
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice.availability import Foreseen
from request_desk.services.practice.changes_for_me import ChangeForMe
from request_desk.ui.schedule.appointment_words import named

WEEKDAYS: Final = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


def hours_words(length: timedelta, words: Words) -> str:
    """Return "37.5 h" as the locale writes it, "" for none."""
    if not length:
        return ""
    whole, rest = divmod(length // timedelta(minutes=1), 60)
    hours, minutes = words.count(whole), f"{rest:02}"
    return _("{hours} h {minutes}").format(hours=hours, minutes=minutes) if rest else _("{hours} h").format(hours=hours)


def minutes_words(start: int, end: int, words: Words) -> str:
    """Return "8:00 AM – 12:00 PM", with the day where it ends on the next one."""
    told = f"{words.wall_minute(start)} – {words.wall_minute(end)}"
    return _("{times} on the next day").format(times=told) if end > DAY_MINUTES else told


def closed_words(name: str) -> str:
    """Return "closed: Thanksgiving" for a closed day of the practice."""
    return _("closed: {name}").format(name=named(name)) if name else _("closed")


def pale_words(window: AvailabilityWindow, day: date, closed: Mapping[date, str], words: Words) -> str:
    """Return why nothing is booked in a window on a day of its own, "" where it can be."""
    if not window.active:
        return _("switched off")
    if window.valid_from is not None and day < window.valid_from:
        return _("from {day}").format(day=words.short_day(window.valid_from))
    if window.valid_until is not None and window.valid_until < day:
        return _("until {day}").format(day=words.short_day(window.valid_until))
    return closed_words(closed[day]) if day in closed else ""


def often_words(window: AvailabilityWindow, words: Words) -> str:
    """Return how often a window comes: "every Monday", "only on Tue, Dec 1", "every Monday from Jan 4 until Mar 1"."""
    first, last = window.valid_from, window.valid_until
    if first is not None and window.is_extra:
        return _("only on {day}").format(day=words.day(first))
    every = _("every {weekday}").format(weekday=WEEKDAYS[window.weekday])
    if first is not None:
        every = _("{every} from {day}").format(every=every, day=words.short_day(first))
    return every if last is None else _("{every} until {day}").format(every=every, day=words.short_day(last))


def purposes(window: AvailabilityWindow, types: Mapping[int, str], words: Words) -> list[str]:
    """Return what a window is for, as far as it is not for everything (AV6)."""
    told: list[str] = []
    if window.staff_only:
        told.append(_("staff only"))
    elif window.opens is not None:
        lead = lead_words(LeadTime(window.opens), words)
        told.append(_("opens to patients {lead} before").format(lead=lead))
    if window.type_ids:
        told.append(
            _("for {types}").format(types=words.list_of([named(types.get(each, "?")) for each in window.type_ids]))
        )
    if window.cap is not None:
        told.append(_("at most {count} of each type").format(count=window.cap))
    if window.buffer:
        told.append(_("{length} between visits").format(length=words.minutes(window.buffer)))
    if window.work_in_lanes:
        told.append(
            plural("{count} work-in lane", "{count} work-in lanes", window.work_in_lanes).format(
                count=window.work_in_lanes
            )
        )
    return told


def place_words(place: Location, words: Words, now: datetime) -> str:
    """Return "Eastgate", and "Eastgate, MST" where the hours are read by another clock than the practice's."""
    there = words.at(place.zone)
    return place.name if there is words else f"{place.name}, {there.zone_name(now)}"


def window_lines(
    window: AvailabilityWindow, pale: str, places: Mapping[int, str], types: Mapping[int, str], words: Words
) -> tuple[str, ...]:
    """Return what stands in a window of the grid: its name, which is read nowhere else, its times, why it is pale, place, purpose."""
    times = _short_times(window.start_minute, window.end_minute, words)
    place = named(places.get(window.location_id, ""))
    told = (named(window.label), times, pale[:1].upper() + pale[1:], place, *purposes(window, types, words))
    return tuple(filter(None, told))


def foreseen_words(found: Foreseen, words: Words) -> str:
    """Return what dropping a window there would do: what it would lie over, whom it would leave outside; "" for nothing."""
    told = []
    if found.over:
        first = found.over[0]
        times = minutes_words(first.start_minute, first.end_minute, words)
        name = named(first.label)
        over = _("Lies over {name}, {times}.") if name else _("Lies over {times}.")
        told.append(over.format(name=name, times=times))
    if found.outside:
        first_left, count = found.outside[0], len(found.outside)
        left = plural(
            "{count} booked visit falls outside: {who}, {time}.",
            "{count} booked visits fall outside, first {who}, {time}.",
            count,
        )
        time = words.at(first_left.zone).moment(first_left.starts_at)
        told.append(left.format(count=words.count(count), who=named(first_left.patient_name), time=time))
    return " ".join(told)


def window_words(
    window: AvailabilityWindow, pale: str, places: Mapping[int, str], types: Mapping[int, str], words: Words
) -> str:
    """Say a window in full, for hover and for screen readers."""
    lines = (
        named(window.label),
        f"{often_words(window, words)[:1].upper()}{often_words(window, words)[1:]}, "
        f"{minutes_words(window.start_minute, window.end_minute, words)}",
        named(places.get(window.location_id, "")),
        *purposes(window, types, words),
        _("Nothing is booked in it on this day: {why}.").format(why=pale) if pale else "",
    )
    return "\n".join(filter(None, lines))


def absence_title(absence: Absence) -> str:
    """Return what a time off is called."""
    return named(absence.label) if absence.label else _("Time off")


def absence_lines(absence: Absence, start: int, end: int, words: Words) -> tuple[str, ...]:
    """Return what stands in an absence of the grid: what it is, and when on that day."""
    if start == 0 and end == DAY_MINUTES:
        return absence_title(absence), _("all day")
    return absence_title(absence), _short_times(start, end, words)


def _short_times(start: int, end: int, words: Words) -> str:
    """Return "8 AM – 12 PM" for a narrow column: it breaks behind the dash alone."""
    one, other = (
        words.wall_minute(minute).replace(":00", "", 1).replace(" ", "\N{NO-BREAK SPACE}") for minute in (start, end)
    )
    return f"{one}\N{NO-BREAK SPACE}– {other}"


def span_words(absence: Absence, words: Words) -> str:
    """Return from when to when somebody is away: whole days by their names, others to the minute."""
    zone = words.zone
    first, last = zone.day_of(absence.starts_at), zone.day_of(absence.ends_at - timedelta(microseconds=1))
    is_whole = zone.bounds(first).starts_at == absence.starts_at and zone.bounds(last).ends_at == absence.ends_at
    if is_whole:
        days = words.day(first) if first == last else f"{words.day(first)} – {words.day(last)}"
        return _("{days}, all day").format(days=days)
    end = words.time(absence.ends_at) if first == last else words.moment(absence.ends_at)
    return f"{words.moment(absence.starts_at)} – {end}"


def away_words(absence: Absence, words: Words, now: datetime) -> str:
    """Return when somebody is away next, for a list: "tomorrow", "Nov 27", or "now"."""
    return _("now") if absence.starts_at <= now else words.near_day(absence.starts_at)


def absence_words(absence: Absence, words: Words) -> str:
    """Say an absence in full, for hover and for screen readers."""
    return f"{absence_title(absence)}\n{span_words(absence, words)}"


def by_other_words(change: ChangeForMe, words: Words) -> str:
    """Tell a provider what somebody else changed of their times: "Maria Santos entered time off for you: Tue, Dec 1, all day."."""
    return _by_other(change).format(who=named(change.who) or _("Request Desk"), what=_changed_thing(change, words))


def _by_other(change: ChangeForMe) -> str:
    window, absence = change.window, change.absence
    if absence is not None:
        if change.is_removed:
            return _("{who} took your time off away: {what}.")
        return (
            _("{who} entered time off for you: {what}.")
            if change.is_new
            else _("{who} changed your time off; it is now: {what}.")
        )
    if window is None:
        return _("{who} changed your mobile phone number.")
    if change.is_removed:
        return _("{who} removed hours of yours: {what}.")
    if change.is_new:
        return _("{who} entered hours for you: {what}.")
    if change.is_switched:
        return (
            _("{who} switched hours of yours on: {what}.")
            if window.active
            else _("{who} switched hours of yours off: {what}.")
        )
    return _("{who} changed hours of yours; they are now: {what}.")


def _changed_thing(change: ChangeForMe, words: Words) -> str:
    if change.absence is not None:
        told = span_words(change.absence, words)
        return f"{told} ({named(change.absence.label)})" if change.absence.label else told
    if change.window is not None:
        window = change.window
        return f"{often_words(window, words)}, {minutes_words(window.start_minute, window.end_minute, words)}"
    return ""
