"""Announcements: one piece of news for all families of a span, each told once, and what it may say (NT2); nothing is read or written."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import AppointmentId, ContactId, LocationId, ProviderId
from request_desk.domain.notices import CLOSED, RUNNING_LATE, NoticeSpec, Planned, Recipient
from request_desk.domain.search import fold
from request_desk.domain.spans import Span, overlaps
from request_desk.domain.text import clean_text
from request_desk.domain.words import _

MOST_TEXT: Final = 400  # characters: it goes out as a text message, too
MOST_LATE: Final = 480  # minutes
LONGEST: Final = timedelta(days=31)
_WORD: Final = re.compile(r"[^\W_]+")
_POSSESSIVE: Final = re.compile(r"['\u2019]s\b", re.IGNORECASE)
# What may tell of somebody's health, folded: English and Spanish. Whole words where a beginning would find "surge" or "fluent"; who
# treats (a therapist, "la enfermera") tells of nobody.
_HEALTH: Final = re.compile(
    r"fever(?:s|ish)?|rash(?:es)?|coronavirus\w*|influenza|flu|measles|chickenpox|ill|surger(?:y|ies)|surgical|shots?|adhd|therap(?:y|ies)"
    r"|(?:vomit|diarrh|covid|strep|asthma|allerg|infect|contagi|disease|diagnos|illness|sick|symptom|vaccin|immuni[sz]|blood|injur"
    r"|biops|cancer|diabet|seizure|pregnan|autis|depress|anxiet|medication|prescription|antibiotic|treatment)\w*"
    r"|asma|ansiedad|sangre|sarampion|gripe|resultados|terapias?|recetas?"
    r"|(?:fiebre|calentura|diarrea|sarpullido|varicela|asmatic|alergi|enferm(?!er[aoi])|sintoma|vacun|inmuniz|herid|lesion|cirugi"
    r"|convulsi|embaraz|depresi|medicament|tratamiento)\w*"
)
_RESULTS: Final = re.compile(r"(?:lab|test) results?")


class AnnouncementKind(StrEnum):
    """What all families of a span are told."""

    RUNNING_LATE = "running_late"
    CLOSED = "closed"


SPEC_OF_KIND: Final[dict[AnnouncementKind, NoticeSpec]] = {
    AnnouncementKind.RUNNING_LATE: RUNNING_LATE,
    AnnouncementKind.CLOSED: CLOSED,
}


@dataclass(frozen=True, slots=True)
class News:
    """What is announced: of one provider or of one location, and of the visits that fall into `span`.

    `late_minutes` is how much longer families wait, 0 where it is closed.
    """

    kind: AnnouncementKind
    span: Span
    provider_id: ProviderId | None = None
    location_id: LocationId | None = None
    late_minutes: int = 0


@dataclass(frozen=True, slots=True)
class OneLetter:
    """A letter to one address about the first of `appointments`; the others are the family's own, told with it."""

    recipient: Recipient
    appointments: tuple[AppointmentId, ...]
    also: tuple[ContactId, ...] = field(default=())

    @property
    def readers(self) -> tuple[ContactId, ...]:
        return (self.recipient.contact_id, *self.also)


def check(news: News, now: datetime) -> None:
    """Raise Invalid for what cannot be announced: of nobody, of both, of no time, or of a time that is over."""
    on_calendar(news.span.starts_at, news.span.ends_at)
    if (news.provider_id is None) == (news.location_id is None):
        raise Invalid(_("Choose a provider or a location."), field=_("Of whom"))
    if news.span.ends_at <= news.span.starts_at:
        raise Invalid(_("The time ends before it begins. Choose a later end."), field=_("Until"))
    if news.span.ends_at <= now:
        raise Invalid(_("This time is over already. Choose an end that is still to come."), field=_("Until"))
    if news.span.ends_at - news.span.starts_at > LONGEST:
        told = _("Families are told of at most {days} days at once. Choose an earlier end.")
        raise Invalid(told.format(days=LONGEST.days), field=_("Until"))
    is_late = news.kind is AnnouncementKind.RUNNING_LATE
    if is_late and not 1 <= news.late_minutes <= MOST_LATE:
        told = _("Say how many minutes, from 1 to {most}.")
        raise Invalid(told.format(most=MOST_LATE), field=_("Minutes late"))
    if not is_late and news.late_minutes:
        raise Invalid(_("Where it is closed, nobody waits longer."), field=_("Minutes late"))


def concerns(news: News, appointment: Span, now: datetime) -> bool:
    """Tell whether a visit falls into the news and is still to come; one that waits for a late provider still is."""
    return overlaps(appointment, news.span) and appointment.starts_at + timedelta(minutes=news.late_minutes) > now


def is_same(one: News, other: News) -> bool:
    """Tell whether two say the same of one time, so that who heard one has heard the other; another delay is news."""
    same_words = one.kind is other.kind and one.late_minutes == other.late_minutes
    same_place = (one.provider_id, one.location_id) == (other.provider_id, other.location_id)
    return same_words and same_place and overlaps(one.span, other.span)


def letters(
    appointments: Iterable[tuple[AppointmentId, Sequence[Planned]]], told: Collection[tuple[ContactId, AppointmentId]]
) -> tuple[OneLetter, ...]:
    """Return one letter for each address, about the first visit of its family, naming the others.

    `appointments` are in order of their start, each with whom it would be told to; `told` is who has heard of which visit already.
    """
    first: dict[tuple[str, str], Recipient] = {}
    readers: dict[tuple[str, str], list[ContactId]] = {}
    about: dict[tuple[str, str], list[AppointmentId]] = {}
    for appointment_id, plans in appointments:
        for plan in plans:
            recipient = plan.recipient
            key = recipient.channel.value, recipient.address.casefold()
            fresh = [each for each in (recipient.contact_id, *plan.also) if (each, appointment_id) not in told]
            if not fresh:
                continue
            first.setdefault(key, Recipient(fresh[0], recipient.channel, recipient.address))
            readers.setdefault(key, []).extend(each for each in fresh if each not in readers.get(key, ()))
            about.setdefault(key, []).append(appointment_id)
    return tuple(
        OneLetter(
            recipient,
            tuple(dict.fromkeys(about[key])),
            tuple(each for each in dict.fromkeys(readers[key]) if each != recipient.contact_id),
        )
        for key, recipient in first.items()
    )


def checked_text(text: str, names: Iterable[str] = ()) -> str:
    """Return the text as it is stored; raises Invalid naming what tells of one patient (NOTE-01).

    `names` are those of the patients and of the types of their visits. It goes to every family of the span, and may be read on a
    locked screen.
    """
    cleaned = clean_text(text, field=_("Text"), most=MOST_TEXT)
    folded = _worded(cleaned)
    told = next((name.strip() for name in names if name.strip() and _worded(name) in folded), "")
    if told:
        raise Invalid(
            _(
                "The text says “{word}”. It goes to all of these families, so leave out names and the types of visits."
            ).format(word=told),
            field=_("Text"),
        )
    return cleaned


def health_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of texts that may tell of somebody's health, each once as it was typed.

    They are asked about and not refused: "flu shots today" is no secret, and only who writes it knows.
    """
    found: dict[str, str] = {}
    for text in texts:
        words = _WORD.findall(text)
        folded = [fold(word) for word in words]
        for place, word in enumerate(folded):
            both = " ".join(folded[max(0, place - 1) : place + 1])
            if _HEALTH.fullmatch(word):
                found.setdefault(word, words[place])
            elif _RESULTS.fullmatch(both):
                found.setdefault(both, " ".join(words[place - 1 : place + 1]))
    return tuple(found.values())


def _worded(text: str) -> str:
    """The words alone, with a space around each, so that one that is only the beginning of another is not found."""
    return f" {' '.join(_WORD.findall(fold(_POSSESSIVE.sub('', text))))} "
