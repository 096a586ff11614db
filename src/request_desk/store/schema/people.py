"""Patients, their contacts and how those are reached."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from request_desk.store.schema.base import added_flag, flag, id_column, metadata, text_column, version_column
from request_desk.store.types import Day, Id, Instant, one_of

patient = Table(
    "patient",
    metadata,
    id_column(),
    version_column(),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("birth_day", Day, nullable=False, index=True),
    Column("household_id", Id, nullable=False, index=True),
    Column("search", Text, nullable=False),  # folded names and birth day, for finding by typing
    text_column("custody_note"),  # who decides for the child, where that is not plain (ACT14)
    flag("active", default=True),
    flag("deceased", default=False),
    Column("merged_into_id", Id, ForeignKey("patient.id")),  # a duplicate: everything of it is there now
    added_flag("needs_interpreter"),
    sqlite_strict=True,
)
Index("ix_patient_family_name_id", patient.c.family_name, patient.c.id)

contact = Table(
    "contact",
    metadata,
    id_column(),
    version_column(),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("language", Text, nullable=False, default="en"),
    Column("search", Text, nullable=False),
    flag("active", default=True),
    flag("opted_out", default=False),
    sqlite_strict=True,
)

contact_patient = Table(
    "contact_patient",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True),
    Column("patient_id", Id, ForeignKey("patient.id"), primary_key=True),
    Column("relation", Text, nullable=False),
    flag("may_book", default=True),
    flag("may_see_messages", default=True),
    flag("gets_notices", default=True),
    Column("valid_until", Day),
    Index("ix_contact_patient_patient_id", "patient_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

contact_point = Table(
    "contact_point",
    metadata,
    id_column(),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("lookup", Text, nullable=False),  # e-mail with lower-cased domain, phone as E.164: what sign-in compares
    Column("verified_at", Instant),
    one_of("channel", ("email", "phone")),
    added_flag("takes_texts"),  # a telephone that its owner wants text messages on
    Index("ix_contact_point_lookup", "lookup"),
    sqlite_strict=True,
)
