"""Other practices' programs and their booking tokens."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from request_desk.store.schema.base import id_column, metadata, version_column
from request_desk.store.types import Id, Instant

booking_secret = Table(
    "booking_secret",
    metadata,
    id_column(),
    version_column(),
    Column("key_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),  # whose: the issuer of its tokens
    Column("sealed", Text, nullable=False),  # the value, encrypted (SEC-01)
    Column("created_at", Instant, nullable=False),
    Column("created_by_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Column("revoked_by_id", Id),
    sqlite_strict=True,
)

# A booking token that was accepted, for the minutes in which its patient books (PP3).
booking_launch = Table(
    "booking_launch",
    metadata,
    id_column(),
    Column("secret_id", Id, ForeignKey("booking_secret.id"), nullable=False),
    Column("jti", Text, nullable=False),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False),
    Column("type_id", Id, ForeignKey("appointment_type.id")),
    Column("location_id", Id, ForeignKey("location.id")),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("session_hash", Text, unique=True),  # of the browser that opened it
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Index("ix_booking_launch_secret_id_jti", "secret_id", "jti"),
    sqlite_strict=True,
)

# One appointment a token (JWT-07).
booking_token_use = Table(
    "booking_token_use",
    metadata,
    Column("secret_id", Id, ForeignKey("booking_secret.id"), primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("appointment_id", Id, ForeignKey("appointment.id"), nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
