"""What goes out of the practice."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column, where
from request_desk.store.types import Id, Instant, Json, PublicId, at_most, one_of

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    version_column(),
    Column("reference", PublicId, nullable=False),  # Message-ID: the same on every try
    Column("kind", Text, nullable=False),  # the table of kinds is in `domain/notices.py`
    Column("channel", Text, nullable=False),
    # To whom: one of a family's contacts, a provider, somebody of the staff.
    Column("contact_id", Id, ForeignKey("contact.id")),
    Column("provider_id", Id, ForeignKey("provider.id")),
    Column("staff_id", Id, ForeignKey("staff.id")),
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
    one_of("channel", ("email", "sms")),
    CheckConstraint(
        "CASE WHEN contact_id IS NULL THEN 0 ELSE 1 END + CASE WHEN provider_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END = 1",
        name="one_recipient",
    ),
    Index("uq_outbox_request_id_dedupe_key", "request_id", "dedupe_key", unique=True),  # finds those of a request, too
    Index(
        "uq_outbox_dedupe_key",
        "dedupe_key",
        unique=True,
        info=where("request_id IS NULL"),
    ),
    Index(  # those of an appointment that was booked, moved or cancelled without a request
        "ix_outbox_appointment_id",
        "appointment_id",
        info=where("request_id IS NULL"),
    ),
    Index(
        "ix_outbox_due",
        "not_before",
        "id",
        info=where("state = 'pending'"),
    ),
    Index(  # text messages of the last day, which the practice limits
        "ix_outbox_sent_sms",
        "sent_at",
        info=where("state = 'sent' AND channel = 'sms'"),
    ),
    Index(
        "ix_outbox_failed",
        "id",
        info=where("state = 'failed'"),
    ),
    sqlite_strict=True,
)

# The text of each kind of notice, for each channel and language (AD5); `shipped` as long as nobody of the practice changed it.
notice_template = Table(
    "notice_template",
    metadata,
    id_column(),
    version_column(),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    text_column("subject"),
    Column("body", Text, nullable=False),
    flag("shipped", default=False),
    one_of("channel", ("email", "sms")),
    UniqueConstraint("kind", "channel", "language"),
    *at_most("subject", 500),
    *at_most("body", 8192),
    sqlite_strict=True,
)

# What a notice's text or a phrase said before it was changed (TPL-08).
template_version = Table(
    "template_version",
    metadata,
    id_column(),
    Column("template_id", Id, ForeignKey("notice_template.id")),
    Column("phrase_id", Id, ForeignKey("phrase.id")),
    text_column("subject"),  # of a phrase its title
    Column("body", Text, nullable=False),
    Column("prompts", Json),  # of a phrase
    flag("shipped", default=False),
    Column("replaced_at", Instant, nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id")),  # who replaced it; null: an update of the product
    CheckConstraint("(template_id IS NULL) <> (phrase_id IS NULL)", name="of_one"),
    Index("ix_template_version_template_id", "template_id", "id"),
    Index("ix_template_version_phrase_id", "phrase_id", "id"),
    *at_most("subject", 500),
    *at_most("body", 8192),
    sqlite_strict=True,
)

# Who wants nothing over one channel: told to staff, by STOP to a text message, or by the link of a letter.
opt_out = Table(
    "opt_out",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("at", Instant, nullable=False),
    one_of("channel", ("email", "sms")),
    one_of("source", ("staff", "stop", "portal")),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What is told once to all families of a span: a provider who runs late, a location that is closed (NT2).
announcement = Table(
    "announcement",
    metadata,
    id_column(),
    version_column(),
    Column("kind", Text, nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id")),
    Column("location_id", Id, ForeignKey("location.id")),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("late_minutes", Integer),
    Column("texts", Json, nullable=False),  # language: what staff wrote
    Column("created_at", Instant, nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    one_of("kind", ("running_late", "closed")),
    CheckConstraint("(provider_id IS NULL) <> (location_id IS NULL)", name="of_one"),
    CheckConstraint("ends_at > starts_at", name="span"),
    Index("ix_announcement_starts_at", "starts_at"),
    sqlite_strict=True,
)
