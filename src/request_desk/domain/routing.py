"""Who receives a request (RT1–RT4): the department, else the provider's login, else the administrator; who may see it is not decided here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from request_desk.domain.directory import ADMINISTRATOR_LOGIN, Department, Provider
from request_desk.domain.ids import ProviderId, StaffId, TargetId
from request_desk.domain.requests import RequestKind, Target, TargetKind
from request_desk.domain.words import Words, _

_LISTED: Final = 5  # providers that are named in one sentence


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """All that the rule looks at. `intake_department` is the one that the settings name, if any."""

    kind: RequestKind
    asked_provider_id: ProviderId | None
    appointment_provider_id: ProviderId | None
    intake_department: Department | None
    providers: Mapping[ProviderId, Provider]
    administrator_id: StaffId


@dataclass(frozen=True, slots=True)
class Routed:
    """Whose inbox, and the rule that chose it in words (RT4), short enough to stand beside the time."""

    target: Target
    routing_reason: str


def route(facts: RoutingFacts) -> Routed:
    """Return the one target of a request; there always is one."""
    department = facts.intake_department
    if department is not None and department.active and department.active_member_ids:
        target = Target(TargetKind.DEPARTMENT, TargetId(department.id))
        return Routed(target, _("Department {department}").format(department=department.name))
    provider_id, why = _provider(facts)
    provider = facts.providers.get(provider_id) if provider_id is not None else None
    if provider is not None and provider.active and provider.staff_active and provider.staff_id is not None:
        staff_id = provider.staff_id
    else:
        staff_id = facts.administrator_id
        if provider is not None:
            why = _("{provider} has no active login").format(provider=provider.short_name or provider.name)
        elif provider_id is not None:
            why = _("the provider is not known")
    return Routed(Target(TargetKind.STAFF, TargetId(staff_id)), f"{_empty(department)}; {why}")


def told_without_members(facts: RoutingFacts, names: Mapping[StaffId, str], words: Words) -> str:
    """Say where new requests go while nobody of the department can act, as the rule sends them (RT2, RT3)."""
    left = facts.intake_department
    if left is not None:
        facts = replace(facts, intake_department=replace(left, active_member_ids=()))

    def receiver(asked: ProviderId | None) -> TargetId:
        return route(replace(facts, kind=RequestKind.SCHEDULE, asked_provider_id=asked)).target.id

    others = receiver(None)
    own = [each.short_name or each.name for each in facts.providers.values() if receiver(each.id) != others]
    rest = names.get(StaffId(others), ADMINISTRATOR_LOGIN)
    if not own:
        return _("New requests then all go to {name}.").format(name=rest)
    listed = words.list_of(own) if len(own) <= _LISTED else _("one of {count} providers").format(count=len(own))
    told = _("New requests for {providers} then go to the login of the provider, all others to {name}.")
    return told.format(providers=listed, name=rest)


def _provider(facts: RoutingFacts) -> tuple[ProviderId | None, str]:
    """The provider whose login comes next, and why that one."""
    if facts.asked_provider_id is not None:
        return facts.asked_provider_id, _("{provider} was asked for").format(
            provider=_name(facts, facts.asked_provider_id)
        )
    if facts.kind is RequestKind.SCHEDULE:
        return None, _("any provider was asked for")
    if facts.appointment_provider_id is not None:
        name = _name(facts, facts.appointment_provider_id)
        return facts.appointment_provider_id, _("the visit is with {provider}").format(provider=name)
    return None, _("it names no provider")


def _empty(department: Department | None) -> str:
    if department is None:
        return _("No department receives requests")
    if not department.active:
        return _("{department} is switched off").format(department=department.name)
    return _("{department} has no active member").format(department=department.name)


def _name(facts: RoutingFacts, provider_id: ProviderId) -> str:
    provider = facts.providers.get(provider_id)
    return (provider.short_name or provider.name) if provider else ""
