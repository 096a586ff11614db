"""Texts of notices, text messages, reminders, subscriptions of other programs, announcements."""

from request_desk.store.migrations import statements

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    statements.run(revision, "up")


def downgrade() -> None:
    statements.run(revision, "down")
