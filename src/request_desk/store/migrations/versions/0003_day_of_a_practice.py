"""Visit rules of types, marks of appointments, waiting lists and offers, and plans for a provider who is out."""

import json

from alembic import op
from sqlalchemy import text

from request_desk.store.migrations import statements

revision = "0003"
down_revision = "0002"
_ROLES = text("SELECT id, roles FROM staff WHERE login = '$AD'")
_GIVE = text("UPDATE staff SET roles = :roles WHERE id = :id")


def upgrade() -> None:
    statements.run(revision, "up")
    # Types and rooms are a role of their own now: whoever could change everything keeps that.
    for row in op.get_bind().execute(_ROLES).all():
        op.get_bind().execute(_GIVE, {"id": row.id, "roles": json.dumps([*json.loads(row.roles), "types"])})


def downgrade() -> None:
    statements.run(revision, "down")
