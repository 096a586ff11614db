"""Whether a letter and the act it goes with say the same (RE11): day, time, provider, place, no question beside a booking, no act that is none."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from request_desk.domain.asking import asks
from request_desk.domain.named_times import Named, days, promised, times
from request_desk.domain.phrases import PhraseOutcome
from request_desk.domain.search import fold
from request_desk.domain.words import Words, _

_NOON: Final = 12 * 60
_SURNAME: Final = 4  # letters that a surname has at least to be looked for alone
_BEFORE_SURNAME: Final = r"(?:(?:with|con|dra?|doctora?)(?: \w+)?|doc|np|pa|see|to)"  # "with Minh Pham"


@dataclass(frozen=True, slots=True)
class ActFacts:
    """What a letter must agree with. `old_at` is the time that is moved or cancelled; `must_name` whether the time has to be told."""

    starts_at: datetime
    provider_name: str
    location_name: str
    old_at: datetime | None = None
    old_provider_name: str = ""
    old_location_name: str = ""
    must_name: bool = True


def differences(
    text: str, told: ActFacts, words: Words, *, providers: Iterable[str] = (), locations: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return in words what a letter says otherwise than the act, or leaves out; nothing when they agree.

    `providers` and `locations` are all the practice's names. Times are read in English and Spanish and in the order of days and
    months of the practice's locale.
    """
    found: list[str] = []
    day_first = not words.is_month_first
    right = _as_named(told.starts_at, words)
    known = [right, *([_as_named(told.old_at, words)] if told.old_at is not None else [])]
    today = words.today
    named = times(text, day_first=day_first, today=today)
    wrong = [each for each in named if not any(each.may_be(one) for one in known)]
    if wrong:
        found.append(
            _("The response says {wrong}, the appointment is {right}.").format(
                wrong=wrong[0].told, right=words.moment(told.starts_at)
            )
        )
    practice_days = [words.zone.day_of(each) for each in (told.starts_at, told.old_at) if each is not None]
    other_days = [
        each
        for each in days(text, day_first=day_first, today=today)
        if not any(each.may_be(day) for day in practice_days)
    ]
    if other_days and not wrong:
        found.append(
            _("The response says {wrong}, the appointment is on {right}.").format(
                wrong=other_days[0].text, right=words.day(told.starts_at)
            )
        )
    if told.must_name and not any(each.may_be(right) for each in named) and not wrong:
        found.append(_("The response does not tell the time: {right}.").format(right=words.moment(told.starts_at)))
    tells_old = any(each.may_be(one) and not each.may_be(right) for each in named for one in known[1:])
    with_other = _("The response names {wrong}, the appointment is with {right}.")
    at_other = _("The response names {wrong}, the appointment is at {right}.")
    found += [
        with_other.format(wrong=one, right=told.provider_name)
        for one in _others(text, told.provider_name, told.old_provider_name, providers, tells_old=tells_old)
    ]
    found += [
        at_other.format(wrong=one, right=told.location_name)
        for one in _others(text, told.location_name, told.old_location_name, locations, tells_old=tells_old)
    ]
    if asks(text) and told.must_name:
        found.append(_("The response asks a question while something is booked."))
    return tuple(found)


def offered_differences(
    text: str, offered: Sequence[tuple[datetime, Words]], old_at: datetime | None
) -> tuple[str, ...]:
    """Return what a letter says otherwise than the times that go with it, each with the words of its place, or leaves out.

    `old_at` is the time of the appointment that would be moved.
    """
    words = offered[0][1]
    right = [_as_named(starts_at, there) for starts_at, there in offered]
    known = [*right, *([_as_named(old_at, words)] if old_at is not None else [])]
    named = times(text, day_first=not words.is_month_first, today=words.today)
    wrong = next((each for each in named if not any(each.may_be(one) for one in known)), None)
    if wrong is not None:
        return (_("The response says {wrong}, which is none of the times that are offered.").format(wrong=wrong.told),)
    unnamed = [
        there.moment(starts_at)
        for one, (starts_at, there) in zip(right, offered, strict=True)
        if not any(each.may_be(one) for each in named)
    ]
    told = _("The response does not tell {time}, which is offered with it.")
    return (told.format(time=unnamed[0]),) if unnamed else ()


def told_alone(
    text: str,
    outcome: PhraseOutcome,
    let_go_at: datetime | None,
    words: Words,
    booked: Iterable[tuple[datetime, Words]] = (),
) -> tuple[str, ...]:
    """Return in words what a letter tells of an act though nothing is changed on the schedule with it.

    `outcome` is what the phrase tells that it began from; `let_go_at` the time that was chosen and is not booked. A letter that asks, or
    whose phrase tells of no act, may name that time. `booked` are the appointments that the family has, each with the words of its place:
    only those may be promised.
    """
    told = {
        PhraseOutcome.BOOKED: _("The response tells of a booking, but nothing is booked with it."),
        PhraseOutcome.MOVED: _("The response tells that the visit was moved, but it is not moved with it."),
        PhraseOutcome.CANCELLED: _("The response tells that the visit was cancelled, but it is not cancelled with it."),
        PhraseOutcome.OFFERED: _("The response offers times, but none is kept with it."),
    }.get(outcome)
    if told is not None:
        return (told,)
    said = _("The response says {wrong}, but nothing is booked then.")
    day_first, today = not words.is_month_first, words.today
    if let_go_at is not None and outcome is PhraseOutcome.ANY and not asks(text):
        right = _as_named(let_go_at, words)
        let_go = [each.told for each in times(text, day_first=day_first, today=today) if each.may_be(right)]
        if let_go:
            return (said.format(wrong=let_go[0]),)
    kept = [(_as_named(starts_at, there), there.zone.day_of(starts_at)) for starts_at, there in booked]
    for each in promised(text, day_first=day_first, today=today):
        if isinstance(each, Named):
            if not any(each.may_be(moment) for moment, _day in kept):
                return (said.format(wrong=each.told),)
        elif not any(each.may_be(day) for _moment, day in kept):
            return (said.format(wrong=each.text),)
    return ()


def _as_named(instant: datetime, words: Words) -> Named:
    minute, day = words.zone.minute_of(instant), words.zone.day_of(instant)
    return Named(minute, "a" if minute < _NOON else "p", day.weekday(), day.month, day.day)


def _others(text: str, right: str, old: str, names: Iterable[str], *, tells_old: bool) -> list[str]:
    """The names that stand in the text and are not meant: that of the old appointment goes with its time, or beside the right one."""
    plain = f" {' '.join(_words(text))} "
    meant = (right, old) if tells_old or (right and _stands(_words(right), plain)) else (right,)
    for name in meant:
        if name:
            plain = plain.replace(f" {' '.join(_words(name))} ", " ")
    return [name for name in dict.fromkeys(names) if name and name not in meant and _stands(_words(name), plain)]


def _stands(name: Sequence[str], plain: str) -> bool:
    """Whether a name stands there: whole, or the surname of a provider behind "with" or a title."""
    if f" {' '.join(name)} " in plain:
        return True
    surname = name[-1] if len(name) > 1 and len(name[-1]) >= _SURNAME else ""
    return bool(surname) and re.search(rf" {_BEFORE_SURNAME} {re.escape(surname)} ", plain) is not None


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in fold(text)).split()
