"""Every table, in reading order, with the reason of each constraint; changes of it go through `migrations`."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

from request_desk.store import triggers
from request_desk.store.triggers import BLOCKING
from request_desk.store.types import NAMING, Day, Flag, Id, Instant, Json, PublicId, at_most, one_of

metadata = MetaData(naming_convention=NAMING)
STATUSES = ("held", "confirmed", "cancelled", "expired", "completed", "no_show")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


def _flag(name: str, *, default: bool) -> Column[bool]:
    return Column(name, Flag, nullable=False, default=default)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


# Columns that came later: SQLite adds one only with the value that the rows before it have.


def _added_text(name: str, value: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text(f"'{value}'"))


def _added_number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _added_flag(name: str) -> Column[bool]:
    return Column(name, Flag, nullable=False, server_default=false())


# the practice

practice = Table(
    "practice",
    metadata,
    _id(),
    _version(),
    Column("settings", Json, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    sqlite_strict=True,
)

location = Table(
    "location",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False, unique=True),
    Column("zone", Text, nullable=False),
    _text("address"),
    _text("phone"),
    Column("position", Integer, nullable=False, default=0),
    _flag("active", default=True),
    sqlite_strict=True,
)

provider = Table(
    "provider",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False),
    Column("short_name", Text, nullable=False),
    _text("mobile_phone"),
    Column("position", Integer, nullable=False, default=0),
    _flag("active", default=True),
    _added_text("room"),  # the unguessable part of the address of the provider's meeting room
    sqlite_strict=True,
)

provider_location = Table(
    "provider_location",
    metadata,
    Column("provider_id", Id, ForeignKey("provider.id"), primary_key=True),
    Column("location_id", Id, ForeignKey("location.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

staff = Table(
    "staff",
    metadata,
    _id(),
    _version(),
    Column("login", Text, nullable=False, unique=True),  # never reused: rows are switched off, not deleted (AUTH-01)
    Column("name", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("roles", Json, nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id"), unique=True),
    _flag("active", default=True),
    _text("password_hash"),
    _flag("must_change", default=False),
    _text("code_hash"),  # one-time code of a reset or of `init` (AUTH-08)
    Column("code_expires_at", Instant),
    CheckConstraint("login <> '$AD' OR active", name="administrator_active").ddl_if(dialect="postgresql"),
    CheckConstraint("login <> '$AD' OR active = 1", name="administrator_active").ddl_if(dialect="sqlite"),
    sqlite_strict=True,
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    _text("desk"),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    sqlite_strict=True,
)

# Failed sign-ins and codes, counted in the database so that a restart forgets nothing (AUTH-05, OTP-04).
throttle = Table(
    "throttle",
    metadata,
    _id(),
    Column("subject", Text, nullable=False),  # "staff:<login>", "desk:<name>", "contact:<id>"
    Column("at", Instant, nullable=False),
    Index("ix_throttle_subject_at", "subject", "at"),
    sqlite_strict=True,
)

staff_preference = Table(
    "staff_preference",
    metadata,
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Json, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

department = Table(
    "department",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False, unique=True),
    Column("location_id", Id, ForeignKey("location.id")),
    _flag("active", default=True),
    sqlite_strict=True,
)

department_member = Table(
    "department_member",
    metadata,
    Column("department_id", Id, ForeignKey("department.id"), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Index("ix_department_member_staff_id", "staff_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

appointment_type = Table(
    "appointment_type",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False, unique=True),
    Column("short_name", Text, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("buffer_minutes", Integer, nullable=False, default=0),
    Column("hold_minutes", Integer, nullable=False, default=15),
    Column("offer_minutes", Integer, nullable=False, default=1440),
    Column("notice_minutes", Integer, nullable=False, default=0),
    Column("reschedule_notice_minutes", Integer, nullable=False, default=0),
    Column("cancel_notice_minutes", Integer, nullable=False, default=0),
    Column("late_cancel_minutes", Integer, nullable=False, default=1440),
    Column("advance_days", Integer, nullable=False, default=180),
    Column("grid_minutes", Integer, nullable=False, default=10),
    Column("rebooking_mode", Text, nullable=False, default="any_provider"),
    Column("position", Integer, nullable=False, default=0),
    _flag("active", default=True),
    # Notice in practice days, where it is not given in minutes.
    Column("notice_days", Integer, nullable=False, default=0),
    Column("reschedule_notice_days", Integer, nullable=False, default=0),
    Column("cancel_notice_days", Integer, nullable=False, default=0),
    CheckConstraint(
        "notice_days >= 0 AND reschedule_notice_days >= 0 AND cancel_notice_days >= 0 AND notice_minutes * notice_days = 0"
        " AND reschedule_notice_minutes * reschedule_notice_days = 0 AND cancel_notice_minutes * cancel_notice_days = 0",
        name="days",
    ),
    CheckConstraint("duration_minutes BETWEEN 5 AND 480", name="duration"),
    CheckConstraint("grid_minutes BETWEEN 5 AND 240 AND grid_minutes % 5 = 0", name="grid"),  # day masks count in fives
    CheckConstraint("hold_minutes BETWEEN 1 AND 1440", name="hold"),
    CheckConstraint(
        "buffer_minutes >= 0 AND notice_minutes >= 0 AND reschedule_notice_minutes >= 0 AND cancel_notice_minutes >= 0 AND advance_days > 0",
        name="signs",
    ),
    one_of("rebooking_mode", ("any_provider", "same_provider")),
    # Visit rules (AP7): empty or 0 is no rule.
    Column("min_age_months", Integer),
    Column("max_age_months", Integer),  # the month before which the patient must come
    _added_number("rest_days"),  # since the last completed appointment of the same group
    _added_text("rest_group"),  # empty: the type alone
    Column("new_patient_minutes", Integer),
    _added_number("interpreter_minutes"),
    Column("no_show_minutes", Integer),  # after the start, for appointments in person (AP5)
    _added_flag("is_video"),
    _added_text("verification", "none"),  # what a manage link asks for (ML5)
    sqlite_strict=True,
)

# How long a type takes with one provider, where that is not the type's own duration (AP7).
appointment_type_duration = Table(
    "appointment_type_duration",
    metadata,
    Column("type_id", Id, ForeignKey("appointment_type.id"), primary_key=True),
    Column("provider_id", Id, ForeignKey("provider.id"), primary_key=True),
    Column("duration_minutes", Integer, nullable=False),
    CheckConstraint("duration_minutes BETWEEN 5 AND 480", name="duration"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What somebody who may not change it asks for, about a type or a meeting room (AD1).
suggestion = Table(
    "suggestion",
    metadata,
    _id(),
    _version(),
    Column("about_kind", Text, nullable=False),
    Column("about_id", Id, nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by_id", Id),
    one_of("about_kind", ("type", "room")),
    *at_most("text", 2000),
    sqlite_strict=True,
)

appointment_type_provider = Table(
    "appointment_type_provider",
    metadata,
    Column("type_id", Id, ForeignKey("appointment_type.id"), primary_key=True),
    Column("provider_id", Id, ForeignKey("provider.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

availability_window = Table(
    "availability_window",
    metadata,
    _id(),
    _version(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False, index=True),
    Column("location_id", Id, ForeignKey("location.id"), nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("start_minute", Integer, nullable=False),
    Column("end_minute", Integer, nullable=False),
    Column("buffer_minutes", Integer),
    Column("valid_from", Day),
    Column("valid_until", Day),
    _flag("active", default=True),
    # Purposes (AV6): what the window is for. Lanes and lead times have their columns now, so that no appointment moves later.
    _flag("staff_only", default=False),
    _text("label"),
    Column("opens_minutes", Integer),
    Column("cap", Integer),
    Column("work_in_lanes", Integer, nullable=False, default=0),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    CheckConstraint(
        "start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= start_minute + 1440",
        name="minutes",
    ),
    Column("removed_at", Instant),  # removed by its owner: it is shown nowhere but in the history (AV2)
    sqlite_strict=True,
)

availability_window_type = Table(
    "availability_window_type",
    metadata,
    Column("window_id", Id, ForeignKey("availability_window.id"), primary_key=True),
    Column("type_id", Id, ForeignKey("appointment_type.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

absence = Table(
    "absence",
    metadata,
    _id(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    _text("label"),
    CheckConstraint("starts_at < ends_at", name="order"),
    Index("ix_absence_provider_id_starts_at", "provider_id", "starts_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("removed_at", Instant),
    sqlite_strict=True,
)

# people

patient = Table(
    "patient",
    metadata,
    _id(),
    _version(),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("birth_day", Day, nullable=False, index=True),
    Column("household_id", Id, nullable=False, index=True),
    Column("search", Text, nullable=False),  # folded names and birth day, for finding by typing
    _text("custody_note"),  # who decides for the child, where that is not plain (ACT14)
    _flag("active", default=True),
    _flag("deceased", default=False),
    Column("merged_into_id", Id, ForeignKey("patient.id")),  # a duplicate: everything of it is there now
    _added_flag("needs_interpreter"),
    sqlite_strict=True,
)
Index("ix_patient_family_name_id", patient.c.family_name, patient.c.id)

contact = Table(
    "contact",
    metadata,
    _id(),
    _version(),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("language", Text, nullable=False, default="en"),
    Column("search", Text, nullable=False),
    _flag("active", default=True),
    _flag("opted_out", default=False),
    sqlite_strict=True,
)

contact_patient = Table(
    "contact_patient",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True),
    Column("patient_id", Id, ForeignKey("patient.id"), primary_key=True),
    Column("relation", Text, nullable=False),
    _flag("may_book", default=True),
    _flag("may_see_messages", default=True),
    _flag("gets_notices", default=True),
    Column("valid_until", Day),
    Index("ix_contact_patient_patient_id", "patient_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

contact_point = Table(
    "contact_point",
    metadata,
    _id(),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("lookup", Text, nullable=False),  # e-mail with lower-cased domain, phone as E.164: what sign-in compares
    Column("verified_at", Instant),
    one_of("channel", ("email", "phone")),
    Index("ix_contact_point_lookup", "lookup"),
    sqlite_strict=True,
)

# appointments

appointment = Table(
    "appointment",
    metadata,
    _id(),
    _version(),
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
    _text("cancel_code"),
    _text("cancel_text"),
    _flag("late_cancel", default=False),
    _text("overrule"),  # why staff overruled a limit (ACT7)
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
        sqlite_where=text(BLOCKING),
        postgresql_where=text(BLOCKING),
    ),
    Index(
        "ix_appointment_hold_expires_at",
        "hold_expires_at",
        sqlite_where=text("status = 'held'"),
        postgresql_where=text("status = 'held'"),
    ),
    Index(  # freed time that is still kept: a handful of rows
        "ix_appointment_released_at",
        "released_at",
        sqlite_where=text("status = 'cancelled'"),
        postgresql_where=text("status = 'cancelled'"),
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
        sqlite_where=text("replaces_id IS NOT NULL"),
        postgresql_where=text("replaces_id IS NOT NULL"),
    ),
    # A chain has at most one booking and one hold at a time; a hold for a move may overlap what it replaces.
    Index(
        "uq_appointment_chain_id_status",
        "chain_id",
        "status",
        unique=True,
        sqlite_where=text(BLOCKING),
        postgresql_where=text(BLOCKING),
    ),
    sqlite_strict=True,
)

# Who would like a time that is not there yet (ACT8): without `appointment_id` a waiting list, with it the wish for something earlier.
waitlist_entry = Table(
    "waitlist_entry",
    metadata,
    _id(),
    _version(),
    Column("patient_id", Id, ForeignKey("patient.id"), nullable=False, index=True),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id")),  # null: any
    Column("location_id", Id, ForeignKey("location.id")),  # null: any
    Column("appointment_id", Id, ForeignKey("appointment.id")),  # given up for an earlier one
    Column("from_day", Day),
    Column("until_day", Day),
    _text("note"),
    Column("created_at", Instant, nullable=False),
    Column("created_by_kind", Text, nullable=False),
    Column("created_by_id", Id, nullable=False),
    Column("closed_at", Instant),
    _text("closed_reason"),
    CheckConstraint("(closed_at IS NULL) = (closed_reason = '')", name="closed"),
    *at_most("note", 500),
    Index(
        "ix_waitlist_entry_open",
        "type_id",
        "id",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "uq_waitlist_entry_appointment_id",
        "appointment_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL AND appointment_id IS NOT NULL"),
        postgresql_where=text("closed_at IS NULL AND appointment_id IS NOT NULL"),
    ),
    sqlite_strict=True,
)

# A freed time that is offered to somebody, with the hold that keeps it for them (ACT8).
slot_offer = Table(
    "slot_offer",
    metadata,
    _id(),
    _version(),
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
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_slot_offer_expires_at",
        "expires_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    sqlite_strict=True,
)

# A provider who is out (ACT9): what was proposed for each appointment, and how far the batch got.
provider_out = Table(
    "provider_out",
    metadata,
    _id(),
    _version(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("absence_id", Id, ForeignKey("absence.id")),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    _text("label"),
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
    _text("cancel_code"),
    _text("cancel_text"),
    Column("state", Text, nullable=False),
    _text("error"),
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

# requests

request = Table(
    "request",
    metadata,
    _id(),
    _version(),
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
    _flag("urgent", default=False),
    Column("arrived_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("needed_at", Instant),
    Column("waiting_until", Instant),
    Column("visible_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("completed_by_id", Id),
    _text("completion_reason"),  # why it was completed without a reply (RE6)
    one_of("kind", ("schedule", "cancel", "reschedule")),
    one_of("state", ("open", "waiting", "completed", "withdrawn")),
    one_of("target_kind", ("department", "staff")),
    one_of("target_origin", ("auto", "forwarded")),
    CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", name="completed"),
    Index(
        "ix_request_open_target",
        "target_id",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_request_waiting_target",
        "target_id",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_request_completed_at_id",
        "completed_at",
        "id",
        sqlite_where=text("state = 'completed'"),
        postgresql_where=text("state = 'completed'"),
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
    _id(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Id, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text, nullable=False, default="en"),
    _text("phrase"),
    Column("created_at", Instant, nullable=False),
    Column("visible_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),  # taken back within the grace time; never shown again
    one_of("author_kind", ("contact", "staff", "system")),
    *at_most("body", 16000),
    Index("ix_message_request_id_id", "request_id", "id"),
    sqlite_strict=True,
)

# What search reads: folded text of each message with the names around it; `scope` is "t<target>". Those of a request are found
# by its messages.
message_search = Table(
    "message_search",
    metadata,
    _id(),  # the message's
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("scope", Text, nullable=False),
    sqlite_strict=True,
)

staff_note = Table(
    "staff_note",
    metadata,
    _id(),
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
    _id(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False, index=True),
    Column("staff_id", Id, nullable=False),  # 0: the program, when a department lost its last member
    Column("from_kind", Text, nullable=False),
    Column("from_id", Id, nullable=False),
    Column("to_kind", Text, nullable=False),
    Column("to_id", Id, nullable=False),
    _text("note"),
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
        sqlite_where=text("dismissed_at IS NOT NULL"),
        postgresql_where=text("dismissed_at IS NOT NULL"),
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
    _text("phrase"),
    _text("state"),
    Column("updated_at", Instant, nullable=False),
    *at_most("body", 40000),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

phrase = Table(
    "phrase",
    metadata,
    _id(),
    _version(),
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
    _flag("shipped", default=False),
    _flag("active", default=True),
    UniqueConstraint("slug", "language", "staff_id"),
    *at_most("body", 8192),
    sqlite_strict=True,
)

# what goes out

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _version(),
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
    _text("lease_owner"),
    Column("lease_until", Instant),
    _text("error"),
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

# the portal's sign-in

challenge = Table(
    "challenge",
    metadata,
    _id(),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("contact_id", Id),  # null: an unknown address saw the same page and got no mail
    Column("contact_point_id", Id),
    Column("browser_hash", Text, nullable=False),
    _text("code_hash"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("used_at", Instant),
    Index("ix_challenge_contact_id_created_at", "contact_id", "created_at"),
    Column("link_id", Id),  # a code that opens one manage link, and no session of the portal
    sqlite_strict=True,
)

portal_session = Table(
    "portal_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    sqlite_strict=True,
)

# What parents book by themselves

# What the practice offers in its share links (BK1): the reference stands in the link.
service = Table(
    "service",
    metadata,
    _id(),
    _version(),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    _text("description"),
    Column("position", Integer, nullable=False, default=0),
    _flag("visible", default=False),
    _flag("active", default=True),
    *at_most("description", 2000),
    sqlite_strict=True,
)

service_variant = Table(
    "service_variant",
    metadata,
    _id(),
    _version(),
    Column("service_id", Id, ForeignKey("service.id"), nullable=False, index=True),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _text("description"),
    Column("position", Integer, nullable=False, default=0),
    _flag("visible", default=True),
    _flag("active", default=True),
    UniqueConstraint("service_id", "name"),
    *at_most("description", 2000),
    sqlite_strict=True,
)

# Without a row: every provider who does the type, every location.
service_variant_provider = Table(
    "service_variant_provider",
    metadata,
    Column("variant_id", Id, ForeignKey("service_variant.id"), primary_key=True),
    Column("provider_id", Id, ForeignKey("provider.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

service_variant_location = Table(
    "service_variant_location",
    metadata,
    Column("variant_id", Id, ForeignKey("service_variant.id"), primary_key=True),
    Column("location_id", Id, ForeignKey("location.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Who may confirm a time that was held on the booking page: whoever has the secret, of which the hash is here (WEB-11).
booking_hold = Table(
    "booking_hold",
    metadata,
    Column("hold_id", Id, ForeignKey("appointment.id"), primary_key=True, autoincrement=False),
    Column("variant_id", Id, ForeignKey("service_variant.id")),  # null: a booking token said the type
    Column("launch_id", Id, ForeignKey("booking_launch.id"), index=True),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("client_hash", Text, nullable=False),  # of the address block it was held from (WEB-10)
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Index("ix_booking_hold_client_hash_created_at", "client_hash", "created_at"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# The page of one appointment and of what it becomes (ML1): whoever has the link may do there what the page offers.
manage_link = Table(
    "manage_link",
    metadata,
    _id(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("chain_id", Id, ForeignKey("appointment.id"), nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id")),  # whom it was sent to; null: copied by staff
    Column("purpose", Text, nullable=False),  # "forms" opens the questionnaires alone (BK8)
    Column("channel", Text),  # on which it was sent: a code goes another way where there is one (OTP-08)
    Column("created_at", Instant, nullable=False),
    Column("created_by_kind", Text, nullable=False),
    Column("created_by_id", Id, nullable=False),
    Column("revoked_at", Instant),
    one_of("purpose", ("manage", "forms")),
    Index("ix_manage_link_chain_id", "chain_id", "id"),
    sqlite_strict=True,
)

# A browser that proved more than having the link: by the birth day or a code (LINK-11).
manage_session = Table(
    "manage_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("link_id", Id, ForeignKey("manage_link.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    sqlite_strict=True,
)

# A time that staff offer in a reply (ACT10); each of its slots is a hold of its own.
counter_offer = Table(
    "counter_offer",
    metadata,
    _id(),
    _version(),
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("message_id", Id, ForeignKey("message.id")),
    Column("moved_id", Id, ForeignKey("appointment.id")),  # given up for the one that is taken
    Column("chosen_id", Id, ForeignKey("appointment.id")),
    Column("state", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by_id", Id, nullable=False),
    Column("decided_at", Instant),
    one_of("state", ("open", "accepted", "declined", "expired", "withdrawn")),
    CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(state = 'accepted') = (chosen_id IS NOT NULL)", name="chosen"),
    Index(
        "uq_counter_offer_request_id_open",
        "request_id",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_counter_offer_request_id", "request_id", "id"),
    Index(
        "ix_counter_offer_expires_at",
        "expires_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    sqlite_strict=True,
)

counter_offer_slot = Table(
    "counter_offer_slot",
    metadata,
    Column("offer_id", Id, ForeignKey("counter_offer.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("hold_id", Id, ForeignKey("appointment.id"), nullable=False, unique=True),
    CheckConstraint("position BETWEEN 1 AND 3", name="position"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Until when the sender of a request has read its letters, signed in (RE10).
request_seen = Table(
    "request_seen",
    metadata,
    Column("request_id", Id, ForeignKey("request.id"), primary_key=True, autoincrement=False),
    Column("seen_at", Instant, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What families fill in before an appointment, and what staff put beside one

questionnaire = Table(
    "questionnaire",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False, unique=True),
    Column("name_es", Text, nullable=False, default=""),
    Column("position", Integer, nullable=False, default=0),
    _flag("active", default=True),
    sqlite_strict=True,
)

# A question that was answered is switched off and never changed into another one.
question = Table(
    "question",
    metadata,
    _id(),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    _text("text_es"),
    Column("options", Json, nullable=False),  # of a choice: [{"text": …, "text_es": …}]
    _flag("required", default=False),
    _flag("active", default=True),
    one_of("kind", ("text", "choice", "date", "yes_no", "number", "consent")),
    *at_most("text", 2000),
    *at_most("text_es", 2000),
    sqlite_strict=True,
)

appointment_type_questionnaire = Table(
    "appointment_type_questionnaire",
    metadata,
    Column("type_id", Id, ForeignKey("appointment_type.id"), primary_key=True),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

questionnaire_response = Table(
    "questionnaire_response",
    metadata,
    _id(),
    _version(),
    Column("chain_id", Id, ForeignKey("appointment.id"), nullable=False),
    Column("questionnaire_id", Id, ForeignKey("questionnaire.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Column("completed_by_kind", Text),
    Column("completed_by_id", Id),
    UniqueConstraint("chain_id", "questionnaire_id"),
    sqlite_strict=True,
)

questionnaire_answer = Table(
    "questionnaire_answer",
    metadata,
    Column("response_id", Id, ForeignKey("questionnaire_response.id"), primary_key=True),
    Column("question_id", Id, ForeignKey("question.id"), primary_key=True, index=True),
    Column("value", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("answered_by_kind", Text, nullable=False),
    Column("answered_by_id", Id, nullable=False),
    *at_most("value", 16000),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    _version(),
    Column("chain_id", Id, ForeignKey("appointment.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),  # as the user called it; never a path (UPL-02)
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column(
        "check_state", Text, nullable=False
    ),  # what the practice's virus scanner said; "failed": nothing, though it was asked
    _text("released_reason"),  # why one that is not clean is opened all the same (UPL-06)
    Column("added_by_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
    one_of("check_state", ("unchecked", "clean", "infected", "failed")),
    *at_most("name", 400),
    *at_most("released_reason", 2000),
    sqlite_strict=True,
)

# Other practices' programs

booking_secret = Table(
    "booking_secret",
    metadata,
    _id(),
    _version(),
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
    _id(),
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

# the record

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


def _before_create(_target: MetaData, connection: Connection, **_options: object) -> None:
    _say(connection, triggers.BEFORE)


def _after_create(_target: MetaData, connection: Connection, **_options: object) -> None:
    _say(connection, triggers.AFTER)


def _say(connection: Connection, statements: Mapping[str, Sequence[str]]) -> None:
    for statement in statements.get(connection.dialect.name, ()):
        connection.execute(text(statement))


event.listen(metadata, "before_create", _before_create)
event.listen(metadata, "after_create", _after_create)
