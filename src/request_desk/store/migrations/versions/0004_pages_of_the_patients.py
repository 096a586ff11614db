"""Services and their links, manage links, counter-offers, questionnaires, attachments, and booking tokens of partners."""

from request_desk.store.migrations import statements

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    statements.run(revision, "up")


def downgrade() -> None:
    statements.run(revision, "down")
