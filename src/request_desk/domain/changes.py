"""What a committed change tells the windows: topics, ids, and by whom; plain values only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from request_desk.domain.practice_time import PracticeTime


class Topic(StrEnum):
    """What kind of thing changed."""

    REQUEST = "request"
    APPOINTMENT = "appointment"
    CLAIM = "claim"
    MARK = "mark"  # read and dismissed: only for the staff member who made it
    DRAFT = "draft"
    NOTE = "note"
    DELIVERY = "delivery"
    WAITLIST = "waitlist"  # who would like a time that is not there yet
    PHRASE = "phrase"
    PATIENT = "patient"
    STAFF = "staff"
    DIRECTORY = "directory"
    AVAILABILITY = "availability"
    SETTINGS = "settings"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class ScheduleScope:
    """Where a change of an appointment is seen. It never moves: an appointment that is moved is another one."""

    starts_at: datetime
    provider_id: int
    patient_id: int
    request_id: int | None

    def is_near(self, day: date, zone: PracticeTime) -> bool:
        """Whether it may be seen on a day of this zone: one that begins the evening before may reach into it."""
        return abs((zone.day_of(self.starts_at) - day).days) <= 1


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal, as a window hears it."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: int
    actor_name: str
    desk: str
    action: str
    topic: Topic
    entity_id: int
    scope: ScheduleScope | None = None  # of an appointment, where it is known


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of one commit or of one look at the journal. `everything` asks every view to read anew."""

    entries: tuple[JournalEntry, ...] = ()
    everything: bool = False
    _ids: Mapping[Topic, frozenset[int]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        ids: dict[Topic, set[int]] = {}
        for entry in self.entries:
            ids.setdefault(entry.topic, set()).add(entry.entity_id)
        object.__setattr__(self, "_ids", {topic: frozenset(found) for topic, found in ids.items()})

    def __getitem__(self, topic: Topic) -> frozenset[int]:
        return self._ids.get(topic, frozenset())

    def __bool__(self) -> bool:
        return self.everything or bool(self.entries)

    def touches(self, *topics: Topic) -> bool:
        """Tell whether any of these topics changed."""
        return self.everything or any(topic in self._ids for topic in topics)

    def move(self, is_seen: Callable[[ScheduleScope], bool], *, but: str = "") -> bool:
        """Tell whether the schedule changed where a view sees it, but for acts of one name; what is not known counts."""
        return self.touches(Topic.AVAILABILITY) or any(
            entry.topic is Topic.APPOINTMENT and entry.action != but and (entry.scope is None or is_seen(entry.scope))
            for entry in self.entries
        )

    def of(self, topic: Topic, entity_id: int) -> tuple[JournalEntry, ...]:
        """Return the entries about one thing, oldest first."""
        return tuple(entry for entry in self.entries if entry.topic is topic and entry.entity_id == entity_id)
