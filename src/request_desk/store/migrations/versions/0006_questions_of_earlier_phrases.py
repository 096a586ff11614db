"""What a phrase asked before it was changed, beside what it said."""

from request_desk.store.migrations import statements

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    statements.run(revision, "up")


def downgrade() -> None:
    statements.run(revision, "down")
