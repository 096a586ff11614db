"""The patients' pages: sign-in, services and their links, holds, manage links, offered times."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from request_desk.store.schema.base import flag, id_column, metadata, text_column, version_column, where
from request_desk.store.types import Id, Instant, PublicId, at_most, one_of

challenge = Table(
    "challenge",
    metadata,
    id_column(),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("contact_id", Id),  # null: an unknown address saw the same page and got no mail
    Column("contact_point_id", Id),
    Column("browser_hash", Text, nullable=False),
    text_column("code_hash"),
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
    id_column(),
    version_column(),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    text_column("description"),
    Column("position", Integer, nullable=False, default=0),
    flag("visible", default=False),
    flag("active", default=True),
    *at_most("description", 2000),
    sqlite_strict=True,
)

service_variant = Table(
    "service_variant",
    metadata,
    id_column(),
    version_column(),
    Column("service_id", Id, ForeignKey("service.id"), nullable=False, index=True),
    Column("type_id", Id, ForeignKey("appointment_type.id"), nullable=False),
    Column("reference", PublicId, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    text_column("description"),
    Column("position", Integer, nullable=False, default=0),
    flag("visible", default=True),
    flag("active", default=True),
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
    id_column(),
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
    id_column(),
    version_column(),
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
        info=where("state = 'open'"),
    ),
    Index("ix_counter_offer_request_id", "request_id", "id"),
    Index(
        "ix_counter_offer_expires_at",
        "expires_at",
        info=where("state = 'open'"),
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
