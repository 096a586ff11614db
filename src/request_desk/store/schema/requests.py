"""Requests, what is said in them, and what staff keep beside them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column, where
from request_desk.store.types import Day, Id, Instant, Json, PublicId, at_most, one_of

request = Table(
    "request",
    metadata,
    id_column(),
    version_column(),
    Column("reference", PublicId, nullable=False, unique=True),  # the portal's URL of the thread
    Column("submission_id", PublicId, nullable=False, unique=True),  # the same form sent twice is one request
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False, index=True),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False, index=True),
    Column("household_id", Id, nullable=False),
    Column("type_id", Id, ForeignKey("appointment_type.id")),
    Column("provider_id", Id, ForeignKey("provider.id")),
    Column("location_id", Id, ForeignKey("location.id")),
    Column("appointment_id", Id, ForeignKey("appointment.id")),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("target_origin", Text, nullable=False),
    Column("routing_reason", Text, nullable=False),
    flag("urgent", default=False),
    Column("arrived_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("needed_at", Instant),
    Column("waiting_until", Instant),
    Column("visible_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("completed_by_id", Id),
    text_column("completion_reason"),  # why it was completed without a reply (RE6)
    one_of("kind", ("schedule", "cancel", "reschedule")),
    one_of("state", ("open", "waiting", "completed", "withdrawn")),
    one_of("target_kind", ("department", "staff")),
    one_of("target_origin", ("auto", "forwarded")),
    CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", name="completed"),
    Index(
        "ix_request_open_target",
        "target_id",
        "id",
        info=where("state = 'open'"),
    ),
    Index(
        "ix_request_waiting_target",
        "target_id",
        "id",
        info=where("state = 'waiting'"),
    ),
    Index(
        "ix_request_completed_at_id",
        "completed_at",
        "id",
        info=where("state = 'completed'"),
    ),
    Index("ix_request_household_id_arrived_at", "household_id", "arrived_at"),
    Index("ix_request_appointment_id", "appointment_id"),
    sqlite_strict=True,
)

request_wish = Table(
    "request_wish",
    metadata,
    Column("request_id", Id, ForeignKey("request.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id")),
    Column("starts_at", Instant),
    Column("day", Day),
    Column("part", Text),
    one_of("kind", ("slot", "day_part", "next")),
    CheckConstraint(
        "(kind = 'slot') = (starts_at IS NOT NULL) AND (kind = 'day_part') = (day IS NOT NULL AND part IS NOT NULL)",
        name="shape",
    ),
    CheckConstraint("rank BETWEEN 1 AND 9", name="rank"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    id_column(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Id, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text, nullable=False, default="en"),
    text_column("phrase"),
    Column("created_at", Instant, nullable=False),
    Column("visible_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),  # taken back within the grace time; never shown again
    one_of("author_kind", ("contact", "staff", "system")),
    *at_most("body", 16000),
    Index("ix_message_request_id_id", "request_id", "id"),
    Index(  # how often a phrase is used
        "ix_message_phrase_created_at",
        "phrase",
        "created_at",
        info=where("phrase <> ''"),
    ),
    sqlite_strict=True,
)

# What search reads: folded text of each message with the names around it; `scope` is "t<target>". Those of a request are found
# by its messages.
message_search = Table(
    "message_search",
    metadata,
    id_column(),  # the message's
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("scope", Text, nullable=False),
    sqlite_strict=True,
)

staff_note = Table(
    "staff_note",
    metadata,
    id_column(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False, index=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("call", Text),
    Column("created_at", Instant, nullable=False),
    one_of("call", ("no_answer", "voicemail", "spoke")),
    *at_most("body", 16000),
    sqlite_strict=True,
)

forward = Table(
    "forward",
    metadata,
    id_column(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False, index=True),
    Column("staff_id", Id, nullable=False),  # 0: the program, when a department lost its last member
    Column("from_kind", Text, nullable=False),
    Column("from_id", Id, nullable=False),
    Column("to_kind", Text, nullable=False),
    Column("to_id", Id, nullable=False),
    text_column("note"),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("ix_forward_staff_id_id", "staff_id", "id"),
    *at_most("note", 4000),
    sqlite_strict=True,
)

# Per-user marks, only for requests that are open: completing deletes them, so those of one request lie together.
request_mark = Table(
    "request_mark",
    metadata,
    Column("request_id", Id, ForeignKey("request.id"), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("read_at", Instant),
    Column("dismissed_at", Instant),
    # The badge subtracts what its owner dismissed; read marks are many, these few.
    Index(
        "ix_request_mark_dismissed",
        "staff_id",
        "request_id",
        info=where("dismissed_at IS NOT NULL"),
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Open requests per target, kept by triggers: the badge stays one read per target at a million requests.
open_count = Table(
    "open_count",
    metadata,
    Column("target_id", Id, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_strict=True,
)

claim = Table(
    "claim",
    metadata,
    Column("request_id", Id, ForeignKey("request.id"), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("desk", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    sqlite_strict=True,
)

draft = Table(
    "draft",
    metadata,
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("request_id", Id, ForeignKey("request.id"), primary_key=True),
    Column("body", Text, nullable=False),
    text_column("phrase"),
    text_column("state"),
    Column("updated_at", Instant, nullable=False),
    *at_most("body", 40000),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

phrase = Table(
    "phrase",
    metadata,
    id_column(),
    version_column(),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("grouping", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("prompts", Json, nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id")),  # null: practice-wide
    flag("shipped", default=False),
    flag("active", default=True),
    UniqueConstraint("slug", "language", "staff_id"),
    *at_most("body", 8192),
    sqlite_strict=True,
)
