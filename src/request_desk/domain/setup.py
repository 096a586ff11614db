"""What a practice needs before a parent can ask and somebody sees it; whether that is so is proven by routing, not claimed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from request_desk.domain.directory import PracticeSettings
from request_desk.domain.ids import ProviderId, StaffId
from request_desk.domain.requests import RequestKind, TargetKind
from request_desk.domain.routing import Routed, RoutingFacts, route
from request_desk.domain.text import one_line
from request_desk.domain.words import Words, _, plural

_NAMED: Final = 4  # people whose names one sentence holds
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_UNNAMED: Final = PracticeSettings().practice_name


class SetupStep(StrEnum):
    """One thing that a practice needs, in the order in which it is set up."""

    PRACTICE = "practice"
    HOURS = "hours"
    LOCATION = "location"
    PROVIDER = "provider"
    TYPE = "type"
    WINDOW = "window"
    DEPARTMENT = "department"
    FAMILY = "family"
    KINDS = "kinds"
    MAIL = "mail"
    ADDRESS = "address"


class SetupForm(StrEnum):
    """Where a step is done."""

    PRACTICE = "practice"
    HOURS = "hours"
    LOCATIONS = "locations"
    PROVIDERS = "providers"
    TYPES = "types"
    WINDOWS = "windows"
    INTAKE = "intake"
    MEMBERS = "members"
    STAFF = "staff"
    PATIENT = "patient"
    KINDS = "kinds"


_FORMS: Final[Mapping[SetupStep, SetupForm]] = {
    SetupStep.PRACTICE: SetupForm.PRACTICE,
    SetupStep.HOURS: SetupForm.HOURS,
    SetupStep.LOCATION: SetupForm.LOCATIONS,
    SetupStep.PROVIDER: SetupForm.PROVIDERS,
    SetupStep.TYPE: SetupForm.TYPES,
    SetupStep.FAMILY: SetupForm.PATIENT,
    SetupStep.KINDS: SetupForm.KINDS,
    SetupStep.ADDRESS: SetupForm.PRACTICE,
}


@dataclass(frozen=True, slots=True)
class SetupFacts:
    """All that the list looks at. What is counted is switched on and can be used by a parent.

    `routing` is the facts of a request whose kind and provider are still open; `people` are those who can sign in now and see
    a request, by name.
    """

    settings: PracticeSettings
    routing: RoutingFacts
    people: Mapping[StaffId, str]
    has_staff: bool  # an account that is on besides the reserved administrator
    locations: int
    providers: int  # at a location that is on
    types: int
    windows: int  # weekly hours of such a provider at such a location, not over and not for staff alone
    families: int  # contacts who may ask for a patient and can get a sign-in code
    sends_mail: bool  # a mail server is set on the computer that asks
    letters_sent: bool


@dataclass(frozen=True, slots=True)
class SetupLine:
    """One step, whether it is done, what stands there in a sentence, and the form that it is done in (None: a file)."""

    step: SetupStep
    done: bool
    told: str
    form: SetupForm | None
    about: int  # the id of the department or the provider that the form is opened for, 0 for none


@dataclass(frozen=True, slots=True)
class SetupList:
    """All steps in their order; `end` says that a parent can ask and who will see it, or what is missing."""

    lines: tuple[SetupLine, ...]
    end: str
    is_done: bool


def setup_list(facts: SetupFacts, words: Words) -> SetupList:
    """Return what stands and what is missing; it is done only if every request a parent could send reaches a login."""
    lines = tuple(SetupLine(step, done, told, *_form(step, facts)) for step, done, told in _lines(facts, words))
    missing = [step_word(line.step) for line in lines if not line.done]
    if missing:
        told = _("Still to do before a parent can ask: {steps}.").format(steps=words.list_of(missing))
        return SetupList(lines, told, is_done=False)
    names = _names(_seen_by_everything(facts), facts.people, words)
    told = (
        _("A parent at this computer can now ask, and {names} will see it.")
        if _leads_here_alone(facts.settings.public_url)
        else _("A parent can now ask, and {names} will see it.")
    )
    return SetupList(lines, told.format(names=names), is_done=True)


def _form(step: SetupStep, facts: SetupFacts) -> tuple[SetupForm | None, int]:
    """Where a step is done; weekly hours need a provider, who receives requests a department and somebody to put into it."""
    if step is SetupStep.WINDOW:
        first = next((each.id for each in facts.routing.providers.values() if each.active), None)
        return (SetupForm.WINDOWS, first) if first is not None else (SetupForm.PROVIDERS, 0)
    if step is not SetupStep.DEPARTMENT:
        return _FORMS.get(step), 0
    department = facts.routing.intake_department
    if department is None:
        return SetupForm.INTAKE, 0
    return (SetupForm.MEMBERS, department.id) if facts.has_staff else (SetupForm.STAFF, 0)


def step_word(step: SetupStep) -> str:
    """Return what a step is called within a sentence."""
    words = {
        SetupStep.PRACTICE: _("name and phone"),
        SetupStep.HOURS: _("opening hours"),
        SetupStep.LOCATION: _("a location"),
        SetupStep.PROVIDER: _("a provider"),
        SetupStep.TYPE: _("an appointment type"),
        SetupStep.WINDOW: _("weekly hours"),
        SetupStep.DEPARTMENT: _("who receives requests"),
        SetupStep.FAMILY: _("a family"),
        SetupStep.KINDS: _("kinds of request"),
        SetupStep.MAIL: _("mail"),
        SetupStep.ADDRESS: _("the portal's address"),
    }
    return words[step]


def _lines(facts: SetupFacts, words: Words) -> Iterator[tuple[SetupStep, bool, str]]:
    settings = facts.settings
    name, phone = one_line(settings.practice_name), settings.practice_phone
    named = bool(name and phone) and name != _UNNAMED
    told = _("Parents read “{name}” and call {phone}.").format(name=name, phone=phone)
    yield SetupStep.PRACTICE, named, told if named else _("Parents need the practice's name and a number to call.")
    days = len({each.weekday for each in settings.opening_hours})
    told = plural("Open on {count} day of the week.", "Open on {count} days of the week.", days).format(count=days)
    yield SetupStep.HOURS, bool(days), told if days else _("The practice is open on no day of the week.")
    yield from _things(facts, words)
    yield _department(facts, words)
    told = plural(
        "{count} contact may ask for a patient and can sign in.",
        "{count} contacts may ask for a patient and can sign in.",
        facts.families,
    ).format(count=words.count(facts.families))
    none = _("No patient has a contact who may ask and whose e-mail address is confirmed.")
    yield SetupStep.FAMILY, bool(facts.families), told if facts.families else none
    kinds = [_kind_word(kind) for kind in RequestKind if kind in settings.kinds_on]
    told = _("Parents may ask to {kinds} a visit.").format(kinds=words.list_of(kinds))
    off = _("Every kind of request is switched off: the portal tells parents to call.")
    yield SetupStep.KINDS, bool(kinds), told if kinds else off
    yield _mail(facts)
    yield _address(settings.public_url)


def _things(facts: SetupFacts, words: Words) -> Iterator[tuple[SetupStep, bool, str]]:
    counted = (
        (
            SetupStep.LOCATION,
            facts.locations,
            plural("{count} location is on.", "{count} locations are on.", facts.locations),
            _("There is no location that a visit could be at."),
        ),
        (
            SetupStep.PROVIDER,
            facts.providers,
            plural("{count} provider sees patients.", "{count} providers see patients.", facts.providers),
            _("There is no provider at a location that is on."),
        ),
        (
            SetupStep.TYPE,
            facts.types,
            plural("{count} appointment type is on.", "{count} appointment types are on.", facts.types),
            _("There is no appointment type that a parent could ask for."),
        ),
        (
            SetupStep.WINDOW,
            facts.windows,
            plural(
                "{count} weekly window is open to parents.",
                "{count} weekly windows are open to parents.",
                facts.windows,
            ),
            _("No provider has weekly hours that are open to parents."),
        ),
    )
    for step, number, told, none in counted:
        yield step, bool(number), told.format(count=words.count(number)) if number else none


def _department(facts: SetupFacts, words: Words) -> tuple[SetupStep, bool, str]:
    """Done when every request that a parent could send is routed to the department and somebody there can sign in."""
    department = facts.routing.intake_department
    seen = _seen_by_everything(facts)
    elsewhere = next((each for each in _made_up(facts) if each.target.kind is not TargetKind.DEPARTMENT), None)
    if department is None:
        return SetupStep.DEPARTMENT, False, _("No department receives requests.")
    if elsewhere is not None:
        why = elsewhere.routing_reason.rpartition(";")[0]  # what is wrong with the department, before the provider
        told = _("{why}: requests go to the asked provider or to the administrator.")
        return SetupStep.DEPARTMENT, False, told.format(why=one_line(why))
    name = one_line(department.name)
    if not seen:
        told = _("{department} has members, but none of them can sign in yet: they have to choose a password first.")
        return SetupStep.DEPARTMENT, False, told.format(department=name)
    told = _("{department} receives requests, and {names} can sign in.")
    return SetupStep.DEPARTMENT, True, told.format(department=name, names=_names(seen, facts.people, words))


def _mail(facts: SetupFacts) -> tuple[SetupStep, bool, str]:
    if facts.letters_sent:
        return SetupStep.MAIL, True, _("Letters leave: some have been taken by the mail server.")
    if facts.sends_mail:
        return SetupStep.MAIL, True, _("A mail server is set on this computer; no letter has left yet.")
    told = _(
        "Parents sign in with a code that comes by mail. Write the mail server into request-desk.toml, as [mail] host and "
        "from_address, on the computer that sends; “request-desk doctor” tries it there."
    )
    return SetupStep.MAIL, False, told


def _address(url: str) -> tuple[SetupStep, bool, str]:
    if not url:
        return SetupStep.ADDRESS, False, _("Letters need the address at which parents reach the portal.")
    told = (
        _("Parents come to {url}; it leads to this computer alone.")
        if _leads_here_alone(url)
        else _("Parents come to {url}.")
    )
    return SetupStep.ADDRESS, True, told.format(url=one_line(url))


def _leads_here_alone(url: str) -> bool:
    return urlsplit(url).hostname in _HERE


def _made_up(facts: SetupFacts) -> list[Routed]:
    """Where each request would go that a parent could send: of every kind that is on, for any provider and for each one."""
    kinds = [kind for kind in RequestKind if kind in facts.settings.kinds_on] or list(RequestKind)
    asked: list[ProviderId | None] = [None, *(each.id for each in facts.routing.providers.values() if each.active)]
    return [route(replace(facts.routing, kind=kind, asked_provider_id=who)) for kind in kinds for who in asked]


def _seen_by_everything(facts: SetupFacts) -> Sequence[StaffId]:
    """Who would see every request that a parent could send and can sign in, by name."""
    department = facts.routing.intake_department
    inboxes = {routed.target for routed in _made_up(facts)}
    seen = set(facts.people)
    for target in inboxes:
        is_department = department is not None and target.kind is TargetKind.DEPARTMENT
        here = department.active_member_ids if is_department and department is not None else (StaffId(target.id),)
        seen &= set(here)
    return sorted(seen, key=lambda each: (facts.people[each].casefold(), each))


def _names(seen: Sequence[StaffId], people: Mapping[StaffId, str], words: Words) -> str:
    names = [one_line(people[each]) for each in seen]
    if len(names) <= _NAMED:
        return words.list_of(names)
    more = len(names) - _NAMED + 1
    return words.list_of([*names[: _NAMED - 1], _("{count} others").format(count=words.count(more))])


def _kind_word(kind: RequestKind) -> str:
    words = {
        RequestKind.SCHEDULE: _("schedule"),
        RequestKind.CANCEL: _("cancel"),
        RequestKind.RESCHEDULE: _("reschedule"),
    }
    return words[kind]
