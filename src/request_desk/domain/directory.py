"""The practice's own things: locations, providers, departments, staff, appointment types, patients, contacts, settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from request_desk.domain.access import Role
from request_desk.domain.ids import ContactId, DepartmentId, LocationId, PatientId, ProviderId, StaffId, TypeId
from request_desk.domain.words import later


@dataclass(frozen=True, slots=True)
class Location:
    """A place with its own IANA zone."""

    id: LocationId
    name: str
    zone: str
    address: str
    phone: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Provider:
    """Who sees patients; `short_name` heads a column ("Dr. Lindqvist"), `staff_id` is the login, if any."""

    id: ProviderId
    name: str
    short_name: str
    location_ids: tuple[LocationId, ...]
    staff_id: StaffId | None
    staff_active: bool
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Department:
    """A named group of staff that receives requests; `member_ids` are all, `active_member_ids` those who can act on one:
    switched on, with a role and a password.
    """

    id: DepartmentId
    name: str
    member_ids: tuple[StaffId, ...]
    active_member_ids: tuple[StaffId, ...]
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Who signs in. `$AD` is the reserved administrator and is always active."""

    id: StaffId
    login: str
    name: str
    initials: str
    roles: frozenset[Role]
    provider_id: ProviderId | None
    active: bool
    version: int
    email: str = ""  # for reminders, as the number is
    mobile_phone: str = ""


ADMINISTRATOR_LOGIN = "$AD"


class RebookingMode(StrEnum):
    """Whom a moved appointment may go to without an exception."""

    ANY_PROVIDER = "any_provider"
    SAME_PROVIDER = "same_provider"


class Verification(StrEnum):
    """What the page behind a manage link asks for before it shows more than the bare appointment (ML5)."""

    NONE = "none"
    BIRTH_DAY = "birth_day"
    CODE = "code"  # sent by text message or e-mail


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long before the start something must happen: elapsed time, or practice days, of which the last is whole (AP6)."""

    elapsed: timedelta = timedelta(0)
    days: int = 0

    def __bool__(self) -> bool:
        return bool(self.elapsed) or bool(self.days)


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Who may have a type when, and how long it takes (AP7); what is None, 0 or empty is no rule.

    Ages are whole months on the day of the visit: from `min_age_months` on, and before `max_age_months`.
    """

    min_age_months: int | None = None
    max_age_months: int | None = None
    rest: timedelta = timedelta(0)  # since the last completed appointment of the same group
    rest_group: str = ""  # types with the same word; empty: this type alone
    new_patient: timedelta | None = None  # the duration for somebody who was never seen here
    interpreter: timedelta = timedelta(0)  # added when the patient needs an interpreter
    durations: Mapping[ProviderId, timedelta] = field(default_factory=dict)  # of single providers

    def __bool__(self) -> bool:
        return self != BookingRules()


@dataclass(frozen=True, slots=True)
class AppointmentType:
    """The rules of a kind of appointment. `maximum_advance` is whole practice days; `grid` divides the hour into starts."""

    id: TypeId
    name: str
    short_name: str
    duration: timedelta
    buffer: timedelta
    hold_ttl: timedelta
    minimum_notice: LeadTime
    reschedule_notice: LeadTime
    cancel_notice: LeadTime
    maximum_advance: timedelta
    grid: timedelta
    rebooking_mode: RebookingMode
    provider_ids: tuple[ProviderId, ...]  # empty: every provider
    active: bool
    version: int
    late_cancel: timedelta = timedelta(hours=24)  # a cancellation this near to the start is noted as late
    no_show_after: timedelta | None = None  # after the start, in person; None: once nobody can join any more (AP5)
    offer_ttl: timedelta = timedelta(hours=24)  # how long somebody may think about a time that is offered to them
    is_video: bool = False
    verification: Verification = Verification.NONE
    booking_rules: BookingRules = field(default_factory=BookingRules)


@dataclass(frozen=True, slots=True)
class Patient:
    """A child (or anybody) who is seen."""

    id: PatientId
    given_name: str
    family_name: str
    birth_day: date
    household_id: int
    active: bool
    version: int

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class PatientState(StrEnum):
    """Whether somebody is seen here; nobody who is not `active` is asked for or booked anew."""

    ACTIVE = "active"
    MOVED = "moved"
    DECEASED = "deceased"
    MERGED = "merged"  # a duplicate of somebody else


class Channel(StrEnum):
    """How somebody is reached. Contact points are e-mail addresses and telephones; text messages go to some of the telephones."""

    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"


class OptOutSource(StrEnum):
    """Who said that a contact wants nothing over a channel."""

    STAFF = "staff"
    STOP = "stop"  # the answer to a text message
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class OptOut:
    """A contact wants nothing over one channel, but codes that they ask for themselves."""

    channel: Channel
    source: OptOutSource
    at: datetime


class Content(StrEnum):
    """How much a channel may say: *time* has practice, first name, date, time and place; *bare* only that there is news."""

    BARE = "bare"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One address or number of a contact; only the first verified e-mail receives codes and notices.

    A telephone that `takes_texts` gets text messages, once it is verified.
    """

    id: int
    channel: Channel
    value: str
    verified: bool
    takes_texts: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """Who asks for a patient (FHIR RelatedPerson)."""

    id: ContactId
    given_name: str
    family_name: str
    language: str
    points: tuple[ContactPoint, ...]
    active: bool
    version: int
    opted_out: bool = False  # wants no notices
    opt_outs: tuple[OptOut, ...] = ()  # over single channels

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def phones(self) -> tuple[str, ...]:
        """The telephone numbers."""
        return tuple(each.value for each in self.points if each.channel is Channel.PHONE)

    @property
    def mobile(self) -> str:
        """The number that text messages go to; "" for none."""
        return next((each.value for each in self.points if each.takes_texts and each.verified), "")

    @property
    def email(self) -> ContactPoint | None:
        """The address in use: the first confirmed one, else the first."""
        emails = [each for each in self.points if each.channel is Channel.EMAIL]
        return next((each for each in emails if each.verified), emails[0] if emails else None)


@dataclass(frozen=True, slots=True)
class Relation:
    """What one contact is to one patient, and what they may do; nothing after `valid_until`."""

    contact_id: ContactId
    patient_id: PatientId
    relation: str  # mother, father, grandmother, guardian, self …
    may_book: bool
    may_see_messages: bool
    gets_notices: bool
    valid_until: date | None

    def stands(self, today: date) -> bool:
        """Tell whether it still counts; the last day does."""
        return self.valid_until is None or today <= self.valid_until


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Wall-clock minutes since midnight for one weekday (Monday is 0); a day that is missing is closed."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class CancelReason:
    """A coded reason: `label` for staff, `parent_text` for the parent, `code` as HL7 knows it."""

    code: str
    label: str
    parent_text: str


class Flow(StrEnum):
    """On which way a family comes to the patients' pages; what each shows is a setting (BK6)."""

    BOOKING = "booking"  # a share link, to the end of a booking
    MANAGE = "manage"  # the manage link of an appointment
    ACCOUNT = "account"  # signed in


class Control(StrEnum):
    """What the page of an appointment can offer beside showing it."""

    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    MESSAGE = "message"  # write to the practice
    JOIN = "join"  # the video visit
    FORMS = "forms"  # questionnaires
    DOCUMENTS = "documents"
    CALENDAR = "calendar"  # a calendar file
    EARLIER = "earlier"  # ask for something earlier


# What makes sense on which way: nobody manages an appointment before there is one.
CONTROLS: Mapping[Flow, frozenset[Control]] = {
    Flow.BOOKING: frozenset({Control.CALENDAR, Control.FORMS, Control.CANCEL, Control.RESCHEDULE}),
    Flow.MANAGE: frozenset(Control) - {Control.EARLIER},
    Flow.ACCOUNT: frozenset(Control),
}


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """The practice settings, editable by an administrator; every kind of request is off in a new practice (MC1)."""

    practice_name: str = "New practice"
    practice_phone: str = ""
    zone: str = "America/Los_Angeles"
    locale: str = "en_US"
    public_url: str = ""
    kinds_on: frozenset[str] = frozenset()
    grace: timedelta = timedelta(seconds=20)
    target_age: timedelta = timedelta(minutes=45)  # of opening time, until an answer is late
    opening_hours: tuple[OpeningHours, ...] = field(
        default=tuple(OpeningHours(weekday, 8 * 60, 17 * 60) for weekday in range(5))
    )
    closed_days: Mapping[date, str] = field(
        default_factory=dict
    )  # each with its name: holidays, and the practice's own
    holiday_region: str = ""  # whose holidays are proposed, such as US-WA; empty: those of the locale's country
    intake_department_id: DepartmentId | None = None
    cancel_reasons: tuple[CancelReason, ...] = (
        CancelReason("pat", "Parent asked", later("At your request.")),
        CancelReason("pat-fb", "Feeling better", later("At your request.")),
        CancelReason("prov-pers", "Provider not available", later("Your provider is not available at that time.")),
        CancelReason("oth-weath", "Weather", later("The weather does not allow it.")),
        CancelReason("oth-err", "Entered by mistake", later("It was entered by mistake.")),
    )
    claim_lease: timedelta = timedelta(minutes=3)
    urgent_words: tuple[str, ...] = ()  # the practice's own, beside those that are known (MC14)
    sms_quiet_from: int = 21 * 60  # minutes since midnight; no text messages but codes from then …
    sms_quiet_until: int = 8 * 60  # … until then; the same twice: at any hour
    sms_most_a_day: int = 500  # text messages of a practice day, codes too (OTP-10)
    sms_countries: tuple[str, ...] = ()  # where they may go to, such as US; empty: the practice's own country alone
    meeting_url: str = ""  # of the meeting server; while it is empty nobody is offered a meeting (VM1)
    self_booking: bool = False  # share links lead to times that families book by themselves (BK5)
    new_families: bool = False  # so may those whom nobody here knows yet
    controls_off: Mapping[Flow, frozenset[Control]] = field(default_factory=dict)  # of `CONTROLS` (BK6)
    colour: str = ""  # of the patients' pages, such as #1f6f8b; empty: the house's own
    calendar_in_letters: bool = True  # letters about an appointment bring a calendar file (NT1)
    notice_contents: Mapping[Channel, Content] = field(default_factory=dict)  # what is missing tells the time (NT1)
    version: int = 0

    def content_of(self, channel: Channel) -> Content:
        """Return how much notices about an appointment may say over a channel."""
        return self.notice_contents.get(channel, Content.TIME)

    def shows(self, flow: Flow, control: Control) -> bool:
        """Tell whether the patients' pages offer this on this way."""
        return control in CONTROLS[flow] and control not in self.controls_off.get(flow, frozenset())
