"""Reminders before an appointment: the rules of each type, and which were published."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text

from request_desk.store.schema.base import flag, id_column, metadata, version_column
from request_desk.store.types import Id, Instant, one_of

# Whom a type reminds how long before (RM1).
reminder_rule = Table(
    "reminder_rule",
    metadata,
    id_column(),
    version_column(),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False, index=True),
    Column("recipients", Text, nullable=False),
    Column("minutes_before", Integer, nullable=False),
    flag("by_email", default=True),
    flag("by_sms", default=False),
    flag("active", default=True),
    one_of("recipients", ("patient", "provider", "administrator")),
    CheckConstraint("minutes_before BETWEEN 1 AND 86400", name="minutes_before"),
    sqlite_strict=True,
)

# What the job has decided, once for each recipient of a rule at each time that an appointment had (RM2, JOB-02).
appointment_reminder = Table(
    "appointment_reminder",
    metadata,
    Column("appointment_id", Id, ForeignKey("appointment.id"), primary_key=True),
    Column("rule_id", Id, ForeignKey("reminder_rule.id"), primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column(
        "recipient", Text, primary_key=True
    ),  # "contact:17", "provider:3", "staff:1"; empty: nobody, for all of the rule
    Column("outcome", Text, nullable=False),
    Column("at", Instant, nullable=False),
    one_of("outcome", ("published", "too_late", "nobody")),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
