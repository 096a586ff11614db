"""Which free slots answer which wish, best first (ACT2); the slots themselves come from `availability`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.own_words import OwnWish, against
from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime
from request_desk.domain.requests import Fit, Wish, WishKind
from request_desk.domain.spans import Slot, Span
from request_desk.domain.wishes import part_span

PER_WISH: Final = 3
MOST: Final = 9  # one digit each
_NEAR: Final = timedelta(hours=3)  # the same provider this far from the wish is still nearer than another provider
_WORTH: Final = 3  # days that a parent rather waits for the provider who was asked for
_PLENTY: Final = 40  # more than nine offers, what other wishes keep, and a few starts shared by providers
_NOTHING: Final = timedelta(0)
_FITS: Final = tuple(Fit)
_NEXT: Final = Wish(1, WishKind.NEXT)

SAME_DAY_ADVANCE: Final = timedelta(
    days=3
)  # a type that nobody asks for further ahead is a same-day type: the day counts most

_Rank = tuple[int, int, int, int, int, timedelta, int, datetime, int, int]


class _Asked(NamedTuple):
    """What ranks the slots beside the wish itself."""

    provider_id: ProviderId | None
    home_location_id: LocationId | None
    own: tuple[OwnWish, ...]
    is_same_day: bool


class Choice(NamedTuple):
    """A free slot, how it fits, and the rank of the wish it answers."""

    slot: Slot
    fit: Fit
    wish_rank: int


def choose_offers(
    wishes: Sequence[Wish],
    free: Sequence[Slot],
    *,
    zone: PracticeTime,
    asked_provider_id: ProviderId | None,
    home_location_id: LocationId | None,
    now: datetime,
    own: Sequence[OwnWish] = (),
    is_same_day: bool = False,
) -> tuple[Choice, ...]:
    """Return at most nine offers: times that were wished and are free, then the best of each other wish, the second bests, the third.

    What a parent said in own words (`own`), or the part of a day in a wish, counts more than how near a time is; a slot that was
    named exactly counts most. For a same-day type the day counts more than the provider.

    No slot is offered twice, and one that a wish names exactly is kept for that wish. Slots of one provider that overlap
    are no choice: the second one comes only when there is nothing else. A request without wishes wants whatever comes
    next. `home_location_id` only breaks ties.
    """
    ordered = sorted(wishes, key=lambda wish: wish.rank) or [_NEXT]
    by_day = _by_day(free, zone, now)
    asked = _Asked(asked_provider_id, home_location_id, tuple(own), is_same_day)
    ranked = [_candidates(wish, by_day, zone, asked) for wish in ordered]
    exact = {
        _key(choice.slot): choice.wish_rank
        for choices in reversed(ranked)
        for choice in choices
        if choice.fit is Fit.EXACT and _is_slot(ordered, choice.wish_rank)
    }
    taken: set[tuple[ProviderId, datetime]] = set()
    beside = [
        choice.slot for choices in ranked for choice in choices if exact.get(_key(choice.slot)) == choice.wish_rank
    ]
    given: dict[int, list[Choice]] = {index: [] for index in range(len(ranked))}
    result: list[Choice] = []
    for _turn in range(PER_WISH):
        for index, choices in enumerate(ranked):
            starts = (
                {choice.slot.starts_at for choice in given[index]} if ordered[index].kind is WishKind.NEXT else set()
            )
            found = _next_of(choices, taken, exact, starts, beside)
            if found is not None and len(result) < MOST:
                taken.add(_key(found.slot))
                beside.append(found.slot)
                given[index].append(found)
                result.append(found)
    return tuple(sorted(result, key=lambda choice: exact.get(_key(choice.slot)) != choice.wish_rank))


def _next_of(
    choices: Iterable[Choice],
    taken: set[tuple[ProviderId, datetime]],
    exact: dict[tuple[ProviderId, datetime], int],
    starts: Collection[datetime],
    beside: Sequence[Slot],
) -> Choice | None:
    """The best that is left for a wish; a start that was given, or an overlap, comes only when there is no other."""
    second: Choice | None = None
    for choice in choices:
        key = _key(choice.slot)
        if key in taken or exact.get(key, choice.wish_rank) != choice.wish_rank:
            continue
        if choice.slot.starts_at not in starts and not any(_crowds(choice.slot, other) for other in beside):
            return choice
        second = second or choice
    return second


def _by_day(free: Iterable[Slot], zone: PracticeTime, now: datetime) -> dict[date, list[Slot]]:
    """The slots to come, by practice day, days and slots in order."""
    days: dict[date, list[Slot]] = {}
    for slot in sorted((slot for slot in free if slot.starts_at > now), key=lambda slot: slot.starts_at):
        days.setdefault(zone.day_of(slot.starts_at), []).append(slot)
    return days


def _candidates(
    wish: Wish,
    by_day: Mapping[date, Sequence[Slot]],
    zone: PracticeTime,
    asked: _Asked,
) -> list[Choice]:
    """The free slots with their fit to one wish, best first; no more days are looked at than can matter."""
    provider_id = wish.provider_id if wish.provider_id is not None else asked.provider_id
    is_next = wish.kind is WishKind.NEXT
    found: list[tuple[_Rank, Choice]] = []
    for slot in _worth(wish, by_day, zone, provider_id, asked):
        is_other = int(provider_id not in (None, slot.provider_id))
        away = int(asked.home_location_id not in (None, slot.location_id))
        fit, days, distance = _fit(wish, slot, zone, is_provider=not is_other, any_provider=provider_id is None)
        far = days + _WORTH * is_other if fit is Fit.NEXT_DAYS else 0
        rank = (
            _against(wish, slot, zone, fit, asked),
            zone.day_of(slot.starts_at).toordinal() if is_next and asked.is_same_day else 0,
            _FITS.index(fit),
            far,
            0 if is_next else away,
            distance,
            is_other,
        )
        found.append(((*rank, slot.starts_at, away, slot.provider_id), Choice(slot, fit, wish.rank)))
    found.sort(key=lambda pair: (pair[0], pair[1].slot.location_id))
    return [choice for _rank, choice in found]


def _against(wish: Wish, slot: Slot, zone: PracticeTime, fit: Fit, asked: _Asked) -> int:
    """How much of what was said about the time of day or the day is not met.

    A part of a day that is said twice, in a wish and in own words, counts once. For a same-day type the day of the wish counts
    like its part: who is ill this morning rather comes in the afternoon than tomorrow.
    """
    if wish.kind is WishKind.SLOT and fit is Fit.EXACT:
        return 0
    unmet = against(asked.own, slot.starts_at, zone)
    if wish.kind is WishKind.NEXT:
        return unmet
    span, day = _wished(wish, zone)
    parts = [each for each in asked.own if each.is_part]
    days = [each for each in asked.own if each.days is not None and not each.excluded]
    is_off = wish.kind is WishKind.DAY_PART and bool(_off_by_clock(span, slot, zone))
    off_part = is_off and not against(parts, slot.starts_at, zone)
    off_day = asked.is_same_day and zone.day_of(slot.starts_at) != day and not against(days, slot.starts_at, zone)
    return unmet + off_part + off_day


def _worth(
    wish: Wish,
    by_day: Mapping[date, Sequence[Slot]],
    zone: PracticeTime,
    provider_id: ProviderId | None,
    asked: _Asked,
) -> Iterable[Slot]:
    """The pool of slots; what is said about the day or its part is looked for on further days, too."""
    pool = _pool(wish, by_day, zone, provider_id)
    if not asked.own and wish.kind is not WishKind.DAY_PART:
        return pool
    meant = {
        day: met
        for day, slots in by_day.items()
        if (met := [slot for slot in slots if not _against(wish, slot, zone, Fit.NEXT_DAYS, asked)])
    }
    return dict.fromkeys([*pool, *_pool(wish, meant, zone, provider_id)])


def _pool(
    wish: Wish, by_day: Mapping[date, Sequence[Slot]], zone: PracticeTime, provider_id: ProviderId | None
) -> list[Slot]:
    """The slots worth ranking: day by day away from the wish until there are plenty, then the days that could still win."""
    days = list(by_day)
    if wish.kind is not WishKind.NEXT:
        wished = _wished(wish, zone)[1]
        days = [day for day in days if day >= wished] + [day for day in reversed(days) if day < wished]
    pool: list[Slot] = []
    asked = 0
    last: date | None = None
    for day in days:
        if last is not None and abs((day - last).days) > _WORTH:
            break
        pool += by_day[day]
        asked += sum(provider_id in (None, slot.provider_id) for slot in by_day[day])
        if last is None and (asked >= _PLENTY if wish.kind is WishKind.NEXT else len(pool) >= _PLENTY):
            last = day
    return pool


def _fit(
    wish: Wish, slot: Slot, zone: PracticeTime, *, is_provider: bool, any_provider: bool
) -> tuple[Fit, int, timedelta]:
    """How a slot fits: the fit, how many days off, how far off within the day."""
    if wish.kind is WishKind.NEXT:
        return (Fit.EXACT if is_provider else Fit.NEXT_DAYS), 0, _NOTHING
    span, day = _wished(wish, zone)
    slot_day = zone.day_of(slot.starts_at)
    if slot_day != day:
        # The coming days first: a day before the wished one is offered only when nothing else is left.
        ahead = (slot_day - day).days
        days = ahead if ahead > 0 else 1000 - ahead
        return Fit.NEXT_DAYS, days, _off_by_clock(span, slot, zone)
    distance = _distance(span, slot)
    if is_provider and not distance:
        return Fit.EXACT, 0, distance
    if is_provider and not any_provider and distance <= _NEAR:
        return Fit.SAME_PROVIDER, 0, distance
    return Fit.SAME_DAY, 0, distance


def _wished(wish: Wish, zone: PracticeTime) -> tuple[Span, date]:
    """The wished stretch; a wished slot is the moment it starts."""
    if wish.kind is WishKind.SLOT and wish.starts_at is not None:
        return Span(wish.starts_at, wish.starts_at), zone.day_of(wish.starts_at)
    if wish.kind is WishKind.DAY_PART and wish.day is not None and wish.part is not None:
        return part_span(wish.day, wish.part, zone), wish.day
    raise ValueError("a timed wish has a time")


def _distance(span: Span, slot: Slot) -> timedelta:
    if slot.starts_at < span.starts_at:
        return span.starts_at - slot.starts_at
    if span.starts_at == span.ends_at:
        return slot.starts_at - span.starts_at
    return max(_NOTHING, slot.starts_at - span.ends_at + timedelta.resolution)


def _off_by_clock(span: Span, slot: Slot, zone: PracticeTime) -> timedelta:
    """How far a slot of another day is from the wished time of day."""
    minute, start = zone.minute_of(slot.starts_at), zone.minute_of(span.starts_at)
    end = zone.minute_of(span.ends_at) or DAY_MINUTES
    return timedelta(minutes=max(0, start - minute, minute - end))


def _is_slot(wishes: Sequence[Wish], rank: int) -> bool:
    return any(wish.rank == rank and wish.kind is WishKind.SLOT for wish in wishes)


def _crowds(slot: Slot, other: Slot) -> bool:
    """Two different starts of one provider that cannot both be booked."""
    return (
        slot.provider_id == other.provider_id
        and slot.starts_at != other.starts_at
        and slot.starts_at < other.blocked_until
        and other.starts_at < slot.blocked_until
    )


def _key(slot: Slot) -> tuple[ProviderId, datetime]:
    return slot.provider_id, slot.starts_at
