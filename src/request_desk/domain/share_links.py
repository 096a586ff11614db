"""What the links lead to that families book by (BK1, BK2), and whether one can be given away (BK3); manage links are made elsewhere."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from request_desk.domain.availability import AvailabilityWindow, serves
from request_desk.domain.directory import CONTROLS, AppointmentType, Control, Flow, Location, PracticeSettings, Provider
from request_desk.domain.ids import LocationId, ProviderId, ServiceId, TypeId, VariantId
from request_desk.domain.notice_templates import link_in_letter
from request_desk.domain.online_booking import (
    Bookable,
    BookingStep,
    able_providers,
    asked_steps,
    is_shown,
    offer_of,
    open_locations,
)
from request_desk.domain.practice_time import is_zone
from request_desk.domain.text import one_line
from request_desk.domain.words import Words, _, plural

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to have a service; without providers it is everybody who does its type, without locations every one."""

    id: VariantId
    service_id: ServiceId
    type_id: TypeId
    reference: UUID
    name: str
    description: str
    provider_ids: tuple[ProviderId, ...]
    location_ids: tuple[LocationId, ...]
    visible: bool
    active: bool
    version: int

    @property
    def is_open(self) -> bool:
        """Whether families may see it."""
        return self.visible and self.active


@dataclass(frozen=True, slots=True)
class Service:
    """What families can book, with its variants in their order; those that are switched off are among them."""

    id: ServiceId
    reference: UUID
    name: str
    description: str
    visible: bool
    active: bool
    version: int
    variants: tuple[Variant, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether families may see it."""
        return self.visible and self.active


class CheckPlace(StrEnum):
    """Where what a check asks for is done."""

    PRACTICE = "practice"
    PATIENTS_PAGES = "patients_pages"
    LOCATIONS = "locations"
    TYPES = "types"
    MEETINGS = "meetings"
    AVAILABILITY = "availability"  # of the provider `about`
    SERVICE = "service"  # `about`
    VARIANT = "variant"  # `about`
    SWITCH = "switch"  # on, the service or variant `about`
    NEW_VARIANT = "new_variant"  # of the service `about`


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a link needs: a sentence that says how it stands and what to do, and where that is done.

    `why_not` is the same as the reason in a menu, empty where it is done.
    """

    told: str
    place: CheckPlace
    about: int = 0
    why_not: str = ""

    @property
    def done(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class ShareLink:
    """The address that families are given, or the reason why there is none: one of the two is empty."""

    address: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """All that the checks look at, by id; what is switched off is among it."""

    settings: PracticeSettings
    types: Mapping[TypeId, AppointmentType]
    providers: Mapping[ProviderId, Provider]
    locations: Mapping[LocationId, Location]
    windows: Sequence[AvailabilityWindow]
    today: date
    words: Words


# Who and where


def bookable_providers(variant: Variant, facts: ShareFacts) -> tuple[Provider, ...]:
    """Return who can be booked for a variant: who does its type, is chosen for it, and is here."""
    return able_providers(facts.types[variant.type_id], variant.provider_ids, facts.providers.values())


def bookable_locations(variant: Variant, facts: ShareFacts) -> tuple[Location, ...]:
    """Return where a variant can be booked: the locations that are chosen for it, and are on."""
    return open_locations(variant.location_ids, facts.locations.values())


def offered_at(variant: Variant, facts: ShareFacts) -> Mapping[ProviderId, frozenset[LocationId]]:
    """Return who has weekly or extra hours for families in which a variant can be booked, and where."""
    who = {each.id for each in bookable_providers(variant, facts)}
    where = {each.id for each in bookable_locations(variant, facts)}
    found: dict[ProviderId, set[LocationId]] = {}
    for window in facts.windows:
        is_over = window.valid_until is not None and window.valid_until < facts.today
        is_for_it = window.active and not is_over and serves(window, variant.type_id, for_staff=False)
        if is_for_it and window.provider_id in who and window.location_id in where:
            found.setdefault(window.provider_id, set()).add(window.location_id)
    return {provider_id: frozenset(places) for provider_id, places in found.items()}


def open_variants(service: Service, facts: ShareFacts) -> tuple[Variant, ...]:
    """Return the variants that families can book, in their order."""
    return tuple(each for each in service.variants if all(check.done for check in _of_variant(each, facts)))


# What a link needs


def service_checks(service: Service, facts: ShareFacts) -> tuple[Check, ...]:
    """Return what the link of a service needs, in the order in which it is done."""
    return (
        *_of_portal(facts.settings),
        _service_shown(service),
        _has_variants(service, facts),
        _letters_lead(facts),
    )


def variant_checks(service: Service, variant: Variant, facts: ShareFacts) -> tuple[Check, ...]:
    """Return what the link of a variant needs, in the order in which it is done."""
    return (
        *_of_portal(facts.settings),
        _service_shown(service),
        *_of_variant(variant, facts),
        _letters_lead(facts),
    )


def why_no_link(checks: Sequence[Check]) -> str:
    """Return the first reason why there is no link, "" when there is one."""
    return next((each.why_not for each in checks if not each.done), "")


def share_link(
    settings: PracticeSettings, checks: Sequence[Check], service: Service, variant: Variant | None = None
) -> ShareLink:
    """Return the link of a service, or of one of its variants, when everything that it needs is there."""
    why_not = why_no_link(checks)
    if why_not:
        return ShareLink(why_not=why_not)
    parts = [settings.public_url, "book", str(service.reference), *([str(variant.reference)] if variant else [])]
    return ShareLink("/".join(parts))


def _of_portal(settings: PracticeSettings) -> tuple[Check, Check]:
    place = CheckPlace.PATIENTS_PAGES
    if settings.self_booking:
        return _address(settings.public_url), Check(_("Families may book by themselves."), place)
    told = _("Families may not book by themselves. Allow it in Settings, Patients' pages.")
    return _address(settings.public_url), Check(told, place, why_not=_("self-booking is off"))


def _address(url: str) -> Check:
    place = CheckPlace.PRACTICE
    if not url:
        told = _("The portal has no address. Enter it in Settings, Practice.")
        return Check(told, place, why_not=_("the portal has no address"))
    is_here = urlsplit(url).hostname in _HERE
    told = _("Links begin with {url}: they open on this computer alone.") if is_here else _("Links begin with {url}.")
    return Check(told.format(url=one_line(url)), place)


def _service_shown(service: Service) -> Check:
    place = CheckPlace.SERVICE
    if not service.active:
        told = _("The service is switched off. Switch it on.")
        return Check(told, CheckPlace.SWITCH, service.id, _("the service is switched off"))
    if not service.visible:
        told = _("The service is hidden from families. Tick “Families see it”.")
        return Check(told, place, service.id, _("the service is hidden"))
    return Check(_("Families see the service."), place, service.id)


def _has_variants(service: Service, facts: ShareFacts) -> Check:
    in_use = [each for each in service.variants if each.active]
    found = open_variants(service, facts)
    if found:
        names = facts.words.list_of([one_line(each.name) for each in found])
        return Check(_("Families can book: {names}.").format(names=names), CheckPlace.VARIANT, found[0].id)
    if not in_use:
        told = _("It has no variant that could be booked. Make one.")
        return Check(told, CheckPlace.NEW_VARIANT, service.id, _("it has no variant"))
    told = _("None of its variants can be booked. Each says why, in the list.")
    return Check(told, CheckPlace.VARIANT, in_use[0].id, _("none of its variants can be booked"))


def _of_variant(variant: Variant, facts: ShareFacts) -> Iterator[Check]:
    """What a variant needs of its own."""
    type_ = facts.types[variant.type_id]
    yield _variant_shown(variant)
    name = one_line(type_.name)
    if type_.active:
        yield Check(_("The type “{name}” is on.").format(name=name), CheckPlace.TYPES)
    else:
        told = _("The type “{name}” is switched off. Switch it on in Settings, or give the variant another one.")
        yield Check(told.format(name=name), CheckPlace.TYPES, why_not=_("its type is switched off"))
    yield _who(variant, type_, facts)
    yield _where(variant, type_, facts)
    if type_.is_video and not facts.settings.meeting_url:
        told = _("Video visits have no meeting server, so nobody could join. Enter its address in Settings.")
        yield Check(told, CheckPlace.MEETINGS, why_not=_("there is no meeting server"))
    elif type_.is_video:
        yield Check(_("Video visits have a meeting server."), CheckPlace.MEETINGS)


def _variant_shown(variant: Variant) -> Check:
    place = CheckPlace.VARIANT
    if not variant.active:
        told = _("The variant is switched off. Switch it on.")
        return Check(told, CheckPlace.SWITCH, variant.id, _("the variant is switched off"))
    if not variant.visible:
        told = _("The variant is hidden from families. Tick “Families see it”.")
        return Check(told, place, variant.id, _("the variant is hidden"))
    return Check(_("Families see the variant."), place, variant.id)


def _who(variant: Variant, type_: AppointmentType, facts: ShareFacts) -> Check:
    who, offered = bookable_providers(variant, facts), offered_at(variant, facts)
    if not who:
        told = _("Nobody is left who does “{type}” and is chosen here. Choose other providers.")
        why_not = _("no provider can be booked")
        return Check(told.format(type=one_line(type_.name)), CheckPlace.VARIANT, variant.id, why_not)
    if not offered:
        told = plural(
            "{names} has no hours in which families can book “{type}” there. Enter them in Availability.",
            "None of {names} has hours in which families can book “{type}” there. Enter them in Availability.",
            len(who),
        )
        names = facts.words.list_of([one_line(each.short_name) for each in who])
        told = told.format(names=names, type=one_line(type_.name))
        return Check(told, CheckPlace.AVAILABILITY, who[0].id, _("no provider has hours for it"))
    names = facts.words.list_of([one_line(each.short_name) for each in who if each.id in offered])
    return Check(_("There are hours with {names}.").format(names=names), CheckPlace.AVAILABILITY, next(iter(offered)))


def _where(variant: Variant, type_: AppointmentType, facts: ShareFacts) -> Check:
    """Whether families find every place that they could be sent to; nobody travels to a video visit."""
    where, with_hours = bookable_locations(variant, facts), frozenset().union(*offered_at(variant, facts).values())
    if not where:
        told = _("None of its locations is on. Choose another one.")
        return Check(told, CheckPlace.VARIANT, variant.id, _("no location is on"))
    where = tuple(each for each in where if each.id in with_hours) or where
    missing = [
        _("{place} has no {what}.").format(place=one_line(each.name), what=what)
        for each in where
        if (what := _missing_of(each, is_video=type_.is_video))
    ]
    if missing:
        told = _("{missing} Complete it in Settings, Locations.").format(missing=" ".join(missing))
        return Check(told, CheckPlace.LOCATIONS, why_not=_("a location is incomplete"))
    names = facts.words.list_of([one_line(each.name) for each in where])
    told = plural("The location {names} is complete.", "The locations {names} are complete.", len(where))
    return Check(told.format(names=names), CheckPlace.LOCATIONS)


def _missing_of(place: Location, *, is_video: bool) -> str:
    if not place.name.strip():
        return _("name")
    if not is_zone(place.zone):
        return _("time zone")
    return "" if place.address.strip() or is_video else _("address")


def _letters_lead(facts: ShareFacts) -> Check:
    """Whether letters can show the portal's address."""
    url, place = facts.settings.public_url, CheckPlace.PRACTICE
    if not url:
        told = _("Letters about visits can lead nowhere while the portal has no address.")
        return Check(told, place, why_not=_("letters lead nowhere"))
    if link_in_letter(f"{url}/"):
        told = _("Letters about a booking, a new time or a cancellation lead to {url}.")
        return Check(told.format(url=one_line(url)), place)
    told = _("Letters cannot show the address {url}. Write it with plain letters in Settings, Practice.")
    return Check(told.format(url=one_line(url)), place, why_not=_("letters cannot show the portal's address"))


# What a link gives


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """A step, whether it is left out because its answer is known, and what is asked or known."""

    step: BookingStep
    is_skipped: bool
    told: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link gives: its steps in their order, and the controls at the end, each shown or switched off (BK6)."""

    steps: tuple[PreviewStep, ...]
    controls: tuple[tuple[Control, bool], ...]


def preview(service: Service, variant: Variant | None, facts: ShareFacts) -> Preview:
    """Return what whoever opens the link of a service, or of one of its variants, is asked and shown."""
    flow = Flow.BOOKING
    controls = tuple((each, facts.settings.shows(flow, each)) for each in Control if each in CONTROLS[flow])
    offered = [variant] if variant is not None else [each for each in service.variants if _is_shown(each, facts)]
    return Preview(tuple(_steps(offered, variant is not None, facts)), controls)


def _is_shown(variant: Variant, facts: ShareFacts) -> bool:
    return is_shown(facts.types[variant.type_id], _offer(variant, facts), is_open=variant.is_open)


def _offer(variant: Variant, facts: ShareFacts) -> Bookable[Provider, Location]:
    return offer_of(
        facts.types[variant.type_id],
        variant.provider_ids,
        variant.location_ids,
        providers=facts.providers.values(),
        locations=facts.locations.values(),
        seen_at={each.id: each.location_ids for each in facts.providers.values()},
    )


def _steps(offered: Sequence[Variant], is_named: bool, facts: ShareFacts) -> Iterator[PreviewStep]:
    words, every = facts.words, facts.types
    offers = [_offer(each, facts) for each in offered]
    asked = asked_steps(offers, is_named=is_named)
    known = _("The link leads to it: {names}.") if is_named else _("There is only one: {names}.")
    names = [one_line(each.name) for each in offered]
    yield _choice(BookingStep.VARIANT, names, asked, known, _("They choose {names}."), words)
    told = _("They choose {names}, or whoever is free first.")
    names = _names(facts.providers.values(), [each.providers for each in offers])
    yield _choice(BookingStep.PROVIDER, names, asked, _("It is with {names}."), told, words)
    is_video = bool(offered) and all(every[each.type_id].is_video for each in offered)
    known = _("By video. On the schedule it stands at {names}.") if is_video else _("It is at {names}.")
    told = _("They choose {names}, or any of them.")
    names = _names(facts.locations.values(), [each.locations for each in offers])
    yield _choice(BookingStep.LOCATION, names, asked, known, told, words)
    yield PreviewStep(BookingStep.TIME, False, _held_for(offered, facts))
    told = _("They type a code that is sent to their e-mail address. Whom nobody knows here is asked to call.")
    if facts.settings.new_families:
        told = _("They type a code that is sent to their e-mail address. New families enter who the visit is for.")
    yield PreviewStep(BookingStep.PATIENT, False, told)
    yield PreviewStep(BookingStep.CONFIRM, False, _("They see everything once more and book."))


def _names(every: Iterable[Provider | Location], found: Sequence[Sequence[Provider | Location]]) -> list[str]:
    """The names of those that any variant offers, each once and in the practice's order."""
    ids = {each.id for one in found for each in one}
    return [one_line(each.name) for each in every if each.id in ids]


def _choice(
    step: BookingStep, names: Sequence[str], asked: Collection[BookingStep], known: str, told: str, words: Words
) -> PreviewStep:
    if not names:
        return PreviewStep(step, False, _("There is nothing to choose yet."))
    if step in asked:
        return PreviewStep(step, False, told.format(names=words.either(names)))
    return PreviewStep(step, True, known.format(names=words.list_of(names)))


def _held_for(offered: Sequence[Variant], facts: ShareFacts) -> str:
    lengths = sorted({facts.types[each.type_id].hold_ttl for each in offered})
    if not lengths:
        return _("They choose a time, told by the clock of its place.")
    told = _("They choose a time, told by the clock of its place. It is kept for {time} while they go on.")
    if len(lengths) > 1:
        told = _("They choose a time, told by the clock of its place. It is kept for up to {time} while they go on.")
    return told.format(time=facts.words.minutes(lengths[-1]))
