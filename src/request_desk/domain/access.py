"""Who acts, and what each role may do: one table, asked by every service function; sessions and passwords live elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from request_desk.domain.ids import ContactId, LaunchId, ManageLinkId, ProviderId, StaffId


class ActorKind(StrEnum):
    """Staff at a desk, a contact in the portal, whoever has a manage link or is on the booking page, another practice's program, or
    this program itself.
    """

    STAFF = "staff"
    CONTACT = "contact"
    LINK = "link"
    VISITOR = "visitor"
    PARTNER = "partner"
    SYSTEM = "system"


# Who reads our pages, in the language of the page, and not the desktop.
OUTSIDE: Final = frozenset({ActorKind.CONTACT, ActorKind.LINK, ActorKind.VISITOR, ActorKind.PARTNER})


class Role(StrEnum):
    """What a staff member is in this practice; one person may be several."""

    SCHEDULER = "scheduler"
    PROVIDER = "provider"
    ADMINISTRATOR = "administrator"
    # Beside one of those above:
    TYPES = "types"
    AVAILABILITY = "availability"


WORKING: Final = frozenset(
    {Role.SCHEDULER, Role.PROVIDER, Role.ADMINISTRATOR}
)  # a role to work in; the others come with it


class Permission(StrEnum):
    """One word for each kind of act; the table below gives them to roles."""

    VIEW_REQUESTS = "view_requests"
    ANSWER_REQUESTS = "answer_requests"
    FORWARD_REQUESTS = "forward_requests"
    VIEW_SCHEDULE = "view_schedule"
    CHANGE_SCHEDULE = "change_schedule"
    VIEW_PATIENTS = "view_patients"
    CHANGE_PATIENTS = "change_patients"
    VIEW_DELIVERIES = "view_deliveries"
    RETRY_DELIVERIES = "retry_deliveries"
    VIEW_SETTINGS = "view_settings"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_STAFF = "manage_staff"
    MANAGE_PHRASES = "manage_phrases"
    MANAGE_NOTICES = "manage_notices"  # the texts of notices
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"  # of other programs that hear what happens
    OWN_PHRASES = "own_phrases"
    OWN_ACCOUNT = "own_account"
    USE_PORTAL = "use_portal"
    USE_LINK = "use_link"  # the page of one appointment
    BOOK_ONLINE = "book_online"  # the booking page
    SHARE_LINKS = "share_links"  # copy links for families, and put documents beside an appointment
    MANAGE_SERVICES = "manage_services"  # services, questionnaires, what the patients' pages show
    MANAGE_SECRETS = "manage_secrets"  # of booking tokens
    MANAGE_TYPES = "manage_types"  # appointment types and meeting rooms
    OWN_AVAILABILITY = "own_availability"  # the own windows, time off and extra hours
    ENTER_ABSENCES = "enter_absences"  # time off and extra hours of everybody: the sick doctor at 7 a.m.
    AVAILABILITY_ON_BEHALF = "availability_on_behalf"  # the windows of everybody; the provider is told
    RUN_JOBS = "run_jobs"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is a StaffId, a ContactId, a ManageLinkId or of a partner a LaunchId, 0 for a visitor and the program; `desk` names
    the process (origin of a change).

    `session` is the hash of the staff session that vouches for a staff actor; an empty one vouches for nothing and is accepted
    only from the program's own code (tests, demo), never from a sign-in.
    """

    kind: ActorKind
    id: int
    name: str
    roles: frozenset[Role] = frozenset()
    provider_id: ProviderId | None = None
    desk: str = ""
    session: str = ""

    @property
    def staff_id(self) -> StaffId:
        """The id as a StaffId; asking it of anybody else is a bug."""
        if self.kind is not ActorKind.STAFF:
            raise ValueError("not a staff actor")
        return StaffId(self.id)

    @property
    def link_id(self) -> ManageLinkId:
        """The id as a ManageLinkId; asking it of anybody else is a bug."""
        if self.kind is not ActorKind.LINK:
            raise ValueError("not a manage link")
        return ManageLinkId(self.id)

    @property
    def launch_id(self) -> LaunchId:
        """The id as a LaunchId; asking it of anybody else is a bug."""
        if self.kind is not ActorKind.PARTNER:
            raise ValueError("not a partner")
        return LaunchId(self.id)

    @property
    def contact_id(self) -> ContactId:
        """The id as a ContactId; asking it of anybody else is a bug."""
        if self.kind is not ActorKind.CONTACT:
            raise ValueError("not a contact")
        return ContactId(self.id)


def a_contact(contact_id: ContactId) -> Actor:
    """Return a contact as the one whose right is asked, whoever acts."""
    return Actor(ActorKind.CONTACT, contact_id, "")


SYSTEM = Actor(ActorKind.SYSTEM, 0, "Request Desk")
VISITOR = Actor(ActorKind.VISITOR, 0, "", desk="portal")

_STAFF_ALWAYS = frozenset(
    {
        Permission.VIEW_REQUESTS,
        Permission.ANSWER_REQUESTS,
        Permission.FORWARD_REQUESTS,
        Permission.VIEW_SCHEDULE,
        Permission.VIEW_PATIENTS,
        Permission.VIEW_DELIVERIES,
        Permission.VIEW_SETTINGS,
        Permission.OWN_PHRASES,
    }
)
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.SCHEDULER: _STAFF_ALWAYS
    | {
        Permission.CHANGE_SCHEDULE,
        Permission.CHANGE_PATIENTS,
        Permission.RETRY_DELIVERIES,
        Permission.ENTER_ABSENCES,
        Permission.SHARE_LINKS,
    },
    Role.PROVIDER: _STAFF_ALWAYS | {Permission.CHANGE_SCHEDULE, Permission.OWN_AVAILABILITY},
    Role.ADMINISTRATOR: _STAFF_ALWAYS
    | {
        Permission.CHANGE_SCHEDULE,
        Permission.CHANGE_PATIENTS,
        Permission.RETRY_DELIVERIES,
        Permission.MANAGE_SETTINGS,
        Permission.MANAGE_STAFF,
        Permission.MANAGE_PHRASES,
        Permission.MANAGE_NOTICES,
        Permission.MANAGE_SUBSCRIPTIONS,
        Permission.ENTER_ABSENCES,
        Permission.SHARE_LINKS,
        Permission.MANAGE_SERVICES,
        Permission.MANAGE_SECRETS,
    },
    Role.TYPES: frozenset({Permission.MANAGE_TYPES}),
    Role.AVAILABILITY: frozenset({Permission.AVAILABILITY_ON_BEHALF}),
}
_OF_CONTACTS: Final = frozenset({Permission.USE_PORTAL, Permission.BOOK_ONLINE})


def may(actor: Actor, permission: Permission) -> bool:
    """Tell whether the actor's kind and roles cover the permission; scope (whose request) is the service's to check."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return True
        case ActorKind.CONTACT:
            return permission in _OF_CONTACTS
        case ActorKind.LINK:
            return permission is Permission.USE_LINK
        case ActorKind.VISITOR | ActorKind.PARTNER:
            return permission is Permission.BOOK_ONLINE
        case ActorKind.STAFF:
            # The own password and session: also for whoever may do nothing else until a password is set.
            return permission is Permission.OWN_ACCOUNT or any(permission in GRANTS[role] for role in actor.roles)


def session_stands(*, active: bool, revoked_at: datetime | None, expires_at: datetime, now: datetime) -> bool:
    """Tell whether a session still vouches for its staff member: not ended, not too old, the account not closed (AUTH-07)."""
    return active and revoked_at is None and now < expires_at
