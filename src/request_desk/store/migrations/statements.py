"""Steps that are spelled out for each engine, in an SQL file beside their revision."""

from pathlib import Path

from alembic import op
from sqlalchemy import text


def run(revision: str, way: str) -> None:
    """Run the statements of `<revision>_<way>.<engine>.sql`; `way` is "up" or "down"."""
    connection = op.get_bind()
    path = Path(__file__).parent / "versions" / f"{revision}_{way}.{connection.dialect.name}.sql"
    for statement in path.read_text("utf-8").split("\n-- next\n"):
        if statement.strip():
            connection.execute(text(statement.strip()))
