"""The practice: its settings, locations, providers, staff, departments, appointment types and availability."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from request_desk.store.schema.base import (
    added_flag,
    added_number,
    added_text,
    flag,
    id_column,
    metadata,
    text_column,
    version_column,
)
from request_desk.store.types import Day, Id, Instant, Json, at_most, one_of

practice = Table(
    "practice",
    metadata,
    id_column(),
    version_column(),
    Column("settings", Json, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    sqlite_strict=True,
)

location = Table(
    "location",
    metadata,
    id_column(),
    version_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("zone", Text, nullable=False),
    text_column("address"),
    text_column("phone"),
    Column("position", Integer, nullable=False, default=0),
    flag("active", default=True),
    sqlite_strict=True,
)

provider = Table(
    "provider",
    metadata,
    id_column(),
    version_column(),
    Column("name", Text, nullable=False),
    Column("short_name", Text, nullable=False),
    text_column("mobile_phone"),
    Column("position", Integer, nullable=False, default=0),
    flag("active", default=True),
    added_text("email"),
    added_text("room"),  # the unguessable part of the address of the provider's meeting room
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
    id_column(),
    version_column(),
    Column("login", Text, nullable=False, unique=True),  # never reused: rows are switched off, not deleted (AUTH-01)
    Column("name", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("roles", Json, nullable=False),
    Column("provider_id", Id, ForeignKey("provider.id"), unique=True),
    flag("active", default=True),
    text_column("password_hash"),
    flag("must_change", default=False),
    text_column("code_hash"),  # one-time code of a reset or of `init` (AUTH-08)
    Column("code_expires_at", Instant),
    CheckConstraint("login <> '$AD' OR active", name="administrator_active").ddl_if(dialect="postgresql"),
    CheckConstraint("login <> '$AD' OR active = 1", name="administrator_active").ddl_if(dialect="sqlite"),
    added_text("email"),
    added_text("mobile_phone"),
    sqlite_strict=True,
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False, index=True),
    text_column("desk"),
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
    id_column(),
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
    id_column(),
    version_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("location_id", Id, ForeignKey("location.id")),
    flag("active", default=True),
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
    id_column(),
    version_column(),
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
    flag("active", default=True),
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
    added_number("rest_days"),  # since the last completed appointment of the same group
    added_text("rest_group"),  # empty: the type alone
    Column("new_patient_minutes", Integer),
    added_number("interpreter_minutes"),
    Column("no_show_minutes", Integer),  # after the start, for appointments in person (AP5)
    added_flag("is_video"),
    added_text("verification", "none"),  # what a manage link asks for (ML5)
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
    id_column(),
    version_column(),
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
    id_column(),
    version_column(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False, index=True),
    Column("location_id", Id, ForeignKey("location.id"), nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("start_minute", Integer, nullable=False),
    Column("end_minute", Integer, nullable=False),
    Column("buffer_minutes", Integer),
    Column("valid_from", Day),
    Column("valid_until", Day),
    flag("active", default=True),
    # Purposes (AV6): what the window is for. Lanes and lead times have their columns now, so that no appointment moves later.
    flag("staff_only", default=False),
    text_column("label"),
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
    id_column(),
    Column("provider_id", Id, ForeignKey("provider.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    text_column("label"),
    CheckConstraint("starts_at < ends_at", name="order"),
    Index("ix_absence_provider_id_starts_at", "provider_id", "starts_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("removed_at", Instant),
    sqlite_strict=True,
)
