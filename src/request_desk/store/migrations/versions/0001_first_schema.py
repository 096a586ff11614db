"""The first schema, spelled out for each engine in the SQL files beside this one."""

from request_desk.store.migrations import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    statements.run(revision, "up")


def downgrade() -> None:
    statements.run(revision, "down")
