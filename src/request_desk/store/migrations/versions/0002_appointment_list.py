"""What the list of appointments and their notices are found by."""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_appointment_status_starts_at_id", "appointment", ["status", "starts_at", "id"])
    condition = text("request_id IS NULL")
    op.create_index(
        "ix_outbox_appointment_id",
        "outbox",
        ["appointment_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_appointment_id", table_name="outbox")
    op.drop_index("ix_appointment_status_starts_at_id", table_name="appointment")
