"""What goes out of the practice."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from request_desk.store.schema.base import id_column, metadata, text_column, version_column
from request_desk.store.types import Id, Instant, Json, PublicId, one_of

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    version_column(),
    Column("reference", PublicId, nullable=False),  # Message-ID: the same on every try
    Column("kind", Text, nullable=False),  # the table of kinds is in `domain/notices.py`
    Column("channel", Text, nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("contact_point_id", Id, ForeignKey("contact_point.id")),
    Column("request_id", Id),
    Column("appointment_id", Id),
    Column("challenge_id", Id),  # codes are minted when sent, never stored here
    Column("payload", Json, nullable=False),  # ids and times only: no text of a patient
    Column("dedupe_key", Text, nullable=False),  # names what it is about, so that the same is never told twice
    Column("state", Text, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    text_column("lease_owner"),
    Column("lease_until", Instant),
    text_column("error"),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    one_of("state", ("pending", "sent", "failed", "withdrawn")),
    one_of("channel", ("email",)),
    Index("uq_outbox_request_id_dedupe_key", "request_id", "dedupe_key", unique=True),  # finds those of a request, too
    Index(
        "uq_outbox_dedupe_key",
        "dedupe_key",
        unique=True,
        sqlite_where=text("request_id IS NULL"),
        postgresql_where=text("request_id IS NULL"),
    ),
    Index(  # those of an appointment that was booked, moved or cancelled without a request
        "ix_outbox_appointment_id",
        "appointment_id",
        sqlite_where=text("request_id IS NULL"),
        postgresql_where=text("request_id IS NULL"),
    ),
    Index(
        "ix_outbox_due",
        "not_before",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_outbox_failed",
        "id",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    sqlite_strict=True,
)
