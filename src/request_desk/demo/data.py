"""The files of the demo practice as typed values, and its calendar of business days; what is made of them lives beside."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from request_desk.domain.practice_time import PracticeTime

_FOLDER: Final = Path(__file__).parent
WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri")
_ALL_DAYS: Final = (*WEEK, "Sat", "Sun")
_FROM: Final = {"from_": "from", "until": "to"}
T = TypeVar("T")

Sex = Literal["girl", "boy"]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a file: a word that is not known is an error, so that no typing mistake goes unseen."""


# practice.toml


class Identity(_File, frozen=True):
    """What the practice is called and how it works."""

    name: str
    phone: str
    zone: str
    locale: str
    kinds_on: list[str]
    grace_seconds: int
    claim_lease_minutes: int
    demo_weekday: str
    demo_time: str
    target_minutes: dict[str, int]
    meeting_url: str = ""
    self_booking: bool = False
    new_families: bool = False


class Fill(_File, frozen=True):
    """How full the schedule is, as shares of the bookable minutes."""

    day_0: float
    day_1: float
    week_1: float
    week_2: float
    week_3: float
    week_4: float
    later: float
    past: float
    monday_more: float
    past_days: int
    no_show: float
    late_cancel: float


class Opening(_File, frozen=True, rename=_FROM):
    """Opening hours on some weekdays."""

    days: list[str]
    from_: str
    until: str


class FileLocation(_File, frozen=True):
    """A location."""

    key: str
    name: str
    address: str
    phone: str


class FileAppointmentType(_File, frozen=True):
    """An appointment type; no providers are all of them."""

    key: str
    name: str
    short_name: str
    minutes: int
    buffer_minutes: int
    hold_ttl_minutes: int
    minimum_notice_hours: int
    reschedule_notice_hours: int
    cancel_notice_hours: int
    maximum_advance_days: int
    grid_minutes: int
    rebooking_mode: str
    providers: list[str]
    min_age_months: int | None = None
    max_age_months: int | None = None
    rest_days: int = 0
    rest_group: str = ""
    new_patient_minutes: int | None = None
    interpreter_minutes: int = 0
    no_show_minutes: int | None = None
    durations: dict[str, int] = {}
    is_video: bool = False
    verification: str = "none"

    @property
    def blocked(self) -> int:
        """Minutes that nobody else can have."""
        return self.minutes + self.buffer_minutes


class Clinician(_File, frozen=True):
    """A provider, and for what they are usually booked (shares of 100)."""

    key: str
    name: str
    short_name: str
    locations: list[str]
    usual: dict[str, int]
    mobile_phone: str = ""


class Window(_File, frozen=True, rename=_FROM):
    """Weekly bookable hours; no types are all of them. Into `work_in_lanes` somebody can be squeezed beside what is booked."""

    provider: str
    location: str
    days: list[str]
    from_: str
    until: str
    types: list[str]
    label: str
    work_in_lanes: int = 0


class FileAbsence(_File, frozen=True, rename=_FROM):
    """An absence: weekly, or on business days."""

    provider: str
    label: str
    weekday: str = ""
    from_: str = ""
    until: str = ""
    first_day: int | None = None
    last_day: int | None = None


class Login(_File, frozen=True):
    """Somebody who signs in."""

    login: str
    name: str
    title: str
    initials: str
    roles: list[str]
    provider: str = ""
    signed_in: bool = False
    at_work: bool = False


class FileDepartment(_File, frozen=True):
    """A department."""

    key: str
    name: str
    members: list[str]
    intake: bool = False


class FileVariant(_File, frozen=True):
    """A variant of a service; no providers are all who do its type, no locations are all."""

    name: str
    type: str
    description: str = ""
    providers: list[str] = []
    locations: list[str] = []
    visible: bool = True


class FileService(_File, frozen=True):
    """What families book by themselves."""

    name: str
    description: str
    variant: list[FileVariant]
    visible: bool = True


class Reason(_File, frozen=True):
    """A coded reason of a cancellation."""

    code: str
    label: str
    parent_text: str


class FilePopulation(_File, frozen=True):
    """How many people there are and how they live together."""

    patients: int
    oldest_years: int
    families_of: list[int]
    two_contacts: float
    grandparent: float
    other_address: float
    young_patient_own_account_years: int


class Practice(_File, frozen=True):
    """The whole of practice.toml."""

    practice: Identity
    fill: Fill
    opening: list[Opening]
    location: list[FileLocation]
    type: list[FileAppointmentType]
    service: list[FileService]
    provider: list[Clinician]
    window: list[Window]
    absence: list[FileAbsence]
    staff: list[Login]
    department: list[FileDepartment]
    cancel_reason: list[Reason]
    population: FilePopulation


# names.toml


class Culture(_File, frozen=True):
    """Names that go together."""

    key: str
    script: str
    share: int
    english_given: int
    family: list[str]
    girl: list[str]
    boy: list[str]
    common: dict[str, int] = {}
    mother: list[str] = []
    father: list[str] = []


class Name(_File, frozen=True):
    """A given and a family name."""

    given: str
    family: str


class LookAlike(_File, frozen=True):
    """Two patients whom a hurried eye confuses."""

    born: Literal["same", "different"]
    first: Name
    second: Name


class Names(_File, frozen=True):
    """The whole of names.toml."""

    culture: list[Culture]
    look_alike: list[LookAlike]
    long: list[Name]


# requests.toml and earlier.toml


class NamedContact(_File, frozen=True):
    """A contact who appears in a request by key."""

    key: str
    given: str
    relation: str
    phone: str
    email: str
    family: str = ""
    language: str = "en"
    may_book: bool = True
    may_see_messages: bool = True
    gets_notices: bool = True
    address: str = ""


class NamedChild(_File, frozen=True):
    """A child who appears in a request by key, and when born."""

    key: str
    given: str
    sex: Sex
    family: str = ""
    years: int | None = None
    birthday: str = ""
    months: int | None = None
    turns: int | None = None
    business_day: int = 0
    plus_days: int = 0
    custody_note: str = ""


class NamedFamily(_File, frozen=True):
    """A family with names of its own."""

    key: str
    family: str
    provider: str
    location: str
    contact: list[NamedContact]
    child: list[NamedChild]


class Booked(_File, frozen=True):
    """An appointment of day 0 that the pictures show."""

    provider: str
    location: str
    day: int
    at: str
    type: str
    given: str
    family: str
    status: Literal["confirmed", "held"]
    minutes_left: int = 0


class AnyChild(_File, frozen=True):
    """A child to be found among the generated ones."""

    sex: Sex
    from_months: int
    to_months: int
    family: str = ""
    has: Literal["", "girl", "boy"] = ""  # a sister or brother who is a patient too


class Moment(_File, frozen=True):
    """A wall time on a business day."""

    day: int
    at: str


class FileWish(_File, frozen=True):
    """A preferred time, as its writer put it."""

    kind: Literal["slot", "day_part", "next"]
    day: int = 0
    weekday: str = ""
    at: str = ""
    part: str = ""
    provider: str = ""
    state: str = ""


class FileAppointment(_File, frozen=True):
    """The appointment that a request is about, or one that an answer booked."""

    day: int
    at: str
    type: str
    provider: str
    location: str


class Forwarding(_File, frozen=True):
    """A forward by hand."""

    to: str
    by: str
    day: int
    at: str
    note: str


class FileMessage(_File, frozen=True, rename=_FROM):
    """A letter of a thread after the first one."""

    from_: str
    day: int
    at: str
    text: str


class FileAnswer(_File, frozen=True):
    """What staff did about a request of the days before."""

    by: str
    day: int
    at: str
    phrase: str = ""
    text: str = ""
    outcome: Literal["completed", "waiting"] = "completed"
    until_day: int | None = None
    no_reply: str = ""
    code: str = ""
    booked: FileAppointment | None = None
    offers: int = 0
    delivery: Literal["sent", "failed"] = "sent"


class FileRequest(_File, frozen=True, rename=_FROM):
    """A request, and everything that happened to it."""

    key: str
    case: str
    kind: Literal["schedule", "cancel", "reschedule"]
    from_: str
    child: str | AnyChild
    type: str
    provider: str
    location: str
    arrived: Moment
    wishes: list[FileWish]
    text: str
    appointment: FileAppointment | None = None
    sibling_appointment: FileAppointment | None = None
    booked: FileAppointment | None = None
    read_by: list[str] = []
    claimed_by: str = ""
    forwarded: Forwarding | None = None
    thread: list[FileMessage] = []
    reopened: bool = False
    done: FileAnswer | None = None


class Requests(_File, frozen=True):
    """The whole of requests.toml, and of earlier.toml, which has no families."""

    request: list[FileRequest]
    family: list[NamedFamily] = []
    booked: list[Booked] = []


# forms.toml


class FileQuestion(_File, frozen=True):
    """A question; options are pairs of English and Spanish."""

    kind: str
    text: str
    text_es: str = ""
    options: list[tuple[str, str]] = []
    required: bool = False


class FileQuestionnaire(_File, frozen=True):
    """What is asked before appointments of these types."""

    name: str
    name_es: str
    types: list[str]
    question: list[FileQuestion]


class FilledIn(_File, frozen=True):
    """What a contact has answered before the appointment of a request, by the number of the question."""

    by: str
    request: str
    answers: dict[str, str]


class FileDocument(_File, frozen=True):
    """A document beside the same appointment, and who put it there."""

    by: str
    file: str
    name: str


class Forms(_File, frozen=True):
    """The whole of forms.toml."""

    questionnaire: list[FileQuestionnaire]
    filled: FilledIn
    document: FileDocument


# The tables are read once in a process: the builder asks for them in many places.


@cache
def practice() -> Practice:
    """Return practice.toml."""
    return _read("practice", Practice)


@cache
def names() -> Names:
    """Return names.toml."""
    return _read("names", Names)


@cache
def requests() -> Requests:
    """Return requests.toml: the open ones and the named families."""
    return _read("requests", Requests)


@cache
def earlier() -> Requests:
    """Return earlier.toml: the requests that are answered already."""
    return _read("earlier", Requests)


@cache
def forms() -> Forms:
    """Return forms.toml."""
    return _read("forms", Forms)


def document_bytes(name: str) -> bytes:
    """Return a file that lies beside the tables."""
    return (_FOLDER / name).read_bytes()


def _read(name: str, shape: type[T]) -> T:
    values: dict[str, Any] = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    return msgspec.convert(values, shape)


def minute_of(wall: str) -> int:
    """Return the minutes since midnight of "HH:MM"."""
    hour, minute = wall.split(":")
    return int(hour) * 60 + int(minute)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business days counted from the day of the demo, which is always like the weekday that the files are written for."""

    today: date
    zone: PracticeTime

    def day(self, number: int) -> date:
        """Return the date of a business day; 0 is the day of the demo."""
        weeks, weekday = divmod(self.today.weekday() + number, len(WEEK))
        return self.today + timedelta(days=7 * weeks + weekday - self.today.weekday())

    def weekday(self, written: str) -> int:
        """Return the weekday on which something written for `written` happens (Monday is 0)."""
        return (WEEK.index(written) + self._shift) % len(WEEK)

    def written(self, number: int) -> str:
        """Return the weekday that the files mean by a business day."""
        return WEEK[(WEEK.index(practice().practice.demo_weekday) + number) % len(WEEK)]

    def after(self, weekday: str) -> date:
        """Return the next date after day 0 with that very weekday."""
        ahead = (_ALL_DAYS.index(weekday) - self.today.weekday() - 1) % 7 + 1
        return self.today + timedelta(days=ahead)

    def instant(self, number: int, wall: str) -> datetime:
        """Return the instant of a wall time on a business day."""
        return self.zone.instant(self.day(number), minute_of(wall))

    @property
    def opens_at(self) -> datetime:
        """The moment at which the demo opens."""
        return self.instant(0, practice().practice.demo_time)

    @property
    def _shift(self) -> int:
        return self.today.weekday() - WEEK.index(practice().practice.demo_weekday)


def calendar(now: datetime) -> Calendar:
    """Return the calendar of a demo that is made at `now`: day 0 is the next working day whose opening is still to come.

    So the demo is never behind the clock of the machine, whatever the hour.
    """
    zone = PracticeTime(practice().practice.zone)
    day = zone.day_of(now)
    while day.weekday() >= len(WEEK) or Calendar(day, zone).opens_at < now:
        day += timedelta(days=1)
    return Calendar(day, zone)
