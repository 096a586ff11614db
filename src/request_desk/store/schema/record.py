"""What was done: the journal, commands that were answered, leases."""

from sqlalchemy import Column, Identity, Index, Table, Text

from request_desk.store.schema.base import metadata
from request_desk.store.types import Flag, Id, Instant, Json, PublicId

journal = Table(
    "journal",
    metadata,
    Column("seq", Id, Identity(always=True), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Id, nullable=False),
    Column("desk", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("detail", Json),
    Column("command_id", PublicId, nullable=False),
    Column("broadcast", Flag, nullable=False),  # views are kept, not broadcast
    # The thing before its topic: what an act changes is of about the same age, and so on the same page.
    Index("ix_journal_entity_id_topic_seq", "entity_id", "topic", "seq"),
    sqlite_strict=True,
)

command = Table(
    "command",
    metadata,
    Column("id", PublicId, primary_key=True),
    Column("actor_id", Id, nullable=False),
    Column("function", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("answer", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Instant, nullable=False),
    sqlite_strict=True,
)
