"""Appointments, who waits for another time, and what a provider who is out means for them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column, where
from request_desk.store.triggers import BLOCKING
from request_desk.store.types import Day, Id, Instant, at_most, one_of

STATUSES = ("held", "confirmed", "cancelled", "expired", "completed", "no_show")

appointment = Table(
    "appointment",
    metadata,
    id_column(),
    version_column(),
    Column("chain_id", Id, nullable=False),  # the id of the first appointment of its rebookings
    Column("replaces_id", Id, ForeignKey("appointment.id")),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("location_id", Id, ForeignKey("location.id"), nullable=False),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False),
    Column("lane", Integer, nullable=False, default=0),
    Column("status", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # The buffer lies inside the blocked interval, so that the database sees what the rules see.
    Column("blocks_from", Instant, nullable=False),
    Column("blocks_until", Instant, nullable=False),
    Column("hold_expires_at", Instant),
    Column("held_by_id", Id),  # the staff member or contact who holds it
    Column("request_id", Id),  # the request it was held or booked for
    Column("released_at", Instant),  # freed time stays kept until then: the grace time of an undo
    text_column("cancel_code"),
    text_column("cancel_text"),
    flag("late_cancel", default=False),
    text_column("overrule"),  # why staff overruled a limit (ACT7)
    Column("booked_by_kind", Text, nullable=False),
    Column("booked_by_id", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("visible_at", Instant, nullable=False),  # the portal shows the state before until then
    # What was agreed with the patient: if zone rules change, `doctor` finds the rows that no longer match.
    Column("zone", Text, nullable=False),
    Column("wall_time", Text, nullable=False),
    one_of("status", STATUSES),
    CheckConstraint("starts_at < ends_at", name="order"),
    CheckConstraint("blocks_from <= starts_at AND blocks_until >= ends_at", name="blocks"),
    # Overlap search looks back no further than this.
    CheckConstraint("blocks_until - blocks_from <= 43200000000", name="length").ddl_if(dialect="sqlite"),
    CheckConstraint("blocks_until - blocks_from <= interval '12 hours'", name="length").ddl_if(dialect="postgresql"),
    CheckConstraint("(status = 'held') = (hold_expires_at IS NOT NULL)", name="hold_expires"),
    CheckConstraint("status <> 'cancelled' OR cancel_code <> ''", name="cancel_reason"),  # AP3
    CheckConstraint("lane >= 0", name="lane"),
    *at_most("cancel_text", 2000),
    Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
    Index("ix_appointment_provider_id_starts_at", "provider_id", "starts_at"),
    Index("ix_appointment_starts_at_id", "starts_at", "id"),
    Index("ix_appointment_status_starts_at_id", "status", "starts_at", "id"),  # the few no-shows among a million
    Index("ix_appointment_chain_id", "chain_id"),
    Index("ix_appointment_request_id", "request_id"),
    Index(
        "ix_appointment_blocking",
        "provider_id",
        "lane",
        "blocks_from",
        "blocks_until",
        info=where(BLOCKING),
    ),
    Index(  # whom to remind: a type's bookings by their time
        "ix_appointment_type_id_starts_at",
        "type_id",
        "starts_at",
        info=where("status = 'confirmed'"),
    ),
    Index(
        "ix_appointment_hold_expires_at",
        "hold_expires_at",
        info=where("status = 'held'"),
    ),
    Index(  # freed time that is still kept: a handful of rows
        "ix_appointment_released_at",
        "released_at",
        info=where("status = 'cancelled'"),
    ),
    # Marks that are no status (AP5), and the lobby of a meeting (VM1).
    Column("arrived_at", Instant),
    Column("late_at", Instant),  # when somebody told us that they come later
    Column("parent_confirmed_at", Instant),
    Column("admitted_at", Instant),
    # A chain is a line: nothing is replaced twice.
    Index(
        "uq_appointment_replaces_id",
        "replaces_id",
        unique=True,
        info=where("replaces_id IS NOT NULL"),
    ),
    # A chain has at most one booking and one hold at a time; a hold for a move may overlap what it replaces.
    Index(
        "uq_appointment_chain_id_status",
        "chain_id",
        "status",
        unique=True,
        info=where(BLOCKING),
    ),
    sqlite_strict=True,
)

# Who would like a time that is not there yet (ACT8): without `appointment_id` a waiting list, with it the wish for something earlier.
waitlist_entry = Table(
    "waitlist_entry",
    metadata,
    id_column(),
    version_column(),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False, index=True),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id")),  # null: any
    Column("location_id", Id, ForeignKey("location.id")),  # null: any
    Column("appointment_id", Id, ForeignKey("appointment.id")),  # given up for an earlier one
    Column("from_day", Day),
    Column("until_day", Day),
    text_column("note"),
    Column("created_at", Instant, nullable=False),
    Column("created_by_kind", Text, nullable=False),
    Column("created_by_id", Id, nullable=False),
    Column("closed_at", Instant),
    text_column("closed_reason"),
    CheckConstraint("(closed_at IS NULL) = (closed_reason = '')", name="closed"),
    *at_most("note", 500),
    Index(
        "ix_waitlist_entry_open",
        "type_id",
        "id",
        info=where("closed_at IS NULL"),
    ),
    Index(
        "uq_waitlist_entry_appointment_id",
        "appointment_id",
        unique=True,
        info=where("closed_at IS NULL AND appointment_id IS NOT NULL"),
    ),
    sqlite_strict=True,
)

# A freed time that is offered to somebody, with the hold that keeps it for them (ACT8).
slot_offer = Table(
    "slot_offer",
    metadata,
    id_column(),
    version_column(),
    Column("freed_id", Id, ForeignKey("appointment.id"), nullable=False, index=True),  # whose time became free
    Column("hold_id", Id, ForeignKey("appointment.id"), nullable=False, unique=True),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("request_id", Id, ForeignKey("request.id")),
    Column("entry_id", Id, ForeignKey("waitlist_entry.id")),
    Column("state", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # which try this was for the freed time, from 1
    Column("expires_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by_id", Id, nullable=False),  # 0: the program, when it goes on to the next
    Column("decided_at", Instant),
    one_of("state", ("open", "accepted", "declined", "expired", "withdrawn")),
    CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    Index(  # never two offers for one freed time
        "uq_slot_offer_freed_id_open",
        "freed_id",
        unique=True,
        info=where("state = 'open'"),
    ),
    Index(
        "ix_slot_offer_expires_at",
        "expires_at",
        info=where("state = 'open'"),
    ),
    sqlite_strict=True,
)

# A provider who is out (ACT9): what was proposed for each appointment, and how far the batch got.
provider_out = Table(
    "provider_out",
    metadata,
    id_column(),
    version_column(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("absence_id", Id, ForeignKey("absence.id")),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    text_column("label"),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by_id", Id, nullable=False),
    one_of("state", ("draft", "running", "done", "discarded")),
    CheckConstraint("starts_at < ends_at", name="order"),
    sqlite_strict=True,
)

provider_out_row = Table(
    "provider_out_row",
    metadata,
    Column("plan_id", Id, ForeignKey("provider_out.id"), primary_key=True),
    Column("appointment_id", Id, ForeignKey("appointment.id"), primary_key=True),
    Column("appointment_version", Integer, nullable=False),  # as it was seen
    Column("act", Text, nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id")),  # the proposed place of a move
    Column("location_id", Id, ForeignKey("location.id")),
    Column("starts_at", Instant),
    text_column("cancel_code"),
    text_column("cancel_text"),
    Column("state", Text, nullable=False),
    text_column("error"),
    Column("new_appointment_id", Id, ForeignKey("appointment.id")),
    one_of("act", ("move", "cancel", "keep")),
    one_of("state", ("pending", "done", "failed")),
    CheckConstraint(
        "(act = 'move') = (starts_at IS NOT NULL AND provider_id IS NOT NULL AND location_id IS NOT NULL)", name="place"
    ),
    CheckConstraint("(act = 'cancel') = (cancel_code <> '')", name="reason"),
    *at_most("cancel_text", 2000),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
