"""The first schema, spelled out for each engine in the SQL files beside this one."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None

_HERE = Path(__file__).parent


def _statements(kind: str) -> list[str]:
    dialect = op.get_bind().dialect.name
    whole = (_HERE / f"0001_{kind}.{dialect}.sql").read_text("utf-8")
    return [statement.strip() for statement in whole.split("\n-- next\n") if statement.strip()]


def upgrade() -> None:
    for statement in _statements("up"):
        op.get_bind().execute(text(statement))


def downgrade() -> None:
    for statement in _statements("down"):
        op.get_bind().execute(text(statement))
