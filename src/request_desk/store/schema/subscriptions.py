"""Other programs that hear of events: subscriptions, what goes to them, and each try."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column, where
from request_desk.store.types import Id, Instant, Json, PublicId, at_most, one_of

# Where events of chosen types are sent (WH1). What is secret is sealed (SEC-01): the key of the signature and the headers' values.
subscription = Table(
    "subscription",
    metadata,
    id_column(),
    version_column(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    text_column("headers_sealed"),
    Column("secret_sealed", Text, nullable=False),
    text_column("previous_secret_sealed"),
    Column("previous_until", Instant),  # until when the secret before this one signs, too (HOOK-02)
    flag("is_full", default=False),
    flag("active", default=True),
    text_column("off_reason"),  # why it was switched off by itself
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
    *at_most("name", 200),
    *at_most("url", 2000),
    sqlite_strict=True,
)

subscription_event_type = Table(
    "subscription_event_type",
    metadata,
    Column("subscription_id", Id, ForeignKey("subscription.id"), primary_key=True),
    Column("event_type", Text, primary_key=True),
    Index("ix_subscription_event_type_event_type", "event_type"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# One event on its way to one subscription; its reference is the webhook-id, the same on every try.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    id_column(),
    version_column(),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("subscription_id", Id, ForeignKey("subscription.id"), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("event_id", PublicId, nullable=False),  # the same for all subscriptions that hear of it
    Column("request_id", Id),
    Column("appointment_id", Id),
    Column("payload", Json, nullable=False),  # thin: ids, times, status (HOOK-06)
    Column("occurred_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    text_column("lease_owner"),
    Column("lease_until", Instant),
    text_column("error"),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    one_of("state", ("pending", "sent", "failed", "withdrawn")),
    Index(
        "ix_webhook_delivery_due",
        "subscription_id",
        "not_before",
        "id",
        info=where("state = 'pending'"),
    ),
    Index(
        "ix_webhook_delivery_failed",
        "id",
        info=where("state = 'failed'"),
    ),
    Index("ix_webhook_delivery_subscription_id", "subscription_id", "id"),
    Index("ix_webhook_delivery_appointment_id", "appointment_id"),
    Index("ix_webhook_delivery_request_id", "request_id"),
    sqlite_strict=True,
)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    id_column(),
    Column("delivery_id", Id, ForeignKey("webhook_delivery.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("status", Integer),  # null: no answer
    Column("elapsed_ms", Integer, nullable=False),
    text_column("answer"),  # its first bytes, made visible
    text_column("error"),
    *at_most("answer", 2000),
    sqlite_strict=True,
)
