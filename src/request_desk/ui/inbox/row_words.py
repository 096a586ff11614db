"""What the list says about a request, as plain texts from frozen views; the message's words are in `request_words`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from request_desk.domain import wishes
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.requests import Group, InboxRow, RequestKind, RequestState, WishKind
from request_desk.domain.words import Words, _, plural, safe_name, sorted_name

DOT = " · "

KIND_ICONS = {
    RequestKind.SCHEDULE: "calendar-plus",
    RequestKind.CANCEL: "calendar-x",
    RequestKind.RESCHEDULE: "calendar-sync",
}


def group_word(group: Group) -> str:
    """Return the word above the first row of a group."""
    return {
        Group.URGENT: _("Urgent"),
        Group.TODAY: _("Today"),
        Group.LATE: _("Late"),
        Group.REST: _("Rest"),
    }[group]


def first_words(order: Sequence[int], groups: Mapping[int, Group]) -> dict[int, str]:
    """Return the word of each group by the key of its first row."""
    words: dict[int, str] = {}
    last: Group | None = None
    for key in order:
        group = groups[key]
        if group is not last:
            words[key] = group_word(group)
            last = group
    return words


# a row of the list


@dataclass(frozen=True, slots=True)
class RowWords:
    """The texts of one row; of `details` and `asked` the longest first, and what a row of less room says instead."""

    name: str
    details: tuple[str, ...]  # each with the birth date, which tells patients apart
    kind: str
    asked: tuple[str, ...]  # each with the time that is asked for
    age: str
    is_late: bool
    place: str


def row_words(row: InboxRow, words: Words, now: datetime) -> RowWords:
    """Return what a row says; `words` knows today."""
    today = words.zone.day_of(now)
    # Of one family the first name says who it is; the message has the whole name.
    name = row.contact_name.removesuffix(f" {row.family_name}") or row.contact_name
    sender = f"{safe_name(name)} ({row.relation})" if row.relation else safe_name(name)
    age, birth = words.age_of(row.birth_day, today), words.birth_short(row.birth_day)
    details = ((age, birth, _("from {sender}").format(sender=sender)), (age, birth), (birth,))
    asked = wishes.asks(row.kind, row.appointment_at, row.wishes, words, row.appointment_zone)
    timeless = not any(wish.kind is not WishKind.NEXT for wish in row.wishes)
    provider = row.provider_name or (_("any provider") if timeless and row.kind is not RequestKind.CANCEL else "")
    thanks = _("says thanks") if row.says_thanks else offered_word(row)
    all_of_it = (row.type_name, provider, asked) if not row.provider_name else (row.type_name, asked, provider)
    late = row.state is RequestState.OPEN and now > row.due_at
    return RowWords(
        name=safe_name(sorted_name(row.family_name, row.given_name)),
        details=tuple(DOT.join(parts) for parts in details),
        kind=wishes.kind_word(row.kind),
        asked=tuple(
            DOT.join(part for part in (thanks, *parts) if part)
            for parts in (all_of_it, (row.type_name, asked), (asked,))
        ),
        age=_age(row, words, now, late=late),
        is_late=late,
        place=row.location_name or _("any location"),
    )


def offered_word(row: InboxRow) -> str:
    """Return why a request is back whose times nobody took, or that times are offered; "" where none were (ACT10)."""
    if row.offered is None:
        return ""
    match row.offered.state:
        case CounterOfferState.OPEN:
            count = row.offered.count
            return plural("{count} time offered", "{count} times offered", count).format(count=count)
        case CounterOfferState.DECLINED:
            return _("none fits")
        case CounterOfferState.EXPIRED:
            return _("no offered time was taken")
        case CounterOfferState.WITHDRAWN:
            return _("offer withdrawn")
        case CounterOfferState.ACCEPTED:
            return ""


def _age(row: InboxRow, words: Words, now: datetime, *, late: bool) -> str:
    match row.state:
        case RequestState.WAITING if row.offered is not None and row.offered.state is CounterOfferState.OPEN:
            return _("until {day}").format(day=words.near_day(row.offered.until))
        case RequestState.WAITING:
            return (
                _("until {day}").format(day=words.near_day(row.waiting_until))
                if row.waiting_until
                else _("until answered")
            )
        case RequestState.COMPLETED if row.completed_at is not None:
            return _("done {time}").format(time=words.near_moment(row.completed_at))
        case RequestState.WITHDRAWN:
            return _("withdrawn")
        case _:
            return words.waiting(max(now - row.arrived_at, timedelta(0)), late=late)


def spoken_row(row: InboxRow, words: Words, now: datetime) -> str:
    """Return a row as one text, for screen readers and copying."""
    said = row_words(row, words, now)
    marks = [
        _("unread") if row.unread else "",
        _("taken by {initials}").format(initials=row.claim_initials) if row.claim_initials else "",
        _("a notice could not be delivered") if row.delivery_failed else "",
    ]
    return ", ".join(
        part
        for part in (said.name, said.details[0], f"{said.kind} {said.asked[0]}", said.age, said.place, *marks)
        if part
    )
