"""What a committed change tells the windows: topics, ids, and by whom; plain values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Topic(StrEnum):
    """What kind of thing changed."""

    REQUEST = "request"
    APPOINTMENT = "appointment"
    CLAIM = "claim"
    MARK = "mark"  # read and dismissed: only for the staff member who made it
    DRAFT = "draft"
    NOTE = "note"
    DELIVERY = "delivery"
    PHRASE = "phrase"
    PATIENT = "patient"
    STAFF = "staff"
    DIRECTORY = "directory"
    AVAILABILITY = "availability"
    SETTINGS = "settings"
    SESSION = "session"


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

    def of(self, topic: Topic, entity_id: int) -> tuple[JournalEntry, ...]:
        """Return the entries about one thing, oldest first."""
        return tuple(entry for entry in self.entries if entry.topic is topic and entry.entity_id == entity_id)
